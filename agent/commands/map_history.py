"""What the map page plays back, read from ``phusong.db`` beside the running agent or after it."""

from __future__ import annotations

import sqlite3
from itertools import groupby
from pathlib import Path

from phusong.agent.state.history_tables import read_periods, read_stretches
from phusong.agent.state.outages import gaps
from phusong.agent.state.state_access import reading
from phusong.agent.state.state_tables import HISTORY_VERSION
from phusong.maps.state_history import StateHistory, StatePeriod


def read_map_history(state_folder: Path, begin: float, end: float) -> StateHistory | None:
    """Return what is recorded from ``begin`` to ``end`` (Unix time), as far as the record goes.

    It begins and ends with the record where that is shorter: what was before an agent was there at all is no gap,
    and what lasts has been seen until the last moment on record and no later. ``None`` where nothing is recorded:
    there is no file, no history in it yet, or nothing of this time.

    Raises
    ------
    StateFileProblem
        The file cannot be read.
    """
    with reading(state_folder, HISTORY_VERSION) as connection:
        if connection is None:
            return None
        connection.execute("BEGIN")  # one view of everything, while the agent writes on
        return _read(connection, begin, end)


def _read(connection: sqlite3.Connection, begin: float, end: float) -> StateHistory | None:
    since, until = connection.execute("SELECT min(begin), max(end) FROM stretch").fetchone()
    if since is None:
        return None
    begin, end = max(begin, since), min(end, until)
    if begin >= end:
        return None
    return StateHistory(
        begin=begin,
        end=end,
        links=_periods(connection, "link", begin, end),
        endpoints=_periods(connection, "endpoint", begin, end),
        sites=_periods(connection, "site", begin, end),
        gaps=tuple(gaps(read_stretches(connection, begin, end), begin, end)),
    )


def _periods(
    connection: sqlite3.Connection, what: str, begin: float, end: float
) -> dict[str, tuple[StatePeriod, ...]]:
    found = groupby(read_periods(connection, what, begin, end), key=lambda period: period.item_id)
    return {
        item_id: tuple(StatePeriod(period.begin, period.end, period.verdict) for period in periods)
        for item_id, periods in found
    }
