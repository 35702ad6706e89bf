"""How much a line carried in a range and how it answered pings, summed up of the hours on record.

The **95th percentile of a range** is the 95th percentile (nearest rank) of its hours' 95th percentiles: the value
that at most 5 % of the hours exceed. Hours without a trusted figure do not count. It is no percentile of single
polls: those are not kept.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

BITS_PER_BYTE = 8
BITS_PER_MEGABIT = 1_000_000


@dataclass(frozen=True, slots=True)
class LinkUse:
    """Rates are megabits per second, ``None`` where no hour gave one; down is towards the office."""

    hours: int = 0
    """How many hours gave rates."""
    down_p95_mbps: float | None = None
    up_p95_mbps: float | None = None
    down_max_mbps: float | None = None
    up_max_mbps: float | None = None
    ping_loss_ratio: float | None = None
    rtt_mean_ms: float | None = None
    """Mean round-trip time of all pings that were answered."""


NO_USE = LinkUse()


HourRow: TypeAlias = tuple[str, int, int, int, int, int, int, int, int | None]
"""Link id, polls, down_p95, up_p95, down_max, up_max, pings sent and answered, mean round trip of one hour."""


@dataclass(slots=True)
class _Sums:
    down_p95: array[int] = field(default_factory=lambda: array("q"))
    up_p95: array[int] = field(default_factory=lambda: array("q"))
    down_max: int = 0
    up_max: int = 0
    sent: int = 0
    answered: int = 0
    rtt_us: int = 0

    def use(self) -> LinkUse:
        measured = bool(self.down_p95)
        return LinkUse(
            hours=len(self.down_p95),
            down_p95_mbps=_mbps(_p95(self.down_p95)) if measured else None,
            up_p95_mbps=_mbps(_p95(self.up_p95)) if measured else None,
            down_max_mbps=_mbps(self.down_max) if measured else None,
            up_max_mbps=_mbps(self.up_max) if measured else None,
            ping_loss_ratio=1 - self.answered / self.sent if self.sent else None,
            rtt_mean_ms=self.rtt_us / self.answered / 1000 if self.answered else None,
        )


def sum_use(rows: Iterable[HourRow]) -> dict[str, LinkUse]:
    """Return the use of every line, by id. A year of all lines is three million rows: hence plain tuples."""
    sums: defaultdict[str, _Sums] = defaultdict(_Sums)
    for link_id, polls, down_p95, up_p95, down_max, up_max, sent, answered, rtt_us in rows:
        found = sums[link_id]
        if polls:
            found.down_p95.append(down_p95)
            found.up_p95.append(up_p95)
            if down_max > found.down_max:
                found.down_max = down_max
            if up_max > found.up_max:
                found.up_max = up_max
        if sent:
            found.sent += sent
            found.answered += answered
            found.rtt_us += (rtt_us or 0) * answered
    return {link_id: found.use() for link_id, found in sums.items()}


def _p95(rates: Sequence[int]) -> int:
    """Return the 95th percentile, nearest rank."""
    return sorted(rates)[-(-len(rates) * 95 // 100) - 1]


def _mbps(bytes_per_s: int) -> float:
    return bytes_per_s * BITS_PER_BYTE / BITS_PER_MEGABIT
