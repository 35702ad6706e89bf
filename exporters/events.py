"""The shape of an event: something that happened, told once to the province's operations and security centres.

A plain value and its JSON; ``syslog_message`` writes the same as RFC 5424. The agent fills it (``event_feed``),
``delivery`` keeps it until a receiver has it. ``docs/events.md`` explains it field by field.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum, StrEnum
from typing import Any, Final

FORMAT: Final = 1
"""Grows when a receiver could misread what it knew before; new keys alone do not count."""
LONGEST_TEXT: Final = 120
"""Characters of a name or id; those of the inventory are shorter."""
LONGEST_DETAIL: Final = 255


class EventKind(StrEnum):
    """What happened; at most 32 characters, as MSGID of RFC 5424."""

    VERDICT_CHANGED = "verdict_changed"
    AGENT_STARTED = "agent_started"
    AGENT_STOPPED = "agent_stopped"
    CONFIG_RELOADED = "config_reloaded"
    CONFIG_RELOAD_FAILED = "config_reload_failed"
    SNMP_ENGINE_CHANGED = "snmp_engine_changed"
    """Another SNMPv3 engine than before signs the answers of a device or endpoint."""
    SNMP_ACCESS_REFUSED_BEGAN = "snmp_access_refused_began"
    """Devices refuse our SNMPv3 user, its password or its rights."""
    SNMP_ACCESS_REFUSED_ENDED = "snmp_access_refused_ended"
    SNMP_REPLIES_REJECTED_BEGAN = "snmp_replies_rejected_began"
    """Replies arrive that look forged: from another address, badly signed, of another engine."""
    SNMP_REPLIES_REJECTED_ENDED = "snmp_replies_rejected_ended"
    AUTHENTICATION_FAILURES_BEGAN = "authentication_failures_began"
    """A device says, by the trap authenticationFailure, that somebody asks it with wrong credentials."""
    AUTHENTICATION_FAILURES_ENDED = "authentication_failures_ended"
    NOTIFICATION_DROPS_BEGAN = "notification_drops_began"
    """Datagrams at our address of notifications are not accepted."""
    NOTIFICATION_DROPS_ENDED = "notification_drops_ended"


class Severity(IntEnum):
    """The severities of RFC 5424 that are in use, with their numbers."""

    CRITICAL = 2
    ERROR = 3
    WARNING = 4
    NOTICE = 5


@dataclass(frozen=True, slots=True)
class EventObject:
    """What an event is about; what is not known, or has no meaning for this type, is empty."""

    type: str
    """``link``, ``endpoint``, ``site``, ``device`` or ``agent``."""
    id: str
    name: str = ""
    site: str = ""
    site_name: str = ""
    carrier: str = ""
    commune: str = ""
    """Its code, of the configured edition."""
    commune_name: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened; times are Unix seconds."""

    id: str
    """The same in every attempt to deliver, so that a receiver notices what it has already."""
    kind: EventKind
    severity: Severity
    time: float
    object: EventObject
    before: str = ""
    after: str = ""
    since: float | None = None
    """When it came about, where that is known to be another moment than ``time``."""
    rule: str = ""
    cause: str = ""
    detail: str = ""
    """A sentence, where there is more to say."""


def plain(text: str, longest: int = LONGEST_TEXT) -> str:
    """Return text on one line: white space as spaces, no control or format characters, not too long."""
    if not (text.isascii() and text.isprintable()):
        spaced = "".join(" " if char.isspace() else char for char in text)
        text = "".join(char for char in spaced if not unicodedata.category(char).startswith("C"))
    return text.strip()[:longest].rstrip()


def rfc3339(unix: float) -> str:
    """Write a time as ``2026-10-31T08:15:02.125Z``."""
    return datetime.fromtimestamp(unix, UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def events_to_json(events: Iterable[Event]) -> bytes:
    """Return the body of a request: ``{"format": 1, "events": [...]}`` in UTF-8."""
    whole = {"format": FORMAT, "events": [_event_dict(event) for event in events]}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _event_dict(event: Event) -> dict[str, Any]:
    about = event.object
    return {
        "id": event.id,
        "kind": event.kind,
        "severity": event.severity.name.lower(),
        "time": rfc3339(event.time),
        "object": {
            "type": about.type,
            "id": about.id,
            "name": about.name,
            "site": about.site,
            "site_name": about.site_name,
            "carrier": about.carrier,
            "commune": about.commune,
            "commune_name": about.commune_name,
        },
        "before": event.before,
        "after": event.after,
        "since": None if event.since is None else rfc3339(event.since),
        "rule": event.rule,
        "cause": event.cause,
        "detail": event.detail,
    }
