"""The simulated devices as values: interface rows, agents' habits, devices.

Which rows a vendor's device has is in ``vendors``; what they answer over SNMP is in ``columns``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .calls import Call


class DeviceKind(StrEnum):
    """What a device is for."""

    HUB = "hub"
    ROUTER = "router"
    CPE = "cpe"
    """The carrier's box at an office: it answers echo requests and nothing else, no inventory knows it."""
    ENDPOINT = "endpoint"


@dataclass(frozen=True, slots=True)
class Row:
    """One interface row. ``name`` is ``None`` where the device has no ifXTable row for it.

    ``speed`` is ifSpeed in bit/s, ``high_speed`` ifHighSpeed in Mbit/s, both as the device (mis)reports them.
    """

    index: int
    name: bytes | None
    descr: bytes
    if_type: int = 6
    speed: int = 1_000_000_000
    high_speed: int = 1000
    alias: bytes = b""
    mtu: int = 1500
    counters_64: bool = True
    """Whether the row has the HC columns."""
    admin_status: int = 1
    oper_status: int = 1
    """For rows that carry a line the line's state decides instead."""
    line_id: str = ""
    bad_cable: bool = False
    """Whether many of the packets that it receives are broken."""


@dataclass(frozen=True, slots=True)
class Habit:
    """How the agent of one vendor's model behaves."""

    model: str
    sys_descr: bytes
    sys_object_id: tuple[int, ...]
    only_v1: bool = False
    """Knows neither version 2c nor Counter64."""
    down_status: int = 2
    """The ifOperStatus of a row whose line is cut: down (2) or lowerLayerDown (7)."""
    max_reply: int = 1472
    """Octets of the longest reply."""
    refuses_big_bulk: bool = False
    """Answers an oversized GETBULK with tooBig and no objects instead of a shorter reply (RouterOS 7)."""


SIP_UDP, H323 = "sip-udp", "h323"
"""How calls come in, in the words of ``endpoints.csv``."""


@dataclass(frozen=True, slots=True)
class Room:
    """What a video-conference endpoint is beside a device."""

    services: tuple[str, ...] = (SIP_UDP,)
    """What it is set up for, as people list it."""
    sip_status: int = 200
    """What it answers to OPTIONS."""
    takes_calls: bool = True
    """False: it is there, but nothing in it listens for calls."""
    registered: bool = True
    camera_works: bool = True
    bad_cable: bool = False
    """Whether the cable to its switch is broken."""
    call: Call | None = None

    def call_at(self, elapsed: float) -> Call | None:
        """Return the call it is in at ``elapsed`` seconds."""
        return self.call if self.call and self.call.is_up(elapsed) else None


@dataclass(frozen=True, slots=True)
class Device:
    """A simulated device; ``address`` is an IPv4 loopback address of its own."""

    device_id: str
    site_id: str
    kind: DeviceKind
    address: str
    habit: Habit
    location: str
    rows: tuple[Row, ...]
    uptime_s: float
    """For how long it had been up when the simulation began."""
    answers_snmp: bool = True
    answers_echo: bool = True
    room: Room | None = None
    """Of video-conference endpoints only."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A video-conference endpoint, behind its office's primary line and a port of its router."""

    endpoint_id: str
    name: str
    device: Device
    parent_link: str
    lan_device: str = ""
    lan_interface: str = ""
    """As in ``endpoints.csv``; both empty where the office has no router of ours."""
