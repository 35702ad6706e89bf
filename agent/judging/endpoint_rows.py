"""The rows of all video-conference endpoints: the evidence on each put together for the rules of ``verdict``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import inf

from phusong.agent.inventory import Inventory
from phusong.exporters.snapshot import EndpointRow, Verdict

from .evidence import Evidence
from .link_rows import LinkRows
from .parents import Parent
from .row_facts import RowFacts
from .suspects import Observed, Suspects
from .verdict import Finding, Rule, any_up, await_echo, judge_endpoint
from .verdict_changes import Moment, VerdictChanges


@dataclass(slots=True)
class EndpointRows:
    """The rows of the endpoints of one inventory; they hang on lines."""

    inventory: Inventory
    facts: RowFacts
    evidence: Evidence
    links: LinkRows
    suspects: Suspects
    changes: VerdictChanges
    rows: dict[str, EndpointRow] = field(default_factory=dict)
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
        system = outcome.fresh(moment.now, self.evidence.poll_fresh_s)
        finding = judge_endpoint(
            answers=system is not None, silent=outcome.silent(moment.now, self.evidence.poll_fresh_s), ping=ping
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
        self.found[endpoint_id] = finding
        before = self.rows.get(endpoint_id)
        shown, since = self.changes.judged(
            key,
            finding,
            (before.verdict, before.since) if before else None,
            moment,
            waited_s=moment.now - waiting_since if waiting_since is not None else 0.0,
        )
        self.rows[endpoint_id] = EndpointRow(
            info=self.facts.endpoints[endpoint_id],
            verdict=shown.verdict,
            up=shown.up,
            since=since,
            system=system,
            ping=ping,
            last_success=outcome.success_unix,
            problem=outcome.problem,
            rule=shown.rule,
            cause=shown.cause,
        )

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
        for link_id in (
            [endpoint.parent_link] if endpoint.parent_link else self.facts.links_of_site[endpoint.site_id]
        ):
            yield from self.links.whom_to_ask(link_id)
