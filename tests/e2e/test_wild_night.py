"""A night of cuts, restarts and planned work over the simulated province: what the record of it must be."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
from collections import defaultdict
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from processes import CLI, fetch, free_port, run_cli, running, simulated_province, wait_for

PATIENCE_S = 60.0
CUT, HUB = "qn-l010", "qn-hub2"


class Row(NamedTuple):
    """A row of the table ``period``."""

    what: str
    item_id: str
    begin: float
    end: float | None
    verdict: str
    cause: str


def ask(folder: Path, question: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{folder / 'state/phusong.db'}?mode=ro", uri=True)) as connection:
        return connection.execute(question).fetchall()


def periods(folder: Path) -> list[Row]:
    return [Row(*row) for row in ask(folder, "SELECT * FROM period ORDER BY what, id, begin")]


def lasts(folder: Path, item_id: str) -> str:
    """Return what a thing is now, of the record."""
    return next((row.verdict for row in periods(folder) if row.item_id == item_id and row.end is None), "")


def check(folder: Path) -> None:
    """Nothing overlaps, ends before it begins or lasts twice; a hole begins where an agent ended."""
    of: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in periods(folder):
        of[row.what, row.item_id].append(row)
    stretches = ask(folder, "SELECT begin, end FROM stretch ORDER BY begin")
    assert all(begin <= end for begin, end in stretches)
    assert all(one[1] <= two[0] for one, two in pairwise(stretches))
    for key, rows in of.items():
        assert all(row.end is None or row.begin < row.end for row in rows), key
        for one, two in pairwise(rows):
            assert one.end is not None, key
            assert one.end <= two.begin, key
            assert (one.end, one.verdict) != (two.begin, two.verdict), key
            gone_since = max(end for _, end in stretches if end <= two.begin) if one.end < two.begin else one.end
            assert one.end == gone_since, (key, one, two)


def test_the_record_of_a_wild_night_holds_together(tmp_path: Path) -> None:
    """A line, a hub and a carrier fail, work is entered and ended, and the agent dies in the middle of that."""
    port, folder = free_port(), tmp_path / "province"
    config, cuts = folder / "phusong.yaml", folder / "cuts.txt"

    def phusong(*words: object) -> str:
        done = run_cli(*words, "--config", config)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def ready() -> str:
        return fetch(f"http://127.0.0.1:{port}/-/ready")

    with simulated_province(folder, listen=f"127.0.0.1:{port}"):
        text = config.read_text(encoding="utf-8").replace("interval: 30s", "interval: 3s")
        config.write_text(text.replace("interval: 10s", "interval: 2s"), encoding="utf-8")
        command = [*CLI, "run", "--config", config]

        def die(agent: subprocess.Popen[str]) -> None:
            os.kill(agent.pid, signal.SIGKILL)
            agent.wait()
            check(folder)

        with running(command, tmp_path / "first.log") as agent:
            wait_for(ready, "the first cycle", patience_s=PATIENCE_S)
            cuts.write_text(f"{CUT}\n{HUB}\n")
            wait_for(lambda: lasts(folder, CUT) == "down", "the cut line", patience_s=PATIENCE_S)
            (begin,) = {row.begin for row in periods(folder) if row.item_id == CUT and row.end is None}
            die(agent)
        cuts.write_text(f"{CUT}\n")
        with running(command, tmp_path / "second.log") as agent:
            wait_for(ready, "the second cycle", patience_s=PATIENCE_S)
            phusong("maintenance", "add", "Carrier A", "--for", "2h", "--reason", "wild <b>night</b>")
            phusong("maintenance", "add", CUT, "--for", "2h", "--reason", "splicing")
            wait_for(lambda: lasts(folder, CUT) == "maintenance", "the work", patience_s=PATIENCE_S)
            cuts.write_text("Carrier A\n")
            phusong("maintenance", "end", "1")
            agent.send_signal(signal.SIGHUP)
            wait_for(
                lambda: any(row.verdict == "down" and row.begin > begin + 1 for row in periods(folder)),
                "the carrier's fault",
                patience_s=PATIENCE_S,
            )
            die(agent)
        cuts.write_text("")
        with running(command, tmp_path / "third.log"):
            wait_for(ready, "the third cycle", patience_s=PATIENCE_S)
            phusong("maintenance", "end", "2")
            wait_for(lambda: lasts(folder, CUT) == "up", "the end of the night", patience_s=PATIENCE_S)
            assert "qn-l010" in phusong("explain", CUT)
        check(folder)
        of_the_cut = [row for row in periods(folder) if row.item_id == CUT]
        assert next(row.begin for row in of_the_cut if row.verdict == "down") == begin
        assert "maintenance" in {row.verdict for row in of_the_cut}
        assert len(ask(folder, "SELECT begin, end FROM stretch")) == 3
