"""The server against bad neighbours: half-open, trickling, stalled and too many connections, and junk."""

from __future__ import annotations

import asyncio
import http.client
import select
import socket
import ssl
import struct
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from phusong.exporters.http_server import ListenError, ServerLimits, StatusServer
from phusong.exporters.web_config import TlsConfig

PAGE = b"x" * 20_000_000
WEBSOCKET = (
    b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
HTTP2_UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAA\r\n"
    b"Connection: Upgrade, HTTP2-Settings\r\n\r\n"
)
HALF = b"GET / HTTP/1.1\r\nHost: a\r\nX-Half"


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer every request: 20 MB at /big and, piece by piece, at /pieces, else a word."""
    assert scope["type"] == "http"
    if scope["path"] == "/pieces":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for begin in range(0, len(PAGE), 65_536):
            await send({"type": "http.response.body", "body": PAGE[begin : begin + 65_536], "more_body": True})
        await send({"type": "http.response.body", "body": b""})
        return
    await Response(PAGE if scope["path"] == "/big" else b"fine")(scope, receive, send)


@asynccontextmanager
async def serving(limits: ServerLimits) -> AsyncIterator[StatusServer]:
    """Serve ``app`` on a free port of loopback."""
    server = StatusServer(app, "127.0.0.1", 0, limits=limits)
    await server.start()
    try:
        yield server
    finally:
        await server.close()


def scrape(port: int) -> bytes:
    """Return the answer to one ordinary request."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().read()
    finally:
        connection.close()


def connect(port: int, data: bytes = b"") -> socket.socket:
    """Return a connection over which ``data`` was sent."""
    client = socket.create_connection(("127.0.0.1", port), timeout=5)
    client.sendall(data)
    return client


def wait_closed(client: socket.socket) -> bool:
    """Wait until the server closes the connection; False when it does not within the socket's time."""
    try:
        while client.recv(65536):
            pass
    except ConnectionError:
        pass
    except TimeoutError:
        return False
    return True


async def test_half_open_requests_are_dropped_and_block_nobody() -> None:
    """While 200 clients hold half a request each, a scrape is answered at once; then they are thrown out."""
    async with serving(ServerLimits(request_s=3.0)) as server:
        port = server.address[1]

        def besiege() -> tuple[bytes, float, list[bool]]:
            clients = [connect(port, HALF) for _ in range(200)]
            try:
                begin = time.monotonic()
                answer = scrape(port)
                return answer, time.monotonic() - begin, [wait_closed(client) for client in clients]
            finally:
                for client in clients:
                    client.close()

        answer, took_s, closed = await asyncio.to_thread(besiege)
    assert answer == b"fine"
    assert took_s < 3.0  # so nobody was waited for
    assert all(closed)


async def test_trickling_request_is_dropped() -> None:
    """A client that sends one byte every tenth of a second is dropped all the same: the clock runs per request."""
    async with serving(ServerLimits(request_s=0.5)) as server:
        port = server.address[1]

        def trickle() -> float:
            begin = time.monotonic()
            with connect(port, HALF) as client:
                while time.monotonic() - begin < 5.0:
                    readable, _, _ = select.select([client], [], [], 0.1)
                    if readable:
                        break
                    client.send(b"x")
            return time.monotonic() - begin

        assert await asyncio.to_thread(trickle) < 4.0


async def test_client_that_takes_nothing_is_dropped() -> None:
    """A client that asks for a large page and never reads it does not keep it in memory for ever."""
    async with serving(ServerLimits(stalled_s=0.5)) as server:
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            await asyncio.to_thread(client.connect, server.address)
            client.sendall(b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n")
            deadline = time.monotonic() + 10
            seen = False
            while (server.connections or not seen) and time.monotonic() < deadline:
                seen = seen or server.connections > 0
                await asyncio.sleep(0.02)
            assert seen
            assert server.connections == 0


async def test_client_that_gives_up_is_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    """A scraper that is out of patience in the middle of a page leaves nothing in the log."""
    async with serving(ServerLimits()) as server:
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close() is a reset
            await asyncio.to_thread(client.connect, server.address)
            client.sendall(b"GET /pieces HTTP/1.1\r\nHost: a\r\n\r\n")
            assert await asyncio.to_thread(client.recv, 1000)
    assert [record.getMessage() for record in caplog.records] == []


async def test_slow_reader_gets_its_page() -> None:
    """A client that reads slowly but steadily is no attacker: the page arrives whole, past every limit."""
    async with serving(ServerLimits(request_s=0.2, stalled_s=1.0)) as server:
        port = server.address[1]

        def read_slowly() -> int:
            size = 0
            with connect(port, b"GET /big HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n") as client:
                while data := client.recv(1_000_000):
                    size += len(data)
                    select.select([], [], [], 0.02)
            return size

        assert await asyncio.to_thread(read_slowly) > len(PAGE)


async def test_oldest_connection_makes_room() -> None:
    """Above the limit the oldest connections go, so a scrape comes through however many are held open."""
    async with serving(ServerLimits(connections=10, request_s=30.0)) as server:
        port = server.address[1]

        def crowd() -> tuple[bytes, list[bool]]:
            clients = [connect(port, HALF) for _ in range(40)]
            try:
                answer = scrape(port)
                return answer, [wait_closed(client) for client in clients[:30]]
            finally:
                for client in clients:
                    client.close()

        answer, closed = await asyncio.to_thread(crowd)
    assert answer == b"fine"
    assert all(closed)


@pytest.mark.parametrize(
    "junk",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\x00" * 100,
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nabc",
        WEBSOCKET,
        HTTP2_UPGRADE,
        b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nHTTP2-Settings: !!!\r\nConnection: Upgrade\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 64,
        b"GET / HTTP/1.1\r\nX: " + b"a" * 70_000,
    ],
    ids=lambda junk: repr(junk[:30]),
)
async def test_junk_ends_its_own_connection_only(junk: bytes) -> None:
    """Whatever a client sends, its connection is closed and the next scrape is answered."""
    async with serving(ServerLimits(request_s=0.5)) as server:
        port = server.address[1]

        def attack() -> tuple[bool, bytes]:
            with connect(port) as client:
                try:
                    client.sendall(junk)
                except ConnectionError:
                    return True, scrape(port)
                return wait_closed(client), scrape(port)

        closed, answer = await asyncio.to_thread(attack)
    assert closed
    assert answer == b"fine"


async def test_address_in_use_is_a_clear_error() -> None:
    """The second server on a port says which address, why and what to do, before anything else happens."""
    async with serving(ServerLimits()) as server:
        port = server.address[1]
        second = StatusServer(app, "127.0.0.1", port)
        with pytest.raises(ListenError, match=rf"127\.0\.0\.1:{port}: address already in use; stop the program"):
            await second.start()
        assert await asyncio.to_thread(scrape, port) == b"fine"


@pytest.mark.parametrize(
    ("host", "message"),
    [
        ("192.0.2.1", r"192\.0\.2\.1:0: cannot assign requested address; no interface"),
        ("no-such-host.invalid", "the name does not resolve; check the address"),
        ("2001:db8::1", r"\[2001:db8::1\]:0: "),
    ],
)
async def test_other_bad_addresses_are_clear_errors(host: str, message: str) -> None:
    """An address that is not ours and a name that does not resolve each have their remedy."""
    with pytest.raises(ListenError, match=message):
        await StatusServer(app, host, 0).start()


async def test_close_is_quick_and_frees_the_port() -> None:
    """Idle connections do not hold up the end, and the same port can be used again at once."""
    async with serving(ServerLimits(request_s=60.0)) as server:
        host, port = server.address
        with await asyncio.to_thread(connect, port, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n") as client:
            async with asyncio.timeout(3):
                await server.close()
            assert await asyncio.to_thread(wait_closed, client)
        again = StatusServer(app, host, port)
        await again.start()
        assert await asyncio.to_thread(scrape, port) == b"fine"
        await again.close()


async def test_close_lets_a_request_end() -> None:
    """A page that is under way when the server closes still arrives."""
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        begun.set()
        await go_on.wait()
        await Response(b"whole")(scope, receive, send)

    server = StatusServer(slow, "127.0.0.1", 0)
    await server.start()
    answer = asyncio.create_task(asyncio.to_thread(scrape, server.address[1]))
    await begun.wait()
    closing = asyncio.create_task(server.close())
    await asyncio.sleep(0)
    go_on.set()
    await closing
    assert await answer == b"whole"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a certificate for localhost and, signed by itself too, one for a client."""
    folder = tmp_path_factory.mktemp("certificates")
    for name in ("server", "client"):
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        command += ["-keyout", f"{name}.key", "-out", f"{name}.crt", "-days", "2", "-subj", "/CN=localhost"]
        command += ["-addext", "subjectAltName=IP:127.0.0.1"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder


@pytest.mark.parametrize("with_certificate", [True, False], ids=["known client", "unknown client"])
async def test_tls_with_client_certificates(certificates: Path, with_certificate: bool) -> None:
    """Over TLS 1.3 a client with the right certificate is answered, one without is turned away."""
    tls = TlsConfig(
        cert_file=certificates / "server.crt",
        key_file=certificates / "server.key",
        verify_mode=ssl.CERT_REQUIRED,
        client_ca_file=certificates / "client.crt",
        min_version=ssl.TLSVersion.TLSv1_3,
    )
    server = StatusServer(app, "127.0.0.1", 0, tls)
    await server.start()

    def scrape_tls() -> bytes:
        context = ssl.create_default_context(cafile=str(certificates / "server.crt"))
        if with_certificate:
            context.load_cert_chain(certificates / "client.crt", certificates / "client.key")
        connection = http.client.HTTPSConnection("127.0.0.1", server.address[1], timeout=5, context=context)
        try:
            connection.request("GET", "/")
            return connection.getresponse().read()
        finally:
            connection.close()

    try:
        if with_certificate:
            assert await asyncio.to_thread(scrape_tls) == b"fine"
        else:
            with pytest.raises((ssl.SSLError, ConnectionError)):
                await asyncio.to_thread(scrape_tls)
    finally:
        await server.close()
