"""Polycom HDX and VSX: POLYCOM-VIDEO-MIB 2.0, scalars that are all strings, and empty outside a call.

Loss, jitter and latency are one figure each for sound and picture together, and only of an H.323 call. An empty
string is "no call", never 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from phusong.collectors.call_readings import CallReading, EndpointReading, Media, StreamReading, Way
from phusong.collectors.snmp.ber import Oid, Value

from .inquiry import Inquiry
from .measures import Measures

OBJECTS: Final[Oid] = (1, 3, 6, 1, 4, 1, 2684, 1, 1)
PHONE_NUMBER: Final[Oid] = (*OBJECTS, 2, 0)
REASON: Final[Oid] = (*OBJECTS, 3, 0)
PERCENT_PACKET_LOSS: Final[Oid] = (*OBJECTS, 21, 0)
JITTER: Final[Oid] = (*OBJECTS, 22, 0)
LATENCY: Final[Oid] = (*OBJECTS, 23, 0)
"""In ms, as jitter is; the MIB does not say so of latency."""
_SCALARS: Final = (PHONE_NUMBER, REASON, PERCENT_PACKET_LOSS, JITTER, LATENCY)

CAUSES: Final = {
    1: "unallocated number",
    2: "no route to the transit network",
    3: "no route to the destination",
    6: "channel unacceptable",
    16: "normal call clearing",
    17: "user busy",
    18: "no user responding",
    19: "no answer from the user",
    20: "subscriber absent",
    21: "call rejected",
    22: "number changed",
    26: "non-selected user clearing",
    27: "destination out of order",
    28: "invalid number format",
    29: "facility rejected",
    30: "response to status enquiry",
    31: "normal, unspecified",
    34: "no circuit or channel available",
    38: "network out of order",
    41: "temporary failure",
    42: "switching equipment congestion",
    43: "access information discarded",
    44: "requested circuit or channel not available",
    47: "resource unavailable, unspecified",
    49: "quality of service not available",
    50: "requested facility not subscribed",
    55: "incoming calls barred",
    57: "bearer capability not authorized",
    58: "bearer capability not presently available",
    63: "service or option not available, unspecified",
    65: "bearer capability not implemented",
    69: "requested facility not implemented",
    79: "service or option not implemented, unspecified",
    81: "invalid call reference",
    87: "user not member of the closed user group",
    88: "incompatible destination",
    95: "invalid message, unspecified",
    96: "mandatory information element missing",
    97: "message type non-existent or not implemented",
    98: "message not compatible with the call state",
    99: "information element non-existent or not implemented",
    100: "invalid information element contents",
    101: "message not compatible with the call state",
    102: "recovery on timer expiry",
    111: "protocol error, unspecified",
    127: "interworking, unspecified",
}
"""The cause values of ITU-T Q.850, which H.323 (H.225.0) and ISDN calls both end with."""


class HdxEndpoint:
    """Reads one HDX, and remembers what its latest answer says."""

    def __init__(self, *, legacy_charset: str | None = None, show_far_end: bool = False) -> None:
        self._legacy_charset = legacy_charset
        self._show_far_end = show_far_end
        self._told: tuple[Mapping[Oid, Value], EndpointReading] | None = None
        """What it answered when it was last read without a problem, and what that says."""

    @property
    def objects(self) -> tuple[Oid, ...]:
        """What it asks for by GET in the next poll."""
        return _SCALARS

    async def read(self, reading: EndpointReading, inquiry: Inquiry, now: float) -> EndpointReading:
        """Return the reading with what the endpoint says of its call."""
        del now
        if self._told and inquiry.known and inquiry.known == self._told[0]:
            return replace(self._told[1], system=reading.system)
        values = (await inquiry.get({"call": _SCALARS}))["call"]
        measures = Measures(inquiry.problems, self._legacy_charset)
        number, reason = (measures.text(value) for value in values[:2])
        stream = stream_of(values[2:], measures)
        calls: tuple[CallReading, ...] = ()
        if stream:
            calls = (
                CallReading(protocol="h323", far_end=number if self._show_far_end else "", streams=(stream,)),
            )
        reading = replace(
            reading,
            in_call=in_call(values[2:], number, stream),
            calls=calls,
            last_end_reason=end_reason(reason),
        )
        self._told = None if inquiry.problems.texts else (inquiry.known, reading)
        return reading


def stream_of(figures: Sequence[Value], measures: Measures) -> StreamReading | None:
    """Return what is received, from loss, jitter and latency; ``None`` outside a call."""
    loss, jitter, latency = figures
    stream = StreamReading(
        media=Media.ALL,
        way=Way.RECEIVED,
        loss_ratio=measures.ratio("polycomVSPercentPacketLoss", loss, 100),
        jitter_s=measures.delay_s("polycomVSJitter", jitter),
        latency_s=measures.delay_s("polycomVSLatency", latency),
    )
    measured = (stream.loss_ratio, stream.jitter_s, stream.latency_s)
    return None if measured == (None, None, None) else stream


def in_call(figures: Sequence[Value], number: str, stream: StreamReading | None) -> bool | None:
    """Tell whether a call is up.

    Figures are there in an H.323 call only. A number of the far side without them may be that of a call of another
    kind, or be left of the last one: then it is not known.
    """
    if stream:
        return True
    empty = all(isinstance(figure, bytes) and not figure.strip(b" \0") for figure in figures)
    return False if empty and not number else None


def end_reason(cause: str) -> str:
    """Return why the last call ended: a number in words, a text as it is."""
    if cause.isascii() and cause.isdigit():
        return f"{CAUSES[int(cause[:6])]} ({cause})" if int(cause[:6]) in CAUSES else f"cause {cause[:6]}"
    return cause
