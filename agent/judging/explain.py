"""Why a line or office has its verdict: the facts with their ages, the rule, what would change it.

For people, in English, out of the same evidence and the same rules by which was judged. Nothing is judged here;
what each rule says stands in ``rule_words``. Endpoints and services are explained in ``explain_endpoint``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

from phusong.agent.inventory import LinkEnd, MaintenanceWindow
from phusong.collectors.readings import InterfaceReading, PingReading
from phusong.coverage.summary import CoverageSummary, SiteCoverage
from phusong.exporters.snapshot import SiteRow, Verdict

from .device_rows import DeviceRows
from .limits import CLEAR_AFTER_S, CLEAR_SHARE
from .link_rows import LinkMemory, LinkRows
from .maintenance import WindowState, state_of
from .parents import Parent
from .quality import Excess
from .row_facts import RowFacts
from .rule_words import BECAUSE, ISOLATED_BECAUSE, ISOLATED_UNTIL
from .verdict import Finding, Rule
from .verdict_changes import Moment

ADMIN_WORDS = {1: "up", 2: "down", 3: "testing"}
OPER_WORDS = {
    1: "up", 2: "down", 3: "testing", 4: "unknown", 5: "dormant", 6: "notPresent", 7: "lowerLayerDown",
}  # fmt: skip
"""ifAdminStatus and ifOperStatus (IF-MIB, RFC 2863)."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is known; ``age_s`` is how many seconds ago it was heard, ``None`` where it does not age."""

    what: str
    says: str
    age_s: float | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """All about one verdict."""

    what: str
    """``link``, ``endpoint`` or ``site``."""
    item_id: str
    name: str
    verdict: str
    since: float | None
    """Unix time."""
    rule: str
    cause: str
    because: str
    would_change: tuple[str, ...]
    facts: tuple[Fact, ...]

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self)


def explain_link(
    links: LinkRows, devices: DeviceRows, windows: Iterable[MaintenanceWindow], link_id: str, moment: Moment
) -> Explanation:
    """Explain the verdict on a line."""
    row, memory, look = links.rows[link_id], links.memory(link_id), links.look(link_id, moment.now)
    link = links.inventory.links[link_id]
    facts = [
        *_end_facts("near end", link.near, look.near.reading if look.near else None, links, moment),
        *_end_facts("far end", link.far, look.far.reading if look.far else None, links, moment),
        *ping_facts(links, links.facts.ping_addresses[link_id], moment),
        *_quality_facts(memory, row.use_down_ratio, row.use_up_ratio, moment),
        *parent_facts(links.parents(link_id, Rule.NO_ANSWER, moment.now, devices.parents), moment),
        *waiting_facts(links.suspects.waiting_since(("link", link_id)), moment),
        *window_facts(links.facts, windows, ("link", link_id), memory.found, moment),
    ]
    because, otherwise = BECAUSE[row.rule]
    return Explanation(
        "link", link_id, f"{link.role} line of {link.carrier} to {links.facts.sites[link.site_id].name}",
        row.verdict, row.since, row.rule, row.cause, because,
        tuple(filter(None, (otherwise, *_limits_clear(row.verdict, memory)))), tuple(facts),
    )  # fmt: skip


def explain_site(
    links: LinkRows, row: SiteRow, technology: str, mobile: SiteCoverage | None, coverage: str
) -> Explanation:
    """Explain the state of an office; ``mobile`` covers its point with ``technology``, by ``coverage``."""
    lines = [links.rows[link_id] for link_id in links.facts.links_of_site[row.info.site_id]]
    facts = [
        Fact(f"line {line.info.link_id} ({line.info.carrier})", f"{line.verdict}{_carries(line.up)}")
        for line in lines
    ]
    if not lines:
        facts.append(Fact("lines", "none in links.csv"))
    failed = sorted({line.info.carrier for line in lines if line.up is False})
    facts.append(Fact(f"{technology} at its point", _mobile_words(mobile, failed)))
    if coverage:
        facts.append(Fact("coverage", coverage))
    return Explanation(
        "site", row.info.site_id, row.info.name, row.isolation, row.since, "", "",
        ISOLATED_BECAUSE[row.isolation], (ISOLATED_UNTIL[row.isolation],), tuple(facts),
    )  # fmt: skip


def _mobile_words(mobile: SiteCoverage | None, failed: Sequence[str]) -> str:
    """Say who covers an office's point and how well, or how far the next coverage is."""
    if mobile is None:
        return "not known: give phusong coverage --sites this office with lat and lon"
    if not mobile.operators:
        away = (
            "" if mobile.distance_m is None else f"; the next coverage is {mobile.distance_m / 1000:.1f} km away"
        )
        return f"no operator covers its point{away}"
    levels = mobile.best_dbm or (None,) * len(mobile.operators)
    names = [
        name if level is None else f"{name} ({level:g} dBm or better)"
        for name, level in zip(mobile.operators, levels, strict=True)
    ]
    lost = [operator for operator in mobile.operators if operator in failed]
    return f"covered by {', '.join(names)}" + (
        f"; {', '.join(lost)} failed its line and does not count" if lost else ""
    )


def coverage_words(coverage: CoverageSummary) -> str:
    """Say from what the coverage figures were computed."""
    dates = sorted({layer.date for layer in coverage.layers if layer.date})
    parts = [f"edition {coverage.edition}, {len(coverage.layers)} layers"]
    if dates:
        parts.append(f"of {dates[0]}" + (f" to {dates[-1]}" if len(dates) > 1 else ""))
    if coverage.synthetic:
        parts.append("synthetic")
    return ", ".join(parts)


def _end_facts(
    which: str, end: LinkEnd | None, reading: InterfaceReading | None, links: LinkRows, moment: Moment
) -> Iterator[Fact]:
    if end is None:
        yield Fact(which, "not in the inventory")
        return
    name = f"{which} {end.device_id}, {end.interface.column.value} {end.interface.text}"
    evidence = links.evidence.end(end, moment.now)
    heard = age(evidence.heard_at, moment) if evidence else None
    problem = links.evidence.end_problem(end).removeprefix(f"{end.device_id}: ")
    if reading is not None:
        speed = f", {reading.speed_bps / 1e6:g} Mbit/s" if reading.speed_bps else ""
        yield Fact(
            name,
            f"row {reading.if_index}: ifAdminStatus {_status(reading.admin_status, ADMIN_WORDS)}, "
            f"ifOperStatus {_status(reading.oper_status, OPER_WORDS)}{speed}",
            heard,
        )
    elif evidence is not None and evidence.silent:
        yield Fact(name, f"silent: {problem or 'no answer'}", heard)
    else:
        yield Fact(name, problem or "not asked yet", heard)


def ping_facts(links: LinkRows, address: str, moment: Moment) -> Iterator[Fact]:
    """Yield how echo requests to an address were answered."""
    if not address:
        yield Fact("ping", "no address to ping")
        return
    ping: PingReading | None = links.evidence.ping(address, moment.now)
    if ping is None:
        yield Fact(f"ping {address}", "not asked yet, or too long ago")
        return
    rtt = f", {ping.rtt_avg_s * 1000:.1f} ms" if ping.rtt_avg_s is not None else ""
    lost = links.evidence.lost_bursts(address)
    more = f"; {lost} bursts in a row without an answer" if lost > 1 else ""
    yield Fact(
        f"ping {address}",
        f"{ping.received} of {ping.sent} answered{rtt}{more}",
        age(links.evidence.pinged_at(address), moment),
    )


def _quality_facts(
    memory: LinkMemory, use_down: float | None, use_up: float | None, moment: Moment
) -> Iterator[Fact]:
    quality, limits = memory.quality, memory.quality.limits
    minutes = f"{limits.over_s / 60:g} min"
    for name, use, excess in (("down", use_down, quality.use_down), ("up", use_up, quality.use_up)):
        known = "not known" if use is None else f"{use:.0%} of the contracted rate"
        limit = f"limit {limits.use_ratio:.0%} for {minutes}"
        yield Fact(f"use {name}", f"{known} ({limit}{_turning(excess, moment)})")
    sent, answered = quality.window.sent, quality.window.answered
    if sent:
        rtt = quality.window.rtt_s()
        mean = f", mean {rtt * 1000:.1f} ms (limit {limits.rtt_s * 1000:g} ms)" if rtt is not None else ""
        yield Fact(
            f"ping, last {minutes}",
            f"{sent - answered} of {sent} lost, {1 - answered / sent:.1%} (limit {limits.loss_ratio:.1%}){mean}",
        )
    yield Fact(
        "changes",
        f"{quality.flaps(moment.now)} in the last {limits.flap_within_s / 60:g} min "
        f"(limit {limits.flap_changes}), {quality.change_count} since the agent started",
    )


def _turning(excess: Excess, moment: Moment) -> str:
    if excess.turning_since is None:
        return ", exceeded" if excess.active else ""
    for_s = moment.now - excess.turning_since
    return f", exceeded, below for {for_s:.0f} s" if excess.active else f", above for {for_s:.0f} s"


def parent_facts(parents: list[Parent], moment: Moment) -> Iterator[Fact]:
    """Yield how it stands with what the thing hangs on."""
    for parent in parents:
        said = {True: "out", False: "there", None: "not known"}[parent.out]
        if parent.cause and parent.cause != parent.name:
            said += f", because of {parent.cause}"
        yield Fact(f"hangs on {parent.name}", said, age(parent.heard_at, moment))


def waiting_facts(waiting_since: float | None, moment: Moment) -> Iterator[Fact]:
    """Yield that the verdict is held, where it is."""
    if waiting_since is not None:
        held_s = moment.now - waiting_since
        yield Fact(
            "held", f"it fails, and what it hangs on is being asked; the verdict waits since {held_s:.1f} s"
        )


def window_facts(
    facts: RowFacts,
    windows: Iterable[MaintenanceWindow],
    key: tuple[str, str],
    found: Finding | None,
    moment: Moment,
) -> Iterator[Fact]:
    """Yield the maintenance windows that cover the thing, or will."""
    for window in windows:
        state = state_of(window, moment.unix)
        if state not in (WindowState.ACTIVE, WindowState.PLANNED) or key not in facts.covered_by.get(
            window.what, ()
        ):
            continue
        times = " to ".join(time.isoformat(timespec="minutes") for time in (window.begin, window.end))
        beneath = f"; beneath it: {found.verdict}" if found and state is WindowState.ACTIVE else ""
        yield Fact(f"maintenance of {window.what}, {state}", f"{times}: {window.reason}{beneath}")


def _limits_clear(verdict: Verdict, memory: LinkMemory) -> Iterator[str]:
    limits, quality = memory.quality.limits, memory.quality
    if verdict is Verdict.CONGESTED:
        clear = f"{limits.use_ratio * CLEAR_SHARE:.0%}"
        yield f"Use at or below {clear} of the contracted rate for {CLEAR_AFTER_S:g} s."
    if quality.loss.active:
        yield f"Loss at or below {limits.loss_ratio * CLEAR_SHARE:.1%} over {limits.over_s / 60:g} min."
    if quality.rtt.active:
        yield f"A mean of at most {limits.rtt_s * CLEAR_SHARE * 1000:g} ms over {limits.over_s / 60:g} min."
    if quality.errors.active:
        yield f"Errors at or below {limits.error_ratio * CLEAR_SHARE:.2%} for {CLEAR_AFTER_S:g} s."
    if verdict is Verdict.UP:
        yield "An end that says not up, silence of the far side, or a limit exceeded."


def _carries(up: bool | None) -> str:
    return {True: ", carries traffic", False: ", carries none", None: ", not known to carry traffic"}[up]


def _status(value: int | None, words: dict[int, str]) -> str:
    return "absent" if value is None else f"{words.get(value, 'outside of the MIB')}({value})"


def age(heard_at: float, moment: Moment) -> float | None:
    """Return how many seconds ago something was heard; ``None`` when it never was."""
    return round(moment.now - heard_at, 3) if isfinite(heard_at) and heard_at > 0 else None
