"""Messages of RFC 5424: the exact form, and that no text of a device or a file can break out of its place."""

from __future__ import annotations

import re

import pytest
from events_made import LINE, make_event
from hypothesis import given
from hypothesis import strategies as st

from phusong.exporters.events import Event, EventKind, EventObject, Severity, plain
from phusong.exporters.syslog_message import FACILITIES, USUAL_MOST_BYTES, syslog_message

MESSAGE = re.compile(
    rb"<(?P<priority>\d{1,3})>1 (?P<time>\S+) (?P<host>[!-~]{1,255}) (?P<app>[!-~]{1,48}) "
    rb"(?P<process>[!-~]{1,128}) (?P<kind>[!-~]{1,32}) \[(?P<element>[!#-<>-\\^-~]{1,32})"
    rb'(?P<parameters>(?: [!#-<>-\\^-~]{1,32}="(?:[^"\\\]]|\\["\\\]])*")*)\](?: \xef\xbb\xbf(?P<text>.*))?',
    re.DOTALL,
)
"""The grammar of RFC 5424, section 6, for one element of structured data."""
PARAMETER = re.compile(rb' ([^ =]+)="((?:[^"\\\]]|\\["\\\]])*)"', re.DOTALL)
HOSTILE = '"] [phusong@32473 id="forged"]\n<8>1 - - - - - - owned\\'


def written(event: Event, hostname: str = "agent") -> bytes:
    return syslog_message(event, facility=FACILITIES["local0"], hostname=hostname, process_id=42)


def read(message: bytes) -> tuple[dict[str, str], dict[str, str]]:
    """Read a message strictly; return its header and text, and its parameters."""
    parts = MESSAGE.fullmatch(message)
    assert parts, message
    unescaped = {
        name.decode(): re.sub(rb'\\(["\\\]])', rb"\1", value).decode()
        for name, value in PARAMETER.findall(parts["parameters"])
    }
    return {name: (value or b"").decode() for name, value in parts.groupdict().items()}, unescaped


def test_the_exact_form() -> None:
    """One message, octet by octet, as docs/events.md shows it."""
    assert (
        written(make_event())
        == (
            "<131>1 2026-10-31T16:15:02.125Z agent phusong 42 verdict_changed "
            '[phusong@32473 id="e1" object_type="link" object_id="coto-1" site="coto" '
            'site_name="UBND thị trấn Cô Tô" carrier="Carrier A" commune="07192" commune_name="Thị trấn Cô Tô" '
            'before="up" after="down" since="2026-10-31T16:15:00.000Z" rule="oper_status"] '
            "\ufefflink coto-1 (UBND thị trấn Cô Tô, Thị trấn Cô Tô, Carrier A): up -> down (oper_status)"
        ).encode()
    )


@pytest.mark.parametrize(
    ("facility", "severity", "priority"),
    [("local0", Severity.CRITICAL, 130), ("local7", Severity.NOTICE, 189), ("authpriv", Severity.WARNING, 84)],
)
def test_priority(facility: str, severity: Severity, priority: int) -> None:
    """Facility times eight plus severity."""
    event = make_event(severity=severity)
    message = syslog_message(event, facility=FACILITIES[facility], hostname="agent", process_id=1)
    assert message.startswith(b"<%d>1 " % priority)


def test_an_event_without_a_change() -> None:
    """Where no verdict changed, the sentence names what happened."""
    event = make_event(
        kind=EventKind.CONFIG_RELOAD_FAILED, object=EventObject("agent", "host"), before="", after="", rule=""
    )
    header, parameters = read(written(event))
    assert header["text"] == "agent host: config_reload_failed"
    assert parameters.keys() == {"id", "object_type", "object_id", "since"}


@pytest.mark.parametrize("place", ["before", "after", "rule", "cause", "detail"])
def test_nothing_breaks_out(place: str) -> None:
    """A name made to forge a field, a line or a message stays the value of its parameter."""
    message = written(make_event(**{place: HOSTILE}))
    _, parameters = read(message)
    assert parameters[place] == plain(HOSTILE, 255)
    assert parameters["id"] == "e1"
    assert b"\n" not in message


TEXTS = st.text() | st.text(alphabet='"\\] [=\n\r\x00\x1b\ufeff\u202e\u2028é😀<>', max_size=40)


@given(st.lists(TEXTS, min_size=8, max_size=8), TEXTS)
def test_any_text(texts: list[str], hostname: str) -> None:
    """Whatever the inventory and devices say, a strict reader finds exactly what was meant, and one message."""
    about = EventObject("site", texts[0], texts[1], texts[2], texts[3], texts[4], "", texts[5])
    message = written(make_event(object=about, cause=texts[6], detail=texts[7]), hostname)
    header, parameters = read(message)
    assert header["element"] == "phusong@32473"
    assert parameters.get("object_id", "") == plain(texts[0])
    assert parameters.get("site_name", "") == plain(texts[3])
    assert parameters.get("cause", "") == plain(texts[6])
    assert parameters.get("detail", "") == plain(texts[7], 255)
    assert parameters["id"] == "e1"
    assert not set(message) & {*range(0x20), 0x7F}


@given(st.text(min_size=150))
def test_length(text: str) -> None:
    """Free text gives way: only fields that are long themselves lead beyond 2,048 octets, and never far."""
    about = EventObject("site", text, text, text, text, text, text, text)
    long = written(make_event(object=about, before=text, after=text, rule=text, cause=text, detail=text))
    assert len(long) < 8192
    read(long)
    only_detail = written(make_event(object=LINE, detail=text))
    assert len(only_detail) <= USUAL_MOST_BYTES
    read(only_detail)
