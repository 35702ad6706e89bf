"""The rows of all lines: what is judged of each, in which order, and what is remembered between two looks.

The rules are in ``verdict``, ``quality`` and ``parents``; here the evidence is put together for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import inf
from typing import NamedTuple

from phusong.agent.inventory import Inventory, LinkEnd
from phusong.collectors.readings import PingReading
from phusong.exporters.snapshot import EndTraffic, LinkRow, Verdict

from .evidence import Evidence
from .limits import LimitsBook
from .link_traffic import FAR, NEAR, TrafficTotals, use_of_contract
from .parents import Parent
from .quality import EXCEEDED, FLAWLESS, LinkQuality, Quality
from .row_facts import RowFacts, RowKey
from .suspects import Observed, Suspects
from .verdict import (
    EndEvidence,
    Finding,
    Rule,
    await_echo,
    down_for_s,
    ends_differ,
    judge_link,
    judge_quality,
)
from .verdict_changes import Moment, VerdictChanges

SAID_BY_AN_END = frozenset({Rule.OPER_STATUS, Rule.ADMIN_STATUS})


@dataclass(slots=True)
class LinkMemory:
    """What is remembered of one line."""

    quality: LinkQuality
    found: Finding | None = None
    """What was found last, without regard to maintenance."""
    recovered_at: float = -inf

    def take(self, found: Finding, now: float) -> bool:
        """Remember a finding; tell whether what hangs on the line is to be judged again."""
        before, self.found = self.found, found
        if found.up and (before is None or not before.up):
            self.recovered_at = now
        return before is None or before.up is not found.up or before.cause != found.cause


class Look(NamedTuple):
    """The evidence on one line at one moment."""

    near: EndEvidence | None
    far: EndEvidence | None
    ping: PingReading | None
    finding: Finding
    """Without what it hangs on and how well it does."""


@dataclass(slots=True)
class LinkRows:
    """The rows of the lines of one inventory."""

    inventory: Inventory
    facts: RowFacts
    evidence: Evidence
    traffic: TrafficTotals
    suspects: Suspects
    changes: VerdictChanges
    limits: LimitsBook
    rows: dict[str, LinkRow] = field(default_factory=dict)
    memories: dict[str, LinkMemory] = field(default_factory=dict)

    def adopt(self, before: LinkRows) -> None:
        """Take over what an earlier state knew of the lines that are still there."""
        self.rows = {key: row for key, row in before.rows.items() if key in self.facts.links}
        self.memories = {key: memory for key, memory in before.memories.items() if key in self.facts.links}
        for link_id, memory in self.memories.items():
            memory.quality.use_limits(self.limits.of(self.inventory.links[link_id]))

    def remember(self, link_id: str, rule: str, changes: Iterable[float], now: float) -> None:
        """Take over how an earlier agent left a line: by which rule it was judged, and when it changed."""
        quality = self.memory(link_id).quality
        quality.changes.extend(changes)
        quality.flaps(now)
        match rule:
            case Rule.USE_DOWN:
                quality.use_down = EXCEEDED
            case Rule.USE_UP:
                quality.use_up = EXCEEDED
            case Rule.ERRORS:
                quality.errors = EXCEEDED
            case Rule.LOSS:
                quality.loss = EXCEEDED
            case Rule.RTT:
                quality.rtt = EXCEEDED

    def judge(self, link_id: str, moment: Moment, device_parents: Mapping[str, Parent]) -> bool:
        """Make the row of a line anew; tell whether what hangs on it is to be judged again."""
        look, memory, before = self.look(link_id, moment.now), self.memory(link_id), self.rows.get(link_id)
        near, far = look.near, look.far
        info, ends = self.facts.links[link_id], self._ends(link_id)
        near_traffic = self.traffic.of(link_id, NEAR) if near and near.reading else None
        far_traffic = self.traffic.of(link_id, FAR) if far and far.reading else None
        use = use_of_contract(info, near_traffic, far_traffic)
        waiting_since = self.suspects.waiting_since(("link", link_id))
        found = self._with_parents(link_id, look, memory, moment.now, device_parents)
        errors = _worst_errors(near_traffic, far_traffic)
        exceeded = self._watch_quality(link_id, look, memory.quality, found.up, use, errors, moment.now)
        found = judge_quality(found, exceeded)
        shown, since = self.changes.judged(
            ("link", link_id),
            found,
            (before.verdict, before.since) if before else None,
            moment,
            waited_s=0.0 if waiting_since is None else moment.now - waiting_since,
            first_since_s=down_for_s(end.reading for end in (near, far) if end and end.reading)
            if found.up is False
            else None,
        )
        self.rows[link_id] = LinkRow(
            info=info,
            verdict=shown.verdict,
            up=shown.up,
            since=since,
            near=near.reading if near else None,
            far=far.reading if far else None,
            ping=look.ping,
            last_success=self.evidence.last_success(ends),
            problem="; ".join(filter(None, map(self.evidence.end_problem, ends))),
            rule=shown.rule,
            cause=shown.cause,
            near_traffic=near_traffic,
            far_traffic=far_traffic,
            use_down_ratio=use[0],
            use_up_ratio=use[1],
            ends_differ=ends_differ(near, far),
            degradations=exceeded.degradations if shown.up else (),
            state_changes=memory.quality.change_count,
        )
        return memory.take(found, moment.now)

    def take_ping(self, link_id: str, now: float) -> bool:
        """Show a new ping of a line that is well; tell whether that was all that there was to do.

        Most pings change nothing else, and come more often than anything: to judge all of a line for each of them
        would cost more than to ask it.
        """
        row, memory = self.rows.get(link_id), self.memories.get(link_id)
        if row is None or memory is None or memory.found is None or memory.found.verdict is not Verdict.UP:
            return False
        link = self.inventory.links[link_id]
        for end, shown in ((link.near, row.near), (link.far, row.far)):
            known = self.evidence.end(end, now)
            if known is not None and (known.reading is None or known.reading is not shown):
                return False  # there is more to be judged than a ping
        address = self.facts.ping_addresses[link_id]
        ping = self.evidence.ping(address, now)
        if ping is None or not ping.received or self.suspects.waiting_since(("link", link_id)) is not None:
            return False
        memory.quality.note_ping(ping, self.evidence.pinged_at(address))
        if memory.quality.now(now) is not FLAWLESS:
            return False
        self.rows[link_id] = replace(row, ping=ping)
        return True

    def _watch_quality(
        self,
        link_id: str,
        look: Look,
        quality: LinkQuality,
        up: bool | None,
        use: tuple[float | None, float | None],
        errors: float | None,
        now: float,
    ) -> Quality:
        """Take note of how well a line does; return what exceeds its limits."""
        quality.note_up(up, now)
        if up:
            read_at = max((end.heard_at for end in (look.near, look.far) if end and end.reading), default=None)
            if read_at is not None:
                quality.note_traffic(*use, errors, read_at)
            if look.ping is not None:
                quality.note_ping(look.ping, self.evidence.pinged_at(self.facts.ping_addresses[link_id]))
        return quality.now(now)

    def memory(self, link_id: str) -> LinkMemory:
        """Return what is remembered of a line."""
        memory = self.memories.get(link_id)
        if memory is None:
            limits = self.limits.of(self.inventory.links[link_id])
            memory = self.memories[link_id] = LinkMemory(LinkQuality(limits))
        return memory

    def look(self, link_id: str, now: float) -> Look:
        """Put together what is known of a line."""
        link = self.inventory.links[link_id]
        address = self.facts.ping_addresses[link_id]
        near, far = self.evidence.end(link.near, now), self.evidence.end(link.far, now)
        ping = self.evidence.ping(address, now)
        finding = judge_link(near, far, ping, pinged=bool(address), lost_bursts=self.evidence.lost_bursts(address))
        return Look(near, far, ping, finding)

    def failed_at(self, link_id: str, look: Look) -> float:
        """Return when a line that fails did so last for certain: all that speaks against it is as new as that."""
        if look.finding.rule in SAID_BY_AN_END:
            return max(
                end.heard_at for end in (look.near, look.far) if end is not None and end.reading is not None
            )
        asked = look.far or look.near
        heard = [asked.heard_at] if asked else []
        if look.ping is not None:
            heard.append(self.evidence.pinged_at(self.facts.ping_addresses[link_id]))
        return min(heard, default=-inf)

    def parents(self, link_id: str, rule: Rule, now: float, device_parents: Mapping[str, Parent]) -> list[Parent]:
        """Return what a line hangs on, as far as it can be to blame for a failure by this rule.

        An end that answers proves that the devices before it are there, so only the line before it counts then.
        """
        found = []
        if rule not in SAID_BY_AN_END:
            found = [device_parents[device_id] for device_id in self.facts.parent_devices[link_id]]
        parent_link = self.inventory.links[link_id].parent_link
        if parent_link:
            found.append(self.as_parent(parent_link, now))
        return found

    def as_parent(self, link_id: str, now: float) -> Parent:
        """Return what is known of a line on which something hangs: by its far side, not by the hub's interface."""
        memory, look = self.memory(link_id), self.look(link_id, now)
        found = memory.found
        name = f"link {link_id}"
        held = self.suspects.waiting_since(("link", link_id)) is not None
        if held or found is None or found.up is None:
            return Parent(name, Rule.PARENT_LINK, None, held=held)
        return Parent(
            name,
            Rule.PARENT_LINK,
            out=not found.up,
            heard_at=self._sign_of_life_at(link_id, look) if found.up else self.failed_at(link_id, look),
            recovered_at=memory.recovered_at,
            cause=found.cause,
        )

    def whom_to_ask(self, link_id: str) -> Iterator[Observed]:
        """Yield what tells of a line."""
        for end in self._ends(link_id):
            yield "device", end.device_id
        if self.facts.ping_addresses[link_id]:
            yield "ping", self.facts.ping_addresses[link_id]

    def _with_parents(
        self, link_id: str, look: Look, memory: LinkMemory, now: float, device_parents: Mapping[str, Parent]
    ) -> Finding:
        key: RowKey = ("link", link_id)
        finding = look.finding
        if finding.verdict not in (Verdict.DOWN, Verdict.UNREACHABLE):
            self.suspects.clear(key)
            silent_at = max((end.heard_at for end in (look.near, look.far) if end is not None), default=-inf)
            pinged_at = self.evidence.pinged_at(self.facts.ping_addresses[link_id])
            return await_echo(finding, memory.found, silent_at=silent_at, pinged_at=pinged_at)
        parents = self.parents(link_id, finding.rule, now, device_parents)

        def ask() -> Iterator[Observed]:
            yield from self.whom_to_ask(link_id)
            for device_id in self.facts.parent_devices[link_id]:
                yield "device", device_id
                yield "sensors", device_id
                yield "ping", self.inventory.devices[device_id].address
            parent_link = self.inventory.links[link_id].parent_link
            if parent_link:
                yield from self.whom_to_ask(parent_link)

        return self.suspects.judge(
            key, finding, memory.found, parents, now, failed_at=self.failed_at(link_id, look), ask=ask
        )

    def _sign_of_life_at(self, link_id: str, look: Look) -> float:
        address = self.facts.ping_addresses[link_id]
        signs = [look.far.heard_at] if look.far and look.far.reading else []
        if look.ping is not None and look.ping.received:
            signs.append(self.evidence.pinged_at(address))
        if look.far is None and not address and look.near:
            signs.append(look.near.heard_at)
        return max(signs, default=-inf)

    def _ends(self, link_id: str) -> list[LinkEnd]:
        link = self.inventory.links[link_id]
        return [end for end in (link.near, link.far) if end is not None]


def _worst_errors(near: EndTraffic | None, far: EndTraffic | None) -> float | None:
    ratios = [end.error_ratio for end in (near, far) if end is not None and end.error_ratio is not None]
    return max(ratios, default=None)
