"""How the time of one line is divided: what it was, moment by moment, and the outages among it. Plain arithmetic.

Moments are whole milliseconds of Unix time: sums are exact, do not depend on their order, and add up to the range.
What a class counts for is decided in ``figures``; the definitions for people stand in docs/reports.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from phusong.agent.state.outages import Period, Stretch
from phusong.exporters.snapshot import Verdict


class TimeClass(StrEnum):
    """What a moment of a line counts as; each moment is in exactly one class."""

    UP = "up"
    """Traffic passes, perhaps badly."""
    FAULT = "fault"
    """The line itself is out: the carrier's."""
    PARENT = "parent"
    """Out because of a line or device above it."""
    ADMIN = "admin"
    """Switched off by ourselves."""
    MAINTENANCE = "maintenance"
    UNKNOWN = "unknown"
    """The agent was there and could not tell."""
    NOT_RECORDED = "not_recorded"
    """The agent was there, and the line was not among its lines."""
    GAP = "gap"
    """No agent was there."""


CLASS_OF: Final[Mapping[str, TimeClass]] = {
    Verdict.MAINTENANCE: TimeClass.MAINTENANCE,
    Verdict.ADMIN_DOWN: TimeClass.ADMIN,
    Verdict.PARENT_DOWN: TimeClass.PARENT,
    Verdict.DOWN: TimeClass.FAULT,
    Verdict.UNREACHABLE: TimeClass.FAULT,
    Verdict.SNMP_DEAD: TimeClass.UP,
    Verdict.CONGESTED: TimeClass.UP,
    Verdict.DEGRADED: TimeClass.UP,
    Verdict.UP: TimeClass.UP,
    Verdict.UNKNOWN: TimeClass.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class Span:
    """A time from ``begin_ms`` to before ``end_ms``."""

    begin_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A time in which a line was one thing; ``verdict`` is empty where none was recorded."""

    begin_ms: int
    end_ms: int
    time_class: TimeClass
    verdict: str = ""

    @property
    def length_ms(self) -> int:
        """How long it is."""
        return self.end_ms - self.begin_ms


@dataclass(frozen=True, slots=True)
class Outage:
    """Faults of a line between which it was never seen up; only the time of the faults is its length."""

    begin_ms: int
    end_ms: int
    fault_ms: int


def as_ms(unix_time: float) -> int:
    """Return a moment in whole milliseconds, the nearest."""
    return round(unix_time * 1000)


def presence(stretches: Iterable[Stretch], begin_ms: int, end_ms: int) -> list[Span]:
    """Return when an agent was there within a range, in order; no two touch."""
    found: list[Span] = []
    for stretch in sorted(stretches, key=lambda stretch: stretch.begin):
        first, last = max(as_ms(stretch.begin), begin_ms), min(as_ms(stretch.end), end_ms)
        if first >= last:
            continue
        if found and first <= found[-1].end_ms:
            found[-1] = Span(found[-1].begin_ms, max(last, found[-1].end_ms))
        else:
            found.append(Span(first, last))
    return found


def divide(periods: Iterable[Period], present: Sequence[Span], begin_ms: int, end_ms: int) -> Iterator[Piece]:
    """Divide a range into pieces, in order and without a hole.

    Parameters
    ----------
    periods : iterable of Period
        All of one line, in any order. One ends where the next begins, at the latest.
    present : sequence of Span
        When an agent was there within the range, as ``presence`` gives it.
    """
    judged = _judged(periods, end_ms)
    at, index = begin_ms, 0
    for span in (*present, Span(end_ms, end_ms)):
        if at < span.begin_ms:
            yield Piece(at, span.begin_ms, TimeClass.GAP)
        at = span.begin_ms
        while at < span.end_ms:
            while index < len(judged) and judged[index].end_ms <= at:
                index += 1
            following = judged[index] if index < len(judged) else None
            if following is None or following.begin_ms >= span.end_ms:
                yield Piece(at, span.end_ms, TimeClass.NOT_RECORDED)
                at = span.end_ms
            elif following.begin_ms > at:
                yield Piece(at, following.begin_ms, TimeClass.NOT_RECORDED)
                at = following.begin_ms
            else:
                until = min(following.end_ms, span.end_ms)
                yield replace(following, begin_ms=at, end_ms=until)
                at = until


def _judged(periods: Iterable[Period], end_ms: int) -> list[Piece]:
    """Return the periods with their class, in order; what lasts goes on until the next or the end."""
    found = []
    following = end_ms
    for period in sorted(periods, key=lambda period: period.begin, reverse=True):
        begin = as_ms(period.begin)
        end = following if period.end is None else min(as_ms(period.end), following)
        time_class = CLASS_OF.get(period.verdict, TimeClass.UNKNOWN)
        found.append(Piece(begin, end, time_class, period.verdict))
        following = min(begin, following)
    return found[::-1]


def find_outages(pieces: Iterable[Piece]) -> Iterator[Outage]:
    """Yield the outages among the pieces of one line, which are in order.

    Only time in which the line was up ends an outage: a gap, an unknown state or maintenance in the middle of it
    does not make two of one.
    """
    outage: Outage | None = None
    for piece in pieces:
        if piece.time_class is TimeClass.FAULT:
            outage = outage or Outage(piece.begin_ms, piece.begin_ms, 0)
            outage = Outage(outage.begin_ms, piece.end_ms, outage.fault_ms + piece.length_ms)
        elif piece.time_class is TimeClass.UP and outage:
            yield outage
            outage = None
    if outage:
        yield outage
