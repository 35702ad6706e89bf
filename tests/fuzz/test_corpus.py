"""Every input of the fuzzer's corpus, and a lot of chance, against the client: only data that is ours to have."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest
from reply_attack import RAW, SIGNED, USERS, VARBINDS, WAYS, attack, attack_once, datagram, steps

from phusong.collectors.snmp.credentials import V2C
from phusong.collectors.snmp.usm import UsmExchange

CORPUS = sorted(file for file in (Path(__file__).parent / "corpus").iterdir())
CHANCES = 1500


def test_there_is_a_corpus() -> None:
    """The corpus is there, with answers to every waiting request in every way."""
    assert len(CORPUS) > 150
    kinds = {(way, place) for file in CORPUS for way, place, _ in steps(file.read_bytes())}
    assert {(VARBINDS, place) for place in range(len(USERS))} <= kinds
    assert {way for way, _ in kinds} == set(range(WAYS))


def test_the_corpus_does_no_harm() -> None:
    """No input brings another error than ours, nor SNMPv3 data that nobody has signed."""
    for file in CORPUS:
        try:
            attack(file.read_bytes())
        except Exception as error:
            raise AssertionError(f"{file.name} is not withstood") from error


def test_inputs_made_of_the_corpus_by_chance_do_no_harm() -> None:
    """Nor do its inputs cut, joined and with octets changed, the same ones every time."""
    chance = random.Random(3414)
    inputs = [file.read_bytes() for file in CORPUS]

    async def run() -> None:
        for _ in range(CHANCES):
            mixed = bytearray(chance.choice(inputs) + chance.choice(inputs))
            for _ in range(chance.randrange(1, 6)):
                mixed[chance.randrange(len(mixed))] = chance.randrange(256)
            await attack_once(bytes(mixed[: chance.randrange(3, len(mixed) + 1)]))

    asyncio.run(run())


def test_an_attack_that_works_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were digests not checked, the corpus would show it: a forged answer is then taken, and the attack fails."""
    rows = [list(steps(file.read_bytes())) for file in CORPUS]
    signed = USERS.index(SIGNED)
    payload = next(row[0][2] for row in rows if [step[:2] for step in row] == [(VARBINDS, signed)] and row[0][2])
    sound = datagram(VARBINDS, SIGNED, V2C, 0x01234567, payload)
    forged = bytearray(sound)
    position = sound.index(b"signed") + len(b"signed") + 2
    forged[position] ^= 1
    monkeypatch.setattr("phusong.collectors.snmp.client._random_id", lambda taken: 0x01234567 + len(taken))
    data = bytes((RAW,)) + len(forged).to_bytes(2, "big") + bytes(forged)
    data = data.replace((0x01234567).to_bytes(4, "big"), (0x01234567 + signed).to_bytes(4, "big"))
    attack(data)

    def believe(self: UsmExchange, data: bytes, message: object, engine: object) -> object:
        return engine

    monkeypatch.setattr(UsmExchange, "_authenticated", believe)
    with pytest.raises(AssertionError, match="not signed"):
        attack(data)
