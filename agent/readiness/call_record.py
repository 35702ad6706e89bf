"""What ``phusong.db`` knows for a readiness run: when each endpoint was last in a good call, and planned work."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from phusong.agent.inventory import MaintenanceWindow
from phusong.agent.state.maintenance_table import read_windows
from phusong.agent.state.state_access import StateFileProblem, reading
from phusong.agent.state.state_tables import HISTORY_VERSION
from phusong.exporters.snapshot import Verdict


@dataclass(frozen=True, slots=True)
class CallRecord:
    """What is on record; times are Unix seconds."""

    last_good_calls: Mapping[str, float] | None = None
    """By endpoint: until when its last good call lasted; ``None``: nothing is recorded."""
    windows: tuple[MaintenanceWindow, ...] = ()
    """Those that ``phusong maintenance`` entered and that are not over."""
    since: float | None = None
    """When the record begins."""


def read_call_record(state_folder: Path, now: float) -> CallRecord:
    """Return what is on record: nothing where there is no file, or none that can be read.

    A call that lasts has been seen until the last moment on record.
    """
    try:
        with reading(state_folder, HISTORY_VERSION) as connection:
            return _read(connection, now) if connection is not None else CallRecord()
    except StateFileProblem:
        return CallRecord()


def _read(connection: sqlite3.Connection, now: float) -> CallRecord:
    connection.execute("BEGIN")  # one view of everything, while the agent writes on
    windows = tuple(read_windows(connection, over_after=now))
    since, until = connection.execute("SELECT min(begin), max(end) FROM stretch").fetchone()
    if until is None:
        return CallRecord(windows=windows)
    found = connection.execute(
        "SELECT id, max(coalesce(end, ?)) FROM period WHERE what = 'endpoint' AND verdict = ? GROUP BY id",
        (min(until, now), Verdict.IN_CALL.value),
    )
    return CallRecord(dict(found.fetchall()), windows, since)
