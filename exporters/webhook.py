"""Posts events to a URL, signed: one attempt per call, on a connection of its own, with a deadline for all of it.

The HTTP is h11's, over asyncio streams: only so does one deadline cover name, connection, TLS, and an answer that
trickles in octet by octet. No redirect is followed: it would hand the events to whoever the receiver names.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from typing import Final

import h11

from phusong.exporters.events import Event, events_to_json
from phusong.exporters.receiver import UNREACHED, DeliveryFailed, Rejected, Resolver, client_tls, why_unreached

MOST_ANSWER_BYTES: Final = 65_536
"""Of an answer, head and body, no more is read."""
MOST_INTERIM: Final = 5
"""So many 1xx answers may come before the final one."""
READ_BYTES: Final = 16_384
TRY_AGAIN: Final = frozenset({408, 425, 429})
"""Of 4xx, those that say: not now. All others say: never."""
_SECONDS = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class WebhookUrl:
    """The parts of ``http(s)://host:port/path?query``; the last may hold a token, so it is never shown."""

    tls: bool
    host: str
    port: int
    target: str = field(repr=False)

    @property
    def authority(self) -> str:
        """Host and port as they stand in the header ``Host``."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.tls else 80) else f"{host}:{self.port}"


def signature(secret: bytes, timestamp: str, body: bytes) -> str:
    """Return the value of ``X-Phusong-Signature``: HMAC-SHA256 of ``timestamp.body``, in hexadecimal."""
    return "v1=" + hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def retry_after_s(value: str, now: float) -> float:
    """Read the header ``Retry-After`` (RFC 9110, section 10.2.3); 0 when it says nothing that can be used."""
    if _SECONDS.fullmatch(value):
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
        return max(0.0, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now)
    except (ValueError, OverflowError, TypeError):
        return 0.0


class Webhook:
    """A receiver by HTTP POST; it is verified by the certificates in ``ca_pem`` or, without any, the system's."""

    most_at_once = 50

    def __init__(
        self,
        url: WebhookUrl,
        secret: bytes,
        resolve: Resolver,
        *,
        timeout_s: float = 10.0,
        ca_pem: str = "",
        unix_time: Callable[[], float] = time.time,
    ) -> None:
        self._url = url
        self._secret = secret
        self._resolve = resolve
        self._timeout_s = timeout_s
        self._tls = client_tls(ca_pem) if url.tls else None
        self._unix_time = unix_time

    async def send(self, events: Sequence[Event]) -> None:
        """Post the events in one request.

        Raises
        ------
        DeliveryFailed
            Nobody took them.
        """
        body = events_to_json(events)
        head: h11.Response | None = None
        try:
            async with asyncio.timeout(self._timeout_s), self._posted(body) as answer:
                head = await answer.head()
                await answer.skip_body()
        except h11.RemoteProtocolError:
            if head is None:
                raise DeliveryFailed("bad_answer", "the answer is not HTTP") from None
        except UNREACHED as error:
            if head is None:
                raise why_unreached(error, self._timeout_s) from None
        if head is not None:  # it counts whatever became of the body
            self._judge(head)

    def close(self) -> None:
        """Nothing stays open between attempts."""

    @asynccontextmanager
    async def _posted(self, body: bytes) -> AsyncIterator[_Answer]:
        """Send the request on a new connection."""
        url = self._url
        address = await self._resolve(url.host)
        reader, writer = await asyncio.open_connection(
            address, url.port, ssl=self._tls, server_hostname=url.host if self._tls else None
        )
        try:
            http = h11.Connection(h11.CLIENT)
            for part in (self._request(body), h11.Data(data=body), h11.EndOfMessage()):
                writer.write(http.send(part) or b"")
            await writer.drain()
            yield _Answer(http, reader)
        finally:
            writer.transport.abort()  # an orderly end would wait for the receiver

    def _request(self, body: bytes) -> h11.Request:
        timestamp = str(int(self._unix_time()))
        return h11.Request(
            method="POST",
            target=self._url.target,
            headers=[
                ("Host", self._url.authority),
                ("User-Agent", f"phusong/{version('phusong')}"),
                ("Content-Type", "application/json"),
                ("Content-Length", str(len(body))),
                ("Connection", "close"),
                ("X-Phusong-Timestamp", timestamp),
                ("X-Phusong-Signature", signature(self._secret, timestamp, body)),
            ],
        )

    def _judge(self, answer: h11.Response) -> None:
        status = answer.status_code
        problem = f"HTTP status {status}"
        if 200 <= status < 300:
            return
        if 300 <= status < 400:
            raise DeliveryFailed("redirect", f"{problem}: redirects are not followed, name the final URL")
        if 400 <= status < 500 and status not in TRY_AGAIN:
            raise Rejected("rejected", problem)
        wanted = next((value for name, value in answer.headers if name == b"retry-after"), b"")
        rest_s = retry_after_s(wanted.decode("latin-1"), self._unix_time())
        raise DeliveryFailed("throttled" if status in TRY_AGAIN else "server_error", problem, retry_after_s=rest_s)


class _Answer:
    """An answer on its way, of which no more than ``MOST_ANSWER_BYTES`` are read."""

    def __init__(self, http: h11.Connection, reader: asyncio.StreamReader) -> None:
        self._http = http
        self._reader = reader
        self._size = 0

    async def head(self) -> h11.Response:
        """Return status and headers of the final answer.

        Raises
        ------
        h11.RemoteProtocolError
            There is none, or it is not HTTP.
        """
        for _ in range(MOST_INTERIM + 1):
            event = await self._next()
            if isinstance(event, h11.Response):
                return event
        raise h11.RemoteProtocolError("no answer")

    async def skip_body(self) -> None:
        """Read to the end, so that the receiver sees no broken connection."""
        while await self._next():
            pass

    async def _next(self) -> h11.Event | None:
        """Return what comes next, ``None`` at the end or when it is too much."""
        while self._size <= MOST_ANSWER_BYTES:
            event = self._http.next_event()
            if event is not h11.NEED_DATA:
                return event if isinstance(event, (h11.InformationalResponse, h11.Response, h11.Data)) else None
            data = await self._reader.read(READ_BYTES)
            self._size += len(data)
            self._http.receive_data(data)
        return None
