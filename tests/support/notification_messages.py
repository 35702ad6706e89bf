"""Traps, informs and SNMPv3 messages around them, built from our own encoder."""

from __future__ import annotations

from phusong.collectors.notifications.envelope import INFORM, TRAP, TRAP_V1
from phusong.collectors.notifications.notification import SNMP_TRAP_OID, SNMP_TRAPS
from phusong.collectors.snmp import ber
from phusong.collectors.snmp.credentials import V1, V2C

SYS_UP_TIME = (1, 3, 6, 1, 2, 1, 1, 3, 0)
LINK_DOWN = (*SNMP_TRAPS, 3)
IF_INDEX = (1, 3, 6, 1, 2, 1, 2, 2, 1, 1, 7)
ENTERPRISE = (1, 3, 6, 1, 4, 1, 9, 1, 1)


def binding(oid: ber.Oid, tag: int, content: bytes) -> bytes:
    return ber.tlv(ber.SEQUENCE, ber.tlv(ber.OBJECT_ID, ber.encode_oid(oid)) + ber.tlv(tag, content))


def integer(value: int) -> bytes:
    return ber.tlv(ber.INTEGER, ber.encode_integer(value))


def notification_pdu(trap_oid: ber.Oid = LINK_DOWN, *, kind: int = TRAP, more: bytes = b"") -> bytes:
    """Build an SNMPv2-Trap-PDU or an InformRequest-PDU, ``more`` being further bindings."""
    bindings = (
        binding(SYS_UP_TIME, ber.TIME_TICKS, b"\x05")
        + binding(SNMP_TRAP_OID, ber.OBJECT_ID, ber.encode_oid(trap_oid))
        + (more or binding(IF_INDEX, ber.INTEGER, b"\x07"))
    )
    return ber.tlv(kind, integer(0x1234) + integer(0) + integer(0) + ber.tlv(ber.SEQUENCE, bindings))


def in_community(pdu: bytes, community: bytes = b"public", version: int = V2C) -> bytes:
    return ber.tlv(ber.SEQUENCE, integer(version) + ber.tlv(ber.OCTET_STRING, community) + pdu)


def trap(trap_oid: ber.Oid = LINK_DOWN, *, community: bytes = b"public", more: bytes = b"") -> bytes:
    """Build a whole trap of SNMPv2c."""
    return in_community(notification_pdu(trap_oid, more=more), community)


def inform(trap_oid: ber.Oid = LINK_DOWN) -> bytes:
    """Build a whole inform of SNMPv2c."""
    return in_community(notification_pdu(trap_oid, kind=INFORM))


def trap_v1(generic: int, specific: int = 0, *, enterprise: ber.Oid = ENTERPRISE, more: bytes = b"") -> bytes:
    """Build a whole trap of SNMPv1 that names another device as its agent."""
    content = (
        ber.tlv(ber.OBJECT_ID, ber.encode_oid(enterprise))
        + ber.tlv(ber.IP_ADDRESS, bytes((192, 0, 2, 99)))
        + integer(generic)
        + integer(specific)
        + ber.tlv(ber.TIME_TICKS, b"\x05")
        + ber.tlv(ber.SEQUENCE, more or binding(IF_INDEX, ber.INTEGER, b"\x07"))
    )
    return in_community(ber.tlv(TRAP_V1, content), version=V1)


def in_v3(
    pdu: bytes,
    *,
    engine_id: bytes,
    user: bytes = b"monitor",
    flags: int = 0,
    boots: int = 1,
    time_s: int = 100,
    encrypted: bytes | None = None,
) -> bytes:
    """Build an SNMPv3 message with a digest of zeros where ``flags`` promise one."""
    octets = ber.OCTET_STRING
    header = integer(1) + integer(65507) + ber.tlv(octets, bytes((flags,))) + integer(3)
    parameters = (
        ber.tlv(octets, engine_id)
        + integer(boots)
        + integer(time_s)
        + ber.tlv(octets, user)
        + ber.tlv(octets, bytes(24) if flags & 1 else b"")
        + ber.tlv(octets, bytes(8) if flags & 2 else b"")
    )
    scoped = ber.tlv(ber.SEQUENCE, ber.tlv(octets, engine_id) + ber.tlv(octets, b"") + pdu)
    return ber.tlv(
        ber.SEQUENCE,
        integer(3)
        + ber.tlv(ber.SEQUENCE, header)
        + ber.tlv(octets, ber.tlv(ber.SEQUENCE, parameters))
        + (scoped if encrypted is None else ber.tlv(octets, encrypted)),
    )
