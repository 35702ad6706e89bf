"""An SNMPv3 agent to speak with in tests: an authoritative engine of RFC 3414 with a clock, users and faults.

``UsmEngine`` is a script for ``FakeTransport``: it judges every request as RFC 3414, section 3.2 says, and reports
what is wrong or answers from a table. ``write`` makes any message in its name, sound or forged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from snmp_peers import AGENT, Asked, TableAgent, Typed, message, pdu, read_request, varbind

from phusong.collectors.snmp import ber
from phusong.collectors.snmp.client import Target
from phusong.collectors.snmp.community import read_version
from phusong.collectors.snmp.credentials import V2C, UsmUser
from phusong.collectors.snmp.errors import Malformed
from phusong.collectors.snmp.transport import Address
from phusong.collectors.snmp.usm import sign_message, user_keys
from phusong.collectors.snmp.usm_keys import AuthProtocol, PrivProtocol
from phusong.collectors.snmp.usm_message import (
    AUTH_FLAG,
    PRIV_FLAG,
    SecurityParameters,
    UsmMessage,
    read_message,
    write_scoped_pdu,
)

ENGINE_ID = b"\x80\x00\x1f\x88\x04device"
OTHER_ENGINE_ID = b"\x80\x00\x1f\x88\x04second"
NOBODY = UsmUser(b"nobody")
SIGNER = UsmUser(b"signer", AuthProtocol.SHA, b"canary-auth-password")
USER = UsmUser(
    b"monitor", AuthProtocol.SHA256, b"canary-auth-password", PrivProtocol.AES128, b"canary-priv-password"
)
LEVELS = {"noAuthNoPriv": NOBODY, "authNoPriv": SIGNER, "authPriv": USER}

_STATS = (1, 3, 6, 1, 6, 3, 15, 1, 1)
UNSUPPORTED_LEVELS, NOT_IN_TIME_WINDOWS, UNKNOWN_USERS, UNKNOWN_ENGINES, WRONG_DIGESTS, DECRYPTION_ERRORS = (
    (*_STATS, n, 0) for n in range(1, 7)
)
UNKNOWN_CONTEXTS = (1, 3, 6, 1, 6, 3, 12, 1, 5, 0)
WINDOW_S = 150


def secured(user: UsmUser = USER, **changes: Any) -> Target:
    """Make a target at ``AGENT`` that is asked as a user."""
    return Target(**{"address": AGENT, "auth": user, **changes})


def report_pdu(counter: ber.Oid, request_id: int = 0) -> bytes:
    """Encode a report that names a counter."""
    return pdu(request_id, varbind(counter, (ber.COUNTER32, 1)), kind=ber.REPORT)


@dataclass(frozen=True)
class UsmAsked:
    """A request as the engine read it; ``pdu`` only when it could be decrypted, else of no objects."""

    message: UsmMessage
    asked: Asked
    context: bytes

    @property
    def message_id(self) -> int:
        """Return msgID."""
        return self.message.message_id


def open_asked(data: bytes, user: UsmUser | None, engine_id: bytes) -> UsmAsked:
    """Read a request, decrypted with the user's keys."""
    _, start, stop = read_version(data)
    opened = read_message(data, start, stop)
    scoped = data[opened.start : opened.stop]
    if opened.is_encrypted:
        cipher = user_keys(user, engine_id).cipher if user else None
        if cipher is None:
            raise Malformed("no key for it")
        security = opened.security
        plain = cipher.decrypt(scoped, security.salt, security.boots, security.time_s)
        _, start, stop = ber.read_tlv(plain, 0, len(plain))
        scoped = plain[start:stop]
    _, _, position = ber.read_tlv(scoped, 0, len(scoped))
    _, start, position = ber.read_tlv(scoped, position, len(scoped))
    return UsmAsked(opened, read_request(message(scoped[position:])), scoped[start:position])


def sent_message(data: bytes) -> UsmMessage:
    """Read the outside of a datagram that a client sent."""
    _, start, stop = read_version(data)
    return read_message(data, start, stop)


def pdu_of(reply: bytes) -> bytes:
    """Return the PDU of a community message."""
    _, start, stop = read_version(reply)
    return reply[ber.read_tlv(reply, start, stop)[2] : stop]


@dataclass
class UsmEngine:
    """Answers as an authoritative engine; a script for ``FakeTransport``."""

    objects: dict[ber.Oid, Typed] = field(default_factory=dict)
    users: Sequence[UsmUser] = (NOBODY, SIGNER, USER)
    engine_id: bytes = ENGINE_ID
    boots: int = 3
    begun_with_s: int = 1000
    """What snmpEngineTime showed when the test began or the engine was started anew."""
    contexts: frozenset[bytes] = frozenset({b""})
    checks_time: bool = True
    """Some devices answer whatever time a request carries."""
    silent_on_decryption_errors: bool = False
    request_id_of_reports: int | None = None
    """Some devices do not take over the request-id (Cisco ASA: 2147483647)."""
    lose: Callable[[UsmAsked], bool] = lambda asked: False
    asked: list[UsmAsked] = field(default_factory=list)
    """Requests that were answered with data."""
    reports: list[ber.Oid] = field(default_factory=list)
    _begun: float | None = None

    @property
    def time_s(self) -> int:
        """Return snmpEngineTime by the clock of the event loop."""
        now = asyncio.get_running_loop().time()
        if self._begun is None:
            self._begun = now
        return self.begun_with_s + int(now - self._begun)

    def restart(self, *, boots: int, time_s: int = 0) -> None:
        """Start anew with this clock."""
        self.boots, self.begun_with_s, self._begun = boots, time_s, None

    def __call__(self, data: bytes, address: Address) -> list[bytes]:
        opened = sent_message(data)
        user = next((one for one in self.users if one.name == opened.security.user), None)
        counter = self._fault(data, opened, user)
        if counter is None and user:
            try:
                asked = open_asked(data, user, self.engine_id)
            except Malformed:
                if self.silent_on_decryption_errors:
                    return []
                return [self._report(opened, DECRYPTION_ERRORS, None)]
            if asked.context not in self.contexts:
                return [self._report(opened, UNKNOWN_CONTEXTS, user)]
            self.asked.append(asked)
            return [] if self.lose(asked) else [self.answer(asked, user)]
        is_signed = counter == NOT_IN_TIME_WINDOWS
        return [self._report(opened, counter or UNKNOWN_USERS, self.without_privacy(user) if is_signed else None)]

    def _fault(self, data: bytes, opened: UsmMessage, user: UsmUser | None) -> ber.Oid | None:
        security = opened.security
        if security.engine_id != self.engine_id:
            return UNKNOWN_ENGINES
        if user is None:
            return UNKNOWN_USERS
        if opened.flags & (AUTH_FLAG | PRIV_FLAG) != level(user):
            return UNSUPPORTED_LEVELS
        signer = user_keys(user, self.engine_id).signer
        if signer is None:
            return None
        start, stop = opened.digest_start, opened.digest_start + signer.octets
        if signer.sign(data[:start], bytes(signer.octets), data[stop:]) != security.digest:
            return WRONG_DIGESTS
        late = security.boots != self.boots or abs(security.time_s - self.time_s) > WINDOW_S
        return NOT_IN_TIME_WINDOWS if late and self.checks_time else None

    def _report(self, opened: UsmMessage, counter: ber.Oid, user: UsmUser | None) -> bytes:
        self.reports.append(counter)
        request_id = self.request_id_of_reports
        return self.report(opened.message_id, counter, user or UsmUser(opened.security.user), request_id)

    @staticmethod
    def without_privacy(user: UsmUser | None) -> UsmUser | None:
        """Return the user as one that only signs."""
        return replace(user, priv=None, priv_password=b"") if user else None

    def report(self, message_id: int, counter: ber.Oid, user: UsmUser, request_id: int | None = None) -> bytes:
        """Write a report with a counter, as secure as the user."""
        return self.write(report_pdu(counter, message_id if request_id is None else request_id), message_id, user)

    def answer(self, asked: UsmAsked, user: UsmUser, **changes: Any) -> bytes:
        """Write the true answer to a request, or what ``changes`` (of ``write``) make of it."""
        answered = pdu_of(TableAgent(self.objects).answer(replace(asked.asked, version=V2C)))
        return self.write(answered, asked.message_id, user, context=asked.context, **changes)

    def write(
        self,
        pdu_octets: bytes,
        message_id: int,
        user: UsmUser,
        *,
        engine_id: bytes | None = None,
        boots: int | None = None,
        time_s: int | None = None,
        context: bytes = b"",
        context_engine_id: bytes | None = None,
    ) -> bytes:
        """Write a message in this engine's name, as secure as the user is."""
        engine_id = self.engine_id if engine_id is None else engine_id
        context_engine_id = engine_id if context_engine_id is None else context_engine_id
        scoped = write_scoped_pdu(context_engine_id, context, len(pdu_octets)) + pdu_octets
        boots = self.boots if boots is None else boots
        time_s = self.time_s if time_s is None else time_s
        security = SecurityParameters(engine_id, boots, time_s, user.name, b"", b"")
        return sign_message(user_keys(user, engine_id), security, message_id, scoped)


def level(user: UsmUser) -> int:
    """Return the flags of a user's messages."""
    return (AUTH_FLAG if user.auth else 0) | (PRIV_FLAG if user.priv else 0)
