"""Reads the interface rows that links are made of, device by device (IF-MIB, RFC 2863).

All rows wanted of a device share its requests. A row is found by name once (``interface_finder``) and then asked
directly; it is looked up again when the agent restarted, the table changed or the row answers to another name.
What a row's values mean is in ``interface_row``, what passed between two readings in ``rates``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from . import mib
from .interface_finder import InterfaceFinder
from .interface_lookup import COLUMN_OIDS, Column, InterfaceSelector, agent_restarted, clock_off_ticks
from .interface_memory import DeviceIdentity, InterfaceMemory
from .interface_row import (
    COLUMNS,
    HC_COLUMNS,
    HighAndLow,
    Row,
    as_int,
    hc_stands_still,
    octets_of,
    reading_of,
    row_of,
)
from .rates import Interval, NoRate, Sample, compare, next_sample
from .readings import InterfaceReading
from .snmp.batch import REQUESTS_SHARED, BatchReader
from .snmp.ber import Oid, Value
from .snmp.client import SnmpClient
from .snmp.credentials import V1

LOOKUP_AGAIN_POLLS = 16
"""A row that was not found is looked for again after 1, 2, 4 ... at most so many polls, or on a change."""
VAIN_LOOKUP_POLLS = 32
"""After a change that moved no row, changes are not looked at for 1, 2, 4 ... at most so many polls."""
TABLE_UNSTEADY = "the interface table changes while it is read"

_TABLE_OBJECTS: tuple[Oid, ...] = (mib.SYS_UP_TIME, mib.IF_TABLE_LAST_CHANGE)


UNKNOWN_DEVICE = DeviceIdentity()


@dataclass(frozen=True, slots=True)
class InterfacesPoll:
    """One poll of a device: sysUpTime in 1/100 s, and for each selector its reading or why there is none."""

    sys_uptime_ticks: int | None
    readings: dict[InterfaceSelector, InterfaceReading]
    problems: dict[InterfaceSelector, str]
    table_change_ticks: int | None = None
    """ifTableLastChange: the sysUpTime at which a row was last made or deleted."""
    traffic: dict[InterfaceSelector, Interval | NoRate] = field(default_factory=dict)
    """What passed since the reading before, for every reading."""
    agent_restarts: int = 0
    """How often the device's agent was seen to restart."""
    moved_rows: int = 0
    """How many rows have another number than at the poll before."""
    replaced: DeviceIdentity | None = None
    """What the device was before, when another one answers now."""
    identity: DeviceIdentity = UNKNOWN_DEVICE


@dataclass(slots=True)
class _Rows:
    """What one reading of all rows brought."""

    sys_uptime_ticks: int | None = None
    table_change_ticks: int | None = None
    read_at_s: float = 0.0
    readings: dict[InterfaceSelector, tuple[InterfaceReading, float]] = field(default_factory=dict)
    """With the moment of each."""
    problems: dict[InterfaceSelector, str] = field(default_factory=dict)
    misnamed: list[InterfaceSelector] = field(default_factory=list)
    """Whose row answers to another name now."""


class InterfacePoller:
    """Polls the wanted rows of one device and remembers where they are.

    ``contracted_bps`` is the contracted bit/s of the line behind a selector; ``memory`` is what an earlier poller
    of the same device knew, on the same clock.
    """

    def __init__(
        self,
        device_id: str,
        client: SnmpClient,
        reader: BatchReader,
        selectors: Iterable[InterfaceSelector],
        clock: Callable[[], float],
        legacy_charset: str | None = None,
        *,
        contracted_bps: Mapping[InterfaceSelector, float] | None = None,
        memory: InterfaceMemory | None = None,
    ) -> None:
        self.reader = reader
        self._device_id = device_id
        self._selectors = tuple(dict.fromkeys(selectors))
        self._clock = clock
        self._contracted_bps = contracted_bps or {}
        self._finder = InterfaceFinder(client, reader, legacy_charset)
        version1 = reader.target.auth.version == V1
        self._columns = COLUMNS if version1 else COLUMNS + HC_COLUMNS
        self._objects: dict[tuple[int, ...], tuple[Oid, ...]] = {}
        """What is asked for the rows of one request, by their ifIndex."""
        self._problems: dict[InterfaceSelector, str] = {}
        self._octets: dict[InterfaceSelector, tuple[HighAndLow, bool]] = {}
        """The octet counters read last, of both widths, and whether those of 64 bits are dead."""
        self._memory = memory
        self._identity = memory.identity if memory else UNKNOWN_DEVICE
        self._naming = self._finder.naming(self._identity)
        self._replaced: DeviceIdentity | None = None
        samples = memory.samples if memory else {}
        self._indexes = {
            selector: samples[selector].reading.if_index for selector in self._selectors if selector in samples
        }
        self._polls_since_lookup = int(len(self._indexes) == len(self._selectors))
        """0 when the rows must be looked up."""
        self._look_again_after = 0
        self._change_unseen = False
        self._clock_was_off = False
        self._ignore_changes_for = 0

    @property
    def memory(self) -> InterfaceMemory | None:
        """What is known after the latest poll that succeeded: another object after each."""
        return self._memory

    async def poll(self) -> InterfacesPoll:
        """Read all rows once.

        Raises
        ------
        SnmpError
            The device did not answer a request, or refused it.
        """
        indexes_before = dict(self._indexes)
        self._replaced = None
        looked = self._polls_since_lookup == 0 or (
            bool(self._problems) and self._polls_since_lookup >= self._look_again_after
        )
        if looked:
            await self._look_up()
        rows = await self._read_rows()
        if rows.misnamed or (not looked and self._shall_look(rows)):
            await self._look_up()
            if not rows.misnamed:
                self._note_whether_in_vain(indexes_before)
            rows = await self._read_rows()
        for selector in rows.misnamed:
            self._problems[selector] = TABLE_UNSTEADY
            del self._indexes[selector]
        if self._polls_since_lookup == 0:
            longer = min(max(1, 2 * self._look_again_after), LOOKUP_AGAIN_POLLS)
            self._look_again_after = longer if self._problems else 0
        self._polls_since_lookup += 1
        return self._conclude(rows, indexes_before)

    def _shall_look(self, rows: _Rows) -> bool:
        """Tell whether rows may have other numbers than at the previous poll, and it is time to look.

        Each reading carries its row's name, so what a change that is not looked at can hide is only a second row
        of the same name.
        """
        memory = self._memory
        if memory is None:
            return False
        clock_off, was_off = _clock_off(memory, rows), self._clock_was_off
        self._clock_was_off = clock_off
        changed = rows.table_change_ticks != memory.table_change_ticks or clock_off
        if not changed:
            self._ignore_changes_for = 0
        self._change_unseen = self._change_unseen or changed
        if clock_off and not was_off:
            return True  # a restart or another device: only a clock that is never right is a habit
        return self._change_unseen and self._polls_since_lookup > self._ignore_changes_for

    def _note_whether_in_vain(self, indexes_before: Mapping[InterfaceSelector, int]) -> None:
        """Let a device that says at every poll that its table changed wait longer each time that it had not."""
        longer = min(max(1, 2 * self._ignore_changes_for), VAIN_LOOKUP_POLLS)
        self._ignore_changes_for = longer if self._indexes == indexes_before else 0

    async def _look_up(self) -> None:
        """Find the row of every selector, and whether it is still the same device that answers."""
        found = await self._finder.find(self._selectors)
        if self._memory is not None and found.identity.replaces(self._memory.identity):
            self._replaced = self._memory.identity
        for selector in found.unseen & self._indexes.keys() if self._replaced is None else ():
            found.indexes[selector] = self._indexes[selector]  # its name is checked with every reading
            del found.problems[selector]
        self._octets = {
            selector: known
            for selector, known in self._octets.items()
            if self._replaced is None and found.indexes.get(selector) == self._indexes.get(selector)
        }
        self._objects.clear()
        self._identity, self._naming = found.identity, found.naming
        self._indexes, self._problems = found.indexes, found.problems
        self._polls_since_lookup = 0
        self._change_unseen = False

    async def _read_rows(self) -> _Rows:
        """Read the rows found."""
        rows = _Rows(problems=dict(self._problems))
        found = list(self._indexes.items())
        width = len(self._columns)
        rows_per_request = max(1, (self.reader.objects_per_request - len(_TABLE_OBJECTS)) // width)
        for start in range(0, max(1, len(found)), rows_per_request):
            group = found[start : start + rows_per_request]
            objects = self._objects_of(tuple([index for _, index in group]))
            ticks, change, *values = await self.reader.read(objects)
            now = self._clock()
            if start == 0:
                rows.sys_uptime_ticks, rows.table_change_ticks, rows.read_at_s = as_int(ticks), as_int(change), now
            answers = [row_of(values[first : first + width]) for first in range(0, len(values), width)]
            unsteady = await self._find_misnamed(group, answers, change)
            rows.misnamed += unsteady
            for (selector, index), row in zip(group, answers, strict=True):
                if selector in unsteady:
                    rows.problems[selector] = TABLE_UNSTEADY
                elif row.oper_status is None and row.admin_status is None:
                    rows.problems[selector] = f"row {index} has no ifOperStatus"
                else:
                    reading = reading_of(
                        self._device_id,
                        index,
                        as_int(ticks),
                        row,
                        self._naming,
                        hc_dead=self._hc_dead(selector, octets_of(row)),
                    )
                    rows.readings[selector] = (reading, now)
        return rows

    def _hc_dead(self, selector: InterfaceSelector, octets: HighAndLow) -> bool:
        """Tell whether the row's 64-bit counters are dead, and remember its counters for the next time."""
        before = self._octets.get(selector)
        dead = before is not None and hc_stands_still(before[0], octets, was_dead=before[1])
        self._octets[selector] = (octets, dead)
        return dead

    async def _find_misnamed(
        self, group: Sequence[tuple[InterfaceSelector, int]], rows: Sequence[Row], change: Value
    ) -> set[InterfaceSelector]:
        """Return whose row answers to another name than it was found by.

        Rows that came in several replies are checked once more at their end: the table may change in between.
        """
        naming = self._naming
        misnamed: set[InterfaceSelector] = set()
        named: list[tuple[InterfaceSelector, Column, int]] = []
        for (selector, index), row in zip(group, rows, strict=True):
            if selector.column is Column.INDEX:
                continue
            column = (naming.name(row)[0] or Column.NAME) if selector.column is Column.NAME else selector.column
            named.append((selector, column, index))
            if not naming.selected(selector, column, row.named_by(column)):
                misnamed.add(selector)
        if self.reader.one_reply:
            return misnamed
        objects = [(*COLUMN_OIDS[column], index) for _, column, index in named]
        change_now, *names = await self.reader.read([mib.IF_TABLE_LAST_CHANGE, *objects])
        if change_now != change:
            return {selector for selector, _ in group}
        for (selector, column, _), name in zip(named, names, strict=True):
            if not naming.selected(selector, column, name):
                misnamed.add(selector)
        return misnamed

    def _objects_of(self, indexes: tuple[int, ...]) -> tuple[Oid, ...]:
        """Return what is asked for some rows: the very same tuple every time, by which its request is found."""
        objects = self._objects.get(indexes)
        if objects is None:
            objects = self._objects[indexes] = _shared_objects(indexes, self._columns)
        return objects

    def _conclude(self, rows: _Rows, indexes_before: Mapping[InterfaceSelector, int]) -> InterfacesPoll:
        """Compare with what was known, and remember what is known now."""
        memory = self._memory
        known = memory.samples if memory else {}
        # Of the rows read now only: what was lost sight of may have been another link's meanwhile.
        samples: dict[InterfaceSelector, Sample] = {}
        traffic: dict[InterfaceSelector, Interval | NoRate] = {}
        for selector, (reading, at_s) in rows.readings.items():
            before = known.get(selector)
            if before is not None and self._replaced is not None:
                outcome: Interval | NoRate = NoRate.OTHER_DEVICE
            else:
                outcome = compare(before, reading, at_s, self._contracted_bps.get(selector, 0.0))
            traffic[selector] = outcome
            samples[selector] = next_sample(before, reading, at_s, outcome)
        restarts = memory.agent_restarts + _restarted(memory, rows) if memory else 0
        self._memory = InterfaceMemory(
            read_at_s=rows.read_at_s,
            sys_uptime_ticks=rows.sys_uptime_ticks,
            table_change_ticks=rows.table_change_ticks,
            identity=self._identity,
            samples=samples,
            agent_restarts=restarts,
        )
        return InterfacesPoll(
            sys_uptime_ticks=rows.sys_uptime_ticks,
            readings={selector: reading for selector, (reading, _) in rows.readings.items()},
            problems=rows.problems,
            table_change_ticks=rows.table_change_ticks,
            traffic=traffic,
            agent_restarts=restarts,
            moved_rows=sum(
                indexes_before.get(selector, index) != index for selector, index in self._indexes.items()
            ),
            identity=self._identity,
            replaced=self._replaced,
        )


@lru_cache(maxsize=REQUESTS_SHARED)
def _shared_objects(indexes: tuple[int, ...], columns: tuple[Oid, ...]) -> tuple[Oid, ...]:
    """Return the objects of some rows: one tuple for all devices whose rows have the same numbers."""
    return (*_TABLE_OBJECTS, *((*column, index) for index in indexes for column in columns))


def _clock_off(memory: InterfaceMemory, rows: _Rows) -> bool:
    """Tell whether sysUpTime is not where the time since the previous poll would have brought it."""
    before, now = memory.sys_uptime_ticks, rows.sys_uptime_ticks
    if before is None or now is None or before == now:
        return False
    return clock_off_ticks(before, now, rows.read_at_s - memory.read_at_s) > 0


def _restarted(memory: InterfaceMemory, rows: _Rows) -> bool:
    before, now = memory.sys_uptime_ticks, rows.sys_uptime_ticks
    if before is None or now is None:
        return False
    return agent_restarted(before, now, rows.read_at_s - memory.read_at_s)
