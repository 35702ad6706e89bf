"""Community messages: the same octets as pysnmp's, in both directions."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyasn1.codec.ber import decoder, encoder
from pysnmp.proto import api

from phusong.collectors import mib
from phusong.collectors.snmp import ber
from phusong.collectors.snmp.community import open_reply, wrap
from phusong.collectors.snmp.credentials import V1, V2C, Community
from phusong.collectors.snmp.pdu import (
    Request,
    decode_bindings,
    decode_by_position,
    get_bulk_request,
    get_next_request,
    get_request,
)

V1_API, V2_API = (api.PROTOCOL_MODULES[version] for version in (api.SNMP_VERSION_1, api.SNMP_VERSION_2C))
APIS = {V1: V1_API, V2C: V2_API}

request_ids = st.integers(0x01000000, 0x7FFFFFFF)
oids = st.lists(st.integers(0, ber.MAX_ARC), min_size=1, max_size=12).map(lambda rest: (1, 3, *rest))
communities = st.binary(min_size=1, max_size=200)


def their_request(version: int, kind: str, oids: list[ber.Oid], request_id: int, numbers: tuple[int, int]) -> Any:
    module = APIS[version]
    pdu = getattr(module, kind)()
    if kind == "GetBulkRequestPDU":
        module.apiBulkPDU.set_defaults(pdu)
        module.apiBulkPDU.set_non_repeaters(pdu, numbers[0])
        module.apiBulkPDU.set_max_repetitions(pdu, numbers[1])
    else:
        module.apiPDU.set_defaults(pdu)
    module.apiPDU.set_varbinds(pdu, [(oid, module.Null("")) for oid in oids])
    module.apiPDU.set_request_id(pdu, request_id)
    return pdu


def their_message(version: int, community: bytes, pdu: Any) -> bytes:
    module = APIS[version]
    message = module.Message()
    module.apiMessage.set_defaults(message)
    module.apiMessage.set_community(message, community)
    module.apiMessage.set_pdu(message, pdu)
    return encoder.encode(message)


def our_message(version: int, community: bytes, request: Request, request_id: int) -> bytes:
    envelope = wrap(Community(version, community), request)
    return envelope.head + request_id.to_bytes(4, "big") + envelope.tail


@given(st.sampled_from((V1, V2C)), communities, st.lists(oids, max_size=30), request_ids)
def test_get_and_getnext_are_the_octets_of_pysnmp(
    version: int, community: bytes, oids: list[ber.Oid], request_id: int
) -> None:
    """A GET or GETNEXT of any objects equals pysnmp's octet by octet, in v1 and v2c."""
    for kind, make in (("GetRequestPDU", get_request), ("GetNextRequestPDU", get_next_request)):
        theirs = their_message(version, community, their_request(version, kind, oids, request_id, (0, 0)))
        assert our_message(version, community, make(oids), request_id) == theirs


@given(
    communities, st.lists(oids, min_size=1, max_size=5), request_ids, st.integers(0, 5), st.integers(0, 2**31 - 1)
)
def test_getbulk_is_the_octets_of_pysnmp(
    community: bytes, oids: list[ber.Oid], request_id: int, non_repeaters: int, repetitions: int
) -> None:
    """A GETBULK equals pysnmp's octet by octet."""
    pdu = their_request(V2C, "GetBulkRequestPDU", oids, request_id, (non_repeaters, repetitions))
    request = get_bulk_request(oids, repetitions=repetitions, non_repeaters=non_repeaters)
    assert our_message(V2C, community, request, request_id) == their_message(V2C, community, pdu)


def test_pysnmp_reads_our_requests() -> None:
    """What pysnmp decodes from our GETBULK is what was meant."""
    request = get_bulk_request([mib.IF_NAME, mib.IF_ALIAS], repetitions=10, non_repeaters=1)
    message, rest = decoder.decode(our_message(V2C, b"hub", request, 0x01020304), asn1Spec=V2_API.Message())
    pdu = V2_API.apiMessage.get_pdu(message)
    assert rest == b""
    assert bytes(V2_API.apiMessage.get_community(message)) == b"hub"
    assert int(V2_API.apiPDU.get_request_id(pdu)) == 0x01020304
    assert int(V2_API.apiBulkPDU.get_non_repeaters(pdu)) == 1
    assert int(V2_API.apiBulkPDU.get_max_repetitions(pdu)) == 10
    assert [tuple(oid) for oid, _ in V2_API.apiPDU.get_varbinds(pdu)] == [mib.IF_NAME, mib.IF_ALIAS]


V1_VALUES = [
    ("Integer", st.integers(-(2**31), 2**31 - 1), None),
    ("OctetString", st.binary(max_size=300), None),
    ("Counter", st.integers(0, 2**32 - 1), None),
    ("Gauge", st.integers(0, 2**32 - 1), None),
    ("TimeTicks", st.integers(0, 2**32 - 1), None),
    ("ObjectIdentifier", oids, None),
    ("IpAddress", st.binary(min_size=4, max_size=4), None),
    ("Null", st.just(""), [None]),
]
V2_VALUES = [
    ("Integer32", st.integers(-(2**31), 2**31 - 1), None),
    ("OctetString", st.binary(max_size=300), None),
    ("Counter32", st.integers(0, 2**32 - 1), None),
    ("Gauge32", st.integers(0, 2**32 - 1), None),
    ("Unsigned32", st.integers(0, 2**32 - 1), None),
    ("TimeTicks", st.integers(0, 2**32 - 1), None),
    ("Counter64", st.integers(0, 2**64 - 1), None),
    ("ObjectIdentifier", oids, None),
    ("IpAddress", st.binary(min_size=4, max_size=4), None),
    ("Opaque", st.binary(max_size=30), None),
    ("NoSuchObject", st.just(""), [ber.Missing.NO_SUCH_OBJECT]),
    ("NoSuchInstance", st.just(""), [ber.Missing.NO_SUCH_INSTANCE]),
    ("EndOfMibView", st.just(""), [ber.Missing.END_OF_MIB_VIEW]),
]
KINDS = {V1: V1_VALUES, V2C: V2_VALUES}


@given(st.data())
@pytest.mark.parametrize("version", [V1, V2C])
def test_answers_of_pysnmp_are_read_as_they_were_meant(version: int, data: st.DataObject) -> None:
    """An answer with values of every type, encoded by pysnmp, yields those values from both decoders."""
    module = APIS[version]
    drawn = data.draw(st.lists(st.tuples(oids, st.sampled_from(KINDS[version])), max_size=12))
    values = [data.draw(strategy) for _, (_, strategy, _) in drawn]
    expected = [known[0] if known else value for value, (_, (_, _, known)) in zip(values, drawn, strict=True)]
    pdu = module.GetResponsePDU()
    module.apiPDU.set_defaults(pdu)
    module.apiPDU.set_request_id(pdu, data.draw(request_ids))
    module.apiPDU.set_varbinds(
        pdu,
        [(oid, getattr(module, kind)(value)) for value, (oid, (kind, _, _)) in zip(values, drawn, strict=True)],
    )
    octets = their_message(version, b"hub", pdu)
    reply = open_reply(octets)
    assert (reply.version, reply.community, reply.header.kind) == (version, b"hub", ber.RESPONSE)
    assert reply.header.request_id == int(module.apiPDU.get_request_id(pdu))
    found = decode_bindings(octets, reply.header.start, reply.header.stop, most=12)
    assert found == [(oid, value) for (oid, _), value in zip(drawn, expected, strict=True)]
    names = get_request([oid for oid, _ in drawn]).names
    assert decode_by_position(octets, reply.header.start, reply.header.stop, names) == expected


@pytest.mark.parametrize(("status", "index"), list(itertools.product((1, 2, 5, 16, 18), (0, 1, 44))))
def test_error_answers_of_pysnmp_are_read(status: int, index: int) -> None:
    """error-status and error-index are taken from where pysnmp writes them."""
    pdu = V2_API.GetResponsePDU()
    V2_API.apiPDU.set_defaults(pdu)
    V2_API.apiPDU.set_error_status(pdu, status)
    V2_API.apiPDU.set_error_index(pdu, index)
    header = open_reply(their_message(V2C, b"hub", pdu)).header
    assert (header.error_status, header.error_index) == (status, index)


def test_the_community_is_in_no_repr() -> None:
    """Credentials never show in a repr, from where they would reach logs."""
    community = Community(V2C, b"canary")
    envelope = wrap(community, get_request([mib.SYS_UP_TIME]))
    reply = open_reply(our_message(V2C, b"canary", get_request([mib.SYS_UP_TIME]), 0x01020304))
    assert "canary" not in f"{community!r}{envelope!r}{reply!r}{community}{envelope}{reply}"
