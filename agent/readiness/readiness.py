"""Who is ready for a meeting, as plain values: one row per endpoint, with every reason. No clock, no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from phusong.agent.meetings import Meeting
from phusong.collectors.call_readings import ServiceReading
from phusong.exporters.snapshot import Verdict


class Reason(StrEnum):
    """Why an endpoint is not ready (``Finding.keeps_out``), or what else a meeting organiser should know of it.

    In the order of their weight: the first one that holds is named first.
    """

    MAINTENANCE = "maintenance"
    """A maintenance window covers the endpoint, or the time of the meeting."""
    LINE_DOWN = "line_down"
    """Its line is out (``parent_down``, ``down``, ``unreachable``, ``admin_down``)."""
    UNREACHABLE = "unreachable"
    """Its line is up, and it answers nothing."""
    NOT_KNOWN = "not_known"
    """Nothing fresh is known of it."""
    NO_SERVICE = "no_service"
    """It is there, but neither SIP nor H.323 answers."""
    NOT_REGISTERED = "not_registered"
    FAULT = "fault"
    """It reports that a part of it failed; ``detail`` names the parts."""
    POOR_CALL = "poor_call"
    """It is in a call, and that is poor."""
    LINE_CONGESTED = "line_congested"
    LINE_DEGRADED = "line_degraded"
    HEADROOM_DOWN = "headroom_down"
    """Towards the office less is left of the contracted rate than HD needs."""
    HEADROOM_UP = "headroom_up"
    PING_LOSS = "ping_loss"
    """Echo requests get lost on the way to it; ``detail`` says how many."""
    HEADROOM_SHARED = "headroom_shared"
    """Its line has room for it, but not for all rooms of the meeting that share it; ``detail`` says how much."""
    IN_CALL = "in_call"
    """It is in a good call now."""
    CALL_NOT_MEASURED = "call_not_measured"
    """It is in a call now, and does not say how good that is."""
    NOT_FREE = "not_free"
    """It answers SIP as one who would not take a call now; ``detail`` has the status codes."""
    SNMP_SILENT = "snmp_silent"
    """It takes calls, but does not answer SNMP: its call cannot be watched."""
    HEADROOM_NOT_KNOWN = "headroom_not_known"
    NOT_HD = "not_hd"
    """The picture that it receives now has less than 720 lines."""
    CERTIFICATE = "certificate"
    """A certificate of it is out of date, or soon will be; ``detail`` says when."""
    NO_GOOD_CALL = "no_good_call"
    """The record knows no good call of it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason; ``detail`` has figures and names in no language: ``camera``, ``3/5``, ``0.4 Mbit/s``."""

    reason: Reason
    keeps_out: bool
    """Whether it alone makes the endpoint not ready; else it is a warning."""
    detail: str = ""


def is_ready(findings: Sequence[Finding]) -> bool | None:
    """Tell whether nothing keeps an endpoint out; ``None`` when all that does is that nothing is known."""
    out = [finding.reason for finding in findings if finding.keeps_out]
    return None if out == [Reason.NOT_KNOWN] else not out


@dataclass(frozen=True, slots=True)
class ReadinessRow:
    """One endpoint: ready or not, why, and what a meeting has to go on. Rates are Mbit/s."""

    endpoint_id: str
    name: str
    site_id: str
    site_name: str
    commune: str
    """Name of the commune, empty when it is not known."""
    district: str
    verdict: Verdict
    findings: tuple[Finding, ...]
    """Heaviest first: those that keep it out before warnings."""
    link_id: str = ""
    """The line that it hangs on; of several at its site the best one. Empty without any."""
    carrier: str = ""
    link_verdict: Verdict | None = None
    headroom_down_mbps: float | None = None
    """What is left of the contracted rate towards the office; ``None`` when it is not known."""
    headroom_up_mbps: float | None = None
    services: tuple[ServiceReading, ...] = ()
    model: str = ""
    software: str = ""
    last_good_call: datetime | None = None
    """When its last good call ended, or now while it is in one; ``None`` when the record knows none."""

    @property
    def ready(self) -> bool | None:
        """Whether it could join now; ``None`` when that is not known."""
        return is_ready(self.findings)


@dataclass(frozen=True, slots=True)
class ReadinessReport:
    """All rows of one run, and what was asked."""

    checked_at: datetime
    took_s: float
    needed_mbps: float
    """What HD needs in each direction."""
    rows: tuple[ReadinessRow, ...]
    """In the order of the inventory."""
    meeting: Meeting | None = None
    """The meeting it was made for; ``None``: all endpoints, or those of a district."""
    district: str = ""
    synthetic: bool = False

    @property
    def ready_count(self) -> int:
        """How many are ready."""
        return sum(row.ready is True for row in self.rows)
