"""What makes a call poor: the worst of what it receives, against limits."""

from __future__ import annotations

from dataclasses import replace

import pytest
from endpoint_readings import call
from hypothesis import given
from hypothesis import strategies as st

from phusong.agent.judging.call_limits import DEFAULT_CALL_LIMITS, CallFacts, CallLimits
from phusong.collectors.call_readings import CallReading, Media, StreamReading, Way

NOTHING = CallFacts(None, None, None)


@pytest.mark.parametrize(
    ("calls", "facts"),
    [
        ([], NOTHING),
        ([CallReading()], NOTHING),
        ([call(0.002, 0.01, 0.05)], CallFacts(0.002, 0.01, 0.05)),
        ([call(0.002, 0.04, 0.05), call(0.03, 0.01, 0.2)], CallFacts(0.03, 0.04, 0.2)),
        ([CallReading(), call(0.002, 0.01, 0.05)], CallFacts(0.002, 0.01, 0.05)),
        ([CallReading(streams=(StreamReading(Media.VIDEO, Way.SENT, 0.5, 0.5, 0.5),))], NOTHING),
        (
            [
                CallReading(
                    streams=(
                        StreamReading(Media.AUDIO, Way.RECEIVED, 0.0, None, 0.01),
                        StreamReading(Media.CONTENT, Way.RECEIVED, 0.2, None, None),
                    )
                )
            ],
            CallFacts(0.2, None, 0.01),
        ),
    ],
)
def test_facts_of_calls(calls: list[CallReading], facts: CallFacts) -> None:
    """The worst received stream of all calls counts; sent streams and what is not said count for nothing."""
    assert CallFacts.of(calls) == facts


@pytest.mark.parametrize(
    ("facts", "beyond"),
    [
        (NOTHING, ()),
        (CallFacts(0.01, 0.035, 0.150), ()),
        (CallFacts(0.0101, None, None), ("loss",)),
        (CallFacts(None, 0.0351, None), ("jitter",)),
        (CallFacts(None, None, 0.1501), ("latency",)),
        (CallFacts(1.0, 1.0, 1.0), ("loss", "jitter", "latency")),
        (CallFacts(0.0, 0.0, 0.0), ()),
    ],
)
def test_beyond_the_default_limits(facts: CallFacts, beyond: tuple[str, ...]) -> None:
    """The limits of the HDX MIB, 1 %, 35 ms and 150 ms, are good figures themselves."""
    assert facts.beyond(DEFAULT_CALL_LIMITS) == beyond


FACTS = st.builds(CallFacts, *[st.none() | st.floats(0, 1)] * 3)
LIMITS = st.builds(CallLimits, *[st.floats(0.001, 1)] * 3)


@given(FACTS, LIMITS)
def test_clearing_is_stricter(facts: CallFacts, limits: CallLimits) -> None:
    """What is beyond a limit is beyond the one to clear too; what is well below it is good by both."""
    assert set(facts.beyond(limits)) <= set(facts.beyond(limits.to_clear))
    half = CallFacts(*(0.5 * most for most in (limits.loss_ratio, limits.jitter_s, limits.latency_s)))
    assert half.beyond(limits.to_clear) == ()


@given(FACTS, LIMITS, st.sampled_from(["loss_ratio", "jitter_s", "latency_s"]))
def test_a_worse_figure_never_makes_a_call_better(facts: CallFacts, limits: CallLimits, name: str) -> None:
    """More loss, jitter or latency takes nothing away from what is wrong."""
    worse = replace(facts, **{name: (getattr(facts, name) or 0.0) + 1.0})
    assert set(facts.beyond(limits)) <= set(worse.beyond(limits))
