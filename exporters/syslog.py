"""Sends events to a syslog receiver: UDP (RFC 5426), TCP (RFC 6587), TLS (RFC 5425); streams with octet counting.

Syslog has no answer. On a stream, what was sent counts as delivered when the receiver's kernel has acknowledged it
and the connection still stands; over UDP when it has left. What a message looks like is in ``syslog_message``.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import socket
import ssl
import sys
import termios
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

from phusong.exporters.events import Event
from phusong.exporters.receiver import UNREACHED, Resolver, why_unreached
from phusong.exporters.syslog_message import FACILITIES, syslog_message

DEADLINE_S: Final = 10.0
LOOK_S: Final = 0.01
"""How often the kernel is asked whether everything is acknowledged."""
SETTLE_S: Final = 0.25
"""A new connection is trusted after this: a receiver that wants a certificate of ours, say, closes it at once."""
MOST_SAID_BYTES: Final = 65_536
"""A receiver has nothing to say; one that says more than this is not one."""


@dataclass(frozen=True, slots=True)
class SyslogAddress:
    """Where the receiver is; ``transport`` is ``udp``, ``tcp`` or ``tls``."""

    transport: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Stamp:
    """What all messages of this process have in common."""

    facility: str
    hostname: str
    process_id: int

    def message(self, event: Event) -> bytes:
        """Return an event as a message."""
        return syslog_message(
            event, facility=FACILITIES[self.facility], hostname=self.hostname, process_id=self.process_id
        )


def stamp_of_this_process(facility: str) -> Stamp:
    """Take host name and process id as they are now."""
    return Stamp(facility, socket.gethostname(), os.getpid())


class UdpSyslog:
    """A receiver that is sent one message in a datagram."""

    most_at_once = 1

    def __init__(self, address: SyslogAddress, stamp: Stamp, resolve: Resolver) -> None:
        self._address = address
        self._stamp = stamp
        self._resolve = resolve
        self._socket: socket.socket | None = None
        self._peer = ""

    async def send(self, events: Sequence[Event]) -> None:
        """Send each event as a datagram.

        Raises
        ------
        DeliveryFailed
            It did not leave, or nobody listens, as the one before has shown.
        """
        try:
            peer = await self._resolve(self._address.host)
            if self._socket is None or peer != self._peer:
                self.close()
                self._socket, self._peer = self._open(peer), peer
            for event in events:
                self._socket.send(self._stamp.message(event))
        except UNREACHED as error:
            self.close()
            raise why_unreached(error, DEADLINE_S) from None

    def close(self) -> None:
        """Close the socket."""
        if self._socket:
            self._socket.close()
        self._socket = None

    def _open(self, peer: str) -> socket.socket:
        family = socket.AF_INET6 if ":" in peer else socket.AF_INET
        opened = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        try:
            opened.connect((peer, self._address.port))
        except OSError:
            opened.close()
            raise
        return opened


class StreamSyslog:
    """A receiver on one connection over TCP or, with ``tls``, TLS; opened again when it breaks."""

    most_at_once = 50

    def __init__(
        self, address: SyslogAddress, stamp: Stamp, resolve: Resolver, tls: ssl.SSLContext | None = None
    ) -> None:
        self._address = address
        self._stamp = stamp
        self._resolve = resolve
        self._tls = tls
        self._stream: _Stream | None = None

    async def send(self, events: Sequence[Event]) -> None:
        """Send the events and wait until the receiver's kernel has them.

        Raises
        ------
        DeliveryFailed
            It may not have all of them; the next attempt is made on a new connection.
        """
        messages = [self._stamp.message(event) for event in events]
        framed = b"".join(b"%d " % len(message) + message for message in messages)
        is_sent = False
        try:
            async with asyncio.timeout(DEADLINE_S):
                if self._stream is None or self._stream.broken:
                    self.close()
                    self._stream = await self._connect()
                await self._stream.send(framed)
            is_sent = True
        except UNREACHED as error:
            raise why_unreached(error, DEADLINE_S) from None
        finally:
            if not is_sent:
                self.close()

    def close(self) -> None:
        """Close the connection."""
        if self._stream:
            self._stream.close()
        self._stream = None

    async def _connect(self) -> _Stream:
        loop = asyncio.get_running_loop()
        peer = await self._resolve(self._address.host)
        tcp, stream = await loop.create_connection(_Stream, peer, self._address.port)
        if self._tls:
            try:
                tls = await loop.start_tls(tcp, stream, self._tls, server_hostname=self._address.host)
            except BaseException:
                tcp.abort()
                raise
            stream.secured(tls)
        return stream


class _Stream(asyncio.Protocol):
    """One connection. What the receiver says is not kept."""

    def __init__(self) -> None:
        self._lost = False
        self._settled = False
        self._said_bytes = 0

    @property
    def broken(self) -> bool:
        """Whether nothing more can be sent."""
        return self._lost or self._top.is_closing() or self._tcp.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._tcp = self._top = cast("asyncio.Transport", transport)

    def secured(self, tls: asyncio.Transport | None) -> None:
        """Send through TLS from now on."""
        if tls is None:
            raise ConnectionResetError("the receiver closed the connection")
        self._top = tls

    def data_received(self, data: bytes) -> None:
        self._said_bytes += len(data)
        if self._said_bytes > MOST_SAID_BYTES:
            self.close()

    def eof_received(self) -> None:
        self._lost = True

    def connection_lost(self, _error: Exception | None) -> None:
        self._lost = True

    def close(self) -> None:
        self._top.abort()
        self._tcp.abort()

    async def send(self, data: bytes) -> None:
        """Write, and wait until all is acknowledged."""
        self._top.write(data)
        while not self.broken and self._unacknowledged_bytes():  # noqa: ASYNC110 - the kernel has no event for it
            await asyncio.sleep(LOOK_S)
        if not self._settled:
            await asyncio.sleep(SETTLE_S)
            self._settled = True
        if self.broken:
            raise ConnectionResetError("the receiver closed the connection")

    def _unacknowledged_bytes(self) -> int:
        sent = fcntl.ioctl(self._tcp.get_extra_info("socket").fileno(), termios.TIOCOUTQ, bytes(4))
        buffered = self._top.get_write_buffer_size() + self._tcp.get_write_buffer_size()
        return buffered + int.from_bytes(sent, sys.byteorder)
