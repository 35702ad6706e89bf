"""Keeps the running agent's meetings in step with the file that ``video.meetings`` names.

A file that cannot be read changes nothing: the meetings that were known last go on to hold, and it is told once.
Events of a calendar that cannot be understood are left out, which is told once too.
What the files say is read in ``input.meeting_files``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path

import structlog

from .input.meeting_files import NO_DISTRICTS, examine_meetings
from .input.problems import InputProblems, Problem
from .inventory import Inventory
from .meetings import Meeting

log = structlog.get_logger()

PROBLEMS_LOGGED = 20
_Stamp = tuple[int, int, int]
"""Modification time in nanoseconds, size in bytes and inode of a file."""


class MeetingsWatch:
    """What is known of the file by now.

    Parameters
    ----------
    path : Path or None
        The file; ``None`` where no meetings are configured.
    zone : tzinfo
        Local time of the province. When its day changes, repeating events are laid out anew.
    unix_time : callable
        Returns seconds since 1970.
    on_change : callable
        Is given the meetings whenever they are others than before.
    districts : mapping of str to str
        The district of each commune code.
    """

    def __init__(
        self,
        path: Path | None,
        zone: tzinfo,
        unix_time: Callable[[], float],
        on_change: Callable[[tuple[Meeting, ...]], None],
        districts: Mapping[str, str] = NO_DISTRICTS,
    ) -> None:
        self.meetings: tuple[Meeting, ...] = ()
        self.failed = False
        """Whether the file, as it is now, cannot be read."""
        self._path = path
        self._zone = zone
        self._unix_time = unix_time
        self._on_change = on_change
        self._districts = districts
        self._seen: tuple[_Stamp | None, date, Inventory] | None = None
        self._told: _Stamp | bool | None = False
        """Of which file it was told that it cannot be read; ``False`` of none."""
        self._told_left_out: _Stamp | bool | None = False
        """Of which file it was told what of it is left out; ``False`` of none."""

    async def look(self, inventory: Inventory) -> None:
        """Read the file when it, the inventory or the day is new."""
        path = self._path
        if path is None:
            return
        now = datetime.fromtimestamp(self._unix_time(), UTC)
        stamp, today = _stamp(path), now.astimezone(self._zone).date()
        seen, self._seen = self._seen, (stamp, today, inventory)
        if seen is not None and seen[:2] == (stamp, today) and seen[2] is inventory:
            return
        try:
            meetings, left_out = await asyncio.to_thread(
                examine_meetings, path, inventory, zone=self._zone, now=now, districts=self._districts
            )
        except InputProblems as error:
            self.failed = True
            self._tell(path, stamp, error)
            meetings = tuple(_known(self.meetings, inventory))
        else:
            self.failed, self._told = False, False
            self._tell_left_out(path, stamp, left_out)
        if meetings != self.meetings:
            self.meetings = meetings
            log.info("meetings_changed", file=str(path), meetings=len(meetings))
            self._on_change(meetings)

    def _tell(self, path: Path, stamp: _Stamp | None, error: InputProblems) -> None:
        if self._told == stamp:
            return
        self._told = stamp
        log.error("meetings_not_read", file=str(path), **_in_part(error.problems))

    def _tell_left_out(self, path: Path, stamp: _Stamp | None, problems: tuple[Problem, ...]) -> None:
        if not problems or self._told_left_out == stamp:
            return
        self._told_left_out = stamp
        log.warning("meetings_left_out", file=str(path), **_in_part(problems))


def _in_part(problems: Sequence[Problem]) -> dict[str, object]:
    """Return the first problems, as a log line has its limits, and how many there are."""
    return {"problems": [str(problem) for problem in problems[:PROBLEMS_LOGGED]], "count": len(problems)}


def _stamp(path: Path) -> _Stamp | None:
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _known(meetings: tuple[Meeting, ...], inventory: Inventory) -> Iterator[Meeting]:
    """Yield the meetings with those endpoints that the inventory has; one that is left without any is dropped."""
    for meeting in meetings:
        endpoint_ids = tuple(key for key in meeting.endpoint_ids if key in inventory.endpoints)
        if endpoint_ids:
            yield replace(meeting, endpoint_ids=endpoint_ids)
