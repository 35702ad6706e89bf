"""The readiness report for programs: JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from typing import Any

import pytest
from readiness_made import CHECKED_AT, HOSTILE, NEEDED_MBPS, full_report, hostile_report, made_report

from phusong.agent.readiness.as_json import report_to_csv, report_to_json
from phusong.agent.readiness.readiness import ReadinessReport, Reason
from phusong.agent.readiness.sums import in_order
from phusong.maps.text import clean_text

ROW_KEYS = [
    "endpoint_id", "name", "site_id", "site_name", "commune", "district", "state", "ready", "verdict", "findings",
    "link_id", "carrier", "link_verdict", "headroom_down_mbps", "headroom_up_mbps", "services", "model",
    "software", "last_good_call",
]  # fmt: skip
CSV_HEAD = (
    "\ufeffendpoint_id,name,site_id,site_name,commune,district,state,ready,verdict,reasons,warnings,details,"
    "link_id,carrier,link_verdict,headroom_down_mbps,headroom_up_mbps,needed_mbps,services,model,software,"
    "last_good_call,checked_at,meeting_id,synthetic\r\n"
)


def document_of(report: ReadinessReport) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(report_to_json(report))
    return document


def cells_of(report: ReadinessReport) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(report_to_csv(report).removeprefix("\ufeff"))))


def test_keys_are_an_interface() -> None:
    """They stand in a fixed order; times have their offset, words are those of the program."""
    document = document_of(full_report())
    assert list(document) == [
        "format", "checked_at", "took_s", "needed_mbps", "synthetic", "district", "meeting", "counts",
        "by_district", "by_reason", "rows",
    ]  # fmt: skip
    assert all(list(row) == ROW_KEYS for row in document["rows"])
    assert document["format"] == 1
    assert datetime.fromisoformat(document["checked_at"]) == CHECKED_AT
    assert document["checked_at"].endswith("+07:00")
    assert (document["synthetic"], document["needed_mbps"], document["took_s"]) == (True, NEEDED_MBPS, 7.42)
    assert document["meeting"]["begin"] == "2026-11-13T08:00:00+07:00"
    assert list(document["meeting"]) == ["meeting_id", "title", "begin", "end", "endpoint_ids", "unmatched"]
    assert document_of(made_report(meeting=None))["meeting"] is None


def test_a_row_of_json() -> None:
    """Every value of a row is there under its name, what is not known is null."""
    rows = {row["endpoint_id"]: row for row in document_of(full_report())["rows"]}
    assert rows["only-not_known"]["ready"] is None
    assert rows["only-not_known"]["state"] == "not_known"
    assert (rows["only-in_call"]["ready"], rows["only-in_call"]["state"]) == (True, "ready")
    assert (rows["everything"]["ready"], rows["everything"]["state"]) == (False, "not_ready")
    assert {item["reason"] for item in rows["everything"]["findings"]} == set(Reason)
    assert rows["only-fault"]["findings"] == [
        {"reason": "fault", "keeps_out": True, "detail": "camera, microphone"},
    ]
    assert rows["is-ready"]["services"][0] == {
        "kind": "sip-udp", "port": 5060, "state": "ready", "code": 200, "latency_s": 0.012, "certificate": None,
        "problem": "",
    }  # fmt: skip
    certificates = [item["certificate"] for item in rows["everything"]["services"] if item["certificate"]]
    assert [item["not_after"] for item in certificates] == [
        "2026-11-30T07:53:20+07:00",
        "9999-12-31T23:59:59+07:00",
    ]
    bare = rows["bare"]
    assert (bare["link_verdict"], bare["headroom_down_mbps"], bare["last_good_call"]) == (None, None, None)
    assert (rows["odd"]["headroom_down_mbps"], rows["odd"]["headroom_up_mbps"]) == (None, 0.0)


def test_counts_of_json() -> None:
    """They are those of the rows; by district and by reason too."""
    document = document_of(full_report())
    rows = document["rows"]
    warned = [row for row in rows if row["ready"] and row["findings"]]
    assert document["counts"] == {
        "endpoints": len(rows),
        "ready": sum(row["ready"] is True for row in rows),
        "ready_with_warnings": len(warned),
        "not_ready": sum(row["ready"] is False for row in rows),
        "not_known": sum(row["ready"] is None for row in rows),
    }
    for item in document["by_district"]:
        members = [row for row in rows if row["district"] == item["district"]]
        assert item["endpoints"] == len(members)
        assert item["not_ready"] == sum(row["ready"] is False for row in members)
    assert [item["reason"] for item in document["by_reason"]] == list(Reason)


def test_csv_says_the_same() -> None:
    """A row per endpoint in the order of JSON, with the values of JSON; lists are words."""
    report = full_report()
    assert report_to_csv(report).startswith(CSV_HEAD)
    for row, cells, given in zip(document_of(report)["rows"], cells_of(report), in_order(report), strict=True):
        assert row["endpoint_id"] == given.endpoint_id
        for name in ROW_KEYS:
            if name == "ready":
                assert cells[name] == {True: "true", False: "false", None: ""}[row[name]]
            elif name in ("headroom_down_mbps", "headroom_up_mbps"):
                assert cells[name] == ("" if row[name] is None else str(row[name]))
            elif name not in ("findings", "services"):
                assert cells[name] == (row[name] or "")
        assert cells["reasons"].split() == [item["reason"] for item in row["findings"] if item["keeps_out"]]
        assert cells["warnings"].split() == [item["reason"] for item in row["findings"] if not item["keeps_out"]]
        assert cells["services"].count("=") == len(row["services"])
        assert (cells["checked_at"], cells["synthetic"]) == ("2026-11-12T07:30:05+07:00", "true")
        assert (cells["needed_mbps"], cells["meeting_id"]) == ("2.0", "giao-ban-46")
    (ready,) = [cells for cells in cells_of(report) if cells["endpoint_id"] == "is-ready"]
    assert ready["services"] == "sip-udp:5060=ready 200; h323:1720=ready"
    (fault,) = [cells for cells in cells_of(report) if cells["endpoint_id"] == "only-fault"]
    assert fault["details"] == "fault: camera, microphone"


def test_hostile_texts_in_csv() -> None:
    """No cell is a formula, also where a spreadsheet splits at other marks; a row is a line."""
    text = report_to_csv(hostile_report())
    assert text.count("\r\n") == len(HOSTILE) + 1
    assert text.count("\n") == len(HOSTILE) + 1
    for separator in ",;\t":
        for row in csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=separator):
            assert not any(cell.lstrip().startswith(("=", "+", "-", "@")) for cell in row)


def test_hostile_texts_in_json() -> None:
    """They are strings, without what steers a terminal or turns the direction of writing."""
    text = report_to_json(hostile_report())
    assert not any(mark in text for mark in ("\u202e", "\u2028", "\\u001b", "\\u0000", "\x1b"))
    rows = {row["name"] for row in json.loads(text)["rows"]}
    assert rows == {clean_text(name) for name in HOSTILE}


@pytest.mark.parametrize("form", [report_to_json, report_to_csv])
@pytest.mark.parametrize("report", [full_report, hostile_report])
def test_the_same_report_gives_the_same_text(form: Any, report: Any) -> None:
    """Nothing of the moment of writing is in it, and it is UTF-8."""
    assert form(report()) == form(report())
    assert form(report()).encode()
