"""What one interface row of one device says at a moment: status, last change, counters. No encoding."""

from __future__ import annotations

from typing import Final

from .equipment import Device, DeviceKind, Row
from .incidents import HEALTHY, Incident, Trouble
from .lines import Line
from .traffic import SILENCE, Flow, Meter, draw

TICKS: Final = 2**32
WRAPS_AFTER_S: Final = (20.0, 400.0)
"""32-bit octet counters of lines wrap soon after the start, so that every demo shows it."""
LAST_CHANGES_AT: Final = 0.3
"""Ports and tables last changed after this share of the device's uptime."""
ETHERNET: Final = 6
"""ifType ethernetCsmacd."""
NO_ROW: Final = Row(0, None, b"")
"""For the objects that belong to the device and to no row."""


class RowState:
    """One row with everything that its objects are made from; the elapsed seconds are an argument."""

    __slots__ = ("device", "down_status", "incident", "meter", "row", "switched_off")

    def __init__(self, device: Device, row: Row, line: Line | None, seed: int) -> None:
        near = device.kind is DeviceKind.HUB
        self.device = device
        self.row = row
        self.incident: Incident = line.incident if line else HEALTHY
        self.switched_off = near and self.incident.trouble is Trouble.ADMIN_DOWN
        self.down_status = device.habit.down_status
        a, b, c, d = draw(seed, device.device_id, row.index)
        if line:
            inward, outward = (line.up, line.down) if near else (line.down, line.up)
        elif row.oper_status == 1:
            inward, outward = Flow(2_000 + a * 40_000), Flow(2_000 + b * 40_000)
        else:
            inward, outward = SILENCE, SILENCE
        wraps = line is not None and not row.counters_64
        in_base, out_base = self._base(inward, c, wraps=wraps), self._base(outward, d, wraps=wraps)
        self.meter = Meter(inward, outward, in_base, out_base, self.incident, row.bad_cable)

    def _base(self, flow: Flow, share: float, *, wraps: bool) -> int:
        """Return what the counter had counted before the simulation began."""
        if wraps:
            low, high = WRAPS_AFTER_S
            return TICKS - int(flow.mean * (low + share * (high - low)))
        return int(flow.mean * self.device.uptime_s * (0.5 + share / 2))

    def up_time_ticks(self, elapsed: float) -> int:
        """Return sysUpTime of the device: it wraps after 497 days."""
        return int((self.device.uptime_s + elapsed) * 100) % TICKS

    def table_change_ticks(self) -> int:
        """Return ifTableLastChange of the device."""
        return int(self.device.uptime_s * 100 * LAST_CHANGES_AT)

    def admin_status(self) -> int:
        """Return ifAdminStatus."""
        return 2 if self.switched_off else self.row.admin_status

    def oper_status(self, elapsed: float) -> int:
        """Return ifOperStatus: the line's where there is one."""
        if self.switched_off:
            return 2
        return self.row.oper_status if self.incident.carries(elapsed) else self.down_status

    def last_change_ticks(self, elapsed: float) -> int:
        """Return ifLastChange: long ago, but for a line in trouble."""
        if self.incident.trouble is Trouble.NONE:
            return self.table_change_ticks()
        return int((self.device.uptime_s + self.incident.last_change_s(elapsed)) * 100) % TICKS

    def discontinuity_ticks(self) -> int:
        """Return ifCounterDiscontinuityTime: 0 on most rows, as on real devices."""
        return self.table_change_ticks() if self.row.index % 7 == 0 else 0

    def physical_address(self) -> bytes:
        """Return ifPhysAddress: a locally administered one for Ethernet, else none."""
        if self.row.if_type != ETHERNET:
            return b""
        host = bytes(int(part) for part in self.device.address.split(".")[1:])
        return b"\x02\x16" + host + bytes((self.row.index & 0xFF,))
