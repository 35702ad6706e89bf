"""What a page plays back: the states of lines, offices and endpoints over some days, as lists of changes.

Plain data in, plain data out. What is recorded are periods with fractions of a second; what a page gets is what
held at each whole second from begin to before end, told only where it became something else. Whoever reads the
record fills a :class:`StateHistory`; drawing is the work of ``assets/province_history.js``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest
from math import ceil
from typing import TYPE_CHECKING, Final, TypeAlias

from phusong.exporters.snapshot import ENDPOINT_VERDICTS, LINK_VERDICTS, Isolation

if TYPE_CHECKING:
    from phusong.maps.text import Json

MAX_CHANGES: Final = 40_000
"""So many changes make about 0.4 MB of a page, which may have 2 MB."""
NOT_KNOWN: Final = -1
"""In place of a state: no agent was there, or the object was not among its objects."""
HOUR_S: Final = 3600
STATE_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "links": tuple(verdict.value for verdict in LINK_VERDICTS),
    "sites": tuple(isolation.value for isolation in Isolation),
    "endpoints": tuple(verdict.value for verdict in ENDPOINT_VERDICTS),
}
"""The states that a page knows; any other name in a record counts as not known."""

Span: TypeAlias = tuple[int, int]
"""Whole seconds of Unix time, from the first to before the second."""
Change: TypeAlias = tuple[int, int]
"""A whole second of Unix time, and which state holds from then on."""


@dataclass(frozen=True, slots=True)
class StatePeriod:
    """How an object was from ``begin`` to before ``end`` (Unix time); ``None``: it lasts."""

    begin: float
    end: float | None
    state: str
    """A verdict; of a site its isolation."""


@dataclass(frozen=True, slots=True)
class StateHistory:
    """What is recorded from ``begin`` to before ``end`` (Unix time), by the id of the object.

    Periods may reach beyond both; one that lasts does so until ``end``. ``gaps`` is when no agent was there.
    """

    begin: float
    end: float
    links: Mapping[str, tuple[StatePeriod, ...]]
    endpoints: Mapping[str, tuple[StatePeriod, ...]]
    sites: Mapping[str, tuple[StatePeriod, ...]]
    gaps: tuple[tuple[float, float], ...]


def history_data(
    history: StateHistory,
    *,
    links: Sequence[str],
    sites: Sequence[str],
    endpoints: Sequence[str],
    max_changes: int = MAX_CHANGES,
) -> dict[str, Json]:
    """Return the history of these objects as a page reads it; whoever else is in the record is left out.

    ``begin``, ``end`` and ``gaps`` are whole seconds of Unix time. ``states`` holds the names of the states of
    each kind. Under ``links``, ``sites`` and ``endpoints`` stands one list per id, in the order of the argument:
    ``[0, state, seconds, state, ...]``, seconds since ``begin`` ascending, states as places in the names or -1
    for "not known". A state lasts until the next pair, the last one until ``end``.

    With more than ``max_changes`` changes in all (the first pairs not counted) the history begins later, at a
    whole hour where one is left, and ``cut`` is true; what is shown is what held all the same.
    """
    begin, end = ceil(history.begin), ceil(history.end)
    gaps = _whole_seconds(history.gaps, begin, end)
    present = _between(gaps, begin, end)
    changes = {
        kind: [
            _changes(periods_by_id.get(item_id, ()), STATE_NAMES[kind], present, begin, end)
            for item_id in item_ids
        ]
        for kind, item_ids, periods_by_id in (
            ("links", links, history.links),
            ("sites", sites, history.sites),
            ("endpoints", endpoints, history.endpoints),
        )
    }
    times = [at for of_kind in changes.values() for of_one in of_kind for at, _ in of_one[1:]]
    is_cut = len(times) > max_changes
    if is_cut:
        begin = _later_begin(times, max_changes, end)
    return {
        "begin": begin,
        "end": end,
        "states": {kind: list(names) for kind, names in STATE_NAMES.items()},
        **{kind: [_pairs_since(begin, of_one) for of_one in of_kind] for kind, of_kind in changes.items()},
        "gaps": [[max(first, begin), last] for first, last in gaps if last > begin],
        **({"cut": True} if is_cut else {}),
    }


def _whole_seconds(gaps: Iterable[tuple[float, float]], begin: int, end: int) -> list[Span]:
    """Return the whole seconds that lie in a gap, within a range, in order; no two spans touch."""
    found: list[Span] = []
    for gap_begin, gap_end in sorted(gaps):
        first, last = max(ceil(gap_begin), begin), min(ceil(gap_end), end)
        if first >= last:
            continue
        if found and first <= found[-1][1]:
            found[-1] = found[-1][0], max(last, found[-1][1])
        else:
            found.append((first, last))
    return found


def _between(gaps: Iterable[Span], begin: int, end: int) -> list[Span]:
    """Return what lies between the gaps: when an agent was there."""
    found = []
    for first, last in gaps:
        if begin < first:
            found.append((begin, first))
        begin = last
    return [*found, (begin, end)] if begin < end else found


def _changes(
    periods: Iterable[StatePeriod], names: Sequence[str], present: Sequence[Span], begin: int, end: int
) -> list[Change]:
    """Return what one object became, in order: first at ``begin``, then wherever it became something else."""
    found: list[Change] = []

    def become(state: int, at: int) -> None:
        if not found or found[-1][1] != state:
            found.append((at, state))

    at = begin
    for first, last, name in _seen(_told_apart(periods, end), present):
        if at < first:
            become(NOT_KNOWN, at)
        become(names.index(name) if name in names else NOT_KNOWN, first)
        at = last
    if at < end or not found:
        become(NOT_KNOWN, at)
    return found


def _told_apart(periods: Iterable[StatePeriod], end: int) -> list[tuple[int, int, str]]:
    """Return the periods in whole seconds and in order; one ends where the next begins, at the latest."""
    found = []
    following = end
    for period in sorted(periods, key=lambda period: period.begin, reverse=True):
        first = ceil(period.begin)
        last = following if period.end is None else min(ceil(period.end), following)
        if first < last:
            found.append((first, last, period.state))
        following = min(first, following)
    return found[::-1]


def _seen(periods: Sequence[tuple[int, int, str]], present: Sequence[Span]) -> Iterator[tuple[int, int, str]]:
    """Yield the parts of the periods at which an agent was there, in order."""
    index = 0
    for first, last, name in periods:
        while index < len(present) and present[index][1] <= first:
            index += 1
        at = index
        while at < len(present) and present[at][0] < last:
            yield max(first, present[at][0]), min(last, present[at][1]), name
            at += 1


def _later_begin(times: Iterable[int], max_changes: int, end: int) -> int:
    """Return from when on at most ``max_changes`` of more changes lie: a whole hour unless that is the end."""
    earliest = nlargest(max_changes + 1, times)[-1]
    hour = -(-earliest // HOUR_S) * HOUR_S
    return hour if hour < end else earliest


def _pairs_since(begin: int, changes: Sequence[Change]) -> list[int]:
    """Return changes as a page reads them; those up to ``begin`` are one pair, which says how it was then."""
    state = next(state for at, state in reversed(changes) if at <= begin)
    later = (number for at, state in changes if at > begin for number in (at - begin, state))
    return [0, state, *later]
