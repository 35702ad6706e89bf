"""The leased lines: whose they are, what was ordered, what flows and which of them are in trouble.

Which device a line ends at is decided in ``fleet``; what a trouble does over time is in ``incidents``.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random
from typing import Final

from .incidents import HEALTHY, Incident, Trouble
from .offices import CENTRE_DISTRICT, METRES_PER_DEGREE, Office
from .traffic import Flow

CARRIERS: Final = (("Carrier A", 41), ("Carrier B", 27), ("Carrier C", 20), ("Carrier D", 12))
"""Fictitious carriers with their share in per cent."""
ISLAND_DISTRICT: Final = "Huyện Cô Tô"
BACKUP_DISTRICTS: Final = ("Thành phố Móng Cái", "Huyện Vân Đồn")
FAILING_CARRIER: Final = "Carrier B"
FAR_ONLY: Final = 14
"""Lines without a hub interface in the inventory: the carrier's own box ends them in the data centre."""
NEAR_ONLY: Final = 11
"""Lines whose far end is a box of the carrier that answers echo requests only."""
ORDERED_MBPS: Final = {
    "province": ((1000, 1000),),
    "department": ((100, 100),),
    "district": ((100, 100), (50, 50)),
    "commune": ((20, 20), (30, 30), (40, 20)),
    "school": ((20, 20), (40, 10)),
    "hospital": ((30, 30), (50, 50)),
    "other": ((10, 10), (20, 20)),
}
METRES_PER_SECOND: Final = 1.0e8
"""Signals go at two thirds of the speed of light, on routes a good deal longer than the straight line."""


class Ends(StrEnum):
    """Which ends of a line the inventory knows."""

    BOTH = "both"
    NEAR = "near"
    FAR = "far"


@dataclass(frozen=True, slots=True)
class Line:
    """A leased line between the data centre and an office; *down* is towards the office."""

    link_id: str
    office: Office
    carrier: str
    role: str
    down_mbps: int
    up_mbps: int
    rtt_s: float
    down: Flow
    up: Flow
    ends: Ends = Ends.BOTH
    incident: Incident = HEALTHY
    far_is_silent: bool = False
    """The far end's SNMP agent is dead; echo requests are answered."""
    far_is_v1: bool = False
    in_maintenance: bool = False


@dataclass(frozen=True, slots=True)
class WiredLine:
    """A line with the interfaces it ends at, named as in ``links.csv``; an end outside the inventory is empty."""

    line: Line
    near_device: str
    near_interface: str
    far_device: str
    far_interface: str
    far_address: str
    """Of the far device, or of the carrier's box where the inventory has no far device."""


def lay_lines(offices: Sequence[Office], random: Random, prefix: str) -> tuple[Line, ...]:
    """Return one primary line per office, two backup lines and the uplink, with all troubles on them."""
    centre = offices[0]
    lines: list[Line] = []

    def lay(office: Office, carrier: str, role: str) -> None:
        down, up = random.choice(ORDERED_MBPS[office.kind])
        rtt_s = 0.001 + 2 * _distance_m(centre, office) / METRES_PER_SECOND + random.uniform(0.0, 0.002)
        flows = _flow(down, random), _flow(up, random)
        link_id = f"{prefix}-l{len(lines) + 1:03}"
        lines.append(Line(link_id, office, carrier, role, down, up, round(rtt_s, 5), flows[0], flows[1]))

    names, shares = [name for name, _ in CARRIERS], [share for _, share in CARRIERS]
    for office in offices:
        lay(office, random.choices(names, shares)[0], "primary")
    for district in BACKUP_DISTRICTS:
        for n, office in enumerate(offices):
            if office.kind == "district" and office.district == district:
                others = [name for name in names if name != lines[n].carrier]
                lay(office, random.choice(others), "backup")
    lay(centre, names[0], "uplink")
    lines[-1] = replace(lines[-1], ends=Ends.NEAR)
    return _strike(lines, random)


def _strike(lines: list[Line], random: Random) -> tuple[Line, ...]:
    """Put the troubles of design section 10 on the lines, and decide which lines have one end only.

    The draws come from offices that no regional trouble touches, so every trouble is seen on its own.
    """
    by_id = {line.link_id: line for line in lines}

    def change(line: Line, **fields: object) -> None:
        by_id[line.link_id] = replace(by_id[line.link_id], **fields)  # type: ignore[arg-type]

    primaries = [line for line in lines if line.role == "primary"]
    failing = _failing_district(primaries)
    for line in primaries:
        if line.office.district == ISLAND_DISTRICT:
            change(line, incident=Incident(Trouble.CUT, -10_800.0))
        elif line.carrier == FAILING_CARRIER and line.office.district == failing:
            change(line, incident=Incident(Trouble.CUT, -2_400.0))
    with_backup = {line.office.site_id for line in lines if line.role == "backup"}
    backed_up = next(line for line in primaries if line.office.site_id in with_backup)
    change(backed_up, incident=Incident(Trouble.CUT, -5_000.0))

    calm = [line for line in primaries if line.office.district not in (ISLAND_DISTRICT, failing)]
    communes = [line for line in calm if line.office.kind == "commune"]
    far_only = random.sample(communes, FAR_ONLY)
    for line in far_only:
        change(line, ends=Ends.FAR)
    change(far_only[0], incident=Incident(Trouble.CUT, -1_800.0))
    change(far_only[1], far_is_silent=True)
    change(far_only[2], far_is_v1=True, down_mbps=2, up_mbps=2, down=_flow(2, random), up=_flow(2, random))
    for line in random.sample([line for line in calm if line.office.kind in ("school", "other")], NEAR_ONLY):
        change(line, ends=Ends.NEAR)

    chosen = {line.link_id for line in far_only}
    flapping, congested, admin_down, poor, maintained, silent = random.sample(
        [line for line in communes if line.link_id not in chosen], 6
    )
    change(flapping, incident=Incident(Trouble.FLAPPING))
    change(
        congested,
        incident=Incident(Trouble.CONGESTED),
        down=Flow(0.97 * congested.down_mbps * 125_000, swing=0.008, period_s=240.0),
    )
    change(admin_down, incident=Incident(Trouble.ADMIN_DOWN, -40_000.0))
    change(poor, incident=Incident(Trouble.POOR))
    change(maintained, incident=Incident(Trouble.CUT, -900.0), in_maintenance=True)
    change(silent, far_is_silent=True)
    return tuple(by_id.values())


def _failing_district(primaries: Iterable[Line]) -> str:
    """Return the district in which the failing carrier has most lines, the capital and the island apart."""
    apart = (CENTRE_DISTRICT, ISLAND_DISTRICT, *BACKUP_DISTRICTS)
    counts = Counter(
        line.office.district
        for line in primaries
        if line.carrier == FAILING_CARRIER and line.office.district not in apart
    )
    return min(counts, key=lambda district: (-counts[district], district))


def _flow(mbps: int, random: Random) -> Flow:
    mean = random.uniform(0.05, 0.5) * mbps * 125_000
    return Flow(round(mean, 1), 0.3, round(random.uniform(600.0, 1800.0)), round(random.uniform(0.0, math.tau), 3))


def _distance_m(one: Office, other: Office) -> float:
    north = (one.lat - other.lat) * METRES_PER_DEGREE
    east = (one.lon - other.lon) * METRES_PER_DEGREE * math.cos(math.radians(one.lat))
    return math.hypot(north, east)
