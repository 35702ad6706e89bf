"""Keeps events until a receiver has them: one bounded queue and one task for each receiver.

At least once and in order: what fails is tried again with growing pauses until it is too old. How one attempt is
made is the work of ``webhook`` and ``syslog``; nothing here or there ever holds up who puts an event.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import structlog

from phusong.exporters.agent_metrics import AgentMetrics
from phusong.exporters.events import Event
from phusong.exporters.receiver import DeliveryFailed, Rejected, Sender

log = structlog.get_logger()

LONGEST_PAUSE_S = 60.0
LONGEST_RETRY_AFTER_S = 600.0
"""A receiver that asks for a longer rest is asked again after this."""
CLOSING_PAUSE_S = 0.5


@dataclass(frozen=True, slots=True)
class Limits:
    """How many events wait at most, how long each is tried, and the pause after a first failure."""

    queue: int = 10_000
    retry_for_s: float = 24 * 3600.0
    first_pause_s: float = 1.0


def pause_s(failures: int, first_s: float, retry_after_s: float, chance: float) -> float:
    """Return how long to wait after so many failures in a row; ``chance`` (0 to 1) spreads those who wait.

    Doubles from ``first_s`` up to a minute, of which half is left to chance, but never less than the receiver asks
    for, up to ten minutes.
    """
    longest = min(first_s * 2.0 ** min(failures - 1, 30), LONGEST_PAUSE_S)
    return max(longest * (1 + chance) / 2, min(retry_after_s, LONGEST_RETRY_AFTER_S))


@dataclass(frozen=True, slots=True)
class _Waiting:
    event: Event
    put_at: float
    """In seconds of a clock that only rises."""


class Delivery:
    """The queue of one receiver, called ``sink`` in metrics and log. Belongs to the running event loop."""

    def __init__(
        self,
        sink: str,
        sender: Sender,
        limits: Limits,
        metrics: AgentMetrics,
        monotonic: Callable[[], float] = time.monotonic,
        unix_time: Callable[[], float] = time.time,
    ) -> None:
        self._sink = sink
        self._sender = sender
        self._limits = limits
        self._metrics = metrics
        self._monotonic = monotonic
        self._unix_time = unix_time
        self._random = Random()
        self._waiting: deque[_Waiting] = deque()
        self._sending: list[_Waiting] = []
        self._failures = 0
        self._told: set[str] = set()
        """Of what the log has heard since a delivery last succeeded."""
        self._some = asyncio.Event()
        self._hurry = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._closing = False
        self._task: asyncio.Task[None] | None = None
        metrics.events_delivered.labels(sink=sink)
        metrics.events_queued.labels(sink=sink).set(0)

    def __len__(self) -> int:
        return len(self._waiting) + len(self._sending)

    def start(self) -> None:
        """Begin to deliver."""
        self._task = asyncio.create_task(self._run())

    def put(self, event: Event) -> None:
        """Add an event; when too many wait, the oldest goes."""
        self._waiting.append(_Waiting(event, self._monotonic()))
        self._trim()
        self._some.set()
        self._count()

    def use(self, sender: Sender, limits: Limits) -> None:
        """Go on with another sender and other limits; what waits goes there, at once."""
        self._sender.close()
        self._sender, self._limits = sender, limits
        self._failures = 0
        self._trim()
        self._hurry.set()
        self._count()

    async def close(self, patience_s: float) -> None:
        """Try for so long to deliver what is left, then end; what could not be delivered is counted and told."""
        self._closing = True
        self._hurry.set()
        if self._task:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(patience_s):
                    await self._empty.wait()
        self.abandon()

    def abandon(self) -> None:
        """End at once."""
        if self._task:
            self._task.cancel()
        self._sender.close()
        left = len(self)
        if left:
            log.warning("events_not_delivered", sink=self._sink, count=left)
            self._metrics.events_dropped.labels(sink=self._sink, reason="stopped").inc(left)
        self._waiting.clear()
        self._sending.clear()
        self._count()

    async def _run(self) -> None:
        while True:
            if not self._waiting:
                self._some.clear()
                self._empty.set()
                await self._some.wait()
            self._hurry.clear()
            failure = await self._attempt()
            if failure is None:
                continue
            self._failures += 1
            rest_s = pause_s(
                self._failures, self._limits.first_pause_s, failure.retry_after_s, self._random.random()
            )
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(rest_s, CLOSING_PAUSE_S) if self._closing else rest_s):
                    await self._hurry.wait()

    async def _attempt(self) -> DeliveryFailed | None:
        """Try the oldest events once; return why that failed, unless it did not or they are gone."""
        self._drop_old()
        sender = self._sender
        while self._waiting and len(self._sending) < sender.most_at_once:
            self._sending.append(self._waiting.popleft())
        if not self._sending:
            return None
        try:
            await sender.send([waiting.event for waiting in self._sending])
        except Rejected as error:
            self._tell_failure(error)
            self._drop(len(self._sending), "rejected")
            self._sending.clear()
        except DeliveryFailed as error:
            self._tell_failure(error)
            self._put_back()
            return error
        except Exception as error:
            log.exception("delivery_failed_unexpectedly", sink=self._sink)
            self._metrics.events_failures.labels(sink=self._sink, reason="bug").inc()
            self._put_back()
            return DeliveryFailed("bug", type(error).__name__)
        else:
            self._tell_success(len(self._sending))
            self._sending.clear()
        self._count()
        return None

    def _put_back(self) -> None:
        self._waiting.extendleft(reversed(self._sending))
        self._sending.clear()
        self._trim()
        self._count()

    def _trim(self) -> None:
        """Let the oldest go that do not fit; what is being sent stays until that has ended."""
        surplus = min(len(self) - self._limits.queue, len(self._waiting))
        for _ in range(surplus):
            self._waiting.popleft()
        if surplus > 0:
            self._drop(surplus, "queue_full")

    def _drop_old(self) -> None:
        oldest = self._monotonic() - self._limits.retry_for_s
        count = 0
        while self._waiting and self._waiting[0].put_at < oldest:
            self._waiting.popleft()
            count += 1
        if count:
            self._drop(count, "too_old")
            self._count()

    def _drop(self, count: int, reason: str) -> None:
        self._metrics.events_dropped.labels(sink=self._sink, reason=reason).inc(count)
        if reason not in self._told:
            self._told.add(reason)
            log.error("events_dropped", sink=self._sink, reason=reason)

    def _tell_failure(self, error: DeliveryFailed) -> None:
        self._metrics.events_failures.labels(sink=self._sink, reason=error.reason).inc()
        told = f"failure {error.reason}"
        if told not in self._told:
            self._told.add(told)
            log.warning("event_delivery_failing", sink=self._sink, reason=error.reason, problem=str(error))

    def _tell_success(self, count: int) -> None:
        self._metrics.events_delivered.labels(sink=self._sink).inc(count)
        self._metrics.events_last_delivery.labels(sink=self._sink).set(self._unix_time())
        self._failures = 0
        if self._told:
            self._told.clear()
            log.info("event_delivery_works_again", sink=self._sink)

    def _count(self) -> None:
        self._metrics.events_queued.labels(sink=self._sink).set(len(self))
        if len(self):
            self._empty.clear()
