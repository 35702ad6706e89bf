"""SIP OPTIONS asked of user agents on loopback: our own by UDP, TCP and TLS, in virtual time, and real sipp."""

from __future__ import annotations

import asyncio
import shutil
import ssl
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from processes import free_port, running
from service_peers import HOST, SipPeer, make_certificate, sip_stream, sip_udp
from snmp_peers import has_ipv6_loopback, virtual

from phusong.collectors.call_readings import ServiceKind, ServiceReading, ServiceState
from phusong.collectors.services.service_probe import ServiceToProbe, probe

SIPP = shutil.which("sipp")
TIMEOUT_S = 10.0
SIPP_KINDS = {ServiceKind.SIP_UDP: "u1", ServiceKind.SIP_TCP: "t1"}
SIPP_SCENARIO = """<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="OPTIONS answered">
  <recv request="OPTIONS"/>
  <send><![CDATA[
    SIP/2.0 100 Trying
    [last_Via:]
    [last_From:]
    [last_To:]
    [last_Call-ID:]
    [last_CSeq:]
    Content-Length: 0

  ]]></send>
  <send><![CDATA[
    SIP/2.0 STATUS
    [last_Via:]
    [last_From:]
    [last_To:];tag=[pid]SIPpTag[call_number]
    [last_Call-ID:]
    [last_CSeq:]
    Contact: <sip:[local_ip]:[local_port];transport=[transport]>
    Allow: INVITE, ACK, BYE, OPTIONS
    Accept: application/sdp
    Content-Type: application/sdp
    Content-Length: [len]

    v=0
    o=user1 53655765 2353687637 IN IP[local_ip_type] [local_ip]
    s=-
    t=0 0
  ]]></send>
</scenario>
"""


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """Return a server's settings; its certificate is signed by itself, as endpoints have them."""
    return make_certificate().server_tls(tmp_path_factory.mktemp("tls"))


def ask(
    kind: ServiceKind, mode: str, tls: ssl.SSLContext, timeout_s: float = TIMEOUT_S
) -> tuple[ServiceReading, SipPeer]:
    """Ask a peer of this kind and mode, in virtual time."""
    peers: dict[ServiceKind, Callable[[], AbstractAsyncContextManager[SipPeer]]] = {
        ServiceKind.SIP_UDP: lambda: sip_udp(mode),
        ServiceKind.SIP_TCP: lambda: sip_stream(mode),
        ServiceKind.SIP_TLS: lambda: sip_stream(mode, tls),
    }

    async def asked() -> tuple[ServiceReading, SipPeer]:
        async with peers[kind]() as peer:
            reading = await probe(ServiceToProbe(kind, HOST, peer.port, sip_uri="room@video.example"), timeout_s)
        assert (reading.kind, reading.port) == (kind, peer.port)
        return reading, peer

    return virtual(asked())


@pytest.mark.parametrize("kind", list(ServiceKind)[:3])
@pytest.mark.parametrize(
    ("mode", "state", "code", "problem"),
    [
        ("200", ServiceState.READY, 200, ""),
        ("401", ServiceState.ALIVE, 401, "401 Unauthorized"),
        ("486", ServiceState.ALIVE, 486, "486 Busy Here"),
        ("503", ServiceState.UNAVAILABLE, 503, "503 Service Unavailable, to be asked again in 120 s"),
        ("100, 200", ServiceState.READY, 200, ""),
        ("200 twice", ServiceState.READY, 200, ""),
        ("asks, 200", ServiceState.READY, 200, ""),
        ("wrong Call-ID, 200", ServiceState.READY, 200, ""),
        ("wrong Call-ID", ServiceState.SILENT, None, "no answer within 10 s"),
        ("silent", ServiceState.SILENT, None, "no answer within 10 s"),
        ("garbage", ServiceState.BAD_ANSWER, None, "the answer is not SIP"),
        ("flood", ServiceState.BAD_ANSWER, None, "too many answers, none to what was asked"),
    ],
)
def test_answers_are_told_apart(
    kind: ServiceKind, mode: str, state: ServiceState, code: int | None, problem: str, tls: ssl.SSLContext
) -> None:
    """By every transport the same answer means the same, and its time is measured."""
    reading, peer = ask(kind, mode, tls)
    assert (reading.state, reading.code, reading.problem) == (state, code, problem)
    assert (reading.latency_s is not None) == (code is not None)
    assert peer.requests[0].startswith(b"OPTIONS sip:room@video.example SIP/2.0\r\n")
    if kind is ServiceKind.SIP_TLS and code:
        assert reading.certificate
        assert not reading.certificate.trusted


def test_a_lost_datagram_is_sent_again(tls: ssl.SSLContext) -> None:
    """The same request goes again after 0.5 s, and its answer counts from the first."""
    reading, peer = ask(ServiceKind.SIP_UDP, "loses the first", tls)
    assert (reading.state, reading.latency_s) == (ServiceState.READY, pytest.approx(0.5))
    assert peer.requests[0] == peer.requests[1]


@pytest.mark.parametrize(("mode", "after_s"), [("silent", [0.5, 1.5, 3.5, 7.5]), ("100", [0.5, 4.5, 8.5])])
def test_the_pauses_are_those_of_timer_e(mode: str, after_s: list[float], tls: ssl.SSLContext) -> None:
    """0.5 s, doubled up to 4 s, and 4 s once a provisional answer came (RFC 3261, section 17.1.2.2)."""
    reading, peer = ask(ServiceKind.SIP_UDP, mode, tls)
    assert [moment - peer.at[0] for moment in peer.at[1:]] == pytest.approx(after_s)
    problem = "only provisional answers" if mode == "100" else "no answer"
    assert (reading.state, reading.problem) == (ServiceState.SILENT, f"{problem} within 10 s")


def test_garbage_before_the_answer_does_not_hide_it(tls: ssl.SSLContext) -> None:
    """By UDP each datagram is for itself."""
    assert ask(ServiceKind.SIP_UDP, "garbage, 200", tls)[0].state is ServiceState.READY


@pytest.mark.parametrize("kind", [ServiceKind.SIP_TCP, ServiceKind.SIP_TLS])
@pytest.mark.parametrize(
    ("mode", "state", "problem"),
    [
        ("in pieces", ServiceState.READY, ""),
        ("with bodies", ServiceState.READY, ""),
        ("long body", ServiceState.BAD_ANSWER, "the answer does not say its length, or is too long"),
        ("endless head", ServiceState.BAD_ANSWER, "the answer is too long"),
        ("closes", ServiceState.BAD_ANSWER, "it closed the connection without an answer"),
    ],
)
def test_a_stream_is_cut_into_messages(
    kind: ServiceKind, mode: str, state: ServiceState, problem: str, tls: ssl.SSLContext
) -> None:
    """Segments may fall anywhere, bodies are skipped, and nothing is read without a limit."""
    reading, _ = ask(kind, mode, tls)
    assert (reading.state, reading.problem) == (state, problem)


def test_a_closed_udp_port_is_told() -> None:
    """The system hands on that the port is unreachable: refused, not silent, and at once."""

    async def asked() -> ServiceReading:
        async with sip_udp("200") as gone:
            port = gone.port
        return await probe(ServiceToProbe(ServiceKind.SIP_UDP, HOST, port), 5.0)

    reading = virtual(asked())
    assert (reading.state, reading.problem) == (ServiceState.REFUSED, "it refuses the port")


def test_datagrams_from_elsewhere_are_not_heard() -> None:
    """Who is not asked cannot answer, even when he knows the request."""

    async def asked() -> ServiceReading:
        async with sip_udp("silent") as asked_peer, sip_udp("200") as foreign:
            question = asyncio.create_task(probe(ServiceToProbe(ServiceKind.SIP_UDP, HOST, asked_peer.port), 3.0))
            while not asked_peer.requests:  # noqa: ASYNC110 - it comes in one of the next steps of the loop
                await asyncio.sleep(0)
            via = asked_peer.requests[0].split(b"\r\n")[1].decode()
            port = int(via.split(";")[0].rpartition(":")[2])
            loop = asyncio.get_running_loop()
            transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=(HOST, port))
            for octets in foreign.take(asked_peer.requests[0]):
                transport.sendto(octets)
            transport.close()
            return await question

    assert virtual(asked()).state is ServiceState.SILENT


@pytest.mark.skipif(not has_ipv6_loopback(), reason="this machine has no IPv6 loopback")
@pytest.mark.parametrize("peer_of", [sip_udp, sip_stream])
def test_ipv6_is_spoken(peer_of: Callable[..., AbstractAsyncContextManager[SipPeer]]) -> None:
    """An IPv6 address is asked by the same words."""
    kind = ServiceKind.SIP_UDP if peer_of is sip_udp else ServiceKind.SIP_TCP

    async def asked() -> tuple[ServiceReading, bytes]:
        async with peer_of("200", host="::1") as peer:
            return await probe(ServiceToProbe(kind, "::1", peer.port), 5.0), peer.requests[0]

    reading, request = virtual(asked())
    assert reading.state is ServiceState.READY
    assert b"OPTIONS sip:[::1]:%d" % reading.port in request


@pytest.mark.skipif(SIPP is None, reason="sipp is not installed")
@pytest.mark.parametrize("kind", SIPP_KINDS)
@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("200 OK", ServiceState.READY),
        ("486 Busy Here", ServiceState.ALIVE),
        ("503 Service Unavailable", ServiceState.UNAVAILABLE),
    ],
)
async def test_sipp_is_understood(kind: ServiceKind, status: str, state: ServiceState, tmp_path: Path) -> None:
    """A SIP implementation that is not ours takes our request and its answers are told apart."""
    scenario = tmp_path / "options.xml"
    scenario.write_text(SIPP_SCENARIO.replace("STATUS", status), encoding="ascii")
    port = free_port()
    command = [SIPP, "-sf", scenario, "-i", HOST, "-p", port, "-t", SIPP_KINDS[kind], "-m", 2, "-nostdin"]
    service = ServiceToProbe(kind, HOST, port, sip_uri="sip:room@video.example")
    with running(command, tmp_path / "sipp.log"):
        for _ in range(100):  # until it listens
            reading = await probe(service, 3.0)
            if reading.state is not ServiceState.REFUSED:
                break
            await asyncio.sleep(0.05)
    assert (reading.state, reading.code) == (state, int(status[:3]))
    assert reading.problem == ("" if state is ServiceState.READY else status)
    assert reading.latency_s is not None
    assert reading.latency_s < 3.0
