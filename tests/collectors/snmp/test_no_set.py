"""Never an SNMP SET: no code path can build or send one, by what the sources say and by what leaves a client."""

from __future__ import annotations

import ast
import contextlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sensor_devices import device_of, poll_sensors
from snmp_peers import Asked, TableAgent, client_for, virtual
from usm_peers import LEVELS, UsmEngine, open_asked, secured
from video_agents import READS, Objects, VideoBench, cts, cts_call, endpoint, hdx, poly, poly_call

from phusong.agent.input.profile_files import packaged_profiles
from phusong.collectors import mib
from phusong.collectors.profile import Profile
from phusong.collectors.snmp import ber
from phusong.collectors.snmp.batch import BatchReader
from phusong.collectors.snmp.credentials import V1, V2C
from phusong.collectors.snmp.pdu import _request
from phusong.collectors.video.endpoint_poller import EndpointPoller
from phusong.collectors.video.known_rows import LOOK_AGAIN_S

ROOT = Path(__file__).parents[3]
SCANNED = ("agent", "collectors", "exporters", "coverage", "maps")
SOURCES = sorted(path for package in SCANNED for path in (ROOT / package).rglob("*.py"))
BUILDER = ROOT / "collectors" / "snmp"
SET_REQUEST = 0xA3

# --- what the sources say ------------------------------------------------------------------------------------

A_SET = re.compile(
    r"(?:.*[./])?(?:set_?cmd|set_?request(?:_?pdu)?|snmp_?(?:bulk_?)?set|snmp_msg_set|set_?pdu|set_?command_?generator)",
    re.IGNORECASE,
)
"""How libraries and programs call it."""
ASKING_LIBRARIES = re.compile(
    r"pysnmp\.(?:hlapi|entity\.rfc3413\.cmdgen|proto\.api|proto\.rfc1905|proto\.rfc1157)(?:\..*)?"
    r"|(?:ezsnmp|easysnmp|netsnmp|puresnmp|aiosnmp|gufo\.snmp|snmp)(?:\..*)?"
)
"""What could send one in our place."""


def writes_in(source: str, *, builds_messages: bool) -> set[str]:
    """Return what in a source could be, or lead to, an SNMP SET."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        found |= {name for name in _names(node) if A_SET.fullmatch(name)}
        found |= {name for name in _imported(node) if ASKING_LIBRARIES.fullmatch(name)}
        if builds_messages and isinstance(node, ast.Constant):
            value = node.value
            if (type(value) is int and value == SET_REQUEST) or (
                isinstance(value, bytes) and SET_REQUEST in value
            ):
                found.add(hex(SET_REQUEST))
    return found


def _names(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.AsyncFunctionDef(name=name):
            yield name
        case ast.alias(name=name, asname=other):
            yield from (name, other or "")
        case ast.Constant(value=str(text)):
            yield from text.split()


def _imported(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (alias.name for alias in names)
        case ast.ImportFrom(module=str(module), level=0, names=names):
            yield module
            yield from (f"{module}.{alias.name}" for alias in names)


def test_there_are_sources_to_scan() -> None:
    """All three packages that may speak with devices are among the scanned, with the builder of messages."""
    assert {"pdu.py", "client.py", "pysnmp_engine.py", "daemon.py", "prometheus.py"} <= {
        path.name for path in SOURCES
    }
    assert any(BUILDER in path.parents for path in SOURCES)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_source_can_write(path: Path) -> None:
    """No name, import, program or tag of a SetRequest."""
    assert writes_in(path.read_text(encoding="utf-8"), builds_messages=BUILDER in path.parents) == set()


@pytest.mark.parametrize(
    "source",
    [
        "from pysnmp.hlapi.v3arch.asyncio import set_cmd",
        "from pysnmp.hlapi import asyncio",
        "from pysnmp.entity.rfc3413 import cmdgen",
        "import pysnmp.hlapi",
        "from pysnmp.hlapi import setCmd as write",
        "pdu = api.SetRequestPDU()",
        "getattr(api, 'SetRequestPDU')",
        "subprocess.run(['snmpset', '-v2c'])",
        "subprocess.run('/usr/bin/snmpset -v2c', shell=True)",
        "os.execvp('/usr/bin/snmpset', arguments)",
        "import netsnmp",
        "SET_REQUEST = 0xA3",
        "SET = 163",
        "message = b'\\x30\\x0c\\xa3'",
        "def set_request(oids): ...",
        "async def snmp_set(oids): ...",
    ],
)
def test_a_source_that_could_write_is_found(source: str) -> None:
    """Each of the ways to a SET that are known of is seen."""
    assert writes_in(source, builds_messages=True)


def test_the_builder_makes_only_requests_that_read() -> None:
    """Of all tags GET, GETNEXT and GETBULK alone make a request; every other one is refused."""
    made = set()
    for kind in range(256):
        with contextlib.suppress(ValueError):
            made.add(_request(kind, [mib.SYS_NAME], 0, 0, most=1).head[0])
    assert made == READS == {0xA0, 0xA1, 0xA5}


# --- what leaves a client ------------------------------------------------------------------------------------

ENDPOINTS: dict[str, Callable[[], Objects]] = {
    "poly": lambda: poly(poly_call(1), poly_call(2)),
    "hdx": lambda: hdx(s21="1", s22="2", s23="3"),
    "cisco-cts": lambda: cts(cts_call()),
    "roomos": lambda: endpoint((1, 3, 6, 1, 4, 1, 5596, 150, 6, 4, 1), "Cisco Codec SoftW: ce9.10.0"),
    "generic": lambda: endpoint((1, 3, 6, 1, 4, 1, 37459), "Yealink VC800"),
}


def loses_every_third() -> Callable[[Asked], bool]:
    count = iter(range(100_000))
    return lambda asked: next(count) % 3 == 0


AGENTS: dict[str, Callable[[Objects], TableAgent]] = {
    "sound": TableAgent,
    "without GETBULK": lambda objects: TableAgent(objects, refuse_bulk=True),
    "small answers": lambda objects: TableAgent(objects, largest_answer=3),
    "lossy": lambda objects: TableAgent(objects, lose=loses_every_third()),
}


@pytest.mark.parametrize("version", [V1, V2C])
@pytest.mark.parametrize("kind", AGENTS)
@pytest.mark.parametrize("profile", ENDPOINTS)
def test_every_datagram_to_an_endpoint_only_reads(profile: str, kind: str, version: int) -> None:
    """Whatever the profile, the version and the agent's habits: the bench looks into every datagram."""

    async def run() -> None:
        bench = VideoBench(AGENTS[kind](ENDPOINTS[profile]()), version=version, show_far_end=True)
        for after_s in (0.0, 30.0, LOOK_AGAIN_S):
            assert (await bench.poll(after_s)).profile == profile
            assert bench.asked

    virtual(run())


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("profile", ENDPOINTS)
def test_every_secured_datagram_only_reads(profile: str, level: str) -> None:
    """By SNMPv3 as well, decrypted with the keys of the user, discovery included."""
    user = LEVELS[level]

    async def run() -> None:
        engine = UsmEngine(ENDPOINTS[profile]())
        client, transport = client_for(engine)
        poller = EndpointPoller(client, BatchReader(client, secured(user)), "auto", lambda: 0.0)
        for _ in range(2):
            assert (await poller.poll()).profile == profile
        kinds = [open_asked(datagram, user, engine.engine_id).asked.kind for datagram in transport.sent]
        assert len(kinds) > 2
        assert set(kinds) <= READS

    virtual(run())


@pytest.mark.parametrize("profile", packaged_profiles(), ids=lambda profile: profile.name)
def test_every_datagram_to_a_network_device_only_reads(profile: Profile) -> None:
    """The profiles of routers and switches too."""
    object_ids = profile.match.sys_object_ids or ((1, 3, 6, 1, 4, 1, 99999),)
    object_id = ber.format_oid(object_ids[0])
    agent = TableAgent(device_of(object_id, {}))
    poll_sensors(agent)
    assert {asked.kind for asked in agent.asked} <= READS
    assert agent.asked
