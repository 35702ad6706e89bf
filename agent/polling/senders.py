"""Whose notification is it: the addresses of the inventory, and what to ask again when one of them calls.

A notification belongs to the device or endpoint whose address it comes from, whatever it says of itself. Pure
derivation from the inventory and the plan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from phusong.agent.inventory import Inventory
from phusong.collectors.snmp.transport import Address

from .poll_plan import DeviceJob, EndpointJob, Job, PingJob, PollPlan, ping_address


@dataclass(frozen=True, slots=True)
class Sender:
    """Who is at an address: usually one device, more where several share it."""

    ids: tuple[str, ...]
    """Devices and endpoints."""
    targets: tuple[Address, ...]
    """Where these are polled."""
    jobs: tuple[Job, ...]
    """Their own polls, and the pings of themselves and of the lines that end at them."""


def find_senders(inventory: Inventory, plan: PollPlan, numeric: Callable[[str], str | None]) -> dict[str, Sender]:
    """Return the sender at each numeric address that is known now.

    ``numeric`` returns the address of a host name, ``None`` while it is not known. A hub is not taken for the far
    end of its lines: one call of it does not ping the province.
    """
    found: dict[str, list[tuple[str, Address, tuple[Job, ...]]]] = {}
    jobs = _jobs_of_devices(inventory, plan)
    for device in inventory.devices.values():
        own = numeric(device.address)
        if own is None:
            continue
        known = (device.device_id, (own, device.port), tuple(jobs.get(device.device_id, ())))
        for address in dict.fromkeys((own, *filter(None, map(numeric, device.reply_from)))):
            found.setdefault(address, []).append(known)
    for endpoint in inventory.endpoints.values():
        own = numeric(endpoint.address)
        if own is not None:
            asked = (EndpointJob(endpoint.endpoint_id), PingJob(endpoint.address))
            found.setdefault(own, []).append((endpoint.endpoint_id, (own, endpoint.port), asked))
    return {address: _sender(known) for address, known in found.items()}


def _sender(known: list[tuple[str, Address, tuple[Job, ...]]]) -> Sender:
    return Sender(
        ids=tuple(dict.fromkeys(sender_id for sender_id, _, _ in known)),
        targets=tuple(dict.fromkeys(target for _, target, _ in known)),
        jobs=tuple(dict.fromkeys(job for _, _, jobs in known for job in jobs)),
    )


def _jobs_of_devices(inventory: Inventory, plan: PollPlan) -> dict[str, list[Job]]:
    jobs: dict[str, list[Job]] = {}
    for device_id, job in _device_jobs(inventory, plan):
        jobs.setdefault(device_id, []).append(job)
    return jobs


def _device_jobs(inventory: Inventory, plan: PollPlan) -> Iterator[tuple[str, Job]]:
    job: DeviceJob
    for job in plan.devices:
        yield job.device_id, job
    for link in inventory.links.values():
        pinged = ping_address(link, inventory)
        if link.far and pinged:
            yield link.far.device_id, PingJob(pinged)
