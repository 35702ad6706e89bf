"""The inventory as plain values: sites, devices, links, endpoints, services and maintenance windows.

Reading the CSV files is the work of ``inventory_files``; what stands here has been checked, so every
reference to another row resolves.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from phusong.collectors.call_readings import ServiceKind
from phusong.collectors.interface_lookup import Column, InterfaceSelector

__all__ = [
    "Column",
    "Device",
    "Endpoint",
    "EndpointService",
    "InterfaceSelector",
    "Inventory",
    "Link",
    "LinkEnd",
    "MaintenanceWindow",
    "Service",
    "Site",
]


@dataclass(frozen=True, slots=True)
class Site:
    """An office; ``lat`` and ``lon`` are WGS 84 degrees."""

    site_id: str
    name: str
    kind: str
    commune_code: str
    lat: float | None
    lon: float | None


@dataclass(frozen=True, slots=True)
class Device:
    """A device that answers SNMP. ``address`` is an IP address or a host name."""

    device_id: str
    site_id: str
    address: str
    port: int
    auth: str
    profile: str
    ssh: str
    reply_from: tuple[str, ...]
    parent_device: str


@dataclass(frozen=True, slots=True)
class LinkEnd:
    """One end of a link: an interface of a device."""

    device_id: str
    interface: InterfaceSelector


@dataclass(frozen=True, slots=True)
class Link:
    """A leased line; ``near`` is the hub's end, ``far`` the office's, at least one of them is there."""

    link_id: str
    site_id: str
    carrier: str
    role: str
    contracted_down_mbps: float
    contracted_up_mbps: float
    near: LinkEnd | None
    far: LinkEnd | None
    ping_address: str
    """Empty when the far device's address is to be pinged, or nothing."""
    parent_link: str
    contracted_availability_ratio: float | None = None
    """What the carrier has promised, above 0 and at most 1; ``None`` where nothing is stated."""


@dataclass(frozen=True, slots=True)
class EndpointService:
    """A service of an endpoint that is asked for: the protocol and the port."""

    kind: ServiceKind
    port: int


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A video-conference endpoint."""

    endpoint_id: str
    site_id: str
    name: str
    address: str
    port: int
    auth: str
    profile: str
    sip_uri: str
    parent_link: str
    services: tuple[EndpointService, ...] | None = None
    """Which of its services are asked; ``None``: those that phusong.yaml names for all."""
    https: str = ""
    """The account of phusong.yaml by which its status is read over HTTPS; empty: it is not."""
    certificate_sha256: str = ""
    """Fingerprint of the one certificate that it may show; empty: it is verified by authorities."""
    lan: LinkEnd | None = None
    """The port of a switch or router to which it is connected."""


@dataclass(frozen=True, slots=True)
class Service:
    """A service that rides on the network, such as a portal; asked as services.csv says."""

    service_id: str
    name: str
    kind: ServiceKind
    host: str
    port: int
    path: str = field(repr=False)
    """With its query; never shown: it may hold a token."""
    site_id: str = ""
    expect_status: tuple[int, ...] = ()
    """Empty: any of 200 to 399."""
    expect_text: str = ""
    slow_s: float = 3.0
    """An answer that takes longer is called slow."""
    certificate_sha256: str = ""


@dataclass(frozen=True, slots=True)
class MaintenanceWindow:
    """A planned interruption of what it names; begin inclusive, end exclusive, both aware."""

    what: str
    begin: datetime
    end: datetime
    reason: str
    window_id: str = ""
    """Where it stands: ``maintenance.csv:LINE``, or its number in the state file."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """All rows by their id, in the order of the files."""

    sites: dict[str, Site]
    devices: dict[str, Device]
    links: dict[str, Link]
    endpoints: dict[str, Endpoint]
    maintenance: tuple[MaintenanceWindow, ...]
    services: dict[str, Service] = field(default_factory=dict)
