"""Two runs or two operators: as difference in percentage points, or side by side."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import map_province
from chromium import Watched, keep_picture, zoom_in
from playwright.sync_api import Page, expect
from whole_province import Province

from phusong.coverage.summary import CoverageSummary
from phusong.maps.display_geometry import simplify_for_display
from phusong.maps.palette import DIFFERENCE_CLASSES
from phusong.maps.province_data import Extras, OtherRun
from phusong.maps.province_map import build_province_map, commune_names, write_page


def ratios(summary: CoverageSummary, technology: str, operator: str) -> dict[str, float]:
    """Return the covered shares of a series by commune."""
    return {
        commune.code: round(each.area_ratio, 6)
        for commune in summary.communes
        for each in commune.indicators
        if (each.technology, each.operator) == (technology, operator)
    }


def class_counts(before: dict[str, float], after: dict[str, float], communes: int) -> list[int]:
    """Count the communes by class of difference, without data last."""
    counts = dict.fromkeys([each.key for each in DIFFERENCE_CLASSES], 0)
    for code in before.keys() & after.keys():
        points = (after[code] - before[code]) * 100
        counts[next(each.key for each in DIFFERENCE_CLASSES if points >= each.at_least)] += 1
    return [*counts.values(), communes - len(before.keys() & after.keys())]


def legend_counts(page: Page) -> list[int]:
    """Read the counts of the legend."""
    return [
        int(text) for text in page.locator(".section.coverage .coverage-legend .legend .count").all_inner_texts()
    ]


def test_difference_of_runs_and_operators(desktop: Watched, province: Province) -> None:
    """Each commune has the difference of its two figures, and the legend counts and names both sides."""
    page = desktop.page
    page.select_option("#switch-compare", "difference")
    expected = class_counts(ratios(province.summary, "4G", "any"), ratios(province.other, "4G", "any"), 177)
    assert legend_counts(page) == expected
    assert sum(expected[:3]) > 0
    assert sum(expected[4:7]) > 0
    for each, count in zip(DIFFERENCE_CLASSES, expected, strict=False):
        expect(page.locator(f'path.commune[fill="var(--difference-{each.key})"]')).to_have_count(count)
    expect(page.locator(".section.coverage .legend-title")).to_contain_text("coverage-2025.json")
    keep_picture(page, "difference")
    page.select_option("#switch-other-run", "this")
    page.select_option("#switch-other-operator", "MobiFone")
    own = class_counts(ratios(province.summary, "4G", "any"), ratios(province.summary, "4G", "MobiFone"), 177)
    assert legend_counts(page) == own
    page.select_option("#switch-compare", "")
    expect(page.locator('path.commune[fill^="var(--class-"]')).to_have_count(176)
    desktop.assert_silent()


def test_side_by_side(desktop: Watched, province: Province) -> None:
    """The other side has its own map with its own legend, and both move together."""
    page = desktop.page
    page.select_option("#switch-compare", "beside")
    other = page.locator(".beside-map path.commune")
    expect(other).to_have_count(177)
    full = sum(ratio >= 1 for ratio in ratios(province.other, "4G", "any").values())
    expect(page.locator('.beside-map path.commune[fill="var(--class-full)"]')).to_have_count(full)
    counts = page.locator(".beside .coverage-legend .legend .count").all_inner_texts()
    assert int(counts[0]) == full
    keep_picture(page, "beside")
    for _ in range(2):
        zoom_in(page)
    sizes = [
        page.locator(f"{frame} path.commune").evaluate_all(
            "all => all.map((path) => [path.getBBox().width, path.getBBox().height])"
        )
        for frame in (".folium-map", ".beside-map")
    ]
    assert max(abs(a - b) for one, two in zip(*sizes, strict=True) for a, b in zip(one, two, strict=True)) < 1.5
    desktop.assert_silent()


def test_phone_has_the_sides_above_each_other(phone: Watched) -> None:
    """On a narrow screen the second map is below the first, and nothing is cut off sideways."""
    page = phone.page
    page.locator(".panel-toggle").tap()
    page.select_option("#switch-compare", "beside")
    page.locator(".panel-toggle").tap()
    first, second = (page.locator(each).bounding_box() for each in (".folium-map", ".beside"))
    assert first
    assert second
    assert first["y"] + first["height"] <= second["y"] + 4
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    keep_picture(page, "phone-beside")
    phone.assert_silent()


def test_other_edition_is_not_subtracted(opened: Callable[..., Watched], tmp_path: Path) -> None:
    """A run of other communes has a map of its own beside ours; a difference is refused in words."""
    communes, others = map_province.box_communes(12), map_province.box_communes(6)
    others["code"] = [f"07{number:03d}" for number in range(6)]
    summary = map_province.summary_of(communes)
    other = dataclasses.replace(map_province.summary_of(others), edition="2025-07")
    run = OtherRun(other, "coverage.json", commune_names(others), simplify_for_display(others))
    path = tmp_path / "editions.html"
    page_text = build_province_map(communes=communes, summary=summary, snapshot=None, extras=Extras(other=run))
    write_page(page_text, path)
    watched = opened(path)
    page = watched.page
    page.select_option("#switch-compare", "beside")
    expect(page.locator(".beside-map path.commune")).to_have_count(6)
    page.select_option("#switch-compare", "difference")
    expect(page.locator(".section.coverage .note")).to_contain_text("2025-07")
    expect(page.locator(".beside-map path.commune")).to_have_count(6)
    expect(page.locator('.folium-map path.commune[fill^="var(--difference"]')).to_have_count(0)
    watched.assert_silent()


def test_maps_stay_together(desktop: Watched) -> None:
    """Whatever changes the size of the maps, both show the same land."""
    page = desktop.page
    page.select_option("#switch-compare", "beside")
    for act in ("table", "history", "print"):
        if act == "table":
            page.click(".table-tool")
        elif act == "history":
            page.locator(".history summary").click()
        else:
            page.evaluate("dispatchEvent(new Event('beforeprint'))")
        page.wait_for_timeout(300)
        here, there = (
            page.locator(f"{frame} path.commune").evaluate_all(
                """(paths) => paths.map((path) => {
                    const map = path.closest(".leaflet-container").getBoundingClientRect();
                    const box = path.getBoundingClientRect();
                    const inside = box.width > 5 && box.left > map.left && box.right < map.right &&
                        box.top > map.top && box.bottom < map.bottom;
                    return inside ? [box.x - map.x - map.width / 2, box.y - map.y - map.height / 2] : null;
                })"""
            )
            for frame in (".folium-map", ".beside-map")
        )
        both = [(one, two) for one, two in zip(here, there, strict=True) if one and two]
        assert len(both) > 10, act
        assert max(abs(a - b) for one, two in both for a, b in zip(one, two, strict=True)) < 4, act
    desktop.assert_silent()


def test_difference_can_be_read(desktop: Watched, province: Province) -> None:
    """Tooltip and table say both figures and their difference; the table has them only while comparing."""
    page = desktop.page
    page.select_option("#switch-compare", "difference")
    before, after = (ratios(run, "4G", "any") for run in (province.summary, province.other))
    row, code = next(
        (row, commune.code)
        for row, commune in enumerate(province.summary.communes)
        if commune.code in before and abs(after[commune.code] - before[commune.code]) > 0.02
    )
    points = f"{abs(after[code] - before[code]) * 100:.1f}".rstrip("0").rstrip(".").replace(".", ",")
    page.locator("path.commune").nth(row).dispatch_event(
        "mouseover", {"clientX": 300, "clientY": 300, "bubbles": True}
    )
    expect(page.locator(".leaflet-tooltip")).to_contain_text(f"{points} điểm %")
    page.click(".table-tool")
    heads = page.locator(".table thead button")
    assert "Chênh lệch (điểm %)" in heads.all_inner_texts()
    page.fill("#table-filter", code)
    expect(page.locator(".table tbody tr")).to_contain_text(points)
    page.select_option("#switch-compare", "")
    assert "Chênh lệch (điểm %)" not in heads.all_inner_texts()
    desktop.assert_silent()


def test_nothing_to_subtract(opened: Callable[..., Watched], tmp_path: Path) -> None:
    """A link to a difference opens on a page without figures too, and says why there is none."""
    path = tmp_path / "bare.html"
    write_page(build_province_map(communes=map_province.box_communes(), summary=None, snapshot=None), path)
    watched = opened(path, address="#c=difference")
    expect(watched.page.locator("path.commune")).to_have_count(12)
    expect(watched.page.locator(".section.coverage .note")).to_contain_text("không trừ được")
    watched.assert_silent()


def test_printed_difference_is_whole(desktop: Watched) -> None:
    """On paper the legend of a difference, which is longer, has its last row too."""
    page = desktop.page
    page.select_option("#switch-compare", "difference")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    cut = "(({ scrollHeight, clientHeight }) => scrollHeight - clientHeight)(document.querySelector('.panel'))"
    assert page.evaluate(cut) <= 1
    desktop.assert_silent()
