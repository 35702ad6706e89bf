"""The ways in which outside text became code in pages of this kind, tried on every field."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable
from pathlib import Path
from typing import Any

import map_province
import pytest
from chromium import Watched, zoom_in
from playwright.sync_api import Page, expect
from whole_province import coverage_of, gaps_of, history_of, with_people

from phusong.coverage.summary import LayerSource, SiteCoverage
from phusong.maps.display_layers import coverage_for_display, gaps_for_display
from phusong.maps.province_data import Extras, OtherRun, TileServer
from phusong.maps.province_map import build_province_map, write_page

ATTACKS = {
    "image": "<img src=x onerror=window.__ran=1>",
    "script": "</script><script>window.__ran=1</script>",
    "template": "${window.__ran=1}",
    "backtick": "`",
    "jinja": "{{7*7}}{% set x=1 %}{# #}",
    "attribute": "\" onmouseover=\"window.__ran=1 ' onfocus='window.__ran=1",
    "markup": "<!-- ]]> &lt;b&gt; <svg onload=window.__ran=1>",
    "invisible": "\u202egnp\u2028\u0007\x00\ud800",
    "address": "javascript:window.__ran=1",
    "formula": '=HYPERLINK("http://example.org")',
    "prototype": "__proto__",
}
"""What folium's tooltips, popups, layer names and template literals let through, and what else there is."""

SEEN = {
    **ATTACKS,
    "jinja": "{{7*7}}{% set x=1 %}{# #}",
    "invisible": "gnp",
}
"""What must be read on the page: the text itself, without what acts instead of being seen."""


def hostile(row: Any, attack: str) -> Any:
    """Put the attack before every text of a row and of what is inside it; verdicts are no texts."""
    if isinstance(row, str) and not isinstance(row, enum.Enum):
        return attack + row
    if isinstance(row, tuple):
        return tuple(hostile(each, attack) for each in row)
    if dataclasses.is_dataclass(row) and not isinstance(row, type):
        values = {each.name: hostile(getattr(row, each.name), attack) for each in dataclasses.fields(row)}
        return dataclasses.replace(row, **values)
    return row


def page_with(attack: str, path: Path) -> None:
    """Write a page with the attack in every field: boundaries, coverage, inventory, SNMP, plan, second run."""
    communes = map_province.box_communes(4)
    plain = map_province.snapshot_of(communes, sites=30, links=30, endpoints=30)
    figures = with_people(
        dataclasses.replace(
            map_province.summary_of(communes),
            layers=(LayerSource("f", "0", "o", "4G", None, "d"),),
            sites=tuple(SiteCoverage(row.info.site_id, "4G", ("o",)) for row in plain.sites),
        )
    )
    written = attack.replace("\ud800", "")  # a file of geodata is UTF-8, which has no lone surrogates
    gaps = gaps_of(communes)
    for column in ("commune_codes", "commune_names", "nearest"):
        gaps[column] = [written + text for text in gaps[column]]
    coverage = coverage_of(communes)
    for column in ("technology", "operator"):
        coverage[column] = [written + text for text in coverage[column]]
    summary = hostile(figures, written)
    snapshot = dataclasses.replace(hostile(plain, attack), edition=summary.edition)
    for column in ("code", "name", "district"):
        communes[column] = [written + text for text in communes[column]]
    extras = Extras(
        land_source=attack,
        coverage=coverage_for_display(coverage),
        gaps=gaps_for_display(gaps),
        history=history_of(snapshot),
        other=OtherRun(summary, attack),
        tiles=None,
    )
    write_page(build_province_map(communes=communes, summary=summary, snapshot=snapshot, extras=extras), path)


def use_everything(page: Page) -> None:
    """Open every section, table, list, card and tooltip, and turn every switch."""
    closed = page.locator("details:not([open]) > summary:visible")
    while closed.count():
        closed.first.click()
    for select in page.locator(".panel select:visible").all():
        if select.get_attribute("id") == "switch-lang":
            continue
        for value in select.locator("option").evaluate_all("all => all.map((each) => each.value)"):
            select.select_option(value=value)
        select.select_option(index=0)
    page.check("#layer-coverage")
    page.check("#layer-gaps")
    page.fill("#search", "xa")
    page.keyboard.press("Escape")
    page.click(".table-tool")
    for tab in page.locator(".tab").all():
        tab.click()
        page.locator(".table tbody button").first.click()
    page.locator(".table-tools >> text=Đóng").click()
    for kind in ("commune", "link", "site", "endpoint", "gap"):
        for mark in page.locator(f".folium-map path.{kind}").all()[:4]:
            mark.dispatch_event("mouseover", {"clientX": 300, "clientY": 300, "bubbles": True})
            mark.dispatch_event("click", {"clientX": 300, "clientY": 300, "bubbles": True})
    for button in page.locator(".panel .incidents button:visible").all()[:4]:
        button.click()
    page.locator("#history-slider").fill(page.locator("#history-slider").get_attribute("min") or "0")
    page.click(".history .now")
    page.click(".oncall-tool")
    page.click(".oncall-tool")


@pytest.mark.parametrize("name", ATTACKS)
def test_attack_in_every_field(opened: Callable[..., Watched], tmp_path: Path, name: str) -> None:
    """The attack is shown as text wherever its field is shown; nothing runs, nothing is asked, nothing breaks."""
    path = tmp_path / "hostile.html"
    page_with(ATTACKS[name], path)
    watched = opened(path)
    page = watched.page
    expect(page.locator(".folium-map path.commune")).to_have_count(4)
    use_everything(page)
    seen = SEEN[name]
    for place in (
        ".page-header .edition",
        ".sources",
        ".map-label.district span",
        "#switch-operator",
        ".leaflet-popup .card h3",
    ):
        expect(page.locator(place).first).to_contain_text(seen)
    assert page.evaluate("window.__ran") is None
    assert page.locator("img, script[src], iframe, a[href^='javascript' i]").count() == 0
    assert page.locator("body [onmouseover], body [onerror], body [onload], body [onfocus]").count() == 0
    assert (
        page.evaluate("(() => { for (const key in {}) return key; return null; })()") is None
    )  # no prototype got it
    watched.assert_silent()


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


def test_saved_formula_is_a_text(opened: Callable[..., Watched], tmp_path: Path) -> None:
    """A name that a spreadsheet would compute stands behind an apostrophe in the saved CSV, as in communes.csv."""
    path = tmp_path / "hostile.html"
    page_with(ATTACKS["formula"], path)
    page = opened(path).page
    page.click(".table-tool")
    with page.expect_download() as saved:
        page.click(".csv-tool")
    target = tmp_path / "table.csv"
    saved.value.save_as(target)
    lines = target.read_text(encoding="utf-8-sig").splitlines()[1:]
    assert len(lines) == 4
    assert all(line.startswith("\"'=HYPERLINK(") for line in lines)


def test_tiles_only_from_the_server_named(opened: Callable[..., Watched], tmp_path: Path) -> None:
    """With a tile server named, its pictures are asked for and nothing else; unchecking the layer ends that."""
    path = tmp_path / "tiles.html"
    communes = map_province.box_communes(4)
    tiles = TileServer("http://127.0.0.9:8099/{z}/{x}/{y}.png", "Bản đồ nền của tỉnh")
    write_page(
        build_province_map(communes=communes, summary=None, snapshot=None, extras=Extras(tiles=tiles)), path
    )
    watched = opened(path)
    watched.page.wait_for_timeout(300)
    assert watched.requests
    assert all(url.startswith("http://127.0.0.9:8099/") for url in watched.requests)
    assert watched.reports() == []
    expect(watched.page.locator(".tiles-by")).to_have_text("Bản đồ nền của tỉnh")
    watched.page.locator(".sources summary").click()
    expect(watched.page.locator(".sources")).to_contain_text("http://127.0.0.9:8099")
    watched.page.uncheck("#layer-tiles")
    expect(watched.page.locator(".tiles-by")).to_be_hidden()
    count = len(watched.requests)
    zoom_in(watched.page)
    assert len(watched.requests) == count
