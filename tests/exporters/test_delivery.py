"""The queue of a receiver: order, bounds, what is tried again and what is given up, and what is told of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from events_made import make_event
from structlog.testing import capture_logs

from phusong.exporters.agent_metrics import AgentMetrics
from phusong.exporters.delivery import LONGEST_PAUSE_S, LONGEST_RETRY_AFTER_S, Delivery, Limits, pause_s
from phusong.exporters.events import Event
from phusong.exporters.receiver import DeliveryFailed, Rejected

AWAY = DeliveryFailed("connection", "connection refused")
PATIENCE_S = 10.0


@dataclass
class ScriptedSender:
    """Fails as the script says, then takes everything; each attempt waits at the gate, if there is one."""

    script: list[Exception] = field(default_factory=list)
    most_at_once: int = 3
    gate: asyncio.Event | None = None
    attempts: list[list[str]] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    closed: int = 0
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, events: Sequence[Event]) -> None:
        ids = [event.id for event in events]
        self.attempts.append(ids)
        self.begun.set()
        if self.gate:
            await self.gate.wait()
        if self.script:
            raise self.script.pop(0)
        self.taken += ids

    def close(self) -> None:
        self.closed += 1


class Bench:
    """A delivery with its sender, its clock and its metrics."""

    def __init__(self, sender: ScriptedSender, **limits: float) -> None:
        self.now = 1000.0
        self.metrics = AgentMetrics("test")
        self.sender = sender
        self.delivery = Delivery(
            "webhook", sender, make_limits(**limits), self.metrics, lambda: self.now, lambda: 1.8e9
        )

    def put(self, *ids: str) -> None:
        for event_id in ids:
            self.delivery.put(make_event(event_id))

    def value(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(name, {"sink": "webhook", **labels}) or 0.0

    def dropped(self, reason: str) -> float:
        return self.value("phusong_events_dropped_total", reason=reason)


def make_limits(**changes: float) -> Limits:
    return Limits(**{"first_pause_s": 0.001, **changes})  # type: ignore[arg-type]


@asynccontextmanager
async def delivering(bench: Bench) -> AsyncIterator[Bench]:
    bench.delivery.start()
    try:
        yield bench
    finally:
        await bench.delivery.close(0)


async def until(fact: Callable[[], object]) -> None:
    """Let the loop turn until something holds."""
    async with asyncio.timeout(PATIENCE_S):
        while not fact():  # noqa: ASYNC110 - what is asked are metrics and lists, nothing that could call us
            await asyncio.sleep(0)


async def test_all_arrive_in_order() -> None:
    """What waits before the start and what comes later goes in order, in batches of at most the sender's size."""
    bench = Bench(ScriptedSender())
    bench.put("a", "b", "c", "d")
    async with delivering(bench):
        await until(lambda: len(bench.sender.taken) == 4)
        bench.put("e")
        await until(lambda: len(bench.sender.taken) == 5)
        assert bench.sender.attempts == [["a", "b", "c"], ["d"], ["e"]]
        await until(lambda: bench.value("phusong_events_queued") == 0)
    assert bench.value("phusong_events_delivered_total") == 5
    assert bench.value("phusong_events_last_delivery_timestamp_seconds") == 1.8e9


async def test_a_failed_attempt_is_repeated_whole() -> None:
    """The same events come again in the same order, before those that came meanwhile."""
    bench = Bench(ScriptedSender([AWAY, AWAY]))
    bench.put("a", "b")
    async with delivering(bench):
        await until(lambda: len(bench.sender.attempts) == 2)
        bench.put("c", "d")
        await until(lambda: len(bench.sender.taken) == 4)
    assert bench.sender.taken == ["a", "b", "c", "d"]
    assert bench.value("phusong_events_failures_total", reason="connection") == 2
    assert bench.value("phusong_events_delivered_total") == 4


async def test_the_log_hears_of_a_failure_once() -> None:
    """All failed attempts are one line, and the first success another; neither shows an event."""
    with capture_logs() as logs:
        bench = Bench(ScriptedSender([AWAY] * 6))
        bench.put("a")
        async with delivering(bench):
            await until(lambda: bench.sender.taken)
            await until(lambda: len(logs) == 2)
    assert [entry["event"] for entry in logs] == ["event_delivery_failing", "event_delivery_works_again"]
    assert (logs[0]["reason"], logs[0]["problem"]) == ("connection", "connection refused")


async def test_the_oldest_go_when_too_many_wait() -> None:
    """The queue keeps its bound whatever comes; what went is counted, and told once."""
    with capture_logs() as logs:
        bench = Bench(ScriptedSender(), queue=3)
        bench.put("a", "b", "c", "d", "e")
    assert len(bench.delivery) == bench.value("phusong_events_queued") == 3
    assert bench.dropped("queue_full") == 2
    assert [(entry["event"], entry["reason"]) for entry in logs] == [("events_dropped", "queue_full")]
    async with delivering(bench):
        await until(lambda: len(bench.sender.taken) == 3)
    assert bench.sender.taken == ["c", "d", "e"]


async def test_the_bound_holds_while_an_attempt_hangs() -> None:
    """What is being sent counts too and is neither lost nor sent twice when the queue overflows meanwhile."""
    gate = asyncio.Event()
    bench = Bench(ScriptedSender([AWAY], most_at_once=2, gate=gate), queue=3)
    bench.put("a", "b", "c")
    async with delivering(bench):
        await bench.sender.begun.wait()
        bench.put("d", "e", "f")
        assert len(bench.delivery) == 3
        gate.set()
        await until(lambda: len(bench.sender.taken) == 3)
    assert bench.sender.taken == ["a", "b", "f"]
    assert bench.dropped("queue_full") == 3


async def test_what_is_too_old_is_given_up() -> None:
    """After its time an event is not tried again; younger ones still are."""
    bench = Bench(ScriptedSender([AWAY]), retry_for_s=60)
    bench.put("a")
    async with delivering(bench):
        bench.now += 50
        bench.put("b")
        bench.now += 11
        await until(lambda: bench.sender.taken)
    assert bench.sender.taken == ["b"]
    assert bench.dropped("too_old") == 1


async def test_what_is_rejected_is_not_repeated() -> None:
    """The receiver's no is final for these events, not for the next."""
    bench = Bench(ScriptedSender([Rejected("rejected", "HTTP status 400")], most_at_once=2))
    bench.put("a", "b", "c")
    async with delivering(bench):
        await until(lambda: bench.sender.taken)
        await until(lambda: len(bench.delivery) == 0)
    assert bench.sender.attempts == [["a", "b"], ["c"]]
    assert (bench.dropped("rejected"), bench.value("phusong_events_failures_total", reason="rejected")) == (2, 1)


async def test_a_fault_of_ours_loses_nothing() -> None:
    """An exception that nobody expected is logged with its traceback, and the events are tried again."""
    with capture_logs() as logs:
        bench = Bench(ScriptedSender([ZeroDivisionError()]))
        bench.put("a")
        async with delivering(bench):
            await until(lambda: bench.sender.taken)
    assert logs[0]["event"] == "delivery_failed_unexpectedly"
    assert bench.value("phusong_events_failures_total", reason="bug") == 1


async def test_another_receiver_gets_what_waits_at_once() -> None:
    """A changed address does not wait for the end of a pause, and the old connection is closed."""
    bench = Bench(ScriptedSender([AWAY]), first_pause_s=3600)
    bench.put("a", "b")
    other = ScriptedSender()
    async with delivering(bench):
        await until(lambda: bench.value("phusong_events_failures_total", reason="connection"))
        bench.delivery.use(other, make_limits())
        await until(lambda: len(other.taken) == 2)
    assert (bench.sender.taken, bench.sender.closed) == ([], 1)


async def test_a_smaller_queue_holds_at_once() -> None:
    """After a reload the new bound counts, also for what waits."""
    bench = Bench(ScriptedSender())
    bench.put("a", "b", "c")
    bench.delivery.use(bench.sender, make_limits(queue=1))
    assert (len(bench.delivery), bench.dropped("queue_full")) == (1, 2)


async def test_the_end_delivers_what_waits() -> None:
    """Closing waits for what is left, also when that was in a long pause."""
    bench = Bench(ScriptedSender([AWAY]), first_pause_s=3600)
    bench.put("a", "b", "c", "d")
    bench.delivery.start()
    await until(lambda: bench.value("phusong_events_failures_total", reason="connection"))
    await bench.delivery.close(PATIENCE_S)
    assert bench.sender.taken == ["a", "b", "c", "d"]
    assert bench.sender.closed == 1


async def test_the_end_says_what_is_left() -> None:
    """A receiver that hangs holds up nothing; what it did not get is counted and told."""
    bench = Bench(ScriptedSender(gate=asyncio.Event()))
    bench.put("a", "b", "c", "d")
    bench.delivery.start()
    await bench.sender.begun.wait()
    with capture_logs() as logs:
        await bench.delivery.close(0.01)
    assert logs == [{"event": "events_not_delivered", "log_level": "warning", "sink": "webhook", "count": 4}]
    assert (bench.dropped("stopped"), bench.value("phusong_events_queued")) == (4, 0)


async def test_an_idle_end_is_quick() -> None:
    """With nothing left there is nothing to wait for and nothing to tell."""
    bench = Bench(ScriptedSender())
    bench.delivery.start()
    with capture_logs() as logs:
        async with asyncio.timeout(1):
            await bench.delivery.close(PATIENCE_S)
    assert logs == []


@pytest.mark.parametrize(
    ("failures", "retry_after_s", "chance", "expected"),
    [
        (1, 0.0, 0.0, 0.5),
        (1, 0.0, 1.0, 1.0),
        (2, 0.0, 1.0, 2.0),
        (4, 0.0, 0.5, 6.0),
        (10, 0.0, 1.0, LONGEST_PAUSE_S),
        (10_000, 0.0, 0.0, LONGEST_PAUSE_S / 2),
        (1, 30.0, 0.0, 30.0),
        (10, 3.0, 1.0, LONGEST_PAUSE_S),
        (1, 1e9, 0.0, LONGEST_RETRY_AFTER_S),
    ],
)
def test_pauses(failures: int, retry_after_s: float, chance: float, expected: float) -> None:
    """They double up to a minute, are spread by chance, and respect a wish of the receiver up to ten minutes."""
    assert pause_s(failures, 1.0, retry_after_s, chance) == pytest.approx(expected)
