"""Syslog to real receivers: rsyslog reads what we mean, and one that is away, hangs or breaks loses nothing."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from events_made import LINE, make_event
from hook_server import make_certificate
from syslog_receivers import RSYSLOGD, running_rsyslog

from phusong.exporters import syslog
from phusong.exporters.events import Event, EventObject, plain
from phusong.exporters.receiver import DeliveryFailed, Sender, client_tls
from phusong.exporters.syslog import Stamp, StreamSyslog, SyslogAddress, UdpSyslog

STAMP = Stamp("local3", "agent", 42)
HOSTILE = EventObject(
    "site", 'a"]\\[b', "dòng 1\n<8>1 - - - - - - forged", "s", '"] [x@1 y="z"]', "\x1b[2J\x00", "07192", "Cô Tô"
)


async def numeric(host: str) -> str:
    return host


def sender_for(transport: str, port: int, certificate: Path | None = None) -> Sender:
    address = SyslogAddress(transport, "127.0.0.1", port)
    if transport == "udp":
        return UdpSyslog(address, STAMP, numeric)
    tls = client_tls(certificate.read_text(encoding="ascii")) if certificate else None
    return StreamSyslog(address, STAMP, numeric, tls)


async def send(sender: Sender, *events: Event) -> None:
    for begin in range(0, len(events), sender.most_at_once):
        await sender.send(events[begin : begin + sender.most_at_once])


async def failure(sender: Sender, event: Event | None = None) -> str:
    with pytest.raises(DeliveryFailed) as caught:
        await sender.send([event or make_event()])
    return caught.value.reason


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("certificates"), "server")


rsyslog = pytest.mark.skipif(
    RSYSLOGD is None, reason="rsyslogd is missing: apt-get install rsyslog rsyslog-openssl"
)
each_transport = pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])


@rsyslog
@each_transport
async def test_rsyslog_reads_what_we_mean(tmp_path: Path, certificate: Path, transport: str) -> None:
    """A foreign parser finds every field, letters with diacritics, and one message for each event."""
    with running_rsyslog(tmp_path / "rsyslog", transport, certificate) as receiver:
        sender = sender_for(transport, receiver.port, certificate if transport == "tls" else None)
        await send(sender, make_event("a"), make_event("b", object=HOSTILE, detail='"]\n\\'), make_event("c"))
        sender.close()
        first, hostile, last = await asyncio.to_thread(receiver.wait_for, 3)
    assert {key: first[key] for key in ("priority", "version", "host", "app", "process", "kind")} == {
        "priority": str((16 + 3) * 8 + 3),
        "version": "1",
        "host": "agent",
        "app": "phusong",
        "process": "42",
        "kind": "verdict_changed",
    }
    assert first["time"] == "2026-10-31T16:15:02.125Z"
    assert first["text"].lstrip("\ufeff").startswith("link coto-1 (UBND thị trấn Cô Tô")
    data = first["data"]["phusong@32473"]
    assert (data["id"], data["site_name"], data["before"], data["after"]) == ("a", LINE.site_name, "up", "down")
    data = hostile["data"]["phusong@32473"]
    assert hostile["data"].keys() == {"phusong@32473"}
    assert data["object_id"] == HOSTILE.id
    assert data["object_name"] == plain(HOSTILE.name)
    assert data["site_name"] == HOSTILE.site_name
    assert (data["carrier"], data["detail"]) == ("[2J", '"] \\')
    assert last["data"]["phusong@32473"]["id"] == "c"


@rsyslog
@pytest.mark.parametrize("transport", ["tcp", "tls"])
async def test_rsyslog_is_restarted(tmp_path: Path, certificate: Path, transport: str) -> None:
    """While it is away attempts fail; once it is back the next one arrives, and so does a burst of thousands."""
    ca = certificate if transport == "tls" else None
    with running_rsyslog(tmp_path / "rsyslog", transport, certificate) as receiver:
        sender = sender_for(transport, receiver.port, ca)
        await send(sender, make_event("a"))
        await asyncio.to_thread(receiver.wait_for, 1)
    assert await failure(sender) == "connection"
    assert await failure(sender) == "connection"
    with running_rsyslog(tmp_path / "rsyslog", transport, certificate, receiver.port) as receiver:
        await send(sender, *(make_event(f"b{number}") for number in range(2000)))
        messages = await asyncio.to_thread(receiver.wait_for, 2001)
    sender.close()
    ids = [message["data"]["phusong@32473"]["id"] for message in messages]
    assert ids == ["a", *(f"b{number}" for number in range(2000))]


class Peer(asyncio.Protocol):
    """One connection of a receiver, as it should or should not behave."""

    def __init__(self, said: Callable[[Peer], None]) -> None:
        self._on_connection = said
        self.data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._on_connection(self)

    def data_received(self, data: bytes) -> None:
        self.data += data


@asynccontextmanager
async def receiving(
    behave: Callable[[Peer], None], tls: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[int, list[Peer]]]:
    """Serve a receiver that does something with each new connection; yields its port and the connections."""
    peers: list[Peer] = []

    def met(peer: Peer) -> None:
        peers.append(peer)
        behave(peer)

    server = await asyncio.get_running_loop().create_server(lambda: Peer(met), "127.0.0.1", 0, ssl=tls)
    async with server:
        try:
            yield server.sockets[0].getsockname()[1], peers
        finally:
            for peer in peers:
                peer.transport.abort()


async def until(fact: Callable[[], object]) -> None:
    """Let the loop turn until something holds."""
    async with asyncio.timeout(10):
        while not fact():  # noqa: ASYNC110 - what is asked has nothing that could call us
            await asyncio.sleep(0)


def quiet(_peer: Peer) -> None:
    """Only receive."""


def server_tls(certificate: Path, client_ca: Path | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    if client_ca:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(client_ca)
    return context


async def test_octets_are_counted() -> None:
    """Each message is preceded by its length in octets (RFC 6587, section 3.4.1), all on one connection."""
    async with receiving(quiet) as (port, peers):
        sender = sender_for("tcp", port)
        await sender.send([make_event("a"), make_event("b")])
        await sender.send([make_event("c")])
        (peer,) = peers
        await until(lambda: peer.data.count(b"verdict_changed") == 3)
        sender.close()
    rest, ids = peer.data, []
    while rest:
        length, _, rest = rest.partition(b" ")
        message, rest = rest[: int(length)], rest[int(length) :]
        assert message.startswith(b"<155>1 ")
        ids.append(message.partition(b'id="')[2][:1])
    assert ids == [b"a", b"b", b"c"]


async def test_what_is_not_acknowledged_is_not_delivered(monkeypatch: pytest.MonkeyPatch) -> None:
    """A receiver that stops to read gets a full buffer and no more; after the deadline the attempt has failed."""
    monkeypatch.setattr(syslog, "DEADLINE_S", 0.5)
    async with receiving(lambda peer: peer.transport.pause_reading()) as (port, _):
        sender = sender_for("tcp", port)
        events = [make_event(detail="x" * 255)] * 50

        async def send_on() -> None:
            while True:
                await sender.send(events)

        with pytest.raises(DeliveryFailed) as caught:
            await send_on()
        assert caught.value.reason == "timeout"
        assert sender._stream is None  # type: ignore[attr-defined]


@pytest.mark.parametrize("say", [b"", b"x" * 100_000], ids=["closes", "talks"])
async def test_a_receiver_that_wants_nothing(say: bytes) -> None:
    """One that accepts connections only to close them, or to talk, has not taken anything."""

    def refuse(peer: Peer) -> None:
        if say:
            peer.transport.write(say)
        else:
            peer.transport.close()

    async with receiving(refuse) as (port, _):
        assert await failure(sender_for("tcp", port)) == "connection"


async def test_a_receiver_that_wants_our_certificate(certificate: Path) -> None:
    """In TLS 1.3 the client seems to be connected before it is refused: that is no delivery."""
    async with receiving(quiet, server_tls(certificate, certificate)) as (port, _):
        assert await failure(sender_for("tls", port, certificate)) in {"connection", "tls"}


async def test_a_connection_that_was_closed_meanwhile() -> None:
    """A receiver that has closed an idle connection loses nothing: the next event goes over a new one."""
    async with receiving(quiet) as (port, peers):
        sender = sender_for("tcp", port)
        await sender.send([make_event("a")])
        await until(lambda: peers[0].data.endswith(b"(oper_status)"))
        peers[0].transport.close()
        await until(lambda: sender._stream.broken)  # type: ignore[attr-defined]
        await sender.send([make_event("b")])
        await until(lambda: [peer.data.count(b"verdict_changed") for peer in peers] == [1, 1])
        sender.close()


async def test_an_impostor_gets_nothing(certificate: Path, tmp_path: Path) -> None:
    """A certificate of another authority ends the attempt before a word was said."""
    other = make_certificate(tmp_path, "other")
    async with receiving(quiet, server_tls(other)) as (port, peers):
        assert await failure(sender_for("tls", port, certificate)) == "tls"
    assert not any(peer.data for peer in peers)


async def test_tls_that_never_answers(monkeypatch: pytest.MonkeyPatch, certificate: Path) -> None:
    """A receiver without TLS that says nothing costs the deadline."""
    monkeypatch.setattr(syslog, "DEADLINE_S", 0.3)
    async with receiving(quiet) as (port, _):
        assert await failure(sender_for("tls", port, certificate)) == "timeout"


async def test_nobody_is_there(tcp_port: int) -> None:
    """A refused connection is a failure; of datagrams the kernel says so at the second one."""
    assert await failure(sender_for("tcp", tcp_port)) == "connection"
    sender = sender_for("udp", tcp_port)
    await sender.send([make_event()])
    assert await failure(sender) == "connection"
    sender.close()


async def test_udp_follows_the_name() -> None:
    """When the receiver's name leads elsewhere, the next event goes there."""
    addresses = ["127.0.0.1", "127.0.0.1", "127.0.0.2"]

    async def moving(_host: str) -> str:
        return addresses.pop(0)

    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as old,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as new,
    ):
        old.bind(("127.0.0.1", 0))
        port = old.getsockname()[1]
        new.bind(("127.0.0.2", port))
        sender = UdpSyslog(SyslogAddress("udp", "siem.example", port), STAMP, moving)
        for event_id in ("a", "b", "c"):
            await sender.send([make_event(event_id)])
        sender.close()
        got = [b'id="a"' in old.recv(4096), b'id="b"' in old.recv(4096), b'id="c"' in new.recv(4096)]
    assert got == [True, True, True]
