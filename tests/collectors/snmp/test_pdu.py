"""Requests and responses: the quick decoder never says anything else than the general one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from snmp_peers import Typed, pdu, varbind

from phusong.collectors import mib
from phusong.collectors.snmp import ber
from phusong.collectors.snmp.errors import Malformed
from phusong.collectors.snmp.pdu import (
    Request,
    ResponseHeader,
    decode_bindings,
    decode_by_position,
    get_bulk_request,
    get_next_request,
    get_request,
    read_header,
)

UPTIME, NAME, OCTETS = mib.SYS_UP_TIME, (*mib.IF_NAME, 7), (*mib.IF_HC_IN_OCTETS, 7)
OIDS = (UPTIME, NAME, OCTETS)
VALUES: tuple[Typed, ...] = ((ber.TIME_TICKS, 5), (ber.OCTET_STRING, b"Gi0/7"), (ber.COUNTER64, 2**63))

oids = st.lists(st.integers(0, ber.MAX_ARC), max_size=20).map(lambda rest: (1, 3, *rest))
typed_values = st.one_of(
    st.tuples(st.just(ber.INTEGER), st.integers(-(2**31), 2**31 - 1)),
    st.tuples(st.sampled_from((ber.COUNTER32, ber.GAUGE32, ber.TIME_TICKS)), st.integers(0, 2**32 - 1)),
    st.tuples(st.just(ber.COUNTER64), st.integers(0, 2**64 - 1)),
    st.tuples(st.sampled_from((ber.OCTET_STRING, ber.OPAQUE)), st.binary(max_size=400)),
    st.tuples(st.just(ber.IP_ADDRESS), st.binary(min_size=4, max_size=4)),
    st.tuples(st.just(ber.OBJECT_ID), oids),
    st.tuples(st.sampled_from((ber.NULL, *(tag.value for tag in ber.Missing))), st.none()),
)


def header_of(octets: bytes) -> ResponseHeader:
    return read_header(octets, 0, len(octets))


def positional(octets: bytes, request: Request) -> list[ber.Value] | None:
    header = header_of(octets)
    return decode_by_position(octets, header.start, header.stop, request.names)


def general(octets: bytes) -> list[tuple[ber.Oid, ber.Value]]:
    header = header_of(octets)
    return decode_bindings(octets, header.start, header.stop, most=100)


@given(st.lists(st.tuples(oids, typed_values), max_size=12))
def test_both_decoders_agree_on_every_answer(bindings: list[tuple[ber.Oid, Typed]]) -> None:
    """A well-formed answer to exactly these objects is read by position, as the general decoder reads it."""
    request = get_request([oid for oid, _ in bindings])
    octets = pdu(5, b"".join(varbind(oid, typed) for oid, typed in bindings))
    assert positional(octets, request) == [value for _, value in general(octets)]
    assert general(octets) == [
        (oid, typed[1] if typed[0] < 0x80 else ber.Missing(typed[0])) for oid, typed in bindings
    ]


@given(st.data())
def test_the_quick_decoder_never_reads_more_than_the_general_one(data: st.DataObject) -> None:
    """After any change of octets in an answer, what is read by position is what the general decoder reads."""
    octets = bytearray(pdu(5, b"".join(map(varbind, OIDS, VALUES))))
    for _ in range(data.draw(st.integers(1, 3))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    mutant = bytes(octets)
    try:
        found = positional(mutant, get_request(OIDS))
    except Malformed:
        return
    if found is not None:
        assert general(mutant) == list(zip(OIDS, found, strict=True))


def long_form(tag: int, content: bytes) -> bytes:
    """Encode an element with four octets of length, where one is enough."""
    return bytes((tag, 0x84)) + len(content).to_bytes(4, "big") + content


NAMED = [ber.tlv(ber.OBJECT_ID, ber.encode_oid(oid)) for oid in OIDS]
WRITTEN = [varbind(oid, typed) for oid, typed in zip(OIDS, VALUES, strict=True)]
TICKS, TEXT, COUNTER = (
    varbind(oid, typed)[2 + len(name) :] for oid, typed, name in zip(OIDS, VALUES, NAMED, strict=True)
)


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(long_form(ber.SEQUENCE, NAMED[0] + TICKS), id="binding"),
        pytest.param(ber.tlv(ber.SEQUENCE, long_form(ber.OBJECT_ID, NAMED[0][2:]) + TICKS), id="name"),
        pytest.param(ber.tlv(ber.SEQUENCE, NAMED[0] + long_form(ber.TIME_TICKS, b"\5")), id="value"),
        pytest.param(ber.tlv(ber.SEQUENCE, NAMED[0] + b"\x43\x81\x01\x05"), id="value in two octets"),
        pytest.param(ber.tlv(ber.SEQUENCE, NAMED[0] + b"\x43\x09" + bytes(8) + b"\5"), id="nine octets"),
    ],
)
def test_longer_encodings_are_read_too(first: bytes) -> None:
    """An agent that writes lengths or numbers longer than needed is understood, whichever decoder does it."""
    octets = pdu(5, first + WRITTEN[1] + WRITTEN[2])
    assert [value for _, value in general(octets)] == [5, b"Gi0/7", 2**63]
    assert positional(octets, get_request(OIDS)) in (None, [5, b"Gi0/7", 2**63])


@pytest.mark.parametrize(
    "varbinds",
    [
        pytest.param(b"", id="none"),
        pytest.param(b"".join(WRITTEN[:2]), id="one less"),
        pytest.param(b"".join(WRITTEN) + WRITTEN[0], id="one more"),
        pytest.param(b"".join(reversed(WRITTEN)), id="other order"),
        pytest.param(WRITTEN[0] * 3, id="the same thrice"),
        pytest.param(WRITTEN[0] + varbind((*mib.IF_NAME, 8), VALUES[1]) + WRITTEN[2], id="another row"),
        pytest.param(WRITTEN[0] + varbind((*NAME, 0), VALUES[1]) + WRITTEN[2], id="longer name"),
        pytest.param(WRITTEN[0] + varbind(NAME[:-1], VALUES[1]) + WRITTEN[2], id="shorter name"),
        pytest.param(WRITTEN[0] + b"\x31" + WRITTEN[1][1:] + WRITTEN[2], id="binding is a SET"),
    ],
)
def test_other_objects_are_not_read_by_position(varbinds: bytes) -> None:
    """What does not name the very objects asked for is left to the general decoder."""
    assert positional(pdu(5, varbinds), get_request(OIDS)) is None


def test_a_request_has_a_gap_of_four_octets_for_its_id() -> None:
    """Head, four octets of id and tail are the PDU; GETBULK carries its two numbers."""
    request = get_bulk_request([UPTIME], repetitions=10, non_repeaters=0)
    octets = request.head + (0x7F000001).to_bytes(4, "big") + request.tail
    tag, start, stop = ber.read_tlv(octets, 0, len(octets))
    assert (tag, stop) == (ber.GET_BULK, len(octets))
    fields = []
    for _ in range(3):
        value, start = ber.read_integer(octets, start, stop)
        fields.append(value)
    assert fields == [0x7F000001, 0, 10]
    assert not request.exact
    assert not get_next_request([UPTIME]).exact
    assert get_request([UPTIME]).exact


@pytest.mark.parametrize(("repetitions", "non_repeaters"), [(-1, 0), (1, -1)])
def test_negative_repetitions_are_refused(repetitions: int, non_repeaters: int) -> None:
    """A GETBULK that asks for less than nothing is a mistake of the caller."""
    with pytest.raises(ValueError, match="must not be negative"):
        get_bulk_request([UPTIME], repetitions=repetitions, non_repeaters=non_repeaters)


def test_the_start_of_a_response_is_read_before_its_bindings() -> None:
    """Kind, id, status and index come out; the bindings lie where the header says."""
    octets = pdu(77, WRITTEN[0], kind=ber.RESPONSE, status=2, index=1)
    header = header_of(octets)
    assert (header.kind, header.request_id, header.error_status, header.error_index) == (ber.RESPONSE, 77, 2, 1)
    assert octets[header.start : header.stop] == WRITTEN[0]


@pytest.mark.parametrize(
    ("request_", "most"),
    [
        (get_request(OIDS), 3),
        (get_next_request([NAME]), 1),
        (get_bulk_request([NAME, OCTETS], repetitions=10), 20),
        (get_bulk_request(OIDS, repetitions=10, non_repeaters=1), 21),
        (get_bulk_request([NAME], repetitions=10, non_repeaters=5), 1),
    ],
)
def test_an_answer_names_no_more_objects_than_asked_for(request_: Request, most: int) -> None:
    """A request knows how many objects its answer may name, and the general decoder stops there."""
    assert request_.most == most
    octets = pdu(5, varbind(NAME, VALUES[1]) * (most + 1))
    header = header_of(octets)
    with pytest.raises(Malformed):
        decode_bindings(octets, header.start, header.stop, request_.most)
