"""Tells when something that is counted begins to happen and when it has ended, instead of each time. No I/O."""

from __future__ import annotations

from collections import Counter
from typing import Generic, TypeVar

QUIET_S = 600.0
"""Something has ended when it has not happened for so long."""

T = TypeVar("T", bound=str)


class Onsets(Generic[T]):
    """What of a counter's keys goes on now."""

    def __init__(self) -> None:
        self._counted: Counter[T] = Counter()
        self._began: dict[T, int] = {}
        """The count before what goes on now."""
        self._latest: dict[T, float] = {}

    def look(self, counts: Counter[T], now: float) -> tuple[list[T], list[tuple[T, int]]]:
        """Compare with the last look: return what began, and what has ended with how often it happened.

        ``now`` is in seconds of a clock that only rises.
        """
        began = []
        for key in counts - self._counted:
            if key not in self._began:
                self._began[key] = self._counted[key]
                began.append(key)
            self._latest[key] = now
        ended = []
        for key in [key for key, latest in self._latest.items() if now - latest >= QUIET_S]:
            del self._latest[key]
            ended.append((key, counts[key] - self._began.pop(key)))
        self._counted = counts.copy()
        return began, ended
