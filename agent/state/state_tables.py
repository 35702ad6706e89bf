"""The tables of ``phusong.db`` and how values become rows of them and rows values.

Whatever a row says is checked like any other input: one that makes no sense is left out, as if it had not been
written. Moments are Unix seconds in the file and on a clock that never steps in the program: ``shift_s`` leads
from the one to the other.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from math import isfinite
from typing import Any, TypeAlias

from phusong.collectors.interface_lookup import Column, InterfaceSelector
from phusong.collectors.interface_memory import DeviceIdentity, InterfaceMemory, remembered_reading
from phusong.collectors.rates import Sample

from .device_memory import AskedKey, BytesCarried, DeviceMemory, LinkEndKey, Memory
from .history_tables import HISTORY_TABLES
from .maintenance_table import MAINTENANCE_TABLE

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE asked (
            kind TEXT NOT NULL,                 -- device or endpoint
            id TEXT NOT NULL,
            address TEXT NOT NULL,              -- address:port of the inventory
            objects_per_request INTEGER,
            bulk_repetitions INTEGER,
            engine_id BLOB,                     -- SNMPv3, pinned
            read_at REAL,                       -- when the next three were read
            sys_uptime_ticks INTEGER,
            table_change_ticks INTEGER,
            sys_object_id TEXT,
            sys_name TEXT,
            snmp_engine_id BLOB,                -- as the device names it (SNMP-FRAMEWORK-MIB)
            agent_restarts INTEGER,
            PRIMARY KEY (kind, id)
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE interface (
            device_id TEXT NOT NULL,
            wanted_column TEXT NOT NULL,        -- name, alias, descr or index
            wanted_text TEXT NOT NULL,
            if_index INTEGER NOT NULL,
            if_name TEXT NOT NULL,
            read_at REAL NOT NULL,
            sys_uptime_ticks INTEGER,
            discontinuity_ticks INTEGER,
            octets_bits INTEGER,
            in_octets TEXT,                     -- up to 2^64 - 1: more than INTEGER holds
            out_octets TEXT,
            PRIMARY KEY (device_id, wanted_column, wanted_text)
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE carried (
            link_id TEXT NOT NULL,
            link_end TEXT NOT NULL,             -- near or far
            received_bytes TEXT NOT NULL,
            sent_bytes TEXT NOT NULL,
            PRIMARY KEY (link_id, link_end)
        ) STRICT, WITHOUT ROWID""",
    ),
    HISTORY_TABLES,
    MAINTENANCE_TABLE,
)
"""One entry per version of the format (``user_version``); entries are added, never changed."""
HISTORY_VERSION = 1 + MIGRATIONS.index(HISTORY_TABLES)
"""From which version on there is a history."""
MAINTENANCE_VERSION = 1 + MIGRATIONS.index(MAINTENANCE_TABLE)
"""From which version on there is a table of maintenance windows."""

Value: TypeAlias = str | bytes | int | float | None
COUNTER_DIGITS = 30
INTEGER_END = 2**63
"""SQLite's integers end here; a device may say more."""


def write_memory(connection: sqlite3.Connection, memory: Memory, shift_s: float) -> None:
    """Replace what the tables hold; belongs into a transaction. ``shift_s``: from our clock to Unix time."""
    for table in ("asked", "interface", "carried"):
        connection.execute(f"DELETE FROM {table}")  # noqa: S608  # one of three names
    _insert_memory(connection, memory, shift_s)


def update_memory(connection: sqlite3.Connection, memory: Memory, shift_s: float) -> None:
    """Replace what the tables hold of the devices and lines in ``memory``; else as ``write_memory``."""
    connection.executemany("DELETE FROM asked WHERE kind = ? AND id = ?", memory.devices)
    devices = [(device_id,) for kind, device_id in memory.devices if kind == "device"]
    connection.executemany("DELETE FROM interface WHERE device_id = ?", devices)
    connection.executemany("DELETE FROM carried WHERE link_id = ? AND link_end = ?", memory.carried)
    _insert_memory(connection, memory, shift_s)


def _insert_memory(connection: sqlite3.Connection, memory: Memory, shift_s: float) -> None:
    _insert(connection, "asked", 13, (_asked_row(key, device, shift_s) for key, device in memory.devices.items()))
    _insert(
        connection,
        "interface",
        11,
        (
            row
            for (kind, device_id), device in memory.devices.items()
            if kind == "device" and device.interfaces
            for row in _interface_rows(device_id, device.interfaces, shift_s)
        ),
    )
    _insert(
        connection,
        "carried",
        4,
        ((*key, str(carried.received), str(carried.sent)) for key, carried in memory.carried.items()),
    )


def read_memory(connection: sqlite3.Connection, shift_s: float) -> Memory:
    """Return what the tables hold; ``shift_s`` leads from Unix time to our clock."""
    samples: dict[str, dict[InterfaceSelector, Sample]] = {}
    for row in connection.execute("SELECT * FROM interface"):
        found = _sensible(_sample, row, shift_s)
        if found is not None:
            selector, sample = found
            samples.setdefault(row[0], {})[selector] = sample
    devices: dict[AskedKey, DeviceMemory] = {}
    for row in connection.execute("SELECT * FROM asked"):
        device = _sensible(_device_memory, row, samples.get(row[1], {}) if row[0] == "device" else {}, shift_s)
        if device is not None:
            devices[row[0], row[1]] = device
    carried: dict[LinkEndKey, BytesCarried] = {}
    for link_id, link_end, received, sent in connection.execute(
        "SELECT link_id, link_end, received_bytes, sent_bytes FROM carried"
    ):
        amount = _sensible(lambda *texts: BytesCarried(*map(_counter, texts)), received, sent)
        if amount is not None:
            carried[link_id, link_end] = amount
    return Memory(devices, carried)


def _insert(connection: sqlite3.Connection, table: str, columns: int, rows: Iterable[tuple[Value, ...]]) -> None:
    """Insert rows; one with a number that the file cannot hold is left out."""
    connection.executemany(
        f"INSERT INTO {table} VALUES ({', '.join('?' * columns)})",  # noqa: S608  # one of three names
        (row for row in rows if all(value < INTEGER_END for value in row if isinstance(value, int))),
    )


def _asked_row(key: AskedKey, device: DeviceMemory, shift_s: float) -> tuple[Value, ...]:
    interfaces = device.interfaces
    return (
        *key,
        device.address,
        device.objects_per_request,
        device.bulk_repetitions,
        device.engine_id,
        *(
            (
                interfaces.read_at_s + shift_s,
                interfaces.sys_uptime_ticks,
                interfaces.table_change_ticks,
                interfaces.identity.sys_object_id,
                interfaces.identity.sys_name,
                interfaces.identity.engine_id,
                interfaces.agent_restarts,
            )
            if interfaces
            else (None,) * 7
        ),
    )


def _interface_rows(device_id: str, interfaces: InterfaceMemory, shift_s: float) -> Iterator[tuple[Value, ...]]:
    for selector, sample in interfaces.samples.items():
        reading = sample.reading
        yield (
            device_id,
            selector.column.value,
            selector.text,
            reading.if_index,
            reading.if_name,
            sample.at_s + shift_s,
            reading.sys_uptime_ticks,
            reading.discontinuity_ticks,
            reading.octets_bits,
            None if reading.in_octets is None else str(reading.in_octets),
            None if reading.out_octets is None else str(reading.out_octets),
        )


def _device_memory(row: tuple[Any, ...], samples: dict[InterfaceSelector, Sample], shift_s: float) -> DeviceMemory:
    (_, _, address, objects, repetitions, engine_id, *polled) = row
    read_at, uptime, table_change, sys_object_id, sys_name, snmp_engine_id, restarts = polled
    interfaces = None
    if read_at is not None:
        interfaces = InterfaceMemory(
            read_at_s=_moment(read_at) + shift_s,
            sys_uptime_ticks=_ticks(uptime),
            table_change_ticks=_ticks(table_change),
            identity=DeviceIdentity(sys_object_id or "", snmp_engine_id or b"", sys_name or ""),
            samples=samples,
            agent_restarts=_natural(restarts or 0),
        )
    return DeviceMemory(
        address=address,
        interfaces=interfaces,
        engine_id=engine_id or b"",
        objects_per_request=None if objects is None else max(1, _natural(objects)),
        bulk_repetitions=None if repetitions is None else _natural(repetitions),
    )


def _sample(row: tuple[Any, ...], shift_s: float) -> tuple[InterfaceSelector, Sample]:
    device_id, column, text, if_index, if_name, read_at, uptime, discontinuity, bits, in_octets, out_octets = row
    reading = remembered_reading(
        device_id,
        if_index=_natural(if_index),
        if_name=if_name,
        sys_uptime_ticks=_ticks(uptime),
        discontinuity_ticks=_ticks(discontinuity),
        octets_bits=bits if bits in (32, 64) else None,
        in_octets=None if in_octets is None else _counter(in_octets),
        out_octets=None if out_octets is None else _counter(out_octets),
    )
    return InterfaceSelector(Column(column), text), Sample(reading, _moment(read_at) + shift_s)


def _sensible(make: Any, *arguments: Any) -> Any:
    """Return what ``make`` makes of a row, ``None`` where that is nonsense."""
    try:
        return make(*arguments)
    except (ArithmeticError, TypeError, ValueError):
        return None


def _natural(value: int) -> int:
    if value < 0:
        raise ValueError(value)
    return value


def _ticks(value: int | None) -> int | None:
    return None if value is None else _natural(value)


def _counter(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= COUNTER_DIGITS):
        raise ValueError(text)
    return int(text)


def _moment(value: float) -> float:
    if not isfinite(value):
        raise ValueError(value)
    return value
