"""SIP OPTIONS as octets: what is asked, which responses are its answer, and that no octets break the reader."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phusong.collectors.services.sip_options import (
    MOST_BODY_BYTES,
    MOST_HEAD_BYTES,
    MessageStream,
    NotSip,
    SipResponse,
    SipTransport,
    build_options,
    parse_response,
    request_uri,
)

LOCAL = ("192.0.2.10", 40000)
URI = "sip:192.0.2.7:5060"
REQUEST = build_options(URI, SipTransport.UDP, LOCAL, token=lambda octets: "7f" * octets)


def response(status: str = "200 OK", *extra: str, branch: str = REQUEST.branch, cseq: str = "1 OPTIONS") -> bytes:
    lines = [
        f"SIP/2.0 {status}",
        f"Via: SIP/2.0/UDP 192.0.2.10:40000;rport=40000;received=192.0.2.10;branch={branch}",
        "From: <sip:phusong@192.0.2.10>;tag=7f",
        "To: <sip:192.0.2.7:5060>;tag=theirs",
        f"Call-ID: {REQUEST.call_id}",
        f"CSeq: {cseq}",
        *extra,
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def read(octets: bytes) -> SipResponse:
    found = parse_response(octets)
    assert found
    return found


def test_the_request_has_what_rfc_3261_wants() -> None:
    """Octet for octet, with the randomness given."""
    assert REQUEST.octets.decode().split("\r\n") == [
        "OPTIONS sip:192.0.2.7:5060 SIP/2.0",
        f"Via: SIP/2.0/UDP 192.0.2.10:40000;branch=z9hG4bK{'7f' * 12};rport",
        "Max-Forwards: 70",
        f"From: <sip:phusong@192.0.2.10>;tag={'7f' * 8}",
        "To: <sip:192.0.2.7:5060>",
        f"Call-ID: {'7f' * 16}",
        "CSeq: 1 OPTIONS",
        "Contact: <sip:phusong@192.0.2.10:40000>",
        "Accept: application/sdp",
        "User-Agent: phusong",
        "Content-Length: 0",
        "",
        "",
    ]


@pytest.mark.parametrize("transport", SipTransport)
def test_a_request_over_ipv6_names_its_way(transport: SipTransport) -> None:
    """IPv6 addresses stand in brackets and without a zone, and Via and Contact say UDP, TCP or TLS."""
    uri = request_uri("", "2001:db8::7%eth0", 5061, transport)
    text = build_options(uri, transport, ("2001:db8::a%eth0", 40000)).octets.decode()
    parameter = {"UDP": "", "TCP": ";transport=tcp", "TLS": ";transport=tls"}[transport]
    assert f"OPTIONS sip:[2001:db8::7]:5061{parameter} SIP/2.0\r\n" in text
    assert f"Via: SIP/2.0/{transport} [2001:db8::a]:40000;branch=z9hG4bK" in text
    assert f"Contact: <sip:phusong@[2001:db8::a]:40000{parameter}>\r\n" in text


def test_no_two_requests_are_alike() -> None:
    """Branch, tag and Call-ID are new each time: nobody can answer a request that he has not seen."""
    one, other = (build_options(URI, SipTransport.UDP, LOCAL) for _ in range(2))
    assert (one.branch, one.call_id) != (other.branch, other.call_id)
    assert not one.answered_by(read(response()))


@pytest.mark.parametrize(
    ("given_uri", "asked"),
    [
        ("room12@video.example", "sip:room12@video.example"),
        ("sips:room12@video.example;transport=tls", "sips:room12@video.example;transport=tls"),
        ("SIP:Ph%C3%B2ng@video.example", "SIP:Ph%C3%B2ng@video.example"),
    ],
)
def test_a_given_uri_is_asked_for(given_uri: str, asked: str) -> None:
    """The scheme may be left out."""
    assert request_uri(given_uri, "192.0.2.7", 5060, SipTransport.UDP) == asked


@pytest.mark.parametrize(
    "uri",
    ["a b@c", "a@b\r\nX: y", "<sip:a@b>", 'a"b@c', "phòng@video.example", "sip:", "a@" + "b" * 300, "a@b\n"],
)
def test_a_uri_that_would_break_the_request_is_refused(uri: str) -> None:
    """Blanks, line ends, quotes, brackets and letters other than ASCII never reach the wire."""
    with pytest.raises(ValueError, match="SIP URI"):
        request_uri(uri, "192.0.2.7", 5060, SipTransport.UDP)


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (response(), (200, "OK", None)),
        (response("486 Busy Here"), (486, "Busy Here", None)),
        (response("200"), (200, "", None)),
        (response("200 "), (200, "", None)),
        (response("503 Later", "Retry-After: 120 (in maintenance);duration=60"), (503, "Later", 120)),
        (response("503 X", "Retry-After: soon"), (503, "X", None)),
        (response("503 X", "Retry-After: " + "9" * 400), (503, "X", 999_999_999)),
        (response("480 Tạm thời không có".encode().decode()), (480, "Tạm thời không có", None)),
        (response("480 a\x1b[31m\x00b"), (480, "a[31mb", None)),
        (response("480 " + "x" * 5000), (480, "x" * 255, None)),
        (response().replace(b"\r\n", b"\n"), (200, "OK", None)),
        (b"\r\n\r\n" + response(), (200, "OK", None)),
    ],
)  # fmt: skip
def test_a_response_is_read(octets: bytes, expected: tuple[int, str, int | None]) -> None:
    """Status, reason and Retry-After, whatever is around them; and it answers the request."""
    found = read(octets)
    assert (found.status, found.reason, found.retry_after_s) == expected
    assert REQUEST.answered_by(found)


@pytest.mark.parametrize(
    ("wanted", "other"),
    [
        (b"Via: ", b"v: "),
        (b"Via: ", b"VIA  :  "),
        (b"Call-ID: ", b"i:"),
        (b"CSeq: 1 OPTIONS", b"cseq: 1\r\n  OPTIONS"),
        (b";branch=", b"\r\n\t; branch = "),
        (b"\r\nFrom", b", SIP/2.0/UDP proxy.example;branch=z9hG4bKother\r\nFrom"),
        (b"From", b"Via: SIP/2.0/UDP proxy.example;branch=z9hG4bKother\r\nFrom"),
    ],
)
def test_headers_may_be_written_in_every_way_of_the_rfc(wanted: bytes, other: bytes) -> None:
    """Compact names, any case, folded lines, and several Via in one header or in many: the topmost counts."""
    octets = response().replace(wanted, other, 1)
    assert octets != response()
    assert REQUEST.answered_by(read(octets))


@pytest.mark.parametrize(
    "octets",
    [
        response(branch="z9hG4bKother"),
        response(cseq="2 OPTIONS"),
        response(cseq="1 INVITE"),
        response().replace(REQUEST.call_id.encode(), b"other"),
        response().replace(REQUEST.call_id.encode(), REQUEST.call_id.upper().encode()),
    ],
)
def test_a_response_to_another_request_is_no_answer(octets: bytes) -> None:
    """Branch, Call-ID and CSeq must all be ours."""
    assert not REQUEST.answered_by(read(octets))


@pytest.mark.parametrize("octets", [b"", b"\r\n\r\n", REQUEST.octets, b"INVITE sip:a@b SIP/2.0\r\n\r\n"])
def test_what_is_not_an_answer_is_passed_over(octets: bytes) -> None:
    """Requests of theirs and empty lines are no garbage."""
    assert parse_response(octets) is None


@pytest.mark.parametrize(
    "octets",
    [
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"SIP/2.0 99 X\r\n\r\n",
        b"SIP/2.0 700 X\r\n\r\n",
        b"SIP/2.0 2000 X\r\n\r\n",
        b"SIP/2.0 200 OK\r\n\r\n",
        response(cseq="1"),
        response(cseq="99999999999 OPTIONS"),
        response(branch=""),
        response().replace(b"Call-ID", b"Call-Id-Not"),
        b"SIP/2.0 200 OK\r\n" + b"X: y\r\n" * 300 + response().partition(b"\n")[2],
        b"SIP/2.0 200 OK\r\nX: " + b"y" * MOST_HEAD_BYTES + b"\r\n" + response().partition(b"\n")[2],
    ],
)
def test_what_is_no_response_is_told(octets: bytes) -> None:
    """Another protocol, a code that is none, a header that is missing or comes after too many others."""
    with pytest.raises(NotSip):
        parse_response(octets)


@given(octets=st.binary(max_size=400) | st.binary(max_size=200).map(lambda tail: response()[:90] + tail))
def test_no_octets_break_the_reader(octets: bytes) -> None:
    """Whatever comes, it is a response, nothing, or NotSip."""
    try:
        found = parse_response(octets)
    except NotSip:
        return
    if found:
        assert 100 <= found.status <= 699
        assert len(found.reason) <= 255


@given(
    status=st.integers(100, 699),
    reason=st.text(st.characters(categories=("L", "N", "P")), max_size=50).map(str.strip),
    noise=st.lists(
        st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=20), max_size=20
    ),
)
def test_a_response_that_was_built_is_read(status: int, reason: str, noise: list[str]) -> None:
    """Status and reason come back, and it is our answer, whatever headers stand between."""
    found = read(response(f"{status} {reason}", *(f"X-{name}: {name}" for name in noise)))
    assert found.status == status
    assert REQUEST.answered_by(found)
    assert found.provisional == (status < 200)


# --- streams -------------------------------------------------------------------------------------------------


def with_body(body: bytes, name: str = "Content-Length") -> bytes:
    return response("200 OK", f"{name}: {len(body)}") + body


@given(
    bodies=st.lists(st.binary(max_size=50), min_size=1, max_size=4),
    cuts=st.lists(st.integers(1, 60), min_size=1, max_size=50),
)
def test_messages_are_found_however_they_are_cut(bodies: list[bytes], cuts: list[int]) -> None:
    """The same messages come out of one segment and of many; a body may look like anything."""
    messages = [with_body(body) for body in bodies]
    octets = b"\r\n\r\n".join(messages)  # with the empty lines that keep a connection open
    stream = MessageStream()
    found = []
    for cut in [*cuts, len(octets)]:
        stream.feed(octets[:cut])
        octets = octets[cut:]
        while (message := stream.next_message()) is not None:
            found.append(message)
    assert found == messages


@pytest.mark.parametrize("name", ["Content-Length", "l", "CONTENT-LENGTH "])
def test_the_length_has_two_names(name: str) -> None:
    """The compact form counts too, and without any the message ends with its head."""
    stream = MessageStream()
    stream.feed(with_body(b"v=0\n", name))
    assert stream.next_message() == with_body(b"v=0\n", name)
    stream.feed(response())
    assert stream.next_message() == response()


@pytest.mark.parametrize(
    "octets",
    [
        response("200 OK", "Content-Length: -1"),
        response("200 OK", "Content-Length: 1e3"),
        response("200 OK", f"Content-Length: {MOST_BODY_BYTES + 1}"),
        response("200 OK", "Content-Length: " + "9" * 500),
        b"SIP/2.0 200 OK\r\n" + b"X: y\r\n" * MOST_HEAD_BYTES,
        b"x" * MOST_HEAD_BYTES,
        b"HTTP/1.1 400 Bad Request\r\n",
    ],
)
def test_a_stream_that_is_not_sip_is_told_at_once(octets: bytes) -> None:
    """Nobody waits for a body that never ends or for the rest of another protocol."""
    stream = MessageStream()
    stream.feed(octets)
    with pytest.raises(NotSip):
        stream.next_message()


@given(
    pieces=st.lists(st.binary(max_size=40) | st.sampled_from([b"SIP/2.0 200 OK\r\n", b"l: 5\r\n", b"\r\n\r\n"]))
)
def test_no_octets_break_the_stream(pieces: list[bytes]) -> None:
    """Whatever comes in whatever pieces, there are messages, none yet, or NotSip."""
    stream = MessageStream()
    try:
        for piece in pieces:
            stream.feed(piece)
            while stream.next_message() is not None:
                pass
    except NotSip:
        pass
