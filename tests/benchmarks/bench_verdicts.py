"""CPU of judging: a cycle of 584 and of 29,200 objects with all observations new, and one in which a hub fails.

``make bench`` calls ``run``; as a program it prints the results as JSON. Nothing is polled: the inventories are
those of the simulated province, what polls and pings would bring is made up, the clock is moved by hand. As in the
agent a thirtieth of all is heard each second, pings three times a cycle, and each second is judged; what verdicts
wait for is heard before the next. Counted is judging alone: from what was heard to the snapshot and the changes.
"""

from __future__ import annotations

import gc
import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from live_province import build

from phusong.agent.input.settings import load_inventory
from phusong.agent.inventory import Inventory
from phusong.agent.judging.fleet_state import FleetState, StateSettings
from phusong.agent.polling.observations import Observations
from phusong.agent.polling.poll_plan import DeviceJob, EndpointJob, PingJob, PollPlan, make_plan
from phusong.agent.service import COLLECT_AFTER
from phusong.collectors.call_readings import EndpointReading
from phusong.collectors.interfaces import InterfacesPoll
from phusong.collectors.rates import Interval
from phusong.collectors.readings import InterfaceReading, PingReading, SystemReading
from phusong.collectors.simulator.files import write_config, write_inventory
from phusong.coverage.summary import CoverageSummary, SiteCoverage
from phusong.exporters.snapshot import LinkRow, Snapshot, Verdict

SCALE = 50
CYCLE_S = 30
PINGS_EVERY_S = 10
ROUNDS = 3
SMALL_CYCLES = 15
"""In each round so many cycles of the small fleet and one of the large: a slow moment of the machine is shared."""
ALLOWED_CPU = 0.01
"""Of a core, for 584 objects."""
MOST_GROWTH = 1.5
SETTINGS = StateSettings("2020-01", CYCLE_S, PINGS_EVERY_S, 60, "4G")
BEGAN = datetime(2026, 11, 22, 8, tzinfo=UTC)
DEAD_HUB = "qn-hub2"
HEARD = PingReading(5, 5, 0.004, 0.005, 0.006)
LOST = PingReading(5, 0, None, None, None)
READING = EndpointReading("generic", "", "", SystemReading("", "", 1, "", ""))
PASSED = Interval(30.0, 3_000_000, 300_000, 9_000, 0, 0)


def run() -> list[dict[str, Any]]:
    """Return the CPU of a judged cycle against what is allowed, and how it grows with the fleet."""
    small, large = _measure(Fleet(_inventory(1)), Fleet(_inventory(SCALE)))
    allowed_s = ALLOWED_CPU * CYCLE_S
    per_small, per_large = small.usual_s / small.objects, large.usual_s / large.objects
    return [
        {
            "name": f"verdicts: cycle of {small.objects} objects, CPU (peer: 1 % of a core)",
            "ours_ms": small.usual_s * 1e3,
            "peer_ms": allowed_s * 1e3,
            "ratio": small.usual_s / allowed_s,
            "target": 1,
            "note": f"{large.objects:,} objects: {large.usual_s:.1f} s, {large.usual_s / CYCLE_S:.0%} of a core",
        },
        {
            "name": f"verdicts of {large.objects:,} objects, CPU per object (peer: of {small.objects})",
            "ours_us": per_large * 1e6,
            "peer_us": per_small * 1e6,
            "ratio": per_large / per_small,
            "target": MOST_GROWTH,
            "note": f"in a cycle of {CYCLE_S} s: it is polled once, pinged three times and shown 30 times",
        },
        {
            "name": f"verdicts: cycle of {small.objects} objects in which a hub fails, CPU (peer: a usual one)",
            "ours_ms": small.hub_s * 1e3,
            "peer_ms": small.usual_s * 1e3,
            "ratio": small.hub_s / small.usual_s,
            "note": f"{small.changes} changes of verdicts; {large.objects:,} objects, of which as many hang on "
            f"the hub: {large.hub_s:.1f} s instead of {large.usual_s:.1f} s",
        },
    ]


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds of judging in a cycle of one fleet."""

    objects: int
    usual_s: float
    hub_s: float
    changes: int
    """Of verdicts, in the cycle in which the hub fails."""


@dataclass(slots=True)
class Fleet:
    """An inventory, what is heard of it, and the state that is measured."""

    inventory: Inventory
    now: float = 1000.0
    silent: set[str] = field(default_factory=set)
    """Devices, endpoints and addresses that do not answer."""
    spent_s: float = 0.0
    observations: Observations = field(init=False)
    state: FleetState = field(init=False)
    plan: PollPlan = field(init=False)
    answers: dict[str, InterfacesPoll] = field(init=False)

    def __post_init__(self) -> None:
        self.observations = Observations(lambda: self.now, lambda: BEGAN.timestamp() + self.now)
        self.observations.traffic.follow(self.inventory)
        self.observations.hourly.use_inventory(self.inventory)
        self.state = FleetState(self.inventory, self.observations, SETTINGS)
        covered = (SiteCoverage(site, "4G", ("X",) * (n % 2)) for n, site in enumerate(self.inventory.sites))
        self.state.use_coverage(CoverageSummary("2020-01", "", "", False, False, (), (), tuple(covered)))
        self.plan = make_plan(self.inventory)
        self.answers = {job.device_id: _answer(job) for job in self.plan.devices}

    def cycle(self) -> tuple[Snapshot, int]:
        """Let all be heard once and be judged each second; return the last snapshot and the number of changes."""
        changes = 0
        polls = [*self.plan.devices, *self.plan.endpoints]
        for second in range(CYCLE_S):
            self.now += 1
            for job in polls[second::CYCLE_S]:
                self._hear(job)
            for ping in list(self.plan.pings)[second % PINGS_EVERY_S :: PINGS_EVERY_S]:
                self._hear(ping)
            began = time.process_time()
            snapshot = self.state.snapshot()
            changes += len(self.state.take_changes())
            wanted = self.state.take_wanted()
            self.spent_s += time.process_time() - began
            for observed in wanted:
                if observed in self.plan.jobs:
                    self._hear(self.plan.jobs[observed])
        return snapshot, changes

    def kill(self, hub: str) -> None:
        """Let a hub and all behind it be silent from now on."""
        behind = [link for link in self.inventory.links.values() if link.near and link.near.device_id == hub]
        sites = {link.site_id for link in behind}
        gone = {hub, *(link.far.device_id for link in behind if link.far)}
        self.silent |= gone | {self.inventory.devices[device].address for device in gone}
        self.silent |= {link.ping_address for link in behind}
        for endpoint in self.inventory.endpoints.values():
            if endpoint.site_id in sites:
                self.silent |= {endpoint.endpoint_id, endpoint.address}

    def _hear(self, job: object) -> None:
        """Note what asking would have brought now; sensors bring nothing here."""
        observations = self.observations
        match job:
            case DeviceJob(device) if device in self.silent:
                observations.device_failed(device, "no answer", unanswered=True)
            case DeviceJob(device):
                observations.device_answered(device, self.answers[device])
            case EndpointJob(endpoint) if endpoint in self.silent:
                observations.endpoint_failed(endpoint, "no answer", unanswered=True)
            case EndpointJob(endpoint):
                observations.endpoint_answered(endpoint, READING)
            case PingJob(address):
                observations.pinged(address, LOST if address in self.silent else HEARD)


def _measure(small: Fleet, large: Fleet) -> tuple[Cost, Cost]:
    """Measure both fleets by turns."""
    for fleet in (small, large):
        fleet.cycle()
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)  # as the agent does
    for fleet in (small, large):
        snapshot, _ = fleet.cycle()
        _check({row.verdict for row in snapshot.links}, {Verdict.UP, Verdict.MAINTENANCE})
        fleet.spent_s = 0.0
    for _ in range(ROUNDS):
        for _ in range(SMALL_CYCLES):
            small.cycle()
        large.cycle()
    usual_s = small.spent_s / ROUNDS / SMALL_CYCLES, large.spent_s / ROUNDS
    return _with_dead_hub(small, usual_s[0]), _with_dead_hub(large, usual_s[1])


def _with_dead_hub(fleet: Fleet, usual_s: float) -> Cost:
    """Measure the cycle in which a hub fails."""
    fleet.spent_s = 0.0
    fleet.kill(DEAD_HUB)
    _, changes = fleet.cycle()
    hub_s = fleet.spent_s
    snapshot, _ = fleet.cycle()  # by now all that hangs on the hub has failed and was asked again
    _check({row.verdict for row in _behind(snapshot)}, {Verdict.PARENT_DOWN, Verdict.MAINTENANCE})
    return Cost(len(fleet.inventory.links) + len(fleet.inventory.endpoints), usual_s, hub_s, changes)


def _behind(snapshot: Snapshot) -> Iterator[LinkRow]:
    return (row for row in snapshot.links if row.info.near_device == DEAD_HUB)


def _check(found: set[Verdict], right: set[Verdict]) -> None:
    if not found or not found <= right:
        raise RuntimeError(f"wrong verdicts: {sorted(found - right)}")


def _inventory(scale: int) -> Inventory:
    with tempfile.TemporaryDirectory() as name:
        write_inventory(build(scale), Path(name) / "inventory", port=161, start=BEGAN)
        return load_inventory(write_config(Path(name), echo_port=7))[1]


def _answer(job: DeviceJob) -> InterfacesPoll:
    """Return what a device says when all is well; changing figures would cost nothing more."""
    counters = (10**9, 10**9, 64, 10**7, 10**7, 64, 0, 0, 0, 0)
    readings = {
        selector: InterfaceReading(job.device_id, number, "wan", "", 1_000_000, 1, 1, 10**9, 0, 0, *counters)
        for number, selector in enumerate(job.selectors, 1)
    }
    return InterfacesPoll(1_000_000, readings, {}, traffic=dict.fromkeys(readings, PASSED))


if __name__ == "__main__":
    print(json.dumps(run(), indent=1))
