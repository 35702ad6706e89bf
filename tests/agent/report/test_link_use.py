"""How much a line carried, out of its hours."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phusong.agent.report.link_use import LinkUse, sum_use


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=200))
def test_the_95th_percentile(rates: list[int]) -> None:
    """It is one of the hours' values; at most 5 % of the hours exceed it, and it is the smallest of that kind."""
    use = sum_use([("a", 1, rate, 0, rate, 0, 0, 0, None) for rate in rates])["a"]
    assert use.down_p95_mbps is not None
    candidates = [rate for rate in rates if sum(other > rate for other in rates) * 20 <= len(rates)]
    assert use.down_p95_mbps == pytest.approx(min(candidates) * 8 / 1e6, abs=1e-9)
    assert use.down_max_mbps == pytest.approx(max(rates) * 8 / 1e6)
    assert use.hours == len(rates)


def test_sums_of_pings_and_hours_without_traffic() -> None:
    """Loss and delay weigh by pings, not by hours; an hour without a trusted rate gives none."""
    use = sum_use(
        [
            ("a", 10, 125_000, 250_000, 375_000, 500_000, 100, 100, 1000),
            ("a", 0, 0, 0, 0, 0, 300, 100, 4000),
            ("b", 0, 0, 0, 0, 0, 5, 0, None),
            ("c", 0, 0, 0, 0, 0, 0, 0, None),
        ]
    )
    assert use["a"] == LinkUse(1, 1.0, 2.0, 3.0, 4.0, 0.5, 2.5)
    assert use["b"] == LinkUse(ping_loss_ratio=1.0)
    assert use["c"] == LinkUse()
