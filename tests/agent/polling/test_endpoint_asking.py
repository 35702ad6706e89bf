"""One endpoint by SNMP and HTTPS: who answers for what, which failure is told, and that nothing is left open."""

from __future__ import annotations

import asyncio
import gc
from dataclasses import replace
from typing import Any, cast

import pytest
from endpoint_readings import call, room
from inventories import make_inventory
from roomos_fake import ADDRESS, CE_IN_CALL, PASSWORD, USER, fake_codec, identification
from snmp_peers import virtual

from phusong.agent.input.secret import Secret
from phusong.agent.input.video_config import Account, VideoConfig
from phusong.agent.inventory import EndpointService
from phusong.agent.polling.endpoint_asking import RoomosReaders, joined, read_endpoint
from phusong.collectors.call_readings import CallReading, EndpointReading, ServiceKind
from phusong.collectors.services.connection import Refused, ServiceError, Silent
from phusong.collectors.snmp.errors import AuthFailure, RequestTimeout, SnmpError
from phusong.collectors.video.endpoint_poller import EndpointPoller
from phusong.collectors.video.roomos import RoomosReader, RoomosStatus
from phusong.collectors.video.roomos_errors import AccountRefused, BadStatusXml, RoomosError

STATUS = RoomosStatus(
    registered=True,
    in_call=True,
    calls=(call(),),
    faults=("camera",),
    model="Room Kit",
    serial="FTT1",
    software="ce9",
)
SNMP = room(model="by SNMP", serial="S", software="9", last_end_reason="normal", problems=("a part",))
BARE = CallReading(direction="incoming", protocol="sip", duration_s=90.0)
"""A call whose media channels were not read."""


class Asked:
    """Stands for the poller or the reader of one endpoint: answers, or fails, after some time."""

    def __init__(self, answer: Any, after_s: float = 0.0) -> None:
        self.answer, self.after_s = answer, after_s
        self.asked = 0
        self.ended = 0

    async def poll(self) -> Any:
        self.asked += 1
        try:
            await asyncio.sleep(self.after_s)
            if isinstance(self.answer, BaseException):
                raise self.answer
            return self.answer
        finally:
            self.ended += 1

    read = poll


def ask(snmp: Any, https: Any) -> EndpointReading:
    """Ask both, ``None`` for an endpoint without an account, and see that nothing of either is left."""
    poller, reader = Asked(snmp, 0.2), Asked(https, 0.1) if https is not None else None

    left: list[object] = []

    async def run() -> EndpointReading:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: left.append(context))
        try:
            return await read_endpoint(cast(EndpointPoller, poller), cast(RoomosReader | None, reader))
        finally:
            assert poller.ended == 1
            assert reader is None or reader.ended == 1
            assert len(asyncio.all_tasks()) == 1

    try:
        return virtual(run())
    finally:
        gc.collect()
        assert left == []


def test_snmp_only() -> None:
    """Without an account the reading is that of SNMP, untouched."""
    assert ask(SNMP, None) is SNMP


def test_both() -> None:
    """Where both answer, the status page knows the codec and its calls, SNMP the rest."""
    reading = ask(SNMP, STATUS)
    assert (reading.profile, reading.vendor, reading.why) == ("roomos", "Cisco", "it answers /getxml")
    assert (reading.model, reading.serial, reading.software) == ("Room Kit", "FTT1", "ce9")
    assert (reading.registered, reading.in_call, reading.calls) == (True, True, (call(),))
    assert (reading.system, reading.last_end_reason, reading.problems) == (SNMP.system, "normal", ("a part",))


def test_https_only() -> None:
    """A codec whose SNMP is off is known by its status page; that SNMP is silent is told beside it."""
    reading = ask(RequestTimeout("no answer within 2 s"), STATUS)
    assert (reading.system, reading.model, reading.in_call) == (None, "Room Kit", True)
    assert reading.problems == ("SNMP: no answer within 2 s",)


@pytest.mark.parametrize(
    ("error", "word"), [(RequestTimeout(), "timeout"), (AuthFailure("wrong user"), "wrong user")]
)
def test_why_snmp_failed_is_always_told(error: SnmpError, word: str) -> None:
    """Also by an error that has no words of its own."""
    assert joined(error, STATUS).problems == (f"SNMP: {word}",)


@pytest.mark.parametrize(
    "error",
    [Refused("it refuses the port"), AccountRefused("HTTP status 401"), BadStatusXml("no XML"), Silent("late")],
)
def test_https_fails(error: ServiceError | RoomosError) -> None:
    """What SNMP says stands, with why the status page could not be read."""
    assert ask(SNMP, error) == replace(SNMP, problems=("a part", f"HTTPS: {error}"))


@pytest.mark.parametrize("snmp", [RequestTimeout("no answer"), AuthFailure("wrong user")])
@pytest.mark.parametrize(
    "https", [Refused("it refuses the port"), AccountRefused("it does not accept the account")]
)
def test_neither_answers(snmp: SnmpError, https: ServiceError | RoomosError) -> None:
    """SNMP's error is raised, since that tells silence from a refusal; why HTTPS failed is noted at it."""
    snmp = type(snmp)(*snmp.args)
    with pytest.raises(type(snmp)) as caught:
        ask(snmp, https)
    assert caught.value is snmp
    assert caught.value.__cause__ is https
    assert caught.value.__notes__ == [f"HTTPS: {https}"]


@pytest.mark.parametrize("https", [STATUS, Refused("no"), RuntimeError("bug")])
def test_another_failure_of_snmp(https: Any) -> None:
    """An error that is none of SNMP's leaves nothing of HTTPS behind: no task, no error that nobody took."""
    with pytest.raises(ZeroDivisionError):
        ask(ZeroDivisionError(), https)


def test_being_cancelled() -> None:
    """When the agent stops in the middle, both are stopped."""

    async def run() -> tuple[int, int]:
        snmp, https = Asked(SNMP, 10.0), Asked(STATUS, 10.0)
        task = asyncio.ensure_future(read_endpoint(cast(EndpointPoller, snmp), cast(RoomosReader, https)))
        await asyncio.sleep(1.0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return snmp.ended, https.ended

    assert virtual(run()) == (1, 1)


def test_both_are_asked_at_once() -> None:
    """A poll takes as long as the slower of the two, not as long as both."""

    async def run() -> float:
        loop = asyncio.get_running_loop()
        begin = loop.time()
        await read_endpoint(cast(EndpointPoller, Asked(SNMP, 2.0)), cast(RoomosReader, Asked(STATUS, 3.0)))
        return loop.time() - begin

    assert virtual(run()) == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("snmp", "status", "expected"),
    [
        ({"in_call": None}, {"in_call": None, "calls": ()}, (None, ())),
        ({"in_call": True, "calls": (call(),)}, {"in_call": None, "calls": ()}, (True, (call(),))),
        ({"in_call": True, "calls": (call(),)}, {"in_call": False, "calls": ()}, (False, ())),
        ({"in_call": False}, {"in_call": True, "calls": (call(loss=0.1),)}, (True, (call(loss=0.1),))),
        ({"in_call": None}, {"in_call": True, "calls": (BARE,)}, (True, (BARE,))),
        ({"in_call": False}, {"in_call": True, "calls": (BARE,)}, (True, (BARE,))),
        ({"in_call": True, "calls": (call(),)}, {"in_call": True, "calls": (BARE, BARE)}, (True, (BARE, BARE))),
    ],
)
def test_who_knows_of_calls(snmp: dict[str, Any], status: dict[str, Any], expected: tuple[Any, ...]) -> None:
    """The status page, unless it could not be asked for calls this time; calls without figures are up as well."""
    reading = joined(room(**snmp), replace(STATUS, **status))
    assert (reading.in_call, reading.calls) == expected


@pytest.mark.parametrize("snmp", [RequestTimeout("no answer"), room(in_call=None)])
async def test_media_channels_are_lost(snmp: Any) -> None:
    """A codec whose channels cannot be read this time is in its calls, of which no figure is known."""
    async with fake_codec({**CE_IN_CALL, "/Status/MediaChannels": 503}) as codec:
        one = make_inventory(endpoints={"e1": ADDRESS}).endpoints["e1"]
        https = (EndpointService(ServiceKind.HTTPS, codec.port),)
        one = replace(one, https="codecs", services=https, certificate_sha256=identification().sha256)
        reading = await read_endpoint(cast(EndpointPoller, Asked(snmp)), readers().of(one, ADDRESS))
    assert (reading.in_call, len(reading.calls)) == (True, 2)
    assert {(call.streams, call.loss_ratio, call.jitter_s, call.hd) for call in reading.calls} == {
        ((), None, None, None)
    }
    assert reading.problems[-1] == "/Status/MediaChannels: HTTP status 503"


@pytest.mark.parametrize(
    ("snmp", "status", "registered"),
    [(None, None, None), (False, None, False), (True, False, False), (False, True, True), (None, True, True)],
)
def test_who_knows_of_registration(snmp: bool | None, status: bool | None, registered: bool | None) -> None:
    """The status page where it says anything, else SNMP."""
    assert joined(room(registered=snmp), replace(STATUS, registered=status)).registered is registered


def test_what_one_of_them_leaves_open() -> None:
    """Model, serial number and software of SNMP stand where the status page has none; faults of both are told."""
    reading = joined(replace(SNMP, faults=("camera", "fan")), RoomosStatus(faults=("network", "camera")))
    assert (reading.model, reading.serial, reading.software) == ("by SNMP", "S", "9")
    assert reading.faults == ("camera", "fan", "network")


# --- the readers ---------------------------------------------------------------------------------------------


def readers(**changes: Any) -> RoomosReaders:
    video = VideoConfig(accounts={"codecs": Account(USER, Secret(PASSWORD.encode()))}, **changes)
    return RoomosReaders(video, lambda: 0.0)


def test_only_endpoints_with_an_account_are_read() -> None:
    """Without one, or with one that phusong.yaml does not have, there is no reader."""
    one = make_inventory(endpoints={"e1": "addr-e1"}).endpoints["e1"]
    asked = readers()
    assert asked.of(one, "192.0.2.7") is None
    assert asked.of(replace(one, https="others"), "192.0.2.7") is None
    assert asked.of(replace(one, https="codecs"), "192.0.2.7") is not None


def test_a_reader_lasts_as_long_as_its_address() -> None:
    """It remembers counters and a refusal; another codec at another address begins anew."""
    one = replace(make_inventory(endpoints={"e1": "addr-e1"}).endpoints["e1"], https="codecs")
    asked = readers()
    first = asked.of(one, "192.0.2.7")
    assert asked.of(one, "192.0.2.7") is first
    assert asked.of(one, "192.0.2.8") is not first
    assert asked.of(replace(one, endpoint_id="e2"), "192.0.2.8") is not asked.of(one, "192.0.2.8")


@pytest.mark.parametrize(
    ("services", "usual", "port"),
    [
        (None, VideoConfig().services, 443),
        ((EndpointService(ServiceKind.HTTPS, 8443),), VideoConfig().services, 8443),
        (None, (EndpointService(ServiceKind.HTTPS, 4443),), 4443),
        ((), VideoConfig().services, 443),
        ((EndpointService(ServiceKind.SIP_TLS, 5061),), (EndpointService(ServiceKind.HTTPS, 4443),), 443),
    ],
)
def test_the_port_of_the_status_page(services: Any, usual: Any, port: int) -> None:
    """It is where HTTPS is probed, else 443."""
    one = make_inventory(endpoints={"e1": "addr-e1"}).endpoints["e1"]
    reader = readers(services=usual).of(replace(one, https="codecs", services=services), "192.0.2.7")
    assert reader is not None
    assert {url.port for url in reader._urls.values()} == {port}


def test_no_password_in_sight() -> None:
    """Neither the readers nor one of them prints it."""
    asked = readers()
    one = replace(make_inventory(endpoints={"e1": "addr-e1"}).endpoints["e1"], https="codecs")
    assert PASSWORD not in f"{asked!r}{asked.of(one, '192.0.2.7')!r}{asked.video!r}"
