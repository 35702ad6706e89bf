"""Endpoints that refuse, lose, lie and never end: what they cost, and that no part costs another its values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import snmp_peers
from hypothesis import given, settings
from hypothesis import strategies as st
from snmp_peers import GEN_ERR, Asked, TableAgent, Typed, response, virtual
from video_agents import (
    CALL_MIB,
    CTS_CALL,
    CTS_SOURCE,
    CTS_TYPE,
    FAILED,
    HDX_MIB,
    PERIPHERAL,
    POLY_CALL,
    POLY_MIB,
    Objects,
    VideoBench,
    cts,
    cts_call,
    hdx,
    poll_once,
    poly,
    poly_call,
    stream,
    under,
)

from phusong.collectors import mib
from phusong.collectors.call_readings import EndpointReading, Media
from phusong.collectors.snmp import ber
from phusong.collectors.snmp.credentials import V1, V2C
from phusong.collectors.snmp.errors import RequestTimeout
from phusong.collectors.video.inquiry import POLL_MOST_S
from phusong.collectors.video.known_rows import LOOK_AGAIN_S, LOOK_SOON_S

IN_CALL = {
    "poly": lambda: poly(poly_call()),
    "hdx": lambda: hdx(s21="1", s22="2", s23="3"),
    "cisco-cts": lambda: cts(cts_call()),
}


def test_a_silent_endpoint_raises() -> None:
    """Without the system group there is no reading."""
    with pytest.raises(RequestTimeout):
        poll_once(TableAgent(poly(), lose=lambda asked: True))


@pytest.mark.parametrize("profile", IN_CALL)
def test_an_endpoint_that_falls_silent_gives_what_it_gave(profile: str) -> None:
    """Only the system group is answered: a reading with problems, after a few deadlines and not one per table."""

    async def run() -> None:
        bench = VideoBench(
            TableAgent(IN_CALL[profile](), lose=lambda asked: mib.SYS_DESCR not in asked.oids), profile
        )
        started = snmp_peers.asyncio.get_running_loop().time()
        reading = await bench.poll()
        assert (reading.profile, reading.in_call, reading.calls) == (profile, None, ())
        assert reading.problems
        assert snmp_peers.asyncio.get_running_loop().time() - started <= 10

    virtual(run())


ROOTS = {
    "calls of a Poly": (POLY_CALL, "poly"),
    "registration of a Poly": ((*POLY_MIB, 2), "poly"),
    "hardware of a Poly": ((*POLY_MIB, 3), "poly"),
    "identity of a Poly": ((*POLY_MIB, 1), "poly"),
    "calls of a CTS": (CTS_CALL, "cisco-cts"),
    "latency of a CTS": (CTS_TYPE, "cisco-cts"),
    "sources of a CTS": (CTS_SOURCE, "cisco-cts"),
    "call managers of a CTS": ((*CALL_MIB, 2), "cisco-cts"),
    "peripherals of a CTS": (PERIPHERAL, "cisco-cts"),
}


def answered_apart(broken: ber.Oid, answer: Callable[[Asked], list[bytes]]) -> type[TableAgent]:
    class Broken(TableAgent):
        def __call__(self, data: bytes, address: Any) -> list[bytes]:
            asked = snmp_peers.read_request(data)
            if any(oid[: len(broken)] == broken for oid in asked.oids):
                return answer(asked)
            return super().__call__(data, address)

    return Broken


def parts_told(reading: EndpointReading) -> set[str]:
    """Return which parts of a reading say something."""
    streams = [each for call in reading.calls for each in call.streams]
    told = {
        "identity": bool(reading.serial),
        "registration": reading.registered is not None,
        "faults": bool(reading.faults),
        "call": bool(reading.in_call),
        "latency": any(each.latency_s is not None for each in streams),
        "loss": any(each.loss_ratio is not None for each in streams),
    }
    return {part for part, says in told.items() if says}


LOST = {
    "calls of a Poly": {"latency", "loss"},
    "registration of a Poly": {"registration"},
    "hardware of a Poly": {"faults"},
    "identity of a Poly": {"identity"},
    "calls of a CTS": {"call", "latency", "loss"},
    "latency of a CTS": {"latency"},
    "sources of a CTS": {"loss"},
    "call managers of a CTS": {"registration"},
    "peripherals of a CTS": {"faults"},
}


@pytest.mark.parametrize("part", ROOTS)
@pytest.mark.parametrize("refusal", ["generr without an index", "silence", "empty answer"])
def test_a_part_that_cannot_be_read_never_costs_the_rest(part: str, refusal: str) -> None:
    """Refused, lost or answered with nothing: from the second poll on only what belongs to it is missing."""
    root, profile = ROOTS[part]
    answers: dict[str, Callable[[Asked], list[bytes]]] = {
        "generr without an index": lambda asked: [response(asked, {}, status=GEN_ERR)],
        "silence": lambda asked: [],
        "empty answer": lambda asked: [response(asked, {})],
    }
    faulty = {"poly": under(POLY_MIB, {"3.6.1.0": FAILED}), "cisco-cts": under(PERIPHERAL, {"3.1": 6})}
    objects = IN_CALL[profile]() | faulty[profile]
    whole = parts_told(poll_once(objects, profile))

    async def run() -> EndpointReading:
        bench = VideoBench(answered_apart(root, answers[refusal])(objects), profile)
        await bench.poll()
        return await bench.poll(LOOK_SOON_S)

    reading = virtual(run())
    assert whole - parts_told(reading) <= LOST[part]
    assert reading.problems


def test_two_parts_that_fail_apart_do_not_end_the_poll() -> None:
    """Identity and registration are never answered, what lies between and after them is."""
    broken = [(*POLY_MIB, 1), (*POLY_MIB, 2)]
    deaf = TableAgent(
        poly(poly_call(), under(POLY_MIB, {"3.6.1.0": FAILED})),
        lose=lambda asked: any(oid[: len(root)] == root for root in broken for oid in asked.oids),
    )

    async def run() -> EndpointReading:
        bench = VideoBench(deaf, "poly")
        await bench.poll()
        return await bench.poll(LOOK_SOON_S)

    reading = virtual(run())
    assert (reading.serial, reading.registered) == ("", None)
    assert (reading.faults, reading.in_call, len(reading.calls)) == (("camera",), True, 1)


def test_a_look_that_fails_forgets_nothing() -> None:
    """GETNEXT and GETBULK are no longer answered: the rows that are known are still read, and it is told."""

    async def run() -> None:
        bench = VideoBench(poly())
        await bench.poll()
        bench.agent.lose = lambda asked: asked.kind != ber.GET
        for _ in range(2):
            reading = await bench.poll(LOOK_AGAIN_S)
            assert (reading.registered, reading.in_call) == (True, False)
            assert reading.problems

    virtual(run())


def test_tables_that_are_walked_apart_are_walked_as_seldom() -> None:
    """Where they must be looked for one by one, that is done at the slow pace too."""

    async def run() -> None:
        agent = TableAgent(
            poly(), lose=lambda asked: asked.kind != ber.GET and any(oid[9:11] == (3, 10) for oid in asked.oids)
        )
        bench = VideoBench(agent)
        assert (await bench.poll()).problems
        assert (await bench.poll(LOOK_SOON_S)).registered is True
        agent.asked.clear()
        reading = await bench.poll(30)
        assert (reading.registered, reading.problems) == (True, ())
        assert len(agent.asked) == 1

    virtual(run())


def test_a_restart_asks_again_for_what_was_not_there() -> None:
    """An agent of SNMPv1 had no serial number; after a restart it has, and is asked for it."""

    async def run() -> None:
        bench = VideoBench(poly(), version=V1)
        serial = bench.agent.objects.pop((*POLY_MIB, 1, 5, 0))
        assert (await bench.poll()).serial == ""
        bench.change({(*POLY_MIB, 1, 5, 0): serial, mib.SYS_UP_TIME: (ber.TIME_TICKS, 100)})
        assert (await bench.poll(30)).serial == "8L211000001"

    virtual(run())


def test_the_next_call_in_the_same_row_is_read_too() -> None:
    """By SNMPv1 what is gone is not asked for again by its name, until another call stands there."""

    async def run() -> None:
        bench = VideoBench(poly(poly_call()), version=V1)
        whole = dict(bench.agent.objects)

        def hang_up(agent: TableAgent, asked: Asked) -> None:
            if asked.kind == ber.GET and (*POLY_CALL, 16, 1) in asked.oids:
                bench.remove(POLY_CALL)

        bench.agent.before = hang_up
        assert (await bench.poll()).calls == ()
        bench.agent.before = lambda agent, asked: None
        await bench.poll(30)
        bench.agent.replace(whole)
        (call,) = (await bench.poll(30)).calls
        assert call.loss_ratio == 0.03

    virtual(run())


class Endless(TableAgent):
    """Every GETNEXT and GETBULK is answered by more rows of the same table, for ever."""

    def _next(self, oid: ber.Oid) -> tuple[ber.Oid, Typed]:
        column = 13 if oid[: len(POLY_CALL)] == POLY_CALL else 14
        return (*oid[:-1], oid[-1] + 1) if len(oid) > column else (*oid, 1), (ber.INTEGER, 12)


class Backwards(TableAgent):
    """The same row again and again."""

    def _next(self, oid: ber.Oid) -> tuple[ber.Oid, Typed]:
        return oid, (ber.INTEGER, 12)


@pytest.mark.parametrize("kind", [Endless, Backwards])
@pytest.mark.parametrize("profile", IN_CALL)
def test_tables_that_never_end_are_left(kind: type[TableAgent], profile: str) -> None:
    """At most 16 calls of at most 32 streams, within some hundred requests, and it is told."""

    async def run() -> None:
        bench = VideoBench(kind(IN_CALL[profile]()), profile)
        reading = await bench.poll()
        assert len(reading.calls) <= 16
        assert all(len(call.streams) <= 32 for call in reading.calls)
        assert bool(reading.problems) is (profile != "hdx")
        assert len(bench.asked) < 400

    virtual(run())


def test_a_slow_endpoint_is_not_waited_for_without_end() -> None:
    """Every request answered just before the deadline: the poll ends, and says what was not asked."""

    async def run() -> None:
        loop = snmp_peers.asyncio.get_running_loop()
        calls = [cts_call(row) for row in range(20, 36)]
        bench = VideoBench(cts(*calls), "cisco-cts")
        agent = bench.agent

        def late(data: bytes, address: Any) -> list[bytes]:
            for reply in agent(data, address):
                loop.call_later(0.45, bench.transport.receiver, reply, address)
            return []

        bench.transport._script = late
        started = loop.time()
        reading = await bench.poll()
        assert loop.time() - started < POLL_MOST_S + 3
        assert any("takes too long" in problem for problem in reading.problems)
        assert reading.registered is True

    virtual(run())


@pytest.mark.parametrize("version", [V1, V2C])
@pytest.mark.parametrize("bulk", [True, False])
def test_old_agents_are_read_too(version: int, bulk: bool) -> None:
    """SNMPv1, and agents that refuse GETBULK, have the same calls."""
    agent = TableAgent(poly(poly_call(c42=None)), refuse_bulk=not bulk)
    (call,) = poll_once(agent, version=version).calls
    assert stream(call, Media.VIDEO).loss_ratio == 0.03
    assert stream(call, Media.VIDEO).height_px is None


def test_small_answers_are_enough() -> None:
    """An agent that can answer four objects at a time is read in more requests."""
    reading = poll_once(TableAgent(poly(poly_call()), largest_answer=4))
    assert (reading.in_call, reading.calls[0].hd, reading.problems) == (True, True, ())


def test_text_of_an_endpoint_is_decoded_and_cleaned() -> None:
    """Names in an old charset, and control characters, come through as clean text of limited length."""
    odd = under(POLY_MIB, {"1.4.0": b"Studio\x00\x1b[2J \xd0", "1.5.0": "x" * 5000})
    reading = poll_once(poly(odd), legacy_charset="cp1258")
    assert reading.model == "Studio[2J \N{LATIN CAPITAL LETTER D WITH STROKE}"
    assert len(reading.serial) == 255


# --- anything at all -----------------------------------------------------------------------------------------

texts = st.one_of(st.binary(max_size=40), st.sampled_from([b"", b"1280x720", b"99", b"-1", b"AES", b"8" * 30]))
values = st.one_of(
    st.tuples(st.just(ber.INTEGER), st.integers(-(2**31), 2**31 - 1)),
    st.tuples(st.sampled_from((ber.COUNTER32, ber.GAUGE32, ber.TIME_TICKS)), st.integers(0, 2**32 - 1)),
    st.tuples(st.just(ber.COUNTER64), st.integers(0, 2**64 - 1)),
    st.tuples(st.just(ber.GAUGE32), st.integers(0, 120)),
    st.tuples(st.sampled_from((ber.OCTET_STRING, ber.OPAQUE)), texts),
    st.tuples(st.just(ber.OBJECT_ID), st.just((1, 3, 6, 1))),
    st.tuples(st.sampled_from((ber.NULL, ber.NO_SUCH_OBJECT, ber.NO_SUCH_INSTANCE)), st.none()),
)
FULL: dict[str, Objects] = {
    "poly": poly(poly_call(1), poly_call(2)),
    "hdx": hdx(s2="8", s3="16", s21="1", s22="2", s23="3"),
    "cisco-cts": cts(cts_call(9, sources=((1, 1), (2, 1), (3, 1)))),
}


@pytest.mark.parametrize("profile", FULL)
@given(data=st.data())
@settings(max_examples=60)
def test_any_value_in_any_column_is_borne(profile: str, data: st.DataObject) -> None:
    """Whatever stands where, nothing is raised, and what is shown lies where such a thing can lie."""
    own = sorted(oid for oid in FULL[profile] if oid[:6] == (1, 3, 6, 1, 4, 1))
    wrong: dict[ber.Oid, Typed] = data.draw(st.dictionaries(st.sampled_from(own), values, max_size=len(own)))
    reading = poll_once({**FULL[profile], **wrong}, profile, show_far_end=True)
    for call in reading.calls:
        assert call.duration_s is None or call.duration_s >= 0
        for each in call.streams:
            assert each.loss_ratio is None or 0 <= each.loss_ratio <= 1
            assert all(delay_s is None or 0 <= delay_s <= 60 for delay_s in (each.jitter_s, each.latency_s))
            assert (each.width_px or 1) in range(1, 16385)
            assert (each.height_px or 1) in range(1, 16385)
            assert (each.bit_rate_bps or 0) <= 1e9
    assert len(reading.calls) <= 16


def test_the_objects_of_a_full_endpoint_are_its_own() -> None:
    """The table that the test above draws from has calls of each kind."""
    assert {oid[:6] for oid in FULL["hdx"] if oid[: len(HDX_MIB)] == HDX_MIB} == {(1, 3, 6, 1, 4, 1)}
    assert all(poll_once(objects, profile).calls for profile, objects in FULL.items())
