"""The pure parts of a picture: its window, its names, its columns, where things stand, how text is broken."""

from __future__ import annotations

import dataclasses
import itertools
import math
from types import ModuleType
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath
from pyproj import Geod

from phusong.exporters.snapshot import Snapshot
from phusong.maps.display_geometry import simplify_for_display
from phusong.maps.palette import COVERAGE_CLASSES, ENDPOINTS, HUB, OFFICES
from phusong.maps.picture.columns import share_out
from phusong.maps.picture.figures import Series, choose_series
from phusong.maps.picture.frame import fit_frame, graticule, scale_bar_km
from phusong.maps.picture.labels import Box, Name, NameKind, place_names
from phusong.maps.picture.marks import hatch_dots, hatch_lines, mark_path
from phusong.maps.picture.states import line_path, place_states
from phusong.maps.picture.text import flow, font, width_mm, wrap
from phusong.maps.picture.wording import PICTURE_WORDS, local_time, number, threshold
from phusong.maps.province_data import CommuneName, Extras, province_data
from phusong.maps.wording import WORDS

PROVINCE = (106.43, 20.71, 108.09, 21.67)


def test_places_are_true_to_scale() -> None:
    """Ways on the paper are those on the ellipsoid to half a percent, anywhere in the province and any way."""
    frame = fit_frame(PROVINCE, 180, 50, 200)
    corners = list(itertools.product(np.linspace(106.43, 108.09, 4), np.linspace(20.71, 21.67, 4)))
    for one, other in itertools.combinations(corners, 2):
        _, _, metres = Geod(ellps="WGS84").inv(*one, *other)
        paper_mm = math.dist(*frame.place([one, other]).tolist())
        assert paper_mm / frame.mm_per_km == pytest.approx(metres / 1000, rel=0.005)


@pytest.mark.parametrize(("lowest", "highest"), [(50, 200), (150, 200), (20, 60)])
def test_the_window_holds_what_it_shall(lowest: float, highest: float) -> None:
    """The bounds lie inside with room around, in the middle; height is as little as needed within its limits."""
    frame = fit_frame(PROVINCE, 180, lowest, highest)
    (left, bottom), (right, top) = frame.place([PROVINCE[:2], PROVINCE[2:]]).tolist()
    assert 0 < left < right < 180
    assert 0 < bottom < top < frame.height_mm
    assert (left + right, bottom + top) == pytest.approx((180, frame.height_mm))
    assert lowest <= frame.height_mm <= highest
    assert frame.contains((107.0, 21.0))
    assert not frame.contains((107.0, 22.5))
    west, south, east, north = frame.bounds()
    assert frame.place([(west, south), (east, north)]) == pytest.approx(
        np.array([(0, 0), (180, frame.height_mm)]), abs=1e-9
    )


@pytest.mark.parametrize("width", [40, 100, 180, 900])
def test_graticule_and_scale_bar_are_round(width: float) -> None:
    """Meridians at steps of the page, apart from each other and corners; the bar is 1, 2 or 5 with zeros long."""
    frame = fit_frame(PROVINCE, width, 10, 2 * width)
    lons, lats = graticule(frame, 14)
    assert lons
    assert len({round(b - a, 9) for a, b in itertools.pairwise(lons)}) <= 1
    for lon in lons:
        assert (lon / 0.05) == pytest.approx(round(lon / 0.05))
    places = frame.place([(lon, 21) for lon in lons])[:, 0]
    assert all(step >= 14 for step in np.diff(places))
    assert places[0] >= 3.5 - 1e-9
    assert places[-1] <= width - 3.5 + 1e-9
    heights = frame.place([(107, lat) for lat in lats])[:, 1] if lats else []
    assert all(3.5 - 1e-9 <= height <= frame.height_mm - 3.5 + 1e-9 for height in heights)
    way = scale_bar_km(frame, width / 4)
    assert way * frame.mm_per_km <= width / 4 < 2.5 * way * frame.mm_per_km + 1e-9
    assert f"{way:e}"[0] in "125"
    assert f"{way:e}"[1:8] == ".000000"


names = st.builds(
    Name,
    st.sampled_from(["Hạ Long", "Cô Tô", "Vân Đồn", "Ba Chẽ", "", "W" * 30]),
    st.floats(-10, 110),
    st.floats(-10, 70),
    st.sampled_from([5.0, 8.0]),
    st.sampled_from(NameKind),
    st.floats(0, 30),
)
marks = st.builds(lambda x, y: Box(x - 1, y - 1, x + 1, y + 1), st.floats(0, 100), st.floats(0, 60))


@settings(max_examples=150, deadline=None)
@given(st.lists(names, max_size=25), st.lists(marks, max_size=10), st.lists(marks, max_size=10))
def test_no_name_meets_another(wanted: list[Name], kept_free: list[Box], covered: list[Box]) -> None:
    """Names are apart, in the window, off what is kept free; the first that can stand does."""
    window = Box(0, 0, 100, 60)
    placed = place_names(wanted, window, kept_free, covered)
    for one, other in itertools.combinations([each.box for each in placed] + kept_free, 2):
        if one not in kept_free or other not in kept_free:
            assert not one.meets(other)
    assert all(each.box.within(window) for each in placed)
    for each in placed:
        assert each.box.right - each.box.left >= width_mm(each.name.text, each.name.size)
        moved = math.hypot(
            (each.box.left + each.box.right) / 2 - each.name.x, (each.box.bottom + each.box.top) / 2 - each.name.y
        )
        assert moved <= max(each.name.room, 1.8 * each.name.size * 25.4 / 72) + 1e-9
    if wanted and wanted[0].text and wanted[0].kind is NameKind.DISTRICT and not kept_free:
        assert (wanted[0] in [each.name for each in placed]) or not wanted[0].box().within(window)


def test_a_name_gives_way_to_marks() -> None:
    """It steps aside for two marks, not for one; an island smaller than its name is not hidden by it."""
    window, name = Box(0, 0, 100, 60), Name("Hạ Long", 50, 30, 8.0, NameKind.DISTRICT, 20.0)
    at = Box(49.9, 29.9, 50.1, 30.1)
    [one] = place_names([name], window, (), [at])
    assert one.box == name.box()
    [aside] = place_names([name], window, (), [at] * 4)
    assert not aside.box.meets(at)
    [island] = place_names([dataclasses.replace(name, room=0.5)], window)
    assert not island.box.meets(at)


def test_small_communes_have_no_name() -> None:
    """A commune's name needs room in it, as on the page; a district's does not."""
    window, name = Box(0, 0, 100, 60), Name("Quảng La", 50, 30, 8.0, NameKind.COMMUNE, 1.0)
    wide = width_mm("Quảng La", 8.0)
    assert place_names([name], window) == []
    assert place_names([dataclasses.replace(name, room=0.31 * wide + 0.01)], window)
    assert not place_names([dataclasses.replace(name, room=0.31 * wide - 0.01)], window)
    assert place_names([dataclasses.replace(name, kind=NameKind.DISTRICT)], window)


@given(st.lists(st.floats(5, 60), min_size=1, max_size=5), st.integers(1, 4))
def test_columns_are_as_even_as_can_be(heights: list[float], columns: int) -> None:
    """No other sharing out has a lower highest column."""

    def highest(split: tuple[int, ...]) -> float:
        parts = [[h for h, own in zip(heights, split, strict=True) if own == c] for c in range(columns)]
        return max(sum(part) + 2.0 * (len(part) - 1) for part in parts)

    found = share_out(heights, columns, 2.0)
    assert all(0 <= column < columns for column in found)
    others = itertools.product(range(columns), repeat=len(heights))
    assert highest(tuple(found)) == pytest.approx(min(map(highest, others)))


texts = st.text("aâệW $\\ -", max_size=60).map(lambda text: " ".join(text.split()))


@settings(max_examples=80, deadline=None)
@given(texts, st.floats(6, 60), st.integers(1, 5))
def test_text_fits_its_room(text: str, room: float, most: int) -> None:
    """No line is wider than its room; nothing is lost unless it says so."""
    lines = wrap(text, room, 8.0, max_lines=most)
    assert 1 <= len(lines) <= most
    assert all(width_mm(line, 8.0) <= room for line in lines)
    if not lines[-1].endswith("…"):
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@settings(max_examples=80, deadline=None)
@given(st.lists(texts, max_size=6), st.floats(6, 60))
def test_pieces_stay_whole_where_they_can(pieces: list[str], room: float) -> None:
    """Lines break between pieces; a piece is broken only when it is wider than a line."""
    lines = flow(pieces, " | ", room, 8.0, max_lines=400)
    assert all(width_mm(line, 8.0) <= room for line in lines)
    for piece in pieces:
        if piece and width_mm(piece, 8.0) <= room:
            assert any(piece in line for line in lines)
    assert len(flow(pieces, " | ", room, 8.0, max_lines=2)) <= 2


@pytest.mark.parametrize("bold", [False, True])
def test_width_is_that_of_the_letters(bold: bool) -> None:
    """What is reckoned with is what is drawn, accents and all."""
    text = "Đặc khu Vân Đồn – Tỷ lệ"
    drawn = TextPath((0, 0), text, prop=font(10.0, bold=bold)).get_extents()
    assert width_mm(text, 10.0, bold=bold) == pytest.approx(drawn.width * 25.4 / 72, rel=0.03)
    assert width_mm(text, 20.0, bold=bold) == pytest.approx(2 * width_mm(text, 10.0, bold=bold))
    assert isinstance(font(10.0), FontProperties)


def test_every_letter_of_the_words_is_in_the_font() -> None:
    """No word of ours is drawn with a box in it."""
    from matplotlib.ft2font import FT2Font

    letters = {
        letter
        for table in (*WORDS.values(), *PICTURE_WORDS.values())
        for word in table.values()
        for letter in word
    }
    for bold in (False, True):
        there = set(map(chr, FT2Font(font(8.0, bold=bold).get_file()).get_charmap()))  # type: ignore[arg-type]
        assert letters <= there


def test_words_of_both_languages() -> None:
    """Both have the same keys with the same names in them, and none is one of the page's."""
    assert PICTURE_WORDS["vi"].keys() == PICTURE_WORDS["en"].keys()
    assert not PICTURE_WORDS["vi"].keys() & WORDS["vi"].keys()
    for key, text in PICTURE_WORDS["vi"].items():
        assert {name for name in ("{count}", "{text}") if name in text} == {
            name for name in ("{count}", "{text}") if name in PICTURE_WORDS["en"][key]
        }


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        (number("vi", 1234567.891, 2), "1.234.567,89"),
        (number("en", 1234567.891, 2), "1,234,567.89"),
        (number("vi", 107.5, 2), "107,5"),
        (number("en", 20, 2), "20"),
        (number("en", 1200), "1,200"),
        (threshold("vi", -105.0), "≥\u00a0−105\u00a0dBm"),
        (threshold("vi", -99.5), "≥\u00a0−99,5\u00a0dBm"),
        (threshold("en", None), "no threshold stated"),
        (local_time("vi", 1_795_330_800.0), "14:00 22/11/2026"),
        (local_time("en", 1e300), "not known"),
    ],
)
def test_numbers_and_times(found: str, shown: str) -> None:
    """As the page writes them."""
    assert found == shown


@pytest.mark.parametrize("nth", [0, 1, 2])
def test_second_lines_are_bowed_as_on_the_page(nth: int) -> None:
    """From hub to office; half way the nth line is 6 % of its length to the side for each before it."""
    hub, office = (107.0, 21.0), (107.6, 21.2)
    path = np.array(line_path(hub, office, nth))
    assert path[0] == pytest.approx(hub)
    assert path[-1] == pytest.approx(office)
    assert len(path) == (17 if nth else 2)
    if nth:
        way = np.subtract(office, hub)
        aside = path[8] - np.add(hub, office) / 2
        assert aside == pytest.approx(np.array([-way[1], way[0]]) * 0.06 * nth)


def test_places_are_those_of_the_page(fleet: ModuleType, boxes: gpd.GeoDataFrame) -> None:
    """The same hubs, lines and offices as the page's data say; what has no position is counted."""
    snapshot: Snapshot = fleet.snapshot_of(boxes, sites=20, links=24, endpoints=45)
    sites = list(snapshot.sites)
    for row, lat in ((3, None), (4, math.nan), (5, 86.0)):
        sites[row] = dataclasses.replace(sites[row], info=dataclasses.replace(sites[row].info, lat=lat))
    links = list(snapshot.links)
    links[7] = dataclasses.replace(links[7], info=dataclasses.replace(links[7].info, near_device="unheard of"))
    snapshot = dataclasses.replace(snapshot, sites=tuple(sites), links=tuple(links))
    placed = place_states(snapshot)
    rows = [CommuneName(*row) for row in zip(boxes.code, boxes.name, boxes.district, strict=True)]
    data: Any = province_data(
        names=rows,
        geometry=simplify_for_display(boxes),
        summary=None,
        snapshot=snapshot,
        lang="vi",
        extras=Extras(),
    )
    positions = {site["id"]: site["position"] for site in data["sites"]}
    expected = [
        (link["verdict"], positions[link["hub"]], positions[link["site"]])
        for link in data["links"]
        if link["hub"] != link["site"] and positions.get(link["hub"]) and positions[link["site"]]
    ]
    found = [
        (line.verdict, [round(y, 5) for y in line.path[0][::-1]], [round(y, 5) for y in line.path[-1][::-1]])
        for line in placed.lines
    ]
    assert found == expected
    assert placed.undrawn_lines == 24 - len(expected)
    assert placed.unplaced_offices == 3
    assert [office.is_hub for office in placed.offices] == [True, *[False] * 16]
    assert [each.nth for each in placed.endpoints] == [n // 20 for n in range(45) if n % 20 not in {3, 4, 5}]


@pytest.mark.parametrize("style", [HUB, *OFFICES.values(), *ENDPOINTS.values()], ids=lambda style: style.shape)
def test_marks_are_as_large_as_they_say(style: Any) -> None:
    """Each shape of the palette has an outline of about radius 1 around its place; a shift moves it whole."""
    path, moved = mark_path(style.shape), mark_path(style.shape, (3.0, -2.0))
    box = path.get_extents()
    assert 0.85 <= max(abs(np.array([box.x0, box.y0, box.x1, box.y1]))) <= 1.15
    assert moved.vertices == pytest.approx(np.add(path.vertices, (3.0, -2.0)))


@pytest.mark.parametrize("hatch", [*(each.hatch for each in COVERAGE_CLASSES), "no-data"])
def test_hatches_stay_inside(hatch: str) -> None:
    """Strokes and dots lie in the area and not in its hole, at the same places whatever the area."""
    area = shapely.box(1, 2, 30, 20).difference(shapely.box(10, 5, 20, 15))
    lines, dots = hatch_lines(area, hatch, 0.2), hatch_dots(area, hatch, 0.2)
    assert bool(lines) == (hatch not in {"none", "dots"})
    assert bool(len(dots)) == (hatch == "dots")
    for line in lines:
        assert shapely.covers(area.buffer(1e-9), shapely.linestrings(line))
    assert all(shapely.covers(area, shapely.points(dots)))
    of_part = hatch_lines(shapely.box(1, 2, 9, 20), hatch, 0.2)
    whole = shapely.multilinestrings(lines).buffer(1e-6) if lines else shapely.Polygon()
    assert bool(of_part) == bool(lines)
    assert not of_part or shapely.covers(whole, shapely.multilinestrings(of_part))
    assert hatch_lines(shapely.Polygon(), hatch, 0.2) == []
    assert len(hatch_dots(shapely.Polygon(), hatch, 0.2)) == 0


@pytest.mark.parametrize(
    ("technology", "preferred", "chosen"),
    [("3G", ("4G",), "3G"), (None, ("5G", "4G"), "5G"), (None, ("6G", "4G"), "4G"), (None, ("6G",), "2G")],
)
def test_what_is_shown_unless_asked(
    fleet: ModuleType, boxes: gpd.GeoDataFrame, technology: str | None, preferred: tuple[str, ...], chosen: str
) -> None:
    """The fallback's technology, else 4G, else the first; of it any operator and the first threshold."""
    summary = fleet.summary_of(boxes)
    assert choose_series(summary, technology, "any", ..., preferred) == Series(chosen, "any", -105.0)
    assert choose_series(summary, technology, "max", -105.0, preferred) == Series(chosen, "max", -105.0)
    assert choose_series(None, None, "any", ..., preferred) is None
