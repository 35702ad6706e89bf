"""Messages are opened as far as needed, and nothing harmful gets through to pysnmp."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notification_messages import (
    binding,
    in_community,
    in_v3,
    inform,
    integer,
    notification_pdu,
    trap,
    trap_v1,
)

from phusong.collectors.notifications.envelope import MOST_BINDINGS, TRAP, check_pdu, check_probe, read_envelope
from phusong.collectors.snmp import ber
from phusong.collectors.snmp.credentials import V1, V2C, V3
from phusong.collectors.snmp.errors import Malformed

ENGINE = bytes.fromhex("8000000903001122334455")
GOOD = {
    "v1": trap_v1(2),
    "v2c trap": trap(),
    "v2c inform": inform(),
    "v3": in_v3(notification_pdu(), engine_id=ENGINE),
    "v3 signed": in_v3(notification_pdu(), engine_id=ENGINE, flags=1),
    "v3 encrypted": in_v3(b"", engine_id=ENGINE, flags=3, encrypted=bytes(40)),
}
OTHER = (1, 3, 6, 1, 4, 1, 9, 9, 1)
LONG_OID = ber.tlv(ber.SEQUENCE, ber.tlv(ber.OBJECT_ID, b"\x2b" + b"\x01" * 500) + ber.tlv(ber.NULL, b""))
BAD = {
    "empty": b"",
    "one octet": b"\x30",
    "text": b"GET / HTTP/1.1\r\n\r\n",
    "version 2": in_community(notification_pdu(), version=2),
    "trailing octet": trap() + b"\x00",
    "no community": ber.tlv(ber.SEQUENCE, integer(V2C) + integer(1)),
    "a GET": in_community(notification_pdu(kind=ber.GET)),
    "a response": in_community(notification_pdu(kind=ber.RESPONSE)),
    "a v2 trap in v1": in_community(notification_pdu(), version=V1),
    "a v1 trap in v2c": trap_v1(2).replace(integer(V1), integer(V2C), 1),
    "no trap OID": in_community(
        ber.tlv(TRAP, integer(1) * 3 + ber.tlv(ber.SEQUENCE, binding(OTHER, ber.INTEGER, b"\x01")))
    ),
    "an OID of 500 arcs": trap(more=LONG_OID),
    "an OID of 500 arcs in v1": trap_v1(2, more=LONG_OID),
    "too many bindings": trap(more=binding(OTHER, ber.INTEGER, b"\x01") * MOST_BINDINGS),
    "unknown generic trap": trap_v1(7),
    "negative generic trap": trap_v1(-1),
    "indefinite length": b"\x30\x80" + trap()[2:],
    "v3 encrypted, not signed": in_v3(b"", engine_id=ENGINE, flags=2, encrypted=bytes(40)),
    "v3 plain, said to be encrypted": in_v3(notification_pdu(), engine_id=ENGINE, flags=3),
    "v3 engine ID of 33 octets": in_v3(notification_pdu(), engine_id=bytes(33)),
    "v3 negative boots": in_v3(notification_pdu(), engine_id=ENGINE, boots=-1),
    "v3 time over 31 bits": in_v3(notification_pdu(), engine_id=ENGINE, time_s=2**31),
    "v3 with a GET": in_v3(notification_pdu(kind=ber.GET), engine_id=ENGINE),
}


def look(data: bytes) -> None:
    check_pdu(data, read_envelope(data))


@pytest.mark.parametrize("data", GOOD.values(), ids=GOOD.keys())
def test_notifications_pass(data: bytes) -> None:
    """Every form in which a notification comes is let through."""
    look(data)


@pytest.mark.parametrize("data", BAD.values(), ids=BAD.keys())
def test_everything_else_is_malformed(data: bytes) -> None:
    """What breaks the format or a limit is refused, and only ever as Malformed."""
    with pytest.raises(Malformed):
        look(data)


@pytest.mark.parametrize("data", GOOD.values(), ids=GOOD.keys())
def test_a_cut_message_is_malformed(data: bytes) -> None:
    """No prefix of a message is a message."""
    for length in range(len(data)):
        with pytest.raises(Malformed):
            look(data[:length])


@given(st.sampled_from(list(GOOD.values())), st.data())
def test_damage_ends_as_malformed(data: bytes, drawn: st.DataObject) -> None:
    """Octets changed at random pass or are refused; no other error comes out."""
    octets = bytearray(data)
    for _ in range(drawn.draw(st.integers(1, 4))):
        octets[drawn.draw(st.integers(0, len(octets) - 1))] = drawn.draw(st.integers(0, 255))
    with contextlib.suppress(Malformed):
        look(bytes(octets))


def test_what_is_read_of_a_community() -> None:
    """Version and community are what was sent; the community is not shown."""
    envelope = read_envelope(trap(community=b"canary-5ecret"))
    assert (envelope.version, envelope.community, envelope.usm) == (V2C, b"canary-5ecret", None)
    assert "canary-5ecret" not in repr(envelope)


def test_what_is_read_of_a_user() -> None:
    """Engine, clock, user and level are what was sent."""
    envelope = read_envelope(in_v3(notification_pdu(), engine_id=ENGINE, flags=1, boots=9, time_s=77))
    usm = envelope.usm
    assert usm is not None
    assert (envelope.version, usm.engine_id, usm.boots, usm.time_s, usm.user) == (V3, ENGINE, 9, 77, b"monitor")
    assert (usm.authenticated, usm.encrypted) == (True, False)


def test_a_probe_may_hold_any_pdu_but_in_the_open() -> None:
    """The question for an engine ID is a GET of nothing, or the inform itself; encrypted it makes no sense."""
    nothing = ber.tlv(ber.GET, integer(1) + integer(0) * 2 + ber.tlv(ber.SEQUENCE, b""))
    for data in (in_v3(nothing, engine_id=b"", user=b""), in_v3(notification_pdu(), engine_id=b"")):
        check_probe(data, read_envelope(data))
    encrypted = in_v3(b"", engine_id=b"", flags=3, encrypted=bytes(40))
    with pytest.raises(Malformed):
        check_probe(encrypted, read_envelope(encrypted))
