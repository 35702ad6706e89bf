"""One GET to servers on loopback that answer well, badly, slowly or without end; and where a password may go."""

from __future__ import annotations

import asyncio
import base64
import ssl
from pathlib import Path

import pytest
from service_peers import HOST, HTTP_MODES, HttpPeer, authority, http_peer, make_certificate, page, stream_server
from snmp_peers import virtual

from phusong.collectors.services.certificates import Trust
from phusong.collectors.services.connection import BadAnswer, ServiceError, Silent, Untrusted
from phusong.collectors.services.http_request import MOST_BYTES, HttpAnswer, HttpUrl, http_get

PASSWORD = "canary-password"
AUTHORIZATION = "Basic " + base64.b64encode(f"monitor:{PASSWORD}".encode()).decode()
SECRETS = (PASSWORD, AUTHORIZATION, AUTHORIZATION.removeprefix("Basic "))


def get(peer: HttpPeer, *, most_bytes: int = MOST_BYTES, timeout_s: float = 10.0, path: str = "/") -> HttpAnswer:
    """Get a page without TLS, in virtual time."""

    async def asked() -> HttpAnswer:
        async with http_peer(peer):
            url = HttpUrl(False, HOST, peer.port, path, "portal.example")
            return await http_get(url, verify=False, timeout_s=timeout_s, most_bytes=most_bytes)

    return virtual(asked())


def failure(peer: HttpPeer, timeout_s: float = 10.0) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        get(peer, timeout_s=timeout_s)
    return caught.value


def test_a_page_is_got() -> None:
    """Status, type and body come back; the request names host, program and that no more will follow."""
    peer = HttpPeer(page("chào", "200 OK", "Content-Type: text/html; charset=utf-8"))
    answer = get(peer, path="/status?lang=vi")
    assert (answer.status, answer.content_type) == (200, "text/html; charset=utf-8")
    assert (answer.body.decode(), answer.whole, answer.certificate) == ("chào", True, None)
    lines = peer.requests[0].decode().split("\r\n")
    assert lines[0] == "GET /status?lang=vi HTTP/1.1"
    assert f"Host: portal.example:{peer.port}" in lines
    assert "Connection: close" in lines
    assert "Accept-Encoding: identity" in lines
    assert any(line.startswith("User-Agent: phusong/") for line in lines)


@pytest.mark.parametrize(
    ("url", "authority_of_it"),
    [
        (HttpUrl(True, "192.0.2.7", 443), "192.0.2.7"),
        (HttpUrl(True, "192.0.2.7", 80), "192.0.2.7:80"),
        (HttpUrl(False, "192.0.2.7", 80, "/", "portal.example"), "portal.example"),
        (HttpUrl(False, "2001:db8::7%eth0", 8080), "[2001:db8::7]:8080"),
    ],
)
def test_the_host_is_named_as_in_a_url(url: HttpUrl, authority_of_it: str) -> None:
    """The usual port is left out, IPv6 stands in brackets."""
    assert url.authority == authority_of_it


@pytest.mark.parametrize("path", ["", "status", "/a b", "/a\r\nX: y", "/công-dân", "/\x00"])
def test_a_path_that_would_break_the_request_is_refused(path: str) -> None:
    """Line ends and blanks never reach the wire."""
    with pytest.raises(ValueError, match="a path begins with /"):
        HttpUrl(False, HOST, 80, path)


@pytest.mark.parametrize("status", ["301 Moved", "404 Not Found", "503 Service Unavailable", "599 X"])
def test_every_status_is_an_answer(status: str) -> None:
    """What it means is for others to say; a redirect is not followed."""
    peer = HttpPeer(page("x", status, "Location: http://127.0.0.1:1/"))
    assert get(peer).status == int(status[:3])
    assert len(peer.requests) == 1


def test_interim_answers_are_passed_over() -> None:
    """1xx is not the answer."""
    assert get(HttpPeer(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + page("x"))).status == 200


def test_a_body_is_cut_at_the_limit() -> None:
    """No more is kept than was asked for, and it is said that there was more."""
    answer = get(HttpPeer(page("0123456789")), most_bytes=4)
    assert (answer.body, answer.whole) == (b"0123", False)
    answer = get(HttpPeer(page("0123456789")), most_bytes=10)
    assert (answer.body, answer.whole) == (b"0123456789", True)


def test_an_endless_body_ends_at_the_limit() -> None:
    """One mebibyte, unless somebody asks for more."""
    answer = get(HttpPeer(*HTTP_MODES["endless body"]))
    assert (len(answer.body), answer.whole) == (1_048_576, False)


@pytest.mark.parametrize("mode", ["trickling body", "endless body", "short body", "broken chunks"])
def test_without_a_body_the_head_is_the_answer(mode: str) -> None:
    """Who wants no body does not wait for it, nor for its faults."""
    answer = get(HttpPeer(*HTTP_MODES[mode]), most_bytes=0)
    assert (answer.status, answer.body, answer.latency_s) == (200, b"", pytest.approx(0.0, abs=0.1))


@pytest.mark.parametrize(
    ("mode", "kind", "code", "problem"),
    [
        ("closes", BadAnswer, None, "it closed the connection without an answer"),
        ("junk", BadAnswer, None, "the answer is not HTTP"),
        ("endless head", BadAnswer, None, "the answer is not HTTP"),
        ("endless 100", BadAnswer, None, "the answer is not HTTP"),
        ("broken chunks", BadAnswer, 200, "the page breaks off"),
        ("short body", BadAnswer, 200, "the page breaks off"),
        ("says nothing", Silent, None, "no answer within 10 s"),
        ("trickling head", Silent, None, "no answer within 10 s"),
        ("trickling body", Silent, 200, "the page did not end within 10 s"),
    ],
)
def test_what_is_no_answer_is_told(mode: str, kind: type[ServiceError], code: int | None, problem: str) -> None:
    """Each way to misbehave has its error, with the status where it came so far, and all end by the deadline."""
    error = failure(HttpPeer(*HTTP_MODES[mode]))
    assert (type(error), error.code, str(error)) == (kind, code, problem)


async def test_a_port_that_wants_tls_is_told(tmp_path: Path) -> None:
    """Plain HTTP to a TLS port ends in an error, not in silence."""
    async with http_peer(HttpPeer(page("x")), make_certificate().server_tls(tmp_path)) as peer:
        with pytest.raises(BadAnswer):
            await http_get(HttpUrl(False, HOST, peer.port), verify=False, timeout_s=10.0)
        assert peer.requests == []


async def test_the_deadline_covers_the_handshake() -> None:
    """A port that takes the connection and says nothing costs no more than the time given."""
    async with stream_server() as port:
        with pytest.raises(Silent, match=r"no answer within 0\.2 s") as caught:
            await http_get(HttpUrl(True, HOST, port), timeout_s=0.2)
    assert isinstance(caught.value, TimeoutError)


# --- passwords -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """Return the settings of a server with a good certificate."""
    return make_certificate(issuer=authority()).server_tls(tmp_path_factory.mktemp("tls"))


async def ask_with_password(port: int, trust: Trust, *, verify: bool = True, secure: bool = True) -> HttpAnswer:
    url = HttpUrl(secure, HOST, port, "/getxml?location=/Status")
    return await http_get(
        url, headers={"Authorization": AUTHORIZATION}, trust=trust, verify=verify, timeout_s=10.0
    )


async def test_a_password_goes_to_a_trusted_server(tls: ssl.SSLContext) -> None:
    """A server of a known issuer gets it, and shows its certificate with the answer."""
    async with http_peer(HttpPeer(page("<Status/>")), tls) as peer:
        answer = await ask_with_password(peer.port, Trust(ca_pem=authority().pem))
    assert (answer.status, answer.body) == (200, b"<Status/>")
    assert answer.certificate
    assert answer.certificate.trusted
    assert f"Authorization: {AUTHORIZATION}\r\n".encode() in peer.requests[0]


@pytest.mark.parametrize("trust", [Trust(), Trust(certificate_sha256="00" * 32)])
async def test_a_password_never_goes_to_another_server(trust: Trust, tls: ssl.SSLContext) -> None:
    """Not one octet of the request reaches a server that is not trusted; its certificate is told."""
    async with http_peer(HttpPeer(page("x")), tls) as peer:
        with pytest.raises(Untrusted) as caught:
            await ask_with_password(peer.port, trust)
    assert peer.requests == []
    assert caught.value.certificate
    assert not caught.value.certificate.trusted


async def test_a_password_never_goes_without_tls() -> None:
    """By plain HTTP nobody can be trusted: it is not even connected."""
    async with http_peer(HttpPeer(page("x"))) as peer:
        with pytest.raises(Untrusted, match="without TLS"):
            await ask_with_password(peer.port, Trust(), secure=False)
    assert peer.requests == []


async def test_verification_can_be_switched_off(tls: ssl.SSLContext) -> None:
    """Somebody may want it so: then it is sent, and the answer says that the server is not trusted."""
    async with http_peer(HttpPeer(page("x")), tls) as peer:
        answer = await ask_with_password(peer.port, Trust(), verify=False)
    assert answer.certificate
    assert (answer.certificate.trusted, answer.certificate.problem) == (False, "unknown issuer")


@pytest.mark.parametrize("mode", [*HTTP_MODES, "answers"])
def test_no_error_and_no_value_shows_a_password(mode: str) -> None:
    """Not in repr, not in a message, not in what an error was raised from."""
    peer = HttpPeer(*HTTP_MODES.get(mode, (page(PASSWORD), b"", None)))

    async def asked() -> HttpAnswer | ServiceError:
        async with http_peer(peer):
            try:
                return await ask_with_password(peer.port, Trust(), verify=False, secure=False)
            except ServiceError as error:
                return error

    found: BaseException | HttpAnswer | None = virtual(asked())
    while found is not None:
        shown = repr(found) + (str(found.args) if isinstance(found, BaseException) else "")
        assert not any(secret in shown for secret in SECRETS)
        found = (found.__cause__ or found.__context__) if isinstance(found, BaseException) else None
    assert AUTHORIZATION.encode() in peer.requests[0]


@pytest.mark.parametrize("value", [f"{AUTHORIZATION}\r\nX: y", f"{AUTHORIZATION}\x00", f"{AUTHORIZATION}ký"])
async def test_a_header_that_cannot_be_sent_is_told_without_its_value(value: str) -> None:
    """A password with a line end is refused before anything is connected, and not shown."""
    with pytest.raises(ValueError, match="letters that cannot be sent") as caught:
        await http_get(HttpUrl(True, HOST, 1), headers={"Authorization": value}, timeout_s=1.0)
    assert caught.value.__suppress_context__
    assert not any(secret in repr(caught.value) for secret in SECRETS)


async def test_cancelling_leaves_nothing_open(tls: ssl.SSLContext) -> None:
    """A caller that gives up in the middle leaves no task and no socket behind."""
    before = asyncio.all_tasks()
    async with http_peer(HttpPeer(*HTTP_MODES["says nothing"]), tls) as peer:
        url = HttpUrl(True, HOST, peer.port)
        task = asyncio.create_task(http_get(url, trust=Trust(ca_pem=authority().pem), timeout_s=10.0))
        while not peer.requests:  # noqa: ASYNC110 - it comes in one of the next steps of the loop
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert asyncio.all_tasks() == before
