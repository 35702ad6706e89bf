"""What a Cisco CTS says of its calls, in its own units: micropercent, millifps, kbit/s and ms.

CISCO-TELEPRESENCE-CALL-MIB and a little of CISCO-TELEPRESENCE-MIB. The table of calls keeps those that are over;
the live one is the row with the reason incall. After a call its figures of the last period are 0, those of the
whole call stay. ctpcStartDateAndTime is left out: nothing here knows the time of day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from phusong.collectors.snmp.ber import COUNTER64, GAUGE32, INTEGER, OCTET_STRING, encode_integer, tlv

from .calls import AUDIO_KBPS
from .columns import Encode, fixed
from .row_state import RowState
from .video_objects import room_of

INCOMING, OUTGOING = 1, 2
LOCAL_DISCONNECTED, REMOTE_DISCONNECTED, IN_CALL = 4, 5, 12
IN_PROGRESS, TERMINATED_NORMALLY = 8, 14
REGISTERED, REGISTRATION_FAILURE = 5, 6
AACLD, H264 = 4, 12
VIDEO, AUDIO = 1, 2
"""Types of streams."""
MICRO_PERCENT: Final = 100_000_000
"""All packets."""
LIVE_ROW: Final = 3
_CALL_MIB: Final = "1.3.6.1.4.1.9.9.644.1"
_PERIPHERALS: Final = "1.3.6.1.4.1.9.9.643.1.2.1.1"


@dataclass(frozen=True, slots=True)
class _Shown:
    """One call of the table; ``micro`` is its loss in micropercent, the rates are kbit/s."""

    up: bool
    far_end: str
    outgoing: bool
    reason: int
    duration_s: int
    kbps: int
    video_kbps: int
    lines: int
    columns: int
    millifps: int
    micro: int
    mean_micro: int
    jitter_ms: int
    latency_ms: int
    video_packets: int
    audio_packets: int

    def packets(self, stream: int) -> int:
        """Return the packets of a stream since the call began."""
        return self.video_packets if stream == VIDEO else self.audio_packets

    def lost(self, stream: int) -> int:
        """Return how many of them were lost on their way to us."""
        return self.packets(stream) * self.mean_micro // MICRO_PERCENT

    def rate(self, stream: int) -> int:
        """Return the rate of a stream in kbit/s."""
        return self.video_kbps if stream == VIDEO else AUDIO_KBPS


OLD_CALLS: Final = {
    1: _Shown(
        up=False, far_end="8811", outgoing=True, reason=REMOTE_DISCONNECTED, duration_s=1830, kbps=4096,
        video_kbps=3900, lines=1080, columns=1920, millifps=30_000, micro=0, mean_micro=40_000, jitter_ms=6,
        latency_ms=19, video_packets=936_960, audio_packets=91_500,
    ),
    2: _Shown(
        up=False, far_end="8830", outgoing=False, reason=LOCAL_DISCONNECTED, duration_s=212, kbps=1024,
        video_kbps=900, lines=576, columns=1024, millifps=25_000, micro=0, mean_micro=5_200_000, jitter_ms=61,
        latency_ms=180, video_packets=27_136, audio_packets=10_600,
    ),
}  # fmt: skip
"""Calls that are over, one of them poor: none of it is true now."""


def _live(state: RowState, elapsed: float) -> _Shown | None:
    call = room_of(state).call
    if call is None:
        return None
    up = call.is_up(elapsed)
    return _Shown(
        up=up,
        far_end=call.far_end,
        outgoing=call.outgoing,
        reason=IN_CALL if up else REMOTE_DISCONNECTED,
        duration_s=int(call.duration_s(elapsed)),
        kbps=call.kbps,
        video_kbps=round(call.video_kbps(elapsed)),
        lines=call.lines,
        columns=call.columns,
        millifps=call.frames_per_s * 1000,
        micro=round(call.loss(elapsed) * MICRO_PERCENT),
        mean_micro=round(call.loss_ratio * MICRO_PERCENT),
        jitter_ms=round(call.jitter(elapsed) * 1000),
        latency_ms=round(call.latency(elapsed) * 1000),
        video_packets=call.video_packets(elapsed),
        audio_packets=call.audio_packets(elapsed),
    )


CALL_COLUMNS: Final[Mapping[int, tuple[int, Callable[[_Shown], int | str]]]] = {
    2: (OCTET_STRING, lambda call: call.far_end),
    7: (GAUGE32, lambda call: call.duration_s),
    8: (INTEGER, lambda _: 1),
    10: (INTEGER, lambda call: OUTGOING if call.outgoing else INCOMING),
    11: (INTEGER, lambda call: IN_PROGRESS if call.up else TERMINATED_NORMALLY),
    12: (GAUGE32, lambda call: call.kbps),
    13: (GAUGE32, lambda call: call.kbps),
    17: (INTEGER, lambda call: call.reason),
}
"""Of ctpcTable."""
TYPE_COLUMNS: Final[Mapping[int, Callable[[_Shown, int], int]]] = {
    2: lambda call, _: call.latency_ms if call.up else 0,
    3: lambda call, _: call.latency_ms,
    4: lambda call, _: call.latency_ms + 2 if call.up else 0,
    5: lambda call, _: call.latency_ms + 9,
}
"""Of ctpcStatStreamTypeTable, all Gauge32."""
SOURCE_COLUMNS: Final[Mapping[int, tuple[int, Callable[[_Shown, int], int]]]] = {
    4: (COUNTER64, lambda call, stream: call.packets(stream)),
    5: (COUNTER64, lambda _call, _: 0),
    6: (GAUGE32, lambda _call, _: 0),
    7: (GAUGE32, lambda _call, _: 0),
    12: (COUNTER64, lambda call, stream: call.packets(stream)),
    13: (COUNTER64, lambda call, stream: call.lost(stream)),
    14: (GAUGE32, lambda call, _: call.micro if call.up else 0),
    15: (GAUGE32, lambda call, _: call.mean_micro),
    16: (COUNTER64, lambda call, stream: call.lost(stream) // 7),
    18: (COUNTER64, lambda call, stream: call.lost(stream) // 9),
    22: (COUNTER64, lambda call, _: call.jitter_ms if call.up else 0),
    23: (COUNTER64, lambda call, _: call.jitter_ms),
    24: (COUNTER64, lambda call, _: call.jitter_ms + 2 if call.up else 0),
    25: (COUNTER64, lambda call, _: call.jitter_ms + 5),
    27: (INTEGER, lambda _call, stream: H264 if stream == VIDEO else AACLD),
    28: (GAUGE32, lambda call, stream: call.millifps if stream == VIDEO else 0),
    29: (INTEGER, lambda _call, stream: H264 if stream == VIDEO else AACLD),
    30: (GAUGE32, lambda call, stream: call.millifps if stream == VIDEO else 0),
    31: (GAUGE32, lambda call, stream: call.columns if stream == VIDEO else 0),
    32: (GAUGE32, lambda call, stream: call.lines if stream == VIDEO else 0),
    33: (GAUGE32, lambda call, stream: call.columns if stream == VIDEO else 0),
    34: (GAUGE32, lambda call, stream: call.lines if stream == VIDEO else 0),
    35: (GAUGE32, lambda call, stream: call.rate(stream)),
    37: (GAUGE32, lambda call, stream: call.rate(stream)),
    38: (GAUGE32, lambda call, stream: call.rate(stream) if call.up else 0),
}
"""Of ctpcStatStreamSourceTable."""


def _of_call(row: int, tag: int, read: Callable[[_Shown], int | str]) -> Encode:
    """Show something of one call; there is no such object before the first call."""

    def value(state: RowState, elapsed: float) -> bytes:
        call = OLD_CALLS.get(row) or _live(state, elapsed)
        if call is None:
            return b""
        shown = read(call)
        return tlv(tag, shown.encode() if isinstance(shown, str) else encode_integer(shown))

    return value


def _rows() -> Iterator[tuple[str, Encode]]:
    for row in (*OLD_CALLS, LIVE_ROW):
        for column, (tag, read) in CALL_COLUMNS.items():
            yield f"{_CALL_MIB}.4.8.1.{column}.{row}", _of_call(row, tag, read)
        for stream in (VIDEO, AUDIO):
            for column, show in TYPE_COLUMNS.items():
                yield f"{_CALL_MIB}.4.9.1.{column}.{row}.{stream}", _of_stream(row, GAUGE32, show, stream)
            for column, (tag, show) in SOURCE_COLUMNS.items():
                yield f"{_CALL_MIB}.4.10.1.{column}.{row}.{stream}.1", _of_stream(row, tag, show, stream)


def _of_stream(row: int, tag: int, read: Callable[[_Shown, int], int], stream: int) -> Encode:
    return _of_call(row, tag, lambda call: read(call, stream))


def _peripherals() -> Iterator[tuple[str, Encode]]:
    """Yield camera, display and microphone; noError is 0, deviceError 6."""
    for row, (name, category) in enumerate((("camera", 4), ("display", 5), ("microphone", 13)), 1):
        yield f"{_PERIPHERALS}.2.{row}", _constant(OCTET_STRING, name.encode())
        yield f"{_PERIPHERALS}.3.{row}", fixed(INTEGER, _camera_error if name == "camera" else _no_error)
        yield f"{_PERIPHERALS}.4.{row}", _constant(INTEGER, encode_integer(category))


def _constant(tag: int, content: bytes) -> Encode:
    return lambda _state, _elapsed: tlv(tag, content)


def _camera_error(state: RowState) -> int:
    return 0 if room_of(state).camera_works else 6


def _no_error(_state: RowState) -> int:
    return 0


def _total_calls(state: RowState) -> int:
    return len(OLD_CALLS) + (room_of(state).call is not None)


CTS_STEADY: Final[Mapping[str, Encode]] = {
    f"{_CALL_MIB}.2.4.0": fixed(INTEGER, lambda _: 2),
    f"{_CALL_MIB}.2.6.1.4.1": fixed(
        INTEGER, lambda state: REGISTERED if room_of(state).registered else REGISTRATION_FAILURE
    ),
    f"{_CALL_MIB}.2.6.1.5.1": fixed(GAUGE32, lambda state: 200 if room_of(state).registered else 403),
    f"{_CALL_MIB}.4.1.0": fixed(GAUGE32, _total_calls),
    f"{_CALL_MIB}.4.3.0": fixed(GAUGE32, _total_calls),
    f"{_CALL_MIB}.4.5.0": fixed(GAUGE32, lambda _: 10),
    f"{_CALL_MIB}.4.6.0": fixed(INTEGER, lambda _: 10),
    **dict(_peripherals()),
}
CTS_CHANGING: Final[Mapping[str, Encode]] = dict(_rows())
