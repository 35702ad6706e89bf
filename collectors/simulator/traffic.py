"""What flows over a row and what its counters say about it: pure functions of elapsed seconds.

Rates are smooth, counters are their exact integrals: two readings give the same rate whoever takes them, and a
counter never falls except where its 32 bits are full.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from .incidents import HEALTHY, Incident, Trouble

PACKET_OCTETS: Final = 640
ERRORS_EVERY_PACKETS: Final = 4_000_000
POOR_ERRORS_EVERY_PACKETS: Final = 900
BAD_CABLE_ERRORS_EVERY_PACKETS: Final = 150
CONGESTED_DISCARDS_EVERY_PACKETS: Final = 250


@dataclass(frozen=True, slots=True)
class Flow:
    """Octets per second in one direction: a mean and a slow swing around it (``swing`` is 0 to 1 of the mean)."""

    mean: float
    swing: float = 0.3
    period_s: float = 900.0
    phase: float = 0.0

    def octets(self, seconds: float) -> int:
        """Return the octets that passed in the first ``seconds``: the integral of the rate."""
        turn = math.tau / self.period_s
        wave = math.cos(self.phase) - math.cos(turn * seconds + self.phase)
        return int(self.mean * (seconds + self.swing * wave / turn))


SILENCE: Final = Flow(0.0)


@dataclass(frozen=True, slots=True)
class Meter:
    """All counters of one interface row, as full numbers: who shows them cuts them to 32 or 64 bits."""

    inward: Flow
    outward: Flow
    in_base: int
    out_base: int
    incident: Incident = HEALTHY
    bad_cable: bool = False

    def in_octets(self, elapsed: float) -> int:
        """Octets received since the row began to count."""
        return self.in_base + self.inward.octets(self.incident.carried_s(elapsed))

    def out_octets(self, elapsed: float) -> int:
        """Octets sent since the row began to count."""
        return self.out_base + self.outward.octets(self.incident.carried_s(elapsed))

    def in_packets(self, elapsed: float) -> int:
        """Unicast packets received."""
        return self.in_octets(elapsed) // PACKET_OCTETS

    def out_packets(self, elapsed: float) -> int:
        """Unicast packets sent."""
        return self.out_octets(elapsed) // PACKET_OCTETS

    def in_errors(self, elapsed: float) -> int:
        """Broken packets received: few, but for a poor line and a bad cable."""
        every = POOR_ERRORS_EVERY_PACKETS if self.incident.trouble is Trouble.POOR else ERRORS_EVERY_PACKETS
        if self.bad_cable:
            every = BAD_CABLE_ERRORS_EVERY_PACKETS
        return self.in_packets(elapsed) // every

    def out_discards(self, elapsed: float) -> int:
        """Packets dropped before sending: none, but for a congested line."""
        if self.incident.trouble is Trouble.CONGESTED:
            return self.out_packets(elapsed) // CONGESTED_DISCARDS_EVERY_PACKETS
        return 0


def draw(*key: object) -> tuple[float, float, float, float]:
    """Return four numbers from 0 to below 1 that depend on the key alone, in every process and version."""
    octets = blake2b("/".join(map(str, key)).encode(), digest_size=16).digest()
    a, b, c, d = (int.from_bytes(octets[at : at + 4], "big") / 2**32 for at in (0, 4, 8, 12))
    return a, b, c, d
