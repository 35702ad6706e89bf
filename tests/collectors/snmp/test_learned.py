"""Sizes that a device teaches: down at once, up slowly, never in circles."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from phusong.collectors.snmp.learned import GOOD_AFTER_FAILURE, LearnedSize, octets_fit


def good(size: LearnedSize, times: int) -> None:
    """Answer well so many times, with whatever is asked."""
    for _ in range(times):
        size.succeeded(size.value, fits=1000)


def test_a_failure_counts_at_once_and_success_only_after_a_while() -> None:
    """One failure halves; twenty good answers are needed before the next step up."""
    size = LearnedSize(44, 44)
    size.failed(44, 22)
    good(size, GOOD_AFTER_FAILURE - 1)
    assert size.value == 22
    good(size, 1)
    assert (size.value, size.on_trial(size.value)) == (44, True)
    good(size, 1)
    assert not size.on_trial(44)


def test_a_step_up_that_fails_is_taken_back_for_eight_times_as_long() -> None:
    """The ceiling of a device is tried ever more seldom, and never given up for good."""
    size = LearnedSize(44, 44)
    size.failed(44, 22)
    waits = []
    for _ in range(6):
        answers = 0
        while not size.on_trial(size.value):
            good(size, 1)
            answers += 1
        waits.append(answers)
        size.failed(44, 22)
        assert size.value == 22
    assert waits == [20, 160, 1280, 10_000, 10_000, 10_000]


def test_no_step_up_where_the_octets_would_not_fit() -> None:
    """Long answers are not doubled, and one that is too long makes the next ones as short as it should be."""
    size = LearnedSize(10, 44, patience=1)
    size.succeeded(10, fits=octets_fit(10, 900))
    assert size.value == 10
    size.succeeded(10, fits=octets_fit(10, 600))
    assert size.value == 20
    size.succeeded(20, fits=octets_fit(20, 2000))
    assert size.value == 14


def test_one_object_always_fits() -> None:
    """A single object longer than a frame is asked for all the same."""
    assert octets_fit(1, 60_000) == 1
    assert octets_fit(0, 0) == 1


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 60)), max_size=200), st.integers(1, 44))
def test_a_size_stays_within_its_bounds(answers: list[tuple[bool, int]], start: int) -> None:
    """Whatever comes, something is asked for, never more than the most, and a failure never makes it more."""
    size = LearnedSize(start, 44)
    for well, fits in answers:
        before = size.value
        if well:
            size.succeeded(before, fits)
        else:
            size.failed(before, max(1, before // 2))
            assert size.value <= before
        assert 1 <= size.value <= 44
