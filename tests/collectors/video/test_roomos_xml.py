"""The XML of a codec: what is read, and what is refused."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phusong.collectors.video.roomos_errors import BadStatusXml, LocationRefused, RoomosError
from phusong.collectors.video.roomos_xml import (
    DEEPEST,
    MOST_BYTES,
    MOST_ELEMENTS,
    Element,
    parse_status,
)
from tests.support.roomos_fake import CE_IN_CALL, TC_NAMESPACE, document

ONE_CALL = '<Status><Call item="3"><Status>Connected</Status></Call></Status>'


@pytest.mark.parametrize(
    "octets",
    [
        ONE_CALL.encode(),
        b'<t:Status xmlns:t="urn:x"><t:Call item="3" x="n"><t:Status>Connected</t:Status></t:Call></t:Status>',
        f'<Status {TC_NAMESPACE}><Call item="3"><Status> Connected\n</Status></Call></Status>'.encode(),
        b'<XmlDoc><Status><Call item="3"><Status>Connected</Status></Call></Status></XmlDoc>',
        b'<Status><Call item="3"><Status>Connected</Status></Call><Call item="2" ghost="True"/></Status>',
        f'<?xml version="1.0" encoding="utf-16"?>{ONE_CALL}'.encode("utf-16"),
    ],
)
def test_same_rows_come_out_of_every_wrapping(octets: bytes) -> None:
    """Namespaces, prefixes, unknown attributes, white space, wrappers, encodings and ghosts make no difference."""
    row = Element("Call", "", (("item", "3"),), (Element("Status", "Connected"),))
    assert parse_status(octets).children == (row,)


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (b"", "not well-formed"),
        (b"\x00\xff", "not well-formed"),
        (b"<Status><Call></Status>", "not well-formed"),
        (b"<Status/><Status/>", "not well-formed"),
        (b'<?xml version="1.0" encoding="nonesuch"?><Status/>', "not well-formed"),
        (b'<?xml version="1.0" encoding="hex"?><Status/>', "not well-formed"),
        (b"<html><body>Login</body></html>", "not a status document"),
        (b"<XmlDoc><Command/></XmlDoc>", "not a status document"),
        (b"<!DOCTYPE html><html/>", "document type"),
        (b"<Status>" * (DEEPEST + 1), "deep"),
        (b"<Status>" + b"<a/>" * MOST_ELEMENTS + b"</Status>", "elements"),
        (b"<Status>" + b" " * MOST_BYTES + b"</Status>", "octets"),
    ],
)
def test_refused(octets: bytes, why: str) -> None:
    """What is no status document, or more than is read, is refused with the reason."""
    with pytest.raises(BadStatusXml, match=why):
        parse_status(octets)


def _laughs() -> bytes:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    return f'<!DOCTYPE s [<!ENTITY e0 "ha">{entities}]><Status>&e11;</Status>'.encode()


@pytest.mark.parametrize(
    "octets",
    [
        _laughs(),
        b'<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><Status>&x;</Status>',
        b'<!DOCTYPE s SYSTEM "http://127.0.0.1:1/x.dtd"><Status/>',
        b'<!DOCTYPE s [<!ENTITY % p SYSTEM "http://127.0.0.1:1/x"> %p;]><Status/>',
        b'<!DOCTYPE s [<!ATTLIST Status item CDATA "7">]><Status/>',
    ],
)
def test_no_document_type(octets: bytes) -> None:
    """A document type is refused where it begins, so that no entity is expanded or fetched, ever."""
    began = time.process_time()
    with pytest.raises(BadStatusXml, match="a document type is refused"):
        parse_status(octets)
    assert time.process_time() - began < 1.0


def test_text_is_clean_and_short() -> None:
    """No text and no attribute of a codec is longer than 255 characters or has a control character."""
    noise = "\u202eA\u0085B" + "x" * 50_000
    octets = f'<Status version="{noise}"><Call item="{noise}"><Status>{noise}</Status></Call></Status>'.encode()
    root = parse_status(octets)
    call = next(root.rows("Call"))
    for text in (root.attribute("version"), call.attribute("item"), call.value("Status")):
        assert text.startswith("A B")
        assert len(text) == 255


@pytest.mark.parametrize(
    "inside", ["<Reason>No match on address expression.</Reason>", "<Reason>s3cret</Reason>", ""]
)
def test_codecs_own_no(inside: str) -> None:
    """A location that the codec does not have is told apart from an answer that cannot be read, in our words."""
    with pytest.raises(LocationRefused) as raised:
        parse_status(f'<Status status="Error">{inside}</Status>'.encode())
    assert str(raised.value) == "the codec answered with an error"


def test_missing_is_empty() -> None:
    """What is not there reads as empty text, at any depth."""
    root = parse_status(document(CE_IN_CALL["/Status/SystemUnit"]))
    assert root.value("SystemUnit", "Nothing", "Here") == ""
    assert root.attribute("item") == ""
    assert root.value("SystemUnit", "Software", "Version").startswith("ce9")


@given(st.binary(max_size=300))
def test_any_octets(octets: bytes) -> None:
    """Whatever comes gives a tree or one of our own errors."""
    with contextlib.suppress(RoomosError):
        assert isinstance(parse_status(octets), Element)


@given(
    st.sampled_from(sorted(CE_IN_CALL)),
    st.lists(st.tuples(st.integers(0, 3000), st.binary(max_size=8)), min_size=1, max_size=6),
)
def test_damaged_document(location: str, changes: list[tuple[int, bytes]]) -> None:
    """A document with octets changed, lost or put in gives a tree or one of our own errors."""
    octets = document(CE_IN_CALL[location])
    for place, new in changes:
        octets = octets[:place] + new + octets[place + 1 :]
    with contextlib.suppress(RoomosError):
        assert isinstance(parse_status(octets), Element)
