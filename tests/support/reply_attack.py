"""Throws replies at the SNMP client while requests of every version wait: for the fuzzer and the tests.

An input is a row of steps: an octet that says how, two octets of length, and a payload. A step is a raw
datagram, or one made sound around the payload, so that the fuzzer reaches the inside: it answers one of the
waiting requests with the right id, community, digest and encryption. ``attack`` fails when anything but an
error of ours comes out, or when SNMPv3 data came that nobody with the key has sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

from snmp_peers import AGENT, PUBLIC, FakeTransport, message, target

from phusong.collectors import mib
from phusong.collectors.snmp import ber
from phusong.collectors.snmp.client import SnmpClient, prepare
from phusong.collectors.snmp.credentials import V1, V2C, UsmUser
from phusong.collectors.snmp.errors import SnmpError
from phusong.collectors.snmp.pdu import get_request
from phusong.collectors.snmp.usm import sign_message, user_keys
from phusong.collectors.snmp.usm_engine import Engine
from phusong.collectors.snmp.usm_keys import AuthProtocol, PrivProtocol
from phusong.collectors.snmp.usm_message import SecurityParameters, write_scoped_pdu

ENGINE_ID = bytes.fromhex("80001f8804c0ffee00")
BOOTS, TIME_S = 3, 1000
SIGNED = UsmUser(b"signed", AuthProtocol.SHA256, b"auth-password")
SECRET = UsmUser(b"secret", AuthProtocol.SHA, b"auth-password", PrivProtocol.AES128, b"priv-password")
OIDS = (mib.SYS_UP_TIME, (*mib.IF_NAME, 3), (*mib.IF_HC_IN_OCTETS, 3))
ROWS = (mib.IF_NAME,)
REPETITIONS = 5
MOST_STEPS = 8
HEAD_OCTETS = 3

RAW, VARBINDS, PDU, SCOPED, PARAMETERS = range(5)
"""How a payload becomes a datagram: as it is, or put into a message from the inside to the outside."""
WAYS = 5
USERS: tuple[UsmUser | None, ...] = (None, None, None, SIGNED, SECRET, SECRET)
"""Who asks each of the waiting requests; ``None`` for a community."""


def steps(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Split an input into ways, the places of waiting requests, and payloads."""
    for _ in range(MOST_STEPS):
        if len(data) < HEAD_OCTETS:
            return
        length = int.from_bytes(data[1:HEAD_OCTETS], "big")
        yield data[0] % WAYS, data[0] // WAYS % len(USERS), data[HEAD_OCTETS : HEAD_OCTETS + length]
        data = data[HEAD_OCTETS + length :]


def datagram(way: int, user: UsmUser | None, version: int, request_id: int, payload: bytes) -> bytes:
    """Make a datagram of a payload, sound in all that the payload does not say."""
    numbers = b"".join(ber.tlv(ber.INTEGER, ber.encode_integer(number)) for number in (request_id, 0, 0))
    pdu = payload
    if way == VARBINDS:
        pdu = ber.tlv(ber.RESPONSE, numbers + ber.tlv(ber.SEQUENCE, payload))
    elif way == PDU:
        pdu = ber.tlv(ber.RESPONSE, numbers[: 2 + numbers[1]] + payload)
    if way == RAW:
        return payload
    if user is None:
        return message(pdu, version=version, community=PUBLIC)
    scoped = payload
    if way in (VARBINDS, PDU):
        scoped = write_scoped_pdu(ENGINE_ID, b"", len(pdu)) + pdu
    if way == PARAMETERS:  # unsigned: flags, and whatever stands for the security parameters
        numbers = ber.tlv(ber.INTEGER, ber.encode_integer(request_id)) + ber.tlv(ber.INTEGER, b"\x7f\xff")
        head = ber.tlv(
            ber.SEQUENCE, numbers + ber.tlv(ber.OCTET_STRING, payload[:1]) + ber.tlv(ber.INTEGER, b"\3")
        )
        body = ber.tlv(ber.INTEGER, b"\3") + head + ber.tlv(ber.OCTET_STRING, payload[1:])
        return ber.tlv(ber.SEQUENCE, body + ber.tlv(ber.SEQUENCE, b""))
    security = SecurityParameters(ENGINE_ID, BOOTS, TIME_S, user.name, b"", b"")
    return sign_message(user_keys(user, ENGINE_ID), security, request_id, scoped)


async def attack_once(data: bytes) -> None:
    """Run one input against a client of its own, in the running event loop."""
    transport = FakeTransport()
    with SnmpClient(transport) as client:
        engine = Engine(ENGINE_ID)
        engine.set_clock(BOOTS, TIME_S, asyncio.get_running_loop().time())
        client.engines.pin(AGENT, engine)
        asked = get_request(OIDS)
        attempts = [
            client.get(prepare(target(version=V1), asked)),
            client.get(prepare(target(version=V2C), asked)),
            client.get_bulk(target(version=V2C), ROWS, repetitions=REPETITIONS),
            client.get(prepare(target(auth=SIGNED), asked)),
            client.get(prepare(target(auth=SECRET), asked)),
            client.get_bulk(target(auth=SECRET), ROWS, repetitions=REPETITIONS),
        ]
        tasks: list[asyncio.Task[Any]] = [asyncio.ensure_future(attempt) for attempt in attempts]
        await asyncio.sleep(0)
        ids = list(client._traffic.waiting)
        signed: set[int] = set()
        for way, place, payload in steps(data):
            user = USERS[place]
            if way in (VARBINDS, PDU, SCOPED) and user is not None:
                signed.add(place)
            transport.receiver(datagram(way, user, place and V2C, ids[place], payload), AGENT)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        for place, task in enumerate(tasks):
            _check(task, place, may_have_data=USERS[place] is None or place in signed)
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _check(task: asyncio.Task[Any], place: int, *, may_have_data: bool) -> None:
    """Fail when a request ended in anything but sound data of the right shape or a typed error."""
    if not task.done():
        return
    error = task.exception()
    if error is not None:
        assert isinstance(error, SnmpError), f"request {place} ended with {error!r}"
        return
    result = task.result()
    assert may_have_data, f"request {place} took data that was not signed"
    if place in (2, 5):
        assert len(result) <= REPETITIONS * len(ROWS)
    else:
        assert len(result) == len(OIDS)


def attack(data: bytes) -> None:
    """Run one input in an event loop of its own."""
    asyncio.run(attack_once(data))
