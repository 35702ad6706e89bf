"""Serves the simulated province on loopback: one UDP socket for all SNMP agents, one for echo (RFC 862).

The only module of the simulator that knows sockets and time. The destination address of a datagram decides which
device answers, and the answer leaves from that address. Echo stands in for ICMP, because the kernel itself answers
real pings to every loopback address.
"""

from __future__ import annotations

import heapq
import selectors
import signal
import socket
import struct
import threading
import time
from collections.abc import Callable, Container
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

from .agent import Agent
from .agent_view import AgentView
from .cuts import LOOK_EVERY_S, CutsFile, with_cuts
from .equipment import Device
from .province import Province
from .traps import LinkTraps

Clock: TypeAlias = Callable[[], float]
Peer: TypeAlias = tuple[str, int]

IP_PKTINFO: Final = 8
"""Linux, <linux/in.h>; Python names it from 3.14 on."""
PKTINFO_OCTETS: Final = 12
ANCILLARY_ROOM: Final = socket.CMSG_SPACE(PKTINFO_OCTETS)
SO_RCVBUFFORCE: Final = 33
"""Linux, <asm-generic/socket.h>: beyond net.core.rmem_max, for who may."""
RECEIVE_BUFFER: Final = 32 * 1024 * 1024
"""A whole fleet's burst of echo requests: the kernel counts some 800 octets for each."""
LARGEST_DATAGRAM: Final = 65_535
DATAGRAMS_AT_ONCE: Final = 64
"""After so many of one socket the other gets its turn."""
DELAYED_ECHOES: Final = 100_000
JUST_BEFORE_S: Final = 0.001
LOOPBACK: Final = 127


class Ports(NamedTuple):
    """The ports that are served; useful when 0 was asked for."""

    snmp: int
    echo: int


class Simulation:
    """Which device answers what, given the destination address: everything of the server but sockets and clock."""

    def __init__(self, province: Province, community: bytes) -> None:
        self._province = province
        self._community = community
        self._device_at = {socket.inet_aton(address): device for address, device in province.device_at.items()}
        self._agents: dict[bytes, Agent] = {}
        self._echoes: dict[bytes, int] = {}

    def answer_snmp(self, destination: bytes, data: bytes, elapsed: float) -> bytes | None:
        """Return the reply of the device at a packed IPv4 address, ``None`` for silence."""
        device = self._device_at.get(destination)
        if device is None or not self._province.answers_snmp(device, elapsed):
            return None
        agent = self._agents.get(destination)
        if agent is None:
            agent = self._agents[destination] = self._start_agent(device)
        return agent.answer(data, elapsed)

    def echo_delay(self, destination: bytes, elapsed: float) -> float | None:
        """Return after how many seconds an echo request is answered, ``None`` when it is lost."""
        device = self._device_at.get(destination)
        if device is None:
            return None
        count = self._echoes[destination] = self._echoes.get(destination, 0) + 1
        return self._province.echo_delay(device, count, elapsed)

    def _start_agent(self, device: Device) -> Agent:
        view = AgentView(device, self._province.line_by_id.get, self._province.seed)
        return Agent(view, device.habit, self._community)


def serve(
    province: Province,
    *,
    port: int,
    echo_port: int,
    community: str,
    ready: Callable[[Ports], object] = lambda _ports: None,
    clock: Clock = time.monotonic,
    trap_port: int | None = None,
    cuts: Path | None = None,
) -> None:
    """Serve the province until SIGTERM or SIGINT; blocks, meant for a process of its own.

    Parameters
    ----------
    port, echo_port
        UDP ports for SNMP and echo; 0 takes a free one.
    ready
        Called once with the ports when requests will be answered.
    clock
        Seconds that only rise; the simulation begins (elapsed 0) when the sockets are bound.
    trap_port
        UDP port of 127.0.0.1 to which hubs send linkDown and linkUp; none are sent without it.
    cuts
        File of what is to be cut, see ``cuts``; it need not be there.

    Raises
    ------
    OSError
        A port is in use or not permitted.
    """
    with ExitStack() as stack:
        snmp = stack.enter_context(_open(port))
        echo = stack.enter_context(_open(echo_port))
        wakeup = stack.enter_context(_stop_on_signals(stack))
        ports = Ports(snmp.getsockname()[1], echo.getsockname()[1])
        server = _Server(province, community.encode(), snmp, echo, ports, clock)
        if trap_port:
            server.send_traps(("127.0.0.1", trap_port))
        if cuts:
            server.watch_cuts(CutsFile(cuts))
        ready(ports)
        server.run(wakeup)


class _Server:
    """The loop over both sockets and the echoes that are still under way."""

    def __init__(
        self,
        province: Province,
        community: bytes,
        snmp: socket.socket,
        echo: socket.socket,
        ports: Ports,
        clock: Clock,
    ) -> None:
        self._province = province
        self._community = community
        self._simulation = Simulation(province, community)
        self._snmp = snmp
        self._echo = echo
        self._own_ports = frozenset(ports)
        self._clock = clock
        self._started = clock()
        self._delayed: list[tuple[float, int, bytes, list[Any], Peer]] = []
        self._sequence = 0
        self._traps: LinkTraps | None = None
        self._trap_receiver: Peer = ("", 0)
        self._cuts: CutsFile | None = None

    def send_traps(self, receiver: Peer) -> None:
        """Send what the hubs have to tell to a receiver, too."""
        self._traps, self._trap_receiver = LinkTraps(self._province, self._community), receiver

    def watch_cuts(self, cuts: CutsFile) -> None:
        """Cut what a file names, too."""
        self._cuts = cuts

    def run(self, wakeup: socket.socket) -> None:
        """Answer until ``wakeup`` becomes readable."""
        with selectors.DefaultSelector() as selector:
            selector.register(wakeup, selectors.EVENT_READ, None)
            selector.register(self._snmp, selectors.EVENT_READ, self._answer_snmp)
            selector.register(self._echo, selectors.EVENT_READ, self._take_echo)
            while True:
                for key, _ in selector.select(self._wait_s()):
                    if key.data is None:
                        return
                    key.data()
                self._send_due_echoes()
                self._look_at_cuts()
                self._send_due_traps()

    def _look_at_cuts(self) -> None:
        elapsed = self._clock() - self._started
        if self._cuts and self._cuts.look(elapsed):
            province = with_cuts(self._province, self._cuts.began_s, self._cuts.ended)
            self._simulation = Simulation(province, self._community)
            if self._traps:
                self._traps = LinkTraps(province, self._community, elapsed - JUST_BEFORE_S)

    def _wait_s(self) -> float | None:
        """Return until when there is nothing to do, ``None`` for ever."""
        times = [self._delayed[0][0]] if self._delayed else []
        if self._cuts:
            times.append(self._clock() + LOOK_EVERY_S)
        next_trap = self._traps.next_s() if self._traps else None
        if next_trap is not None:
            times.append(self._started + next_trap)
        return max(0.0, min(times) - self._clock()) if times else None

    def _send_due_traps(self) -> None:
        for source, message in self._traps.take(self._clock() - self._started) if self._traps else ():
            _send(self._snmp, message, leaving_from(source), self._trap_receiver)

    def _answer_snmp(self) -> None:
        for _ in range(DATAGRAMS_AT_ONCE):
            received = self._receive(self._snmp)
            if received is None:
                return
            data, ancillary, destination, peer = received
            reply = self._simulation.answer_snmp(destination, data, self._clock() - self._started)
            if reply is not None:
                _send(self._snmp, reply, ancillary, peer)

    def _take_echo(self) -> None:
        for _ in range(DATAGRAMS_AT_ONCE):
            received = self._receive(self._echo)
            if received is None:
                return
            data, ancillary, destination, peer = received
            now = self._clock()
            delay = self._simulation.echo_delay(destination, now - self._started)
            if delay is not None and len(self._delayed) < DELAYED_ECHOES:
                self._sequence += 1
                heapq.heappush(self._delayed, (now + delay, self._sequence, data, ancillary, peer))

    def _send_due_echoes(self) -> None:
        now = self._clock()
        while self._delayed and self._delayed[0][0] <= now:
            _, _, data, ancillary, peer = heapq.heappop(self._delayed)
            _send(self._echo, data, ancillary, peer)

    def _receive(self, sock: socket.socket) -> tuple[bytes, list[Any], bytes, Peer] | None:
        """Return the next acceptable datagram with its destination, ``None`` when there is none left."""
        while True:
            try:
                data, ancillary, _, peer = sock.recvmsg(LARGEST_DATAGRAM, ANCILLARY_ROOM)
            except BlockingIOError:
                return None
            destination = accepted_destination(ancillary, peer, self._own_ports)
            if destination is not None:
                return data, ancillary, destination, peer


def accepted_destination(ancillary: list[Any], peer: Peer, own_ports: Container[int]) -> bytes | None:
    """Return the packed IPv4 address that a datagram was sent to, ``None`` when it must be dropped.

    Only 127.0.0.0/8 is ours, whatever interface the datagram came by. Nothing that comes from our own ports
    counts: two echo services would answer each other for ever.
    """
    if len(ancillary) != 1 or len(ancillary[0][2]) != PKTINFO_OCTETS or peer[1] in own_ports:
        return None
    destination: bytes = ancillary[0][2][8:]
    return destination if destination[0] == LOOPBACK else None


def leaving_from(source: bytes) -> list[Any]:
    """Return the packet information with which a datagram leaves from a packed IPv4 address."""
    return [(socket.IPPROTO_IP, IP_PKTINFO, struct.pack("i4s4s", 0, source, bytes(4)))]


def _send(sock: socket.socket, data: bytes, ancillary: list[Any], peer: Peer) -> None:
    """Send from the address that was asked: the packet information received names it as the local one.

    A peer that is gone or a full buffer loses the reply, as on a real network.
    """
    with suppress(OSError):
        sock.sendmsg((data,), ancillary, 0, peer)


def _open(port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        # Binding to the loopback device needs rights on older kernels; the check of the destination holds without.
        with suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo\0")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        with suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER)
        sock.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, struct.pack("i", 1))
        sock.bind(("0.0.0.0", port))  # noqa: S104  # every device has its own loopback address; others are dropped
        sock.setblocking(False)
    except BaseException:
        sock.close()
        raise
    return sock


def _stop_on_signals(stack: ExitStack) -> socket.socket:
    """Return a socket that becomes readable at SIGTERM or SIGINT; never outside the main thread."""
    reading, writing = socket.socketpair()
    stack.enter_context(writing)
    reading.setblocking(False)
    writing.setblocking(False)
    if threading.current_thread() is threading.main_thread():
        stack.callback(signal.set_wakeup_fd, signal.set_wakeup_fd(writing.fileno()))
        for number in (signal.SIGTERM, signal.SIGINT):
            stack.callback(signal.signal, number, signal.signal(number, lambda *_: None))
    return reading
