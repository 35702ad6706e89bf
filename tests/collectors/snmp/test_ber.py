"""BER as the standards write it, as pyasn1 writes it, and as attackers write it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyasn1.codec.ber import decoder, encoder
from pyasn1.type import univ
from pysnmp.proto import rfc1902

from phusong.collectors.snmp import ber
from phusong.collectors.snmp.errors import Malformed

PYASN1_WRITES_AN_OCTET_TOO_MANY = {-(2 ** (8 * octets - 1)) for octets in range(1, 9)}

arcs = st.integers(0, ber.MAX_ARC)
oids = st.one_of(
    st.builds(
        lambda root, second, rest: (root, second, *rest), st.integers(0, 1), st.integers(0, 39), st.lists(arcs)
    ),
    st.builds(lambda second, rest: (2, second, *rest), st.integers(0, ber.MAX_ARC), st.lists(arcs)),
)


@pytest.mark.parametrize(
    ("length", "octets"),
    [
        (0, "00"),
        (38, "26"),
        (127, "7f"),
        (128, "8180"),
        (201, "81c9"),  # X.690, 8.1.3.5
        (255, "81ff"),
        (256, "820100"),
        (65535, "82ffff"),
        (65536, "83010000"),
    ],
)
def test_lengths_take_as_few_octets_as_possible(length: int, octets: str) -> None:
    """A length is written in the short form up to 127, then in the shortest long form (X.690, 8.1.3)."""
    assert ber.encode_length(length).hex() == octets


@pytest.mark.parametrize(
    ("value", "octets"),
    [
        (0, "00"),
        (1, "01"),
        (127, "7f"),
        (128, "0080"),
        (255, "00ff"),
        (256, "0100"),
        (-1, "ff"),
        (-128, "80"),
        (-129, "ff7f"),
        (2**31 - 1, "7fffffff"),
        (-(2**31), "80000000"),
        (2**32 - 1, "00ffffffff"),
        (2**63, "008000000000000000"),
        (2**64 - 1, "00ffffffffffffffff"),
    ],
)
def test_integers_take_as_few_octets_as_possible(value: int, octets: str) -> None:
    """An integer is two's complement without redundant octets (X.690, 8.3)."""
    assert ber.encode_integer(value).hex() == octets


@pytest.mark.parametrize(
    ("oid", "octets"),
    [
        ((2, 999, 3), "883703"),  # X.690, 8.19.5: 2.100.3 there, 2.999.3 in its later edition
        ((2, 100, 3), "813403"),
        ((1, 3, 6, 1, 2, 1, 1, 3, 0), "2b06010201010300"),
        ((0, 0), "00"),
        ((1, 39), "4f"),
        ((2, 0), "50"),
        ((1, 3, 127, 128, 16383, 16384), "2b7f8100ff7f818000"),
        ((1, 3, 2**32 - 1), "2b8fffffff7f"),
        ((2, 2**32 - 1), "90808" + "0804f"),
    ],
)
def test_object_identifiers_are_written_as_the_standard_says(oid: ber.Oid, octets: str) -> None:
    """The first two arcs share an octet group, the others are base 128, at most 32 bits each."""
    assert ber.encode_oid(oid).hex() == octets
    assert ber.decode_oid(bytes.fromhex(octets)) == oid


@given(st.integers(-(2**31), 2**31 - 1))
def test_integers_survive_the_round_trip(value: int) -> None:
    """What is written as INTEGER is read back equal, and equals what pyasn1 writes."""
    element = ber.tlv(ber.INTEGER, ber.encode_integer(value))
    assert ber.read_integer(element, 0, len(element)) == (value, len(element))
    assert decoder.decode(element)[0] == value
    if value not in PYASN1_WRITES_AN_OCTET_TOO_MANY:
        assert element == encoder.encode(univ.Integer(value))


@given(oids)
def test_object_identifiers_survive_the_round_trip(oid: ber.Oid) -> None:
    """Every identifier of at most 128 arcs of 32 bits is read back equal, and equals what pyasn1 writes."""
    if len(oid) > ber.MAX_ARCS:
        with pytest.raises(ValueError, match="not an object identifier"):
            ber.encode_oid(oid)
        return
    content = ber.encode_oid(oid)
    assert ber.decode_oid(content) == oid
    assert ber.tlv(ber.OBJECT_ID, content) == encoder.encode(univ.ObjectIdentifier(oid))
    assert ber.parse_oid(ber.format_oid(oid)) == oid
    assert ber.parse_oid("." + ber.format_oid(oid)) == oid


@given(st.binary(max_size=40))
def test_object_identifiers_are_read_as_pyasn1_reads_them(content: bytes) -> None:
    """Any octets are either refused or read as pyasn1 reads them, and then as short as they can be."""
    try:
        oid = ber.decode_oid(content)
    except Malformed:
        return
    if content:  # pyasn1 knows no empty one
        assert oid == tuple(decoder.decode(ber.tlv(ber.OBJECT_ID, content), asn1Spec=univ.ObjectIdentifier())[0])
        assert ber.encode_oid(oid) == content


VALUES = [
    (ber.INTEGER, rfc1902.Integer32, st.integers(-(2**31), 2**31 - 1)),
    (ber.COUNTER32, rfc1902.Counter32, st.integers(0, 2**32 - 1)),
    (ber.GAUGE32, rfc1902.Gauge32, st.integers(0, 2**32 - 1)),
    (ber.TIME_TICKS, rfc1902.TimeTicks, st.integers(0, 2**32 - 1)),
    (ber.COUNTER64, rfc1902.Counter64, st.integers(0, 2**64 - 1)),
    (ber.OCTET_STRING, rfc1902.OctetString, st.binary(max_size=300)),
    (ber.OPAQUE, rfc1902.Opaque, st.binary(max_size=40)),
    (ber.IP_ADDRESS, rfc1902.IpAddress, st.binary(min_size=4, max_size=4)),
]


@given(st.data())
@pytest.mark.parametrize(("tag", "kind", "values"), VALUES, ids=[kind.__name__ for _, kind, _ in VALUES])
def test_values_are_written_and_read_as_pysnmp_does(
    tag: int, kind: type, values: st.SearchStrategy[int | bytes], data: st.DataObject
) -> None:
    """Each type of value equals pysnmp's octets and is read back equal."""
    value = data.draw(values)
    content = value if isinstance(value, bytes) else ber.encode_integer(value)
    theirs = encoder.encode(kind(value))
    if value not in PYASN1_WRITES_AN_OCTET_TOO_MANY:
        assert ber.tlv(tag, content) == theirs
    found, start, stop = ber.read_tlv(theirs, 0, len(theirs))
    assert (found, stop) == (tag, len(theirs))
    assert ber.decode_value(found, theirs[start:stop]) == value


@pytest.mark.parametrize(
    ("tag", "content", "value"),
    [
        (ber.COUNTER32, "ffffffff", 2**32 - 1),  # the leading zero left out, as some agents do
        (ber.COUNTER64, "ffffffffffffffff", 2**64 - 1),
        (ber.COUNTER64, "00ffffffffffffffff", 2**64 - 1),
        (ber.COUNTER32, "0000000001", 1),
        (ber.INTEGER, "ffffffff", -1),
        (ber.NULL, "", None),
        (ber.OBJECT_ID, "", (0, 0)),  # the null identifier of net-snmp and others
        (ber.NO_SUCH_OBJECT, "", ber.Missing.NO_SUCH_OBJECT),
        (ber.NO_SUCH_INSTANCE, "", ber.Missing.NO_SUCH_INSTANCE),
        (ber.END_OF_MIB_VIEW, "", ber.Missing.END_OF_MIB_VIEW),
    ],
)
def test_values_of_careless_agents_are_understood(tag: int, content: str, value: ber.Value) -> None:
    """What agents write beside the standard is read as they mean it."""
    assert ber.decode_value(tag, bytes.fromhex(content)) == value


@pytest.mark.parametrize(
    ("tag", "content"),
    [
        (ber.INTEGER, ""),
        (ber.INTEGER, "00" * 9),
        (ber.COUNTER32, ""),
        (ber.COUNTER64, "01" + "00" * 8),
        (ber.COUNTER64, "00" * 10),
        (ber.OBJECT_ID, "2b80"),
        (ber.OBJECT_ID, "2b8001"),
        (ber.OBJECT_ID, "2b9080808000"),
        (0x45, "00"),
        (0x30, ""),
        (0x83, ""),
    ],
)
def test_values_that_mean_nothing_are_refused(tag: int, content: str) -> None:
    """Wrong lengths, unended or padded arcs and unknown types are Malformed."""
    with pytest.raises(Malformed):
        ber.decode_value(tag, bytes.fromhex(content))


@pytest.mark.parametrize(
    "octets",
    [
        "",
        "02",
        "0201",
        "0280",
        "0285000000000101",
        "02840000",
        "1f02",
        "1f81ff02",
        "02847fffffff01",
        "0281",
        "02ff",
    ],
)
def test_elements_that_do_not_fit_are_refused(octets: str) -> None:
    """Cut off, indefinite, of a length over four octets or of a tag of several octets: Malformed."""
    data = bytes.fromhex(octets)
    with pytest.raises(Malformed):
        ber.read_tlv(data, 0, len(data))


@given(st.integers(0, 255).filter(lambda tag: tag & 0x1F != 0x1F), st.binary(max_size=300), st.integers(1, 4))
def test_lengths_may_be_longer_than_needed(tag: int, content: bytes, count: int) -> None:
    """The long form of a length is accepted with up to four octets, as net-snmp and others write it."""
    if len(content) >= 256**count:
        return
    data = bytes((tag, 0x80 | count)) + len(content).to_bytes(count, "big") + content
    found, start, stop = ber.read_tlv(data, 0, len(data))
    assert (found, data[start:stop]) == (tag, content)


@given(st.binary(max_size=60), st.integers(0, 60), st.integers(0, 60))
def test_no_element_is_read_past_its_end(data: bytes, position: int, end: int) -> None:
    """Whatever the octets are, an element lies within the given bounds or is refused."""
    end = min(end, len(data))
    try:
        _, start, stop = ber.read_tlv(data, position, end)
    except Malformed:
        return
    assert position < start <= stop <= end


@pytest.mark.parametrize("oid", [(), (1,), (3, 1), (1, 40), (0, 40), (1, -3), (1, 3, 2**32), (1,) * 129])
def test_what_is_no_object_identifier_is_not_written(oid: ber.Oid) -> None:
    """Identifiers that the standard does not allow are refused before they are sent."""
    with pytest.raises(ValueError, match="not an object identifier"):
        ber.encode_oid(oid)


@pytest.mark.parametrize("text", ["", ".", "1", "1.3.x", "1..3", "1.3.6.", "1.3.-1", "sysUpTime.0", "1.99"])
def test_text_that_is_no_object_identifier_is_named(text: str) -> None:
    """The error of a wrong text shows the text."""
    with pytest.raises(ValueError, match="not an object identifier") as error:
        ber.parse_oid(text)
    assert repr(text) in str(error.value)
