"""From divided time to figures: seconds by class, the two availabilities, outages, and the contract beside them.

Everything here is a sum of whole milliseconds or a quotient of two such sums, so what holds for a line holds for a
group: its figures are those of the sums over its lines, never means of their ratios.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from enum import StrEnum
from typing import Final

from phusong.exporters.snapshot import Verdict

from .time_classes import Outage, Piece, TimeClass, find_outages

RATIO_STEPS: Final = 100_000
"""Ratios are told in steps of 0.00001 (0.001 %), rounded down: 100 % is said of nothing that was less."""


class Contract(StrEnum):
    """How what was measured compares with what was promised."""

    MET = "met"
    MISSED = "missed"
    NOT_STATED = "not_stated"
    NOT_MEASURED = "not_measured"
    """Promised, but no time counts."""


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of each class; ``congested_ms`` and ``degraded_ms`` are parts of ``up_ms``."""

    up_ms: int = 0
    fault_ms: int = 0
    parent_ms: int = 0
    admin_ms: int = 0
    maintenance_ms: int = 0
    unknown_ms: int = 0
    not_recorded_ms: int = 0
    gap_ms: int = 0
    congested_ms: int = 0
    degraded_ms: int = 0

    @property
    def carrier_ms(self) -> int:
        """The time that counts for the contract."""
        return self.up_ms + self.fault_ms

    @property
    def total_ms(self) -> int:
        """All of it: the range, once for every line."""
        return self.counted_ms + self.maintenance_ms + self.unknown_ms + self.not_recorded_ms + self.gap_ms

    @property
    def counted_ms(self) -> int:
        """The time that counts for availability."""
        return self.up_ms + self.fault_ms + self.parent_ms + self.admin_ms

    @property
    def availability_ratio(self) -> float | None:
        """Up among up, fault, parent and admin; ``None`` where none of them was."""
        return rounded_down(self.up_ms, self.counted_ms)

    @property
    def carrier_availability_ratio(self) -> float | None:
        """Up among up and fault: what the carrier can be held to."""
        return rounded_down(self.up_ms, self.carrier_ms)

    @property
    def recorded_ratio(self) -> float | None:
        """The share of the range in which the agent was there and the line among its lines."""
        return rounded_down(self.total_ms - self.not_recorded_ms - self.gap_ms, self.total_ms)


def rounded_down(part: int, whole: int) -> float | None:
    """Return a ratio in steps of ``1 / RATIO_STEPS``; ``None`` where the whole is nothing."""
    return part * RATIO_STEPS // whole / RATIO_STEPS if whole else None


def sum_times(times: Iterable[Times]) -> Times:
    """Return the sums, class by class."""
    columns = zip(*map(astuple, times), strict=True)
    return Times(*map(sum, columns))


@dataclass(frozen=True, slots=True)
class Measured:
    """What became of one line in a range: its pieces in order, their sums, and its outages."""

    pieces: tuple[Piece, ...]
    times: Times
    outages: tuple[Outage, ...]


def measure(pieces: Sequence[Piece]) -> Measured:
    """Sum up the pieces of one line."""
    classes: Counter[str] = Counter()
    verdicts: Counter[str] = Counter()
    for piece in pieces:
        classes[piece.time_class] += piece.length_ms
        verdicts[piece.verdict] += piece.length_ms
    times = Times(
        **{f"{time_class}_ms": classes[time_class] for time_class in TimeClass},
        congested_ms=verdicts[Verdict.CONGESTED],
        degraded_ms=verdicts[Verdict.DEGRADED],
    )
    return Measured(tuple(pieces), times, tuple(find_outages(pieces)))


def missed_ms(times: Times, contracted_ratio: float | None) -> int:
    """Return by how much longer a line was out than its contract allows; 0 where nothing is promised."""
    if contracted_ratio is None:
        return 0
    return max(0, times.fault_ms - round(times.carrier_ms * (1 - contracted_ratio)))


def compare(times: Times, contracted_ratio: float | None) -> Contract:
    """Tell whether a line met its contract."""
    if contracted_ratio is None:
        return Contract.NOT_STATED
    if not times.carrier_ms:
        return Contract.NOT_MEASURED
    return Contract.MISSED if missed_ms(times, contracted_ratio) else Contract.MET
