"""Parsers for single cells of the inventory: text in, value out, or a ``CellError`` that says what to write.

Each is a pure function of the stripped text of a cell that is not empty. Files, rows and references are elsewhere.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Callable, Collection
from datetime import datetime, tzinfo
from decimal import Decimal

from phusong.agent.inventory import Column, InterfaceSelector
from phusong.collectors.host_address import as_kernel_writes
from phusong.collectors.services.sip_options import SipTransport, request_uri

from .problems import nearest, shown

MAX_TEXT = 200
MAX_MBPS = 400_000.0
VIET_NAM_LAT = (7.0, 24.0)
VIET_NAM_LON = (102.0, 118.0)
_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
_NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,12})?")
_DECIMAL_COMMA = re.compile(r"-?[0-9]+,[0-9]+")
_HOST_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_TIME = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})?")
_DAY_FIRST = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/(20[0-9]{2}) +([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?")
"""As a spreadsheet in Vietnamese saves a time."""
_SIP_URI = re.compile(r"sips?:[^\s<>\"@:]+(@[^\s<>\"@]+)?")
_MAX_IF_INDEX = 2**31 - 1


class CellError(ValueError):
    """A cell that cannot be used: ``what`` is wrong with it and the ``remedy``."""

    def __init__(self, what: str, remedy: str) -> None:
        self.what = what
        self.remedy = remedy
        super().__init__(f"{what}; {remedy}")


def parse_slug(text: str) -> str:
    """Read an id: it goes into labels, URLs and file names, so only safe characters."""
    if _SLUG.fullmatch(text) is None:
        remedy = "use 1 to 64 letters without diacritics, digits and . _ : -, with a letter or digit first"
        raise CellError(f"{shown(text)} is no id", remedy)
    return text


def parse_hidden_slug(text: str) -> str:
    """Read the name of credentials. A wrong one is not repeated: it may be the secret itself."""
    if _SLUG.fullmatch(text) is None:
        raise CellError("this is no name of credentials", "write a name that stands in phusong.yaml")
    return text


def parse_text(text: str) -> str:
    """Read text for people: composed (NFC), runs of white space and line breaks as one space.

    Format characters are left out: nobody sees them, two names that look alike would be two carriers, and some
    turn round what stands beside them.
    """
    seen = "".join(character for character in text if unicodedata.category(character) != "Cf")
    joined = " ".join(unicodedata.normalize("NFC", seen).split())
    if any(unicodedata.category(character) in {"Cc", "Cs", "Co", "Cn"} for character in joined):
        raise CellError("the text has control characters", "remove them")
    if text and not joined:
        raise CellError("there is nothing to be seen in the text", "write letters")
    if len(joined) > MAX_TEXT:
        raise CellError(f"the text is longer than {MAX_TEXT} characters", "shorten it")
    return joined


def parse_reference(text: str) -> str:
    """Read an id that must stand elsewhere; looking it up is the work of the reader."""
    return text


def one_of(*choices: str) -> Callable[[str], str]:
    """Return a parser that accepts only these words."""

    def parse(text: str) -> str:
        if text not in choices:
            raise CellError(f"{shown(text)} is none of the known words", _choice_hint(text, choices))
        return text

    return parse


def _choice_hint(text: str, choices: Collection[str]) -> str:
    near = nearest(text, choices)
    return f"did you mean {shown(near)}?" if near else f"write one of {', '.join(choices)}"


def _number(text: str, remedy: str) -> float:
    if _DECIMAL_COMMA.fullmatch(text):
        raise CellError(f"{shown(text)} has a decimal comma", f"{remedy}: {text.replace(',', '.')}")
    if _NUMBER.fullmatch(text) is None:
        raise CellError(f"{shown(text)} is no plain number", remedy)
    return float(text)


def parse_mbps(text: str) -> float:
    """Read a contracted rate in megabits per second."""
    remedy = "write megabits per second as a plain number with a point, like 100 or 1.5"
    value = _number(text, remedy)
    if value <= 0:
        raise CellError("the rate is not above 0", remedy)
    if value > MAX_MBPS:
        raise CellError(
            f"{text} megabits per second are more than any line has", f"{remedy} (not bits or kilobits)"
        )
    return value


def parse_availability(text: str) -> float:
    """Read a contracted availability in percent; return the ratio that is nearest to it."""
    remedy = "write percent above 0 and up to 100 as a plain number with a point, like 99.9"
    if not 0 < _number(text, remedy) <= 100:
        raise CellError(f"{text} is no availability in percent", remedy)
    return float(Decimal(text) / 100)


def degrees(limits: tuple[float, float], swapped: tuple[float, float]) -> Callable[[str], float]:
    """Return a parser of WGS 84 degrees within ``limits``; ``swapped`` are the limits of the other axis."""

    def parse(text: str) -> float:
        value = _number(text, "write degrees as a plain number with a point, like 20.951")
        if limits[0] <= value <= limits[1]:
            return value
        if swapped[0] <= value <= swapped[1]:
            raise CellError(
                f"{text} belongs to the other axis", "lat and lon are swapped: lat is about 21, lon about 107"
            )
        raise CellError(
            f"{text} is outside of Viet Nam ({limits[0]:g} to {limits[1]:g})",
            "write WGS 84 degrees (not metres of VN-2000)",
        )

    return parse


def parse_port(text: str) -> int:
    """Read a UDP port."""
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= 65535:
        raise CellError(f"{shown(text)} is no port", "write a whole number from 1 to 65535")
    return int(text)


def parse_address(text: str) -> str:
    """Read an IPv4 or IPv6 address, in its canonical form, or a host name."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return _host_name(text)
    if address.is_unspecified or address.is_multicast or text == "255.255.255.255":
        raise CellError(f"{shown(text)} is the address of no device", "write the device's own address")
    return _canonical(address, text)


def _canonical(address: ipaddress.IPv4Address | ipaddress.IPv6Address, text: str) -> str:
    """Return an address in the form in which datagrams come from it."""
    if address.version == 6 and address.is_link_local:
        raise CellError(
            f"{shown(text)} is a link-local address: it means something on one cable only",
            "write the device's global or unique local address (2..., fd...)",
        )
    return as_kernel_writes(str(address))


def _host_name(text: str) -> str:
    labels = text.removesuffix(".").split(".")
    numeric = labels[-1].isdigit()
    if not numeric and len(text) <= 253 and all(_HOST_LABEL.fullmatch(label) for label in labels):
        return text
    remedy = "write an IPv4 address, an IPv6 address without brackets, or a host name"
    if "/" in text:
        remedy += ", without a prefix length or path"
    elif re.fullmatch(r"\[.*\](:[0-9]+)?|[^:]+:[0-9]+", text):
        remedy += "; a port goes into its own column"
    raise CellError(f"{shown(text)} is no address", remedy)


def parse_addresses(text: str) -> tuple[str, ...]:
    """Read several IP addresses with spaces, commas or semicolons between them."""
    addresses = []
    for part in re.split(r"[\s,;]+", text.strip(" ,;")):
        try:
            address = ipaddress.ip_address(part)
        except ValueError:
            raise CellError(
                f"{shown(part)} is no IP address", "write IP addresses with spaces between them"
            ) from None
        addresses.append(_canonical(address, part))
    return tuple(addresses)


def parse_interface(text: str) -> InterfaceSelector:
    """Read an interface selector: an ifName, or ``alias:``, ``descr:`` or ``index:`` and a text."""
    prefix, colon, rest = text.partition(":")
    columns = (Column.ALIAS, Column.DESCR, Column.INDEX)
    if not colon or prefix not in columns:
        near = nearest(prefix, columns) if colon else None
        if near is not None:
            raise CellError(f"{shown(prefix + colon)} chooses no column", f"did you mean '{near}:'?")
        return InterfaceSelector(Column.NAME, text)
    rest = rest.strip()
    if not rest:
        raise CellError(f"nothing follows {prefix}:", "write the text of that column after the colon")
    if prefix == Column.INDEX and not (re.fullmatch(r"[1-9][0-9]{0,9}", rest) and int(rest) <= _MAX_IF_INDEX):
        raise CellError(f"{shown(rest)} is no ifIndex", "write a whole number, like index:12")
    return InterfaceSelector(Column(prefix), rest)


def parse_sip_uri(text: str) -> str:
    """Read a SIP address; one with a password in it is not repeated."""
    before, at, _ = text.partition("@")
    if at and before.count(":") > 1:
        raise CellError("the SIP address has a password or a port before @", "write it as sip:name@host")
    try:
        uri = request_uri(text, "", 0, SipTransport.UDP) if _SIP_URI.fullmatch(text) else ""
    except ValueError:
        uri = ""
    if not uri:
        raise CellError(f"{shown(text)} is no SIP address", "write it as sip:name@host")
    return uri


def time_in(zone: tzinfo) -> Callable[[str], datetime]:
    """Return a parser of ISO 8601 times, and of ``31/10/2026 22:00``, where the day always comes first.

    One without an offset is local time of ``zone``.
    """

    def parse(text: str) -> datetime:
        try:
            time = _read_time(text)
        except ValueError:
            time = None
        if time is None:
            remedy = (
                "write 2026-10-31T22:00 (local time), 2026-10-31T22:00+07:00, or 31/10/2026 22:00 (the day first)"
            )
            raise CellError(f"{shown(text)} is no time", remedy)
        return time if time.tzinfo is not None else time.replace(tzinfo=zone)

    return parse


def _read_time(text: str) -> datetime | None:
    if match := _DAY_FIRST.fullmatch(text):
        day, month, year, hour, minute, second = (int(part or 0) for part in match.groups())
        return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - its zone is the caller's to say
    return datetime.fromisoformat(text) if _TIME.fullmatch(text) else None
