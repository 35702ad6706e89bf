"""What a simulated room answers to a SIP request by UDP: octets in, octets out. No socket, no clock.

RFC 3261: OPTIONS (section 11) is answered with the status that the room is in, everything else with 405 (section
21.4.6). The headers that name a transaction are sent back as they came (section 8.2.6.2), with what the topmost
Via asks for (section 18.2.1, RFC 3581). Whatever is no request of SIP meets silence.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Final

LARGEST_REQUEST: Final = 8192
MOST_HEADERS: Final = 64
REASONS: Final = {200: "OK", 405: "Method Not Allowed", 486: "Busy Here", 503: "Service Unavailable"}
LONG_NAMES: Final = {"v": "via", "f": "from", "t": "to", "i": "call-id"}
"""Of the headers' compact forms (RFC 3261, section 7.3.3), those that are sent back."""
SENT_BACK: Final = ("via", "from", "to", "call-id", "cseq")
_REQUEST_LINE: Final = re.compile(rb"([A-Z]{1,32}) sips?:[^\s]{1,1024} SIP/2\.0")


def answer_sip(data: bytes, status: int, source: tuple[str, int]) -> bytes | None:
    """Return the response to a datagram that came from ``source``, ``None`` for silence.

    ``status`` is what OPTIONS gets: 200, 486 or 503.
    """
    head, separator, _ = data.partition(b"\r\n\r\n")
    if not separator or len(data) > LARGEST_REQUEST:
        return None
    first, *lines = head.split(b"\r\n")
    request_line = _REQUEST_LINE.fullmatch(first)
    headers = _headers(lines)
    if request_line is None or headers is None:
        return None
    method = request_line[1]
    if method == b"ACK":
        return None
    if method != b"OPTIONS":
        status = 405
    vias = [_with_source(headers["via"][0], source), *headers["via"][1:]]
    to = headers["to"][0]
    if ";tag=" not in to.lower():
        to = f"{to};tag={blake2b(data, digest_size=6).hexdigest()}"
    answer = [
        f"SIP/2.0 {status} {REASONS[status]}",
        *(f"Via: {via}" for via in vias),
        f"From: {headers['from'][0]}",
        f"To: {to}",
        f"Call-ID: {headers['call-id'][0]}",
        f"CSeq: {headers['cseq'][0]}",
        "Allow: OPTIONS",
        "Accept: application/sdp",
        *(["Retry-After: 120"] if status == 503 else []),
        "User-Agent: Simulated room",
        "Content-Length: 0",
    ]
    return ("\r\n".join(answer) + "\r\n\r\n").encode("utf-8", "surrogateescape")


def _headers(lines: list[bytes]) -> dict[str, list[str]] | None:
    """Return the values of the headers to be sent back, by their long names; ``None`` when one is missing."""
    if len(lines) > MOST_HEADERS:
        return None
    found: dict[str, list[str]] = {name: [] for name in SENT_BACK}
    for line in lines:
        name, colon, value = line.decode("utf-8", "surrogateescape").partition(":")
        name = name.strip().lower()
        name = LONG_NAMES.get(name, name)
        if colon and name in found:
            found[name].append(value.strip())
    complete = all(values and values[0] for values in found.values())
    return found if complete else None


def _with_source(via: str, source: tuple[str, int]) -> str:
    """Return the topmost Via with where the request came from: the address, and the port if asked for."""
    first, comma, others = via.partition(",")
    parameters = first.split(";")
    named = [f"rport={source[1]}" if part.strip().lower() == "rport" else part for part in parameters]
    return ";".join((*named, f"received={source[0]}")) + comma + others
