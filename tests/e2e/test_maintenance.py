"""Planned work by command: a real agent on the simulated province, and commands beside it."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from processes import CLI, fetch, free_port, run_cli, running, samples, simulated_province, stop_and_wait, wait_for

SOON_S = 8.0
"""What is entered shows within 2 s, with some for a machine that has other work; rows are looked at every 10 s."""
LINK, CARRIER = "qn-l001", "Carrier B"


@dataclass
class Watch:
    """The files of an agent and where it answers."""

    folder: Path
    url: str

    @property
    def config(self) -> Path:
        return self.folder / "phusong.yaml"

    def cli(self, *words: str, code: int = 0) -> str:
        """Run a command on the configuration and return what it prints."""
        done = run_cli(*words, "--config", self.config, timeout_s=30)
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    def excused(self) -> set[str]:
        """Return the links in maintenance, of the metrics page."""
        found = samples(fetch(f"{self.url}/metrics"), "wan_link_verdict")
        wanted = re.compile(r'\{link="([^"]+)",verdict="maintenance"\}')
        return {match[1] for labels, value in found.items() if value == 1 and (match := wanted.fullmatch(labels))}

    def recorded(self) -> set[str]:
        """Return the links whose lasting period is maintenance, of the state file."""
        question = "SELECT id FROM period WHERE what = 'link' AND end IS NULL AND verdict = 'maintenance'"
        with closing(sqlite3.connect(f"file:{self.folder / 'state/phusong.db'}?mode=ro", uri=True)) as connection:
            return {row[0] for row in connection.execute(question)}

    def soon(self, *links: str, out: bool = False) -> None:
        """Wait until these links are in maintenance (or no more), on page and in file, and not for long."""
        began = time.monotonic()
        for where in (self.excused, self.recorded):
            wait_for(
                lambda where=where: where().isdisjoint(links) if out else where().issuperset(links),  # type: ignore[misc]
                f"{links} in {where.__name__}",
            )
        assert time.monotonic() - began < SOON_S


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    """Serve the province; a test runs the agent itself."""
    port = free_port()
    with simulated_province(tmp_path / "province", listen=f"127.0.0.1:{port}"):
        yield Watch(tmp_path / "province", f"http://127.0.0.1:{port}")


def test_windows_by_command(watch: Watch, tmp_path: Path) -> None:
    """Entered before the agent, beside it, over kill -9 and a reload; ended at once; history keeps all of it."""
    command = [*CLI, "run", "--config", watch.config]
    assert "Window 1 (active): link" in watch.cli(
        "maintenance", "add", LINK, "--for", "2h", "--reason", "thay cáp"
    )
    assert "no agent runs" in watch.cli("status", code=1)
    with running(command, tmp_path / "first.log") as process:
        wait_for(lambda: fetch(f"{watch.url}/-/ready"), "the first full cycle", patience_s=90)
        planned = watch.excused() - {LINK}
        assert LINK in watch.excused()
        told = watch.cli("maintenance", "add", CARRIER, "--for", "2h", "--reason", "nâng cấp")
        window = re.match(r"Window 2 \(active\): carrier .* covers (\d+) links", told)
        assert window, told
        watch.soon("qn-l001")
        wait_for(lambda: len(watch.excused() | {LINK}) >= int(window[1]), "all of the carrier")
        covered = watch.excused() - planned
        watch.soon(*covered)
        status = json.loads(watch.cli("status", "--json"))
        assert (status["pid"], status["links"], status["endpoints"]) == (process.pid, 345, 239)
        assert status["windows"] == {"active": 3, "planned": 0}
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert "no agent runs" in watch.cli("status", code=1)
    watch.cli("maintenance", "end", "1")
    with running(command, tmp_path / "second.log") as process:
        wait_for(lambda: fetch(f"{watch.url}/-/ready"), "the first full cycle after kill -9", patience_s=90)
        assert watch.excused() == covered | planned
        assert f"process {process.pid}" in watch.cli("status")
        process.send_signal(signal.SIGHUP)
        wait_for(lambda: "reloaded" in (tmp_path / "second.log").read_text(), "the reload")
        watch.soon(*covered)
        watch.cli("maintenance", "end", "2")
        watch.soon(*covered, out=True)
        page = fetch(f"{watch.url}/metrics")
        assert samples(page, "wan_maintenance_windows") == {'{state="active"}': 1, '{state="planned"}': 0}
        verdicts = {
            match[2]
            for labels, value in samples(page, "wan_link_verdict").items()
            if value == 1
            and (match := re.match(r'\{link="([^"]+)",verdict="([^"]+)"', labels))
            and match[1] in covered
        }
        assert {"up", "down"} <= verdicts  # what they are, not one answer for all
        assert stop_and_wait(process)[0] == 0
    assert not (watch.folder / "state/control.sock").exists()
    everything = json.loads(watch.cli("maintenance", "list", "--all", "--json"))
    assert {row["id"]: row["state"] for row in everything} == {
        "1": "over",
        "2": "over",
        "maintenance.csv:2": "active",
    }
    for log in ("first.log", "second.log"):
        assert "Traceback" not in (tmp_path / log).read_text()
    with closing(sqlite3.connect(watch.folder / "state/phusong.db")) as connection:
        question = "SELECT count(*) FROM period WHERE verdict = 'maintenance' AND end > begin AND id = ?"
        assert all(connection.execute(question, (link,)).fetchone() == (1,) for link in covered)


def test_two_commands_at_once(watch: Watch) -> None:
    """Each window is there once, with a number of its own, also when the file is made by them."""
    words = ("maintenance", "add", LINK, "--for", "1h", "--reason", "x", "--config", watch.config)
    commands = [
        subprocess.Popen([*CLI, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    answers = [command.communicate(timeout=60) for command in commands]
    assert [command.returncode for command in commands] == [0] * 4, answers
    assert sorted(told.partition(" (")[0] for told, _ in answers) == [f"Window {n}" for n in (1, 2, 3, 4)]
