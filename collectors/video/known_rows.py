"""Where the rows of an endpoint's slow tables are: looked for now and then, asked for directly in between.

Beside them stands one table that comes and goes, that of the calls: its rows are looked for in every poll, and
when the time has come for the others they are looked for in the same requests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from typing import Final

from phusong.collectors.snmp.ber import Missing, Oid, Value
from phusong.collectors.snmp.walk import WalkLimits, WalkResult

from .inquiry import Inquiry
from .measures import is_there

LOOK_AGAIN_S: Final = 900.0
LOOK_SOON_S: Final = 60.0
"""The same after a look that failed or broke off, and when a row has gone."""
_TABLE_ROWS: Final = "table rows"


class Found:
    """The values of one poll: scalars, and columns by the index of their rows."""

    def __init__(self, scalars: Mapping[Oid, Value], columns: Mapping[Oid, Mapping[Oid, Value]]) -> None:
        self._scalars = scalars
        self._columns = columns

    def value(self, scalar: Oid) -> Value:
        """Return the value of a scalar, ``Missing`` where it could not be read."""
        return self._scalars.get(scalar, Missing.NO_SUCH_INSTANCE)

    def column(self, column: Oid) -> Mapping[Oid, Value]:
        """Return the values of a column by index, those that could be read."""
        return self._columns.get(column, {})


class KnownRows:
    """The rows of some columns of one endpoint, at most ``most`` of each."""

    def __init__(self, columns: Sequence[Oid], most: int) -> None:
        self._most = most
        self._rows: dict[Oid, tuple[Oid, ...]] = dict.fromkeys(columns, ())
        """The instances of each column."""
        self._look_at = -inf

    async def look(self, inquiry: Inquiry, calls: Oid, limits: WalkLimits, now: float) -> WalkResult:
        """Return the column ``calls``; together with it look for the other rows when their time has come."""
        due = now >= self._look_at
        columns = tuple(self._rows) if due else ()
        found, *others = await inquiry.walk("calls", [calls, *columns], limits)
        if due:
            broken = any(result.partial for result in others)
            self._look_at = now + (LOOK_SOON_S if broken else LOOK_AGAIN_S)
        for column, result in zip(columns, others, strict=True):
            if result.rows or not result.partial:
                self._rows[column] = tuple(oid for oid, _ in result.rows[: self._most])
        return found

    async def read(self, inquiry: Inquiry, scalars: Mapping[str, Sequence[Oid]], now: float) -> Found:
        """Read scalars, in groups of which one that fails costs none of the others, and all known rows."""
        rows = [(column, oid) for column, oids in self._rows.items() for oid in oids]
        values = await inquiry.get({**scalars, _TABLE_ROWS: [oid for _, oid in rows]})
        columns: dict[Oid, dict[Oid, Value]] = {column: {} for column in self._rows}
        for (column, oid), value in zip(rows, values[_TABLE_ROWS], strict=True):
            if is_there(value):
                columns[column][oid[len(column) :]] = value
            else:
                self._look_at = min(self._look_at, now + LOOK_SOON_S)
        asked = {
            oid: value for title, oids in scalars.items() for oid, value in zip(oids, values[title], strict=True)
        }
        return Found(asked, columns)
