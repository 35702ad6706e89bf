"""Sensors in the agent: each device has its job, what is heard is shown with its age, and nothing waits for it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import pytest
import pytest_asyncio
from inventories import CONFIG, make_inventory, make_link
from sensor_devices import device_of
from snmp_peers import TableAgent, client_for, virtual

from phusong.agent.daemon import Agent, state_settings
from phusong.agent.input.profile_files import packaged_profiles
from phusong.agent.inventory import Inventory
from phusong.agent.judging.evidence import FRESH_INTERVALS
from phusong.agent.judging.fleet_state import FleetState
from phusong.agent.polling.job_runner import FIRST_SENSORS_AFTER_S, FIRST_SENSORS_PER_S
from phusong.agent.polling.observations import Observations
from phusong.agent.polling.poll_plan import DeviceJob, SensorJob, make_plan
from phusong.agent.polling.pollers import Pollers, Tools
from phusong.agent.polling.schedule import Due
from phusong.agent.polling.snmp_security import EngineWatch
from phusong.collectors.host_address import HostAddresses
from phusong.collectors.interfaces import InterfacesPoll
from phusong.collectors.reachability import UdpEchoPinger
from phusong.collectors.readings import Quantity, SensorReading, SensorsReading, SystemReading
from phusong.exporters.agent_metrics import AgentMetrics
from phusong.exporters.exposition import Format
from phusong.exporters.prometheus import FleetRenderer

MODEM_ROUTER = {"1.3.6.1.4.1.14988.1.1.16.1.1.4.1": -97, "1.3.6.1.2.1.31.1.1.1.1.1": "lte1"}
SYSTEM = SystemReading("a router", "1.3.6.1.4.1.14988.1", 4200, "r", "")
READING = SensorsReading(
    SYSTEM, "mikrotik", "MikroTik", "why", (SensorReading(Quantity.MODEM_RSRP, "lte1", -97.0),), dropped=3
)


def spare_and_link() -> Inventory:
    inventory = make_inventory(make_link("l1", near=None, far=("cpe", "wan")), idle_devices=["spare"])
    devices = {key: replace(row, address="127.0.0.1", port=9) for key, row in inventory.devices.items()}
    return replace(inventory, devices=devices)


def test_every_device_has_a_job() -> None:
    """Also one that no line uses, such as the office router with the modem."""
    plan = make_plan(spare_and_link())
    assert {job.device_id for job in plan.sensors} == {"cpe", "spare"}
    assert [job.device_id for job in plan.devices] == ["cpe"]


def read_spare(profile: str) -> Observations:
    """Poll the sensors of ``spare``, a MikroTik with a modem, under a profile of devices.csv."""

    async def run() -> Observations:
        inventory = spare_and_link()
        device = replace(inventory.devices["spare"], address="192.0.2.1", port=161, profile=profile)
        inventory = replace(inventory, devices={"spare": device}, links={})
        observations = Observations(lambda: 0.0, lambda: 0.0)
        client, _ = client_for(TableAgent(device_of("1.3.6.1.4.1.14988.1", MODEM_ROUTER)))
        with client:
            engines = EngineWatch(client.engines, lambda *_: None)
            tools = Tools(client, UdpEchoPinger(9), HostAddresses(lambda: 0.0), engines)
            config = replace(CONFIG, profiles=packaged_profiles())
            pollers = Pollers(config, inventory, tools, observations, lambda _: None)
            await pollers.run(SensorJob("spare"))
        return observations

    return virtual(run())


@pytest.mark.parametrize(
    ("profile", "chosen", "sensors"),
    [
        ("auto", "mikrotik", [SensorReading(Quantity.MODEM_RSRP, "lte1", -97.0)]),
        ("cisco-ios", "cisco-ios", []),
    ],
)
def test_the_profile_of_the_inventory_counts(profile: str, chosen: str, sensors: list[SensorReading]) -> None:
    """``auto`` lets the device decide, a name does not."""
    outcome = read_spare(profile).sensors["spare"]
    assert outcome.value is not None
    assert (outcome.value.profile, list(outcome.value.sensors)) == (chosen, sensors)


def test_sensors_are_shown_for_three_of_their_intervals() -> None:
    """Their age is judged by their own interval, and the last success stays."""
    now = 1000.0
    observations = Observations(lambda: now, lambda: now)
    inventory = spare_and_link()
    state = FleetState(inventory, observations, state_settings(CONFIG))
    observations.sensors_answered("spare", READING)
    rows = {row.device_id: row for row in state.snapshot().devices}
    assert (rows["spare"].sensors, rows["cpe"].sensors) == (READING, None)
    assert (rows["spare"].sys_uptime_ticks, rows["spare"].last_success) == (4200, 1000.0)
    now += FRESH_INTERVALS * CONFIG.poll.sensors_interval_s + 1
    rows = {row.device_id: row for row in state.snapshot().devices}
    assert (rows["spare"].sensors, rows["spare"].sys_uptime_ticks, rows["spare"].last_success) == (
        None,
        None,
        1000.0,
    )


def test_the_page_shows_them() -> None:
    """Each sensor is a series of its metric; what was left out is counted."""
    now = 1000.0
    observations = Observations(lambda: now, lambda: now)
    state = FleetState(spare_and_link(), observations, state_settings(CONFIG))
    observations.sensors_answered("spare", READING)
    dropped: list[tuple[str, int]] = []
    renderer = FleetRenderer(lambda reason, count: dropped.append((reason, count)))
    page = renderer.render(state.snapshot(), Format.TEXT).decode()
    assert 'wan_modem_rsrp_dbm{device="spare",modem="lte1"} -97.0\n' in page
    assert 'wan_device_profile_info{device="spare",profile="mikrotik",vendor="MikroTik"} 1.0\n' in page
    assert 'wan_device_sensor_problems{device="spare"} 0.0\n' in page
    assert dropped == [("sensor_limit", 3)]


@pytest_asyncio.fixture
async def agent() -> AsyncIterator[Agent]:
    made = Agent(CONFIG, spare_and_link(), AgentMetrics("test"))
    yield made
    await made.drain()


async def test_the_first_round_does_not_wait_for_sensors(agent: Agent) -> None:
    """Sensors have jobs in the schedule, at their own interval, but no part in the rounds of the polls."""
    agent._runner.plan_jobs()
    agent._runner._begin_round()
    sensors = {SensorJob("cpe"), SensorJob("spare")}
    assert sensors <= agent._runner.schedule.keys()
    assert not sensors & agent._runner._round
    assert {agent._runner.schedule._jobs[job].interval_s for job in sensors} == {CONFIG.poll.sensors_interval_s}


async def test_sensors_come_after_the_first_round_of_polls(agent: Agent) -> None:
    """At the start no search for sensors takes time from the first answers of lines and endpoints."""
    agent._runner.plan_jobs()
    firsts = {key: when for when, _, key in agent._runner.schedule._heap}
    sensors = [when for key, when in firsts.items() if isinstance(key, SensorJob)]
    polls = [when for key, when in firsts.items() if not isinstance(key, SensorJob)]
    assert min(sensors) - max(polls) > FIRST_SENSORS_AFTER_S / 2


async def test_a_large_fleet_is_asked_step_by_step(agent: Agent) -> None:
    """The first time, when every device is searched for its sensors, takes a while for many devices."""
    inventory = spare_and_link()
    device = inventory.devices["spare"]
    count = int(FIRST_SENSORS_PER_S) * 10
    devices = {f"d{n}": replace(device, device_id=f"d{n}") for n in range(count)}
    agent.reload(CONFIG, replace(inventory, devices={**inventory.devices, **devices}))
    entries = [when for when, _, key in agent._runner.schedule._heap if isinstance(key, SensorJob)]
    assert 8.0 < max(entries) - min(entries) <= 10.1


async def test_a_reload_forgets_the_sensors_of_a_device_that_is_another_now(agent: Agent) -> None:
    """Another address, or another profile, is another device."""
    agent._observations.sensors_answered("spare", READING)
    agent._observations.sensors_answered("cpe", READING)
    inventory = spare_and_link()
    changed = replace(inventory.devices["spare"], profile="mikrotik")
    agent.reload(CONFIG, replace(inventory, devices={**inventory.devices, "spare": changed}))
    assert set(agent._observations.sensors) == {"cpe"}


async def test_a_device_that_is_back_is_asked_for_its_sensors(agent: Agent) -> None:
    """When its interfaces answer again, its sensors need not wait for their place on the ladder."""
    agent._runner.plan_jobs()
    agent._observations.sensors_failed("cpe", "no answer", unanswered=True)
    outcome = agent._observations.sensors["cpe"]
    assert outcome.silent_since is not None
    outcome.silent_since -= 13 * 3600.0
    agent._runner._set_pace(SensorJob("cpe"))
    assert SensorJob("cpe") in agent._runner.schedule.thinned
    agent._assignment.pollers.run = answer(agent)
    (job,) = agent._assignment.plan.devices
    await agent._runner._run(Due(job, 0.0))
    assert SensorJob("cpe") in agent._runner.schedule._extra


def answer(agent: Agent) -> Callable[[DeviceJob], Awaitable[None]]:
    """Return pollers whose devices all answer."""

    async def run(job: DeviceJob) -> None:
        agent._observations.device_answered(job.device_id, InterfacesPoll(1, {}, {}))

    return run
