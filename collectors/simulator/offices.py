"""The simulated province's offices: which there are, what they are called and where they stand.

No devices and no lines. Names are made from the communes' names; positions are the communes' centres, moved by a
few hundred metres.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

OFFICES: Final = 342
"""Offices of one province: the real network's count."""
MAX_DISTANCE_M: Final = 350.0
"""How far an office may stand from the centre of its commune."""
DEPARTMENTS: Final = (
    "Văn phòng UBND tỉnh", "Sở Tài chính", "Sở Y tế", "Sở Giáo dục và Đào tạo", "Sở Giao thông vận tải",
    "Sở Xây dựng", "Sở Công Thương", "Sở Nội vụ", "Sở Tư pháp", "Sở Du lịch", "Sở Ngoại vụ",
    "Sở Khoa học và Công nghệ", "Sở Kế hoạch và Đầu tư", "Sở Thông tin và Truyền thông",
    "Sở Văn hóa và Thể thao", "Sở Tài nguyên và Môi trường", "Sở Nông nghiệp và Phát triển nông thôn",
    "Sở Lao động, Thương binh và Xã hội", "Thanh tra tỉnh", "Ban Dân tộc tỉnh", "Ban Quản lý khu kinh tế",
    "Ban Quản lý vịnh", "Văn phòng Hội đồng nhân dân tỉnh", "Trung tâm Phục vụ hành chính công",
)  # fmt: skip
CENTRE_DISTRICT: Final = "Thành phố Hạ Long"
SCHOOLS_OF: Final = ("Trường Tiểu học", "Trường THCS", "Trường Mầm non")
OTHERS_OF: Final = ("Công an", "Ban Chỉ huy Quân sự", "Trung tâm Văn hóa")
METRES_PER_DEGREE: Final = 111_320.0


@dataclass(frozen=True, slots=True)
class CommunePlace:
    """A commune of edition 2020-01 and its centre, as ``communes_177.csv`` has them.

    ``name`` contains the kind (``Xã Đồng Tiến``), ``kind`` is ``Xã``, ``Phường`` or ``Thị trấn``, ``district`` is
    the district's name (``Huyện Cô Tô``); WGS 84 degrees.
    """

    code: str
    name: str
    kind: str
    district: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Office:
    """An office; ``kind`` is one of the kinds of ``sites.csv``."""

    site_id: str
    name: str
    kind: str
    commune_code: str
    district: str
    lat: float
    lon: float


def place_offices(communes: Sequence[CommunePlace], random: Random, prefix: str) -> tuple[Office, ...]:
    """Return the 342 offices: centre, departments, districts, communes, then schools, hospitals and others.

    Raises
    ------
    ValueError
        There are no communes, too many, or none in the district of the province's capital.
    """
    seats = _district_seats(communes)
    if CENTRE_DISTRICT not in seats:
        raise ValueError(
            f"no commune in {CENTRE_DISTRICT!r}: the simulated province is built from the 177 communes of edition"
            " 2020-01, each with the name of its district"
        )
    capital = [place for place in communes if place.district == CENTRE_DISTRICT]
    plan: list[tuple[str, str, CommunePlace]] = [("Trung tâm dữ liệu tỉnh", "province", seats[CENTRE_DISTRICT])]
    plan += [(name, "department", random.choice(capital)) for name in DEPARTMENTS]
    plan += [(f"UBND {_small(district)}", "district", seat) for district, seat in seats.items()]
    plan += [(f"UBND {_small(p.name)}, {_small(p.district)}", "commune", p) for p in communes]
    left = OFFICES - len(plan)
    if left < len(seats):
        raise ValueError(
            f"{len(communes)} communes leave no room in {OFFICES} offices: give the 177 of edition 2020-01"
        )
    plan += [(f"Trung tâm Y tế {_small(district)}", "hospital", seat) for district, seat in seats.items()]
    plan += _schools_and_others(communes, random, left - len(seats))
    return tuple(
        Office(f"{prefix}-s{n:03}", name, kind, place.code, place.district, *_near(place, random))
        for n, (name, kind, place) in enumerate(plan, 1)
    )


def _schools_and_others(
    communes: Sequence[CommunePlace], random: Random, count: int
) -> Iterable[tuple[str, str, CommunePlace]]:
    """Yield ``count`` offices: half schools, a tenth hospitals, the rest others; no name twice."""
    shuffled = random.sample(communes, len(communes))
    used: Counter[tuple[str, str]] = Counter()
    for n in range(count):
        place = shuffled[n % len(shuffled)]
        kind = "school" if n % 2 == 0 else "hospital" if n % 10 == 1 else "other"
        turn = used[kind, place.code]
        used[kind, place.code] += 1
        bare = place.name.removeprefix(place.kind).strip()
        first = {
            "school": f"{SCHOOLS_OF[turn % 3]} {bare}",
            "hospital": f"Trạm Y tế {_small(place.name)}",
            "other": f"{OTHERS_OF[turn % 3]} {_small(place.name)}",
        }[kind]
        yield f"{first}, {_small(place.district)}", kind, place


def _district_seats(communes: Sequence[CommunePlace]) -> dict[str, CommunePlace]:
    """Return the commune in which each district's office stands: its town where it has one."""
    seats: dict[str, CommunePlace] = {}
    for place in communes:
        seat = seats.setdefault(place.district, place)
        if seat.kind == "Xã" and place.kind != "Xã":
            seats[place.district] = place
    return seats


def _small(name: str) -> str:
    return name[:1].lower() + name[1:]


def _near(place: CommunePlace, random: Random) -> tuple[float, float]:
    distance, bearing = random.uniform(20.0, MAX_DISTANCE_M), random.uniform(0.0, math.tau)
    lat = place.lat + distance * math.cos(bearing) / METRES_PER_DEGREE
    lon = place.lon + distance * math.sin(bearing) / (METRES_PER_DEGREE * math.cos(math.radians(place.lat)))
    return round(lat, 6), round(lon, 6)
