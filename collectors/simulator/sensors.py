"""What the simulated devices say of themselves: processor, memory, temperature, optics, modem, peers ...

Each model shows a few objects of its vendor's own MIB, with that vendor's scales and empty places, so that the
vendor profiles have something to read. Objects are named with their instances; values depend on state and time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Final

from phusong.collectors.snmp.ber import (
    GAUGE32,
    INTEGER,
    NULL,
    OCTET_STRING,
    encode_integer,
    encode_oid,
    parse_oid,
    tlv,
)

from .columns import Column, Encode, Extent
from .incidents import Trouble
from .row_state import RowState
from .telepresence_objects import CTS_CHANGING, CTS_STEADY
from .traffic import draw
from .video_objects import HDX_CHANGING, POLY_CHANGING, POLY_STEADY

NOT_REGISTERED: Final = 0.06
"""This share of the modems finds no network."""
_CISCO, _FORTINET, _MIKROTIK = "1.3.6.1.4.1.9.9", "1.3.6.1.4.1.12356.101", "1.3.6.1.4.1.14988.1.1"
_HUAWEI, _JUNIPER, _H3C = "1.3.6.1.4.1.2011.5.25.31.1.1", "1.3.6.1.4.1.2636.3.1.13.1", "1.3.6.1.4.1.25506.2"
_ENTITY, _HOST = "1.3.6.1.2.1.47.1.1.1.1", "1.3.6.1.2.1.25"
_MEMORY_KB: Final = 262_144


def _wave(what: str, low: float, high: float, period_s: float = 900.0) -> Callable[[RowState, float], float]:
    """Return a figure of each device's own that swings within a tenth of the range around its mean."""

    def value(state: RowState, elapsed: float) -> float:
        place, phase, _, _ = draw(state.device.device_id, what)
        swing = math.sin(math.tau * (elapsed / period_s + phase))
        return low + (high - low) * (0.1 + 0.8 * place + 0.1 * swing)

    return value


def _number(read: Callable[[RowState, float], float], scale: float = 1.0, tag: int = INTEGER) -> Encode:
    return lambda state, elapsed: tlv(tag, encode_integer(round(read(state, elapsed) * scale)))


def _fixed(number: int) -> Encode:
    return lambda _state, _elapsed: tlv(INTEGER, encode_integer(number))


def _text(text: str) -> Encode:
    return lambda _state, _elapsed: tlv(OCTET_STRING, text.encode())


def _decimal(read: Callable[[RowState, float], float], form: str = ".3f") -> Encode:
    return lambda state, elapsed: tlv(OCTET_STRING, format(read(state, elapsed), form).encode())


def _when_registered(encode: Encode, otherwise: Encode) -> Encode:
    return lambda state, elapsed: (encode if registered(state) else otherwise)(state, elapsed)


def registered(state: RowState) -> bool:
    """Tell whether the device's modem is registered in a network."""
    return draw(state.device.device_id, "modem")[0] >= NOT_REGISTERED


def _choice(test: Callable[[RowState], bool], yes: int, no: int) -> Encode:
    return lambda state, _elapsed: tlv(INTEGER, encode_integer(yes if test(state) else no))


def in_use(state: RowState) -> bool:
    """Tell whether the office works over its modem: where the line is too poor for it."""
    return registered(state) and state.incident.trouble is Trouble.POOR


_CPU, _MEMORY, _TEMPERATURE = _wave("cpu", 3, 70), _wave("memory", 30, 85), _wave("temperature", 32, 58)
_RX, _TX = _wave("rx", -19, -4, 3600), _wave("tx", -6, -1, 3600)
_RTT_MS, _JITTER_MS = _wave("rtt", 2, 14), _wave("jitter", 0.1, 2)
_RSRP, _RSRQ, _SINR = _wave("rsrp", -116, -80), _wave("rsrq", -16, -6), _wave("sinr", -2, 24)
_EMPTY: Encode = lambda _state, _elapsed: tlv(NULL, b"")  # noqa: E731 - an Encode like the others

_HOST_RESOURCES: Final[Mapping[str, Encode]] = {
    f"{_HOST}.2.3.1.3.65536": _text("main memory"),
    f"{_HOST}.2.3.1.4.65536": _fixed(1024),
    f"{_HOST}.2.3.1.5.65536": _fixed(_MEMORY_KB),
    f"{_HOST}.2.3.1.6.65536": _number(_MEMORY, _MEMORY_KB / 100),
    f"{_HOST}.3.3.1.2.1": _number(_CPU),
}
_CISCO_COMMON: Final[Mapping[str, Encode]] = {
    f"{_CISCO}.109.1.1.1.1.8.1": _number(_CPU, tag=GAUGE32),
    f"{_CISCO}.48.1.1.1.2.1": _text("Processor"),
    f"{_CISCO}.48.1.1.1.5.1": _number(_MEMORY, 1e6, GAUGE32),
    f"{_CISCO}.48.1.1.1.6.1": _number(lambda state, elapsed: 100 - _MEMORY(state, elapsed), 1e6, GAUGE32),
}
_HUAWEI_BOARD: Final[Mapping[str, Encode]] = {
    f"{_ENTITY}.7.3": _text("Chassis"),
    f"{_ENTITY}.7.9": _text("SRU Board 0"),
    f"{_HUAWEI}.1.1.5.3": _fixed(0),
    f"{_HUAWEI}.1.1.5.9": _number(_CPU),
    f"{_HUAWEI}.1.1.7.3": _fixed(0),
    f"{_HUAWEI}.1.1.7.9": _number(_MEMORY),
    f"{_HUAWEI}.1.1.11.3": _fixed(0),
    f"{_HUAWEI}.1.1.11.9": _number(_TEMPERATURE),
}
_MIKROTIK_BOX: Final[Mapping[str, Encode]] = {
    **_HOST_RESOURCES,
    f"{_MIKROTIK}.3.10.0": _number(_TEMPERATURE, 10),
}

SENSORS: Final[Mapping[str, Mapping[str, Encode]]] = {
    "fortigate": {
        f"{_FORTINET}.4.1.3.0": _number(_CPU, tag=GAUGE32),
        f"{_FORTINET}.4.1.4.0": _number(_MEMORY, tag=GAUGE32),
        f"{_FORTINET}.4.3.2.1.2.1": _text("CPU ON-DIE Temperature"),
        f"{_FORTINET}.4.3.2.1.3.1": _decimal(_TEMPERATURE),
        f"{_FORTINET}.4.3.2.1.4.1": _fixed(0),
        f"{_FORTINET}.4.8.2.1.2.1": _text("hub"),
        f"{_FORTINET}.4.8.2.1.3.1": _fixed(0),
        f"{_FORTINET}.4.8.2.1.4.1": _decimal(_RTT_MS),
        f"{_FORTINET}.4.8.2.1.5.1": _decimal(_JITTER_MS),
        f"{_FORTINET}.4.8.2.1.8.1": _text("0.000%"),
        f"{_FORTINET}.19.3.1.12.1": _when_registered(_number(_RSRQ), _EMPTY),
        f"{_FORTINET}.19.3.1.13.1": _when_registered(_number(_RSRP), _EMPTY),
        f"{_FORTINET}.19.3.1.14.1": _when_registered(_number(_SINR, 10), _EMPTY),
        f"{_FORTINET}.19.5.1.4.1": _choice(in_use, 2, 1),
        f"{_FORTINET}.19.5.1.24.1": _choice(registered, 10, -1),
    },
    "routeros": {
        **_MIKROTIK_BOX,
        f"{_MIKROTIK}.16.1.1.3.20": _when_registered(_number(_RSRQ), _fixed(0)),
        f"{_MIKROTIK}.16.1.1.4.20": _when_registered(_number(_RSRP), _fixed(0)),
        f"{_MIKROTIK}.16.1.1.6.20": _choice(registered, 7, -1),
        f"{_MIKROTIK}.16.1.1.7.20": _when_registered(_number(_SINR), _fixed(0)),
    },
    "routeros_ccr": {
        **_MIKROTIK_BOX,
        f"{_MIKROTIK}.19.1.1.2.1": _text("sfp-sfpplus1"),
        f"{_MIKROTIK}.19.1.1.6.1": _number(_TEMPERATURE, tag=GAUGE32),
        f"{_MIKROTIK}.19.1.1.9.1": _number(_TX, 1000),
        f"{_MIKROTIK}.19.1.1.10.1": _number(_RX, 1000),
    },
    "draytek": {"1.3.6.1.4.1.7367.3.7.0": _number(_MEMORY)},
    "old_ios": _CISCO_COMMON,
    "ios": {
        **_CISCO_COMMON,
        f"{_CISCO}.13.1.3.1.2.1": _text("Sensor 1"),
        f"{_CISCO}.13.1.3.1.3.1": _number(_TEMPERATURE, tag=GAUGE32),
        f"{_CISCO}.42.1.2.1.1.3.10": _text("hub"),
        f"{_CISCO}.42.1.2.1.1.4.10": _fixed(1),
        f"{_CISCO}.42.1.2.10.1.1.10": _number(_RTT_MS, tag=GAUGE32),
        f"{_CISCO}.42.1.2.10.1.2.10": _fixed(1),
        f"{_CISCO}.661.1.1.1.8.14": _choice(in_use, 5, 7),
        f"{_CISCO}.661.1.3.2.1.5.14": _choice(registered, 10, 2),
        f"{_CISCO}.817.1.1.1.1.1.1.14": _when_registered(_number(_RSRP), _fixed(-(2**31))),
        f"{_CISCO}.817.1.1.1.1.1.2.14": _when_registered(_number(_RSRQ, 10), _fixed(-(2**31))),
        f"{_CISCO}.817.1.1.1.1.1.3.14": _when_registered(_number(_SINR, 10), _fixed(-(2**31))),
        f"{_ENTITY}.7.14": _text("Modem 0 on Cellular0"),
    },
    "vrp": _HUAWEI_BOARD,
    "vrp_ne": {
        **_HUAWEI_BOARD,
        f"{_ENTITY}.7.14": _text("GigabitEthernet0/3/0"),
        f"{_HUAWEI}.3.1.8.14": _number(_RX, 100),
        f"{_HUAWEI}.3.1.9.14": _number(_TX, 100),
    },
    "ios_xe": {
        f"{_CISCO}.13.1.4.1.3.1": _fixed(1),
        f"{_CISCO}.13.1.5.1.2.1": _text("Power Supply 0"),
        f"{_CISCO}.13.1.5.1.3.1": _fixed(1),
        f"{_CISCO}.109.1.1.1.1.8.7": _number(_CPU, tag=GAUGE32),
        f"{_CISCO}.109.1.1.1.1.12.7": _number(_MEMORY, 1e4, GAUGE32),
        f"{_CISCO}.109.1.1.1.1.13.7": _number(lambda state, elapsed: 100 - _MEMORY(state, elapsed), 1e4, GAUGE32),
        f"{_CISCO}.187.1.2.5.1.3.1.4.10.255.0.1": _fixed(6),
        f"{_CISCO}.187.1.2.5.1.3.1.4.10.255.0.2": _fixed(3),
    },
    "junos": {
        f"{_JUNIPER}.5.1.1.0.0": _text("midplane"),
        f"{_JUNIPER}.5.9.1.0.0": _text("Routing Engine 0"),
        f"{_JUNIPER}.7.1.1.0.0": _fixed(0),
        f"{_JUNIPER}.7.9.1.0.0": _number(_TEMPERATURE, tag=GAUGE32),
        f"{_JUNIPER}.8.1.1.0.0": _fixed(0),
        f"{_JUNIPER}.8.9.1.0.0": _number(_CPU, tag=GAUGE32),
        f"{_JUNIPER}.11.1.1.0.0": _fixed(0),
        f"{_JUNIPER}.11.9.1.0.0": _number(_MEMORY, tag=GAUGE32),
        f"{_JUNIPER}.15.1.1.0.0": _fixed(0),
        f"{_JUNIPER}.15.9.1.0.0": _fixed(2048),
        "1.3.6.1.2.1.14.10.1.6.10.255.0.9.0": _fixed(8),
    },
    "comware": {
        f"{_ENTITY}.5.65": _fixed(9),
        f"{_ENTITY}.7.65": _text("Board"),
        f"{_H3C}.6.1.1.1.1.6.65": _number(_CPU),
        f"{_H3C}.6.1.1.1.1.8.65": _number(_MEMORY),
        f"{_H3C}.6.1.1.1.1.12.65": _number(_TEMPERATURE),
        f"{_H3C}.70.1.1.1.9.16777217": _number(_TX, 100),
        f"{_H3C}.70.1.1.1.12.16777217": _number(_RX, 100),
    },
}
"""By model, its objects with their instances."""


VIDEO_STEADY: Final[Mapping[str, Mapping[str, Encode]]] = {"poly": POLY_STEADY, "cts": CTS_STEADY}
VIDEO_CHANGING: Final[Mapping[str, Mapping[str, Encode]]] = {
    "poly": POLY_CHANGING,
    "hdx": HDX_CHANGING,
    "cts": CTS_CHANGING,
}


@cache
def own_columns(model: str) -> tuple[Column, ...]:
    """Return what only this model shows, in the order of the names: sensors, or what endpoints say of calls."""
    return tuple(sorted(_columns(model), key=lambda column: column.oid))


def _columns(model: str) -> Iterator[Column]:
    for models, changes in ((SENSORS, True), (VIDEO_STEADY, False), (VIDEO_CHANGING, True)):
        for dotted, value in models.get(model, {}).items():
            oid = parse_oid(dotted)
            yield Column(oid, encode_oid(oid), Extent.SENSOR, value, changes)
