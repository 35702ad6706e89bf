"""Reads a notification's message as far as its sender must be judged, and checks that the rest is harmless.

pysnmp decodes recursively and as long as it takes, so nothing reaches it that has not been walked through here
first, with our own decoder and its limits. An encrypted part cannot be looked into; it is bounded by the size of
the datagram, and pysnmp decrypts it only when the digest is right.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from phusong.collectors.snmp.ber import (
    IP_ADDRESS,
    OBJECT_ID,
    OCTET_STRING,
    SEQUENCE,
    TIME_TICKS,
    decode_oid,
    read_integer,
    read_tlv,
)
from phusong.collectors.snmp.credentials import V1, V2C, V3
from phusong.collectors.snmp.errors import Malformed
from phusong.collectors.snmp.pdu import decode_bindings, read_header

from .notification import SNMP_TRAP_OID

TRAP_V1: Final = 0xA4
INFORM: Final = 0xA6
TRAP: Final = 0xA7
NOTIFICATION_KINDS: Final = frozenset({TRAP, INFORM})

MOST_BINDINGS: Final = 64
"""Real notifications have 2 to 30; pysnmp needs about 65 us for each."""
HIGHEST_GENERIC_TRAP: Final = 6
USM: Final = 3
"""msgSecurityModel of the User-based Security Model (RFC 3411, section 5)."""
FLAG_AUTH, FLAG_PRIV = 0x01, 0x02
LONGEST_ENGINE_ID: Final = 32
HIGHEST_CLOCK: Final = 2**31 - 1
"""The limit of engine boots and time (RFC 3414, section 2.2)."""


@dataclass(frozen=True, slots=True)
class UsmHeader:
    """The security parameters of an SNMPv3 message (RFC 3414, section 2.4); nothing of it has been verified."""

    engine_id: bytes
    boots: int
    time_s: int
    user: bytes
    authenticated: bool
    encrypted: bool


@dataclass(frozen=True, slots=True)
class Envelope:
    """An opened message. The PDU lies from ``start`` to ``stop``, or is encrypted there."""

    version: int
    start: int
    stop: int
    community: bytes = field(default=b"", repr=False)
    usm: UsmHeader | None = None


def read_envelope(data: bytes) -> Envelope:
    """Read a message of any version up to its PDU.

    Raises
    ------
    Malformed
        It is no SNMP message, is cut off, or has trailing octets.
    """
    start, stop = _expect(SEQUENCE, data, 0, len(data))
    if stop != len(data):
        raise Malformed("octets after the message")
    version, start = read_integer(data, start, stop)
    if version in (V1, V2C):
        community_start, community_stop = _expect(OCTET_STRING, data, start, stop)
        return Envelope(version, community_stop, stop, data[community_start:community_stop])
    if version != V3:
        raise Malformed("a version of SNMP that is not known")
    return _read_v3(data, start, stop)


def check_pdu(data: bytes, envelope: Envelope) -> None:
    """Walk through everything that is not encrypted; it must be a notification.

    Raises
    ------
    Malformed
        Something in it breaks BER or the limits, or it is another kind of PDU.
    """
    if envelope.version == V1:
        _check_trap_v1(data, envelope.start, envelope.stop)
        return
    if envelope.usm and envelope.usm.encrypted:
        return
    header = read_header(data, envelope.start, envelope.stop)
    bindings = decode_bindings(data, header.start, header.stop, MOST_BINDINGS)
    if header.kind not in NOTIFICATION_KINDS:
        raise Malformed("not a notification")
    if not any(name == SNMP_TRAP_OID and isinstance(value, tuple) for name, value in bindings):
        raise Malformed("a notification that does not say which")


def check_probe(data: bytes, envelope: Envelope) -> None:
    """Walk through a message that asks for our engine ID (RFC 3414, section 4): any PDU, not encrypted.

    Raises
    ------
    Malformed
        Something in it breaks BER or the limits.
    """
    if envelope.usm is None or envelope.usm.encrypted:
        raise Malformed("an encrypted message to no engine")
    header = read_header(data, envelope.start, envelope.stop)
    decode_bindings(data, header.start, header.stop, MOST_BINDINGS)


def _check_trap_v1(data: bytes, start: int, stop: int) -> None:
    """Check a Trap-PDU of RFC 1157, section 4.1.6."""
    position, end = _expect(TRAP_V1, data, start, stop)
    if end != stop:
        raise Malformed("octets after the PDU")
    enterprise, position = _expect(OBJECT_ID, data, position, end)
    decode_oid(data[enterprise:position])
    agent, position = _expect(IP_ADDRESS, data, position, end)
    if position - agent != 4:
        raise Malformed("an agent address that is no IPv4 address")
    generic, position = read_integer(data, position, end)
    if not 0 <= generic <= HIGHEST_GENERIC_TRAP:
        raise Malformed("a generic trap that is not known")
    _, position = read_integer(data, position, end)
    ticks, position = _expect(TIME_TICKS, data, position, end)
    if not 1 <= position - ticks <= 5:
        raise Malformed("a timestamp of no octets or of more than 32 bits")
    position, bindings_stop = _expect(SEQUENCE, data, position, end)
    if bindings_stop != end:
        raise Malformed("octets after the variable bindings")
    decode_bindings(data, position, end, MOST_BINDINGS)


def _read_v3(data: bytes, position: int, end: int) -> Envelope:
    """Read the rest of an SNMPv3Message (RFC 3412, section 6) up to its PDU."""
    header, position = _expect(SEQUENCE, data, position, end)
    _, header = read_integer(data, header, position)
    _, header = read_integer(data, header, position)
    flags, header = _expect(OCTET_STRING, data, header, position)
    if header - flags != 1:
        raise Malformed("message flags of more or less than one octet")
    bits = data[flags]
    model, header = read_integer(data, header, position)
    if model != USM or header != position:
        raise Malformed("another security model than USM")
    if bits & FLAG_PRIV and not bits & FLAG_AUTH:
        raise Malformed("encrypted without authentication")
    parameters, position = _expect(OCTET_STRING, data, position, end)
    usm = _read_parameters(data, parameters, position, bits)
    if usm.encrypted:
        start, stop = _expect(OCTET_STRING, data, position, end)
    else:
        start, stop = _expect(SEQUENCE, data, position, end)
        for _ in ("contextEngineID", "contextName"):
            _, start = _expect(OCTET_STRING, data, start, stop)
    if stop != end:
        raise Malformed("octets after the scoped PDU")
    return Envelope(V3, start, stop, usm=usm)


def _read_parameters(data: bytes, position: int, end: int, flags: int) -> UsmHeader:
    position, stop = _expect(SEQUENCE, data, position, end)
    if stop != end:
        raise Malformed("octets after the security parameters")
    engine, position = _expect(OCTET_STRING, data, position, end)
    engine_id = data[engine:position]
    boots, position = read_integer(data, position, end)
    time_s, position = read_integer(data, position, end)
    user, position = _expect(OCTET_STRING, data, position, end)
    name = data[user:position]
    for _ in ("msgAuthenticationParameters", "msgPrivacyParameters"):
        _, position = _expect(OCTET_STRING, data, position, end)
    if position != end or len(engine_id) > LONGEST_ENGINE_ID:
        raise Malformed("security parameters that are too long")
    if not (0 <= boots <= HIGHEST_CLOCK and 0 <= time_s <= HIGHEST_CLOCK):
        raise Malformed("engine boots or time outside their range")
    return UsmHeader(engine_id, boots, time_s, name, bool(flags & FLAG_AUTH), bool(flags & FLAG_PRIV))


def _expect(tag: int, data: bytes, position: int, end: int) -> tuple[int, int]:
    found, start, stop = read_tlv(data, position, end)
    if found != tag:
        raise Malformed("an element of another type than expected")
    return start, stop
