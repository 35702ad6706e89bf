"""The socket of notifications: reads in portions, asks the gate, and lets pysnmp see one message a turn.

However much arrives, the event loop loses a bounded share to it: a portion is read, then the socket rests, and
what the kernel's buffer cannot hold meanwhile is lost without costing anything.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import Counter, deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from phusong.collectors.snmp.credentials import Credentials
from phusong.collectors.snmp.transport import Address

from .gate import Admitted, Gate
from .notification import VERSION_NAMES, Dropped, Notification, kind_of
from .own_engine import OwnEngine
from .pysnmp_engine import PysnmpEngine, Reported

DATAGRAMS_PER_WAKEUP: Final = 64
REST_S: Final = 0.005
"""After a full portion: at most 12,800 datagrams a second are looked at, which takes about a tenth of a core."""
MOST_WAITING: Final = 128
"""Admitted messages that wait for pysnmp; more than the gate lets pass at once."""
MAPPED: Final = "::ffff:"
"""How the kernel writes an IPv4 sender on an IPv6 socket."""

OnNotification: TypeAlias = Callable[[str, Notification], None]
"""Called with the numeric source address and what came from there."""


@dataclass(slots=True)
class NotificationCounters:
    """What became of the datagrams: every one that was received is in exactly one of these."""

    accepted: Counter[Notification] = field(default_factory=Counter)
    dropped: Counter[Dropped] = field(default_factory=Counter)
    reports: int = 0
    """SNMPv3 messages answered with a Report: engine discovery and time, before an inform."""

    def total(self) -> int:
        """Return how many datagrams have been dealt with."""
        return self.accepted.total() + self.dropped.total() + self.reports


class NotificationListener:
    """Receives notifications once it is opened; belongs to the running event loop."""

    def __init__(
        self, auths: Collection[Credentials], own: OwnEngine, gate: Gate, on_notification: OnNotification
    ) -> None:
        self.counters = NotificationCounters()
        self.last_dropped: dict[Dropped, str] = {}
        """The latest source of each kind of drop, for a line in the log."""
        self._own = own
        self._gate = gate
        self._on_notification = on_notification
        self._loop = asyncio.get_running_loop()
        self._engine = PysnmpEngine(auths, own, self._send)
        self._socket: socket.socket | None = None
        self._waiting: deque[tuple[bytes, Address, Admitted]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def address(self) -> Address:
        """Where it listens; only while it is open."""
        if self._socket is None:
            raise RuntimeError("the listener is not open")
        host, port = self._socket.getsockname()[:2]
        return host, port

    def open(self, host: str, port: int) -> None:
        """Begin to receive at an address or host name; ``::`` takes IPv4 as well, port 0 a free one.

        Raises
        ------
        OSError
            The address is in use, not ours, or needs a right that we do not have.
        """
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_DGRAM, flags=socket.AI_PASSIVE
        )[0]
        made = socket.socket(family, kind, protocol)
        try:
            made.setblocking(False)
            if family == socket.AF_INET6:
                made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, host != "::")
            made.bind(address)
        except BaseException:
            made.close()
            raise
        self._socket = made
        self._loop.add_reader(made, self._read)

    def use_auths(self, auths: Collection[Credentials]) -> None:
        """Accept these communities and users from now on."""
        self._gate.use_auths(auths)
        self._engine = PysnmpEngine(auths, self._own, self._send)

    def close(self) -> None:
        """Stop to receive; may be called twice."""
        if self._timer:
            self._timer.cancel()
        if self._socket:
            self._loop.remove_reader(self._socket)
            self._socket.close()
        self._socket = None
        self._waiting.clear()

    def _read(self) -> None:
        source = self._socket
        if source is None:
            return
        now = self._loop.time()
        for _ in range(DATAGRAMS_PER_WAKEUP):
            try:
                data, sender = source.recvfrom(65535)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                continue  # an error that an earlier answer left on the socket
            self._take(data, (sender[0].removeprefix(MAPPED), sender[1]), now)
        self._loop.remove_reader(source)
        self._timer = self._loop.call_later(REST_S, self._read_again)

    def _read_again(self) -> None:
        if self._socket:
            self._loop.add_reader(self._socket, self._read)

    def _take(self, data: bytes, sender: Address, now: float) -> None:
        admitted = self._gate.admit(data, sender[0], now)
        if isinstance(admitted, Dropped):
            self._drop(admitted, sender)
        elif len(self._waiting) == MOST_WAITING:
            self._drop(Dropped.RATE_LIMITED, sender)
        else:
            self._waiting.append((data, sender, admitted))
            if len(self._waiting) == 1:
                self._loop.call_soon(self._process_next)

    def _process_next(self) -> None:
        """Let pysnmp see one message; the next one waits for another turn of the loop."""
        if not self._waiting:
            return
        data, sender, admitted = self._waiting.popleft()
        if self._waiting:
            self._loop.call_soon(self._process_next)
        usm = admitted.envelope.usm
        if usm and usm.engine_id and usm.engine_id != self._own.engine_id:
            outcome = self._engine.take(data, sender, usm.user, usm.engine_id)
        else:
            outcome = self._engine.take(data, sender)
        if isinstance(outcome, Dropped):
            self._drop(outcome, sender)
        elif isinstance(outcome, Reported):
            self.counters.reports += 1
        else:
            admitted.confirm(self._loop.time())
            notification = Notification(VERSION_NAMES[admitted.envelope.version], kind_of(outcome))
            self.counters.accepted[notification] += 1
            self._on_notification(sender[0], notification)

    def _drop(self, reason: Dropped, sender: Address) -> None:
        self.counters.dropped[reason] += 1
        self.last_dropped[reason] = sender[0]

    def _send(self, data: bytes, address: Address) -> None:
        if self._socket is None:
            return
        if self._socket.family == socket.AF_INET6 and ":" not in address[0]:
            address = (MAPPED + address[0], address[1])
        with contextlib.suppress(OSError):  # an answer that is lost is asked for again
            self._socket.sendto(data, address)
