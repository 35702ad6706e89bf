"""Asks services whether they answer, many at once under one deadline, and says how each of them did.

The protocols are in ``sip_exchange`` and ``http_request``, connections and trust in ``connection``.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from phusong.collectors.call_readings import CertificateReading, ServiceKind, ServiceReading, ServiceState

from .certificates import Trust
from .connection import NoSockets, ServiceError, Silent, TlsWanted, connected
from .http_request import ANYBODY_KNOWN, MOST_BYTES, HttpAnswer, HttpUrl, http_get
from .sip_exchange import SipAnswer, ask_connected, ask_udp
from .sip_options import SipTransport, request_uri

UNAVAILABLE: Final = 503
"""Service Unavailable: the same code in SIP (RFC 3261) and HTTP (RFC 9110)."""
UNDERSTOOD: Final = frozenset({501, 505, 513})
"""Of 5xx, those of one who is well and only does not know OPTIONS, this version, or so long a message."""
WELL: Final = range(200, 400)
"""Status codes of HTTP that are good where none is named."""
GAP_S: Final = 0.002
"""From the start of one probe to the next: two handshakes cost us 2 ms, and of many at once each would be measured
with the work on all others."""
MOST_SPREAD: Final = 0.25
"""Share of the time in which all have been started."""
CHARSETS: Final = {"windows-1258": "cp1258", "windows-1252": "cp1252", "iso-8859-1": "cp1252", "utf-16": "utf-16"}
"""Of pages that are not UTF-8. No others: some of Python's codecs take minutes for a page made for it."""
MOST_MARKS: Final = 30
"""So many combining marks on one letter are looked at (UAX #15, Stream-Safe Text Format): their order is found in
quadratic time."""
_CHARSET = re.compile(r"charset\s*=\s*\"?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
_HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9_-]{1,63}(?<!-))*")
_SIP: Final = {
    ServiceKind.SIP_UDP: SipTransport.UDP,
    ServiceKind.SIP_TCP: SipTransport.TCP,
    ServiceKind.SIP_TLS: SipTransport.TLS,
}
_TLS: Final = frozenset({ServiceKind.SIP_TLS, ServiceKind.HTTPS, ServiceKind.TLS})


@dataclass(frozen=True, slots=True)
class ServiceToProbe:
    """A service, and what is expected of it.

    Raises
    ------
    ValueError
        It could never be asked: the message says what is wrong.
    """

    kind: ServiceKind
    address: str
    """Numeric, IPv4 or IPv6."""
    port: int
    server_name: str = ""
    """For the certificate and the header Host; empty: the address."""
    sip_uri: str = ""
    """Empty: the address."""
    path: str = field(default="/", repr=False)
    """With its query, which may hold a token."""
    expect_status: tuple[int, ...] = ()
    """Empty: 200 to 399."""
    expect_text: str = ""
    """Must be in the page, capital letters as here."""
    trust: Trust = ANYBODY_KNOWN
    must_be_trusted: bool = False
    """Without it the certificate is told but changes nothing, and the TLS of old endpoints will do."""

    def __post_init__(self) -> None:
        ipaddress.ip_address(self.address)
        if not 0 < self.port < 65_536:
            raise ValueError(f"{self.port} is no port: 1 to 65535")
        if self.server_name and not (len(self.server_name) < 254 and _HOST_NAME.fullmatch(self.server_name)):
            raise ValueError(f"{self.server_name!r} is no host name")
        if self.kind in _SIP:
            request_uri(self.sip_uri, self.address, self.port, _SIP[self.kind])
        if self.kind in (ServiceKind.HTTP, ServiceKind.HTTPS):
            self.url  # noqa: B018 - it judges the path

    @property
    def url(self) -> HttpUrl:
        """Where the page is."""
        return HttpUrl(self.kind is ServiceKind.HTTPS, self.address, self.port, self.path, self.server_name)


async def probe_all(services: Sequence[ServiceToProbe], timeout_s: float) -> tuple[ServiceReading, ...]:
    """Ask all services, with one deadline for all; their readings come in the same order.

    Raises
    ------
    NoSockets
        This machine could not ask one of them; without it the others would say too little.
    """
    loop = asyncio.get_running_loop()
    begin = loop.time()
    gap_s = min(GAP_S, MOST_SPREAD * timeout_s / max(len(services), 1))
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(_probe_later(service, begin + number * gap_s, begin + timeout_s))
            for number, service in enumerate(services)
        ]
    return tuple(_unless_unasked(task.result()) for task in tasks)


async def probe(service: ServiceToProbe, timeout_s: float) -> ServiceReading:
    """Ask one service; what is wrong with it or on the way there is in the reading.

    Raises
    ------
    NoSockets
        This machine cannot ask.
    """
    return _unless_unasked(await _probe_until(service, asyncio.get_running_loop().time() + timeout_s))


def _unless_unasked(found: ServiceReading | NoSockets) -> ServiceReading:
    if isinstance(found, NoSockets):
        raise found
    return found


async def _probe_later(service: ServiceToProbe, begin: float, deadline: float) -> ServiceReading | NoSockets:
    await asyncio.sleep(begin - asyncio.get_running_loop().time())
    return await _probe_until(service, deadline)


async def _probe_until(service: ServiceToProbe, deadline: float) -> ServiceReading | NoSockets:
    try:
        return await _ask(service, deadline)
    except NoSockets as error:
        return error
    except ServiceError as error:
        return ServiceReading(
            service.kind,
            service.port,
            error.state,
            code=error.code,
            certificate=error.certificate,
            problem=str(error),
        )
    except Exception as error:  # noqa: BLE001 - the border around one service: the others are asked all the same
        problem = f"this program failed on it: {type(error).__name__}"
        return ServiceReading(service.kind, service.port, ServiceState.BAD_ANSWER, problem=problem)


async def _ask(service: ServiceToProbe, deadline: float) -> ServiceReading:
    if service.kind in (ServiceKind.HTTP, ServiceKind.HTTPS):
        return await _ask_http(service, deadline)
    if service.kind is ServiceKind.SIP_UDP:
        answer = await ask_udp(service.address, service.port, service.sip_uri, deadline)
        return _judge_sip(service, answer)
    timeout_s = deadline - asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout(timeout_s):
            return await _ask_connected(service)
    except TimeoutError as error:
        raise Silent(f"no answer within {round(timeout_s, 1):g} s") from error


async def _ask_connected(service: ServiceToProbe) -> ServiceReading:
    kind = service.kind
    tls = TlsWanted(service.server_name, service.trust, service.must_be_trusted) if kind in _TLS else None
    async with connected(service.address, service.port, tls) as connection:
        if kind not in _SIP:
            latency_s = connection.ready - connection.began
            return _reading(service, ServiceState.READY, latency_s, connection.certificate)
        uri = request_uri(service.sip_uri, service.address, service.port, _SIP[kind])
        return _judge_sip(service, await ask_connected(connection, _SIP[kind], uri))


async def _ask_http(service: ServiceToProbe, deadline: float) -> ServiceReading:
    answer = await http_get(
        service.url,
        trust=service.trust,
        verify=service.must_be_trusted and service.kind is ServiceKind.HTTPS,
        timeout_s=deadline - asyncio.get_running_loop().time(),
        most_bytes=MOST_BYTES if service.expect_text else 0,
    )
    return _judge_http(service, answer)


def _judge_sip(service: ServiceToProbe, answer: SipAnswer) -> ServiceReading:
    response = answer.response
    status = response.status
    if 200 <= status < 300:
        return _reading(service, ServiceState.READY, answer.latency_s, answer.certificate, status)
    problem = f"{status} {response.reason}".strip()
    if response.retry_after_s is not None:
        problem += f", to be asked again in {response.retry_after_s} s"
    failed = 500 <= status < 600 and status not in UNDERSTOOD
    state = ServiceState.UNAVAILABLE if failed else ServiceState.ALIVE
    return _reading(service, state, answer.latency_s, answer.certificate, status, problem)


def _judge_http(service: ServiceToProbe, answer: HttpAnswer) -> ServiceReading:
    state, problem = ServiceState.READY, ""
    if answer.status not in (service.expect_status or WELL):
        state = ServiceState.UNAVAILABLE if answer.status == UNAVAILABLE else ServiceState.ALIVE
        problem = f"HTTP status {answer.status}"
        if service.expect_status:
            problem += f", not {' or '.join(map(str, service.expect_status))}"
    elif service.expect_text and not has_text(answer, service.expect_text):
        state = ServiceState.WRONG_TEXT
        problem = "the page lacks the expected text"
        if not answer.whole:
            problem += f" in its first {MOST_BYTES // 1024} KiB"
    return _reading(service, state, answer.latency_s, answer.certificate, answer.status, problem)


def has_text(answer: HttpAnswer, text: str) -> bool:
    """Tell whether a text is in a page, letters with diacritics being the same however they are composed."""
    return _composed(text) in _composed(_decoded(answer))


def _decoded(answer: HttpAnswer) -> str:
    """Decode a page by the charset that its header names, if it is one of pages, else as UTF-8."""
    named = _CHARSET.search(answer.content_type)
    charset = CHARSETS.get(named[1].lower(), "utf-8") if named else "utf-8"
    return answer.body.decode(charset, errors="replace")


def _composed(text: str) -> str:
    """Compose letters and their marks (NFC), in linear time."""
    marks = "".join(re.escape(char) for char in set(text) if unicodedata.combining(char))
    if marks:
        text = re.sub(f"([{marks}]{{{MOST_MARKS}}})[{marks}]+", r"\1", text)
    return unicodedata.normalize("NFC", text)


def _reading(
    service: ServiceToProbe,
    state: ServiceState,
    latency_s: float,
    certificate: CertificateReading | None,
    code: int | None = None,
    problem: str = "",
) -> ServiceReading:
    return ServiceReading(service.kind, service.port, state, code, latency_s, certificate, problem)
