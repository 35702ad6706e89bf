"""The figures of coverage on the page: classes, legend, switches, table and CSV are those of communes.csv."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Callable
from pathlib import Path

import map_province
import pytest
from chromium import Watched, keep_picture
from playwright.sync_api import Page, expect
from whole_province import GROUPS, Province

from phusong.coverage.output.tables import communes_table, csv_of
from phusong.maps.palette import COVERAGE_CLASSES
from phusong.maps.province_map import build_province_map, write_page

KEYS = (*(each.key for each in COVERAGE_CLASSES), "none")


def legend_counts(page: Page, where: str = ".section.coverage") -> list[int]:
    """Read how many communes the legend says are in each class."""
    return [int(text) for text in page.locator(f"{where} .coverage-legend .legend .count").all_inner_texts()]


def rows_of(province: Province, technology: str, operator: str) -> dict[str, dict[str, str]]:
    """Return the rows of communes.csv for a series, by code."""
    table = csv.DictReader(io.StringIO(csv_of(communes_table(province.summary))))
    return {
        row["commune_code"]: row for row in table if (row["technology"], row["operator"]) == (technology, operator)
    }


def expected_counts(province: Province, ratios: dict[str, float | None]) -> list[int]:
    """Count the communes of each class, from full to none, as the breaks 100, 95, 80, 50, 0 say."""
    known = [ratio for ratio in ratios.values() if ratio is not None]
    return [
        sum(ratio >= 1 for ratio in known),
        sum(0.95 <= ratio < 1 for ratio in known),
        sum(0.8 <= ratio < 0.95 for ratio in known),
        sum(0.5 <= ratio < 0.8 for ratio in known),
        sum(0 < ratio < 0.5 for ratio in known),
        sum(ratio == 0 for ratio in known),
        len(province.communes) - len(known),
    ]


@pytest.mark.parametrize(
    ("technology", "operator"), [("4G", "any"), ("5G", "any"), ("5G", "MobiFone"), ("2G", "max")]
)
def test_switching_technology_and_operator(
    desktop: Watched, province: Province, technology: str, operator: str
) -> None:
    """The switches restyle map and legend; no data is hatched and counted apart from 0 %."""
    page = desktop.page
    expect(page.locator("#switch-technology")).to_have_value("4G")
    expect(page.locator("#switch-operator")).to_have_value("any")
    page.select_option("#switch-technology", technology)
    page.select_option("#switch-operator", operator)
    rows = rows_of(province, technology, operator)
    expected = expected_counts(province, {code: float(row["area_ratio"]) for code, row in rows.items()})
    assert legend_counts(page) == expected
    assert sum(expected) == 177
    assert expected[-1] == 1
    for key, count in zip(KEYS, expected, strict=True):
        fill = "url(#no-data)" if key == "none" else f"var(--class-{key})"
        expect(page.locator(f'path.commune[fill="{fill}"]')).to_have_count(count)
    expect(page.locator(".section.coverage .legend-title")).to_contain_text(technology)
    expect(page.locator(".section.coverage .legend-title")).to_contain_text("2026-06-30")
    desktop.assert_silent()


def test_every_measure(desktop: Watched, province: Province) -> None:
    """People, centres, offices and schools colour the communes by their own share; without any there is none."""
    page = desktop.page
    rows = rows_of(province, "4G", "any")

    def share(row: dict[str, str], part: str, whole: str) -> float | None:
        return int(row[part]) / int(row[whole]) if int(row[whole]) else None

    shares = {
        "area": {code: float(row["area_ratio"]) for code, row in rows.items()},
        "population": {code: float(row["population_ratio"]) for code, row in rows.items()},
        "site": {code: share(row, "sites_covered", "sites") for code, row in rows.items()},
        "school": {code: share(row, "schools_covered", "schools") for code, row in rows.items()},
    }
    assert page.locator("#switch-measure option").evaluate_all("all => all.map((o) => o.value)") == [
        "area",
        "population",
        "centre",
        "site",
        "school",
    ]
    for measure, ratios in shares.items():
        page.select_option("#switch-measure", measure)
        assert legend_counts(page) == expected_counts(province, ratios), measure
    page.select_option("#switch-measure", "centre")
    covered = sum(row["centre_covered"] == "true" for row in rows.values())
    assert legend_counts(page) == [covered, len(rows) - covered, 177 - len(rows)]
    expect(page.locator('path.commune[fill="var(--class-full)"]')).to_have_count(covered)
    desktop.assert_silent()


def test_class_of_communes(desktop: Watched, province: Province) -> None:
    """A class of communes stands out on the map and is what the table has."""
    page = desktop.page
    page.click(".table-tool")
    for name in GROUPS:
        members = sum(name in commune.classes for commune in province.summary.communes)
        page.select_option("#switch-group", name)
        expect(page.locator('path.commune[fill-opacity="1"]')).to_have_count(members)
        expect(page.locator(".table tbody tr")).to_have_count(members)
    desktop.assert_silent()


def test_hatches_for_every_class(desktop: Watched) -> None:
    """With hatches on, classes differ without colour: every fill is a pattern of its own, in the legend too."""
    page = desktop.page
    page.locator(".display summary").click()
    page.check("#switch-patterns")
    fills = page.locator(".section.coverage .legend rect").evaluate_all(
        "all => all.map((r) => r.getAttribute('fill'))"
    )
    assert fills == [f"url(#class-{key})" for key in KEYS[:-1]] + ["url(#no-data)"]
    drawn = page.locator("pattern").evaluate_all("all => all.map((each) => each.innerHTML)")
    assert len(set(drawn)) == len(drawn)
    assert page.locator('path.commune[fill^="var("]').count() == 0
    keep_picture(page, "hatches")
    desktop.assert_silent()


def test_table_is_communes_csv(desktop: Watched, province: Province, tmp_path: Path) -> None:
    """What is saved from the table has the figures of communes.csv digit by digit, for whatever is switched on."""
    page = desktop.page
    page.click(".table-tool")
    for technology, operator in (("4G", "any"), ("3G", "Viettel")):
        page.select_option("#switch-technology", technology)
        page.select_option("#switch-operator", operator)
        with page.expect_download() as saved:
            page.click(".csv-tool")
        assert saved.value.suggested_filename == f"phusong-communes-2020-01-{technology}-{operator}.csv"
        path = tmp_path / "table.csv"
        saved.value.save_as(path)
        text = path.read_text(encoding="utf-8-sig")
        found = {row["commune_code"]: row for row in csv.DictReader(io.StringIO(text))}
        expected = rows_of(province, technology, operator)
        assert len(found) == 177
        for code, row in expected.items():
            for column in set(found[code]) - {"centre_covered"}:
                assert found[code][column] == row[column], (code, column)
        (without,) = found.keys() - expected.keys()
        assert found[without]["area_ratio"] == ""
    desktop.assert_silent()


def test_table_sorts_and_filters(desktop: Watched, province: Province) -> None:
    """The worst come first, no data last whatever the order; a filter without diacritics finds what it should."""
    page = desktop.page
    page.click(".table-tool")
    rows = page.locator(".table tbody tr")
    expect(rows).to_have_count(177)
    expect(rows.first).to_contain_text("0 %")
    expect(rows.last).to_contain_text("Không có dữ liệu")
    head = page.locator('.table thead button[data-name="area_ratio"]')
    head.click()
    expect(page.locator('th[aria-sort="descending"]')).to_have_count(1)
    expect(rows.first).to_contain_text("100 %")
    expect(rows.last).to_contain_text("Không có dữ liệu")
    expect(page.locator('.table thead button[data-name="area_ratio"]')).to_be_focused()
    almost = next(
        commune
        for commune in province.summary.communes
        for each in commune.indicators
        if (each.technology, each.operator) == ("4G", "any") and each.area_ratio == 0.9996
    )
    page.fill("#table-filter", almost.code)
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("99,9 %")
    expect(page.locator(".table-tools .count")).to_contain_text("1 trên 177")
    rows.locator("button").click()
    card = page.locator(".leaflet-popup .card")
    expect(card).to_contain_text(almost.name)
    expect(card.locator("tbody tr")).to_have_count(5)
    expect(page.locator(".table tr.selected")).to_have_count(1)
    page.fill("#table-filter", "")
    page.check("#table-in-view")
    assert 0 < rows.count() < 177
    keep_picture(page, "table")
    desktop.assert_silent()


def test_tables_of_lines_offices_endpoints(desktop: Watched, province: Province) -> None:
    """Lines, offices and endpoints have their tables, worst first, and each row leads to its mark."""
    page = desktop.page
    page.click(".table-tool")
    for kind, total, first in (("links", 345, "mất kết nối"), ("sites", 342, "Cô lập"), ("endpoints", 239, "")):
        page.click(f"#tab-{kind}")
        rows = page.locator(".table tbody tr")
        expect(rows).to_have_count(total)
        expect(rows.first).to_contain_text(first)
        name = rows.first.locator("button").inner_text()
        rows.first.locator("button").click()
        expect(page.locator(".leaflet-popup .card").last).to_contain_text(name)
    wrong = sum(row.verdict == "congested" for row in province.snapshot.links)
    page.click("#tab-links")
    page.fill("#table-filter", "qua tai")
    expect(page.locator(".table tbody tr")).to_have_count(wrong)
    desktop.assert_silent()


def test_table_is_copied(opened: Callable[..., Watched]) -> None:
    """What is copied is text that a spreadsheet takes apart at its tabs."""
    watched = opened(permissions=["clipboard-read", "clipboard-write"])
    page = watched.page
    page.click(".table-tool")
    page.click(".copy-tool")
    expect(page.locator(".notice")).to_contain_text("177")
    lines = page.evaluate("navigator.clipboard.readText()").splitlines()
    assert len(lines) == 178
    assert lines[0].split("\t")[:3] == ["commune_code", "commune_name", "area_ratio"]
    assert {len(line.split("\t")) for line in lines} == {len(lines[0].split("\t"))}
    watched.assert_silent()


def test_signal_levels(opened: Callable[..., Watched], tmp_path: Path) -> None:
    """Where layers name several levels there is a switch for them; where only one is named, there is none."""
    communes = map_province.box_communes(8)
    plain = map_province.summary_of(communes)
    both = dataclasses.replace(
        plain,
        communes=tuple(
            dataclasses.replace(
                commune,
                indicators=(
                    *commune.indicators,
                    *(
                        dataclasses.replace(each, min_dbm=-95.0, area_ratio=each.area_ratio / 2)
                        for each in commune.indicators
                    ),
                ),
            )
            for commune in plain.communes
        ),
    )
    path = tmp_path / "levels.html"
    write_page(build_province_map(communes=communes, summary=both, snapshot=None), path)
    page = opened(path).page
    levels = page.locator("#switch-threshold")
    assert levels.locator("option").evaluate_all("all => all.map((o) => o.value)") == ["-105", "-95"]
    full = int(legend_counts(page)[0])
    levels.select_option("-95")
    assert full > 0
    assert legend_counts(page)[0] == 0
    expect(page.locator(".section.coverage .legend-title")).to_contain_text("\u221295")
    write_page(build_province_map(communes=communes, summary=plain, snapshot=None), path)
    expect(opened(path).page.locator("#switch-threshold")).to_be_hidden()
