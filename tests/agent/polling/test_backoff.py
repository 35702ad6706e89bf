"""The ladder of what gives no answer: from every 30 s to every 10 minutes, never above the configured pace."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phusong.agent.polling.backoff import check_interval_s, slots_per_check

MINUTE, HOUR = 60.0, 3600.0


@pytest.mark.parametrize(
    ("silent_s", "interval_s"),
    [
        (0.0, 30.0),
        (5 * MINUTE - 0.1, 30.0),
        (5 * MINUTE, 300.0),
        (12 * HOUR - 0.1, 300.0),
        (12 * HOUR, 600.0),
        (400 * 24 * HOUR, 600.0),
    ],
)
def test_the_ladder(silent_s: float, interval_s: float) -> None:
    """Every 30 s for 5 min, every 5 min until 12 h, then every 10 min for ever."""
    assert check_interval_s(silent_s) == interval_s


@pytest.mark.parametrize(
    ("interval_s", "slots"),
    [(30.0, (1, 10, 20)), (10.0, (3, 30, 60)), (45.0, (1, 7, 14)), (300.0, (1, 1, 2)), (3600.0, (1, 1, 1))],
)
def test_the_ladder_in_slots_of_the_interval(interval_s: float, slots: tuple[int, int, int]) -> None:
    """A check keeps the job's own slots; it never comes more often than the interval."""
    assert tuple(slots_per_check(silent, interval_s) for silent in (0.0, HOUR, 24 * HOUR)) == slots


@given(st.floats(0, 1e8), st.floats(0.1, 3600))
def test_checks_are_never_closer_than_the_ladder_or_the_interval(silent_s: float, interval_s: float) -> None:
    """Whatever the interval, the time between checks is at least both, and less than one interval more."""
    between = slots_per_check(silent_s, interval_s) * interval_s
    ladder = check_interval_s(silent_s)
    assert between >= max(interval_s, ladder) * (1 - 1e-6)
    assert between <= max(interval_s, ladder + interval_s)
