"""``phusong readiness``: what was typed, the files, the asking, and every form in which the answer is wanted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from phusong.agent.ask_once import ask_once
from phusong.agent.input.config import Config
from phusong.agent.input.inventory_cells import CellError, time_in
from phusong.agent.input.problems import InputProblems, Problem, listed, name_hint, shown
from phusong.agent.input.settings import LOCAL_TIME, load_all, load_meetings
from phusong.agent.inventory import Inventory
from phusong.agent.meetings import Meeting
from phusong.agent.readiness.as_json import report_to_csv, report_to_json
from phusong.agent.readiness.call_record import read_call_record
from phusong.agent.readiness.make_report import Beside, make_report
from phusong.agent.readiness.readiness import ReadinessReport
from phusong.agent.readiness.scope import NEXT, endpoints_of, find_meeting, part_for, planned_work
from phusong.agent.readiness.terminal import as_terminal
from phusong.agent.readiness.watched_lines import read_watched_lines
from phusong.agent.readiness.wording import LANGUAGES, WORDS
from phusong.agent.whole_file import write_whole
from phusong.coverage.editions import Commune, district_key, load_edition

BETWEEN_POLLS_S = 4.0
"""From the first answer of a line's end to its second poll: shorter, a burst would be taken for their use."""
MEETING_S = 3600.0
"""So long a meeting is taken to be where only the time of its begin is given."""


@dataclass(frozen=True, slots=True)
class Request:
    """What was typed; the last three say where the report goes beside the terminal."""

    config: Path
    meeting: str | None = None
    at: str | None = None
    district: str | None = None
    lang: str = "vi"
    quiet: bool = False
    as_json: bool = False
    csv: Path | None = None
    xlsx: Path | None = None
    html: Path | None = None

    @property
    def files(self) -> list[Path]:
        """The files that are to be written."""
        return [path for path in (self.csv, self.xlsx, self.html) if path]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the words typed mean."""

    meeting: Meeting | None
    district: str
    endpoint_ids: tuple[str, ...]
    begin: datetime
    end: datetime


def run_readiness(request: Request, out: Console, err: Console, tell: Callable[[str], None]) -> bool:
    """Ask, show and write; return whether everybody is ready.

    Raises
    ------
    InputProblems
        Something is wrong with what was typed, the configuration, the inventory or the meetings.
    OSError
        No echo requests can be sent, or a file cannot be written.
    """
    problems = _check_words(request)
    if problems:
        raise InputProblems(problems)
    config, inventory = load_all(request.config)
    communes = load_edition(config.edition).communes
    asked = _read_request(request, config, inventory, datetime.now(UTC), err)
    report = _ask(config, inventory, asked, communes, err, request.lang)
    try:
        _write_files(request, report, tell)
    finally:  # a file that cannot be written is no reason to keep to ourselves what was found
        if request.as_json:
            print(report_to_json(report))  # noqa: T201
        elif not request.quiet:
            out.print(as_terminal(report, request.lang))
    return report.ready_count == len(report.rows)


def _ask(
    config: Config, inventory: Inventory, asked: _Asked, communes: Mapping[str, Commune], err: Console, lang: str
) -> ReadinessReport:
    part = part_for(inventory, frozenset(asked.endpoint_ids))
    record = read_call_record(config.state, time.time())
    windows = (*inventory.maintenance, *record.windows)
    beside = Beside(
        communes,
        config.video.hd_mbps,
        asked.meeting,
        asked.district,
        planned_work(part, windows, asked.begin, asked.end),
        read_watched_lines(config.state, time.time()),
        record.last_good_calls,
        record.since,
    )
    began = time.monotonic()
    with Progress(console=err, transient=True, disable=not err.is_terminal) as progress:
        doing = WORDS[lang]["asking"].format(count=len(asked.endpoint_ids))
        task = progress.add_task(doing, total=None)
        asking = ask_once(
            config,
            part,
            lambda done, total: progress.update(task, completed=done, total=total),
            windows=windows,
            lines_again_after_s=BETWEEN_POLLS_S,
        )
        snapshot = asyncio.run(asking)
    return make_report(snapshot, part, frozenset(asked.endpoint_ids), beside, time.monotonic() - began)


def _check_words(request: Request) -> list[Problem]:
    problems = []
    if request.lang not in LANGUAGES:
        what = f"{shown(request.lang)} is none of its words"
        problems.append(Problem("--lang", 0, "", what, f"write {', '.join(LANGUAGES)}"))
    if request.meeting and request.at:
        what = "a meeting has its own time"
        problems.append(Problem("--at", 0, "", what, "leave out --at or --meeting"))
    if len({path.resolve() for path in request.files}) < len(request.files):
        problems.append(Problem("--csv, --xlsx, --html", 0, "", "name one file twice", "name different files"))
    return problems


def _read_request(request: Request, config: Config, inventory: Inventory, now: datetime, err: Console) -> _Asked:
    """Find out what is meant.

    Raises
    ------
    InputProblems
        There is no such meeting, district or time, or no endpoint of it.
    """
    meeting = _find_meeting(request, config, inventory, now, err) if request.meeting else None
    districts = load_edition(config.edition).districts_by_commune
    district = _find_district(request.district or "", frozenset(districts.values()))
    endpoint_ids = endpoints_of(inventory, districts, meeting=meeting, district=district)
    if not endpoint_ids:
        where = "endpoints.csv" if not (meeting or district) else "what you asked for"
        raise InputProblems([Problem(str(request.config), 0, "", f"no endpoint in {where}", "ask for more")])
    begin = meeting.begin if meeting else _read_time(request.at, now)
    end = meeting.end if meeting else begin + timedelta(seconds=MEETING_S if request.at else 1)
    return _Asked(meeting, district, endpoint_ids, begin, end)


def _find_district(typed: str, known: Collection[str]) -> str:
    """Return a district by its name with or without its kind, whatever its case and diacritics."""
    by_key = {district_key(name): name for name in known}
    if typed and district_key(typed) not in by_key:
        remedy = name_hint(typed, sorted(known), f"write a district of the edition{listed(known)}")
        raise InputProblems([Problem("--district", 0, "", f"there is no district {shown(typed)}", remedy)])
    return by_key[district_key(typed)] if typed else ""


def _find_meeting(request: Request, config: Config, inventory: Inventory, now: datetime, err: Console) -> Meeting:
    """Return the meeting that is meant; tell which events of the calendar are left out."""
    if config.video.meetings is None:
        remedy = "name a file as video.meetings, or leave --meeting out"
        raise InputProblems([Problem(str(request.config), 0, "", "it names no file of meetings", remedy)])
    meetings, left_out = load_meetings(config, inventory, now)
    for problem in left_out:
        err.print(str(problem), markup=False, highlight=False, soft_wrap=True)
    wanted = request.meeting or NEXT
    found = find_meeting(meetings, wanted, now)
    if found is None:
        known = [meeting.meeting_id for meeting in meetings]
        otherwise = f"write {NEXT}, or the id of one to come{listed(known)}" if known else "none is to come"
        remedy = name_hint(wanted, known, otherwise)
        what = f"there is no meeting {shown(wanted)} to come"
        if wanted == NEXT:
            what, remedy = "no meeting is to come", "write it into the file, or leave --meeting out"
        raise InputProblems([Problem(str(config.video.meetings), 0, "", what, remedy)])
    return found


def _read_time(text: str | None, now: datetime) -> datetime:
    if text is None:
        return now
    try:
        begin = time_in(LOCAL_TIME)(text)
    except CellError as error:
        raise InputProblems([Problem("--at", 0, "", error.what, error.remedy)]) from None
    if begin + timedelta(seconds=MEETING_S) <= now:
        remedy = "write a time to come, or leave it out for now"
        raise InputProblems([Problem("--at", 0, "", f"a meeting at {shown(text)} is over", remedy)])
    return begin


def _write_files(request: Request, report: ReadinessReport, tell: Callable[[str], None]) -> None:
    if request.csv:
        _replace(request.csv, report_to_csv(report).encode(), tell)
    if request.xlsx:
        from phusong.agent.readiness.workbook import as_workbook  # openpyxl: a tenth of a second

        _replace(request.xlsx, as_workbook(report, request.lang), tell)
    if request.html:
        from phusong.agent.readiness.page import as_page

        _replace(request.html, as_page(report, request.lang).encode(), tell)


def _replace(path: Path, content: bytes, tell: Callable[[str], None]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, content)
    tell(f"{path} written ({max(1, round(len(content) / 1000))} kB)")
