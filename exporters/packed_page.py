"""A page that does not change from request to request: compressed once, and not sent to whoever has it already.

For telephones in the field: the map is over a megabyte, and packed a fifth of that. Nothing secret stands in these
pages beside what others wrote, so their length tells nobody anything (BREACH).
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

_LEVEL = 6
_QUALITY = re.compile(r"q=(0(\.0{0,3})?)$")


@dataclass(frozen=True, slots=True)
class PackedPage:
    """Content as it is and in gzip, with its entity tag; ``modified``: when its file was written, Unix seconds."""

    plain: bytes
    packed: bytes
    tag: str
    modified: float | None = None


def pack(content: bytes, modified: float | None = None) -> PackedPage:
    """Compress ``content``; takes some 30 ms a megabyte, so not in the event loop."""
    packed = gzip.compress(content, _LEVEL, mtime=0)
    return PackedPage(content, packed, f'W/"{hashlib.sha256(content).hexdigest()[:32]}"', modified)


def accepts_gzip(accept_encoding: str) -> bool:
    """Tell whether an Accept-Encoding (RFC 9110, section 12.5.3) allows gzip; none at all does not."""
    choices = {}
    for part in accept_encoding.lower().split(","):
        coding, _, parameter = part.partition(";")
        choices[coding.strip()] = _QUALITY.fullmatch(parameter.replace(" ", "")) is None
    return choices.get("gzip", choices.get("x-gzip", choices.get("*", False)))


def is_known(page: PackedPage, headers: Mapping[str, str]) -> bool:
    """Tell whether a request's conditions (RFC 9110, section 13) say that its sender has this page.

    If-Modified-Since counts only without If-None-Match, and a date that cannot be read is as good as none.
    """
    tags = headers.get("if-none-match")
    if tags is not None:
        return tags.strip() == "*" or _opaque(page.tag) in {_opaque(tag) for tag in tags.split(",")}
    since = headers.get("if-modified-since")
    if since is None or page.modified is None:
        return False
    try:
        return int(page.modified) <= parsedate_to_datetime(since).timestamp()
    except (ValueError, TypeError, OverflowError):
        return False


def headers_of(page: PackedPage) -> dict[str, str]:
    """Return what every answer with this page says, a 304 too."""
    headers = {"etag": page.tag, "vary": "Accept-Encoding", "cache-control": "no-cache"}
    if page.modified is not None:
        headers["last-modified"] = format_datetime(datetime.fromtimestamp(int(page.modified), UTC), usegmt=True)
    return headers


def _opaque(tag: str) -> str:
    return tag.strip().removeprefix("W/")
