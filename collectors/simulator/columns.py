"""The objects that the simulated agents show: each is a name and a function from a row's state to encoded octets.

System group (RFC 3418), ifNumber, ifTable, ifXTable and ifTableLastChange (RFC 2863), in the order of their names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

from phusong.collectors.snmp.ber import (
    COUNTER32,
    COUNTER64,
    GAUGE32,
    INTEGER,
    OBJECT_ID,
    OCTET_STRING,
    TIME_TICKS,
    Oid,
    encode_integer,
    encode_oid,
    tlv,
)

from .row_state import ETHERNET, RowState

Encode: TypeAlias = Callable[[RowState, float], bytes]
"""From a row's state and the elapsed seconds to an encoded value; empty when there is no such object now."""
SYSTEM: Final = (1, 3, 6, 1, 2, 1, 1)
INTERFACES: Final = (1, 3, 6, 1, 2, 1, 2)
IF_ENTRY: Final = (*INTERFACES, 2, 1)
IF_MIB_OBJECTS: Final = (1, 3, 6, 1, 2, 1, 31, 1)
IF_X_ENTRY: Final = (*IF_MIB_OBJECTS, 1, 1)
DOT3_ENTRY: Final = (1, 3, 6, 1, 2, 1, 10, 7, 2, 1)
"""dot3StatsEntry (EtherLike-MIB, RFC 3635)."""
HALF_DUPLEX, FULL_DUPLEX = 2, 3


class Extent(Enum):
    """Which instances a column has."""

    DEVICE = 0
    """One, with instance 0: a scalar."""
    ROWS = 1
    NAMED_ROWS = 2
    """The rows of ifXTable."""
    WIDE_ROWS = 3
    """The rows of ifXTable that have 64-bit counters."""
    SENSOR = 4
    """None beside itself: its name is an object's, with the instance."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column or scalar; ``octets`` is its encoded name without the instance."""

    oid: Oid
    octets: bytes
    extent: Extent
    value: Encode
    changes: bool
    """Whether the value may differ from one moment to the next."""


def number(tag: int, read: Callable[[RowState, float], int]) -> Encode:
    """Show a whole number that is not negative; a Counter32 is cut to its 32 bits."""
    mask = 0xFFFFFFFF if tag == COUNTER32 else 0xFFFFFFFFFFFFFFFF

    def value(state: RowState, elapsed: float) -> bytes:
        content = encode_integer(read(state, elapsed) & mask)
        return bytes((tag, len(content))) + content

    return value


def text(read: Callable[[RowState], bytes]) -> Encode:
    """Show octets that stay as they are."""
    return lambda state, _elapsed: tlv(OCTET_STRING, read(state))


def fixed(tag: int, read: Callable[[RowState], int]) -> Encode:
    """Show a whole number that stays as it is."""
    return number(tag, lambda state, _elapsed: read(state))


ZERO: Final = fixed(COUNTER32, lambda _: 0)
ZERO_64: Final = fixed(COUNTER64, lambda _: 0)

DEVICE_STEADY: Final[dict[Oid, Encode]] = {
    (*SYSTEM, 1): text(lambda s: s.device.habit.sys_descr),
    (*SYSTEM, 2): lambda s, _: tlv(OBJECT_ID, encode_oid(s.device.habit.sys_object_id)),
    (*SYSTEM, 4): text(lambda _: b"noc@example.invalid"),
    (*SYSTEM, 5): text(lambda s: s.device.device_id.encode()),
    (*SYSTEM, 6): text(lambda s: s.device.location.encode()),
    (*SYSTEM, 7): fixed(INTEGER, lambda _: 78),
    (*INTERFACES, 1): fixed(INTEGER, lambda s: len(s.device.rows)),
    (*IF_MIB_OBJECTS, 5): fixed(TIME_TICKS, lambda s: s.table_change_ticks()),
}
DEVICE_CHANGING: Final[dict[Oid, Encode]] = {(*SYSTEM, 3): number(TIME_TICKS, lambda s, t: s.up_time_ticks(t))}
ROW_STEADY: Final[dict[int, Encode]] = {
    1: fixed(INTEGER, lambda s: s.row.index),
    2: text(lambda s: s.row.descr),
    3: fixed(INTEGER, lambda s: s.row.if_type),
    4: fixed(INTEGER, lambda s: s.row.mtu),
    5: fixed(GAUGE32, lambda s: s.row.speed),
    6: text(lambda s: s.physical_address()),
    7: fixed(INTEGER, lambda s: s.admin_status()),
    12: ZERO,
    13: ZERO,
    15: ZERO,
    18: ZERO,
    20: ZERO,
    21: fixed(GAUGE32, lambda _: 0),
}
ROW_CHANGING: Final[dict[int, Encode]] = {
    8: number(INTEGER, lambda s, t: s.oper_status(t)),
    9: number(TIME_TICKS, lambda s, t: s.last_change_ticks(t)),
    10: number(COUNTER32, lambda s, t: s.meter.in_octets(t)),
    11: number(COUNTER32, lambda s, t: s.meter.in_packets(t)),
    14: number(COUNTER32, lambda s, t: s.meter.in_errors(t)),
    16: number(COUNTER32, lambda s, t: s.meter.out_octets(t)),
    17: number(COUNTER32, lambda s, t: s.meter.out_packets(t)),
    19: number(COUNTER32, lambda s, t: s.meter.out_discards(t)),
}
NAMED_STEADY: Final[dict[int, Encode]] = {
    1: text(lambda s: s.row.name or b""),
    **dict.fromkeys(range(2, 6), ZERO),
    14: fixed(INTEGER, lambda _: 1),
    15: fixed(GAUGE32, lambda s: s.row.high_speed),
    16: fixed(INTEGER, lambda _: 2),
    17: fixed(INTEGER, lambda s: 1 if s.row.if_type == ETHERNET else 2),
    18: text(lambda s: s.row.alias),
    19: fixed(TIME_TICKS, lambda s: s.discontinuity_ticks()),
}
WIDE_STEADY: Final[dict[int, Encode]] = dict.fromkeys((8, 9, 12, 13), ZERO_64)
WIDE_CHANGING: Final[dict[int, Encode]] = {
    6: number(COUNTER64, lambda s, t: s.meter.in_octets(t)),
    7: number(COUNTER64, lambda s, t: s.meter.in_packets(t)),
    10: number(COUNTER64, lambda s, t: s.meter.out_octets(t)),
    11: number(COUNTER64, lambda s, t: s.meter.out_packets(t)),
}


DUPLEX_STEADY: Final[dict[int, Encode]] = {
    19: fixed(INTEGER, lambda s: HALF_DUPLEX if s.row.bad_cable else FULL_DUPLEX)
}


def _all_columns() -> Iterator[Column]:
    for objects, changes in ((DEVICE_STEADY, False), (DEVICE_CHANGING, True)):
        for oid, value in objects.items():
            yield Column(oid, encode_oid(oid), Extent.DEVICE, value, changes)
    for entry, extent, table, changes in (
        (IF_ENTRY, Extent.ROWS, ROW_STEADY, False),
        (IF_ENTRY, Extent.ROWS, ROW_CHANGING, True),
        (DOT3_ENTRY, Extent.ROWS, DUPLEX_STEADY, False),
        (IF_X_ENTRY, Extent.NAMED_ROWS, NAMED_STEADY, False),
        (IF_X_ENTRY, Extent.WIDE_ROWS, WIDE_STEADY, False),
        (IF_X_ENTRY, Extent.WIDE_ROWS, WIDE_CHANGING, True),
    ):
        for number, value in table.items():
            oid = (*entry, number)
            yield Column(oid, encode_oid(oid), extent, value, changes)


COLUMNS: Final = tuple(sorted(_all_columns(), key=lambda column: column.oid))
