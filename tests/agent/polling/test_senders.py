"""Whose notification it is, and what is asked again."""

from __future__ import annotations

from dataclasses import replace

from inventories import make_inventory, make_link

from phusong.agent.inventory import Inventory
from phusong.agent.polling.poll_plan import DeviceJob, EndpointJob, Job, PingJob, make_plan
from phusong.agent.polling.senders import Sender, find_senders
from phusong.collectors.host_address import as_kernel_writes

NAMES = {"hub.example": "192.0.2.1"}


def numeric(host: str) -> str | None:
    try:
        return as_kernel_writes(host)
    except ValueError:
        return NAMES.get(host)


def province() -> Inventory:
    """Make a hub with two lines, to a router with a second address and to nothing that is polled, and a room."""
    inventory = make_inventory(
        make_link("l1", near=("hub", "Gi1"), far=("cpe", "wan")),
        make_link("l2", near=("hub", "Gi2"), far=None, ping_address="192.0.2.77"),
        endpoints={"room": "192.0.2.9"},
        idle_devices=["spare", "lost"],
    )
    places = {
        "hub": ("hub.example", ()),
        "cpe": ("192.0.2.2", ("198.51.100.2", "192.0.2.2")),
        "spare": ("2001:DB8::1", ()),
        "lost": ("lost.example", ()),
    }
    devices = {
        key: replace(row, address=places[key][0], reply_from=places[key][1])
        for key, row in inventory.devices.items()
    }
    return replace(inventory, devices=devices)


def senders(inventory: Inventory) -> dict[str, Sender]:
    return find_senders(inventory, make_plan(inventory), numeric)


def kinds(sender: Sender) -> list[tuple[type[Job], str]]:
    names = {DeviceJob: "device_id", EndpointJob: "endpoint_id", PingJob: "address"}
    return sorted(((type(job), getattr(job, names[type(job)])) for job in sender.jobs), key=str)


def test_every_known_address_has_its_sender() -> None:
    """Own addresses, further ones and resolved names count; a name that is not known yet does not."""
    found = senders(province())
    assert set(found) == {"192.0.2.1", "192.0.2.2", "198.51.100.2", "2001:db8::1", "192.0.2.9"}
    assert found["198.51.100.2"] == found["192.0.2.2"]
    assert found["192.0.2.1"].targets == (("192.0.2.1", 161),)
    assert found["198.51.100.2"].targets == (("192.0.2.2", 161),)


def test_what_is_asked_when_one_calls() -> None:
    """A device is polled and pinged, a hub is polled alone, an endpoint is polled and pinged, a spare nothing."""
    found = senders(province())
    assert kinds(found["192.0.2.2"]) == [(DeviceJob, "cpe"), (PingJob, "192.0.2.2")]
    assert kinds(found["192.0.2.1"]) == [(DeviceJob, "hub")]
    assert kinds(found["192.0.2.9"]) == [(EndpointJob, "room"), (PingJob, "192.0.2.9")]
    assert found["2001:db8::1"] == Sender(("spare",), (("2001:db8::1", 161),), ())


def test_two_at_one_address_are_both_meant() -> None:
    """Devices behind one address, told apart by their ports, are all asked."""
    inventory = province()
    cpe = replace(inventory.devices["cpe"], reply_from=())
    spare = replace(inventory.devices["spare"], address="192.0.2.2", port=1161)
    found = senders(replace(inventory, devices={**inventory.devices, "cpe": cpe, "spare": spare}))
    assert found["192.0.2.2"].ids == ("cpe", "spare")
    assert found["192.0.2.2"].targets == (("192.0.2.2", 161), ("192.0.2.2", 1161))


def test_every_job_is_in_the_plan() -> None:
    """What is asked for can be asked: the schedule knows each of these jobs."""
    inventory = province()
    plan = make_plan(inventory)
    planned = {*plan.devices, *plan.endpoints, *plan.pings}
    assert {job for sender in senders(inventory).values() for job in sender.jobs} <= planned
