"""How services did when they were asked: what each answer of a page means, and many at once under one deadline."""

from __future__ import annotations

import asyncio
import errno
import gc
import socket
import time
import unicodedata
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from service_peers import HOST, HTTP_MODES, HttpPeer, http_peer, make_certificate, page, sip_udp, stream_server
from snmp_peers import virtual

from phusong.collectors.call_readings import ServiceKind, ServiceReading, ServiceState
from phusong.collectors.services import service_probe
from phusong.collectors.services.connection import NoSockets
from phusong.collectors.services.http_request import HttpAnswer
from phusong.collectors.services.service_probe import GAP_S, ServiceToProbe, has_text, probe, probe_all

TEXT = "Cổng dịch vụ công"
HTTP_START = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
AS_1258 = "C\u00f4\u0309ng di\u0323ch vu\u0323 c\u00f4ng".encode("cp1258")
"""That charset has vowels and tones apart."""


def read_page(peer: HttpPeer, expect_status: tuple[int, ...] = (), expect_text: str = "") -> ServiceReading:
    async def asked() -> ServiceReading:
        async with http_peer(peer):
            service = ServiceToProbe(
                ServiceKind.HTTP, HOST, peer.port, expect_status=expect_status, expect_text=expect_text
            )
            return await probe(service, 10.0)

    return virtual(asked())


@pytest.mark.parametrize(
    ("status", "expected", "state", "problem"),
    [
        (200, (), ServiceState.READY, ""),
        (302, (), ServiceState.READY, ""),
        (399, (), ServiceState.READY, ""),
        (401, (), ServiceState.ALIVE, "HTTP status 401"),
        (404, (), ServiceState.ALIVE, "HTTP status 404"),
        (500, (), ServiceState.ALIVE, "HTTP status 500"),
        (503, (), ServiceState.UNAVAILABLE, "HTTP status 503"),
        (401, (200, 401), ServiceState.READY, ""),
        (503, (503,), ServiceState.READY, ""),
        (302, (200,), ServiceState.ALIVE, "HTTP status 302, not 200"),
        (404, (200, 302), ServiceState.ALIVE, "HTTP status 404, not 200 or 302"),
        (503, (200,), ServiceState.UNAVAILABLE, "HTTP status 503, not 200"),
    ],
)
def test_what_a_status_means(status: int, expected: tuple[int, ...], state: ServiceState, problem: str) -> None:
    """The expected one is ready, 503 says itself that it cannot serve, others are alive; the code is told."""
    reading = read_page(HttpPeer(page("x", f"{status} X")), expected)
    assert (reading.state, reading.code, reading.problem) == (state, status, problem)
    assert reading.latency_s is not None


@pytest.mark.parametrize(
    ("body", "state", "problem"),
    [
        (f"<h1>{TEXT}</h1>", ServiceState.READY, ""),
        (unicodedata.normalize("NFD", f"<h1>{TEXT}</h1>"), ServiceState.READY, ""),
        (f"<h1>{TEXT.upper()}</h1>", ServiceState.WRONG_TEXT, "the page lacks the expected text"),
        ("<h1>Bảo trì</h1>", ServiceState.WRONG_TEXT, "the page lacks the expected text"),
        ("", ServiceState.WRONG_TEXT, "the page lacks the expected text"),
        (
            "x" * 1_048_576 + TEXT,
            ServiceState.WRONG_TEXT,
            "the page lacks the expected text in its first 1024 KiB",
        ),
    ],
)
def test_a_page_must_have_the_text(body: str, state: ServiceState, problem: str) -> None:
    """Letters are the same however they are composed, small and capital ones are not."""
    reading = read_page(HttpPeer(page(body)), expect_text=TEXT)
    assert (reading.state, reading.code, reading.problem) == (state, 200, problem)


def test_a_wrong_status_is_told_before_a_wrong_text() -> None:
    """An error page lacks the text of course."""
    assert read_page(HttpPeer(page("x", "500 X")), expect_text=TEXT).state is ServiceState.ALIVE


@pytest.mark.parametrize(
    ("mode", "state", "code", "problem"),
    [
        ("trickling body", ServiceState.SILENT, 200, "the page did not end within 10 s"),
        ("short body", ServiceState.BAD_ANSWER, 200, "the page breaks off"),
        ("junk", ServiceState.BAD_ANSWER, None, "the answer is not HTTP"),
        ("says nothing", ServiceState.SILENT, None, "no answer within 10 s"),
    ],
)
def test_a_page_that_fails_is_told(mode: str, state: ServiceState, code: int | None, problem: str) -> None:
    """The reading has what is known: the status, where it came."""
    reading = read_page(HttpPeer(*HTTP_MODES[mode]), expect_text=TEXT)
    assert (reading.state, reading.code, reading.problem) == (state, code, problem)
    assert reading.latency_s is None


@pytest.mark.parametrize(
    ("content_type", "body", "found"),
    [
        ("text/html", TEXT.encode(), True),
        ("text/html; charset=UTF-8", TEXT.encode(), True),
        ('text/html; charset="utf-16"', TEXT.encode("utf-16"), True),
        ("text/html; charset=Windows-1258", AS_1258, True),
        ("text/html; charset=no-such", TEXT.encode(), True),
        ("text/html; charset=idna", TEXT.encode(), True),
        ("text/html", b"\xff\xfe" + TEXT.encode() + b"\xff", True),
        ("text/html", TEXT.encode("utf-16"), False),
    ],
)
def test_pages_are_decoded_by_their_charset(content_type: str, body: bytes, found: bool) -> None:
    """That of the header where pages have it, else UTF-8; octets that are wrong never hide the rest."""
    assert has_text(HttpAnswer(200, content_type, body, True, 0.1), TEXT) is found


def test_a_page_of_marks_does_not_stop_everything() -> None:
    """To compose a million marks on one letter would take minutes: the page is made for that."""
    body = ("a" + "\u0301\u0323" * 250_000 + TEXT).encode()
    began = time.process_time()
    assert has_text(HttpAnswer(200, "text/html", body, True, 0.1), TEXT)
    assert time.process_time() - began < 5.0


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"address": "portal.example"}, "does not appear to be an IPv4 or IPv6 address"),
        ({"port": 0}, "is no port"),
        ({"port": 65536}, "is no port"),
        ({"path": "status"}, "a path begins with /"),
        ({"server_name": "a b"}, "is no host name"),
        ({"server_name": ".example"}, "is no host name"),
        ({"server_name": "a\r\nX: y"}, "is no host name"),
        ({"server_name": "x" * 64}, "is no host name"),
        ({"server_name": ".".join(["x" * 60] * 5)}, "is no host name"),
        ({"kind": ServiceKind.SIP_TCP, "sip_uri": "a b"}, "SIP URI"),
    ],
)
def test_what_can_never_be_asked_is_refused(wrong: dict[str, object], problem: str) -> None:
    """Mistakes are told when a service is described, and never in the middle of many that are asked."""
    right: dict[str, object] = {"kind": ServiceKind.HTTPS, "address": "192.0.2.7", "port": 443}
    with pytest.raises(ValueError, match=problem):
        ServiceToProbe(**(right | wrong))  # type: ignore[arg-type]


# --- many at once --------------------------------------------------------------------------------------------


def test_silent_services_share_one_deadline() -> None:
    """60 services that say nothing take no longer than one, and none is started so late that it has no time."""

    async def asked() -> tuple[tuple[ServiceReading, ...], float, list[float]]:
        loop = asyncio.get_running_loop()
        async with AsyncExitStack() as stack:
            port = await stack.enter_async_context(stream_server())
            peers = [await stack.enter_async_context(sip_udp("silent")) for _ in range(15)]
            services = [ServiceToProbe(ServiceKind.SIP_UDP, HOST, peer.port) for peer in peers]
            for kind in (ServiceKind.SIP_TCP, ServiceKind.HTTPS, ServiceKind.TLS):
                services += [ServiceToProbe(kind, HOST, port)] * 15
            began = loop.time()
            readings = await probe_all(services, 0.5)
            return readings, loop.time() - began, [peer.at[0] - began for peer in peers]

    readings, took_s, at = virtual(asked())
    assert len(readings) == 60
    assert {reading.state for reading in readings} == {ServiceState.SILENT}
    assert took_s == pytest.approx(0.5, abs=0.01)
    assert max(at) <= 0.5 / 4


async def test_silent_services_share_one_deadline_of_real_time() -> None:
    """The same by the clock on the wall."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind((HOST, 0))
        services = [ServiceToProbe(ServiceKind.SIP_UDP, HOST, deaf.getsockname()[1])] * 60
        began = time.monotonic()
        readings = await probe_all(services, 0.5)
        took_s = time.monotonic() - began
    assert {reading.state for reading in readings} == {ServiceState.SILENT}
    assert 0.45 < took_s < 1.5


async def test_readings_come_in_the_order_of_the_services() -> None:
    """Whoever answers first, the first reading is of the first service; nobody's failure is another's."""
    async with sip_udp("200") as ready, sip_udp("silent") as silent, http_peer(HttpPeer(page("x"))) as web:
        services = [
            ServiceToProbe(ServiceKind.SIP_UDP, HOST, silent.port),
            ServiceToProbe(ServiceKind.TCP, HOST, 1),
            ServiceToProbe(ServiceKind.SIP_UDP, HOST, ready.port),
            ServiceToProbe(ServiceKind.HTTP, HOST, web.port),
            ServiceToProbe(ServiceKind.H323, HOST, web.port),
        ]
        readings = await probe_all(services, 1.0)
    assert [(reading.kind, reading.port) for reading in readings] == [(s.kind, s.port) for s in services]
    assert [reading.state for reading in readings] == [
        ServiceState.SILENT,
        ServiceState.REFUSED,
        ServiceState.READY,
        ServiceState.READY,
        ServiceState.READY,
    ]


async def test_a_fault_of_ours_stays_with_its_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the code for one kind of service fails, the others are asked all the same."""

    async def fail(*_: object) -> None:
        raise KeyError("Call-ID")

    monkeypatch.setattr(service_probe, "ask_udp", fail)
    async with stream_server() as port:
        services = [ServiceToProbe(kind, HOST, port) for kind in (ServiceKind.SIP_UDP, ServiceKind.TCP)]
        failed, ready = await probe_all(services, 1.0)
    assert (failed.state, failed.problem) == (ServiceState.BAD_ANSWER, "this program failed on it: KeyError")
    assert ready.state is ServiceState.READY


async def test_without_sockets_nothing_is_said_of_a_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """That this machine has no more is no reading; one that lacks some services would look like a bad one."""

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.EMFILE, "x")

    async with stream_server() as port:
        monkeypatch.setattr(asyncio.get_running_loop(), "create_datagram_endpoint", full)
        services = [ServiceToProbe(kind, HOST, port) for kind in (ServiceKind.TCP, ServiceKind.SIP_UDP)]
        with pytest.raises(NoSockets):
            await probe_all(services, 1.0)
        with pytest.raises(NoSockets, match="raise the limit"):
            await probe(services[1], 1.0)


@given(octets=st.binary(max_size=200) | st.binary(max_size=80).map(lambda tail: HTTP_START + tail))
@settings(max_examples=50)
def test_no_octets_break_a_probe(octets: bytes) -> None:
    """Whatever a server sends before it closes, there is a reading, and it is none of a fault of ours."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65_536)
        writer.write(octets)

    async def asked() -> tuple[ServiceReading, ...]:
        async with stream_server(talk) as port:
            kinds = (ServiceKind.HTTP, ServiceKind.HTTPS, ServiceKind.SIP_TCP, ServiceKind.SIP_TLS)
            return await probe_all([ServiceToProbe(k, HOST, port, expect_text="x") for k in kinds], 5.0)

    readings = virtual(asked())
    assert not any("this program" in reading.problem for reading in readings)
    assert {reading.state for reading in readings[1:]} == {ServiceState.BAD_ANSWER}


async def test_nothing_to_ask_is_nothing() -> None:
    """No services, no readings."""
    assert await probe_all([], 1.0) == ()


def test_services_are_started_one_after_the_other() -> None:
    """So that the latency of one is not the work on all: 2 ms apart, or closer where time is short."""

    async def starts(timeout_s: float) -> list[float]:
        async with sip_udp("200") as peer:
            await probe_all([ServiceToProbe(ServiceKind.SIP_UDP, HOST, peer.port)] * 5, timeout_s)
        return [later - earlier for earlier, later in zip(peer.at, peer.at[1:], strict=False)]

    assert virtual(starts(10.0)) == pytest.approx([GAP_S] * 4)
    assert virtual(starts(0.01)) == pytest.approx([0.0005] * 4)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize("cancelled", [True, False])
async def test_nothing_is_left_open(cancelled: bool, tmp_path: Path) -> None:
    """After the deadline, and after a caller that gave up, there is no task and no socket more than before."""
    certificate = make_certificate().server_tls(tmp_path)
    async with AsyncExitStack() as stack:
        deaf = await stack.enter_async_context(stream_server())
        mute = await stack.enter_async_context(stream_server(tls=certificate))
        slow = await stack.enter_async_context(http_peer(HttpPeer(*HTTP_MODES["trickling body"])))
        sip = await stack.enter_async_context(sip_udp("silent"))
        services = [
            ServiceToProbe(ServiceKind.SIP_UDP, HOST, sip.port),
            ServiceToProbe(ServiceKind.SIP_TCP, HOST, deaf),
            ServiceToProbe(ServiceKind.SIP_TLS, HOST, mute),
            ServiceToProbe(ServiceKind.HTTPS, HOST, deaf),
            ServiceToProbe(ServiceKind.HTTPS, HOST, mute),
            ServiceToProbe(ServiceKind.HTTP, HOST, slow.port, expect_text="x" * 999_999),
        ]
        tasks, files = len(asyncio.all_tasks()), open_files()
        asking = asyncio.create_task(probe_all(services, 0.3))
        if cancelled:
            await asyncio.sleep(0.1)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
        else:
            assert {reading.state for reading in await asking} == {ServiceState.SILENT}
        left_by_peers = 50
        while (len(asyncio.all_tasks()), open_files()) != (tasks, files) and left_by_peers:
            await asyncio.sleep(0.02)  # until the peers in this process have seen the end too
            left_by_peers -= 1
        assert (len(asyncio.all_tasks()), open_files()) == (tasks, files)
        gc.collect()  # a socket left to the collector is a ResourceWarning, and that an error
