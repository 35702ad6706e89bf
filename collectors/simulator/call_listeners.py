"""The open ports of H.323 call signalling: one listening socket for each room that takes such calls now.

A connection is all that is offered: it is taken and closed. A room that is cut off or has its H.323 switched off
has no socket, so the kernel refuses. All rooms have the same port number.
"""

from __future__ import annotations

import resource
import selectors
import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final

BACKLOG: Final = 16
CONNECTIONS_AT_ONCE: Final = 64


class CallListeners:
    """Listens where it is told to, on one port number."""

    def __init__(self, port: int) -> None:
        # A socket that is bound and never listens keeps the number for us, and refuses for who has no socket.
        self._number = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            self._number.bind(("0.0.0.0", port))  # noqa: S104 - it does not listen
        except BaseException:
            self._number.close()
            raise
        # Only now, so that nobody else's number was taken: the rooms' sockets are to share this one.
        self._number.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listening: dict[str, socket.socket] = {}
        self._selector: selectors.BaseSelector | None = None

    @property
    def port(self) -> int:
        """The port number."""
        return int(self._number.getsockname()[1])

    def close(self) -> None:
        """Refuse everything, and give the port number back; the selector may be closed already."""
        self._selector = None
        self.keep(())
        self._number.close()

    def serve_with(self, selector: selectors.BaseSelector) -> None:
        """Register what listens, from now on, with what is to be called when a connection comes."""
        self._selector = selector
        for sock in self._listening.values():
            selector.register(sock, selectors.EVENT_READ, _taker(sock))

    def keep(self, addresses: Iterable[str]) -> None:
        """Listen on just these addresses.

        Raises
        ------
        OSError
            One of them has this port in use, or the process may open no more sockets.
        """
        wanted = set(addresses)
        for address in self._listening.keys() - wanted:
            sock = self._listening.pop(address)
            if self._selector:
                self._selector.unregister(sock)
            sock.close()
        for address in sorted(wanted - self._listening.keys()):
            sock = _bound(address, self.port)
            self._listening[address] = sock
            sock.listen(BACKLOG)
            sock.setblocking(False)
            if self._selector:
                self._selector.register(sock, selectors.EVENT_READ, _taker(sock))


def allow_open_files() -> None:
    """Raise the number of files that this process may open to what it is allowed to choose itself."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _bound(address: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((address, port))
    except BaseException:
        sock.close()
        raise
    return sock


def _taker(sock: socket.socket) -> Callable[[], None]:
    def take() -> None:
        for _ in range(CONNECTIONS_AT_ONCE):
            try:
                connection, _ = sock.accept()
            except OSError:  # none left, or gone again
                return
            connection.close()

    return take
