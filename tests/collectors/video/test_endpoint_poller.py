"""The endpoint poller: real recordings and agents, few requests, a profile as long as the endpoint is the same."""

from __future__ import annotations

import pytest
import snmp_peers
from recordings import RECORDINGS, load_walk
from snmp_peers import TableAgent, Target, virtual
from video_agents import (
    FAILED,
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
    under,
)

from phusong.collectors import mib
from phusong.collectors.snmp import ber
from phusong.collectors.snmp.batch import BatchReader
from phusong.collectors.snmp.client import SnmpClient
from phusong.collectors.snmp.credentials import V1, V2C, Community
from phusong.collectors.snmp.errors import RequestTimeout
from phusong.collectors.video.endpoint_poller import PROBE_AGAIN_S, EndpointPoller
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
        (poly(), 2),
        (poly(poly_call()), 5),
        (hdx(), 1),
        (hdx(s21="1"), 1),
        (cts(), 4),
        (cts(cts_call()), 9),
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


def test_an_idle_poly_is_asked_once() -> None:
    """While it counts no call its table of calls is looked at every two minutes; one that it counts, at once."""

    async def run() -> None:
        bench = VideoBench(poly())
        await bench.poll()
        kinds = [(await bench.poll(30.0), len(bench.asked))[1] for _ in range(8)]
        assert kinds == [1, 1, 1, 2, 1, 1, 1, 2]
        bench.change(poly_call())
        reading = await bench.poll(30.0)
        assert (reading.in_call, len(reading.calls)) == (True, 1)

    virtual(run())


def test_a_call_that_is_not_counted_is_found() -> None:
    """An endpoint whose count of conferences is always 0 shows its calls all the same, within two minutes."""

    async def run() -> None:
        bench = VideoBench(poly())
        await bench.poll()
        bench.change(poly_call(), {(*POLY_MIB, 5, 1, 0): gauge(0)})
        told = [(await bench.poll(30.0)).in_call for _ in range(4)]
        assert told == [False, False, False, True]
        assert (await bench.poll(30.0)).in_call is True, "while a call is known its row is read in every poll"

    virtual(run())


def test_what_it_cannot_give_does_not_make_it_seem_gone() -> None:
    """An endpoint that answers nothing about its calls is read by its system group from then on."""

    async def run() -> None:
        bench = VideoBench(poly())
        await bench.poll()
        bench.agent.lose = lambda asked: any(oid[:9] == POLY_MIB[:9] for oid in asked.oids)
        with pytest.raises(RequestTimeout):
            await bench.poll(30.0)
        for _ in range(2):
            reading = await bench.poll(30.0)
            assert reading.system is not None
            assert reading.problems
        bench.agent.lose = lambda _asked: False
        assert (await bench.poll(30.0)).registered is True
        await bench.poll(30.0)
        assert len(bench.asked) == 1, "all in one again"

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
