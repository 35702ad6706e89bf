"""Keeps the running agent's maintenance windows in step with those that ``phusong maintenance`` enters.

The table is read twice a second, beside the event loop: a short question, and nobody has to tell the agent. What
cannot be read changes nothing: the windows that were known last go on to hold.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections import Counter
from collections.abc import Callable

import structlog

from phusong.exporters.agent_metrics import AgentMetrics

from .daemon import Agent
from .inventory import MaintenanceWindow
from .judging.maintenance import WindowState, state_of
from .state.maintenance_table import read_windows, restore_windows
from .state.state_store import StateStore

log = structlog.get_logger()


class MaintenanceWatch:
    """The windows of one running agent and the file from which some of them come."""

    def __init__(
        self, store: StateStore, agent: Agent, metrics: AgentMetrics, unix_time: Callable[[], float] = time.time
    ) -> None:
        self._store = store
        self._agent = agent
        self._metrics = metrics
        self._unix_time = unix_time
        self._entered: list[MaintenanceWindow] = []
        found = store.read(self._read, self._entered)
        self._put_aside = store.put_aside
        self._take_over(found)

    async def look(self) -> bool:
        """Take over what somebody entered or ended meanwhile; tell whether anything changed."""
        found = await asyncio.to_thread(self._store.read, self._read_or_restore, self._entered)
        changed = found != self._entered
        self._take_over(found)
        if changed:
            log.info("maintenance_changed", **self.counts())
        return changed

    def counts(self) -> dict[str, int]:
        """Return how many windows are active and planned, of file and table together."""
        now = self._unix_time()
        counts = Counter(state_of(window, now) for window in self._agent.windows)
        return {str(state): counts[state] for state in (WindowState.ACTIVE, WindowState.PLANNED)}

    def _take_over(self, found: list[MaintenanceWindow]) -> None:
        if found != self._entered:
            self._entered = found
            self._agent.use_windows(found)
        for state, count in self.counts().items():
            self._metrics.maintenance_windows.labels(state=state).set(count)

    def _read(self, connection: sqlite3.Connection) -> list[MaintenanceWindow]:
        return read_windows(connection, over_after=self._unix_time())

    def _read_or_restore(self, connection: sqlite3.Connection) -> list[MaintenanceWindow]:
        """Read the table; into a new file, whose predecessor was put aside, write what is known first."""
        if self._store.put_aside != self._put_aside:
            restore_windows(connection, self._entered, int(self._unix_time()))
            self._put_aside = self._store.put_aside
        return self._read(connection)
