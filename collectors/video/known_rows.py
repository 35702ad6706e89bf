"""What is asked of an endpoint in every poll: its scalars, its calls, and the rows of tables that hardly change.

The rows of the slow tables are looked for now and then, and asked for directly in between. The calls come and go:
their column is walked in every poll, and when the time has come for the other tables they are walked in the same
requests.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Final, NamedTuple

from phusong.collectors.interface_row import as_int
from phusong.collectors.snmp.ber import Missing, Oid, Value
from phusong.collectors.snmp.walk import WalkLimits, WalkResult

from .inquiry import Inquiry
from .measures import is_there

LOOK_AGAIN_S: Final = 900.0
LOOK_SOON_S: Final = 60.0
"""The same after a look that failed or broke off, and when a row has gone."""
COUNT_HOLDS_S: Final = 120.0
"""So long an endpoint that counts no call is believed before its table of calls is looked at all the same."""
CALLS: Final = "calls"
"""The title of all questions about them."""


class Part(NamedTuple):
    """Objects that belong together: when another part cannot be read, this one still is."""

    scalars: tuple[Oid, ...] = ()
    columns: tuple[Oid, ...] = ()
    """Of tables whose rows hardly ever change."""


@dataclass(frozen=True, slots=True)
class Found:
    """The values of one poll, what could be read of them."""

    scalars: Mapping[Oid, Value]
    columns: Mapping[Oid, Mapping[Oid, Value]]
    """By column and the index of the row."""
    calls: WalkResult
    """The column of the calls; its rows were there when it was walked."""

    def value(self, scalar: Oid) -> Value:
        """Return the value of a scalar, ``Missing`` where it could not be read."""
        return self.scalars.get(scalar, Missing.NO_SUCH_INSTANCE)

    def column(self, column: Oid) -> Mapping[Oid, Value]:
        """Return the values of a column by index."""
        return self.columns.get(column, {})


class KnownRows:
    """Reads the parts of one endpoint and the column of its calls, and remembers where the rows are.

    Parameters
    ----------
    parts : mapping of str to Part
        By their titles for people.
    calls : Oid
        The column of which every row is a call.
    most : int
        So many rows of each column of the parts are read at most.
    limits : WalkLimits
        Those of every walk.
    counted_by : Oid, optional
        A scalar of the parts that counts the calls: while it says none, their column is walked now and then only.
    """

    def __init__(
        self,
        parts: Mapping[str, Part],
        calls: Oid,
        most: int,
        limits: WalkLimits,
        counted_by: Oid | None = None,
    ) -> None:
        self._parts = parts
        self._calls = calls
        self._most = most
        self._limits = limits
        self._counted_by = counted_by
        self._count_holds_until = -inf
        self._rows: dict[Oid, tuple[Oid, ...]] = {}
        """The instances of each column."""
        self._call_rows: tuple[Oid, ...] = ()
        self._look_at = -inf
        self._apart = False
        """Whether the tables must be walked one by one, as all together they gave nothing."""

    @property
    def objects(self) -> tuple[Oid, ...]:
        """All that is asked for by GET in the next poll, calls apart."""
        return tuple(oid for oids in self._groups.values() for oid in oids)

    @property
    def _groups(self) -> dict[str, tuple[Oid, ...]]:
        return {
            title: (*part.scalars, *(oid for column in part.columns for oid in self._rows.get(column, ())))
            for title, part in self._parts.items()
        }

    async def read(self, inquiry: Inquiry, now: float) -> Found:
        """Read everything once; what cannot be read is among the problems of the inquiry."""
        groups = self._groups
        values: dict[Oid, Value] = {}
        for title, read in (await inquiry.get(groups)).items():
            values.update(zip(groups[title], read, strict=True))
        if self.is_idle(values, now):
            walked = {self._calls: WalkResult(())}
        else:
            walked = await self._look(inquiry, now)
            self._count_holds_until = now + COUNT_HOLDS_S
        for result in walked.values():
            values.update(result.rows)
        return Found(
            values, {column: self._column(column, values, now) for column in self._rows}, walked[self._calls]
        )

    def is_idle(self, values: Mapping[Oid, Value], now: float) -> bool:
        """Tell whether there is nothing to be looked for: the endpoint counts no call, and did so lately.

        Once in a while its tables are believed, not its count.
        """
        if self._counted_by is None or self._call_rows or now >= min(self._look_at, self._count_holds_until):
            return False
        return as_int(values.get(self._counted_by, Missing.NO_SUCH_INSTANCE)) == 0

    def _column(self, column: Oid, values: Mapping[Oid, Value], now: float) -> dict[Oid, Value]:
        """Return the values of a column by index; when a row has gone, others may have come."""
        read = {oid[len(column) :]: values.get(oid) for oid in self._rows[column]}
        there = {index: value for index, value in read.items() if is_there(value)}
        if len(there) < len(read):
            self._look_at = min(self._look_at, now + LOOK_SOON_S)
        return there

    async def _look(self, inquiry: Inquiry, now: float) -> dict[Oid, WalkResult]:
        """Walk the column of the calls, and with it those of the slow tables when their time has come."""
        due = now >= self._look_at
        columns = [column for part in self._parts.values() for column in part.columns] if due else []
        walked: dict[Oid, WalkResult] = {}
        if not self._apart:
            walked = await self._walk(inquiry, CALLS, [self._calls, *columns])
            self._apart = bool(columns) and _is_lost(walked.values())
        if self._apart:
            walked |= await self._walk(inquiry, CALLS, [self._calls])
            for title, part in self._parts.items():
                if due and part.columns:
                    walked |= await self._walk(inquiry, title, part.columns)
        call_rows = tuple(oid for oid, _ in walked[self._calls].rows)
        if due or call_rows != self._call_rows:
            self._call_rows = call_rows
            inquiry.ask_anew()
        for column in columns:
            self._remember(column, walked[column])
        if columns:
            whole = not any(walked[column].partial for column in columns)
            self._look_at = now + (LOOK_AGAIN_S if whole else LOOK_SOON_S)
        return walked

    def _remember(self, column: Oid, result: WalkResult) -> None:
        if result.rows or not result.partial:
            self._rows[column] = tuple(oid for oid, _ in result.rows[: self._most])

    async def _walk(self, inquiry: Inquiry, title: str, columns: Sequence[Oid]) -> dict[Oid, WalkResult]:
        return dict(zip(columns, await inquiry.walk(title, columns, self._limits), strict=True))


def _is_lost(results: Iterable[WalkResult]) -> bool:
    """Tell whether a walk gave nothing, and not because there is nothing."""
    return all(result.partial and not result.rows for result in results)
