"""What a map page has beside figures and states: land, coverage polygons, gaps, history, another run, tiles.

What nobody named is left out; a file that is named and cannot be used is an error.
"""

from __future__ import annotations

import time
from pathlib import Path

import geopandas

from phusong.agent.input.config import Paths
from phusong.coverage.summary import CoverageSummary, read_summary
from phusong.maps.display_geometry import simplify_for_display
from phusong.maps.display_layers import (
    CoverageShapes,
    GapShapes,
    coverage_for_display,
    gaps_for_display,
    land_for_display,
)
from phusong.maps.province_data import Extras, OtherRun, TileServer
from phusong.maps.province_map import commune_names
from phusong.maps.state_history import StateHistory

from .map_history import read_map_history
from .map_input import read_land, read_layer

COVERAGE_FILE = "coverage.gpkg"
PLAN_FILE = "plan.gpkg"
OTHER_MAX_VERTICES = 15_000
"""Vertices of another run's communes: the page has to hold both."""


def read_extras(paths: Paths, communes: geopandas.GeoDataFrame, summary: CoverageSummary) -> Extras:
    """Read everything that the configuration names and the state folder holds.

    Raises
    ------
    ValueError
        A file that is named is missing, damaged or of another kind; the message names it and says what to do.
    StateFileProblem
        ``phusong.db`` cannot be read.
    """
    wanted = paths.map_settings
    assert paths.summary is not None  # noqa: S101 - the caller has read it
    land, land_source = read_land(wanted)
    return Extras(
        land=land_for_display(land, tuple(communes.to_crs("EPSG:4326").total_bounds)),
        land_source=land_source,
        coverage=_coverage(paths.summary.with_name(COVERAGE_FILE)),
        gaps=_gaps(wanted.plan),
        history=_history(paths.state, wanted.history_s),
        other=_other_run(wanted.compare, summary),
        tiles=TileServer(wanted.tiles.url, wanted.tiles.attribution, wanted.tiles.max_zoom)
        if wanted.tiles
        else None,
    )


def _coverage(path: Path) -> CoverageShapes | None:
    """Return the coverage polygons of the run; a run without layers has none."""
    frame = read_layer(path, "coverage")
    return coverage_for_display(frame) if len(frame) else None


def _gaps(plan: Path | None) -> GapShapes | None:
    if plan is None:
        return None
    frame = read_layer(plan / PLAN_FILE, "gaps")
    return gaps_for_display(frame) if len(frame) else None


def _history(state: Path, seconds: float) -> StateHistory | None:
    """Return the last ``seconds`` of the record; nothing is recorded where the agent has never run."""
    if seconds == 0:
        return None
    now = time.time()
    return read_map_history(state, now - seconds, now)


def _other_run(path: Path | None, summary: CoverageSummary) -> OtherRun | None:
    """Return the run to compare with: with its own communes where its edition has others."""
    if path is None:
        return None
    other = read_summary(path)
    if {commune.code for commune in other.communes} == {commune.code for commune in summary.communes} and (
        other.edition == summary.edition
    ):
        return OtherRun(other, path.name)
    communes = read_layer(path.with_name(COVERAGE_FILE), "communes")
    return OtherRun(other, path.name, commune_names(communes), simplify_for_display(communes, OTHER_MAX_VERTICES))
