"""Bursts of echo requests: real ICMP on loopback, and UDP echo whose answers cannot be forged."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import pytest
from snmp_peers import FakeTransport, has_ipv6_loopback, virtual

from phusong.collectors import reachability
from phusong.collectors.reachability import IcmpPinger, PingUnavailable, UdpEchoPinger, summarise
from phusong.collectors.readings import PingReading
from phusong.collectors.snmp.transport import Address

HOST = "192.0.2.7"
PORT = 7


@pytest.mark.parametrize(
    ("rtts_s", "reading", "loss_ratio"),
    [
        ([0.001, 0.003, 0.002], PingReading(3, 3, 0.001, 0.002, 0.003), 0.0),
        ([0.001, None, 0.003, None], PingReading(4, 2, 0.001, 0.002, 0.003), 0.5),
        ([None, None], PingReading(2, 0, None, None, None), 1.0),
        ([], PingReading(0, 0, None, None, None), 0.0),
    ],
)
def test_a_burst_is_summed_up(rtts_s: list[float | None], reading: PingReading, loss_ratio: float) -> None:
    """Lost requests count as sent only; least, average and most are of the answers."""
    summed = summarise(rtts_s)
    assert summed.rtt_avg_s == pytest.approx(reading.rtt_avg_s)
    assert (summed.sent, summed.received, summed.rtt_min_s, summed.rtt_max_s) == (
        reading.sent,
        reading.received,
        reading.rtt_min_s,
        reading.rtt_max_s,
    )
    assert summed.loss_ratio == pytest.approx(loss_ratio)


def icmp_or_skip() -> IcmpPinger:
    try:
        return IcmpPinger()
    except PingUnavailable as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.2", "::1"])
async def test_icmp_reaches_loopback(address: str) -> None:
    """A burst of real echo requests to this machine is answered, in a plausible time."""
    if ":" in address and not has_ipv6_loopback():
        pytest.skip("no IPv6 on loopback")
    pinger = icmp_or_skip()
    try:
        reading = await pinger.burst(address, 5)
    finally:
        pinger.close()
    assert pinger.method in ("unprivileged", "raw")
    assert (reading.sent, reading.received, reading.loss_ratio) == (5, 5, 0.0)
    assert reading.rtt_min_s is not None
    assert reading.rtt_avg_s is not None
    assert reading.rtt_max_s is not None
    assert 0 < reading.rtt_min_s <= reading.rtt_avg_s <= reading.rtt_max_s < 1


async def test_icmp_bursts_run_side_by_side() -> None:
    """Fifty bursts at once on one socket: none takes an answer of another."""
    pinger = icmp_or_skip()
    try:
        readings = await asyncio.gather(*(pinger.burst(f"127.0.0.{n}", 3) for n in range(1, 51)))
    finally:
        pinger.close()
    assert {(reading.sent, reading.received) for reading in readings} == {(3, 3)}


async def test_an_address_that_cannot_be_reached_is_lost() -> None:
    """Where the system refuses to send, the burst is lost, not an error."""
    pinger = icmp_or_skip()
    try:
        assert (await pinger.burst("255.255.255.255", 2)).received == 0
    finally:
        pinger.close()


async def test_a_cancelled_burst_harms_no_other() -> None:
    """The answers to a cancelled burst arrive among those of the next one, and nothing fails."""
    failures: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: failures.append(context))
    pinger = icmp_or_skip()
    try:
        cancelled = asyncio.create_task(pinger.burst("127.0.0.1", 5))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        cancelled.cancel()
        reading = await asyncio.wait_for(pinger.burst("127.0.0.1", 5), 10)
        with pytest.raises(asyncio.CancelledError):
            await cancelled
        assert reading.received == 5
        assert failures == []
    finally:
        pinger.close()


async def test_where_icmp_is_not_allowed_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither kind of socket: the message names the setting and the capability."""

    def refuse(**_: object) -> None:
        raise PermissionError("not permitted")

    monkeypatch.setattr(reachability, "PingSocket", refuse)
    with pytest.raises(PingUnavailable, match=r"ping_group_range.*CAP_NET_RAW"):
        IcmpPinger()


def echo_burst(
    script: Callable[[bytes, Address], list[tuple[bytes, Address]]], packets: int
) -> tuple[PingReading, float]:
    """Send a burst by UDP echo to a scripted answerer; return the reading and how long it took."""

    async def test() -> tuple[PingReading, float]:
        transport = FakeTransport()
        pinger = UdpEchoPinger(PORT, transport)
        loop = asyncio.get_running_loop()

        def send(data: bytes, address: Address) -> None:
            for reply, source in script(data, address):
                loop.call_later(0.01, transport.receiver, reply, source)

        transport.send = send  # type: ignore[method-assign]
        begun = loop.time()
        reading = await pinger.burst(HOST, packets)
        assert pinger._waiting == {}
        pinger.close()
        return reading, loop.time() - begun

    return virtual(test())


def test_an_echo_counts() -> None:
    """Each request is answered by its own octets: all received, with their time."""
    sent: list[bytes] = []

    def echo(data: bytes, address: Address) -> list[tuple[bytes, Address]]:
        sent.append(data)
        return [(data, address)]

    reading, _ = echo_burst(echo, 5)
    assert (reading.sent, reading.received) == (5, 5)
    assert reading.rtt_avg_s == pytest.approx(0.01)
    assert len(set(sent)) == 5
    assert {len(token) for token in sent} == {16}


WRONG: dict[str, Callable[[bytes, Address], list[tuple[bytes, Address]]]] = {
    "nothing": lambda data, address: [],
    "another token": lambda data, address: [(data[:-1] + bytes((data[-1] ^ 1,)), address)],
    "a token of noughts": lambda data, address: [(bytes(16), address)],
    "a longer token": lambda data, address: [(data + b"\0", address)],
    "no octets": lambda data, address: [(b"", address)],
    "another address": lambda data, address: [(data, ("192.0.2.8", address[1]))],
    "another port": lambda data, address: [(data, (address[0], 8))],
}


@pytest.mark.parametrize("script", WRONG.values(), ids=WRONG.keys())
def test_what_is_no_echo_does_not_count(script: Callable[[bytes, Address], list[tuple[bytes, Address]]]) -> None:
    """A wrong token, address or port is no answer: the burst is lost after its second."""
    reading, took_s = echo_burst(script, 3)
    assert (reading.sent, reading.received, reading.loss_ratio) == (3, 0, 1.0)
    assert took_s == pytest.approx(reachability.TIMEOUT_S)


def test_lost_and_doubled_echoes_are_counted_right() -> None:
    """Of five requests two are lost and one is answered twice: three received."""
    count = 0

    def lossy(data: bytes, address: Address) -> list[tuple[bytes, Address]]:
        nonlocal count
        count += 1
        return {1: [], 3: [(data, address)] * 2, 5: []}.get(count, [(data, address)])

    reading, took_s = echo_burst(lossy, 5)
    assert (reading.sent, reading.received) == (5, 3)
    assert took_s == pytest.approx(reachability.TIMEOUT_S)


def test_no_route_is_no_answer() -> None:
    """What cannot be sent is lost at once, not an error."""

    async def test() -> None:
        transport = FakeTransport()
        transport.fail_with = OSError(101, "Network is unreachable")
        assert (await UdpEchoPinger(PORT, transport).burst(HOST, 3)).received == 0

    virtual(test())


async def test_udp_echo_on_the_wire() -> None:
    """Against a real echo service on loopback every request comes back."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as service:
        service.bind(("127.0.0.1", 0))
        service.setblocking(False)

        def echo() -> None:
            data, source = service.recvfrom(100)
            service.sendto(data, source)

        asyncio.get_running_loop().add_reader(service, echo)
        pinger = UdpEchoPinger(service.getsockname()[1])
        try:
            reading = await pinger.burst("127.0.0.1", 5)
        finally:
            pinger.close()
            asyncio.get_running_loop().remove_reader(service)
    assert (reading.sent, reading.received) == (5, 5)
