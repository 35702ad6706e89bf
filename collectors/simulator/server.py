"""Serves the simulated province on loopback: SNMP, echo (RFC 862) and SIP by UDP, H.323 and web pages by TCP.

The only module of the simulator that knows the time; sockets are also in ``datagrams``, ``call_listeners`` and
``web_services``. The destination address of a datagram decides which device answers, and the answer leaves from
that address. Echo stands in for ICMP, because the kernel itself answers real pings to every loopback address.
"""

from __future__ import annotations

import heapq
import selectors
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

from .call_listeners import CallListeners, allow_open_files
from .cuts import LOOK_EVERY_S, CutsFile, with_cuts
from .datagrams import Datagram, Peer, leaving_from, open_port, receive, send
from .province import Province
from .simulation import Simulation
from .traps import LinkTraps
from .web_services import serving_web

Clock: TypeAlias = Callable[[], float]

DATAGRAMS_AT_ONCE: Final = 64
"""After so many of one socket the others get their turn."""
DELAYED_ECHOES: Final = 100_000
JUST_BEFORE_S: Final = 0.001
LOOK_AT_CALLS_EVERY_S: Final = 1.0
"""So late, at most, H.323 ports follow the flapping line; they follow cuts at once."""


class Ports(NamedTuple):
    """The ports that are served; useful when 0 was asked for. UDP but for the last two."""

    snmp: int
    echo: int
    sip: int
    h323: int
    web: int


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
        UDP ports for SNMP and echo; 0 takes a free one. The others are free ones always.
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
        snmp, echo, sip = (stack.enter_context(open_port(number)) for number in (port, echo_port, 0))
        allow_open_files()
        calls = stack.enter_context(closing(CallListeners(0)))
        web_port = stack.enter_context(serving_web(0))
        wakeup = stack.enter_context(_stop_on_signals(stack))
        ports = Ports(_port_of(snmp), _port_of(echo), _port_of(sip), calls.port, web_port)
        server = _Server(province, community.encode(), _Doors(snmp, echo, sip, calls), ports, clock)
        if trap_port:
            server.send_traps(("127.0.0.1", trap_port))
        if cuts:
            server.watch_cuts(CutsFile(cuts))
        ready(ports)
        server.run(wakeup)


class _Doors(NamedTuple):
    """Where requests come in."""

    snmp: socket.socket
    echo: socket.socket
    sip: socket.socket
    calls: CallListeners


class _Server:
    """The loop over all sockets and the echoes that are still under way."""

    def __init__(
        self,
        province: Province,
        community: bytes,
        doors: _Doors,
        ports: Ports,
        clock: Clock,
    ) -> None:
        self._province = province
        self._community = community
        self._simulation = Simulation(province, community)
        self._doors = doors
        self._own_ports = frozenset((ports.snmp, ports.echo, ports.sip))
        self._clock = clock
        self._started = clock()
        self._delayed: list[tuple[float, int, bytes, list[Any], Peer]] = []
        self._sequence = 0
        self._traps: LinkTraps | None = None
        self._trap_receiver: Peer = ("", 0)
        self._cuts: CutsFile | None = None
        self._next_look = self._started
        self._look_at_calls()

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
            selector.register(self._doors.snmp, selectors.EVENT_READ, self._answer_snmp)
            selector.register(self._doors.echo, selectors.EVENT_READ, self._take_echo)
            selector.register(self._doors.sip, selectors.EVENT_READ, self._answer_sip)
            self._doors.calls.serve_with(selector)
            while True:
                for key, _ in selector.select(self._wait_s()):
                    if key.data is None:
                        return
                    key.data()
                self._send_due_echoes()
                self._look_around()
                self._send_due_traps()

    def _look_around(self) -> None:
        """Look at what changes without a datagram, when it is time for that."""
        now = self._clock()
        if now >= self._next_look:
            self._next_look = now + LOOK_EVERY_S
            if self._look_at_cuts() or now >= self._next_look_at_calls:
                self._look_at_calls()

    def _look_at_calls(self) -> None:
        self._next_look_at_calls = self._clock() + LOOK_AT_CALLS_EVERY_S
        self._doors.calls.keep(self._simulation.take_h323(self._clock() - self._started))

    def _look_at_cuts(self) -> bool:
        """Tell whether something else is cut than before."""
        elapsed = self._clock() - self._started
        changed = self._cuts is not None and self._cuts.look(elapsed)
        if self._cuts and changed:
            province = with_cuts(self._province, self._cuts.began_s, self._cuts.ended)
            self._simulation = Simulation(province, self._community)
            if self._traps:
                self._traps = LinkTraps(province, self._community, elapsed - JUST_BEFORE_S)
        return changed

    def _wait_s(self) -> float:
        """Return for how many seconds there is nothing to do."""
        times = [self._next_look, *([self._delayed[0][0]] if self._delayed else [])]
        next_trap = self._traps.next_s() if self._traps else None
        if next_trap is not None:
            times.append(self._started + next_trap)
        return max(0.0, min(times) - self._clock())

    def _send_due_traps(self) -> None:
        for source, message in self._traps.take(self._clock() - self._started) if self._traps else ():
            send(self._doors.snmp, message, leaving_from(source), self._trap_receiver)

    def _answer_snmp(self) -> None:
        self._answer(
            self._doors.snmp,
            lambda asked, elapsed: self._simulation.answer_snmp(asked.destination, asked.data, elapsed),
        )

    def _answer_sip(self) -> None:
        self._answer(
            self._doors.sip,
            lambda asked, elapsed: self._simulation.answer_sip(asked.destination, asked.data, asked.peer, elapsed),
        )

    def _answer(self, sock: socket.socket, reply_to: Callable[[Datagram, float], bytes | None]) -> None:
        for _ in range(DATAGRAMS_AT_ONCE):
            asked = receive(sock, self._own_ports)
            if asked is None:
                return
            reply = reply_to(asked, self._clock() - self._started)
            if reply is not None:
                send(sock, reply, asked.ancillary, asked.peer)

    def _take_echo(self) -> None:
        for _ in range(DATAGRAMS_AT_ONCE):
            received = receive(self._doors.echo, self._own_ports)
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
            send(self._doors.echo, data, ancillary, peer)


def _port_of(sock: socket.socket) -> int:
    return int(sock.getsockname()[1])


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
