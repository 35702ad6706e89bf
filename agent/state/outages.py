"""What every line, endpoint and site has been since when: periods, made of one snapshot after the other.

A period has a begin, perhaps an end, a verdict and its cause. Beside the periods stands when the agent was there
at all: what lies between two stretches of its presence is a gap, of which nobody can say anything. Plain values
and no file: ``history`` writes what is to be written, ``history_tables`` knows how.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import inf
from typing import TypeAlias

from phusong.exporters.snapshot import EndpointRow, LinkRow, SiteRow, Snapshot, Verdict

from .record_clock import Moment, RecordClock

MOST_PENDING = 200_000
"""So many periods wait at most for a disk that takes nothing; of more, the oldest that are over are lost."""

ItemKey: TypeAlias = tuple[str, str]
"""``link``, ``endpoint`` or ``site``, and its id."""
Row: TypeAlias = LinkRow | EndpointRow | SiteRow
UNKNOWN = "unknown"
CARRYING = frozenset({Verdict.UP, Verdict.SNMP_DEAD, Verdict.CONGESTED, Verdict.DEGRADED})
NOT_CARRYING = frozenset({Verdict.DOWN, Verdict.UNREACHABLE, Verdict.PARENT_DOWN, Verdict.ADMIN_DOWN})


@dataclass(frozen=True, slots=True)
class Period:
    """How something was from ``begin`` to before ``end`` (Unix time); ``None``: it lasts."""

    what: str
    item_id: str
    begin: float
    end: float | None
    verdict: str
    cause: str = ""

    @property
    def carries(self) -> bool | None:
        """Whether a line carried traffic; ``None`` where the verdict does not tell."""
        return True if self.verdict in CARRYING else False if self.verdict in NOT_CARRYING else None

    @property
    def key(self) -> ItemKey:
        """What it is a period of."""
        return self.what, self.item_id


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in which an agent was there, from ``begin`` to ``end`` (Unix time)."""

    begin: float
    end: float


@dataclass(frozen=True, slots=True)
class Batch:
    """What is to be written: first nothing may be left after ``take_back_to``, then these replace their likes."""

    take_back_to: float | None = None
    periods: tuple[Period, ...] = ()
    stretches: tuple[Stretch, ...] = ()

    def __bool__(self) -> bool:
        return self.take_back_to is not None or bool(self.periods or self.stretches)


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the file says: the periods that last, and until when an agent was there."""

    lasting: Mapping[ItemKey, Period] = field(default_factory=dict)
    until: float | None = None


class OutageRecord:
    """Turns snapshots into periods. Times are given; nothing here reads a clock."""

    def __init__(self, remembered: Remembered | None = None) -> None:
        remembered = remembered or Remembered()
        self._clock = RecordClock(remembered.until)
        self._lasting: dict[ItemKey, Period] = dict(remembered.lasting)
        self._unconfirmed: set[ItemKey] = set()
        """Periods that began before a gap and of which nothing was heard since."""
        self._gap_began = 0.0
        self._stretch = Stretch(-inf, -inf)
        self._take_back_to: float | None = None
        self._periods: dict[tuple[str, str, float], Period] = {}
        self._stretches: dict[float, Stretch] = {}
        self._shown: tuple[tuple[Row, ...], bool] = ((), False)
        """The rows that were looked at last, and whether they were complete."""

    @property
    def lasting(self) -> Mapping[ItemKey, Period]:
        """The periods that last."""
        return self._lasting

    @property
    def recorded_until(self) -> float | None:
        """Up to when something is recorded."""
        return self._clock.at

    def observe(self, snapshot: Snapshot, *, monotonic: float, unix: float, complete: bool) -> bool:
        """Take note of a state; tell whether the clock could be believed.

        Before it is ``complete`` (everything was asked once) an unknown state says nothing.
        """
        until = self._clock.at
        moment = self._clock.look(monotonic, unix)
        if moment is None:
            return False
        if moment.take_back:
            self._take_back(moment.at)
        if moment.begins:
            self._begin_stretch(moment, until)
        self._stretch = self._stretches[self._stretch.begin] = replace(self._stretch, end=moment.at)
        rows: tuple[Row, ...] = (*snapshot.links, *snapshot.endpoints, *snapshot.sites)
        fresh = self._fresh_rows(rows, complete=complete) if not moment.begins else None
        for row in rows if fresh is None else fresh:
            self._note(row, moment.at, complete=complete)
        if fresh is None:
            for key in self._lasting.keys() - {_key(row) for row in rows}:
                self._close(self._lasting.pop(key), moment.at)
        self._shown = rows, complete
        return True

    def _fresh_rows(self, rows: tuple[Row, ...], *, complete: bool) -> list[Row] | None:
        """Return the rows that were judged since the last look; ``None`` when all of them are to be looked at."""
        shown, was_complete = self._shown
        if len(rows) != len(shown) or complete != was_complete:
            return None
        fresh = [(row, before) for row, before in zip(rows, shown, strict=True) if row is not before]
        if any(_key(row) != _key(before) for row, before in fresh):
            return None
        return [row for row, _ in fresh]

    def batch(self) -> Batch:
        """Return what is to be written; it stays to be written until ``written`` is told."""
        return Batch(self._take_back_to, tuple(self._periods.values()), tuple(self._stretches.values()))

    def written(self, batch: Batch) -> None:
        """Forget what was written, as far as it has not changed since."""
        if self._take_back_to == batch.take_back_to:
            self._take_back_to = None
        for period in batch.periods:
            key = (*period.key, period.begin)
            if self._periods.get(key) is period:
                del self._periods[key]
        for stretch in batch.stretches:
            if self._stretches.get(stretch.begin) is stretch:
                del self._stretches[stretch.begin]

    @property
    def changed(self) -> bool:
        """Whether more waits to be written than that time has passed."""
        return bool(self._periods) or self._take_back_to is not None

    def write_all(self) -> None:
        """Let everything that lasts be written once more: the file is a new one."""
        for period in self._lasting.values():
            self._put(period)

    def _begin_stretch(self, moment: Moment, until: float | None) -> None:
        self._gap_began = min(moment.at, until if until is not None else moment.at)
        self._stretch = Stretch(moment.at, moment.at)
        self._unconfirmed = set(self._lasting)

    def _take_back(self, at: float) -> None:
        """Undo what was recorded after ``at``: what lasts now lasts since then at the latest."""
        self._take_back_to = at if self._take_back_to is None else min(at, self._take_back_to)
        self._periods = {
            key: period if period.end is None or period.end <= at else replace(period, end=at)
            for key, period in self._periods.items()
            if period.begin < at
        }
        self._stretches = {
            begin: replace(stretch, end=min(stretch.end, at))
            for begin, stretch in self._stretches.items()
            if begin < at
        }
        for key, period in self._lasting.items():
            if period.begin >= at:
                self._put(replace(period, begin=at))
                self._lasting[key] = replace(period, begin=at)

    def _note(self, row: Row, at: float, *, complete: bool) -> None:
        key, verdict = _key(row), _verdict(row)
        before = self._lasting.get(key)
        if before is not None and before.verdict == verdict:
            self._unconfirmed.discard(key)
            return
        if not complete and verdict == UNKNOWN:
            return
        begin = at if row.since is None else min(row.since, at)
        if before is not None:
            heard_until = self._gap_began if key in self._unconfirmed else begin
            end = max(before.begin, min(heard_until, at))
            self._close(before, end)
            begin = max(begin, end)
        period = self._lasting[key] = Period(*key, begin, None, verdict, _cause(row))
        self._put(period)

    def _close(self, period: Period, end: float) -> None:
        self._unconfirmed.discard(period.key)
        self._put(replace(period, end=max(end, period.begin)))

    def _put(self, period: Period) -> None:
        self._periods[(*period.key, period.begin)] = period
        if len(self._periods) > MOST_PENDING:
            over = next((key for key, waiting in self._periods.items() if waiting.end is not None), None)
            if over is not None:
                del self._periods[over]


def _key(row: Row) -> ItemKey:
    match row:
        case LinkRow():
            return "link", row.info.link_id
        case EndpointRow():
            return "endpoint", row.info.endpoint_id
        case SiteRow():
            return "site", row.info.site_id


def _verdict(row: Row) -> str:
    return row.isolation if isinstance(row, SiteRow) else row.verdict


def _cause(row: Row) -> str:
    """Return whose fault it is where another thing is at fault, else the rule behind the verdict."""
    return "" if isinstance(row, SiteRow) else row.cause or row.rule


def gaps(stretches: Iterable[Stretch], begin: float, end: float) -> list[tuple[float, float]]:
    """Return when nobody was there between ``begin`` and ``end``."""
    found = []
    at = begin
    for stretch in sorted(stretches, key=lambda stretch: stretch.begin):
        if stretch.begin > at:
            found.append((at, min(stretch.begin, end)))
        at = max(at, stretch.end)
        if at >= end:
            return found
    return [*found, (at, end)]
