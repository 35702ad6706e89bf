"""What one poll of a device or a target yields: plain, frozen values.

No network and no decisions here. A field is ``None`` when the device did not answer that object.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InterfaceReading:
    """One interface row of one device, read in one reply (IF-MIB, RFC 2863).

    Counters are raw device values. ``octets_bits`` and ``packets_bits`` tell which columns they came
    from: 64 for the HC columns, 32 for the old ones, ``None`` when there is no such counter.
    """

    device_id: str
    if_index: int
    if_name: str
    """ifName, else ifDescr, else ifAlias, else ``if<index>``: decoded, without control characters."""
    if_alias: str
    sys_uptime_ticks: int | None
    """sysUpTime of the same reply, in 1/100 s: the clock for rates."""
    admin_status: int | None
    """ifAdminStatus: 1 up, 2 down, 3 testing."""
    oper_status: int | None
    """ifOperStatus: 1 up ... 7 lowerLayerDown; other numbers are passed on as the device sent them."""
    speed_bps: int | None
    """ifHighSpeed x 10^6 where it is above 0, else ifSpeed."""
    last_change_ticks: int | None
    discontinuity_ticks: int | None
    in_octets: int | None
    out_octets: int | None
    octets_bits: int | None
    in_ucast_packets: int | None
    out_ucast_packets: int | None
    packets_bits: int | None
    in_errors: int | None
    out_errors: int | None
    in_discards: int | None
    out_discards: int | None


@dataclass(frozen=True, slots=True)
class SystemReading:
    """The system group of one device (SNMPv2-MIB, RFC 3418), texts decoded and cleaned."""

    sys_descr: str
    sys_object_id: str
    sys_uptime_ticks: int | None
    sys_name: str
    sys_location: str


@dataclass(frozen=True, slots=True)
class PingReading:
    """One burst of echo requests. Round-trip times are seconds; ``None`` when nothing came back."""

    sent: int
    received: int
    rtt_min_s: float | None
    rtt_avg_s: float | None
    rtt_max_s: float | None

    @property
    def loss_ratio(self) -> float:
        """Share of requests without an answer, 0 to 1."""
        return 1.0 - self.received / self.sent if self.sent else 0.0
