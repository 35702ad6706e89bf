"""What is asked of whom."""

from __future__ import annotations

from inventories import make_inventory, make_link

from phusong.agent.inventory import Column, InterfaceSelector
from phusong.agent.polling.poll_plan import make_plan, ping_address


def test_links_of_one_device_share_its_job() -> None:
    """A hub that ends many lines is one job with all its interfaces, each once."""
    inventory = make_inventory(
        make_link("l1", near=("hub", "Gi0/1"), far=("cpe1", "wan")),
        make_link("l2", near=("hub", "Gi0/2"), far=("cpe2", "wan")),
        make_link("l3", near=("hub", "Gi0/2"), far=None),
    )
    jobs = {job.device_id: job.selectors for job in make_plan(inventory).devices}
    assert jobs["hub"] == (InterfaceSelector(Column.NAME, "Gi0/1"), InterfaceSelector(Column.NAME, "Gi0/2"))
    assert set(jobs) == {"hub", "cpe1", "cpe2"}


def test_an_address_is_pinged_once_however_many_use_it() -> None:
    """Endpoints, links and devices behind one address share its echo requests; every device is pinged."""
    inventory = make_inventory(
        make_link("l1", near=None, far=("cpe1", "wan")),
        make_link("l2", near=None, far=("cpe1", "wan2")),
        make_link("l3", near=("hub", "x"), far=None, ping_address="10.9.9.9"),
        make_link("l4", near=("hub", "y"), far=None),
        endpoints={"e1": "10.9.9.9"},
    )
    assert sorted(job.address for job in make_plan(inventory).pings) == ["10.9.9.9", "addr-cpe1", "addr-hub"]
    assert ping_address(inventory.links["l4"], inventory) == ""


def test_a_device_that_no_link_uses_is_not_polled() -> None:
    """Devices may be listed ahead of their lines."""
    inventory = make_inventory(make_link("l1", near=("hub", "x"), far=None), idle_devices=["spare"])
    assert [job.device_id for job in make_plan(inventory).devices] == ["hub"]


def test_who_may_be_back_when_an_address_is() -> None:
    """An echo stands for the devices and endpoints at its address, and for the far device of the line it tests."""
    inventory = make_inventory(
        make_link("l1", near=("hub", "x"), far=("cpe1", "wan")),
        make_link("l2", near=("hub", "y"), far=("cpe2", "wan"), ping_address="10.9.9.9"),
        endpoints={"e1": "addr-cpe1"},
    )
    plan = make_plan(inventory)
    names = {
        address: [getattr(job, "device_id", "") or getattr(job, "endpoint_id", "") for job in jobs]
        for address, jobs in plan.behind.items()
    }
    assert names == {
        "addr-hub": ["hub"],
        "addr-cpe1": ["cpe1", "e1"],
        "addr-cpe2": ["cpe2"],
        "10.9.9.9": ["cpe2"],
    }
