"""The calls and media channels of a codec, in all layouts, and the loss between two polls."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phusong.collectors.call_readings import CallReading, Media, StreamReading, Way
from phusong.collectors.video.roomos_calls import (
    MOST_CALLS,
    MOST_CHANNELS,
    YOUNG_S,
    CallCounters,
    CallStatus,
    EarlierCounters,
    PacketCounters,
    counters_of,
    in_call,
    loss_ratio,
    read_calls,
    with_loss,
)
from phusong.collectors.video.roomos_status import Location
from phusong.collectors.video.roomos_xml import Element, parse_status
from tests.support.roomos_fake import (
    CE_CHANNELS,
    CE_IDLE,
    CE_IN_CALL,
    TC_FIRST_IN_CALL,
    TC_NAMESPACE,
    channel,
    document,
)


def _read(documents: dict[str, str], attributes: str = "") -> dict[Location, Element]:
    return {
        Location(name): parse_status(document(inside, attributes=attributes)) for name, inside in documents.items()
    }


def _no_packets_yet(calls: Iterable[CallStatus]) -> EarlierCounters:
    """Return what an earlier poll would have counted when no packet had come yet."""
    return {
        call.call_id: CallCounters(
            None, dict.fromkeys((channel.channel_id for channel in call.channels), PacketCounters(0, 0))
        )
        for call in calls
    }


def test_ce_calls() -> None:
    """Calls that are up come with their values in base units; ringing and gone ones are not among them."""
    calls = read_calls(_read(CE_IN_CALL))
    first, second = (with_loss(call, _no_packets_yet(calls)) for call in calls)
    assert first == CallReading(
        direction="outgoing",
        protocol="sip",
        duration_s=600.0,
        receive_bps=4_000_000.0,
        transmit_bps=2_000_000.0,
        encrypted=True,
        streams=(
            StreamReading(Media.AUDIO, Way.RECEIVED, 0.0001, 0.004, None, 64_000.0, codec="AACLD"),
            StreamReading(Media.AUDIO, Way.SENT, 0.0, 0.002, None, 64_000.0, codec="AACLD"),
            StreamReading(
                Media.VIDEO, Way.RECEIVED, 0.01, 0.021, None, 3_400_000.0, 1920, 1080, 30.0, codec="H264"
            ),
            StreamReading(Media.VIDEO, Way.SENT, 0.0, 0.003, None, 1_800_000.0, 1280, 720, 30.0, codec="H264"),
            StreamReading(Media.CONTENT, Way.RECEIVED, 0.005, 0.04, None, 64_000.0, 1024, 768, 30.0, codec="H264"),
        ),
    )
    assert (first.received_lines, first.hd, first.loss_ratio, first.jitter_s) == (1080, True, 0.01, 0.04)
    assert second == CallReading(
        direction="incoming",
        protocol="h323",
        duration_s=30.0,
        receive_bps=64_000.0,
        transmit_bps=64_000.0,
        encrypted=False,
        streams=(StreamReading(Media.AUDIO, Way.RECEIVED, None, 0.0, None, 64_000.0, codec="AACLD"),),
    )


@pytest.mark.parametrize(
    ("inside", "expected"),
    [("", None), ("<Encryption/>", None), ("<Encryption><Type>Off</Type></Encryption>", False)],
)
def test_encryption(inside: str, expected: bool | None) -> None:
    """A call of which nothing is said is not called unencrypted."""
    (call,) = read_calls(_read({"/Status/Call": f'<Call item="1"><Status>Connected</Status>{inside}</Call>'}))
    assert call.call.encrypted is expected


def test_far_end_only_when_wanted() -> None:
    """Who the other side is stays out unless it is asked for: its name, else its number."""
    documents = _read(CE_IN_CALL)
    assert [call.call.far_end for call in read_calls(documents)] == ["", ""]
    assert [call.call.far_end for call in read_calls(documents, show_far_end=True)] == ["Họp tỉnh", "2033825"]
    assert "2033825" not in repr([with_loss(call, None) for call in read_calls(documents)])


def test_layouts_agree() -> None:
    """Channels below the calls, and everything in TC's namespace, read the same as the CE layout."""
    ce = read_calls(_read(CE_IN_CALL))
    assert read_calls(_read(CE_IN_CALL, TC_NAMESPACE)) == ce
    first = channel(2, "Audio", "Incoming", lost=1, packets=9)
    apart = _call(600, first)
    below = (
        f'<Call item="14"><Status>Connected</Status><Duration>600</Duration><MediaChannels>{first}</MediaChannels>'
    )
    assert read_calls(_read({"/Status/Call": below + "</Call>"})) == (apart,)
    assert apart.channels[0].counters == PacketCounters(1, 9)


def test_first_tc_releases() -> None:
    """What a channel says of itself and what the diagnostics count of it make one stream."""
    (call,) = read_calls(_read(TC_FIRST_IN_CALL, TC_NAMESPACE))
    assert with_loss(call, _no_packets_yet([call])) == CallReading(
        direction="incoming",
        protocol="h323",
        receive_bps=768_000.0,
        transmit_bps=768_000.0,
        encrypted=False,
        streams=(
            StreamReading(Media.AUDIO, Way.RECEIVED, codec="G722"),
            StreamReading(Media.VIDEO, Way.RECEIVED, 0.01, 0.012, None, 700_000.0, codec="H263"),
            StreamReading(Media.CONTENT, Way.SENT),
        ),
    )


@pytest.mark.parametrize(
    ("documents", "expected", "calls"),
    [
        (CE_IN_CALL, True, 2),
        (CE_IDLE, False, 0),
        ({"/Status/Call": '<Call item="1"><Status>Dialling</Status></Call>'}, False, 0),
        ({"/Status/Call": '<Call item="1"><AnswerState>Unanswered</AnswerState></Call>'}, False, 0),
        ({"/Status/Call": "<Call/>"}, False, 0),
        ({"/Status/Call": '<Call item="1"><Status>Connected</Status></Call>'}, True, 1),
        ({"/Status/Call": '<Call item="1"><Protocol>sip</Protocol></Call>'}, True, 1),
        ({"/Status/MediaChannels": CE_CHANNELS}, True, 2),
        ({"/Status/MediaChannels": "<MediaChannels/>"}, None, 0),
        ({}, None, 0),
    ],
)
def test_in_call(documents: dict[str, str], expected: bool | None, calls: int) -> None:
    """A call is up from connected on; without the list of calls their channels tell, without both nothing."""
    read = _read(documents)
    assert in_call(read) is expected
    assert len(read_calls(read)) == calls


@pytest.mark.parametrize(
    ("call_rate", "rate", "expected"),
    [("4000", 3400, 3_400_000.0), ("4000", 3_400_000, 3_400_000.0), ("64", 64_000, 64_000.0), ("", 64, 64_000.0)],
)
def test_unit_of_a_channels_rate(call_rate: str, rate: int, expected: float) -> None:
    """A channel's rate is kbit/s unless that is far more than the whole call's."""
    calls = f'<Call item="1"><Status>Connected</Status><ReceiveCallRate>{call_rate}</ReceiveCallRate></Call>'
    channels = f'<MediaChannels><Call item="1">{channel(1, "Video", "Incoming", rate=rate)}</Call></MediaChannels>'
    (call,) = read_calls(_read({"/Status/Call": calls, "/Status/MediaChannels": channels}))
    assert call.channels[0].stream.bit_rate_bps == expected


def test_picture_that_has_not_come() -> None:
    """A picture of 0 x 0 is one of unknown size, not a bad one; without ``Jitter`` the greatest one counts."""
    row = channel(1, "Video", "Incoming", size=(0, 0), jitter=7).replace("<Jitter>7</Jitter>", "")
    (call,) = read_calls(_read({"/Status/MediaChannels": f"<MediaChannels><Call>{row}</Call></MediaChannels>"}))
    stream = call.channels[0].stream
    assert (stream.width_px, stream.height_px, stream.jitter_s) == (None, None, 0.016)


def test_caps() -> None:
    """A codec that reports calls and channels without end is cut short."""
    calls = "".join(f'<Call item="{n}"><Status>Connected</Status></Call>' for n in range(100))
    rows = "".join(channel(n, "Audio", "Incoming") for n in range(200))
    read = read_calls(
        _read(
            {
                "/Status/Call": calls,
                "/Status/MediaChannels": f'<MediaChannels><Call item="0">{rows}</Call></MediaChannels>',
            }
        )
    )
    assert len(read) == MOST_CALLS
    assert len(read[0].channels) == MOST_CHANNELS


# --- loss ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [
        ((1, 99), None, 0.01),
        ((0, 0), None, None),
        ((0, 50), None, 0.0),
        ((5, 0), None, 1.0),
        ((11, 1089), (10, 990), 0.01),
        ((10, 1090), (10, 990), 0.0),
        ((10, 990), (10, 990), None),
        ((9, 1090), (10, 990), None),
        ((10, 100), (10, 990), None),
    ],
)
def test_loss_ratio(now: tuple[int, int], before: tuple[int, int] | None, expected: float | None) -> None:
    """Loss is lost over lost and received, of the interval; none without packets or with a counter that fell."""
    earlier = PacketCounters(*before) if before else None
    assert loss_ratio(PacketCounters(*now), earlier) == expected


@given(*[st.integers(0, 10**15)] * 4)
def test_loss_is_a_share(lost: int, packets: int, lost_before: int, packets_before: int) -> None:
    """Whatever the counters say, the loss is between 0 and 1 or not known."""
    ratio = loss_ratio(PacketCounters(lost, packets), PacketCounters(lost_before, packets_before))
    assert ratio is None or 0.0 <= ratio <= 1.0


def _call(duration: int, *channels: str, item: int = 14) -> CallStatus:
    calls = f'<Call item="{item}"><Status>Connected</Status><Duration>{duration}</Duration></Call>'
    media = f'<MediaChannels><Call item="{item}">{"".join(channels)}</Call></MediaChannels>'
    (call,) = read_calls(_read({"/Status/Call": calls, "/Status/MediaChannels": media}))
    return call


def _losses(call: CallStatus, earlier: CallStatus | None) -> list[float | None]:
    counters = None if earlier is None else counters_of([earlier])
    return [stream.loss_ratio for stream in with_loss(call, counters).streams]


BEFORE = _call(600, channel(4, "Video", "Incoming", lost=1000, packets=99000))


@pytest.mark.parametrize(
    ("now", "earlier", "expected"),
    [
        (BEFORE, None, None),
        (_call(630, channel(4, "Video", "Incoming", lost=1030, packets=99970)), BEFORE, 0.03),
        (_call(630, channel(4, "Video", "Incoming", lost=1000, packets=100_000)), BEFORE, 0.0),
        (_call(630, channel(4, "Video", "Incoming", lost=2, packets=98)), BEFORE, None),
        (_call(10, channel(4, "Video", "Incoming", lost=2000, packets=98_000)), BEFORE, 0.02),
        (_call(90, channel(4, "Video", "Incoming", lost=2000, packets=98_000)), BEFORE, None),
        (_call(10, channel(4, "Video", "Incoming", lost=2, packets=98), item=15), BEFORE, 0.02),
        (_call(90, channel(4, "Video", "Incoming", lost=2, packets=98), item=15), BEFORE, None),
        (_call(630, channel(8, "Video", "Incoming", lost=2, packets=98)), BEFORE, None),
        (_call(630, channel(4, "Video", "Outgoing", lost=1030, packets=99970)), BEFORE, None),
    ],
    ids=[
        "first",
        "interval",
        "good again",
        "fell",
        "other young call, same id",
        "other call, same id",
        "other young call",
        "other call",
        "new channel",
        "other way",
    ],
)
def test_loss_between_polls(now: CallStatus, earlier: CallStatus | None, expected: float | None) -> None:
    """A poll gives the loss since the one before; what cannot be compared gives no figure, never a wrong one."""
    assert _losses(now, earlier) == [expected]


@pytest.mark.parametrize("earlier", [None, {}], ids=["first poll of all", "after an idle poll"])
@pytest.mark.parametrize(
    ("duration", "expected"), [("0", 0.02), (str(int(YOUNG_S)), 0.02), (str(int(YOUNG_S) + 1), None), ("", None)]
)
def test_first_poll_of_a_call(duration: str, expected: float | None, earlier: EarlierCounters | None) -> None:
    """The loss since the call began is told while it is young; of an older call, or of unknown age, none is."""
    rows = f'<Call item="14"><Status>Connected</Status><Duration>{duration}</Duration></Call>'
    row = channel(4, "Video", "Incoming", lost=2, packets=98)
    media = f'<MediaChannels><Call item="14">{row}</Call></MediaChannels>'
    (call,) = read_calls(_read({"/Status/Call": rows, "/Status/MediaChannels": media}))
    assert with_loss(call, earlier).loss_ratio == expected


def test_negative_loss() -> None:
    """Duplicates make the codec's count of lost packets negative: that is no loss, not an unknown one."""
    assert _losses(_call(5, channel(4, "Video", "Incoming", lost=-3, packets=100)), None) == [0.0]


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_words(word: str, other: str) -> None:
    """Whatever the texts of a call are, it is read, and no text is longer than it may be."""
    rows = (
        Element("Status", "Connected"),
        Element("Direction", word),
        Element("Protocol", other * 10),
        Element("Duration", word),
        Element("ReceiveCallRate", other),
        Element("Encryption", "", (), (Element("Type", word),)),
    )
    channel_rows = (
        Element("Type", "Video"),
        Element("Direction", "Incoming"),
        Element("Netstat", "", (), (Element("Loss", word), Element("Packets", other), Element("Jitter", word))),
        Element("Video", "", (), (Element("ResolutionY", other), Element("FrameRate", word))),
    )
    documents = {
        Location.CALL: Element("Status", "", (), (Element("Call", "", (("item", word),), rows),)),
        Location.MEDIA_CHANNELS: Element(
            "Status",
            "",
            (),
            (
                Element(
                    "MediaChannels",
                    "",
                    (),
                    (Element("Call", "", (("item", word),), (Element("Channel", "", (), channel_rows),)),),
                ),
            ),
        ),
    }
    (call,) = read_calls(documents)
    reading = with_loss(call, None)
    assert reading.direction in ("", "incoming", "outgoing")
    assert len(reading.protocol) <= 32
    assert len(reading.streams) == 1
