"""The reader of codecs, against a fake codec with TLS on loopback."""

from __future__ import annotations

import ast
import asyncio
import logging
import re
import time
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path

import pytest

from phusong.collectors import services, video
from phusong.collectors.call_readings import Media
from phusong.collectors.services.certificates import Trust
from phusong.collectors.services.connection import Refused, ServiceError, Silent, Untrusted
from phusong.collectors.video import roomos_xml
from phusong.collectors.video.roomos import (
    KEPT_S,
    Account,
    RoomosReader,
    RoomosStatus,
)
from phusong.collectors.video.roomos_errors import (
    AccountRefused,
    BadStatusXml,
    LocationRefused,
    Redirected,
    RoomosError,
)
from phusong.collectors.video.roomos_status import Location
from phusong.collectors.video.roomos_turns import MOST_REQUESTS
from tests.support.roomos_fake import (
    ADDRESS,
    AUTHORIZATION,
    CE_CALLS,
    CE_IDLE,
    CE_IN_CALL,
    PASSWORD,
    SERVER_NAME,
    TC_FIRST_IN_CALL,
    USER,
    FakeCodec,
    Reply,
    channel,
    fake_codec,
    identification,
)

BOMB = b'<!DOCTYPE s [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><Status>&b;</Status>'
HUGE = b"<Status>" + b" " * roomos_xml.MOST_BYTES + b"</Status>"


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def reader_of(
    codec: FakeCodec, password: str = PASSWORD, clock: Clock | None = None, **changes: object
) -> RoomosReader:
    """Make a reader that trusts the codec's issuer."""
    settings: dict[str, object] = {
        "server_name": SERVER_NAME,
        "trust": Trust(ca_pem=identification().issuer_pem),
        "timeout_s": 10.0,
        "clock": clock or Clock(),
        **changes,
    }
    return RoomosReader(ADDRESS, codec.port, account=Account(USER, password), **settings)  # type: ignore[arg-type]


# --- what is read --------------------------------------------------------------------------------------------


async def test_idle_codec() -> None:
    """A codec without a call is read whole in one poll, and nothing is asked that is not used."""
    async with fake_codec(CE_IDLE) as codec:
        status = await reader_of(codec).read()
        assert status == RoomosStatus(
            registered=True,
            in_call=False,
            model="Cisco Room Kit",
            serial="FTT2400A1BC",
            software="ce9.15.0.aaaaaaaaaaa",
        )
        assert codec.locations == [
            "/Status/Call",
            "/Status/SIP/Registration",
            "/Status/Diagnostics",
            "/Status/SystemUnit",
        ]
        assert codec.connections == 4


async def test_two_calls() -> None:
    """Both calls come with their streams; the far end only when it is wanted."""
    async with fake_codec(CE_IN_CALL) as codec:
        status = await reader_of(codec).read()
        assert status.in_call is True
        assert [call.protocol for call in status.calls] == ["sip", "h323"]
        assert [call.far_end for call in status.calls] == ["", ""]
        assert status.calls[0].jitter_s == 0.04
        assert status.calls[0].hd is True
        assert Media.CONTENT in {stream.media for stream in status.calls[0].streams}
        shown = await reader_of(codec, show_far_end=True).read()
        assert [call.far_end for call in shown.calls] == ["Họp tỉnh", "2033825"]


async def test_first_tc_releases() -> None:
    """The layout of the first TC releases is read by the same requests, registered by H.323."""
    async with fake_codec(TC_FIRST_IN_CALL) as codec:
        clock = Clock()
        reader = reader_of(codec, clock=clock)
        status = await reader.read()
        assert (status.registered, status.in_call, status.problems) == (
            True,
            True,
            ("/Status/SIP/Registration: HTTP status 404",),
        )
        assert (status.calls[0].loss_ratio, status.calls[0].jitter_s) == (None, 0.012)
        clock.now += 30.0
        status = await reader.read()
        assert "/Status/Diagnostics" not in codec.locations[MOST_REQUESTS:]
        assert (status.model, status.calls[0].jitter_s) == ("Codec C90", None)
        counters = TC_FIRST_IN_CALL["/Status/Diagnostics"].replace(">10<", ">40<").replace(">990<", ">1960<")
        codec.replies["/Status/Diagnostics"] = counters
        clock.now += 30.0
        assert (await reader.read()).calls[0].loss_ratio == 0.03


def _media(lost: int, packets: int) -> str:
    row = channel(4, "Video", "Incoming", lost=lost, packets=packets)
    return f'<MediaChannels><Call item="14">{row}</Call></MediaChannels>'


def _young(duration_s: int) -> str:
    return f'<Call item="14"><Status>Connected</Status><Duration>{duration_s}</Duration></Call>'


async def test_loss_from_poll_to_poll() -> None:
    """The first poll of an old call gives no loss, each other one that since the poll before."""
    async with fake_codec({**CE_IN_CALL, "/Status/MediaChannels": _media(100, 900)}) as codec:
        reader = reader_of(codec)
        losses = [(await reader.read()).calls[0].loss_ratio]
        for reply in (_media(100, 1900), 404, _media(150, 2850), _media(1, 99), _media(2, 198)):
            codec.replies["/Status/MediaChannels"] = reply
            losses.append((await reader.read()).calls[0].loss_ratio)
        assert losses == [None, 0.0, None, 0.05, None, 0.01]
        codec.replies["/Status/Call"] = "<EmptyResult/>"
        assert (await reader.read()).calls == ()
        codec.replies["/Status/Call"] = CE_CALLS
        codec.replies["/Status/MediaChannels"] = _media(3, 297)
        assert (await reader.read()).calls[0].loss_ratio is None


async def test_loss_of_a_young_call() -> None:
    """A call that has just begun has its own loss at once, also for who asks only once."""
    scene = {**CE_IDLE, "/Status/Call": _young(40), "/Status/MediaChannels": _media(10, 990)}
    async with fake_codec(scene) as codec:
        assert (await reader_of(codec).read()).calls[0].loss_ratio == 0.01
        codec.replies["/Status/Call"] = _young(4000)
        assert (await reader_of(codec).read()).calls[0].loss_ratio is None


# --- what fails ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        (404, "HTTP status 404"),
        (503, "HTTP status 503"),
        (b"<Status><Diagnostics>", "not well-formed XML"),
        (b"<html>busy</html>", "not a status document"),
        (b'<Status status="Error"><Reason>No match</Reason></Status>', "the codec answered with an error"),
        (BOMB, "a document type is refused"),
        (HUGE, f"more than {roomos_xml.MOST_BYTES} octets"),
    ],
)
@pytest.mark.parametrize("location", ["/Status/Diagnostics", "/Status/Call"])
async def test_one_location_fails(location: str, reply: Reply, problem: str) -> None:
    """What cannot be read of one location is told, and costs no other location its value."""
    async with fake_codec({**CE_IN_CALL, location: reply}) as codec:
        status = await reader_of(codec).read()
        assert status.problems == (f"{location}: {problem}",)
        assert (status.registered, status.in_call, len(status.calls)) == (True, True, 2)


@pytest.mark.parametrize(
    ("reply", "error"), [(404, LocationRefused), (b"<html/>", BadStatusXml), (BOMB, BadStatusXml)]
)
async def test_nothing_can_be_read(reply: Reply, error: type[RoomosError]) -> None:
    """A server that answers nothing of a codec's is an error, not an empty status."""
    async with fake_codec(dict.fromkeys(CE_IDLE, reply)) as codec:
        with pytest.raises(error):
            await reader_of(codec).read()
        assert len(codec.asked) == MOST_REQUESTS


@pytest.mark.parametrize("status", [401, 403])
async def test_account_refused_once(status: int) -> None:
    """After one refusal nothing is sent any more, until a reader with another password is made."""
    async with fake_codec(CE_IDLE) as codec:
        codec.refusal = status
        reader = reader_of(codec, "wrong" + PASSWORD)
        for _ in range(3):
            with pytest.raises(AccountRefused, match=f"HTTP status {status}"):
                await reader.read()
        assert codec.connections == len(codec.asked) == 1
        assert (await reader_of(codec).read()).registered is True


async def test_password_changed() -> None:
    """A codec that takes the account no longer stops the reader at once, too."""
    async with fake_codec(CE_IDLE) as codec:
        reader = reader_of(codec)
        await reader.read()
        before = codec.connections
        codec.authorization = "Basic other"
        for _ in range(3):
            with pytest.raises(AccountRefused):
                await reader.read()
        assert codec.connections == before + 1


@pytest.mark.parametrize(
    ("status", "problem"), [(403, "HTTP status 403"), (302, "HTTP status 302: it points to another page")]
)
@pytest.mark.parametrize("location", ["/Status/Diagnostics", "/Status/SystemUnit"])
async def test_one_location_forbidden(location: str, status: int, problem: str) -> None:
    """Once the account was accepted, a 403 or redirect of one location stops no other, and not the next poll."""
    async with fake_codec({**CE_IDLE, location: status}) as codec:
        reader = reader_of(codec)
        for _ in range(3):
            found = await reader.read()
            assert (found.registered, found.in_call, found.problems) == (True, False, (f"{location}: {problem}",))
        codec.replies = dict(CE_IDLE)
        assert (await reader.read()).problems == ()


async def test_all_forbidden_later() -> None:
    """An account that was accepted and may read nothing now is tried again: only a 401 refuses it."""
    async with fake_codec(CE_IDLE) as codec:
        reader = reader_of(codec)
        await reader.read()
        codec.replies = dict.fromkeys(CE_IDLE, 403)
        for _ in range(2):
            with pytest.raises(LocationRefused, match="HTTP status 403"):
                await reader.read()
        codec.replies = dict(CE_IDLE)
        assert (await reader.read()).registered is True


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_codec_that_boots(status: int) -> None:
    """A redirect costs one poll and one request; the password goes nowhere else, and the next poll asks again."""
    async with fake_codec(CE_IDLE) as elsewhere, fake_codec(dict.fromkeys(CE_IDLE, status)) as codec:
        codec.points_to = f"https://{ADDRESS}:{elsewhere.port}/getxml?location=/Status/Call"
        reader = reader_of(codec)
        for polls in (1, 2, 3):
            with pytest.raises(Redirected, match=f"HTTP status {status}") as raised:
                await reader.read()
            assert str(elsewhere.port) not in str(raised.value)
            assert codec.locations == ["/Status/Call"] * polls
        codec.replies = dict(CE_IDLE)
        assert (await reader.read()).registered is True
        codec.replies = dict.fromkeys(CE_IDLE, status)
        with pytest.raises(Redirected):
            await reader.read()
        codec.replies = dict(CE_IDLE)
        assert (await reader.read()).registered is True
        assert elsewhere.connections == 0


async def test_silent_codec() -> None:
    """A codec that answers nothing is given up within the time for all."""
    async with fake_codec(dict.fromkeys(CE_IDLE)) as codec:
        began = time.monotonic()
        with pytest.raises(Silent):
            await reader_of(codec, timeout_s=0.4).read()
        assert time.monotonic() - began < 2.0
        assert codec.locations[0] == "/Status/Call"
        assert len(codec.locations) <= 3


async def test_media_channels_hang() -> None:
    """Calls, registration and what the codec is are read beside channels that do not answer, in the first poll."""
    async with fake_codec({**CE_IN_CALL, "/Status/MediaChannels": None}) as codec:
        found = await reader_of(codec, timeout_s=2.0).read()
        assert (found.registered, found.in_call, len(found.calls)) == (True, True, 2)
        assert found.serial == "FTT2400A1BC"
        assert found.problems == ("/Status/MediaChannels: no answer within 0.9 s",)


async def test_calls_without_figures() -> None:
    """In a poll that loses the media channels the calls are up, with what is said of them and without a figure."""
    async with fake_codec(CE_IN_CALL) as codec:
        reader = reader_of(codec)
        whole = (await reader.read()).calls
        codec.replies["/Status/MediaChannels"] = 503
        found = await reader.read()
        assert found.in_call is True
        assert found.calls == tuple(replace(call, streams=()) for call in whole)
        assert {call.loss_ratio for call in found.calls} == {None}


async def test_nobody_there() -> None:
    """A port that nobody listens on is told as refused."""
    async with fake_codec(CE_IDLE) as codec:
        reader = reader_of(codec)
    with pytest.raises(Refused):
        await reader.read()


# --- whom the password goes to -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trust", "server_name"),
    [
        (Trust(), SERVER_NAME),
        (Trust(ca_pem=identification("other.example.vn").issuer_pem), SERVER_NAME),
        (Trust(ca_pem=identification().issuer_pem), "other.example.vn"),
        (Trust(ca_pem=identification().issuer_pem), ""),
        (Trust(certificate_sha256="0" * 64), SERVER_NAME),
        (Trust(identification().issuer_pem, identification("other.example.vn").sha256), SERVER_NAME),
    ],
    ids=["unknown issuer", "other issuer", "other name", "other address", "other pin", "pin over issuer"],
)
async def test_nothing_is_sent_to_a_stranger(trust: Trust, server_name: str) -> None:
    """A codec that is not the one that is trusted sees a handshake, and not one octet more."""
    async with fake_codec(CE_IDLE) as codec:
        reader = reader_of(codec, trust=trust, server_name=server_name)
        for _ in range(2):
            with pytest.raises(Untrusted):
                await reader.read()
        await asyncio.sleep(0.05)  # what had been sent would have come
        assert codec.received == b""
        assert codec.asked == []
        assert codec.connections <= 4  # per poll one to verify, and one to see what is wrong with the certificate


async def test_expired_certificate() -> None:
    """An expired certificate is not trusted, unless it is pinned."""
    expired = identification(days=-1)
    async with fake_codec(CE_IDLE, certificate=expired) as codec:
        with pytest.raises(Untrusted, match="expired"):
            await reader_of(codec, trust=Trust(ca_pem=expired.issuer_pem)).read()
        assert codec.received == b""
        assert (await reader_of(codec, trust=Trust(certificate_sha256=expired.sha256)).read()).registered is True


@pytest.mark.parametrize("server_name", [SERVER_NAME, "", "other.example.vn"])
async def test_pinned(server_name: str) -> None:
    """The pinned certificate is accepted whatever name it is for."""
    pin = ":".join(re.findall("..", identification().sha256.upper()))
    async with fake_codec(CE_IDLE) as codec:
        reader = reader_of(codec, trust=Trust(certificate_sha256=pin), server_name=server_name)
        assert (await reader.read()).registered is True


async def test_password_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    """The password, plain or encoded, is in no error, log or result, whatever the codec answers."""
    caplog.set_level(logging.DEBUG)
    echo = f"<Status status='Error'><Reason>{PASSWORD} {AUTHORIZATION}</Reason></Status>".encode()
    seen: list[str] = []
    hostile: tuple[Mapping[str, Reply], ...] = (
        CE_IDLE,
        {},
        {**CE_IDLE, "/Status/Diagnostics": echo},
        dict.fromkeys(CE_IDLE, echo),
        dict.fromkeys(CE_IDLE, BOMB),
        dict.fromkeys(CE_IDLE, 401),
    )
    for replies in hostile:
        async with fake_codec(replies) as codec:
            reader = reader_of(codec)
            seen += [repr(reader), repr(reader._account), str(reader._account)]
            try:
                seen.append(repr(await reader.read()))
            except (RoomosError, ServiceError) as error:
                seen += [repr(error), str(error), repr(error.__context__), repr(error.__cause__)]
            assert codec.asked[0][2] == AUTHORIZATION
    for text in (*seen, caplog.text):
        assert PASSWORD not in text
        assert AUTHORIZATION.split()[1] not in text


@pytest.mark.parametrize(("user", "password"), [("", PASSWORD), ("a:b", PASSWORD), ("a", PASSWORD + "\r\nX: y")])
def test_bad_account(user: str, password: str) -> None:
    """An account that cannot be sent is refused where it is written, without showing the password."""
    with pytest.raises(ValueError, match="user name") as raised:
        Account(user, password)
    assert PASSWORD not in str(raised.value)


# --- what is asked -------------------------------------------------------------------------------------------


async def test_only_gets_of_status() -> None:
    """Whatever a codec answers over many polls, it is sent GETs of its status and nothing else, five at most."""
    clock = Clock()
    scenes: tuple[Mapping[str, Reply], ...] = (CE_IDLE, CE_IN_CALL, TC_FIRST_IN_CALL, {"/Status/Call": "<Call/>"})
    async with fake_codec({}) as codec:
        reader = reader_of(codec, clock=clock)
        for scene in scenes * 2:
            codec.replies = dict(scene)
            before = len(codec.asked)
            await reader.read()
            assert len(codec.asked) - before <= MOST_REQUESTS
            clock.now += 200.0
        allowed = {("GET", f"/getxml?location={location}", AUTHORIZATION) for location in Location}
        assert set(codec.asked) == allowed
        assert codec.received.count(b"\r\n\r\n") == len(codec.asked)
        assert b"content-length" not in codec.received.lower()


def test_no_code_can_write() -> None:
    """No module of the reader knows another way to send than ``http_get``, and that can send GET only."""
    folder = Path(video.__path__[0])
    for path in sorted(folder.glob("roomos*.py")):
        tree = ast.parse(path.read_text())
        strings = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
        assert not [text for text in strings if isinstance(text, str) and re.search(r"putxml|\bPOST\b", text)], (
            path
        )
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and "services" in (node.module or ""):
                names = {alias.name for alias in node.names}
                assert names <= {"Trust", "ServiceError", "Silent", "BadAnswer", "HttpUrl", "http_get"}, path
            if isinstance(node, ast.Import):
                modules = {alias.name.partition(".")[0] for alias in node.names}
                assert modules <= {"asyncio", "base64", "re", "time"}, path
            assert not (isinstance(node, ast.Attribute) and node.attr in ("open_connection", "create_connection"))
    source = Path(services.__path__[0], "http_request.py").read_text()
    assert re.findall(r"method=\"?(\w+)", source) == ["GET"]
    assert all(location.startswith("/Status/") for location in Location)


async def test_kept_for_a_while() -> None:
    """An answer that fails to come again counts for five minutes; model and serial number for ever."""
    clock = Clock()
    async with fake_codec(CE_IDLE) as codec:
        reader = reader_of(codec, clock=clock)
        await reader.read()
        codec.replies = {"/Status/Call": "<EmptyResult/>"}
        clock.now += KEPT_S
        status = await reader.read()
        assert (status.registered, status.serial) == (True, "FTT2400A1BC")
        assert "/Status/SIP/Registration: HTTP status 404" in status.problems
        clock.now += 1.0
        status = await reader.read()
        assert (status.registered, status.serial) == (None, "FTT2400A1BC")


def test_account_hides_its_password() -> None:
    """Only the password's field stays out of the account's representation."""
    assert [field.name for field in fields(Account) if not field.repr] == ["password"]
    assert repr(Account(USER, PASSWORD)) == f"Account(user='{USER}')"
