"""The service in this process: what it says over its control socket, its meetings and services, and reloads."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from inventories import CONFIG, make_inventory, make_link
from processes import fetch, samples
from service_peers import HttpPeer, http_peer, page
from small_province import SmallProvince, write_files
from structlog.testing import capture_logs

from phusong.agent import service
from phusong.agent.commands.ask_agent import NoAgent, ask_agent
from phusong.agent.commands.status_command import status_lines
from phusong.agent.control import SOCKET
from phusong.agent.input import meeting_files
from phusong.agent.input.problems import Problem
from phusong.agent.input.settings import load_all
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


# --- meetings and services -----------------------------------------------------------------------------------

PATIENCE_S = 30.0
READ_WELL = "phusong_meetings_last_read_successful"


async def until(true: Callable[[], object], what: str) -> None:
    """Wait until something is true; the service runs on meanwhile."""
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline, f"waited {PATIENCE_S:g} s for {what}"
        await asyncio.sleep(0.02)


@asynccontextmanager
async def on_files(folder: Path) -> AsyncIterator[tuple[Service, SmallProvince]]:
    """Run a service on the files of two offices, where nobody answers, until the block ends."""
    files = SmallProvince(folder)
    write_files(files)
    files.change("phusong.yaml", "timeout: 1s, retries: 1", "timeout: 100ms, retries: 0")
    files.change("phusong.yaml", "video: {timeout: 1s", 'web: {listen: "127.0.0.1:0"}\nvideo: {timeout: 100ms')
    running = Service(files.config, *load_all(files.config))
    task = asyncio.create_task(running.run())
    await running.agent.wait_ready()
    yield running, files
    running.stop()
    await task


async def scrape(running: Service) -> str:
    return await asyncio.to_thread(fetch, f"{running.url}metrics")


def known(running: Service) -> list[str]:
    """Return the meetings that the service shows."""
    return [row.meeting_id for row in running.agent.current().meetings]


async def test_a_file_of_meetings_that_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is taken over by itself; a bad one changes nothing, is told once and on /metrics, until it is mended."""
    monkeypatch.setattr(service, "MEETINGS_LOOK_EVERY_S", 0.05)
    with capture_logs() as logs:
        async with on_files(tmp_path) as (running, files):
            await until(lambda: known(running) == ["giao-ban", "toan-tinh"], "the meetings of the start")
            files.plan(("m1", 1, "hall"), ("m2", 2, "all"))
            await until(lambda: known(running) == ["m1", "m2"], "the new meetings")
            before = await scrape(running)
            files.write("meetings.csv", "meeting_id,title,from,to,endpoints\nm3,Họp,soon,later,hall\n")
            await until(lambda: running._meetings.failed, "the bad file to be seen")
            await until(lambda: [entry for entry in logs if entry["event"] == "meetings_not_read"], "the log")
            while_bad = await scrape(running)
            assert known(running) == ["m1", "m2"]
            files.plan(("m4", 1, "codec"))
            await until(lambda: known(running) == ["m4"], "the mended file")
            after = await scrape(running)
    assert [samples(text, READ_WELL)[""] for text in (before, while_bad, after)] == [1, 0, 1]
    for text, meetings in ((before, {"m1": 1, "m2": 3}), (while_bad, {"m1": 1, "m2": 3}), (after, {"m4": 1})):
        found = samples(text, "vc_meeting_endpoints")
        assert found == {f'{{meeting="{meeting}"}}': count for meeting, count in meetings.items()}
    (told,) = [entry for entry in logs if entry["event"] == "meetings_not_read"]
    assert (told["log_level"], told["count"]) == ("error", 2)
    assert "meetings.csv:2:from: 'soon' is no time" in told["problems"][0]


async def test_another_file_of_meetings(tmp_path: Path) -> None:
    """SIGHUP takes it over, at once and alone; without a file there are no meetings, and nothing is wrong."""
    async with on_files(tmp_path) as (running, files):
        await until(lambda: known(running) == ["giao-ban", "toan-tinh"], "the meetings of the start")
        files.plan(("other", 1, "all"))
        (tmp_path / "meetings.csv").rename(tmp_path / "other.csv")
        files.change("phusong.yaml", "meetings: meetings.csv", "meetings: other.csv")
        os.kill(os.getpid(), signal.SIGHUP)
        await until(lambda: known(running) == ["other"], "the meetings of the other file")
        files.change("phusong.yaml", "meetings: other.csv", "meetings: nowhere.csv")
        os.kill(os.getpid(), signal.SIGHUP)
        await until(lambda: running._meetings.failed, "a file that is absent")
        assert known(running) == []
        assert samples(await scrape(running), READ_WELL)[""] == 0
        files.change("phusong.yaml", "meetings: nowhere.csv, ", "")
        os.kill(os.getpid(), signal.SIGHUP)
        await until(lambda: not running._meetings.failed, "the end of meetings")
        assert known(running) == []
        assert samples(await scrape(running), READ_WELL)[""] == 1


async def test_a_reload_while_meetings_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes late of a file that is no more the one of the configuration is not taken over."""
    monkeypatch.setattr(service, "MEETINGS_LOOK_EVERY_S", 0.05)
    begun, may_end = threading.Event(), threading.Event()
    read = meeting_files.read_text

    def read_late(path: Path) -> tuple[str, Problem | None]:
        text, problem = read(path)
        if "late," in text:
            begun.set()
            may_end.wait(PATIENCE_S)
        return text, problem

    monkeypatch.setattr(meeting_files, "read_text", read_late)
    async with on_files(tmp_path) as (running, files):
        await until(lambda: known(running) == ["giao-ban", "toan-tinh"], "the meetings of the start")
        files.plan(("late", 1, "all"))
        await until(begun.is_set, "the file to be read")
        files.change("phusong.yaml", "meetings: meetings.csv, ", "")
        os.kill(os.getpid(), signal.SIGHUP)
        before = running._meetings
        await until(lambda: running._meetings is not before, "the reload")
        may_end.set()
        await until(lambda: [each.meeting_id for each in before.meetings] == ["late"], "the end of the reading")
        assert known(running) == []


async def test_services_of_the_network(tmp_path: Path) -> None:
    """Each is asked and on /metrics with its verdict; a reload takes another one over; no address is shown."""
    async with http_peer(HttpPeer(page("Cổng dịch vụ công"))) as portal, on_files(tmp_path) as (running, files):

        async def verdicts() -> dict[str, float]:
            found = samples(await scrape(running), "wan_service_verdict")
            return {labels: value for labels, value in found.items() if value}

        assert await verdicts() == {}
        url = f"http://127.0.0.1:{portal.port}/?token=canary-t0ken"
        rows = f"portal,Cổng,{url},Cổng dịch vụ\naxis,Trục,{url},Trục liên thông\n"
        files.write("inventory/services.csv", "service_id,name,url,expect_text\n" + rows)
        os.kill(os.getpid(), signal.SIGHUP)
        expected = {'{service="portal",verdict="up"}': 1, '{service="axis",verdict="down"}': 1}
        deadline = time.monotonic() + PATIENCE_S
        while await verdicts() != expected:
            assert time.monotonic() < deadline, await verdicts()
        text = await scrape(running)
    assert 'wan_service_http_status_code{service="portal"} 200' in text
    assert "canary-t0ken" not in text
    assert portal.requests
