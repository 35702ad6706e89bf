"""Months and days of the province out of what was typed."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, timedelta

import pytest

from phusong.agent.input.problems import InputProblems
from phusong.agent.report.date_range import read_range

NOW = datetime(2026, 11, 3, 2, 30, tzinfo=UTC)


def told(month: str | None = None, first: str | None = None, last: str | None = None, now: datetime = NOW) -> str:
    found = read_range(month, first, last, now)
    return f"{found.begin.isoformat()} {found.end.isoformat()}"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, "2026-10-01T00:00:00+07:00 2026-11-01T00:00:00+07:00"),
        ({"month": "2026-11"}, "2026-11-01T00:00:00+07:00 2026-12-01T00:00:00+07:00"),
        ({"month": "2026-12"}, "2026-12-01T00:00:00+07:00 2027-01-01T00:00:00+07:00"),
        ({"month": "2028-02"}, "2028-02-01T00:00:00+07:00 2028-03-01T00:00:00+07:00"),
        ({"first": "2026-10-01", "last": "2026-10-15"}, "2026-10-01T00:00:00+07:00 2026-10-16T00:00:00+07:00"),
        ({"first": "2026-10-31", "last": "2026-10-31"}, "2026-10-31T00:00:00+07:00 2026-11-01T00:00:00+07:00"),
        ({"first": "2026-10-01"}, "2026-10-01T00:00:00+07:00 2026-11-03T09:30:00+07:00"),
        (
            {"first": "2026-10-01T08:00+07:00", "last": "2026-10-01T03:00:30Z"},
            "2026-10-01T08:00:00+07:00 2026-10-01T10:00:30+07:00",
        ),
        (
            {"first": "2026-10-01T08:00", "last": "2026-10-02"},
            "2026-10-01T08:00:00+07:00 2026-10-03T00:00:00+07:00",
        ),
    ],
    ids=["default", "month", "december", "leap year", "dates", "one day", "until now", "times", "local time"],
)  # fmt: skip
def test_what_is_meant(options: dict[str, str], expected: str) -> None:
    """Dates are whole days, the last one included; a time as the end is not."""
    assert told(**options) == expected


@pytest.mark.parametrize(
    ("now", "begin"),
    [("2026-10-31T16:59:59+00:00", "2026-09-01"), ("2026-10-31T17:00:00+00:00", "2026-10-01"),
     ("2027-01-01T00:00:00+07:00", "2026-12-01"), ("2028-03-31T12:00:00+07:00", "2028-02-01")],
)  # fmt: skip
def test_the_last_complete_month_changes_at_midnight_in_viet_nam(now: str, begin: str) -> None:
    """Which is 17:00 UTC."""
    assert told(now=datetime.fromisoformat(now)).startswith(begin)


def test_every_month_is_as_long_as_in_the_calendar() -> None:
    """Also leap Februaries; each begins at 17:00 UTC where the one before ends."""
    before = None
    for year in range(2020, 2040):
        for month in range(1, 13):
            found = read_range(f"{year}-{month:02}", None, None, NOW)
            assert found.end - found.begin == timedelta(days=calendar.monthrange(year, month)[1])
            assert found.begin.timestamp() % 86_400 == 17 * 3600
            assert before in (None, found.begin)
            before = found.end


@pytest.mark.parametrize(
    ("options", "messages"),
    [
        ({"month": "2026-13"}, ["--month: '2026-13' is no month"]),
        ({"month": "10/2026"}, ["--month: '10/2026' is no month"]),
        ({"month": "2026-10", "first": "2026-10-01"}, ["--month: stands beside --from or --to"]),
        ({"last": "2026-10-01"}, ["--to: stands without --from"]),
        ({"first": "2026-02-30", "last": "x"}, ["--from: '2026-02-30' is neither", "--to: 'x' is neither"]),
        ({"first": "2026-10-02", "last": "2026-10-01"}, ["--to: is not after --from"]),
        ({"first": "2026-10-02T00:00", "last": "2026-10-02T00:00"}, ["--to: is not after --from"]),
        ({"first": "2026-12-01"}, ["--from: is not before now"]),
        ({"first": "1999-12-01"}, ["--from: '1999-12-01' is neither"]),
    ],
)  # fmt: skip
def test_what_cannot_be_meant(options: dict[str, str], messages: list[str]) -> None:
    """A line each, with what to write instead."""
    with pytest.raises(InputProblems) as caught:
        told(**options)
    lines = [str(problem) for problem in caught.value.problems]
    assert len(lines) == len(messages)
    for line, message in zip(lines, messages, strict=True):
        assert line.startswith(message)
        assert "; " in line
