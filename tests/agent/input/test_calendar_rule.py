"""Recurrence rules: the same days as dateutil lays out, in bounded work whatever the rule says."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from phusong.agent.input.calendar_rule import RuleError, Steps, TooManySteps, days_of, read_rule

FIRST = datetime(2024, 1, 31, 8, tzinfo=UTC)
ENOUGH = 1_000_000


def laid_out(value: str, first: datetime = FIRST, days: tuple[date, date] | None = None) -> list[date]:
    earliest, latest = days or (first.date(), date(2026, 12, 31))
    return list(days_of(read_rule(value, first), first.date(), earliest, latest, Steps(ENOUGH)))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("FREQ=DAILY;COUNT=3", ["2024-01-31", "2024-02-01", "2024-02-02"]),
        ("FREQ=MONTHLY;COUNT=3", ["2024-01-31", "2024-03-31", "2024-05-31"]),
        ("FREQ=MONTHLY;BYDAY=1MO;COUNT=2", ["2024-02-05", "2024-03-04"]),
        ("FREQ=MONTHLY;BYDAY=-1FR;COUNT=2", ["2024-02-23", "2024-03-29"]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=2", ["2024-01-31", "2024-02-29"]),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;COUNT=3", ["2024-01-31", "2024-02-12", "2024-02-14"]),
        ("FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=28;COUNT=2", ["2024-11-28", "2025-11-28"]),
        ("FREQ=YEARLY;COUNT=2;BYHOUR=8;BYMINUTE=0", ["2024-01-31", "2025-01-31"]),
    ],
)
def test_rules_that_programs_write(value: str, expected: list[str]) -> None:
    """What Outlook, Google and Nextcloud write for the choices of their dialogues."""
    assert [day.isoformat() for day in laid_out(value)] == expected


_NAMES = st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"])
_NTH = st.tuples(st.integers(-5, 5).filter(bool), _NAMES).map(lambda pair: f"{pair[0]}{pair[1]}")


def _several(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(values, min_size=1, max_size=3, unique=True).map(",".join)


@st.composite
def rules(draw: st.DrawFn) -> str:
    """Return a rule, without two things in which dateutil is by itself.

    Of plain and counted weekdays it wants both, RFC 5545 either. Positions in the first week it counts from the
    first day on, those in the first month from its begin.
    """
    parts = [f"FREQ={draw(st.sampled_from(['DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY']))}"]
    parts.append(f"INTERVAL={draw(st.integers(1, 5))}")
    lists = {
        "BYMONTH": _several(st.integers(1, 12).map(str)),
        "BYMONTHDAY": _several(st.integers(-31, 31).filter(bool).map(str)),
        "BYDAY": _several(_NAMES) | _several(_NTH),
        "BYSETPOS": _several(st.integers(-4, 4).filter(bool).map(str)),
    }
    for name, values in lists.items():
        fits = name != "BYSETPOS" or (
            len(parts) > 2 and "WEEKLY" not in parts[0]
        )  # a position in nothing is refused
        if fits and draw(st.booleans()):
            parts.append(f"{name}={draw(values)}")
    if draw(st.booleans()):
        parts.append(f"WKST={draw(_NAMES)}")
    if draw(st.booleans()):
        parts.append(f"COUNT={draw(st.integers(1, 30))}")
    return ";".join(parts)


@settings(max_examples=300, deadline=None)
@given(
    value=rules(),
    first=st.datetimes(datetime(9984, 1, 1), datetime(9990, 1, 1)),  # noqa: DTZ001 - hypothesis wants them naive
    window=st.tuples(st.integers(-50, 2000), st.integers(0, 400)),
)
def test_the_same_days_as_dateutil(value: str, first: datetime, window: tuple[int, int]) -> None:
    """Whatever parts a rule has, and wherever the window lies; late, as dateutil always looks until 9999."""
    earliest = first.date() + timedelta(window[0])
    latest = earliest + timedelta(window[1])
    oracle = rrulestr(value, dtstart=first)
    low = datetime.combine(earliest, datetime.min.time())
    high = datetime.combine(latest, datetime.max.time())
    expected = [each.date() for each in oracle.between(low, high, inc=True)]
    assert laid_out(value, first.replace(tzinfo=UTC), (earliest, latest)) == expected


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("FREQ=SECONDLY", "repeats by none of DAILY, WEEKLY, MONTHLY, YEARLY"),
        ("FREQ=HOURLY;COUNT=3", "repeats by none of"),
        ("COUNT=3", "repeats by none of"),
        ("", "repeats by none of"),
        ("FREQ=DAILY;BYSECOND=0,1,2", "has BYSECOND, which is not read"),
        ("FREQ=DAILY;BYHOUR=9", "has BYHOUR, which is not read"),
        ("FREQ=YEARLY;BYWEEKNO=20", "has BYWEEKNO, which is not read"),
        ("FREQ=DAILY;INTERVAL=0", "out of range"),
        ("FREQ=DAILY;INTERVAL=99999", "out of range"),
        ("FREQ=DAILY;INTERVAL=99999999999", "cannot be read"),
        ("FREQ=DAILY;COUNT=-1", "out of range"),
        ("FREQ=DAILY;COUNT=1,2", "cannot be read"),
        ("FREQ=DAILY;UNTIL=P1D", "has an UNTIL that is no time"),
        ("FREQ=DAILY;UNTIL=morgen", "cannot be read"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "counts from 0"),
        ("FREQ=MONTHLY;BYDAY=XX", "cannot be read"),
        ("FREQ=" + "D" * 5000, "cannot be read"),
    ],
)
def test_a_rule_that_is_refused(value: str, told: str) -> None:
    """A reason and what to do instead, in one short line."""
    with pytest.raises(RuleError) as caught:
        read_rule(value, FIRST)
    assert told in caught.value.what
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("frequency", ["DAILY", "WEEKLY", "MONTHLY", "YEARLY"])
def test_a_rule_that_names_no_day(frequency: str) -> None:
    """A 30th of February is looked for in the window only."""
    begin = time.process_time()
    assert (
        laid_out(f"FREQ={frequency};BYMONTH=2;BYMONTHDAY=30", days=(date(2026, 11, 20), date(2026, 12, 21))) == []
    )
    assert time.process_time() - begin < 0.2


def test_steps_are_counted() -> None:
    """A count has to be followed from the first day on: what that takes is bounded."""
    old = datetime(1900, 1, 1, tzinfo=UTC)
    rule = read_rule("FREQ=DAILY;COUNT=100000", old)
    with pytest.raises(TooManySteps):
        list(days_of(rule, old.date(), date(2026, 1, 1), date(2026, 2, 1), Steps(50_000)))
    assert len(list(days_of(rule, old.date(), date(2026, 1, 1), date(2026, 2, 1), Steps(100_000)))) == 32
