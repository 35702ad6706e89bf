"""When each endpoint was last in a good call, as ``phusong.db`` has it; read beside the running agent."""

from __future__ import annotations

from pathlib import Path

from phusong.exporters.snapshot import Verdict

from .state_access import reading
from .state_tables import HISTORY_VERSION


def read_last_good_calls(state_folder: Path, now: float) -> dict[str, float] | None:
    """Return, by endpoint, until when its last good call lasted, in Unix seconds; ``None`` without a record.

    A call that lasts has been seen until the last moment on record.

    Raises
    ------
    StateFileProblem
        The file cannot be read.
    """
    with reading(state_folder, HISTORY_VERSION) as connection:
        if connection is None:
            return None
        (until,) = connection.execute("SELECT max(end) FROM stretch").fetchone()
        if until is None:
            return None
        found = connection.execute(
            "SELECT id, max(coalesce(end, ?)) FROM period WHERE what = 'endpoint' AND verdict = ? GROUP BY id",
            (min(until, now), Verdict.IN_CALL.value),
        )
        return dict(found.fetchall())
