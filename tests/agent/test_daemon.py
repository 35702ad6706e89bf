"""The agent's core: what a reload keeps and what it forgets, and that it ends."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest_asyncio
from inventories import CONFIG, make_inventory, make_link
from readings_made import end

from phusong.agent.daemon import Agent
from phusong.agent.inventory import Column, InterfaceSelector, Inventory
from phusong.agent.polling.poll_plan import DeviceJob
from phusong.agent.polling.schedule import Due
from phusong.collectors.interfaces import InterfacesPoll
from phusong.collectors.readings import PingReading
from phusong.exporters.agent_metrics import AgentMetrics
from phusong.exporters.snapshot import Verdict

WAN = InterfaceSelector(Column.NAME, "wan")


def two_links() -> Inventory:
    inventory = make_inventory(
        make_link("l1", near=None, far=("a", "wan")), make_link("l2", near=None, far=("b", "wan"))
    )
    devices = {key: replace(row, address="127.0.0.1", port=9) for key, row in inventory.devices.items()}
    return replace(inventory, devices=devices)


@pytest_asyncio.fixture
async def agent() -> AsyncIterator[Agent]:
    made = Agent(CONFIG, two_links(), AgentMetrics("test"))
    yield made
    await made.drain()


def answer(agent: Agent, device_id: str) -> None:
    reading = end().reading
    assert reading is not None
    agent._observations.device_answered(device_id, InterfacesPoll(1, {WAN: reading}, {}))


def verdicts(agent: Agent) -> dict[str, Verdict]:
    agent._snapshot = None
    return {row.info.link_id: row.verdict for row in agent.current().links}


async def test_a_reload_forgets_devices_that_are_others_now(agent: Agent) -> None:
    """A device with another address is another device: nothing of the old one is shown under its name."""
    answer(agent, "a")
    answer(agent, "b")
    assert verdicts(agent) == {"l1": Verdict.UP, "l2": Verdict.UP}
    inventory = two_links()
    moved = replace(inventory.devices["a"], address="127.0.0.2")
    agent.reload(CONFIG, replace(inventory, devices={**inventory.devices, "a": moved}))
    assert verdicts(agent) == {"l1": Verdict.UNKNOWN, "l2": Verdict.UP}


async def test_what_was_under_way_at_a_reload_does_not_count(agent: Agent) -> None:
    """The answer to a question of the old inventory says nothing of the new one."""
    before = agent._assignment.pollers
    agent.reload(CONFIG, two_links())
    job = next(job for job in agent._runner.schedule.keys() if getattr(job, "device_id", "") == "a")  # noqa: SIM118
    await before.run(job)
    assert "a" not in agent._observations.devices


async def test_everything_is_asked_once_before_it_is_ready(agent: Agent) -> None:
    """Ready means that every device and address has been asked, answered or not."""
    assert not agent.ready
    agent.start()
    await agent.wait_ready()
    assert verdicts(agent) == {"l1": Verdict.UNREACHABLE, "l2": Verdict.UNREACHABLE}
    assert agent.alive


def job_of(agent: Agent, device_id: str) -> DeviceJob:
    return next(job for job in agent._assignment.plan.devices if job.device_id == device_id)


async def fall_silent(agent: Agent, device_id: str, silent_s: float) -> None:
    """Poll a device in vain that has been silent for so long."""
    agent._runner.plan_jobs()
    agent._observations.device_failed(device_id, "no answer", unanswered=True)
    agent._observations.devices[device_id].silent_since = time.monotonic() - silent_s
    await agent._runner._run(Due(job_of(agent, device_id), 0.0))


async def test_a_device_that_is_silent_for_long_is_asked_less_often(agent: Agent) -> None:
    """After five minutes without an answer it leaves the usual pace, is counted, and stays unreachable."""
    await fall_silent(agent, "a", 299.0)
    assert agent._runner.schedule.thinned == set()
    await fall_silent(agent, "a", 301.0)
    assert agent._runner.schedule.thinned == {job_of(agent, "a")}
    agent._observations.pinged("127.0.0.1", PingReading(1, 0, None, None, None))
    assert verdicts(agent)["l1"] is Verdict.UNREACHABLE
    page = agent._metrics.registry
    assert page.get_sample_value("phusong_poll_backed_off", {"kind": "device"}) == 1
    assert page.get_sample_value("phusong_poll_backed_off", {"kind": "endpoint"}) == 0


async def test_a_reload_keeps_the_place_on_the_ladder(agent: Agent) -> None:
    """What was asked seldom before a reload is asked seldom after it, also when the interval changed."""
    await fall_silent(agent, "a", 301.0)
    agent.reload(CONFIG, two_links())
    assert agent._runner.schedule.thinned == {job_of(agent, "a")}
    agent.reload(replace(CONFIG, poll=replace(CONFIG.poll, interval_s=60)), two_links())
    await agent._runner._run(Due(job_of(agent, "a"), 0.0))
    assert agent._runner.schedule.thinned == {job_of(agent, "a")}


async def test_an_answered_ping_brings_a_device_back_at_once(agent: Agent) -> None:
    """The first echo after silence has the devices behind the address asked now, and often again."""
    await fall_silent(agent, "a", 13 * 3600.0)
    ping = next(job for job in agent._assignment.plan.pings if job.address == "127.0.0.1")
    agent._tools = replace(agent._tools, pinger=ScriptedPinger([0, 1, 1]))
    agent.reload(CONFIG, two_links())
    for received, expected in ((0, False), (1, True), (1, False)):
        agent._runner.schedule._extra.clear()
        await agent._runner._run(Due(ping, 0.0))
        assert agent._observations.pings["127.0.0.1"].value == PingReading(1, received, None, None, None)
        assert (job_of(agent, "a") in agent._runner.schedule._extra) is expected
        assert job_of(agent, "b") not in agent._runner.schedule._extra  # it was not silent
    await agent._runner._run(Due(job_of(agent, "a"), 0.0))
    assert agent._runner.schedule.thinned == set()


class ScriptedPinger:
    """Answers as many echo requests as the script says, burst by burst."""

    method = "scripted"

    def __init__(self, received: list[int]) -> None:
        self._received = received

    async def burst(self, address: str, packets: int) -> PingReading:
        return PingReading(packets, self._received.pop(0), None, None, None)

    def close(self) -> None:
        """Nothing to release."""
