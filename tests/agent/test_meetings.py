"""Which meeting an endpoint is to be in now, else next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import permutations

import pytest

from phusong.agent.meetings import Meeting, running_or_next

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def meeting(name: str, begin_h: float, end_h: float, *endpoints: str) -> Meeting:
    """Return a meeting by the hours from noon."""
    begin, end = (NOON + timedelta(hours=hours) for hours in (begin_h, end_h))
    return Meeting(name, name.title(), begin, end, endpoints or ("e1",))


@pytest.mark.parametrize(
    ("meetings", "expected"),
    [
        ([], None),
        ([meeting("over", -2, -1)], None),
        ([meeting("ends now", -1, 0)], None),
        ([meeting("begins now", 0, 1)], "begins now"),
        ([meeting("runs", -1, 1), meeting("next", 1, 2)], "runs"),
        ([meeting("runs", -1, 0.001), meeting("next", 1, 2)], "runs"),
        ([meeting("next", 1, 2), meeting("later", 3, 4), meeting("over", -2, -1)], "next"),
        ([meeting("of others", 1, 2, "e2"), meeting("later", 3, 4, "e2", "e1")], "later"),
        ([meeting("of others", 1, 2, "e2")], None),
        ([meeting("long", -3, 5), meeting("began later", -1, 1)], "long"),
        ([meeting("short", 1, 2), meeting("long", 1, 3)], "short"),
        ([meeting("b", 1, 2), meeting("a", 1, 2)], "a"),
    ],
)
def test_running_or_next(meetings: list[Meeting], expected: str | None) -> None:
    """Of those not over the one that began first, in whatever order they are known; its end is no part of it."""
    for order in permutations(meetings):
        found = running_or_next(order, "e1", NOON)
        assert (found and found.meeting_id) == expected


def test_times_of_any_zone() -> None:
    """A begin of the province's time is compared with a moment of another zone."""
    there = timedelta(hours=7)
    begin = (NOON + there).replace(tzinfo=None)
    aware = begin.replace(tzinfo=timezone(there))
    running = Meeting("m", "M", aware, aware + timedelta(hours=1), ("e1",))
    assert running_or_next([running], "e1", NOON) is running
    assert running_or_next([running], "e1", NOON + timedelta(hours=1)) is None
