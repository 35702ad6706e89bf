"""The traps of the simulated hubs: linkDown and linkUp when a line at one of their interfaces changes.

Only the flapping line changes while somebody watches, and what somebody cuts. The far end is cut off when a line
goes down, so the hub tells.
No socket and no clock; the message is SNMPv2c (RFC 3416, section 4.2.6; RFC 2863, section 5).
"""

from __future__ import annotations

import heapq
import socket
from typing import Final, NamedTuple

from phusong.collectors.mib import IF_ADMIN_STATUS, IF_OPER_STATUS, SYS_UP_TIME
from phusong.collectors.snmp.ber import (
    INTEGER,
    OBJECT_ID,
    OCTET_STRING,
    SEQUENCE,
    TIME_TICKS,
    Oid,
    encode_integer,
    encode_oid,
    tlv,
)

from .agent import V2C
from .equipment import Device, Row
from .lines import Line
from .province import Province

TRAP: Final = 0xA7
IF_INDEX: Final[Oid] = (1, 3, 6, 1, 2, 1, 2, 2, 1, 1)
SNMP_TRAP_OID: Final[Oid] = (1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0)
LINK_DOWN: Final[Oid] = (1, 3, 6, 1, 6, 3, 1, 1, 5, 3)
LINK_UP: Final[Oid] = (1, 3, 6, 1, 6, 3, 1, 1, 5, 4)
TICKS_PER_S: Final = 100
TICKS: Final = 2**32


class Trap(NamedTuple):
    """A message and the packed IPv4 address that sends it."""

    source: bytes
    message: bytes


class LinkTraps:
    """The changes to come after ``since_s`` (seconds since the simulation began), in their order."""

    def __init__(self, province: Province, community: bytes, since_s: float = 0.0) -> None:
        self._community = community
        hubs = {device.device_id: device for device in province.devices}
        self._ends: list[tuple[Line, Device, Row]] = []
        for wired in province.lines:
            hub = hubs.get(wired.near_device)
            for row in hub.rows if hub and not hub.habit.only_v1 else ():
                if (
                    hub
                    and row.line_id == wired.line.link_id
                    and wired.line.incident.next_change_s(since_s) is not None
                ):
                    self._ends.append((wired.line, hub, row))
        self._due: list[tuple[float, int]] = []
        for end in range(len(self._ends)):
            self._plan(end, since_s)

    def next_s(self) -> float | None:
        """Return when the next trap is due, in seconds since the simulation began; ``None`` when none ever is."""
        return self._due[0][0] if self._due else None

    def take(self, elapsed: float) -> list[Trap]:
        """Return the traps that are due."""
        traps = []
        while self._due and self._due[0][0] <= elapsed:
            when, end = heapq.heappop(self._due)
            traps.append(self._trap(end, when))
            self._plan(end, when)
        return traps

    def _plan(self, end: int, elapsed: float) -> None:
        when = self._ends[end][0].incident.next_change_s(elapsed)
        if when is not None:
            heapq.heappush(self._due, (when, end))

    def _trap(self, end: int, elapsed: float) -> Trap:
        line, hub, row = self._ends[end]
        is_up = line.incident.carries(elapsed)
        ticks = int((hub.uptime_s + elapsed) * TICKS_PER_S) % TICKS
        status = row.oper_status if is_up else hub.habit.down_status
        bindings = (
            _binding(SYS_UP_TIME, TIME_TICKS, encode_integer(ticks)),
            _binding(SNMP_TRAP_OID, OBJECT_ID, encode_oid(LINK_UP if is_up else LINK_DOWN)),
            *(
                _binding((*column, row.index), INTEGER, encode_integer(value))
                for column, value in (
                    (IF_INDEX, row.index),
                    (IF_ADMIN_STATUS, row.admin_status),
                    (IF_OPER_STATUS, status),
                )
            ),
        )
        number = tlv(INTEGER, encode_integer(int(elapsed)))
        nothing = tlv(INTEGER, encode_integer(0))
        pdu = tlv(TRAP, number + nothing + nothing + tlv(SEQUENCE, b"".join(bindings)))
        version = tlv(INTEGER, encode_integer(V2C))
        message = tlv(SEQUENCE, version + tlv(OCTET_STRING, self._community) + pdu)
        return Trap(socket.inet_aton(hub.address), message)


def _binding(oid: Oid, tag: int, content: bytes) -> bytes:
    return tlv(SEQUENCE, tlv(OBJECT_ID, encode_oid(oid)) + tlv(tag, content))
