"""Outages over kill -9: a real agent on the simulated province."""

from __future__ import annotations

import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from processes import CLI, free_port, running, simulated_province, wait_for


def ask(folder: Path, question: str) -> list[tuple[Any, Any]]:
    """Ask the state file of an agent that may be running, or not have made it yet."""
    try:
        with closing(sqlite3.connect(f"file:{folder / 'state/phusong.db'}?mode=ro", uri=True)) as connection:
            return connection.execute(question).fetchall()
    except sqlite3.OperationalError as error:
        raise ValueError(str(error)) from error


def outages(folder: Path) -> dict[str, float]:
    """Return the begins of the outages of lines that last, by line, from beside the agent."""
    wanted = "what = 'link' AND end IS NULL AND verdict IN ('down', 'unreachable')"
    return dict(ask(folder, f"SELECT id, begin FROM period WHERE {wanted}"))


def stretches(folder: Path) -> list[tuple[float, float]]:
    return ask(folder, "SELECT begin, end FROM stretch ORDER BY begin")


def test_an_outage_keeps_its_begin_over_kill_9(tmp_path: Path) -> None:
    """What is out is out since the same moment after the restart; the absence lies between two stretches."""
    folder = tmp_path / "province"
    with simulated_province(folder, listen=f"127.0.0.1:{free_port()}"):
        command = [*CLI, "run", "--config", folder / "phusong.yaml"]
        with running(command, tmp_path / "first.log") as agent:
            before = wait_for(lambda: outages(folder), "the first outages")
            os.kill(agent.pid, signal.SIGKILL)
            agent.wait()
        (first,) = stretches(folder)
        with running(command, tmp_path / "second.log"):
            after = wait_for(lambda: len(stretches(folder)) == 2 and outages(folder), "the second stretch")
        assert before.items() <= after.items()
        second = stretches(folder)[1]
        assert first[1] < second[0] <= second[1]
