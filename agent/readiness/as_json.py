"""A readiness report as values for programs: JSON with everything, and CSV with a row per endpoint.

Keys, columns and words are an interface to programs and have no language; ``FORMAT`` counts their versions.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, TypeAlias

from phusong.agent.meetings import Meeting
from phusong.agent.spreadsheet_csv import csv_text
from phusong.collectors.call_readings import CertificateReading, ServiceReading
from phusong.maps.text import clean_text

from .readiness import Finding, ReadinessReport, ReadinessRow
from .shown import local, moment_of, rate_left
from .sums import Counts, State, by_district, by_reason, count, in_order, state_of

FORMAT: Final = 1
"""Grows when a key changes its meaning or goes; new keys may come without."""
Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"

_COLUMNS: Final = (
    "endpoint_id", "name", "site_id", "site_name", "commune", "district", "state", "ready", "verdict", "reasons",
    "warnings", "details", "link_id", "carrier", "link_verdict", "headroom_down_mbps", "headroom_up_mbps",
    "needed_mbps", "services", "model", "software", "last_good_call", "checked_at", "meeting_id", "synthetic",
)  # fmt: skip


def report_to_json(report: ReadinessReport) -> str:
    """Return one object: what was asked and when, the counts, and the rows, those that need somebody first.

    Times are ISO 8601 with offset, rates Mbit/s, other times seconds; what is not known is ``null``.
    """
    document: Mapping[str, Json] = {
        "format": FORMAT,
        "checked_at": _time(report.checked_at),
        "took_s": _number(report.took_s),
        "needed_mbps": _number(report.needed_mbps),
        "synthetic": report.synthetic,
        "district": clean_text(report.district),
        "meeting": _meeting(report.meeting),
        "counts": _counts(count(report.rows)),
        "by_district": [
            {"district": clean_text(item.district), **_counts(item.counts)} for item in by_district(report)
        ],
        "by_reason": [
            {"reason": item.reason, "keeps_out": item.keeps_out, "warns": item.warns} for item in by_reason(report)
        ],
        "rows": [_row(row) for row in in_order(report)],
    }
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1)


def report_to_csv(report: ReadinessReport) -> str:
    """Return a row per endpoint, in the order of JSON; what is not known is an empty cell.

    ``reasons`` and ``warnings`` are words with a space between, ``details`` say more of some of them;
    ``services`` are ``kind:port=state code``.
    """
    return csv_text(_COLUMNS, [_cells(report, row) for row in in_order(report)])


def _meeting(meeting: Meeting | None) -> Json:
    if meeting is None:
        return None
    return {
        "meeting_id": clean_text(meeting.meeting_id),
        "title": clean_text(meeting.title),
        "begin": _time(meeting.begin),
        "end": _time(meeting.end),
        "endpoint_ids": [clean_text(name) for name in meeting.endpoint_ids],
        "unmatched": [clean_text(name) for name in meeting.unmatched],
    }


def _counts(counts: Counts) -> dict[str, Json]:
    """Return the counts; ``ready`` has those with warnings in it."""
    return {
        "endpoints": counts.endpoints,
        "ready": counts.ready,
        "ready_with_warnings": counts.by_state[State.READY_WITH_WARNINGS],
        "not_ready": counts.by_state[State.NOT_READY],
        "not_known": counts.by_state[State.NOT_KNOWN],
    }


def _row(row: ReadinessRow) -> dict[str, Json]:
    return {
        "endpoint_id": clean_text(row.endpoint_id),
        "name": clean_text(row.name),
        "site_id": clean_text(row.site_id),
        "site_name": clean_text(row.site_name),
        "commune": clean_text(row.commune),
        "district": clean_text(row.district),
        "state": _state(row),
        "ready": row.ready,
        "verdict": row.verdict,
        "findings": [_finding(finding) for finding in row.findings],
        "link_id": clean_text(row.link_id),
        "carrier": clean_text(row.carrier),
        "link_verdict": row.link_verdict,
        "headroom_down_mbps": _left(row.headroom_down_mbps),
        "headroom_up_mbps": _left(row.headroom_up_mbps),
        "services": [_service(reading) for reading in row.services],
        "model": clean_text(row.model),
        "software": clean_text(row.software),
        "last_good_call": _time(row.last_good_call),
    }


def _state(row: ReadinessRow) -> str:
    """Return one of three words: warnings stand beside it."""
    state = state_of(row)
    return State.READY if state is State.READY_WITH_WARNINGS else state


def _finding(finding: Finding) -> dict[str, Json]:
    return {
        "reason": finding.reason,
        "keeps_out": finding.keeps_out,
        "detail": clean_text(finding.detail),
    }


def _service(reading: ServiceReading) -> dict[str, Json]:
    return {
        "kind": reading.kind,
        "port": reading.port,
        "state": reading.state,
        "code": reading.code,
        "latency_s": _number(reading.latency_s),
        "certificate": _certificate(reading.certificate),
        "problem": clean_text(reading.problem),
    }


def _certificate(certificate: CertificateReading | None) -> Json:
    if certificate is None:
        return None
    return {
        "not_before": _time(moment_of(certificate.not_before)),
        "not_after": _time(moment_of(certificate.not_after)),
        "sha256": clean_text(certificate.sha256),
        "trusted": certificate.trusted,
        "problem": clean_text(certificate.problem),
        "subject": clean_text(certificate.subject),
    }


def _cells(report: ReadinessReport, row: ReadinessRow) -> dict[str, str]:
    values = _row(row) | {
        "reasons": " ".join(finding.reason for finding in row.findings if finding.keeps_out),
        "warnings": " ".join(finding.reason for finding in row.findings if not finding.keeps_out),
        "details": "; ".join(
            f"{finding.reason}: {clean_text(finding.detail)}" for finding in row.findings if finding.detail
        ),
        "services": "; ".join(map(_service_cell, row.services)),
        "needed_mbps": _number(report.needed_mbps),
        "checked_at": _time(report.checked_at),
        "meeting_id": clean_text(report.meeting.meeting_id) if report.meeting else "",
        "synthetic": report.synthetic,
    }
    return {name: _cell(values[name]) for name in _COLUMNS}


def _service_cell(reading: ServiceReading) -> str:
    code = "" if reading.code is None else f" {reading.code}"
    return f"{reading.kind}:{reading.port}={reading.state}{code}"


def _cell(value: Json) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else local(moment).isoformat()


def _left(rate: float | None) -> float | None:
    left = rate_left(rate)
    return None if left is None else float(left)


def _number(value: float | None) -> float | None:
    """Return a number that JSON can say, in millionths."""
    return None if value is None or not math.isfinite(value) else round(value, 6)
