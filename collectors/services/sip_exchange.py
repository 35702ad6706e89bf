"""Asks one SIP user agent or server with OPTIONS, over UDP or over a connection, and waits for the final answer.

How the messages read is in ``sip_options``.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from phusong.collectors.call_readings import CertificateReading

from .connection import NO_ANSWER, BadAnswer, Connection, Silent, explained
from .sip_options import (
    MessageStream,
    NotSip,
    OptionsRequest,
    SipResponse,
    SipTransport,
    build_options,
    parse_response,
    request_uri,
)

T1_S: Final = 0.5
"""First wait before a request by UDP is sent again; it doubles up to ``T2_S`` (RFC 3261, section 17.1.2.2)."""
T2_S: Final = 4.0
MOST_MESSAGES: Final = 100
"""So many messages are read while an answer is waited for."""
READ_BYTES: Final = 16_384


@dataclass(frozen=True, slots=True)
class SipAnswer:
    """A final response and how long it took."""

    response: SipResponse
    latency_s: float
    certificate: CertificateReading | None = None


async def ask_udp(address: str, port: int, sip_uri: str, deadline: float) -> SipAnswer:
    """Ask by UDP, again and again until the deadline (in the loop's time).

    Raises
    ------
    ServiceError
        There was no answer, or none that could be used.
    """
    loop = asyncio.get_running_loop()
    try:
        # Connected, so that a port that is closed is told (ICMP) and datagrams from elsewhere never come up.
        transport, listener = await loop.create_datagram_endpoint(_Listener, remote_addr=(address, port))
    except OSError as error:
        raise explained(error) from None
    try:
        local = transport.get_extra_info("sockname")
        uri = request_uri(sip_uri, address, port, SipTransport.UDP)
        request = build_options(uri, SipTransport.UDP, (local[0], local[1]))
        return await listener.ask(transport, request, deadline)
    finally:
        transport.abort()
        await asyncio.sleep(0)  # the socket is closed in the loop's next step


class _Listener(asyncio.DatagramProtocol):
    """Waits for the answer to one request."""

    def __init__(self) -> None:
        self._request: OptionsRequest | None = None
        self._answered: asyncio.Future[SipResponse] = asyncio.get_running_loop().create_future()
        self._messages = 0
        self._garbage: NotSip | None = None
        self._provisional = False

    async def ask(
        self, transport: asyncio.DatagramTransport, request: OptionsRequest, deadline: float
    ) -> SipAnswer:
        """Send until there is an answer."""
        loop = asyncio.get_running_loop()
        self._request = request
        began = now = loop.time()
        wait_s = T1_S
        while now < deadline:
            transport.sendto(request.octets)
            await asyncio.wait([self._answered], timeout=min(wait_s, deadline - now))
            now = loop.time()
            if self._answered.done():
                return SipAnswer(self._answered.result(), now - began)
            wait_s = T2_S if self._provisional else min(2 * wait_s, T2_S)
        if self._garbage:
            raise BadAnswer(str(self._garbage))
        problem = "only provisional answers" if self._provisional else "no answer"
        raise Silent(f"{problem} within {round(now - began, 1):g} s")

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002 - the socket is connected
        """Take the answer; whatever else comes does not end the wait, for the answer may follow."""
        self._messages += 1
        if self._request is None or self._answered.done():
            return
        if self._messages > MOST_MESSAGES:
            self._answered.set_exception(BadAnswer("too many answers, none to what was asked"))
            return
        try:
            response = parse_response(data)
        except NotSip as error:
            self._garbage = error
            return
        if response and self._request.answered_by(response):
            self._provisional |= response.provisional
            if not response.provisional:
                self._answered.set_result(response)

    def error_received(self, exc: Exception) -> None:
        """Take what the system says of the way or of the port."""
        if isinstance(exc, OSError) and not self._answered.done():
            self._answered.set_exception(explained(exc))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Leave no exception that nobody asked for."""
        if not self._answered.cancel():
            self._answered.exception()


async def ask_connected(connection: Connection, transport: SipTransport, uri: str) -> SipAnswer:
    """Ask over a connection; the caller has the deadline.

    Raises
    ------
    ServiceError
        The answer cannot be used, or the connection was closed.
    OSError
        The connection broke.
    """
    request = build_options(uri, transport, connection.local)
    connection.writer.write(request.octets)
    try:
        response = await _final_response(connection.reader, request)
    except NotSip as error:
        raise BadAnswer(str(error)) from None
    latency_s = asyncio.get_running_loop().time() - connection.began
    return SipAnswer(response, latency_s, connection.certificate)


async def _final_response(reader: asyncio.StreamReader, request: OptionsRequest) -> SipResponse:
    stream = MessageStream()
    for _ in range(MOST_MESSAGES):
        while (message := stream.next_message()) is None:
            octets = await reader.read(READ_BYTES)
            if not octets:
                raise BadAnswer(NO_ANSWER)
            stream.feed(octets)
        response = parse_response(message)
        if response and request.answered_by(response) and not response.provisional:
            return response
    raise BadAnswer("too many answers, none to what was asked")
