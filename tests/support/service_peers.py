"""Services on loopback for the probes to ask: SIP by UDP, TCP and TLS, HTTP that misbehaves, TLS of every kind.

They run in the loop of the test, so they work in virtual time too. Certificates are made when they are wanted.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"
LATER_S = 0.05

# --- certificates --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ServerCertificate:
    """A certificate and its key, for a server to show."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def sha256(self) -> str:
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    @property
    def not_after(self) -> float:
        return self.certificate.not_valid_after_utc.timestamp()

    def save(self, folder: Path) -> Path:
        """Write certificate and key into one file."""
        path = folder / f"{self.sha256}.pem"
        key = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.write_text(self.pem + key.decode())
        return path

    def server_tls(self, folder: Path) -> ssl.SSLContext:
        """Return the settings of a server that shows it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.save(folder))
        return context


def make_certificate(
    names: tuple[str, ...] = (HOST,),
    *,
    days: tuple[float, float] = (-10, 30),
    issuer: ServerCertificate | None = None,
    ca: bool = False,
    common_name: str = "room",
) -> ServerCertificate:
    """Make a certificate for names or addresses, valid from so many days until so many days from now."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    now = dt.datetime.now(dt.UTC)
    signer = issuer.key if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + dt.timedelta(days=days[0]))
        .not_valid_after(now + dt.timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if ca:
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        builder = builder.add_extension(usage, critical=True)
    else:
        builder = builder.add_extension(x509.SubjectAlternativeName(list(map(_name, names))), critical=False)
    return ServerCertificate(builder.sign(signer, hashes.SHA256()), key)


def _name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


@cache
def authority() -> ServerCertificate:
    """Return the one issuer of the tests' good certificates."""
    return make_certificate(ca=True, common_name="Test issuer", days=(-100, 100))


# --- SIP -----------------------------------------------------------------------------------------------------


@dataclass
class SipPeer:
    """A user agent that answers OPTIONS in its way, and what came to it."""

    mode: str
    port: int = 0
    requests: list[bytes] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    """When each of them came, in the loop's time."""

    def take(self, octets: bytes) -> list[bytes]:
        """Return what to send for what came."""
        self.requests.append(octets)
        self.at.append(asyncio.get_running_loop().time())
        if self.mode == "loses the first" and len(self.requests) == 1:
            return []
        return SIP_MODES[self.mode](octets)


def sip_response(request: bytes, status: str, *extra: str, call_id: str = "") -> bytes:
    """Answer a request as RFC 3261, section 8.2.6, says."""
    lines = request.decode().split("\r\n")
    kept = [line for line in lines if line.split(":")[0] in ("Via", "From", "To", "Call-ID", "CSeq")]
    if call_id:
        kept = [f"Call-ID: {call_id}" if line.startswith("Call-ID") else line for line in kept]
    return "\r\n".join([f"SIP/2.0 {status}", *kept, *extra, "Content-Length: 0", "", ""]).encode()


def _options_of_theirs(request: bytes) -> bytes:
    return request.replace(b"z9hG4bK", b"z9hG4bKtheirs")


SIP_MODES: dict[str, Callable[[bytes], list[bytes]]] = {
    "200": lambda request: [sip_response(request, "200 OK", "Allow: INVITE, OPTIONS")],
    "401": lambda request: [sip_response(request, "401 Unauthorized")],
    "486": lambda request: [sip_response(request, "486 Busy Here")],
    "503": lambda request: [sip_response(request, "503 Service Unavailable", "Retry-After: 120 (maintenance)")],
    "100, 200": lambda request: [sip_response(request, "100 Trying"), sip_response(request, "200 OK")],
    "100": lambda request: [sip_response(request, "100 Trying")],
    "silent": lambda request: [],
    "garbage": lambda request: [b"\x00\xff\x16garbage\r\n\r\n"],
    "garbage, 200": lambda request: [b"\x00\xff\x16garbage", sip_response(request, "200 OK")],
    "wrong Call-ID": lambda request: [sip_response(request, "200 OK", call_id="of-somebody-else")],
    "wrong Call-ID, 200": lambda request: [
        sip_response(request, "486 Busy Here", call_id="of-somebody-else"),
        sip_response(request, "200 OK"),
    ],
    "asks, 200": lambda request: [b"\r\n\r\n", _options_of_theirs(request), sip_response(request, "200 OK")],
    "200 twice": lambda request: [sip_response(request, "200 OK"), sip_response(request, "486 Busy Here")],
    "flood": lambda request: [sip_response(request, "200 OK", call_id="x")] * 120,
    "loses the first": lambda request: [sip_response(request, "200 OK")],
    "in pieces": lambda request: [bytes([octet]) for octet in sip_response(request, "200 OK")],
    "long body": lambda request: [
        sip_response(request, "100 Trying").replace(b"Length: 0", b"Length: 70000"),
        b"x" * 70_000,
    ],
    "with bodies": lambda request: [
        sip_response(request, "180 Ringing").replace(b"Length: 0", b"Length: 9") + b"SIP/2.0 \r\n",
        sip_response(request, "200 OK").replace(b"Length: 0", b"Length: 4") + b"v=0\n",
    ],
    "endless head": lambda request: [b"SIP/2.0 200 OK\r\n", *[b"X-More: " + b"x" * 1000 + b"\r\n"] * 40],
    "closes": lambda request: [b""],
}
"""What is sent for a request; an empty piece closes the connection."""


class _UdpPeer(asyncio.DatagramProtocol):
    def __init__(self, peer: SipPeer) -> None:
        self._peer = peer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        for piece in self._peer.take(data):
            self._transport.sendto(piece, addr)


@asynccontextmanager
async def sip_udp(mode: str, host: str = HOST) -> AsyncIterator[SipPeer]:
    """Answer SIP by UDP."""
    peer = SipPeer(mode)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _UdpPeer(peer), local_addr=(host, 0))
    peer.port = transport.get_extra_info("sockname")[1]
    try:
        yield peer
    finally:
        transport.abort()
        await asyncio.sleep(0)


@asynccontextmanager
async def sip_stream(mode: str, tls: ssl.SSLContext | None = None, host: str = HOST) -> AsyncIterator[SipPeer]:
    """Answer SIP by TCP or TLS."""
    peer = SipPeer(mode)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        pieces = peer.take(await reader.readuntil(b"\r\n\r\n"))
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)  # so that each is a segment of its own
        if b"" not in pieces:
            await reader.read(1)

    async with stream_server(talk, tls, host) as port:
        peer.port = port
        yield peer


# --- HTTP and anything else on a stream ----------------------------------------------------------------------


@dataclass
class HttpPeer:
    """Sends one thing first, and another again and again until the asker leaves."""

    begin: bytes
    again: bytes = b""
    every_s: float | None = None
    """``None``: it closes after the first thing."""
    port: int = 0
    requests: list[bytes] = field(default_factory=list)


def page(body: str | bytes, status: str = "200 OK", *headers: str) -> bytes:
    """Return a whole answer."""
    octets = body.encode() if isinstance(body, str) else body
    head = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(octets)}", "", ""]
    return "\r\n".join(head).encode() + octets


HTTP_MODES: dict[str, tuple[bytes, bytes, float | None]] = {
    "closes": (b"", b"", None),
    "says nothing": (b"", b"", LATER_S),
    "junk": (b"220 mail.example ESMTP\r\n" * 10, b"", None),
    "trickling head": (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x", LATER_S),
    "endless head": (b"HTTP/1.1 200 OK\r\n", b"X-More: " + b"x" * 1000 + b"\r\n", 0),
    "endless 100": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100, 0),
    "trickling body": (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"x", LATER_S),
    "endless body": (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65_536, 0),
    "broken chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n", b"", None),
    "short body": (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", b"", None),
}
"""Ways to misbehave: ``begin``, ``again`` and ``every_s`` of ``HttpPeer``."""


@asynccontextmanager
async def http_peer(peer: HttpPeer, tls: ssl.SSLContext | None = None) -> AsyncIterator[HttpPeer]:
    """Answer HTTP."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            peer.requests.append(await reader.readuntil(b"\r\n\r\n"))
        except asyncio.IncompleteReadError as error:
            peer.requests += [error.partial] if error.partial else []
            raise
        writer.write(peer.begin)
        await writer.drain()
        while peer.every_s is not None:
            await asyncio.sleep(peer.every_s)
            writer.write(peer.again)
            await writer.drain()

    async with stream_server(talk, tls) as port:
        peer.port = port
        yield peer


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def hear(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """Say nothing until the asker leaves."""
    await reader.read()


@asynccontextmanager
async def stream_server(
    talk: Talk = hear, tls: ssl.SSLContext | None = None, host: str = HOST
) -> AsyncIterator[int]:
    """Serve connections until the end of the block, and leave none behind; yields the port."""
    writers: set[asyncio.StreamWriter] = set()
    tasks: set[asyncio.Task[None] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.add(writer)
        tasks.add(asyncio.current_task())
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            await talk(reader, writer)
        writer.close()

    server = await asyncio.start_server(serve, host, 0, ssl=tls, ssl_shutdown_timeout=1.0 if tls else None)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in filter(None, tasks):
            task.cancel()
        await asyncio.gather(*filter(None, tasks), return_exceptions=True)
        for writer in writers:
            writer.transport.abort()
            with suppress(OSError):
                await writer.wait_closed()
        await server.wait_closed()
