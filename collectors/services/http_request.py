"""One HTTP GET on a connection of its own, with one deadline for all of it: connection, TLS, a trickling answer.

The HTTP is h11's, over asyncio streams. No redirect is followed: it would hand the headers, and a password in
them, to whoever the server names. What an answer means is said elsewhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from types import MappingProxyType
from typing import Final

import h11

from phusong.collectors.call_readings import CertificateReading
from phusong.collectors.device_text import decode_text

from .certificates import Trust
from .connection import NO_ANSWER, BadAnswer, Connection, Silent, TlsWanted, Untrusted, connected
from .sip_options import host_part

MOST_BYTES: Final = 1_048_576
"""Of a body no more is read, unless somebody asks for more."""
MOST_INTERIM: Final = 5
"""So many 1xx answers may come before the final one."""
READ_BYTES: Final = 65_536
NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})
ANYBODY_KNOWN: Final = Trust()
_USER_AGENT: Final = f"phusong/{version('phusong')}"


@dataclass(frozen=True, slots=True)
class HttpUrl:
    """Where to ask: the name is in the request and in the certificate, the address is where it goes.

    Raises
    ------
    ValueError
        The path cannot stand in a request.
    """

    tls: bool
    address: str
    """Numeric."""
    port: int
    path: str = "/"
    """With the query, as it is sent: other than ASCII in %-escapes."""
    server_name: str = ""
    """Empty: the address."""

    def __post_init__(self) -> None:
        if (
            not self.path.startswith("/")
            or not self.path.isascii()
            or not self.path.isprintable()
            or " " in self.path
        ):
            raise ValueError(
                "a path begins with / and is of ASCII letters without blanks: write others as %-escapes"
            )

    @property
    def authority(self) -> str:
        """Host and port as they stand in the header ``Host``."""
        host = self.server_name or host_part(self.address)
        return host if self.port == (443 if self.tls else 80) else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What the server answered."""

    status: int
    content_type: str
    """As it came: media type and, perhaps, charset."""
    body: bytes = field(repr=False)
    whole: bool
    """Whether that is all of the body; not so when it is longer than what was asked for."""
    latency_s: float
    """From the begin of the connection until the last of the body that was read."""
    certificate: CertificateReading | None = None


async def http_get(
    url: HttpUrl,
    *,
    headers: Mapping[str, str] = NO_HEADERS,
    trust: Trust = ANYBODY_KNOWN,
    verify: bool = True,
    timeout_s: float,
    most_bytes: int = MOST_BYTES,
) -> HttpAnswer:
    """Get a page.

    Parameters
    ----------
    headers
        Sent besides Host, User-Agent, Accept-Encoding and Connection; they may hold a password.
    trust
        Whom to trust by TLS.
    verify
        Send nothing to a server that is not trusted; one without TLS is not. Without it the certificate is only
        read, and servers with the TLS of 2010 are accepted as long as there are no ``headers``.
    timeout_s
        For all of it.
    most_bytes
        Of the body no more is read; with 0 none is, and the answer is there with its head.

    Raises
    ------
    Refused, Unreachable, Silent
        No answer: see ``connection`` for all errors, their base is ``ServiceError``.
    Untrusted
        It must be verified and is not; nothing was sent.
    BadAnswer
        It is not HTTP, or broken off.
    ValueError
        A header cannot be sent.
    """
    request = _request(url, headers)
    if verify and not url.tls:
        raise Untrusted("without TLS nobody can be trusted")
    tls = TlsWanted(url.server_name, trust, verify, secret=bool(headers)) if url.tls else None
    exchange = _Exchange(most_bytes)
    try:
        async with asyncio.timeout(timeout_s), connected(url.address, url.port, tls) as connection:
            return await exchange.run(connection, request)
    except h11.RemoteProtocolError:
        problem = "the answer is not HTTP" if exchange.status is None else "the page breaks off"
        raise BadAnswer(problem, code=exchange.status, certificate=exchange.certificate) from None
    except BadAnswer as error:
        raise BadAnswer(
            str(error), code=exchange.status, certificate=error.certificate or exchange.certificate
        ) from None
    except TimeoutError:
        problem = "no answer" if exchange.status is None else "the page did not end"
        raise Silent(
            f"{problem} within {round(timeout_s, 1):g} s", code=exchange.status, certificate=exchange.certificate
        ) from None


def _request(url: HttpUrl, headers: Mapping[str, str]) -> h11.Request:
    fixed = {
        "Host": url.authority,
        "User-Agent": _USER_AGENT,
        "Accept-Encoding": "identity",
        "Connection": "close",
    }
    try:
        return h11.Request(method="GET", target=url.path, headers=[*fixed.items(), *headers.items()])
    except (h11.LocalProtocolError, UnicodeError):  # their messages show the value
        raise ValueError("a header has letters that cannot be sent") from None


class _Exchange:
    """One request and its answer; what is known of it outlives an answer that breaks off."""

    def __init__(self, most_bytes: int) -> None:
        self.status: int | None = None
        self.certificate: CertificateReading | None = None
        self._most_bytes = most_bytes

    async def run(self, connection: Connection, request: h11.Request) -> HttpAnswer:
        """Ask and read the answer.

        Raises
        ------
        h11.RemoteProtocolError, BadAnswer, OSError
            There is none, it is not HTTP, or it breaks off.
        """
        self.certificate = connection.certificate
        http = h11.Connection(h11.CLIENT)
        for part in (request, h11.EndOfMessage()):
            connection.writer.write(http.send(part) or b"")
        answer = _Answer(http, connection.reader)
        head = await answer.head()
        self.status = head.status_code
        body, whole = await answer.body(self._most_bytes)
        kind = next((value for name, value in head.headers if name == b"content-type"), b"")
        latency_s = asyncio.get_running_loop().time() - connection.began
        return HttpAnswer(head.status_code, decode_text(kind), body, whole, latency_s, self.certificate)


class _Answer:
    """An answer on its way."""

    def __init__(self, http: h11.Connection, reader: asyncio.StreamReader) -> None:
        self._http = http
        self._reader = reader
        self._came = False

    async def head(self) -> h11.Response:
        """Return status and headers of the final answer."""
        for _ in range(MOST_INTERIM + 1):
            event = await self._next()
            if isinstance(event, h11.Response):
                return event
        raise BadAnswer("the answer is not HTTP" if self._came else NO_ANSWER)

    async def body(self, most_bytes: int) -> tuple[bytes, bool]:
        """Return the body up to so many octets, and whether that is all."""
        if not most_bytes:
            return b"", False
        body = bytearray()
        while isinstance(event := await self._next(), h11.Data):
            body += event.data
            if len(body) > most_bytes:
                return bytes(body[:most_bytes]), False
        return bytes(body), True

    async def _next(self) -> h11.Event | None:
        """Return what comes next, ``None`` at the end."""
        while True:
            event = self._http.next_event()
            if event is not h11.NEED_DATA:
                return event if isinstance(event, (h11.InformationalResponse, h11.Response, h11.Data)) else None
            data = await self._reader.read(READ_BYTES)
            self._came |= bool(data)
            if not (data or self._came):
                raise BadAnswer(NO_ANSWER)
            self._http.receive_data(data)
