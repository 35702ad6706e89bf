"""Events as values and as JSON: every field in its place, and no text that could be taken for more than text."""

from __future__ import annotations

import json
import unicodedata

import pytest
from events_made import make_event
from hypothesis import given
from hypothesis import strategies as st

from phusong.exporters.events import LONGEST_TEXT, EventKind, EventObject, events_to_json, plain, rfc3339


def test_json_form() -> None:
    """The documented keys, all of them always there, letters with diacritics as they are."""
    body = events_to_json([make_event()])
    assert "Cô Tô" in body.decode()
    assert json.loads(body) == {
        "format": 1,
        "events": [
            {
                "id": "e1",
                "kind": "verdict_changed",
                "severity": "error",
                "time": "2026-10-31T16:15:02.125Z",
                "object": {
                    "type": "link",
                    "id": "coto-1",
                    "name": "",
                    "site": "coto",
                    "site_name": "UBND thị trấn Cô Tô",
                    "carrier": "Carrier A",
                    "commune": "07192",
                    "commune_name": "Thị trấn Cô Tô",
                },
                "before": "up",
                "after": "down",
                "since": "2026-10-31T16:15:00.000Z",
                "rule": "oper_status",
                "cause": "",
                "detail": "",
            }
        ],
    }


def test_what_is_not_known() -> None:
    """An event without a begin has ``null`` there, and text is empty."""
    (event,) = json.loads(events_to_json([make_event(since=None, object=EventObject("agent", "host"))]))["events"]
    assert event["since"] is None
    assert set(event["object"].values()) == {"agent", "host", ""}


@given(st.text())
def test_any_text_is_sent(text: str) -> None:
    """Whatever a name holds, the body is UTF-8 and JSON on one line."""
    body = events_to_json([make_event(detail=text)])
    assert b"\n" not in body
    json.loads(body.decode("utf-8"))


@given(st.text())
def test_plain_text(text: str) -> None:
    """No control, format or unassigned character is left, no line end, and not more than is allowed."""
    shown = plain(text)
    assert len(shown) <= LONGEST_TEXT
    assert not [char for char in shown if unicodedata.category(char)[0] == "C" or char in "\u2028\u2029\x85"]
    assert plain(shown) == shown


def test_plain_text_keeps_letters() -> None:
    """Vietnamese stays, line ends become spaces, what turns the writing direction goes."""
    assert plain("  Phường\nHà\u202e Khánh\x1b[2J\x00 ") == "Phường Hà Khánh[2J"


@pytest.mark.parametrize(
    ("unix", "text"),
    [(0.0, "1970-01-01T00:00:00.000Z"), (1793463302.1259, "2026-10-31T16:15:02.125Z")],
)
def test_times(unix: float, text: str) -> None:
    """Times are RFC 3339 in UTC, with thousandths always written out."""
    assert rfc3339(unix) == text


@pytest.mark.parametrize("kind", list(EventKind))
def test_kinds_fit_a_msgid(kind: EventKind) -> None:
    """RFC 5424 allows 32 characters of printable ASCII."""
    assert len(kind) <= 32
    assert kind.isascii()
    assert kind.isidentifier()
