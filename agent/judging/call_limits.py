"""What makes a call poor, by default the thresholds of POLYCOM-VIDEO-MIB (HDX), and what it is judged by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from phusong.collectors.call_readings import CallReading

from .limits import CLEAR_SHARE


@dataclass(frozen=True, slots=True)
class CallLimits:
    """The largest good figures of a received stream; ``latency_s`` is one way as the endpoint gives it."""

    loss_ratio: float = 0.01
    jitter_s: float = 0.035
    latency_s: float = 0.150

    @property
    def to_clear(self) -> CallLimits:
        """To what a poor call must fall to be a good one again: one that hovers at a limit would flap else."""
        return CallLimits(*(CLEAR_SHARE * most for most in (self.loss_ratio, self.jitter_s, self.latency_s)))


@dataclass(frozen=True, slots=True)
class CallFacts:
    """The calls that an endpoint is in: the worst of their received streams; ``None`` where it does not say."""

    loss_ratio: float | None = None
    jitter_s: float | None = None
    latency_s: float | None = None

    @classmethod
    def of(cls, calls: Iterable[CallReading]) -> CallFacts:
        """Return the worst of what these calls receive."""
        known = list(calls)
        return cls(
            *(
                max((value for call in known if (value := getattr(call, name)) is not None), default=None)
                for name in ("loss_ratio", "jitter_s", "latency_s")
            )
        )

    @property
    def measured(self) -> bool:
        """Whether the endpoint gives any figure of its calls."""
        return (self.loss_ratio, self.jitter_s, self.latency_s) != (None, None, None)

    def beyond(self, limits: CallLimits) -> tuple[str, ...]:
        """Return what is beyond its limit: ``loss``, ``jitter``, ``latency``."""
        return tuple(
            name
            for name, value, most in (
                ("loss", self.loss_ratio, limits.loss_ratio),
                ("jitter", self.jitter_s, limits.jitter_s),
                ("latency", self.latency_s, limits.latency_s),
            )
            if value is not None and value > most
        )


DEFAULT_CALL_LIMITS = CallLimits()
