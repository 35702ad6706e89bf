"""The province map in Debian's Chromium, opened from disk with the network cut, used as a person would.

Screenshots at desktop and phone size are left in ``out/screenshots/``.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import folium
import geopandas as gpd
import map_province
import pytest
from chromium import EXECUTABLE, Watched, chromium, open_offline
from playwright.sync_api import Browser, Page, expect

from phusong.coverage.summary import CoverageSummary, LayerSource, SiteCoverage
from phusong.exporters.snapshot import Snapshot, Verdict
from phusong.maps.province_map import build_province_map, write_page

PROJECT = Path(__file__).parents[2]
SCREENSHOTS = PROJECT / "out" / "screenshots"
pytestmark = pytest.mark.skipif(not Path(EXECUTABLE).exists(), reason="Debian's chromium is not installed")


@pytest.fixture(scope="module")
def fleet() -> ModuleType:
    return map_province


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@dataclass(frozen=True)
class Province:
    """The files and the numbers of one province."""

    path: Path
    communes: gpd.GeoDataFrame
    summary: CoverageSummary
    snapshot: Snapshot


@pytest.fixture(scope="module")
def province(fleet: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Province:
    """Give the whole province on the real boundaries; on 177 boxes where ../shared is absent."""
    communes = fleet.real_communes() if fleet.REAL_BOUNDARIES.exists() else fleet.box_communes(177)
    snapshot = fleet.snapshot_of(communes)
    summary = fleet.summary_of(communes, snapshot.sites)
    path = tmp_path_factory.mktemp("province") / "map.html"
    write_page(build_province_map(communes=communes, summary=summary, snapshot=snapshot), path)
    return Province(path, communes, summary, snapshot)


@pytest.fixture
def desktop(browser: Browser, province: Province) -> Iterator[Watched]:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, timezone_id="America/New_York")
    watched = open_offline(context, province.path)
    yield watched
    context.close()


@pytest.fixture
def phone(browser: Browser, province: Province) -> Iterator[Watched]:
    context = browser.new_context(viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True)
    watched = open_offline(context, province.path)
    yield watched
    context.close()


def test_the_watch_sees_requests_and_errors(browser: Browser, tmp_path: Path) -> None:
    """Folium's own page is caught asking the network and failing: so silence below means something."""
    path = tmp_path / "plain.html"
    folium.Map(tiles=None).save(path)
    context = browser.new_context()
    watched = open_offline(context, path, drawn=False)
    assert any("leaflet.js" in url for url in watched.requests)
    assert any("L is not defined" in complaint for complaint in watched.complaints)
    context.close()


def test_desktop(desktop: Watched, province: Province) -> None:
    """One silent page with 177 communes, every line, office and endpoint, in the time of the province."""
    page = desktop.page
    expect(page.locator("path.commune")).to_have_count(177)
    at_the_hub = sum(row.info.site_id == "S0000" for row in province.snapshot.links)
    expect(page.locator("path.link")).to_have_count(345 - at_the_hub)
    expect(page.locator("path.site")).to_have_count(342)
    expect(page.locator("path.endpoint")).to_have_count(239)
    for verdict in Verdict:
        drawn = sum(row.verdict is verdict and row.info.site_id != "S0000" for row in province.snapshot.links)
        expect(page.locator(f"path.link.verdict-{verdict}")).to_have_count(drawn)
    header = page.locator(".page-header")
    expect(header).to_contain_text("14:00 22/11/2026")
    expect(header).to_contain_text("2020-01")
    expect(header).to_contain_text("giả lập (synthetic)")
    expect(header).to_contain_text("giản lược (schematic)")
    assert page.evaluate("document.documentElement.lang") == "vi"
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / "map-desktop.png")
    desktop.assert_silent()


def test_province_fills_the_map(desktop: Watched, phone: Watched) -> None:
    """The communes use the width of the map and stay inside it, on a screen and on a phone."""
    for watched in (desktop, phone):
        frame = watched.page.locator(".folium-map").bounding_box()
        assert frame is not None
        shapes: list[dict[str, float]] = watched.page.locator("path.commune").evaluate_all(
            "paths => paths.map((path) => path.getBoundingClientRect().toJSON())"
        )
        left, right = min(shape["left"] for shape in shapes), max(shape["right"] for shape in shapes)
        top, bottom = min(shape["top"] for shape in shapes), max(shape["bottom"] for shape in shapes)
        assert left >= frame["x"]
        assert right <= frame["x"] + frame["width"]
        assert top >= frame["y"]
        assert bottom <= frame["y"] + frame["height"]
        filled = max((right - left) / frame["width"], (bottom - top) / frame["height"])
        assert filled > 0.9


def _legend_counts(page: Page) -> list[int]:
    texts = page.locator(".coverage-legend .legend .count").all_inner_texts()
    return [int(text) for text in texts]


def _expected_counts(province: Province, technology: str, operator: str) -> list[int]:
    """Count the communes of each class, from full to none, as the breaks 100, 95, 80, 50, 0 say."""
    ratios = [
        next((i.area_ratio for i in c.indicators if (i.technology, i.operator) == (technology, operator)), None)
        for c in province.summary.communes
    ]
    known = [round(ratio, 6) for ratio in ratios if ratio is not None]
    return [
        sum(ratio >= 1 for ratio in known),
        sum(0.95 <= ratio < 1 for ratio in known),
        sum(0.8 <= ratio < 0.95 for ratio in known),
        sum(0.5 <= ratio < 0.8 for ratio in known),
        sum(0 < ratio < 0.5 for ratio in known),
        sum(ratio == 0 for ratio in known),
        ratios.count(None),
    ]


def test_switching_technology_and_operator(desktop: Watched, province: Province) -> None:
    """The switches restyle map, legend and table; no data is hatched and counted apart from 0 %."""
    page = desktop.page
    expect(page.locator("#switch-technology")).to_have_value("4G")
    expect(page.locator("#switch-operator")).to_have_value("any")
    for technology, operator in (("4G", "any"), ("5G", "any"), ("5G", "MobiFone"), ("2G", "max")):
        page.select_option("#switch-technology", technology)
        page.select_option("#switch-operator", operator)
        expected = _expected_counts(province, technology, operator)
        assert _legend_counts(page) == expected
        assert sum(expected) == 177
        fills = page.locator(".coverage-legend .legend rect").evaluate_all(
            "all => all.map((r) => r.getAttribute('fill'))"
        )
        for fill, count in zip(fills, expected, strict=True):
            expect(page.locator(f'path.commune[fill="{fill}"]')).to_have_count(count)
        assert fills[-1] == "url(#no-data)"
        assert expected[-1] == 1
        expect(page.locator(".legend-title")).to_contain_text(technology)
        expect(page.locator(".legend-title")).to_contain_text("2026-06-30")
    desktop.assert_silent()


def test_layers_go_and_come_back(desktop: Watched) -> None:
    """Each layer has a box that takes it off the map and puts it back."""
    page = desktop.page
    for name, drawn in (("links", "link"), ("sites", "site"), ("endpoints", "endpoint"), ("communes", "commune")):
        before = page.locator(f"path.{drawn}").count()
        page.uncheck(f"#layer-{name}")
        expect(page.locator(f"path.{drawn}")).to_have_count(0)
        page.check(f"#layer-{name}")
        expect(page.locator(f"path.{drawn}")).to_have_count(before)
    page.uncheck("#layer-districts")
    expect(page.locator(".district-label")).to_have_count(0)
    desktop.assert_silent()


def test_incidents_by_keyboard(desktop: Watched, province: Province) -> None:
    """What is wrong stands in a list, worst first; Enter on an entry opens its card on the map."""
    page = desktop.page
    page.locator(".wrong summary").focus()
    page.keyboard.press("Enter")
    first = page.locator(".incidents button").first
    expect(first).to_contain_text("Cô lập: mất kênh, không có sóng 4G")
    page.keyboard.press("Tab")
    if page.evaluate("document.activeElement.tagName") != "BUTTON":
        page.keyboard.press("Tab")  # a scrolling list takes the focus itself
    expect(first).to_be_focused()
    page.keyboard.press("Enter")
    card = page.locator(".leaflet-popup .card")
    isolated = next(row for row in province.snapshot.sites if row.isolation == "isolated")
    expect(card).to_contain_text(isolated.info.name)
    expect(card).to_contain_text(isolated.info.site_id)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / "map-incident.png")
    desktop.assert_silent()


def test_table_opens_the_commune(desktop: Watched, province: Province) -> None:
    """The table has every commune with its figure, worst first, and leads to the commune's card."""
    page = desktop.page
    page.locator(".table summary").click()
    rows = page.locator(".communes tbody tr")
    expect(rows).to_have_count(177)
    expect(rows.first).to_contain_text("0 %")
    expect(rows.last).to_contain_text("Không có dữ liệu")
    almost = next(
        c
        for c in province.summary.communes
        for i in c.indicators
        if (i.technology, i.operator) == ("4G", "any") and i.area_ratio == 0.9996
    )
    expect(rows.filter(has_text=almost.code)).to_contain_text("99,9 %")
    rows.filter(has_text=almost.code).locator("button").click()
    card = page.locator(".leaflet-popup .card")
    expect(card).to_contain_text(almost.name)
    expect(card.locator("tbody tr")).to_have_count(5)
    desktop.assert_silent()


def test_phone(phone: Watched) -> None:
    """At 360 px nothing is cut off sideways; the panel opens over the map and closes again."""
    page = phone.page
    expect(page.locator("path.commune")).to_have_count(177)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / "map-phone.png")
    panel, toggle = page.locator("#panel"), page.locator(".panel-toggle")
    expect(panel).to_be_hidden()
    toggle.tap()
    expect(panel).to_be_visible()
    expect(toggle).to_have_attribute("aria-expanded", "true")
    assert page.evaluate("document.querySelector('#panel').scrollWidth") <= 360
    page.screenshot(path=SCREENSHOTS / "map-phone-panel.png")
    page.locator(".wrong summary").tap()
    page.locator(".incidents button").first.tap()
    expect(panel).to_be_hidden()
    expect(page.locator(".leaflet-popup .card")).to_be_visible()
    phone.assert_silent()


def test_district_names_do_not_collide(desktop: Watched, phone: Watched) -> None:
    """No two names that are shown overlap; on a phone the smaller districts wait for the zoom."""
    for watched in (desktop, phone):
        boxes = watched.page.locator(".district-label span:not(.crowded)").evaluate_all(
            "all => all.map((span) => span.getBoundingClientRect().toJSON())"
        )
        assert boxes
        for i, a in enumerate(boxes):
            for b in boxes[:i]:
                apart = (
                    a["left"] >= b["right"]
                    or b["left"] >= a["right"]
                    or a["top"] >= b["bottom"]
                    or b["top"] >= a["bottom"]
                )
                assert apart


def test_print_is_one_page(desktop: Watched, tmp_path: Path) -> None:
    """On paper: one A4 page across with title, as-of time, legend and the whole province."""
    pdf = desktop.page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    desktop.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    for shown in (".page-header", ".coverage-legend", ".layers .legend >> nth=2"):
        expect(desktop.page.locator(shown)).to_be_visible()
    desktop.page.screenshot(path=SCREENSHOTS / "map-print.png")
    desktop.page.evaluate("dispatchEvent(new Event('afterprint'))")
    desktop.assert_silent()


def test_policy_stops_what_is_injected(desktop: Watched) -> None:
    """Were a text to become HTML after all, the page's policy stops the handler and the request."""
    page = desktop.page
    page.evaluate(
        """document.body.insertAdjacentHTML("beforeend", '<img src="data:," onerror="window.__ran = 1">')"""
    )
    page.evaluate("""document.body.insertAdjacentHTML("beforeend", '<img src="https://example.org/x.png">')""")
    assert page.evaluate("fetch('https://example.org/').then(() => 'sent', () => 'refused')") == "refused"
    page.wait_for_function("(window.__reports ?? []).length >= 3")
    assert page.evaluate("window.__ran") is None
    assert desktop.requests == []


HOSTILE = (
    "<img src=x onerror=window.__ran=1> </script><script>window.__ran=1</script> ${window.__ran=1} `x` "
    '{{7*7}} " onmouseover="window.__ran=1 \' <!-- ]]> &lt;b&gt; \u202egnp\u2028\u0007'
)
HOSTILE_SHOWN = (
    "<img src=x onerror=window.__ran=1> </script><script>window.__ran=1</script> ${window.__ran=1} `x` "
    '{{7*7}} " onmouseover="window.__ran=1 \' <!-- ]]> &lt;b&gt; gnp'
)


def _hostile(row: Any) -> Any:
    """Put the hostile text before every text of a row and of what is inside it; verdicts are no texts."""
    if type(row) is str:
        return HOSTILE + row
    if isinstance(row, tuple):
        return tuple(_hostile(each) for each in row)
    if dataclasses.is_dataclass(row) and not isinstance(row, type):
        values = {each.name: _hostile(getattr(row, each.name)) for each in dataclasses.fields(row)}
        return dataclasses.replace(row, **values)
    return row


def test_hostile_text_in_every_field(fleet: ModuleType, browser: Browser, tmp_path: Path) -> None:
    """Attack texts in every field of boundaries, coverage and snapshot are shown as text and nothing runs."""
    communes = fleet.box_communes(4)
    snapshot = fleet.snapshot_of(communes, sites=30, links=30, endpoints=30)
    summary = dataclasses.replace(
        fleet.summary_of(communes),
        layers=(LayerSource("f", "0", "o", "4G", None, "d"),),
        sites=tuple(SiteCoverage(row.info.site_id, "4G", ("o",)) for row in snapshot.sites),
    )
    snapshot, summary = _hostile(snapshot), _hostile(summary)
    for column in ("code", "name", "district"):
        communes[column] = [HOSTILE + text for text in communes[column]]
    path = tmp_path / "hostile.html"
    write_page(build_province_map(communes=communes, summary=summary, snapshot=snapshot), path)

    context = browser.new_context(viewport={"width": 1280, "height": 800})
    watched = open_offline(context, path)
    page = watched.page
    expect(page.locator("path.commune")).to_have_count(4)
    closed = page.locator("details:not([open]) > summary")
    while closed.count():
        closed.first.click()
    expect(page.locator(".page-header")).to_contain_text(HOSTILE_SHOWN)
    expect(page.locator(".legend-title")).to_contain_text(HOSTILE_SHOWN)
    expect(page.locator(".sources")).to_contain_text(HOSTILE_SHOWN)
    expect(page.locator(".district-label").first).to_contain_text(HOSTILE_SHOWN)
    for option in page.locator("#switch-operator option").all():
        page.select_option("#switch-operator", value=option.get_attribute("value"))
    for buttons, cards in ((".incidents button", 4), (".communes button", 4)):
        for button in page.locator(buttons).all()[:cards]:
            expect(button).to_contain_text(HOSTILE_SHOWN)
            button.click()
            expect(page.locator(".leaflet-popup .card h3").last).to_contain_text(HOSTILE_SHOWN)
    for kind in ("commune", "link", "site", "endpoint"):
        for mark in page.locator(f"path.{kind}").all()[:6]:
            mark.dispatch_event("mouseover", {"clientX": 300, "clientY": 300, "bubbles": True})
            mark.dispatch_event("click", {"clientX": 300, "clientY": 300, "bubbles": True})
    expect(page.locator(".leaflet-popup .card").last).to_contain_text(HOSTILE_SHOWN)
    assert page.evaluate("window.__ran") is None
    assert page.locator("img, script[src], iframe").count() == 0
    assert page.locator("body [onmouseover], body [onerror]").count() == 0
    watched.assert_silent()
    context.close()


def test_english_and_nothing_known(fleet: ModuleType, browser: Browser, tmp_path: Path) -> None:
    """In English, and with neither coverage nor snapshot: every commune is hatched, and the page says so."""
    path = tmp_path / "bare.html"
    write_page(build_province_map(communes=fleet.box_communes(), summary=None, snapshot=None, lang="en"), path)
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    watched = open_offline(context, path)
    expect(watched.page.locator('path.commune[fill="url(#no-data)"]')).to_have_count(12)
    expect(watched.page.locator(".page-header")).to_contain_text("No state of the lines")
    expect(watched.page.locator(".panel")).to_contain_text("No coverage layers yet.")
    assert watched.page.evaluate("document.documentElement.lang") == "en"
    watched.assert_silent()
    context.close()
