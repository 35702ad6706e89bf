"""What the index of a sensor's row says: lengths, texts and addresses in an OID, taken apart by a pattern.

Pure functions over arcs; indexes come from devices, so nothing in them is trusted.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

from .device_text import decode_text
from .snmp.ber import Oid

LATEST: Final = "latest"
Taken: TypeAlias = tuple[str, int]
"""The text of a part, and how many arcs it took."""


def _integer(arcs: Oid) -> Taken | None:
    return (str(arcs[0]), 1) if arcs else None


def _text(arcs: Oid) -> Taken | None:
    """Read a text that its length stands before (RFC 2578, section 7.7)."""
    if not arcs or len(arcs) <= arcs[0]:
        return None
    octets = arcs[1 : 1 + arcs[0]]
    return (decode_text(bytes(octets)), 1 + arcs[0]) if all(arc < 256 for arc in octets) else None


def _address(arcs: Oid) -> str | None:
    if len(arcs) not in (4, 16) or not all(arc < 256 for arc in arcs):
        return None
    return str(ipaddress.ip_address(bytes(arcs)))


def _ipv4(arcs: Oid) -> Taken | None:
    text = _address(arcs[:4]) if len(arcs) >= 4 else None
    return (text, 4) if text else None


def _inet_address(arcs: Oid) -> Taken | None:
    """Read type, length and octets (InetAddressType and InetAddress, RFC 4001)."""
    if len(arcs) < 2:
        return None
    text = _address(arcs[2 : 2 + arcs[1]])
    return (text, 2 + arcs[1]) if text else None


def _typed_address(arcs: Oid) -> Taken | None:
    """Read a type, 1 for IPv4 and 2 for IPv6, and octets without their length, as Juniper's BGP MIB has them."""
    length = {1: 4, 2: 16}.get(arcs[0]) if arcs else None
    text = _address(arcs[1 : 1 + length]) if length else None
    return (text, 1 + length) if text and length else None


def _rest(arcs: Oid) -> Taken | None:
    return ".".join(map(str, arcs)), len(arcs)


INDEX_PARTS: Final[Mapping[str, Callable[[Oid], Taken | None]]] = {
    "rest": _rest,
    "integer": _integer,
    "text": _text,
    "ipv4": _ipv4,
    "address": _inet_address,
    "typed-address": _typed_address,
    LATEST: _integer,
}
"""The parts of an index, by the words for them in profiles. A number stands for just this arc; a dash before a
word leaves the part out of the name; of rows that differ in a ``latest`` part only, the highest counts."""


def name_of_index(arcs: Oid, parts: Sequence[str]) -> str | None:
    """Return the row's name by its index, parts joined by ``/``; ``None`` when the index does not fit."""
    names: list[str] = []
    for part in parts:
        if part.isdigit():
            if not arcs or arcs[0] != int(part):
                return None
            arcs = arcs[1:]
            continue
        taken = INDEX_PARTS[part.removeprefix("-")](arcs)
        if taken is None:
            return None
        text, length = taken
        arcs = arcs[length:]
        if text and part != LATEST and not part.startswith("-"):
            names.append(text)
    return None if arcs else "/".join(names)
