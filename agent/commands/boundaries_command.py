"""``phusong boundaries import``: any boundary file to the one that ``phusong coverage`` takes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from phusong.coverage.errors import BoundaryError
from phusong.coverage.input.boundary_import import ImportRequest, area_differences, import_boundaries
from phusong.coverage.output.boundary_file import write_boundaries

_SHOWN = 10


def run_boundaries_import(
    request: ImportRequest, output: Path, console: Console, tell: Callable[[str], None]
) -> None:
    """Import the file, write it, and say what was recognised, matched and changed.

    Raises
    ------
    CoverageError
        The file cannot be used; the message says why and what to do. Nothing has been written then.
    OSError
        The output cannot be written.
    """
    if output.suffix.lower() != ".gpkg":
        raise BoundaryError(f"{output}: boundaries are written as a GeoPackage; let the name end in .gpkg")
    tell(f"reading {request.path.name}")
    imported = import_boundaries(request)
    repairs = write_boundaries(imported.boundaries, output)
    edition = imported.boundaries.edition
    elsewhere = f", {imported.elsewhere} of other provinces left out" if imported.elsewhere else ""
    merged = f", {imported.merged} units of 2019 merged" if imported.merged else ""
    tell(
        f"Recognised as {imported.kind.title}: {imported.features} features{elsewhere}{merged}, all "
        f"{len(edition.communes)} communes of edition {edition.name} matched"
    )
    before, after = imported.parts
    tell(
        f"Overlaps and gaps between neighbours: {imported.seams_km2:.2f} km2, listed in {repairs.name}; {before} "
        f"parts before, {after} after"
    )
    console.print(_areas(imported.boundaries.edition.name, area_differences(imported.boundaries)))
    tell(f"Written: {output}; use it with phusong coverage --boundaries {output}")


def _areas(edition: str, rows: list[tuple[str, str, float, float]]) -> Table:
    """Return the communes whose area is furthest from the stated one."""
    official = " (official areas include mudflats)" if edition == "2025-07" else ""
    table = Table(box=SIMPLE, title=f"Areas furthest from the stated ones{official}", title_justify="left")
    table.add_column("Code")
    table.add_column("Commune")
    for heading in ("km2", "Stated", "Difference"):
        table.add_column(heading, justify="right")
    for code, name, area, stated in rows[:_SHOWN]:
        table.add_row(code, Text(name), f"{area:.2f}", f"{stated:.2f}", f"{100 * (area / stated - 1):+.1f} %")
    return table
