"""Who takes part in an event of a calendar: endpoints, and people and rooms that are none.

An endpoint is named by an attendee's address or name (RFC 5545 section 3.8.4.1), by a resource, in the place, or
in our own property. What a name stands for is decided in ``meeting_participants``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from icalendar.parser import unescape_backslash

from phusong.collectors.device_text import clean_text

from .calendar_lines import OWN_PROPERTY, Component, Property
from .meeting_participants import Participants

MAX_UNMATCHED = 100
"""Names that are kept per event."""
_LONGEST_NAME = 100
_SEPARATORS = re.compile(r"[,;\r\n]+")
_SCHEME = re.compile(r"(mailto|sips?|tel|urn):", re.IGNORECASE)

_Finder = Callable[[str], tuple[str, ...]]


def invited(event: Component, participants: Participants) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the endpoints of an event in the order of the inventory, and the names that are none.

    Raises
    ------
    CalendarFault
        A line cannot be read.
    """
    endpoint_ids: set[str] = set()
    unmatched: dict[str, None] = {}
    for found, name in _named(event, participants):
        endpoint_ids.update(found)
        label = clean_text(name[: 2 * _LONGEST_NAME])[:_LONGEST_NAME]
        if not found and label and len(unmatched) < MAX_UNMATCHED:
            unmatched[label] = None
    return participants.ordered(endpoint_ids), tuple(unmatched)


def _named(event: Component, participants: Participants) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield for each name the endpoints that it means, perhaps none, and the name."""
    for source in event.all("ATTENDEE"):
        yield from _attendee(source, participants)
    for name in ("RESOURCES", OWN_PROPERTY):
        for source in event.all(name):
            yield from _several(source, participants.meant)
    for source in event.all("LOCATION"):
        yield from _place(source, participants)


def _attendee(source: Property, participants: Participants) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield one attendee, whose mail address may be in EMAIL and whose name is in CN; not one that declined."""
    parameters, address = source.parts()
    if parameters.get("PARTSTAT", "").upper() == "DECLINED":
        return
    name, mail = parameters.get("CN", ""), parameters.get("EMAIL", "")
    found = participants.named(address) or participants.named(mail) or participants.named(name)
    yield found, name or _SCHEME.sub("", address, count=1)


def _several(source: Property, find: _Finder) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield each name of a list; a name that has a separator in it goes before its parts."""
    text = unescape_backslash(source.parts()[1])
    if whole := find(text):
        yield whole, text
        return
    for part in _SEPARATORS.split(text):
        yield find(part), part


def _place(source: Property, participants: Participants) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the rooms of a place; an address with commas in which no room stands is one name."""
    rooms = list(_several(source, participants.named))
    if any(found for found, _ in rooms):
        yield from rooms
    else:
        yield (), unescape_backslash(source.parts()[1])
