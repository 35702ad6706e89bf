"""What is wrong with a line, as pure functions of the seconds since the simulation began.

No line and no device is known here. Standing incidents began before the simulation did, so one poll sees them;
only the flapping line changes while somebody watches, and what somebody cuts (``cuts``).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import inf
from typing import Final

FLAP_UP_S: Final = 150.0
FLAP_PERIOD_S: Final = 240.0
"""A flapping line is up for 150 s and down for 90 s: 15 changes in 30 minutes."""
POOR_LOSS: Final = 0.03
POOR_JITTER_S: Final = 0.06


class Trouble(StrEnum):
    """What can be wrong with a line."""

    NONE = "none"
    CUT = "cut"
    """Nothing passes: the near end says down, what is behind the line is silent."""
    FLAPPING = "flapping"
    CONGESTED = "congested"
    """It carries 0.97 of the contracted rate."""
    ADMIN_DOWN = "admin_down"
    """Switched off at the near end."""
    POOR = "poor"
    """It loses 3 % of all echo requests and delays the others unevenly."""


@dataclass(frozen=True, slots=True)
class Incident:
    """One trouble and when it began and ends, in seconds relative to the start of the simulation."""

    trouble: Trouble = Trouble.NONE
    began_s: float = -86_000.0
    ended_s: float = inf

    def carries(self, elapsed: float) -> bool:
        """Say whether the line carries traffic at ``elapsed``."""
        if self.trouble is Trouble.FLAPPING:
            return elapsed % FLAP_PERIOD_S < FLAP_UP_S
        stops = self.trouble in (Trouble.CUT, Trouble.ADMIN_DOWN)
        return not (stops and self.began_s <= elapsed < self.ended_s)

    def next_change_s(self, elapsed: float) -> float | None:
        """Return when the line goes up or down next, after ``elapsed``; ``None`` when it never does."""
        if self.trouble is Trouble.CUT:
            return min((at for at in (self.began_s, self.ended_s) if elapsed < at < inf), default=None)
        if self.trouble is not Trouble.FLAPPING:
            return None
        cycle = elapsed // FLAP_PERIOD_S * FLAP_PERIOD_S
        return cycle + (FLAP_UP_S if self.carries(elapsed) else FLAP_PERIOD_S)

    def carried_s(self, elapsed: float) -> float:
        """Return for how many of the ``elapsed`` seconds the line has carried traffic."""
        if self.trouble is Trouble.FLAPPING:
            return elapsed // FLAP_PERIOD_S * FLAP_UP_S + min(elapsed % FLAP_PERIOD_S, FLAP_UP_S)
        if self.trouble in (Trouble.CUT, Trouble.ADMIN_DOWN):
            begin, end = (min(max(at, 0.0), elapsed) for at in (self.began_s, self.ended_s))
            return elapsed - (end - begin)
        return elapsed

    def last_change_s(self, elapsed: float) -> float:
        """Return when the line last went up or down; negative before the start of the simulation."""
        if self.trouble is Trouble.FLAPPING:
            cycle = elapsed // FLAP_PERIOD_S * FLAP_PERIOD_S
            return cycle if self.carries(elapsed) else cycle + FLAP_UP_S
        return self.ended_s if self.ended_s <= elapsed else self.began_s


HEALTHY: Final = Incident()
