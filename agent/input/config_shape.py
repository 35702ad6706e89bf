"""The shape of ``phusong.yaml``: its keys, their types and limits, as pydantic models.

What pydantic finds wrong becomes problems in ``shape_problems``.
"""

from __future__ import annotations

import ipaddress
import re
import urllib.parse
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from phusong.coverage.editions import KNOWN_EDITIONS
from phusong.exporters.syslog_message import FACILITIES

from .shape import Shape, Text, duration, refuse
from .video_shape import ServicesShape, VideoShape

_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_HOST_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_TILES_EXAMPLE = '"https://tiles.example/{z}/{x}/{y}.png"'


def parse_listen(value: object) -> tuple[str, int]:
    """Read ``host:port`` (IPv6 in brackets); port 0 lets the system choose one."""
    host, colon, port = value.rpartition(":") if isinstance(value, str) else ("", "", "")
    bracketed = host.startswith("[") and host.endswith("]")
    bare = host[1:-1] if bracketed else host
    if not colon or not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > 65535 or not _is_host(bare, bracketed):
        raise refuse("must be an address and a port", 'write it in quotes, like "127.0.0.1:9780" or "[::1]:9780"')
    return bare, int(port)


def _is_host(host: str, bracketed: bool) -> bool:
    try:
        return (ipaddress.ip_address(host).version == 6) == bracketed
    except ValueError:
        return not bracketed and _HOST.fullmatch(host) is not None and not host.rpartition(".")[2].isdigit()


def parse_hook_url(value: object) -> tuple[bool, str, int, str]:
    """Read ``https://host:port/path``: whether by TLS, host, port, and what is asked for there."""
    try:
        parts = urllib.parse.urlsplit(value if isinstance(value, str) else "")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        parts, host, port = urllib.parse.urlsplit(""), "", None
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if parts.scheme not in ("http", "https") or not _is_host(host, ":" in host) or port == 0:
        raise refuse("must be the URL of a receiver", 'write it in quotes, like "https://ops.example/hook"')
    if parts.username is not None or parts.fragment or not re.fullmatch(r"[!-~]+", target):
        remedy = "write only host, port and path; secret_file proves who we are, other characters as %XX"
        raise refuse("has a user, a fragment, or characters that a URL cannot have", remedy)
    return parts.scheme == "https", host, port or (443 if parts.scheme == "https" else 80), target


def parse_tiles_url(value: object) -> str:
    """Read the address of a tile server: host, port and a path with ``{z}``, ``{x}`` and ``{y}`` once each."""
    text = value if isinstance(value, str) else ""
    try:
        parts = urllib.parse.urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        parts, host, port = urllib.parse.urlsplit(""), "", None
    if parts.scheme not in ("http", "https") or not _is_host(host, ":" in host) or port == 0:
        raise refuse("must be the address of a tile server", f"write it in quotes, like {_TILES_EXAMPLE}")
    if not all(_HOST_LABEL.fullmatch(label) for label in host.split(".")):
        remedy = "write a host name or an IPv4 address; an IPv6 address needs a name"
        raise refuse("has a host that a page's security policy cannot name", remedy)
    if any(parts.path.count(place) != 1 for place in ("{z}", "{x}", "{y}")):
        raise refuse("must have {z}, {x} and {y} once each in its path", f"write it like {_TILES_EXAMPLE}")
    plain = re.sub(r"\{[zxy]\}", "", parts.path)
    if (
        parts.username is not None
        or parts.query
        or parts.fragment
        or not text.isprintable()
        or " " in text
        or not re.fullmatch(r"[\w./~%@:+-]*", plain, re.ASCII)
    ):
        remedy = "write only host, port and path, other characters as %XX: a key would stand in every page"
        raise refuse("has a user, a query, a fragment, or characters that it cannot have", remedy)
    return text


def parse_syslog_address(value: object) -> tuple[str, str, int]:
    """Read ``udp://host:port``, ``tcp://host:port`` or ``tls://host:port``."""
    transport, _, place = value.partition("://") if isinstance(value, str) else ("", "", "")
    remedy = (
        'write it in quotes, like "tls://siem.example:6514", "tcp://[2001:db8::1]:601" or "udp://192.0.2.9:514"'
    )
    try:
        host, port = parse_listen(place)
    except PydanticCustomError:
        host, port = "", 0
    if transport not in ("udp", "tcp", "tls") or not port:
        raise refuse("must be a transport, an address and a port", remedy)
    return transport, host, port


def _parse_code(value: object) -> object:
    if value != "22":
        raise refuse("must be 22, the one province that is known", 'write code: "22", with the quotes')
    return value


def _parse_edition(value: object) -> object:
    if value not in KNOWN_EDITIONS:
        known = " or ".join(f'"{edition}"' for edition in KNOWN_EDITIONS)
        raise refuse("is not the name of an edition", f"write {known}, with the quotes")
    return value


def _parse_facility(value: object) -> object:
    if value not in FACILITIES:
        raise refuse("is not a facility of syslog", f"write one of {', '.join(FACILITIES)}")
    return value


Listen = Annotated[tuple[str, int], BeforeValidator(parse_listen)]
TilesUrl = Annotated[str, BeforeValidator(parse_tiles_url)]
HookUrl = Annotated[tuple[bool, str, int, str], BeforeValidator(parse_hook_url)]
SyslogPlace = Annotated[tuple[str, str, int], BeforeValidator(parse_syslog_address)]
Facility = Annotated[str, BeforeValidator(_parse_facility)]
Queue = Annotated[int, Field(ge=1, le=1_000_000)]
Interval = Annotated[float, duration(0.1, 3600)]
Technology = Literal["2G", "3G", "4G", "5G"]


class ProvinceShape(Shape):
    """Which province, and which edition of its communes."""

    code: Annotated[str, BeforeValidator(_parse_code)]
    edition: Annotated[str, BeforeValidator(_parse_edition)]


class SnmpShape(Shape):
    """Named credentials; each is checked on its own, by its version."""

    auths: Annotated[dict[str, Any], Field(min_length=1)]


class CommunityShape(Shape):
    """Credentials of SNMP version 1 or 2c."""

    version: object
    community_file: Text


class UsmShape(Shape):
    """Credentials of SNMP version 3 (RFC 3414, 3826, 7860)."""

    version: object
    user: Annotated[str, Field(min_length=1, max_length=32)]
    auth: Literal["md5", "sha", "sha224", "sha256", "sha384", "sha512"] | None = None
    auth_file: Text | None = None
    priv: Literal["des", "aes128", "aes192", "aes192c", "aes256", "aes256c"] | None = None
    priv_file: Text | None = None
    context: Annotated[str, Field(max_length=255)] = ""


class PollShape(Shape):
    """How devices are polled."""

    interval: Interval = 30.0
    sensors_interval: Interval = 60.0
    timeout: Annotated[float, duration(0.01, 60)] = 2.0
    retries: Annotated[int, Field(ge=0, le=10)] = 3
    requests_per_second: Annotated[int, Field(ge=1, le=10_000)] = 50


class PingShape(Shape):
    """How lines are pinged."""

    interval: Interval = 10.0
    packets: Annotated[int, Field(ge=1, le=20)] = 5
    method: Literal["icmp", "udp-echo"] = "icmp"
    port: Annotated[int, Field(ge=1, le=65535)] = 7


class NotificationsShape(Shape):
    """Traps and informs."""

    listen: Listen
    auths: Annotated[list[Text], Field(min_length=1)]


class FallbackShape(Shape):
    """Which mobile coverage counts as a fallback."""

    technology: Technology = "4G"
    min_dbm: Annotated[float, Field(ge=-150, le=-30)] = -105.0


class CoverageShape(Shape):
    """Where the coverage figures are."""

    summary: Text | None = None
    fallback: FallbackShape = FallbackShape()


class LimitShape(Shape):
    """What is too much on a line."""

    use: Annotated[float, Field(gt=0, le=10)] | None = None
    loss: Annotated[float, Field(gt=0, le=1)] | None = None
    rtt: Annotated[float, duration(0.001, 60)] | None = None
    errors: Annotated[float, Field(gt=0, le=1)] | None = None
    over: Annotated[float, duration(10, 86_400)] | None = None
    flaps: Annotated[int, Field(ge=2, le=100)] | None = None
    flaps_within: Annotated[float, duration(60, 86_400)] | None = None


class LimitsShape(LimitShape):
    """The general limits, and those of roles and single links."""

    roles: dict[Literal["primary", "backup", "uplink"], LimitShape] = Field(default_factory=dict)
    links: dict[str, LimitShape] = Field(default_factory=dict)


class WebShape(Shape):
    """Where metrics and map are served."""

    listen: Listen = ("127.0.0.1", 9780)
    config: Text | None = None
    map: Text | None = None


class TilesShape(Shape):
    """A raster tile server of one's own."""

    url: TilesUrl
    attribution: Text
    max_zoom: Annotated[int, Field(ge=1, le=22)] = 18


class MapShape(Shape):
    """What the map shows beside figures and states."""

    history: Annotated[float, duration(0, 720 * 3600)] = 168 * 3600.0
    compare: Text | None = None
    plan: Text | None = None
    neighbours: Text | None = None
    tiles: TilesShape | None = None


class WebhookShape(Shape):
    """A receiver of events by HTTP."""

    url: HookUrl
    secret_file: Text
    ca_file: Text | None = None
    timeout: Annotated[float, duration(0.1, 60)] = 10.0
    queue: Queue = 10_000
    retry_for: Annotated[float, duration(1, 168 * 3600)] = 24 * 3600.0


class SyslogShape(Shape):
    """A receiver of events by syslog."""

    address: SyslogPlace
    facility: Facility = "local0"
    ca_file: Text | None = None
    queue: Queue = 10_000


class EventsShape(Shape):
    """Who is told of events."""

    webhook: WebhookShape | None = None
    syslog: SyslogShape | None = None


class ConfigShape(Shape):
    """The whole file."""

    province: ProvinceShape
    inventory: Text
    state: Text = "state"
    snmp: SnmpShape
    profiles: Text | None = None
    poll: PollShape = PollShape()
    ping: PingShape = PingShape()
    notifications: NotificationsShape | None = None
    limits: LimitsShape = LimitsShape()
    events: EventsShape | None = None
    coverage: CoverageShape = CoverageShape()
    map: MapShape = MapShape()
    video: VideoShape = VideoShape()
    services: ServicesShape = ServicesShape()
    web: WebShape = WebShape()
