"""Meetings as plain values: when, and which endpoints take part. Reading the files is the work of ``input``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Meeting:
    """A planned video conference; begin inclusive, end exclusive, both aware."""

    meeting_id: str
    """Unique among the meetings that are known: of an event that repeats, each time has its own."""
    title: str
    begin: datetime
    end: datetime
    endpoint_ids: tuple[str, ...]
    """Who takes part, in the order of the inventory, each once; never empty."""
    unmatched: tuple[str, ...] = ()
    """Attendees of a calendar that are no endpoints: people, rooms without one."""


def running_or_next(meetings: Iterable[Meeting], endpoint_id: str, now: datetime) -> Meeting | None:
    """Return the meeting that an endpoint is to be in now, else its next one; ``None`` without any."""
    ahead = [meeting for meeting in meetings if meeting.end > now and endpoint_id in meeting.endpoint_ids]
    return min(ahead, key=lambda meeting: (meeting.begin, meeting.end, meeting.meeting_id), default=None)
