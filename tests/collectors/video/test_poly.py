"""Poly endpoints: what they say of themselves, and their calls with every stream in base units."""

from __future__ import annotations

from typing import Any

import pytest
from snmp_peers import GEN_ERR, Asked, TableAgent, Typed, response, virtual
from video_agents import (
    DISABLED,
    FAILED,
    OK,
    POLY_CALL,
    POLY_CONTENT,
    POLY_MIB,
    VideoBench,
    gauge,
    poll_once,
    poly,
    poly_call,
    stream,
    under,
)

from phusong.collectors.call_readings import Media, Way
from phusong.collectors.snmp import ber
from phusong.collectors.snmp.walk import WalkResult
from phusong.collectors.video.poly import NetworkCard, PolyEndpoint, in_call
from phusong.collectors.video.poly_calls import CALLS_MOST, encryption_of, protocol_of


def test_an_idle_endpoint_says_who_it_is_and_that_it_is_idle() -> None:
    """Model, serial number, software, registration and no call; nothing is wrong."""
    reading = poll_once(poly())
    assert (reading.profile, reading.vendor) == ("poly", "Poly")
    assert (reading.model, reading.serial, reading.software) == ("StudioX30", "8L211000001", "4.3.2-401010")
    assert reading.registered is True
    assert reading.in_call is False
    assert reading.calls == reading.faults == reading.problems == ()
    assert reading.system is not None
    assert reading.system.sys_location == "Hạ Long"


def test_a_call_is_read_with_all_its_streams() -> None:
    """Percent, ms and kbit/s of each stream become ratios, seconds and bit/s, both ways; no content, no stream."""
    reading = poll_once(poly(poly_call()), show_far_end=True)
    assert reading.problems == ()
    assert reading.in_call is True
    (call,) = reading.calls
    assert (call.protocol, call.encrypted, call.far_end) == ("sip", True, "Phòng họp Bãi Cháy")
    assert {(each.media, each.way) for each in call.streams} == {
        (media, way) for media in (Media.ALL, Media.AUDIO, Media.VIDEO) for way in Way
    }
    video = stream(call, Media.VIDEO)
    assert (video.width_px, video.height_px, video.frame_rate_hz) == (1280, 720, 29.97)
    assert (video.loss_ratio, video.jitter_s, video.latency_s) == (0.03, 0.007, 0.026)
    assert video.bit_rate_bps == pytest.approx(1_502_000)
    assert video.codec == "H.264 High"
    sent = stream(call, Media.VIDEO, Way.SENT)
    assert (sent.width_px, sent.height_px, sent.loss_ratio) == (1920, 1080, 0.01)
    audio = stream(call, Media.AUDIO)
    assert (audio.loss_ratio, audio.jitter_s, audio.latency_s, audio.codec) == (0.0, 0.003, 0.02, "Siren 22")
    assert (audio.height_px, audio.frame_rate_hz) == (None, None)
    whole = stream(call, Media.ALL)
    assert (whole.loss_ratio, whole.jitter_s, whole.latency_s) == (0.02, 0.006, 0.025)
    assert (call.loss_ratio, call.jitter_s, call.latency_s) == (0.03, 0.007, 0.026)
    assert (call.received_lines, call.hd) == (720, True)


def test_content_is_a_stream_of_its_own_and_no_hd_picture() -> None:
    """Slides in 1080 lines do not make a call HD whose picture has 360."""
    content = {f"c{column}": value for column, value in POLY_CONTENT.items()}
    (call,) = poll_once(poly(poly_call(c42="640x360", **content))).calls
    slides = stream(call, Media.CONTENT)
    assert (slides.width_px, slides.height_px, slides.frame_rate_hz, slides.codec) == (1920, 1080, 5.0, "H.264")
    assert (slides.loss_ratio, slides.jitter_s, slides.latency_s) == (0.04, 0.011, 0.031)
    assert (call.received_lines, call.hd) == (360, False)
    assert call.loss_ratio == 0.04


def test_several_calls_are_all_read() -> None:
    """Each row of the table is a call, whatever its index."""
    calls = poll_once(poly(poly_call(1), poly_call(3, c60="H.323", c50=gauge(9)), poly_call(70_000))).calls
    assert [call.protocol for call in calls] == ["sip", "h323", "sip"]
    assert [call.loss_ratio for call in calls] == [0.03, 0.09, 0.03]


def test_who_the_other_side_is_is_not_even_asked_unless_it_is_shown() -> None:
    """The name of the far end does not leave the endpoint."""

    async def run() -> None:
        bench = VideoBench(poly(poly_call()))
        reading = await bench.poll()
        assert reading.calls[0].far_end == ""
        asked = {oid for asked in bench.agent.asked for oid in asked.oids}
        assert (*POLY_CALL, 42, 1) in asked
        assert (*POLY_CALL, 58, 1) not in asked

    virtual(run())


@pytest.mark.parametrize(
    ("changes", "registered"),
    [
        ({}, True),
        ({"2.8.3.1.2.1": FAILED}, False),
        ({"2.8.3.1.2.1": DISABLED}, None),
        ({"2.8.3.1.2.1": FAILED, "2.8.3.1.2.2": OK}, True),
        ({"2.8.1.0": DISABLED, "2.8.3.1.2.1": FAILED}, None),
        ({"2.8.1.0": DISABLED, "2.8.3.1.2.1": OK}, None),
        ({"2.7.1.0": OK, "2.7.2.0": FAILED}, True),
        ({"2.7.1.0": OK, "2.7.2.0": FAILED, "2.8.3.1.2.1": FAILED}, False),
        ({"2.7.1.0": OK, "2.7.2.0": OK, "2.8.3.1.2.1": FAILED}, True),
        ({"2.7.1.0": DISABLED, "2.7.2.0": FAILED, "2.8.3.1.2.1": DISABLED}, None),
        ({"2.7.1.0": OK, "2.7.2.0": FAILED, "2.8.1.0": DISABLED}, False),
        ({"2.8.3.1.2.1": 7}, None),
        ({"2.8.3.1.2.1": "ok"}, None),
    ],
)
def test_registered_is_denied_only_by_an_enabled_registration(
    changes: dict[str, Any], registered: bool | None
) -> None:
    """One that says ok is enough; disabled ones and unknown words say nothing."""
    assert poll_once(poly(under(POLY_MIB, changes))).registered is registered


def test_without_registration_objects_the_servers_stand_for_them() -> None:
    """A gatekeeper or proxy that failed is a registration that failed."""
    objects = poly(under(POLY_MIB, {"2.7.1.0": OK, "2.7.3.1.2.1": FAILED, "2.8.2.1.2.1": DISABLED}))
    for gone in ((*POLY_MIB, 2, 7, 2, 0), (*POLY_MIB, 2, 8, 3, 1, 2, 1)):
        del objects[gone]
    assert poll_once(objects).registered is False


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"3.6.1.0": FAILED}, ("camera",)),
        ({"3.5.1.0": FAILED}, ("microphone",)),
        ({"3.10.1.0": FAILED}, ("network",)),
        ({"1.6.0": FAILED, "3.1.0": FAILED, "3.6.1.0": FAILED}, ("device", "hardware", "camera")),
        ({"2.8.1.0": FAILED}, ("sip",)),
        ({"2.7.1.0": FAILED}, ("h323",)),
        ({"3.10.2.1.5.1": "Half"}, ("half_duplex",)),
        ({"3.10.2.1.5.1": "half-duplex"}, ("half_duplex",)),
        ({"3.6.1.0": DISABLED, "3.5.1.0": 0}, ()),
    ],
)
def test_what_failed_is_named_in_fixed_words(changes: dict[str, Any], faults: tuple[str, ...]) -> None:
    """Only failed(3) is a fault, and a port at half duplex; disabled and unknown states are none."""
    assert poll_once(poly(under(POLY_MIB, changes))).faults == faults


def test_the_network_cards_are_read_by_their_index() -> None:
    """Speed in bit/s and duplex; a card of which only one is told is a card too."""

    async def run() -> None:
        cards = under(
            POLY_MIB,
            {"3.10.2.1.4.2": gauge(100), "3.10.2.1.5.2": "", "3.10.2.1.5.3": "Auto", "3.10.2.1.4.4": gauge(0)},
        )
        bench = VideoBench(poly(cards))
        await bench.poll()
        profile = bench.poller._profile
        assert isinstance(profile, PolyEndpoint)
        speeds = [card.speed_bps for card in profile.network_cards]
        assert speeds[0] == pytest.approx(1e9)
        assert speeds[1] == pytest.approx(1e8)
        assert profile.network_cards[2:] == (NetworkCard(None, "auto"), NetworkCard(0.0, ""))

    virtual(run())


def test_columns_that_are_not_there_cost_only_themselves() -> None:
    """Without loss, resolution and protocol of the picture the other figures are there."""
    gone: dict[str, Any] = {"c50": None, "c42": None, "c52": None, "c60": None, "c61": None, "c16": None}
    (call,) = poll_once(poly(poly_call(**gone))).calls
    video = stream(call, Media.VIDEO)
    assert (video.loss_ratio, video.height_px, video.codec) == (None, None, "")
    assert (video.jitter_s, video.frame_rate_hz) == (0.007, 29.97)
    assert (call.protocol, call.encrypted, call.hd) == ("", None, None)
    assert stream(call, Media.ALL).loss_ratio is None


def test_values_that_cannot_be_are_left_out_and_told() -> None:
    """More than 100 %, more than a minute and more than 16384 pixels are no measurements."""
    wrong: dict[str, Any] = {"c50": gauge(101), "c46": gauge(60_001), "c48": gauge(2**32 - 1), "c42": "99999x720"}
    reading = poll_once(poly(poly_call(**wrong)))
    video = stream(reading.calls[0], Media.VIDEO)
    assert (video.loss_ratio, video.jitter_s, video.latency_s, video.height_px) == (None, None, None, None)
    assert reading.calls[0].loss_ratio == 0.02
    assert len(reading.problems) == 4
    assert any("video received: loss: 101 cannot be" in problem for problem in reading.problems)


def test_losses_that_add_up_to_the_lost_packets_are_no_percentages() -> None:
    """57 lost packets of an hour are not a loss of 57 %; the percentage of the whole call stays."""
    counted: dict[str, Any] = {"c8": gauge(2), "c50": gauge(57), "c14": gauge(59), "c16": gauge(0)}
    reading = poll_once(poly(poly_call(**counted)))
    (call,) = reading.calls
    assert stream(call, Media.VIDEO).loss_ratio is None
    assert stream(call, Media.VIDEO, Way.SENT).loss_ratio == 0.01
    assert call.loss_ratio == 0.0
    assert reading.problems == ("loss of the streams received is in packets, not in percent: left out",)


def test_a_quiet_call_has_a_loss_of_nothing() -> None:
    """0 % of a call that is up is a measured 0, not silence."""
    zeros: dict[str, Any] = {f"c{n}": gauge(0) for n in (4, 6, 8, 14, 16, 18, 20)}
    (call,) = poll_once(poly(poly_call(c10="", **zeros))).calls
    whole = stream(call, Media.ALL)
    assert (whole.loss_ratio, whole.jitter_s, whole.latency_s) == (0.0, 0.0, 0.0)
    assert not [each for each in call.streams if each.media is Media.AUDIO and each.way is Way.RECEIVED]


def test_a_codec_alone_is_a_stream() -> None:
    """Sound without loss, jitter and latency, as on one switch."""
    zeros: dict[str, Any] = {f"c{n}": gauge(0) for n in (4, 6, 8)}
    (call,) = poll_once(poly(poly_call(**zeros))).calls
    assert stream(call, Media.AUDIO).loss_ratio == 0.0


ONE_ROW = (((*POLY_CALL, 1, 1), 1),)


@pytest.mark.parametrize(
    ("table", "calls", "conferences", "expected"),
    [
        (WalkResult(ONE_ROW), 1, 0, True),
        (WalkResult(ONE_ROW), 0, 1, False),
        (WalkResult(ONE_ROW), None, None, True),
        (WalkResult(ONE_ROW, "timeout"), 0, 1, True),
        (WalkResult(()), 0, 1, True),
        (WalkResult(()), 0, 0, False),
        (WalkResult(()), 0, None, False),
        (WalkResult((), "timeout"), 0, None, None),
        (WalkResult((), "timeout"), 0, 0, False),
        (WalkResult((), "timeout"), 0, 2, True),
    ],
)
def test_in_a_call_by_its_rows_or_else_by_the_count(
    table: WalkResult, calls: int | None, conferences: int | None, expected: bool | None
) -> None:
    """Rows that are read, or could not be, are calls; rows that went are none; then the endpoint's own count."""
    assert in_call(table, calls, conferences) is expected


def test_a_call_that_cannot_be_read_is_still_a_call() -> None:
    """Its row is there and every GET of it is refused: in a call of which nothing is said."""

    class Refuses(TableAgent):
        def answer(self, asked: Asked) -> bytes:
            if asked.kind == ber.GET and any(oid[: len(POLY_CALL)] == POLY_CALL for oid in asked.oids):
                return response(asked, {}, status=GEN_ERR)
            return super().answer(asked)

    reading = poll_once(Refuses(poly(poly_call())))
    assert (reading.in_call, reading.calls, reading.registered) == (True, (), True)
    assert any(problem.startswith("calls: ") for problem in reading.problems)


def test_a_call_that_ends_between_two_requests_is_no_call() -> None:
    """The row was there when it was looked for and gone when it was read: not in a call, and no problem."""

    def hang_up(agent: TableAgent, asked: Asked) -> None:
        if asked.kind == ber.GET and any(oid[: len(POLY_CALL)] == POLY_CALL for oid in asked.oids):
            agent.replace({oid: v for oid, v in agent.objects.items() if oid[: len(POLY_CALL)] != POLY_CALL})

    reading = poll_once(TableAgent(poly(poly_call()), before=hang_up))
    assert (reading.in_call, reading.calls, reading.problems) == (False, (), ())


def test_one_of_two_calls_that_ends_leaves_the_other() -> None:
    """Only the call that is gone is left out."""

    def hang_up(agent: TableAgent, asked: Asked) -> None:
        if asked.kind == ber.GET and (*POLY_CALL, 16, 1) in asked.oids:
            agent.replace(
                {oid: v for oid, v in agent.objects.items() if not (oid[:-2] == POLY_CALL and oid[-1] == 1)}
            )

    reading = poll_once(TableAgent(poly(poly_call(1), poly_call(2, c60="H.323")), before=hang_up))
    assert [call.protocol for call in reading.calls] == ["h323"]
    assert reading.in_call is True


def test_a_conference_without_rows_is_a_call_of_which_nothing_is_said() -> None:
    """Some software counts conferences and has no table."""
    reading = poll_once(poly(under(POLY_MIB, {"5.1.0": gauge(1)})))
    assert (reading.in_call, reading.calls) == (True, ())


def test_more_calls_than_anybody_can_have_are_cut_off() -> None:
    """Of 10,000 rows 16 are read, and it is told."""
    index: dict[ber.Oid, Typed] = {(*POLY_CALL, 1, row): gauge(row) for row in range(1, 10_001)}
    rows = [poly_call(row) for row in range(1, 40)]
    agent = TableAgent(poly(index, *rows))
    reading = poll_once(agent)
    assert len(reading.calls) == CALLS_MOST == 16
    assert any("calls: read in part only: row limit" in problem for problem in reading.problems)
    assert len(agent.asked) < 50


@pytest.mark.parametrize(
    ("text", "protocol"),
    [("SIP", "sip"), ("sip-tls", "sip"), ("H.323", "h323"), ("H323", "h323"), ("ISDN", "isdn"), ("", "")],
)
def test_protocols_have_one_name(text: str, protocol: str) -> None:
    """SIP and H.323 however they are written; another word as it is."""
    assert protocol_of(text) == protocol


@pytest.mark.parametrize(
    ("text", "encrypted"),
    [
        ("AES-128", True),
        ("AES256", True),
        ("None", False),
        ("off", False),
        ("", None),
        ("--", None),
        ("N/A", None),
    ],
)
def test_an_algorithm_is_encryption_and_none_is_not(text: str, encrypted: bool | None) -> None:
    """Nothing said is not "no"."""
    assert encryption_of(text) is encrypted
