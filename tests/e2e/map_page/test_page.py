"""What the page shows when it is opened: all there is, as of when, silently, on a desk, a phone and paper."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path

import folium
import map_province
from chromium import Watched, keep_picture, open_offline, zoom_in
from playwright.sync_api import Browser, expect
from whole_province import Province

from phusong.exporters.snapshot import Verdict
from phusong.maps.province_map import build_province_map, write_page


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
    expect(header).to_contain_text("Số liệu lúc 14:00 22/11/2026")
    expect(header).to_contain_text("2020-01")
    expect(header).to_contain_text("giả lập (synthetic)")
    expect(header).to_contain_text("giản lược (schematic)")
    assert page.evaluate("document.documentElement.lang") == "vi"
    keep_picture(page, "desktop")
    desktop.assert_silent()


def test_every_page_says_what_it_stands_on(
    desktop: Watched, opened: Callable[..., Watched], tmp_path: Path
) -> None:
    """Layers with their dates and thresholds, and whether they and the boundaries are real: where they are too."""
    communes = map_province.box_communes(4)
    summary = map_province.summary_of(communes)
    real = dataclasses.replace(summary, synthetic=False, schematic=False)
    path = tmp_path / "real.html"
    write_page(build_province_map(communes=communes, summary=real, snapshot=None, lang="en"), path)
    given = opened(path).page
    for page in (desktop.page, given):
        page.locator(".sources summary").click()
    expect(desktop.page.locator(".sources")).to_contain_text("giả lập (synthetic)")
    expect(desktop.page.locator(".sources")).to_contain_text("giản lược (schematic)")
    expect(desktop.page.locator(".sources")).to_contain_text("4G · Viettel · ≥ −105 dBm · ngày 2026-06-30")
    expect(given.locator(".badge")).to_have_count(0)
    expect(given.locator(".sources")).to_contain_text("as given, not synthetic")
    expect(given.locator(".sources")).to_contain_text("as given, not schematic")


def test_at_most_two_megabytes(province: Province) -> None:
    """All of it, with history, a second run, coverage polygons and gaps, is a file to be carried on a stick."""
    assert province.path.stat().st_size <= 2_000_000


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


def test_layers_go_and_come_back(desktop: Watched) -> None:
    """Each layer has a box that takes it off the map and puts it back, worst states on top again."""
    page = desktop.page
    for name, drawn in (
        ("links", "link"),
        ("sites", "site"),
        ("endpoints", "endpoint"),
        ("communes", "commune"),
    ):
        before = page.locator(f"path.{drawn}").count()
        page.uncheck(f"#layer-{name}")
        expect(page.locator(f"path.{drawn}")).to_have_count(0)
        page.check(f"#layer-{name}")
        expect(page.locator(f"path.{drawn}")).to_have_count(before)
    expect(page.locator("path.link").last).to_have_class(re.compile("verdict-down"))
    expect(page.locator("path.site").last).to_have_class(re.compile("isolation-isolated"))
    page.uncheck("#layer-districts")
    expect(page.locator(".map-label.district")).to_have_count(0)
    desktop.assert_silent()


def test_coverage_polygons_follow_the_switches(desktop: Watched) -> None:
    """The polygons behind the figures can be laid over the communes: those of the technology that is shown."""
    page = desktop.page
    expect(page.locator("path.coverage-shape")).to_have_count(0)
    page.check("#layer-coverage")
    expect(page.locator("path.coverage-shape")).to_have_count(1)
    before = page.locator("path.coverage-shape").get_attribute("d")
    page.select_option("#switch-technology", "5G")
    assert page.locator("path.coverage-shape").get_attribute("d") != before
    keep_picture(page, "coverage")
    desktop.assert_silent()


def test_gaps_have_cards(desktop: Watched, opened: Callable[..., Watched]) -> None:
    """Uncovered land with most people is drawn where a plan was given, and says what lies in it."""
    page = desktop.page
    page.check("#layer-gaps")
    expect(page.locator("path.gap")).to_have_count(3)
    page.locator("path.gap").first.dispatch_event("click")
    card = page.locator(".leaflet-popup .card")
    expect(card).to_contain_text("Vùng lõm số 1")
    expect(card).to_contain_text("km²")
    again = opened(address="#" + page.url.split("#")[1])
    expect(again.page.locator(".leaflet-popup .card")).to_contain_text("Vùng lõm số 1")
    desktop.assert_silent()


def test_labels_do_not_collide(desktop: Watched, phone: Watched) -> None:
    """No two names that are shown overlap, far out and close; closer there are communes' names too."""
    for watched in (desktop, phone):
        kinds = set()
        for _ in range(3):
            labels = watched.page.locator(".map-label:is(.district, .commune)")
            boxes = labels.locator("span").evaluate_all(
                "all => all.map((each) =>"
                " ({ ...each.getBoundingClientRect().toJSON(), kind: each.parentElement.className }))"
            )
            assert boxes
            kinds |= {"commune" for box in boxes if "commune" in box["kind"]}
            for i, a in enumerate(boxes):
                for b in boxes[:i]:
                    apart = (
                        a["left"] >= b["right"]
                        or b["left"] >= a["right"]
                        or a["top"] >= b["bottom"]
                        or b["top"] >= a["bottom"]
                    )
                    assert apart, (a, b)
            zoom_in(watched.page)
        assert kinds == {"commune"}


def test_phone(phone: Watched) -> None:
    """At 360 px nothing is cut off sideways; the panel opens over the map and closes again."""
    page = phone.page
    expect(page.locator("path.commune")).to_have_count(177)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    keep_picture(page, "phone")
    panel, toggle = page.locator("#panel"), page.locator(".panel-toggle")
    expect(panel).to_be_hidden()
    toggle.tap()
    expect(panel).to_be_visible()
    expect(toggle).to_have_attribute("aria-expanded", "true")
    assert page.evaluate("document.querySelector('#panel').scrollWidth") <= 360
    keep_picture(page, "phone-panel")
    page.locator(".wrong summary").first.tap()
    page.locator(".panel .incidents button").first.tap()
    expect(panel).to_be_hidden()
    expect(page.locator(".leaflet-popup .card")).to_be_visible()
    page.locator(".table-tool").tap()
    expect(page.locator(".table tbody tr").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    keep_picture(page, "phone-table")
    phone.assert_silent()


def test_print_is_one_page(desktop: Watched) -> None:
    """On paper: one light A4 page across with title, time, legend, the whole province; then all is as before."""
    page = desktop.page
    page.locator(".display summary").click()
    page.select_option("#switch-theme", "dark")
    zoom_in(page)
    before = page.url
    pdf = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    keep_picture(page, "print")
    for shown in (
        ".page-header h1",
        ".as-of",
        ".panel .coverage-legend",
        ".layers .legend >> nth=-1",
        ".sources li >> nth=-1",
    ):
        expect(page.locator(shown)).to_be_visible()
    cut = "(({ scrollHeight, clientHeight }) => scrollHeight - clientHeight)(document.querySelector('.panel'))"
    assert page.evaluate(cut) <= 1
    for hidden in (".tools", ".history", ".switches >> nth=0"):
        expect(page.locator(hidden)).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    assert page.url == before
    desktop.assert_silent()


def test_english_and_nothing_known(opened: Callable[..., Watched], tmp_path: Path) -> None:
    """In English, and with neither coverage nor snapshot: every commune is hatched, and the page says so."""
    path = tmp_path / "bare.html"
    communes = map_province.box_communes()
    write_page(build_province_map(communes=communes, summary=None, snapshot=None, lang="en"), path)
    watched = opened(path)
    expect(watched.page.locator('path.commune[fill="url(#no-data)"]')).to_have_count(12)
    expect(watched.page.locator(".page-header")).to_contain_text("No state of the lines")
    expect(watched.page.locator(".sources")).to_contain_text("No coverage layers yet.")
    expect(watched.page.locator(".history")).to_be_hidden()
    assert watched.page.evaluate("document.documentElement.lang") == "en"
    watched.assert_silent()
