"""Asks everything of an inventory once, without a schedule, and judges it: for commands that run beside the agent.

How full a line is can be seen only between two polls of it, so its ends are asked again on demand, some seconds
later.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from phusong.collectors.host_address import HostAddresses
from phusong.collectors.snmp.client import SnmpClient
from phusong.exporters.snapshot import Snapshot

from .daemon import make_pinger, state_settings
from .input.config import Config
from .inventory import Inventory, MaintenanceWindow
from .judging.fleet_state import FleetState
from .open_files import allow_more
from .polling.observations import Observations
from .polling.poll_plan import DeviceJob, Job, make_plan
from .polling.pollers import Pollers, Tools
from .polling.snmp_security import EngineWatch

AT_ONCE = 200
"""So many devices and endpoints are asked at the same time."""
OPEN_FILES = 4096


async def ask_once(
    config: Config,
    inventory: Inventory,
    progress: Callable[[int, int], None],
    *,
    windows: Sequence[MaintenanceWindow] | None = None,
    lines_again_after_s: float | None = None,
) -> Snapshot:
    """Ask every device, endpoint, service and address once, and judge what came.

    Parameters
    ----------
    progress
        Hears how many of how many are done.
    windows
        The maintenance windows that count; those of the inventory without it.
    lines_again_after_s
        The ends of lines are asked a second time so long after they answered; without it they are not, and how
        full a line is stays unknown. One that does not answer is not: its retries were its second chance.

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
    first: tuple[Job, ...] = (*plan.devices, *plan.endpoints, *plan.pings, *plan.probes, *plan.services)
    twice = plan.devices if lines_again_after_s is not None else ()
    count, done = len(first) + len(twice), 0
    room = asyncio.Semaphore(AT_ONCE)
    with SnmpClient() as client:
        client.limit_requests(config.poll.requests_per_second)
        engines = EngineWatch(client.engines, lambda _asked_id, _changes: None)
        tools = Tools(client, pinger, HostAddresses(time.monotonic), engines)
        pollers = Pollers(config, inventory, tools, observations, lambda _reason: None)

        def count_one() -> None:
            nonlocal done
            done += 1
            progress(done, count)

        async def run(job: Job) -> None:
            async with room:
                await pollers.run(job)
            count_one()

        async def run_again(job: DeviceJob, after_s: float) -> None:
            if observations.devices[job.device_id].value is None:
                count_one()
                return
            await asyncio.sleep(after_s)
            await run(job)

        async def run_all_of(job: Job) -> None:
            await run(job)
            if isinstance(job, DeviceJob) and lines_again_after_s is not None:
                await run_again(job, lines_again_after_s)

        progress(0, count)
        await asyncio.gather(*map(run_all_of, first))
    pinger.close()
    # All have been asked: there is nothing to wait for.
    state = FleetState(inventory, observations, replace(state_settings(config), parent_wait_s=0.0))
    state.use_windows(inventory.maintenance if windows is None else windows)
    return state.snapshot()
