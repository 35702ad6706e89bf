"""The User-based Security Model for one request: what is sent, and what of the answers counts (RFC 3414).

The first request to an engine takes three steps: its id is discovered (nobody signs that), then it refuses the
request with its clock (signed), then it answers. A report matters only with the id of a request of ours; an
unsigned one may be anybody's, so it never ends the wait for the true answer.
"""

from __future__ import annotations

import hmac
import os
from dataclasses import dataclass
from functools import lru_cache
from itertools import count

from .ber import OBJECT_ID, OCTET_STRING, REPORT, RESPONSE, SEQUENCE, Oid, decode_oid, read_tlv, tlv
from .credentials import UsmUser
from .errors import (
    UNKNOWN_ENGINE_IDS,
    DecryptionFailed,
    Malformed,
    NotInTimeWindow,
    SecurityReport,
    error_for_report,
)
from .pdu import ID_OCTETS, Request, ResponseHeader, get_request
from .transport import Address
from .usm_engine import Engine, Engines, is_engine_id
from .usm_keys import SALT_OCTETS, PrivacyCipher, Signer, extend_key, localize, master_key
from .usm_message import (
    AUTH_FLAG,
    PRIV_FLAG,
    REPORTABLE_FLAG,
    ScopedPdu,
    SecurityParameters,
    UsmMessage,
    read_scoped_pdu,
    write_message,
    write_scoped_pdu,
)

KEYS_KEPT = 16_384
ENGINES_PER_REQUEST = 4
"""So many engine ids may answer one request: the pinned one, and what others claim."""
_DISCOVERY = get_request([])
_salts = count(int.from_bytes(os.urandom(SALT_OCTETS), "big"))


@dataclass(frozen=True, slots=True)
class UserKeys:
    """The keys of a user at one engine, ready for use."""

    signer: Signer | None
    cipher: PrivacyCipher | None


@lru_cache(maxsize=KEYS_KEPT)
def user_keys(user: UsmUser, engine_id: bytes) -> UserKeys:
    """Localize a user's keys for an engine; remembered."""
    if user.auth is None:
        return UserKeys(None, None)
    signer = Signer(user.auth, localize(user.auth, master_key(user.auth, user.auth_password), engine_id))
    if user.priv is None:
        return UserKeys(signer, None)
    key = localize(user.auth, master_key(user.auth, user.priv_password), engine_id)
    return UserKeys(signer, PrivacyCipher(user.priv, extend_key(user.auth, user.priv, key, engine_id)))


class Rejected(Exception):  # never leaves the client
    """A message that does not count; ``reason`` is a short fixed word for counters."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Opened:
    """An answer that counts: its PDU's ``header`` lies in ``data``, decrypted where it was encrypted."""

    data: bytes
    header: ResponseHeader


@dataclass(frozen=True, slots=True)
class SendAgain:
    """The engine's id or clock was learned: the same request has a chance now."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The agent says why it does not answer; with a ``reason`` why that does not count yet, it is only a hint."""

    error: SecurityReport
    reason: str = ""


class UsmExchange:
    """One request on its way to one engine: writes each transmission and judges what comes back."""

    __slots__ = (
        "_address",
        "_behind",
        "_by_id",
        "_engine",
        "_engines",
        "_level",
        "_request",
        "_timed",
        "_told",
        "_untimely",
        "_user",
    )

    def __init__(self, engines: Engines, address: Address, user: UsmUser, request: Request) -> None:
        self._engines = engines
        self._address = address
        self._user = user
        self._request = request
        self._level = (AUTH_FLAG if user.auth else 0) | (PRIV_FLAG if user.priv else 0)
        self._engine = engines.at(address)
        self._by_id = {self._engine.engine_id: self._engine} if self._engine.engine_id else {}
        self._told: set[bytes] = set()
        """Engines that refused the time of a request and told their own."""
        self._timed: set[int] = set()
        """The ids of transmissions with such a time: refused as well, they cost a retry."""
        self._behind: dict[int, SecurityParameters] = {}
        """Answers outside the time window since the latest transmission, by their ids."""
        self._untimely: set[int] = set()
        """The ids of those before it: once rejected, also now that the clock was set back."""

    def datagram(self, message_id: int, now: float) -> bytes:
        """Write the next transmission; msgID and request-id are the same number."""
        self._follow(now)
        engine, user = self._engine, self._user
        if engine.engine_id in self._told:
            self._timed.add(message_id)
        if not engine.engine_id:
            return discovery_datagram(message_id)
        return secure(user, engine, self._request, message_id, now)

    def open(self, data: bytes, message: UsmMessage, now: float) -> Opened | SendAgain | Refused:
        """Judge a message that carries one of our ids.

        Raises
        ------
        Rejected
            It does not count, whatever it says.
        Malformed
            It cannot be read.
        """
        is_signed = bool(message.flags & AUTH_FLAG)
        is_timely = True
        engine = self._by_id.get(message.security.engine_id)
        if message.is_encrypted != bool(message.flags & PRIV_FLAG) or (message.is_encrypted and not is_signed):
            raise Malformed("msgFlags do not fit the message")
        if is_signed:
            engine = self._authenticated(data, message, engine)
        scoped = self._scoped(data, message, engine)
        kind = scoped.header.kind
        if kind not in (RESPONSE, REPORT):
            raise Rejected("wrong_pdu")  # before anything is learned: our own requests, sent back, are signed too
        if is_signed and engine:
            self._engines.pin(self._address, engine)
            is_timely = engine.hear(message.security.boots, message.security.time_s, now)
        if kind == REPORT:
            return self._report(scoped, message, engine if is_signed else None, now)
        if message.flags & (AUTH_FLAG | PRIV_FLAG) != self._level:
            raise Rejected("unsigned" if self._level and not is_signed else "wrong_security_level")
        if engine is None:
            raise Rejected("wrong_engine")
        return self._response(scoped, message, engine, is_timely=is_timely)

    def _response(self, scoped: ScopedPdu, message: UsmMessage, engine: Engine, *, is_timely: bool) -> Opened:
        """Judge a response that is signed and encrypted as it should be."""
        security = message.security
        if security.user != self._user.name:
            raise Rejected("wrong_user")
        if not is_timely:
            self._behind[message.message_id] = security
        if not is_timely or message.message_id in self._untimely:
            raise Rejected("not_in_time_window")
        if scoped.engine_id != engine.engine_id or scoped.context != self._user.context:
            raise Rejected("wrong_context")
        if scoped.header.request_id != message.message_id:
            raise Rejected("unknown_id")
        return Opened(scoped.data, scoped.header)

    def _follow(self, now: float) -> None:
        """Set clocks back where answers say so: signed, with ids that we had just made up, they are no replays.

        The device's clock went back, and it does not care about the time in our requests. Only the answers to
        transmissions from now on are judged by it.
        """
        for message_id, security in self._behind.items():
            engine = self._by_id.get(security.engine_id)
            if engine:
                engine.set_clock(security.boots, security.time_s, now)
            self._untimely.add(message_id)
        self._behind.clear()

    def unanswered(self) -> SecurityReport | None:
        """Judge the silence at the deadline: return what is wrong when the agent is not simply gone.

        The next request starts with the engine's clock again, so that an agent which hears us, but cannot decrypt
        and then says nothing, is told apart from a dead one every time.
        """
        self._engine.forget_clock()
        if self._told and self._user.priv:
            causes = "privacy password, protocol or key extension" + (", or context" if self._user.context else "")
            return DecryptionFailed(
                f"the device signs its clock but leaves encrypted requests unanswered: wrong {causes}"
            )
        return None

    def _authenticated(self, data: bytes, message: UsmMessage, engine: Engine | None) -> Engine:
        """Check the digest, and whose it is."""
        security = message.security
        if self._user.auth is None:
            raise Rejected("wrong_security_level")
        if engine is None:
            raise Rejected("wrong_engine")
        if security.user != self._user.name:
            raise Rejected("wrong_user")
        signer = user_keys(self._user, engine.engine_id).signer
        if signer is None or len(security.digest) != signer.octets:
            raise Rejected("wrong_digest")
        start, stop = message.digest_start, message.digest_start + signer.octets
        expected = signer.sign(data[:start], bytes(signer.octets), data[stop:])
        if not hmac.compare_digest(expected, security.digest):
            raise Rejected("wrong_digest")
        return engine

    def _scoped(self, data: bytes, message: UsmMessage, engine: Engine | None) -> ScopedPdu:
        """Read the scoped PDU, decrypted where it is encrypted."""
        if not message.is_encrypted:
            return read_scoped_pdu(data, message.start, message.stop)
        cipher = user_keys(self._user, engine.engine_id).cipher if engine else None
        if cipher is None:
            raise Rejected("wrong_security_level")
        security, secret = message.security, data[message.start : message.stop]
        try:
            plain = cipher.decrypt(secret, security.salt, security.boots, security.time_s)
            tag, start, stop = read_tlv(plain, 0, len(plain))  # DES leaves up to seven octets of padding behind it
            if tag == SEQUENCE:
                return read_scoped_pdu(plain, start, stop)
        except Malformed:
            pass
        raise Rejected("undecryptable")

    def _report(
        self, scoped: ScopedPdu, message: UsmMessage, signer: Engine | None, now: float
    ) -> SendAgain | Refused:
        counter = first_object(scoped)
        if signer is None and (counter[:-1] == UNKNOWN_ENGINE_IDS or not self._engine.engine_id):
            return self._turn_to(message.security.engine_id)
        error = error_for_report(counter)
        if not isinstance(error, NotInTimeWindow):
            return Refused(error, "" if signer else "unsigned_report")
        if signer is None:
            raise Rejected("unsigned")
        # Signed, and with an id that we have just made up: not a replay, though the clock may have gone back.
        signer.set_clock(message.security.boots, message.security.time_s, now)
        self._engine = signer
        if message.message_id in self._timed:
            return Refused(error, "not_in_time_window")
        if signer.engine_id in self._told:
            raise Rejected("not_in_time_window")
        self._told.add(signer.engine_id)
        return SendAgain()

    def _turn_to(self, engine_id: bytes) -> SendAgain:
        """Ask an engine that somebody named; it is pinned only when it signs an answer."""
        if not is_engine_id(engine_id) or engine_id == self._engine.engine_id:
            raise Rejected("wrong_engine")
        engine = self._by_id.get(engine_id)
        if engine is None:
            if len(self._by_id) >= ENGINES_PER_REQUEST:
                self._forget_a_claim()
            engine = self._by_id[engine_id] = self._engines.suggest(self._address, engine_id)
        self._engine = engine
        return SendAgain()

    def _forget_a_claim(self) -> None:
        """Make room for one more engine: the first one and those that were ever heard stay."""
        claims = [engine_id for engine_id, engine in list(self._by_id.items())[1:] if engine.heard_at is None]
        if not claims:
            raise Rejected("wrong_engine")
        del self._by_id[claims[0]]


def discovery_datagram(message_id: int) -> bytes:
    """Write the message whose answer names the engine (RFC 3414, section 4)."""
    security = SecurityParameters(b"", 0, 0, b"", b"", b"")
    pdu = _DISCOVERY.head + message_id.to_bytes(ID_OCTETS, "big") + _DISCOVERY.tail
    scoped = write_scoped_pdu(b"", b"", len(pdu)) + pdu
    return write_message(message_id, REPORTABLE_FLAG, security, scoped)[0]


def secure(user: UsmUser, engine: Engine, request: Request, message_id: int, now: float) -> bytes:
    """Write a request for an engine, encrypted and signed as the user's protocols say (RFC 3414, section 3.1)."""
    keys = user_keys(user, engine.engine_id)
    length = len(request.head) + ID_OCTETS + len(request.tail)
    scoped = b"".join(
        (
            write_scoped_pdu(engine.engine_id, user.context, length),
            request.head,
            message_id.to_bytes(ID_OCTETS, "big"),
            request.tail,
        )
    )
    boots, time_s = (engine.boots, engine.time_now(now)) if keys.signer else (0, 0)
    security = SecurityParameters(engine.engine_id, boots, time_s, user.name, b"", b"")
    return sign_message(keys, security, message_id, scoped, REPORTABLE_FLAG)


def sign_message(
    keys: UserKeys, security: SecurityParameters, message_id: int, scoped: bytes, flags: int = 0
) -> bytes:
    """Encrypt a scoped PDU and sign the message around it, as far as there are keys for it."""
    signer, cipher = keys.signer, keys.cipher
    digest = salt = b""
    if cipher:
        salt = (next(_salts) & 2**64 - 1).to_bytes(SALT_OCTETS, "big")
        scoped = tlv(OCTET_STRING, cipher.encrypt(scoped, salt, security.boots, security.time_s))
        flags |= PRIV_FLAG
    if signer:
        digest = bytes(signer.octets)
        flags |= AUTH_FLAG
    security = SecurityParameters(security.engine_id, security.boots, security.time_s, security.user, digest, salt)
    message, position = write_message(message_id, flags, security, scoped)
    if signer is None:
        return message
    return message[:position] + signer.sign(message) + message[position + signer.octets :]


def first_object(scoped: ScopedPdu) -> Oid:
    """Return the name of the first object in a report: the counter that says what is wrong."""
    header = scoped.header
    tag, start, stop = read_tlv(scoped.data, header.start, header.stop)
    name_tag, start, stop = read_tlv(scoped.data, start, stop)
    if tag != SEQUENCE or name_tag != OBJECT_ID:
        raise Malformed("a report names no object")
    return decode_oid(scoped.data[start:stop])
