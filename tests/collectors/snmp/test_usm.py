"""SNMPv3 exchanges: discovery, pinned engines, clocks, reports, and that a reboot is no failure."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from snmp_peers import AGENT, FakeTransport, Typed, client_for, virtual
from usm_peers import (
    DECRYPTION_ERRORS,
    ENGINE_ID,
    LEVELS,
    NOBODY,
    NOT_IN_TIME_WINDOWS,
    OTHER_ENGINE_ID,
    SIGNER,
    UNKNOWN_CONTEXTS,
    UNKNOWN_ENGINES,
    UNKNOWN_USERS,
    UNSUPPORTED_LEVELS,
    USER,
    WRONG_DIGESTS,
    UsmEngine,
    open_asked,
    report_pdu,
    secured,
    sent_message,
)

from phusong.collectors import mib
from phusong.collectors.snmp import ber
from phusong.collectors.snmp.client import RESENDS, SnmpClient, prepare
from phusong.collectors.snmp.credentials import UsmUser
from phusong.collectors.snmp.errors import (
    DecryptionFailed,
    NotInTimeWindow,
    RequestTimeout,
    SecurityReport,
    SnmpError,
    UnknownContext,
    UnknownUser,
    UnsupportedSecurityLevel,
    WrongDigest,
)
from phusong.collectors.snmp.pdu import get_request
from phusong.collectors.snmp.transport import Address
from phusong.collectors.snmp.usm_engine import LATCHED_BOOTS, Engine, PinnedEngine
from phusong.collectors.snmp.usm_keys import AuthProtocol, PrivProtocol

OIDS = (mib.SYS_UP_TIME, (*mib.IF_NAME, 3))
OBJECTS: dict[ber.Oid, Typed] = {OIDS[0]: (ber.TIME_TICKS, 4711), OIDS[1]: (ber.OCTET_STRING, b"Gi0/3")}
VALUES = [4711, b"Gi0/3"]
SIGNED = pytest.mark.parametrize("user", [SIGNER, USER], ids=["authNoPriv", "authPriv"])
EVERY_LEVEL = pytest.mark.parametrize("user", LEVELS.values(), ids=LEVELS.keys())


def engine_with(**changes: Any) -> UsmEngine:
    return UsmEngine(OBJECTS, **changes)


async def ask(client: SnmpClient, user: UsmUser = USER, **changes: Any) -> list[ber.Value]:
    return await client.get(prepare(secured(user, **changes), get_request(OIDS)))


def pinned_by(client: SnmpClient) -> list[PinnedEngine]:
    told: list[PinnedEngine] = []
    client.engines.on_pinned = told.append
    return told


def now() -> float:
    return asyncio.get_running_loop().time()


# --- the first contact -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("level", "first"), [("noAuthNoPriv", 2), ("authNoPriv", 3), ("authPriv", 3)])
def test_the_first_contact_costs_two_round_trips_more_and_the_later_ones_none(level: str, first: int) -> None:
    """Engine id, clock, answer: three datagrams at first, none of them a retry and no time lost; then one each."""

    async def test() -> None:
        engine = engine_with()
        client, transport = client_for(engine)
        with client:
            assert await ask(client, LEVELS[level]) == VALUES
            assert len(transport.sent) == first
            for _ in range(3):
                assert await ask(client, LEVELS[level]) == VALUES
            assert len(transport.sent) == first + 3
            assert now() == 1000.0
            assert (client.counters.retries, client.counters.rejected.total()) == (0, 0)

    virtual(test())


def test_discovery_says_nothing_about_us() -> None:
    """The first message carries no user, no object and no signature, and can be reported upon (RFC 3414, 4)."""

    async def test() -> None:
        client, transport = client_for(engine_with())
        with client:
            await ask(client)
        first = sent_message(transport.sent[0])
        assert (first.flags, first.security.engine_id, first.security.user) == (0x04, b"", b"")
        assert USER.name not in transport.sent[0]
        assert ber.encode_oid(OIDS[0]) not in transport.sent[0]

    virtual(test())


@SIGNED
def test_an_engine_is_pinned_by_its_first_signed_message(user: UsmUser) -> None:
    """The discovery report alone pins nothing; the signed refusal with the clock does, and it is told once."""

    async def test() -> None:
        engine = engine_with()
        transport = FakeTransport()
        with SnmpClient(transport) as client:
            told = pinned_by(client)
            asking = asyncio.create_task(ask(client, user))
            await asyncio.sleep(0)
            transport.receiver(*engine(transport.sent[0], AGENT), AGENT)
            assert (client.engines.at(AGENT).engine_id, client.engines.at(AGENT).is_pinned) == (ENGINE_ID, False)
            assert told == []
            transport.receiver(*engine(transport.sent[1], AGENT), AGENT)
            assert client.engines.at(AGENT).is_pinned
            transport.receiver(*engine(transport.sent[2], AGENT), AGENT)
            assert await asking == VALUES
            assert told == [PinnedEngine(AGENT, ENGINE_ID, b"")]

    virtual(test())


def test_requests_at_once_find_one_engine() -> None:
    """Ten first requests to one device at once: all are answered, and one engine is told, not a change."""

    async def test() -> None:
        client, _ = client_for(engine_with())
        with client:
            told = pinned_by(client)
            assert await asyncio.gather(*(ask(client) for _ in range(10))) == [VALUES] * 10
            assert told == [PinnedEngine(AGENT, ENGINE_ID, b"")]
            client_engine = client.engines.at(AGENT)
            assert await ask(client) == VALUES
            assert client.engines.at(AGENT) is client_engine

    virtual(test())


def test_a_remembered_engine_needs_no_discovery() -> None:
    """An id pinned in an earlier life costs its clock only, and is no news; an impossible one is not taken."""

    async def test() -> None:
        client, transport = client_for(engine_with())
        with client:
            told = pinned_by(client)
            client.engines.restore(AGENT, b"1234")
            client.engines.restore(AGENT, bytes(33))
            assert not client.engines.at(AGENT).is_pinned
            client.engines.forget(AGENT)
            client.engines.restore(AGENT, ENGINE_ID)
            assert await ask(client) == VALUES
            assert (len(transport.sent), told) == (2, [])

    virtual(test())


# --- false and changed engines ---------------------------------------------------------------------------------


def false_engine(message_id: int, engine_id: bytes, counter: ber.Oid = UNKNOWN_ENGINES, **changes: int) -> bytes:
    """Write what anybody can write: an unsigned report in the name of an engine."""
    return UsmEngine().write(
        report_pdu(counter, message_id), message_id, UsmUser(b""), engine_id=engine_id, **changes
    )


@EVERY_LEVEL
def test_a_false_engine_does_not_keep_the_true_answer_away(user: UsmUser) -> None:
    """An unsigned report names another engine while the true answer is on its way: the answer counts."""

    async def test() -> None:
        engine = engine_with()
        forging = False

        def script(data: bytes, address: Address) -> list[bytes]:
            false = [false_engine(sent_message(data).message_id, OTHER_ENGINE_ID)] if forging else []
            return [*false, *engine(data, address)]

        client, _ = client_for(script)
        with client:
            assert await ask(client, user) == VALUES
            told = pinned_by(client)
            forging = True
            for _ in range(3):
                assert await ask(client, user) == VALUES
            assert told == []
            if user.auth:
                assert client.engines.at(AGENT).engine_id == ENGINE_ID
            assert now() == 1000.0

    virtual(test())


@SIGNED
def test_a_crowd_of_false_engines_at_the_first_contact(user: UsmUser) -> None:
    """Ten false engines are named before the true one: the device is still reached before the deadline."""

    async def test() -> None:
        engine = engine_with()
        crowd = [b"\x80\x00\x00\x00\x05%d" % n for n in range(10)]

        def script(data: bytes, address: Address) -> list[bytes]:
            forged: list[bytes] = []
            while crowd:
                forged.append(false_engine(sent_message(data).message_id, crowd.pop()))
            return [*forged, *engine(data, address)]

        client, transport = client_for(script)
        with client:
            assert await ask(client, user) == VALUES
            assert client.engines.at(AGENT).engine_id == ENGINE_ID
            assert len(transport.sent) <= 1 + 3 + RESENDS

    virtual(test())


def test_an_engine_that_never_settles_costs_a_bounded_number_of_messages() -> None:
    """A device names a new engine in every answer: retries and resends are sent, no more, then it is a timeout."""

    async def test() -> None:
        named = iter(range(1000))

        def script(data: bytes, address: Address) -> list[bytes]:
            return [false_engine(sent_message(data).message_id, b"\x80\x00\x00\x00\x05%d" % next(named))]

        client, transport = client_for(script)
        with client:
            with pytest.raises(RequestTimeout, match="resend_limit"):
                await ask(client, retries=3)
            assert len(transport.sent) == 4 + RESENDS
            assert client.counters.rejected == {"resend_limit": 4}
            assert client._traffic.waiting == {}
        assert len(client.engines._engines) == 1

    virtual(test())


@SIGNED
def test_another_engine_is_accepted_when_it_signs(user: UsmUser) -> None:
    """A device was swapped: the same poll gets its answer, and the change is told with the id before."""

    async def test() -> None:
        engine = engine_with()
        client, transport = client_for(engine)
        with client:
            told = pinned_by(client)
            await ask(client, user)
            before = len(transport.sent)
            engine.engine_id = OTHER_ENGINE_ID
            assert await asyncio.gather(*(ask(client, user) for _ in range(4))) == [VALUES] * 4
            assert now() == 1000.0
            assert told == [PinnedEngine(AGENT, ENGINE_ID, b""), PinnedEngine(AGENT, OTHER_ENGINE_ID, ENGINE_ID)]
            assert len(transport.sent) <= before + 4 * 3
            before = len(transport.sent)
            assert await ask(client, user) == VALUES
            assert len(transport.sent) == before + 1

    virtual(test())


@SIGNED
def test_our_own_request_sent_back_pins_no_engine(user: UsmUser) -> None:
    """Somebody names a false engine and sends back what we sign for it: that is no signature of an engine."""

    async def test() -> None:
        engine = engine_with()
        transport = FakeTransport()
        with SnmpClient(transport) as client:
            told = pinned_by(client)
            asking = asyncio.create_task(ask(client, user))
            await asyncio.sleep(0)
            first = transport.sent[0]
            transport.receiver(false_engine(sent_message(first).message_id, OTHER_ENGINE_ID), AGENT)
            assert sent_message(transport.sent[1]).security.engine_id == OTHER_ENGINE_ID
            transport.receiver(transport.sent[1], AGENT)
            assert client.counters.rejected == {"wrong_pdu": 1}
            assert not client.engines.at(AGENT).is_pinned
            assert client.engines.at(AGENT).heard_at is None
            transport.receiver(*engine(first, AGENT), AGENT)
            for _ in range(2):
                transport.receiver(*engine(transport.sent[-1], AGENT), AGENT)
            assert await asking == VALUES
            assert told == [PinnedEngine(AGENT, ENGINE_ID, b"")]

    virtual(test())


# --- clocks ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("boots", "time_s", "is_timely", "known"),
    [
        pytest.param(3, 1000, True, (3, 1000), id="the same"),
        pytest.param(3, 1001, True, (3, 1001), id="later"),
        pytest.param(3, 850, True, (3, 1000), id="150 s behind"),
        pytest.param(3, 849, False, (3, 1000), id="151 s behind"),
        pytest.param(3, 900_000, True, (3, 900_000), id="far ahead"),
        pytest.param(4, 0, True, (4, 0), id="booted"),
        pytest.param(2, 1000, False, (3, 1000), id="booted less often"),
        pytest.param(LATCHED_BOOTS, 5, False, (3, 1000), id="latched"),
    ],
)
def test_the_time_window(boots: int, time_s: int, is_timely: bool, known: tuple[int, int]) -> None:
    """A clock only moves forward, and what is more than 150 s behind it does not count (RFC 3414, 3.2, 7 b)."""
    engine = Engine(ENGINE_ID)
    engine.set_clock(3, 1000, now=50.0)
    assert engine.hear(boots, time_s, now=50.0) is is_timely
    assert (engine.boots, engine.time_s) == known


@SIGNED
def test_unsigned_messages_never_set_a_clock(user: UsmUser) -> None:
    """Boots and time of discovery, of forged reports and of forged answers are not taken over."""

    async def test() -> None:
        engine = engine_with()
        transport = FakeTransport()
        wild = {"boots": 2**31 - 1, "time_s": 2**31 - 1}
        with SnmpClient(transport) as client:
            asking = asyncio.create_task(ask(client, user))
            await asyncio.sleep(0)
            message_id = sent_message(transport.sent[0]).message_id
            transport.receiver(false_engine(message_id, ENGINE_ID, **wild), AGENT)
            sent = sent_message(transport.sent[1]).security
            assert (sent.engine_id, sent.boots, sent.time_s) == (ENGINE_ID, 0, 0)
            message_id = sent_message(transport.sent[1]).message_id
            transport.receiver(false_engine(message_id, ENGINE_ID, NOT_IN_TIME_WINDOWS, **wild), AGENT)
            forged = engine.write(report_pdu(NOT_IN_TIME_WINDOWS), message_id, UsmUser(user.name), **wild)
            transport.receiver(forged, AGENT)
            assert client.counters.rejected == {"unsigned": 2}
            assert (client.engines.at(AGENT).boots, client.engines.at(AGENT).heard_at) == (0, None)
            for _ in range(2):
                transport.receiver(*engine(transport.sent[-1], AGENT), AGENT)
            assert await asking == VALUES
            assert (client.engines.at(AGENT).boots, client.engines.at(AGENT).time_s) == (3, 1000)

    virtual(test())


REBOOTS = {
    "boots counts": {"boots": 4},
    "boots stays": {"boots": 3},
    "boots goes back to 0": {"boots": 0},
    "both go back": {"boots": 1, "time_s": 7},
    "the clock jumps ahead": {"boots": 3, "time_s": 900_000},
}


@SIGNED
@pytest.mark.parametrize("clock", REBOOTS.values(), ids=REBOOTS.keys())
def test_a_reboot_is_no_failure_and_costs_no_poll(user: UsmUser, clock: dict[str, int]) -> None:
    """Whatever the clock does at a reboot, the poll after it gets its answer with one free resend and no delay."""

    async def test() -> None:
        engine = engine_with(begun_with_s=500_000)
        client, transport = client_for(engine)
        with client:
            told = pinned_by(client)
            await ask(client, user)
            before = len(transport.sent)
            engine.restart(**clock)
            began = now()
            assert await ask(client, user) == VALUES
            assert len(transport.sent) == before + 2
            assert (now(), client.counters.retries) == (began, 0)
            assert await ask(client, user) == VALUES
            assert len(transport.sent) == before + 3
            assert len(told) == 1

    virtual(test())


@SIGNED
@pytest.mark.parametrize("clock", REBOOTS.values(), ids=REBOOTS.keys())
def test_a_device_that_checks_no_time_survives_its_reboot(user: UsmUser, clock: dict[str, int]) -> None:
    """Such a device never says that we are late: its clock that went back is rejected once, and then followed."""

    async def test() -> None:
        engine = engine_with(begun_with_s=500_000, checks_time=False)
        client, transport = client_for(engine)
        with client:
            assert await ask(client, user) == VALUES
            assert len(transport.sent) == 2
            engine.restart(**clock)
            assert await ask(client, user) == VALUES
            assert client.counters.retries <= 1
            assert set(client.counters.rejected) <= {"not_in_time_window"}
            sent = len(transport.sent)
            assert await ask(client, user) == VALUES
            assert len(transport.sent) == sent + 1

    virtual(test())


def test_an_answer_outside_the_time_window_is_never_data() -> None:
    """A signed answer with an old time is dropped, its copies too; the next transmission gets the true one."""

    async def test() -> None:
        engine = engine_with()
        transport = FakeTransport()
        old = UsmEngine({OIDS[0]: (ber.TIME_TICKS, 1), OIDS[1]: (ber.OCTET_STRING, b"old")})
        with SnmpClient(transport) as client:
            client.engines.at(AGENT).engine_id = ENGINE_ID
            client.engines.at(AGENT).set_clock(3, 1000, now())
            asking = asyncio.create_task(ask(client))
            await asyncio.sleep(0)
            replayed = old.answer(open_asked(transport.sent[0], USER, ENGINE_ID), USER, time_s=849)
            for _ in range(3):
                transport.receiver(replayed, AGENT)
            assert client.counters.rejected == {"not_in_time_window": 3}
            assert not asking.done()
            await asyncio.sleep(0.6)
            engine.begun_with_s = 849
            transport.receiver(*engine(transport.sent[1], AGENT), AGENT)
            assert await asking == VALUES

    virtual(test())


@SIGNED
def test_the_clock_goes_on_over_a_long_idle_time(user: UsmUser) -> None:
    """Ten days after the last answer a request carries the engine's time of now: one datagram is enough."""

    async def test() -> None:
        engine = engine_with()
        client, transport = client_for(engine)
        with client:
            await ask(client, user)
            sent = len(transport.sent)
            await asyncio.sleep(10 * 86_400)
            assert await ask(client, user) == VALUES
            assert len(transport.sent) == sent + 1
            assert sent_message(transport.sent[-1]).security.time_s == 1000 + 10 * 86_400

    virtual(test())


@SIGNED
def test_a_clock_that_drifts_is_followed(user: UsmUser) -> None:
    """A device whose clock runs a tenth too slow needs a free resend now and then, and never a retry."""

    async def test() -> None:
        engine = engine_with()
        client, transport = client_for(engine)
        with client:
            for _ in range(48):
                assert await ask(client, user) == VALUES
                await asyncio.sleep(3600)
                engine.begun_with_s -= 360
            assert client.counters.retries == 0
            assert len(transport.sent) <= 2 * 48 + 1

    virtual(test())


def test_two_devices_with_one_engine_id_do_not_disturb_each_other() -> None:
    """Cloned images: each address has its own clock, so neither device finds our requests too old."""

    async def test() -> None:
        twin = ("192.0.2.2", 161)
        engines = {AGENT: engine_with(), twin: engine_with(boots=900, begun_with_s=77)}
        client, transport = client_for(lambda data, address: engines[address](data, address))
        with client:
            for _ in range(3):
                for address in engines:
                    assert await ask(client, address=address) == VALUES
            assert len(transport.sent) == 2 * 3 + 2 * 2

    virtual(test())


@SIGNED
def test_a_clock_that_never_settles_is_a_typed_error(user: UsmUser) -> None:
    """A device refuses the very time that it told: one free resend, then the retries, then NotInTimeWindow."""

    async def test() -> None:
        engine = engine_with()
        client, transport = client_for(engine)
        with client:
            await ask(client, user)
            sent = len(transport.sent)

            def script(data: bytes, address: Address) -> list[bytes]:
                engine.boots += 1
                return engine(data, address)

            transport._script = script
            with pytest.raises(NotInTimeWindow):
                await ask(client, user, retries=3)
            assert len(transport.sent) == sent + 4 + 1
            assert client.counters.rejected == {"not_in_time_window": 4}

    virtual(test())


@SIGNED
def test_an_engine_that_counts_no_more_boots_is_no_data_and_no_poison(user: UsmUser) -> None:
    """Boots at their highest mean that nothing is timely; when the device counts anew it is polled again."""

    async def test() -> None:
        engine = engine_with(boots=LATCHED_BOOTS)
        client, _ = client_for(engine)
        with client:
            with pytest.raises(SnmpError):
                await ask(client, user)
            assert client.counters.rejected["not_in_time_window"] > 0
            engine.restart(boots=1)
            assert await ask(client, user) == VALUES

    virtual(test())


@SIGNED
@pytest.mark.parametrize("clock", [{"boots": 2**31}, {"boots": 2**39 - 1}, {"time_s": 2**31}, {"time_s": 2**32}])
def test_a_clock_beyond_its_range_is_malformed_and_no_poison(user: UsmUser, clock: dict[str, int]) -> None:
    """Boots or time of more than 31 bits are not taken over even when signed: the next request can be written."""

    async def test() -> None:
        engine = engine_with()
        client, _ = client_for(engine)
        with client:
            assert await ask(client, user) == VALUES
            engine.restart(**{"boots": 4, "time_s": 9, **clock})
            with pytest.raises(RequestTimeout):
                await ask(client, user)
            assert set(client.counters.rejected) == {"malformed"}
            engine.restart(boots=5)
            assert await ask(client, user) == VALUES

    virtual(test())


# --- reports ---------------------------------------------------------------------------------------------------

REFUSALS: dict[str, tuple[ber.Oid, type[SecurityReport]]] = {
    "level": (UNSUPPORTED_LEVELS, UnsupportedSecurityLevel),
    "user": (UNKNOWN_USERS, UnknownUser),
    "digest": (WRONG_DIGESTS, WrongDigest),
    "decryption": (DECRYPTION_ERRORS, DecryptionFailed),
    "context": (UNKNOWN_CONTEXTS, UnknownContext),
    "unheard of": ((1, 3, 6, 1, 4, 1, 9, 9, 1, 0), SecurityReport),
}
EVERY_REFUSAL = pytest.mark.parametrize(("counter", "error"), REFUSALS.values(), ids=REFUSALS.keys())


def refusing(engine: UsmEngine, counter: ber.Oid, user: UsmUser) -> Callable[[bytes, Address], list[bytes]]:
    return lambda data, address: [engine.report(sent_message(data).message_id, counter, user)]


@EVERY_REFUSAL
@EVERY_LEVEL
def test_an_unsigned_report_is_a_typed_error_at_the_deadline(
    user: UsmUser, counter: ber.Oid, error: type[SecurityReport]
) -> None:
    """Nobody signs it, so the wait for a true answer goes on, retries included, and then it says what is wrong."""

    async def test() -> None:
        engine = engine_with()
        client, transport = client_for(engine)
        with client:
            await ask(client, user)
            sent = len(transport.sent)
            transport._script = refusing(engine, counter, UsmUser(user.name))
            with pytest.raises(error) as caught:
                await ask(client, user, timeout_s=2.0, retries=3)
            assert type(caught.value) is error
            assert now() == pytest.approx(1002.0)
            assert len(transport.sent) == sent + 4
            assert client.counters.rejected == {"unsigned_report": 4}

    virtual(test())


@EVERY_REFUSAL
@EVERY_LEVEL
def test_a_forged_report_and_a_lost_answer_cost_no_poll(
    user: UsmUser, counter: ber.Oid, error: type[SecurityReport]
) -> None:
    """Somebody forges a refusal of the first transmission, whose answer gets lost: the retry brings the data."""

    async def test() -> None:
        engine = engine_with()
        client, transport = client_for(engine)
        with client:
            await ask(client, user)
            forged = refusing(engine, counter, UsmUser(user.name))

            def script(data: bytes, address: Address) -> list[bytes]:
                transport._script = engine
                return forged(data, address)

            transport._script = script
            assert await ask(client, user) == VALUES
            assert client.counters.rejected == {"unsigned_report": 1}

    virtual(test())


@EVERY_REFUSAL
@SIGNED
def test_a_signed_report_ends_the_wait(user: UsmUser, counter: ber.Oid, error: type[SecurityReport]) -> None:
    """A refusal that the engine signs is the answer: the error comes at once."""

    async def test() -> None:
        engine = engine_with()
        client, transport = client_for(engine)
        with client:
            await ask(client, user)
            transport._script = refusing(engine, counter, user)
            with pytest.raises(error):
                await ask(client, user)
            assert now() == 1000.0
            assert client.counters.rejected == {}

    virtual(test())


@EVERY_LEVEL
def test_reports_are_matched_by_msg_id_alone(user: UsmUser) -> None:
    """Reports carry a foreign request-id (Cisco ASA: 2147483647): discovery and the clock work all the same."""

    async def test() -> None:
        engine = engine_with(request_id_of_reports=2147483647)
        client, _ = client_for(engine)
        with client:
            assert await ask(client, user) == VALUES
            assert client.counters.rejected == {}

    virtual(test())


WRONG_CREDENTIALS: dict[str, tuple[UsmUser, type[SecurityReport]]] = {
    "name": (replace(USER, name=b"other"), UnknownUser),
    "authentication password": (replace(USER, auth_password=b"another-password"), WrongDigest),
    "authentication protocol": (replace(USER, auth=AuthProtocol.SHA512), WrongDigest),
    "privacy password": (replace(USER, priv_password=b"another-password"), DecryptionFailed),
    "privacy protocol": (replace(USER, priv=PrivProtocol.AES256), DecryptionFailed),
    "no privacy": (replace(USER, priv=None), UnsupportedSecurityLevel),
    "nothing": (UsmUser(USER.name), UnsupportedSecurityLevel),
    "context": (replace(USER, context=b"vrf-none"), UnknownContext),
}


@pytest.mark.parametrize(("user", "error"), WRONG_CREDENTIALS.values(), ids=WRONG_CREDENTIALS.keys())
def test_wrong_credentials_are_a_typed_error_without_a_secret(user: UsmUser, error: type[SecurityReport]) -> None:
    """What is wrong about the credentials is said by type and in words, and no password in any of them."""

    async def test() -> None:
        client, transport = client_for(engine_with())
        prepared = prepare(secured(user), get_request(OIDS))
        with client:
            with pytest.raises(error) as caught:
                await client.get(prepared)
            shown = "".join(
                traceback.TracebackException.from_exception(caught.value, capture_locals=True).format()
            )
            shown += repr(prepared) + repr(user) + repr(client.engines) + repr(sent_message(transport.sent[-1]))
        assert "canary" not in shown
        assert "another-password" not in shown

    virtual(test())


def test_a_device_that_keeps_silent_about_what_it_cannot_decrypt() -> None:
    """It signs its clock but answers nothing: DecryptionFailed, also when the first contact was slow."""

    async def test() -> None:
        engine = engine_with(silent_on_decryption_errors=True)
        transport = FakeTransport()
        wrong = replace(USER, priv_password=b"another-password")
        with SnmpClient(transport) as client:
            client.engines.restore(AGENT, ENGINE_ID)
            asking = asyncio.create_task(ask(client, wrong))
            await asyncio.sleep(0.6)
            refused = [reply for data in transport.sent for reply in engine(data, AGENT)]
            for reply in refused:
                transport.receiver(reply, AGENT)
            assert engine.reports == [NOT_IN_TIME_WINDOWS] * 2
            with pytest.raises(DecryptionFailed):
                await asking

    virtual(test())


# --- answers ---------------------------------------------------------------------------------------------------


def test_a_context_is_asked_for_and_must_come_back() -> None:
    """The contextName goes out with the request; an answer from another context is not ours."""

    async def test() -> None:
        vrf = replace(USER, context=b"vrf-wan")
        engine = engine_with(contexts=frozenset({b"vrf-wan"}))
        transport = FakeTransport(engine)
        with SnmpClient(transport) as client:
            assert await ask(client, vrf) == VALUES
            assert engine.asked[-1].context == b"vrf-wan"
            transport._script = None
            asking = asyncio.create_task(ask(client, vrf))
            await asyncio.sleep(0)
            asked = open_asked(transport.sent[-1], vrf, ENGINE_ID)
            for context in (b"", b"vrf-lan", b"vrf-wan2"):
                transport.receiver(engine.answer(replace(asked, context=context), vrf), AGENT)
            transport.receiver(engine.answer(asked, vrf, context_engine_id=OTHER_ENGINE_ID), AGENT)
            assert client.counters.rejected == {"wrong_context": 4}
            transport.receiver(engine.answer(asked, vrf), AGENT)
            assert await asking == VALUES

    virtual(test())


@pytest.mark.parametrize("octets", range(12))
def test_des_pads_both_ways(octets: int) -> None:
    """Requests and answers of every length modulo eight pass through DES, padded to whole blocks."""

    async def test() -> None:
        user = UsmUser(
            b"old", AuthProtocol.MD5, b"canary-auth-password", PrivProtocol.DES, b"canary-priv-password"
        )
        objects: dict[ber.Oid, Typed] = {(1, 3, *range(octets)): (ber.OCTET_STRING, b"x" * octets)}
        client, transport = client_for(UsmEngine(objects, users=[user]))
        with client:
            asked = prepare(secured(user), get_request(list(objects)))
            assert await client.get(asked) == [b"x" * octets]
        sent = sent_message(transport.sent[-1])
        assert (sent.stop - sent.start) % 8 == 0

    virtual(test())


@EVERY_LEVEL
def test_every_transmission_is_a_message_of_its_own(user: UsmUser) -> None:
    """msgID, which is the request-id too, and the salt are new in each transmission and four octets wide."""

    async def test() -> None:
        engine = engine_with(lose=lambda asked: True)
        client, transport = client_for(engine)
        with client:
            for _ in range(30):
                with pytest.raises(SnmpError):
                    await ask(client, user)
        sent = [sent_message(data) for data in transport.sent]
        ids = [one.message_id for one in sent]
        assert len(set(ids)) == len(ids) >= 120
        assert all(0x01000000 <= message_id <= 0x7FFFFFFF for message_id in ids)
        assert [one.message_id for one in engine.asked] == [one.asked.request_id for one in engine.asked]
        salts = [one.security.salt for one in sent if one.is_encrypted]
        assert len(set(salts)) == len(salts) == (len(ids) - 1 if user.priv else 0)

    virtual(test())


@EVERY_LEVEL
def test_the_answer_to_an_earlier_transmission_counts(user: UsmUser) -> None:
    """A slow device answers the first transmission when the third is on its way: that is the answer."""

    async def test() -> None:
        engine = engine_with()
        transport = FakeTransport(engine)
        with SnmpClient(transport) as client:
            await ask(client, user)
            transport._script = None
            sent = len(transport.sent)
            asking = asyncio.create_task(ask(client, user))
            await asyncio.sleep(1.2)
            assert len(transport.sent) == sent + 3
            late = engine(transport.sent[sent], AGENT)
            transport.receiver(*late, AGENT)
            transport.receiver(*late, AGENT)
            assert await asking == VALUES
            transport.receiver(*late, AGENT)
            assert client.counters.rejected == {"unknown_id": 2}
            assert client._traffic.waiting == {}

    virtual(test())


@SIGNED
def test_a_slow_first_contact_is_not_asked_twice_for_its_clock(user: UsmUser) -> None:
    """The device refuses the time of two transmissions at once: one resend, and the other refusal is dropped."""

    async def test() -> None:
        engine = engine_with()
        transport = FakeTransport()
        with SnmpClient(transport) as client:
            client.engines.restore(AGENT, ENGINE_ID)
            asking = asyncio.create_task(ask(client, user))
            await asyncio.sleep(0.6)
            for reply in [reply for data in transport.sent for reply in engine(data, AGENT)]:
                transport.receiver(reply, AGENT)
            assert len(transport.sent) == 3
            assert client.counters.rejected == {"not_in_time_window": 1}
            transport.receiver(*engine(transport.sent[-1], AGENT), AGENT)
            assert await asking == VALUES

    virtual(test())


@EVERY_LEVEL
def test_an_answer_may_come_from_a_named_second_address(user: UsmUser) -> None:
    """Every step of the exchange works with answers from ``reply_from``, and from no other address."""

    async def test() -> None:
        engine = engine_with()
        transport = FakeTransport()
        other, stranger = ("192.0.2.77", AGENT[1]), ("192.0.2.78", AGENT[1])
        with SnmpClient(transport) as client:
            asking = asyncio.create_task(ask(client, user, reply_from=frozenset({other[0]})))
            await asyncio.sleep(0)
            answered = 0
            while answered < len(transport.sent):
                reply = engine(transport.sent[answered], AGENT)
                answered += 1
                for source in (stranger, (other[0], 1161), other):
                    transport.receiver(*reply, source)
            assert await asking == VALUES
            assert client.counters.rejected == {"wrong_source": 2 * answered}

    virtual(test())


def test_a_user_without_passwords_is_asked_for_nothing_else() -> None:
    """A request of noAuthNoPriv carries the user's name, an engine id and no clock, digest or salt."""

    async def test() -> None:
        client, transport = client_for(engine_with())
        with client:
            assert await ask(client, NOBODY) == VALUES
        security = sent_message(transport.sent[-1]).security
        assert (security.engine_id, security.user) == (ENGINE_ID, b"nobody")
        assert (security.boots, security.time_s, security.digest, security.salt) == (0, 0, b"", b"")

    virtual(test())
