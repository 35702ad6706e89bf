"""How well a line that carries traffic does: too full, lossy, slow, faulty, flapping.

Decisions are pure functions of figures, limits and times; ``LinkQuality`` is the memory of one line between them.
All times are of one clock that only rises. A line that goes out is measured anew when it is back: what was lost
while it was out says nothing of its quality.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import Final

from phusong.collectors.readings import PingReading
from phusong.exporters.snapshot import Degradation

from .limits import CLEAR_AFTER_S, CLEAR_SHARE, Limits

BUCKETS: Final = 10
"""A window of echo requests moves in steps of a tenth of its length."""
MOST_CHANGES: Final = 200
"""So many are remembered of one line at most, however often it flaps."""
FILLED_SHARE: Final = 0.5
"""The mean round-trip time of a window counts when the window is filled so far: a fresh one may be chance."""
ROUNDING: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Excess:
    """Whether a figure is too high, and since when it has been on its way to the other answer."""

    active: bool = False
    turning_since: float | None = None
    """Since when it has been above the limit while not active, below the clearing point while active."""


CALM: Final = Excess()
EXCEEDED: Final = Excess(active=True)


def follow_excess(
    excess: Excess, value: float | None, limit: float, now: float, *, begin_after_s: float, end_after_s: float
) -> Excess:
    """Return how it stands after one more value.

    It begins when values above ``limit`` have followed each other for ``begin_after_s``, and ends when values at
    or below ``CLEAR_SHARE`` of the limit have for ``end_after_s``. Values between the two change nothing but break
    a run; no value changes nothing.
    """
    if value is None:
        return excess
    turning = value <= limit * CLEAR_SHARE if excess.active else value > limit
    if not turning:
        return excess if excess.turning_since is None else Excess(excess.active)
    since = now if excess.turning_since is None else excess.turning_since
    needed_s = end_after_s if excess.active else begin_after_s
    if now - since >= needed_s:
        return Excess(not excess.active)
    return Excess(excess.active, since)


@dataclass(slots=True)
class EchoWindow:
    """The echo requests of the last while: sent, answered and their round-trip times, in a few buckets."""

    length_s: float
    sent: int = 0
    answered: int = 0
    _rtt_sum_s: float = 0.0
    _buckets: deque[_Bucket] = field(default_factory=deque)

    def add(self, reading: PingReading, now: float) -> None:
        """Take note of a burst."""
        if not self._buckets or now >= self._buckets[-1].ends_at:
            self._buckets.append(_Bucket(now + self.length_s / BUCKETS))
        rtt_sum_s = (reading.rtt_avg_s or 0.0) * reading.received
        self._buckets[-1].add(reading.sent, reading.received, rtt_sum_s)
        self.sent += reading.sent
        self.answered += reading.received
        self._rtt_sum_s += rtt_sum_s
        while self._buckets[0].ends_at < now - self.length_s:
            old = self._buckets.popleft()
            self.sent -= old.sent
            self.answered -= old.answered
            self._rtt_sum_s -= old.rtt_sum_s

    def clear(self) -> None:
        """Forget everything."""
        self._buckets.clear()
        self.sent = self.answered = 0
        self._rtt_sum_s = 0.0

    def loss_ratio(self, limit: float) -> float | None:
        """Return the lost share; ``None`` while it could not tell less than ``limit`` from nothing.

        That is with fewer requests than ``1 / limit``, and where none was answered at all: then a filter, not
        the line, eats them, for this line carries traffic.
        """
        if not self.answered or self.sent * limit < 1.0 - ROUNDING:
            return None
        return 1.0 - self.answered / self.sent

    def rtt_s(self) -> float | None:
        """Return the mean round-trip time in seconds; ``None`` before half of the window is filled."""
        if not self.answered:
            return None
        filled_s = self._buckets[-1].ends_at - self._buckets[0].ends_at + self.length_s / BUCKETS
        return self._rtt_sum_s / self.answered if filled_s >= self.length_s * FILLED_SHARE else None


@dataclass(slots=True)
class _Bucket:
    ends_at: float
    sent: int = 0
    answered: int = 0
    rtt_sum_s: float = 0.0

    def add(self, sent: int, answered: int, rtt_sum_s: float) -> None:
        self.sent += sent
        self.answered += answered
        self.rtt_sum_s += rtt_sum_s


@dataclass(frozen=True, slots=True)
class Quality:
    """What exceeds its limits now."""

    congested_down: bool = False
    congested_up: bool = False
    degradations: tuple[Degradation, ...] = ()


FLAWLESS: Final = Quality()


@dataclass(slots=True)
class LinkQuality:
    """The memory of one line."""

    limits: Limits
    window: EchoWindow = field(init=False)
    use_down: Excess = CALM
    use_up: Excess = CALM
    errors: Excess = CALM
    loss: Excess = CALM
    rtt: Excess = CALM
    changes: deque[float] = field(default_factory=deque)
    """When the line began or ceased to carry traffic, as far as that counts for flapping."""
    change_count: int = 0
    was_up: bool | None = None
    _unanswered: tuple[float, int] | None = None
    """Since when nothing has been answered, and the requests since then."""
    _traffic_at: float | None = None
    _pinged_at: float | None = None

    def __post_init__(self) -> None:
        self.window = EchoWindow(self.limits.over_s)

    def use_limits(self, limits: Limits) -> None:
        """Go on with other limits."""
        if limits.over_s != self.limits.over_s:
            self.window = EchoWindow(limits.over_s)
        self.limits = limits

    def note_up(self, up: bool | None, now: float) -> None:
        """Take note of whether the line carries traffic; what is not known is no change."""
        if up is None:
            return
        if self.was_up is not None and up is not self.was_up:
            self.change_count += 1
            self.changes.append(now)
            self.flaps(now)
        if not up and self.was_up is not False:
            self.use_down = self.use_up = self.errors = self.loss = self.rtt = CALM
            self.window.clear()
            self._unanswered = None
        self.was_up = up

    def note_traffic(self, down: float | None, up: float | None, errors: float | None, read_at: float) -> None:
        """Take note of a poll: shares of the contracted rate in use and the share of packets with errors."""
        if self.was_up is False or read_at == self._traffic_at:
            return
        self._traffic_at = read_at
        limits = self.limits
        self.use_down = self._sustained(self.use_down, down, limits.use_ratio, read_at)
        self.use_up = self._sustained(self.use_up, up, limits.use_ratio, read_at)
        self.errors = self._sustained(self.errors, errors, limits.error_ratio, read_at)

    def note_ping(self, reading: PingReading, pinged_at: float) -> None:
        """Take note of a burst of echo requests.

        One without any answer may be the first sign of an outage: it counts as loss when the line has answered
        again and was not out in between, nor silent for so long that a filter must have eaten the requests.
        """
        if self.was_up is False or pinged_at == self._pinged_at:
            return
        self._pinged_at = pinged_at
        limits = self.limits
        since, unanswered = self._unanswered or (pinged_at, 0)
        if not reading.received:
            self._unanswered = since, unanswered + reading.sent
            return
        self._unanswered = None
        if pinged_at - since < limits.over_s:
            reading = replace(reading, sent=reading.sent + unanswered)
        self.window.add(reading, pinged_at)
        self.loss = _windowed(self.loss, self.window.loss_ratio(limits.loss_ratio), limits.loss_ratio, pinged_at)
        self.rtt = _windowed(self.rtt, self.window.rtt_s(), limits.rtt_s, pinged_at)

    def flaps(self, now: float) -> int:
        """Return how many changes there were within the last ``limits.flap_within_s``."""
        while self.changes and now - self.changes[0] > self.limits.flap_within_s:
            self.changes.popleft()
        while len(self.changes) > MOST_CHANGES:
            self.changes.popleft()
        return len(self.changes)

    def now(self, now: float) -> Quality:
        """Return what exceeds its limits."""
        found = [
            reason
            for reason, excess in (
                (Degradation.LOSS, self.loss),
                (Degradation.RTT, self.rtt),
                (Degradation.ERRORS, self.errors),
            )
            if excess.active
        ]
        if self.changes and self.flaps(now) >= self.limits.flap_changes:
            found.append(Degradation.FLAPPING)
        if not found and not self.use_down.active and not self.use_up.active:
            return FLAWLESS
        return Quality(self.use_down.active, self.use_up.active, tuple(found))

    def _sustained(self, excess: Excess, value: float | None, limit: float, now: float) -> Excess:
        return follow_excess(
            excess, value, limit, now, begin_after_s=self.limits.over_s, end_after_s=CLEAR_AFTER_S
        )


def _windowed(excess: Excess, value: float | None, limit: float, now: float) -> Excess:
    """Follow a figure that has its time in it already."""
    return follow_excess(excess, value, limit, now, begin_after_s=0.0, end_after_s=0.0)
