"""The octets of an SNMPv3 message: writing one and reading one (RFC 3412, section 6; RFC 3414, section 2.4).

Knows the layout only. Whether a message is what its sender says is decided in ``usm``; keys are in ``usm_keys``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from .ber import INTEGER, OCTET_STRING, SEQUENCE, encode_integer, encode_length, read_integer, read_tlv, tlv
from .credentials import V3
from .errors import Malformed
from .pdu import ID_OCTETS, ResponseHeader, read_header

AUTH_FLAG: Final = 0x01
PRIV_FLAG: Final = 0x02
REPORTABLE_FLAG: Final = 0x04
LONGEST_MESSAGE: Final = 32_768
"""msgMaxSize: an agent that has more to say answers tooBig. Twenty times what is asked for at once, and little
enough that the worst message is decrypted and read within some milliseconds."""
SHORTEST_ENGINE_ID: Final = 5
LONGEST_ENGINE_ID: Final = 32
"""RFC 3411, section 5 (SnmpEngineID)."""
HIGHEST_NUMBER: Final = 2**31 - 1
"""Of msgID, snmpEngineBoots and snmpEngineTime."""
_LONGEST_USER = 32
_USM = 3
_VERSION = tlv(INTEGER, encode_integer(V3))
_MAX_SIZE = tlv(INTEGER, encode_integer(LONGEST_MESSAGE))
_MODEL = tlv(INTEGER, encode_integer(_USM))
_GLOBAL_HEAD = bytes((SEQUENCE, 2 + ID_OCTETS + len(_MAX_SIZE) + 3 + len(_MODEL), INTEGER, ID_OCTETS))
_GLOBAL_TAIL = tuple(_MAX_SIZE + tlv(OCTET_STRING, bytes((flags,))) + _MODEL for flags in range(8))
"""msgGlobalData after the four octets of msgID, by msgFlags."""


@dataclass(frozen=True, slots=True)
class SecurityParameters:
    """UsmSecurityParameters: whose clock and keys count, and what the message is signed and encrypted with."""

    engine_id: bytes
    boots: int
    time_s: int
    user: bytes
    digest: bytes = field(repr=False)
    salt: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class UsmMessage:
    """A message taken apart; nothing of it has been checked.

    The digest lies at ``digest_start`` of the datagram. The scoped PDU, or its encryption, lies from ``start`` to
    ``stop``: its content without tag and length.
    """

    message_id: int
    flags: int
    security: SecurityParameters
    digest_start: int
    is_encrypted: bool
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class ScopedPdu:
    """contextEngineID, contextName and the start of the PDU, which lies in ``data``."""

    data: bytes = field(repr=False)
    engine_id: bytes
    context: bytes
    header: ResponseHeader


def write_message(message_id: int, flags: int, security: SecurityParameters, data: bytes) -> tuple[bytes, int]:
    """Write a message around ``data``, the scoped PDU or its encryption as one element.

    Returns the octets and where the digest lies in them.
    """
    digest = tlv(OCTET_STRING, security.digest)
    salt = tlv(OCTET_STRING, security.salt)
    parameters = (
        tlv(OCTET_STRING, security.engine_id)
        + tlv(INTEGER, encode_integer(security.boots))
        + tlv(INTEGER, encode_integer(security.time_s))
        + tlv(OCTET_STRING, security.user)
        + digest
        + salt
    )
    sequence = tlv(SEQUENCE, parameters)
    body = b"".join(
        (
            _VERSION,
            _GLOBAL_HEAD,
            message_id.to_bytes(ID_OCTETS, "big"),
            _GLOBAL_TAIL[flags],
            bytes((OCTET_STRING,)),
            encode_length(len(sequence)),
            sequence,
        )
    )
    length = encode_length(len(body) + len(data))
    whole = b"".join((bytes((SEQUENCE,)), length, body, data))
    return whole, 1 + len(length) + len(body) - len(salt) - len(security.digest)


def read_message(data: bytes, start: int, stop: int) -> UsmMessage:
    """Read a message whose version, already read, ends at ``start``.

    Raises
    ------
    Malformed
        It is no message of the User-based Security Model, is longer than we said to take, is cut off, or has
        trailing octets.
    """
    if stop > LONGEST_MESSAGE:
        raise Malformed("message is longer than msgMaxSize")
    tag, position, start = read_tlv(data, start, stop)
    if tag != SEQUENCE:
        raise Malformed("no msgGlobalData")
    message_id, position = read_integer(data, position, start)
    _, position = read_integer(data, position, start)
    flags, position = _read_octets(data, position, start)
    model, position = read_integer(data, position, start)
    if len(flags) != 1 or model != _USM or position != start or message_id < 0:
        raise Malformed("msgGlobalData is not of the User-based Security Model")
    tag, position, start = read_tlv(data, start, stop)
    if tag != OCTET_STRING:
        raise Malformed("no msgSecurityParameters")
    security, digest_start = _read_security(data, position, start)
    tag, position, end = read_tlv(data, start, stop)
    if tag not in (SEQUENCE, OCTET_STRING) or end != stop:
        raise Malformed("msgData is neither a scoped PDU nor an encrypted one")
    return UsmMessage(message_id, flags[0], security, digest_start, tag == OCTET_STRING, position, end)


def _read_security(data: bytes, start: int, stop: int) -> tuple[SecurityParameters, int]:
    tag, position, end = read_tlv(data, start, stop)
    if tag != SEQUENCE or end != stop:
        raise Malformed("msgSecurityParameters are not one SEQUENCE")
    engine_id, position = _read_octets(data, position, stop)
    boots, position = read_integer(data, position, stop)
    time_s, position = read_integer(data, position, stop)
    user, position = _read_octets(data, position, stop)
    digest, position = _read_octets(data, position, stop)
    digest_start = position - len(digest)
    salt, position = _read_octets(data, position, stop)
    if position != stop or len(engine_id) > LONGEST_ENGINE_ID or len(user) > _LONGEST_USER:
        raise Malformed("msgSecurityParameters are too long")
    if not 0 <= boots <= HIGHEST_NUMBER or not 0 <= time_s <= HIGHEST_NUMBER:
        raise Malformed("engine boots or time is out of range")
    return SecurityParameters(engine_id, boots, time_s, user, digest, salt), digest_start


def write_scoped_pdu(engine_id: bytes, context: bytes, pdu_length: int) -> bytes:
    """Return what comes before a PDU of so many octets in a scoped PDU (RFC 3412, section 6)."""
    names = tlv(OCTET_STRING, engine_id) + tlv(OCTET_STRING, context)
    return bytes((SEQUENCE,)) + encode_length(len(names) + pdu_length) + names


def read_scoped_pdu(data: bytes, start: int, stop: int) -> ScopedPdu:
    """Read the content of a scoped PDU up to the variable bindings of its PDU."""
    engine_id, position = _read_octets(data, start, stop)
    context, position = _read_octets(data, position, stop)
    return ScopedPdu(data, engine_id, context, read_header(data, position, stop))


def _read_octets(data: bytes, position: int, end: int) -> tuple[bytes, int]:
    tag, start, stop = read_tlv(data, position, end)
    if tag != OCTET_STRING:
        raise Malformed("expected an OCTET STRING")
    return data[start:stop], stop
