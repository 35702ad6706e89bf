"""The meetings of ``video.meetings`` in phusong.yaml: a ``.csv`` table or an ``.ics`` calendar, told by its name.

What the two formats say is read in ``meeting_table`` and ``meeting_calendar``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

from phusong.agent.inventory import Inventory
from phusong.agent.meetings import Meeting

from .meeting_participants import Participants
from .meeting_table import read_meeting_table
from .problems import InputProblems, Problem
from .text_files import read_text

AHEAD = timedelta(days=31)
NO_DISTRICTS: Mapping[str, str] = {}


def examine_meetings(
    path: Path,
    inventory: Inventory,
    *,
    zone: tzinfo,
    now: datetime,
    ahead: timedelta = AHEAD,
    districts: Mapping[str, str] = NO_DISTRICTS,
) -> tuple[tuple[Meeting, ...], tuple[Problem, ...]]:
    """Read the meetings that are not over, in the order of their begin, and why others are left out.

    Everybody who can send an invitation writes into a calendar: an event that cannot be understood is left out,
    and the others count. People write a table by hand: it is taken as a whole, or not at all.

    Parameters
    ----------
    path : Path
        A file whose name ends in ``.csv`` or ``.ics``.
    inventory : Inventory
        Whose endpoints take part.
    zone : tzinfo
        Local time of the province, for times without an offset.
    now : datetime
        The time it is, aware.
    ahead : timedelta
        So far from now repeating events of a calendar are laid out.
    districts : mapping of str to str
        The district of each commune code, for ``district:NAME``.

    Raises
    ------
    InputProblems
        The file cannot be read, is no calendar, or no event of it can be understood; with everything that is wrong
        in a table.
    """
    if path.suffix.lower() not in {".csv", ".ics"}:
        remedy = "name a table (.csv) or an iCalendar file (.ics)"
        raise InputProblems([Problem(str(path), 0, "", "neither .csv nor .ics", remedy)])
    text, problem = read_text(path)
    if problem is not None:
        raise InputProblems([problem])
    participants = Participants(inventory, districts)
    left_out: tuple[Problem, ...] = ()
    if path.suffix.lower() == ".csv":
        meetings = read_meeting_table(str(path), text, participants, zone=zone, now=now)
    else:
        from .meeting_calendar import examine_meeting_calendar  # icalendar costs time and memory to import

        file = str(path)
        meetings, left_out = examine_meeting_calendar(file, text, participants, zone=zone, now=now, ahead=ahead)
    in_order = sorted(meetings, key=lambda meeting: (meeting.begin, meeting.end, meeting.meeting_id))
    return tuple(in_order), left_out


def read_meetings(
    path: Path,
    inventory: Inventory,
    *,
    zone: tzinfo,
    now: datetime,
    ahead: timedelta = AHEAD,
    districts: Mapping[str, str] = NO_DISTRICTS,
) -> tuple[Meeting, ...]:
    """Return the meetings of ``examine_meetings`` alone, for who has no use for what is left out."""
    meetings, _ = examine_meetings(path, inventory, zone=zone, now=now, ahead=ahead, districts=districts)
    return meetings
