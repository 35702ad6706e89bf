"""Coverage where it is heavy: fine layers, fine boundaries, more and more polygons, a tenth of a country, memory.

Every figure is ours against geopandas' overlay and dissolve in the same run, see ``overlay_peer``; in memory, each
in a process of its own, above what the libraries take.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from overlay_peer import dirty_polygons, largest_difference_km2, measure_ours, measure_peer

from phusong.coverage.editions import Commune, Edition, load_edition
from phusong.coverage.input.boundaries import Boundaries
from phusong.coverage.input.schematic import draw_schematic

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEED = 20_260_102
FINE_VERTICES = 195_000
"""As many as the units of 2025 have in the file that planners use."""
COUNTRY_COMMUNES, COUNTRY_POLYGONS = 1_060, 30_000
"""A tenth of Vietnam's communes before 2025, with as many polygons as its operators would have there."""
ROUNDS = 2
"""The better one counts."""
SIZES = (1_250, 2_500, 5_000, 10_000)


def run() -> list[dict[str, Any]]:
    """Measure every case; ``ratio`` is ours over the peer's."""
    schematic = draw_schematic(load_edition("2020-01"))
    blobs = dirty_polygons(5_000, 200, schematic.polygons, SEED)
    fine = fine_boundaries(FINE_VERTICES)
    country = tenth_of_the_country(COUNTRY_COMMUNES)
    return [
        _compare("a layer of a million vertices after merging", schematic, apart(schematic.polygons)),
        _compare(f"boundaries of {_vertices(fine):,} vertices, 54 units x 5000 polygons", fine, blobs),
        *(
            _compare(
                f"growth, 177 communes x {count} polygons of 100 vertices",
                schematic,
                dirty_polygons(count, 100, schematic.polygons, SEED),
            )
            for count in SIZES
        ),
        _compare(
            f"a tenth of the country, {COUNTRY_COMMUNES} communes x {COUNTRY_POLYGONS} polygons of 100 vertices",
            country,
            dirty_polygons(COUNTRY_POLYGONS, 100, country.polygons, SEED),
        ),
        _memory(),
    ]


def apart(land: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return blobs of 800 vertices that do not touch: merging leaves them the million vertices that they have."""
    random = np.random.default_rng(SEED)
    west, south, east, north = shapely.total_bounds(land)
    side = math.sqrt((east - west) * (north - south) / 1_300)
    angles = np.linspace(0, 2 * math.pi, 800, endpoint=False)
    blobs = []
    for x in np.arange(west + side / 2, east, side):
        for y in np.arange(south + side / 2, north, side):
            reach = side * 0.45 * (1 - 0.3 * random.uniform(0, 1, 800) ** 4)
            blobs.append(
                shapely.Polygon(np.column_stack([x + reach * np.cos(angles), y + reach * np.sin(angles)]))
            )
    return np.array(blobs, dtype=object)


def fine_boundaries(vertices: int) -> Boundaries:
    """Return the 54 schematic units with wavy edges of so many vertices, on which neighbours still agree."""
    boundaries = draw_schematic(load_edition("2025-07"))
    step = float(shapely.length(boundaries.polygons).sum()) / vertices
    # Each vertex moves by a function of its place alone; where the drawing has a needle, it may cross itself.
    waved = shapely.transform(shapely.segmentize(boundaries.polygons, step), _wave)
    return _with(boundaries.edition, shapely.make_valid(waved, method="structure", keep_collapsed=False))


def _wave(places: NDArray[np.float64]) -> NDArray[np.float64]:
    x, y = places.T
    return np.column_stack(
        [
            x + 15 * np.sin(y / 200) + 2 * np.sin(y / 25 + x / 1_000),
            y + 15 * np.sin(x / 220) + 2 * np.sin(x / 27 + y / 1_000),
        ]
    )


def tenth_of_the_country(communes: int) -> Boundaries:
    """Return cells of Vietnam's mean commune, 31 km2, in a rectangle."""
    random = np.random.default_rng(SEED)
    side = 1_000 * math.sqrt(31 * communes)
    area = shapely.box(10_300_000, 2_500_000, 10_300_000 + side, 2_500_000 + side)
    points = shapely.MultiPoint(random.uniform(area.bounds[:2], area.bounds[2:], (communes, 2)))
    cells = shapely.intersection(shapely.get_parts(shapely.voronoi_polygons(points, extend_to=area)), area)
    made_up = {
        f"{n:05d}": Commune(f"{n:05d}", f"Xã {n}", "Xã", f"Huyện {n // 16}", 21.0, 107.0, 31.0, 9_000)
        for n in range(communes)
    }
    return _with(Edition("made up", made_up), cells)


def _with(edition: Edition, polygons: NDArray[np.object_]) -> Boundaries:
    return Boundaries(edition, "made up", "", schematic=True, polygons=polygons, repairs=())


def _vertices(boundaries: Boundaries) -> int:
    return int(shapely.get_num_coordinates(boundaries.polygons).sum())


def _compare(name: str, boundaries: Boundaries, blobs: NDArray[np.object_]) -> dict[str, Any]:
    united_s, measured_s, ours = min(
        (measure_ours(boundaries, blobs) for _ in range(ROUNDS)), key=lambda turn: sum(turn[:2])
    )
    peer_s, peer = min((measure_peer(boundaries, blobs) for _ in range(ROUNDS)), key=lambda turn: turn[0])
    ours_s = united_s + measured_s
    return {
        "name": name,
        "ours_s": round(ours_s, 3),
        "peer_s": round(peer_s, 3),
        "ratio": round(ours_s / peer_s, 3),
        "note": (
            f"ours {united_s:.2f} s repair and union, {measured_s:.2f} s measuring; per polygon "
            f"{1000 * ours_s / len(blobs):.3f} ms, peer {1000 * peer_s / len(blobs):.3f} ms; largest difference "
            f"{largest_difference_km2(ours, peer):.4f} km2"
        ),
    }


def _memory() -> dict[str, Any]:
    ours_mb, peer_mb = (_peak_mb(who) for who in ("ours", "peer"))
    return {
        "name": "memory, 177 communes x 5000 dirty polygons of 200 vertices",
        "ours_mb": round(ours_mb, 1),
        "peer_mb": round(peer_mb, 1),
        "ratio": round(ours_mb / peer_mb, 3),
        "target": 1.0,
        "note": "most resident memory above that with libraries and input loaded, each in its own process",
    }


def _peak_mb(who: str) -> float:
    done = subprocess.run([sys.executable, __file__, "--peak", who], stdout=subprocess.PIPE, text=True, check=True)
    return float(done.stdout)


def _print_peak(who: str) -> None:
    boundaries = draw_schematic(load_edition("2020-01"))
    measure = measure_ours if who == "ours" else measure_peer
    # The first time a library is used it loads what it needs: that is no part of the work.
    measure(boundaries, dirty_polygons(50, 200, boundaries.polygons, SEED))
    blobs = dirty_polygons(5_000, 200, boundaries.polygons, SEED)
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew from here, see proc(5)
    before = _status_kb("VmRSS")
    measure(boundaries, blobs)
    print((_status_kb("VmHWM") - before) / 1024)


def _status_kb(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peak"]:
        _print_peak(sys.argv[2])
    else:
        print(json.dumps(run(), indent=1))
