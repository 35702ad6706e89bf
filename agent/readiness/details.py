"""The details of findings in words: figures, causes, parts and answers, which have no language of their own.

What is not known here stays as it is: a detail may be of a later version, or a name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from phusong.agent.input.settings import LOCAL_TIME
from phusong.agent.report.shown import shown_moment, with_comma
from phusong.collectors.call_readings import ServiceKind, ServiceState
from phusong.exporters import status_words
from phusong.exporters.snapshot import Degradation
from phusong.maps.text import clean_text

from .readiness import Finding, Reason
from .wording import SERVICES, WORDS, code_text

_STATUS: Final[Mapping[str, status_words.Words]] = {"vi": status_words.VIETNAMESE, "en": status_words.ENGLISH}
_KINDS: Final = frozenset(ServiceKind)
_STATES: Final = frozenset(ServiceState)
_DEGRADATIONS: Final = frozenset(Degradation)
_ISO_DATE: Final = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_FIGURE: Final = re.compile(r"(?<![\d.])\d+\.\d+(?= ?(?:Mbit/s|%|ms|s)(?!\w)| / )")
_DAYS: Final = re.compile(r"(?P<kind>\S+) (?P<days>-?\d+) d")


def detail_text(finding: Finding, lang: str) -> str:
    """Return the detail of a finding as people of that language write it; empty without one."""
    detail = clean_text(finding.detail)
    match finding.reason:
        case Reason.MAINTENANCE:
            return _window(detail)
        case Reason.LINE_DOWN | Reason.POOR_CALL:
            return _cause(detail, lang)
        case Reason.FAULT:
            return ", ".join(WORDS[lang].get(f"part.{part}", part) for part in detail.split(", "))
        case Reason.LINE_DEGRADED:
            return ", ".join(_degradation(word, lang) for word in detail.split(", "))
        case Reason.NO_SERVICE:
            return ", ".join(_answer(text, lang) for text in detail.split(", "))
        case Reason.CERTIFICATE:
            return _certificate(detail, lang)
        case Reason.NOT_KNOWN:
            return WORDS[lang]["only_ping"] if detail == "ping" else detail
        case _:
            return _figures(detail, lang)


def _window(detail: str) -> str:
    """``2026-11-13T08:00+07:00/2026-11-13T12:00+07:00`` is a window (ISO 8601, 5.5.2)."""
    try:
        begin, end = (datetime.fromisoformat(part).astimezone(LOCAL_TIME) for part in detail.split("/"))
    except (ValueError, OverflowError):
        return detail
    if begin.date() == end.date():
        return f"{begin:%H:%M}–{shown_moment(end)}"
    return f"{shown_moment(begin)} – {shown_moment(end)}"


def _cause(detail: str, lang: str) -> str:
    """``link hl-07`` names whose fault it is; of a call the place of the fault may be all that is known."""
    kind, space, name = detail.partition(" ")
    at_fault = _STATUS[lang].at_fault
    if space and kind in at_fault:
        return f"{at_fault[kind]} {name}"
    return WORDS[lang].get(f"fault.{detail}") or _figures(detail, lang)


def _degradation(word: str, lang: str) -> str:
    if word not in _DEGRADATIONS:
        return _figures(word, lang)
    text = _STATUS[lang].degradations[Degradation(word)].rstrip(".")
    return text[:1].lower() + text[1:]


def _answer(text: str, lang: str) -> str:
    """``sip-udp silent`` and ``h323 503`` say how a service answered."""
    kind, _, answer = text.partition(" ")
    if kind not in _KINDS:
        return text
    service = SERVICES[ServiceKind(kind)][0]
    if answer in _STATES:
        return WORDS[lang][f"service.{answer}"].format(service=service)
    if answer.isascii() and answer.isdigit() and len(answer) == len("503"):
        answer = code_text(ServiceKind(kind), int(answer))
    return WORDS[lang]["service.code"].format(service=service, code=answer)


def _certificate(detail: str, lang: str) -> str:
    """``https 12 d`` says in how many days which one runs out."""
    found = _DAYS.fullmatch(detail)
    if found is None:
        return _ISO_DATE.sub(r"\3/\2/\1", detail)
    days = int(found["days"])
    key = "certificate.left" if days >= 0 else "certificate.over"
    kind = found["kind"]
    service = SERVICES[ServiceKind(kind)][0] if kind in _KINDS else kind
    return WORDS[lang][key].format(service=service, days=abs(days))


def _figures(detail: str, lang: str) -> str:
    return _FIGURE.sub(lambda found: with_comma(found[0], lang), detail)
