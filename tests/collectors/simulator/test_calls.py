"""A simulated call over time: it comes, goes and swings, the same every time."""

from __future__ import annotations

from math import inf

import pytest

from phusong.collectors.simulator.calls import SWING, Call

STANDING = Call("qn-v007", "8800", 720, 1536, 0.001, 0.006, 0.020, began_s=-100.0)
COMING_AND_GOING = Call(
    "qn-v008", "8800", 1080, 2560, 0.001, 0.006, 0.020, began_s=-300.0, lasts_s=900.0, every_s=1800.0
)


@pytest.mark.parametrize(
    ("call", "elapsed", "up", "duration"),
    [
        (STANDING, 0.0, True, 100.0),
        (STANDING, 1e6, True, 1e6 + 100.0),
        (COMING_AND_GOING, 0.0, True, 300.0),
        (COMING_AND_GOING, 599.9, True, 899.9),
        (COMING_AND_GOING, 600.0, False, 900.0),
        (COMING_AND_GOING, 1499.9, False, 900.0),
        (COMING_AND_GOING, 1500.0, True, 0.0),
        (COMING_AND_GOING, 2401.0, False, 900.0),
    ],
)
def test_when_a_call_is_up(call, elapsed, up, duration):
    """It is up from its beginning until its end, and again after its pause."""
    assert call.is_up(elapsed) == up
    assert call.duration_s(elapsed) == pytest.approx(duration)


@pytest.mark.parametrize(
    ("figures", "poor"),
    [
        ({}, False),
        ({"loss_ratio": 0.01, "jitter_s": 0.035, "latency_s": 0.150}, False),
        ({"loss_ratio": 0.011}, True),
        ({"jitter_s": 0.036}, True),
        ({"latency_s": 0.151}, True),
    ],
)
def test_when_a_call_is_poor(figures, poor):
    """Beyond 1 % loss, 35 ms jitter or 150 ms latency."""
    values = {"loss_ratio": 0.002, "jitter_s": 0.006, "latency_s": 0.020} | figures
    assert Call("x", "8800", 720, 1536, began_s=0.0, **values).poor == poor


def test_figures_swing_around_their_mean_and_repeat():
    """They move, stay within the swing, and are the same whenever the same second is asked for."""
    for read, mean in ((STANDING.loss, 0.001), (STANDING.jitter, 0.006), (STANDING.latency, 0.020)):
        values = [read(float(t)) for t in range(0, 600, 10)]
        assert max(values) - min(values) > SWING * mean
        assert all(mean * (1 - SWING) <= value <= mean * (1 + SWING) for value in values)
        assert values == [read(float(t)) for t in range(0, 600, 10)]
    rates = [STANDING.video_kbps(float(t)) for t in range(0, 600, 10)]
    assert all(1000 < rate < STANDING.kbps for rate in rates)


def test_packets_never_fall_while_a_call_lasts():
    """They grow with the call and stand still after it."""
    counted = [COMING_AND_GOING.video_packets(float(t)) for t in range(0, 1400, 50)]
    assert counted == sorted(counted)
    assert len(set(counted)) > 10
    assert COMING_AND_GOING.video_packets(700.0) == COMING_AND_GOING.video_packets(1400.0)


def test_the_picture_is_wide():
    """720 lines have 1280 columns, 576 have 1024; HD has 30 frames a second."""
    assert (STANDING.columns, STANDING.frames_per_s, STANDING.every_s) == (1280, 30, inf)
    below = Call("x", "8800", 576, 768, 0.0, 0.0, 0.0, began_s=0.0)
    assert (below.columns, below.frames_per_s) == (1024, 25)
