"""The picture for documents: the page's colours, counts and signs, the same bytes each time, nothing injected."""

from __future__ import annotations

import dataclasses
import io
import os
import subprocess
import sys
from collections import Counter
from itertools import combinations, pairwise
from types import ModuleType
from typing import Any

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import picture_svg
import pytest
import shapely
import whole_province
from numpy.typing import NDArray
from PIL import Image

from phusong.coverage.summary import CoverageSummary
from phusong.exporters.snapshot import ENDPOINT_VERDICTS, LINK_VERDICTS, Isolation, Snapshot
from phusong.maps.display_geometry import simplify_for_display
from phusong.maps.input_check import MapError
from phusong.maps.palette import BASE, COVERAGE_CLASSES, ENDPOINTS, HUB, LINES, NO_DATA, NO_DATA_HATCH, OFFICES
from phusong.maps.picture.frame import Frame, fit_frame
from phusong.maps.picture.province_picture import PictureError, province_picture
from phusong.maps.province_data import CommuneName, Extras, province_data
from phusong.maps.wording import WORDS

COLOURS = {each.key: each.colour.light for each in COVERAGE_CLASSES}
NO_SNAPSHOT: dict[str, Any] = {"snapshot": None}
ALLOWED_TAGS = {"svg", "title", "desc", "defs", "style", "g", "path", "use", "clipPath", "rect"}
HOSTILE = "</text></desc><script>alert(1)</script>]]>--><!--&amp;\x00\x1b[31m\u202e$\\frac{1}{0}$ {0} %s \"'`"


@pytest.fixture(scope="module")
def whole(fleet: ModuleType, boxes: gpd.GeoDataFrame) -> CoverageSummary:
    """Give figures of every measure for the boxes."""
    return whole_province.with_people(fleet.summary_of(boxes))


@pytest.fixture(scope="module")
def states(fleet: ModuleType, boxes: gpd.GeoDataFrame) -> Snapshot:
    """Give lines, offices and endpoints in every state, on the boxes."""
    made: Snapshot = fleet.snapshot_of(boxes, sites=120, links=123, endpoints=230)
    return made


def drawn(communes: gpd.GeoDataFrame, summary: CoverageSummary | None, **options: Any) -> picture_svg.Drawn:
    """Draw an SVG and read it."""
    given = {"snapshot": None, "file_format": "svg", **options}
    return picture_svg.Drawn(province_picture(communes=communes, summary=summary, **given))


def pixels(png: bytes) -> NDArray[np.uint8]:
    """Return rows of columns of red, green and blue."""
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def colour(rgb: NDArray[np.uint8]) -> str:
    """Return a colour as the palette writes it."""
    return "#" + bytes(rgb.tolist()).hex()


def box_of_map(svg: picture_svg.Drawn) -> picture_svg.Box:
    """Return where the map is on the sheet, in points."""
    ground = svg.group("map").find(f"{picture_svg.SVG}g/{picture_svg.SVG}path")
    assert ground is not None
    numbers = [float(number) for number in picture_svg.POINTS.findall(ground.get("d", ""))]
    return min(numbers[::2]), min(numbers[1::2]), max(numbers[::2]), max(numbers[1::2])


def page_shares(
    communes: gpd.GeoDataFrame, summary: CoverageSummary, technology: str, operator: str, measure: str
) -> list[float | None]:
    """Return what ``measured`` of province_measures.js gets out of the page's data, row by row."""
    names = [CommuneName(*row) for row in zip(communes.code, communes.name, communes.district, strict=True)]
    data: Any = province_data(
        names=names,
        geometry=simplify_for_display(communes),
        summary=summary,
        snapshot=None,
        lang="vi",
        extras=Extras(),
    )
    [series] = [s for s in data["series"] if (s["technology"], s["operator"]) == (technology, operator)]
    found: list[float | None] = []
    for row, commune in enumerate(data["communes"]):
        if measure in {"area", "population"}:
            found.append(series[measure][row])
        elif measure == "centre":
            found.append(None if series["centre"][row] is None else float(series["centre"][row]))
        else:
            covered, number = series["places"][measure][row], commune["places"].get(measure)
            found.append(None if covered is None or not number else covered / number)
    return found


def slow_class(share: float | None) -> str:
    """Return the class of a share, spelled out."""
    if share is None:
        return "none"
    for key, least in (("full", 1.0), ("95", 0.95), ("80", 0.8), ("50", 0.5)):
        if share >= least:
            return key
    return "low" if share > 0 else "zero"


CHOICES = [
    ("4G", "any", "area"),
    ("5G", "Viettel", "area"),
    ("4G", "max", "population"),
    ("3G", "any", "centre"),
    ("4G", "any", "site"),
    ("4G", "MobiFone", "school"),
]


@pytest.mark.parametrize(("technology", "operator", "measure"), CHOICES)
def test_communes_have_the_colour_of_their_class(
    boxes: gpd.GeoDataFrame, whole: CoverageSummary, technology: str, operator: str, measure: str
) -> None:
    """At a place in each commune the picture has its class' colour; what is not known is hatched, never 0 %."""
    options: Any = {"technology": technology, "operator": operator, "measure": measure, "width_mm": 120.0}
    sheet = box_of_map(drawn(boxes, whole, **options))
    dpi = 144
    png = province_picture(communes=boxes, summary=whole, snapshot=None, file_format="png", dpi=dpi, **options)
    image, per_point = pixels(png), dpi / 72
    width, height = (sheet[2] - sheet[0]) * 25.4 / 72, (sheet[3] - sheet[1]) * 25.4 / 72
    frame = fit_frame(tuple(boxes.total_bounds.tolist()), width, height, height)
    seen = set()
    for row, share in enumerate(page_shares(boxes, whole, technology, operator, measure)):
        west, south, east, north = boxes.geometry.iloc[row].bounds
        [(x, y)] = frame.place((west + (east - west) * 0.12, south + (north - south) * 0.12))
        column, line = round((sheet[0] + x * 72 / 25.4) * per_point), round((sheet[3] - y * 72 / 25.4) * per_point)
        key = slow_class(share)
        seen.add(key)
        if key != "none":
            assert colour(image[line, column]) == COLOURS[key], (row, key)
            continue
        around = image[line - 6 : line + 7, column - 6 : column + 7].reshape(-1, 3)
        colours = Counter(colour(each) for each in around)
        assert {NO_DATA.light, NO_DATA_HATCH.light} <= colours.keys()
        assert not colours.keys() & set(COLOURS.values())
    assert len(seen) > 1


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize(("technology", "operator", "measure"), CHOICES)
def test_legend_counts_as_the_page_does(
    boxes: gpd.GeoDataFrame, whole: CoverageSummary, technology: str, operator: str, measure: str, lang: str
) -> None:
    """Each class stands in the legend with its number of communes; a centre is covered, not covered or unknown."""
    words = WORDS[lang]
    svg = drawn(boxes, whole, technology=technology, operator=operator, measure=measure, lang=lang)
    counts = Counter(map(slow_class, page_shares(boxes, whole, technology, operator, measure)))
    keys = ["full", "95", "80", "50", "low", "zero", "none"]
    rows = [(words[f"class.{key}"], str(counts[key])) for key in keys]
    if measure == "centre":
        rows = [
            (words["centre.yes"], str(counts["full"])),
            (words["centre.no"], str(counts["zero"])),
            (words["class.none"], str(counts["none"])),
        ]
        assert counts.total() == counts["full"] + counts["zero"] + counts["none"]
    texts = svg.texts()
    begin = texts.index(rows[0][0])
    assert texts[begin : begin + 2 * len(rows)] == [text for row in rows for text in row]
    description = svg.root.findtext(f"{picture_svg.SVG}desc", "")
    for text, count in rows:
        assert f"{text}: {count}" in description
    title = words[f"measure.{measure}"].format(technology=technology)
    shown = words.get(f"operator.{operator}", operator)
    assert f"{title}, {shown}, ≥\u00a0−105\u00a0dBm, " in description
    assert "2026-06-30" in description
    assert any(text.startswith(title) for text in texts)


def test_colours_are_those_of_the_palette(
    boxes: gpd.GeoDataFrame, whole: CoverageSummary, states: Snapshot
) -> None:
    """Every class, line, office and endpoint, on the map and in the legend, has the palette's colour."""
    svg = drawn(boxes, whole, snapshot=states)
    classes = {slow_class(share) for share in page_shares(boxes, whole, "4G", "any", "area")} - {"none"}
    assert {name.removeprefix("class-") for name in svg.groups("class-")} == {*classes, "none", "none-hatch"}
    for key in classes:
        assert svg.fills(f"class-{key}") == {COLOURS[key]}
    for key in COLOURS:
        assert svg.fills(f"legend-{key}") == {COLOURS[key]}
    assert svg.fills("class-none") == svg.fills("legend-none") == {NO_DATA.light}
    assert {style["stroke"] for style in svg.styles("class-none-hatch")} == {NO_DATA_HATCH.light}
    for verdict in {row.verdict for row in states.links[1:]}:
        found = {(style["stroke"], style.get("stroke-opacity", "1")) for style in svg.styles(f"links-{verdict}")}
        assert found == {(LINES[verdict].colour.light, f"{LINES[verdict].opacity:g}")}
    for isolation in {row.isolation for row in states.sites[1:]} - {Isolation.UNKNOWN}:
        assert svg.fills(f"sites-{isolation}") == {OFFICES[isolation].colour.light}
    assert {style["stroke"] for style in svg.styles("sites-unknown")} == {OFFICES[Isolation.UNKNOWN].colour.light}
    for row in states.endpoints:
        style = ENDPOINTS[row.verdict]
        by = "stroke" if style.shape == "hollow-screen" else "fill"
        names = {f"endpoints-{row.verdict}{nth}" for nth in ("", "-1")} & set(svg.groups("endpoints-"))
        used = {each.get(by) for name in names for each in svg.styles(name)}
        assert style.colour.light in used
    assert svg.fills(f"hub-{states.sites[0].isolation}") == {HUB.colour.light}


def test_lines_differ_as_on_the_page(boxes: gpd.GeoDataFrame, states: Snapshot) -> None:
    """Widths and dashes keep the palette's proportions, what is wrong has a casing, the worst is drawn last."""
    svg = drawn(boxes, None, snapshot=states)
    [unit] = {float(style.get("stroke-width", "1")) / LINES["down"].weight for style in svg.styles("links-down")}  # type: ignore[index]
    order = []
    for verdict in LINES:
        name = f"links-{verdict}"
        if name not in svg.groups("links-"):
            continue
        order.append(verdict)
        for style in svg.styles(name):
            assert float(style.get("stroke-width", "1")) == pytest.approx(LINES[verdict].weight * unit, abs=1e-3)
            dashes = [float(each) for each in style.get("stroke-dasharray", "").replace(",", " ").split()]
            assert dashes == pytest.approx([float(each) * unit for each in LINES[verdict].dash.split()], abs=1e-3)
        assert (f"{name}-casing" in svg.groups("links-")) == (verdict != "up")
    names = [name for name in svg.groups("links-") if not name.endswith("-casing")]
    assert names == [f"links-{verdict}" for verdict in order]
    assert len(order) == len(LINK_VERDICTS)


def test_every_state_is_drawn_and_counted(boxes: gpd.GeoDataFrame, states: Snapshot) -> None:
    """So many marks and lines as there are, the hub as a star, two lines of an office beside each other."""
    svg = drawn(boxes, None, snapshot=states, lang="en")
    offices = Counter(row.isolation for row in states.sites[1:])
    assert {name: len(svg.places(f"sites-{name}")) for name in offices} == offices
    assert len(svg.places(f"hub-{states.sites[0].isolation}")) == 1
    endpoints = Counter(row.verdict for row in states.endpoints)
    marks: Counter[str] = Counter()
    for verdict in ENDPOINT_VERDICTS:
        for nth in ("", "-1"):
            if f"endpoints-{verdict}{nth}" in svg.groups("endpoints-"):
                marks[verdict] += len(svg.places(f"endpoints-{verdict}{nth}"))
    assert marks == endpoints
    lines = [line for verdict in LINES for line in svg.lines(f"links-{verdict}")]
    assert len(lines) == len(states.links) - 2  # the hub's own two have no way
    assert Counter(len(line) for line in lines) == {2: 119, 17: 2}
    texts = svg.texts()
    words = WORDS["en"]
    for group, counts in (
        ("verdict", Counter(row.verdict for row in states.links)),
        ("isolation", Counter(row.isolation for row in states.sites)),
        ("endpoint", endpoints),
    ):
        for state, count in counts.items():
            text = words[f"{group}.{state}"].format(technology="4G")
            assert str(count) in {after for before, after in pairwise(texts) if before == text}


def test_hatches_are_an_option(boxes: gpd.GeoDataFrame, whole: CoverageSummary) -> None:
    """With it every class but the best has strokes on its colour; without it only what is not known."""
    plain, hatched = drawn(boxes, whole), drawn(boxes, whole, hatches=True)
    keys = {name for name in plain.groups("class-") if not name.endswith("-hatch")}
    assert [name for name in plain.groups("class-") if name.endswith("-hatch")] == ["class-none-hatch"]
    assert {name for name in hatched.groups("class-") if name.endswith("-hatch")} == {
        f"{name}-hatch" for name in keys - {"class-full"}
    }
    assert "legend-95-hatch" in hatched.groups("legend-")
    for name in keys:
        assert plain.fills(name) == hatched.fills(name)


def test_what_the_sheet_says(boxes: gpd.GeoDataFrame, whole: CoverageSummary, states: Snapshot) -> None:
    """Title, as of when, edition, number, what is not real; sources; and the same without states or figures."""
    texts = drawn(boxes, whole, snapshot=states, lang="en", width_mm=500.0).texts()
    assert texts[0] == "Leased lines and mobile coverage"
    assert texts[1] == (
        "As of 14:00 22/11/2026 (Viet Nam time, GMT+7)   ·   Boundaries of edition 2020-01 · 12 communes"
    )
    assert {WORDS["en"]["synthetic"], WORDS["en"]["schematic"]} <= set(texts)
    sources = next(text for text in texts if text.startswith("Boundaries: communes.gpkg, simplified by "))
    assert "4G · Viettel · ≥\u00a0−105\u00a0dBm · dated 2026-06-30" in sources
    assert "2 lines are not drawn" in sources
    assert "5G" not in sources
    real = dataclasses.replace(whole, synthetic=False, schematic=False)
    texts = drawn(boxes, real, lang="en", width_mm=500.0).texts()
    assert texts[1] == "No state of the lines   ·   Boundaries of edition 2020-01 · 12 communes"
    assert not {WORDS["en"]["synthetic"], WORDS["en"]["schematic"]} & set(texts)
    texts = drawn(boxes, None, lang="en", width_mm=500.0).texts()
    assert texts[1] == "No state of the lines"
    assert "No coverage layers yet." in texts


def test_offices_that_are_not_on_the_map(boxes: gpd.GeoDataFrame, states: Snapshot) -> None:
    """Those without a position and those outside the window are counted below."""

    def moved(row: int, lat: float | None) -> Any:
        return dataclasses.replace(states.sites[row], info=dataclasses.replace(states.sites[row].info, lat=lat))

    sites = (*states.sites[:5], moved(5, None), moved(6, 95.0), moved(7, 22.5), *states.sites[8:])
    svg = drawn(boxes, None, snapshot=dataclasses.replace(states, sites=sites), lang="en", width_mm=500.0)
    said = " ".join(svg.texts())
    assert "2 offices have no position and are not on the map." in said
    assert "1 offices lie outside the picture." in said
    assert "4 lines are not drawn" in said


def test_land_lies_under_the_communes(boxes: gpd.GeoDataFrame, whole: CoverageSummary) -> None:
    """Land around has the palette's colour and its name, borders are dashed; without any there is sea."""
    shapes = [shapely.box(106, 20, 107.05, 22), shapely.LineString([(107.1, 20), (107.3, 22)]), None]
    land = gpd.GeoDataFrame({"name": ["Đất <liền>", "", None]}, geometry=shapes, crs="EPSG:4326")
    svg = drawn(boxes, whole, land=land.to_crs("EPSG:5899"), land_source="Nguồn thử", lang="en")
    assert svg.fills("land") == {BASE["land"].light}
    assert all("stroke-dasharray" in style for style in svg.styles("land-borders"))
    assert any("Land around: Nguồn thử" in text for text in svg.texts())
    order = [name for name in svg.groups("") if name in {"land", "graticule", "class-full", "outline"}]
    assert order == ["land", "graticule", "class-full", "outline"]
    png = province_picture(
        communes=boxes, summary=whole, snapshot=None, land=land, file_format="png", width_mm=120, dpi=144
    )
    sheet = box_of_map(drawn(boxes, whole, width_mm=120.0))
    image, middle = pixels(png), round(sheet[1] + sheet[3])
    assert colour(image[middle + 3, round(2 * sheet[0]) + 8]) == BASE["land"].light
    assert colour(image[middle + 3, round(2 * sheet[2]) - 8]) == BASE["sea"].light
    with pytest.raises(PictureError, match="the land around has no CRS"):
        drawn(boxes, whole, land=gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)]))


def _overlap(one: picture_svg.Box, other: picture_svg.Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@pytest.mark.parametrize("width_mm", [60.0, 160.0, 250.0, 700.0])
def test_names_do_not_run_into_each_other(
    fleet: ModuleType, real_communes: gpd.GeoDataFrame, width_mm: float
) -> None:
    """The drawn letters of two are apart, inside the map, and off the hub and offices whose lines are out."""
    snapshot = fleet.snapshot_of(real_communes)
    svg = drawn(real_communes, None, snapshot=snapshot, width_mm=width_mm)
    boxes = {name: svg.box(name) for name in svg.groups("name-")}
    for (one, box), (other, box_of_other) in combinations(boxes.items(), 2):
        assert not _overlap(box, box_of_other), (one, other)
    sheet = box_of_map(svg)
    for box in boxes.values():
        assert sheet[0] <= box[0]
        assert sheet[1] <= box[1]
        assert box[2] <= sheet[2]
        assert box[3] <= sheet[3]
    signs = [
        place for name in ("hub-connected", "sites-isolated", "sites-on_fallback") for place in svg.places(name)
    ]
    assert len(signs) > 1
    for x, y in signs:
        assert not any(_overlap(box, (x, y, x, y)) for box in boxes.values())
    districts = [name for name in boxes if name.startswith("name-district")]
    assert len(districts) >= (13 if width_mm >= 160 else 5)
    assert len(boxes) - len(districts) >= {60.0: 0, 160.0: 15, 250.0: 15, 700.0: 60}[width_mm]


def test_hostile_text_is_only_shown(boxes: gpd.GeoDataFrame, states: Snapshot, whole: CoverageSummary) -> None:
    """Markup, mathtext, control characters and format strings in every field: an SVG of shapes, nothing else."""
    attacked = boxes.assign(name=HOSTILE, district=[f"{HOSTILE}{n % 2}" for n in range(len(boxes))])
    summary = dataclasses.replace(
        whole,
        edition=HOSTILE,
        boundaries_file=HOSTILE,
        layers=tuple(
            dataclasses.replace(each, file=HOSTILE, operator=HOSTILE, technology=HOSTILE, date=HOSTILE)
            for each in whole.layers
        ),
        communes=tuple(
            dataclasses.replace(
                commune,
                name=HOSTILE,
                district=HOSTILE,
                indicators=tuple(
                    dataclasses.replace(each, technology=HOSTILE, operator=HOSTILE) for each in commune.indicators
                ),
            )
            for commune in whole.communes
        ),
    )
    info = dataclasses.replace(states.sites[3].info, name=HOSTILE, kind=HOSTILE, commune_code=HOSTILE)
    snapshot = dataclasses.replace(
        states,
        edition=HOSTILE,
        fallback_technology=HOSTILE,
        sites=(*states.sites[:3], dataclasses.replace(states.sites[3], info=info), *states.sites[4:]),
        links=tuple(dataclasses.replace(each, problem=HOSTILE, cause=HOSTILE) for each in states.links),
    )
    land = gpd.GeoDataFrame({"name": [HOSTILE]}, geometry=[shapely.box(106, 20, 107.1, 22)], crs="EPSG:4326")
    options: Any = {"operator": HOSTILE, "land": land, "land_source": HOSTILE, "snapshot": snapshot}
    svg = province_picture(communes=attacked, summary=summary, file_format="svg", **options)
    root = picture_svg.Drawn(svg).root
    assert {element.tag.removeprefix(picture_svg.SVG) for element in root.iter()} <= ALLOWED_TAGS
    for element in root.iter():
        for name, value in element.attrib.items():
            assert not name.startswith("on")
            assert name != picture_svg.HREF or value.startswith("#")
        texts = (element.text or "", element.tail or "")
        assert element.tag in {f"{picture_svg.SVG}{tag}" for tag in ("title", "desc", "style")} or not any(
            text.strip() for text in texts
        )
    assert b"<!" not in svg
    description = root.findtext(f"{picture_svg.SVG}desc", "")
    assert "<script>alert(1)</script>" in description
    assert not set("\x00\x1b\u202e") & set(description)
    texts = " ".join(picture_svg.Drawn(svg).texts())
    assert "</text></desc><script>alert(1)</script>" in texts
    png = province_picture(communes=attacked, summary=summary, file_format="png", dpi=50, **options)
    assert len(np.unique(pixels(png).reshape(-1, 3), axis=0)) > 20


def test_formulas_are_not_computed(boxes: gpd.GeoDataFrame) -> None:
    """A dollar is a dollar, also where what stands between two is no formula."""
    land = gpd.GeoDataFrame(
        {"name": [r"$\alpha$ $\nonsense{$"]}, geometry=[shapely.box(106, 20, 109, 22)], crs=4326
    )
    assert r"$\alpha$ $\nonsense{$" in drawn(boxes, None, land=land).texts()


def test_odd_letters_are_drawn_as_boxes(boxes: gpd.GeoDataFrame) -> None:
    """A letter that the font has not is no warning and no error; accents are put on their letters."""
    names = ["漢字", "สวัสดี", "Hòa Bình", "", None, float("nan"), 7, *["x"] * 5]
    odd = boxes.assign(name=names, district=None)
    assert drawn(odd, None, width_mm=400.0).groups("name-commune")
    assert province_picture(communes=odd, summary=None, snapshot=None, file_format="png", dpi=50)


@pytest.mark.parametrize("file_format", ["png", "svg"])
def test_same_inputs_same_bytes(
    boxes: gpd.GeoDataFrame, whole: CoverageSummary, states: Snapshot, file_format: Any
) -> None:
    """Twice, and under settings of the user's own; these are left as they were."""
    options: Any = {"communes": boxes, "summary": whole, "snapshot": states, "file_format": file_format, "dpi": 72}
    once = province_picture(**options)
    with mpl.rc_context(
        {
            "font.size": 30,
            "savefig.bbox": "tight",
            "svg.hashsalt": None,
            "svg.fonttype": "none",
            "text.usetex": True,
            "axes.facecolor": "red",
            "lines.scale_dashes": True,
        }
    ):
        before = dict(mpl.rcParams)
        assert province_picture(**options) == once
        assert dict(mpl.rcParams) == before
    for word in (b"2026-11-27", b"Matplotlib", b"<dc:date"):
        assert word not in once


def test_same_bytes_in_another_process() -> None:
    """Neither the seed of hashes nor the time zone of the machine is seen in a picture."""
    program = (
        "import hashlib, sys; sys.path.insert(0, 'tests/support'); import map_province as m\n"
        "from phusong.maps.picture.province_picture import province_picture\n"
        "boxes = m.box_communes(); states = m.snapshot_of(boxes, 20, 22, 20)\n"
        "svg = province_picture(communes=boxes, summary=m.summary_of(boxes), snapshot=states, file_format='svg')\n"
        "print(hashlib.sha256(svg).hexdigest())"
    )

    def run(seed: str, zone: str) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "SOURCE_DATE_EPOCH": "1"}
        return subprocess.run(
            [sys.executable, "-c", program], env=environment, check=True, capture_output=True, text=True
        ).stdout

    assert run("1", "UTC") == run("2", "America/New_York")


def test_an_svg_asks_for_nothing(boxes: gpd.GeoDataFrame, whole: CoverageSummary, states: Snapshot) -> None:
    """No DTD, no font, no address but the names of namespaces; ids are unique; title and text to be read out."""
    svg = province_picture(communes=boxes, summary=whole, snapshot=states, file_format="svg", lang="en")
    assert {part.split(b'"')[0] for part in svg.split(b"http")[1:]} == {
        b"://www.w3.org/2000/svg",
        b"://www.w3.org/1999/xlink",
    }
    for word in (b"DOCTYPE", b"font-family", b"<text", b"@import", b"<image", b"data:image"):
        assert word not in svg
    root = picture_svg.Drawn(svg).root
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(set(ids)) == len(ids)
    assert [child.tag for child in root][:2] == [f"{picture_svg.SVG}title", f"{picture_svg.SVG}desc"]
    assert root.get("aria-labelledby") == " ".join(child.get("id", "") for child in list(root)[:2])
    assert root.findtext(f"{picture_svg.SVG}title") == WORDS["en"]["title"]


@pytest.mark.parametrize(("width_mm", "dpi"), [(50.0, 600), (160.0, 100), (250.0, 50), (1000.0, 50)])
def test_size_is_what_was_asked_for(boxes: gpd.GeoDataFrame, states: Snapshot, width_mm: float, dpi: int) -> None:
    """Width in millimetres and dots per inch, which the file tells to the program that it is put into."""
    png = province_picture(
        communes=boxes, summary=None, snapshot=states, file_format="png", width_mm=width_mm, dpi=dpi
    )
    image = Image.open(io.BytesIO(png))
    assert image.width == pytest.approx(width_mm / 25.4 * dpi, abs=1)
    assert image.info["dpi"] == pytest.approx((dpi, dpi), abs=0.02)
    svg = drawn(boxes, None, snapshot=states, width_mm=width_mm)
    assert float(svg.root.get("width", "").removesuffix("pt")) == pytest.approx(width_mm / 25.4 * 72, abs=0.01)
    assert image.height / image.width == pytest.approx(
        float(svg.root.get("height", "").removesuffix("pt")) / (width_mm / 25.4 * 72), rel=0.01
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lang": "fr"}, "language 'fr' is not known: use one of en, vi"),
        ({"file_format": "pdf"}, "format 'pdf' is not known: use png or svg"),
        ({"width_mm": 49.9}, "width 49.9 mm: choose 50 to 1000"),
        ({"width_mm": float("nan")}, "width nan mm: choose 50 to 1000"),
        ({"dpi": 601}, "601 dots per inch: choose 50 to 600"),
        ({"dpi": 600, "width_mm": 1000, "file_format": "png"}, "choose at most [0-9]+ dots per inch, or an SVG"),
        ({"measure": "people"}, "there is no such measure; choose one of area, population, centre, site, school$"),
        ({"measure": "hospital"}, "'hospital': there are no figures for it; choose one of area, .*, school$"),
        ({"technology": "6G"}, "technology '6G': there are no figures for it; choose one of 2G, 3G, 4G, 5G"),
        ({"operator": "Nobody"}, "operator 'Nobody': .*; choose one of any, max, Viettel, VinaPhone, MobiFone"),
        ({"min_dbm": -90.0}, "threshold -90: there are no figures for it of 4G, any; choose one of -105"),
        ({"min_dbm": None}, "threshold none: there are no figures for it of 4G, any; choose one of -105"),
        ({"summary": None, "technology": "4G"}, "technology '4G': there are no coverage figures; run 'phusong"),
        ({"summary": None, "measure": "centre"}, "'centre': there are no figures for it; choose one of area$"),
        ({"communes": gpd.GeoDataFrame({"code": ["1"]})}, "lack district, geometry, name: take layer 'communes'"),
    ],
)
def test_what_cannot_be_drawn(
    boxes: gpd.GeoDataFrame, whole: CoverageSummary, options: dict[str, Any], message: str
) -> None:
    """Each error says what there is instead."""
    given = {"communes": boxes, "summary": whole, "snapshot": None, "file_format": "svg", **options}
    with pytest.raises(MapError, match=message):
        province_picture(**given)


def test_what_does_not_belong_together(
    fleet: ModuleType, boxes: gpd.GeoDataFrame, whole: CoverageSummary, states: Snapshot
) -> None:
    """Mixed editions and foreign codes are refused, as by the page."""
    with pytest.raises(MapError, match=r"edition '2020-01'.*'2025-07'"):
        drawn(boxes, whole, snapshot=dataclasses.replace(states, edition="2025-07"))
    with pytest.raises(MapError, match="no commune code"):
        drawn(boxes.assign(code=[f"x{code}" for code in boxes.code]), whole)


def test_one_small_place(fleet: ModuleType) -> None:
    """A single commune, and one of less than a metre: a window of a kilometre, and no failure."""
    one = fleet.box_communes(1)
    assert drawn(one, fleet.summary_of(one)).groups("class-none") != []
    speck = one.set_geometry([shapely.box(107, 21, 107.000001, 21.000001)], crs=4326)
    assert isinstance(fit_frame((107, 21, 107, 21), 100, 50, 90), Frame)
    assert drawn(speck, None).groups("map") == ["map"]
