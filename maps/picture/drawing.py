"""How areas, lines and marks of the palette are put on paper: for the map itself and for its legend.

Axes are in millimetres with y upwards. ``scale`` is 1 for a picture of 250 mm; larger ones have thicker strokes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.transforms import IdentityTransform

from phusong.maps.palette import BASE, COVERAGE_CLASSES, NO_DATA, NO_DATA_HATCH, LineStyle, MarkStyle
from phusong.maps.picture.figures import NO_DATA_KEY
from phusong.maps.picture.marks import HOLLOW, hatch_dots, hatch_lines, mark_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike, NDArray

HATCH_MM = 0.17
"""Millimetres of a hatch for each pixel of the page's."""
LINE_PT = 0.5
"""Points of a line's width and dashes for each pixel."""
MARK_PT = 0.42
"""Points of a mark's radius for each pixel."""

_CASING_PX, _CASING_OPACITY = 2.4, 0.75
_HATCH_PX, _NO_DATA_HATCH_PX = 1.1, 2.2
_HATCH_OPACITY, _DOT_OPACITY = 0.75, 0.5
_EDGE_PX, _HOLLOW_EDGE_PX = 1.0, 1.6


@dataclass(frozen=True, slots=True)
class FillStyle:
    """How the communes of one class look; ``hatch`` as in the palette, or ``no-data``."""

    key: str
    colour: str
    hatch: str


def class_fill(key: str, *, hatches: bool) -> FillStyle:
    """Return how a class looks; what is not known is hatched always."""
    if key == NO_DATA_KEY:
        return FillStyle(key, NO_DATA.light, "no-data")
    found = next(each for each in COVERAGE_CLASSES if each.key == key)
    return FillStyle(key, found.colour.light, found.hatch if hatches else "none")


def add_area(
    axes: Axes, polygons: Sequence[shapely.Polygon], fill: FillStyle, scale: float, *, gid: str, zorder: float
) -> None:
    """Fill polygons, and hatch them as their style says."""
    path = compound_path(rings_of(polygons))
    axes.add_artist(PathPatch(path, facecolor=fill.colour, edgecolor="none", gid=gid, zorder=zorder))
    if fill.hatch == "none":
        return
    area = shapely.union_all(shapely.make_valid(np.array(polygons, dtype=object)))
    lines = hatch_lines(area, fill.hatch, HATCH_MM * scale)
    if lines:
        no_data = fill.hatch == "no-data"
        stroke(
            axes,
            compound_path(lines, closed=False),
            NO_DATA_HATCH.light if no_data else BASE["halo"].light,
            (_NO_DATA_HATCH_PX if no_data else _HATCH_PX) * LINE_PT * scale,
            alpha=1.0 if no_data else _HATCH_OPACITY,
            gid=f"{gid}-hatch",
            zorder=zorder + 0.01,
        )
    dots = hatch_dots(area, fill.hatch, HATCH_MM * scale)
    if len(dots):
        style = {"facecolors": BASE["ink"].light, "alpha": _DOT_OPACITY, "linewidths": 0}
        _add_shapes(
            axes, mark_path("circle"), dots, LINE_PT * scale, gid=f"{gid}-hatch", zorder=zorder + 0.01, **style
        )


def add_lines(
    axes: Axes,
    paths: Sequence[NDArray[np.float64]],
    style: LineStyle,
    scale: float,
    *,
    gid: str = "",
    zorder: float,
) -> None:
    """Draw lines of one state; on a light casing unless they are the faint ones."""
    point = LINE_PT * scale
    if style.opacity == 1:
        path = compound_path(paths, closed=False)
        width = (style.weight + _CASING_PX) * point
        casing = f"{gid}-casing" if gid else None
        stroke(axes, path, BASE["halo"].light, width, alpha=_CASING_OPACITY, gid=casing, zorder=zorder)
    dashes = [float(length) * point for length in style.dash.split()]
    lines = LineCollection(
        paths,
        colors=style.colour.light,
        linewidths=style.weight * point,
        linestyles=[(0, dashes)] if dashes else "solid",
        capstyle="butt",
        alpha=style.opacity,
        gid=gid or None,
        zorder=zorder + 0.001,
    )
    axes.add_artist(lines)


def add_marks(
    axes: Axes,
    places: ArrayLike,
    style: MarkStyle,
    scale: float,
    *,
    gid: str = "",
    zorder: float,
    shift: tuple[float, float] = (0.0, 0.0),
) -> None:
    """Draw marks of one state at places; ``shift``, in radii, puts them beside."""
    hollow = style.shape in HOLLOW
    _add_shapes(
        axes,
        mark_path(style.shape, shift),
        places,
        style.radius * MARK_PT * scale,
        facecolors=BASE["page"].light if hollow else style.colour.light,
        edgecolors=style.colour.light if hollow else BASE["halo"].light,
        linewidths=(_HOLLOW_EDGE_PX if hollow else _EDGE_PX) * MARK_PT * scale,
        gid=gid or None,
        zorder=zorder,
    )


def stroke(axes: Axes, path: Path, colour: str, width_pt: float, **options: Any) -> None:
    """Draw a path as one line of one colour."""
    axes.add_artist(
        PathPatch(
            path, fill=False, edgecolor=colour, linewidth=width_pt, capstyle="butt", joinstyle="round", **options
        )
    )


def compound_path(parts: Iterable[NDArray[np.float64]], *, closed: bool = True) -> Path:
    """Return lines or rings, each as ``(n, 2)``, as one path; rings come without their closing point."""
    paths = [Path(np.vstack([part, part[:1]]) if closed else part, closed=closed) for part in parts]
    return Path.make_compound_path(*paths) if paths else Path(np.empty((0, 2)))


def rings_of(polygons: Sequence[shapely.Polygon]) -> list[NDArray[np.float64]]:
    """Return all rings, shells one way round and holes the other: so a hole stays one in every program."""
    turned = shapely.orient_polygons(np.array(polygons, dtype=object))
    return [shapely.get_coordinates(ring)[:-1] for ring in shapely.get_rings(turned)]


def _add_shapes(axes: Axes, shape: Path, places: ArrayLike, radius_pt: float, **options: Any) -> None:
    marks = PathCollection(
        [shape],
        sizes=[radius_pt**2],
        offsets=places,
        offset_transform=axes.transData,
        transform=IdentityTransform(),
        **options,
    )
    axes.add_artist(marks)
