"""The window of a picture: which part of the earth it shows, and where on the paper a place lies.

Degrees become millimetres by one factor for longitude and one for latitude, true to scale at the window's middle:
over a province that is right to a third of a percent, and meridians and parallels stay straight.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_MARGIN = 0.035
_SMALLEST_KM = 1.0
_GRATICULE_STEPS = (0.1, 0.25, 0.5, 1.0, 2.0)
_LARGEST_STEP = 5.0
_GRATICULE_LINES = 8
_ROUND = (1.0, 2.0, 5.0)


@dataclass(frozen=True, slots=True)
class Frame:
    """A window of ``width_mm`` by ``height_mm`` around ``lon`` and ``lat``; ``mm_per_km`` is its scale."""

    lon: float
    lat: float
    width_mm: float
    height_mm: float
    mm_per_km: float

    def place(self, positions: ArrayLike) -> NDArray[np.float64]:
        """Return places as ``(n, 2)`` millimetres from the lower left corner; degrees, longitude first."""
        degrees = np.asarray(positions, dtype=np.float64).reshape(-1, 2)
        middle = (self.width_mm / 2, self.height_mm / 2)
        return np.asarray((degrees - (self.lon, self.lat)) * self._mm_per_degree() + middle)

    def bounds(self) -> tuple[float, float, float, float]:
        """Return west, south, east and north in degrees."""
        across, up = (self.width_mm, self.height_mm) / (2 * self._mm_per_degree())
        return self.lon - across, self.lat - up, self.lon + across, self.lat + up

    def contains(self, position: tuple[float, float]) -> bool:
        """Tell whether a place is in the window."""
        west, south, east, north = self.bounds()
        return west <= position[0] <= east and south <= position[1] <= north

    def _mm_per_degree(self) -> NDArray[np.float64]:
        return np.array(km_per_degree(self.lat)) * self.mm_per_km


def fit_frame(
    bounds: tuple[float, float, float, float], width_mm: float, lowest_mm: float, highest_mm: float
) -> Frame:
    """Return the window that shows ``bounds`` (west, south, east, north) with a little room around.

    It is as high as the bounds need, within ``lowest_mm`` and ``highest_mm``.
    """
    west, south, east, north = bounds
    lon, lat = (west + east) / 2, (south + north) / 2
    per_lon, per_lat = km_per_degree(lat)
    across = max((east - west) * per_lon, _SMALLEST_KM) * (1 + 2 * _MARGIN)
    up = max((north - south) * per_lat, _SMALLEST_KM) * (1 + 2 * _MARGIN)
    height_mm = min(max(width_mm * up / across, lowest_mm), highest_mm)
    return Frame(lon, lat, width_mm, height_mm, min(width_mm / across, height_mm / up))


def km_per_degree(lat: float) -> tuple[float, float]:
    """Return the length of a degree of longitude and of latitude at ``lat`` on the WGS 84 ellipsoid."""
    phi = math.radians(lat)
    lon_km = 111.41284 * math.cos(phi) - 0.0935 * math.cos(3 * phi) + 0.000118 * math.cos(5 * phi)
    lat_km = 111.13292 - 0.55982 * math.cos(2 * phi) + 0.001175 * math.cos(4 * phi)
    return lon_km, lat_km


def graticule(frame: Frame, closest_mm: float) -> tuple[list[float], list[float]]:
    """Return the round meridians and parallels of a window.

    By the steps that the page takes, at most so many as there. On paper they are ``closest_mm`` apart at least,
    and a quarter of that from the corners, where the names of both would meet.
    """
    west, south, east, north = frame.bounds()
    longest = max(east - west, north - south)
    mm_per_lon, mm_per_lat = (each * frame.mm_per_km for each in km_per_degree(frame.lat))
    fitting = (
        each
        for each in _GRATICULE_STEPS
        if longest / each <= _GRATICULE_LINES and each * min(mm_per_lon, mm_per_lat) >= closest_mm
    )
    step = next(fitting, _LARGEST_STEP)
    room_lon, room_lat = closest_mm / 4 / mm_per_lon, closest_mm / 4 / mm_per_lat
    return _multiples(west + room_lon, east - room_lon, step), _multiples(south + room_lat, north - room_lat, step)


def scale_bar_km(frame: Frame, longest_mm: float) -> float:
    """Return the longest round distance (1, 2 or 5 with zeros) that takes at most ``longest_mm``."""
    longest_km = longest_mm / frame.mm_per_km
    power = 10.0 ** math.floor(math.log10(longest_km))
    return max(digit * power for digit in _ROUND if digit * power <= longest_km)


def _multiples(first: float, last: float, step: float) -> list[float]:
    return [number * step for number in range(math.ceil(first / step), math.floor(last / step) + 1)]
