"""What a simulated room says by SIP, read by the prober's own parser and by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phusong.collectors.services.sip_options import SipTransport, build_options, parse_response
from phusong.collectors.simulator.sip_answers import answer_sip

SOURCE = ("127.0.0.9", 40_123)
REQUEST = (
    b"OPTIONS sip:qn-v001@video.example SIP/2.0\r\n"
    b"Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK77;rport\r\n"
    b"Via: SIP/2.0/UDP proxy.example;branch=z9hG4bK76\r\n"
    b"Max-Forwards: 70\r\n"
    b"From: <sip:noc@example.invalid>;tag=abc\r\n"
    b"To: <sip:qn-v001@video.example>\r\n"
    b"Call-ID: 1234@127.0.0.1\r\n"
    b"CSeq: 63104 OPTIONS\r\n"
    b"Content-Length: 0\r\n\r\n"
)


def lines(answer: bytes) -> list[str]:
    return answer.decode().split("\r\n")


def test_the_answer_repeats_the_transaction():
    """Via in its order, From, To with a tag, Call-ID and CSeq come back; the top Via has where it came from."""
    answer = lines(answer_sip(REQUEST, 200, SOURCE))
    assert answer[0] == "SIP/2.0 200 OK"
    assert answer[1:3] == [
        "Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK77;rport=40123;received=127.0.0.9",
        "Via: SIP/2.0/UDP proxy.example;branch=z9hG4bK76",
    ]
    assert "From: <sip:noc@example.invalid>;tag=abc" in answer
    assert any(line.startswith("To: <sip:qn-v001@video.example>;tag=") for line in answer)
    assert "Call-ID: 1234@127.0.0.1" in answer
    assert "CSeq: 63104 OPTIONS" in answer
    assert "Content-Length: 0" in answer
    assert answer[-2:] == ["", ""]


def test_a_tag_that_is_there_stays():
    """A second one would be another dialogue."""
    asked = REQUEST.replace(b"To: <sip:qn-v001@video.example>", b"t: <sip:qn-v001@video.example>;tag=mine")
    assert "To: <sip:qn-v001@video.example>;tag=mine" in lines(answer_sip(asked, 200, SOURCE))


@pytest.mark.parametrize(
    ("method", "status", "expected"),
    [
        ("OPTIONS", 200, "SIP/2.0 200 OK"),
        ("OPTIONS", 486, "SIP/2.0 486 Busy Here"),
        ("OPTIONS", 503, "SIP/2.0 503 Service Unavailable"),
        ("INVITE", 200, "SIP/2.0 405 Method Not Allowed"),
        ("REGISTER", 503, "SIP/2.0 405 Method Not Allowed"),
    ],
)
def test_status_lines(method, status, expected):
    """OPTIONS gets the status of the room; nothing else is allowed, so nobody can place a call."""
    answer = lines(answer_sip(REQUEST.replace(b"OPTIONS", method.encode()), status, SOURCE))
    assert answer[0] == expected
    assert ("Retry-After: 120" in answer) == ("503" in expected)


@pytest.mark.parametrize("status", [200, 486, 503])
def test_our_own_prober_takes_it_for_the_answer(status):
    """What the prober builds is answered so that it knows its answer."""
    request = build_options("sip:qn-v001@video.example", SipTransport.UDP, SOURCE)
    response = parse_response(answer_sip(request.octets, status, SOURCE))
    assert response is not None
    assert request.answered_by(response)
    assert response.status == status
    assert response.retry_after_s == (120 if status == 503 else None)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n\r\n",
        b"SIP/2.0 200 OK\r\nVia: x\r\n\r\n",
        REQUEST.replace(b"OPTIONS", b"ACK", 1),
        REQUEST.replace(b"SIP/2.0\r\n", b"HTTP/1.1\r\n", 1),
        REQUEST.replace(b"Call-ID: 1234@127.0.0.1\r\n", b""),
        REQUEST.replace(b"CSeq: 63104 OPTIONS", b"CSeq:"),
        REQUEST.removesuffix(b"\r\n"),
        REQUEST.replace(b"Max-Forwards: 70\r\n", b"X: y\r\n" * 100),
        REQUEST + b"x" * 8192,
    ],
)
def test_what_is_no_request_meets_silence(data):
    """A response above all: two servers would answer each other for ever."""
    assert answer_sip(data, 200, SOURCE) is None


@given(at=st.integers(0, len(REQUEST) - 1), octet=st.integers(0, 255))
def test_no_damage_breaks_it(at, octet):
    """Whatever octet is changed, an answer has a status line and one blank line at its end, or there is none."""
    answer = answer_sip(REQUEST[:at] + bytes((octet,)) + REQUEST[at + 1 :], 200, SOURCE)
    if answer is not None:
        assert answer.startswith(b"SIP/2.0 ")
        assert answer.count(b"\r\n\r\n") == 1
        assert answer.endswith(b"\r\n\r\n")
