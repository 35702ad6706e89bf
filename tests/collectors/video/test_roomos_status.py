"""What a codec says of itself: registration, faults and what it is."""

from __future__ import annotations

import pytest

from phusong.collectors.video.roomos_status import (
    Identity,
    Location,
    faults,
    identity,
    read_number,
    registered,
)
from phusong.collectors.video.roomos_xml import Element, parse_status
from tests.support.roomos_fake import CE_IDLE, TC_FIRST_IN_CALL, document


def _documents(**rows: str) -> dict[Location, Element]:
    return {Location[name]: parse_status(document(inside)) for name, inside in rows.items()}


def _sip(*states: str) -> str:
    rows = "".join(f'<Registration item="{n}"><Status>{s}</Status></Registration>' for n, s in enumerate(states))
    return f"<SIP>{rows}</SIP>"


def _h323(state: str) -> str:
    return f"<H323><Gatekeeper><Status>{state}</Status></Gatekeeper></H323>"


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        (_documents(SIP=_sip("Registered"), H323=_h323("Inactive")), True),
        (_documents(SIP=_sip("Inactive"), H323=_h323("Registered")), True),
        (_documents(SIP=_sip("Registered"), H323=_h323("Rejected")), True),
        (_documents(SIP=_sip("Failed", "Registered")), True),
        (_documents(SIP=_sip("Failed")), False),
        (_documents(SIP=_sip("Registering")), False),
        (_documents(SIP=_sip("Inactive"), H323=_h323("Rejected")), False),
        (_documents(SIP=_sip("Inactive"), H323=_h323("Inactive")), None),
        (_documents(SIP="<SIP/>"), None),
        ({}, None),
    ],
)
def test_registered(documents: dict[Location, Element], expected: bool | None) -> None:
    """One registration is enough; what is not set up counts neither way, and nothing read says nothing."""
    assert registered(documents) is expected


def _message(level: str, kind: str) -> str:
    return f"<Message><Level>{level}</Level><Type>{kind}</Type><Description>text</Description></Message>"


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ((), ()),
        ((("Error", "CamerasDetected"), ("Error", "CameraStatus")), ("camera",)),
        ((("Critical", "MicrophonesConnected"), ("Error", "NetLinkStatus")), ("microphone", "network")),
        ((("Warning", "FanStatus"), ("Info", "TemperatureCheck")), ()),
        ((("Error", "NTPStatus"), ("Error", "ValidPasswords"), ("Error", "SIPProfileRegistration")), ()),
        ((("Critical", "SomethingNew"),), ("system",)),
        ((("", "CameraStatus"), ("Error", "")), ()),
    ],
)
def test_faults(messages: tuple[tuple[str, str], ...], expected: tuple[str, ...]) -> None:
    """Only parts that the codec calls failed are faults, each once; warnings and settings are none."""
    inside = "".join(_message(*message) for message in messages)
    assert faults(_documents(DIAGNOSTICS=f"<Diagnostics>{inside}</Diagnostics>")) == expected


def test_identity() -> None:
    """Model, serial number and software are found in both layouts; any document has the software."""
    ce = _documents(SYSTEM_UNIT=CE_IDLE[Location.SYSTEM_UNIT])
    assert identity(ce) == Identity("Cisco Room Kit", "FTT2400A1BC", "ce9.15.0.aaaaaaaaaaa")
    first_tc = {
        Location.SYSTEM_UNIT: parse_status(document(TC_FIRST_IN_CALL[Location.SYSTEM_UNIT], attributes="")),
        Location.SIP: parse_status(document("", attributes='version="TC4.2.1.265253"')),
    }
    assert identity(first_tc) == Identity("Codec C90", "PH0100000", "TC4.2.1.265253")
    assert identity({}) == Identity()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0.0),
        ("29.97", 29.97),
        ("", None),
        ("-1", None),
        ("1e9", None),
        ("inf", None),
        ("nan", None),
        ("٣", None),
        ("9" * 16, None),
    ],
)
def test_numbers(text: str, expected: float | None) -> None:
    """A figure is digits; what else Python would take for a number is none."""
    assert read_number(text) == expected
