"""What is to be asked of whom, derived from the inventory: decisions only.

Links that use one device share its poll; each address is pinged once, however many links, devices and endpoints
use it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from phusong.agent.inventory import Endpoint, EndpointService, InterfaceSelector, Inventory, Link


@dataclass(frozen=True, slots=True)
class DeviceJob:
    """Poll the interface rows of a device."""

    device_id: str
    selectors: tuple[InterfaceSelector, ...] = field(hash=False)  # hundreds of a hub, and its id will do


@dataclass(frozen=True, slots=True)
class SensorJob:
    """Poll the sensors of a device, as its vendor profile says."""

    device_id: str


@dataclass(frozen=True, slots=True)
class EndpointJob:
    """Poll what an endpoint knows of itself and of its calls."""

    endpoint_id: str


@dataclass(frozen=True, slots=True)
class ProbeJob:
    """Ask the services of an endpoint: SIP, H.323, HTTPS."""

    endpoint_id: str


@dataclass(frozen=True, slots=True)
class ServiceJob:
    """Ask a service of services.csv."""

    service_id: str


@dataclass(frozen=True, slots=True)
class PingJob:
    """Send a burst of echo requests to an address, which may be a host name."""

    address: str


PolledJob: TypeAlias = DeviceJob | EndpointJob | SensorJob
"""Of these a silent one is asked less often; an unanswered ping or probe is a result."""
Job: TypeAlias = PolledJob | PingJob | ProbeJob | ServiceJob


@dataclass(frozen=True, slots=True)
class PollPlan:
    """All jobs of an inventory."""

    devices: tuple[DeviceJob, ...]
    endpoints: tuple[EndpointJob, ...]
    pings: tuple[PingJob, ...]
    sensors: tuple[SensorJob, ...]
    probes: tuple[ProbeJob, ...]
    services: tuple[ServiceJob, ...]
    jobs: Mapping[tuple[str, str], Job]
    """By ``(kind, id)`` of what is observed: the job that observes it."""
    behind: Mapping[str, tuple[DeviceJob | EndpointJob, ...]]
    """By pinged address: the polls that may well be answered again when the address is."""


def ping_address(link: Link, inventory: Inventory) -> str:
    """Return the address to ping for a link: its own, else its far device's, else empty."""
    if link.ping_address or link.far is None:
        return link.ping_address
    return inventory.devices[link.far.device_id].address


def services_of(endpoint: Endpoint, usual: tuple[EndpointService, ...]) -> tuple[EndpointService, ...]:
    """Return which services of an endpoint are asked: its own, else those that are usual."""
    return usual if endpoint.services is None else endpoint.services


def make_plan(inventory: Inventory, usual_services: tuple[EndpointService, ...] = ()) -> PollPlan:
    """Derive the jobs; of devices that no link or endpoint uses only the sensors are polled."""
    selectors: dict[str, dict[InterfaceSelector, None]] = {}
    addresses: dict[str, None] = {}
    for link in inventory.links.values():
        for end in (link.near, link.far):
            if end is not None:
                selectors.setdefault(end.device_id, {})[end.interface] = None
        address = ping_address(link, inventory)
        if address:
            addresses[address] = None
    for endpoint in inventory.endpoints.values():
        if endpoint.lan is not None:
            selectors.setdefault(endpoint.lan.device_id, {})[endpoint.lan.interface] = None
    addresses.update(dict.fromkeys(device.address for device in inventory.devices.values()))
    addresses.update(dict.fromkeys(endpoint.address for endpoint in inventory.endpoints.values()))
    devices = {device_id: DeviceJob(device_id, tuple(wanted)) for device_id, wanted in selectors.items()}
    endpoints = tuple(EndpointJob(endpoint_id) for endpoint_id in inventory.endpoints)
    pings = tuple(PingJob(address) for address in addresses)
    sensors = tuple(SensorJob(device_id) for device_id in inventory.devices)
    probes = tuple(
        ProbeJob(endpoint_id)
        for endpoint_id, endpoint in inventory.endpoints.items()
        if services_of(endpoint, usual_services)
    )
    services = tuple(ServiceJob(service_id) for service_id in inventory.services)
    return PollPlan(
        devices=tuple(devices.values()),
        endpoints=endpoints,
        pings=pings,
        sensors=sensors,
        probes=probes,
        services=services,
        jobs={
            **{("device", job.device_id): job for job in devices.values()},
            **{("endpoint", job.endpoint_id): job for job in endpoints},
            **{("ping", job.address): job for job in pings},
            **{("sensors", job.device_id): job for job in sensors},
            **{("probe", job.endpoint_id): job for job in probes},
            **{("service", job.service_id): job for job in services},
        },
        behind=_polls_behind(inventory, devices, endpoints),
    )


def _polls_behind(
    inventory: Inventory, devices: Mapping[str, DeviceJob], endpoints: Iterable[EndpointJob]
) -> dict[str, tuple[DeviceJob | EndpointJob, ...]]:
    """Return the devices and endpoints at each address, and the far devices of the lines that are pinged there."""
    behind: dict[str, dict[DeviceJob | EndpointJob, None]] = {}
    for device_id, job in devices.items():
        behind.setdefault(inventory.devices[device_id].address, {})[job] = None
    for link in inventory.links.values():
        if link.ping_address and link.far:
            behind.setdefault(link.ping_address, {})[devices[link.far.device_id]] = None
    for endpoint_job in endpoints:
        behind.setdefault(inventory.endpoints[endpoint_job.endpoint_id].address, {})[endpoint_job] = None
    return {address: tuple(jobs) for address, jobs in behind.items()}
