"""The files that ``phusong coverage`` leaves behind: tables, geometry, repairs and the summary for the agent.

Every file is written beside its place and moved there, so a reader never sees half of one. The same input gives
the same bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from phusong.coverage.output.geometry import write_geojson, write_geopackage
from phusong.coverage.output.same_bytes import write_text
from phusong.coverage.output.tables import (
    REPAIR_COLUMNS,
    Table,
    claims_table,
    communes_table,
    csv_of,
    fallback_table,
    sdg_table,
    sources_table,
    units_table,
)
from phusong.coverage.summary import LEVELS, write_summary

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from phusong.coverage.input.boundaries import Boundaries
    from phusong.coverage.measuring.unions import CoverageUnion
    from phusong.coverage.repairs import Repair
    from phusong.coverage.summary import CoverageSummary

COVERAGE_GPKG = "coverage.gpkg"
COVERAGE_GEOJSON = "coverage.geojson"
COVERAGE_JSON = "coverage.json"


def write_report(
    summary: CoverageSummary,
    boundaries: Boundaries,
    unions: Sequence[CoverageUnion],
    repairs: Sequence[Repair],
    out_dir: Path,
) -> None:
    """Write all files; ``coverage.json``, which the agent watches, comes last."""
    out_dir.mkdir(parents=True, exist_ok=True)
    for table in (
        communes_table(summary),
        units_table(summary, *LEVELS),
        fallback_table(summary),
        sdg_table(summary),
        claims_table(summary),
        sources_table(summary),
    ):
        write_text(out_dir / f"{table.name}.csv", csv_of(table))
    changes = tuple((r.layer, r.feature, r.what, f"{r.km2:.6f}") for r in repairs)
    write_text(out_dir / "repairs.csv", csv_of(Table("repairs", REPAIR_COLUMNS, changes)))
    write_geojson(out_dir / COVERAGE_GEOJSON, summary, boundaries)
    write_geopackage(out_dir / COVERAGE_GPKG, summary, boundaries, unions)
    write_summary(summary, out_dir / COVERAGE_JSON)
