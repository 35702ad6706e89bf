"""Meetings as plain values: when, and which endpoints take part. Reading the files is the work of ``input``."""

from __future__ import annotations

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
