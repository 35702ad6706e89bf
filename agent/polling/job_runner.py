"""Starts jobs when they are due, in the event loop, and knows when everything has been asked once.

When a job is due is decided in ``schedule``, what it does in ``pollers``. What its outcome means is no matter
here, but for how often a silent thing is asked and what a sign of life leads to.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from random import Random
from typing import Any

from prometheus_client import Histogram

from phusong.agent.input.config import Config
from phusong.exporters.agent_metrics import AgentMetrics

from .backoff import slots_per_check
from .observations import Observations, Outcome
from .poll_plan import (
    DeviceJob,
    EndpointJob,
    Job,
    PingJob,
    PolledJob,
    PollPlan,
    ProbeJob,
    SensorJob,
    ServiceJob,
)
from .pollers import Pollers
from .schedule import Due, Schedule

FIRST_ROUND_JOBS_PER_S = 1000.0
"""How fast a fresh agent asks everything for the first time: quick, without flooding sockets and devices."""
FIRST_SENSORS_AFTER_S = 2.0
"""Sensors wait so long at the start: first of all the states of lines and endpoints are to be known."""
FIRST_SENSORS_PER_S = 30.0
"""How fast a fresh agent reads sensors for the first time: looking for them takes many requests. With a huge
fleet that is minutes: faster, it would hold up the polls."""
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
JUDGE_SOON_S = 0.2
"""What polls that somebody asked for have brought is judged so soon, together with that of others like them."""
DRAIN_S = 5.0
"""What is under way when the agent stops may take this long."""


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be done until the next reload."""

    config: Config
    plan: PollPlan
    pollers: Pollers


class JobRunner:
    """Runs the jobs of a plan, and of the next one after a reload. Belongs to the event loop in which it is made.

    ``judge`` is called soon after jobs that somebody asked for, and when everything has been asked once.
    """

    def __init__(
        self,
        work: Work,
        observations: Observations,
        metrics: AgentMetrics,
        judge: Callable[[], None],
    ) -> None:
        self._work = work
        self._observations = observations
        self._metrics = metrics
        self._durations: dict[type[Job], Histogram] = {  # finding a child by its labels costs more than observing
            DeviceJob: metrics.poll_duration.labels(kind="device"),
            EndpointJob: metrics.poll_duration.labels(kind="endpoint"),
            PingJob: metrics.poll_duration.labels(kind="ping"),
            SensorJob: metrics.poll_duration.labels(kind="sensors"),
            ProbeJob: metrics.poll_duration.labels(kind="probe"),
            ServiceJob: metrics.poll_duration.labels(kind="service"),
        }
        self._judge = judge
        self._loop = asyncio.get_running_loop()
        self.schedule: Schedule[Job] = Schedule(Random())
        self._running: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._ticked_at = time.monotonic()
        self._judging: asyncio.TimerHandle | None = None
        self._round: set[Job] = set()
        self._round_began = 0.0
        self._round_lag_s = 0.0
        self._first_round_done = asyncio.Event()

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
        self.plan_jobs()
        self._begin_round()
        self._tick()

    def reload(self, work: Work, *, intervals_differ: bool) -> None:
        """Go on with other work; jobs that stay keep their slots, unless the intervals are others."""
        self._work = work
        if intervals_differ:
            self.schedule = Schedule(Random(), skipped=self.schedule.skipped)
        self.start()

    async def drain(self) -> None:
        """Start nothing any more, and give what is under way a little time."""
        for timer in (self._timer, self._judging):
            if timer:
                timer.cancel()
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=DRAIN_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def poll_now(self, jobs: Collection[Job]) -> None:
        """Run jobs at once, beside their slots; what was silent is asked often again."""
        now = time.monotonic()
        for job in jobs:
            outcome = self._outcome(job) if isinstance(job, PolledJob) else None
            if outcome and outcome.silent_since is not None:
                outcome.silent_since = now
            self.schedule.run_now(job, now)
        self._tick_soon()

    def plan_jobs(self) -> None:
        """Bring the schedule in line with the assignment; jobs that stay keep their slots."""
        config, plan = self._work.config, self._work.plan
        now = time.monotonic()
        polls: set[Job] = {*plan.devices, *plan.endpoints}
        pings: set[Job] = {*plan.pings}
        sensors: set[Job] = {*plan.sensors}
        probes: set[Job] = {*plan.probes}
        services: set[Job] = {*plan.services}
        sensors_s = config.poll.sensors_interval_s
        known = self.schedule.keys()
        first_round_s = len(polls | pings | probes) / FIRST_ROUND_JOBS_PER_S
        first_sensors_s = len(sensors) / FIRST_SENSORS_PER_S
        polls_together_s = min(config.poll.interval_s * POLLS_TOGETHER_RATIO, POLLS_TOGETHER_S)
        for jobs, interval_s, begin, first_s, together_s in (
            (polls, config.poll.interval_s, now, first_round_s, polls_together_s),
            (pings, config.ping.interval_s, now, first_round_s, 0.0),  # many at once would wait, and seem slow
            (probes, config.video.interval_s, now, first_round_s, 0.0),
            (services, config.services.interval_s, now, first_round_s, 0.0),
            (sensors, sensors_s, now + FIRST_SENSORS_AFTER_S, first_sensors_s, 0.0),
        ):
            self.schedule.add(
                jobs - known,
                interval_s=interval_s,
                now=begin,
                first_round_s=first_s,
                together_s=together_s,
            )
        for job in known - polls - pings - sensors - probes - services:
            self.schedule.remove(job)

    def _tick(self) -> None:
        """Start what is due and sleep until the next job."""
        if self._timer:
            self._timer.cancel()
        now = self._ticked_at = time.monotonic()
        for due in self.schedule.take_due(now, JOBS_AT_ONCE):
            task = self._loop.create_task(self._run(due))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        upcoming = self.schedule.next_time()
        sleep_s = LONGEST_SLEEP_S if upcoming is None else upcoming - now
        self._timer = self._loop.call_later(min(max(sleep_s, SHORTEST_SLEEP_S), LONGEST_SLEEP_S), self._tick)

    async def _run(self, due: Due[Job]) -> None:
        began = time.monotonic()
        was_silent = isinstance(due.key, PingJob) and self._echo(due.key) is False
        try:
            await self._work.pollers.run(due.key)
        finally:
            if self.schedule.finish(due.key):
                self._tick_soon()
            if isinstance(due.key, PolledJob):
                self._set_pace(due.key)
                if isinstance(due.key, DeviceJob) and self._answers(due.key):
                    self.expect(SensorJob(due.key.device_id))
            elif isinstance(due.key, PingJob) and was_silent and self._echo(due.key):
                for job in self._work.plan.behind.get(due.key.address, ()):
                    self.expect(job)
            self._note_run(due, began)

    def expect(self, job: PolledJob) -> None:
        """Ask a silent device or endpoint at once and often again: there was a sign of life from it."""
        outcome = self._outcome(job)
        if outcome and outcome.silent_since is not None:
            self.poll_now((job,))

    def _tick_soon(self) -> None:
        """Look at the schedule in the next turn of the loop, unless it is not started yet or has ended."""
        if self._timer and not self._timer.cancelled() and self._timer.when() > self._loop.time():
            self._timer.cancel()
            self._timer = self._loop.call_later(0, self._tick)

    def _set_pace(self, job: PolledJob) -> None:
        """Ask what has been silent for long less often, and what answers in each of its slots."""
        outcome, slots = self._outcome(job), 1
        now = time.monotonic()
        if outcome and outcome.silent_since is not None:
            poll = self._work.config.poll
            interval_s = poll.sensors_interval_s if isinstance(job, SensorJob) else poll.interval_s
            slots = slots_per_check(now - outcome.silent_since, interval_s)
        self.schedule.thin_out(job, slots, now)

    def _outcome(self, job: PolledJob) -> Outcome[Any] | None:
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
            self._judging = self._loop.call_later(JUDGE_SOON_S, self._judge_now)
        if not self._round:
            self._metrics.poll_cycle.set(now - self._round_began)
            self._metrics.poll_schedule_lag.set(self._round_lag_s)
            if not self.ready:
                self._first_round_done.set()
                self._judge()
            self._begin_round()

    def _judge_now(self) -> None:
        self._judging = None
        self._judge()

    def _begin_round(self) -> None:
        """Begin a round: it ends when every poll and ping has run once, but for those that are asked less often.

        Sensors and services have intervals of their own, up to an hour; only the first round waits for those of
        endpoints, without which their first verdicts would be rash.
        """
        counted = (DeviceJob, EndpointJob, PingJob) if self.ready else (DeviceJob, EndpointJob, PingJob, ProbeJob)
        jobs = self.schedule.keys() - self.schedule.thinned
        self._round = {job for job in jobs if isinstance(job, counted)}
        self._round_began = time.monotonic()
        self._round_lag_s = 0.0
