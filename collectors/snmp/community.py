"""The message of SNMPv1 and SNMPv2c around a PDU: a version and a community (RFC 1157, RFC 1901).

The user-based one of SNMPv3 stands beside it in ``usm``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .ber import INTEGER, OCTET_STRING, SEQUENCE, encode_integer, read_integer, read_tlv, tlv
from .credentials import V1, V2C, Community
from .errors import Malformed
from .pdu import ID_OCTETS, Request, ResponseHeader, read_header


@dataclass(frozen=True, slots=True)
class Envelope:
    """A whole request message without its request-id: ``head`` + four octets of id + ``tail``."""

    head: bytes = field(repr=False)
    tail: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """An opened message; nothing of it has been checked against a request yet."""

    version: int
    community: bytes = field(repr=False)
    header: ResponseHeader


def wrap(community: Community, request: Request) -> Envelope:
    """Put a request into a message, leaving the gap for the request-id."""
    pdu_length = len(request.head) + ID_OCTETS + len(request.tail)
    prefix = tlv(INTEGER, encode_integer(community.version)) + tlv(OCTET_STRING, community.name)
    message = tlv(SEQUENCE, prefix + bytes(pdu_length))
    return Envelope(message[: len(message) - pdu_length] + request.head, request.tail)


def read_version(data: bytes) -> tuple[int, int, int]:
    """Read the start of a message of any version; return msgVersion and where the rest starts and stops.

    Raises
    ------
    Malformed
        It is cut off, or has trailing octets.
    """
    tag, start, stop = read_tlv(data, 0, len(data))
    if tag != SEQUENCE or stop != len(data):
        raise Malformed("not one SEQUENCE")
    version, start = read_integer(data, start, stop)
    return version, start, stop


def open_reply(data: bytes) -> Reply:
    """Read a message up to the variable bindings of its PDU.

    Raises
    ------
    Malformed
        It is no SNMPv1 or SNMPv2c message, is cut off, or has trailing octets.
    """
    version, start, stop = read_version(data)
    return read_reply(data, version, start, stop)


def read_reply(data: bytes, version: int, start: int, stop: int) -> Reply:
    """Read a message whose version, already read, ends at ``start``; errors as for ``open_reply``."""
    if version not in (V1, V2C):
        raise Malformed("not SNMPv1 or SNMPv2c")
    tag, start, community_stop = read_tlv(data, start, stop)
    if tag != OCTET_STRING:
        raise Malformed("no community")
    return Reply(version, data[start:community_stop], read_header(data, community_stop, stop))
