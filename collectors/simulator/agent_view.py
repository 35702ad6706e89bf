"""The objects of one device, found by their encoded names and walked in order. Messages are in ``agent``.

Nothing is stored per object: an object is a column and a row's state, so a large fleet costs little memory.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from phusong.collectors.snmp.ber import NO_SUCH_INSTANCE, NO_SUCH_OBJECT, Oid, encode_oid

from .columns import COLUMNS, Column, Extent
from .equipment import Device
from .lines import Line
from .row_state import NO_ROW, RowState
from .sensors import own_columns

COLUMN_BY_OCTETS: Final = {column.octets: column for column in COLUMNS}
PREFIX_LENGTHS: Final = tuple(sorted({len(octets) for octets in COLUMN_BY_OCTETS}))


class Instance(NamedTuple):
    """One object of one device."""

    octets: bytes
    """Its encoded name."""
    column: Column
    state: RowState

    def value(self, elapsed: float) -> bytes:
        """Return its value as an encoded element."""
        return self.column.value(self.state, elapsed)

    @property
    def is_wide(self) -> bool:
        """Whether it is a Counter64, which SNMPv1 does not know."""
        return self.column.extent is Extent.WIDE_ROWS


class AgentView:
    """All objects of one device; ``find_line`` gives the line of a row's ``line_id``."""

    def __init__(self, device: Device, find_line: Callable[[str], Line | None], seed: int) -> None:
        rows = sorted(device.rows, key=lambda row: row.index)
        states = [RowState(device, row, find_line(row.line_id), seed) for row in rows]
        named = [state for state in states if state.row.name is not None]
        self._states = {
            Extent.DEVICE: [RowState(device, NO_ROW, None, seed)],
            Extent.ROWS: states,
            Extent.NAMED_ROWS: named,
            Extent.WIDE_ROWS: [state for state in named if state.row.counters_64],
        }
        sensors = own_columns(device.habit.model)
        self._sensors = {column.octets: column for column in sensors}
        self._office = next((state for state in states if state.row.line_id), self._states[Extent.DEVICE][0])
        """What sensors are functions of: the row of the device's first line, for its incident."""
        self._indexes = {extent: [state.row.index for state in found] for extent, found in self._states.items()}
        self._by_arc = {
            extent: {_arc(state.row.index): state for state in found} for extent, found in self._states.items()
        }
        shown = (column for column in COLUMNS if self._states[column.extent])
        self._columns = sorted((*shown, *sensors), key=lambda column: column.oid)
        self._column_oids = [column.oid for column in self._columns]

    def find(self, octets: bytes) -> Instance | int:
        """Return the object with this encoded name, else the tag of noSuchObject or noSuchInstance."""
        if octets in self._sensors:
            return Instance(octets, self._sensors[octets], self._office)
        for length in PREFIX_LENGTHS:
            column = COLUMN_BY_OCTETS.get(octets[:length])
            if column is None:
                continue
            state = self._by_arc[column.extent].get(octets[length:])
            if state is not None:
                return Instance(octets, column, state)
            return NO_SUCH_INSTANCE if self._states[column.extent] else NO_SUCH_OBJECT
        return NO_SUCH_OBJECT

    def after(self, oid: Oid, *, with_counter64: bool = True) -> Iterator[Instance]:
        """Yield the objects that follow ``oid`` in the order of their names; SNMPv1 has no Counter64."""
        at = bisect_right(self._column_oids, oid) - 1
        row = 0
        if at >= 0:
            column = self._columns[at]
            if column.extent is Extent.SENSOR or oid[: len(column.oid)] != column.oid:
                at += 1
            elif len(oid) > len(column.oid):
                row = bisect_right(self._indexes[column.extent], oid[len(column.oid)])
        for column in self._columns[max(at, 0) :]:
            if column.extent is Extent.SENSOR:
                yield Instance(column.octets, column, self._office)
            elif with_counter64 or column.extent is not Extent.WIDE_ROWS:
                for state in self._states[column.extent][row:]:
                    yield Instance(column.octets + _arc(state.row.index), column, state)
            row = 0


def _arc(arc: int) -> bytes:
    return encode_oid((1, 0, arc))[1:]
