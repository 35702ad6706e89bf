"""At which time of day something is recorded, whatever the clocks of the machine do: a pure function of both.

Periods are recorded by the wall clock, for people and contracts. It may be stepped, and the machine may sleep; the
monotonic clock tells. What is recorded never overlaps and never runs backwards:

- ahead of what passed (the machine slept, or the clock was set forward): a gap, and a new stretch begins;
- behind what is recorded already: the new time is believed, and what was recorded after it was recorded by a wrong
  clock and is taken back. More than a day is not taken back at once (a machine without a battery begins in 1970):
  nothing is recorded until the clock is set, unless the clock had been set forward as far shortly before.
"""

from __future__ import annotations

from dataclasses import dataclass

STEP_S = 2.0
"""A clock that differs by more from what has passed was stepped; less is the work of NTP."""
ABSENT_S = 15.0
"""A process that did not come to look for so long was not there (stopped, or the machine is overloaded)."""
TAKE_BACK_S = 86_400.0
"""More than this is not taken back of a record that is believed."""
BELIEVED_AFTER_S = 86_400.0
"""A step forward is believed after so long."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When it is, as Unix time. ``begins``: nobody was there just before. ``take_back``: so is what is later."""

    at: float
    begins: bool = False
    take_back: bool = False


class RecordClock:
    """Follows both clocks from one look to the next; ``recorded_until`` is where the record of before ends."""

    def __init__(self, recorded_until: float | None) -> None:
        self.at = recorded_until
        """Up to when something is recorded."""
        self._looked: tuple[float, float] | None = None
        self._before_jump: tuple[float, float] | None = None
        """Where the record was before the last long step forward, and when (monotonic) that was."""

    def look(self, monotonic: float, unix: float) -> Moment | None:
        """Return the moment of what is seen now; ``None`` while the clock cannot be believed."""
        looked, self._looked = self._looked, (monotonic, unix)
        if self.at is None:
            self.at = unix
            return Moment(unix, begins=True)
        stepped = looked is None or self._stepped(looked, monotonic, unix)
        if unix >= self.at:
            if stepped and unix - self.at > TAKE_BACK_S:
                self._before_jump = (self.at, monotonic)
            self.at = unix
            return Moment(unix, begins=stepped)
        if not stepped and self.at - unix <= STEP_S:
            return Moment(self.at)
        if unix < self._believed_until(self.at, monotonic) - TAKE_BACK_S:
            self._looked = None
            return None
        self.at, self._before_jump = unix, None
        return Moment(unix, begins=True, take_back=True)

    def _stepped(self, looked: tuple[float, float], monotonic: float, unix: float) -> bool:
        passed = monotonic - looked[0]
        return passed > ABSENT_S or abs(unix - looked[1] - passed) > STEP_S

    def _believed_until(self, at: float, monotonic: float) -> float:
        if self._before_jump and monotonic - self._before_jump[1] < BELIEVED_AFTER_S:
            return self._before_jump[0]
        return at
