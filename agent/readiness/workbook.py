"""A readiness report as an XLSX workbook: all endpoints, the sums, and what the words mean.

The same report gives the same bytes. Texts are never formulas; states have a colour and a word, so that the colour
is no more than help. The rules that colour hold ours alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final, TypeAlias

from openpyxl import Workbook
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from phusong.agent.report.xlsx import (
    HEAD_FONT,
    finish_sheet,
    put_headings,
    put_lines,
    put_text,
    with_fixed_times,
)
from phusong.maps.text import clean_text

from . import shown
from .next_steps import general_step
from .readiness import ReadinessReport, ReadinessRow, Reason
from .sums import Counts, State, by_district, by_reason, count, in_order
from .wording import WORDS, definitions

Value: TypeAlias = str | Decimal | datetime | None
_HEAD_ROW: Final = 3
"""Below the title, and what was asked when."""
_NARROW, _WIDE, _SENTENCES = 13, 22, 46
_LONGEST_CELL: Final = 32_767
_FILLS: Final = {
    State.NOT_READY: ("F8CFC4", "7A1F00"),
    State.NOT_KNOWN: ("E3D7F0", "43207A"),
    State.READY_WITH_WARNINGS: ("FBE7B2", "5C4300"),
    State.READY: ("CFEBDD", "00432F"),
}
"""Colours of cell and letters."""
_RATE_FORMAT: Final = "0.00"
_TIME_FORMAT: Final = "hh:mm dd/mm/yyyy"
_RATES: Final = ("headroom_down_mbps", "headroom_up_mbps")


_WIDTHS: Final[Mapping[str, int]] = {
    "state": _WIDE, "name": _WIDE, "endpoint_id": _NARROW, "reasons": _SENTENCES, "warnings": _SENTENCES,
    "next_steps": _SENTENCES, "site_name": _WIDE, "site_id": _NARROW, "commune": _WIDE, "district": _WIDE,
    "verdict": _WIDE, "link_id": _NARROW, "carrier": _NARROW, "link_verdict": _WIDE,
    "headroom_down_mbps": _NARROW, "headroom_up_mbps": _NARROW, "needed_mbps": _NARROW, "services": _SENTENCES,
    "model": _WIDE, "software": _WIDE, "last_good_call": _WIDE, "checked_at": _WIDE, "synthetic": _NARROW,
}  # fmt: skip
"""The columns, in order, and how wide they are, in characters."""


def as_workbook(report: ReadinessReport, lang: str) -> bytes:
    """Return the workbook; it bears the moment of asking as its date."""
    words = WORDS[lang]
    book = Workbook()
    book.remove(book.worksheets[0])
    _fill_endpoints(book.create_sheet(words["everybody"]), report, lang)
    _fill_sums(book.create_sheet(words["sums"]), report, lang)
    _fill_notes(book.create_sheet(words["explained"]), report, lang)
    book.properties.title = words["title"]
    book.properties.creator = "phusong"
    return with_fixed_times(book, report.checked_at)


def _values(report: ReadinessReport, row: ReadinessRow, lang: str) -> dict[str, Value]:
    """Return the values of a row by the names of the columns."""
    findings = shown.shown_findings(row, lang)
    return {
        "state": shown.state_word(row, lang),
        "name": clean_text(row.name),
        "endpoint_id": clean_text(row.endpoint_id),
        "reasons": "\n".join(item.sentence for item in findings if item.keeps_out),
        "warnings": "\n".join(item.sentence for item in findings if not item.keeps_out),
        "next_steps": "\n".join(item.next_step for item in findings),
        "site_name": clean_text(row.site_name),
        "site_id": clean_text(row.site_id),
        "commune": clean_text(row.commune),
        "district": clean_text(row.district),
        "verdict": shown.verdict_word(row.verdict, lang),
        "link_id": clean_text(row.link_id),
        "carrier": clean_text(row.carrier),
        "link_verdict": shown.verdict_word(row.link_verdict, lang),
        "headroom_down_mbps": shown.rate_left(row.headroom_down_mbps),
        "headroom_up_mbps": shown.rate_left(row.headroom_up_mbps),
        "needed_mbps": shown.rate_left(report.needed_mbps),
        "services": "\n".join(shown.services(row, lang)),
        "model": clean_text(row.model),
        "software": clean_text(row.software),
        "last_good_call": row.last_good_call,
        "checked_at": report.checked_at,
        "synthetic": WORDS[lang]["yes" if report.synthetic else "no"],
    }


def _fill_endpoints(sheet: Worksheet, report: ReadinessReport, lang: str) -> None:
    words = WORDS[lang]
    put_text(sheet, 1, 1, " · ".join((words["title"], shown.headline(report, lang)))).font = HEAD_FONT
    put_text(sheet, 2, 1, ". ".join(_about(report, lang)))
    put_headings(
        sheet,
        _HEAD_ROW,
        [words[f"column.{name}"] for name in _WIDTHS],
        list(_WIDTHS.values()),
    )
    rows = in_order(report)
    for row_number, row in enumerate(rows, start=_HEAD_ROW + 1):
        values = _values(report, row, lang)
        for number, name in enumerate(_WIDTHS, start=1):
            _put_value(sheet, row_number, number, values[name])
    finish_sheet(sheet, _HEAD_ROW, len(_WIDTHS), len(rows))
    sheet.freeze_panes = f"C{_HEAD_ROW + 1}"
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_setup.fitToHeight = 0
    if rows:
        _colour(sheet, _HEAD_ROW + 1, _HEAD_ROW + len(rows), report, lang)


def _put_value(sheet: Worksheet, row: int, column: int, value: Value) -> None:
    """Write a value as what it is; a missing one leaves the cell empty."""
    if value is None or value == "":
        return
    if isinstance(value, str):
        put_text(sheet, row, column, value[:_LONGEST_CELL]).alignment = Alignment(wrap_text=True, vertical="top")
        return
    cell = sheet.cell(row, column)
    cell.value = shown.local(value).replace(second=0, tzinfo=None) if isinstance(value, datetime) else value
    cell.number_format = _TIME_FORMAT if isinstance(value, datetime) else _RATE_FORMAT
    cell.alignment = Alignment(vertical="top")


def _colour(sheet: Worksheet, first: int, last: int, report: ReadinessReport, lang: str) -> None:
    """Let the state of each row, and headroom that is too little, have a colour by rules that follow the cell."""
    for state, (fill, letters) in _FILLS.items():
        word = WORDS[lang][f"state.{state}"]
        sheet.conditional_formatting.add(f"A{first}:B{last}", _rule(f'$A{first}="{word}"', fill, letters))
    numbers = {name: number for number, name in enumerate(_WIDTHS, start=1)}
    for name in _RATES:
        letter = get_column_letter(numbers[name])
        too_little = f"AND(ISNUMBER({letter}{first}),{letter}{first}<{report.needed_mbps!r})"
        rule = _rule(too_little, *_FILLS[State.NOT_READY])
        sheet.conditional_formatting.add(f"{letter}{first}:{letter}{last}", rule)


def _rule(formula: str, fill: str, letters: str) -> Rule:
    style = DifferentialStyle(fill=PatternFill("solid", bgColor=fill), font=Font(color=letters, bold=True))
    return Rule(type="expression", dxf=style, formula=[formula])


def _fill_sums(sheet: Worksheet, report: ReadinessReport, lang: str) -> None:
    words = WORDS[lang]
    states = [words[f"state.{state}"] for state in State]
    put_headings(
        sheet,
        1,
        [words["by_district"], words["column.endpoints"], *states],
        [_SENTENCES, *[_NARROW] * (1 + len(states))],
    )
    row = 2
    for item in by_district(report):
        _put_counts(sheet, row, shown.district_name(item.district, lang), item.counts)
        row += 1
    _put_counts(sheet, row, words["total"], count(report.rows), bold=True)
    row += 2
    put_headings(
        sheet,
        row,
        [words["by_reason"], words["column.keeps_out"], words["column.warns"]],
        [_SENTENCES, _NARROW, _NARROW],
    )
    for found in by_reason(report):
        row += 1
        _put_numbers(sheet, row, words[f"reason.{found.reason}"], [found.keeps_out, found.warns])
    sheet.freeze_panes = "B2"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = Worksheet.PAPERSIZE_A4


def _put_counts(sheet: Worksheet, row: int, name: str, counts: Counts, *, bold: bool = False) -> None:
    _put_numbers(sheet, row, name, [counts.endpoints, *(counts.by_state[state] for state in State)])
    if bold:
        for cell in sheet[row]:
            cell.font = HEAD_FONT


def _put_numbers(sheet: Worksheet, row: int, name: str, numbers: Sequence[int]) -> None:
    put_text(sheet, row, 1, name).alignment = Alignment(wrap_text=True, vertical="top")
    for column, number in enumerate(numbers, start=2):
        sheet.cell(row, column, number)


def _fill_notes(sheet: Worksheet, report: ReadinessReport, lang: str) -> None:
    words = WORDS[lang]
    lines: list[Sequence[str]] = [(words["about"],), *((line,) for line in _about(report, lang)), ()]
    lines += [(words["explained"],), *((text,) for text in definitions(lang)), ()]
    lines += [(words["column.reason"], words["column.next_steps"])]
    lines += [(words[f"reason.{reason}"], general_step(reason, lang)) for reason in Reason]
    lines += [(), (words["program"], shown.program())]
    put_lines(sheet, 1, lines, {words["about"], words["explained"], words["column.reason"]})
    sheet.column_dimensions["A"].width = 90
    sheet.column_dimensions["B"].width = 70


def _about(report: ReadinessReport, lang: str) -> list[str]:
    """Return whether it is real, what it was made for, and what was asked when."""
    synthetic = [WORDS[lang]["synthetic"]] if report.synthetic else []
    return [*synthetic, *shown.meeting_lines(report, lang), *shown.asking_lines(report, lang)]
