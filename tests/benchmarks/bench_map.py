"""The map page: time to build, size, and time until it can be used, against folium and plain Leaflet."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

import map_province
from chromium import chromium, open_offline
from map_peer import folium_page, leaflet_page

from phusong.maps.province_map import build_province_map, write_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROUNDS = 3
OPENINGS = 5
MAX_BYTES = 2_000_000
TARGETS = {1: 3.0, 10: 1.3}
"""The peer has no legend, table, search, label or state: a fixed cost, which more objects make small."""
OBJECTS = {1: (342, 345, 239), 10: (3_420, 3_450, 2_390)}
UNITS_2025 = map_province.SHARED / "geo" / "quangninh_units54_2025_simplified.geojson"
STOPWATCH = """new MutationObserver((_, watching) => {
    if (!document.documentElement?.dataset.drawn) return;
    watching.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => { window.__usable = performance.now(); }));
}).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-drawn"] });"""
"""Takes down the milliseconds from the navigation's start until the drawn page has given two frames."""
LONGEST_FRAME = """(zoom) => new Promise((done) => {
    const times = [performance.now()];
    const step = (now) => { times.push(now); times.length < 40 ? requestAnimationFrame(step) : done(
        Math.max(...times.slice(1).map((time, i) => time - times[i]))); };
    document.querySelector(zoom).click();
    requestAnimationFrame(step);
})"""


def run() -> list[dict[str, Any]]:
    """Build and open the pages; ``ratio`` is ours over the peer's in the same run."""
    with tempfile.TemporaryDirectory() as scratch, chromium() as browser:
        folder = Path(scratch)
        results = [_built(folder, name, communes) for name, communes in _boundaries().items()]
        opened = {factor: _opened(folder, browser, factor) for factor in OBJECTS}
    growth = {who: opened[10][who] / opened[1][who] for who in ("ours_ms", "peer_ms")}
    for factor, result in opened.items():
        results.append(
            {
                "name": f"map usable in Chromium, {factor} x objects",
                **result,
                "ratio": round(result["ours_ms"] / result["peer_ms"], 3),
                "target": TARGETS[factor],
                "note": f"10 x take {growth['ours_ms']:.1f} times as long, the peer {growth['peer_ms']:.1f}",
            }
        )
    return results


def _boundaries() -> dict[str, gpd.GeoDataFrame]:
    """Return the communes of both editions: the real ones, or as many boxes where they are not at hand."""
    if not map_province.REAL_BOUNDARIES.exists():
        return {"177 boxes": map_province.box_communes(177), "54 boxes": map_province.box_communes(54)}
    units = gpd.read_file(UNITS_2025)
    name = next(column for column in ("name", "ten", "NAME") if column in units.columns)
    named = units.assign(code=[f"{number:05d}" for number in range(len(units))], name=units[name], district="")
    return {
        "177 communes": map_province.real_communes(),
        "54 units": named[["code", "name", "district", "geometry"]],
    }


def _built(folder: Path, name: str, communes: gpd.GeoDataFrame) -> dict[str, Any]:
    """Build ours and folium's with every object, the best of three each."""
    snapshot = map_province.snapshot_of(communes)
    summary = map_province.summary_of(communes, snapshot.sites)
    ours, peer = folder / "ours.html", folder / "folium.html"
    ours_s = _best(
        lambda: write_page(build_province_map(communes=communes, summary=summary, snapshot=snapshot), ours)
    )
    peer_s = _best(lambda: folium_page(communes, summary, snapshot, peer))
    size, peer_size = ours.stat().st_size, peer.stat().st_size
    if size > MAX_BYTES:
        raise RuntimeError(f"the page has {size} bytes, at most {MAX_BYTES} are allowed")
    return {
        "name": f"map built, {name}",
        "ours_s": round(ours_s, 2),
        "peer_s": round(peer_s, 2),
        "ours_mb": round(size / 1e6, 2),
        "peer_mb": round(peer_size / 1e6, 2),
        "ratio": round(ours_s / peer_s, 3),
        "target": 0.8,
        "note": f"size ratio {size / peer_size:.3f}; ours needs 0 requests",
    }


def _best(work: Callable[[], None]) -> float:
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return min(times)


def _opened(folder: Path, browser: Browser, factor: int) -> dict[str, Any]:
    """Open ours and plain Leaflet's in turns; the median until usable, and the longest frame of one zoom."""
    communes = next(iter(_boundaries().values()))
    snapshot = map_province.snapshot_of(communes, *OBJECTS[factor])
    summary = map_province.summary_of(communes, snapshot.sites)
    pages = {"ours": folder / "ours.html", "peer": folder / "leaflet.html"}
    write_page(build_province_map(communes=communes, summary=summary, snapshot=snapshot), pages["ours"])
    leaflet_page(communes, snapshot, pages["peer"])
    usable: dict[str, list[float]] = {"ours": [], "peer": []}
    frames: dict[str, list[float]] = {"ours": [], "peer": []}
    for _ in range(OPENINGS):
        for who, path in pages.items():
            context = browser.new_context(viewport={"width": 1280, "height": 800})
            context.add_init_script(STOPWATCH)
            page = open_offline(context, path).page
            page.wait_for_function("() => window.__usable")
            usable[who].append(page.evaluate("window.__usable"))
            frames[who].append(page.evaluate(LONGEST_FRAME, ".leaflet-control-zoom-in"))
            context.close()
    return {
        **{f"{who}_ms": round(statistics.median(times)) for who, times in usable.items()},
        **{f"{who}_zoom_frame_ms": round(statistics.median(times)) for who, times in frames.items()},
    }
