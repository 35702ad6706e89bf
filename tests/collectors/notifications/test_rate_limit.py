"""The token bucket: a burst, then a steady rate, over a clock that is handed in."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from phusong.collectors.notifications.rate_limit import TokenBucket


def passes(bucket: TokenBucket, now: float) -> bool:
    allowed = bucket.has_token(now)
    if allowed:
        bucket.take()
    return allowed


def test_a_burst_passes_at_once_and_no_more() -> None:
    """Twenty at one moment pass, the twenty-first does not."""
    bucket = TokenBucket(per_s=2, burst=20)
    assert [passes(bucket, 5.0) for _ in range(25)] == [True] * 20 + [False] * 5


def test_after_the_burst_the_rate_counts() -> None:
    """Ten seconds later at 2 a second twenty have come back, however long it waits no more than the burst."""
    bucket = TokenBucket(per_s=2, burst=20)
    for _ in range(20):
        passes(bucket, 5.0)
    assert sum(passes(bucket, 15.0) for _ in range(50)) == 20
    assert sum(passes(bucket, 10_000.0) for _ in range(50)) == 20


@given(st.lists(st.floats(0, 100), min_size=1, max_size=200))
def test_never_more_than_burst_and_rate(times: list[float]) -> None:
    """Whatever arrives when, over any span no more passes than the burst and what the rate adds."""
    bucket = TokenBucket(per_s=2, burst=5)
    passed = [now for now in sorted(times) if passes(bucket, now)]
    for first, begin in enumerate(passed):
        for last in range(first, len(passed)):
            assert last - first + 1 <= 5 + 2 * (passed[last] - begin) + 1e-6


def test_a_clock_that_stands_gives_nothing() -> None:
    """Time that does not pass fills no bucket."""
    bucket = TokenBucket(per_s=1000, burst=1)
    assert [passes(bucket, 7.0) for _ in range(3)] == [True, False, False]
