"""Connections to services, by TCP or TLS, and the one tree of what can go wrong on them.

What is said on a connection lives in ``http_request`` and ``sip_exchange``; whom to trust in ``certificates``.
Nothing here has a deadline of its own: the caller's covers all steps.

    ServiceError
    +-- Refused          also ConnectionRefusedError
    +-- Unreachable
    +-- NoSockets        also OSError
    +-- Silent           also TimeoutError
    +-- BadAnswer
    +-- Untrusted
"""

from __future__ import annotations

import asyncio
import errno
import os
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import ClassVar, Final

from phusong.collectors.call_readings import CertificateReading, ServiceState

from .certificates import (
    NOT_THE_PINNED_ONE,
    Trust,
    fingerprint,
    read_certificate,
    tls_failure,
    unverified_tls,
    verifying_tls,
    why_untrusted,
)

NO_ANSWER: Final = "it closed the connection without an answer"
OUT_OF_SOCKETS: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class ServiceError(Exception):
    """A service could not be asked, or its answer is no good; the message is for people and holds no secret."""

    state: ClassVar[ServiceState] = ServiceState.BAD_ANSWER

    def __init__(
        self, problem: str, *, code: int | None = None, certificate: CertificateReading | None = None
    ) -> None:
        self.code = code
        """Status code of the answer, if it came so far."""
        self.certificate = certificate
        """What the server showed, if it came so far."""
        super().__init__(problem)


class Refused(ServiceError, ConnectionRefusedError):
    """The address is there and refuses the port."""

    state = ServiceState.REFUSED


class Unreachable(ServiceError):
    """There is no way to the address."""

    state = ServiceState.UNREACHABLE


class NoSockets(ServiceError, OSError):
    """Our own machine has no more sockets: that says nothing of the service."""


class Silent(ServiceError, TimeoutError):
    """No answer before the deadline."""

    state = ServiceState.SILENT


class BadAnswer(ServiceError):
    """What came is not in the protocol, or the connection was closed first."""


class Untrusted(ServiceError):
    """The server is not the one that is wanted: nothing was sent to it."""

    state = ServiceState.BAD_CERTIFICATE


@dataclass(frozen=True, slots=True)
class TlsWanted:
    """How to speak TLS with a server."""

    server_name: str
    """The name its certificate must be for; empty for its address."""
    trust: Trust
    must_be_trusted: bool
    """Without it the certificate is only looked at."""
    secret: bool = False
    """Whether a secret will be sent."""

    @property
    def old_will_do(self) -> bool:
        """Whether the TLS of old endpoints is enough, 1.0 with small keys: who only looks has nothing to lose."""
        return not (self.must_be_trusted or self.secret)


@dataclass(slots=True)
class Connection:
    """An open connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    began: float
    """When it began to be opened, in the loop's time."""
    ready: float
    """When it could be used."""
    certificate: CertificateReading | None = None

    @property
    def local(self) -> tuple[str, int]:
        """Our own numeric address and port on it."""
        host, port = self.writer.get_extra_info("sockname")[:2]
        return str(host), int(port)

    @property
    def certificate_der(self) -> bytes:
        """The server's certificate; empty without TLS."""
        tls: ssl.SSLObject | None = self.writer.get_extra_info("ssl_object")
        return (tls.getpeercert(binary_form=True) or b"") if tls else b""

    async def abort(self) -> None:
        """Close it at once; an orderly end would wait for the server."""
        self.writer.transport.abort()
        with suppress(OSError):
            await self.writer.wait_closed()


@asynccontextmanager
async def connected(address: str, port: int, tls: TlsWanted | None = None) -> AsyncIterator[Connection]:
    """Open a connection to a numeric address for as long as the block lasts.

    Raises
    ------
    ServiceError
        It cannot be had, or breaks in the block.
    """
    try:
        connection = await (_open_tls(address, port, tls) if tls else _open(address, port))
        try:
            yield connection
        finally:
            await connection.abort()
    except OSError as error:
        raise explained(error) from None


def explained(error: OSError) -> ServiceError:
    """Say what an error of a socket or of TLS means for a service."""
    if isinstance(error, ServiceError):
        return error
    if isinstance(error, ssl.SSLError):
        return BadAnswer(f"TLS failed: {tls_failure(error)}")
    if isinstance(error, ConnectionRefusedError):
        return Refused("it refuses the port")
    if isinstance(error, TimeoutError):
        return Silent("no answer")
    if isinstance(error, ConnectionError):
        return BadAnswer(NO_ANSWER)
    if error.errno in OUT_OF_SOCKETS:
        return NoSockets(f"{os.strerror(error.errno)}: raise the limit of open files")
    return Unreachable(os.strerror(error.errno) if error.errno else "no way to it")


async def _open(
    address: str, port: int, context: ssl.SSLContext | None = None, server_name: str | None = None
) -> Connection:
    loop = asyncio.get_running_loop()
    began = loop.time()
    reader, writer = await asyncio.open_connection(address, port, ssl=context, server_hostname=server_name)
    return Connection(reader, writer, began, loop.time())


async def _open_tls(address: str, port: int, tls: TlsWanted) -> Connection:
    """Open a connection to a server that is trusted, or need not be."""
    name = tls.server_name or address.partition("%")[0]
    if tls.trust.certificate_sha256:
        return await _open_pinned(address, port, name, tls)
    try:
        connection = await _open(address, port, verifying_tls(tls.trust.ca_pem), name)
    except ssl.SSLCertVerificationError as error:
        return await _open_refused(address, port, name, tls, error)
    except (
        ssl.SSLError,
        ConnectionResetError,
    ) as error:  # some old ones just hang up on TLS that they do not know
        if not tls.old_will_do:
            raise
        return await _open_refused(address, port, name, tls, error)
    connection.certificate = read_certificate(connection.certificate_der)
    return connection


async def _open_pinned(address: str, port: int, name: str, tls: TlsWanted) -> Connection:
    # The pin says whom we talk to, so the handshake need not; before it is compared nothing is sent.
    connection = await _open(address, port, unverified_tls(legacy=tls.old_will_do), name)
    der = connection.certificate_der
    pinned = fingerprint(der) == tls.trust.certificate_sha256
    connection.certificate = read_certificate(der, "" if pinned else NOT_THE_PINNED_ONE)
    if tls.must_be_trusted and not pinned:
        await connection.abort()
        raise Untrusted(f"certificate: {NOT_THE_PINNED_ONE}", certificate=connection.certificate)
    return connection


async def _open_refused(address: str, port: int, name: str, tls: TlsWanted, refusal: OSError) -> Connection:
    """Shake hands once more without verification: to use the connection, or only to see the certificate."""
    try:
        connection = await _open(address, port, unverified_tls(legacy=tls.old_will_do), name)
    except OSError:
        if not tls.must_be_trusted:
            raise
        raise Untrusted(f"certificate: {why_untrusted(refusal, b'', time.time())}") from None
    der = connection.certificate_der
    problem = why_untrusted(refusal, der, time.time())
    connection.certificate = read_certificate(der, problem)
    if tls.must_be_trusted:
        await connection.abort()
        raise Untrusted(f"certificate: {problem}", certificate=connection.certificate)
    return connection
