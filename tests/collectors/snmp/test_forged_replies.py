"""Forged and broken replies of every version: none is data, each is counted by reason, the true one is taken."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import pytest
from snmp_peers import (
    AGENT,
    Asked,
    FakeTransport,
    Typed,
    message,
    pdu,
    read_request,
    response,
    target,
    varbind,
    virtual,
)
from steps_counted import steps_of
from usm_peers import (
    ENGINE_ID,
    LEVELS,
    NOT_IN_TIME_WINDOWS,
    OTHER_ENGINE_ID,
    SIGNER,
    UNKNOWN_ENGINES,
    UNKNOWN_USERS,
    USER,
    UsmAsked,
    UsmEngine,
    level,
    open_asked,
    report_pdu,
    secured,
    sent_message,
)

from phusong.collectors import mib
from phusong.collectors.snmp import ber
from phusong.collectors.snmp.client import SnmpClient, Target, prepare
from phusong.collectors.snmp.credentials import V1, V2C, UsmUser
from phusong.collectors.snmp.learned import OBJECTS_PER_REQUEST
from phusong.collectors.snmp.pdu import get_request
from phusong.collectors.snmp.transport import Address
from phusong.collectors.snmp.usm import user_keys
from phusong.collectors.snmp.usm_keys import AuthProtocol, PrivProtocol
from phusong.collectors.snmp.usm_message import (
    AUTH_FLAG,
    PRIV_FLAG,
    SecurityParameters,
    write_message,
    write_scoped_pdu,
)

OIDS = (mib.SYS_UP_TIME, (*mib.IF_NAME, 3))
OBJECTS: dict[ber.Oid, Typed] = {OIDS[0]: (ber.TIME_TICKS, 4711), OIDS[1]: (ber.OCTET_STRING, b"Gi0/3")}
VALUES = [4711, b"Gi0/3"]
FORGED: dict[ber.Oid, Typed] = {OIDS[0]: (ber.TIME_TICKS, 6666), OIDS[1]: (ber.OCTET_STRING, b"forged")}
FORGED_VARBINDS = b"".join(varbind(oid, typed) for oid, typed in FORGED.items())
ELSEWHERE: Address = ("192.0.2.9", AGENT[1])
OTHER_PORT: Address = (AGENT[0], 1161)
LONGEST = 65507


@dataclass(frozen=True)
class Case:
    """What a forger knows: the request, the engine, and in these tests even the user's keys."""

    asked: UsmAsked
    engine: UsmEngine
    user: UsmUser
    sent: bytes

    @property
    def message_id(self) -> int:
        """Return msgID of the request."""
        return self.asked.message_id

    def forged_pdu(self, **changes: int) -> bytes:
        """Write a response PDU with values of the forger's."""
        return pdu(**{"request_id": self.message_id, "varbinds": FORGED_VARBINDS, **changes})  # type: ignore[arg-type]

    def signed(self, pdu_octets: bytes | None = None, message_id: int | None = None, **changes: object) -> bytes:
        """Write a message with the user's own keys."""
        octets = self.forged_pdu() if pdu_octets is None else pdu_octets
        return self.engine.write(
            octets,
            self.message_id if message_id is None else message_id,
            changes.pop("user", self.user),  # type: ignore[arg-type]
            **changes,  # type: ignore[arg-type]
        )

    def digest(self, digest: bytes) -> bytes:
        """Write a message that claims to be signed, with a digest of the forger's; the rest is sound."""
        forged_pdu = self.forged_pdu()
        scoped = write_scoped_pdu(ENGINE_ID, b"", len(forged_pdu)) + forged_pdu
        cipher = user_keys(self.user, ENGINE_ID).cipher
        salt = b"saltsalt" if cipher else b""
        if cipher:
            scoped = ber.tlv(ber.OCTET_STRING, cipher.encrypt(scoped, salt, 3, 1000))
        security = SecurityParameters(ENGINE_ID, 3, 1000, self.user.name, digest, salt)
        return write_message(self.message_id, level(self.user), security, scoped)[0]

    def garbled(self) -> bytes:
        """Write a message soundly signed around what decrypts to noise."""
        security = SecurityParameters(ENGINE_ID, 3, 1000, self.user.name, bytes(self.digest_octets), b"saltsalt")
        noise = ber.tlv(ber.OCTET_STRING, bytes(range(1, 97)))
        whole, place = write_message(self.message_id, AUTH_FLAG | PRIV_FLAG, security, noise)
        signer = user_keys(self.user, ENGINE_ID).signer
        assert signer
        return whole[:place] + signer.sign(whole) + whole[place + signer.octets :]

    @property
    def digest_octets(self) -> int:
        """Return how long a digest of the user's is."""
        signer = user_keys(self.user, ENGINE_ID).signer
        return signer.octets if signer else 0

    def truth(self) -> bytes:
        """Write the true answer."""
        return self.engine.answer(self.asked, self.user)

    def community(self, version: int) -> bytes:
        """Write a reply of another version under the request's id."""
        return message(self.forged_pdu(), version=version)


def flip(data: bytes, place: int) -> bytes:
    return data[:place] + bytes((data[place] ^ 1,)) + data[place + 1 :]


def in_digest(case: Case) -> int:
    return sent_message(case.truth()).digest_start + case.digest_octets - 1


def longer(case: Case) -> bytes:
    """Fill a response up to the longest datagram there is."""
    rest = varbind(OIDS[1], (ber.OCTET_STRING, bytes(LONGEST - 500)))
    return case.signed(pdu(case.message_id, FORGED_VARBINDS + rest))


NO_KEYS = replace(SIGNER, auth_password=b"forger-password")
Forgery = tuple[str, Callable[[Case], bytes]]
ANY: dict[str, Forgery] = {
    "another msgID": ("unknown_id", lambda c: c.signed(message_id=c.message_id ^ 1)),
    "another request-id": ("unknown_id", lambda c: c.signed(c.forged_pdu(request_id=c.message_id ^ 1))),
    "a reply of v2c": ("wrong_community", lambda c: c.community(V2C)),
    "a reply of v1": ("wrong_community", lambda c: c.community(V1)),
    "another context": ("wrong_context", lambda c: c.signed(context=b"vrf")),
    "another context engine": ("wrong_context", lambda c: c.signed(context_engine_id=OTHER_ENGINE_ID)),
    "no context engine": ("wrong_context", lambda c: c.signed(context_engine_id=b"")),
    "another engine, and its keys": ("wrong_engine", lambda c: c.signed(engine_id=OTHER_ENGINE_ID)),
    "no engine": ("wrong_engine", lambda c: c.signed(engine_id=b"")),
    "a user by another name": ("wrong_user", lambda c: c.signed(user=replace(c.user, name=b"other"))),
    "our request sent back": ("wrong_pdu", lambda c: c.sent),
    **{
        f"a PDU of type {kind:#x}": ("wrong_pdu", lambda c, kind=kind: c.signed(c.forged_pdu(kind=kind)))
        for kind in (ber.GET, ber.GET_NEXT, 0xA3, 0xA4, ber.GET_BULK, 0xA6, 0xA7)
    },
    "no objects": ("wrong_objects", lambda c: c.signed(pdu(c.message_id, b""))),
    "another order": (
        "wrong_objects",
        lambda c: c.signed(pdu(c.message_id, b"".join(varbind(*one) for one in list(FORGED.items())[::-1]))),
    ),
    "an object more": ("malformed", lambda c: c.signed(pdu(c.message_id, FORGED_VARBINDS * 2))),
    "65 kB": ("malformed", longer),
    "cut off": ("malformed", lambda c: c.signed()[:-1]),
    "half of it": ("malformed", lambda c: c.signed()[: len(c.signed()) // 2]),
    "an octet at the end": ("malformed", lambda c: c.signed() + b"\0"),
    "twice in a datagram": ("malformed", lambda c: c.signed() * 2),
    "an unsigned report of an unknown user": (
        "unsigned_report",
        lambda c: c.signed(report_pdu(UNKNOWN_USERS), user=UsmUser(c.user.name)),
    ),
    "the report of an impossible engine": (
        "wrong_engine",
        lambda c: c.signed(report_pdu(UNKNOWN_ENGINES), user=UsmUser(b""), engine_id=b"1234"),
    ),
    "the report of the engine that is known": (
        "wrong_engine",
        lambda c: c.signed(report_pdu(UNKNOWN_ENGINES), user=UsmUser(b"")),
    ),
}
WITH_KEYS: dict[str, Forgery] = {
    "unsigned": ("unsigned", lambda c: c.signed(user=UsmUser(c.user.name))),
    "unsigned error-status": (
        "unsigned",
        lambda c: c.signed(pdu(c.message_id, b"", status=5), user=UsmUser(c.user.name)),
    ),
    "unsigned report about time": (
        "unsigned",
        lambda c: c.signed(report_pdu(NOT_IN_TIME_WINDOWS), user=UsmUser(c.user.name), boots=9),
    ),
    "a digest of zeros": ("wrong_digest", lambda c: c.digest(bytes(c.digest_octets))),
    "no digest": ("wrong_digest", lambda c: c.digest(b"")),
    "a digest of one octet": ("wrong_digest", lambda c: c.digest(b"\0")),
    "a digest one octet short": ("wrong_digest", lambda c: c.digest(bytes(c.digest_octets - 1))),
    "a digest one octet long": ("wrong_digest", lambda c: c.digest(bytes(c.digest_octets + 1))),
    "a digest of 30 kB": ("wrong_digest", lambda c: c.digest(bytes(30_000))),
    "the first half of the digest": ("wrong_digest", lambda c: shortened(c, c.digest_octets // 2)),
    "all of the digest but one bit": ("wrong_digest", lambda c: flip(c.truth(), in_digest(c))),
    "a bit of the data": ("wrong_digest", lambda c: flip(c.truth(), len(c.truth()) - 1)),
    "a bit of msgID": ("unknown_id", lambda c: flip(c.truth(), 13)),
    "another password": (
        "wrong_digest",
        lambda c: c.signed(user=replace(c.user, auth_password=b"forger-password")),
    ),
    "another protocol": ("wrong_digest", lambda c: c.signed(user=replace(c.user, auth=AuthProtocol.SHA512))),
    "the keys of another engine": ("wrong_digest", lambda c: claiming(c, OTHER_ENGINE_ID)),
    "151 seconds old": ("not_in_time_window", lambda c: c.signed(time_s=849)),
    "of the boots before": ("not_in_time_window", lambda c: c.signed(boots=2)),
    "of boots 0": ("not_in_time_window", lambda c: c.signed(boots=0, time_s=2**31 - 1)),
    "of boots at their end": ("not_in_time_window", lambda c: c.signed(boots=2**31 - 1)),
    "of boots beyond their end": ("malformed", lambda c: c.signed(boots=2**31)),
}
ENCRYPTED: dict[str, Forgery] = {
    "signed and not encrypted": (
        "wrong_security_level",
        lambda c: c.signed(user=UsmEngine.without_privacy(c.user)),
    ),
    "another privacy password": (
        "undecryptable",
        lambda c: c.signed(user=replace(c.user, priv_password=b"forger-password")),
    ),
    "another cipher": ("undecryptable", lambda c: c.signed(user=replace(c.user, priv=PrivProtocol.AES256))),
    "noise": ("undecryptable", lambda c: c.garbled()),
}
SIGNED_ONLY: dict[str, Forgery] = {
    "encrypted though nobody asked for it": (
        "wrong_security_level",
        lambda c: c.signed(user=replace(c.user, priv=PrivProtocol.AES128, priv_password=b"forger-password")),
    ),
}
UNSIGNED_ONLY: dict[str, Forgery] = {
    "signed though nobody asked for it": (
        "wrong_security_level",
        lambda c: c.signed(user=replace(NO_KEYS, name=c.user.name)),
    ),
}


def shortened(case: Case, octets: int) -> bytes:
    """Cut the true digest of a forged message short: the message is signed by the keys, but with fewer octets."""
    whole = case.digest(bytes(case.digest_octets))
    place = sent_message(whole).digest_start
    signer = user_keys(case.user, ENGINE_ID).signer
    assert signer
    right = signer.sign(whole)
    assert whole[place : place + signer.octets] == bytes(signer.octets)
    return case.digest(right[:octets])


def claiming(case: Case, other: bytes) -> bytes:
    """Sign with the keys of another engine of the same user, in this engine's name."""
    signer = user_keys(case.user, other).signer
    assert signer
    whole = case.digest(bytes(signer.octets))
    place = sent_message(whole).digest_start
    return whole[:place] + signer.sign(whole) + whole[place + signer.octets :]


SECURED = {
    f"{name}: {what}": (user, forgery)
    for name, user, more in (
        ("noAuthNoPriv", LEVELS["noAuthNoPriv"], UNSIGNED_ONLY),
        ("authNoPriv", SIGNER, {**WITH_KEYS, **SIGNED_ONLY}),
        ("authPriv", USER, {**WITH_KEYS, **ENCRYPTED}),
    )
    for what, forgery in {**ANY, **more}.items()
}


async def exchange(user: UsmUser, transport: FakeTransport, client: SnmpClient) -> tuple[Case, asyncio.Task]:  # type: ignore[type-arg]
    """Ask an engine that is known already, and return what a forger makes use of."""
    engine = UsmEngine(OBJECTS)
    known = client.engines.at(AGENT)
    if not known.engine_id:
        known.engine_id = ENGINE_ID
        client.engines.pin(AGENT, known)
        known.is_pinned = True
        known.set_clock(3, engine.time_s, asyncio.get_running_loop().time())
    asking = asyncio.create_task(client.get(prepare(secured(user), get_request(OIDS))))
    await asyncio.sleep(0)
    sent = transport.sent[-1]
    return Case(open_asked(sent, user, ENGINE_ID), engine, user, sent), asking


@pytest.mark.parametrize(("user", "forgery"), SECURED.values(), ids=SECURED.keys())
def test_a_forged_secured_reply_is_counted_and_the_true_one_taken(user: UsmUser, forgery: Forgery) -> None:
    """The forged reply, also when it comes three times, changes nothing: the next message is the answer."""
    reason, make = forgery

    async def test() -> None:
        transport = FakeTransport()
        with SnmpClient(transport) as client:
            case, asking = await exchange(user, transport, client)
            known = client.engines.at(AGENT)
            for times in range(1, 4):
                transport.receiver(make(case), AGENT)
                assert client.counters.rejected == {reason: times}
            assert not asking.done()
            assert (len(transport.sent), client.engines.at(AGENT)) == (1, known)
            assert (known.engine_id, known.boots, known.time_s) == (ENGINE_ID, 3, 1000)
            transport.receiver(case.truth(), AGENT)
            assert await asking == VALUES
            assert (client.counters.replies, client.counters.rejected) == (1, {reason: 3})
            assert client._traffic.waiting == {}

    virtual(test())


@pytest.mark.parametrize("user", LEVELS.values(), ids=LEVELS.keys())
@pytest.mark.parametrize("source", [ELSEWHERE, OTHER_PORT, ("::ffff:192.0.2.1", AGENT[1])], ids=str)
def test_a_secured_reply_from_elsewhere_is_not_even_opened(user: UsmUser, source: Address) -> None:
    """The true answer itself, a report and a forged one count only from the address that was asked."""

    async def test() -> None:
        transport = FakeTransport()
        with SnmpClient(transport) as client:
            case, asking = await exchange(user, transport, client)
            report = case.signed(report_pdu(UNKNOWN_ENGINES), user=UsmUser(b""), engine_id=OTHER_ENGINE_ID)
            for octets in (case.truth(), case.signed(), report):
                transport.receiver(octets, source)
            assert client.counters.rejected == {"wrong_source": 3}
            transport.receiver(case.truth(), AGENT)
            assert await asking == VALUES

    virtual(test())


@pytest.mark.parametrize("user", [SIGNER, USER], ids=["authNoPriv", "authPriv"])
def test_no_digest_of_one_octet_is_right(user: UsmUser) -> None:
    """All 256 of them, one of which is how the true digest begins, are wrong (CVE-2008-0960)."""

    async def test() -> None:
        transport = FakeTransport()
        with SnmpClient(transport) as client:
            case, asking = await exchange(user, transport, client)
            for octet in range(256):
                transport.receiver(case.digest(bytes((octet,))), AGENT)
            assert client.counters.rejected == {"wrong_digest": 256}
            transport.receiver(case.truth(), AGENT)
            assert await asking == VALUES

    virtual(test())


@pytest.mark.parametrize("user", [SIGNER, USER], ids=["authNoPriv", "authPriv"])
def test_no_bit_of_a_signed_reply_can_be_changed(user: UsmUser) -> None:
    """The true answer with any one of its bits flipped is rejected, and never the data of anything."""

    async def test() -> None:
        transport = FakeTransport()
        with SnmpClient(transport) as client:
            case, asking = await exchange(user, transport, client)
            truth = case.truth()
            for place in range(len(truth)):
                for bit in range(8):
                    changed = truth[:place] + bytes((truth[place] ^ 1 << bit,)) + truth[place + 1 :]
                    transport.receiver(changed, AGENT)
            assert client.counters.rejected.total() == 8 * len(truth)
            assert client.counters.replies == 0
            assert len(transport.sent) == 1
            transport.receiver(truth, AGENT)
            assert await asking == VALUES

    virtual(test())


@pytest.mark.parametrize("user", LEVELS.values(), ids=LEVELS.keys())
def test_forged_replies_that_keep_arriving_do_not_move_the_deadline(user: UsmUser) -> None:
    """A forgery every 10 ms for two seconds: the operation ends with its deadline, and nothing waits after it."""

    async def test() -> None:
        transport = FakeTransport()
        loop = asyncio.get_running_loop()
        with SnmpClient(transport) as client:
            began = loop.time()
            case, asking = await exchange(user, transport, client)
            forgeries = [make for one, (_, make) in SECURED.values() if one is user]
            sent = 0
            while not asking.done():
                latest = open_asked(transport.sent[-1], user, sent_message(transport.sent[-1]).security.engine_id)
                transport.receiver(forgeries[sent % len(forgeries)](replace(case, asked=latest)), AGENT)
                sent += 1
                await asyncio.sleep(0.01)
            assert isinstance(asking.exception(), Exception)
            assert 1.9 < loop.time() - began < 2.05
            assert client.counters.rejected.total() == sent
            assert len(transport.sent) == 4
            assert client._traffic.waiting == {}

    virtual(test())


# --- v1 and v2c ------------------------------------------------------------------------------------------------


def community_reply(asked: Asked, **changes: object) -> bytes:
    whole = pdu(**{"request_id": asked.request_id, "varbinds": FORGED_VARBINDS, **changes})  # type: ignore[arg-type]
    return message(whole, version=asked.version)


COMMUNITY: dict[str, tuple[str, Callable[[Asked], bytes], Address]] = {
    "another id": ("unknown_id", lambda a: community_reply(a, request_id=a.request_id ^ 1), AGENT),
    "another community": (
        "wrong_community",
        lambda a: message(pdu(a.request_id, FORGED_VARBINDS), version=a.version, community=b"private"),
        AGENT,
    ),
    "no community": (
        "wrong_community",
        lambda a: message(pdu(a.request_id, FORGED_VARBINDS), version=a.version, community=b""),
        AGENT,
    ),
    "the other version": (
        "wrong_community",
        lambda a: message(pdu(a.request_id, FORGED_VARBINDS), version=V1 + V2C - a.version),
        AGENT,
    ),
    "SNMPv3, unsigned": (
        "wrong_community",
        lambda a: UsmEngine().write(
            pdu(a.request_id, FORGED_VARBINDS), a.request_id, LEVELS["noAuthNoPriv"], time_s=1
        ),
        AGENT,
    ),
    "a report of SNMPv3": (
        "wrong_community",
        lambda a: UsmEngine().write(report_pdu(UNKNOWN_ENGINES), a.request_id, UsmUser(b""), time_s=1),
        AGENT,
    ),
    "another address": ("wrong_source", community_reply, ELSEWHERE),
    "another port": ("wrong_source", community_reply, OTHER_PORT),
    "a GET": ("wrong_pdu", lambda a: community_reply(a, kind=ber.GET), AGENT),
    "a trap": ("wrong_pdu", lambda a: community_reply(a, kind=0xA7), AGENT),
    "a report": ("wrong_pdu", lambda a: community_reply(a, kind=ber.REPORT), AGENT),
    "no objects": ("wrong_objects", lambda a: community_reply(a, varbinds=b""), AGENT),
    "an object more": ("malformed", lambda a: community_reply(a, varbinds=FORGED_VARBINDS * 2), AGENT),
    "65 kB": (
        "malformed",
        lambda a: community_reply(
            a, varbinds=FORGED_VARBINDS + varbind(OIDS[1], (ber.OCTET_STRING, bytes(LONGEST - 200)))
        ),
        AGENT,
    ),
    "cut off": ("malformed", lambda a: community_reply(a)[:-1], AGENT),
    "an octet at the end": ("malformed", lambda a: community_reply(a) + b"\0", AGENT),
}


@pytest.mark.parametrize("version", [V1, V2C], ids=["v1", "v2c"])
@pytest.mark.parametrize(("reason", "make", "source"), COMMUNITY.values(), ids=COMMUNITY.keys())
def test_a_forged_community_reply_is_counted_and_the_true_one_taken(
    version: int, reason: str, make: Callable[[Asked], bytes], source: Address
) -> None:
    """Without a signature it takes the id, the address, the community and the objects to be data."""

    async def test() -> None:
        transport = FakeTransport()
        with SnmpClient(transport) as client:
            asking = asyncio.create_task(client.get(prepare(target(version=version), get_request(OIDS))))
            await asyncio.sleep(0)
            asked = read_request(transport.sent[0])
            for times in range(1, 4):
                transport.receiver(make(asked), source)
                assert client.counters.rejected == {reason: times}
            assert not asking.done()
            transport.receiver(response(asked, OBJECTS), AGENT)
            assert await asking == VALUES
            assert (client.counters.replies, len(transport.sent)) == (1, 1)

    virtual(test())


# --- what it costs ---------------------------------------------------------------------------------------------

MOST_STEPS = 1_500_000
"""Of the interpreter, for one datagram of any content; a million take about 5 ms on a machine of today."""

MANY = [(*mib.IF_HC_IN_OCTETS, row) for row in range(1, OBJECTS_PER_REQUEST + 1)]
SMALL_ARCS, LARGE_ARCS = bytes(126), b"\x8f\xff\xff\xff\x7f" * 126


def fill(make: Callable[[int], bytes]) -> bytes:
    """Take as many variable bindings as one datagram can hold."""
    bindings, number = b"", 0
    while len(bindings) + len(more := make(number)) < LONGEST - 200:
        bindings += more
        number += 1
    return bindings


def binding(name: bytes, value: bytes) -> bytes:
    return ber.tlv(ber.SEQUENCE, ber.tlv(ber.OBJECT_ID, name) + value)


def right_name(number: int) -> bytes:
    """Write a name that is asked for, in an encoding that the quick decoder does not take."""
    return b"\x06\x81" + bytes((len(ber.encode_oid(MANY[number])),)) + ber.encode_oid(MANY[number])


BIG_VALUES = {
    "small arcs": ber.tlv(ber.OBJECT_ID, b"\x2b" + SMALL_ARCS),
    "large arcs": ber.tlv(ber.OBJECT_ID, b"\x2b" + LARGE_ARCS),
    "strings": ber.tlv(ber.OCTET_STRING, bytes(1400)),
}
LARGEST_NAME = b"\x2b" + LARGE_ARCS
BIG = {
    **{
        f"right names and {what}": b"".join(
            ber.tlv(ber.SEQUENCE, right_name(number) + value) for number in range(len(MANY))
        )
        for what, value in BIG_VALUES.items()
    },
    **{
        f"quick names and {what}": b"".join(
            ber.tlv(ber.SEQUENCE, ber.tlv(ber.OBJECT_ID, ber.encode_oid(name)) + value) for name in MANY
        )
        for what, value in BIG_VALUES.items()
    },
    "as much as SNMPv3 takes": b"".join(binding(LARGEST_NAME, BIG_VALUES["large arcs"]) for _ in range(25)),
    "wrong names of large arcs": fill(lambda number: binding(LARGEST_NAME, b"\x05\0")),
    "wrong names and values of large arcs": fill(lambda number: binding(LARGEST_NAME, BIG_VALUES["large arcs"])),
    "empty bindings": b"\x30\0" * 32_000,
    "smallest bindings": fill(lambda number: binding(b"", b"\x05\0")),
    "one string": binding(ber.encode_oid(MANY[0]), ber.tlv(ber.OCTET_STRING, bytes(64_000))),
    "one name": binding(b"\x8f" * 64_000, b"\x05\0"),
    "noughts": bytes(64_000),
    "ones": b"\xff" * 64_000,
}
OLD = UsmUser(b"old", AuthProtocol.MD5, b"canary-auth-password", PrivProtocol.DES, b"canary-priv-password")
LARGEST_HASH = UsmUser(
    b"new", AuthProtocol.SHA512, b"canary-auth-password", PrivProtocol.AES256C, b"canary-priv-password"
)
ASKED_AS: dict[str, Target] = {
    "v1": target(version=V1, retries=0),
    "v2c": target(retries=0),
    **{name: secured(user, retries=0) for name, user in LEVELS.items()},
    "md5 and des": secured(OLD, retries=0),
    "sha512 and aes256c": secured(LARGEST_HASH, retries=0),
}


@pytest.mark.parametrize("asked_as", ASKED_AS.values(), ids=ASKED_AS.keys())
@pytest.mark.parametrize("kind", [ber.GET, ber.GET_BULK], ids=["GET", "GETBULK"])
@pytest.mark.parametrize("bindings", BIG.values(), ids=BIG.keys())
def test_no_datagram_costs_much_of_the_loop(asked_as: Target, kind: int, bindings: bytes) -> None:
    """The longest answers, soundly signed and encrypted or unsigned: read, or rejected, in bounded work."""

    async def test() -> None:
        transport = FakeTransport()
        with SnmpClient(transport) as client:
            engine = UsmEngine()
            known = client.engines.at(AGENT)
            known.engine_id = ENGINE_ID
            known.set_clock(3, engine.time_s, asyncio.get_running_loop().time())

            def answer() -> bytes:
                if not isinstance(asked_as.auth, UsmUser):
                    return message(
                        pdu(read_request(transport.sent[-1]).request_id, bindings), version=asked_as.auth.version
                    )
                message_id = sent_message(transport.sent[-1]).message_id
                return engine.write(pdu(message_id, bindings), message_id, asked_as.auth)

            getting = client.get(prepare(asked_as, get_request(MANY)))
            if kind == ber.GET_BULK:
                getting.close()
                getting = client.get_bulk(asked_as, MANY[:1], repetitions=len(MANY))  # type: ignore[assignment]
            asking = asyncio.create_task(getting)
            await asyncio.sleep(0)
            octets = answer()
            assert steps_of(partial(transport.receiver, octets, AGENT)) < MOST_STEPS
            asking.cancel()
            await asyncio.wait([asking])
            assert client.counters.replies + client.counters.rejected.total() == 1

    virtual(test())


@pytest.mark.parametrize("user", [SIGNER, USER, OLD, LARGEST_HASH], ids=lambda user: user.name.decode())
def test_a_false_engine_costs_one_key(user: UsmUser) -> None:
    """A report that names a new engine makes us localize keys and sign a request for it; that too is bounded."""

    async def test() -> None:
        transport = FakeTransport()
        with SnmpClient(transport) as client:
            for number in range(3):
                case, asking = await exchange(user, transport, client)
                named = b"\x80\0\0\0\5" + user.name + bytes((number,))
                report = case.signed(report_pdu(UNKNOWN_ENGINES), user=UsmUser(b""), engine_id=named)
                made = user_keys.cache_info().misses
                assert steps_of(partial(transport.receiver, report, AGENT)) < MOST_STEPS
                assert user_keys.cache_info().misses == made + 1
                assert sent_message(transport.sent[-1]).security.engine_id == named
                asking.cancel()
                await asyncio.wait([asking])
            assert client.engines.at(AGENT).engine_id == ENGINE_ID

    virtual(test())
