"""One job from end to end on loopback: a codec by SNMP and HTTPS, its services, services of services.csv."""

from __future__ import annotations

import asyncio
import errno
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import structlog
from inventories import CONFIG, make_inventory
from loopback_agents import serving
from roomos_fake import CE_IDLE, CE_IN_CALL, PASSWORD, USER, FakeCodec, fake_codec, identification
from service_peers import HttpPeer, authority, http_peer, make_certificate, page, sip_stream, sip_udp
from snmp_peers import TableAgent, Typed, interface_row
from video_agents import endpoint as agent_objects

from phusong.agent.input.config import Config
from phusong.agent.input.secret import Secret
from phusong.agent.input.video_config import Account, ServicesConfig, VideoConfig
from phusong.agent.inventory import (
    Column,
    Endpoint,
    EndpointService,
    InterfaceSelector,
    Inventory,
    LinkEnd,
    Service,
)
from phusong.agent.polling import pollers as pollers_module
from phusong.agent.polling.observations import Observations
from phusong.agent.polling.poll_plan import DeviceJob, EndpointJob, ProbeJob, ServiceJob
from phusong.agent.polling.pollers import Pollers, Tools
from phusong.agent.polling.snmp_security import EngineWatch
from phusong.collectors import mib
from phusong.collectors.call_readings import ServiceKind, ServiceReading, ServiceState
from phusong.collectors.host_address import HostAddresses
from phusong.collectors.reachability import UdpEchoPinger
from phusong.collectors.snmp import ber
from phusong.collectors.snmp.client import SnmpClient

CISCO_CODEC = (1, 3, 6, 1, 4, 1, 5596, 150, 6, 4, 1)
TOKEN = "canary-t0ken"


class Asker:
    """Pollers over one inventory, and what they noted."""

    def __init__(self, config: Config, inventory: Inventory) -> None:
        client = SnmpClient()
        self._closed = (client, UdpEchoPinger(9))
        self.observations = Observations(time.monotonic, time.time)
        self.errors: list[str] = []
        addresses = HostAddresses(time.monotonic, resolver=_no_names)
        tools = Tools(client, self._closed[1], addresses, EngineWatch(client.engines, lambda *_: None))
        self.pollers = Pollers(config, inventory, tools, self.observations, self.errors.append)

    def close(self) -> None:
        for tool in self._closed:
            tool.close()


def _no_names(host: str) -> str:
    raise OSError(f"no {host}")


@asynccontextmanager
async def asking(config: Config, inventory: Inventory) -> AsyncIterator[Asker]:
    asker = Asker(config, inventory)
    try:
        yield asker
    finally:
        asker.close()


def one_endpoint(**changes: Any) -> Inventory:
    inventory = make_inventory(endpoints={"e1": "127.0.0.1"})
    endpoint: Endpoint = replace(inventory.endpoints["e1"], **changes)
    return replace(inventory, endpoints={"e1": endpoint})


def config(password: str = PASSWORD, **video: Any) -> Config:
    account = Account(USER, Secret(password.encode()))
    ca_pem = identification().issuer_pem
    return replace(
        CONFIG, video=VideoConfig(accounts={"codecs": account}, ca_pem=ca_pem, **{"timeout_s": 2.0, **video})
    )


def codec_inventory(codec: FakeCodec, snmp_port: int) -> Inventory:
    https = EndpointService(ServiceKind.HTTPS, codec.port)
    pin = identification().sha256
    return one_endpoint(port=snmp_port, https="codecs", services=(https,), certificate_sha256=pin)


SNMP = {"127.0.0.1": TableAgent(agent_objects(CISCO_CODEC, "Cisco Codec SoftW: ce9.15 MCU: Cisco Room Kit"))}
SILENT_PORT = 9


async def test_a_codec_by_snmp_and_https() -> None:
    """The reading of one poll has the system group of SNMP and the calls of the status page."""
    with serving(SNMP) as port:
        async with fake_codec(CE_IN_CALL) as codec, asking(config(), codec_inventory(codec, port)) as asker:
            await asker.pollers.run(EndpointJob("e1"))
            outcome = asker.observations.endpoints["e1"]
    reading = outcome.value
    assert reading is not None
    assert (outcome.failed_at, outcome.problem) == (None, "")
    assert reading.system is not None
    assert (reading.system.sys_name, reading.model, reading.registered) == ("room", "Cisco Room Kit", True)
    assert (reading.in_call, len(reading.calls), reading.problems) == (True, 2, ())
    assert [call.far_end for call in reading.calls] == ["", ""]
    assert {method for method, _, _ in codec.asked} == {"GET"}


async def test_a_codec_whose_snmp_is_off() -> None:
    """It is there by its status page alone; that counts as an answer."""
    async with fake_codec(CE_IDLE) as codec, asking(config(), codec_inventory(codec, SILENT_PORT)) as asker:
        await asker.pollers.run(EndpointJob("e1"))
        outcome = asker.observations.endpoints["e1"]
    assert outcome.value is not None
    assert (outcome.silent_since, outcome.failed_at, outcome.value.system) == (None, None, None)
    assert (outcome.value.serial, outcome.value.in_call) == ("FTT2400A1BC", False)
    assert outcome.value.problems[0].startswith("SNMP: no answer")


async def test_a_refused_password_is_told_with_the_silence(caplog: pytest.LogCaptureFixture) -> None:
    """With SNMP off as well, people are told both; the password stands nowhere, and is not tried again."""
    with structlog.testing.capture_logs() as logs:
        async with fake_codec(CE_IDLE) as codec:
            inventory = codec_inventory(codec, SILENT_PORT)
            async with asking(config("canary-wr0ng"), inventory) as asker:
                await asker.pollers.run(EndpointJob("e1"))
                first = len(codec.asked)
                await asker.pollers.run(EndpointJob("e1"))
                outcome = asker.observations.endpoints["e1"]
                again = len(codec.asked)
    assert outcome.silent_since is not None
    assert "no answer" in outcome.problem
    assert "HTTPS: HTTP status 401: it does not accept the account" in outcome.problem
    assert (first, again, asker.errors) == (1, 1, ["timeout", "timeout"])
    assert "canary" not in f"{outcome!r}{logs!r}{caplog.text}"


async def test_a_codec_that_is_another_one_gets_no_password() -> None:
    """With another certificate than the pinned one SNMP's reading stands, and nothing was sent."""
    with serving(SNMP) as port:
        other = identification("other.example.vn")
        async with (
            fake_codec(CE_IDLE, certificate=other) as codec,
            asking(config(), codec_inventory(codec, port)) as asker,
        ):
            await asker.pollers.run(EndpointJob("e1"))
            outcome = asker.observations.endpoints["e1"]
    assert outcome.value is not None
    assert outcome.value.problems == ("HTTPS: certificate: not the pinned one",)
    assert codec.received == b""


async def test_the_services_of_an_endpoint() -> None:
    """Each service as it answered, in the order of the inventory, one that is silent among them."""
    async with sip_udp("200") as udp, sip_stream("401") as tcp, sip_udp("silent") as silent:
        services = (
            EndpointService(ServiceKind.SIP_UDP, udp.port),
            EndpointService(ServiceKind.SIP_TCP, tcp.port),
            EndpointService(ServiceKind.H323, tcp.port),
            EndpointService(ServiceKind.SIP_UDP, silent.port),
            EndpointService(ServiceKind.SIP_TLS, tcp.port),
        )
        inventory = one_endpoint(services=services, sip_uri="sip:room@vc.example")
        async with asking(config(timeout_s=0.4), inventory) as asker:
            await asker.pollers.run(ProbeJob("e1"))
            outcome = asker.observations.probes["e1"]
    assert outcome.value is not None
    assert [(service.kind, service.state, service.code) for service in outcome.value] == [
        (ServiceKind.SIP_UDP, ServiceState.READY, 200),
        (ServiceKind.SIP_TCP, ServiceState.ALIVE, 401),
        (ServiceKind.H323, ServiceState.READY, None),
        (ServiceKind.SIP_UDP, ServiceState.SILENT, None),
        (ServiceKind.SIP_TLS, ServiceState.SILENT, None),
    ]
    assert udp.requests[0].startswith(b"OPTIONS sip:room@vc.example SIP/2.0\r\n")
    assert asker.errors == []


async def test_an_endpoint_whose_name_leads_nowhere() -> None:
    """All its services are out of reach, and why is told."""
    services = (EndpointService(ServiceKind.SIP_UDP, 5060), EndpointService(ServiceKind.H323, 1720))
    async with asking(config(), one_endpoint(address="room.example", services=services)) as asker:
        await asker.pollers.run(ProbeJob("e1"))
        readings = asker.observations.probes["e1"].value
    problem = "host name room.example cannot be resolved"
    assert readings == tuple(
        ServiceReading(service.kind, service.port, ServiceState.UNREACHABLE, problem=problem)
        for service in services
    )


def portal(port: int, host: str = "127.0.0.1", **changes: Any) -> Inventory:
    service = Service("p", "Portal", ServiceKind.HTTPS, host, port, f"/?token={TOKEN}", expect_text="Trang chủ")
    return replace(make_inventory(), services={"p": replace(service, **changes)})


@pytest.mark.parametrize(
    ("trusted", "answer", "state", "code"),
    [
        (True, page("<h1>Trang chủ</h1>"), ServiceState.READY, 200),
        (True, page("<h1>Bảo trì</h1>"), ServiceState.WRONG_TEXT, 200),
        (True, page("Trang chủ", "503 Service Unavailable"), ServiceState.UNAVAILABLE, 503),
        (True, page("", "302 Found", "Location: /login"), ServiceState.WRONG_TEXT, 302),
        (False, page("Trang chủ"), ServiceState.BAD_CERTIFICATE, None),
    ],
)
async def test_a_service(
    tmp_path: Path, trusted: bool, answer: bytes, state: ServiceState, code: int | None
) -> None:
    """It is asked with its query and verified; what it answered is noted, its token nowhere."""
    tls = make_certificate(issuer=authority()).server_tls(tmp_path)
    services = ServicesConfig(timeout_s=2.0, ca_pem=authority().pem if trusted else identification().issuer_pem)
    with structlog.testing.capture_logs() as logs:
        async with (
            http_peer(HttpPeer(answer), tls) as peer,
            asking(replace(CONFIG, services=services), portal(peer.port)) as asker,
        ):
            await asker.pollers.run(ServiceJob("p"))
            outcome = asker.observations.services["p"]
    assert outcome.value is not None
    assert (outcome.value.state, outcome.value.code) == (state, code)
    assert (outcome.success_unix is not None) is (state is ServiceState.READY)
    assert [TOKEN.encode() in request for request in peer.requests] == [True] * trusted
    assert TOKEN not in f"{outcome!r}{logs!r}"


async def test_a_service_whose_name_leads_nowhere() -> None:
    """It is out of reach; its name is told, not its token."""
    async with asking(CONFIG, portal(443, "p.example")) as asker:
        await asker.pollers.run(ServiceJob("p"))
        reading = asker.observations.services["p"].value
    assert reading is not None
    assert (reading.state, reading.problem) == (
        ServiceState.UNREACHABLE,
        "host name p.example cannot be resolved",
    )


@pytest.mark.parametrize("address", ["127.0.0.1", "nowhere.example"])
async def test_what_was_under_way_at_a_reload_does_not_count(address: str) -> None:
    """What an earlier inventory asked says nothing of the endpoint or service that has the same id now."""
    services = (EndpointService(ServiceKind.SIP_TCP, 9),)
    inventory = replace(portal(9, address), endpoints=one_endpoint(address=address, services=services).endpoints)
    async with asking(config(), inventory) as asker:
        asker.pollers.retire()
        for job in (ProbeJob("e1"), ServiceJob("p"), EndpointJob("e1")):
            await asker.pollers.run(job)
        assert asker.observations.touched == set()


@pytest.mark.parametrize("job", [ProbeJob("e1"), ServiceJob("p")])
async def test_a_bug_in_one_probe_reaches_nobody(
    monkeypatch: pytest.MonkeyPatch, job: ProbeJob | ServiceJob
) -> None:
    """Nothing is raised, it is counted, what was known stands, and no token is logged."""
    inventory = replace(
        portal(9), endpoints=one_endpoint(services=(EndpointService(ServiceKind.H323, 9),)).endpoints
    )

    def bug(*_: object) -> Callable[..., object]:
        raise ZeroDivisionError

    for name in ("endpoint_services", "watched_service"):
        monkeypatch.setattr(pollers_module, name, bug)
    with structlog.testing.capture_logs() as logs:
        async with asking(config(), inventory) as asker:
            await asker.pollers.run(job)
    assert (asker.errors, asker.observations.touched) == (["bug"], set())
    assert [entry["event"] for entry in logs] == ["poll_failed_unexpectedly"]
    assert TOKEN not in repr(logs)


@pytest.mark.parametrize("job", [ProbeJob("e1"), ServiceJob("p")])
async def test_that_we_have_no_sockets_says_nothing_of_a_service(
    monkeypatch: pytest.MonkeyPatch, job: ProbeJob | ServiceJob
) -> None:
    """It is counted as a failure of ours, and what was known stands."""
    services = (EndpointService(ServiceKind.H323, 9),)

    async def full(*_: object, **__: object) -> None:
        raise OSError(errno.EMFILE, "x")

    monkeypatch.setattr(asyncio, "open_connection", full)
    async with asking(config(), replace(portal(9), endpoints=one_endpoint(services=services).endpoints)) as asker:
        await asker.pollers.run(job)
    assert (asker.errors, asker.observations.touched) == (["address"], set())


async def test_no_more_endpoints_are_probed_at_once_than_sockets_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many are due, the process keeps some of its files for others."""
    running, most = 0, 0

    async def counted(*_: object) -> tuple[ServiceReading, ...]:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return ()

    monkeypatch.setattr(pollers_module, "probe_all", counted)
    ids = [f"e{number}" for number in range(3 * pollers_module.PROBES_AT_ONCE)]
    async with asking(config(), make_inventory(endpoints=dict.fromkeys(ids, "127.0.0.1"))) as asker:
        await asyncio.gather(*(asker.pollers.run(ProbeJob(key)) for key in ids))
    assert len(asker.observations.probes) == len(ids)
    assert most == pollers_module.PROBES_AT_ONCE


async def test_a_port_is_asked_seldom_how_it_runs() -> None:
    """Half duplex at a room's port is noted, and asked for again only when the port came up anew."""
    port_row = interface_row(7, b"Gi0/7", IF_LAST_CHANGE=(ber.TIME_TICKS, 100))
    agent = TableAgent({**agent_objects((1, 3, 6, 1, 4, 1, 9, 1, 1), "switch"), **port_row, **duplex(7, 2)})
    selector = InterfaceSelector(Column.NAME, "Gi0/7")
    inventory = make_inventory(endpoints={"e1": "127.0.0.1"}, idle_devices=["sw"])
    room = replace(inventory.endpoints["e1"], lan=LinkEnd("sw", selector))
    with serving({"127.0.0.1": agent}) as port:
        switch = replace(inventory.devices["sw"], address="127.0.0.1", port=port)
        inventory = replace(inventory, endpoints={"e1": room}, devices={"sw": switch})
        async with asking(config(), inventory) as asker:
            job = DeviceJob("sw", (selector,))
            told = []
            for change in ({}, duplex(7, 3), interface_row(7, b"Gi0/7", IF_LAST_CHANGE=(ber.TIME_TICKS, 200))):
                agent.replace({**agent.objects, **change})
                await asker.pollers.run(job)
                told.append(asker.observations.half_duplex["sw"][selector])
    assert told == [True, True, False]


def duplex(if_index: int, status: int) -> dict[ber.Oid, Typed]:
    return {(*mib.DOT3_STATS_DUPLEX_STATUS, if_index): (ber.INTEGER, status)}
