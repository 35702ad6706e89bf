"""The endpoint poller: few requests, a profile as long as the endpoint is the same, nothing lost to a fault."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import snmp_peers
from hypothesis import given, settings
from hypothesis import strategies as st
from recordings import RECORDINGS, load_walk
from snmp_peers import GEN_ERR, Asked, TableAgent, Target, Typed, response, virtual
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
    endpoint,
    gauge,
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
from phusong.collectors.snmp.batch import BatchReader
from phusong.collectors.snmp.client import SnmpClient
from phusong.collectors.snmp.credentials import V1, V2C, Community
from phusong.collectors.snmp.errors import RequestTimeout
from phusong.collectors.video.endpoint_poller import PROBE_AGAIN_S, EndpointPoller
from phusong.collectors.video.inquiry import POLL_MOST_S
from phusong.collectors.video.known_rows import LOOK_AGAIN_S, LOOK_SOON_S
from phusong.collectors.video.poly import PolyEndpoint

needs_recordings = pytest.mark.skipif(not RECORDINGS.is_dir(), reason="../shared/recordings is not there")

IN_CALL = {
    "poly": lambda: poly(poly_call()),
    "hdx": lambda: hdx(s21="1", s22="2", s23="3"),
    "cisco-cts": lambda: cts(cts_call()),
}


# --- real devices --------------------------------------------------------------------------------------------


@needs_recordings
def test_a_recorded_studio_x50_is_read() -> None:
    """A real Poly without a call: who it is, that its SIP registration failed, and that its port is sound."""

    async def run() -> None:
        bench = VideoBench(load_walk(RECORDINGS / "polycomLens_studioxc50.snmprec"))
        reading = await bench.poll()
        assert (reading.profile, reading.vendor) == ("poly", "Poly")
        assert (reading.model, reading.serial, reading.software) == ("StudioX50", "12345678", "3.10.0-362035")
        assert reading.registered is False
        assert (reading.in_call, reading.calls) == (False, ())
        assert reading.faults == reading.problems == ()
        profile = bench.poller._profile
        assert isinstance(profile, PolyEndpoint)
        (card,) = profile.network_cards
        assert card.speed_bps == pytest.approx(1e9)
        assert card.duplex == "full"
        await bench.poll(30)
        assert len(bench.asked) <= 3

    virtual(run())


@needs_recordings
def test_a_recorded_codec_says_who_it_is_in_one_request() -> None:
    """A Cisco SX20 answers the system group and no more; model, serial and software stand in sysDescr."""

    async def run() -> None:
        bench = VideoBench(load_walk(RECORDINGS / "vccodec.snmprec"))
        reading = await bench.poll()
        assert (reading.profile, reading.vendor, reading.problems) == ("roomos", "Cisco", ())
        assert reading.model == "Cisco TelePresence SX20"
        assert (reading.serial, reading.software) == ("A0A0A0A0A0A", "TC7.3.5.a93bdb1")
        assert (reading.registered, reading.in_call) == (None, None)
        assert bench.asked == [ber.GET]

    virtual(run())


@needs_recordings
@pytest.mark.parametrize("walk", ["ios_c3560-slas", "iosxe_c9300", "vrp_ar169sfp", "routeros"])
def test_a_recorded_router_is_no_endpoint(walk: str) -> None:
    """A switch or router that the inventory calls an endpoint is read as far as its system group."""
    reading = poll_once(load_walk(RECORDINGS / f"{walk}.snmprec"))
    assert (reading.profile, reading.in_call, reading.problems) == ("generic", None, ())


SNMPD_TYPES = {
    ber.INTEGER: "integer",
    ber.GAUGE32: "uinteger",
    ber.COUNTER64: "uinteger",  # it has no other for the values of "override"
    ber.OCTET_STRING: "octet_str",
}


@pytest.mark.skipif(snmp_peers.SNMPD is None, reason="snmpd is not installed")
@pytest.mark.parametrize("profile", ["poly", "cisco-cts"])
async def test_a_real_agent_that_serves_a_call_is_read(profile: str) -> None:
    """A snmpd that answers the objects of an endpoint in a call gives the same reading as the table agent."""
    objects = IN_CALL[profile]()
    lines = [f"sysObjectID {ber.format_oid(objects[mib.SYS_OBJECT_ID][1])}"]
    lines.append(f'sysDescr "{objects[mib.SYS_DESCR][1].decode()}"')
    for oid, (tag, value) in objects.items():
        if oid[:6] == (1, 3, 6, 1, 4, 1) and not (tag == ber.COUNTER64 and value >= 2**32):
            text = f'"{value.decode()}"' if isinstance(value, bytes) else value
            lines.append(f"override {ber.format_oid(oid)} {SNMPD_TYPES[tag]} {text}")
    with snmp_peers.running_snmpd("\n".join(lines) + "\n") as running, SnmpClient() as client:
        target = Target(("127.0.0.1", running.port), Community(V2C, b"public"))
        poller = EndpointPoller(client, BatchReader(client, target), "auto", lambda: 0.0)
        for _ in range(2):
            reading = await poller.poll()
            expected = await VideoBench(objects).poll()
            assert reading.problems == ()
            assert reading.calls == expected.calls
            assert (reading.model, reading.registered) == (expected.model, expected.registered)


# --- what a poll costs ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("objects", "most"),
    [
        (poly(), 3),
        (poly(poly_call()), 6),
        (hdx(), 2),
        (hdx(s21="1"), 2),
        (cts(), 5),
        (cts(cts_call()), 10),
        (endpoint((1, 3, 6, 1, 4, 1, 2011, 2, 299), "HUAWEI TE40"), 1),
    ],
    ids=["poly idle", "poly in a call", "hdx idle", "hdx in a call", "cts idle", "cts in a call", "generic"],
)
def test_a_poll_costs_few_requests(objects: Objects, most: int) -> None:
    """After the first one, also when the rows of the slow tables are looked for again."""

    async def run() -> None:
        bench = VideoBench(objects)
        await bench.poll()
        assert len(bench.asked) <= most + 2
        for after_s in (30.0, 30.0, LOOK_AGAIN_S, 30.0):
            before = bench.client.counters.requests
            await bench.poll(after_s)
            assert bench.client.counters.requests - before <= most

    virtual(run())


def test_rows_that_come_are_found_at_a_slow_pace_and_values_change_at_once() -> None:
    """A second SIP registration counts after the time to look again; the first is asked in every poll."""

    async def run() -> None:
        bench = VideoBench(poly())
        assert (await bench.poll()).registered is True
        bench.change(under(POLY_MIB, {"2.8.3.1.2.1": FAILED}))
        assert (await bench.poll(30)).registered is False
        bench.change(under(POLY_MIB, {"2.8.3.1.2.2": 2}))
        assert (await bench.poll(30)).registered is False
        assert (await bench.poll(LOOK_AGAIN_S - 60)).registered is True

    virtual(run())


def test_a_row_that_goes_is_soon_looked_for() -> None:
    """The same registration under another index is found before the slow pace."""

    async def run() -> None:
        bench = VideoBench(poly())
        await bench.poll()
        bench.remove((*POLY_MIB, 2, 8, 3, 1, 2))
        bench.change(under(POLY_MIB, {"2.8.3.1.2.9": 3, "2.8.2.1.2.1": 1}))
        assert (await bench.poll(30)).registered is None
        assert (await bench.poll(LOOK_SOON_S)).registered is False

    virtual(run())


def test_a_call_that_begins_and_ends_is_seen_at_once() -> None:
    """No poll is late: the rows of calls are looked for every time."""

    async def run() -> None:
        bench = VideoBench(poly())
        assert (await bench.poll()).in_call is False
        bench.change(poly_call())
        assert (await bench.poll(30)).calls[0].hd is True
        bench.remove(POLY_CALL)
        bench.change(under(POLY_MIB, {"5.1.0": gauge(0)}))
        assert (await bench.poll(30)).in_call is False

    virtual(run())


# --- the same endpoint, or another one -----------------------------------------------------------------------


def test_another_endpoint_at_the_address_gets_a_profile_of_its_own() -> None:
    """A Poly is exchanged for an HDX: what was known of it is forgotten."""

    async def run() -> None:
        bench = VideoBench(poly(poly_call()))
        assert (await bench.poll()).profile == "poly"
        bench.agent.replace(hdx(s21="1.5"))
        reading = await bench.poll(30)
        assert (reading.profile, reading.in_call, reading.model, reading.problems) == ("hdx", True, "", ())
        bench.agent.replace(endpoint((1, 3, 6, 1, 4, 1, 37459), "Yealink"))
        reading = await bench.poll(30)
        assert (reading.profile, reading.vendor, reading.in_call) == ("generic", "Yealink", None)

    virtual(run())


def test_a_restart_starts_anew() -> None:
    """After a restart with new software the same sysObjectID may stand for another MIB."""

    async def run() -> None:
        bench = VideoBench(poly())
        await bench.poll()
        objects = hdx(s21="1.5") | {mib.SYS_OBJECT_ID: (ber.OBJECT_ID, (1, 3, 6, 1, 4, 1, 2684))}
        bench.agent.replace(objects)
        assert (await bench.poll(30)).profile == "poly"
        bench.agent.objects[mib.SYS_UP_TIME] = (ber.TIME_TICKS, 100)
        assert (await bench.poll(30)).profile == "hdx"

    virtual(run())


@pytest.mark.parametrize("version", [V1, V2C])
def test_an_endpoint_that_is_starting_is_probed_again(version: int) -> None:
    """It answered none of the objects at first: it is generic until it does."""

    async def run() -> None:
        bench = VideoBench(poly(), version=version)
        full = dict(bench.agent.objects)
        bench.remove(POLY_MIB)
        assert (await bench.poll()).profile == "generic"
        bench.agent.replace(full)
        assert (await bench.poll(PROBE_AGAIN_S - 1)).profile == "generic"
        assert (await bench.poll(1)).profile == "poly"

    virtual(run())


def test_a_probe_that_gets_no_answer_is_repeated_in_the_next_poll() -> None:
    """A lost answer does not make an endpoint generic for long, and is told."""

    async def run() -> None:
        lost = [True]
        bench = VideoBench(TableAgent(poly(), lose=lambda asked: lost[0] and mib.SYS_DESCR not in asked.oids))
        reading = await bench.poll()
        assert reading.profile == "generic"
        assert len(reading.problems) == 1
        lost[0] = False
        assert (await bench.poll(30)).profile == "poly"

    virtual(run())


def test_a_wanted_profile_is_read_whatever_the_endpoint_is() -> None:
    """A Poly behind another sysObjectID is read when the inventory says so."""
    objects = poly(poly_call()) | {mib.SYS_OBJECT_ID: (ber.OBJECT_ID, (1, 3, 6, 1, 4, 1, 8072, 3, 2, 10))}
    assert poll_once(objects).profile == "generic"
    reading = poll_once(objects, "poly")
    assert (reading.profile, reading.in_call, reading.why) == ("poly", True, "the inventory names it")
    assert poll_once(objects, "tandberg").profile == "generic"


# --- endpoints that misbehave --------------------------------------------------------------------------------


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
        assert len(agent.asked) == 3

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
