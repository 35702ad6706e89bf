"""Hostile replies: none becomes data, none raises or takes much work, and the wait for the true reply goes on."""

from __future__ import annotations

import asyncio
import random

import malformed_cases
import malformed_usm_cases
import pytest
from snmp_peers import AGENT, FakeTransport, read_request, response, target, virtual
from steps_counted import steps_of
from usm_peers import ENGINE_ID, LEVELS, secured

from phusong.collectors.snmp.client import SnmpClient, prepare
from phusong.collectors.snmp.community import open_reply
from phusong.collectors.snmp.credentials import UsmUser
from phusong.collectors.snmp.errors import ErrorStatus, Malformed
from phusong.collectors.snmp.pdu import decode_bindings, get_request

CASES = dict(malformed_cases.cases())
REASONS = {"malformed", "wrong_objects", "wrong_pdu", "wrong_community", "unknown_id"}
MOST_STEPS = 8_000
"""Of the interpreter, for one datagram of these, whatever its length."""


@pytest.mark.parametrize("octets", CASES.values(), ids=CASES.keys())
def test_a_malformed_reply_is_dropped_and_the_true_one_taken(
    octets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client counts the datagram by a reason, in bounded work, and then takes the true reply."""
    monkeypatch.setattr("phusong.collectors.snmp.client._random_id", lambda taken: malformed_cases.REQUEST_ID)

    async def test() -> None:
        transport = FakeTransport()
        with SnmpClient(transport) as client:
            asked = prepare(target(), get_request(malformed_cases.OIDS))
            reading = asyncio.create_task(client.get(asked))
            await asyncio.sleep(0)
            assert steps_of(lambda: transport.receiver(octets, AGENT)) < MOST_STEPS
            assert not reading.done()
            assert client.counters.rejected.total() == 1
            assert set(client.counters.rejected) <= REASONS
            transport.receiver(malformed_cases.GOOD, AGENT)
            assert await reading == malformed_cases.VALUES

    virtual(test())


@pytest.mark.parametrize("octets", CASES.values(), ids=CASES.keys())
def test_the_decoders_know_one_error(octets: bytes) -> None:
    """Decoding ends with Malformed or with values, never with another exception, in bounded work."""

    def decode() -> None:
        try:
            header = open_reply(octets).header
            decode_bindings(octets, header.start, header.stop, len(malformed_cases.OIDS))
        except Malformed:
            pass

    assert steps_of(decode) < MOST_STEPS


SECURED_CASES = {
    f"{level}: {name}": (LEVELS[level], octets)
    for level in LEVELS
    for cases in (malformed_usm_cases.outside, malformed_usm_cases.inside)
    for name, octets in cases(LEVELS[level])
}
SECURED_REASONS = {
    *REASONS,
    "unsigned",
    "unsigned_report",
    "undecryptable",
    "wrong_context",
    "wrong_digest",
    "wrong_engine",
    "wrong_security_level",
    "wrong_user",
}


@pytest.mark.parametrize(("user", "octets"), SECURED_CASES.values(), ids=SECURED_CASES.keys())
def test_a_malformed_secured_reply_is_dropped_and_the_true_one_taken(
    user: UsmUser, octets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same for SNMPv3, at every level; what only the device can make, signed and broken inside, too."""
    monkeypatch.setattr("phusong.collectors.snmp.client._random_id", lambda taken: malformed_cases.REQUEST_ID)

    async def test() -> None:
        transport = FakeTransport()
        with SnmpClient(transport) as client:
            engine = client.engines.at(AGENT)
            engine.engine_id = ENGINE_ID
            engine.set_clock(3, 1000, asyncio.get_running_loop().time())
            reading = asyncio.create_task(client.get(prepare(secured(user), get_request(malformed_cases.OIDS))))
            await asyncio.sleep(0)
            assert steps_of(lambda: transport.receiver(octets, AGENT)) < MOST_STEPS
            assert not reading.done()
            assert client.counters.rejected.total() == 1
            assert set(client.counters.rejected) <= SECURED_REASONS
            transport.receiver(malformed_usm_cases.signed(user, malformed_usm_cases.scoped()), AGENT)
            assert await reading == malformed_cases.VALUES
            assert client.engines.at(AGENT) is engine
            assert (engine.boots, engine.time_s) == (3, 1000)

    virtual(test())


def test_the_corpus_is_no_smaller_than_it_was() -> None:
    """Every class of malformed replies has its cases, and the good reply is good."""
    assert len(CASES) >= 120
    assert len(SECURED_CASES) >= 900
    header = open_reply(malformed_cases.GOOD).header
    found = decode_bindings(malformed_cases.GOOD, header.start, header.stop, len(malformed_cases.OIDS))
    assert [value for _, value in found] == malformed_cases.VALUES


def test_mutated_replies_never_raise_out_of_the_receiver() -> None:
    """2,000 seeded mutations of a good reply reach the receiver: it counts each, and no forged value passes it.

    A mutation that only touches a value is data of the agent, as a reply of v2c is not signed; so names, their
    order and their number are what must hold.
    """
    rng = random.Random(20261)

    async def test() -> None:
        taken = 0
        transport = FakeTransport()
        with SnmpClient(transport) as client:
            prepared = prepare(target(), get_request(malformed_cases.OIDS))
            for _ in range(2000):
                reading = asyncio.create_task(client.get(prepared))
                await asyncio.sleep(0)
                asked = read_request(transport.sent[-1])
                true = response(asked, dict(zip(malformed_cases.OIDS, malformed_cases.TYPED, strict=True)))
                transport.receiver(mutate(true, rng), AGENT)
                taken += reading_done(client)
                transport.receiver(true, AGENT)
                try:
                    values = await reading
                except ErrorStatus:
                    continue
                assert len(values) == len(malformed_cases.OIDS)
            assert client.counters.rejected.total() + client.counters.replies == 4000
            assert taken < 1000

    def reading_done(client: SnmpClient) -> int:
        return all(operation.outcome.done() for operation in client._traffic.waiting.values())

    virtual(test())


def mutate(octets: bytes, rng: random.Random) -> bytes:
    """Change, drop, repeat or cut octets at random places."""
    changed = bytearray(octets)
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(len(changed))
        match rng.randrange(5):
            case 0:
                changed[place] = rng.randrange(256)
            case 1:
                changed[place] ^= 1 << rng.randrange(8)
            case 2:
                del changed[place : place + rng.randint(1, 4)]
            case 3:
                changed[place:place] = rng.randbytes(rng.randint(1, 4))
            case _:
                changed[place:] = changed[place : place + rng.randrange(200)]
        if not changed:
            changed += b"\x30"
    return bytes(changed)
