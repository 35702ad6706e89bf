"""SIP OPTIONS (RFC 3261, section 11): builds the request, reads responses, and tells which answer it.

Octets in, values out; sockets and time are in ``sip_exchange``.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from phusong.collectors.device_text import decode_text

MOST_HEAD_BYTES: Final = 16_384
"""Start line and headers of a message on a stream are not longer."""
MOST_BODY_BYTES: Final = 65_536
MOST_HEADERS: Final = 200
LONGEST_URI: Final = 255
_COMPACT: Final = {"v": "via", "i": "call-id", "l": "content-length"}
"""RFC 3261, section 7.3.3; of the headers that are read here."""
_WANTED: Final = frozenset({"via", "call-id", "cseq", "retry-after"})
_STATUS_LINE = re.compile(rb"SIP/2\.0 ([1-6][0-9]{2})(?: ([^\r\n]*))?", re.IGNORECASE)
_REQUEST_LINE = re.compile(rb"[!-~]{1,64} [!-~]+ SIP/2\.0", re.IGNORECASE)
_CSEQ = re.compile(r"([0-9]{1,10})[ \t]+([A-Za-z]{1,32})")
_BRANCH = re.compile(r";[ \t]*branch[ \t]*=[ \t]*([^;,\s]{1,255})", re.IGNORECASE)
_SECONDS = re.compile(r"[0-9]{1,9}")
_URI = re.compile(r"sips?:[!#-;=?-~]+", re.IGNORECASE)


class NotSip(ValueError):
    """These octets are no SIP message that can be used."""


class SipTransport(StrEnum):
    """How SIP is carried, as it stands in the header Via."""

    UDP = "UDP"
    TCP = "TCP"
    TLS = "TLS"


@dataclass(frozen=True, slots=True)
class OptionsRequest:
    """A request, and what its answer must repeat."""

    octets: bytes
    branch: str
    call_id: str
    cseq: int

    def answered_by(self, response: SipResponse) -> bool:
        """Tell whether this is the answer (RFC 3261, section 17.1.3, and the Call-ID), be it provisional."""
        return (
            response.branch.lower() == self.branch.lower()
            and response.call_id == self.call_id
            and (response.cseq, response.method) == (self.cseq, "OPTIONS")
        )


@dataclass(frozen=True, slots=True)
class SipResponse:
    """What is of interest in a response."""

    status: int
    reason: str
    call_id: str
    cseq: int
    method: str
    branch: str
    """Of the topmost Via, which is the one of who asked."""
    retry_after_s: int | None = None

    @property
    def provisional(self) -> bool:
        """Whether another one follows."""
        return self.status < 200


def host_part(address: str) -> str:
    """Write a numeric address as it stands in a URI; an IPv6 zone means nothing to others and is left out."""
    return f"[{address.partition('%')[0]}]" if ":" in address else address


def request_uri(sip_uri: str, address: str, port: int, transport: SipTransport) -> str:
    """Return the URI to ask: the one that is given, ``sip:`` before it when it has no scheme, else the address.

    Raises
    ------
    ValueError
        It cannot stand in a request.
    """
    if not sip_uri:
        parameter = "" if transport is SipTransport.UDP else f";transport={transport.lower()}"
        return f"sip:{host_part(address)}:{port}{parameter}"
    uri = sip_uri if sip_uri.lower().startswith(("sip:", "sips:")) else f"sip:{sip_uri}"
    if len(uri) > LONGEST_URI or not _URI.fullmatch(uri):
        raise ValueError("a SIP URI is like sip:room@video.example, without blanks, quotes and angle brackets")
    return uri


def build_options(
    uri: str, transport: SipTransport, local: tuple[str, int], token: Callable[[int], str] = secrets.token_hex
) -> OptionsRequest:
    """Build a request.

    Parameters
    ----------
    uri
        Whom to ask, from ``request_uri``.
    local
        Numeric address and port from which it is sent.
    token
        Makes an unguessable text from so many random octets.
    """
    branch = f"z9hG4bK{token(12)}"
    call_id = token(16)
    host = host_part(local[0])
    contact = "" if transport is SipTransport.UDP else f";transport={transport.lower()}"
    lines = [
        f"OPTIONS {uri} SIP/2.0",
        f"Via: SIP/2.0/{transport} {host}:{local[1]};branch={branch};rport",
        "Max-Forwards: 70",
        f"From: <sip:phusong@{host}>;tag={token(8)}",
        f"To: <{uri}>",
        f"Call-ID: {call_id}",
        "CSeq: 1 OPTIONS",
        f"Contact: <sip:phusong@{host}:{local[1]}{contact}>",
        "Accept: application/sdp",
        "User-Agent: phusong",
        "Content-Length: 0",
    ]
    return OptionsRequest("\r\n".join([*lines, "", ""]).encode("ascii"), branch, call_id, 1)


def parse_response(octets: bytes) -> SipResponse | None:
    """Read a response; ``None`` where it is a request of theirs, or empty lines to keep a NAT open.

    Raises
    ------
    NotSip
        Neither, or a response that lacks what says to which request it belongs.
    """
    head = octets[: MOST_HEAD_BYTES + 4].lstrip(b"\r\n")
    if not head:
        return None
    start, _, rest = head.partition(b"\n")
    start = start.rstrip(b"\r")
    if _REQUEST_LINE.fullmatch(start):
        return None
    status = _STATUS_LINE.fullmatch(start)
    if not status:
        raise NotSip("the answer is not SIP")
    headers = _headers(rest)
    cseq = _CSEQ.fullmatch(headers.get("cseq", ""))
    branch = _BRANCH.search(headers.get("via", "").partition(",")[0])
    call_id = headers.get("call-id", "")
    if not (cseq and branch and call_id):
        raise NotSip("the answer lacks Via, Call-ID or CSeq")
    wait = _SECONDS.match(headers.get("retry-after", ""))
    return SipResponse(
        status=int(status[1]),
        reason=decode_text(status[2] or b""),
        call_id=call_id,
        cseq=int(cseq[1]),
        method=cseq[2].upper(),
        branch=branch[1],
        retry_after_s=int(wait[0]) if wait else None,
    )


def _headers(octets: bytes) -> dict[str, str]:
    """Return the wanted headers, the first of each, by their long names in small letters."""
    found: dict[str, str] = {}
    name = ""
    for number, line in enumerate(octets.split(b"\n", MOST_HEADERS)):
        text = line.rstrip(b"\r").decode("latin-1")
        if not text or number == MOST_HEADERS:
            break
        if text[0] in " \t":  # the line before goes on (RFC 3261, section 7.3.1)
            if name:
                found[name] = f"{found[name]} {text.strip()}"
            continue
        name, _, value = text.partition(":")
        name = name.strip().lower()
        name = _COMPACT.get(name, name)
        if name in _WANTED and name not in found:
            found[name] = value.strip()
        else:
            name = ""
    return found


class MessageStream:
    """Cuts what comes over TCP or TLS into messages (RFC 3261, section 18.3)."""

    def __init__(self) -> None:
        self._octets = bytearray()
        self._length = 0
        """Of the message at the front, when its head has come."""

    def feed(self, octets: bytes) -> None:
        """Take what came."""
        self._octets += octets

    def next_message(self) -> bytes | None:
        """Return a whole message, ``None`` while it is not there.

        Raises
        ------
        NotSip
            It does not begin as SIP does, is too long, or does not say its length as a number.
        """
        if not self._length:
            self._begin()
        if not self._length or len(self._octets) < self._length:
            return None
        message = bytes(self._octets[: self._length])
        del self._octets[: self._length]
        self._length = 0
        return message

    def _begin(self) -> None:
        blank = len(self._octets) - len(self._octets.lstrip(b"\r\n"))
        del self._octets[:blank]
        end = self._octets.find(b"\r\n\r\n", 0, MOST_HEAD_BYTES)
        if end < 0:
            self._look_at_start()
            return
        self._length = end + 4 + _content_length(bytes(self._octets[:end]))

    def _look_at_start(self) -> None:
        """Tell early that this is no SIP: nobody should wait for the rest of something else."""
        start, ended, _ = bytes(self._octets[:MOST_HEAD_BYTES]).partition(b"\n")
        start = start.rstrip(b"\r")
        if len(self._octets) >= MOST_HEAD_BYTES:
            raise NotSip("the answer is too long")
        if ended and not (_STATUS_LINE.fullmatch(start) or _REQUEST_LINE.fullmatch(start)):
            raise NotSip("the answer is not SIP")


def _content_length(head: bytes) -> int:
    """Return how long the body is by the head; none is 0."""
    for line in head.split(b"\r\n", MOST_HEADERS)[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() in (b"content-length", b"l"):
            text = value.strip()
            if not re.fullmatch(rb"[0-9]{1,9}", text) or int(text) > MOST_BODY_BYTES:
                raise NotSip("the answer does not say its length, or is too long")
            return int(text)
    return 0
