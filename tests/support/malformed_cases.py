"""Replies that break BER or the message format, made from one good reply: name, octets.

The classes are those of the PROTOS suite, of the public CVEs of SNMP stacks, and of decoders that were seen to
hang or crash. Each would answer a GET of ``OIDS`` under ``REQUEST_ID`` if it were sound.
"""

from __future__ import annotations

from collections.abc import Iterator

from snmp_peers import message, pdu, varbind

from phusong.collectors import mib
from phusong.collectors.snmp import ber

REQUEST_ID = 0x12345678
OIDS = (mib.SYS_UP_TIME, (*mib.IF_NAME, 3), (*mib.IF_HC_IN_OCTETS, 3))
TYPED = ((ber.TIME_TICKS, 100), (ber.OCTET_STRING, b"Gi0/3"), (ber.COUNTER64, 2**40))
VALUES = [typed[1] for typed in TYPED]
VARBINDS = b"".join(map(varbind, OIDS, TYPED))
GOOD = message(pdu(REQUEST_ID, VARBINDS))

_NAME = ber.tlv(ber.OBJECT_ID, ber.encode_oid(OIDS[0]))
_TICKS = ber.tlv(ber.TIME_TICKS, b"\x64")
_REST = b"".join(map(varbind, OIDS[1:], TYPED[1:]))


def _with_varbinds(varbinds: bytes) -> bytes:
    return message(pdu(REQUEST_ID, varbinds))


def _with_name(content: bytes) -> bytes:
    return _with_varbinds(ber.tlv(ber.SEQUENCE, ber.tlv(ber.OBJECT_ID, content) + _TICKS) + _REST)


def _with_value(element: bytes) -> bytes:
    return _with_varbinds(ber.tlv(ber.SEQUENCE, _NAME + element) + _REST)


def _fields(*elements: bytes) -> bytes:
    return message(ber.tlv(ber.RESPONSE, b"".join(elements)))


_ID = ber.tlv(ber.INTEGER, REQUEST_ID.to_bytes(4, "big"))
_ZERO = ber.tlv(ber.INTEGER, b"\0")
_LIST = ber.tlv(ber.SEQUENCE, VARBINDS)


def cases() -> Iterator[tuple[str, bytes]]:
    """All of them, each under a name that says what is wrong."""
    yield from _lengths()
    yield from _tags()
    yield from _numbers()
    yield from _object_identifiers()
    yield from _lists()
    yield from _messages()


def _lengths() -> Iterator[tuple[str, bytes]]:
    for stop in range(0, len(GOOD), 3):
        yield f"cut off after {stop} octets", GOOD[:stop]
    yield "one octet short", GOOD[:-1]
    body = GOOD[2:] if GOOD[1] < 0x80 else GOOD[3:]
    yield "length of the message is one more", bytes((0x30, len(body) + 1)) + body
    yield "length of the message is one less", bytes((0x30, len(body) - 1)) + body
    yield "length of the message is indefinite", b"\x30\x80" + body + b"\0\0"
    for octets in (5, 8, 9, 126, 127):
        long = bytes((0x30, 0x80 | octets)) + len(body).to_bytes(octets, "big") + body
        yield f"length of {octets} octets", long
    yield "length of 4 GiB", b"\x30\x84\xff\xff\xff\xff" + body
    yield "length of 2 GiB", b"\x30\x84\x7f\xff\xff\xff" + body
    yield "length octets cut off", b"\x30\x84\0\0"
    for end in (0x7F, 0x80, 0x84, 0x85, 0xFF):
        yield f"value of length octet {end:#x}", _with_value(bytes((ber.OCTET_STRING, end)) + b"ab")
        yield (
            f"name of length octet {end:#x}",
            _with_varbinds(b"\x30\x0a" + bytes((ber.OBJECT_ID, end)) + bytes(8)),
        )
        yield f"binding of length octet {end:#x}", _with_varbinds(bytes((ber.SEQUENCE, end)) + _NAME + _TICKS)


def _tags() -> Iterator[tuple[str, bytes]]:
    yield "a tag without an end", b"\x1f" + b"\xff" * 1000
    yield "two octets of a tag", b"\x1f\xff"
    yield "message is no SEQUENCE", b"\x31" + GOOD[1:]
    yield "binding is a SET", _with_varbinds(b"\x31" + VARBINDS[1:])
    yield "name is a RELATIVE-OID", _with_varbinds(ber.tlv(ber.SEQUENCE, b"\x0d" + _NAME[1:] + _TICKS) + _REST)
    yield "community is an INTEGER", GOOD.replace(b"\x04\x06public", b"\x02\x06public")
    yield "request-id is an OCTET STRING", _fields(b"\x04" + _ID[1:], _ZERO, _ZERO, _LIST)
    yield "error-status is NULL", _fields(_ID, b"\x05\x00", _ZERO, _LIST)
    yield "list of bindings is an OCTET STRING", _fields(_ID, _ZERO, _ZERO, b"\x04" + _LIST[1:])
    for tag in (0x00, 0x01, 0x09, 0x13, 0x1F, 0x45, 0x47, 0x78, 0x83, 0xA2, 0xBF):
        yield f"value of tag {tag:#x}", _with_value(ber.tlv(tag, b"\x01"))


def _numbers() -> Iterator[tuple[str, bytes]]:
    for tag in (ber.INTEGER, ber.COUNTER32, ber.GAUGE32, ber.TIME_TICKS, ber.COUNTER64):
        yield f"number {tag:#x} of no octets", _with_value(ber.tlv(tag, b""))
        yield f"number {tag:#x} of 10 octets", _with_value(ber.tlv(tag, bytes(10)))
        yield f"number {tag:#x} of 1,000 octets", _with_value(ber.tlv(tag, b"\x7f" * 1000))
    yield "INTEGER of 9 octets", _with_value(ber.tlv(ber.INTEGER, bytes(9)))
    yield "Counter64 of 65 bits", _with_value(ber.tlv(ber.COUNTER64, b"\x01" + bytes(8)))
    yield "request-id of no octets", _fields(b"\x02\x00", _ZERO, _ZERO, _LIST)
    yield (
        "request-id of 9 octets",
        _fields(ber.tlv(2, bytes(5) + REQUEST_ID.to_bytes(4, "big")), _ZERO, _ZERO, _LIST),
    )
    yield "error-status of 8 octets", _fields(_ID, ber.tlv(2, bytes(8)), _ZERO, _LIST)
    yield "error-index of no octets", _fields(_ID, _ZERO, b"\x02\x00", _LIST)
    for version in (-1, 2, 3, 255, 2**31 - 1, -(2**31)):
        yield f"version {version}", message(pdu(REQUEST_ID, VARBINDS), version=version)


def _object_identifiers() -> Iterator[tuple[str, bytes]]:
    yield "name of no octets", _with_name(b"")
    yield "name with an arc that does not end", _with_name(b"\x2b\x06\x81")
    yield "name with a padded arc", _with_name(b"\x2b\x80\x06")
    yield "name of 60,000 continuation octets", _with_name(b"\x2b" + b"\x81" * 60000 + b"\x01")
    yield "name of 60,000 padding octets", _with_name(b"\x2b" + b"\x80" * 60000 + b"\x01")
    yield "name of 30,000 arcs", _with_name(b"\x2b" + b"\x01" * 30000)
    yield "name of 129 arcs", _with_name(b"\x2b" + b"\x01" * 127)
    yield "name with an arc of 33 bits", _with_name(b"\x2b\x90\x80\x80\x80\x00")
    yield "name with an arc of 70 bits", _with_name(b"\x2b" + b"\xff" * 9 + b"\x7f")
    yield "value of 30,000 arcs", _with_value(ber.tlv(ber.OBJECT_ID, b"\x2b" + b"\x01" * 30000))
    yield "value with an arc that does not end", _with_value(ber.tlv(ber.OBJECT_ID, b"\x2b\x86"))


def _lists() -> Iterator[tuple[str, bytes]]:
    yield "no binding", _with_varbinds(b"")
    yield "empty binding", _with_varbinds(b"\x30\x00" + _REST)
    yield "binding without value", _with_varbinds(ber.tlv(ber.SEQUENCE, _NAME) + _REST)
    yield "binding with two values", _with_varbinds(ber.tlv(ber.SEQUENCE, _NAME + _TICKS + _TICKS) + _REST)
    yield "10,000 empty bindings", _with_varbinds(b"\x30\x00" * 10000)
    yield "3,000 bindings", _with_varbinds(varbind(OIDS[0], TYPED[0]) * 3000)
    nested = b""
    for _ in range(3000):
        nested = ber.tlv(ber.SEQUENCE, nested)
    yield "SEQUENCE nested 3,000 times as message", nested
    yield "SEQUENCE nested 3,000 times as binding", _with_varbinds(nested)
    yield "SEQUENCE nested 3,000 times as value", _with_value(nested)


def _messages() -> Iterator[tuple[str, bytes]]:
    yield "an octet after the message", GOOD + b"\0"
    yield "the message twice", GOOD + GOOD
    yield "an octet after the PDU", message(pdu(REQUEST_ID, VARBINDS) + b"\0")
    yield "an octet after the list", _fields(_ID, _ZERO, _ZERO, _LIST, b"\0")
    yield "a field less", _fields(_ID, _ZERO, _LIST)
    yield "no PDU", message(b"")
    yield "empty PDU", _fields()
    yield "community of no octets", message(pdu(REQUEST_ID, VARBINDS), community=b"")
    yield "community of 60,000 octets", message(pdu(REQUEST_ID, VARBINDS), community=b"p" * 60000)
    for kind in (ber.GET, ber.GET_NEXT, 0xA3, 0xA4, ber.GET_BULK, 0xA6, 0xA7, 0xA8, 0xA9):
        yield f"PDU of type {kind:#x}", message(pdu(REQUEST_ID, VARBINDS, kind=kind))
    engine = (
        ber.tlv(ber.OCTET_STRING, bytes(12)) + _ZERO + _ZERO + ber.tlv(ber.OCTET_STRING, b"user") + b"\x04\0\x04\0"
    )
    header = ber.tlv(ber.SEQUENCE, _ID + b"\x02\x03\0\xff\xff\x04\x01\0\x02\x01\x03")
    v3 = ber.tlv(2, b"\x03") + header + ber.tlv(4, ber.tlv(ber.SEQUENCE, engine)) + ber.tlv(ber.SEQUENCE, b"")
    yield "SNMPv3", ber.tlv(ber.SEQUENCE, v3)
    yield "no octets", b""
    yield "noughts", bytes(1472)
    yield "ones", b"\xff" * 1472
    yield "text", b"GET / HTTP/1.1\r\n\r\n"
