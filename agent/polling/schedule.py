"""When each job is due: spread over the interval, jittered, never two runs of one job at once.

Pure bookkeeping over a clock that is handed in. The first round is quick, so that a fresh agent soon knows
everything; from the second on every job keeps its own slot of the interval. An extra run in between, asked for
with ``run_now``, moves none of them.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Hashable, Iterable, Set
from dataclasses import dataclass, field
from math import ceil, inf
from random import Random
from typing import Generic, TypeVar

JITTER_RATIO = 0.05
"""Each run moves by up to this share of the interval to either side, without drift."""
SHORTEST_GAP_RATIO = 0.25
"""The least distance between the quick first run and the first one in the job's own slot."""
EXTRA_GAP_S = 1.0
"""The least time between the starts of two extra runs of one job, however often they are asked for."""

Key = TypeVar("Key", bound=Hashable)


def slot_ratio(key: Hashable) -> float:
    """Return the job's place in the interval, 0 to 1, evenly spread and the same on every start."""
    digest = hashlib.blake2b(repr(key).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


@dataclass(frozen=True, slots=True)
class Due(Generic[Key]):
    """A job to run now; ``late_s`` is how long ago it should have begun.

    ``wanted`` says that it was asked for with ``run_now``; beside its slots it is never late.
    """

    key: Key
    late_s: float
    wanted: bool = False


@dataclass(slots=True)
class _Job:
    interval_s: float
    together_s: float
    base: float
    """When the run after the one in the heap is due, before jitter."""
    entry: int = 0
    """The job's one valid entry in the heap; others are left-overs."""
    running: bool = False
    slots: int = 1
    """It runs in every so many-th of its slots."""
    extra_began: float = -inf
    """When its last extra run was started."""


@dataclass(slots=True)
class Schedule(Generic[Key]):
    """The jobs and their next runs; ``skipped`` counts runs left out because the one before had not ended."""

    random: Random
    skipped: int = 0
    _jobs: dict[Key, _Job] = field(default_factory=dict)
    _heap: list[tuple[float, int, Key]] = field(default_factory=list)
    _pushes: int = 0
    _extra: dict[Key, float] = field(default_factory=dict)
    """The jobs of which an extra run is wanted, and from when on."""
    _thinned: set[Key] = field(default_factory=set)

    def add(
        self,
        keys: Iterable[Key],
        *,
        interval_s: float,
        now: float,
        first_round_s: float,
        together_s: float = 0.0,
    ) -> None:
        """Add jobs: the first run of each within ``first_round_s``, then one per interval in its own slot.

        The first round may be longer than the interval: for what costs much when it is done for the first time.

        Later runs that are due within the same ``together_s`` start together, at its end: to wake up for each of
        them costs more than the run.
        """
        for key in keys:
            ratio = slot_ratio(key)
            first = now + ratio * first_round_s
            base = now + ratio * interval_s
            slots_passed = ceil((first - base) / interval_s + SHORTEST_GAP_RATIO)
            base += max(0, slots_passed) * interval_s
            job = self._jobs[key] = _Job(interval_s, together_s, base)
            self._push(first, key, job)

    def remove(self, key: Key) -> None:
        """Drop a job; a run of it that is under way is not touched."""
        self._jobs.pop(key, None)
        self._extra.pop(key, None)
        self._thinned.discard(key)

    def keys(self) -> set[Key]:
        """Return the jobs that are scheduled."""
        return set(self._jobs)

    @property
    def thinned(self) -> Set[Key]:
        """The jobs that do not run in each of their slots."""
        return self._thinned

    def thin_out(self, key: Key, slots: int, now: float) -> None:
        """Let a job run in every ``slots``-th of its slots from now on; 1 is the usual."""
        job = self._jobs.get(key)
        if job is None or job.slots == slots:
            return
        job.slots = slots
        (self._thinned.add if slots > 1 else self._thinned.discard)(key)
        # A run may come a little before its slot, and that slot is not the next one then.
        passed = ceil((now + job.interval_s / 2 - job.base) / job.interval_s)
        job.base += (passed + slots - 1) * job.interval_s
        self._push_slot(key, job)

    def run_now(self, key: Key, now: float) -> None:
        """Let a job run beside its slots: at once, or ``EXTRA_GAP_S`` after its last extra run.

        A run under way is not overlapped: one more follows at its end. However often it is asked for meanwhile, it
        is one run, and the job's own slot will do when it comes first. Unknown jobs are ignored.
        """
        job = self._jobs.get(key)
        if job:
            self._extra.setdefault(key, max(now, job.extra_began + EXTRA_GAP_S))

    def next_time(self) -> float | None:
        """Return when the next job is due, ``None`` when there is none."""
        while self._heap and self._valid_job(self._heap[0]) is None:
            heapq.heappop(self._heap)
        times = [when for key, when in self._extra.items() if not self._jobs[key].running]
        if self._heap:
            times.append(self._heap[0][0])
        return min(times, default=None)

    def take_due(self, now: float, most: float = inf) -> list[Due[Key]]:
        """Return the jobs to start now, marked as running; no more than ``most``, the rest stays due.

        A run that would overlap the one before is skipped and counted, and so is one that was slept over.
        """
        due: list[Due[Key]] = []
        while self._heap and self._heap[0][0] <= now and len(due) < most:
            entry = heapq.heappop(self._heap)
            job = self._valid_job(entry)
            if job is None:
                continue
            when, _, key = entry
            missed = max(0, int((now - job.base) // (job.slots * job.interval_s)) + 1)
            job.base += missed * job.slots * job.interval_s
            self._push_slot(key, job)
            self.skipped += missed + job.running
            if not job.running:
                job.running = True
                due.append(Due(key, now - when, wanted=self._extra.pop(key, None) is not None))
        return due + self._take_extra(now, most - len(due))

    def _take_extra(self, now: float, most: float) -> list[Due[Key]]:
        due: list[Due[Key]] = []
        for key, when in list(self._extra.items()):
            job = self._jobs[key]
            if len(due) < most and when <= now and not job.running:
                del self._extra[key]
                job.running, job.extra_began = True, now
                due.append(Due(key, 0.0, wanted=True))
        return due

    def finish(self, key: Key) -> bool:
        """Say that the run of a job has ended, well or badly; return whether ``run_now`` waits for that."""
        if key in self._jobs:
            self._jobs[key].running = False
        return key in self._extra

    def _push_slot(self, key: Key, job: _Job) -> None:
        """Plan the next run for the slot at ``base``, and move that to the slot after it."""
        when = job.base + self.random.uniform(-1, 1) * JITTER_RATIO * job.interval_s
        if job.together_s:
            when = ceil(when / job.together_s) * job.together_s
        self._push(when, key, job)
        job.base += job.slots * job.interval_s

    def _push(self, when: float, key: Key, job: _Job) -> None:
        self._pushes += 1
        job.entry = self._pushes
        heapq.heappush(self._heap, (when, self._pushes, key))

    def _valid_job(self, entry: tuple[float, int, Key]) -> _Job | None:
        job = self._jobs.get(entry[2])
        return job if job and job.entry == entry[1] else None
