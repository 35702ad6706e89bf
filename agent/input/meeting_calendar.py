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
from .calendar_event import Event, Occasions, read_event, read_replaced, text_of
from .calendar_lines import Calendar, CalendarFault, Component, read_calendar
from .calendar_rule import Rule, Steps, TooManySteps, days_of
from .calendar_times import CalendarZones, Moment
from .csv_table import MAX_PROBLEMS
from .meeting_participants import Participants
from .meeting_table import MAX_MEETINGS
from .problems import InputProblems, Problem

MAX_STEPS = 1_000_000
"""Days that are looked at to lay out all repeating events of a file."""
MAX_STEPS_PER_EVENT = 20_000
"""Of these for one event, so that an odd one leaves enough for the others: 27 years of a daily one that counts."""
MAX_TIMES = 400
"""Of one event that are to come, for the same reason."""
LONGEST_ID = 64
_NOT_IN_IDS = re.compile(r"[^A-Za-z0-9._:@-]+")
_NOBODY = "name endpoints by id, SIP address or name: as attendees, resources or in the place (docs/meetings.md)"


@dataclass(frozen=True, slots=True)
class _Invitation:
    """One VEVENT with who takes part in it; where that cannot be read, ``fault`` says why."""

    component: Component
    endpoint_ids: tuple[str, ...] = ()
    unmatched: tuple[str, ...] = ()
    fault: CalendarFault | None = None


def examine_meeting_calendar(
    file: str, text: str, participants: Participants, *, zone: tzinfo, now: datetime, ahead: timedelta
) -> tuple[tuple[Meeting, ...], tuple[Problem, ...]]:
    """Read the text of a calendar; return its meetings, and why others are left out, in the order of the lines.

    ``file`` is its name in messages. Times without a zone are local time of ``zone``. A repeating event is laid
    out from ``now`` for ``ahead``. What is over is passed over in silence, and so is what is no meeting: an event
    of no length, or without any endpoint, whatever else is wrong in it.

    Raises
    ------
    InputProblems
        The text is no calendar, no event has an endpoint, or not one of those that have can be understood.
    """
    calendar = read_calendar(file, text)
    if calendar.problems:
        raise InputProblems(_first(calendar.problems, file))
    reading = _Reading(calendar, participants, zone, now, ahead)
    meetings = reading.meetings()
    problems = _first(reading.problems, file)
    if problems and not reading.understood:
        raise InputProblems(problems)
    return meetings, tuple(problems)


def _first(problems: list[Problem], file: str) -> list[Problem]:
    """Return as many problems as are told, in the order of the lines."""
    first = sorted(problems, key=lambda problem: problem.line)
    if len(first) > MAX_PROBLEMS:
        what = f"more than {MAX_PROBLEMS} problems, the others are not listed"
        first[MAX_PROBLEMS:] = [Problem(file, 0, "", what, "correct these first")]
    return first


class _Reading:
    """The work on one file."""

    def __init__(
        self, calendar: Calendar, participants: Participants, zone: tzinfo, now: datetime, ahead: timedelta
    ) -> None:
        self.problems: list[Problem] = []
        """Of the events that are left out."""
        self.understood = False
        """Whether there is an event with an endpoint in which nothing is wrong."""
        self._calendar = calendar
        self._participants = participants
        self._zones = CalendarZones(calendar.timezones, zone)
        self._now = now
        self._until = now + ahead
        self._steps_left = MAX_STEPS

    def meetings(self) -> tuple[Meeting, ...]:
        groups = defaultdict[str, list[_Invitation]](list)
        for component in self._calendar.events:
            groups[text_of(component, "UID") or f"line {component.line}"].append(self._invitation(component))
        meant = [group for group in groups.values() if any(each.endpoint_ids or each.fault for each in group)]
        if self._calendar.events and not meant:
            what = f"none of the {len(self._calendar.events)} events has an endpoint"
            self._report(CalendarFault(0, "", what, _NOBODY))
        found: dict[str, Meeting] = {}
        for group in meant:
            for meeting in self._of_group(group):
                found.setdefault(meeting.meeting_id, meeting)
            if len(found) > MAX_MEETINGS:
                what = f"more than {MAX_MEETINGS} meetings, those of the events from here on are left out"
                self._report(CalendarFault(group[0].component.line, "", what, "export fewer of them"))
                break
        return tuple(found.values())[:MAX_MEETINGS]

    def _invitation(self, component: Component) -> _Invitation:
        try:
            return _Invitation(component, *invited(component, self._participants))
        except CalendarFault as fault:
            return _Invitation(component, fault=fault)

    def _report(self, fault: CalendarFault) -> None:
        self.problems.append(Problem(self._calendar.file, fault.line, fault.name, fault.what, fault.remedy))

    def _of_group(self, group: list[_Invitation]) -> Iterator[Meeting]:
        """Yield the meetings of one UID: of the series, and of each time that was changed by itself."""
        newest: dict[str, _Invitation] = {}
        for invitation in sorted(group, key=lambda each: _version(each.component)):
            newest[_slot(invitation.component)] = invitation
        series = newest.pop("", None)
        if series is not None and _is_cancelled(series.component):
            self.understood = True
            return
        changed: dict[datetime, tuple[_Invitation, Event]] = {}
        replaced: list[Moment] = []
        for invitation in newest.values():
            replaced.extend(self._replaced(invitation))
            if (event := self._read(invitation)) is not None and event.replaces is not None:
                changed[event.replaces.at] = (invitation, event)
        if (
            series is not None
            and (series.endpoint_ids or series.fault)
            and (event := self._read(series)) is not None
        ):
            for begin, end in self._times(event, Occasions.of(replaced)):
                yield self._meeting(series, event, begin, end, begin if event.repeats else None)
        for slot, (invitation, event) in changed.items():
            begin, end = event.begin.at, event.begin.at + event.length
            is_ahead = end > self._now and begin < self._until and event.length
            if is_ahead and invitation.endpoint_ids and not _is_cancelled(invitation.component):
                yield self._meeting(invitation, event, begin, end, slot)

    def _replaced(self, invitation: _Invitation) -> Iterator[Moment]:
        """Yield the time that an event replaces, also one that is left out: the planned time holds no more."""
        try:
            moment = read_replaced(invitation.component, self._zones)
        except CalendarFault:
            return
        if moment is not None:
            yield moment

    def _read(self, invitation: _Invitation) -> Event | None:
        event = read_event(invitation.component, self._zones, self._now, self._report, invitation.fault)
        self.understood = self.understood or event is not None
        return event

    def _meeting(
        self, invitation: _Invitation, event: Event, begin: datetime, end: datetime, slot: datetime | None
    ) -> Meeting:
        meeting_id = make_meeting_id(event.uid, slot)
        return Meeting(meeting_id, event.title, begin, end, invitation.endpoint_ids, invitation.unmatched)

    def _times(self, event: Event, replaced: Occasions) -> list[tuple[datetime, datetime]]:
        """Return begin and end of each time of an event that is not over, those of a series up to the limit.

        Of an event that has too many of them, or takes too long to lay out, that is told and none is returned.
        """
        begins = {event.begin.at: event.length}
        steps = Steps(min(MAX_STEPS_PER_EVENT, self._steps_left))
        before = steps.left
        try:
            for rule in event.rules:
                begins.update(dict.fromkeys(self._laid_out(event, rule, steps), event.length))
        except TooManySteps as error:
            self._report(CalendarFault(event.line, "RRULE", error.what, error.remedy))
            return []
        finally:
            self._steps_left -= before - max(steps.left, 0)
        begins.update({moment.at: moment.length or event.length for moment in event.further})
        times = []
        for begin in sorted(begins):
            end = begin + begins[begin]
            if event.repeats and begin >= self._until:
                break
            if end > max(begin, self._now) and begin not in event.left_out and begin not in replaced:
                times.append((begin, end))
        if len(times) > MAX_TIMES:
            what = f"the event takes place more than {MAX_TIMES} times"
            self._report(CalendarFault(event.line, "RDATE", what, "export fewer of them"))
            return []
        return times

    def _laid_out(self, event: Event, rule: Rule, steps: Steps) -> Iterator[datetime]:
        first = event.begin.at
        earliest = _day_of(self._now - event.length, first) - timedelta(1)
        latest = _day_of(self._until, first) + timedelta(1)
        for day in days_of(rule, first.date(), earliest, latest, steps):
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
