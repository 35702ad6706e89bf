"""How often what gives no answer is asked: the ladder from every 30 s down to every 10 minutes. Decisions only.

A dead device costs a deadline and a few datagrams each time; after months of silence that is spent for nothing. It
keeps its interval for the first five minutes, and echo requests keep theirs: one that is answered, or a trap, has
the device asked at once (``daemon``).
"""

from __future__ import annotations

from math import ceil, inf

LADDER: tuple[tuple[float, float], ...] = ((5 * 60.0, 30.0), (12 * 3600.0, 5 * 60.0), (inf, 10 * 60.0))
"""Silent for less than so many seconds: asked every so many seconds."""


def check_interval_s(silent_s: float) -> float:
    """Return how long to wait between checks of what has been silent for so long."""
    return next(interval_s for below_s, interval_s in LADDER if silent_s < below_s)


def slots_per_check(silent_s: float, interval_s: float) -> int:
    """Return in which of its slots a job that comes every ``interval_s`` is still run: each, every second ...

    Never more often than that interval, whatever the ladder says.
    """
    return max(1, ceil(check_interval_s(silent_s) / interval_s - 1e-9))
