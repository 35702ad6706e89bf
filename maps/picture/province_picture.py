"""The province as a picture for documents: what the page shows, on one sheet, as PNG or SVG.

With the ``picture_*`` modules beside it the only part of ``maps`` that needs matplotlib (``phusong[report]``). It
draws finished numbers; classes, colours, signs, places and words are the page's, in its light theme. The same
inputs give the same bytes on every machine, and matplotlib's own settings are neither read nor changed.
"""

from __future__ import annotations

import io
import re
import warnings
from typing import TYPE_CHECKING, Any, Final, Literal
from xml.sax.saxutils import escape

import numpy as np
from matplotlib import style
from matplotlib.figure import Figure

from phusong.coverage.summary import ANY_OPERATOR
from phusong.maps.display_geometry import MAX_VERTICES, simplify_for_display
from phusong.maps.input_check import check_inputs
from phusong.maps.palette import BASE
from phusong.maps.picture.drawing import LINE_PT
from phusong.maps.picture.figures import PictureError, check_measure, choose_series, layers_behind, shares
from phusong.maps.picture.layers import (
    draw_communes,
    draw_districts,
    draw_graticule,
    draw_land,
    draw_names,
    draw_scale_bar,
    draw_states,
    place_land,
)
from phusong.maps.picture.legend import coverage_block, state_blocks
from phusong.maps.picture.sheet import USUAL_WIDTH_MM, Sheet, draw_sheet, plan_sheet
from phusong.maps.picture.sheet_text import SheetText, describe, facts, notices, sources
from phusong.maps.picture.states import place_states
from phusong.maps.picture.wording import word
from phusong.maps.short_coordinates import line_points

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes

    from phusong.coverage.summary import CoverageSummary
    from phusong.exporters.snapshot import Snapshot
    from phusong.maps.display_geometry import DisplayGeometry
    from phusong.maps.picture.figures import Threshold

__all__ = ["PictureError", "province_picture"]

WIDTHS_MM: Final = (50.0, 1000.0)
DPIS: Final = (50, 600)
MOST_DOTS: Final = 150_000_000
"""Of a PNG: 0.9 GB of memory, as measured."""

_MM_PER_INCH = 25.4
_USUAL_TECHNOLOGY = "4G"
_VERTICES_PER_MM, _FEWEST_VERTICES = 80, 12_000
_COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)
"""Matplotlib repeats every text as a comment, in which it writes no ``--``."""
_PATH = re.compile(r'(?<= d=")[^"]*')
_LONG_NUMBER = re.compile(r"(\.\d\d)\d+")
"""Matplotlib writes a millionth of a point; a hundredth is 4 micrometres, and a third of the file less."""
_STYLE: Final[dict[Any, Any]] = {
    "lines.scale_dashes": False,
    "svg.fonttype": "path",
    "svg.hashsalt": "phusong",
    "text.parse_math": False,
}
_NO_METADATA: Final = {"svg": dict.fromkeys(("Creator", "Date", "Format", "Type")), "png": {"Software": None}}


def province_picture(
    *,
    communes: gpd.GeoDataFrame,
    summary: CoverageSummary | None,
    snapshot: Snapshot | None,
    land: gpd.GeoDataFrame | None = None,
    land_source: str = "",
    lang: str = "vi",
    technology: str | None = None,
    operator: str = ANY_OPERATOR,
    min_dbm: Threshold = ...,
    measure: str = "area",
    hatches: bool = False,
    file_format: Literal["png", "svg"],
    width_mm: float = USUAL_WIDTH_MM,
    dpi: int = 200,
) -> bytes:
    """Return the province as a picture; its height follows from what it shows.

    Parameters
    ----------
    communes
        Boundaries with columns ``code``, ``name``, ``district`` and ``geometry``; simplified for display here.
    summary
        Coverage figures of the same edition; without them every commune is hatched as "no data".
    snapshot
        The state of lines, offices and endpoints; without it there are only communes.
    land, land_source
        Land around in any CRS: polygons and border lines, their names in a column ``name`` where there is one; and
        where it is from.
    lang
        ``"vi"`` or ``"en"``.
    technology, operator, min_dbm, measure
        What colours the communes. Without a technology it is the fallback's, else 4G, else the first; ``min_dbm``
        may be ``None`` (layers that state no level) and is the first one if not given.
    hatches
        Hatch every class, for grey prints; no data is hatched always.
    file_format, width_mm, dpi
        ``"png"`` or ``"svg"``; 50 to 1000 mm; 50 to 600 dots per inch, which an SVG has none of.

    Raises
    ------
    PictureError
        A column is missing, an option is out of its range, there are no such figures, the land has no usable CRS,
        or summary, snapshot and boundaries are of different editions.
    phusong.maps.display_geometry.BoundaryError
        The boundaries cannot be drawn.
    """
    _check_options(file_format, width_mm, dpi)
    check_inputs(communes, summary, snapshot, lang)
    check_measure(summary, measure)
    preferred = (snapshot.fallback_technology if snapshot else _USUAL_TECHNOLOGY, _USUAL_TECHNOLOGY)
    series = choose_series(summary, technology, operator, min_dbm, preferred)
    layers = layers_behind(summary, series)
    found = shares([str(code) for code in communes["code"]], summary, series, measure)
    geometry = simplify_for_display(communes, _vertices(width_mm))
    states = place_states(snapshot)

    def text(outside: int) -> SheetText:
        coverage = coverage_block(found, series, layers, measure, lang, hatches=hatches)
        return SheetText(
            title=word(lang, "title"),
            facts=facts(summary, snapshot, len(communes), lang),
            notices=notices(summary, lang),
            blocks=(coverage, *state_blocks(snapshot, lang)),
            sources=sources(summary, layers, geometry.tolerance_m, land_source, states, outside, lang),
        )

    with style.context(["default", _STYLE]), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")  # an odd name is drawn as boxes
        sheet = plan_sheet(text(0), _bounds(geometry), width_mm)
        outside = sum(not sheet.frame.contains(office.position) for office in states.offices)
        said = text(outside)
        sheet = plan_sheet(said, _bounds(geometry), width_mm)  # the frame stays: it does not depend on the sources
        _check_dots(sheet, file_format, dpi)
        figure, axes = _begin(sheet)
        frame, scale = sheet.frame, sheet.scale
        around = [] if land is None else place_land(land, frame)
        names = [name if isinstance(name, str) else "" for name in communes["name"]]
        draw_land(axes, [shape for _, shape in around], scale)
        draw_graticule(axes, frame, scale, lang)
        draw_communes(axes, geometry.communes, found, frame, scale, hatches=hatches)
        draw_districts(axes, geometry, frame, scale)
        draw_states(axes, states, frame, scale)
        draw_names(axes, geometry, names, around, states, frame, scale)
        draw_scale_bar(axes, frame, scale, lang)
        written = io.BytesIO()
        figure.savefig(written, format=file_format, dpi=dpi, metadata=_NO_METADATA[file_format])
    picture = written.getvalue()
    return picture if file_format == "png" else _finished_svg(picture, said.title, describe(said, lang), lang)


def _begin(sheet: Sheet) -> tuple[Figure, Axes]:
    """Return the sheet with all but the map on it, and the axes of the map."""
    size = (sheet.width_mm / _MM_PER_INCH, sheet.height_mm / _MM_PER_INCH)
    figure = Figure(size, facecolor=BASE["page"].light)
    paper = figure.add_axes((0, 0, 1, 1), xlim=(0, sheet.width_mm), ylim=(sheet.height_mm, 0))
    paper.set_axis_off()
    draw_sheet(paper, sheet)
    frame = sheet.frame
    axes = figure.add_axes(
        sheet.map_part(),
        xlim=(0, frame.width_mm),
        ylim=(0, frame.height_mm),
        xticks=[],
        yticks=[],
        facecolor=BASE["sea"].light,
        gid="map",
    )
    for spine in axes.spines.values():
        spine.set(edgecolor=BASE["border"].light, linewidth=LINE_PT * sheet.scale, zorder=20)
    return figure, axes


def _finished_svg(svg: bytes, title: str, description: str, lang: str) -> bytes:
    """Return an SVG without comments that asks for nothing (no DTD) and tells its content to who cannot see it."""
    text = svg.decode()
    body = _COMMENT.sub("", text[text.index("<svg ") + len("<svg ") :])
    body = _PATH.sub(lambda path: _LONG_NUMBER.sub(r"\1", path[0]), body)
    attributes, _, rest = body.partition(">")
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<svg role="img" aria-labelledby="picture-title picture-text" xml:lang="{lang}" {attributes}>\n'
        f' <title id="picture-title">{escape(title)}</title>\n'
        f' <desc id="picture-text">{escape(description)}</desc>{rest}'
    ).encode()


def _vertices(width_mm: float) -> int:
    """Return how many points the borders may have: bends below a tenth of a millimetre are not seen."""
    return int(min(MAX_VERTICES, max(_FEWEST_VERTICES, _VERTICES_PER_MM * width_mm)))


def _bounds(geometry: DisplayGeometry) -> tuple[float, float, float, float]:
    """Return west, south, east and north of all communes; of their labels where they are smaller than a metre."""
    labels = [(label.lon, label.lat) for label in geometry.commune_labels if label]
    points = np.vstack([*(line_points(line) for line in geometry.outline), np.array(labels)])
    (west, south), (east, north) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    return west, south, east, north


def _check_options(file_format: str, width_mm: float, dpi: int) -> None:
    if file_format not in _NO_METADATA:
        raise PictureError(f"format {file_format!r} is not known: use png or svg")
    if not WIDTHS_MM[0] <= width_mm <= WIDTHS_MM[1]:
        raise PictureError(f"width {width_mm:g} mm: choose {WIDTHS_MM[0]:g} to {WIDTHS_MM[1]:g}")
    if not DPIS[0] <= dpi <= DPIS[1]:
        raise PictureError(f"{dpi} dots per inch: choose {DPIS[0]} to {DPIS[1]}")


def _check_dots(sheet: Sheet, file_format: str, dpi: int) -> None:
    square_inches = sheet.width_mm * sheet.height_mm / _MM_PER_INCH**2
    if file_format == "png" and square_inches * dpi**2 > MOST_DOTS:
        most = int((MOST_DOTS / square_inches) ** 0.5)
        raise PictureError(
            f"{sheet.width_mm:g} by {sheet.height_mm:.0f} mm with {dpi} dots per inch needs too much memory: "
            f"choose at most {most} dots per inch, or an SVG"
        )
