"""Where lines, offices and endpoints stand on a picture, and which of them have no place on it.

The same places as on the page: the second line of an office is bowed as ``linePath`` of
``assets/province_shapes.js`` does it. Places are WGS 84 degrees.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from phusong.exporters.snapshot import Isolation, SiteInfo, Snapshot, Verdict

Position: TypeAlias = "tuple[float, float]"
"""Longitude and latitude."""

_BEND = 0.06
_BEND_STEPS = 16
_NORTHERNMOST, _EASTERNMOST = 85.0, 180.0


@dataclass(frozen=True, slots=True)
class PlacedLine:
    """A leased line on its way from the hub to the office."""

    verdict: Verdict
    path: tuple[Position, ...]


@dataclass(frozen=True, slots=True)
class PlacedOffice:
    """An office; a hub is one that lines start from."""

    isolation: Isolation
    position: Position
    is_hub: bool


@dataclass(frozen=True, slots=True)
class PlacedEndpoint:
    """An endpoint; ``nth`` counts those of one office from 0, they stand side by side."""

    verdict: Verdict
    position: Position
    nth: int


@dataclass(frozen=True, slots=True)
class PlacedStates:
    """What can be drawn of a snapshot, and how many offices and lines cannot."""

    lines: tuple[PlacedLine, ...] = ()
    offices: tuple[PlacedOffice, ...] = ()
    endpoints: tuple[PlacedEndpoint, ...] = ()
    unplaced_offices: int = 0
    undrawn_lines: int = 0


def place_states(snapshot: Snapshot | None) -> PlacedStates:
    """Return what is drawn of a snapshot, in its order."""
    if snapshot is None:
        return PlacedStates()
    places = {row.info.site_id: place for row in snapshot.sites if (place := _position(row.info))}
    hub_of_device = {device.device_id: device.site_id for device in snapshot.devices}
    centre = next((row.info.site_id for row in snapshot.sites if row.info.kind == "province"), "")
    lines, hubs = [], set()
    lines_of: Counter[str] = Counter()
    for row in snapshot.links:
        site, hub = row.info.site_id, hub_of_device.get(row.info.near_device, centre)
        hubs.add(hub)
        if hub != site and hub in places and site in places:
            lines.append(PlacedLine(row.verdict, line_path(places[hub], places[site], lines_of[site])))
        lines_of[site] += 1
    endpoints = []
    endpoints_of: Counter[str] = Counter()
    for endpoint in snapshot.endpoints:
        site = endpoint.info.site_id
        if site in places:
            endpoints.append(PlacedEndpoint(endpoint.verdict, places[site], endpoints_of[site]))
        endpoints_of[site] += 1
    offices = [
        PlacedOffice(row.isolation, places[row.info.site_id], row.info.site_id in hubs)
        for row in snapshot.sites
        if row.info.site_id in places
    ]
    return PlacedStates(
        tuple(lines),
        tuple(offices),
        tuple(endpoints),
        len(snapshot.sites) - len(offices),
        len(snapshot.links) - len(lines),
    )


def line_path(hub: Position, office: Position, nth: int) -> tuple[Position, ...]:
    """Return the way of an office's ``nth`` line: straight for the first, bowed out for the others."""
    if nth == 0:
        return hub, office
    bend = _BEND * nth
    # A quadratic curve that passes, half way, beside the middle of the straight way.
    over_x = (hub[0] + office[0]) / 2 - 2 * (office[1] - hub[1]) * bend
    over_y = (hub[1] + office[1]) / 2 + 2 * (office[0] - hub[0]) * bend
    steps = [step / _BEND_STEPS for step in range(_BEND_STEPS + 1)]
    return tuple(
        (
            (1 - t) ** 2 * hub[0] + 2 * t * (1 - t) * over_x + t**2 * office[0],
            (1 - t) ** 2 * hub[1] + 2 * t * (1 - t) * over_y + t**2 * office[1],
        )
        for t in steps
    )


def _position(info: SiteInfo) -> Position | None:
    """Return where a site is, or nothing when the inventory has no position that a map can show."""
    if info.lat is None or info.lon is None or not (math.isfinite(info.lat) and math.isfinite(info.lon)):
        return None
    is_on_map = abs(info.lat) <= _NORTHERNMOST and abs(info.lon) <= _EASTERNMOST
    return (info.lon, info.lat) if is_on_map else None
