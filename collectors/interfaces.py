"""Reads the interface rows that links are made of, device by device (IF-MIB, RFC 2863).

All rows wanted of a device share its requests. A row is found by name once and then asked directly; it is looked
up again when the agent restarted, the table changed or the row answers to another name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from . import mib
from .device_text import decode_text
from .interface_lookup import (
    COLUMN_OIDS,
    Column,
    InterfaceNotFound,
    InterfaceSelector,
    agent_restarted,
    find_index,
)
from .readings import InterfaceReading
from .snmp.batch import BatchReader
from .snmp.ber import Oid, Value
from .snmp.client import SnmpClient
from .snmp.credentials import V1
from .snmp.walk import walk

LOOKUP_AGAIN_POLLS = 16
"""A row that was not found is looked for again after 1, 2, 4 ... at most so many polls, or on a change."""
LONGEST_COUNTER_DIGITS = 20
IF_SPEED_STUCK = 2**32 - 1
IF_HIGH_SPEED_SANE = 2**31 - 1
TABLE_UNSTEADY = "the interface table changes while it is read"

_TABLE_OBJECTS: tuple[Oid, ...] = (mib.SYS_UP_TIME, mib.IF_TABLE_LAST_CHANGE)

_COLUMNS: tuple[Oid, ...] = (
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
_HC_COLUMNS: tuple[Oid, ...] = (
    mib.IF_HC_IN_OCTETS,
    mib.IF_HC_OUT_OCTETS,
    mib.IF_HC_IN_UCAST_PKTS,
    mib.IF_HC_OUT_UCAST_PKTS,
)
"""Counter64 does not exist in SNMPv1, so its agents are not asked for these."""


class _Row(NamedTuple):
    """The values of one row, in the order of the columns above; by position, since OIDs are slow as keys."""

    name: Value
    alias: Value
    descr: Value
    admin_status: Value
    oper_status: Value
    speed: Value
    high_speed: Value
    last_change: Value
    in_octets: Value
    out_octets: Value
    in_ucast_packets: Value
    out_ucast_packets: Value
    in_errors: Value
    out_errors: Value
    in_discards: Value
    out_discards: Value
    discontinuity: Value
    hc_in_octets: Value = None
    hc_out_octets: Value = None
    hc_in_ucast_packets: Value = None
    hc_out_ucast_packets: Value = None

    def named_by(self, column: Column) -> Value:
        """Return the value of a column by which rows are found."""
        return {Column.NAME: self.name, Column.ALIAS: self.alias, Column.DESCR: self.descr}[column]


@dataclass(frozen=True, slots=True)
class InterfacesPoll:
    """One poll of a device: sysUpTime in 1/100 s, and for each selector its reading or why there is none."""

    sys_uptime_ticks: int | None
    readings: dict[InterfaceSelector, InterfaceReading]
    problems: dict[InterfaceSelector, str]
    table_change_ticks: int | None = None
    """ifTableLastChange: the sysUpTime at which a row was last made or deleted."""


class InterfacePoller:
    """Polls the wanted rows of one device and remembers where they are."""

    def __init__(
        self,
        device_id: str,
        client: SnmpClient,
        reader: BatchReader,
        selectors: Iterable[InterfaceSelector],
        clock: Callable[[], float],
        legacy_charset: str | None = None,
    ) -> None:
        self._device_id = device_id
        self._client = client
        self._reader = reader
        self._selectors = tuple(dict.fromkeys(selectors))
        self._clock = clock
        self._legacy_charset = legacy_charset
        version1 = reader.target.auth.version == V1
        self._columns = _COLUMNS if version1 else _COLUMNS + _HC_COLUMNS
        self._objects: dict[int, tuple[Oid, ...]] = {}
        """By ifIndex: what is asked of a row."""
        self._indexes: dict[InterfaceSelector, int] = {}
        self._problems: dict[InterfaceSelector, str] = {}
        self._uptime: tuple[int, float] | None = None
        self._table_change: int | None = None
        self._polls_since_lookup = 0
        self._look_again_after = 0

    async def poll(self) -> InterfacesPoll:
        """Read all rows once.

        Raises
        ------
        SnmpError
            The device did not answer a request, or refused it.
        """
        if self._polls_since_lookup == 0 or (
            self._problems and self._polls_since_lookup >= self._look_again_after
        ):
            await self._look_up()
        poll, misnamed = await self._read_rows()
        if misnamed or self._table_moved(poll.sys_uptime_ticks, poll.table_change_ticks):
            await self._look_up()
            poll, misnamed = await self._read_rows()
        for selector in misnamed:
            self._problems[selector] = TABLE_UNSTEADY
            del self._indexes[selector]
        self._uptime = None if poll.sys_uptime_ticks is None else (poll.sys_uptime_ticks, self._clock())
        self._table_change = poll.table_change_ticks
        if self._polls_since_lookup == 0:
            longer = min(max(1, 2 * self._look_again_after), LOOKUP_AGAIN_POLLS)
            self._look_again_after = longer if self._problems else 0
        self._polls_since_lookup += 1
        return poll

    def _table_moved(self, uptime: int | None, table_change: int | None) -> bool:
        """Tell whether rows may have other numbers than at the previous poll."""
        if self._polls_since_lookup == 0:
            return False
        if table_change != self._table_change:
            return True
        if uptime is None or self._uptime is None:
            return False
        previous, when = self._uptime
        return agent_restarted(previous, uptime, self._clock() - when)

    async def _look_up(self) -> None:
        """Find the row of every selector, walking only the columns that the selectors use."""
        self._indexes.clear()
        self._objects.clear()
        self._problems.clear()
        self._reader.forget_absent()
        self._polls_since_lookup = 0
        await self._reader.read([mib.SYS_UP_TIME])  # finds a silent device before a walk tries less
        names: dict[Column, dict[int, str]] = {}
        partial: dict[Column, str] = {}
        for column in dict.fromkeys(selector.column for selector in self._selectors):
            if column is not Column.INDEX:
                result = await walk(
                    self._client, self._reader.target, COLUMN_OIDS[column], sizes=self._reader.sizes
                )
                width = len(COLUMN_OIDS[column]) + 1
                names[column] = {oid[-1]: self._text(value) for oid, value in result.rows if len(oid) == width}
                partial[column] = f" (names read in part only: {result.partial})" if result.partial else ""
        for selector in self._selectors:
            try:
                if selector.column is Column.INDEX:
                    self._indexes[selector] = int(selector.text)
                else:
                    self._indexes[selector] = find_index(selector, names[selector.column])
            except InterfaceNotFound as error:
                self._problems[selector] = f"{error}{partial[selector.column]}"

    async def _read_rows(self) -> tuple[InterfacesPoll, list[InterfaceSelector]]:
        """Read the rows found; also return the selectors whose row now answers to another name."""
        uptime: int | None = None
        table_change: int | None = None
        readings: dict[InterfaceSelector, InterfaceReading] = {}
        problems = dict(self._problems)
        misnamed: list[InterfaceSelector] = []
        found = list(self._indexes.items())
        width = len(self._columns)
        rows_per_request = max(1, (self._reader.objects_per_request - len(_TABLE_OBJECTS)) // width)
        for start in range(0, max(1, len(found)), rows_per_request):
            group = found[start : start + rows_per_request]
            oids = [*_TABLE_OBJECTS, *(oid for _, index in group for oid in self._row_objects(index))]
            ticks, change, *values = await self._reader.read(oids)
            if start == 0:
                uptime, table_change = as_int(ticks), as_int(change)
            rows = [_Row(*values[first : first + width]) for first in range(0, len(values), width)]
            unsteady = await self._find_misnamed(group, rows, change)
            misnamed += unsteady
            for (selector, index), row in zip(group, rows, strict=True):
                if selector in unsteady:
                    problems[selector] = TABLE_UNSTEADY
                elif as_int(row.oper_status) is None and as_int(row.admin_status) is None:
                    problems[selector] = f"row {index} has no ifOperStatus"
                else:
                    readings[selector] = self._reading(index, as_int(ticks), row)
        return InterfacesPoll(uptime, readings, problems, table_change), misnamed

    async def _find_misnamed(
        self, group: Sequence[tuple[InterfaceSelector, int]], rows: Sequence[_Row], change: Value
    ) -> set[InterfaceSelector]:
        """Return whose row answers to another name than it was found by.

        Rows that came in several replies are checked once more at their end: the table may change in between.
        """
        misnamed = {
            selector
            for (selector, _), row in zip(group, rows, strict=True)
            if selector.column is not Column.INDEX and not self._means(selector, row.named_by(selector.column))
        }
        if self._reader.one_reply:
            return misnamed
        named = [(selector, index) for selector, index in group if selector.column is not Column.INDEX]
        oids = [(*COLUMN_OIDS[selector.column], index) for selector, index in named]
        change_now, *names = await self._reader.read([mib.IF_TABLE_LAST_CHANGE, *oids])
        if change_now != change:
            return {selector for selector, _ in group}
        for (selector, _), name in zip(named, names, strict=True):
            if not self._means(selector, name):
                misnamed.add(selector)
        return misnamed

    def _means(self, selector: InterfaceSelector, name: Value) -> bool:
        return selector.means(self._text(name))

    def _row_objects(self, index: int) -> tuple[Oid, ...]:
        """Return the objects of a row, the same ones every time: so the request is soon found again."""
        objects = self._objects.get(index)
        if objects is None:
            objects = self._objects[index] = tuple((*column, index) for column in self._columns)
        return objects

    def _reading(self, index: int, ticks: int | None, row: _Row) -> InterfaceReading:
        alias = self._text(row.alias)
        name = self._text(row.name) or self._text(row.descr) or alias or f"if{index}"
        octets_bits, in_octets, out_octets = choose_counters(
            as_int(row.hc_in_octets), as_int(row.hc_out_octets), as_int(row.in_octets), as_int(row.out_octets)
        )
        packets_bits, in_packets, out_packets = choose_counters(
            as_int(row.hc_in_ucast_packets),
            as_int(row.hc_out_ucast_packets),
            as_int(row.in_ucast_packets),
            as_int(row.out_ucast_packets),
        )
        return InterfaceReading(
            device_id=self._device_id,
            if_index=index,
            if_name=name,
            if_alias=alias,
            sys_uptime_ticks=ticks,
            admin_status=as_int(row.admin_status),
            oper_status=as_int(row.oper_status),
            speed_bps=choose_speed(as_int(row.high_speed), as_int(row.speed)),
            last_change_ticks=as_int(row.last_change),
            discontinuity_ticks=as_int(row.discontinuity),
            in_octets=in_octets,
            out_octets=out_octets,
            octets_bits=octets_bits,
            in_ucast_packets=in_packets,
            out_ucast_packets=out_packets,
            packets_bits=packets_bits,
            in_errors=as_int(row.in_errors),
            out_errors=as_int(row.out_errors),
            in_discards=as_int(row.in_discards),
            out_discards=as_int(row.out_discards),
        )

    def _text(self, value: Value) -> str:
        return decode_text(value, self._legacy_charset) if isinstance(value, bytes) else ""


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
    hc_in: int | None, hc_out: int | None, low_in: int | None, low_out: int | None
) -> tuple[int | None, int | None, int | None]:
    """Choose between the 64-bit and the 32-bit columns of one row: bits, in, out.

    The 64-bit pair is taken when it is there and moves: some agents answer it with zeros, in one direction or
    both, while the 32-bit one counts.
    """
    dead = (not hc_in and bool(low_in)) or (not hc_out and bool(low_out))
    if (hc_in is not None or hc_out is not None) and not dead:
        return 64, hc_in, hc_out
    if low_in is not None or low_out is not None:
        return 32, low_in, low_out
    return None, None, None


def choose_speed(high_speed: int | None, speed: int | None) -> int | None:
    """Return the interface's speed in bit/s: ifHighSpeed where it says something, else ifSpeed unless stuck."""
    if high_speed and high_speed <= IF_HIGH_SPEED_SANE:
        return high_speed * 1_000_000
    return None if speed == IF_SPEED_STUCK else speed
