"""The readiness report as a workbook, read back with openpyxl."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from functools import cache

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from readiness_made import CHECKED_AT, HOSTILE, full_report, hostile_report, made_report, province_report

from phusong.agent.readiness import shown
from phusong.agent.readiness.next_steps import general_step
from phusong.agent.readiness.readiness import ReadinessReport, Reason
from phusong.agent.readiness.sums import State, by_district, by_reason, count, in_order
from phusong.agent.readiness.wording import LANGUAGES, WORDS, definitions
from phusong.agent.readiness.workbook import as_workbook
from phusong.maps.text import clean_text

each_language = pytest.mark.parametrize("lang", LANGUAGES)
HEAD_ROW = 3


@cache
def book_of(name: str, lang: str) -> Workbook:
    made = {"full": full_report, "hostile": hostile_report, "empty": made_report}[name]
    return load_workbook(io.BytesIO(as_workbook(made(), lang)))


def sheet_of(name: str, lang: str, key: str) -> Worksheet:
    sheet = book_of(name, lang)[WORDS[lang][key]]
    assert isinstance(sheet, Worksheet)
    return sheet


def rows_of(sheet: Worksheet, lang: str) -> list[dict[str, object]]:
    """Return the rows of the first sheet by the keys of their headings."""
    keys = {WORDS[lang][f"column.{key}"]: key for key in KEYS}
    head, *lines = sheet.iter_rows(min_row=HEAD_ROW, values_only=True)
    return [{keys[str(name)]: value for name, value in zip(head, line, strict=True)} for line in lines]


KEYS = (
    "state", "name", "endpoint_id", "reasons", "warnings", "next_steps", "site_name", "site_id", "commune",
    "district", "verdict", "link_id", "carrier", "link_verdict", "headroom_down_mbps", "headroom_up_mbps",
    "needed_mbps", "services", "model", "software", "last_good_call", "checked_at", "synthetic",
)  # fmt: skip


@each_language
def test_every_endpoint_with_everything(lang: str) -> None:
    """A row each, those that need somebody first; texts in the language, figures and times as such."""
    report = full_report()
    rows = rows_of(sheet_of("full", lang, "everybody"), lang)
    for cells, row in zip(rows, in_order(report), strict=True):
        told = shown.shown_findings(row, lang)
        assert cells["state"] == shown.state_word(row, lang)
        assert cells["endpoint_id"] == row.endpoint_id
        assert cells["reasons"] == ("\n".join(item.sentence for item in told if item.keeps_out) or None)
        assert cells["warnings"] == ("\n".join(item.sentence for item in told if not item.keeps_out) or None)
        assert cells["next_steps"] == ("\n".join(item.next_step for item in told) or None)
        assert cells["verdict"] == shown.verdict_word(row.verdict, lang)
        assert cells["link_verdict"] == (shown.verdict_word(row.link_verdict, lang) or None)
        assert (cells["link_id"], cells["carrier"]) == (row.link_id or None, row.carrier or None)
        assert cells["services"] == ("\n".join(shown.services(row, lang)) or None)
        assert (cells["model"], cells["software"]) == (row.model or None, row.software or None)
        assert (cells["needed_mbps"], cells["synthetic"]) == (2, WORDS[lang]["yes"])
        assert cells["checked_at"] == datetime(2026, 11, 12, 7, 30)  # noqa: DTZ001 - a workbook knows no offsets
        assert (cells["last_good_call"] is None) == (row.last_good_call is None)
    everything = next(cells for cells in rows if cells["endpoint_id"] == "everything")
    assert (everything["headroom_down_mbps"], everything["headroom_up_mbps"]) == (0.4, 1.99)
    assert everything["last_good_call"] == datetime(2026, 11, 11, 10, 5)  # noqa: DTZ001
    odd = next(cells for cells in rows if cells["endpoint_id"] == "odd")
    assert (odd["headroom_down_mbps"], odd["headroom_up_mbps"]) == (None, 0)


@each_language
def test_a_sheet_to_work_with(lang: str) -> None:
    """The heading stays in sight and filters, rows print across A4, rates and times look like them."""
    sheet = sheet_of("full", lang, "everybody")
    last = HEAD_ROW + len(full_report().rows)
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == (f"C{HEAD_ROW + 1}", f"A{HEAD_ROW}:W{last}")
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert sheet.sheet_properties.pageSetUpPr is not None
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.page_setup.fitToHeight == 0
    formats = dict(zip(KEYS, (cell.number_format for cell in sheet[HEAD_ROW + 1]), strict=True))
    assert (formats["headroom_up_mbps"], formats["last_good_call"]) == ("0.00", "hh:mm dd/mm/yyyy")
    assert shown.headline(full_report(), lang) in str(sheet["A1"].value)
    assert WORDS[lang]["synthetic"] in str(sheet["A2"].value)


@each_language
def test_colours_follow_the_words(lang: str) -> None:
    """One rule a state, by the word in the cell, and one for each way in which too little is left."""
    sheet = sheet_of("full", lang, "everybody")
    first, last = HEAD_ROW + 1, HEAD_ROW + len(full_report().rows)
    rules = {str(place.sqref): [rule.formula[0] for rule in place.rules] for place in sheet.conditional_formatting}
    assert rules == {
        f"A{first}:B{last}": [f'$A{first}="{WORDS[lang][f"state.{state}"]}"' for state in State],
        f"O{first}:O{last}": [f"AND(ISNUMBER(O{first}),O{first}<2.0)"],
        f"P{first}:P{last}": [f"AND(ISNUMBER(P{first}),P{first}<2.0)"],
    }
    fills = [rule.dxf.fill.bgColor.rgb for place in sheet.conditional_formatting for rule in place.rules]
    assert len(set(fills[:4])) == 4


@each_language
def test_the_sums(lang: str) -> None:
    """By district with a total, then by reason; the figures are those of the report."""
    report = full_report()
    words = WORDS[lang]
    lines = [
        [value for value in line if value is not None]
        for line in sheet_of("full", lang, "sums").iter_rows(values_only=True)
    ]
    wanted: list[list[object]] = [
        [words["by_district"], words["column.endpoints"], *(words[f"state.{state}"] for state in State)]
    ]
    for item in by_district(report):
        wanted.append(
            [shown.district_name(item.district, lang), item.counts.endpoints, *item.counts.by_state.values()]
        )
    counts = count(report.rows)
    wanted += [[words["total"], counts.endpoints, *counts.by_state.values()], []]
    wanted.append([words["by_reason"], words["column.keeps_out"], words["column.warns"]])
    wanted += [[words[f"reason.{item.reason}"], item.keeps_out, item.warns] for item in by_reason(report)]
    assert lines == wanted


@each_language
def test_what_it_means(lang: str) -> None:
    """What was asked when and for whom, the definitions, and each reason with what to do about it."""
    report = full_report()
    lines = [
        tuple(value for value in line if value)
        for line in sheet_of("full", lang, "explained").iter_rows(values_only=True)
    ]
    for text in (*definitions(lang), *shown.meeting_lines(report, lang), *shown.asking_lines(report, lang)):
        assert (text,) in lines
    for reason in Reason:
        assert (WORDS[lang][f"reason.{reason}"], general_step(reason, lang)) in lines
    assert (WORDS[lang]["program"], shown.program()) in lines


@each_language
def test_hostile_texts_are_texts(lang: str) -> None:
    """No cell is a formula or holds what is not seen; what looks like one stays a text when it is edited."""
    cells = [
        cell
        for sheet in book_of("hostile", lang).worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None
    ]
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}
    risky = [cell for cell in cells if str(cell.value).startswith(("=", "+", "-", "@"))]
    assert len(risky) >= 2 * 9
    assert all(cell.quotePrefix for cell in risky)
    rows = rows_of(sheet_of("hostile", lang, "everybody"), lang)
    for key in ("name", "endpoint_id", "site_name", "site_id", "commune", "district", "model", "software"):
        assert [row[key] for row in rows] == [clean_text(text) for text in HOSTILE]
    assert not any(mark in str(cell.value) for cell in cells for mark in ("\u202e", "\x1b", "\x00", "\u2028"))


@pytest.mark.parametrize(
    "report", [full_report(), hostile_report(), province_report()], ids=["full", "hostile", "all"]
)
def test_the_same_report_gives_the_same_bytes(report: ReadinessReport) -> None:
    """Nothing of the moment of writing is in it; it bears the moment of asking."""
    made = as_workbook(report, "vi")
    assert as_workbook(report, "vi") == made
    properties = load_workbook(io.BytesIO(made)).properties
    assert properties.created == (CHECKED_AT - timedelta(hours=7)).replace(tzinfo=None)


@each_language
def test_no_endpoints(lang: str) -> None:
    """An empty report has its headings, and a total of nothing."""
    assert rows_of(sheet_of("empty", lang, "everybody"), lang) == []
    assert sheet_of("empty", lang, "everybody").auto_filter.ref == "A3:W3"
    assert [cell.value for cell in sheet_of("empty", lang, "sums")[2]] == [WORDS[lang]["total"], 0, 0, 0, 0, 0]
