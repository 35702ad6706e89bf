"""Reads the sensors of one device, as its vendor profile says where they are.

Rows are looked for by walks, at a slow pace, and then asked for directly. What a sensor cannot give never costs
another one its value; what the answers mean is in ``sensor_values``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from .interface_lookup import agent_restarted
from .profile import Profile
from .profile_choice import AUTO, ProfileChoice, choose_profile
from .readings import Quantity, SensorReading, SensorsReading, SystemReading
from .sensor_index import LATEST
from .sensor_rows import NOTHING_FOUND, FoundRows, SensorRows, existing_columns
from .sensor_values import objects_of, value_of
from .snmp.batch import BatchReader
from .snmp.ber import Missing, Oid, Value, parse_oid
from .snmp.client import SnmpClient
from .snmp.errors import RequestTimeout, SnmpError
from .system_group import read_system

LOOK_AGAIN_S: Final = 900.0
"""Rows are looked for again this long after they were found, or not found."""
LOOK_SOON_S: Final = 300.0
"""The same after a walk that failed or broke off, and when a row has gone."""
LOOKING_LIMIT_S: Final = 20.0
"""What one poll may spend on looking for rows; the rest is for the next one."""
SENSORS_KEPT: Final = 500
"""So many sensors of one device are shown at most."""


@dataclass(slots=True)
class _Place:
    """What is known of one sensor of the profile on this device."""

    rows: SensorRows
    found: FoundRows = NOTHING_FOUND
    looked_at: float = 0.0
    look_at: float = 0.0
    """When rows are to be looked for."""
    problem: str = ""
    """Why its rows could not be found, or not all of them."""
    unread: str = ""
    """Why its rows could not be read in the last poll."""


class SensorPoller:
    """Polls the sensors of one device, and remembers where they are."""

    def __init__(
        self,
        client: SnmpClient,
        reader: BatchReader,
        profiles: Sequence[Profile],
        clock: Callable[[], float],
        wanted: str = AUTO,
        legacy_charset: str | None = None,
    ) -> None:
        self.target = reader.target
        self._client = client
        self._reader = reader
        self._profiles = profiles
        self._clock = clock
        self._wanted = wanted
        self._legacy_charset = legacy_charset
        self._identity: tuple[str, str] | None = None
        self._choice: ProfileChoice | None = None
        self._places: list[_Place] = []
        self._uptime: tuple[int, float] | None = None
        self._asked: list[FoundRows] = []
        """The rows that were read last, mostly the same as in the next poll."""
        self._objects_apart: list[list[Oid]] = []
        """What is asked for them, row by row."""
        self._objects: tuple[Oid, ...] = ()
        """All of that in one."""

    async def poll(self) -> SensorsReading:
        """Read the system group and all sensors once.

        Raises
        ------
        SnmpError
            The device did not answer to its system group, or refused it. What goes wrong with a sensor is among
            the problems of the result.
        """
        system = await read_system(self._reader, self._legacy_charset)
        choice = self._choose(system)
        if self._restarted(system.sys_uptime_ticks):
            for place in self._places:
                place.found, place.look_at = NOTHING_FOUND, 0.0
        await self._look()
        readings, dropped = self._named(await self._read())
        return SensorsReading(
            system=system,
            profile=choice.profile.name,
            vendor=choice.profile.vendor,
            why=choice.why,
            sensors=tuple(readings),
            problems=tuple(text for place in self._places if (text := place.unread or place.problem)),
            dropped=dropped + sum(place.found.dropped for place in self._places),
        )

    def _choose(self, system: SystemReading) -> ProfileChoice:
        """Return the device's profile; another kind of device at the address starts anew."""
        identity = (system.sys_object_id, system.sys_descr)
        if self._choice is None or identity != self._identity:
            object_id = parse_oid(system.sys_object_id) if system.sys_object_id else None
            choice = choose_profile(self._profiles, object_id, system.sys_descr, self._wanted)
            if self._choice is None or choice.profile is not self._choice.profile:
                self._places = [
                    _Place(SensorRows(self._client, self._reader, sensor, self._legacy_charset))
                    for sensor in choice.profile.sensors
                ]
            self._identity, self._choice = identity, choice
        return self._choice

    def _restarted(self, ticks: int | None) -> bool:
        """Tell whether the agent restarted since the last poll, so that rows may have other numbers."""
        now, before = self._clock(), self._uptime
        self._uptime = None if ticks is None else (ticks, now)
        return ticks is not None and before is not None and agent_restarted(before[0], ticks, now - before[1])

    async def _look(self) -> None:
        """Look for the rows of the sensors whose time has come, the longest due first, as time permits."""
        now = self._clock()
        due = sorted((p for p in self._places if p.look_at <= now), key=lambda place: place.look_at)
        if not due:
            return
        self._reader.forget_absent()
        present = await self._probe(due)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + LOOKING_LIMIT_S
        for place in due:
            if loop.time() > deadline:
                break  # it stays due
            await self._look_for(place, present, now)

    async def _probe(self, due: Sequence[_Place]) -> frozenset[Oid] | None:
        """Return which of the columns exist, ``None`` when that cannot be told."""
        columns = list(dict.fromkeys(column for place in due for column in place.rows.columns))
        try:
            return await existing_columns(self._client, self._reader, columns)
        except SnmpError:
            return None

    async def _look_for(self, place: _Place, present: frozenset[Oid] | None, now: float) -> None:
        place.problem, place.looked_at = "", now
        try:
            found = await place.rows.find(present, place.found)
        except SnmpError as error:
            place.problem = f"{place.rows.title}: {error or error.reason}"
            place.look_at = now + LOOK_SOON_S
            return
        place.found = found
        place.look_at = now + (LOOK_SOON_S if found.partial else LOOK_AGAIN_S)
        if found.sensor and LATEST in found.sensor.index:
            place.look_at = now  # its rows are others after each run of what the device measures
        if found.partial:
            place.problem = f"{place.rows.title}: rows read in part only: {found.partial}"

    async def _read(self) -> list[tuple[_Place, list[Value]]]:
        """Return the values of every place with rows, in the order of its rows and objects."""
        places = [place for place in self._places if place.found.rows]
        for place in self._places:
            place.unread = ""
        if not places:
            return []
        found = [place.found for place in places]
        if found != self._asked:
            self._asked, self._objects_apart = found, [_objects(rows) for rows in found]
            self._objects = tuple(oid for oids in self._objects_apart for oid in oids)
        wanted = self._objects_apart
        try:
            values = await self._reader.read(self._objects)
        except SnmpError:
            return await self._read_apart(places, wanted)
        following = iter(values)
        return [(place, [next(following) for _ in oids]) for place, oids in zip(places, wanted, strict=True)]

    async def _read_apart(
        self, places: Sequence[_Place], wanted: Sequence[Sequence[Oid]]
    ) -> list[tuple[_Place, list[Value]]]:
        """Read each sensor by itself, so that one that fails does not hide the others.

        After two that got no answer the others are left for the next poll.
        """
        read: list[tuple[_Place, list[Value]]] = []
        silent = 0
        for place, oids in zip(places, wanted, strict=True):
            if silent == 2:
                place.unread = f"{place.rows.title}: not asked, the device does not answer"
                continue
            try:
                read.append((place, await self._reader.read(oids)))
            except SnmpError as error:
                silent = silent + 1 if isinstance(error, RequestTimeout) else silent
                place.unread = f"{place.rows.title}: {error or error.reason}"
            else:
                silent = 0
        return read

    def _named(self, read: Sequence[tuple[_Place, list[Value]]]) -> tuple[list[SensorReading], int]:
        """Return the readings, and how many were too many.

        Rows of one sensor that have the same name are told apart by their index. Where two sensors of a profile
        have the same name for a quantity, the first one is shown.
        """
        shown: dict[tuple[Quantity, str], SensorReading] = {}
        dropped = 0
        for place, values in read:
            before = frozenset(shown)
            for reading, index in self._read_rows(place, values):
                key = (reading.quantity, reading.name)
                if key in before:
                    continue
                if key in shown:
                    key = (reading.quantity, f"{reading.name} ({'.'.join(map(str, index))})")
                if len(shown) >= SENSORS_KEPT:
                    dropped += 1
                else:
                    shown[key] = SensorReading(*key, reading.value)
        return list(shown.values()), dropped

    def _read_rows(self, place: _Place, values: Sequence[Value]) -> Iterator[tuple[SensorReading, Oid]]:
        """Yield the readings of a place with their indexes; a row that has gone is soon looked for again."""
        sensor = place.found.sensor
        if sensor is None:
            return
        width = len(objects_of(sensor))
        for number, row in enumerate(place.found.rows):
            raw = values[number * width : (number + 1) * width]
            if isinstance(raw[0], Missing):
                place.look_at = min(place.look_at, place.looked_at + LOOK_SOON_S)
            value = value_of(sensor, row, raw)
            if value is not None:
                yield SensorReading(sensor.quantity, row.name, value), row.index


def _objects(found: FoundRows) -> list[Oid]:
    """Return what is asked in every poll, row by row."""
    objects = objects_of(found.sensor) if found.sensor else ()
    return [(*item.oid, *row.index) for row in found.rows for item in objects]
