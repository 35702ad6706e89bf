"""Whose turn it is: what a poll of a codec asks, in which order, and who goes to the back of the queue."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pytest

from phusong.collectors.services.connection import BadAnswer, Refused, ServiceError, Silent, Unreachable, Untrusted
from phusong.collectors.video.roomos_errors import BadStatusXml, LocationRefused, Redirected, RoomosError
from phusong.collectors.video.roomos_status import Location
from phusong.collectors.video.roomos_turns import (
    IDENTITY_S,
    LONGEST_SHARE,
    MOST_REQUESTS,
    had_its_turn,
    next_location,
)
from phusong.collectors.video.roomos_xml import Element, parse_status
from tests.support.roomos_fake import CE_CALLS, CE_IDLE, document

SIP_YES = parse_status(document(CE_IDLE["/Status/SIP/Registration"]))
SIP_NO = parse_status(document("<SIP><Registration><Status>Inactive</Status></Registration></SIP>"))
IDLE = {Location.CALL: parse_status(document("<EmptyResult/>"))}
BUSY = {Location.CALL: parse_status(document(CE_CALLS))}
OTHER = Element("Status")


def _walk(
    call: Mapping[Location, Element],
    sip: Element,
    kept: Mapping[Location, Element],
    hanging: Collection[Location] = (),
    **ages: float,
) -> list[str]:
    """Return what a poll asks when every location answers."""
    fresh: dict[Location, Element] = {}
    answers = {**call, Location.SIP: sip}
    asked = []
    ages_by_location = {Location[name]: age for name, age in ages.items()}
    while location := next_location(fresh, {}, {**kept, **fresh}, ages_by_location, hanging):
        asked.append(location.name)
        fresh[location] = answers.get(location, OTHER)
    return asked


ALL_KEPT = dict.fromkeys(Location, OTHER) | {Location.SIP: SIP_NO}
RECENT = {"MEDIA_CHANNELS": 30.0, "SIP": 30.0, "H323": 30.0, "DIAGNOSTICS": 30.0, "SYSTEM_UNIT": 30.0}


@pytest.mark.parametrize(
    ("call", "sip", "kept", "ages", "expected"),
    [
        (IDLE, SIP_YES, {}, {}, "CALL SIP DIAGNOSTICS SYSTEM_UNIT"),
        (IDLE, SIP_NO, {}, {}, "CALL SIP H323 DIAGNOSTICS SYSTEM_UNIT"),
        (IDLE, SIP_NO, ALL_KEPT, RECENT | {"DIAGNOSTICS": 60.0}, "CALL DIAGNOSTICS SIP H323"),
        (IDLE, SIP_YES, ALL_KEPT | {Location.SIP: SIP_YES}, RECENT, "CALL SIP DIAGNOSTICS"),
        (IDLE, SIP_NO, ALL_KEPT, RECENT | {"SYSTEM_UNIT": IDENTITY_S}, "CALL SYSTEM_UNIT SIP H323 DIAGNOSTICS"),
        (BUSY, SIP_YES, {}, {}, "CALL MEDIA_CHANNELS SIP DIAGNOSTICS SYSTEM_UNIT"),
        (BUSY, SIP_YES, ALL_KEPT, RECENT, "CALL MEDIA_CHANNELS SIP DIAGNOSTICS"),
        (BUSY, SIP_YES, ALL_KEPT, RECENT | {"SIP": 60.0}, "CALL SIP MEDIA_CHANNELS DIAGNOSTICS"),
        (BUSY, SIP_NO, {}, {}, "CALL MEDIA_CHANNELS SIP H323 DIAGNOSTICS"),
        (BUSY, SIP_NO, {}, RECENT | {"MEDIA_CHANNELS": 1.0}, "CALL SIP H323 DIAGNOSTICS MEDIA_CHANNELS"),
    ],
)
def test_what_is_asked(
    call: Mapping[Location, Element],
    sip: Element,
    kept: Mapping[Location, Element],
    ages: Mapping[str, float],
    expected: str,
) -> None:
    """There is room for calls and channels, then for who waits longest; what is not needed is left out."""
    assert " ".join(_walk(call, sip, kept, **ages)) == expected


@pytest.mark.parametrize(
    ("call", "hanging", "expected"),
    [
        (BUSY, "MEDIA_CHANNELS", "CALL SIP H323 DIAGNOSTICS MEDIA_CHANNELS"),
        (BUSY, "CALL", "MEDIA_CHANNELS SIP H323 DIAGNOSTICS CALL"),
        (IDLE, "SIP", "CALL H323 DIAGNOSTICS SYSTEM_UNIT SIP"),
        (BUSY, "CALL MEDIA_CHANNELS SIP H323 DIAGNOSTICS SYSTEM_UNIT", "CALL MEDIA_CHANNELS SIP H323 DIAGNOSTICS"),
    ],
)
def test_who_hangs_is_asked_last(call: Mapping[Location, Element], hanging: str, expected: str) -> None:
    """It keeps its place among those that are asked, behind the others; where all hang, the usual order holds."""
    names = tuple(Location[name] for name in hanging.split())
    assert " ".join(_walk(call, SIP_NO, {}, names)) == expected


@pytest.mark.parametrize(
    ("outcome", "share", "expected"),
    [
        (OTHER, 0.01, True),
        (LocationRefused(), 0.01, True),
        (Redirected(), 0.01, True),
        (BadStatusXml(), 0.01, True),
        (BadAnswer("x"), 0.01, True),
        (Silent("x"), LONGEST_SHARE, True),
        (Silent("x"), LONGEST_SHARE - 0.01, False),
        (Refused("x"), LONGEST_SHARE, False),
        (Unreachable("x"), LONGEST_SHARE, False),
        (Untrusted("x"), LONGEST_SHARE, False),
    ],
)
def test_turns(outcome: Element | RoomosError | ServiceError, share: float, expected: bool) -> None:
    """A turn is over by any answer, or by silence for all the time that one request may have; else it is kept."""
    assert had_its_turn(outcome, share) is expected


@pytest.mark.parametrize("fit", [2, 3, 4, 5])
def test_everybody_has_a_turn(fit: int) -> None:
    """However few requests a poll has time for, in some polls each location is asked, calls in each of them."""
    asked_at: dict[Location, float] = {}
    answered: set[Location] = set()
    for poll in range(6):
        fresh: dict[Location, Element] = {}
        for step in range(fit):
            now = poll * 30.0 + step
            ages = {location: now - asked for location, asked in asked_at.items()}
            location = next_location(fresh, {}, fresh, ages)
            if location is None:
                break
            fresh[location] = {**BUSY, Location.SIP: SIP_NO}.get(location, OTHER)
            asked_at[location] = now
        assert next(iter(fresh)) is Location.CALL
        assert len(fresh) == min(fit, MOST_REQUESTS)
        answered |= set(fresh)
    assert answered == set(Location)
