"""Ratios, contracts and sums."""

from __future__ import annotations

from dataclasses import astuple
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phusong.agent.report.figures import Contract, Times, compare, missed_ms, rounded_down, sum_times

HOUR = 3_600_000
lengths = st.integers(0, 400 * 24 * HOUR)
some_times = st.builds(Times, *[lengths] * 8)


@given(lengths, lengths)
def test_a_ratio_is_never_told_as_better_than_it_is(part: int, rest: int) -> None:
    """Rounded down to 0.001 %, and by less than that; 1 only where nothing is missing."""
    ratio = rounded_down(part, part + rest)
    if ratio is None:
        assert part + rest == 0
        return
    exact = Fraction(part, part + rest)
    told = Fraction(round(ratio * 100_000), 100_000)
    assert exact - Fraction(1, 100_000) < told <= exact
    assert (ratio == 1) == (rest == 0)


@pytest.mark.parametrize(
    ("times", "availability", "carrier"),
    [
        (Times(up_ms=9 * HOUR, fault_ms=HOUR), 0.9, 0.9),
        (Times(up_ms=8 * HOUR, fault_ms=HOUR, parent_ms=HOUR), 0.8, 0.88888),
        (Times(up_ms=9 * HOUR, admin_ms=HOUR), 0.9, 1.0),
        (Times(up_ms=HOUR, maintenance_ms=HOUR, gap_ms=HOUR, unknown_ms=HOUR, not_recorded_ms=HOUR), 1.0, 1.0),
        (Times(parent_ms=HOUR), 0.0, None),
        (Times(maintenance_ms=HOUR, gap_ms=HOUR), None, None),
        (Times(up_ms=10**9, fault_ms=1), 0.99999, 0.99999),
        (Times(), None, None),
    ],
)
def test_the_two_availabilities(times: Times, availability: float | None, carrier: float | None) -> None:
    """What nobody can be blamed for, and what nobody knows, counts for neither."""
    assert (times.availability_ratio, times.carrier_availability_ratio) == (availability, carrier)


@pytest.mark.parametrize(
    ("times", "promised", "contract", "missed"),
    [
        (Times(up_ms=999 * HOUR, fault_ms=HOUR), 0.999, Contract.MET, 0),
        (Times(up_ms=999 * HOUR, fault_ms=HOUR + 1), 0.999, Contract.MISSED, 1),
        (Times(up_ms=990 * HOUR, fault_ms=10 * HOUR), 0.999, Contract.MISSED, 9 * HOUR),
        (Times(up_ms=990 * HOUR, fault_ms=1), 1.0, Contract.MISSED, 1),
        (Times(up_ms=990 * HOUR, parent_ms=10 * HOUR), 1.0, Contract.MET, 0),
        (Times(up_ms=990 * HOUR, fault_ms=10 * HOUR), None, Contract.NOT_STATED, 0),
        (Times(gap_ms=990 * HOUR), 0.999, Contract.NOT_MEASURED, 0),
    ],
)
def test_the_contract(times: Times, promised: float | None, contract: Contract, missed: int) -> None:
    """Exactly what is allowed is allowed, and a millisecond more is not."""
    assert (compare(times, promised), missed_ms(times, promised)) == (contract, missed)


@given(st.lists(some_times, max_size=6))
def test_a_group_is_the_sum_of_its_lines(members: list[Times]) -> None:
    """Class by class; its ratio is that of the sums, and no mean of ratios."""
    together = sum_times(members)
    assert list(astuple(together)) == [
        sum(column) for column in zip(*map(astuple, [Times(), *members]), strict=True)
    ]
    assert together.total_ms == sum(times.total_ms for times in members)
    assert sum_times([Times(up_ms=HOUR), Times(fault_ms=9 * HOUR)]).availability_ratio == 0.1
