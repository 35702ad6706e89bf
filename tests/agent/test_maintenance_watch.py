"""The running agent and the table of windows: taken over by itself, and never lost to a bad file."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from inventories import CONFIG, make_inventory, make_link
from structlog.testing import capture_logs

from phusong.agent.daemon import Agent
from phusong.agent.inventory import Inventory, MaintenanceWindow
from phusong.agent.maintenance_watch import MaintenanceWatch
from phusong.agent.state import state_file
from phusong.agent.state.maintenance_table import add_window, read_windows, shorten_window
from phusong.agent.state.state_access import writing
from phusong.agent.state.state_file import FILE, connect
from phusong.agent.state.state_store import StateStore
from phusong.exporters.agent_metrics import AgentMetrics
from phusong.exporters.snapshot import Verdict

NOW = int(time.time())
"""The agent judges by the machine's clock, so these windows lie around it."""


def window(what: str, begin_h: float = -1.0, end_h: float = 1.0) -> MaintenanceWindow:
    at = datetime.fromtimestamp(NOW, UTC)
    return MaintenanceWindow(what, at + timedelta(hours=begin_h), at + timedelta(hours=end_h), "thay cáp")


def two_links(*windows: MaintenanceWindow) -> Inventory:
    inventory = make_inventory(
        make_link("l1", near=None, far=("a", "wan")),
        make_link("l2", near=None, far=("b", "wan"), carrier="B"),
        maintenance=windows,
    )
    devices = {key: replace(row, address="127.0.0.1", port=9) for key, row in inventory.devices.items()}
    return replace(inventory, devices=devices)


@dataclass
class Bench:
    """An agent that polls nobody, its file, and the watch between them."""

    folder: Path
    metrics: AgentMetrics
    store: StateStore
    agent: Agent
    watch: MaintenanceWatch

    def add(self, *windows: MaintenanceWindow) -> None:
        """Enter windows as a command does, which is another program at the file."""
        with writing(self.folder) as connection:
            for added in windows:
                add_window(connection, added, NOW)

    def excused(self) -> set[str]:
        return {row.info.link_id for row in self.agent.current().links if row.verdict is Verdict.MAINTENANCE}

    def count(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(name, labels) or 0.0

    def windows(self) -> tuple[float, float]:
        active, planned = (self.count("wan_maintenance_windows", state=state) for state in ("active", "planned"))
        return active, planned


@pytest_asyncio.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = begin(tmp_path)
    yield made
    await made.agent.drain()
    made.store.close()


def begin(folder: Path, inventory: Inventory | None = None) -> Bench:
    metrics = AgentMetrics("test")
    store = StateStore(folder, metrics, time.time)
    agent = Agent(CONFIG, inventory or two_links(), metrics)
    return Bench(folder, metrics, store, agent, MaintenanceWatch(store, agent, metrics))


async def test_what_is_entered_and_ended_holds_at_the_next_look(bench: Bench) -> None:
    """Without a word to the agent; nothing is done where nothing changed."""
    assert not await bench.watch.look()
    assert bench.excused() == set()
    bench.add(window("l1"), window("B", 0.5, 1))
    with capture_logs() as logs:
        assert await bench.watch.look()
    assert logs == [{"event": "maintenance_changed", "log_level": "info", "active": 1, "planned": 1}]
    assert bench.excused() == {"l1"}
    assert bench.windows() == (1, 1)
    assert not await bench.watch.look()
    with writing(bench.folder) as connection:
        shorten_window(connection, 1, NOW, NOW)
        shorten_window(connection, 2, NOW, NOW)
    assert await bench.watch.look()
    assert bench.excused() == set()
    assert bench.windows() == (0, 0)


async def test_a_reload_keeps_them_beside_those_of_the_inventory(bench: Bench) -> None:
    """File and table hold together, whichever of the two changes."""
    bench.add(window("l1"))
    await bench.watch.look()
    bench.agent.reload(CONFIG, two_links(window("B")))
    assert bench.excused() == {"l1", "l2"}
    await bench.watch.look()
    assert bench.windows() == (2, 0)
    bench.agent.reload(CONFIG, two_links())
    assert bench.excused() == {"l1"}


async def test_a_restart_begins_with_them(bench: Bench) -> None:
    """The first snapshot after a restart is under maintenance already: no verdict flaps."""
    bench.add(window("s1"))
    bench.store.close()
    again = begin(bench.folder)
    assert again.excused() == {"l1", "l2"}
    assert again.windows() == (1, 0)
    await again.agent.drain()
    again.store.close()


async def test_a_file_that_is_put_aside_takes_no_window_along(bench: Bench) -> None:
    """The last known ones hold, and stand in the new file under the same numbers."""
    bench.add(window("e9", -3, -2), window("l1"), window("B"))
    await bench.watch.look()
    assert bench.excused() == {"l1", "l2"}
    with closing(sqlite3.connect(bench.folder / FILE)) as other:
        other.execute("DROP TABLE maintenance")
    with capture_logs() as logs:
        for _ in range(3):
            assert not await bench.watch.look()
            assert bench.excused() == {"l1", "l2"}
    assert [entry["event"] for entry in logs] == ["state_not_written", "state_put_aside"]
    assert bench.count("phusong_state_write_errors_total") == 1
    assert stored(bench.folder) == ["2", "3"]


async def test_a_file_put_aside_by_another_work_takes_none_along_either(bench: Bench) -> None:
    """Whoever meets the damage first: between it and the next look nothing is forgotten."""
    bench.add(window("l1"))
    await bench.watch.look()
    with closing(sqlite3.connect(bench.folder / FILE)) as other:
        other.execute("DROP TABLE period")
    assert not bench.store.write(lambda connection: connection.execute("SELECT * FROM period"))
    assert bench.store.write(lambda connection: connection.execute("SELECT * FROM period"))
    assert stored(bench.folder) == []
    assert not await bench.watch.look()
    assert bench.excused() == {"l1"}
    assert stored(bench.folder) == ["1"]


def stored(folder: Path) -> Sequence[str]:
    with closing(connect(folder / FILE)) as connection:
        return [found.window_id for found in read_windows(connection)]


async def test_a_locked_file_stops_no_judging(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be read now holds as it was; the failure is counted each time and told once."""
    monkeypatch.setattr(state_file, "BUSY_S", 0.05)
    bench.add(window("l1"))
    await bench.watch.look()
    assert bench.excused() == {"l1"}
    bench.store._drop_connection()
    with closing(sqlite3.connect(bench.folder / FILE, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN IMMEDIATE")
        with capture_logs() as logs:
            for _ in range(3):
                assert not await bench.watch.look()
                assert bench.excused() == {"l1"}
        other.execute("COMMIT")
    assert [entry["event"] for entry in logs] == ["state_not_written"]
    assert bench.count("phusong_state_write_errors_total") == 3
    bench.add(window("B"))
    assert await bench.watch.look()
    assert bench.excused() == {"l1", "l2"}
