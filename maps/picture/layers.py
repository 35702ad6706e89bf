"""The map of a picture, layer over layer in the page's order: land, communes, districts, lines, marks, names.

Axes are in millimetres of the frame. Every layer has its ``gid``, the ``id`` of its group in an SVG.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from matplotlib.patches import PathPatch, Rectangle

from phusong.maps.palette import BASE, COVERAGE_CLASSES, ENDPOINTS, HUB, LINES, OFFICES, WRONG_OFFICES, MarkStyle
from phusong.maps.picture.drawing import (
    LINE_PT,
    MARK_PT,
    add_area,
    add_lines,
    add_marks,
    class_fill,
    compound_path,
    rings_of,
    stroke,
)
from phusong.maps.picture.figures import NO_DATA_KEY, PictureError, class_key
from phusong.maps.picture.frame import graticule, scale_bar_km
from phusong.maps.picture.labels import Box, NameKind, land_names, place_names, province_names
from phusong.maps.picture.text import MM_PER_POINT, put, width_mm
from phusong.maps.picture.wording import number
from phusong.maps.short_coordinates import line_points

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from matplotlib.axes import Axes

    from phusong.maps.display_geometry import DisplayGeometry
    from phusong.maps.picture.frame import Frame
    from phusong.maps.picture.states import PlacedStates, Position
    from phusong.maps.short_coordinates import ShortLine, ShortPolygons

_LAND, _GRATICULE, _FILLS, _BORDERS, _DISTRICTS, _LINES, _ENDPOINTS, _OFFICES, _NAMES, _OVER = range(1, 11)
_STEP = 0.01
_DISTRICT_PT, _COMMUNE_PT, _AROUND_PT, _DEGREE_PT, _BAR_PT = 7.6, 5.2, 6.2, 5.6, 6.0
_BAR_PART, _BAR_OFF_MM, _BAR_HIGH_MM, _BAR_FIELDS = 0.22, 3.0, 1.0, 4
_DEGREES_APART_MM = 14.0
_ENDPOINT_ROOM_PX = 9.0
_ENDPOINT_SHIFT, _ENDPOINT_STEP = (1.9, 1.6), 2.1
"""In radii to the right and up: the first endpoint of an office, and every further one beside it."""


def place_land(land: gpd.GeoDataFrame, frame: Frame) -> list[tuple[str, shapely.Geometry]]:
    """Return the name (empty without a column ``name``) and shape of the land around that is on the paper.

    Raises
    ------
    PictureError
        Its CRS is missing or wrong.
    """
    if land.crs is None:
        raise PictureError("the land around has no CRS: say which one it is in its file")
    shapes = np.asarray(land.geometry.to_crs("EPSG:4326"), dtype=object)
    if not np.isfinite(shapely.get_coordinates(shapes)).all():
        raise PictureError(f"the land around lies nowhere on earth: is {land.crs} its CRS?")
    cut = shapely.intersection(shapely.make_valid(shapes), shapely.box(*frame.bounds()))
    names = land["name"] if "name" in land else [""] * len(land)
    placed = shapely.transform(cut, frame.place)
    return [
        (name if isinstance(name, str) else "", shape)
        for name, shape in zip(names, placed.tolist(), strict=True)
        if shape
    ]


def draw_land(axes: Axes, land: Sequence[shapely.Geometry], scale: float) -> None:
    """Draw the land around, in millimetres: polygons as land, lines (borders) dashed."""
    parts = shapely.get_parts(shapely.get_parts(np.array([*land, None], dtype=object)[:-1])).tolist()
    polygons = [part for part in parts if part.geom_type == "Polygon"]
    lines = [shapely.get_coordinates(part) for part in parts if part.geom_type == "LineString"]
    coast, point = BASE["coast"].light, LINE_PT * scale
    if polygons:
        style = {"facecolor": BASE["land"].light, "edgecolor": coast, "linewidth": 0.8 * point}
        axes.add_artist(PathPatch(compound_path(rings_of(polygons)), gid="land", zorder=_LAND, **style))
    if lines:
        dashes = (0, (6 * point, 4 * point))
        path = compound_path(lines, closed=False)
        stroke(axes, path, coast, 1.2 * point, linestyle=dashes, gid="land-borders", zorder=_LAND + _STEP)


def draw_communes(
    axes: Axes,
    communes: Sequence[ShortPolygons],
    shares: Sequence[float | None],
    frame: Frame,
    scale: float,
    *,
    hatches: bool,
) -> None:
    """Draw the communes, one group for each class, and all their borders."""
    of_class: dict[str, list[shapely.Polygon]] = {}
    for polygons, share in zip(communes, shares, strict=True):
        shapes = [shapely.Polygon(shell, holes) for shell, *holes in _placed(polygons, frame)]
        of_class.setdefault(class_key(share), []).extend(shapes)
    for key in (*(each.key for each in COVERAGE_CLASSES), NO_DATA_KEY):
        if of_class.get(key):
            fill = class_fill(key, hatches=hatches)
            add_area(axes, of_class[key], fill, scale, gid=f"class-{key}", zorder=_FILLS)
    rings = [ring for polygons in communes for rings in _placed(polygons, frame) for ring in rings]
    path, width = compound_path(rings), 0.7 * LINE_PT * scale
    stroke(axes, path, BASE["halo"].light, width, alpha=0.9, gid="commune-borders", zorder=_BORDERS)


def draw_districts(axes: Axes, geometry: DisplayGeometry, frame: Frame, scale: float) -> None:
    """Draw the borders between districts, and the outline of all."""
    for gid, lines, pixels in (
        ("district-borders", geometry.district_borders, 1.5),
        ("outline", geometry.outline, 0.6),
    ):
        if lines:
            path, width = compound_path(_placed_lines(lines, frame), closed=False), pixels * LINE_PT * scale
            stroke(axes, path, BASE["border"].light, width, alpha=0.85, gid=gid, zorder=_DISTRICTS)


def draw_states(axes: Axes, states: PlacedStates, frame: Frame, scale: float) -> None:
    """Draw lines, endpoints and offices: the worst last, so that nothing hides them."""
    for rank, (verdict, line_style) in enumerate(LINES.items()):
        paths = [frame.place(line.path) for line in states.lines if line.verdict is verdict]
        if paths:
            add_lines(axes, paths, line_style, scale, gid=f"links-{verdict}", zorder=_LINES + rank * _STEP)
    for rank, (verdict, style) in enumerate(ENDPOINTS.items()):
        found = [each for each in states.endpoints if each.verdict is verdict]
        for nth in sorted({each.nth for each in found}):
            places = frame.place([each.position for each in found if each.nth == nth])
            shift = (_ENDPOINT_SHIFT[0] + _ENDPOINT_STEP * nth, _ENDPOINT_SHIFT[1])
            gid = f"endpoints-{verdict}" + (f"-{nth}" if nth else "")
            add_marks(axes, places, style, scale, gid=gid, zorder=_ENDPOINTS + rank * _STEP, shift=shift)
    for rank, (isolation, style) in enumerate(OFFICES.items()):
        for is_hub in (False, True):
            found_offices = [o.position for o in states.offices if (o.isolation, o.is_hub) == (isolation, is_hub)]
            if found_offices:
                shape = MarkStyle(style.colour, HUB.shape, HUB.radius) if is_hub else style
                gid = f"hub-{isolation}" if is_hub else f"sites-{isolation}"
                zorder = _OFFICES + (rank + is_hub * len(OFFICES)) * _STEP
                add_marks(axes, frame.place(found_offices), shape, scale, gid=gid, zorder=zorder)


def draw_names(
    axes: Axes,
    geometry: DisplayGeometry,
    commune_names: Sequence[str],
    land: Sequence[tuple[str, shapely.Geometry]],
    states: PlacedStates,
    frame: Frame,
    scale: float,
) -> None:
    """Draw the names that have room; none covers the scale bar, the hub or an office whose lines are out."""
    names = province_names(geometry, commune_names, frame, _DISTRICT_PT * scale, _COMMUNE_PT * scale)
    names += land_names([name for name, _ in land], [shape for _, shape in land], _AROUND_PT * scale)
    window = Box(0, 0, frame.width_mm, frame.height_mm)
    bar = Box(0, 0, _bar_mm(frame) + 3 * _BAR_OFF_MM * scale, 3 * _BAR_OFF_MM * scale)
    kept_free = [bar]
    marks = [_mark_box(each.position, _ENDPOINT_ROOM_PX, frame, scale) for each in states.endpoints]
    for office in states.offices:
        radius = HUB.radius if office.is_hub else OFFICES[office.isolation].radius
        important = office.is_hub or office.isolation in WRONG_OFFICES
        (kept_free if important else marks).append(_mark_box(office.position, radius, frame, scale))
    for nth, placed in enumerate(place_names(names, window, kept_free, marks)):
        name, box = placed.name, placed.box
        around, bold = name.kind is NameKind.AROUND, name.kind is NameKind.DISTRICT
        put(
            axes,
            (box.left + box.right) / 2,
            (box.bottom + box.top) / 2,
            name.text,
            name.size,
            bold=bold,
            halo=not around,
            color=BASE["muted" if around else "ink"].light,
            ha="center",
            gid=f"name-{name.kind.value}-{nth}",
            zorder=_NAMES,
        )


def draw_graticule(axes: Axes, frame: Frame, scale: float, lang: str) -> None:
    """Draw round meridians and parallels, named outside the frame: below and on the left."""
    lons, lats = graticule(frame, _DEGREES_APART_MM * scale)
    lines = [np.array([(x, 0), (x, frame.height_mm)]) for x in (_x(frame, lon) for lon in lons)]
    lines += [np.array([(0, y), (frame.width_mm, y)]) for y in (_y(frame, lat) for lat in lats)]
    path, width = compound_path(lines, closed=False), 0.7 * LINE_PT * scale
    stroke(axes, path, BASE["coast"].light, width, alpha=0.8, gid="graticule", zorder=_GRATICULE)
    style: dict[str, Any] = {"color": BASE["muted"].light, "zorder": _OVER}
    off, size = 1.6 * scale, _DEGREE_PT * scale
    for lon in lons:
        put(axes, _x(frame, lon), -off, f"{number(lang, lon, 2)}°", size, ha="center", **style)
    for lat in lats:
        put(axes, -off, _y(frame, lat), f"{number(lang, lat, 2)}°", size, ha="center", rotation=90, **style)


def draw_scale_bar(axes: Axes, frame: Frame, scale: float, lang: str) -> None:
    """Draw a bar of a round number of kilometres in the lower left corner."""
    way_km = scale_bar_km(frame, _BAR_PART * frame.width_mm)
    off, high, field = _BAR_OFF_MM * scale, _BAR_HIGH_MM * scale, _bar_mm(frame) / _BAR_FIELDS
    ink, ground = BASE["ink"].light, BASE["page"].light
    for nth in range(_BAR_FIELDS):
        style: dict[str, Any] = {"facecolor": ground if nth % 2 else ink, "edgecolor": ink, "zorder": _OVER}
        place = (off + nth * field, off)
        axes.add_artist(Rectangle(place, field, high, linewidth=LINE_PT * scale, **style))
    size, above = _BAR_PT * scale, off + high + 1.7 * scale
    ends = [(0.0, off), (way_km, off + _BAR_FIELDS * field)]
    texts = [(number(lang, km, 2) + (" km" if km else ""), at) for km, at in ends]
    if sum(width_mm(text, size) for text, _ in texts) < _BAR_FIELDS * field / 2:
        texts.append((number(lang, way_km / 2, 2), off + _BAR_FIELDS * field / 2))
    for text, at in texts:
        put(axes, at, above, text, size, ha="center", halo=True, zorder=_OVER)


def _placed(polygons: ShortPolygons, frame: Frame) -> list[list[np.ndarray]]:
    return [[frame.place(line_points(ring)) for ring in rings] for rings in polygons]


def _placed_lines(lines: Sequence[ShortLine], frame: Frame) -> list[np.ndarray]:
    return [frame.place(line_points(line)) for line in lines]


def _mark_box(position: Position, radius_px: float, frame: Frame, scale: float) -> Box:
    [(x, y)] = frame.place(position).tolist()
    radius = radius_px * MARK_PT * scale * MM_PER_POINT
    return Box(x - radius, y - radius, x + radius, y + radius)


def _bar_mm(frame: Frame) -> float:
    return scale_bar_km(frame, _BAR_PART * frame.width_mm) * frame.mm_per_km


def _x(frame: Frame, lon: float) -> float:
    return float(frame.place((lon, frame.lat))[0, 0])


def _y(frame: Frame, lat: float) -> float:
    return float(frame.place((frame.lon, lat))[0, 1])
