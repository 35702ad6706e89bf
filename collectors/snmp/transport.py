"""The sockets: one UDP socket per address family, shared by all requests.

Sends datagrams and hands every datagram that arrives to one receiver, with the address it came from. Knows
nothing of SNMP.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections.abc import Callable
from typing import Protocol, TypeAlias

Address: TypeAlias = tuple[str, int]
"""A numeric IP address and a port."""
Receiver: TypeAlias = Callable[[bytes, Address], None]

RECEIVE_BUFFER_OCTETS = 4 * 2**20
"""Room for the replies of a whole fleet while the loop is busy elsewhere."""
DATAGRAMS_PER_WAKEUP = 512
"""After so many datagrams other tasks of the loop get their turn. What arrived during a stall is read before the
timers that expired with it fire, and more is read in a turn than is asked in one."""


class Transport(Protocol):
    """Sends datagrams; what arrives goes to the receiver that was given to ``open``."""

    def open(self, receiver: Receiver) -> None:
        """Start to receive."""

    def send(self, data: bytes, address: Address) -> None:
        """Send one datagram.

        Raises
        ------
        OSError
            It cannot be sent now.
        """

    def close(self) -> None:
        """Stop to receive and release the sockets; may be called twice."""


class UdpTransport:
    """Real UDP sockets in the running event loop, made on first use of each address family."""

    def __init__(self) -> None:
        self._sockets: dict[int, socket.socket] = {}
        self._receiver: Receiver | None = None

    def open(self, receiver: Receiver) -> None:
        """Start to receive: every datagram goes to ``receiver``."""
        self._receiver = receiver

    def send(self, data: bytes, address: Address) -> None:
        """Send one datagram to a numeric address; ``OSError`` also when closed."""
        if self._receiver is None:
            raise OSError(errno.EBADF, "the transport is closed")
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        sender = self._sockets.get(family) or self._make_socket(family)
        sender.sendto(data, address)

    def close(self) -> None:
        """Close the sockets."""
        self._receiver = None
        for family in list(self._sockets):
            closing = self._sockets.pop(family)
            asyncio.get_running_loop().remove_reader(closing)
            closing.close()

    def _make_socket(self, family: int) -> socket.socket:
        made = socket.socket(family, socket.SOCK_DGRAM)
        made.setblocking(False)
        if family == socket.AF_INET6:  # else datagrams of IPv4 come in here too, under another form of address
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        with contextlib.suppress(OSError):
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_OCTETS)
        made.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", 0))  # noqa: S104 - any port, to send from
        asyncio.get_running_loop().add_reader(made, self._receive, made)
        self._sockets[family] = made
        return made

    def _receive(self, source: socket.socket) -> None:
        receiver = self._receiver
        if receiver is None:
            return
        for _ in range(DATAGRAMS_PER_WAKEUP):
            try:
                data, address = source.recvfrom(65535)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                continue  # an error that an earlier datagram left on the socket
            receiver(data, address[:2])
