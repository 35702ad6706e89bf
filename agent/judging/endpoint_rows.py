"""The rows of all video-conference endpoints: the evidence on each put together for the rules of ``verdict``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from math import inf

from phusong.agent.inventory import Inventory
from phusong.agent.meetings import Meeting
from phusong.agent.readiness.judge import best_line, is_ready, judge_readiness
from phusong.collectors.call_readings import ServiceReading
from phusong.collectors.readings import PingReading
from phusong.exporters.snapshot import CallFault, EndpointRow, LinkRow, MeetingTime, Verdict

from .call_limits import CallFacts
from .evidence import Evidence
from .link_rows import LinkRows
from .link_traffic import PORT, TrafficTotals
from .parents import Parent
from .room_or_line import find_call_fault
from .row_facts import RowFacts
from .suspects import Observed, Suspects
from .verdict import Finding, Rule, any_up, await_echo, judge_endpoint
from .verdict_changes import Moment, VerdictChanges
from .video_settings import VideoSettings


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
    found: dict[str, Finding] = field(default_factory=dict)
    """What was found last, without regard to maintenance."""

    def adopt(self, before: EndpointRows) -> None:
        """Take over what an earlier state knew of the endpoints that are still there."""
        self.rows = {key: row for key, row in before.rows.items() if key in self.facts.endpoints}
        self.found = {key: found for key, found in before.found.items() if key in self.facts.endpoints}

    def judge(self, endpoint_id: str, moment: Moment) -> None:
        """Make the row of an endpoint anew."""
        key = ("endpoint", endpoint_id)
        endpoint = self.inventory.endpoints[endpoint_id]
        outcome = self.evidence.endpoint(endpoint_id)
        ping = self.evidence.ping(endpoint.address, moment.now)
        reading = outcome.fresh(moment.now, self.evidence.poll_fresh_s)
        services = self.services(endpoint_id, moment.now)
        finding = judge_endpoint(
            answers=reading is not None,
            silent=outcome.silent(moment.now, self.evidence.poll_fresh_s),
            ping=ping,
            service=self._takes_calls(endpoint_id, services, ping),
            registered=reading.registered if reading else None,
            call=CallFacts.of(reading.calls) if reading and (reading.in_call or reading.calls) else None,
            limits=self.settings.call_limits,
        )
        waiting_since = self.suspects.waiting_since(key)
        if finding.verdict is Verdict.UNREACHABLE:
            finding = self.suspects.judge(
                key,
                finding,
                self.found.get(endpoint_id),
                [self.parent(endpoint_id, moment.now)],
                moment.now,
                failed_at=min(outcome.heard_at, self.evidence.pinged_at(endpoint.address)),
                ask=lambda: self._whom_to_ask(endpoint_id),
            )
        else:
            self.suspects.clear(key)
            pinged_at = self.evidence.pinged_at(endpoint.address)
            finding = await_echo(
                finding, self.found.get(endpoint_id), silent_at=outcome.heard_at, pinged_at=pinged_at
            )
        end = self.evidence.end(endpoint.lan, moment.now)
        port, port_traffic = end.reading if end else None, self.traffic.of(endpoint_id, PORT)
        line = self.line(endpoint_id)
        fault: CallFault | None = None
        if finding.verdict is Verdict.POOR_CALL:
            fault, _ = find_call_fault(line, ping, port, port_traffic)
            if fault is CallFault.LINE and line is not None:
                finding = replace(finding, cause=f"link {line.info.link_id}")
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
            reading=reading,
            ping=ping,
            last_success=outcome.success_unix,
            problem=outcome.problem,
            rule=shown.rule,
            cause=shown.cause,
            services=services,
            port=port,
            port_traffic=port_traffic,
            fault=fault if shown.verdict is Verdict.POOR_CALL else None,
            meeting=self._meeting(endpoint_id, moment.unix),
        )
        findings = judge_readiness(row, line, needed_mbps=self.settings.hd_mbps, now=moment.unix)
        ready = is_ready(findings)
        self.rows[endpoint_id] = replace(
            row, ready=ready, not_ready_because="" if ready else findings[0].reason.value
        )

    def services(self, endpoint_id: str, now: float) -> tuple[ServiceReading, ...]:
        """Return how the services of an endpoint answered; nothing when that is not known, or too long ago."""
        return self.evidence.probes(endpoint_id).fresh(now, self.evidence.probes_fresh_s) or ()

    def line(self, endpoint_id: str) -> LinkRow | None:
        """Return the line over which a meeting would go: the one of the inventory, else the site's best."""
        endpoint = self.inventory.endpoints[endpoint_id]
        if endpoint.parent_link:
            return self.links.rows.get(endpoint.parent_link)
        lines = (self.links.rows.get(link_id) for link_id in self.facts.links_of_site[endpoint.site_id])
        return best_line(line for line in lines if line is not None)

    def _takes_calls(
        self, endpoint_id: str, services: tuple[ServiceReading, ...], ping: PingReading | None
    ) -> bool | None:
        """Tell whether a call could come in; ``None`` when no service was asked, or only before it fell silent."""
        asked = [service for service in services if service.kind.takes_calls]
        if not asked:
            return None
        if not any(service.state.answers for service in asked):
            return False
        outcome, probed_at = self.evidence.endpoint(endpoint_id), self.evidence.probes(endpoint_id).value_at
        lost_since = self.evidence.lost_since(self.inventory.endpoints[endpoint_id].address)
        silent_since = -inf if outcome.silent_since is None else outcome.silent_since
        gone = ping is not None and not ping.received and outcome.silent_since is not None
        return None if gone and probed_at < max(silent_since, lost_since) else True

    def _meeting(self, endpoint_id: str, unix: float) -> MeetingTime | None:
        meeting = self._next_meetings.get(endpoint_id)
        if meeting is not None and meeting.end.timestamp() <= unix:
            self.use_meetings(self.meetings, unix)
            meeting = self._next_meetings.get(endpoint_id)
        if meeting is None:
            return None
        begin, end = meeting.begin.timestamp(), meeting.end.timestamp()
        soon = begin - self.settings.ready_before_s <= unix < end
        return MeetingTime(meeting.meeting_id, begin, end, soon)

    def use_meetings(self, meetings: tuple[Meeting, ...], unix: float) -> None:
        """Tell every endpoint its running or next meeting from now on."""
        self.meetings = meetings
        self._next_meetings = {}
        for meeting in sorted(meetings, key=lambda meeting: (meeting.begin, meeting.end), reverse=True):
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
