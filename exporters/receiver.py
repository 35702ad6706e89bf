"""What all receivers of events have in common: how one attempt is made, how it fails, names and certificates."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeAlias

from phusong.exporters.events import Event

Resolver: TypeAlias = Callable[[str], Awaitable[str]]
"""Finds the numeric address of a host; raises ``OSError`` where there is none."""

UNREACHED = (OSError, UnicodeError)
"""What connections, TLS, deadlines and names raise."""


class DeliveryFailed(Exception):
    """An attempt failed: ``reason`` is a word for metrics, the message says what happened and holds no secret."""

    def __init__(self, reason: str, problem: str, *, retry_after_s: float = 0.0) -> None:
        self.reason = reason
        self.retry_after_s = retry_after_s
        super().__init__(problem)


class Rejected(DeliveryFailed):
    """The receiver does not want these events; to send them again would not help."""


class Sender(Protocol):
    """Makes one attempt at a time, with a deadline of its own."""

    most_at_once: int
    """So many events make one attempt at most."""

    async def send(self, events: Sequence[Event]) -> None:
        """Deliver all of these events.

        Raises
        ------
        DeliveryFailed
            At least one of them may not have arrived.
        """

    def close(self) -> None:
        """Release what is open; may be called several times, also between attempts."""


def client_tls(ca_pem: str) -> ssl.SSLContext:
    """Return the settings by which receivers are verified: by these certificates, or the system's if none.

    Raises
    ------
    ssl.SSLError
        The text holds no certificate.
    """
    return ssl.create_default_context(cadata=ca_pem or None)


def why_unreached(error: Exception, deadline_s: float) -> DeliveryFailed:
    """Say why an attempt failed, in words that the receiver cannot choose."""
    if isinstance(error, ssl.SSLError):
        return DeliveryFailed("tls", getattr(error, "verify_message", "") or error.reason or "TLS failed")
    if isinstance(error, TimeoutError):
        return DeliveryFailed("timeout", f"not taken within {deadline_s:g} s")
    return DeliveryFailed("connection", getattr(error, "strerror", None) or str(error))
