"""The rows of all lines: what is judged of each, in which order, and what is remembered between two looks.

The rules are in ``verdict``, ``quality`` and ``parents``; here the evidence is put together for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from math import inf

from phusong.exporters.snapshot import EndTraffic, LinkRow, Verdict

from .evidence import Evidence
from .inventory import Inventory, LinkEnd
from .limits import LimitsBook
from .link_traffic import FAR, NEAR, TrafficTotals, use_of_contract
from .parents import Parent
from .quality import EXCEEDED, LinkQuality
from .row_facts import RowFacts, RowKey
from .suspects import Observed, Suspects
from .verdict import (
    EndEvidence,
    Finding,
    Rule,
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


@dataclass(frozen=True, slots=True)
class Look:
    """The evidence on one line at one moment."""

    near: EndEvidence | None
    far: EndEvidence | None
    finding: Finding
    """Without what it hangs on and how well it does."""
    failed_at: float
    """When it last failed for certain, if the finding is a failure."""


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
        look = self.look(link_id, moment.now)
        memory = self.memory(link_id)
        info, ends = self.facts.links[link_id], self._ends(link_id)
        near_traffic = self._traffic(link_id, NEAR, look.near)
        far_traffic = self._traffic(link_id, FAR, look.far)
        use_down, use_up = use_of_contract(info, near_traffic, far_traffic)
        waiting_since = self.suspects.waiting_since(("link", link_id))
        found = self._with_parents(link_id, look, memory, moment.now, device_parents)
        quality = memory.quality
        quality.note_up(found.up, moment.now)
        if found.up:
            read_at = max((end.heard_at for end in (look.near, look.far) if end and end.reading), default=None)
            if read_at is not None:
                quality.note_traffic(use_down, use_up, _worst_errors(near_traffic, far_traffic), read_at)
            address = self.facts.ping_addresses[link_id]
            ping = self.evidence.ping(address, moment.now)
            if ping is not None:
                quality.note_ping(ping, self.evidence.pinged_at(address))
        exceeded = quality.now(moment.now)
        found = judge_quality(found, exceeded)
        before = self.rows.get(link_id)
        affected = memory.found is None or (memory.found.up, memory.found.cause) != (found.up, found.cause)
        if found.up and (memory.found is None or not memory.found.up):
            memory.recovered_at = moment.now
        memory.found = found
        shown, since = self.changes.judged(
            ("link", link_id),
            found,
            (before.verdict, before.since) if before else None,
            moment,
            waited_s=moment.now - waiting_since if waiting_since is not None else 0.0,
            first_since_s=down_for_s([end.reading for end in (look.near, look.far) if end and end.reading]),
        )
        self.rows[link_id] = LinkRow(
            info=info,
            verdict=shown.verdict,
            up=shown.up,
            since=since,
            near=look.near.reading if look.near else None,
            far=look.far.reading if look.far else None,
            ping=self.evidence.ping(self.facts.ping_addresses[link_id], moment.now),
            last_success=self.evidence.last_success(end.device_id for end in ends),
            problem="; ".join(filter(None, map(self.evidence.end_problem, ends))),
            rule=shown.rule,
            cause=shown.cause,
            near_traffic=near_traffic,
            far_traffic=far_traffic,
            use_down_ratio=use_down,
            use_up_ratio=use_up,
            ends_differ=ends_differ(look.near, look.far),
            degradations=exceeded.degradations if shown.up else (),
            state_changes=quality.change_count,
        )
        return affected

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
        ends = [end for end in (near, far) if end is not None]
        if finding.rule in SAID_BY_AN_END:
            failed_at = max(end.heard_at for end in ends if end.reading is not None)
        else:
            heard = [end.heard_at for end in (far or near,) if end]
            if ping is not None:
                heard.append(self.evidence.pinged_at(address))
            failed_at = min(heard, default=-inf)
        return Look(near, far, finding, failed_at)

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
        if found is None or found.up is None or self.suspects.waiting_since(("link", link_id)) is not None:
            return Parent(name, Rule.PARENT_LINK, None)
        return Parent(
            name,
            Rule.PARENT_LINK,
            out=not found.up,
            heard_at=self._sign_of_life_at(link_id, look, now) if found.up else look.failed_at,
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
            return finding
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

        return self.suspects.judge(key, finding, memory.found, parents, now, failed_at=look.failed_at, ask=ask)

    def _sign_of_life_at(self, link_id: str, look: Look, now: float) -> float:
        address = self.facts.ping_addresses[link_id]
        signs = [look.far.heard_at] if look.far and look.far.reading else []
        ping = self.evidence.ping(address, now)
        if ping is not None and ping.received:
            signs.append(self.evidence.pinged_at(address))
        if look.far is None and not address and look.near:
            signs.append(look.near.heard_at)
        return max(signs, default=-inf)

    def _traffic(self, link_id: str, which: str, end: EndEvidence | None) -> EndTraffic | None:
        return self.traffic.of(link_id, which) if end and end.reading else None

    def _ends(self, link_id: str) -> list[LinkEnd]:
        link = self.inventory.links[link_id]
        return [end for end in (link.near, link.far) if end is not None]


def _worst_errors(near: EndTraffic | None, far: EndTraffic | None) -> float | None:
    ratios = [end.error_ratio for end in (near, far) if end is not None and end.error_ratio is not None]
    return max(ratios, default=None)
