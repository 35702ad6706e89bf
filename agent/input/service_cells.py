"""Parsers for the cells that name services: those of an endpoint, and the address of a service that is watched.

Pure functions of a stripped text, as in ``inventory_cells``.
"""

from __future__ import annotations

import re
import urllib.parse
from dataclasses import dataclass, field
from typing import Final

from phusong.agent.inventory import EndpointService
from phusong.collectors.call_readings import ServiceKind

from .inventory_cells import CellError, parse_address
from .problems import nearest, shown

DEFAULT_PORTS: Final = {
    ServiceKind.SIP_UDP: 5060,
    ServiceKind.SIP_TCP: 5060,
    ServiceKind.SIP_TLS: 5061,
    ServiceKind.H323: 1720,
    ServiceKind.HTTP: 80,
    ServiceKind.HTTPS: 443,
    ServiceKind.TLS: 443,
}
"""The well-known ports; ``tcp`` has none."""
OF_ENDPOINTS: Final = ("sip-udp", "sip-tcp", "sip-tls", "h323", "https")
"""What an endpoint may be asked by."""
WATCHED: Final = ("http", "https", "tcp", "tls")
"""How the address of a service in services.csv may begin."""
NONE: Final = "none"
MOST_SERVICES: Final = 8
LONGEST_URL: Final = 2000
_SEPARATORS = re.compile(r"[\s,;]+")
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_STATUS = re.compile(r"[2-5][0-9]{2}")
_DURATION = re.compile(r"([0-9]{1,5}(?:\.[0-9]{1,3})?)(ms|s)")
_URL_EXAMPLE = "write it like https://dichvucong.example/trang-chu, tcp://192.0.2.7:1433 or tls://mail.example"


@dataclass(frozen=True, slots=True)
class ServiceUrl:
    """The parts of a service's address."""

    kind: ServiceKind
    host: str
    port: int
    path: str = field(repr=False)
    """With the query: it may hold a token."""


def parse_services(text: str) -> tuple[EndpointService, ...]:
    """Read the services of an endpoint: ``sip-udp sip-tls:5071 h323``; ``none`` for no service at all."""
    if text == NONE:
        return ()
    services: dict[EndpointService, None] = {}
    for word in filter(None, _SEPARATORS.split(text)):
        services[parse_service(word)] = None
    if not services:
        raise CellError("no service is named", f"write {', '.join(OF_ENDPOINTS)}, or none")
    if len(services) > MOST_SERVICES:
        raise CellError(f"more than {MOST_SERVICES} services", "name those that meetings use")
    return tuple(services)


def parse_service(word: str) -> EndpointService:
    """Read one service of an endpoint: its protocol, perhaps ``:`` and a port."""
    name, colon, port = word.partition(":")
    if name not in OF_ENDPOINTS:
        near = nearest(name, OF_ENDPOINTS)
        remedy = f"did you mean {shown(near)}?" if near else f"write {', '.join(OF_ENDPOINTS)}, or none"
        raise CellError(f"{shown(name)} is no service of an endpoint", remedy)
    kind = ServiceKind(name)
    if not colon:
        return EndpointService(kind, DEFAULT_PORTS[kind])
    if not re.fullmatch(r"[0-9]{1,5}", port) or not 1 <= int(port) <= 65535:
        raise CellError(f"{shown(word)} has no port", f"write a port after the colon, like {name}:5070")
    return EndpointService(kind, int(port))


def parse_fingerprint(text: str) -> str:
    """Read the SHA-256 fingerprint of a certificate, as openssl or a browser shows it."""
    value = text.casefold().removeprefix("sha256 fingerprint=").replace(":", "").replace(" ", "")
    if _FINGERPRINT.fullmatch(value) is None:
        remedy = "write 64 hexadecimal digits, as shown by: openssl x509 -noout -fingerprint -sha256"
        raise CellError("this is no SHA-256 fingerprint", remedy)
    return value


def parse_service_url(text: str) -> ServiceUrl:
    """Read the address of a service. No part of it is repeated in messages: it may hold a token."""
    if len(text) > LONGEST_URL:
        raise CellError(f"the address is longer than {LONGEST_URL} characters", _URL_EXAMPLE)
    try:
        parts = urllib.parse.urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise CellError("this is no address of a service", _URL_EXAMPLE) from None
    if parts.scheme not in WATCHED:
        raise CellError(f"the address begins with none of {', '.join(WATCHED)}", _URL_EXAMPLE)
    kind = ServiceKind(parts.scheme)
    if not host or port == 0:
        raise CellError("the address has no host, or port 0", _URL_EXAMPLE)
    if parts.username is not None or parts.fragment or not re.fullmatch(r"[!-~]+", text):
        remedy = "write only protocol, host, port and path, other characters as %XX"
        raise CellError("the address has a user, a fragment, or characters that it cannot have", remedy)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if kind not in (ServiceKind.HTTP, ServiceKind.HTTPS) and path != "/":
        raise CellError(f"{kind.value} has no path", "leave out what follows host and port")
    port = port or DEFAULT_PORTS.get(kind)
    if port is None:
        raise CellError("tcp has no port of its own", "write one, like tcp://192.0.2.7:1433")
    try:
        return ServiceUrl(kind, parse_address(host), port, path)
    except CellError:
        remedy = "write the name or the IP address of a server, an IPv6 address in brackets"
        raise CellError("the address names no host that can be asked", remedy) from None


def parse_statuses(text: str) -> tuple[int, ...]:
    """Read the HTTP status codes that are good, with spaces or commas between them; 1xx are no answers yet."""
    codes = [word for word in _SEPARATORS.split(text) if word]
    if not codes or not all(_STATUS.fullmatch(code) for code in codes):
        raise CellError(f"{shown(text)} are no HTTP status codes", "write them like: 200 302")
    return tuple(dict.fromkeys(map(int, codes)))


def parse_slow(text: str) -> float:
    """Read how long an answer may take, ``500ms`` or ``2s``; seconds."""
    match = _DURATION.fullmatch(text)
    seconds = float(match[1]) * (0.001 if match[2] == "ms" else 1.0) if match else 0.0
    if not 0.001 <= seconds <= 60:
        raise CellError(f"{shown(text)} is no duration of 1 ms to 60 s", "write it like 500ms or 2s")
    return seconds
