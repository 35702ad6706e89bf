"""Whose fault it is, found by a real agent: a line, a hub and a carrier of the simulated province are cut."""

from __future__ import annotations

import csv
import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from processes import CLI, fetch, free_port, run_cli, running, samples, simulated_province, wait_for

PATIENCE_S = 60.0
"""Polls come every 3 s; a machine with other work may need much longer for a round."""
HUB = "qn-hub2"


@dataclass
class Watch:
    """A running agent and the files of the province that it watches."""

    folder: Path
    url: str

    def cut(self, *names: str) -> None:
        """Cut these, and mend whatever else was cut."""
        (self.folder / "cuts.txt").write_text("".join(f"{name}\n" for name in names), encoding="utf-8")

    def verdicts(self, prefix: str = "wan_link", label: str = "link") -> dict[str, str]:
        """Return the verdict of every line, of the metrics page."""
        pattern = re.compile(rf'\{{{label}="([^"]+)",verdict="([^"]+)"\}}')
        found = samples(fetch(f"{self.url}/metrics"), f"{prefix}_verdict")
        return {
            match[1]: match[2]
            for labels, value in found.items()
            if value == 1 and (match := pattern.fullmatch(labels))
        }

    def lines(self, **wanted: str) -> list[str]:
        """Return the ids of the lines of links.csv with these cells."""
        with (self.folder / "inventory" / "links.csv").open(encoding="utf-8", newline="") as file:
            return [
                row["link_id"]
                for row in csv.DictReader(file)
                if all(row[name] == text for name, text in wanted.items())
            ]

    def ever(self, link_id: str) -> set[str]:
        """Return every verdict that a line has had, of the history."""
        question = "SELECT verdict FROM period WHERE what = 'link' AND id = ?"
        with closing(sqlite3.connect(f"file:{self.folder / 'state/phusong.db'}?mode=ro", uri=True)) as connection:
            return {row[0] for row in connection.execute(question, (link_id,))}

    def explain(self, item_id: str, *words: str) -> str:
        done = run_cli("explain", item_id, *words, "--config", self.folder / "phusong.yaml", timeout_s=30)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    """Start the province and the agent, and wait for the first round."""
    port, folder = free_port(), tmp_path / "province"
    with simulated_province(folder, listen=f"127.0.0.1:{port}"):
        config = folder / "phusong.yaml"
        text = config.read_text(encoding="utf-8").replace("interval: 30s", "interval: 3s")
        config.write_text(text.replace("interval: 10s", "interval: 2s"), encoding="utf-8")
        with running([*CLI, "run", "--config", config], tmp_path / "run.log"):
            watched = Watch(folder, f"http://127.0.0.1:{port}")
            wait_for(lambda: fetch(f"{watched.url}/-/ready"), "the first full cycle", patience_s=PATIENCE_S)
            yield watched


def test_a_dead_hub_is_to_blame_for_all_that_hangs_on_it(watch: Watch) -> None:
    """No line behind it is ever called unreachable or down; when it is back, so are they."""
    behind = watch.lines(near_device=HUB)
    before = watch.verdicts()
    healthy = [link for link in behind if before[link] == "up"]
    assert len(healthy) > 50
    watch.cut(HUB)
    wait_for(
        lambda: {watch.verdicts()[link] for link in healthy} == {"parent_down"},
        "the hub to take the blame",
        patience_s=PATIENCE_S,
    )
    explained = json.loads(watch.explain(healthy[0], "--json"))[0]
    assert (explained["verdict"], explained["cause"], explained["rule"]) == (
        "parent_down",
        f"device {HUB}",
        "parent_device",
    )
    assert f"hangs on device {HUB}" in watch.explain(healthy[0])
    elsewhere = [link for link, verdict in before.items() if verdict == "up" and link not in behind]
    assert {watch.verdicts()[link] for link in elsewhere} <= {"up", "degraded"}
    watch.cut()
    wait_for(
        lambda: {watch.verdicts()[link] for link in healthy} <= {"up", "degraded"},
        "the lines to come back with the hub",
        patience_s=PATIENCE_S,
    )
    wait_for(lambda: all("parent_down" in watch.ever(link) for link in healthy), "the history of it")
    condemned = {link: watch.ever(link) & {"down", "unreachable"} for link in healthy}
    assert not {link: verdicts for link, verdicts in condemned.items() if verdicts}


def test_a_cut_line_is_out_itself_and_its_room_is_not(watch: Watch) -> None:
    """The line is down, the room behind it parent_down because of it, and explain says so."""
    rooms = watch.folder / "inventory" / "endpoints.csv"
    with rooms.open(encoding="utf-8", newline="") as file:
        room_of = {row["parent_link"]: row["endpoint_id"] for row in csv.DictReader(file)}
    links, endpoints = watch.verdicts(), watch.verdicts("vc_endpoint", "endpoint")
    link = next(
        link
        for link, room in room_of.items()
        if links[link] == "up" and endpoints[room] == "ready" and link in watch.lines(role="primary")
    )
    watch.cut(link)
    wait_for(lambda: watch.verdicts()[link] == "down", "the cut line", patience_s=PATIENCE_S)
    room = room_of[link]
    wait_for(
        lambda: watch.verdicts("vc_endpoint", "endpoint")[room] == "parent_down", "its room", patience_s=PATIENCE_S
    )
    assert json.loads(watch.explain(room, "--json"))[0]["cause"] == f"link {link}"
    assert "ifOperStatus" in watch.explain(link)
    assert watch.ever(room) <= {"ready", "parent_down"} if watch.ever(room) else True


def test_nobody_is_explained_whom_nobody_knows(watch: Watch) -> None:
    """An unknown id gets a near one as a hint, a device the way to its lines, and both exit code 2."""
    hub = run_cli("explain", HUB, "--config", watch.folder / "phusong.yaml")
    assert (hub.returncode, "is a device; explain a line" in hub.stderr) == (2, True)
    done = run_cli("explain", "qn-l9999", "--config", watch.folder / "phusong.yaml")
    assert done.returncode == 2
    assert "did you mean 'qn-l" in done.stderr
