"""``phusong map``: joins what the agent wrote, the coverage figures and the boundaries into one page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas

from phusong.agent.input.config import load_paths
from phusong.coverage.summary import read_summary
from phusong.exporters.feed import FeedError, snapshot_from_json
from phusong.exporters.snapshot import Snapshot
from phusong.maps.province_map import build_province_map, write_page

LANGUAGES = ("vi", "en")


def draw_map(config: Path, output: Path | None, language: str, tell: Callable[[str], None]) -> None:
    """Draw the page of a configuration; without the agent's snapshot it shows coverage only.

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
    snapshot = _read_snapshot(paths.state / "snapshot.json", tell)
    page = output or paths.map
    html = build_province_map(communes=communes, summary=summary, snapshot=snapshot, lang=language)
    write_page(html, page)
    tell(f"Map written: {page} ({len(html.encode()) / 1e6:.2f} MB)")


def _read_snapshot(path: Path, tell: Callable[[str], None]) -> Snapshot | None:
    try:
        return snapshot_from_json(path.read_bytes())
    except FileNotFoundError:
        tell(f"{path} is not there yet: the map shows coverage without the state of the lines")
        return None
    except FeedError as error:
        raise ValueError(f"{path}: {error}") from error
