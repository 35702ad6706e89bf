"""The rows of all video-conference endpoints: the evidence on each put together for the rules of ``verdict``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from math import inf
from typing import NamedTuple

from phusong.agent.inventory import Inventory
from phusong.agent.meetings import Meeting
from phusong.agent.polling.observations import Outcome
from phusong.agent.polling.poll_plan import services_of
from phusong.agent.readiness.judge import judge_readiness, line_of_meeting
from phusong.agent.readiness.readiness import is_ready
from phusong.collectors.call_readings import EndpointReading, ServiceReading
from phusong.collectors.readings import InterfaceReading, PingReading
from phusong.exporters.snapshot import CallFault, EndpointRow, EndTraffic, LinkRow, MeetingTime, Verdict

from .call_limits import CallFacts
from .evidence import Evidence
from .link_rows import LinkRows
from .link_traffic import PORT, TrafficTotals
from .parents import Parent
from .room_or_line import HALF_DUPLEX, find_call_fault
from .row_facts import RowFacts, links_before
from .suspects import Observed, Suspects
from .verdict import UNKNOWN, Finding, Rule, any_up, await_echo, await_sign, judge_endpoint
from .verdict_changes import Moment, VerdictChanges
from .video_settings import VideoSettings

SERVICES_ASKED_AGAIN = Parent("its services", Rule.NO_ANSWER, out=None, held=True)
"""Stands among what an endpoint hangs on while one of its services may still answer: that is asked again first."""


class Look(NamedTuple):
    """The evidence on one endpoint at one moment: what is fresh of it."""

    outcome: Outcome[EndpointReading]
    reading: EndpointReading | None
    ping: PingReading | None
    services: tuple[ServiceReading, ...]


class PortBeside(NamedTuple):
    """What is known of the port of the switch or router to which an endpoint is connected."""

    reading: InterfaceReading | None
    traffic: EndTraffic | None
    half_duplex: bool | None


@dataclass(slots=True)
class EndpointMemory:
    """What is remembered of an endpoint beside its row; times are of the clock that only rises."""

    back_at: float = -inf
    """When it was first heard again after it was out: what its services did before that says nothing now."""
    measured_at: float = -inf
    """When its call last had figures."""


@dataclass(slots=True)
class EndpointRows:
    """The rows of the endpoints of one inventory; they hang on lines."""

    inventory: Inventory
    facts: RowFacts
    evidence: Evidence
    links: LinkRows
    suspects: Suspects
    changes: VerdictChanges
    settings: VideoSettings
    traffic: TrafficTotals
    meetings: tuple[Meeting, ...] = ()
    rows: dict[str, EndpointRow] = field(default_factory=dict)
    _next_meetings: dict[str, Meeting] = field(default_factory=dict)
    """By endpoint: its running meeting, else its next one."""
    memories: dict[str, EndpointMemory] = field(default_factory=dict)
    found: dict[str, Finding] = field(default_factory=dict)
    """What was found last, without regard to maintenance."""

    def adopt(self, before: EndpointRows) -> None:
        """Take over what an earlier state knew of the endpoints that are still there."""
        self.rows = {key: row for key, row in before.rows.items() if key in self.facts.endpoints}
        self.found = {key: found for key, found in before.found.items() if key in self.facts.endpoints}
        self.memories = {key: memory for key, memory in before.memories.items() if key in self.facts.endpoints}

    def judge(self, endpoint_id: str, moment: Moment) -> None:
        """Make the row of an endpoint anew."""
        key = ("endpoint", endpoint_id)
        look = self._look(endpoint_id, moment.now)
        waiting_since = self.suspects.waiting_since(key)
        finding = self._find(endpoint_id, look, moment.now)
        beside, line = self._port(endpoint_id, moment.now), self.line(endpoint_id)
        fault: CallFault | None = None
        if finding.verdict is Verdict.POOR_CALL:
            half_duplex = bool(beside.half_duplex) or HALF_DUPLEX in (look.reading.faults if look.reading else ())
            found = find_call_fault(
                line,
                look.ping,
                beside.reading,
                beside.traffic,
                half_duplex=half_duplex,
                uplinks=self.uplinks(line),
            )
            fault, finding = found.fault, replace(finding, cause=found.cause)
        self.found[endpoint_id] = finding
        before = self.rows.get(endpoint_id)
        shown, since = self.changes.judged(
            key,
            finding,
            (before.verdict, before.since) if before else None,
            moment,
            waited_s=moment.now - waiting_since if waiting_since is not None else 0.0,
        )
        row = EndpointRow(
            info=self.facts.endpoints[endpoint_id],
            verdict=shown.verdict,
            up=shown.up,
            since=since,
            reading=look.reading,
            ping=look.ping,
            last_success=look.outcome.success_unix,
            problem=look.outcome.problem,
            rule=shown.rule,
            cause=shown.cause,
            services=look.services,
            port=beside.reading,
            port_traffic=beside.traffic,
            port_half_duplex=beside.half_duplex,
            fault=fault if shown.verdict is Verdict.POOR_CALL else None,
            meeting=self._meeting(endpoint_id, moment.unix),
            ready=before.ready if before else None,
            not_ready_because=before.not_ready_because if before else "",
        )
        self.rows[endpoint_id] = self._with_readiness(row, line, moment.unix)

    def _with_readiness(self, row: EndpointRow, line: LinkRow | None, unix: float) -> EndpointRow:
        findings = judge_readiness(
            row, line, needed_mbps=self.settings.hd_mbps, now=unix, uplinks=self.uplinks(line)
        )
        ready = is_ready(findings)
        because = "" if ready else findings[0].reason.value
        if (ready, because) == (row.ready, row.not_ready_because):  # a copy is a sixth of the cost
            return row
        return replace(row, ready=ready, not_ready_because=because)

    def _port(self, endpoint_id: str, now: float) -> PortBeside:
        lan = self.inventory.endpoints[endpoint_id].lan
        end = self.evidence.end(lan, now)
        return PortBeside(
            end.reading if end else None, self.traffic.of(endpoint_id, PORT), self.evidence.half_duplex(lan)
        )

    def _look(self, endpoint_id: str, now: float) -> Look:
        outcome = self.evidence.endpoint(endpoint_id)
        return Look(
            outcome=outcome,
            reading=outcome.fresh(now, self.evidence.poll_fresh_s),
            ping=self.evidence.ping(self.inventory.endpoints[endpoint_id].address, now),
            services=self.services(endpoint_id, now),
        )

    def _find(self, endpoint_id: str, look: Look, now: float) -> Finding:
        """Return what is found, without regard to maintenance; what is not certain yet waits for more evidence."""
        key, kept = ("endpoint", endpoint_id), self.found.get(endpoint_id)
        reading, outcome = look.reading, look.outcome
        if (kept is None or kept is UNKNOWN) and not self._all_asked(endpoint_id, outcome):
            return UNKNOWN
        memory = self.memories.setdefault(endpoint_id, EndpointMemory())
        pinged_at = self.evidence.pinged_at(self.inventory.endpoints[endpoint_id].address)
        probed_at = self.evidence.probes(endpoint_id).value_at
        signs = [pinged_at] if look.ping is not None and look.ping.received else []
        signs += [outcome.value_at] if reading is not None else []
        if signs and kept is not None and kept.up is False and probed_at < max(signs):
            memory.back_at = now
            self.suspects.want(("probe", endpoint_id))
        limits = self.settings.call_limits
        takes_calls = _takes_calls(look.services)
        if takes_calls is False and probed_at < memory.back_at:
            takes_calls = None  # it was asked while it was out
        outdated = bool(takes_calls) and self._fell_silent_since(endpoint_id, look)
        finding = judge_endpoint(
            answers=reading is not None,
            silent=outcome.silent(now, self.evidence.poll_fresh_s),
            ping=look.ping,
            service=None if outdated else takes_calls,
            registered=reading.registered if reading else None,
            call=CallFacts.of(reading.calls) if reading and (reading.in_call or reading.calls) else None,
            limits=limits.to_clear if kept is not None and kept.verdict is Verdict.POOR_CALL else limits,
        )
        if finding.verdict is Verdict.UNREACHABLE:
            return self.suspects.judge(
                key,
                finding,
                kept,
                [self.parent(endpoint_id, now), *([SERVICES_ASKED_AGAIN] if outdated else [])],
                now,
                failed_at=min(outcome.heard_at, pinged_at),
                ask=lambda: self._whom_to_ask(endpoint_id),
            )
        self.suspects.clear(key)
        finding = self._await_figures(finding, kept, CallFacts.of(reading.calls) if reading else None, memory, now)
        finding = await_sign(finding, kept, probed_at=probed_at, alive_at=max(signs, default=-inf))
        return await_echo(finding, kept, silent_at=outcome.heard_at, pinged_at=pinged_at)

    def _await_figures(
        self, finding: Finding, kept: Finding | None, call: CallFacts | None, memory: EndpointMemory, now: float
    ) -> Finding:
        """Return the finding, or that of a poor call while its figures are only missing, for three polls."""
        if call is not None and call.measured:
            memory.measured_at = now
        missing = finding.verdict is Verdict.IN_CALL and (call is None or not call.measured)
        if missing and kept is not None and kept.verdict is Verdict.POOR_CALL:
            return kept if now - memory.measured_at <= self.evidence.poll_fresh_s else finding
        return finding

    def _all_asked(self, endpoint_id: str, outcome: Outcome[EndpointReading]) -> bool:
        """Tell whether it was asked once by SNMP, and its services where it has any: half of it misleads."""
        endpoint = self.inventory.endpoints[endpoint_id]
        waits_for_probe = bool(services_of(endpoint, self.settings.usual_services))
        probed = self.evidence.probes(endpoint_id).value is not None
        return (outcome.value is not None or outcome.failed_at is not None) and (probed or not waits_for_probe)

    def services(self, endpoint_id: str, now: float) -> tuple[ServiceReading, ...]:
        """Return how the services of an endpoint answered; nothing when that is not known, or too long ago."""
        return self.evidence.probes(endpoint_id).fresh(now, self.evidence.probes_fresh_s) or ()

    def line(self, endpoint_id: str) -> LinkRow | None:
        """Return the line over which a meeting would go."""
        endpoint = self.inventory.endpoints[endpoint_id]
        named = self.links.rows.get(endpoint.parent_link)
        if named is not None and named.up is not False:  # as nearly always
            return named
        lines = (self.links.rows.get(link_id) for link_id in self.facts.links_of_site[endpoint.site_id])
        return line_of_meeting(named, filter(None, lines))

    def uplinks(self, line: LinkRow | None) -> tuple[LinkRow, ...]:
        """Return the lines before a line, the nearest first."""
        if line is None or not self.inventory.links[line.info.link_id].parent_link:
            return ()
        before = links_before(self.inventory, line.info.link_id)
        return tuple(filter(None, (self.links.rows.get(link_id) for link_id in before)))

    def _fell_silent_since(self, endpoint_id: str, look: Look) -> bool:
        """Tell whether all else has fallen silent since the services were asked: they may not answer any more.

        What has never answered has not fallen silent.
        """
        if look.ping is None or look.ping.received or look.outcome.silent_since is None:
            return False
        silent_since = -inf if look.outcome.value is None else look.outcome.silent_since
        lost_since = self.evidence.lost_since(self.inventory.endpoints[endpoint_id].address)
        return self.evidence.probes(endpoint_id).value_at < max(silent_since, lost_since)

    def _meeting(self, endpoint_id: str, unix: float) -> MeetingTime | None:
        meeting = self._next_meetings.get(endpoint_id)
        if meeting is not None and meeting.end.timestamp() <= unix:
            self.use_meetings(self.meetings, unix)
            meeting = self._next_meetings.get(endpoint_id)
        if meeting is None:
            return None
        begin, end = meeting.begin.timestamp(), meeting.end.timestamp()
        return MeetingTime(meeting.meeting_id, begin, end, soon=begin - self.settings.ready_before_s <= unix)

    def use_meetings(self, meetings: tuple[Meeting, ...], unix: float) -> None:
        """Tell every endpoint its running or next meeting from now on."""
        self.meetings = meetings
        self._next_meetings = {}
        for meeting in sorted(meetings, key=lambda m: (m.begin, m.end, m.meeting_id), reverse=True):
            if meeting.end.timestamp() > unix:
                self._next_meetings.update(dict.fromkeys(meeting.endpoint_ids, meeting))

    def parent(self, endpoint_id: str, now: float) -> Parent:
        """Return on what an endpoint hangs: its line where the inventory names one, else all lines of its site."""
        endpoint = self.inventory.endpoints[endpoint_id]
        if endpoint.parent_link:
            return self.links.as_parent(endpoint.parent_link, now)
        lines = [self.links.as_parent(link_id, now) for link_id in self.facts.links_of_site[endpoint.site_id]]
        name = f"site {endpoint.site_id}"
        if not lines:
            return Parent(name, Rule.SITE_LINES, out=False, heard_at=inf)
        up = any_up(None if line.out is None else not line.out for line in lines)
        told_by = [line for line in lines if line.out is (None if up is None else not up)]
        causes = {line.blamed for line in lines}
        return Parent(
            name,
            Rule.SITE_LINES,
            out=None if up is None else not up,
            heard_at=(max if up else min)((line.heard_at for line in told_by), default=-inf),
            recovered_at=max(line.recovered_at for line in lines) if up else -inf,
            cause=causes.pop() if len(causes) == 1 and not up else "",
            held=not up and any(line.held for line in lines),
        )

    def _whom_to_ask(self, endpoint_id: str) -> Iterator[Observed]:
        endpoint = self.inventory.endpoints[endpoint_id]
        yield "endpoint", endpoint_id
        yield "ping", endpoint.address
        yield "probe", endpoint_id
        for link_id in (
            [endpoint.parent_link] if endpoint.parent_link else self.facts.links_of_site[endpoint.site_id]
        ):
            yield from self.links.whom_to_ask(link_id)


def _takes_calls(services: tuple[ServiceReading, ...]) -> bool | None:
    """Tell whether a call could come in; ``None`` when no service by which that happens was asked."""
    asked = [service for service in services if service.kind.takes_calls]
    return any(service.state.answers for service in asked) if asked else None
