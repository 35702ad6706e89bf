"""Requests and responses: the PDU of RFC 3416, section 3, without the message around it.

A request is encoded once, with a gap of four octets for the request-id, and sent many times. A response to it is
expected to name the same objects in the same order, so it is decoded by position first; whatever deviates goes
through the general decoder.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from .ber import (
    GET,
    GET_BULK,
    GET_NEXT,
    INTEGER,
    NULL,
    OBJECT_ID,
    OCTET_STRING,
    SEQUENCE,
    UNSIGNED,
    Oid,
    Value,
    decode_oid,
    decode_value,
    encode_integer,
    encode_oid,
    read_integer,
    read_tlv,
    tlv,
)
from .errors import Malformed

ID_OCTETS: Final = 4
ID_LOWEST: Final = 0x01000000
ID_HIGHEST: Final = 0x7FFFFFFF
"""Request-ids lie between these two, so that every one is exactly four octets wide."""

_READS: Final = frozenset({GET, GET_NEXT, GET_BULK})
_ID_HEAD = bytes((INTEGER, ID_OCTETS))
_EMPTY = tlv(NULL, b"")


@dataclass(frozen=True, slots=True)
class Request:
    """A request PDU without its request-id: ``head`` + four octets of id + ``tail``.

    ``exact`` tells that the answer must name the very objects asked for (GET); GETNEXT and GETBULK answer with
    others.
    """

    oids: tuple[Oid, ...]
    names: tuple[bytes, ...]
    """The objects asked for, each as an encoded OBJECT IDENTIFIER element."""
    head: bytes
    tail: bytes
    exact: bool
    most: int
    """How many objects an answer may name."""


def get_request(oids: Sequence[Oid]) -> Request:
    """Prepare a GET of these objects."""
    return _request(GET, oids, 0, 0, most=len(oids))


def get_next_request(oids: Sequence[Oid]) -> Request:
    """Prepare a GETNEXT after these objects."""
    return _request(GET_NEXT, oids, 0, 0, most=len(oids))


def get_bulk_request(oids: Sequence[Oid], *, repetitions: int, non_repeaters: int = 0) -> Request:
    """Prepare a GETBULK (not in SNMPv1): after the non-repeaters, ``repetitions`` rows of the other objects."""
    if repetitions < 0 or non_repeaters < 0:
        raise ValueError("repetitions and non-repeaters must not be negative")
    repeated = max(0, len(oids) - non_repeaters)
    return _request(GET_BULK, oids, non_repeaters, repetitions, most=len(oids) - repeated + repeated * repetitions)


def _request(kind: int, oids: Sequence[Oid], second: int, third: int, *, most: int) -> Request:
    """Encode a request that reads: a SET changes a device, on some it places a call, so there can be none."""
    if kind not in _READS:
        raise ValueError(f"not a request that only reads: {kind:#x}")
    names = tuple(tlv(OBJECT_ID, encode_oid(oid)) for oid in oids)
    bindings = tlv(SEQUENCE, b"".join(tlv(SEQUENCE, name + _EMPTY) for name in names))
    tail = tlv(INTEGER, encode_integer(second)) + tlv(INTEGER, encode_integer(third)) + bindings
    whole = tlv(kind, _ID_HEAD + bytes(ID_OCTETS) + tail)
    head = whole[: len(whole) - len(tail) - ID_OCTETS]
    return Request(tuple(oids), names, head, tail, exact=kind == GET, most=most)


@dataclass(frozen=True, slots=True)
class ResponseHeader:
    """The start of a response: everything before the variable bindings, which lie from ``start`` to ``stop``."""

    kind: int
    request_id: int
    error_status: int
    error_index: int
    start: int
    stop: int


def read_header(data: bytes, position: int, end: int) -> ResponseHeader:
    """Read the PDU at ``position`` up to its variable bindings.

    Raises
    ------
    Malformed
        It is cut off, has trailing octets, or a field is not what it should be.
    """
    kind, start, stop = read_tlv(data, position, end)
    if stop != end:
        raise Malformed("octets after the PDU")
    request_id, start = read_integer(data, start, stop)
    error_status, start = read_integer(data, start, stop)
    error_index, start = read_integer(data, start, stop)
    tag, start, stop = read_tlv(data, start, end)
    if tag != SEQUENCE or stop != end:
        raise Malformed("variable bindings are not one list at the end")
    return ResponseHeader(kind, request_id, error_status, error_index, start, stop)


def decode_by_position(data: bytes, start: int, stop: int, names: tuple[bytes, ...]) -> list[Value] | None:
    """Decode the values of bindings that name exactly ``names`` in this order and in the shortest encoding.

    Returns ``None`` for anything else, however slight the difference: the general decoder then decides.
    """
    values: list[Value] = []
    add = values.append
    integer = int.from_bytes
    position = start
    try:
        for name in names:
            if data[position] != SEQUENCE:
                return None
            size = data[position + 1]
            position += 2
            if size & 0x80:
                count = size & 0x7F
                if count > 2:
                    return None
                size = integer(data[position : position + count], "big")
                position += count
            after = position + size
            if not data.startswith(name, position):
                return None
            position += len(name)
            tag = data[position]
            size = data[position + 1]
            position += 2
            if size & 0x80:
                count = size & 0x7F
                if count > 2:
                    return None
                size = integer(data[position : position + count], "big")
                position += count
            if position + size != after or after > stop:
                return None
            if tag in UNSIGNED and 1 <= size <= 8:
                add(integer(data[position:after], "big"))
            elif tag == OCTET_STRING:
                add(data[position:after])
            else:
                add(decode_value(tag, data[position:after]))
            position = after
    except (IndexError, Malformed):
        return None
    return values if position == stop else None


def decode_bindings(data: bytes, start: int, stop: int, most: int | None = None) -> list[tuple[Oid, Value]]:
    """Decode any list of variable bindings, at most ``most``: one datagram has room for 9,000.

    Raises
    ------
    Malformed
        A binding is not a name and a value, or there are too many.
    """
    return list(iterate_bindings(data, start, stop, most))


def iterate_bindings(data: bytes, start: int, stop: int, most: int | None = None) -> Iterator[tuple[Oid, Value]]:
    """Decode variable bindings one by one: who finds a wrong one need not pay for the rest."""
    found = 0
    while start < stop:
        if found == most:
            raise Malformed("more variable bindings than asked for")
        tag, position, end = read_tlv(data, start, stop)
        if tag != SEQUENCE:
            raise Malformed("variable binding is no SEQUENCE")
        tag, name_start, name_stop = read_tlv(data, position, end)
        if tag != OBJECT_ID:
            raise Malformed("variable binding has no name")
        tag, value_start, value_stop = read_tlv(data, name_stop, end)
        if value_stop != end:
            raise Malformed("octets after the value of a variable binding")
        yield decode_oid(data[name_start:name_stop]), decode_value(tag, data[value_start:value_stop])
        found += 1
        start = end
