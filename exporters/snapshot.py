"""The shape of what is shown: one row per link, site, endpoint and device at one moment.

The agent fills a snapshot; metrics, feed, status page and map only read it. ``*Info`` is what the inventory says
(it changes on reload only, so text can be prepared from it once); ``*Row`` is what is known now. Values that are
too old are already ``None`` here: whoever shows a snapshot needs no clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from phusong.collectors.call_readings import EndpointReading, ServiceReading
from phusong.collectors.readings import InterfaceReading, PingReading, SensorsReading, SystemReading
from phusong.coverage.summary import CoverageSummary


class Verdict(StrEnum):
    """The verdicts on links and endpoints, in the order in which they are decided: the first that holds counts."""

    MAINTENANCE = "maintenance"
    ADMIN_DOWN = "admin_down"
    PARENT_DOWN = "parent_down"
    DOWN = "down"
    UNREACHABLE = "unreachable"
    SNMP_DEAD = "snmp_dead"
    CONGESTED = "congested"
    DEGRADED = "degraded"
    UP = "up"
    NO_SERVICE = "no_service"
    NOT_REGISTERED = "not_registered"
    POOR_CALL = "poor_call"
    IN_CALL = "in_call"
    READY = "ready"
    UNKNOWN = "unknown"


LINK_VERDICTS = (
    Verdict.MAINTENANCE,
    Verdict.ADMIN_DOWN,
    Verdict.PARENT_DOWN,
    Verdict.DOWN,
    Verdict.UNREACHABLE,
    Verdict.SNMP_DEAD,
    Verdict.CONGESTED,
    Verdict.DEGRADED,
    Verdict.UP,
    Verdict.UNKNOWN,
)
"""Those that a link can have."""
ENDPOINT_VERDICTS = (
    Verdict.MAINTENANCE,
    Verdict.PARENT_DOWN,
    Verdict.UNREACHABLE,
    Verdict.SNMP_DEAD,
    Verdict.NO_SERVICE,
    Verdict.NOT_REGISTERED,
    Verdict.POOR_CALL,
    Verdict.IN_CALL,
    Verdict.READY,
    Verdict.UNKNOWN,
)
"""Those that an endpoint can have: it has no contract and no interface that could be switched off."""
GOOD_VERDICTS = frozenset({Verdict.UP, Verdict.READY, Verdict.IN_CALL})
"""Nothing is wrong with what has one of these."""


class Degradation(StrEnum):
    """What can be wrong with a line that carries traffic, beside congestion."""

    LOSS = "loss"
    RTT = "rtt"
    ERRORS = "errors"
    FLAPPING = "flapping"


class CallFault(StrEnum):
    """Where a poor call goes wrong, as far as that can be told from this side."""

    LINE = "line"
    """The office's line is full or loses packets."""
    ROOM = "room"
    """The line is clean, or the room's port shows errors: the room, its cabling, or the far end of the call."""
    UNKNOWN = "unknown"


class ServiceVerdict(StrEnum):
    """The verdicts on a service of services.csv."""

    MAINTENANCE = "maintenance"
    DOWN = "down"
    """It gives no answer, or not the expected one."""
    SLOW = "slow"
    """The right answer, later than it should come."""
    UP = "up"
    UNKNOWN = "unknown"


class Isolation(StrEnum):
    """What the state of a site's lines and the mobile coverage of its point mean together."""

    CONNECTED = "connected"
    """A line is up and the fallback technology covers the site too."""
    AT_RISK = "at_risk"
    """A line is up, but without it nothing would be left."""
    ON_FALLBACK = "on_fallback"
    """All lines are out; the fallback technology covers the site."""
    ISOLATED = "isolated"
    """All lines are out and the fallback technology does not cover the site."""
    UNKNOWN = "unknown"
    """A position, a coverage layer or the state of the lines is missing."""


@dataclass(frozen=True, slots=True)
class SiteInfo:
    """A site of the inventory; ``lat`` and ``lon`` are WGS 84 degrees."""

    site_id: str
    name: str
    kind: str
    commune_code: str
    lat: float | None
    lon: float | None
    district: str = ""
    """The district of its commune; empty in editions that have none."""


@dataclass(frozen=True, slots=True)
class LinkInfo:
    """A link of the inventory; contracted rates are bytes per second."""

    link_id: str
    site_id: str
    carrier: str
    role: str
    contracted_down_bytes_per_s: float
    contracted_up_bytes_per_s: float
    near_device: str
    far_device: str


@dataclass(frozen=True, slots=True)
class EndpointInfo:
    """A video-conference endpoint of the inventory."""

    endpoint_id: str
    site_id: str
    name: str
    port_device: str = ""
    """The switch or router to which it is connected, and the interface there; empty where not told."""
    port_interface: str = ""


@dataclass(frozen=True, slots=True)
class ServiceInfo:
    """A service of services.csv; its address is not shown: it may hold a token."""

    service_id: str
    name: str
    protocol: str
    site_id: str = ""


@dataclass(frozen=True, slots=True)
class AnomalyCount:
    """How many intervals gave no trusted figure for one reason (``collectors.rates.NoRate``)."""

    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class EndTraffic:
    """What passed through one end of a link, as far as it is beyond doubt.

    The totals only grow, over restarts too, whatever happens to the device's own counters. Rates are those of the
    latest interval between two polls, ``None`` with the reason in ``no_rate`` when that one gave none.
    """

    received_bytes: int
    sent_bytes: int
    receive_bytes_per_s: float | None
    transmit_bytes_per_s: float | None
    error_ratio: float | None
    """Packets with errors among these and the unicast packets, 0 to 1."""
    discard_ratio: float | None
    no_rate: str
    anomalies: tuple[AnomalyCount, ...]


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A link now. ``up`` is the state under any maintenance: ``None`` when it is not known."""

    info: LinkInfo
    verdict: Verdict
    up: bool | None
    since: float | None
    """Unix time of the last change of the verdict, as far as this agent has seen it."""
    near: InterfaceReading | None
    far: InterfaceReading | None
    ping: PingReading | None
    last_success: float | None
    """Unix time of the last SNMP answer from either end."""
    problem: str
    """Why the last poll gave no reading, for people; empty when it did."""
    rule: str = ""
    """The rule behind the verdict, a word of ``agent.verdict.Rule``."""
    cause: str = ""
    """Whose fault it is where it is not the line's own: ``link hl-07``, ``device hub-1``; else empty."""
    near_traffic: EndTraffic | None = None
    far_traffic: EndTraffic | None = None
    use_down_ratio: float | None = None
    """Share of the contracted rate in use towards the office; above 1 when more passes than was agreed."""
    use_up_ratio: float | None = None
    ends_differ: bool | None = None
    """Whether one end says up and the other says not up; ``None`` unless both say one of these."""
    degradations: tuple[Degradation, ...] = ()
    """What exceeds its limit now; the verdict names the first of these unless something worse holds."""
    state_changes: int = 0
    """How often the line began or ceased to carry traffic since the agent started."""


@dataclass(frozen=True, slots=True)
class EndpointRow:
    """An endpoint now; the fields mean what they mean for a link."""

    info: EndpointInfo
    verdict: Verdict
    up: bool | None
    since: float | None
    reading: EndpointReading | None
    ping: PingReading | None
    last_success: float | None
    problem: str
    rule: str = ""
    cause: str = ""
    """Also of a poor call: the line, where that is at fault."""
    services: tuple[ServiceReading, ...] = ()
    """How its services answered when they were last asked; empty when they were not, or too long ago."""
    port: InterfaceReading | None = None
    """The port of the switch or router to which it is connected."""
    port_traffic: EndTraffic | None = None
    port_half_duplex: bool | None = None
    """Whether that port runs at half duplex; ``None`` when it does not say."""
    fault: CallFault | None = None
    """Of a poor call alone."""
    ready: bool | None = None
    """Whether it could join a meeting now; ``None`` when that is not known."""
    not_ready_because: str = ""
    """The heaviest reason against it, a word of ``agent.readiness.readiness.Reason``; empty when it is ready."""
    meeting: MeetingTime | None = None
    """The meeting that it is to be in now, else its next one."""

    @property
    def system(self) -> SystemReading | None:
        """Its system group, where it answers SNMP."""
        return self.reading.system if self.reading else None


@dataclass(frozen=True, slots=True)
class MeetingTime:
    """A meeting, as an endpoint sees it; times are Unix seconds."""

    meeting_id: str
    begin: float
    end: float
    soon: bool
    """Whether it runs, or begins so soon that who is not ready is to be told."""


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """A service of services.csv now."""

    info: ServiceInfo
    verdict: ServiceVerdict
    since: float | None
    reading: ServiceReading | None
    last_success: float | None
    """Unix time of the last right answer."""


@dataclass(frozen=True, slots=True)
class SiteRow:
    """A site now: its lines' state joined with coverage."""

    info: SiteInfo
    isolation: Isolation
    fallback: bool | None
    """Whether the fallback technology covers the site's point; ``None`` when it is not known."""
    since: float | None = None
    """Unix time of the last change of ``isolation``, as far as this agent has seen it."""


@dataclass(frozen=True, slots=True)
class CommuneRow:
    """A commune that has offices: how many of them are in each state; sites without a commune are in none."""

    code: str
    district: str
    isolated: bool | None
    """Whether all offices whose state is known are isolated; ``None`` when none is known."""
    sites: tuple[SiteCount, ...]


@dataclass(frozen=True, slots=True)
class SiteCount:
    """How many offices are in one state."""

    isolation: Isolation
    count: int


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """A device now."""

    device_id: str
    site_id: str
    sys_uptime_ticks: int | None
    last_success: float | None
    sensors: SensorsReading | None = None
    agent_restarts: int | None = None
    """How often its SNMP agent was seen to start anew; ``None`` before it was polled."""
    up: bool | None = None
    """Whether it answers SNMP or ping; ``None`` when that is not known."""
    role: str = "office"
    """``hub`` when lines or other devices hang on it, else ``office``."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that is shown, at the Unix time ``taken_at``."""

    taken_at: float
    edition: str
    fallback_technology: str
    links: tuple[LinkRow, ...]
    endpoints: tuple[EndpointRow, ...]
    sites: tuple[SiteRow, ...]
    devices: tuple[DeviceRow, ...]
    coverage: CoverageSummary | None
    communes: tuple[CommuneRow, ...] = ()
    services: tuple[ServiceRow, ...] = ()
    meetings: tuple[MeetingRow, ...] = ()


@dataclass(frozen=True, slots=True)
class MeetingRow:
    """A meeting that runs or is to come; times are Unix seconds."""

    meeting_id: str
    title: str
    begin: float
    end: float
    endpoints: int
    not_ready: int
    """How many of its endpoints are known not to be ready now."""
