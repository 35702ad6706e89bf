"""What is asked of whom."""

from __future__ import annotations

from dataclasses import replace

from inventories import make_inventory, make_link

from phusong.agent.inventory import Column, EndpointService, InterfaceSelector, LinkEnd, Service
from phusong.agent.polling.poll_plan import ProbeJob, ServiceJob, make_plan, ping_address, services_of
from phusong.collectors.call_readings import ServiceKind

LAN = InterfaceSelector(Column.NAME, "Gi0/7")
SIP, H323 = EndpointService(ServiceKind.SIP_UDP, 5060), EndpointService(ServiceKind.H323, 1720)


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


def test_ports_of_endpoints_are_polled() -> None:
    """The switch of a room is polled for its port, beside what lines want of it, each once."""
    inventory = make_inventory(
        make_link("l1", near=None, far=("sw", "wan")),
        endpoints={"e1": "addr-e1", "e2": "addr-e2"},
        idle_devices=["sw2"],
    )
    ports = {"e1": LinkEnd("sw", LAN), "e2": LinkEnd("sw2", LAN), "e3": LinkEnd("sw2", LAN)}
    endpoints = {key: replace(inventory.endpoints["e1"], endpoint_id=key, lan=port) for key, port in ports.items()}
    jobs = {job.device_id: job.selectors for job in make_plan(replace(inventory, endpoints=endpoints)).devices}
    assert jobs == {"sw": (InterfaceSelector(Column.NAME, "wan"), LAN), "sw2": (LAN,)}


def test_only_endpoints_with_services_are_probed() -> None:
    """Those of its row, else the usual ones; with none of either there is nothing to ask."""
    inventory = make_inventory(endpoints={"own": "a", "usual": "b", "none": "c"})
    own = {"own": (SIP,), "usual": None, "none": ()}
    endpoints = {key: replace(row, services=own[key]) for key, row in inventory.endpoints.items()}
    inventory = replace(inventory, endpoints=endpoints)
    assert [job.endpoint_id for job in make_plan(inventory, (H323,)).probes] == ["own", "usual"]
    assert [job.endpoint_id for job in make_plan(inventory).probes] == ["own"]
    assert services_of(endpoints["own"], (H323,)) == (SIP,)
    assert services_of(endpoints["usual"], (H323,)) == (H323,)
    assert services_of(endpoints["none"], (H323,)) == ()


def test_services_are_asked_and_not_pinged() -> None:
    """A service of services.csv is one job; its host is no address of ours to ping."""
    service = Service("p", "P", ServiceKind.HTTPS, "p.example", 443, "/")
    plan = make_plan(replace(make_inventory(), services={"p": service}))
    assert (plan.services, plan.pings) == ((ServiceJob("p"),), ())


def test_every_job_is_found_by_what_it_observes() -> None:
    """What verdicts wait for can be asked at once: each job by the name of its observation."""
    inventory = make_inventory(make_link("l1", near=None, far=("cpe", "wan")), endpoints={"e1": "addr-e1"})
    service = Service("e1", "P", ServiceKind.TCP, "p.example", 443, "/")
    plan = make_plan(replace(inventory, services={"e1": service}), (SIP,))
    assert set(plan.jobs) == {
        ("device", "cpe"), ("sensors", "cpe"), ("ping", "addr-cpe"), ("ping", "addr-e1"), ("endpoint", "e1"),
        ("probe", "e1"), ("service", "e1"),
    }  # fmt: skip
    assert plan.jobs["probe", "e1"] == ProbeJob("e1")
    assert plan.jobs["service", "e1"] == ServiceJob("e1")
    assert len(set(plan.jobs.values())) == len(plan.jobs)
