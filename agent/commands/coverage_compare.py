"""``phusong coverage compare`` and ``crosswalk``: what changed between runs, and figures in another edition."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from phusong.agent.coverage_report.document import write_document
from phusong.agent.coverage_report.documents import changes_document, crosswalk_document
from phusong.collectors.device_text import clean_text
from phusong.coverage.editions import load_edition
from phusong.coverage.errors import CoverageError
from phusong.coverage.input.boundaries import read_boundaries
from phusong.coverage.input.population import read_population
from phusong.coverage.measuring.change_facts import COMMUNE, AreaChanges, Change, Changes
from phusong.coverage.measuring.changes import DEFAULT_SLIVER_M, compare_runs
from phusong.coverage.measuring.crosswalk import (
    BOUNDARIES,
    TABLE,
    Carried,
    CarriedIndicator,
    carry,
    crosswalk_by_boundaries,
    crosswalk_by_table,
)
from phusong.coverage.output.change_caveats import caveats_of, key_text
from phusong.coverage.output.change_files import (
    CHANGES_CSV,
    CROSSWALK_CSV,
    write_changes,
    write_crosswalk,
)
from phusong.coverage.output.earlier_run import read_run
from phusong.coverage.summary import ANY_OPERATOR

_SHOWN = 10


def run_coverage_compare(
    old: Path,
    new: Path,
    out: Path,
    *,
    sliver_m: float = DEFAULT_SLIVER_M,
    population: Path | None = None,
    console: Console,
    tell: Callable[[str], None],
) -> Changes:
    """Compare the folders of two runs, write the files of ``output.change_files`` and show the largest changes.

    Raises
    ------
    CoverageError, SummaryError
        A folder holds no usable run, or the runs cannot be compared. Nothing has been written then.
    """
    _check_out(out, old, new)
    tell(f"reading {clean_text(str(old))} and {clean_text(str(new))}")
    before, after = read_run(old), read_run(new)
    people = None if population is None else read_population(population)
    tell("comparing")
    changes = compare_runs(before, after, sliver_m, people)
    _write(out, lambda: write_changes(changes, out))
    _write(out, lambda: write_document(changes_document(changes), out))
    for caveat in caveats_of(changes):
        tell(f"note: {clean_text(caveat.text)}")
    console.print(province_table(changes))
    for gained in (False, True):
        table = largest_table(changes, gained=gained)
        if table.row_count:
            console.print(table)
    lost = [site for site in changes.sites if not site.gained]
    tell(f"{len(changes.sites) - len(lost)} sites gained their fallback, {len(lost)} lost it")
    tell(f"everything: {out / CHANGES_CSV}, changes.xlsx, changes.html")
    return changes


def run_coverage_crosswalk(
    run: Path,
    out: Path,
    *,
    edition: str = "2025-07",
    boundaries: Path | None = None,
    population: Path | None = None,
    console: Console,
    tell: Callable[[str], None],
) -> Carried:
    """Carry the figures of a run to another edition, by its boundaries if given, else by the table.

    Raises
    ------
    CoverageError, SummaryError
        The folder holds no usable run, or a file cannot be used. Nothing has been written then.
    """
    _check_out(out, run)
    source, target = read_run(run), load_edition(edition)
    summary = source.summary
    if summary.edition == edition:
        raise CoverageError(f"{run}: is of edition {edition} already; name another edition")
    if boundaries is None:
        if population is not None:
            raise CoverageError("people can be counted by the boundaries of both editions only; give --boundaries")
        crosswalk = crosswalk_by_table(summary, target)
    else:
        if summary.schematic:
            raise CoverageError(
                f"{run}: its boundaries are schematic, the target's are not; carry it by the table, without "
                "boundaries"
            )
        tell(f"reading boundaries {clean_text(boundaries.name)}")
        people = None if population is None else read_population(population)
        crosswalk = crosswalk_by_boundaries(summary, source.polygons, read_boundaries(boundaries, target), people)
    carried = carry(summary, crosswalk)
    _write(out, lambda: write_crosswalk(carried, out))
    _write(out, lambda: write_document(crosswalk_document(carried, summary), out))
    divided = sum(bool(commune.split_sources) for commune in carried.communes)
    tell(
        f"{len(carried.communes)} communes of {edition} from {len(summary.communes)} of {summary.edition}: "
        f"{divided} of them have parts of divided ones"
    )
    if carried.area_by == TABLE:
        tell("note: carried by the table; its bounds hold as far as both editions draw the same land")
    if carried.people_by in (TABLE, BOUNDARIES):
        tell("note: people of divided communes are an estimate by land; --population and --boundaries count them")
    console.print(bounds_table(carried))
    tell(f"everything: {out / CROSSWALK_CSV}, crosswalk.xlsx, crosswalk.html")
    return carried


def province_table(changes: Changes) -> Table:
    """Return a row per technology, operator and level for the province."""
    table = Table(
        "coverage",
        "old km²",
        "new km²",
        "gained",
        "lost",
        "slivers",
        "points",
        "people",
        box=SIMPLE,
        pad_edge=False,
    )
    for change in changes.areas[-1].changes:
        table.add_row(*_cells(changes.areas[-1], change))
    return table


def largest_table(changes: Changes, *, gained: bool) -> Table:
    """Return the ten communes that gained (or lost) most land, of any operator in one technology and level."""
    word = "gained" if gained else "lost"
    found = [
        (km2, area, change)
        for area in changes.areas
        if area.level == COMMUNE
        for change in area.changes
        if change.key.operator == ANY_OPERATOR
        and (km2 := change.gained_km2 if gained else change.lost_km2) is not None
        and km2 > 0
    ]
    found.sort(key=lambda each: -each[0])
    table = Table(
        "commune", "coverage", f"{word} km²", "points", "people", box=SIMPLE, pad_edge=False,
        title=f"Largest {'gains' if gained else 'losses'}", title_justify="left",
    )  # fmt: skip
    for km2, area, change in found[:_SHOWN]:
        cells = _cells(area, change)
        table.add_row(Text(clean_text(area.name)), cells[0], f"{km2:.2f}", *cells[-2:])
    return table


def bounds_table(carried: Carried) -> Table:
    """Return the ten communes whose figures of any operator are the least certain."""
    found = [
        (ratio.high - ratio.low, commune.name, indicator)
        for commune in carried.communes
        for indicator in commune.indicators
        if indicator.operator == ANY_OPERATOR and (ratio := indicator.area_ratio) is not None
    ]
    found.sort(key=lambda each: -each[0])
    table = Table(
        "commune", "coverage", "% of the land", "at least", "at most", "% of people", "at least", "at most",
        box=SIMPLE, pad_edge=False, title="Least certain", title_justify="left",
    )  # fmt: skip
    for _, name, indicator in found[:_SHOWN]:
        table.add_row(Text(clean_text(name)), _key(indicator), *_percents(indicator))
    return table


def _cells(area: AreaChanges, change: Change) -> tuple[Text | str, ...]:
    thin = None
    if change.sliver_gained_km2 is not None and change.sliver_lost_km2 is not None:
        thin = change.sliver_gained_km2 + change.sliver_lost_km2
    net, people = change.net_km2, change.people_net
    numbers = (change.old_km2, change.new_km2, change.gained_km2, change.lost_km2, thin)
    return (
        Text(clean_text(key_text(change.key))),
        *("" if number is None else f"{number:.2f}" for number in numbers),
        "" if net is None else f"{100 * net / area.area_km2:+.2f}",
        "" if people is None else f"{people:+.0f}",
    )


def _key(indicator: CarriedIndicator) -> Text:
    level = "as claimed" if indicator.min_dbm is None else f"{indicator.min_dbm:g} dBm"
    return Text(f"{clean_text(indicator.technology)}, {level}")


def _percents(indicator: CarriedIndicator) -> list[str]:
    return [
        "" if estimate is None else f"{100 * value:.1f}"
        for estimate in (indicator.area_ratio, indicator.population_ratio)
        for value in ((0.0, 0.0, 0.0) if estimate is None else (estimate.value, estimate.low, estimate.high))
    ]


def _check_out(out: Path, *runs: Path) -> None:
    if out.exists() and not out.is_dir():
        raise CoverageError(f"{out}: is no folder; choose another --out")
    for run in runs:
        if out.resolve() == run.resolve():
            raise CoverageError(f"{out}: is the folder of a run; choose another --out")


def _write(out: Path, write: Callable[[], None]) -> None:
    try:
        write()
    except OSError as error:
        raise CoverageError(f"{out}: cannot be written ({error.strerror}); choose another --out") from error
