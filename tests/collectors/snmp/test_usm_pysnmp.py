"""SNMPv3 against pysnmp as the agent, in thousands of generated messages: each reads what the other writes.

No sockets: our client's datagrams go straight into pysnmp's engine, which verifies, decrypts, answers with
generated values, encrypts and signs; what comes out goes straight into our client.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from pysnmp.carrier.base import AbstractTransportDispatcher
from pysnmp.entity import config
from pysnmp.entity.engine import SnmpEngine
from pysnmp.entity.rfc3413.cmdrsp import CommandResponderBase
from pysnmp.entity.rfc3413.context import SnmpContext
from pysnmp.hlapi.v3arch import asyncio as pysnmp
from pysnmp.proto import rfc1902, rfc1905
from pysnmp.proto.api import v2c
from snmp_peers import AGENT, FakeTransport, virtual

from phusong.collectors.snmp import ber
from phusong.collectors.snmp.client import SnmpClient, Target, prepare
from phusong.collectors.snmp.credentials import UsmUser
from phusong.collectors.snmp.errors import (
    ErrorStatus,
    SnmpError,
    UnknownUser,
    WrongDigest,
)
from phusong.collectors.snmp.pdu import get_request
from phusong.collectors.snmp.transport import Address
from phusong.collectors.snmp.usm_keys import AuthProtocol, PrivProtocol

ENGINE_ID = bytes.fromhex("80004fb805636c6f7564")
THEIR_AUTH = {
    AuthProtocol.MD5: pysnmp.usmHMACMD5AuthProtocol,
    AuthProtocol.SHA: pysnmp.usmHMACSHAAuthProtocol,
    AuthProtocol.SHA224: pysnmp.usmHMAC128SHA224AuthProtocol,
    AuthProtocol.SHA256: pysnmp.usmHMAC192SHA256AuthProtocol,
    AuthProtocol.SHA384: pysnmp.usmHMAC256SHA384AuthProtocol,
    AuthProtocol.SHA512: pysnmp.usmHMAC384SHA512AuthProtocol,
}
THEIR_PRIV = {
    PrivProtocol.DES: pysnmp.usmDESPrivProtocol,
    PrivProtocol.AES128: pysnmp.usmAesCfb128Protocol,
    PrivProtocol.AES192: pysnmp.usmAesBlumenthalCfb192Protocol,
    PrivProtocol.AES192C: pysnmp.usmAesCfb192Protocol,
    PrivProtocol.AES256: pysnmp.usmAesBlumenthalCfb256Protocol,
    PrivProtocol.AES256C: pysnmp.usmAesCfb256Protocol,
}
USERS = [
    UsmUser(b"nobody"),
    *(UsmUser(auth.encode(), auth, b"auth-password") for auth in AuthProtocol),
    *(
        UsmUser(f"{auth}-{priv}".encode(), auth, b"auth-password", priv, b"priv-password")
        for auth in AuthProtocol
        for priv in PrivProtocol
    ),
]
EXCHANGES_PER_USER = 35
Binding = tuple[ber.Oid, ber.Value]


class Wire(AbstractTransportDispatcher):
    """Takes what pysnmp sends."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []

    def send_message(self, message: bytes, *_: Any) -> None:
        self.sent.append(bytes(message))


class Responder(CommandResponderBase):
    """Answers every request with what it is told to, and keeps what it was asked."""

    SUPPORTED_PDU_TYPES = tuple(
        kind.tagSet for kind in (rfc1905.GetRequestPDU(), rfc1905.GetNextRequestPDU(), rfc1905.GetBulkRequestPDU())
    )

    def __init__(self, engine: SnmpEngine) -> None:
        super().__init__(engine, SnmpContext(engine))
        self.varbinds: list[Any] = []
        self.error = (0, 0)
        self.asked: list[tuple[bytes, int, list[ber.Oid], tuple[int, int]]] = []

    def handle_management_operation(self, engine: Any, reference: Any, context: Any, pdu: Any, *_: Any) -> None:
        numbers = (int(pdu[1]), int(pdu[2]))
        names = [tuple(oid) for oid, _ in v2c.apiPDU.get_varbinds(pdu)]
        self.asked.append((bytes(context), pdu.tagSet[0].tagId, names, numbers))
        self.send_varbinds(engine, reference, *self.error, self.varbinds)


@dataclass
class Pysnmp:
    """A pysnmp agent; a script for ``FakeTransport``."""

    engine: SnmpEngine = field(default_factory=lambda: SnmpEngine(rfc1902.OctetString(ENGINE_ID)))
    wire: Wire = field(default_factory=Wire)

    def __post_init__(self) -> None:
        self.engine.register_transport_dispatcher(self.wire)
        for user in USERS:
            config.add_v3_user(
                self.engine,
                user.name.decode(),
                *((THEIR_AUTH[user.auth], user.auth_password.decode()) if user.auth else ()),
                *((THEIR_PRIV[user.priv], user.priv_password.decode()) if user.priv else ()),
            )
        self.responder = Responder(self.engine)

    def __call__(self, data: bytes, address: Address) -> list[bytes]:
        self.engine.message_dispatcher.receive_message(self.engine, (1, 3, 6, 1, 6, 1, 1), address, data)
        sent, self.wire.sent = self.wire.sent, []
        return sent


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pysnmp]:
    """Make one agent: its users take a while. It would keep its boots beside those of other runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tempfile.tempdir", str(tmp_path_factory.mktemp("pysnmp")))
        made = Pysnmp()
    yield made
    made.responder.close(made.engine)


def random_oid(rng: random.Random) -> ber.Oid:
    arcs = [
        rng.choice((rng.randrange(128), rng.randrange(2**14), rng.randrange(2**32)))
        for _ in range(rng.randrange(20))
    ]
    return (1, 3, 6, *arcs)


def random_value(rng: random.Random) -> tuple[Any, ber.Value]:
    """Return a value as pysnmp writes it, and as we should read it."""
    octets = rng.randbytes(rng.choice((0, 1, 7, 8, 40, 200)))
    match rng.randrange(10):
        case 0:
            number = rng.randrange(-(2**31), 2**31)
            return rfc1902.Integer32(number), number
        case 1:
            return rfc1902.OctetString(octets), octets
        case 2:
            return rfc1902.Opaque(octets), octets
        case 3:
            oid = random_oid(rng)
            return rfc1902.ObjectIdentifier(oid), oid
        case 4:
            address = rng.randbytes(4)
            return rfc1902.IpAddress(".".join(map(str, address))), address
        case 5:
            number = rng.getrandbits(rng.randrange(1, 65))
            return rfc1902.Counter64(number), number
        case 6:
            kind, missing = rng.choice(
                (
                    (rfc1905.noSuchObject, ber.Missing.NO_SUCH_OBJECT),
                    (rfc1905.noSuchInstance, ber.Missing.NO_SUCH_INSTANCE),
                    (rfc1905.endOfMibView, ber.Missing.END_OF_MIB_VIEW),
                )
            )
            return kind, missing
        case which:
            number = rng.getrandbits(rng.randrange(1, 33))
            return {7: rfc1902.Counter32, 8: rfc1902.Gauge32, 9: rfc1902.TimeTicks}[which](number), number


def random_bindings(rng: random.Random, names: list[ber.Oid]) -> tuple[list[Any], list[Binding]]:
    values = [random_value(rng) for _ in names]
    theirs = [(rfc1902.ObjectName(name), value) for name, (value, _) in zip(names, values, strict=True)]
    return theirs, [(name, value) for name, (_, value) in zip(names, values, strict=True)]


@pytest.mark.parametrize("user", USERS, ids=[user.name.decode() for user in USERS])
def test_pysnmp_and_we_read_each_other(agent: Pysnmp, user: UsmUser) -> None:
    """GET, GETNEXT and GETBULK of random objects and contexts, by every pair of protocols, and the answers."""
    rng = random.Random(f"{user.name!r}")

    async def test() -> None:
        with SnmpClient(FakeTransport(agent)) as client:
            agent.responder.asked.clear()
            for _ in range(EXCHANGES_PER_USER):
                context = rng.randbytes(rng.randrange(20)) if rng.randrange(3) == 0 else b""
                target = Target(AGENT, replace(user, context=context), retries=0)
                names = [random_oid(rng) for _ in range(rng.randrange(1, 12))]
                match kind := rng.randrange(3):
                    case 0:
                        agent.responder.varbinds, expected = random_bindings(rng, names)
                        values = await client.get(prepare(target, get_request(names)))
                        assert values == [value for _, value in expected]
                        numbers = (0, 0)
                    case 1:
                        following = [random_oid(rng) for _ in names]
                        agent.responder.varbinds, expected = random_bindings(rng, following)
                        assert await client.get_next(target, names) == expected
                        numbers = (0, 0)
                    case _:
                        numbers = (0, rng.randrange(1, 4))
                        rows = [random_oid(rng) for _ in range(rng.randrange(numbers[1] * len(names) + 1))]
                        agent.responder.varbinds, expected = random_bindings(rng, rows)
                        assert await client.get_bulk(target, names, repetitions=numbers[1]) == expected
                assert agent.responder.asked.pop() == (context, (0, 1, 5)[kind], names, numbers)
                assert agent.responder.asked == []
            assert client.counters.rejected == {}
            assert client.counters.requests == EXCHANGES_PER_USER + (2 if user.auth else 1)

    virtual(test())


def test_error_answers_of_pysnmp(agent: Pysnmp) -> None:
    """An error-status in a signed and encrypted answer is raised with its number and the object at fault."""

    async def test() -> None:
        with SnmpClient(FakeTransport(agent)) as client:
            for status in range(1, 19):
                agent.responder.error, agent.responder.varbinds = (status, 3), []
                with pytest.raises(ErrorStatus) as caught:
                    await client.get(prepare(Target(AGENT, USERS[-1]), get_request([(1, 3)])))
                assert (caught.value.status, caught.value.index) == (status, 3)
            agent.responder.error = (0, 0)

    virtual(test())


@pytest.mark.parametrize(
    ("user", "error"),
    [
        pytest.param(replace(USERS[-1], name=b"stranger"), UnknownUser, id="user"),
        pytest.param(replace(USERS[-1], auth_password=b"wrong-password"), WrongDigest, id="password"),
    ],
)
def test_refusals_of_pysnmp(agent: Pysnmp, user: UsmUser, error: type[SnmpError]) -> None:
    """The reports of pysnmp's engine are the same errors as those of net-snmp."""

    async def test() -> None:
        with SnmpClient(FakeTransport(agent)) as client, pytest.raises(error):
            await client.get(prepare(Target(AGENT, user), get_request([(1, 3)])))

    virtual(test())
