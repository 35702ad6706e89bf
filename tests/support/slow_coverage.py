"""Coverage figures by another way, slow and plain, to hold the fast ones against.

Nothing here is of ``phusong.coverage`` but the types of its answers. No index, no merging ahead: every polygon is
clipped to every commune and what is left is merged there; dirty rings are repaired by winding numbers; points
are found by casting rays in exact arithmetic; people are counted cell by cell.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

Point = tuple[float, float]
Key = tuple[str, str, float | None]
"""Technology, operator, class."""


@dataclass(frozen=True)
class SlowLayer:
    """What one operator claims; ``polygons`` may be as dirty as they like."""

    operator: str
    technology: str
    min_dbm: float | None
    polygons: Sequence[BaseGeometry]


@dataclass(frozen=True)
class SlowCell:
    """A cell of a grid of people, as the polygon that it is on the ground."""

    polygon: BaseGeometry
    people: float


@dataclass(frozen=True)
class SlowPlace:
    """A point of one kind that belongs to the commune of that number, -1 for none."""

    kind: str
    point: Point
    commune: int


@dataclass
class Figures:
    """What is covered, in square metres, people and numbers; not rounded. ``unsure`` points lie on an edge."""

    area: float = 0.0
    people: float = 0.0
    centres: int = 0
    places: dict[str, int] = field(default_factory=dict)
    unsure_centres: int = 0
    unsure_places: dict[str, int] = field(default_factory=dict)
    unsure_people: float = 0.0


@dataclass(frozen=True)
class SlowInput:
    """One question. People are ``cells``, ``settlements`` (point, people) or, without both, ``census`` by area."""

    communes: Sequence[BaseGeometry]
    centres: Sequence[Point]
    layers: Sequence[SlowLayer]
    census: Sequence[float] = ()
    cells: Sequence[SlowCell] | None = None
    settlements: Sequence[tuple[Point, float]] | None = None
    places: Sequence[SlowPlace] = ()


def keys_of(layers: Iterable[SlowLayer]) -> list[tuple[Key, list[SlowLayer]]]:
    """Return which figures there are, but those of ``max``, and the layers that each is made of."""
    layers = list(layers)
    found: list[tuple[Key, list[SlowLayer]]] = []
    for technology in sorted({layer.technology for layer in layers}):
        own = [layer for layer in layers if layer.technology == technology]
        for operator in sorted({layer.operator for layer in own}):
            of_operator = [layer for layer in own if layer.operator == operator]
            found += [
                ((technology, operator, level), [x for x in of_operator if reaches(x.min_dbm, level)])
                for level in {layer.min_dbm for layer in of_operator}
            ]
        found += [
            ((technology, "any", level), [x for x in own if reaches(x.min_dbm, level)])
            for level in {layer.min_dbm for layer in own}
        ]
    return found


def reaches(min_dbm: float | None, wanted: float | None) -> bool:
    """Tell whether coverage at the first class is known to be coverage at the second."""
    return wanted is None or (min_dbm is not None and min_dbm >= wanted)


def slow_coverage(question: SlowInput) -> tuple[list[dict[Key, Figures]], list[float]]:
    """Return the figures of each commune, with ``max``, and its people."""
    repaired = {id(layer): [repair(polygon) for polygon in layer.polygons] for layer in question.layers}
    owners = [_owner(point, question.communes) for point, _ in question.settlements or ()]
    answers: list[dict[Key, Figures]] = []
    totals: list[float] = []
    for number, commune in enumerate(question.communes):
        total = _people_of(question, number, commune, owners)
        found: dict[Key, Figures] = {}
        for key, layers in keys_of(question.layers):
            polygons = [polygon for layer in layers for polygon in repaired[id(layer)]]
            found[key] = _figures(question, number, commune, polygons, total, owners)
        answers.append(found | best_single(found))
        totals.append(total)
    return answers, totals


def best_single(found: Mapping[Key, Figures]) -> dict[Key, Figures]:
    """Return, figure by figure, the best of the operators at each class or a stronger one."""
    single = {key: figures for key, figures in found.items() if key[1] not in ("any", "max")}
    best: dict[Key, Figures] = {}
    for technology, level in {(key[0], key[2]) for key in single}:
        own = [f for key, f in single.items() if key[0] == technology and reaches(key[2], level)]
        kinds = {kind for figures in own for kind in figures.places}
        best[technology, "max", level] = Figures(
            area=max(f.area for f in own),
            people=max(f.people for f in own),
            centres=max(f.centres for f in own),
            places={kind: max(f.places[kind] for f in own) for kind in kinds},
            unsure_centres=max(f.unsure_centres for f in own),
            unsure_places={kind: max(f.unsure_places[kind] for f in own) for kind in kinds},
            unsure_people=max(f.unsure_people for f in own),
        )
    return best


def add(parts: Sequence[Mapping[Key, Figures]]) -> dict[Key, Figures]:
    """Return the figures of several communes together; their ``max`` is of the sums."""
    total: dict[Key, Figures] = {}
    for part in parts:
        for key, figures in part.items():
            if key[1] == "max":
                continue
            own = total.setdefault(key, Figures())
            own.area += figures.area
            own.people += figures.people
            own.centres += figures.centres
            own.unsure_centres += figures.unsure_centres
            own.unsure_people += figures.unsure_people
            for kind, count in figures.places.items():
                own.places[kind] = own.places.get(kind, 0) + count
                own.unsure_places[kind] = own.unsure_places.get(kind, 0) + figures.unsure_places[kind]
    return total | best_single(total)


def repair(polygon: BaseGeometry) -> BaseGeometry:
    """Return what the rings enclose: every face around which a ring winds, without those of holes."""
    parts = []
    for part in shapely.get_parts(polygon):
        holes = [_enclosed(ring) for ring in part.interiors]
        parts.append(_enclosed(part.exterior).difference(shapely.union_all(holes)))
    return shapely.union_all(parts)


def inside(point: Point, shape: BaseGeometry) -> bool:
    """Tell by rays whether the point lies in one of the polygons, its edge included."""
    return any(_inside_polygon(point, part) for part in shapely.get_parts(shape) if part.geom_type == "Polygon")


def _figures(
    question: SlowInput,
    number: int,
    commune: BaseGeometry,
    polygons: Sequence[BaseGeometry],
    total: float,
    owners: Sequence[int],
) -> Figures:
    clipped = shapely.union_all([polygon.intersection(commune) for polygon in polygons])
    figures = Figures(area=clipped.area)
    figures.centres, figures.unsure_centres = _covered(question.centres[number], polygons)
    for place in question.places:
        figures.places.setdefault(place.kind, 0)
        figures.unsure_places.setdefault(place.kind, 0)
        if place.commune == number:
            there, unsure = _covered(place.point, polygons)
            figures.places[place.kind] += there
            figures.unsure_places[place.kind] += unsure
    if question.cells is not None:
        figures.people = _people_in(clipped, question.cells)
    elif question.settlements is not None:
        for (point, people), owner in zip(question.settlements, owners, strict=True):
            if owner == number:
                there, unsure = _covered(point, polygons)
                figures.people += people * there
                figures.unsure_people += people * unsure
    else:
        figures.people = total * clipped.area / commune.area
    return figures


def _people_of(question: SlowInput, number: int, commune: BaseGeometry, owners: Sequence[int]) -> float:
    if question.cells is not None:
        return _people_in(commune, question.cells)
    if question.settlements is not None:
        return sum(people for (_, people), own in zip(question.settlements, owners, strict=True) if own == number)
    return question.census[number]


def _people_in(shape: BaseGeometry, cells: Sequence[SlowCell]) -> float:
    if shape.is_empty:
        return 0.0
    west, south, east, north = shape.bounds
    people = 0.0
    for cell in cells:
        x0, y0, x1, y1 = cell.polygon.bounds
        if cell.people and x1 > west and x0 < east and y1 > south and y0 < north:
            people += cell.people * cell.polygon.intersection(shape).area / cell.polygon.area
    return people


def _owner(point: Point, communes: Sequence[BaseGeometry]) -> int:
    return next((number for number, commune in enumerate(communes) if inside(point, commune)), -1)


def _covered(point: Point, polygons: Iterable[BaseGeometry]) -> tuple[int, int]:
    """Return whether any polygon contains the point, and whether that hangs on the last millimetre."""
    there, unsure = False, False
    for polygon in polygons:
        if polygon.is_empty:
            continue
        west, south, east, north = polygon.bounds
        if not (west - 1 <= point[0] <= east + 1 and south - 1 <= point[1] <= north + 1):
            continue
        there = there or inside(point, polygon)
        unsure = unsure or polygon.boundary.distance(shapely.Point(point)) < 1e-3
    return int(there), int(unsure)


def _inside_polygon(point: Point, polygon: BaseGeometry) -> bool:
    west, south, east, north = polygon.bounds
    if not (west <= point[0] <= east and south <= point[1] <= north):
        return False
    where = [_ray(point, ring) for ring in (polygon.exterior, *polygon.interiors)]
    if None in where:
        return True
    return bool(where[0]) and not any(where[1:])


def _ray(point: Point, ring: BaseGeometry) -> bool | None:
    """Tell whether a ray from the point to the east crosses the ring an odd number of times; None on the ring."""
    x, y = point
    odd = False
    for (ax, ay), (bx, by) in pairwise(shapely.get_coordinates(ring).tolist()):
        if not (min(ay, by) <= y <= max(ay, by)) or max(ax, bx) < x:
            continue
        side = _side(point, (ax, ay), (bx, by))
        if side == 0 and min(ax, bx) <= x <= max(ax, bx):
            return None
        # Upwards the point must be to the left of the edge, downwards to the right: then the edge is to its east.
        if (ay <= y < by and side > 0) or (by <= y < ay and side < 0):
            odd = not odd
    return odd


def _side(point: Point, a: Point, b: Point) -> int:
    """Return 1 when the point is to the left of the way from a to b, -1 to the right, 0 on it; exact."""
    rough = (b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0])
    if abs(rough) > 1.0:
        return 1 if rough > 0 else -1
    (ax, ay), (bx, by), (x, y) = ((Fraction(p[0]), Fraction(p[1])) for p in (a, b, point))
    exact = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
    return (exact > 0) - (exact < 0)


def _enclosed(ring: BaseGeometry) -> BaseGeometry:
    """Return the faces around which the ring winds, this way or that."""
    coordinates = shapely.get_coordinates(ring)
    noded = shapely.unary_union(shapely.LineString(coordinates))
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    # The point must not lie on a spike into the face.
    spikes = noded.buffer(1e-5)
    points = [face.difference(spikes).representative_point() for face in faces]
    return shapely.union_all(
        [
            face
            for face, point in zip(faces, points, strict=True)
            if not point.is_empty and _winds(shapely.get_coordinates(point)[0], coordinates)
        ]
    )


def _winds(point: np.ndarray, ring: np.ndarray) -> bool:
    """Tell by the sum of angles whether the ring winds around the point."""
    away = ring - point
    angles = np.arctan2(away[:, 1], away[:, 0])
    steps = np.diff(angles)
    steps = (steps + math.pi) % (2 * math.pi) - math.pi
    return abs(steps.sum()) > math.pi
