"""Repeating events: the days that a recurrence rule names (RFC 5545 section 3.3.10).

Pure, and bounded in its work whatever the rule says: a rule may come from anybody who can send an invitation. So
rules by the hour and below, which no meeting has, are not read, and days are laid out by ``days_of``, which
looks at the window asked for and counts its steps; dateutil, the oracle of the tests, walks to the year 9999 in
search of a 30th of February.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from icalendar.prop import vRecur

from .problems import shown

MAX_INTERVAL = 1000
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_READ = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYMONTH", "BYMONTHDAY", "BYDAY", "BYSETPOS", "WKST"})
_TIMES = {"BYHOUR": "hour", "BYMINUTE": "minute", "BYSECOND": "second"}
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_WRITE_SO = "repeat it by day, week, month or year"


class RuleError(ValueError):
    """A rule that cannot be followed: ``what`` is wrong with it and the ``remedy``."""

    def __init__(self, what: str, remedy: str = _WRITE_SO) -> None:
        self.what = what
        self.remedy = remedy
        super().__init__(f"{what}; {remedy}")


@dataclass(frozen=True, slots=True)
class Rule:
    """A recurrence rule; weekdays count from Monday, 0, and have an ordinal or 0 for all of them."""

    frequency: str
    interval: int = 1
    count: int | None = None
    until: date | datetime | None = None
    months: frozenset[int] = frozenset()
    month_days: frozenset[int] = frozenset()
    weekdays: frozenset[tuple[int, int]] = frozenset()
    """(ordinal, weekday) pairs."""
    positions: tuple[int, ...] = ()
    week_start: int = 0


class TooManySteps(RuleError):
    """The rules of an event, or those of the file together, take too long to lay out."""


class Steps:
    """How many days may still be looked at."""

    def __init__(self, left: int) -> None:
        self.left = left

    def take(self, count: int) -> None:
        """Count days that are looked at.

        Raises
        ------
        TooManySteps
            There were too many.
        """
        self.left -= count
        if self.left < 0:
            remedy = "begin the series anew, or export fewer of them"
            raise TooManySteps("the series takes too long to lay out", remedy)


def read_rule(value: str, begin: datetime) -> Rule:
    """Read the value of an RRULE of an event that begins at ``begin``.

    Raises
    ------
    RuleError
        It is broken, or repeats more often than daily.
    """
    try:
        parts = {str(key).upper(): list(values) for key, values in vRecur.from_ical(value).items()}
        rule = _rule_of(parts)
    except (ValueError, TypeError, AttributeError):
        raise RuleError(f"{shown(value)} cannot be read") from None
    for name, values in parts.items():
        if name not in _READ and not (name in _TIMES and values == [getattr(begin, _TIMES[name])]):
            raise RuleError(f"{shown(value)} has {name[:20]}, which is not read")
    if rule.frequency not in _FREQUENCIES:
        raise RuleError(f"{shown(value)} repeats by none of {', '.join(_FREQUENCIES)}")
    if not 1 <= rule.interval <= MAX_INTERVAL or (rule.count is not None and rule.count < 1):
        raise RuleError(f"{shown(value)} has an INTERVAL or COUNT out of range")
    if 0 in rule.positions or 0 in rule.month_days:
        raise RuleError(f"{shown(value)} counts from 0")
    if rule.until is not None and not isinstance(rule.until, date):
        raise RuleError(f"{shown(value)} has an UNTIL that is no time")
    return rule


def _rule_of(parts: dict[str, list[Any]]) -> Rule:
    return Rule(
        str(_one(parts, "FREQ", "")).upper(),
        _one(parts, "INTERVAL", 1),
        _one(parts, "COUNT", None),
        _one(parts, "UNTIL", None),
        frozenset(int(month) for month in parts.get("BYMONTH", ())),
        frozenset(int(day) for day in parts.get("BYMONTHDAY", ())),
        frozenset(_weekday(day) for day in parts.get("BYDAY", ())),
        tuple(int(position) for position in parts.get("BYSETPOS", ())),
        _weekday(_one(parts, "WKST", "MO"))[1],
    )


def _one(parts: dict[str, list[Any]], name: str, default: object) -> Any:
    values = parts.get(name, [default])
    if len(values) != 1:
        raise ValueError(name)
    return values[0]


def _weekday(text: str) -> tuple[int, int]:
    """Read ``MO``, ``2MO`` or ``-1FR`` as ordinal and weekday."""
    text = str(text).upper()
    return int(text[:-2] or 0), _WEEKDAYS.index(text[-2:])


def days_of(rule: Rule, first: date, earliest: date, latest: date, steps: Steps) -> Iterator[date]:
    """Yield the days of a rule from ``first`` on, those from ``earliest`` to ``latest``, in their order.

    ``until`` is left to the caller, who knows the time of the day.

    Raises
    ------
    TooManySteps
        The steps are used up.
    """
    rule = _with_defaults(rule, first)
    left = rule.count
    for days in _periods(rule, first, first if left is not None else max(first, earliest), latest):
        steps.take(len(days) + 1)
        for day in _at_positions([day for day in days if _is_named(rule, day)], rule.positions):
            if day < first:
                continue
            if left is not None:
                if left == 0:
                    return
                left -= 1
            if earliest <= day <= latest:
                yield day


def _with_defaults(rule: Rule, first: date) -> Rule:
    """Take from the first day what the rule leaves open."""
    months, month_days, weekdays = rule.months, rule.month_days, rule.weekdays
    if not month_days and not weekdays:
        if rule.frequency == "WEEKLY":
            weekdays = frozenset({(0, first.weekday())})
        elif rule.frequency in {"MONTHLY", "YEARLY"}:
            month_days = frozenset({first.day})
            months = months or (frozenset({first.month}) if rule.frequency == "YEARLY" else months)
    if rule.frequency in {"DAILY", "WEEKLY"}:
        weekdays = frozenset((0, weekday) for _, weekday in weekdays)  # an ordinal means nothing there
    return replace(rule, months=months, month_days=month_days, weekdays=weekdays)


def _periods(rule: Rule, first: date, begin: date, latest: date) -> Iterator[list[date]]:
    """Yield the days of each year, month, week or day that counts, from that of ``begin`` or the one before it."""
    if rule.frequency in {"DAILY", "WEEKLY"}:
        length = 7 if rule.frequency == "WEEKLY" else 1
        start = first - timedelta((first.weekday() - rule.week_start) % 7 if length == 7 else 0)
        stride = length * rule.interval
        offset = (begin - start).days // stride * stride
        while offset <= (latest - start).days:
            yield [start + timedelta(offset + day) for day in range(length)]
            offset += stride
        return
    length = 12 if rule.frequency == "YEARLY" else 1
    stride = length * rule.interval
    start_month = first.year * 12 + (first.month - 1 if length == 1 else 0)
    month = start_month + (begin.year * 12 + begin.month - 1 - start_month) // stride * stride
    while month <= latest.year * 12 + latest.month - 1:
        yield [day for each in range(month, month + length) for day in _month(each)]
        month += stride


def _month(number: int) -> list[date]:
    year, month = divmod(number, 12)
    return [date(year, month + 1, day) for day in range(1, monthrange(year, month + 1)[1] + 1)]


def _is_named(rule: Rule, day: date) -> bool:
    if rule.months and day.month not in rule.months:
        return False
    length = monthrange(day.year, day.month)[1]
    if rule.month_days and not {day.day, day.day - length - 1} & rule.month_days:
        return False
    if not rule.weekdays or (0, day.weekday()) in rule.weekdays:
        return True
    place, size = day.day, length
    if rule.frequency == "YEARLY" and not rule.months:
        place, size = day.timetuple().tm_yday, date(day.year, 12, 31).timetuple().tm_yday
    ordinals = ((place - 1) // 7 + 1, -((size - place) // 7) - 1)
    return any((ordinal, day.weekday()) in rule.weekdays for ordinal in ordinals)


def _at_positions(days: list[date], positions: tuple[int, ...]) -> list[date]:
    if not positions:
        return days
    places = {position - 1 if position > 0 else len(days) + position for position in positions}
    return [day for place, day in enumerate(days) if place in places]
