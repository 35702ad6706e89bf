"""The reader of codecs that are slow or hang, in virtual time: what it still reads, and in how many polls."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from snmp_peers import virtual

from phusong.collectors.services.certificates import Trust
from phusong.collectors.services.connection import Silent
from phusong.collectors.services.http_request import HttpAnswer, HttpUrl
from phusong.collectors.video import roomos
from phusong.collectors.video.roomos import Account, RoomosReader, RoomosStatus
from tests.support.roomos_fake import ADDRESS, CE_IDLE, CE_IN_CALL, USER, document

HANGS_S = 1e6


@dataclass
class SlowCodec:
    """Stands for ``http_get`` and the codec behind it: each location answers after its time."""

    replies: Mapping[str, str]
    after_s: Mapping[str, float]
    now: float = 1000.0
    asked: list[str] = field(default_factory=list)
    """Of the last poll."""

    async def http_get(
        self, url: HttpUrl, *, headers: Mapping[str, str], trust: Trust, timeout_s: float, most_bytes: int
    ) -> HttpAnswer:
        location = url.path.partition("?location=")[2]
        self.asked.append(location)
        try:
            async with asyncio.timeout(timeout_s):
                await asyncio.sleep(self.after_s.get(location, 0.0))
        except TimeoutError:
            raise Silent(f"no answer within {timeout_s:.2f} s") from None
        reply = self.replies.get(location)
        return HttpAnswer(404 if reply is None else 200, "text/xml", document(reply or ""), True, 0.0)

    def poll(self, reader: RoomosReader) -> RoomosStatus:
        """Poll 30 s after the poll before."""
        self.now += 30.0
        self.asked.clear()
        return virtual(reader.read())

    def reader(self) -> RoomosReader:
        return RoomosReader(ADDRESS, 443, "", Account(USER, "x"), Trust(), timeout_s=3.0, clock=lambda: self.now)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> SlowCodec:
    """Return a codec whose answers and their times the test sets."""
    codec = SlowCodec(CE_IN_CALL, {})
    monkeypatch.setattr(roomos, "http_get", codec.http_get)
    return codec


def lost(status: RoomosStatus) -> set[str]:
    """Return the locations that were not read in a poll."""
    return {problem.partition(":")[0] for problem in status.problems}


@pytest.mark.parametrize(
    ("scene", "hangs", "read"),
    [
        (CE_IN_CALL, "/Status/MediaChannels", (True, True, 2, False)),
        (CE_IN_CALL, "/Status/SIP/Registration", (None, True, 2, True)),
        (CE_IN_CALL, "/Status/Call", (True, True, 2, True)),
        (CE_IDLE, "/Status/Call", (True, None, 0, False)),
        (CE_IDLE, "/Status/Diagnostics", (True, False, 0, False)),
    ],
)
def test_one_location_hangs(
    slow: SlowCodec, scene: Mapping[str, str], hangs: str, read: tuple[bool | None, bool | None, int, bool]
) -> None:
    """It costs no other location its value in any poll; it is asked last from the second on, until it answers."""
    slow.replies = scene
    slow.after_s = dict.fromkeys(scene, 0.1) | {hangs: HANGS_S}
    reader = slow.reader()
    for poll in range(4):
        found = slow.poll(reader)
        figures = any(call.streams for call in found.calls)
        assert (found.registered, found.in_call, len(found.calls), figures) == read
        assert lost(found) == {hangs}
        assert poll == 0 or slow.asked[-1] == hangs
    slow.after_s = {}
    assert slow.poll(reader).problems == ()
    assert slow.poll(reader).problems == ()
    assert slow.asked[0] == "/Status/Call"


def test_two_locations_hang(slow: SlowCodec) -> None:
    """Even two that come first leave time for others, and are behind them in the polls that follow."""
    hang = ["/Status/Call", "/Status/MediaChannels"]
    slow.after_s = dict.fromkeys(hang, HANGS_S)
    reader = slow.reader()
    for poll in range(3):
        found = slow.poll(reader)
        assert (found.registered, found.serial, found.in_call) == (True, "FTT2400A1BC", None)
        assert poll == 0 or slow.asked[-2:] == hang


@pytest.mark.parametrize("answers_after_s", [0.9, 1.0, 1.3])
def test_who_was_not_asked_keeps_its_turn(slow: SlowCodec, answers_after_s: float) -> None:
    """A codec for which a poll has time for few locations is read whole in the course of some polls."""
    slow.after_s = dict.fromkeys(CE_IN_CALL, answers_after_s)
    reader = slow.reader()
    polls = [slow.poll(reader) for _ in range(4)]
    assert all(found.in_call and lost(found) for found in polls)
    assert set.intersection(*map(lost, polls)) == set()
    assert (polls[-1].registered, polls[-1].serial) == (True, "FTT2400A1BC")
    assert polls[0].calls[0].jitter_s == 0.04


def test_time_is_for_all_requests(slow: SlowCodec) -> None:
    """What one answer took is gone for the next ones; who comes after the end is not asked."""
    slow.replies, slow.after_s = CE_IDLE, dict.fromkeys(CE_IDLE, 1.2)
    found = slow.poll(slow.reader())
    assert (found.in_call, found.registered) == (False, True)
    assert found.problems == (
        "/Status/Diagnostics: no answer within 0.60 s",
        "/Status/SystemUnit: no time left to ask for it",
    )
    assert slow.asked == ["/Status/Call", "/Status/SIP/Registration", "/Status/Diagnostics"]


def test_a_codec_that_was_off(slow: SlowCodec) -> None:
    """Silence of the whole codec is no location's fault: when it is back, calls come first as ever."""
    slow.after_s = dict.fromkeys(CE_IN_CALL, HANGS_S)
    reader = slow.reader()
    for _ in range(5):
        with pytest.raises(Silent):
            slow.poll(reader)
        assert len(slow.asked) == 3
    slow.after_s = {}
    found = slow.poll(reader)
    assert (slow.asked[0], found.in_call, found.problems) == ("/Status/Call", True, ())
