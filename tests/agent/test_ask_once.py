"""Everything asked once, for commands: what is asked again and what is not, and how far it is by now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from small_province import SmallProvince, small_province

from phusong.agent.ask_once import ask_once
from phusong.agent.input.config import Config
from phusong.agent.input.settings import load_all
from phusong.agent.inventory import Inventory, MaintenanceWindow
from phusong.exporters.snapshot import Snapshot

AGAIN_AFTER_S = 1.1
"""A second is the shortest time in which traffic is measured."""


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallProvince]:
    with small_province(tmp_path_factory.mktemp("small")) as small:
        yield small


class Run:
    """One run over an inventory, and what it told of how far it was."""

    def __init__(self, config: Config, inventory: Inventory) -> None:
        self.config = replace(config, state=Path("nowhere"))
        self.inventory = inventory
        self.progress: list[tuple[int, int]] = []

    async def ask(self, again_after_s: float | None = None) -> Snapshot:
        def told(done: int, count: int) -> None:
            self.progress.append((done, count))

        return await ask_once(self.config, self.inventory, told, lines_again_after_s=again_after_s)


@pytest.fixture
def run(province: SmallProvince) -> Run:
    """Ask the hall and its line alone: two pings, a router, a room, its services."""
    config, inventory = load_all(province.config)
    endpoints = {"hall": inventory.endpoints["hall"]}
    part = replace(inventory, links={"l1": inventory.links["l1"]}, endpoints=endpoints)
    return Run(config, replace(part, devices={"r1": inventory.devices["r1"]}))


async def test_once(run: Run, province: SmallProvince) -> None:
    """Everybody is asked and judged; how full a line is is not known, and it is counted what is done."""
    before = len(province.routers["r1"].asked)
    snapshot = await run.ask()
    (link,), (room,) = snapshot.links, snapshot.endpoints
    assert (link.verdict, link.use_down_ratio) == ("up", None)
    assert (room.verdict, room.services[0].state) == ("ready", "ready")
    assert run.progress == [(done, 5) for done in range(6)]
    assert len(province.routers["r1"].asked) > before


async def test_lines_again(run: Run) -> None:
    """The ends of lines are asked a second time, which counts, and then it is known how full they are."""
    snapshot = await run.ask(AGAIN_AFTER_S)
    (link,) = snapshot.links
    assert link.use_down_ratio == pytest.approx(0.1, abs=0.03)
    assert run.progress == [(done, 6) for done in range(7)]


async def test_who_does_not_answer_is_not_asked_again(
    run: Run, province: SmallProvince, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its silence is no reason to wait: the run ends with the retries, and all is counted."""
    router, lost = province.routers["r1"], []

    def lose(asked: object) -> bool:
        lost.append(asked)
        return True

    monkeypatch.setattr(router, "lose", lose)
    snapshot = await run.ask(again_after_s=3600.0)
    assert snapshot.links[0].near is None
    assert snapshot.links[0].far is None
    assert 1 <= len(lost) <= 2
    assert run.progress[-1] == (6, 6)


async def test_which_maintenance_counts(run: Run) -> None:
    """That of the inventory, unless others are given."""
    now = datetime.now(UTC)
    window = MaintenanceWindow("hall", now - timedelta(hours=1), now + timedelta(hours=1), "new camera")
    run.inventory = replace(run.inventory, maintenance=(window,))
    assert (await run.ask()).endpoints[0].verdict == "maintenance"
    snapshot = await ask_once(run.config, run.inventory, lambda _done, _count: None, windows=())
    assert snapshot.endpoints[0].verdict == "ready"
