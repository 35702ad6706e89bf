"""What the map plays back, out of a file that the agent wrote: all of it, beside the agent; what can go wrong."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from histories import DAY, HOSTILE_LINK, NOVEMBER, NOW, OCTOBER, period, write_province, write_record
from inventories import CONFIG, make_inventory, make_link
from other_user import NOBODY, begin_as_nobody, open_folder
from recording_agent import RecordingAgent, T

from phusong.agent.commands import map_history
from phusong.agent.commands.map_history import read_map_history
from phusong.agent.daemon import state_settings
from phusong.agent.input.settings import LOCAL_TIME
from phusong.agent.judging.fleet_state import FleetState
from phusong.agent.polling.observations import Observations
from phusong.agent.report.date_range import DateRange
from phusong.agent.report.record import read_record
from phusong.agent.report.time_classes import TimeClass, as_ms, divide, presence
from phusong.agent.state.history_tables import write_batch
from phusong.agent.state.outages import Batch, Stretch
from phusong.agent.state.state_access import StateFileProblem
from phusong.agent.state.state_file import FILE, connect
from phusong.exporters.snapshot import Isolation, Snapshot, Verdict
from phusong.maps.state_history import StateHistory, StatePeriod, history_data

WEEK = 7 * DAY


def snapshot(states: dict[str, str]) -> Snapshot:
    """Return a snapshot of the lines (a...), endpoints (e...) and sites (s...) that are named."""
    links = [make_link(key, near=None, far=("cpe", key)) for key in states if key[0] not in "es"]
    endpoints = {key: f"addr-{key}" for key in states if key[0] == "e"}
    inventory = make_inventory(*links, endpoints=endpoints)
    full = FleetState(inventory, Observations(lambda: 0.0, lambda: T), state_settings(CONFIG)).snapshot()
    return replace(
        full,
        links=tuple(replace(row, verdict=Verdict(states[row.info.link_id]), since=None) for row in full.links),
        endpoints=tuple(
            replace(row, verdict=Verdict(states[row.info.endpoint_id]), since=None) for row in full.endpoints
        ),
        sites=tuple(replace(row, isolation=Isolation(states["s1"]), since=None) for row in full.sites),
    )


class Agent(RecordingAgent):
    """An agent's record on its file: it lives, dies and is started again, on clocks of the test."""

    def see(self, seconds: int, **states: str) -> None:
        """Let time pass second by second while all is so; the last second is written."""
        shown = snapshot(states)
        for _ in range(seconds):
            self.unix += 1
            self.monotonic += 1
            self.history.observe(shown, complete=True)
        asyncio.run(self.history.keep())


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Agent]:
    made = Agent(tmp_path)
    yield made
    made.store.close()


def played(folder: Path, begin: float, end: float, **ids: Sequence[str]) -> dict[str, Any]:
    """Return what a page plays back with the states by name, moments as seconds of the test."""
    history = read_map_history(folder, begin, end)
    assert history is not None
    kinds: dict[str, Sequence[str]] = {"links": [], "sites": [], "endpoints": [], **ids}
    data: Any = history_data(history, **kinds)
    names = data["states"]
    shown: dict[str, Any] = {"begin": data["begin"] - T, "end": data["end"] - T}
    for kind, item_ids in kinds.items():
        for item_id, changes in zip(item_ids, data[kind], strict=True):
            shown[item_id] = [
                (shown["begin"] + at, names[kind][state] if state >= 0 else None)
                for at, state in zip(changes[::2], changes[1::2], strict=True)
            ]
    return {**shown, "gaps": [(first - T, last - T) for first, last in data["gaps"]]}


def test_what_an_agent_saw_is_played_back(agent: Agent) -> None:
    """Lines, endpoints and offices; an outage over a restart, a line that is new and one that left."""
    agent.see(60, a="up", b="up", e1="ready", s1="connected")
    agent.see(40, a="down", b="up", e1="parent_down", s1="isolated")
    agent.store.close()
    agent.unix += 600
    agent.monotonic = 5.0
    agent.start()
    agent.see(30, a="down", b="congested", e1="parent_down", s1="isolated")
    agent.see(50, a="up", new="up", e1="in_call", s1="at_risk")
    ids = {"links": ["new", "a", "b", "unheard_of"], "sites": ["s1"], "endpoints": ["e1"]}
    assert played(agent.folder, T - WEEK, T + WEEK, **ids) == {
        "begin": 1,
        "end": 780,
        "gaps": [(100, 701)],
        "a": [(1, "up"), (61, "down"), (100, None), (701, "down"), (731, "up")],
        "b": [(1, "up"), (100, None), (701, "congested"), (731, None)],
        "new": [(1, None), (731, "up")],
        "unheard_of": [(1, None)],
        "s1": [(1, "connected"), (61, "isolated"), (100, None), (701, "isolated"), (731, "at_risk")],
        "e1": [(1, "ready"), (61, "parent_down"), (100, None), (701, "parent_down"), (731, "in_call")],
    }


def test_the_present_is_not_invented(agent: Agent) -> None:
    """What lasts was seen until the agent's last second, not until somebody asks; the store is open meanwhile."""
    agent.see(60, a="down", s1="isolated")
    assert played(agent.folder, T, T + WEEK, links=["a"]) == {
        "begin": 1,
        "end": 60,
        "gaps": [],
        "a": [(1, "down")],
    }
    agent.see(10, a="up", s1="connected")
    assert played(agent.folder, T + 30, T + WEEK, links=["a"])["a"] == [(30, "down"), (61, "up")]


def test_a_part_of_the_record(agent: Agent) -> None:
    """It begins and ends where it is asked for, also in a gap, of which the whole part is told."""
    agent.see(60, a="up", s1="connected")
    agent.unix += 600
    agent.see(60, a="down", s1="connected")
    assert played(agent.folder, T + 100, T + 700, links=["a"]) == {
        "begin": 100,
        "end": 700,
        "gaps": [(100, 661)],
        "a": [(100, None), (661, "down")],
    }
    assert played(agent.folder, T + 100, T + 200, links=["a"])["gaps"] == [(100, 200)]


@pytest.mark.parametrize(("begin", "end"), [(T - WEEK, T), (T + 61, T + WEEK), (T + 30, T + 30), (T + 40, T + 30)])
def test_a_time_of_which_nothing_is_recorded(agent: Agent, begin: float, end: float) -> None:
    """Before the agent was there, after it, or no time at all: nothing to play back."""
    agent.see(60, a="up", s1="connected")
    assert read_map_history(agent.folder, begin, end) is None


def test_the_periods_as_they_stand_in_the_file(tmp_path: Path) -> None:
    """All that touch the time, each under its kind, whole; one id may be that of two kinds."""
    periods = [
        period("a", OCTOBER - DAY, OCTOBER - 9, "up"),
        period("a", OCTOBER - 9, OCTOBER + 9, "down"),
        period("a", OCTOBER + 9, None, "up"),
        replace(period("a", OCTOBER, None, "isolated"), what="site"),
        replace(period("a", OCTOBER + 5.5, None, "ready"), what="endpoint"),
        replace(period("a", OCTOBER, None, "up"), what="planet"),
    ]
    write_record(tmp_path / FILE, periods, [Stretch(OCTOBER - DAY, OCTOBER + 20), Stretch(OCTOBER + 30, NOVEMBER)])
    assert read_map_history(tmp_path, OCTOBER, OCTOBER + DAY) == StateHistory(
        begin=OCTOBER,
        end=OCTOBER + DAY,
        links={
            "a": (StatePeriod(OCTOBER - 9, OCTOBER + 9, "down"), StatePeriod(OCTOBER + 9, None, "up")),
        },
        endpoints={"a": (StatePeriod(OCTOBER + 5.5, None, "ready"),)},
        sites={"a": (StatePeriod(OCTOBER, None, "isolated"),)},
        gaps=((OCTOBER + 20, OCTOBER + 30),),
    )


def test_map_and_report_say_the_same(tmp_path: Path) -> None:
    """The availability report divides the same record by code of its own: no moment is another one there."""
    write_province(tmp_path)
    begin, end = OCTOBER - DAY, NOVEMBER - DAY
    asked = DateRange(datetime.fromtimestamp(begin, LOCAL_TIME), datetime.fromtimestamp(end, LOCAL_TIME))
    record = read_record(tmp_path / "state" / FILE, asked, NOW)
    present = presence(record.stretches, as_ms(begin), as_ms(end))
    links = ["good", "bad", "edge", "late", "busy", "never", HOSTILE_LINK]
    shown = played(tmp_path / "state", begin, end, links=links)
    for link in links:
        expected: list[tuple[int, str | None]] = []
        for piece in divide(record.periods.get(link, ()), present, as_ms(begin), as_ms(end)):
            known = piece.time_class not in {TimeClass.GAP, TimeClass.NOT_RECORDED}
            state = piece.verdict if known else None
            if not expected or expected[-1][1] != state:
                expected.append((-(-piece.begin_ms // 1000) - T, state))
        assert shown[link] == expected
        assert link == "never" or len(expected) > 2


def test_nothing_to_read_yet(tmp_path: Path) -> None:
    """No folder, no file, an empty one, one of a version without history, one of an agent that saw nothing yet."""
    folder = tmp_path / "state"
    assert read_map_history(folder, 0, T + WEEK) is None
    assert not folder.exists()
    folder.mkdir()
    assert read_map_history(folder, 0, T + WEEK) is None
    (folder / FILE).touch()
    assert read_map_history(folder, 0, T + WEEK) is None
    (folder / FILE).unlink()
    connect(folder / FILE).close()
    assert read_map_history(folder, 0, T + WEEK) is None
    write_record(folder / FILE, [period("a", T, None, "up")], [Stretch(T, T + 9)])
    assert read_map_history(folder, 0, T + WEEK) is not None
    with closing(sqlite3.connect(folder / FILE)) as connection:
        connection.execute("PRAGMA user_version = 1")
    assert read_map_history(folder, 0, T + WEEK) is None


def test_what_the_agent_is_writing_is_not_seen_in_part(tmp_path: Path) -> None:
    """An open transaction keeps nobody waiting, and nothing of it is read before it is whole."""
    write_record(tmp_path / FILE, [period("a", T, None, "up")], [Stretch(T, T + 9)])
    with closing(connect(tmp_path / FILE)) as agent:
        agent.execute("BEGIN IMMEDIATE")
        write_batch(agent, Batch(periods=(period("b", T, None, "up"),), stretches=(Stretch(T, T + 20),)))
        before = read_map_history(tmp_path, T, T + DAY)
        agent.execute("COMMIT")
        after = read_map_history(tmp_path, T, T + DAY)
    assert before is not None
    assert after is not None
    assert (before.end, [*before.links]) == (T + 9, ["a"])
    assert (after.end, [*after.links]) == (T + 20, ["a", "b"])


def test_all_is_of_one_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the agent writes between two of our questions is in none of the answers."""
    write_record(tmp_path / FILE, [period("a", T, None, "up")], [Stretch(T, T + 9)])
    with closing(connect(tmp_path / FILE)) as agent:
        ask = map_history.read_periods

        def ask_and_be_overtaken(*question: Any) -> Any:
            answer = ask(*question)
            row = replace(period("late", T, None, "isolated"), what="site")
            write_batch(agent, Batch(periods=(row,), stretches=(Stretch(T, T + 20),)))
            return answer

        monkeypatch.setattr(map_history, "read_periods", ask_and_be_overtaken)
        found = read_map_history(tmp_path, T, T + DAY)
        monkeypatch.undo()
        later = read_map_history(tmp_path, T, T + DAY)
    assert found is not None
    assert later is not None
    assert (found.end, found.sites, found.gaps) == (T + 9, {}, ())
    assert [*later.sites] == ["late"]


def test_nothing_is_changed(tmp_path: Path) -> None:
    """The file has the same bytes afterwards, and nothing lies beside it."""
    file = write_record(tmp_path / FILE, [period("a", T, None, "up")], [Stretch(T, T + 9)])
    before = file.read_bytes()
    assert read_map_history(tmp_path, T, T + DAY) is not None
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]


def test_rows_that_no_agent_writes(tmp_path: Path) -> None:
    """Moments beyond every calendar: they are left out, or reach no further than what was asked."""
    file = write_record(tmp_path / FILE, [period("a", T, None, "up")], [Stretch(T, T + 9)])
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("INSERT INTO period VALUES ('link', 'b', -9e999, NULL, 'up', '')")
        connection.execute("INSERT INTO period VALUES ('link', 'c', -1e300, 9e999, 'up', '')")
        connection.execute("INSERT INTO period VALUES ('link', 'd', -1e300, 1e300, 'up', '')")
        connection.execute("INSERT INTO stretch VALUES (-9e999, 9e999)")
        connection.commit()
    ids = ["a", "b", "c", "d"]
    assert played(tmp_path, T - 50, T + 50, links=ids) == {
        "begin": -50,
        "end": 50,
        "gaps": [(-50, 0), (9, 50)],
        "a": [(-50, None), (0, "up"), (9, None)],
        "b": [(-50, None)],
        "c": [(-50, None)],
        "d": [(-50, None), (0, "up"), (9, None)],
    }


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"no database" * 1000, "is not a database"),
        (b"SQLite format 3\0" + bytes(5000), "nothing was changed"),
    ],
)
def test_a_file_that_cannot_be_read(tmp_path: Path, content: bytes, problem: str) -> None:
    """The message names the file and what is wrong with it."""
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(StateFileProblem, match=problem) as caught:
        read_map_history(tmp_path, T, T + DAY)
    assert str(caught.value).startswith(str(tmp_path / FILE))


def test_a_file_damaged_behind_its_first_pages(tmp_path: Path) -> None:
    """It opens, and the damage is found while the periods are read."""
    file = write_record(
        tmp_path / FILE, [period(f"l{n}", T + n, None, "up") for n in range(5000)], [Stretch(T, T + DAY)]
    )
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2 // 4096 * 4096])
    with pytest.raises(StateFileProblem, match="nothing was changed"):
        read_map_history(tmp_path, T, T + DAY)


def test_the_folder_of_another_user() -> None:
    """Whoever may read it gets it; who may not hears what to do."""
    with open_folder(NOBODY) as folder:
        write_record(folder / FILE, [period("a", T, None, "up")], [Stretch(T, T + 9)])

        def read() -> str:
            try:
                found = read_map_history(folder, T, T + DAY)
            except StateFileProblem as error:
                return str(error)
            return "nothing" if found is None else " ".join(found.links)

        assert begin_as_nobody(read)() == "a"
        shutil.chown(folder, 0)
        folder.chmod(0o700)
        assert "run the command as root: sudo phusong" in begin_as_nobody(read)()
