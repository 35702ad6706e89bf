"""The Basic Encoding Rules as far as SNMP uses them (ITU-T X.690; RFC 3417, section 8).

Octets in, Python values out and back; no messages and no sockets. Everything that arrives is hostile:
definite lengths of at most four octets only, nothing recursive, and what does not fit raises ``Malformed``.
"""

from __future__ import annotations

from enum import Enum
from typing import Final, TypeAlias

from .errors import Malformed

Oid: TypeAlias = tuple[int, ...]

INTEGER: Final = 0x02
OCTET_STRING: Final = 0x04
NULL: Final = 0x05
OBJECT_ID: Final = 0x06
SEQUENCE: Final = 0x30
IP_ADDRESS: Final = 0x40
COUNTER32: Final = 0x41
GAUGE32: Final = 0x42
TIME_TICKS: Final = 0x43
OPAQUE: Final = 0x44
COUNTER64: Final = 0x46
NO_SUCH_OBJECT: Final = 0x80
NO_SUCH_INSTANCE: Final = 0x81
END_OF_MIB_VIEW: Final = 0x82
GET: Final = 0xA0
GET_NEXT: Final = 0xA1
RESPONSE: Final = 0xA2
GET_BULK: Final = 0xA5
REPORT: Final = 0xA8


class Missing(Enum):
    """An exception value in place of a value (RFC 3416, section 3)."""

    NO_SUCH_OBJECT = NO_SUCH_OBJECT
    NO_SUCH_INSTANCE = NO_SUCH_INSTANCE
    END_OF_MIB_VIEW = END_OF_MIB_VIEW


Value: TypeAlias = int | bytes | Oid | Missing | None
"""A decoded value: integers and counters as int, strings and addresses as octets, NULL as None."""

MAX_ARCS: Final = 128
MAX_ARC: Final = 2**32 - 1
UNSIGNED: Final = frozenset({COUNTER32, GAUGE32, TIME_TICKS, COUNTER64})
_OCTETS = frozenset({OCTET_STRING, IP_ADDRESS, OPAQUE})


def encode_length(length: int) -> bytes:
    """Encode a definite length in as few octets as possible."""
    if length < 0x80:
        return bytes((length,))
    content = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(content),)) + content


def tlv(tag: int, content: bytes) -> bytes:
    """Encode one element: tag, length, content."""
    return bytes((tag,)) + encode_length(len(content)) + content


def encode_integer(value: int) -> bytes:
    """Encode the content of an INTEGER, counter, gauge or TimeTicks in as few octets as possible."""
    return value.to_bytes((value + (value < 0)).bit_length() // 8 + 1, "big", signed=True)


def encode_oid(oid: Oid) -> bytes:
    """Encode the content of an OBJECT IDENTIFIER of at least two arcs."""
    if not 2 <= len(oid) <= MAX_ARCS or min(oid) < 0 or max(oid) > MAX_ARC or oid[0] > 2:
        raise ValueError(f"not an object identifier: {oid}")
    if oid[0] < 2 and oid[1] >= 40:
        raise ValueError(f"not an object identifier, as its second arc is over 39: {oid}")
    content = bytearray()
    for arc in (oid[0] * 40 + oid[1], *oid[2:]):
        if arc < 0x80:
            content.append(arc)
            continue
        groups = [arc & 0x7F]
        arc >>= 7
        while arc:
            groups.append(arc & 0x7F | 0x80)
            arc >>= 7
        content += bytes(reversed(groups))
    return bytes(content)


def decode_oid(content: bytes) -> Oid:
    """Decode an OBJECT IDENTIFIER: at most 128 arcs of at most 32 bits (RFC 2578, section 3.5).

    No content at all is how some agents write ``0.0``, the null identifier.
    """
    if not content:
        return (0, 0)
    if len(content) > MAX_ARCS * 5 or content[-1] & 0x80:
        raise Malformed("object identifier is too long or cut off")
    if content.isascii():
        arcs = list(content)
    else:
        arcs, arc = [], 0
        for octet in content:
            if octet < 0x80:
                arcs.append(arc | octet)
                arc = 0
            elif octet == 0x80 and not arc:
                raise Malformed("object identifier has a padded arc")
            else:
                arc = (arc | octet & 0x7F) << 7
    first = arcs[0]
    root = min(first // 40, 2)
    oid = (root, first - root * 40, *arcs[1:])
    if len(oid) > MAX_ARCS or max(oid) > MAX_ARC:
        raise Malformed("object identifier has too many or too large arcs")
    return oid


def read_tlv(data: bytes, position: int, end: int) -> tuple[int, int, int]:
    """Read the tag and length at ``position``; return the tag and where its content starts and stops.

    Raises
    ------
    Malformed
        The element runs past ``end``, its length is indefinite or has more than four octets, or the tag is of
        the multi-octet form, which SNMP never uses.
    """
    start = position + 2
    if start > end:
        raise Malformed("element is cut off")
    tag = data[position]
    length = data[position + 1]
    if tag & 0x1F == 0x1F:
        raise Malformed("tag has several octets")
    if length & 0x80:
        count = length & 0x7F
        if not 1 <= count <= 4 or start + count > end:
            raise Malformed("length is indefinite, too long or cut off")
        length = int.from_bytes(data[start : start + count], "big")
        start += count
    stop = start + length
    if stop > end:
        raise Malformed("element is longer than the message")
    return tag, start, stop


def read_integer(data: bytes, position: int, end: int) -> tuple[int, int]:
    """Read an INTEGER of at most 32 bits at ``position``; return its value and where it stops."""
    tag, start, stop = read_tlv(data, position, end)
    if tag != INTEGER or not 1 <= stop - start <= 5:
        raise Malformed("expected an INTEGER of 32 bits")
    return int.from_bytes(data[start:stop], "big", signed=True), stop


def decode_value(tag: int, content: bytes) -> Value:
    """Decode a value of any type that SNMP knows.

    Agents mix the integer types up, so each may have 64 bits; unsigned ones are read as unsigned also where an
    agent left out the leading zero octet.
    """
    if tag in UNSIGNED:
        if not content or (len(content) > 8 and (len(content) > 9 or content[0])):
            raise Malformed("unsigned integer of no octets or of more than 64 bits")
        return int.from_bytes(content, "big")
    if tag == INTEGER:
        if not 1 <= len(content) <= 8:
            raise Malformed("integer of no octets or of more than 64 bits")
        return int.from_bytes(content, "big", signed=True)
    if tag in _OCTETS:
        return content
    if tag == OBJECT_ID:
        return decode_oid(content)
    if tag == NULL:
        return None
    try:
        return Missing(tag)
    except ValueError:
        raise Malformed(f"value of unknown type 0x{tag:02x}") from None


def parse_oid(text: str) -> Oid:
    """Parse dotted text such as ``1.3.6.1.2.1.1.3.0``, with or without a leading dot."""
    try:
        oid = tuple(int(arc) for arc in text.removeprefix(".").split("."))
        encode_oid(oid)
    except ValueError:
        raise ValueError(f"not an object identifier: {text!r}") from None
    return oid


def format_oid(oid: Oid) -> str:
    """Return the dotted text of an object identifier."""
    return ".".join(map(str, oid))
