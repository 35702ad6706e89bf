"""What the agent's record tells a readiness run: last good calls and planned work, and nothing where it cannot."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from recording_agent import RecordingAgent, T
from rows_made import endpoint_row
from snapshot_of_rows import snapshot_of

from phusong.agent.inventory import MaintenanceWindow
from phusong.agent.readiness.call_record import CallRecord, read_call_record
from phusong.agent.state.maintenance_table import add_window, shorten_window
from phusong.agent.state.state_access import writing
from phusong.agent.state.state_file import FILE
from phusong.exporters.snapshot import EndpointInfo, Verdict

HOUR = 3600.0
DAY = 24 * HOUR
CALL, POOR, READY, OUT = Verdict.IN_CALL, Verdict.POOR_CALL, Verdict.READY, Verdict.UNREACHABLE


class Agent(RecordingAgent):
    """An agent that sees endpoints, told by the test."""

    async def sees(self, verdicts: dict[str, Verdict], for_s: float = HOUR) -> None:
        """See the endpoints like that for a time, and write it."""
        since = self.unix
        for step_s in (0.0, for_s):
            self.unix, self.monotonic = self.unix + step_s, self.monotonic + step_s
            rows = [
                endpoint_row(verdict, info=EndpointInfo(endpoint_id, "s1", "Room"), since=since)
                for endpoint_id, verdict in verdicts.items()
            ]
            self.history.observe(snapshot_of(self.unix, endpoints=rows), complete=True)
            await self.history.keep()

    async def ends(self, away_s: float = 0.0) -> None:
        """Write all and go; the clocks go on."""
        await self.history.close()
        self.store.close()
        self.unix, self.monotonic = self.unix + away_s, self.monotonic + away_s


@pytest.mark.parametrize(
    ("hours", "last"),
    [
        ([READY], None),
        ([CALL], 1),
        ([CALL, READY], 1),
        ([READY, CALL, OUT, READY], 2),
        ([CALL, READY, CALL, READY, READY], 3),
        ([CALL, POOR, READY], 1),
        ([POOR, READY], None),
        ([READY, CALL], 2),
    ],
)
async def test_when_the_last_good_call_ended(tmp_path: Path, hours: list[Verdict], last: int | None) -> None:
    """The end of the last one; one that lasts has been seen until the record ends; a poor one is none."""
    agent = Agent(tmp_path)
    for verdict in hours:
        await agent.sees({"e1": verdict, "quiet": READY})
    await agent.ends()
    record = read_call_record(tmp_path, agent.unix + DAY)
    assert record == CallRecord({} if last is None else {"e1": T + last * HOUR}, (), T)


async def test_beside_the_agent_that_runs(tmp_path: Path) -> None:
    """What it has written is read while it writes on; a call that lasts is not said to last beyond now."""
    agent = Agent(tmp_path)
    await agent.sees({"e1": CALL, "e2": READY})
    assert read_call_record(tmp_path, agent.unix + 5).last_good_calls == {"e1": T + HOUR}
    assert read_call_record(tmp_path, T + 60.0).last_good_calls == {"e1": T + 60.0}
    await agent.sees({"e1": READY, "e2": CALL})
    assert read_call_record(tmp_path, agent.unix).last_good_calls == {"e1": T + HOUR, "e2": T + 2 * HOUR}
    await agent.ends()


async def test_a_call_at_which_the_agent_ended(tmp_path: Path) -> None:
    """Nobody saw it after that: it counts until then, whatever is written after the gap."""
    agent = Agent(tmp_path)
    await agent.sees({"e1": CALL})
    await agent.ends(away_s=2 * DAY)
    assert read_call_record(tmp_path, agent.unix).last_good_calls == {"e1": T + HOUR}
    agent.start()
    await agent.sees({"e1": READY})
    await agent.ends()
    found = read_call_record(tmp_path, agent.unix).last_good_calls
    assert found is not None
    assert T + HOUR <= found["e1"] <= T + HOUR + 60


async def test_lines_and_offices_make_no_calls(tmp_path: Path) -> None:
    """A line with the id of an endpoint is another thing."""
    agent = Agent(tmp_path)
    await agent.sees({"e1": READY})
    await agent.ends()
    with closing(sqlite3.connect(tmp_path / FILE)) as connection, connection:
        connection.execute("INSERT INTO period VALUES ('link', 'e1', ?, NULL, 'in_call', '')", (T,))
    assert read_call_record(tmp_path, agent.unix).last_good_calls == {}


# --- what is entered by command ------------------------------------------------------------------------------


def window(what: str, begin_s: float, end_s: float) -> MaintenanceWindow:
    begin, end = (datetime.fromtimestamp(T + second, UTC) for second in (begin_s, end_s))
    return MaintenanceWindow(what, begin, end, "thay cáp")


def enter(folder: Path, windows: Iterable[MaintenanceWindow]) -> None:
    with writing(folder) as connection:
        for each in windows:
            add_window(connection, each, T)


def test_windows_before_any_agent_ran(tmp_path: Path) -> None:
    """They count without a record of calls: those that run and those to come, not those that are over."""
    enter(tmp_path, [window("l1", -60, 60), window("e1", -60, 0), window("s1", 60, DAY)])
    record = read_call_record(tmp_path, T)
    assert (record.last_good_calls, record.since) == (None, None)
    assert [(each.what, each.window_id, each.reason) for each in record.windows] == [
        ("l1", "1", "thay cáp"),
        ("s1", "3", "thay cáp"),
    ]


async def test_windows_beside_the_record(tmp_path: Path) -> None:
    """Both are told; one that was ended early is over."""
    agent = Agent(tmp_path)
    await agent.sees({"e1": CALL})
    enter(tmp_path, [window("e1", 0, 2 * DAY), window("l1", 0, 2 * DAY)])
    with writing(tmp_path) as connection:
        shorten_window(connection, 1, int(agent.unix), int(agent.unix))
    record = read_call_record(tmp_path, agent.unix)
    await agent.ends()
    assert record.last_good_calls == {"e1": T + HOUR}
    assert [each.what for each in record.windows] == ["l1"]


# --- nothing to read -----------------------------------------------------------------------------------------


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def no_database(path: Path) -> None:
    path.write_bytes(b"no database at all" * 1000)


def cut_short(path: Path) -> None:
    os.truncate(path, 3000)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _change(statement: str) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(statement)

    return change


@pytest.mark.parametrize(
    "spoil",
    [
        Path.unlink,
        no_database,
        cut_short,
        empty,
        a_folder,
        _change("PRAGMA user_version = 99"),
        _change("PRAGMA user_version = 1"),
        _change("PRAGMA application_id = 7"),
        _change("DROP TABLE period"),
    ],
)
async def test_what_cannot_be_read_is_nothing(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    """No file, another program's, one of another version, a broken one: the run goes on without a record."""
    agent = Agent(tmp_path)
    await agent.sees({"e1": CALL})
    await agent.ends()
    spoil(tmp_path / FILE)
    before = names_in(tmp_path)
    assert read_call_record(tmp_path, agent.unix) == CallRecord()
    assert names_in(tmp_path) == before


def test_no_folder(tmp_path: Path) -> None:
    """Where no agent has ever run there is nothing, and nothing is made."""
    assert read_call_record(tmp_path / "state", T) == CallRecord()
    assert not (tmp_path / "state").exists()
