"""Congested, degraded, flapping: limits, the time they take, and hysteresis."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phusong.agent.judging.limits import CLEAR_AFTER_S, CLEAR_SHARE, Limits
from phusong.agent.judging.quality import CALM, EchoWindow, Excess, LinkQuality, Quality, follow_excess
from phusong.collectors.readings import PingReading
from phusong.exporters.snapshot import Degradation

LIMITS = Limits()
POLL_S, PING_S = 30.0, 10.0


def burst(received: int, rtt_s: float | None = 0.01) -> PingReading:
    rtt_s = rtt_s if received else None
    return PingReading(5, received, rtt_s, rtt_s, rtt_s)


def followed(values: list[float | None], limit: float = 0.9, step_s: float = POLL_S) -> list[bool]:
    """Return after each value, one every ``step_s``, whether the figure is in excess."""
    excess, states = CALM, []
    for number, value in enumerate(values):
        excess = follow_excess(
            excess, value, limit, number * step_s, begin_after_s=300.0, end_after_s=CLEAR_AFTER_S
        )
        states.append(excess.active)
    return states


@pytest.mark.parametrize(
    ("values", "states"),
    [
        ([0.95] * 10, [False] * 10),
        ([0.95] * 11, [False] * 10 + [True]),
        ([0.95] * 9 + [0.85] + [0.95] * 10, [False] * 20),
        ([0.9] * 20, [False] * 20),
        ([0.95] * 5 + [None] * 5 + [0.95], [False] * 10 + [True]),
        ([0.95] * 11 + [0.85] * 5, [False] * 10 + [True] * 6),
        ([0.95] * 11 + [0.7] * 2, [False] * 10 + [True] * 3),
        ([0.95] * 11 + [0.7] * 3, [False] * 10 + [True] * 3 + [False]),
        ([0.95] * 11 + [0.7, 0.85, 0.7, 0.7], [False] * 10 + [True] * 5),
        ([], []),
    ],
)
def test_a_figure_is_too_high_after_five_minutes_and_until_it_is_clearly_lower(
    values: list[float | None], states: list[bool]
) -> None:
    """Above the limit without a break for 5 min begins it; at most four fifths of the limit for 1 min ends it."""
    assert followed(values) == states


@given(st.lists(st.one_of(st.none(), st.floats(0, 2)), max_size=80), st.floats(0.1, 1.5))
def test_an_excess_begins_and_ends_only_with_values_that_say_so(values: list[float | None], limit: float) -> None:
    """It never begins with a value at or below the limit, nor ends with one above the clearing point."""
    excess = CALM
    for number, value in enumerate(values):
        before, excess = (
            excess,
            follow_excess(excess, value, limit, number * POLL_S, begin_after_s=300.0, end_after_s=60.0),
        )
        if excess.active and not before.active:
            assert value is not None
            assert value > limit
        if before.active and not excess.active:
            assert value is not None
            assert value <= limit * CLEAR_SHARE
        if value is None:
            assert excess is before


def echoes(received: list[int], rtt_s: float = 0.01) -> EchoWindow:
    window = EchoWindow(300.0)
    for number, count in enumerate(received):
        window.add(burst(count, rtt_s), number * PING_S)
    return window


@pytest.mark.parametrize(
    ("received", "loss"),
    [
        ([5] * 9, None),
        ([5] * 10, 0.0),
        ([5] * 9 + [4], 0.02),
        ([5] * 9 + [3], 0.04),
        ([0] * 10, None),
        ([0] + [5] * 34, 0.0),
        ([5] * 20 + [4] * 5 + [5] * 5, 5 / 150),
    ],
)
def test_loss_is_that_of_the_last_five_minutes(received: list[int], loss: float | None) -> None:
    """It needs as many requests as tell 2 % from nothing; what never answers is a filter; what is old is gone."""
    found = echoes(received).loss_ratio(0.02)
    assert found == (None if loss is None else pytest.approx(loss))


def test_the_mean_round_trip_time_is_weighed_by_replies() -> None:
    """It is known when half of the window is filled; unanswered bursts do not count."""
    window = EchoWindow(300.0)
    for number, reading in enumerate([burst(5, 0.1), burst(0), burst(5, 0.1), burst(0, 0.1)] * 3):
        window.add(reading, number * PING_S)
    assert window.rtt_s() is None
    for number in range(12, 18):
        window.add(burst(5, 0.4), number * PING_S)
    assert window.rtt_s() == pytest.approx(0.25)


def test_a_window_stays_small_however_often_it_is_fed() -> None:
    """The memory of 29,200 lines has a bound: ten buckets and one that is running out."""
    window = EchoWindow(300.0)
    for number in range(100_000):
        window.add(burst(5), number * 0.1)
    assert len(window._buckets) <= 12


def watched(quality: LinkQuality, bursts: list[PingReading], began_s: float = 0.0) -> list[Quality]:
    found = []
    for number, reading in enumerate(bursts):
        now = began_s + number * PING_S
        quality.note_up(True, now)
        quality.note_ping(reading, now)
        found.append(quality.now(now))
    return found


def test_a_lossy_line_is_degraded_and_stays_so_until_loss_has_clearly_fallen() -> None:
    """3 % degrade; after it has healed, the window has to run clean to 1.6 %."""
    quality = LinkQuality(LIMITS)
    found = watched(quality, [burst(4 if number % 6 == 0 else 5) for number in range(30)])
    assert found[-1].degradations == (Degradation.LOSS,)
    healed = watched(quality, [burst(5)] * 31, began_s=300.0)
    assert healed[0].degradations == (Degradation.LOSS,)
    assert healed[-1].degradations == ()


def test_a_slow_line_is_degraded() -> None:
    """A mean above 150 ms over the window; 149 ms is not."""
    assert watched(LinkQuality(LIMITS), [burst(5, 0.149)] * 31)[-1].degradations == ()
    assert watched(LinkQuality(LIMITS), [burst(5, 0.151)] * 31)[-1].degradations == (Degradation.RTT,)


def polled(quality: LinkQuality, polls: list[tuple[float | None, float | None, float | None]]) -> Quality:
    now = 0.0
    for number, figures in enumerate(polls):
        now = number * POLL_S
        quality.note_up(True, now)
        quality.note_traffic(*figures, now)
    return quality.now(now)


@pytest.mark.parametrize(
    ("polls", "expected"),
    [
        ([(0.95, 0.1, 0.0)] * 11, Quality(congested_down=True)),
        ([(0.1, 0.95, 0.0)] * 11, Quality(congested_up=True)),
        ([(0.95, 0.95, 0.01)] * 11, Quality(True, True, (Degradation.ERRORS,))),
        ([(0.5, 0.5, 0.002)] * 11, Quality(degradations=(Degradation.ERRORS,))),
        ([(0.95, 0.95, 0.01)] * 10, Quality()),
        ([(None, None, None)] * 30, Quality()),
    ],
)
def test_use_is_judged_per_direction(
    polls: list[tuple[float | None, float | None, float | None]], expected: Quality
) -> None:
    """Each direction has its own five minutes, and so have errors."""
    assert polled(LinkQuality(LIMITS), polls) == expected


def test_one_poll_counts_once_however_often_it_is_looked_at() -> None:
    """Rows are judged more often than polled: ten looks at one busy poll are not five minutes of congestion."""
    quality = LinkQuality(LIMITS)
    quality.note_up(True, 0.0)
    for _ in range(20):
        quality.note_traffic(0.95, 0.95, 0.01, 0.0)
    assert quality.use_down == Excess(False, 0.0)


@pytest.mark.parametrize(
    ("changes_at", "looked_at", "flapping"),
    [
        ([0, 60, 120], 130, False),
        ([0, 60, 120, 180], 190, True),
        ([0, 60, 120, 180], 1800, True),
        ([0, 60, 120, 180], 1801, False),
        ([0, 600, 1200, 1900], 1900, False),
        ([0, 600, 1200, 1900, 1950], 1990, True),
    ],
)
def test_four_changes_in_half_an_hour_are_flapping(
    changes_at: list[float], looked_at: float, flapping: bool
) -> None:
    """Going and coming are a change each; what is older than the window does not count."""
    quality = LinkQuality(LIMITS)
    quality.note_up(True, -1000.0)
    up = True
    for at in changes_at:
        up = not up
        quality.note_up(up, at)
    assert (Degradation.FLAPPING in quality.now(looked_at).degradations) is flapping
    assert quality.change_count == len(changes_at)


def test_what_is_not_known_is_no_change() -> None:
    """Up, unknown, up: nothing has happened."""
    quality = LinkQuality(LIMITS)
    for number, up in enumerate([None, True, None, True, None, False, None, False]):
        quality.note_up(up, number)
    assert quality.change_count == 1


def test_an_outage_wipes_the_slate() -> None:
    """What was lost while the line was out does not make it lossy when it is back."""
    quality = LinkQuality(LIMITS)
    watched(quality, [burst(5)] * 20)
    for number in range(6):
        quality.note_ping(burst(0), 200.0 + number)
    quality.note_up(False, 210.0)
    for number in range(10):
        quality.note_ping(burst(0), 210.0 + number * PING_S)
        quality.note_traffic(1.0, 1.0, 1.0, 210.0 + number * POLL_S)
    assert watched(quality, [burst(5)] * 12, began_s=400.0)[-1] == Quality()


@pytest.mark.parametrize(
    ("bursts", "degradations"),
    [
        ([5] * 12 + [0] * 9, ()),
        ([5] * 12 + [0], ()),
        ([5] * 12 + [0, 5], (Degradation.LOSS,)),
        ([5] * 12 + [0, 0, 5], (Degradation.LOSS,)),
        ([5] * 12 + [0] * 40 + [5] * 12, ()),
        ([0] * 40 + [5] * 12, ()),
    ],
)
def test_a_burst_without_any_answer_is_loss_only_when_the_line_answers_again(
    bursts: list[int], degradations: tuple[Degradation, ...]
) -> None:
    """A line that is about to be found out is not called lossy first; five silent minutes are a filter's work."""
    assert watched(LinkQuality(LIMITS), [burst(count) for count in bursts])[-1].degradations == degradations


def test_other_limits_are_taken_over() -> None:
    """After a reload the new limits hold; another length of the window starts it anew."""
    quality = LinkQuality(LIMITS)
    watched(quality, [burst(5, 0.1)] * 20)
    quality.use_limits(Limits(rtt_s=0.05))
    assert watched(quality, [burst(5, 0.1)], began_s=200.0)[-1].degradations == (Degradation.RTT,)
    quality.use_limits(Limits(rtt_s=0.05, over_s=600.0))
    assert (quality.window.sent, quality.window.answered) == (0, 0)
