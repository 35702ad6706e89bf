"""Keeps ``phusong.db`` in step with what the agent sees: once a second, beside the event loop.

What is worth keeping is decided in ``outages`` and ``hourly``, when it is in ``record_clock``; here it is fetched,
written and, when it is too old, thrown away. A disk that takes nothing costs no poll: it is tried again.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable
from itertools import pairwise
from math import inf

import structlog

from phusong.agent.judging.fleet_state import LeftBehind
from phusong.exporters.agent_metrics import AgentMetrics
from phusong.exporters.snapshot import Snapshot

from .history_tables import prune, read_hours, read_periods, read_remembered, write_batch, write_hours
from .hourly import HOUR_S, HourlyUse, LinkHour
from .outages import UNKNOWN, Batch, ItemKey, OutageRecord, Period, Remembered
from .state_store import StateStore

log = structlog.get_logger()

PRESENT_EVERY_S = 10.0
"""How often the file hears that the agent is there, when nothing else happens: a gap begins that early at most."""
HOUR_EVERY_S = 300.0
"""How often the running hour is written."""
PRUNE_EVERY_S = 3600.0


class History:
    """The record of one running agent and its file."""

    def __init__(
        self,
        store: StateStore,
        metrics: AgentMetrics,
        hourly: HourlyUse,
        monotonic: Callable[[], float] = time.monotonic,
        unix_time: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._metrics = metrics
        self._monotonic = monotonic
        self._unix_time = unix_time
        self._hourly = hourly
        self._record = OutageRecord(store.read(read_remembered, Remembered()))
        self._finished_hours: dict[tuple[int, str], LinkHour] = {}
        self._clock_believed = True
        self._put_aside = store.put_aside
        started = monotonic()
        self._wrote_at = self._wrote_hour_at = started
        self._pruned_at = started - PRUNE_EVERY_S
        hour = self._hour_now()
        self._hourly.begin(hour, store.read(lambda connection: list(read_hours(connection, hour, hour + 1)), []))

    def left_behind(self, since: float) -> list[LeftBehind]:
        """Return what stood when the agent before this one ended, and how lines changed since then."""
        nothing: list[Period] = []
        recent = self._store.read(lambda connection: list(read_periods(connection, "link", since, inf)), nothing)
        changes: dict[ItemKey, list[float]] = {}
        for before, after in pairwise(recent):
            tells = before.key == after.key and None not in (before.carries, after.carries)
            if tells and before.carries is not after.carries and after.begin >= since:
                changes.setdefault(after.key, []).append(after.begin)
        return [
            LeftBehind(key, period.verdict, period.begin, period.cause, tuple(changes.get(key, ())))
            for key, period in self._record.lasting.items()
            if period.verdict != UNKNOWN
        ]

    def observe(self, snapshot: Snapshot, *, complete: bool) -> None:
        """Take note of how everything is now."""
        believed = self._record.observe(
            snapshot, monotonic=self._monotonic(), unix=self._unix_time(), complete=complete
        )
        if believed != self._clock_believed:
            self._clock_believed = believed
            if believed:
                log.info("clock_believed_again")
            else:
                log.error("clock_not_believed", recorded_until=self._record.recorded_until)
        hour = self._hour_now()
        if believed and hour != self._hourly.hour:
            self._finished_hours.update({(row.hour, row.link_id): row for row in self._hourly.rows()})
            self._hourly.begin(hour)

    async def keep(self) -> None:
        """Write what is due; what cannot be written stays to be written."""
        if self._store.put_aside != self._put_aside:
            self._put_aside = self._store.put_aside
            self._record.write_all()
        batch, hours = self._due()
        if not await asyncio.to_thread(self._write, batch, hours):
            return
        now = self._monotonic()
        self._record.written(batch)
        self._wrote_at = now if batch else self._wrote_at
        self._wrote_hour_at = now if hours else self._wrote_hour_at
        for row in hours:
            if self._finished_hours.get((row.hour, row.link_id)) is row:
                del self._finished_hours[row.hour, row.link_id]

    async def close(self) -> None:
        """Write all there is."""
        self._wrote_at = self._wrote_hour_at = float("-inf")
        await self.keep()

    def _due(self) -> tuple[Batch, list[LinkHour]]:
        """Return what is to be written now: values, that the loop may go on meanwhile."""
        now = self._monotonic()
        batch, hours = Batch(), list(self._finished_hours.values())
        if self._record.changed or now - self._wrote_at >= PRESENT_EVERY_S:
            batch = self._record.batch()
        if now - self._wrote_hour_at >= HOUR_EVERY_S:
            hours += self._hourly.rows()
        return batch, hours

    def _write(self, batch: Batch, hours: list[LinkHour]) -> bool:
        """Do what has to do with the file; runs beside the loop."""

        def work(connection: sqlite3.Connection) -> None:
            write_batch(connection, batch)
            write_hours(connection, hours)

        written = not (batch or hours) or self._store.write(work)
        now = self._monotonic()
        if now - self._pruned_at >= PRUNE_EVERY_S:
            self._pruned_at = now
            self._store.write(lambda connection: prune(connection, self._unix_time()))
        self._metrics.state_file_bytes.set(self._store.size())
        return written

    def _hour_now(self) -> int:
        return int(self._unix_time() // HOUR_S)
