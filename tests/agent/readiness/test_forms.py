"""The forms of a readiness report count the same."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter

import pytest
from openpyxl import load_workbook
from readiness_made import full_report, hostile_report, province_report
from rich.console import Console

from phusong.agent.readiness import shown
from phusong.agent.readiness.as_json import report_to_csv, report_to_json
from phusong.agent.readiness.page import as_page
from phusong.agent.readiness.readiness import ReadinessReport
from phusong.agent.readiness.sums import State, state_of
from phusong.agent.readiness.terminal import as_terminal
from phusong.agent.readiness.wording import LANGUAGES, WORDS
from phusong.agent.readiness.workbook import as_workbook

REPORTS = {"full": full_report(), "hostile": hostile_report(), "province": province_report()}


def of_programs(rows: list[dict[str, str]]) -> Counter[str]:
    """Return how many rows are in each of the three states of programs, and how many of them warn."""
    found = Counter(row["state"] for row in rows)
    found["warned"] = sum(row["state"] == "ready" and bool(row["warnings"]) for row in rows)
    return found


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS.keys())
def test_counts_agree(report: ReadinessReport, lang: str) -> None:
    """Who counts the rows of any form comes to the same, and to the headline."""
    wanted = Counter(map(state_of, report.rows))
    programs = Counter(
        {
            "not_ready": wanted[State.NOT_READY],
            "not_known": wanted[State.NOT_KNOWN],
            "ready": wanted[State.READY] + wanted[State.READY_WITH_WARNINGS],
            "warned": wanted[State.READY_WITH_WARNINGS],
        }
    )
    document = json.loads(report_to_json(report))
    from_json = [
        {"state": row["state"], "warnings": " ".join(item["reason"] for item in row["findings"])}
        for row in document["rows"]
    ]
    assert of_programs(from_json) == programs
    cells = csv.DictReader(io.StringIO(report_to_csv(report).removeprefix("\ufeff")))
    assert of_programs(list(cells)) == programs
    assert document["counts"]["ready"] == programs["ready"] == report.ready_count

    words = {WORDS[lang][f"state.{state}"]: state for state in State}
    sheet = load_workbook(io.BytesIO(as_workbook(report, lang)))[WORDS[lang]["everybody"]]
    assert Counter(words[str(line[0])] for line in sheet.iter_rows(min_row=4, values_only=True)) == +wanted

    table = as_page(report, lang).partition('<section id="all"')[2]
    assert Counter({state: table.count(f'<span class="badge {state}">') for state in State}) == wanted

    console = Console(width=100, file=io.StringIO(), record=True, color_system=None)
    console.print(as_terminal(report, lang))
    lines = console.export_text().splitlines()
    signs = Counter(line[1] for line in lines if line[:1] == " " and line[2:3] == " ")
    assert {state: signs[sign] for state, sign in shown.SIGNS.items()} == {state: wanted[state] for state in State}
    assert lines[-1] == shown.headline(report, lang)
    assert str(programs["ready"]) in lines[-1]
