"""The tables of ``phusong.db`` that hold what was: periods, the agent's presence, hours.

Moments are Unix seconds. How large the file can get follows from ``KEPT_DAYS``, ``MOST_PERIODS`` and the
inventory: the sum stands in docs/history.md, and a test holds it to what SQLite really writes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import astuple
from math import isfinite

from .hourly import LinkHour
from .outages import Batch, Period, Remembered, Stretch

HISTORY_TABLES = (
    """CREATE TABLE period (
        what TEXT NOT NULL,                 -- link, endpoint or site
        id TEXT NOT NULL,
        begin REAL NOT NULL,
        end REAL,                           -- null: it lasts
        verdict TEXT NOT NULL,
        cause TEXT NOT NULL,
        PRIMARY KEY (what, id, begin)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE stretch (                 -- when an agent was there
        begin REAL NOT NULL PRIMARY KEY,
        end REAL NOT NULL
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE link_hour (
        hour INTEGER NOT NULL,              -- Unix time / 3600
        link_id TEXT NOT NULL,
        seconds INTEGER NOT NULL,           -- for how much of it the traffic is known
        polls INTEGER NOT NULL,
        down_bytes INTEGER NOT NULL,        -- towards the office
        up_bytes INTEGER NOT NULL,
        down_p95 INTEGER NOT NULL,          -- bytes per second, of the polls of the hour
        up_p95 INTEGER NOT NULL,
        down_max INTEGER NOT NULL,
        up_max INTEGER NOT NULL,
        pings_sent INTEGER NOT NULL,
        pings_answered INTEGER NOT NULL,
        rtt_avg_us INTEGER,
        rtt_max_us INTEGER,
        PRIMARY KEY (hour, link_id)
    ) STRICT, WITHOUT ROWID""",
)
KEPT_DAYS = 400
"""A month of the year before can still be reported."""
MOST_PERIODS = 1_000_000
"""Of more than so many the oldest are dropped, and the time in which they began counts as a gap."""
DAY_S = 86_400
INTEGER_MAX = 2**63 - 1


def write_batch(connection: sqlite3.Connection, batch: Batch) -> None:
    """Write what changed; belongs into a transaction, and does no harm when it is done twice."""
    at = batch.take_back_to
    if at is not None:
        connection.execute("DELETE FROM period WHERE begin >= ?", (at,))
        connection.execute("UPDATE period SET end = ? WHERE end > ?", (at, at))
        connection.execute("DELETE FROM stretch WHERE begin >= ?", (at,))
        connection.execute("UPDATE stretch SET end = ? WHERE end > ?", (at, at))
    connection.executemany(
        "INSERT INTO period VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE"
        " SET end = excluded.end, verdict = excluded.verdict, cause = excluded.cause",
        ((p.what, p.item_id, p.begin, p.end, p.verdict, p.cause) for p in batch.periods),
    )
    connection.executemany(
        "INSERT INTO stretch VALUES (?, ?) ON CONFLICT DO UPDATE SET end = max(end, excluded.end)",
        ((stretch.begin, stretch.end) for stretch in batch.stretches),
    )


def read_remembered(connection: sqlite3.Connection) -> Remembered:
    """Return what an agent needs to go on: what lasts, and until when the record goes."""
    rows = connection.execute("SELECT * FROM period WHERE end IS NULL ORDER BY begin")
    (until,) = connection.execute("SELECT max(end) FROM stretch").fetchone()
    return Remembered({period.key: period for period in _periods(rows)}, until)


def read_periods(connection: sqlite3.Connection, what: str, begin: float, end: float) -> Iterator[Period]:
    """Return the periods of links, endpoints or sites that touch the time from ``begin`` to ``end``, by id."""
    return _periods(
        connection.execute(
            "SELECT * FROM period WHERE what = ? AND begin < ? AND (end IS NULL OR end > ?) ORDER BY id, begin",
            (what, end, begin),
        )
    )


def read_stretches(connection: sqlite3.Connection, begin: float, end: float) -> list[Stretch]:
    """Return when an agent was there, as far as it touches the time from ``begin`` to ``end``."""
    rows = connection.execute(
        "SELECT begin, end FROM stretch WHERE begin < ? AND end > ? ORDER BY begin", (end, begin)
    )
    return [Stretch(*row) for row in rows if isfinite(row[0]) and isfinite(row[1])]


def _periods(rows: Iterable[tuple[str, str, float, float | None, str, str]]) -> Iterator[Period]:
    for row in rows:
        begin, end = row[2], row[3]
        if isfinite(begin) and (end is None or isfinite(end)):
            yield Period(*row)


def write_hours(connection: sqlite3.Connection, hours: Iterable[LinkHour]) -> None:
    """Write hours of links, in place of what there is of them."""
    connection.executemany(
        "INSERT OR REPLACE INTO link_hour VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (tuple(min(v, INTEGER_MAX) if isinstance(v, int) else v for v in astuple(hour)) for hour in hours),
    )


def read_hours(connection: sqlite3.Connection, begin: int, end: int) -> Iterator[LinkHour]:
    """Return the hours (Unix time / 3600) from ``begin`` to before ``end``, in order."""
    rows = connection.execute(
        "SELECT * FROM link_hour WHERE hour >= ? AND hour < ? ORDER BY hour, link_id", (begin, end)
    )
    return (LinkHour(*row) for row in rows)


def prune(connection: sqlite3.Connection, now: float) -> int:
    """Forget what is older than ``KEPT_DAYS`` or too much; return how many periods that were."""
    oldest = now - KEPT_DAYS * DAY_S
    (count,) = connection.execute("SELECT count(*) FROM period").fetchone()
    if count > MOST_PERIODS:
        row = connection.execute(
            "SELECT begin FROM period ORDER BY begin LIMIT 1 OFFSET ?", (int(count - 0.95 * MOST_PERIODS),)
        ).fetchone()
        oldest = max(oldest, row[0])
    dropped = connection.execute("DELETE FROM period WHERE end IS NOT NULL AND end <= ?", (oldest,)).rowcount
    connection.execute("DELETE FROM stretch WHERE end <= ?", (oldest,))
    connection.execute("UPDATE stretch SET begin = ? WHERE begin < ?", (oldest, oldest))
    connection.execute("DELETE FROM link_hour WHERE hour < ?", (int(oldest) // 3600,))
    connection.execute("DELETE FROM maintenance WHERE end <= ?", (now - KEPT_DAYS * DAY_S,))
    return dropped
