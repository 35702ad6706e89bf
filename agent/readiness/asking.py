"""Asks everything that a readiness run is about, once: endpoints, their services, and their lines twice.

How full a line is can be seen only between two polls of it, so its ends are asked again a few seconds later.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from phusong.agent.daemon import make_pinger, state_settings
from phusong.agent.input.config import Config
from phusong.agent.inventory import Inventory, MaintenanceWindow
from phusong.agent.judging.fleet_state import FleetState
from phusong.agent.open_files import allow_more
from phusong.agent.polling.observations import Observations
from phusong.agent.polling.poll_plan import Job, make_plan
from phusong.agent.polling.pollers import Pollers, Tools
from phusong.agent.polling.snmp_security import EngineWatch
from phusong.collectors.host_address import HostAddresses
from phusong.collectors.snmp.client import SnmpClient
from phusong.exporters.snapshot import Snapshot

AT_ONCE = 200
"""So many devices and endpoints are asked at the same time."""
OPEN_FILES = 4096
BETWEEN_POLLS_S = 4.0
"""From the first poll of the lines to the second: shorter, a burst would be taken for their use."""


async def ask_all(
    config: Config,
    inventory: Inventory,
    windows: Sequence[MaintenanceWindow],
    progress: Callable[[int, int], None],
) -> Snapshot:
    """Ask everything and judge it under these maintenance windows.

    ``progress`` hears how many of how many are done.

    Raises
    ------
    OSError
        No echo requests can be sent.
    """
    allow_more(OPEN_FILES)
    observations = Observations(time.monotonic, time.time)
    observations.traffic.follow(inventory)
    pinger = make_pinger(config.ping)
    plan = make_plan(inventory, config.video.services)
    first: Sequence[Job] = (*plan.devices, *plan.endpoints, *plan.pings, *plan.probes)
    count, done = len(first) + len(plan.devices), 0
    room = asyncio.Semaphore(AT_ONCE)
    with SnmpClient() as client:
        client.limit_requests(config.poll.requests_per_second)
        engines = EngineWatch(client.engines, lambda _asked_id, _changes: None)
        tools = Tools(client, pinger, HostAddresses(time.monotonic), engines)
        pollers = Pollers(config, inventory, tools, observations, lambda _reason: None)

        async def run(job: Job) -> None:
            nonlocal done
            async with room:
                await pollers.run(job)
            done += 1
            progress(done, count)

        async def run_lines_again() -> None:
            await asyncio.sleep(BETWEEN_POLLS_S)
            await asyncio.gather(*map(run, plan.devices))

        progress(0, count)
        await asyncio.gather(*map(run, first), run_lines_again())
    pinger.close()
    # All have been asked: there is nothing to wait for.
    state = FleetState(inventory, observations, replace(state_settings(config), parent_wait_s=0.0))
    state.use_windows(windows)
    return state.snapshot()
