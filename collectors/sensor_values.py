"""What the objects of one sensor row mean as a number in the quantity's base unit. Pure functions, no network.

Agents send numbers as text, negative ones as unsigned, and markers where there is no sensor; what is no sane
measurement is no value at all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import log10
from typing import Final

from .profile import CONVERSIONS, MEASURES, MibObject, RowFilter, Sensor
from .snmp.ber import Oid, Value

NO_VALUE: Final = frozenset({-(2**31), 2**31 - 1})
"""What agents of several vendors send in place of a number; no measurement is ever one of these."""
SIGNED_UNITS: Final = frozenset({"celsius", "dBm", "dB"})
UNITS_EXPONENT: Final = 9
"""The number of ``units`` in EntitySensorDataScale (RFC 3433); each step is a factor of 1000."""
SCALE_COLUMN, PRECISION_COLUMN, TYPE_COLUMN = 2, 3, 1
_NUMBER_IN_TEXT = re.compile(rb"\s*([-+]?[0-9]{1,18}(?:\.[0-9]{1,18})?)\s*(?:%|dBm|dB|ms|C)?[\s\0]*")


@dataclass(frozen=True, slots=True)
class SensorRow:
    """One row of a sensor that a device has: its name, and what was found out about it once."""

    index: Oid
    name: str
    unit: str
    """The unit of its scaled numbers."""
    factor: float = 1.0
    """What the row's own scale and precision make of a number (entity sensors)."""


def as_number(value: Value) -> float | None:
    """Return the number in a value, also when it comes as text, with a unit behind it or not."""
    if isinstance(value, int):
        return value
    if isinstance(value, bytes):
        match = _NUMBER_IN_TEXT.fullmatch(value)
        return float(match[1]) if match else None
    return None


def objects_of(sensor: Sensor) -> tuple[MibObject, ...]:
    """Return what must be read of a row at every poll, the sensor's own object first."""
    more = (*sensor.plus, *sensor.minus, *sensor.beside)
    divisor = (sensor.of,) if sensor.of else ()
    condition = (sensor.only_when.object,) if sensor.only_when else ()
    return (sensor.object, *more, *divisor, *condition)


def value_of(sensor: Sensor, row: SensorRow, values: Sequence[Value]) -> float | None:
    """Return the row's number in the quantity's base unit; ``None`` when the device has nothing to say.

    Parameters
    ----------
    sensor : Sensor
        The sensor.
    row : SensorRow
        The row.
    values : sequence of Value
        What the device answered to ``objects_of(sensor)``, in this order.
    """
    if sensor.only_when and not passes(sensor.only_when, values[-1]):
        return None
    if MEASURES[sensor.quantity].unit == "state":
        return state_of(sensor, values[0])
    number, divisor = _fraction(sensor, row, values)
    if number is None or divisor is None or not divisor:
        return None
    unit, scale = row.unit, sensor.scale
    if sensor.positive_unit and number > 0:
        unit, scale = sensor.positive_unit, 1.0
    value = in_base_unit(number * scale * row.factor / divisor, unit, MEASURES[sensor.quantity].unit)
    if value is None or not sensor.low <= value <= sensor.high:
        return None
    return round(value, 9)


def _fraction(sensor: Sensor, row: SensorRow, values: Sequence[Value]) -> tuple[float | None, float | None]:
    """Return what the objects add up to, and what that is to be divided by."""
    signed = row.unit in SIGNED_UNITS
    numbers = [_usable(sensor, value, signed=signed) for value in values]
    first_minus = 1 + len(sensor.plus)
    first_beside = first_minus + len(sensor.minus)
    added, taken = numbers[:first_minus], numbers[first_minus:first_beside]
    beside = numbers[first_beside : first_beside + len(sensor.beside)]
    if None in added or None in taken or None in beside:
        return None, None
    number = sum(filter(None, added)) - sum(filter(None, taken))
    if sensor.of:
        return number, numbers[first_beside + len(sensor.beside)]
    return number, number + sum(filter(None, beside)) if sensor.beside else 1.0


def _usable(sensor: Sensor, value: Value, *, signed: bool) -> float | None:
    """Return the number in a value unless it is a marker; a negative one may come as the unsigned of its bits."""
    number = as_number(value)
    if number is None:
        return None
    if signed and 2**31 <= number < 2**32:
        number -= 2**32
    return None if number in NO_VALUE or number in sensor.invalid else number


def state_of(sensor: Sensor, value: Value) -> float | None:
    """Return 1 for a good state, 0 for a bad one, ``None`` for any other."""
    if isinstance(value, bytes) and (sensor.good_words or sensor.bad_words):
        text = value.decode("utf-8", errors="replace").strip().casefold()
        for words, state in ((sensor.good_words, 1.0), (sensor.bad_words, 0.0)):
            if any(text.startswith(word) for word in words):
                return state
        return None
    number = as_number(value)
    if number is None or number in sensor.bad:
        return None if number is None else 0.0
    return 1.0 if sensor.others_good or number in sensor.good else None


def passes(condition: RowFilter, value: Value) -> bool:
    """Tell whether a row with this value is meant by a filter."""
    if condition.words:
        text = value.decode("utf-8", errors="replace").casefold() if isinstance(value, bytes) else ""
        return any(word in text for word in condition.words)
    number = as_number(value)
    if condition.others_than:
        return number is not None and number not in condition.others_than
    return number in condition.numbers


def in_base_unit(value: float, unit: str, base: str) -> float | None:
    """Convert a number to the base unit of its quantity; power in watts becomes a level in dBm."""
    factor = CONVERSIONS[base].get(unit)
    if factor is None:
        return None
    if base == "dBm" and unit != "dBm":
        milliwatts = value * factor
        return 10 * log10(milliwatts) if milliwatts > 0 else None
    return value * factor


def entity_factor(scale: Value, precision: Value) -> float | None:
    """Return the factor of an entity sensor's numbers: 10^(3 x (scale - 9) - precision) (RFC 3433)."""
    exponent, digits = as_number(scale), as_number(precision)
    if exponent is None or digits is None or not 1 <= exponent <= 17 or not -8 <= digits <= 9:
        return None
    return float(10.0 ** (3 * (exponent - UNITS_EXPONENT) - digits))


def entity_column(value_column: Oid, column: int) -> Oid:
    """Return another column of the table whose value column this is."""
    return (*value_column[:-1], column)
