"""Which time a report is about: months and days of the province, from the options as they were typed.

Days begin at midnight in Viet Nam (UTC+7). Nothing here reads a clock: now is an argument.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from phusong.agent.input.inventory_cells import CellError, time_in
from phusong.agent.input.problems import InputProblems, Problem, shown
from phusong.agent.input.settings import LOCAL_TIME

_MONTH = re.compile(r"(20[0-9]{2})-([0-9]{2})")
_DATE = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}")
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DateRange:
    """From ``begin`` to before ``end``, in the time of the province."""

    begin: datetime
    end: datetime


def read_range(month: str | None, first: str | None, last: str | None, now: datetime) -> DateRange:
    """Return the range that is meant; the last complete month where nothing is said.

    Parameters
    ----------
    month : str, optional
        ``2026-10``.
    first, last : str, optional
        Dates, both inclusive, or times in ISO 8601, of which the last is exclusive. Without ``last``: up to now.
    now : datetime
        Aware.

    Raises
    ------
    InputProblems
        With everything that is wrong in the three.
    """
    problems: list[Problem] = []
    if month is not None and (first is not None or last is not None):
        problems.append(Problem("--month", 0, "", "stands beside --from or --to", "write the one or the other"))
    elif first is None and last is not None:
        problems.append(Problem("--to", 0, "", "stands without --from", "write --from too"))
    whole = _read_month(month, now, problems)
    begin = whole.begin if first is None else _read_moment("--from", first, problems, is_last=False)
    end = whole.end if first is None else now.astimezone(LOCAL_TIME)
    if last is not None:
        end = _read_moment("--to", last, problems, is_last=True)
    if not problems and end <= begin:
        name = "--from" if last is None else "--to"
        what = "is not before now" if last is None else "is not after --from"
        problems.append(Problem(name, 0, "", what, "exchange or correct them" if last else "correct it"))
    if problems:
        raise InputProblems(problems)
    return DateRange(begin, end)


def _read_month(text: str | None, now: datetime, problems: list[Problem]) -> DateRange:
    """Return a month; the last complete one without ``text``."""
    this = now.astimezone(LOCAL_TIME).date().replace(day=1)
    begin = (this - _DAY).replace(day=1)
    if text is not None:
        match = _MONTH.fullmatch(text)
        if match and 1 <= int(match[2]) <= 12:
            begin = date(int(match[1]), int(match[2]), 1)
        else:
            problems.append(Problem("--month", 0, "", f"{shown(text)} is no month", "write it like 2026-10"))
    return DateRange(_midnight(begin), _midnight((begin + 31 * _DAY).replace(day=1)))


def _read_moment(option: str, text: str, problems: list[Problem], *, is_last: bool) -> datetime:
    """Return a moment; of a date its beginning, or its end where it is the ``last`` day."""
    try:
        if _DATE.fullmatch(text):
            return _midnight(date.fromisoformat(text) + (_DAY if is_last else timedelta()))
        return time_in(LOCAL_TIME)(text).astimezone(LOCAL_TIME)
    except (CellError, ValueError):
        remedy = "write a date like 2026-10-01, or a time like 2026-10-01T08:00+07:00"
        problems.append(Problem(option, 0, "", f"{shown(text)} is neither a date nor a time", remedy))
        return _midnight(date(2000, 1, 1))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=LOCAL_TIME)
