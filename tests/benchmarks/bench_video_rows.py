"""CPU of judging endpoints anew and of rendering their metrics, per row, against the same for lines.

``make bench`` calls ``run``; as a program it prints the results as JSON. Judged is what one asking of the
simulated province brought, the clock moved by hand; rendered is the made-up province of ``metrics_reference``,
every reading new. What a judging or a page costs in which nothing is new is taken off.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from live_province import simulated

from phusong.agent.daemon import make_pinger, state_settings
from phusong.agent.input.config import Config
from phusong.agent.input.settings import load_all
from phusong.agent.inventory import Inventory
from phusong.agent.judging.fleet_state import FleetState
from phusong.agent.meetings import Meeting
from phusong.agent.polling.observations import Observations
from phusong.agent.polling.poll_plan import Job, make_plan
from phusong.agent.polling.pollers import Pollers, Tools
from phusong.agent.polling.snmp_security import EngineWatch
from phusong.collectors.host_address import HostAddresses
from phusong.collectors.snmp.client import SnmpClient
from phusong.exporters.exposition import Format
from phusong.exporters.prometheus import FleetRenderer
from phusong.exporters.snapshot import Snapshot

sys.path.append(str(Path(__file__).parents[1] / "support"))
import metrics_reference as reference

ROUNDS = 15
AT_ONCE = 200
BETWEEN_POLLS_S = 2.0
"""Of the lines: what passes through them is known only after the second."""
MEETINGS = 50
"""So many are shown at most; here all of them have all endpoints."""
MOST_TO_JUDGE, MOST_TO_RENDER = 2.0, 1.0
MOST_FOR_MEETINGS_S = 0.01
"""Of the second in which the agent judges once: 1 % of a core."""


def run() -> list[dict[str, Any]]:
    """Return the CPU per row of endpoints against that of lines, and what meetings add to each judging."""
    with tempfile.TemporaryDirectory() as name, simulated(Path(name) / "judged") as province:
        config, inventory = load_all(province.config)
        observations = asyncio.run(_asked(config, inventory))
    return [*_judging(config, inventory, observations), _rendering()]


async def _asked(config: Config, inventory: Inventory) -> Observations:
    """Ask everything once, and the lines twice."""
    observations = Observations(time.monotonic, time.time)
    observations.traffic.follow(inventory)
    plan = make_plan(inventory, config.video.services)
    with SnmpClient() as client, closing(make_pinger(config.ping)) as pinger:
        tools = Tools(client, pinger, HostAddresses(time.monotonic), EngineWatch(client.engines, lambda *_: None))
        pollers = Pollers(config, inventory, tools, observations, lambda _reason: None)
        room = asyncio.Semaphore(AT_ONCE)

        async def run(job: Job) -> None:
            async with room:
                await pollers.run(job)

        jobs: list[Job] = [*plan.devices, *plan.endpoints, *plan.pings, *plan.probes]
        await asyncio.gather(*map(run, jobs))
        await asyncio.sleep(BETWEEN_POLLS_S)
        await asyncio.gather(*map(run, plan.devices))
    return observations


def _judging(config: Config, inventory: Inventory, observations: Observations) -> list[dict[str, Any]]:
    endpoints, links = len(inventory.endpoints), len(inventory.links)
    with_all = _Judged(config, inventory, observations)
    with_all.state.use_meetings(_meetings(inventory))
    lines_only = _Judged(config, replace(inventory, endpoints={}), observations)
    of_endpoints = {("endpoint", key) for key in inventory.endpoints}
    of_lines = {("device", key) for key in inventory.devices}
    judged, meetings_s = with_all.least_s(of_endpoints)
    judged_lines, idle_s = lines_only.least_s(of_lines)
    ours, peer = judged / endpoints, judged_lines / links
    added = meetings_s - idle_s
    return [
        {
            "name": "judging of endpoints, CPU per row (peer: lines)",
            "ours_us": ours * 1e6,
            "peer_us": peer * 1e6,
            "ratio": ours / peer,
            "target": MOST_TO_JUDGE,
            "note": f"verdict, fault and readiness of {endpoints} endpoints; {links} lines with their devices",
        },
        {
            "name": f"judging with {MEETINGS} meetings of all endpoints, CPU added (peer: 1 % of a core)",
            "ours_ms": added * 1e3,
            "peer_ms": MOST_FOR_MEETINGS_S * 1e3,
            "ratio": added / MOST_FOR_MEETINGS_S,
            "target": 1,
            "note": "each second, when nothing was heard",
        },
    ]


class _Judged:
    """A state over observations that stay as they are."""

    def __init__(self, config: Config, inventory: Inventory, observations: Observations) -> None:
        self._now = time.monotonic()
        self._observations = observations
        observations.monotonic = lambda: self._now
        self.state = FleetState(inventory, observations, state_settings(config))
        self.state.snapshot()

    def least_s(self, heard: Iterable[tuple[str, str]]) -> tuple[float, float]:
        """Return the CPU seconds that hearing of these adds to a judging, and those of one without news."""
        self._observations.monotonic = lambda: self._now
        news, quiet = [], []
        for _ in range(ROUNDS):
            self._now += 0.001
            self._observations.touched.update(heard)
            news.append(_seconds(self.state.snapshot))
            quiet.append(_seconds(self.state.snapshot))
            self.state.take_changes()
            self.state.take_wanted()
        return min(news) - min(quiet), min(quiet)


def _meetings(inventory: Inventory) -> list[Meeting]:
    begin = datetime.now(UTC) + timedelta(hours=1)
    return [
        Meeting(
            f"m{n}",
            f"Meeting {n}",
            begin + timedelta(days=n),
            begin + timedelta(days=n, hours=2),
            tuple(inventory.endpoints),
        )
        for n in range(MEETINGS)
    ]


def _rendering() -> dict[str, Any]:
    cycles = [reference.province(communes=0, cycle=cycle) for cycle in range(ROUNDS + 1)]
    plain = cycles[0]
    endpoints = _rendered_s([plain, *(replace(plain, endpoints=one.endpoints) for one in cycles[1:])])
    lines = _rendered_s([plain, *(replace(plain, links=one.links) for one in cycles[1:])])
    of_endpoints = sum(name.startswith("vc_") for name, _, _ in reference.samples(plain))
    of_lines = sum(name.startswith(("wan_link", "if")) for name, _, _ in reference.samples(plain))
    ours, peer = endpoints / len(plain.endpoints), lines / len(plain.links)
    in_calls = sum(bool(row.reading and row.reading.calls) for row in plain.endpoints)
    return {
        "name": "rendering of endpoints, CPU per row (peer: lines)",
        "ours_us": ours * 1e6,
        "peer_us": peer * 1e6,
        "ratio": ours / peer,
        "target": MOST_TO_RENDER,
        "note": (
            f"{of_endpoints / len(plain.endpoints):.0f} samples of an endpoint, {in_calls} of "
            f"{len(plain.endpoints)} in calls, {endpoints / of_endpoints * 1e6:.2f} us each; "
            f"{of_lines / len(plain.links):.0f} of a line, {lines / of_lines * 1e6:.2f} us each"
        ),
    }


def _rendered_s(snapshots: Sequence[Snapshot]) -> float:
    """Return the least CPU seconds that new rows add to a page, once the beginnings of lines are known."""
    renderer = FleetRenderer(lambda reason, count: None)
    added = []
    for snapshot in snapshots:
        render = partial(renderer.render, snapshot, Format.TEXT)
        added.append(_seconds(render) - _seconds(render))
    return min(added[1:])


def _seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


if __name__ == "__main__":
    print(json.dumps(run(), indent=1))
