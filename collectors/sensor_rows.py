"""Finds the rows of one sensor on one device: which alternative answers, which rows are meant, their names.

Only looking; the values are read by ``sensors``, which decides when it is time to look again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .device_text import decode_text
from .profile import MibObject, Sensor
from .sensor_index import LATEST, name_of_index
from .sensor_values import (
    PRECISION_COLUMN,
    SCALE_COLUMN,
    TYPE_COLUMN,
    SensorRow,
    as_number,
    entity_column,
    entity_factor,
    passes,
)
from .snmp.batch import BatchReader
from .snmp.ber import Missing, Oid, Value
from .snmp.client import SnmpClient
from .snmp.credentials import V1
from .snmp.errors import TooBig
from .snmp.walk import WalkLimits, walk

ROWS_KEPT: Final = 128
"""So many rows of one sensor are asked for at most."""
LONGEST_NAME: Final = 96
COLUMNS_PROBED: Final = 20
"""So many columns are looked for in one request."""
LIMITS: Final = WalkLimits(rows=2000, requests=400, time_s=10.0)


@dataclass(frozen=True, slots=True)
class FoundRows:
    """What was found: the sensor or the alternative of it that answers, with its rows."""

    sensor: Sensor | None = None
    rows: tuple[SensorRow, ...] = ()
    dropped: int = 0
    """Rows left out because there were too many."""
    partial: str = ""
    """Why not all rows could be seen; empty when they were."""


NOTHING_FOUND = FoundRows()


class SensorRows:
    """Looks for the rows of one sensor. Each device has a dozen: nothing is stored that can be derived."""

    __slots__ = ("_client", "_legacy_charset", "_reader", "_sensor")

    def __init__(
        self, client: SnmpClient, reader: BatchReader, sensor: Sensor, legacy_charset: str | None = None
    ) -> None:
        self._client = client
        self._reader = reader
        self._sensor = sensor
        self._legacy_charset = legacy_charset

    @property
    def _candidates(self) -> tuple[Sensor, ...]:
        return self._sensor, *self._sensor.alternatives

    @property
    def columns(self) -> tuple[Oid, ...]:
        """The columns in which rows may be found."""
        return tuple(candidate.object.oid for candidate in self._candidates)

    @property
    def title(self) -> str:
        """What the sensor is called in problems."""
        return f"{self._sensor.quantity} {self._sensor.object.name}"

    async def find(self, present: frozenset[Oid] | None, before: FoundRows) -> FoundRows:
        """Walk the sensor's object, then its alternatives, until one has a value; return its rows.

        Parameters
        ----------
        present : frozenset of Oid or None
            The columns that exist; the others are not walked. ``None`` when that is not known.
        before : FoundRows
            What was found the last time; its rows stay when this walk breaks off.

        Raises
        ------
        SnmpError
            A walk or the reading of names failed.
        """
        empty = NOTHING_FOUND
        for sensor in self._candidates:
            if present is not None and sensor.object.oid not in present:
                continue
            result = await walk(self._client, self._reader.target, sensor.object.oid, LIMITS, self._reader.sizes)
            values = {oid[len(sensor.object.oid) :]: value for oid, value in result.rows}
            indexes = _meant(sensor, values)
            if result.partial and before.sensor is sensor:
                indexes = sorted({*indexes, *(row.index for row in before.rows)})
            found = FoundRows(sensor, await self._describe(sensor, indexes), partial=result.partial)
            if len(found.rows) > ROWS_KEPT:
                dropped = len(found.rows) - ROWS_KEPT
                found = FoundRows(sensor, found.rows[:ROWS_KEPT], dropped, found.partial)
            if any(_says_something(values.get(row.index)) for row in found.rows):
                return found
            empty = empty if empty.sensor else found
        return empty

    async def _describe(self, sensor: Sensor, indexes: Sequence[Oid]) -> tuple[SensorRow, ...]:
        """Return the rows that pass the sensor's filters, with their names and units."""
        rows: list[SensorRow] = []
        columns = [item.oid for item in (sensor.where and sensor.where.object, sensor.name_from) if item]
        unit_by = sensor.unit_by_row
        columns += [unit_by.object.oid] if unit_by else []
        if sensor.entity_sensor is not None:
            columns += [
                entity_column(sensor.object.oid, column)
                for column in (TYPE_COLUMN, SCALE_COLUMN, PRECISION_COLUMN)
            ]
        oids = [(*column, *index) for index in indexes for column in columns]
        read = iter(await self._reader.read(oids) if oids else ())
        for index in indexes:
            filtered = next(read) if sensor.where else None
            named = next(read) if sensor.name_from else None
            unit_number = next(read) if unit_by else None
            kind, scale, precision = (
                (next(read), next(read), next(read)) if sensor.entity_sensor is not None else (None, None, None)
            )
            if sensor.where and not passes(sensor.where, filtered):
                continue
            unit, factor = sensor.unit, 1.0
            if sensor.entity_sensor is not None:
                found_factor = entity_factor(scale, precision)
                if as_number(kind) != sensor.entity_sensor or found_factor is None:
                    continue
                factor = found_factor
            if unit_by and (number := as_number(unit_number)) is not None:
                unit = unit_by.units.get(int(number), unit)
            rows.append(SensorRow(index, self._name(sensor, index, named, len(indexes)), unit, factor))
        return tuple(rows)

    def _name(self, sensor: Sensor, index: Oid, named: Value, rows: int) -> str:
        """Return what the row is called: as its column says, else its label, else its index."""
        text = self._text(sensor.name_from, named)
        if not text:
            by_index = name_of_index(index, sensor.index) or ".".join(map(str, index))
            alone = rows == 1 or by_index in ("", "0")
            text = sensor.label if alone and sensor.label else f"{sensor.label} {by_index}".strip()
        return text[:LONGEST_NAME].rstrip() or "0"

    def _text(self, column: MibObject | None, value: Value) -> str:
        if column is None or value is None or isinstance(value, Missing):
            return ""
        if isinstance(value, bytes):
            return decode_text(value, self._legacy_charset)
        return ".".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _meant(sensor: Sensor, values: dict[Oid, Value]) -> list[Oid]:
    """Return the indexes that fit the sensor's pattern; with ``latest`` only the highest of each name."""
    fitting = [(name_of_index(index, sensor.index), index) for index in values]
    if LATEST not in sensor.index:
        return [index for name, index in fitting if name is not None]
    latest: dict[str, Oid] = {}
    for name, index in fitting:
        if name is not None:
            latest[name] = max(index, latest.get(name, index))
    return list(latest.values())


def _says_something(value: Value) -> bool:
    return value is not None and value != b"" and not isinstance(value, Missing)


async def existing_columns(
    client: SnmpClient, reader: BatchReader, columns: Sequence[Oid]
) -> frozenset[Oid] | None:
    """Return which columns have an object, by asking what follows each of them.

    ``None`` for agents that cannot be asked so: SNMPv1 refuses a whole request for one object behind the last.

    Raises
    ------
    SnmpError
        The device did not answer, or refused.
    """
    if reader.target.auth.version == V1:
        return None
    found: set[Oid] = set()
    start, at_once = 0, COLUMNS_PROBED
    while start < len(columns):
        piece = columns[start : start + at_once]
        try:
            following = await client.get_next(reader.target, piece)
        except TooBig:
            if at_once == 1:
                raise
            at_once = max(1, len(piece) // 2)
            continue
        if len(following) != len(piece):
            return None
        found |= {
            column
            for column, (oid, value) in zip(piece, following, strict=True)
            if oid[: len(column)] == column and oid != column and not isinstance(value, Missing)
        }
        start += len(piece)
    return frozenset(found)
