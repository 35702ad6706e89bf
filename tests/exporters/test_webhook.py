"""The webhook against a real server on loopback, good, bad and hostile, with and without TLS."""

from __future__ import annotations

import asyncio
import json
import resource
import time
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from events_made import make_event
from hook_server import SECRET, Hook, hook_server, make_certificate, verify
from hypothesis import given
from hypothesis import strategies as st

from phusong.exporters.receiver import DeliveryFailed, Rejected
from phusong.exporters.webhook import Webhook, WebhookUrl, retry_after_s, signature


async def numeric(host: str) -> str:
    return host


def url_of(hook: Hook) -> WebhookUrl:
    parts = urlsplit(hook.url)
    assert parts.hostname
    assert parts.port
    return WebhookUrl(parts.scheme == "https", parts.hostname, parts.port, f"{parts.path}?{parts.query}")


def webhook_for(hook: Hook, *, timeout_s: float = 5.0, ca: Path | None = None, secret: bytes = SECRET) -> Webhook:
    ca_pem = ca.read_text(encoding="ascii") if ca else ""
    return Webhook(url_of(hook), secret, numeric, timeout_s=timeout_s, ca_pem=ca_pem)


async def failure(webhook: Webhook) -> DeliveryFailed:
    """Attempt once, in vain; return how it failed."""
    with pytest.raises(DeliveryFailed) as caught:
        await webhook.send([make_event()])
    shown = repr(caught.value) + str(caught.value.__cause__)
    assert "canary" not in shown
    return caught.value


async def test_a_receiver_can_verify_what_it_gets() -> None:
    """The signature is right, the body is the JSON of the events, and the headers say what it is."""
    with hook_server(Hook()) as hook:
        await webhook_for(hook).send([make_event("a"), make_event("b")])
    (request,) = hook.requests
    assert (hook.forged, hook.ids(), request["path"]) == (0, ["a", "b"], "/hook?token=canary-url")
    assert request["headers"]["Content-Type"] == "application/json"
    assert request["headers"]["User-Agent"].startswith("phusong/")
    assert request["headers"]["Host"] == urlsplit(hook.url).netloc
    assert json.loads(request["body"])["format"] == 1


async def test_another_secret_is_noticed() -> None:
    """The receiver refuses what another key has signed; for us that is final."""
    with hook_server(Hook()) as hook, pytest.raises(Rejected, match="401"):
        await webhook_for(hook, secret=b"another-key-0123456789").send([make_event()])
    assert (hook.forged, hook.requests) == (1, [])


@given(st.binary(min_size=1), st.integers(0, 2**40), st.binary(), st.integers(0, 10_000))
def test_a_change_of_any_octet_is_noticed(secret: bytes, timestamp: int, body: bytes, where: int) -> None:
    """Who changes body or time cannot keep the signature."""
    headers = {
        "X-Phusong-Timestamp": str(timestamp),
        "X-Phusong-Signature": signature(secret, str(timestamp), body),
    }
    assert verify(secret, headers, body, timestamp)
    changed = bytearray(body or b"x")
    changed[where % len(changed)] ^= 1
    assert not verify(secret, headers, bytes(changed), timestamp)
    assert not verify(secret, headers | {"X-Phusong-Timestamp": str(timestamp + 1)}, body, timestamp)
    assert not verify(secret, headers, body, timestamp + 301)


def test_a_known_signature() -> None:
    """The value that docs/events.md shows, computed by openssl."""
    expected = "v1=a4b48865f8370b4cdb893108f9ec1e90ea385f847362ce2b4d669d1b84b5c628"
    assert signature(b"example-key-of-the-docs", "1793463302", b'{"format":1,"events":[]}') == expected


@pytest.mark.parametrize(
    ("answer", "reason", "final"),
    [
        *[(status, "server_error", False) for status in ("500", "502", "503", "504", "599")],
        *[(status, "throttled", False) for status in ("408", "425", "429")],
        *[(status, "rejected", True) for status in ("400", "401", "403", "404", "410", "413", "422")],
        *[(status, "redirect", False) for status in ("301", "302", "303", "307", "308")],
        *[(answer, "bad_answer", False) for answer in ("junk", "close", "endless head", "endless 100")],
        ("reset", "connection", False),
        ("hang", "timeout", False),
        ("trickle", "timeout", False),
    ],
)
async def test_failures(answer: str, reason: str, final: bool) -> None:
    """Each way to fail has its reason; only what the receiver does not want at all is final."""
    with hook_server(Hook(script=[answer], headers={"Location": "/elsewhere"})) as hook:
        error = await failure(webhook_for(hook, timeout_s=0.5))
        assert (error.reason, isinstance(error, Rejected)) == (reason, final)
    assert len(hook.requests) == 1  # no redirect was followed, nothing was repeated by itself


@pytest.mark.parametrize("answer", ["200", "201", "202", "204", "200 endless", "200 hang", "200 reset"])
async def test_success_is_success_whatever_follows(answer: str) -> None:
    """A 2xx counts, also when its body never ends: no event is sent twice for that, and the deadline holds."""
    with hook_server(Hook(script=[answer])) as hook:
        began = time.monotonic()
        await webhook_for(hook, timeout_s=0.5).send([make_event()])
        assert time.monotonic() - began < 2


async def test_an_endless_answer_takes_no_memory() -> None:
    """Of gigabytes of body 64 kB are read."""
    with hook_server(Hook(then="200 endless")) as hook:
        webhook = webhook_for(hook)
        await webhook.send([make_event()])
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for _ in range(50):
            await webhook.send([make_event()])
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # kB


@pytest.mark.parametrize("answer", ["hang", "trickle", "200 endless", "200 hang", "endless 100"])
async def test_a_hostile_receiver_holds_up_nobody(answer: str) -> None:
    """While an attempt goes on, the event loop turns as if there were none."""
    longest_s = longest_cpu_s = 0.0
    with hook_server(Hook(then=answer)) as hook:
        attempt = asyncio.create_task(webhook_for(hook, timeout_s=2.0).send([make_event()]))
        while not attempt.done():
            began, began_cpu = time.monotonic(), time.thread_time()
            await asyncio.sleep(0.001)
            longest_s = max(longest_s, time.monotonic() - began)
            longest_cpu_s = max(longest_cpu_s, time.thread_time() - began_cpu)
        await asyncio.gather(attempt, return_exceptions=True)
    assert longest_cpu_s < 0.1
    assert longest_s < 1.5  # far above what a busy machine adds, below what waiting for the receiver would take


async def test_a_receiver_that_does_not_read(tcp_port: int) -> None:
    """Who accepts a connection and reads nothing costs the deadline, not more."""
    staring: list[asyncio.StreamWriter] = []

    async def stare(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.pause_reading()  # type: ignore[attr-defined]  # a transport of TCP has it
        staring.append(writer)

    server = await asyncio.start_server(stare, "127.0.0.1", tcp_port)
    async with server:
        webhook = Webhook(WebhookUrl(False, "127.0.0.1", tcp_port, "/"), SECRET, numeric, timeout_s=0.5)
        events = [make_event(detail="x" * 100_000)] * 50
        with pytest.raises(DeliveryFailed) as caught:
            await webhook.send(events)
        assert caught.value.reason == "timeout"
        for writer in staring:
            writer.transport.abort()
    assert len(staring) == 1


async def test_nobody_is_there(tcp_port: int) -> None:
    """A refused connection and a name without an address are the same kind of failure."""
    url = WebhookUrl(False, "127.0.0.1", tcp_port, "/")
    assert (await failure(Webhook(url, SECRET, numeric))).reason == "connection"

    async def unknown(host: str) -> str:
        raise OSError(f"host name {host} cannot be resolved")

    error = await failure(Webhook(replace(url, host="ops.invalid"), SECRET, unknown))
    assert (error.reason, str(error)) == ("connection", "host name ops.invalid cannot be resolved")


async def test_a_resolver_that_hangs() -> None:
    """The deadline counts from the look-up of the name."""

    async def never(_host: str) -> str:
        await asyncio.Event().wait()
        raise AssertionError

    url = WebhookUrl(False, "ops.invalid", 1, "/")
    assert (await failure(Webhook(url, SECRET, never, timeout_s=0.1))).reason == "timeout"


async def test_by_tls(tmp_path: Path) -> None:
    """A receiver whose certificate the named authority has signed gets its events."""
    certificate = make_certificate(tmp_path, "server")
    with hook_server(Hook(), certificate) as hook:
        await webhook_for(hook, ca=certificate).send([make_event("a")])
        assert hook.ids() == ["a"]


@pytest.mark.parametrize(
    ("host", "trusted", "said"),
    [
        ("IP:127.0.0.1", False, "self-signed certificate"),
        ("DNS:elsewhere.example", True, "not valid for '127.0.0.1'"),
    ],
    ids=["unknown authority", "other name"],
)
async def test_a_wrong_certificate_gets_nothing(tmp_path: Path, host: str, trusted: bool, said: str) -> None:
    """An impostor sees no event: a certificate of nobody, or of somebody else, ends the attempt."""
    certificate, other = make_certificate(tmp_path, "server", host), make_certificate(tmp_path, "other")
    with hook_server(Hook(), certificate) as hook:
        error = await failure(webhook_for(hook, ca=certificate if trusted else other))
        assert (error.reason, hook.requests) == ("tls", [])
        assert said in str(error)


async def test_no_tls_where_tls_is_wanted() -> None:
    """A receiver that speaks plain HTTP on the port of https gets nothing."""
    with hook_server(Hook()) as hook:
        error = await failure(Webhook(replace(url_of(hook), tls=True), SECRET, numeric))
        assert (error.reason, hook.requests) == ("tls", [])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120", 120.0),
        ("Sat, 31 Oct 2026 16:15:02 GMT", 2.0),
        ("Sat, 31 Oct 2026 16:14:00 GMT", 0.0),
        *[(junk, 0.0) for junk in ("", "-1", "1e9", "soon", "9" * 400, "Sat, 99 Oct 2026 99:99:99 GMT", "٣")],
    ],
)
def test_retry_after(value: str, expected: float) -> None:
    """Seconds or a date; what cannot be read asks for nothing."""
    assert retry_after_s(value, 1793463300.0) == expected


@given(st.text())
def test_any_retry_after(value: str) -> None:
    """Whatever stands there, it is a number of seconds from 0 up."""
    assert retry_after_s(value, 1793463300.0) >= 0


async def test_a_receiver_may_ask_for_a_rest() -> None:
    """``Retry-After`` comes along with the failure, also when it is no number."""
    for value, expected in (("7", 7.0), ("never", 0.0)):
        with hook_server(Hook(script=["503"], headers={"Retry-After": value})) as hook:
            assert (await failure(webhook_for(hook))).retry_after_s == expected


def test_a_url_does_not_show_its_path() -> None:
    """A token in the path of a URL stays out of every log that shows a configuration."""
    assert "canary" not in repr(WebhookUrl(True, "ops.example", 443, "/hook/canary"))


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        (WebhookUrl(True, "ops.example", 443, "/"), "ops.example"),
        (WebhookUrl(False, "ops.example", 443, "/"), "ops.example:443"),
        (WebhookUrl(False, "2001:db8::1", 80, "/"), "[2001:db8::1]"),
        (WebhookUrl(True, "2001:db8::1", 8443, "/"), "[2001:db8::1]:8443"),
    ],
)
def test_authority(url: WebhookUrl, authority: str) -> None:
    """The usual port is left out, IPv6 stands in brackets (RFC 9110, section 7.2)."""
    assert url.authority == authority
