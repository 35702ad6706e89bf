"""Host names to numeric addresses, without ever holding up a poll.

A numeric address is returned as the kernel writes it. A name is looked up in a thread; an address once found is
kept and looked up again beside the polls, for as long as the name server is away too.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import threading
from collections.abc import Callable
from functools import lru_cache

LOOK_UP_AGAIN_S = 300.0
TIME_LIMIT_S = 5.0


def resolve(host: str) -> str:
    """Ask the system's resolver for an address; may block for a long time.

    Raises
    ------
    OSError, UnicodeError
        There is none, the name server is away, or this cannot be a name.
    """
    return str(socket.getaddrinfo(host, None, type=socket.SOCK_DGRAM)[0][4][0])


class HostAddresses:
    """Looks names up and remembers the answers; belongs to one event loop."""

    def __init__(self, monotonic: Callable[[], float], resolver: Callable[[str], str] = resolve) -> None:
        self._monotonic = monotonic
        self._resolver = resolver
        self._known: dict[str, str] = {}
        self._found_at: dict[str, float] = {}
        self._running: dict[str, asyncio.Future[None]] = {}
        self.changes = 0
        """How often a name has got another address: who keeps addresses of names looks again when this moves."""

    def known(self, host: str) -> str | None:
        """Return the address of ``host`` as far as it is known now, without asking anybody."""
        try:
            return as_kernel_writes(host)
        except ValueError:
            return self._known.get(host)

    async def numeric(self, host: str) -> str:
        """Return an IP address for ``host``; waits at most 5 s, and only for a name not known yet.

        Raises
        ------
        OSError
            The name has never been found.
        """
        try:
            return as_kernel_writes(host)
        except ValueError:
            pass
        if host not in self._known:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TIME_LIMIT_S):
                    await asyncio.shield(self._look_up(host))
        elif self._monotonic() - self._found_at[host] >= LOOK_UP_AGAIN_S:
            self._look_up(host)
        if host not in self._known:
            raise OSError(f"host name {host} cannot be resolved")
        return self._known[host]

    def _look_up(self, host: str) -> asyncio.Future[None]:
        """Start a look-up, or join the one on its way: a hanging resolver holds one thread for each name."""
        running = self._running.get(host)
        if running is None:
            loop = asyncio.get_running_loop()
            running = self._running[host] = loop.create_future()
            # A daemon thread and no executor: the end of the program must not wait for the resolver.
            threading.Thread(target=self._resolve, args=(host, loop), name=f"resolve-{host}", daemon=True).start()
        return running

    def _resolve(self, host: str, loop: asyncio.AbstractEventLoop) -> None:
        try:
            address = self._resolver(host)
        except (OSError, UnicodeError):
            address = ""
        with contextlib.suppress(RuntimeError):  # the loop has ended in the meantime
            loop.call_soon_threadsafe(self._take, host, address)

    def _take(self, host: str, address: str) -> None:
        if address:
            self.changes += address != self._known.get(host)
            self._known[host] = address
        self._found_at[host] = self._monotonic()
        self._running.pop(host).set_result(None)


@lru_cache(maxsize=100_000)  # the same few thousand addresses are asked again and again
def as_kernel_writes(address: str) -> str:
    """Return a numeric address in the form in which replies from it come, an IPv4-mapped one as IPv4.

    Raises
    ------
    ValueError
        It is not a numeric address.
    """
    parsed = ipaddress.ip_address(address)
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return str(mapped or parsed)
