"""The table of ``phusong.db`` that holds the maintenance windows entered by command.

Moments are Unix seconds. To end a window early is to shorten its row, not to delete it: so it stays known who was
in maintenance and why, until the row is pruned with the rest of the history.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime

from phusong.agent.inventory import MaintenanceWindow

MAINTENANCE_TABLE = (
    """CREATE TABLE maintenance (
        id INTEGER PRIMARY KEY AUTOINCREMENT,   -- no number is given twice
        what TEXT NOT NULL,                 -- the name of a link, site, carrier, endpoint or service
        begin INTEGER NOT NULL,
        end INTEGER NOT NULL,               -- not after begin: it was cancelled
        reason TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        shortened_at INTEGER                -- when somebody last ended it before its time
    ) STRICT""",
    "CREATE INDEX maintenance_end ON maintenance (end)",
)


def add_window(connection: sqlite3.Connection, window: MaintenanceWindow, now: int) -> int:
    """Write a window and return its number; belongs into a transaction."""
    row = (window.what, int(window.begin.timestamp()), int(window.end.timestamp()), window.reason, now)
    cursor = connection.execute(
        "INSERT INTO maintenance (what, begin, end, reason, created_at) VALUES (?, ?, ?, ?, ?)", row
    )
    return int(cursor.lastrowid or 0)


def read_windows(connection: sqlite3.Connection, over_after: float | None = None) -> list[MaintenanceWindow]:
    """Return the windows by their number, all of them or those that end after a time."""
    wanted, values = ("WHERE end > ?", (over_after,)) if over_after is not None else ("", ())
    rows = connection.execute(
        f"SELECT id, what, begin, end, reason FROM maintenance {wanted} ORDER BY id",  # noqa: S608  # our words
        values,
    )
    return [window for row in rows if (window := _window(*row)) is not None]


def find_window(connection: sqlite3.Connection, number: int) -> MaintenanceWindow | None:
    """Return the window of a number, ``None`` where there is none."""
    row = connection.execute(
        "SELECT id, what, begin, end, reason FROM maintenance WHERE id = ?", (number,)
    ).fetchone()
    return _window(*row) if row else None


def shorten_window(connection: sqlite3.Connection, number: int, end: int, now: int) -> None:
    """Let a window end at another time, or at its begin where that is later; belongs into a transaction."""
    connection.execute(
        "UPDATE maintenance SET end = max(begin, ?), shortened_at = ? WHERE id = ?", (end, now, number)
    )


def restore_windows(connection: sqlite3.Connection, windows: Iterable[MaintenanceWindow], now: int) -> None:
    """Write windows under the numbers that they have, where these are free: the file is a new one."""
    connection.executemany(
        "INSERT OR IGNORE INTO maintenance (id, what, begin, end, reason, created_at) VALUES (?, ?, ?, ?, ?, ?)",
        (
            (int(w.window_id), w.what, int(w.begin.timestamp()), int(w.end.timestamp()), w.reason, now)
            for w in windows
        ),
    )


def _window(number: int, what: str, begin: int, end: int, reason: str) -> MaintenanceWindow | None:
    """Return a row as a value; ``None`` where its times are none."""
    try:
        times = (datetime.fromtimestamp(begin, UTC), datetime.fromtimestamp(end, UTC))
    except (ValueError, OverflowError, OSError):
        return None
    return MaintenanceWindow(what, *times, reason, str(number))
