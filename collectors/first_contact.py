"""The first words with a device: which credentials it answers to, and when to none, the likely reason.

SNMPv1 and v2c agents meet a wrong community with silence, so a device that says nothing is also pinged and asked
for its SNMPv3 engine, which any agent of that version names to anybody (RFC 3414, section 4). An SNMPv3 agent says
what it dislikes, unsigned: each such hint is followed by one more question that can confirm it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from . import mib
from .enterprises import maker_of_engine
from .reachability import Pinger
from .snmp.client import SnmpClient, Target, prepare
from .snmp.credentials import Community, Credentials, UsmUser
from .snmp.errors import (
    AccessDenied,
    DecryptionFailed,
    ErrorStatus,
    RequestTimeout,
    SnmpError,
    UnsupportedSecurityLevel,
)
from .snmp.pdu import get_request
from .snmp.usm_keys import OTHER_KEY_EXTENSION, PrivProtocol

PING_PACKETS: Final = 2
PROBE_TIMEOUT_S: Final = 1.0
_NOBODY: Final = UsmUser(b"")
WRONG_PRIVACY: Final = "wrong_privacy"
"""The reason of an attempt when all but the encryption has been shown to be right."""
NO_ENCRYPTION: Final = "no_encryption"
"""The reason of an attempt when the user is answered without encryption only."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Credentials to be tried, under the name that they have in ``snmp.auths``."""

    name: str
    credentials: Credentials


@dataclass(frozen=True, slots=True)
class Attempt:
    """Credentials that were tried in vain: the reason as a short fixed word, and in words for people."""

    name: str
    reason: str
    what: str


@dataclass(frozen=True, slots=True)
class Contact:
    """A device that answers, perhaps from another address: then ``target`` has it in ``reply_from``.

    ``works_with`` is the cipher that it takes, when that is not the configured one.
    """

    target: Target
    auth: str
    works_with: PrivProtocol | None = None
    failed: tuple[Attempt, ...] = ()


@dataclass(frozen=True, slots=True)
class NoContact:
    """A device that answers to none of the credentials, and what else is known of it."""

    attempts: tuple[Attempt, ...]
    ping_answers: bool | None
    """``None`` when echo requests are not allowed to this process."""
    engine_id: bytes = b""
    """Of the SNMPv3 engine that named itself, empty when none did."""

    @property
    def reason(self) -> str:
        """A short fixed word: ``unreachable``, ``no_agent``, ``not_accepted``, or of the first hint of SNMPv3."""
        for attempt in self.attempts:
            if attempt.reason != RequestTimeout.reason:
                return attempt.reason
        if self.engine_id:
            return "not_accepted"
        return "no_agent" if self.ping_answers else "unreachable"

    @property
    def is_silent(self) -> bool:
        """Whether nothing at all came back."""
        return self.reason == "unreachable"

    @property
    def what(self) -> str:
        """What is wrong, and what to do, in a sentence."""
        told = [f"{a.name}: {a.what}" for a in self.attempts if a.reason != RequestTimeout.reason]
        silent = [a.name for a in self.attempts if a.reason == RequestTimeout.reason]
        if silent:
            told.append(f"{', '.join(silent)}: {self._silence}")
        return "; ".join(told)

    @property
    def _silence(self) -> str:
        if self.engine_id:
            maker = maker_of_engine(self.engine_id)
            return (
                f"no answer, though an SNMP agent{f' of {maker}' if maker else ''} is there: a wrong community, "
                "version or access list"
            )
        if self.ping_answers:
            return "no answer to SNMP, but to ping: a wrong community or port, an access list, or the agent is off"
        if self.ping_answers is None:
            return "no answer (and ping is not allowed to this process): wrong address, community, or it is down"
        return "no answer to SNMP or ping: wrong address, no route, or it is down"


async def make_contact(
    client: SnmpClient,
    pinger: Pinger | None,
    target: Target,
    candidates: Sequence[Candidate],
) -> Contact | NoContact:
    """Find the first of the candidates to which a device answers.

    A device that is not there costs one deadline: it is pinged meanwhile. The first candidate is tried alone and
    the others, when it gets no answer, all at once; among them too the first in order counts.

    Parameters
    ----------
    target : Target
        Where and how patiently to ask; its ``auth`` is not used.
    pinger : Pinger, optional
        Without one nothing is known of ping.
    """
    ping = asyncio.create_task(_answers_ping(pinger, target.address[0]))
    try:
        failed: list[Attempt] = []
        for group in (candidates[:1], candidates[1:]):
            outcomes = await asyncio.gather(*(_attempt(client, target, candidate) for candidate in group))
            for outcome in outcomes:
                if isinstance(outcome, Contact):
                    return replace(outcome, failed=tuple(failed))
                failed.append(outcome)
        answers = await ping
        engine_id = client.engines.at(target.address).engine_id
        if not engine_id and answers is not False and any(a.reason == RequestTimeout.reason for a in failed):
            engine_id = await find_engine(client, target)
        return NoContact(tuple(failed), answers, engine_id)
    finally:
        ping.cancel()


async def find_engine(client: SnmpClient, target: Target) -> bytes:
    """Return the id of the SNMPv3 engine at an address, as it says itself; empty when none answers."""
    asked = replace(target, auth=_NOBODY, timeout_s=min(target.timeout_s, PROBE_TIMEOUT_S))
    await _question(client, asked)
    return client.engines.at(target.address).engine_id


async def _attempt(client: SnmpClient, target: Target, candidate: Candidate) -> Contact | Attempt:
    """Ask with these credentials, and where they are of SNMPv3 find out what is wrong with them."""
    asked = replace(target, auth=candidate.credentials)
    error = await _question(client, asked)
    if isinstance(error, RequestTimeout) and error.answered_from:
        # Only who has seen the request can know its id: the device with another of its addresses.
        asked = replace(asked, reply_from=frozenset([error.answered_from]))
        error = await _question(client, asked)
    if error is None:
        return Contact(asked, candidate.name)
    user = candidate.credentials
    if isinstance(user, Community) or user.priv is None:
        return _failure(candidate, error)
    if isinstance(error, DecryptionFailed) or (
        isinstance(error, RequestTimeout) and client.engines.at(target.address).engine_id
    ):
        return await _other_extension(client, asked, candidate.name, user, error)
    if isinstance(error, UnsupportedSecurityLevel) and await _is_known(client, asked, user):
        what = "the device answers this user without encryption only: set privacy up there, or leave priv out here"
        return Attempt(candidate.name, NO_ENCRYPTION, what)
    return _failure(candidate, error)


async def _other_extension(
    client: SnmpClient, asked: Target, name: str, user: UsmUser, error: SnmpError
) -> Contact | Attempt:
    """Try the other key extension; else find out whether the encryption is all that is wrong."""
    other = OTHER_KEY_EXTENSION.get(user.priv) if user.priv else None
    if other is not None:
        changed = replace(asked, auth=replace(user, priv=other))
        if await _question(client, changed) is None:
            return Contact(changed, name, works_with=other)
    if not await _is_known(client, asked, user):
        return Attempt(name, error.reason, str(error))
    tried = f" (with the keys of {user.priv} and {other})" if other else f" ({user.priv})"
    what = f"user and authentication are right, the privacy password or protocol is not{tried}"
    return Attempt(name, WRONG_PRIVACY, what)


async def _is_known(client: SnmpClient, asked: Target, user: UsmUser) -> bool:
    """Tell whether the agent accepts the user's signature; it may well refuse to answer without encryption."""
    signed_only = replace(asked, auth=replace(user, priv=None, priv_password=b""))
    error = await _question(client, signed_only)
    return error is None or isinstance(error, AccessDenied)


def _failure(candidate: Candidate, error: SnmpError) -> Attempt:
    if isinstance(error, AccessDenied):
        what = "the device accepts these credentials, but refuses them sysObjectID: give them a view of it there"
        if isinstance(candidate.credentials, UsmUser) and candidate.credentials.priv is None:
            what += ", or add priv and priv_file here: it may demand encryption"
        return Attempt(candidate.name, error.reason, what)
    return Attempt(candidate.name, error.reason, str(error) or error.reason)


async def _question(client: SnmpClient, target: Target) -> SnmpError | None:
    """Ask for sysObjectID; return why there is no answer.

    An answer with an error-status is one too, only that a refused access tells nothing of what is asked for next.
    """
    try:
        await client.get(prepare(target, get_request([mib.SYS_OBJECT_ID])))
    except AccessDenied as error:
        return error
    except ErrorStatus:
        return None
    except SnmpError as error:
        return error
    return None


async def _answers_ping(pinger: Pinger | None, address: str) -> bool | None:
    if pinger is None:
        return None
    with contextlib.suppress(OSError):
        return (await pinger.burst(address, PING_PACKETS)).received > 0
    return None
