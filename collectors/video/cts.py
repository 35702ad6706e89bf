"""Cisco TelePresence with CTS software: CISCO-TELEPRESENCE-MIB and the calls of CISCO-TELEPRESENCE-CALL-MIB.

ctpcTable keeps the last calls, ten of them as a rule: those that are up are the rows whose ctpcCallTermReason is
incall(12). A write to that table places a call, so nothing but reading is ever done here. The streams of a call
are in ``cts_streams``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from phusong.collectors.call_readings import CallReading, EndpointReading
from phusong.collectors.interface_row import as_int
from phusong.collectors.snmp.ber import Oid, Value
from phusong.collectors.snmp.walk import WalkLimits

from .cts_streams import read_streams
from .inquiry import Inquiry
from .known_rows import CALLS, Found, KnownRows, Part
from .measures import Measures

CALL_MIB: Final[Oid] = (1, 3, 6, 1, 4, 1, 9, 9, 644, 1)
MGMT_SYS_CONN_STATUS: Final[Oid] = (*CALL_MIB, 2, 6, 1, 4)
MODE: Final[Oid] = (*CALL_MIB, 2, 4, 0)
STAT_TOTAL_CALLS: Final[Oid] = (*CALL_MIB, 4, 3, 0)
CALL_ENTRY: Final[Oid] = (*CALL_MIB, 4, 8, 1)
REMOTE_DIR_NUM, LOCAL_SIP_CALL_ID, DURATION, SECURITY, DIRECTION = 2, 3, 7, 9, 10
LATEST_BIT_RATE, TERM_REASON = 13, 17
_CALL_COLUMNS: Final = (
    REMOTE_DIR_NUM,
    *(LOCAL_SIP_CALL_ID, DURATION, SECURITY, DIRECTION, LATEST_BIT_RATE, TERM_REASON),
)
"""The first is who the other side is, asked for only where that is shown."""
_PERIPHERAL_ENTRY: Final[Oid] = (1, 3, 6, 1, 4, 1, 9, 9, 643, 1, 2, 1, 1)
PERIPHERAL_STATUS: Final[Oid] = (*_PERIPHERAL_ENTRY, 3)
PERIPHERAL_CATEGORY: Final[Oid] = (*_PERIPHERAL_ENTRY, 4)

CALLS_MOST: Final = 16
PERIPHERALS_MOST: Final = 64
_LIMITS: Final = WalkLimits(rows=500, requests=60, time_s=6.0)
"""ctpcTableSize is 500 at most."""

IN_CALL: Final = 12
END_REASONS: Final = {
    1: "unknown",
    2: "other",
    3: "internal error",
    4: "local side disconnected",
    5: "remote side disconnected",
    6: "network congestion",
    7: "media negotiation failure",
    8: "security configuration mismatched",
    9: "incompatible remote endpoint",
    10: "service unavailable",
    11: "remote side terminated with an error",
}
"""CtpcCallTerminationCode."""
NO_CALL_MANAGER: Final = 1
"""ctpcMode noMgmtSys: there is nothing to be registered with."""
REGISTERED: Final = 5
NOT_REGISTERED: Final = frozenset({4, 6})
"""notRegister and registrationFailure of CtpcMgmtSysConnStatusCode; the others say nothing."""
_DIRECTIONS: Final = {1: "incoming", 2: "outgoing"}
_ENCRYPTED: Final = {1: False, 2: False, 3: True}
"""ctpcSecurity: nonSecured, authenticated (nobody else spoke, but anybody may listen), secured."""
_PERIPHERAL_ERRORS: Final = frozenset(range(2, 9))
"""CtpPeripheralStatusCode from cableError to commError; other(1) and detectionDisabled(9) are no faults."""
_CATEGORIES: Final = {
    2: "network",
    3: "phone",
    4: "camera",
    5: "display",
    6: "codec",
    7: "document_camera",
    8: "projector",
    9: "presentation",
    10: "presentation",
    11: "control_unit",
    12: "audio_unit",
    13: "microphone",
    14: "headset",
    15: "microphone",
    16: "media_system",
    17: "display",
    18: "touch_panel",
    19: "presentation",
    20: "presentation",
}
"""CtpPeripheralDeviceCategoryCode, as words for faults."""
OTHER_PERIPHERAL: Final = "peripheral"
_ASKED: Final = {
    "registration": Part((MODE,), (MGMT_SYS_CONN_STATUS,)),
    "peripherals": Part((), (PERIPHERAL_STATUS, PERIPHERAL_CATEGORY)),
}


class CtsEndpoint:
    """Reads one CTS, and remembers where its table rows are."""

    def __init__(self, *, legacy_charset: str | None = None, show_far_end: bool = False) -> None:
        self._legacy_charset = legacy_charset
        self._show_far_end = show_far_end
        self._rows = KnownRows(_ASKED, (*CALL_ENTRY, TERM_REASON), PERIPHERALS_MOST, _LIMITS)

    @property
    def objects(self) -> tuple[Oid, ...]:
        """What it asks for by GET in the next poll, calls apart."""
        return self._rows.objects

    async def read(self, reading: EndpointReading, inquiry: Inquiry, now: float) -> EndpointReading:
        """Return the reading with what the endpoint says of itself and of its calls."""
        measures = Measures(inquiry.problems, self._legacy_charset)
        found = await self._rows.read(inquiry, now)
        reasons = {oid[len(CALL_ENTRY) + 1 :]: as_int(value) for oid, value in found.calls.rows}
        up = [index for index, reason in reasons.items() if reason == IN_CALL][-CALLS_MOST:]
        rows = await self._read_rows(up, inquiry)
        lost = CALLS in inquiry.lost
        if not lost:
            reasons |= {index: as_int(row[TERM_REASON]) for index, row in rows.items()}
        still_up = [index for index in up if reasons[index] == IN_CALL]
        calls = [] if lost else [await self._call(index, rows[index], inquiry, measures) for index in still_up]
        return replace(
            reading,
            registered=registered(found),
            in_call=True if still_up else (None if found.calls.partial else False),
            calls=tuple(calls),
            faults=faults(found),
            last_end_reason=end_reason(reasons),
        )

    async def _read_rows(self, indexes: Sequence[Oid], inquiry: Inquiry) -> dict[Oid, dict[int, Value]]:
        """Return the rows of these calls by their index."""
        if not indexes:
            return {}
        columns = _CALL_COLUMNS if self._show_far_end else _CALL_COLUMNS[1:]
        oids = [(*CALL_ENTRY, column, *index) for index in indexes for column in columns]
        values = iter((await inquiry.get({CALLS: oids}))[CALLS])
        return {index: {column: next(values) for column in columns} for index in indexes}

    async def _call(
        self, index: Oid, row: Mapping[int, Value], inquiry: Inquiry, measures: Measures
    ) -> CallReading:
        """Return what a row of ctpcTable and the streams of the call say; its rate is one figure for both ways."""
        rate_bps = measures.bit_rate_bps("ctpcLatestBitRate", row[LATEST_BIT_RATE])
        return CallReading(
            direction=_DIRECTIONS.get(as_int(row[DIRECTION]) or 0, ""),
            protocol="sip" if measures.text(row[LOCAL_SIP_CALL_ID]) else "",
            far_end=measures.text(row.get(REMOTE_DIR_NUM)),
            duration_s=measures.duration_s("ctpcDuration", row[DURATION]),
            receive_bps=rate_bps,
            transmit_bps=rate_bps,
            encrypted=_ENCRYPTED.get(as_int(row[SECURITY]) or 0),
            streams=await read_streams(index, inquiry, measures),
        )


def registered(found: Found) -> bool | None:
    """Tell whether the endpoint is registered with one of its call managers; the spare ones need not be."""
    if as_int(found.value(MODE)) == NO_CALL_MANAGER:
        return None
    told = {as_int(value) for value in found.column(MGMT_SYS_CONN_STATUS).values()}
    if REGISTERED in told:
        return True
    return False if told & NOT_REGISTERED else None


def faults(found: Found) -> tuple[str, ...]:
    """Return the kinds of peripherals with an error, each once."""
    categories = found.column(PERIPHERAL_CATEGORY)
    failed = (
        _CATEGORIES.get(as_int(categories.get(index)) or 0, OTHER_PERIPHERAL)
        for index, status in found.column(PERIPHERAL_STATUS).items()
        if as_int(status) in _PERIPHERAL_ERRORS
    )
    return tuple(dict.fromkeys(failed))


def end_reason(reasons: Mapping[Oid, int | None]) -> str:
    """Return why the last call ended: that of the highest index, since every new call gets a higher one."""
    ended = [index for index, reason in reasons.items() if reason in END_REASONS]
    return END_REASONS[reasons[max(ended)] or 0] if ended else ""
