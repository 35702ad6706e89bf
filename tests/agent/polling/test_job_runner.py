"""When probes and services are asked, what a round waits for, and who is asked less often: in virtual time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from endpoint_readings import answered, room
from inventories import CONFIG, make_inventory, make_link
from rows_made import ECHO
from snmp_peers import virtual

from phusong.agent.input.video_config import ServicesConfig, VideoConfig
from phusong.agent.inventory import Inventory, Service
from phusong.agent.polling import job_runner
from phusong.agent.polling.job_runner import JobRunner, Work
from phusong.agent.polling.observations import Observations
from phusong.agent.polling.poll_plan import (
    DeviceJob,
    EndpointJob,
    Job,
    PingJob,
    ProbeJob,
    SensorJob,
    ServiceJob,
    make_plan,
)
from phusong.agent.polling.pollers import Pollers
from phusong.collectors.call_readings import ServiceKind, ServiceState
from phusong.collectors.interfaces import InterfacesPoll
from phusong.exporters.agent_metrics import AgentMetrics

VIDEO = replace(CONFIG, video=VideoConfig(interval_s=60.0), services=ServicesConfig(interval_s=120.0))


def inventory() -> Inventory:
    made = make_inventory(make_link("l1", near=None, far=("cpe", "wan")), endpoints={"e1": "addr-e1"})
    return replace(made, services={"p": Service("p", "P", ServiceKind.HTTPS, "p.example", 443, "/")})


class Asked:
    """Stands for the pollers: notes who is asked when, and what came of it."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.observations = Observations(now, now)
        self.now = now
        self.at: dict[Job, list[float]] = {}
        self.takes_s: dict[type, float] = {}
        self.silent = False

    async def run(self, job: Job) -> None:
        self.at.setdefault(job, []).append(self.now())
        await asyncio.sleep(self.takes_s.get(type(job), 0.01))
        it = self.observations
        match job:
            case DeviceJob(device_id):
                it.device_answered(device_id, InterfacesPoll(1, {}, {}))
            case EndpointJob(endpoint_id):
                if self.silent:
                    it.endpoint_failed(endpoint_id, "no answer", unanswered=True)
                else:
                    it.endpoint_answered(endpoint_id, room())
            case ProbeJob(endpoint_id):
                it.probed(endpoint_id, (answered(ServiceKind.SIP_UDP, ServiceState.SILENT),))
            case ServiceJob(service_id):
                it.service_probed(service_id, answered(ServiceKind.HTTPS, ServiceState.SILENT))
            case PingJob(address):
                it.pinged(address, ECHO)

    def count(self, kind: type) -> int:
        return sum(len(times) for job, times in self.at.items() if isinstance(job, kind))


class Bench:
    """A runner in virtual time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        loop = asyncio.get_running_loop()
        monkeypatch.setattr(job_runner, "time", SimpleNamespace(monotonic=loop.time))
        self.loop = loop
        self.asked = Asked(loop.time)
        self.metrics = AgentMetrics("test")
        self.judged = 0
        plan = make_plan(inventory(), VIDEO.video.services)
        work = Work(VIDEO, plan, cast(Pollers, self.asked))
        self.runner = JobRunner(work, self.asked.observations, self.metrics, self._judge)
        self.begin = loop.time()

    def _judge(self) -> None:
        self.judged += 1

    def sample(self, name: str, **labels: str) -> Any:
        return self.metrics.registry.get_sample_value(name, labels)

    async def passes(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def run(monkeypatch: pytest.MonkeyPatch, test: Callable[[Bench], Any]) -> Any:
    async def body() -> Any:
        bench = Bench(monkeypatch)
        bench.runner.start()
        try:
            return await test(bench)
        finally:
            await bench.runner.drain()

    return virtual(body())


def test_each_kind_in_its_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    """Polls, pings, probes and services run as often as phusong.yaml says, each by its own interval."""

    async def an_hour(bench: Bench) -> Counter[str]:
        await bench.passes(3600.0)
        return Counter(
            {kind.__name__: bench.asked.count(kind) for kind in (EndpointJob, PingJob, ProbeJob, ServiceJob)}
        )

    counts = run(monkeypatch, an_hour)
    assert counts["EndpointJob"] == pytest.approx(120, abs=2)
    assert counts["PingJob"] == pytest.approx(720, abs=6)
    assert counts["ProbeJob"] == pytest.approx(60, abs=2)
    assert counts["ServiceJob"] == pytest.approx(30, abs=2)


def test_what_is_silent_is_probed_as_often_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """A room that has been silent for hours is polled seldom, but its services are asked in every interval."""

    async def hours(bench: Bench) -> tuple[int, int, set[Job]]:
        bench.asked.silent = True
        await bench.passes(2 * 3600.0)
        before = bench.asked.count(EndpointJob), bench.asked.count(ProbeJob)
        await bench.passes(3600.0)
        thinned = set(bench.runner.schedule.thinned)
        return bench.asked.count(EndpointJob) - before[0], bench.asked.count(ProbeJob) - before[1], thinned

    polls, probes, thinned = run(monkeypatch, hours)
    assert polls < 20
    assert probes == pytest.approx(60, abs=2)
    assert thinned == {EndpointJob("e1")}


def test_the_first_round_waits_for_probes_but_not_for_services(monkeypatch: pytest.MonkeyPatch) -> None:
    """An agent is ready when its rooms have been asked for their services; a slow portal does not hold it up."""

    async def start(bench: Bench) -> tuple[float, float]:
        bench.asked.takes_s = {ProbeJob: 3.0, ServiceJob: 10.0}
        await bench.runner.wait_ready()
        assert bench.judged == 1
        return bench.loop.time() - bench.begin, bench.asked.count(ServiceJob)

    ready_s, services = run(monkeypatch, start)
    assert 3.0 <= ready_s < 5.0
    assert services == 1


def test_a_round_is_as_long_as_the_polls_take(monkeypatch: pytest.MonkeyPatch) -> None:
    """How late polls are is told once per poll interval, however seldom probes and services are due."""

    async def minutes(bench: Bench) -> list[float]:
        cycles = []
        for _ in range(40):
            await bench.passes(30.0)
            cycles.append(bench.sample("phusong_poll_cycle_seconds"))
        return cycles

    cycles = run(monkeypatch, minutes)
    assert max(cycles) <= 40.0


def test_runs_are_counted_by_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    """How long probes and services take has series of its own."""

    async def minutes(bench: Bench) -> list[Any]:
        await bench.passes(300.0)
        name = "phusong_poll_duration_seconds_count"
        return [bench.sample(name, kind=kind) for kind in ("probe", "service", "endpoint", "sensors")]

    probe, service, endpoint, sensors = run(monkeypatch, minutes)
    assert (probe, service) == (pytest.approx(6, abs=1), pytest.approx(3, abs=1))
    assert endpoint == pytest.approx(11, abs=1)
    assert sensors


def test_a_probe_that_is_wanted_runs_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """When a verdict waits for it, it is asked beside its slots, and its result is judged soon."""

    async def ask(bench: Bench) -> tuple[int, int, float]:
        await bench.runner.wait_ready()
        await bench.passes(1.0)
        probes, judged, now = bench.asked.count(ProbeJob), bench.judged, bench.loop.time()
        bench.runner.poll_now((ProbeJob("e1"), ServiceJob("p"), ProbeJob("nobody")))
        await bench.passes(0.5)
        return (
            bench.asked.count(ProbeJob) - probes,
            bench.judged - judged,
            bench.asked.at[ProbeJob("e1")][-1] - now,
        )

    assert run(monkeypatch, ask) == (1, 1, pytest.approx(0.0, abs=0.05))


def test_jobs_of_what_is_gone_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a reload without services and endpoints nobody asks for them any more."""

    async def reload(bench: Bench) -> set[type]:
        await bench.passes(70.0)
        plan = make_plan(make_inventory(make_link("l1", near=None, far=("cpe", "wan"))))
        bench.runner.reload(Work(VIDEO, plan, cast(Pollers, bench.asked)), intervals_differ=False)
        await bench.passes(20.0)
        bench.asked.at.clear()
        await bench.passes(300.0)
        return {type(job) for job in bench.asked.at}

    assert run(monkeypatch, reload) == {DeviceJob, PingJob, SensorJob}
