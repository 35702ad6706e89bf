"""One row of the interface table: which columns are asked, and what their values mean (IF-MIB, RFC 2863).

No network and no memory here: values of one reply in, a reading out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from . import mib
from .device_text import decode_text
from .interface_lookup import Column, InterfaceSelector
from .readings import InterfaceReading
from .snmp.ber import Oid, Value

LONGEST_COUNTER_DIGITS = 20
IF_SPEED_STUCK = 2**32 - 1
IF_HIGH_SPEED_SANE = 2**31 - 1

COLUMNS: tuple[Oid, ...] = (
    mib.IF_NAME,
    mib.IF_ALIAS,
    mib.IF_DESCR,
    mib.IF_ADMIN_STATUS,
    mib.IF_OPER_STATUS,
    mib.IF_SPEED,
    mib.IF_HIGH_SPEED,
    mib.IF_LAST_CHANGE,
    mib.IF_IN_OCTETS,
    mib.IF_OUT_OCTETS,
    mib.IF_IN_UCAST_PKTS,
    mib.IF_OUT_UCAST_PKTS,
    mib.IF_IN_ERRORS,
    mib.IF_OUT_ERRORS,
    mib.IF_IN_DISCARDS,
    mib.IF_OUT_DISCARDS,
    mib.IF_COUNTER_DISCONTINUITY_TIME,
)
HC_COLUMNS: tuple[Oid, ...] = (
    mib.IF_HC_IN_OCTETS,
    mib.IF_HC_OUT_OCTETS,
    mib.IF_HC_IN_UCAST_PKTS,
    mib.IF_HC_OUT_UCAST_PKTS,
)
"""Counter64 does not exist in SNMPv1, so its agents are not asked for these."""


TEXT_COLUMNS = 3
"""The first columns are texts, the others numbers."""


class Row(NamedTuple):
    """The values of one row, in the order of the columns above; by position, since OIDs are slow as keys."""

    name: Value
    alias: Value
    descr: Value
    admin_status: int | None
    oper_status: int | None
    speed: int | None
    high_speed: int | None
    last_change: int | None
    in_octets: int | None
    out_octets: int | None
    in_ucast_packets: int | None
    out_ucast_packets: int | None
    in_errors: int | None
    out_errors: int | None
    in_discards: int | None
    out_discards: int | None
    discontinuity: int | None
    hc_in_octets: int | None = None
    hc_out_octets: int | None = None
    hc_in_ucast_packets: int | None = None
    hc_out_ucast_packets: int | None = None

    def named_by(self, column: Column) -> Value:
        """Return the value of a column by which rows are found."""
        if column is Column.NAME:
            return self.name
        return self.alias if column is Column.ALIAS else self.descr


def row_of(values: Sequence[Value]) -> Row:
    """Return the row whose columns have these values."""
    return Row(*values[:TEXT_COLUMNS], *[as_int(value) for value in values[TEXT_COLUMNS:]])  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Naming:
    """How the rows of one device are named."""

    legacy_charset: str | None = None
    first_word: bool = False
    """Whether ifDescr is the port's name up to the first blank and then its description (ZXR10)."""

    def text(self, value: Value) -> str:
        """Return a text of the device, decoded and cleaned; empty when it is none."""
        return decode_text(value, self.legacy_charset) if isinstance(value, bytes) else ""

    def descr(self, value: Value, selector: InterfaceSelector | None = None) -> str:
        """Return an ifDescr, only its name where a description follows, unless a selector asks for both."""
        text = self.text(value)
        return text.partition(" ")[0] if self.first_word and not (selector and " " in selector.text) else text

    def name(self, row: Row) -> tuple[Column | None, str]:
        """Return the name of a row and whose text it is: of ifName, else of ifDescr, else of ifAlias."""
        if text := self.text(row.name):
            return Column.NAME, text
        if text := self.descr(row.descr):
            return Column.DESCR, text
        if text := self.text(row.alias):
            return Column.ALIAS, text
        return None, ""

    def selected(self, selector: InterfaceSelector, column: Column, value: Value) -> bool:
        """Tell whether a row whose ``column`` has this value is the one that is meant."""
        return selector.means(self.descr(value, selector) if column is Column.DESCR else self.text(value))


HighAndLow: TypeAlias = tuple[int | None, int | None, int | None, int | None]
"""The octet counters of a row: 64-bit in and out, 32-bit in and out."""


def reading_of(
    device_id: str, index: int, ticks: int | None, row: Row, naming: Naming, *, hc_dead: bool = False
) -> InterfaceReading:
    """Return what a row says; ``hc_dead`` tells that its 64-bit octet counters stand still."""
    octets_bits, in_octets, out_octets = choose_counters(*octets_of(row), hc_dead=hc_dead)
    packets_bits, in_packets, out_packets = choose_counters(
        row.hc_in_ucast_packets, row.hc_out_ucast_packets, row.in_ucast_packets, row.out_ucast_packets
    )
    return InterfaceReading(
        device_id=device_id,
        if_index=index,
        if_name=naming.name(row)[1] or f"if{index}",
        if_alias=naming.text(row.alias),
        sys_uptime_ticks=ticks,
        admin_status=row.admin_status,
        oper_status=row.oper_status,
        speed_bps=choose_speed(row.high_speed, row.speed),
        last_change_ticks=row.last_change,
        discontinuity_ticks=row.discontinuity,
        in_octets=in_octets,
        out_octets=out_octets,
        octets_bits=octets_bits,
        in_ucast_packets=in_packets,
        out_ucast_packets=out_packets,
        packets_bits=packets_bits,
        in_errors=row.in_errors,
        out_errors=row.out_errors,
        in_discards=row.in_discards,
        out_discards=row.out_discards,
    )


def octets_of(row: Row) -> HighAndLow:
    """Return the octet counters of a row, of both widths."""
    return row.hc_in_octets, row.hc_out_octets, row.in_octets, row.out_octets


def hc_stands_still(before: HighAndLow, now: HighAndLow, *, was_dead: bool) -> bool:
    """Tell whether the 64-bit octet counters of a row are dead: they stand while the 32-bit ones move.

    They stay so until they move themselves.
    """
    moved = False
    for direction in (0, 1):
        high_before, high = before[direction], now[direction]
        low_before, low = before[direction + 2], now[direction + 2]
        if high is None or high_before is None:
            continue
        moved = moved or high != high_before
        if high == high_before and None not in (low, low_before) and low not in (low_before, high % 2**32):
            return True
    return was_dead and not moved


def as_int(value: Value) -> int | None:
    """Return the number in a value: also when an agent sends it as text or as the octets of a Counter64.

    No object that is polled is ever negative: an agent that says so means the unsigned number of the same 32 bits.
    """
    if isinstance(value, int):
        return value if value >= 0 else value % 2**32
    if isinstance(value, bytes):
        digits = value.strip(b" \t\r\n\0")
        if digits.isdigit() and len(digits) <= LONGEST_COUNTER_DIGITS:
            return int(digits)
        if len(value) == 8:
            return int.from_bytes(value, "big")
    return None


def choose_counters(
    hc_in: int | None, hc_out: int | None, low_in: int | None, low_out: int | None, *, hc_dead: bool = False
) -> tuple[int | None, int | None, int | None]:
    """Choose between the 64-bit and the 32-bit columns of one row: bits, in, out.

    The 64-bit pair is taken when it is there and moves: some agents answer it with zeros, in one direction or
    both, while the 32-bit one counts. ``hc_dead`` tells that it was seen to stand still otherwise.
    """
    dead = hc_dead or (not hc_in and bool(low_in)) or (not hc_out and bool(low_out))
    if (hc_in is not None or hc_out is not None) and not (dead and (low_in is not None or low_out is not None)):
        return 64, hc_in, hc_out
    if low_in is not None or low_out is not None:
        return 32, low_in, low_out
    return None, None, None


def choose_speed(high_speed: int | None, speed: int | None) -> int | None:
    """Return the interface's speed in bit/s: ifHighSpeed where it says something, else ifSpeed unless stuck."""
    if high_speed and high_speed <= IF_HIGH_SPEED_SANE:
        return high_speed * 1_000_000
    return None if speed == IF_SPEED_STUCK else speed
