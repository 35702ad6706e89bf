"""Times of an iCalendar file: values of date and time with their zones (RFC 5545 sections 3.3.4, 3.3.5, 3.6.5).

A zone is looked for by its name in the time zone database, also where the file defines it: Outlook's name for the
time of Viet Nam is ``SE Asia Standard Time``. What is no known name is taken from the file's VTIMEZONE.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from icalendar import Timezone
from icalendar.prop import vDDDTypes, vUTCOffset
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from .calendar_lines import CalendarFault, Component, Property
from .calendar_rule import RuleError, Steps, days_of, read_rule
from .problems import shown

YEARS = range(1900, 2201)
MAX_OBSERVANCES = 8
_ZONE_NAME = re.compile(r"[A-Za-z0-9_+-]{1,40}(/[A-Za-z0-9_+-]{1,40}){0,2}")
_A_TIME = "write 20261128T080000, with Z behind it for UTC or with TZID=Asia/Ho_Chi_Minh"
_A_ZONE = "write a name of the time zone database, like Asia/Ho_Chi_Minh, or let the calendar be exported in UTC"


@dataclass(frozen=True, slots=True)
class Moment:
    """A time, aware, in its own zone; of a date it is midnight in the province, and ``is_day`` is true."""

    at: datetime
    is_day: bool = False
    length: timedelta | None = None
    """Of a period."""


class CalendarZones:
    """The time zones that one file speaks of; ``local`` is that of times without one."""

    def __init__(self, timezones: Sequence[Component], local: tzinfo) -> None:
        self.local = local
        self._components = timezones
        self._known: dict[str, tzinfo | None] = {}
        self._defined: dict[str, Component] | None = None

    def zone_of(self, source: Property, name: str) -> tzinfo:
        """Return the zone of a TZID that stands in ``source``.

        Raises
        ------
        CalendarFault
            There is none, or its definition cannot be used.
        """
        if name not in self._known:
            self._known[name] = named_zone(name) or self._defined_zone(name)
        zone = self._known[name]
        if zone is None:
            raise source.fault(f"unknown time zone {shown(name)}", _A_ZONE)
        return zone

    def _defined_zone(self, name: str) -> tzinfo | None:
        if self._defined is None:
            self._defined = {}
            for component in self._components:
                if not _is_broken(component) and (found := _text_of(component, "TZID")):
                    self._defined.setdefault(found, component)
        defined = self._defined.get(name)
        if defined is None:
            return None
        return named_zone(_text_of(defined, "X-LIC-LOCATION")) or _zone_as_defined(defined)


def _is_broken(component: Component) -> bool:
    return any(each.broken is not None for each in (component, *component.parts))


def _text_of(component: Component, name: str) -> str:
    """Return the value of a property; empty without one or where it cannot be read."""
    source = component.first(name)
    try:
        return source.parts()[1].strip() if source is not None else ""
    except CalendarFault:
        return ""


def named_zone(name: str) -> tzinfo | None:
    """Return the zone of a name of the time zone database or of Windows; also behind a vendor's ``/prefix/``."""
    name = name.strip().strip("/")
    parts = name.split("/")
    for candidate in (WINDOWS_TO_OLSON.get(name, name), "/".join(parts[-2:]), "/".join(parts[-3:])):
        if _ZONE_NAME.fullmatch(candidate) is None:
            continue
        try:
            return ZoneInfo(candidate)
        except (KeyError, ValueError, OSError):  # unknown; a file or a folder there that is no zone
            continue
    return None


def _zone_as_defined(component: Component) -> tzinfo | None:
    """Return the zone that a VTIMEZONE describes; ``None`` where it cannot be used."""
    offsets = {offset for part in component.parts if (offset := _text_of(part, "TZOFFSETTO"))}
    try:
        if len(offsets) == 1:
            offset = vUTCOffset.from_ical(offsets.pop())  # type: ignore[no-untyped-call]  # typed in part
            return timezone(offset)
        if not 2 <= len(component.parts) <= MAX_OBSERVANCES:
            return None
        _check_observances(component)
        described = Timezone.from_ical("\r\n".join(_lines_of(component)))
        return described.to_tz(lookup_tzid=False) if isinstance(described, Timezone) else None
    except (ValueError, KeyError, AttributeError, RuleError, CalendarFault):
        return None


def _check_observances(component: Component) -> None:
    """Let only rules pass that name days within a few years: the library would look for others until 9999."""
    for part in component.parts:
        start, rule = part.first("DTSTART"), part.first("RRULE")
        if start is None:
            raise ValueError("no DTSTART")
        if rule is None:
            continue
        begin = _value(start, start.parts()[1])
        if not isinstance(begin, datetime):
            raise start.fault("this is no time", _A_TIME)
        read = read_rule(rule.parts()[1], begin)
        first = begin.date()
        if read.frequency != "YEARLY" or not any(
            days_of(read, first, first, first + timedelta(3000), Steps(5000))
        ):
            raise ValueError("no rule of a summer time")


def _lines_of(component: Component) -> Iterator[str]:
    yield "BEGIN:VTIMEZONE"
    yield "TZID:defined"
    for part in component.parts:
        yield "BEGIN:STANDARD"
        for sources in part.properties.values():
            yield from (source.text for source in sources)
        yield "END:STANDARD"
    yield "END:VTIMEZONE"


def read_moments(source: Property, zones: CalendarZones) -> list[Moment]:
    """Read all values of a property of dates, times or periods.

    Raises
    ------
    CalendarFault
        One of them cannot be read.
    """
    parameters, text = source.parts()
    name = parameters.get("TZID", "")
    return [_moment(source, value.strip(), name, zones) for value in text.split(",")]


def read_moment(source: Property, zones: CalendarZones) -> Moment:
    """Read the one value of a property of a date or a time.

    Raises
    ------
    CalendarFault
        It cannot be read, or there are several.
    """
    moments = read_moments(source, zones)
    if len(moments) != 1 or moments[0].length is not None:
        raise source.fault("not one time", _A_TIME)
    return moments[0]


def read_length(source: Property) -> timedelta:
    """Read a duration.

    Raises
    ------
    CalendarFault
        It cannot be read.
    """
    _, text = source.parts()
    length = _value(source, text.strip())
    if not isinstance(length, timedelta):
        raise source.fault(f"{shown(text)} is no duration", "write it as PT2H or PT90M")
    return length


def _moment(source: Property, text: str, zone_name: str, zones: CalendarZones) -> Moment:
    value = _value(source, text)
    length = None
    if isinstance(value, tuple):
        value, end = value
        length = end if isinstance(end, timedelta) else _difference(source, value, end)
    if not isinstance(value, date) or value.year not in YEARS:
        raise source.fault(f"{shown(text)} is no time", _A_TIME)
    if not isinstance(value, datetime):
        return Moment(datetime.combine(value, time(), zones.local), is_day=True)
    if value.tzinfo is None:
        value = value.replace(tzinfo=zones.zone_of(source, zone_name) if zone_name else zones.local)
    return Moment(value, length=length)


def _difference(source: Property, begin: object, end: object) -> timedelta:
    if (
        isinstance(begin, datetime)
        and isinstance(end, datetime)
        and (begin.tzinfo is None) == (end.tzinfo is None)
    ):
        return end - begin
    raise source.fault("begin and end of a period do not fit together", _A_TIME)


def _value(source: Property, text: str) -> object:
    """Read a date, time, duration or period, without its zone."""
    try:
        value: object = vDDDTypes.from_ical(text)  # type: ignore[no-untyped-call]  # icalendar is typed in part
    except (ValueError, TypeError, OverflowError):
        raise source.fault(f"{shown(text)} is no time", _A_TIME) from None
    return value
