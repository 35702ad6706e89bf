"""An iCalendar text as events and time zones, each property with the line on which it stands.

Sections 3.1 and 3.6 of RFC 5545: folded lines are joined, ``BEGIN`` and ``END`` are matched. Only properties that
meetings are made of are kept. What their values mean is read in ``calendar_times`` and ``calendar_event``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from icalendar.parser import Contentline

from .problems import Problem, shown

OWN_PROPERTY = "X-PHUSONG-ENDPOINTS"
MAX_DEPTH = 10
"""Of components in components; RFC 5545 itself needs three."""
MAX_BROKEN = 10
"""Lines directly in the calendar that are none; then it is given up."""
MAX_EVENTS = 20_000
MAX_LINE = 65_536
"""Characters of a property that is read; others may be as long as they like."""
_LINE_END = re.compile(r"\r\n|\n|\r")
_NAME = re.compile(r"([A-Za-z0-9-]+)[;:]")
_TIMES = ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID")
_ABOUT = ("UID", "SEQUENCE", "DTSTAMP", "STATUS", "SUMMARY")
_KEPT = {
    "VEVENT": frozenset({*_TIMES, *_ABOUT, "ATTENDEE", "RESOURCES", "LOCATION", OWN_PROPERTY}),
    "VTIMEZONE": frozenset({"TZID", "X-LIC-LOCATION"}),
    "STANDARD": frozenset({"DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "RRULE", "RDATE"}),
}
_KEPT["DAYLIGHT"] = _KEPT["STANDARD"]
_PATHS = {
    ("VCALENDAR", "VEVENT"): "VEVENT",
    ("VCALENDAR", "VTIMEZONE"): "VTIMEZONE",
    ("VCALENDAR", "VTIMEZONE", "STANDARD"): "STANDARD",
    ("VCALENDAR", "VTIMEZONE", "DAYLIGHT"): "DAYLIGHT",
}
_CUT_OFF = "export it again: write to another name first, and rename it when it is complete"


class CalendarFault(ValueError):
    """A property that cannot be used: where it is, what is wrong with it and the remedy."""

    def __init__(self, line: int, name: str, what: str, remedy: str) -> None:
        self.line = line
        self.name = name
        self.what = what
        self.remedy = remedy
        super().__init__(f"{what}; {remedy}")


@dataclass(frozen=True, slots=True)
class Property:
    """One property: the line of the file on which it begins, its name, and the whole line, unfolded."""

    line: int
    name: str
    text: str

    def parts(self) -> tuple[dict[str, str], str]:
        """Return the parameters, the first value of each, and the value as it stands, with its escapes.

        Raises
        ------
        CalendarFault
            The line is broken.
        """
        if len(self.text) > MAX_LINE:
            raise self.fault(f"longer than {MAX_LINE} characters", "shorten it")
        try:
            content = Contentline(self.text)  # type: ignore[no-untyped-call]  # icalendar is typed in part
            _, parameters, value = content.raw_parts()
        except ValueError:
            raise self.fault(f"{shown(self.text)} cannot be read", "export the calendar again") from None
        found = {}
        for key, values in parameters.items():
            first = values if isinstance(values, str) else next(iter(values), "")
            found[str(key).upper()] = str(first)
        return found, str(value)

    def fault(self, what: str, remedy: str) -> CalendarFault:
        """Return an error about this property."""
        return CalendarFault(self.line, self.name, what, remedy)


@dataclass(slots=True)
class Component:
    """An event or a time zone, with its properties by name; ``parts`` are the observances of a time zone.

    ``broken`` tells of the first line in it that is none: what that was to say is not known.
    """

    line: int
    properties: dict[str, list[Property]] = field(default_factory=dict)
    parts: list[Component] = field(default_factory=list)
    broken: CalendarFault | None = None

    def first(self, name: str) -> Property | None:
        """Return the first property of a name."""
        found = self.properties.get(name)
        return found[0] if found else None

    def all(self, name: str) -> list[Property]:
        """Return all properties of a name."""
        return self.properties.get(name, [])


@dataclass(slots=True)
class Calendar:
    """What one file holds, in its order, and what is wrong with its structure: then none of it can be used."""

    file: str
    events: list[Component] = field(default_factory=list)
    timezones: list[Component] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def report(self, line: int, name: str, what: str, remedy: str) -> None:
        """Add a problem at a place of the file."""
        self.problems.append(Problem(self.file, line, name, what, remedy))


class _Lost(Exception):
    """The structure is broken: nothing that follows can be trusted."""


def read_calendar(file: str, text: str) -> Calendar:
    """Read the structure of an iCalendar text; ``file`` is its name in messages."""
    calendar = Calendar(file)
    reader = _Reader(calendar)
    try:
        for line, content in unfolded(text):
            reader.take(line, content)
        reader.finish()
    except _Lost:
        pass
    return calendar


def unfolded(text: str) -> Iterator[tuple[int, str]]:
    """Yield the content lines that are not empty, each with the line of the file on which it begins."""
    begin, pieces = 1, [""]
    for number, piece in enumerate(_LINE_END.split(text), 1):
        if piece[:1] in {" ", "\t"}:
            pieces.append(piece[1:])
            continue
        if joined := "".join(pieces):
            yield begin, joined
        begin, pieces = number, [piece]
    if joined := "".join(pieces):
        yield begin, joined


class _Reader:
    """Takes one content line after the other; knows in which components it is."""

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        self._path: tuple[str, ...] = ()
        self._lines: list[int] = []
        self._open: list[Component | None] = []
        self._broken = 0
        self._begun = False

    def take(self, line: int, content: str) -> None:
        name_found = _NAME.match(content)
        if not self._path and content[:6].upper() != "BEGIN:":
            what = "this is no iCalendar file" if not self._begun else "a line behind the end of the calendar"
            self._lose(
                line, f"{what}: {shown(content)}", "it is to begin with BEGIN:VCALENDAR: look at the export"
            )
        elif name_found is None:
            self._take_broken(line, content)
        elif (name := name_found[1].upper()) == "BEGIN":
            self._begin(line, content[6:].strip().upper())
        elif name == "END":
            self._end(line, content[4:].strip().upper())
        elif (component := self._open[-1]) is not None and name in _KEPT[_PATHS[self._path]]:
            component.properties.setdefault(name, []).append(Property(line, name, content))

    def _take_broken(self, line: int, content: str) -> None:
        """Take a line that is none: it spoils what it stands in, unless that is of no interest."""
        fault = CalendarFault(line, "", f"{shown(content)} is no line of iCalendar", "export the calendar again")
        component = self._open[-1]
        if component is not None:
            component.broken = component.broken or fault
        elif len(self._path) == 1:
            self._calendar.report(fault.line, fault.name, fault.what, fault.remedy)
            self._broken += 1
            if self._broken > MAX_BROKEN:
                raise _Lost

    def finish(self) -> None:
        if self._path:
            what = f"the file ends within the {shown(self._path[-1])} of line {self._lines[-1]}"
            self._lose(0, what, _CUT_OFF)
        if not self._begun:
            self._lose(1, "the file is empty", "look at the export")

    def _begin(self, line: int, kind: str) -> None:
        if not self._path and kind != "VCALENDAR":
            self._lose(line, f"BEGIN:{kind[:20]} outside of a VCALENDAR", "look at the export")
        if len(self._path) >= MAX_DEPTH:
            self._lose(line, f"components nested deeper than {MAX_DEPTH}", "look at the export")
        self._begun = True
        self._path += (kind,)
        self._lines.append(line)
        self._open.append(self._component(line))

    def _component(self, line: int) -> Component | None:
        """Return a place for what the component holds, ``None`` where that is of no interest."""
        kind = _PATHS.get(self._path)
        if kind is None:
            return None
        component = Component(line)
        if kind == "VEVENT":
            if len(self._calendar.events) >= MAX_EVENTS:
                self._lose(line, f"more than {MAX_EVENTS} events", "export the time to come only")
            self._calendar.events.append(component)
        elif kind == "VTIMEZONE":
            self._calendar.timezones.append(component)
        elif (timezone := self._open[-1]) is not None:
            timezone.parts.append(component)
        return component

    def _end(self, line: int, kind: str) -> None:
        if kind != self._path[-1]:
            what = f"END:{kind[:20]} within the {shown(self._path[-1])} of line {self._lines[-1]}"
            self._lose(line, what, _CUT_OFF)
        self._path = self._path[:-1]
        self._lines.pop()
        self._open.pop()

    def _lose(self, line: int, what: str, remedy: str) -> None:
        self._calendar.report(line, "", what, remedy)
        raise _Lost
