"""Cisco CTS: the calls that are up among those that are over, and their streams from two tables joined."""

from __future__ import annotations

from typing import Any

import pytest
from snmp_peers import GEN_ERR, Asked, TableAgent, Typed, response, virtual
from video_agents import (
    AUDIO,
    CALL_MIB,
    CONTENT,
    CTS_CALL,
    CTS_SOURCE,
    CTS_TYPE,
    PERIPHERAL,
    VIDEO,
    VideoBench,
    counter64,
    cts,
    cts_call,
    gauge,
    poll_once,
    stream,
    under,
)

from phusong.collectors.call_readings import Media, StreamReading, Way
from phusong.collectors.snmp import ber
from phusong.collectors.snmp.credentials import V1
from phusong.collectors.video.cts import CALLS_MOST, PERIPHERALS_MOST
from phusong.collectors.video.cts_streams import STREAMS_MOST, streams_of
from phusong.collectors.video.measures import Measures, Problems


def received_video(**columns: Any) -> StreamReading:
    reading = poll_once(cts(cts_call(**columns)))
    return stream(reading.calls[0], Media.VIDEO)


def test_calls_that_are_over_are_no_calls() -> None:
    """Rows stay in the table after a call; the last one says why it ended."""
    reading = poll_once(cts())
    assert (reading.profile, reading.vendor, reading.problems) == ("cisco-cts", "Cisco", ())
    assert (reading.in_call, reading.calls) == (False, ())
    assert reading.last_end_reason == "network congestion"
    assert (reading.registered, reading.faults) == (True, ())


def test_a_call_is_read_with_all_its_streams() -> None:
    """Micropercent, millifps, kbit/s and ms become base units, each way; latency comes from the other table."""
    reading = poll_once(cts(cts_call()))
    assert reading.problems == ()
    assert (reading.in_call, reading.last_end_reason) == (True, "network congestion")
    (call,) = reading.calls
    assert (call.direction, call.protocol, call.encrypted, call.duration_s) == ("outgoing", "sip", True, 600.0)
    assert call.receive_bps == call.transmit_bps == pytest.approx(3_000_000)
    video = stream(call, Media.VIDEO)
    assert (video.loss_ratio, video.jitter_s, video.latency_s) == (0.015, 0.012, 0.04)
    assert (video.width_px, video.height_px, video.frame_rate_hz, video.codec) == (1280, 720, 30.0, "H.264")
    assert video.bit_rate_bps == pytest.approx(2_800_000)
    sent = stream(call, Media.VIDEO, Way.SENT)
    assert (sent.loss_ratio, sent.jitter_s, sent.latency_s) == (0.0025, None, None)
    assert (sent.width_px, sent.height_px, sent.frame_rate_hz) == (1920, 1080, 29.97)
    assert sent.bit_rate_bps == pytest.approx(3_100_000)
    audio = stream(call, Media.AUDIO)
    assert (audio.codec, audio.height_px, audio.frame_rate_hz) == ("AAC-LC", None, None)
    assert stream(call, Media.AUDIO, Way.SENT).codec == "AAC-LD"
    assert (call.loss_ratio, call.received_lines, call.hd) == (0.015, 720, True)


@pytest.mark.parametrize(
    ("micropercent", "ratio"),
    [(0, 0.0), (1, 1e-8), (999_999, 0.00999999), (1_000_000, 0.01), (100_000_000, 1.0), (100_000_001, None)],
)
def test_a_micropercent_is_a_millionth_of_a_percent(micropercent: int, ratio: float | None) -> None:
    """1,000,000 are 1 %; more than the whole is no loss."""
    assert received_video(s14=gauge(micropercent)).loss_ratio == ratio


def test_values_of_the_call_stand_in_for_those_of_the_period() -> None:
    """Where an agent has no object of the sample period the one of the whole call is taken, and 0 is a value."""
    whole = received_video(s14=None, s22=None, s38=None, t2=None)
    assert (whole.loss_ratio, whole.jitter_s, whole.latency_s) == (0.07, 0.055, 0.09)
    assert whole.bit_rate_bps == pytest.approx(2_900_000)
    now = received_video(s14=gauge(0), s22=counter64(0), t2=gauge(0))
    assert (now.loss_ratio, now.jitter_s, now.latency_s) == (0.0, 0.0, 0.0)


def test_jitter_is_a_counter64_and_may_be_absurd() -> None:
    """2^63 ms are no jitter, and that is told."""
    reading = poll_once(cts(cts_call(s22=counter64(2**63))))
    assert stream(reading.calls[0], Media.VIDEO).jitter_s is None
    assert any("jitter" in problem for problem in reading.problems)


def test_three_screens_and_content_are_streams_of_their_own() -> None:
    """Every source is a stream; content does not make the picture HD."""
    sources = ((VIDEO, 9), (VIDEO, 10), (VIDEO, 11), (AUDIO, 9), (CONTENT, 4))
    (call,) = poll_once(cts(cts_call(sources=sources, s33=gauge(640), s34=gauge(360)))).calls
    received = [each.media for each in call.streams if each.way is Way.RECEIVED]
    assert received == [Media.VIDEO] * 3 + [Media.AUDIO, Media.CONTENT]
    assert len(call.streams) == 10
    assert call.hd is False


def test_a_way_that_is_not_active_is_no_stream() -> None:
    """A source that only sends has values of zero for what it receives."""
    (call,) = poll_once(cts(cts_call(s10=2))).calls
    assert {each.way for each in call.streams} == {Way.SENT}


def test_latency_without_sources_is_not_lost() -> None:
    """An agent that has only the table by stream type gives the latency of each."""
    (call,) = poll_once(cts(cts_call(sources=()), under(CTS_TYPE, {"2.9.1": gauge(30), "3.9.2": gauge(44)}))).calls
    assert call.streams == (
        StreamReading(Media.VIDEO, Way.RECEIVED, latency_s=0.03),
        StreamReading(Media.AUDIO, Way.RECEIVED, latency_s=0.044),
    )


def test_several_calls_have_their_own_streams() -> None:
    """The tables are joined by the index of the call."""
    agent = cts(cts_call(9), cts_call(12, c10=1, s14=gauge(30_000_000)))
    first, second = poll_once(agent).calls
    assert (first.direction, second.direction) == ("outgoing", "incoming")
    assert (first.loss_ratio, second.loss_ratio) == (0.015, 0.3)
    assert len(first.streams) == len(second.streams) == 4


def test_who_the_other_side_is_is_not_even_asked_unless_it_is_shown() -> None:
    """The number of the far end stays in the endpoint."""
    assert poll_once(cts(cts_call()), show_far_end=True).calls[0].far_end == "8811"

    async def run() -> None:
        bench = VideoBench(cts(cts_call()))
        assert (await bench.poll()).calls[0].far_end == ""
        assert (*CTS_CALL, 2, 9) not in {oid for asked in bench.agent.asked for oid in asked.oids}

    virtual(run())


def test_columns_that_are_not_there_cost_only_themselves() -> None:
    """A call without loss, codec and direction keeps its jitter, picture and duration."""
    gone: dict[str, Any] = dict.fromkeys(("s14", "s15", "s29", "s10", "c10", "c3", "c9", "c13"))
    (call,) = poll_once(cts(cts_call(**gone))).calls
    assert (call.direction, call.protocol, call.encrypted, call.receive_bps) == ("", "", None, None)
    video = stream(call, Media.VIDEO)
    assert (video.loss_ratio, video.codec) == (None, "")
    assert (video.jitter_s, video.height_px, call.duration_s) == (0.012, 720, 600.0)


@pytest.mark.parametrize(("security", "encrypted"), [(1, False), (2, False), (3, True), (4, None), (9, None)])
def test_only_secured_is_encrypted(security: int, encrypted: bool | None) -> None:
    """An authenticated call can be listened to."""
    assert poll_once(cts(cts_call(c9=security))).calls[0].encrypted is encrypted


@pytest.mark.parametrize(
    ("managers", "mode", "registered"),
    [
        ({1: 5, 2: 4}, 2, True),
        ({1: 4, 2: 4}, 2, False),
        ({1: 6, 2: 1}, 2, False),
        ({1: 1, 2: 3}, 2, None),
        ({1: 4, 2: 4}, 1, None),
        ({1: 99, 2: 0}, 2, None),
    ],
)
def test_one_call_manager_that_has_it_is_enough(
    managers: dict[int, int], mode: int, registered: bool | None
) -> None:
    """Spare managers need not have it; one set up without any is not unregistered."""
    told = {f"2.6.1.4.{row}": status for row, status in managers.items()}
    assert poll_once(cts(under(CALL_MIB, {"2.4.0": mode, **told}))).registered is registered


@pytest.mark.parametrize(
    ("statuses", "categories", "faults"),
    [
        ({1: 7}, {}, ("camera",)),
        ({1: 2, 2: 8, 3: 6}, {}, ("camera", "display", "phone")),
        ({1: 1, 2: 9, 3: 0}, {}, ()),
        ({1: 3, 2: 3}, {1: 13, 2: 15}, ("microphone",)),
        ({1: 4}, {1: 2}, ("network",)),
        ({1: 5}, {1: 0}, ("peripheral",)),
        ({1: 5}, {1: 77}, ("peripheral",)),
    ],
)
def test_peripherals_with_an_error_are_named_by_their_kind(
    statuses: dict[int, int], categories: dict[int, int], faults: tuple[str, ...]
) -> None:
    """Each kind once; a check that is switched off is no fault."""
    told = {f"3.{row}": status for row, status in statuses.items()}
    kinds = {f"4.{row}": category for row, category in categories.items()}
    assert poll_once(cts(under(PERIPHERAL, {**told, **kinds}))).faults == faults


def test_a_call_that_ends_between_two_requests_is_over() -> None:
    """Its row says so when it is read: no call, and its reason is the last one."""

    def hang_up(agent: TableAgent, asked: Asked) -> None:
        if asked.kind == ber.GET and (*CTS_CALL, 7, 9) in asked.oids:
            agent.objects[*CTS_CALL, 17, 9] = (ber.INTEGER, 5)

    reading = poll_once(TableAgent(cts(cts_call()), before=hang_up))
    assert (reading.in_call, reading.calls) == (False, ())
    assert (reading.last_end_reason, reading.problems) == ("remote side disconnected", ())


def test_a_call_whose_row_goes_is_over() -> None:
    """The oldest rows are deleted to make room."""

    def delete(agent: TableAgent, asked: Asked) -> None:
        if asked.kind == ber.GET and (*CTS_CALL, 7, 9) in asked.oids:
            agent.replace({oid: v for oid, v in agent.objects.items() if oid[:-2] != CTS_CALL})

    reading = poll_once(TableAgent(cts(cts_call()), before=delete))
    assert (reading.in_call, reading.calls, reading.problems) == (False, (), ())


def test_a_call_that_cannot_be_read_is_still_a_call() -> None:
    """Its row is there and every GET of it is refused: in a call of which nothing is said."""

    class Refuses(TableAgent):
        def answer(self, asked: Asked) -> bytes:
            if asked.kind == ber.GET and any(oid[: len(CTS_CALL)] == CTS_CALL for oid in asked.oids):
                return response(asked, {}, status=GEN_ERR)
            return super().answer(asked)

    reading = poll_once(Refuses(cts(cts_call())))
    assert (reading.in_call, reading.calls, reading.registered) == (True, (), True)
    assert reading.last_end_reason == "network congestion"
    assert any(problem.startswith("calls: ") for problem in reading.problems)


def test_no_call_has_streams_without_number() -> None:
    """Both ways of every source count."""
    sources = {(VIDEO, number): {14: 5, 6: 5} for number in range(40)}
    assert len(streams_of({}, sources, Measures(Problems()))) == STREAMS_MOST


def test_of_very_many_peripherals_some_are_read() -> None:
    """A table of 400 rows is asked for 64 of them in each poll."""

    async def run() -> None:
        many = {f"{column}.{row}": 0 for column in (3, 4) for row in range(1, 401)}
        bench = VideoBench(cts(under(PERIPHERAL, many)))
        await bench.poll()
        bench.agent.asked.clear()
        await bench.poll(30)
        asked = {oid for request in bench.agent.asked for oid in request.oids if oid[:-2] == PERIPHERAL}
        assert len(asked) == 2 * PERIPHERALS_MOST

    virtual(run())


def test_streams_that_go_leave_the_call() -> None:
    """A call without streams is still a call."""
    (call,) = poll_once(cts(cts_call(sources=()))).calls
    assert call.streams == ()
    assert call.duration_s == 600.0


def test_a_table_that_cannot_be_walked_costs_only_itself() -> None:
    """An agent that fails on the streams still tells of the call, its registration and peripherals."""

    def fail(agent: TableAgent, asked: Asked) -> None:
        agent.largest_answer = 0 if any(oid[: len(CTS_SOURCE)] == CTS_SOURCE for oid in asked.oids) else 1000

    agent = TableAgent(cts(cts_call(), under(PERIPHERAL, {"3.1": 6})), before=fail)
    reading = poll_once(agent)
    assert (reading.in_call, reading.registered, reading.faults) == (True, True, ("camera",))
    assert any(problem.startswith("streams: ") for problem in reading.problems)


def test_tables_without_end_are_cut_off() -> None:
    """Of 10,000 calls that all claim to be up the newest 16 are read, of 600 sources 16."""
    rows: dict[ber.Oid, Typed] = {(*CTS_CALL, 17, row): (ber.INTEGER, 12) for row in range(1, 10_001)}
    sources = tuple((VIDEO, number) for number in range(1, 600))
    agent = TableAgent(cts(rows, cts_call(500, sources=sources)))
    reading = poll_once(agent)
    assert len(reading.calls) == CALLS_MOST == 16
    assert len(reading.calls[-1].streams) == STREAMS_MOST == 32
    assert any("row limit" in problem for problem in reading.problems)
    assert len(agent.asked) < 250


def test_an_agent_of_snmpv1_gives_what_it_can() -> None:
    """It has no Counter64, hence no jitter; the rest is read."""
    reading = poll_once(cts(cts_call()), version=V1)
    (call,) = reading.calls
    video = stream(call, Media.VIDEO)
    assert (video.loss_ratio, video.jitter_s, video.latency_s, video.height_px) == (0.015, None, 0.04, 720)
