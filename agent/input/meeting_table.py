"""Meetings as a table: the columns of ``meetings.csv`` and what its rows mean.

Reading CSV is the work of ``csv_table``, the words of the column ``endpoints`` that of ``meeting_participants``.
"""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

from phusong.agent.meetings import Meeting

from .csv_table import ColumnSpec, Row, Table, TableSpec, read_table
from .inventory_cells import parse_reference, parse_slug, parse_text, time_in
from .meeting_participants import Participants, Selection
from .problems import InputProblems

MAX_MEETINGS = 5000
LONGEST = timedelta(days=366)
"""Of a meeting: more is a slip of the pen."""


def meetings_spec(file: str, zone: tzinfo) -> TableSpec:
    """Return the table of meetings; times without an offset are local time of ``zone``."""
    return TableSpec(
        file,
        (
            ColumnSpec("meeting_id", parse_slug, required=True),
            ColumnSpec("title", parse_text, required=True),
            ColumnSpec("from", time_in(zone), required=True),
            ColumnSpec("to", time_in(zone), required=True),
            ColumnSpec("endpoints", parse_reference, required=True),
        ),
        id_column="meeting_id",
    )


def read_meeting_table(
    file: str, text: str, participants: Participants, *, zone: tzinfo, now: datetime
) -> tuple[Meeting, ...]:
    """Read the text of a table of meetings; ``file`` is its name in messages. Meetings that are over are left out.

    Raises
    ------
    InputProblems
        With everything that is wrong, also in the rows of meetings that are over.
    """
    table = read_table(meetings_spec(file, zone), file, text)
    rows = table.rows[:MAX_MEETINGS] if table.header_sound else []
    if len(table.rows) > MAX_MEETINGS:
        what = f"more than {MAX_MEETINGS} meetings"
        table.report(table.rows[MAX_MEETINGS].line, "", what, "remove those that are over")
    selections = [_check(table, row, participants) for row in rows]
    if table.problems:
        raise InputProblems(sorted(table.problems, key=lambda problem: problem.line))
    meetings = (_meeting(row, chosen) for row, chosen in zip(rows, selections, strict=True))
    return tuple(meeting for meeting in meetings if meeting.end > now)


def _check(table: Table, row: Row, participants: Participants) -> Selection:
    begin, end = row.values.get("from"), row.values.get("to")
    if begin is not None and end is not None and end <= begin:
        what = "the meeting does not end after it begins"
        table.report(row.line_of("to"), "to", what, "exchange from and to, or correct them")
    elif begin is not None and end is not None and end - begin > LONGEST:
        what = f"the meeting lasts longer than {LONGEST.days} days"
        table.report(row.line_of("to"), "to", what, "correct from or to")
    cell = row.values.get("endpoints", "")
    chosen = participants.select(cell)
    for what, remedy in chosen.faults:
        table.report(row.line_of("endpoints"), "endpoints", what, remedy)
    if cell and not chosen.endpoint_ids and not chosen.faults:
        table.report(row.line_of("endpoints"), "endpoints", "no endpoint is named", "name who takes part")
    return chosen


def _meeting(row: Row, chosen: Selection) -> Meeting:
    values = row.values
    return Meeting(values["meeting_id"], values["title"], values["from"], values["to"], chosen.endpoint_ids)
