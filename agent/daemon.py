"""The agent at work: runs the schedule, feeds the state, gives out snapshots.

Decides nothing itself: when is in ``schedule``, what is in ``poll_plan``, the meaning in ``verdict``. The service
around it, with its server, signals and files, is in ``service``.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import structlog
from prometheus_client import Histogram

from phusong.collectors.host_address import HostAddresses
from phusong.collectors.reachability import IcmpPinger, Pinger, UdpEchoPinger
from phusong.collectors.snmp.client import ClientCounters, SnmpClient
from phusong.collectors.snmp.transport import Address
from phusong.coverage.summary import CoverageSummary
from phusong.exporters.agent_metrics import AgentMetrics
from phusong.exporters.snapshot import Isolation, Snapshot, Verdict

from .backoff import slots_per_check
from .device_memory import AskedKey, DeviceMemory, Memory
from .fleet_state import FleetState, StateSettings
from .hourly import HourlyUse
from .input.config import Config, PingConfig
from .inventory import Inventory
from .observations import Observations, Outcome
from .poll_plan import DeviceJob, EndpointJob, PingJob, PollPlan, SensorJob, make_plan
from .pollers import Job, Pollers, Tools
from .schedule import Due, Schedule
from .senders import Sender, find_senders
from .snmp_security import EngineWatch, WeakChoiceLog

log = structlog.get_logger()

FIRST_ROUND_JOBS_PER_S = 1000.0
"""How fast a fresh agent asks everything for the first time: quick, without flooding sockets and devices."""
FIRST_SENSORS_AFTER_S = 2.0
"""Sensors wait so long at the start: first of all the states of lines and endpoints are to be known."""
FIRST_SENSORS_PER_S = 30.0
"""How fast a fresh agent reads sensors for the first time: looking for them takes many requests. With a huge
fleet that is minutes: faster, it would hold up the polls."""
SNAPSHOT_AGE_S = 1.0
"""A snapshot younger than this is shown again, and the states are judged this often."""
JUDGE_SOON_S = 0.2
"""What polls that somebody asked for have brought is judged so soon, together with that of others like them."""
JOBS_AT_ONCE = 64
"""So many jobs start in one turn of the loop: what they ask must not bring more answers than one turn reads."""
POLLS_TOGETHER_RATIO = 0.05
"""Polls that are due within such a share of their interval start together."""
POLLS_TOGETHER_S = 1.0
"""But none waits longer than this for others."""
SHORTEST_SLEEP_S = 0.01
"""Jobs that are due closer together than this start together."""
LONGEST_SLEEP_S = 1.0
"""The schedule is looked at this often also when nothing is due: so it is known to be alive."""
STALLED_S = 3 * LONGEST_SLEEP_S
"""A schedule that nobody has looked at for so long has stopped."""
EXPECTED = frozenset({Verdict.UP, Isolation.CONNECTED, Isolation.AT_RISK})
"""A first verdict that is none of these is told at once; of these there are hundreds at every start."""
DRAIN_S = 5.0
"""What is under way when the agent stops may take this long."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """What the agent works on until the next reload."""

    config: Config
    inventory: Inventory
    plan: PollPlan
    pollers: Pollers
    state: FleetState


def make_pinger(config: PingConfig) -> Pinger:
    """Return the pinger that the configuration asks for; needs a running event loop.

    Raises
    ------
    PingUnavailable
        This process may not send ICMP.
    """
    return UdpEchoPinger(config.port) if config.method == "udp-echo" else IcmpPinger()


def state_settings(config: Config) -> StateSettings:
    """Pick what the state needs to know out of the configuration."""
    return StateSettings(
        edition=config.edition,
        poll_interval_s=config.poll.interval_s,
        ping_interval_s=config.ping.interval_s,
        sensors_interval_s=config.poll.sensors_interval_s,
        fallback_technology=config.coverage.fallback_technology,
    )


def _intervals(config: Config) -> tuple[float, float, float]:
    return config.poll.interval_s, config.poll.sensors_interval_s, config.ping.interval_s


class Agent:
    """Polls an inventory and knows its state. Belongs to the event loop in which it is made."""

    def __init__(
        self, config: Config, inventory: Inventory, metrics: AgentMetrics, memory: Memory | None = None
    ) -> None:
        self._metrics = metrics
        self._durations: dict[type[Job], Histogram] = {  # finding a child by its labels costs more than observing
            DeviceJob: metrics.poll_duration.labels(kind="device"),
            EndpointJob: metrics.poll_duration.labels(kind="endpoint"),
            PingJob: metrics.poll_duration.labels(kind="ping"),
            SensorJob: metrics.poll_duration.labels(kind="sensors"),
        }
        self._loop = asyncio.get_running_loop()
        client = SnmpClient()
        engines = EngineWatch(client.engines, self._count_engine_change)
        self._tools = Tools(client, make_pinger(config.ping), HostAddresses(time.monotonic), engines)
        self._weak_choices = WeakChoiceLog()
        self._observations = Observations(time.monotonic, time.time)
        if memory:
            self._observations.traffic.restore(memory.carried)
        self._schedule: Schedule[Job] = Schedule(Random())
        self._assignment = self._assign(config, inventory, memory.devices if memory else {})
        self._running: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._ticked_at = time.monotonic()
        self._judging: asyncio.TimerHandle | None = None
        self._snapshot: Snapshot | None = None
        self._snapshot_at = 0.0
        self._round: set[Job] = set()
        self._round_began = 0.0
        self._round_lag_s = 0.0
        self._first_round_done = asyncio.Event()
        self._counted = ClientCounters()

    @property
    def ready(self) -> bool:
        """Whether every device, endpoint and address has been asked at least once."""
        return self._first_round_done.is_set()

    @property
    def alive(self) -> bool:
        """Whether the schedule still starts what is due."""
        return time.monotonic() - self._ticked_at < STALLED_S

    async def wait_ready(self) -> None:
        """Wait until everything has been asked once."""
        await self._first_round_done.wait()

    def start(self) -> None:
        """Begin to poll: everything once, quickly, then each in its own slot of the interval."""
        self._plan_jobs()
        self._begin_round()
        self._tick()

    def poll_now(self, jobs: Collection[Job]) -> None:
        """Run jobs at once, beside their slots; what was silent is asked often again."""
        now = time.monotonic()
        for job in jobs:
            outcome = None if isinstance(job, PingJob) else self._outcome(job)
            if outcome and outcome.silent_since is not None:
                outcome.silent_since = now
            self._schedule.run_now(job, now)
        self._tick_soon()

    @property
    def names_seen(self) -> int:
        """A number that changes when a host name of the inventory has got another address."""
        return self._tools.addresses.changes

    def senders(self) -> dict[str, Sender]:
        """Return who of the inventory is at which numeric address, as far as it is known now."""
        assignment = self._assignment
        return find_senders(assignment.inventory, assignment.plan, self._tools.addresses.known)

    def engines_at(self, targets: Collection[Address]) -> set[bytes]:
        """Return the SNMPv3 engine IDs that polls have authenticated at these addresses."""
        return {engine_id for target in targets if (engine_id := self._tools.client.engines.pinned_at(target))}

    def reload(self, config: Config, inventory: Inventory) -> None:
        """Go on with another configuration; what both know keeps its state and its place in the schedule."""
        before = self._assignment
        if config.ping != before.config.ping:
            pinger = make_pinger(config.ping)
            self._tools.pinger.close()
            self._tools = replace(self._tools, pinger=pinger)
        before.pollers.retire()
        self._assignment = self._assign(config, inventory, before.pollers.memories())
        self._forget_replaced(before)
        self._assignment.state.adopt(before.state)
        if _intervals(config) != _intervals(before.config):
            self._schedule = Schedule(Random(), skipped=self._schedule.skipped)
        self._plan_jobs()
        self._begin_round()
        self._snapshot = None
        self._tick()

    def _forget_replaced(self, before: Assignment) -> None:
        """Drop what is known of devices and endpoints that are others now, and ask them at once."""
        inventory = self._assignment.inventory
        devices = {key for key, row in inventory.devices.items() if before.inventory.devices.get(key, row) != row}
        endpoints = {
            key for key, row in inventory.endpoints.items() if before.inventory.endpoints.get(key, row) != row
        }
        self._observations.forget(devices, endpoints)
        self._tools.engines.forget(devices | endpoints)
        known = self._schedule.keys()
        for job in known:
            match job:
                case DeviceJob(device_id) | SensorJob(device_id) if device_id in devices:
                    self._schedule.remove(job)
                case EndpointJob(endpoint_id) if endpoint_id in endpoints:
                    self._schedule.remove(job)

    async def drain(self) -> None:
        """Start nothing any more, give what is under way a little time, and release the sockets."""
        for timer in (self._timer, self._judging):
            if timer:
                timer.cancel()
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=DRAIN_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        self._tools.client.close()
        self._tools.pinger.close()

    def use_coverage(self, coverage: CoverageSummary | None) -> None:
        """Join the lines' states with this coverage from now on."""
        self._assignment.state.use_coverage(coverage)
        self._snapshot = None

    def current(self) -> Snapshot:
        """Return the state, at most a second old."""
        now = time.monotonic()
        if self._snapshot is None or now - self._snapshot_at >= SNAPSHOT_AGE_S:
            self._snapshot, self._snapshot_at = self._assignment.state.snapshot(), now
            self._log_changes()
        self._count_traffic()
        return self._snapshot

    @property
    def hourly(self) -> HourlyUse:
        """What every line carried in the running hour."""
        return self._observations.hourly

    @property
    def memory_urgent(self) -> bool:
        """Whether something changed since ``memory`` that should be written soon."""
        return self._assignment.pollers.memory_urgent

    def memory(self) -> Memory:
        """Return what is worth keeping over a restart, as it is now."""
        self._assignment.pollers.memory_urgent = False
        return Memory(self._assignment.pollers.memories(), self._observations.traffic.carried())

    def _assign(
        self, config: Config, inventory: Inventory, memories: Mapping[AskedKey, DeviceMemory]
    ) -> Assignment:
        metrics = self._metrics
        self._weak_choices.warn(config.auths)
        self._tools.client.limit_requests(config.poll.requests_per_second)
        metrics.set_icmp_method(self._tools.pinger.method)
        metrics.inventory_sites.set(len(inventory.sites))
        metrics.inventory_devices.set(len(inventory.devices))
        metrics.inventory_links.set(len(inventory.links))
        metrics.inventory_endpoints.set(len(inventory.endpoints))
        self._observations.traffic.follow(inventory)
        self._observations.hourly.use_inventory(inventory)
        pollers = Pollers(config, inventory, self._tools, self._observations, self._count_error, memories)
        state = FleetState(inventory, self._observations, state_settings(config))
        return Assignment(config, inventory, make_plan(inventory), pollers, state)

    def _plan_jobs(self) -> None:
        """Bring the schedule in line with the assignment; jobs that stay keep their slots."""
        config, plan = self._assignment.config, self._assignment.plan
        now = time.monotonic()
        polls: set[Job] = {*plan.devices, *plan.endpoints}
        pings: set[Job] = {*plan.pings}
        sensors: set[Job] = {*plan.sensors}
        sensors_s = config.poll.sensors_interval_s
        known = self._schedule.keys()
        first_round_s = len(polls | pings) / FIRST_ROUND_JOBS_PER_S
        first_sensors_s = len(sensors) / FIRST_SENSORS_PER_S
        polls_together_s = min(config.poll.interval_s * POLLS_TOGETHER_RATIO, POLLS_TOGETHER_S)
        for jobs, interval_s, begin, first_s, together_s in (
            (polls, config.poll.interval_s, now, first_round_s, polls_together_s),
            (pings, config.ping.interval_s, now, first_round_s, 0.0),  # many at once would wait, and seem slow
            (sensors, sensors_s, now + FIRST_SENSORS_AFTER_S, first_sensors_s, 0.0),
        ):
            self._schedule.add(
                jobs - known,
                interval_s=interval_s,
                now=begin,
                first_round_s=first_s,
                together_s=together_s,
            )
        for job in known - polls - pings - sensors:
            self._schedule.remove(job)

    def _tick(self) -> None:
        """Start what is due and sleep until the next job."""
        if self._timer:
            self._timer.cancel()
        now = self._ticked_at = time.monotonic()
        for due in self._schedule.take_due(now, JOBS_AT_ONCE):
            task = self._loop.create_task(self._run(due))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        upcoming = self._schedule.next_time()
        sleep_s = LONGEST_SLEEP_S if upcoming is None else upcoming - now
        self._timer = self._loop.call_later(min(max(sleep_s, SHORTEST_SLEEP_S), LONGEST_SLEEP_S), self._tick)

    async def _run(self, due: Due[Job]) -> None:
        began = time.monotonic()
        was_silent = isinstance(due.key, PingJob) and self._echo(due.key) is False
        try:
            await self._assignment.pollers.run(due.key)
        finally:
            if self._schedule.finish(due.key):
                self._tick_soon()
            if not isinstance(due.key, PingJob):
                self._set_pace(due.key)
                if isinstance(due.key, DeviceJob) and self._answers(due.key):
                    self.expect(SensorJob(due.key.device_id))
            elif was_silent and self._echo(due.key):
                for job in self._assignment.plan.behind.get(due.key.address, ()):
                    self.expect(job)
            self._note_run(due, began)

    def expect(self, job: DeviceJob | EndpointJob | SensorJob) -> None:
        """Ask a silent device or endpoint at once and often again: there was a sign of life from it."""
        outcome = self._outcome(job)
        if outcome and outcome.silent_since is not None:
            self.poll_now((job,))

    def _tick_soon(self) -> None:
        """Look at the schedule in the next turn of the loop, unless it is not started yet or has ended."""
        if self._timer and not self._timer.cancelled() and self._timer.when() > self._loop.time():
            self._timer.cancel()
            self._timer = self._loop.call_later(0, self._tick)

    def _set_pace(self, job: DeviceJob | EndpointJob | SensorJob) -> None:
        """Ask what has been silent for long less often, and what answers in each of its slots."""
        outcome, slots = self._outcome(job), 1
        now = time.monotonic()
        if outcome and outcome.silent_since is not None:
            poll = self._assignment.config.poll
            interval_s = poll.sensors_interval_s if isinstance(job, SensorJob) else poll.interval_s
            slots = slots_per_check(now - outcome.silent_since, interval_s)
        self._schedule.thin_out(job, slots, now)

    def _outcome(self, job: DeviceJob | EndpointJob | SensorJob) -> Outcome[Any] | None:
        if isinstance(job, DeviceJob):
            return self._observations.devices.get(job.device_id)
        if isinstance(job, SensorJob):
            return self._observations.sensors.get(job.device_id)
        return self._observations.endpoints.get(job.endpoint_id)

    def _answers(self, job: DeviceJob) -> bool:
        outcome = self._outcome(job)
        return outcome is not None and outcome.failed_at is None

    def _echo(self, job: PingJob) -> bool | None:
        """Tell whether an address answered the latest echo requests; ``None`` when it has not been asked."""
        outcome = self._observations.pings.get(job.address)
        return None if outcome is None or outcome.value is None else outcome.value.received > 0

    def _note_run(self, due: Due[Job], began: float) -> None:
        now = time.monotonic()
        self._durations[type(due.key)].observe(now - began)
        self._round_lag_s = max(self._round_lag_s, due.late_s)
        self._round.discard(due.key)
        if due.wanted and self._judging is None:
            self._judging = self._loop.call_later(JUDGE_SOON_S, self._judge_anew)
        if not self._round:
            self._metrics.poll_cycle.set(now - self._round_began)
            self._metrics.poll_schedule_lag.set(self._round_lag_s)
            if not self.ready:
                self._snapshot = None  # the first complete one is shown at once
                self._first_round_done.set()
            self._begin_round()

    def _judge_anew(self) -> None:
        self._judging = self._snapshot = None
        self.current()

    def _begin_round(self) -> None:
        """Begin a round: it ends when every job has run once, but for sensors and what is asked less often."""
        jobs = self._schedule.keys() - self._schedule.thinned
        self._round = {job for job in jobs if not isinstance(job, SensorJob)}
        self._round_began = time.monotonic()
        self._round_lag_s = 0.0

    def _count_engine_change(self, asked_id: str, changes: int) -> None:
        self._metrics.snmp_engine_changes.labels(device=asked_id).inc(changes)

    def _count_error(self, reason: str) -> None:
        self._metrics.poll_errors.labels(reason=reason).inc()

    def _count_traffic(self) -> None:
        """Bring the metrics in line with what the client and the schedule have counted."""
        counters, before, metrics = self._tools.client.counters, self._counted, self._metrics
        metrics.snmp_requests.inc(counters.requests - counters.retries - before.requests + before.retries)
        metrics.snmp_retries.inc(counters.retries - before.retries)
        metrics.snmp_requests_delayed.inc(counters.delayed - before.delayed)
        for reason, count in counters.rejected.items():
            metrics.snmp_replies_rejected.labels(reason=reason).inc(count - before.rejected[reason])
        metrics.poll_skipped.inc(self._schedule.skipped)
        self._schedule.skipped = 0
        thinned = Counter(type(job) for job in self._schedule.thinned)
        metrics.poll_backed_off.labels(kind="device").set(thinned[DeviceJob])
        metrics.poll_backed_off.labels(kind="endpoint").set(thinned[EndpointJob])
        self._counted = ClientCounters(
            counters.requests, counters.retries, counters.replies, counters.delayed, counters.rejected.copy()
        )

    def _log_changes(self) -> None:
        for change in self._assignment.state.take_changes():
            expected = change.first and change.after in EXPECTED
            (log.debug if expected else log.info)(
                "verdict_changed",
                what=change.what,
                id=change.item_id,
                before=change.before,
                after=change.after,
                rule=change.rule,
                cause=change.cause,
            )
