"""What page and picture are drawn from: configuration, coverage figures, boundaries, the agent's snapshot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import geopandas

from phusong.agent.input.config import Paths, load_paths
from phusong.coverage.summary import CoverageSummary, read_summary
from phusong.exporters.feed import FeedError, snapshot_from_json
from phusong.exporters.snapshot import Snapshot

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
