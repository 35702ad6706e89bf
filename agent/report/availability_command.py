"""``phusong report availability``: reads what was typed, the inventory and the record; shows and writes.

Figures are made in ``availability``, every form of them in a module of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.progress import Progress

from phusong.agent.input.problems import InputProblems, Problem, listed, name_hint, shown
from phusong.agent.input.settings import load_inventory
from phusong.agent.inventory import Inventory
from phusong.agent.state.state_file import FILE
from phusong.agent.whole_file import write_whole
from phusong.coverage.editions import Edition, load_edition

from .availability import Level, Report, has_districts, make_report
from .date_range import read_range
from .record import Record, read_record
from .tables import as_csv, as_json
from .terminal import as_table, notes
from .wording import LANGUAGES

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Request:
    """What was typed; the last four say where the report goes beside the terminal."""

    config: Path
    month: str | None = None
    first: str | None = None
    last: str | None = None
    by: str = Level.LINK
    links: Sequence[str] = ()
    carriers: Sequence[str] = ()
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


def run_availability(
    request: Request, now: datetime, out: Console, err: Console, tell: Callable[[str], None]
) -> None:
    """Make the report and show it.

    Raises
    ------
    InputProblems
        Something is wrong with what was typed, the configuration or the inventory.
    RecordError
        The record cannot be used, or has nothing of that time.
    ModuleNotFoundError
        matplotlib is wanted and not installed; nothing has been written.
    OSError
        A file cannot be written.
    """
    if request.html:
        from . import plots  # noqa: F401 - to know at once whether matplotlib is there
    range_problems = _check_words(request)
    try:
        asked = read_range(request.month, request.first, request.last, now)
    except InputProblems as error:
        raise InputProblems([*error.problems, *range_problems]) from None
    if range_problems:
        raise InputProblems(range_problems)
    paths, inventory = load_inventory(request.config)
    edition = load_edition(paths.edition)
    source = paths.state / FILE
    with Progress(console=err, transient=True, disable=not err.is_terminal) as progress:
        step = _Step(progress, 2 + len(request.files))
        record = step("Reading the record", lambda: read_record(source, asked, now))
        problems = _check_names(request, record, inventory, edition)
        if problems:
            raise InputProblems(problems)
        report = step("Summing up", lambda: _make(request, record, inventory, edition))
        _write_files(request, report, source.name, step, tell)
    _show(request, report, source.name, out, tell)


class _Step:
    """Does one step after the other and shows how far it is."""

    def __init__(self, progress: Progress, count: int) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=count)

    def __call__(self, name: str, work: Callable[[], T]) -> T:
        self._progress.update(self._task, description=name)
        result = work()
        self._progress.advance(self._task)
        return result


def _make(request: Request, record: Record, inventory: Inventory, edition: Edition) -> Report:
    return make_report(record, inventory, edition, links=request.links, carriers=request.carriers)


def _check_words(request: Request) -> list[Problem]:
    """Return what is wrong with the words among the options, and with the files that they name."""
    problems = []
    for option, word, choices in (("--by", request.by, [*Level]), ("--lang", request.lang, LANGUAGES)):
        if word not in choices:
            problems.append(
                Problem(option, 0, "", f"{shown(word)} is none of its words", f"write {', '.join(choices)}")
            )
    if len({path.resolve() for path in request.files}) < len(request.files):
        problems.append(Problem("--csv, --xlsx, --html", 0, "", "name one file twice", "name different files"))
    return problems


def _check_names(request: Request, record: Record, inventory: Inventory, edition: Edition) -> list[Problem]:
    """Return what is wrong with names that must stand in the inventory, the record or the edition."""
    problems = []
    known_links = {*inventory.links, *record.periods}
    known_carriers = {link.carrier for link in inventory.links.values()}
    for option, what, names, known in (
        ("--link", "line", request.links, known_links),
        ("--carrier", "carrier", request.carriers, known_carriers),
    ):
        problems += [_unknown(option, what, name, known) for name in names if name not in known]
    if request.by == Level.DISTRICT and not has_districts(edition):
        what = f"edition {edition.name} has no districts"
        problems.append(Problem("--by", 0, "", what, "use --by commune or --by carrier"))
    if not problems and request.links and request.carriers:
        of_carriers = {link.link_id for link in inventory.links.values() if link.carrier in request.carriers}
        if not of_carriers & set(request.links):
            problems.append(Problem("--link", 0, "", "none of them is of these carriers", "leave --carrier out"))
    return problems


def _unknown(option: str, what: str, name: str, known: Collection[str]) -> Problem:
    remedy = name_hint(name, known, f"use one of links.csv{listed(known)}")
    return Problem(option, 0, "", f"there is no {what} {shown(name)}", remedy)


def _write_files(request: Request, report: Report, source: str, step: _Step, tell: Callable[[str], None]) -> None:
    if request.csv:
        content = step("Writing CSV", lambda: as_csv(report, Level(request.by)).encode())
        _replace(request.csv, content, tell)
    if request.xlsx:
        from .workbook import as_workbook

        content = step("Writing XLSX", lambda: as_workbook(report, source, request.lang))
        _replace(request.xlsx, content, tell)
    if request.html:
        from .page import as_page
        from .plots import draw_plots

        plots = draw_plots(report, request.lang)
        content = step("Drawing", lambda: as_page(report, plots, source, request.lang).encode())
        _replace(request.html, content, tell)


def _show(request: Request, report: Report, source: str, out: Console, tell: Callable[[str], None]) -> None:
    if request.as_json:
        print(as_json(report, Level(request.by), source))  # noqa: T201
    elif not request.quiet:
        out.print(as_table(report, Level(request.by), request.lang))
        for line in notes(report, request.lang):
            tell(line)


def _replace(path: Path, content: bytes, tell: Callable[[str], None]) -> None:
    """Write a file and say so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, content)
    tell(f"{path} written ({len(content) / 1000:.0f} kB)")
