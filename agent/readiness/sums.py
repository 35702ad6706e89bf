"""What a readiness report adds up to: the state of every row, their order, and the counts by district and reason.

Every form takes its counts from here, so that they cannot differ.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from .readiness import ReadinessReport, ReadinessRow, Reason


class State(StrEnum):
    """The four states that are told apart, in the order in which they are shown."""

    NOT_READY = "not_ready"
    NOT_KNOWN = "not_known"
    READY_WITH_WARNINGS = "ready_with_warnings"
    READY = "ready"


@dataclass(frozen=True, slots=True)
class Counts:
    """How many endpoints are in each state; they are disjoint and add up to ``endpoints``."""

    by_state: Mapping[State, int]

    @property
    def endpoints(self) -> int:
        """All of them."""
        return sum(self.by_state.values())

    @property
    def ready(self) -> int:
        """Those that could join, with warnings or without."""
        return self.by_state[State.READY] + self.by_state[State.READY_WITH_WARNINGS]


@dataclass(frozen=True, slots=True)
class DistrictCounts:
    """The counts of one district; ``district`` is empty for endpoints of which it is not known."""

    district: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """How many endpoints one reason keeps out, and how many it only warns of."""

    reason: Reason
    keeps_out: int
    warns: int


def state_of(row: ReadinessRow) -> State:
    """Return the state of a row."""
    if row.ready is None:
        return State.NOT_KNOWN
    if not row.ready:
        return State.NOT_READY
    return State.READY_WITH_WARNINGS if row.findings else State.READY


def in_order(report: ReadinessReport) -> list[ReadinessRow]:
    """Return the rows by state, those that need somebody first; within a state as in the inventory."""
    places = {state: place for place, state in enumerate(State)}
    return sorted(report.rows, key=lambda row: places[state_of(row)])


def count(rows: Iterable[ReadinessRow]) -> Counts:
    """Count rows by state; all states are keys."""
    found = Counter(map(state_of, rows))
    return Counts({state: found[state] for state in State})


def by_district(report: ReadinessReport) -> list[DistrictCounts]:
    """Return the counts of every district: most not ready first, then most not known, then by name."""
    rows: dict[str, list[ReadinessRow]] = {}
    for row in report.rows:
        rows.setdefault(row.district, []).append(row)
    found = [DistrictCounts(district, count(members)) for district, members in rows.items()]
    return sorted(found, key=_worst_first)


def _worst_first(item: DistrictCounts) -> tuple[int, int, str]:
    states = item.counts.by_state
    return (-states[State.NOT_READY], -states[State.NOT_KNOWN], item.district)


def by_reason(report: ReadinessReport) -> list[ReasonCount]:
    """Return the reasons that are there, heaviest first; an endpoint counts once for each."""
    out: Counter[Reason] = Counter()
    warned: Counter[Reason] = Counter()
    for row in report.rows:
        keeping = {finding.reason for finding in row.findings if finding.keeps_out}
        out.update(keeping)
        warned.update({finding.reason for finding in row.findings} - keeping)
    return [ReasonCount(reason, out[reason], warned[reason]) for reason in Reason if out[reason] or warned[reason]]
