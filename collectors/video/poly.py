"""Poly endpoints (Group, Studio, Trio): what POLYCOM-ENDPOINT-MIB of 2017-06-09 says beside the calls.

The calls themselves are in ``poly_calls``. All status objects are disabled(1), ok(2) or failed(3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from phusong.collectors.call_readings import CallReading, EndpointReading
from phusong.collectors.interface_row import as_int
from phusong.collectors.snmp.ber import Oid, Value
from phusong.collectors.snmp.walk import WalkLimits, WalkResult

from .inquiry import Inquiry
from .known_rows import CALLS, Found, KnownRows, Part
from .measures import Measures, is_there
from .poly_calls import CALL_INDEX, CALLS_MOST, ENTRY, call_of, columns_of

OBJECTS: Final[Oid] = (1, 3, 6, 1, 4, 1, 13885, 101, 1)
SOFTWARE_INFO: Final[Oid] = (*OBJECTS, 1, 1, 0)
DEVICE_MODEL: Final[Oid] = (*OBJECTS, 1, 4, 0)
SERIAL_NUMBER: Final[Oid] = (*OBJECTS, 1, 5, 0)
IDENTITY_STATUS: Final[Oid] = (*OBJECTS, 1, 6, 0)
H323_STATUS: Final[Oid] = (*OBJECTS, 2, 7, 1, 0)
H323_REGISTRATION_STATUS: Final[Oid] = (*OBJECTS, 2, 7, 2, 0)
GATEKEEPER_STATUS: Final[Oid] = (*OBJECTS, 2, 7, 3, 1, 2)
SIP_STATUS: Final[Oid] = (*OBJECTS, 2, 8, 1, 0)
SIP_PROXY_STATUS: Final[Oid] = (*OBJECTS, 2, 8, 2, 1, 2)
SIP_REGISTRATION_STATUS: Final[Oid] = (*OBJECTS, 2, 8, 3, 1, 2)
HARDWARE_STATUS: Final[Oid] = (*OBJECTS, 3, 1, 0)
MICROPHONE_STATUS: Final[Oid] = (*OBJECTS, 3, 5, 1, 0)
CAMERA_STATUS: Final[Oid] = (*OBJECTS, 3, 6, 1, 0)
NIC_STATUS: Final[Oid] = (*OBJECTS, 3, 10, 1, 0)
NIC_SPEED: Final[Oid] = (*OBJECTS, 3, 10, 2, 1, 4)
NIC_DUPLEX: Final[Oid] = (*OBJECTS, 3, 10, 2, 1, 5)
ACTIVE_CONFERENCES: Final[Oid] = (*OBJECTS, 5, 1, 0)

DISABLED, OK, FAILED = 1, 2, 3

_PARTS: Final = (
    ("device", IDENTITY_STATUS),
    ("hardware", HARDWARE_STATUS),
    ("camera", CAMERA_STATUS),
    ("microphone", MICROPHONE_STATUS),
    ("network", NIC_STATUS),
    ("h323", H323_STATUS),
    ("sip", SIP_STATUS),
)
"""What is called by which word among the faults when its status is failed(3)."""
HALF_DUPLEX: Final = "half_duplex"
"""The one fault that is ours to see: a port at half duplex loses what a call sends while it receives."""
_ASKED: Final = {
    "identity": Part((SOFTWARE_INFO, DEVICE_MODEL, SERIAL_NUMBER, IDENTITY_STATUS)),
    "hardware": Part((HARDWARE_STATUS, CAMERA_STATUS, MICROPHONE_STATUS, NIC_STATUS), (NIC_SPEED, NIC_DUPLEX)),
    "registration": Part(
        (H323_STATUS, H323_REGISTRATION_STATUS, SIP_STATUS),
        (GATEKEEPER_STATUS, SIP_PROXY_STATUS, SIP_REGISTRATION_STATUS),
    ),
    "conferences": Part((ACTIVE_CONFERENCES,)),
}
_LIMITS: Final = WalkLimits(rows=CALLS_MOST + 1, requests=20, time_s=6.0)


@dataclass(frozen=True, slots=True)
class NetworkCard:
    """How the endpoint says that a port of its own runs."""

    speed_bps: float | None
    duplex: str
    """In small letters: ``full``, ``half`` or what it says; empty when it says nothing."""


class PolyEndpoint:
    """Reads one Poly endpoint, and remembers where its table rows are."""

    def __init__(self, *, legacy_charset: str | None = None, show_far_end: bool = False) -> None:
        self.network_cards: tuple[NetworkCard, ...] = ()
        """As of the latest poll."""
        self._idle: tuple[Mapping[Oid, Value], EndpointReading] | None = None
        """What it answered when it was last found without calls and problems, and what that says."""
        self._legacy_charset = legacy_charset
        self._show_far_end = show_far_end
        self._rows = KnownRows(_ASKED, CALL_INDEX, CALLS_MOST, _LIMITS, counted_by=ACTIVE_CONFERENCES)

    @property
    def objects(self) -> tuple[Oid, ...]:
        """What it asks for by GET in the next poll, calls apart."""
        return self._rows.objects

    async def read(self, reading: EndpointReading, inquiry: Inquiry, now: float) -> EndpointReading:
        """Return the reading with what the endpoint says of itself and of its calls."""
        if self._idle and inquiry.known == self._idle[0] and self._rows.is_idle(inquiry.known, now):
            return replace(self._idle[1], system=reading.system)  # to work it out again costs as much as to ask
        measures = Measures(inquiry.problems, self._legacy_charset)
        found = await self._rows.read(inquiry, now)
        calls = await self._read_calls(found.calls, inquiry, measures)
        self.network_cards = network_cards(found, measures)
        reading = replace(
            reading,
            model=measures.text(found.value(DEVICE_MODEL)) or reading.model,
            serial=measures.text(found.value(SERIAL_NUMBER)),
            software=measures.text(found.value(SOFTWARE_INFO)),
            registered=registered(found),
            in_call=in_call(
                found.calls,
                None if CALLS in inquiry.lost else len(calls),
                as_int(found.value(ACTIVE_CONFERENCES)),
            ),
            calls=tuple(calls),
            faults=faults(found, self.network_cards),
        )
        self._idle = None if calls or inquiry.problems.texts else (inquiry.known, reading)
        return reading

    async def _read_calls(self, table: WalkResult, inquiry: Inquiry, measures: Measures) -> list[CallReading]:
        """Read the calls of these rows; one that has ended since has nothing to say and is left out."""
        indexes = [oid[len(CALL_INDEX) :] for oid, _ in table.rows[:CALLS_MOST]]
        if not indexes:
            return []
        columns = columns_of(show_far_end=self._show_far_end)
        oids = [(*ENTRY, column, *index) for index in indexes for column in columns]
        values = iter((await inquiry.get({CALLS: oids}))[CALLS])
        rows = [{column: next(values) for column in columns} for _ in indexes]
        return [call_of(row, measures) for row in rows if any(map(is_there, row.values()))]


def network_cards(found: Found, measures: Measures) -> tuple[NetworkCard, ...]:
    """Return the network cards; their speed is given in Mbit/s."""
    speeds, duplexes = found.column(NIC_SPEED), found.column(NIC_DUPLEX)
    return tuple(
        NetworkCard(
            measures.bit_rate_bps("hardwareNICNICsSpeed", speeds.get(index), 1_000_000),
            measures.word(duplexes.get(index)).casefold(),
        )
        for index in sorted({*speeds, *duplexes})
    )


def faults(found: Found, cards: Sequence[NetworkCard]) -> tuple[str, ...]:
    """Return what the endpoint calls failed, and a port at half duplex."""
    failed = [word for word, oid in _PARTS if as_int(found.value(oid)) == FAILED]
    return (*failed, *([HALF_DUPLEX] if any(card.duplex.startswith("half") for card in cards) else ()))


def registered(found: Found) -> bool | None:
    """Tell whether the endpoint is registered with a call server.

    ``False`` only when a registration that is enabled says failed and none says ok. Where a stack has no object
    for its registrations, its gatekeepers or proxies stand for them; one that is disabled says nothing.
    """
    told: list[int | None] = []
    h323 = [value for value in [found.value(H323_REGISTRATION_STATUS)] if is_there(value)]
    sip = [*found.column(SIP_REGISTRATION_STATUS).values()]
    for stack, registrations, servers in (
        (H323_STATUS, h323, GATEKEEPER_STATUS),
        (SIP_STATUS, sip, SIP_PROXY_STATUS),
    ):
        if as_int(found.value(stack)) != DISABLED:
            told += map(as_int, registrations or found.column(servers).values())
    if OK in told:
        return True
    return False if FAILED in told else None


def in_call(table: WalkResult, calls: int | None, conferences: int | None) -> bool | None:
    """Tell whether a call is up.

    Parameters
    ----------
    table : WalkResult
        The rows of the calls as they were found.
    calls : int or None
        How many of them were still there when they were read; ``None`` when they could not be read.
    conferences : int or None
        What the endpoint counts itself, ``None`` when it does not.
    """
    if table.rows and calls != 0:
        return True
    if table.rows and not table.partial:
        return False  # they ended between two requests
    if conferences:
        return True
    return None if table.partial and conferences is None else False
