"""The service in this process: what it says over its control socket, and that it runs without one."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from inventories import CONFIG, make_inventory, make_link
from structlog.testing import capture_logs

from phusong.agent.commands.ask_agent import NoAgent, ask_agent
from phusong.agent.commands.status_command import status_lines
from phusong.agent.control import SOCKET
from phusong.agent.service import Service


@asynccontextmanager
async def serving(state: Path) -> AsyncIterator[Service]:
    """Run a service on one link to nobody until the block ends."""
    inventory = make_inventory(make_link("l1", near=None, far=("a", "wan")), endpoints={"e1": "127.0.0.1"})
    devices = {"a": replace(inventory.devices["a"], address="127.0.0.1", port=9)}
    service = Service(Path("phusong.yaml"), replace(CONFIG, state=state), replace(inventory, devices=devices))
    running = asyncio.create_task(service.run())
    await service.agent.wait_ready()
    yield service
    service.stop()
    await running


async def test_it_answers_for_its_status(tmp_path: Path) -> None:
    """Process, version, begin, readiness and counts; after the end nobody answers."""
    async with serving(tmp_path):
        status = await asyncio.to_thread(ask_agent, tmp_path, {"ask": "status"})
    assert time.time() - 60 < status.pop("started") <= time.time()
    assert status.pop("version")
    assert status == {
        "pid": os.getpid(),
        "ready": True,
        "links": 1,
        "endpoints": 1,
        "windows": {"active": 0, "planned": 0},
    }
    with pytest.raises(NoAgent):
        await asyncio.to_thread(ask_agent, tmp_path, {"ask": "status"})


async def test_it_runs_without_its_socket(tmp_path: Path) -> None:
    """A place that cannot be had is told, and polling goes on."""
    (tmp_path / SOCKET).mkdir()
    with capture_logs() as logs:
        async with serving(tmp_path) as service:
            assert service.agent.alive
    assert [entry["log_level"] for entry in logs if entry["event"] == "control_not_open"] == ["error"]
    assert (tmp_path / SOCKET).is_dir()


def test_a_status_is_told_in_words() -> None:
    """Three lines; whatever a text holds, the terminal is told nothing else."""
    status = {
        "pid": 7,
        "version": "1\x1b[2J",
        "started": 1_790_000_000.0,
        "ready": False,
        "links": 345,
        "endpoints": 239,
        "windows": {"active": 1, "planned": 2},
    }
    assert status_lines(status) == [
        "phusong 1[2J runs as process 7 since 2026-09-21 21:13:20 Asia/Ho_Chi_Minh",
        "the first round is not over yet",
        "345 links, 239 endpoints, maintenance windows: 1 active, 2 planned",
    ]
