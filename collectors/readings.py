"""What one poll of a device or a target yields: plain, frozen values.

No network and no decisions here. A field is ``None`` when the device did not answer that object.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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


class Quantity(StrEnum):
    """What a device's sensor measures; each is one metric. The base unit stands beside it."""

    CPU = "cpu"
    """Share of the processor in use, 0 to 1."""
    MEMORY = "memory"
    """Share of the memory in use, 0 to 1."""
    TEMPERATURE = "temperature"
    """Degrees Celsius."""
    POWER = "power"
    """State of a power supply."""
    FAN = "fan"
    """State of a fan."""
    OPTICAL_RECEIVE = "optical_receive"
    """Received optical power in dBm."""
    OPTICAL_TRANSMIT = "optical_transmit"
    """Sent optical power in dBm."""
    SLA_UP = "sla_up"
    """Whether the last run of a measurement by the device itself (IP SLA, NQA, RPM ...) succeeded."""
    SLA_RTT = "sla_rtt"
    """Round-trip time in seconds, as such a measurement found it."""
    SLA_JITTER = "sla_jitter"
    """Jitter in seconds."""
    SLA_LOSS = "sla_loss"
    """Lost share of the packets, 0 to 1."""
    MODEM_REGISTERED = "modem_registered"
    """Whether the mobile modem is registered in a network."""
    MODEM_IN_USE = "modem_in_use"
    """Whether a data session runs over the mobile modem."""
    MODEM_RSRP = "modem_rsrp"
    """Reference signal received power in dBm (3GPP TS 36.214)."""
    MODEM_RSRQ = "modem_rsrq"
    """Reference signal received quality in dB."""
    MODEM_SINR = "modem_sinr"
    """Signal to interference and noise ratio in dB."""
    BGP_PEER = "bgp_peer"
    """Whether a BGP session is established (RFC 4273)."""
    OSPF_NEIGHBOR = "ospf_neighbor"
    """Whether an OSPF adjacency is full, or two-way among routers that are not designated (RFC 4750)."""


@dataclass(frozen=True, slots=True)
class SensorReading:
    """One sensor of a device: a number in the quantity's base unit, or 1 and 0 for a good and a bad state."""

    quantity: Quantity
    name: str
    """Which one of the device: the component, interface, operation, modem or peer; never empty, cleaned text."""
    value: float


@dataclass(frozen=True, slots=True)
class SensorsReading:
    """What one poll of a device's sensors yields, and why it was asked just this."""

    system: SystemReading
    profile: str
    vendor: str
    why: str
    """Why this profile was chosen, for people."""
    sensors: tuple[SensorReading, ...]
    problems: tuple[str, ...] = ()
    """Sensors that could not be read, or not in full, for people."""
    dropped: int = 0
    """Sensors left out because the device showed too many."""
