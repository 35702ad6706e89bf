"""Decides which datagrams may reach pysnmp: cheap checks first, and nothing remembered of strangers.

The order is the defence. An unknown source costs one look into a table; only what carries an allowed community or
user uses up its source's rate; only what the rates let pass is walked through to its end. pysnmp itself takes a
trap of SNMPv3 at any security level and however old it is (measured with 7.1), so both are checked here.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Final

from phusong.collectors.snmp.credentials import Community, Credentials, UsmUser
from phusong.collectors.snmp.errors import Malformed

from .envelope import HIGHEST_CLOCK, Envelope, UsmHeader, check_pdu, check_probe, read_envelope
from .notification import Dropped
from .rate_limit import TokenBucket

MOST_OCTETS: Final = 4096
"""Devices keep a notification below 1,500; RFC 3417 asks for no more than 484 to be understood."""
PER_SOURCE_S, PER_SOURCE_BURST = 2.0, 20.0
IN_ALL_S, IN_ALL_BURST = 50.0, 100.0
TIME_WINDOW_S: Final = 150
"""RFC 3414, section 2.2.3."""
MOST_ENGINES: Final = 4
"""So many SNMPv3 engines are remembered at one address."""


@dataclass(slots=True)
class EngineClock:
    """The latest boots and time that an engine has proved to have sent, and when that was, in our seconds."""

    boots: int = 0
    time_s: int = 0
    at: float = 0.0

    def accepts(self, boots: int, time_s: int, now: float) -> bool:
        """Say whether a message is inside the time window (RFC 3414, section 3.2, step 7b)."""
        if boots == HIGHEST_CLOCK or boots < self.boots:
            return False
        return boots > self.boots or time_s >= self.time_s + (now - self.at) - TIME_WINDOW_S

    def advance(self, boots: int, time_s: int, now: float) -> None:
        """Move on to what a verified message says, never back."""
        if (boots, time_s) > (self.boots, self.time_s):
            self.boots, self.time_s, self.at = boots, time_s, now


@dataclass(slots=True)
class Source:
    """An address of the inventory: its rate, and the clocks of the SNMPv3 engines heard from there."""

    bucket: TokenBucket = field(default_factory=lambda: TokenBucket(PER_SOURCE_S, PER_SOURCE_BURST))
    clocks: dict[bytes, EngineClock] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Admitted:
    """A datagram that pysnmp may see. A trap that its sender's engine must have signed has ``signed_for``."""

    envelope: Envelope
    signed_for: Source | None = None

    def confirm(self, now: float) -> None:
        """Note that the digest was right: the engine's clock moves on, the oldest of too many is forgotten."""
        usm = self.envelope.usm
        if self.signed_for is None or usm is None:
            return
        clocks = self.signed_for.clocks
        clock = clocks.pop(usm.engine_id, None) or EngineClock()
        clock.advance(usm.boots, usm.time_s, now)
        clocks[usm.engine_id] = clock
        if len(clocks) > MOST_ENGINES:
            del clocks[next(iter(clocks))]


class Gate:
    """The checks before pysnmp. Holds one ``Source`` for each address of the inventory and nothing else.

    ``engines_at`` tells which SNMPv3 engines polls have found at an address: only these may send traps from there.
    Where polls know of none, as they do not speak SNMPv3, any engine may for which the digest is right.
    """

    def __init__(
        self, auths: Collection[Credentials], own_engine_id: bytes, engines_at: Callable[[str], Collection[bytes]]
    ) -> None:
        self._own_engine_id = own_engine_id
        self._engines_at = engines_at
        self._in_all = TokenBucket(IN_ALL_S, IN_ALL_BURST)
        self._sources: dict[str, Source] = {}
        self.use_auths(auths)

    def use_auths(self, auths: Collection[Credentials]) -> None:
        """Accept these communities and users from now on."""
        self._communities = tuple(auth for auth in auths if isinstance(auth, Community))
        self._users = {auth.name: auth for auth in auths if isinstance(auth, UsmUser)}

    def use_sources(self, addresses: Collection[str]) -> None:
        """Accept notifications from these numeric addresses; what stays keeps its rate and its clocks."""
        before = self._sources
        self._sources = {address: before.get(address) or Source() for address in addresses}

    def admit(self, data: bytes, address: str, now: float) -> Admitted | Dropped:
        """Decide about one datagram; ``now`` in seconds of a clock that only rises."""
        source = self._sources.get(address)
        if source is None:
            return Dropped.UNKNOWN_SOURCE
        if len(data) > MOST_OCTETS:
            return Dropped.TOO_BIG
        try:
            envelope = read_envelope(data)
            judged = self._judge(envelope, source, address, now)
            if isinstance(judged, Dropped):
                return judged
            if not source.bucket.has_token(now) or not self._in_all.has_token(now):
                return Dropped.RATE_LIMITED
            source.bucket.take()
            self._in_all.take()
            (check_pdu if envelope.usm is None or envelope.usm.engine_id else check_probe)(data, envelope)
        except Malformed:
            return Dropped.MALFORMED
        return judged

    def _judge(self, envelope: Envelope, source: Source, address: str, now: float) -> Admitted | Dropped:
        """Check what the message says about its sender."""
        usm = envelope.usm
        if usm is None:
            return Admitted(envelope) if self._knows_community(envelope) else Dropped.WRONG_CREDENTIALS
        if not usm.engine_id:
            return Admitted(envelope)  # the question for our engine ID that comes before an inform
        user = self._users.get(usm.user)
        if usm.engine_id == self._own_engine_id:
            return Admitted(envelope) if user else Dropped.WRONG_CREDENTIALS
        polled = self._engines_at(address)
        if polled and usm.engine_id not in polled:
            return Dropped.UNKNOWN_ENGINE
        if user is None or not _has_level_of(user, usm):
            return Dropped.WRONG_CREDENTIALS
        if not usm.authenticated:
            return Admitted(envelope)
        clock = source.clocks.get(usm.engine_id)
        if clock and not clock.accepts(usm.boots, usm.time_s, now):
            return Dropped.NOT_IN_TIME_WINDOW
        return Admitted(envelope, source)

    def _knows_community(self, envelope: Envelope) -> bool:
        return any(
            known.version == envelope.version and hmac.compare_digest(known.name, envelope.community)
            for known in self._communities
        )


def _has_level_of(user: UsmUser, usm: UsmHeader) -> bool:
    """Say whether a message is signed and encrypted as its user always does."""
    return (user.auth is not None, user.priv is not None) == (usm.authenticated, usm.encrypted)
