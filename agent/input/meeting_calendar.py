"""Meetings from an iCalendar file (RFC 5545): which events are meetings, and each time of those that repeat.

The structure of the file is read in ``calendar_lines``, an event in ``calendar_event``, its endpoints in
``calendar_attendees``. This is the only way into icalendar, which is not imported where no calendar is configured.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from hashlib import sha256

from phusong.agent.meetings import Meeting

from .calendar_attendees import invited
from .calendar_event import Event, Occasions, read_event, text_of
from .calendar_lines import Calendar, CalendarFault, Component, read_calendar
from .calendar_rule import Rule, Steps, TooManySteps, days_of
from .calendar_times import CalendarZones, Moment
from .csv_table import MAX_PROBLEMS
from .meeting_participants import Participants
from .meeting_table import MAX_MEETINGS
from .problems import InputProblems, Problem

MAX_STEPS = 500_000
"""Days that are looked at to lay out all repeating events of a file."""
LONGEST_ID = 64
_NOT_IN_IDS = re.compile(r"[^A-Za-z0-9._:@-]+")
_NOBODY = "name endpoints by id, SIP address or name: as attendees, resources or in the place (docs/meetings.md)"


@dataclass(frozen=True, slots=True)
class _Invitation:
    """One VEVENT with who takes part in it."""

    component: Component
    endpoint_ids: tuple[str, ...]
    unmatched: tuple[str, ...]


def read_meeting_calendar(
    file: str, text: str, participants: Participants, *, zone: tzinfo, now: datetime, ahead: timedelta
) -> tuple[Meeting, ...]:
    """Read the text of a calendar; ``file`` is its name in messages. What is over is left out.

    Times without a zone are local time of ``zone``. A repeating event is laid out from ``now`` for ``ahead``. An
    event without any endpoint is no meeting; nothing is said of what is wrong in it.

    Raises
    ------
    InputProblems
        With everything that is wrong, or because no event at all has an endpoint.
    """
    calendar = read_calendar(file, text)
    if not calendar.problems:
        meetings = _Reading(calendar, participants, zone, now, ahead).meetings()
    if calendar.problems:
        problems = sorted(calendar.problems, key=lambda problem: problem.line)
        if len(problems) > MAX_PROBLEMS:
            what = f"more than {MAX_PROBLEMS} problems, the others are not listed"
            problems[MAX_PROBLEMS:] = [Problem(file, 0, "", what, "correct these first")]
        raise InputProblems(problems)
    return meetings


class _Reading:
    """The work on one file."""

    def __init__(
        self, calendar: Calendar, participants: Participants, zone: tzinfo, now: datetime, ahead: timedelta
    ) -> None:
        self._calendar = calendar
        self._participants = participants
        self._zones = CalendarZones(calendar.timezones, zone)
        self._now = now
        self._until = now + ahead
        self._steps = Steps(MAX_STEPS)

    def meetings(self) -> tuple[Meeting, ...]:
        groups = defaultdict[str, list[_Invitation]](list)
        for component in self._calendar.events:
            try:
                invitation = _Invitation(component, *invited(component, self._participants))
            except CalendarFault as fault:
                self._report(fault)
                continue
            groups[text_of(component, "UID") or f"line {component.line}"].append(invitation)
        meant = [group for group in groups.values() if any(invitation.endpoint_ids for invitation in group)]
        if self._calendar.events and not meant and not self._calendar.problems:
            what = f"none of the {len(self._calendar.events)} events has an endpoint"
            self._calendar.report(0, "", what, _NOBODY)
        found: dict[str, Meeting] = {}
        for group in meant:
            line = group[0].component.line
            try:
                for meeting in self._of_group(group):
                    found.setdefault(meeting.meeting_id, meeting)
            except TooManySteps as error:
                self._calendar.report(line, "RRULE", error.what, error.remedy)
                break
            if len(found) > MAX_MEETINGS:
                self._calendar.report(line, "", f"more than {MAX_MEETINGS} meetings", "export fewer of them")
                break
        return tuple(found.values())

    def _report(self, fault: CalendarFault) -> None:
        self._calendar.report(fault.line, fault.name, fault.what, fault.remedy)

    def _of_group(self, group: list[_Invitation]) -> Iterator[Meeting]:
        """Yield the meetings of one UID: of the series, and of each time that was changed by itself."""
        newest: dict[str, _Invitation] = {}
        for invitation in sorted(group, key=lambda each: _version(each.component)):
            newest[_slot(invitation.component)] = invitation
        series = newest.pop("", None)
        if series is not None and _is_cancelled(series.component):
            return
        changed: dict[datetime, tuple[_Invitation, Event, Moment]] = {}
        for invitation in newest.values():
            if (event := self._read(invitation)) is not None and event.replaces is not None:
                changed[event.replaces.at] = (invitation, event, event.replaces)
        if series is not None and series.endpoint_ids and (event := self._read(series)) is not None:
            replaced = Occasions.of([moment for _, _, moment in changed.values()])
            for begin, end in self._times(event, replaced):
                yield self._meeting(series, event, begin, end, begin if event.repeats else None)
        for slot, (invitation, event, _) in changed.items():
            begin, end = event.begin.at, event.begin.at + event.length
            is_ahead = end > self._now and begin < self._until
            if is_ahead and invitation.endpoint_ids and not _is_cancelled(invitation.component):
                yield self._meeting(invitation, event, begin, end, slot)

    def _read(self, invitation: _Invitation) -> Event | None:
        return read_event(invitation.component, self._zones, self._now, self._report)

    def _meeting(
        self, invitation: _Invitation, event: Event, begin: datetime, end: datetime, slot: datetime | None
    ) -> Meeting:
        meeting_id = make_meeting_id(event.uid, slot)
        return Meeting(meeting_id, event.title, begin, end, invitation.endpoint_ids, invitation.unmatched)

    def _times(self, event: Event, replaced: Occasions) -> Iterator[tuple[datetime, datetime]]:
        """Yield begin and end of each time of an event that is not over, those of a series up to the limit."""
        begins = {event.begin.at: event.length}
        for rule in event.rules:
            begins.update(dict.fromkeys(self._laid_out(event, rule), event.length))
        begins.update({moment.at: moment.length or event.length for moment in event.further})
        for begin in sorted(begins):
            end = begin + begins[begin]
            if begin in event.left_out or begin in replaced or end <= self._now:
                continue
            if event.repeats and begin >= self._until:
                return
            yield begin, end

    def _laid_out(self, event: Event, rule: Rule) -> Iterator[datetime]:
        first = event.begin.at
        earliest = _day_of(self._now - event.length, first) - timedelta(1)
        latest = _day_of(self._until, first) + timedelta(1)
        for day in days_of(rule, first.date(), earliest, latest, self._steps):
            begin = datetime.combine(day, first.timetz())
            if rule.until is not None and _is_after(begin, rule.until):
                return
            yield begin


def _slot(component: Component) -> str:
    """Return which time of a series an event replaces; empty for the series itself."""
    source = component.first("RECURRENCE-ID")
    return source.text if source is not None else ""


def _version(component: Component) -> tuple[int, str]:
    """Return what grows with each change of an event: SEQUENCE, then DTSTAMP, which is in UTC."""
    sequence = text_of(component, "SEQUENCE")[:9]
    return (int(sequence) if sequence.isdecimal() else 0), text_of(component, "DTSTAMP")


def _is_cancelled(component: Component) -> bool:
    return text_of(component, "STATUS").upper() == "CANCELLED"


def _day_of(time: datetime, like: datetime) -> date:
    """Return the day of a time in the zone of another."""
    return time.astimezone(like.tzinfo).date()


def _is_after(begin: datetime, until: date | datetime) -> bool:
    if not isinstance(until, datetime):
        return begin.date() > until
    return begin > (until if until.tzinfo is not None else until.replace(tzinfo=begin.tzinfo))


def make_meeting_id(uid: str, slot: datetime | None) -> str:
    """Make an id of a UID and, of a series, the begin of this time of it; different ones stay different."""
    plain = _NOT_IN_IDS.sub("-", uid)
    if plain != uid or len(plain) > LONGEST_ID:
        plain = f"{plain[: LONGEST_ID - 9]}-{sha256(uid.encode()).hexdigest()[:8]}"
    return plain if slot is None else f"{plain}@{slot.astimezone(UTC):%Y%m%dT%H%M%SZ}"
