"""One event of a calendar as a value: when it is, how it repeats, what its times replace or leave out.

Who takes part is read in ``calendar_attendees``; times are laid out and made into meetings in
``meeting_calendar``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import TypeVar

from icalendar.parser import unescape_backslash

from phusong.collectors.device_text import clean_text

from .calendar_lines import CalendarFault, Component, Property
from .calendar_rule import Rule, RuleError, read_rule
from .calendar_times import CalendarZones, Moment, read_length, read_moment, read_moments
from .meeting_table import LONGEST

OF_NO_INTEREST = timedelta(days=1)
MAX_TITLE = 200
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Occasions:
    """Times of a series that are named one by one: as moments, or as days of a series."""

    moments: frozenset[datetime] = frozenset()
    days: frozenset[date] = frozenset()

    @classmethod
    def of(cls, moments: list[Moment]) -> Occasions:
        """Return the occasions that moments name."""
        return cls(
            frozenset(moment.at for moment in moments if not moment.is_day),
            frozenset(moment.at.date() for moment in moments if moment.is_day),
        )

    def __contains__(self, begin: datetime) -> bool:
        return begin in self.moments or begin.date() in self.days


@dataclass(frozen=True, slots=True)
class Event:
    """An event, or the one time of a series that ``replaces`` names; ``line`` is where it begins.

    ``length`` is zero of what is no meeting, such as a reminder.
    """

    line: int
    uid: str
    title: str
    begin: Moment
    length: timedelta
    rules: tuple[Rule, ...] = ()
    further: tuple[Moment, ...] = ()
    left_out: Occasions = field(default_factory=Occasions)
    replaces: Moment | None = None

    @property
    def repeats(self) -> bool:
        """Whether it is a series."""
        return bool(self.rules or self.further)


def text_of(component: Component, name: str) -> str:
    """Return the text of a property, cleaned; empty without one or where it is broken."""
    source = component.first(name)
    if source is None:
        return ""
    try:
        return clean_text(unescape_backslash(source.parts()[1]))
    except CalendarFault:
        return ""


def read_event(
    component: Component,
    zones: CalendarZones,
    now: datetime,
    report: Callable[[CalendarFault], None],
    known: CalendarFault | None = None,
) -> Event | None:
    """Read an event; tell all that is wrong with it, and return ``None`` then. ``known`` was found wrong before.

    Of an event that began before ``now`` by more than a day, and does not repeat, nothing is told.
    """
    faults = [fault for fault in (known, component.broken) if fault is not None]

    def tried(read: Callable[[], T]) -> T | None:
        try:
            return read()
        except CalendarFault as fault:
            faults.append(fault)
            return None

    uid = tried(partial(_uid, component))
    replaces = tried(partial(read_replaced, component, zones))
    begin = tried(partial(_begin, component, zones))
    length = None
    rules, further, left_out = list[Rule](), list[Moment](), list[Moment]()
    if begin is not None:
        length = tried(partial(_length, component, begin, zones))
        for source in component.all("RRULE"):
            if (rule := tried(partial(_rule, source, begin))) is not None:
                rules.append(rule)
    for name, moments in (("RDATE", further), ("EXDATE", left_out)):
        for source in component.all(name):
            moments.extend(tried(partial(_moments, source, zones)) or ())
    repeats = bool(component.all("RRULE") or component.all("RDATE"))  # also where it cannot be read how
    if begin is not None and begin.at < now - OF_NO_INTEREST and not repeats:
        faults.clear()
    for fault in faults:
        report(fault)
    if faults or begin is None or length is None or uid is None:
        return None
    return Event(
        component.line,
        uid,
        text_of(component, "SUMMARY")[:MAX_TITLE] or uid,
        begin,
        length,
        tuple(rules),
        tuple(further),
        Occasions.of(left_out),
        replaces,
    )


def read_replaced(component: Component, zones: CalendarZones) -> Moment | None:
    """Return which time of a series an event replaces; ``None`` of none.

    Raises
    ------
    CalendarFault
        It cannot be read.
    """
    source = component.first("RECURRENCE-ID")
    if source is None:
        return None
    if "RANGE" in source.parts()[0]:
        remedy = "end the series, and begin a new one with what changes"
        raise source.fault("a change of all later times of a series is not read", remedy)
    return read_moment(source, zones)


def _required(component: Component, name: str) -> Property:
    source = component.first(name)
    if source is None:
        raise CalendarFault(component.line, name, f"the event has no {name}", "export the calendar again")
    return source


def _begin(component: Component, zones: CalendarZones) -> Moment:
    return read_moment(_required(component, "DTSTART"), zones)


def _uid(component: Component) -> str:
    uid = _required(component, "UID").parts()[1].strip()
    if not uid:
        raise CalendarFault(component.line, "UID", "the UID is empty", "export the calendar again")
    return uid


def _length(component: Component, begin: Moment, zones: CalendarZones) -> timedelta:
    """Return how long the event lasts: to DTEND or for DURATION.

    Without both, an event of whole days lasts one day, another ends when it begins (RFC 5545 section 3.6.1).
    """
    end, duration = component.first("DTEND"), component.first("DURATION")
    source = end or duration or _required(component, "DTSTART")
    if end is not None:
        length = read_moment(end, zones).at - begin.at
    elif duration is not None:
        length = read_length(duration)
    else:
        length = timedelta(days=1 if begin.is_day else 0)
    return _checked(source, length)


def _checked(source: Property, length: timedelta) -> timedelta:
    if length < timedelta(0):
        raise source.fault("the meeting ends before it begins", "correct its end in the calendar")
    if length > LONGEST:
        raise source.fault(f"the meeting lasts longer than {LONGEST.days} days", "correct its end in the calendar")
    return length


def _moments(source: Property, zones: CalendarZones) -> list[Moment]:
    moments = read_moments(source, zones)
    for moment in moments:
        if moment.length is not None:
            _checked(source, moment.length)
    return moments


def _rule(source: Property, begin: Moment) -> Rule:
    try:
        return read_rule(source.parts()[1].strip(), begin.at)
    except RuleError as error:
        raise source.fault(error.what, error.remedy) from None
