"""What a centre for security wants to hear: refused and forged SNMP, told when it begins and when it has ended.

Counts what others see and asks ``onsets``; the events themselves are made by ``event_feed``.
"""

from __future__ import annotations

from collections import Counter

from phusong.exporters.events import EventKind, Severity

from .event_feed import EventFeed
from .onsets import Onsets

REFUSALS = frozenset(
    {
        "unknown_user",
        "wrong_digest",
        "decryption_failed",
        "unsupported_security_level",
        "access_denied",
        "auth_failure",
    }
)
"""Reasons of failed polls (``SnmpError``) by which a device says that our credentials are not good."""
FORGERIES = frozenset(
    {
        "wrong_source",
        "wrong_community",
        "unsigned",
        "wrong_digest",
        "wrong_engine",
        "wrong_user",
        "wrong_security_level",
    }
)
"""Reasons of rejected replies that a forger, or a device that is set up badly, brings about."""


class SecurityEvents:
    """What goes on now of the kinds above."""

    def __init__(self, feed: EventFeed) -> None:
        self._feed = feed
        self.tell = feed.tell
        self._refused: Counter[str] = Counter()
        self._refusals: Onsets[str] = Onsets()
        self._forgeries: Onsets[str] = Onsets()
        self._failures: Counter[str] = Counter()
        self._failing: Onsets[str] = Onsets()

    def poll_failed(self, reason: str) -> None:
        """Note why a poll failed."""
        if reason in REFUSALS:
            self._refused[reason] += 1

    def authentication_failed(self, asked_id: str) -> None:
        """Note that a device says that somebody has asked it with wrong credentials."""
        self._failures[asked_id] += 1

    def look(self, rejected: Counter[str], now: float) -> None:
        """Tell what has begun and ended since the last look; ``rejected`` counts replies of SNMP by reason."""
        forged = Counter({reason: count for reason, count in rejected.items() if reason in FORGERIES})
        for onsets, counts, began, ended in (
            (
                self._refusals,
                self._refused,
                EventKind.SNMP_ACCESS_REFUSED_BEGAN,
                EventKind.SNMP_ACCESS_REFUSED_ENDED,
            ),
            (
                self._forgeries,
                forged,
                EventKind.SNMP_REPLIES_REJECTED_BEGAN,
                EventKind.SNMP_REPLIES_REJECTED_ENDED,
            ),
        ):
            starts, ends = onsets.look(counts, now)
            for reason in starts:
                self._feed.tell(began, Severity.WARNING, rule=reason)
            for reason, count in ends:
                self._feed.tell(ended, Severity.NOTICE, rule=reason, detail=f"{count} times")
        devices, quiet = self._failing.look(self._failures, now)
        for asked_id in devices:
            about = self._feed.asked(asked_id)
            self._feed.tell(EventKind.AUTHENTICATION_FAILURES_BEGAN, Severity.WARNING, about)
        for asked_id, count in quiet:
            about = self._feed.asked(asked_id)
            self._feed.tell(
                EventKind.AUTHENTICATION_FAILURES_ENDED, Severity.NOTICE, about, detail=f"{count} times"
            )
