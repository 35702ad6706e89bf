"""Whether an address answers, how fast and how reliably: bursts of echo requests.

ICMP goes through gufo-ping, by the kernel's unprivileged sockets where it allows them, else by raw ones. UDP echo
(RFC 862) is the other way, for places where ICMP is not to be had; the simulated province answers it.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, field
from typing import Protocol

from gufo.ping import Ping
from gufo.ping.socket import PingSocket, SelectionPolicy

from .readings import PingReading
from .snmp.transport import Address, Transport, UdpTransport

TIMEOUT_S = 1.0
BURST_LIMIT_S = 2.5
"""Half a second more than gufo-ping takes to give a request up."""
TOKEN_OCTETS = 16


class PingUnavailable(OSError):
    """Echo requests are not allowed to this process; the message says what to do."""


class Pinger(Protocol):
    """Sends bursts of echo requests."""

    method: str
    """How: ``unprivileged``, ``raw`` or ``udp-echo``."""

    async def burst(self, address: str, packets: int) -> PingReading:
        """Send ``packets`` requests at once to a numeric address and wait for the answers, at most 2.5 s."""

    def close(self) -> None:
        """Release the sockets."""


def summarise(rtts_s: list[float | None]) -> PingReading:
    """Make a reading from the round-trip times in seconds, ``None`` for each request that was lost."""
    answered = [rtt for rtt in rtts_s if rtt is not None]
    if not answered:
        return PingReading(len(rtts_s), 0, None, None, None)
    average = sum(answered) / len(answered)
    return PingReading(len(rtts_s), len(answered), min(answered), average, max(answered))


class IcmpPinger:
    """ICMP echo (RFC 792, RFC 4443). Needs a running event loop.

    Raises
    ------
    PingUnavailable
        Neither kind of socket is allowed to this process.
    """

    def __init__(self) -> None:
        self.method, policy = _allowed_policy()
        self._ping = Ping(policy=policy, timeout=TIMEOUT_S)

    async def burst(self, address: str, packets: int) -> PingReading:
        """Send the requests at once; a lost one costs between one and two seconds."""
        echoes = [asyncio.create_task(self._echo(address)) for _ in range(packets)]
        # Neither the end of this task nor the limit cancels them: gufo-ping fails on the answer to a request that
        # was cancelled and drops the answers read with it, which would then be waited for without end.
        await asyncio.wait(echoes, timeout=BURST_LIMIT_S)
        return summarise([echo.result() if echo.done() else None for echo in echoes])

    async def _echo(self, address: str) -> float | None:
        try:
            return await self._ping.ping(address)
        except OSError:  # this machine has no socket of the address family
            return None

    def close(self) -> None:
        """Stop listening; the sockets close with the last reference."""
        for made in self._ping._Ping__sockets.values():  # type: ignore[attr-defined]  # noqa: SLF001 - has no close()
            asyncio.get_running_loop().remove_reader(made._PingSocket__sock_fd)  # noqa: SLF001


def _allowed_policy() -> tuple[str, SelectionPolicy]:
    for method, policy in (("unprivileged", SelectionPolicy.DGRAM), ("raw", SelectionPolicy.RAW)):
        try:
            probe = PingSocket(policy=policy)
        except OSError:
            continue
        asyncio.get_running_loop().remove_reader(probe._PingSocket__sock_fd)  # type: ignore[attr-defined]  # noqa: SLF001
        return method, policy
    raise PingUnavailable(
        "ICMP is not allowed to this process: widen net.ipv4.ping_group_range (systemd/50-phusong-ping.conf) "
        "or grant CAP_NET_RAW"
    )


@dataclass(slots=True)
class _Burst:
    """Requests on their way to one address, with one future and one timer for all: bursts are many."""

    to: Address
    missing: int
    ended: asyncio.Future[None]
    rtts_s: list[float] = field(default_factory=list)

    def note(self, rtt_s: float | None) -> None:
        """Note one answer, or a request that could not be sent; the last one ends the burst."""
        self.missing -= 1
        if rtt_s is not None:
            self.rtts_s.append(rtt_s)
        if not self.missing:
            self.end()

    def end(self) -> None:
        """Wait no longer."""
        if not self.ended.done():
            self.ended.set_result(None)


class UdpEchoPinger:
    """Echo over UDP (RFC 862): each request carries a random token, and only its return counts."""

    method = "udp-echo"

    def __init__(self, port: int, transport: Transport | None = None) -> None:
        self._port = port
        self._transport = transport or UdpTransport()
        self._transport.open(self._receive)
        self._waiting: dict[bytes, tuple[_Burst, float]] = {}
        """By token: the burst, and when the request was sent."""

    async def burst(self, address: str, packets: int) -> PingReading:
        """Send the requests at once and wait up to a second for the answers."""
        loop = asyncio.get_running_loop()
        burst = _Burst((address, self._port), packets, loop.create_future())
        octets = os.urandom(TOKEN_OCTETS * packets)
        tokens = [octets[start : start + TOKEN_OCTETS] for start in range(0, len(octets), TOKEN_OCTETS)]
        timer = loop.call_later(TIMEOUT_S, burst.end)
        try:
            for token in tokens:
                self._waiting[token] = burst, loop.time()
                try:
                    self._transport.send(token, burst.to)
                except OSError:  # no route, or no room: no answer
                    burst.note(None)
            await burst.ended
        finally:
            timer.cancel()
            for token in tokens:
                self._waiting.pop(token, None)
        return summarise([*burst.rtts_s, *[None] * (packets - len(burst.rtts_s))])

    def _receive(self, data: bytes, source: Address) -> None:
        waiting = self._waiting.get(data)
        if waiting is not None and source == waiting[0].to:
            del self._waiting[data]
            burst, sent = waiting
            burst.note(asyncio.get_running_loop().time() - sent)

    def close(self) -> None:
        """Release the sockets."""
        self._transport.close()
