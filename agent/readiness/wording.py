"""Every word of ours in a readiness report, in Vietnamese and English, but those of the verdicts.

The keys that begin with ``reason.`` and ``next.`` follow :class:`Reason`, those with ``state.`` :class:`State`,
those with ``service.`` the states of a service. Verdicts have the words of the status page.
"""

from __future__ import annotations

from collections.abc import Mapping
from http.client import responses
from types import MappingProxyType
from typing import Final

from phusong.collectors.call_readings import ServiceKind
from phusong.exporters import status_words
from phusong.exporters.snapshot import Verdict

from .words_en import ENGLISH
from .words_vi import VIETNAMESE

LANGUAGES: Final = ("vi", "en")

WORDS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType({"vi": VIETNAMESE, "en": ENGLISH})
"""Language code to key to text; both languages have the same keys and the same ``{names}``."""

VERDICTS: Final[Mapping[str, Mapping[Verdict, str]]] = MappingProxyType(
    {"vi": status_words.VIETNAMESE.verdicts, "en": status_words.ENGLISH.verdicts}
)

SERVICES: Final[Mapping[ServiceKind, tuple[str, int | None]]] = MappingProxyType(
    {
        ServiceKind.SIP_UDP: ("SIP", 5060),
        ServiceKind.SIP_TCP: ("SIP TCP", 5060),
        ServiceKind.SIP_TLS: ("SIP TLS", 5061),
        ServiceKind.H323: ("H.323", 1720),
        ServiceKind.HTTP: ("HTTP", 80),
        ServiceKind.HTTPS: ("HTTPS", 443),
        ServiceKind.TCP: ("TCP", None),
        ServiceKind.TLS: ("TLS", None),
    }
)
"""What a service is called in any language, and the port that need not be named."""

_SIP_PHRASES: Final[Mapping[int, str]] = MappingProxyType(
    {
        200: "OK", 202: "Accepted", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
        405: "Method Not Allowed", 407: "Proxy Authentication Required", 408: "Request Timeout", 410: "Gone",
        420: "Bad Extension", 480: "Temporarily Unavailable", 481: "Call/Transaction Does Not Exist",
        486: "Busy Here", 488: "Not Acceptable Here", 500: "Server Internal Error", 501: "Not Implemented",
        503: "Service Unavailable", 504: "Server Time-out", 600: "Busy Everywhere", 603: "Decline",
    }
)  # fmt: skip
"""RFC 3261, section 21: those that an answer to OPTIONS may have."""


def code_text(kind: ServiceKind, code: int) -> str:
    """Return a status code with its standard phrase: ``200 OK``; alone where the standard has none."""
    if kind in (ServiceKind.HTTP, ServiceKind.HTTPS):
        phrase = responses.get(code, "")
    else:
        phrase = _SIP_PHRASES.get(code, "")
    return f"{code} {phrase}".rstrip()


def definitions(lang: str) -> list[str]:
    """Return what is to be said about words and figures, in order."""
    return [text for key, text in WORDS[lang].items() if key.startswith("define.")]
