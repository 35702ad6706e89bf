"""The HTTP server in the daemon's own event loop: the listening socket, TLS, and who is thrown out when.

hypercorn speaks HTTP and drops requests that do not become complete in time; ``web_app`` answers. hypercorn's own
``serve`` has no limit on connections and no way to report the port, so its connections are started from here.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
import ssl
from dataclasses import dataclass
from typing import cast

import h11
import structlog
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config
from hypercorn.events import Event, RawData
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.typing import Framework, LifespanState
from hypercorn.utils import wrap_app
from starlette.types import ASGIApp

from phusong.exporters.web_config import TlsConfig

_log = structlog.get_logger()

_REMEDIES = {
    errno.EADDRINUSE: "stop the program that has this address, or set another one",
    errno.EACCES: "ports below 1024 need CAP_NET_BIND_SERVICE: set a higher one, or grant it in the unit",
    errno.EADDRNOTAVAIL: "no interface of this machine has this address: set another one",
}


class ListenError(OSError):
    """The server cannot listen; the message names address, reason and remedy."""


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """What one client may cost. Times are seconds."""

    connections: int = 512
    """Open connections; one more, and the oldest is dropped: a half-open one is always older than a scrape."""
    request_s: float = 4.0
    """For a request's head to be complete, and for the next request on the same connection to begin."""
    stalled_s: float = 10.0
    """For a client to take up what was sent (TCP_USER_TIMEOUT); slow but steady ones are not cut off."""
    head_bytes: int = 16 * 1024
    """Size of a request's head."""
    drain_s: float = 3.0
    """For requests in progress to end when the server closes."""


DEFAULT_LIMITS = ServerLimits()

TURNS_TO_CONNECT = 4
"""Turns of the event loop from the acceptance of a connection to its protocol's start, and one more."""


class StatusServer:
    """Serves one application on one address: ``start``, then ``address``, then ``close``."""

    def __init__(
        self,
        app: ASGIApp,
        host: str,
        port: int,
        tls: TlsConfig | None = None,
        limits: ServerLimits = DEFAULT_LIMITS,
    ) -> None:
        self._host = host
        self._port = port
        self._tls = tls
        self._limits = limits
        self._config = _hypercorn_config(limits)
        # Starlette and hypercorn describe the same ASGI in types of their own.
        self._app = wrap_app(cast("Framework", app), self._config.wsgi_max_body_size, "asgi")
        self._turn = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._open: dict[asyncio.Task[None], asyncio.WriteTransport] = {}
        self._server: asyncio.Server | None = None
        self._context = WorkerContext(None)

    async def start(self) -> None:
        """Listen and answer from now on.

        Raises
        ------
        ListenError
            The address is in use, not ours, not allowed, or does not resolve.
        """
        listener = _listen(self._host, self._port, self._limits)
        self._server = await asyncio.start_server(
            self._connected,
            sock=listener,
            ssl=tls_context(self._tls) if self._tls else None,
            ssl_handshake_timeout=self._limits.request_s if self._tls else None,
        )

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that the server listens on; the port is the real one where 0 was asked for."""
        if self._server is None or not self._server.sockets:
            raise RuntimeError("the server does not listen; call start() first")
        host, port, *_ = self._server.sockets[0].getsockname()
        return host, port

    @property
    def connections(self) -> int:
        """Number of connections that are open now."""
        return len(self._open)

    async def close(self) -> None:
        """Stop listening, give requests in progress ``drain_s`` to end, then drop what is left."""
        if self._server is None:
            return
        await self._stop_accepting(self._server)
        await self._context.terminated.set()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self._limits.drain_s)
        for transport in self._open.values():
            transport.abort()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._server.wait_closed()
        self._server = None

    async def _stop_accepting(self, server: asyncio.Server) -> None:
        """Take no more connections; those that asyncio has taken already become known to ``_connected``.

        Closing a server right away loses them: they would stay open until somebody else closes them.
        """
        for listener in server.sockets:
            asyncio.get_running_loop().remove_reader(listener.fileno())
        for _ in range(TURNS_TO_CONNECT):
            await asyncio.sleep(0)
        server.close()

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while len(self._open) >= self._limits.connections:
            oldest = next(iter(self._open))
            self._open.pop(oldest).abort()
        task = asyncio.get_running_loop().create_task(self._converse(reader, writer))
        self._tasks.add(task)
        self._open[task] = writer.transport
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        transport = self._open.pop(task, None)
        if transport is not None:
            transport.abort()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        try:
            # One new connection per turn of the event loop: a crowd that arrives at once must not hold up a poll.
            async with self._turn:
                await asyncio.sleep(0)
            await _Connection(self._app, loop, self._config, self._context, LifespanState(), reader, writer)
        except* OSError:
            pass  # The other side is gone; that is its business.
        except* Exception as error:  # noqa: BLE001 (the border around one connection: no input may end the server)
            _log.warning("web_connection_failed", error=repr(error.exceptions[0]))


class _Http1(H11Protocol):
    """HTTP/1.1 that stays HTTP/1.1.

    hypercorn's clock for half-open requests stops once a connection becomes HTTP/2 (by a preface or by
    ``Upgrade: h2c``) or a WebSocket, so anybody could hold connections for ever. A server may ignore the wish.
    """

    async def _check_protocol(self, event: h11.Request) -> None:
        pass

    async def _create_stream(self, request: h11.Request) -> None:
        headers = [(name, value) for name, value in request.headers if name != b"upgrade"]
        await super()._create_stream(
            h11.Request(
                method=request.method, target=request.target, headers=headers, http_version=request.http_version
            )
        )


class _Connection(TCPServer):
    """One connection of hypercorn, with the protocol above in place of its choice of protocols."""

    async def protocol_send(self, event: Event) -> None:
        """Send, unless the other side is gone: asyncio would log a warning for every piece that is left."""
        if not (isinstance(event, RawData) and self.writer.is_closing()):
            await super().protocol_send(event)

    async def _read_data(self) -> None:
        chosen = self.protocol.protocol
        self.protocol.protocol = _Http1(
            chosen.app,
            chosen.config,
            chosen.context,
            chosen.task_group,
            chosen.connection_state,
            chosen.ssl,
            chosen.client,
            chosen.server,
            chosen.send,
        )
        await super()._read_data()


def tls_context(tls: TlsConfig) -> ssl.SSLContext:
    """Return the server's TLS settings; HTTP/1.1 only, which every scraper and browser speaks."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = tls.min_version
    context.load_cert_chain(tls.cert_file, tls.key_file)
    if tls.client_ca_file is not None:
        context.load_verify_locations(tls.client_ca_file)
    context.verify_mode = tls.verify_mode
    context.set_alpn_protocols(["http/1.1"])
    return context


def _hypercorn_config(limits: ServerLimits) -> Config:
    config = Config()
    config.errorlog = logging.getLogger("phusong.web")
    config.include_server_header = False
    config.keep_alive_timeout = limits.request_s
    config.h11_max_incomplete_size = limits.head_bytes
    # No read_timeout: it would also cut off a slow download, while nothing is to be read from the client.
    config.read_timeout = None
    return config


def _listen(host: str, port: int, limits: ServerLimits) -> socket.socket:
    """Return a listening socket; an empty host is every address of both families."""
    try:
        if not host and socket.has_dualstack_ipv6():
            listener = socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True)
        else:
            found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
            listener = socket.create_server(found[0][4][:2], family=found[0][0])
    except OSError as error:
        place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        # gaierror has numbers of its own, so it takes neither a remedy by number nor strerror.
        unresolved = isinstance(error, socket.gaierror)
        reason = "the name does not resolve" if unresolved else os.strerror(error.errno or 0).lower()
        remedy = "check the address" if unresolved else _REMEDIES.get(error.errno or 0, "check the address")
        raise ListenError(f"cannot listen on {place}: {reason}; {remedy} (web.listen)") from error
    # Accepted connections inherit it.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(limits.stalled_s * 1000))
    return listener
