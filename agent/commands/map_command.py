"""``phusong map``: joins what the agent wrote, the coverage figures and the boundaries into one page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from phusong.maps.province_map import build_province_map, write_page

from .map_extras import read_extras
from .map_input import read_map_input


def draw_map(config: Path, output: Path | None, language: str, tell: Callable[[str], None]) -> None:
    """Draw the page of a configuration; without the agent's snapshot it shows coverage only.

    Raises
    ------
    InputProblems
        The configuration is wrong.
    ValueError, StateFileProblem
        The language is not known, or a file that belongs to the map cannot be used.
    """
    given = read_map_input(config, language, tell)
    page = output or given.paths.map
    html = build_province_map(
        communes=given.communes,
        summary=given.summary,
        snapshot=given.snapshot,
        lang=language,
        extras=read_extras(given.paths, given.communes, given.summary),
    )
    write_page(html, page)
    tell(f"Map written: {page} ({len(html.encode()) / 1e6:.2f} MB)")
