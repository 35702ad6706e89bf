"""Names on a picture: districts, then communes where there is room, and none runs into another.

As on the page the larger comes first and what collides is left out. Here a name may also stand a little beside its
place, since paper cannot be enlarged.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Protocol

import shapely

from phusong.maps.picture.text import MM_PER_POINT, shown, width_mm

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from phusong.maps.display_geometry import DisplayGeometry
    from phusong.maps.picture.frame import Frame

_LONGEST = 32
"""Characters; a longer name would take the picture."""
_LINE = 1.25
_AIR_MM = 0.5
_FILLS = 0.62
"""A commune's name is drawn if the circle in it is so wide, in widths of the name."""
_UNIT_OF_COMMUNE = re.compile(r"^(Xã|Phường|Thị trấn|Đặc khu)\s+", re.IGNORECASE)
_MARKS_PER_LINE, _MARKS_FOR_ITSELF = 2.0, 5.0
"""What it costs to go a line away, or to hide the thing itself, in marks that are covered."""
_NEAR_LINES = 1.8
_DISTRICT_STEPS = tuple((x, y) for y in (0.0, 0.7, -0.7, 1.4, -1.4) for x in (0.0, -0.5, 0.5))
_COMMUNE_STEPS = ((0.0, 0.0), (0.0, 0.7), (0.0, -0.7))
"""Where a name may stand beside its place: in halves of its width and in heights."""


@dataclass(frozen=True, slots=True)
class Box:
    """A part of the paper, in millimetres."""

    left: float
    bottom: float
    right: float
    top: float

    def meets(self, other: Box) -> bool:
        """Tell whether the two have a part in common."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.bottom < other.top
            and other.bottom < self.top
        )

    def within(self, other: Box) -> bool:
        """Tell whether all of this is in the other."""
        return (
            other.left <= self.left
            and self.right <= other.right
            and other.bottom <= self.bottom
            and self.top <= other.top
        )


class NameKind(Enum):
    """What a name is of."""

    DISTRICT = "district"
    COMMUNE = "commune"
    AROUND = "around"
    """Land that is not the province's."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name, its size in points, and where its middle would best be, in millimetres.

    ``room`` is the radius of the circle that the thing has there. Only a district has its name where there is less
    room than the name takes: its islands may be smaller.
    """

    text: str
    x: float
    y: float
    size: float
    kind: NameKind
    room: float

    def box(self, beside: tuple[float, float] = (0, 0)) -> Box:
        """Return what the name takes, a step beside its place."""
        wide = width_mm(self.text, self.size, bold=self.kind is NameKind.DISTRICT) + 2 * _AIR_MM
        high = self.size * MM_PER_POINT * _LINE
        x, y = self.x + beside[0] * wide / 2, self.y + beside[1] * high
        return Box(x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)


@dataclass(frozen=True, slots=True)
class PlacedName:
    """A name that is drawn, and its box."""

    name: Name
    box: Box


class _Label(Protocol):
    """Where a name stands best, in degrees, and the room there in metres."""

    @property
    def lat(self) -> float: ...
    @property
    def lon(self) -> float: ...
    @property
    def radius_m(self) -> float: ...


def province_names(
    geometry: DisplayGeometry, commune_names: Sequence[str], frame: Frame, district_pt: float, commune_pt: float
) -> list[Name]:
    """Return all names, in the order in which they get room: districts, then communes, the largest first."""

    def name(text: str, place: _Label, size: float, kind: NameKind) -> Name:
        [(x, y)] = frame.place((place.lon, place.lat)).tolist()
        return Name(shown(text, _LONGEST), x, y, size, kind, place.radius_m / 1000 * frame.mm_per_km)

    districts = [name(each.name, each, district_pt, NameKind.DISTRICT) for each in geometry.district_labels]
    communes = [
        name(_UNIT_OF_COMMUNE.sub("", text), place, commune_pt, NameKind.COMMUNE)
        for text, place in zip(commune_names, geometry.commune_labels, strict=True)
        if place is not None
    ]
    return districts + sorted(communes, key=lambda each: -each.room)


def land_names(names: Sequence[str], areas: Sequence[shapely.Geometry], size: float) -> list[Name]:
    """Return the names of the land around; ``areas`` are what of each is on the paper, in millimetres."""
    found = []
    for text, area in zip(names, areas, strict=True):
        parts = [part for part in shapely.get_parts(area).tolist() if part.geom_type == "Polygon"]
        if parts:
            radius = shapely.maximum_inscribed_circle(max(parts, key=lambda part: float(part.area)), tolerance=0.5)
            [x, y], room = shapely.get_coordinates(radius)[0].tolist(), float(shapely.length(radius))
            found.append(Name(shown(text, _LONGEST), x, y, size, NameKind.AROUND, room))
    return sorted(found, key=lambda each: -each.room)


def place_names(
    names: Iterable[Name], window: Box, kept_free: Iterable[Box] = (), marks: Sequence[Box] = ()
) -> list[PlacedName]:
    """Return the names that have room, in their order.

    None is over another, over what is kept free, or beyond the window. Of the places that are left a name gets the
    one that covers the fewest ``marks``; to go a line further away must save it two of them.
    """
    taken = list(kept_free)
    placed = []
    for name in names:
        boxes = [box for box in _boxes(name) if box.within(window) and not any(map(box.meets, taken))]
        if boxes:
            box = min(boxes, key=lambda box: _cost(name, box, marks))
            taken.append(box)
            placed.append(PlacedName(name, box))
    return placed


def _boxes(name: Name) -> list[Box]:
    """Return where a name may stand, the best place first; nowhere if its commune is too small."""
    if not name.text:
        return []
    if name.kind is NameKind.DISTRICT:
        near = max(name.room, _NEAR_LINES * name.size * MM_PER_POINT)
        return [box for step in _DISTRICT_STEPS if _moved(name, box := name.box(step)) <= near]
    if 2 * name.room < _FILLS * width_mm(name.text, name.size):
        return []
    return [box for step in _COMMUNE_STEPS if _moved(name, box := name.box(step)) <= name.room / 2]


def _cost(name: Name, box: Box, marks: Sequence[Box]) -> float:
    lines = _moved(name, box) / (name.size * MM_PER_POINT * _LINE)
    thing = Box(name.x - name.room, name.y - name.room, name.x + name.room, name.y + name.room)
    hides_it = thing.within(box)
    return sum(map(box.meets, marks)) + _MARKS_PER_LINE * lines + _MARKS_FOR_ITSELF * hides_it


def _moved(name: Name, box: Box) -> float:
    return math.hypot((box.left + box.right) / 2 - name.x, (box.bottom + box.top) / 2 - name.y)
