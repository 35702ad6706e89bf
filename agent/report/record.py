"""What ``phusong.db`` says about a range: read beside the running agent, in one view of the file."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Final

from phusong.agent.input.settings import LOCAL_TIME
from phusong.agent.state.history_tables import read_periods, read_stretches
from phusong.agent.state.hourly import HOUR_S
from phusong.agent.state.outages import Period, Stretch
from phusong.agent.state.state_file import Unusable, check, connect_read_only
from phusong.agent.state.state_tables import HISTORY_VERSION

from .date_range import DateRange
from .link_use import LinkUse, sum_use

_HOURS: Final = (
    "SELECT link_id, polls, down_p95, up_p95, down_max, up_max, pings_sent, pings_answered, rtt_avg_us"
    " FROM link_hour WHERE hour >= ? AND hour < ?"
)
"""The hours that begin within a range."""


class RecordError(ValueError):
    """The record cannot be used, or says nothing about the range; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Record:
    """A range, and all that is recorded of it; periods and use by the id of the line."""

    range: DateRange
    is_cut: bool
    """Whether the range ends with the record, because the time that was asked for is not over."""
    stretches: tuple[Stretch, ...]
    periods: dict[str, list[Period]]
    use: dict[str, LinkUse]


def read_record(path: Path, asked: DateRange, now: datetime) -> Record:
    """Read what is recorded of a range; one that is not over ends with the last moment on record.

    Raises
    ------
    RecordError
        The file is missing, another program's, of another version or damaged, or has nothing of the range.
    """
    try:
        with closing(connect_read_only(path)) as connection:
            connection.execute("BEGIN")  # one view of everything, while the agent writes on
            return _read(connection, path, asked, now)
    except Unusable as error:
        remedy = "is 'state' in phusong.yaml the folder of the agent, and has phusong run been there?"
        raise RecordError(f"{path}: {error}; {remedy}") from None
    except sqlite3.OperationalError as error:
        remedy = "is it yours to read, and are the -wal and -shm files beside it?"
        raise RecordError(f"{path}: it cannot be read ({error}); {remedy}") from error
    except sqlite3.DatabaseError as error:
        remedy = "take a copy of it from your backups; the running agent puts a damaged file aside by itself"
        raise RecordError(f"{path}: it is damaged, or no SQLite file ({error}); {remedy}") from error


def _read(connection: sqlite3.Connection, path: Path, asked: DateRange, now: datetime) -> Record:
    if check(connection) < HISTORY_VERSION:
        raise Unusable("it has no history yet: it is empty, or was written by an earlier version")
    since, until = connection.execute("SELECT min(begin), max(end) FROM stretch").fetchone()
    if since is None:
        raise RecordError(f"{path}: nothing is recorded yet; let phusong run watch the lines for a while")
    recorded = DateRange(_local(since), _local(until))
    is_cut = asked.end >= now and asked.end > recorded.end
    found = DateRange(asked.begin, recorded.end if is_cut else asked.end)
    if found.end <= recorded.begin or found.begin >= recorded.end:
        known = " to ".join(moment.isoformat(" ", "minutes") for moment in (recorded.begin, recorded.end))
        raise RecordError(f"{path}: nothing is recorded of this time; the record goes from {known}")
    begin, end = found.begin.timestamp(), found.end.timestamp()
    periods = read_periods(connection, "link", begin, end)
    return Record(
        range=found,
        is_cut=is_cut,
        stretches=tuple(read_stretches(connection, begin, end)),
        periods={link: list(found) for link, found in groupby(periods, key=lambda period: period.item_id)},
        use=sum_use(connection.execute(_HOURS, (begin / HOUR_S, end / HOUR_S))),
    )


def _local(unix_time: float) -> datetime:
    try:
        return datetime.fromtimestamp(unix_time, LOCAL_TIME)
    except (OverflowError, OSError, ValueError):
        raise sqlite3.DatabaseError(f"{unix_time} is no time") from None
