"""What Poly's video-conference endpoints say of themselves and of their call, in their own units.

POLYCOM-ENDPOINT-MIB (Studio, Group, Trio): rates in kbit/s, times in ms, loss in whole per cent, a call's row only
while there is a call. POLYCOM-VIDEO-MIB (HDX): everything is text, and empty outside a call. The objects of the
Cisco CTS are in ``telepresence_objects``; what there is to say is in ``calls`` and ``equipment``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from phusong.collectors.snmp.ber import GAUGE32, INTEGER, OCTET_STRING, encode_integer, tlv

from .calls import AUDIO_KBPS, Call
from .columns import Encode, fixed, text
from .equipment import H323, SIP_UDP, Room
from .row_state import RowState
from .traffic import draw

DISABLED, OK, FAILED = 1, 2, 3
MODELS: Final = ("Simulated Studio X30", "Simulated Studio X50", "Simulated Group 500", "Simulated Trio 8800")
NORMAL_CALL_CLEARING: Final = "16"
"""Cause value 16 of ITU-T Q.850."""
_POLY: Final = "1.3.6.1.4.1.13885.101.1"
_CALL: Final = f"{_POLY}.4.1.1"
_ROW: Final = 1
_HDX: Final = "1.3.6.1.4.1.2684.1.1"
_NOTHING: Final = tlv(OCTET_STRING, b"")


def room_of(state: RowState) -> Room:
    """Return what is special to the endpoint; an ordinary one where nothing is."""
    return state.device.room or Room()


def _status(works: Callable[[Room], bool | None]) -> Encode:
    """Show ok or failed, or disabled for ``None``."""
    says = {None: DISABLED, True: OK, False: FAILED}
    return fixed(INTEGER, lambda state: says[works(room_of(state))])


def _index(number: int) -> Encode:
    return fixed(GAUGE32, lambda _: number)


def _sip(room: Room) -> bool | None:
    return True if SIP_UDP in room.services and room.takes_calls else None


def _h323(room: Room) -> bool | None:
    return True if H323 in room.services and room.takes_calls else None


def _registered(room: Room) -> bool | None:
    return room.registered if _sip(room) else None


def _in_call(read: Callable[[Call, float], float]) -> Encode:
    """Show a number of the call; there is no such object outside a call."""

    def value(state: RowState, elapsed: float) -> bytes:
        call = room_of(state).call_at(elapsed)
        return tlv(GAUGE32, encode_integer(round(read(call, elapsed)))) if call else b""

    return value


def _call_text(read: Callable[[Call, float], str], otherwise: bytes = b"") -> Encode:
    """Show a text of the call; ``otherwise`` is the value outside a call."""

    def value(state: RowState, elapsed: float) -> bytes:
        call = room_of(state).call_at(elapsed)
        return tlv(OCTET_STRING, read(call, elapsed).encode()) if call else otherwise

    return value


def _hdx_text(read: Callable[[Call, float], str]) -> Encode:
    return _call_text(read, otherwise=_NOTHING)


def _active_conferences(state: RowState, elapsed: float) -> bytes:
    return tlv(GAUGE32, encode_integer(1 if room_of(state).call_at(elapsed) else 0))


def _last_reason(state: RowState, elapsed: float) -> bytes:
    call = room_of(state).call
    over = call is not None and not call.is_up(elapsed)
    return tlv(OCTET_STRING, NORMAL_CALL_CLEARING.encode()) if over else _NOTHING


def _call_protocol(state: RowState, elapsed: float) -> bytes:
    room = room_of(state)
    name = b"SIP" if SIP_UDP in room.services else b"H.323"
    return tlv(OCTET_STRING, name) if room.call_at(elapsed) else b""


def _model(state: RowState) -> bytes:
    return MODELS[int(draw(state.device.device_id, "model")[0] * len(MODELS))].encode()


def _resolution(call: Call, _elapsed: float) -> str:
    return f"{call.columns}x{call.lines}"


def _frame_rate(call: Call, _elapsed: float) -> str:
    return str(call.frames_per_s)


def _jitter_ms(call: Call, elapsed: float) -> float:
    return call.jitter(elapsed) * 1000


def _latency_ms(call: Call, elapsed: float) -> float:
    return call.latency(elapsed) * 1000


def _percent(call: Call, elapsed: float) -> float:
    return call.loss(elapsed) * 100


def _none(_call: Call, _elapsed: float) -> float:
    return 0


POLY_STEADY: Final[Mapping[str, Encode]] = {
    f"{_POLY}.1.1.0": text(lambda _: b"4.2.0-simulated"),
    f"{_POLY}.1.3.0": text(lambda _: b"Video Endpoint"),
    f"{_POLY}.1.4.0": text(_model),
    f"{_POLY}.1.5.0": text(lambda state: b"SIM-" + state.device.device_id.upper().encode()),
    f"{_POLY}.1.6.0": _status(lambda _: True),
    f"{_POLY}.2.7.1.0": _status(_h323),
    f"{_POLY}.2.7.2.0": _status(lambda _: None),
    f"{_POLY}.2.8.1.0": _status(_sip),
    f"{_POLY}.2.8.2.1.1.1": _index(1),
    f"{_POLY}.2.8.2.1.2.1": _status(_registered),
    f"{_POLY}.2.8.3.1.1.1": _index(1),
    f"{_POLY}.2.8.3.1.2.1": _status(_registered),
    f"{_POLY}.3.1.0": _status(lambda room: room.camera_works),
    f"{_POLY}.3.5.1.0": _status(lambda _: True),
    f"{_POLY}.3.5.2.1.1.1": _index(1),
    f"{_POLY}.3.5.2.1.3.1": _status(lambda _: True),
    f"{_POLY}.3.6.1.0": _status(lambda room: room.camera_works),
    f"{_POLY}.3.6.2.1.1.1": _index(1),
    f"{_POLY}.3.6.2.1.2.1": text(lambda _: b"Main"),
    f"{_POLY}.3.6.2.1.3.1": _status(lambda room: room.camera_works),
    f"{_POLY}.3.10.1.0": _status(lambda _: True),
    f"{_POLY}.3.10.2.1.1.1": _index(1),
    f"{_POLY}.3.10.2.1.2.1": text(lambda _: b"eth0"),
    f"{_POLY}.3.10.2.1.4.1": fixed(GAUGE32, lambda state: 100 if room_of(state).bad_cable else 1000),
    f"{_POLY}.3.10.2.1.5.1": text(lambda state: b"Half" if room_of(state).bad_cable else b"Full"),
    f"{_POLY}.3.10.2.1.6.1": _status(lambda _: True),
    f"{_POLY}.6.11.1.0": _status(lambda _: None),
}
POLY_CHANGING: Final[Mapping[str, Encode]] = {
    f"{_CALL}.1.{_ROW}": _in_call(lambda _call, _elapsed: _ROW),
    f"{_CALL}.2.{_ROW}": _call_text(lambda call, elapsed: f"{call.endpoint_id}-{call.begin_s(elapsed):.0f}"),
    f"{_CALL}.4.{_ROW}": _in_call(_jitter_ms),
    f"{_CALL}.6.{_ROW}": _in_call(_latency_ms),
    f"{_CALL}.8.{_ROW}": _in_call(_percent),
    f"{_CALL}.14.{_ROW}": _in_call(lambda call, elapsed: call.video_packets(elapsed) * call.loss_ratio),
    f"{_CALL}.15.{_ROW}": _in_call(_none),
    f"{_CALL}.16.{_ROW}": _in_call(_percent),
    f"{_CALL}.17.{_ROW}": _in_call(_none),
    f"{_CALL}.18.{_ROW}": _in_call(_latency_ms),
    f"{_CALL}.20.{_ROW}": _in_call(_jitter_ms),
    f"{_CALL}.30.{_ROW}": _in_call(_none),
    f"{_CALL}.40.{_ROW}": _in_call(_none),
    f"{_CALL}.42.{_ROW}": _call_text(_resolution),
    f"{_CALL}.43.{_ROW}": _call_text(_resolution),
    f"{_CALL}.44.{_ROW}": _call_text(_frame_rate),
    f"{_CALL}.46.{_ROW}": _in_call(_jitter_ms),
    f"{_CALL}.48.{_ROW}": _in_call(_latency_ms),
    f"{_CALL}.50.{_ROW}": _in_call(_percent),
    f"{_CALL}.51.{_ROW}": _in_call(_none),
    f"{_CALL}.54.{_ROW}": _in_call(lambda call, _elapsed: call.kbps - AUDIO_KBPS),
    f"{_CALL}.56.{_ROW}": _in_call(Call.video_kbps),
    f"{_CALL}.58.{_ROW}": _call_text(lambda call, _elapsed: call.far_end),
    f"{_CALL}.60.{_ROW}": _call_protocol,
    f"{_CALL}.61.{_ROW}": _call_text(lambda _call, _elapsed: "AES-128"),
    f"{_POLY}.5.1.0": _active_conferences,
}
HDX_CHANGING: Final[Mapping[str, Encode]] = {
    f"{_HDX}.2.0": _hdx_text(lambda call, _elapsed: call.far_end),
    f"{_HDX}.3.0": _last_reason,
    f"{_HDX}.5.0": _hdx_text(lambda _call, _elapsed: "2"),
    f"{_HDX}.10.0": _hdx_text(lambda _call, _elapsed: ""),
    f"{_HDX}.12.0": lambda state, elapsed: (
        tlv(OCTET_STRING, state.device.address.encode()) if room_of(state).call_at(elapsed) else _NOTHING
    ),
    f"{_HDX}.21.0": _hdx_text(lambda call, elapsed: f"{_percent(call, elapsed):.2f}"),
    f"{_HDX}.22.0": _hdx_text(lambda call, elapsed: f"{_jitter_ms(call, elapsed):.0f}"),
    f"{_HDX}.23.0": _hdx_text(lambda call, elapsed: f"{_latency_ms(call, elapsed):.0f}"),
}
