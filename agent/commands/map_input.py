"""What page and picture are drawn from: configuration, coverage figures, boundaries, the agent's snapshot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import geopandas
import pyogrio

from phusong.agent.input.config import MapSettings, Paths, load_paths
from phusong.collectors.device_text import clean_text
from phusong.coverage.input.background_land import read_neighbours
from phusong.coverage.input.sealed_gdal import sealed_gdal
from phusong.coverage.summary import CoverageSummary, read_summary
from phusong.exporters.feed import FeedError, snapshot_from_json
from phusong.exporters.snapshot import Snapshot

LAND_SOURCE = "Natural Earth 1:10m"
LANGUAGES = ("vi", "en")


@dataclass(frozen=True, slots=True)
class MapInput:
    """Everything read; ``communes`` is layer ``communes`` of ``coverage.gpkg``."""

    paths: Paths
    communes: geopandas.GeoDataFrame
    summary: CoverageSummary
    snapshot: Snapshot | None
    """``None`` where the agent has not written one yet."""


def read_map_input(config: Path, language: str, tell: Callable[[str], None]) -> MapInput:
    """Read what the configuration names; without the agent's snapshot a map shows coverage only.

    Raises
    ------
    InputProblems
        The configuration is wrong.
    ValueError
        The language is not known, or coverage or snapshot cannot be read.
    """
    if language not in LANGUAGES:
        raise ValueError(f"language {language!r}: choose vi or en")
    paths = load_paths(config)
    if paths.summary is None:
        raise ValueError(
            f"{config}: coverage.summary is missing: run 'phusong coverage' and name its coverage.json"
        )
    summary = read_summary(paths.summary)
    communes = geopandas.read_file(paths.summary.with_name("coverage.gpkg"), layer="communes")
    return MapInput(paths, communes, summary, _read_snapshot(paths.state / "snapshot.json", tell))


def _read_snapshot(path: Path, tell: Callable[[str], None]) -> Snapshot | None:
    try:
        return snapshot_from_json(path.read_bytes())
    except FileNotFoundError:
        tell(f"{path} is not there yet: the map shows coverage without the state of the lines")
        return None
    except FeedError as error:
        raise ValueError(f"{path}: {error}") from error


def read_land(wanted: MapSettings) -> tuple[geopandas.GeoDataFrame, str]:
    """Return what is drawn around the province, and where it is from.

    Raises
    ------
    ValueError
        The file that the configuration names cannot be used.
    """
    if wanted.neighbours is None:
        return read_neighbours(), LAND_SOURCE
    return read_layer(wanted.neighbours), wanted.neighbours.name


def read_layer(path: Path, layer: str | None = None) -> geopandas.GeoDataFrame:
    """Read a layer of a file that the configuration names, or say what is wrong with it."""
    if not path.exists():
        raise ValueError(f"{path}: is not there; name another one in phusong.yaml under map, or leave it out")
    try:
        with sealed_gdal():
            return geopandas.read_file(path) if layer is None else geopandas.read_file(path, layer=layer)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise ValueError(f"{path}: cannot be read ({clean_text(str(error))}); make it again") from error
