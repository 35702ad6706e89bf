"""The first words with a device: which credentials work, and why none do; against scripts and a real snmpd."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
import snmp_peers
from snmp_peers import AGENT, FakeTransport, TableAgent, client_for, target, virtual

from phusong.collectors import mib
from phusong.collectors.first_contact import Attempt, Candidate, Contact, NoContact, find_engine, make_contact
from phusong.collectors.readings import PingReading
from phusong.collectors.snmp import ber
from phusong.collectors.snmp.client import SnmpClient, Target
from phusong.collectors.snmp.credentials import V1, V2C, Community, UsmUser
from phusong.collectors.snmp.usm_keys import AuthProtocol, PrivProtocol

CANARY = b"canary-5ecret"
RIGHT, OTHER, THIRD = (Candidate(name, Community(V2C, name.encode())) for name in ("right", "other", "third"))


class FakePinger:
    """Answers or not, or may not ask."""

    method = "fake"

    def __init__(self, answers: bool | None) -> None:
        self.answers = answers

    async def burst(self, address: str, packets: int) -> PingReading:
        if self.answers is None:
            raise OSError("no permission")
        return PingReading(packets, packets if self.answers else 0, None, None, None)

    def close(self) -> None:
        pass


def speaking_to(*communities: bytes) -> Callable[[bytes, Any], list[bytes]]:
    """Make an agent that answers these communities only, and nobody of SNMPv3."""
    table = TableAgent({mib.SYS_OBJECT_ID: (ber.OBJECT_ID, (1, 3, 6, 1, 4, 1, 9, 1))})

    def script(data: bytes, source: Any) -> list[bytes]:
        if b"\x02\x01\x03" in data[:8] or snmp_peers.read_request(data).community not in communities:
            return []
        return table(data, source)

    return script


def contact(
    script: Callable[[bytes, Any], list[bytes]], candidates: Sequence[Candidate], ping: bool | None = False
) -> tuple[Contact | NoContact, FakeTransport, float]:
    """Make contact in virtual time; also return what was sent and how long it took in seconds."""

    async def run() -> tuple[Contact | NoContact, FakeTransport, float]:
        client, transport = client_for(script)
        begun = asyncio.get_running_loop().time()
        with client:
            made = await make_contact(client, FakePinger(ping), target(timeout_s=2.0, retries=1), candidates)
        return made, transport, asyncio.get_running_loop().time() - begun

    return virtual(run())


def test_the_first_that_works_is_the_one() -> None:
    """Where the first credentials are right, the others are never sent."""
    made, transport, took_s = contact(speaking_to(b"right", b"other"), [RIGHT, OTHER])
    assert isinstance(made, Contact)
    assert (made.auth, made.failed, took_s) == ("right", (), 0.0)
    assert not any(b"other" in data for data in transport.sent)


def test_the_others_are_tried_in_their_order() -> None:
    """Of several that work after the first was not answered, the one named earlier counts."""
    made, _, took_s = contact(speaking_to(b"other", b"third"), [RIGHT, OTHER, THIRD])
    assert isinstance(made, Contact)
    assert (made.auth, [attempt.name for attempt in made.failed], took_s) == ("other", ["right"], 2.0)


def test_a_dead_device_costs_one_timeout() -> None:
    """With one name of credentials one deadline, with many of them two; no probe follows where ping is silent."""
    made, _, took_s = contact(speaking_to(), [RIGHT])
    assert isinstance(made, NoContact)
    assert (made.reason, made.is_silent, took_s) == ("unreachable", True, 2.0)
    made, transport, took_s = contact(speaking_to(), [RIGHT, OTHER, THIRD])
    assert took_s == 4.0
    assert not any(b"\x02\x01\x03" in data[:8] for data in transport.sent)


@pytest.mark.parametrize(("ping", "reason"), [(True, "no_agent"), (False, "unreachable"), (None, "unreachable")])
def test_silence_is_told_apart_by_ping(ping: bool | None, reason: str) -> None:
    """A wrong community looks like a dead agent, and the sentence says so; all names share one sentence."""
    made, _, _ = contact(speaking_to(), [RIGHT, OTHER], ping)
    assert isinstance(made, NoContact)
    assert (made.reason, made.ping_answers) == (reason, ping)
    assert made.what.startswith("right, other: no answer")
    assert ("to ping: a wrong community or port" in made.what) is (ping is True)


def test_a_refused_view_is_an_answer() -> None:
    """An agent that accepts the credentials and shows nothing is not taken for a silent one."""

    def script(data: bytes, source: Any) -> list[bytes]:
        return [snmp_peers.response(snmp_peers.read_request(data), {}, status=16, index=1)]

    made, _, _ = contact(script, [RIGHT])
    assert isinstance(made, NoContact)
    assert (made.reason, made.is_silent) == ("access_denied", False)
    assert "view" in made.what


def test_an_agent_that_fails_answers() -> None:
    """An error of genErr for sysObjectID is a poor answer, but it is one."""

    def script(data: bytes, source: Any) -> list[bytes]:
        return [snmp_peers.response(snmp_peers.read_request(data), {}, status=5)]

    made, _, _ = contact(script, [RIGHT])
    assert isinstance(made, Contact)


class MovedTransport(FakeTransport):
    """Brings every answer from another address."""

    def __init__(self, script: Any, source: tuple[str, int]) -> None:
        super().__init__(script)
        self.source = source

    def send(self, data: bytes, address: Any) -> None:
        receiver, self.receiver = self.receiver, lambda reply, _: receiver(reply, self.source)
        super().send(data, address)
        self.receiver = receiver


@pytest.mark.parametrize("source", [("192.0.2.9", 161), ("192.0.2.9", 9999)])
def test_a_device_that_answers_from_another_address(source: tuple[str, int]) -> None:
    """A router with several addresses: the one it answers from is found out; never another port."""

    async def run() -> Contact | NoContact:
        client = SnmpClient(MovedTransport(speaking_to(b"right"), source))
        with client:
            return await make_contact(client, FakePinger(True), target(timeout_s=2.0, retries=1), [RIGHT])

    made = virtual(run())
    if source[1] == 161:
        assert isinstance(made, Contact)
        assert made.target.reply_from == {"192.0.2.9"}
    else:
        assert isinstance(made, NoContact)


def test_no_secret_is_in_any_value() -> None:
    """Neither a contact nor the want of one has a community or password in its text."""
    user = UsmUser(b"u", AuthProtocol.SHA, CANARY, PrivProtocol.AES128, CANARY)
    for script in (speaking_to(CANARY), speaking_to()):
        made, _, _ = contact(script, [Candidate("a", Community(V2C, CANARY)), Candidate("b", user)], ping=True)
        assert CANARY.decode() not in repr(made)
        assert CANARY.decode() not in str(getattr(made, "what", ""))


# --- against net-snmp ----------------------------------------------------------------------------------------

AUTH, PRIV = b"authpass12", b"privpass12"
USERS = """
createUser blumenthal SHA "authpass12" AES-256 "privpass12"
createUser reeder SHA "authpass12" AES-256-C "privpass12"
createUser plain SHA "authpass12" AES "privpass12"
createUser signer SHA "authpass12"
rouser blumenthal priv
rouser reeder priv
rouser plain priv
rouser signer auth
"""
BLUMENTHAL = UsmUser(b"blumenthal", AuthProtocol.SHA, AUTH, PrivProtocol.AES256, PRIV)
PLAIN = UsmUser(b"plain", AuthProtocol.SHA, AUTH, PrivProtocol.AES128, PRIV)


@pytest.fixture(scope="module")
def v3_agent() -> Iterator[Target]:
    """Run a real agent with users of both key extensions."""
    if snmp_peers.SNMPD is None:
        pytest.skip("snmpd is not installed")
    with snmp_peers.running_snmpd(USERS) as running:
        yield Target(("127.0.0.1", running.port), Community(V2C, b""), timeout_s=2.0, retries=2)


def ask(agent: Target, *candidates: Candidate) -> Contact | NoContact:
    async def run() -> Contact | NoContact:
        with SnmpClient() as client:
            return await make_contact(client, FakePinger(True), agent, candidates)

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("user", "works_with"),
    [
        (BLUMENTHAL, None),
        (replace(BLUMENTHAL, priv=PrivProtocol.AES256C), PrivProtocol.AES256),
        (replace(BLUMENTHAL, name=b"reeder"), PrivProtocol.AES256C),
        (replace(BLUMENTHAL, name=b"reeder", priv=PrivProtocol.AES256C), None),
        (PLAIN, None),
    ],
)
def test_the_other_key_extension_is_tried(
    v3_agent: Target, user: UsmUser, works_with: PrivProtocol | None
) -> None:
    """Both ways, and only where the configured one fails; the target found speaks the one that works."""
    made = ask(v3_agent, Candidate("a", user))
    assert isinstance(made, Contact)
    assert made.works_with == works_with
    assert isinstance(made.target.auth, UsmUser)
    assert made.target.auth.priv == (works_with or user.priv)


@pytest.mark.parametrize(
    ("user", "reason"),
    [
        (replace(PLAIN, name=b"nobody"), "unknown_user"),
        (replace(PLAIN, auth_password=b"wrongwrong"), "wrong_digest"),
        (replace(PLAIN, auth=AuthProtocol.MD5), "wrong_digest"),
        (replace(PLAIN, priv_password=b"wrongwrong"), "wrong_privacy"),
        (replace(BLUMENTHAL, priv_password=b"wrongwrong"), "wrong_privacy"),
        (replace(PLAIN, priv=PrivProtocol.DES), "wrong_privacy"),
        (replace(PLAIN, name=b"signer"), "no_encryption"),
        (replace(PLAIN, priv=None, priv_password=b""), "access_denied"),
    ],
)
def test_every_mistake_in_credentials_is_called_by_its_name(v3_agent: Target, user: UsmUser, reason: str) -> None:
    """Which part is wrong is what the engineer wants to know, and it is never a guess at two."""
    made = ask(v3_agent, Candidate("a", user))
    assert isinstance(made, NoContact)
    assert (made.reason, made.engine_id != b"") == (reason, True)
    assert made.what.startswith("a: ")


@pytest.mark.parametrize("version", [V1, V2C])
def test_a_wrong_community_of_a_living_agent(v3_agent: Target, version: int) -> None:
    """The agent is silent to it, but names its engine: so it is the community, and not a dead device."""
    made = ask(v3_agent, Candidate("a", Community(version, b"wrong")))
    assert isinstance(made, NoContact)
    assert made.reason == "not_accepted"
    assert "an SNMP agent of net-snmp is there: a wrong community" in made.what


def test_right_after_wrong(v3_agent: Target) -> None:
    """Credentials that fail leave nothing behind that keeps others from working."""
    wrong = Candidate("wrong", replace(PLAIN, auth_password=b"wrongwrong"))
    made = ask(v3_agent, wrong, Candidate("right", PLAIN))
    assert isinstance(made, Contact)
    assert (made.auth, [(a.name, a.reason) for a in made.failed]) == ("right", [("wrong", "wrong_digest")])


def test_the_engine_is_found_without_credentials(v3_agent: Target) -> None:
    """Its id is of the form of RFC 3411 and names net-snmp."""

    async def run() -> bytes:
        with SnmpClient() as client:
            return await find_engine(client, v3_agent)

    assert asyncio.run(run())[:5] == bytes.fromhex("80001f8880")


def test_a_sentence_for_each_and_one_for_all() -> None:
    """What several credentials met is told by name, each once."""
    told = (
        Attempt("a", "timeout", "x"),
        Attempt("b", "unknown_user", "no such user"),
        Attempt("c", "timeout", "x"),
    )
    made = NoContact(told, ping_answers=True, engine_id=bytes.fromhex("80001f8880aabb"))
    assert made.reason == "unknown_user"
    assert made.what.startswith("b: no such user; a, c: no answer, though")
    assert AGENT[0] not in made.what
