"""Against net-snmp's snmpd: what our client reads is what snmpget and snmpbulkwalk say at that moment."""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any

import pytest
from net_snmp import net_snmp, same

from phusong.collectors import mib
from phusong.collectors.interface_lookup import Column, InterfaceSelector
from phusong.collectors.interfaces import InterfacePoller, InterfacesPoll
from phusong.collectors.readings import SystemReading
from phusong.collectors.snmp import ber
from phusong.collectors.snmp.batch import BatchReader
from phusong.collectors.snmp.client import SnmpClient, Target
from phusong.collectors.snmp.credentials import V1, V2C, Community
from phusong.collectors.snmp.walk import WalkResult, walk
from phusong.collectors.system_group import read_system

WAYS = ["v1", "v2c", "v2c over IPv6"]
INTERFACES = (1, 3, 6, 1, 2, 1, 2)
INTERFACES_X = (1, 3, 6, 1, 2, 1, 31)
# system (RFC 3418) and snmpModules (RFC 3411): on every machine alike, whatever else runs there.
STEADY_GROUPS = [(1, 3, 6, 1, 2, 1, 1), (1, 3, 6, 1, 6, 3)]


@pytest.fixture(params=WAYS)
def agent(request: pytest.FixtureRequest, snmpd: Any) -> tuple[Target, list[str]]:
    """Make a target for our client, and the same for net-snmp's commands."""
    version = "1" if request.param == "v1" else "2c"
    if "IPv6" in request.param:
        if not snmpd.has_ipv6:
            pytest.skip("no IPv6 on loopback")
        address, peer = ("::1", snmpd.port), f"udp6:[::1]:{snmpd.port}"
    else:
        address, peer = ("127.0.0.1", snmpd.port), f"udp:127.0.0.1:{snmpd.port}"
    target = Target(address, Community(V1 if version == "1" else V2C, b"public"))
    return target, [f"-v{version}", "-c", "public", peer]


def our_walk(target: Target, root: ber.Oid) -> WalkResult:
    async def run() -> WalkResult:
        with SnmpClient() as client:
            return await walk(client, target, root)

    return asyncio.run(run())


@pytest.mark.parametrize("root", [INTERFACES, INTERFACES_X], ids=["interfaces", "ifMIB"])
def test_a_walk_is_snmpbulkwalks(agent: tuple[Target, list[str]], root: ber.Oid) -> None:
    """Names exactly; every value equal to that of one of two walks of net-snmp around ours, or between them."""
    target, peer = agent
    command = "snmpwalk" if target.auth.version == V1 else "snmpbulkwalk"
    before = net_snmp(command, peer, root)
    ours = our_walk(target, root)
    after = net_snmp(command, peer, root)
    assert ours.partial == ""
    assert [oid for oid, _ in ours.rows] == list(before) == list(after)
    assert len(ours.rows) > 5
    for oid, value in ours.rows:
        if not same(before[oid], value) and not same(after[oid], value):
            assert isinstance(value, int), (oid, before[oid], value)
            assert int(before[oid]) <= value <= int(after[oid]), oid


def test_the_system_group_is_snmpgets(agent: tuple[Target, list[str]]) -> None:
    """Texts and object identifier exactly, sysUpTime between two readings."""
    target, peer = agent

    async def run() -> SystemReading:
        with SnmpClient() as client:
            return await read_system(BatchReader(client, target))

    names = [mib.SYS_UP_TIME, mib.SYS_OBJECT_ID]
    before = net_snmp("snmpget", peer, *names)
    reading = asyncio.run(run())
    after = net_snmp("snmpget", peer, *names)
    uname = os.uname()
    assert reading.sys_descr.startswith(f"Linux {uname.nodename} {uname.release}")
    assert reading.sys_name == uname.nodename
    assert reading.sys_location == "Hạ Long"
    assert "." + reading.sys_object_id == before[mib.SYS_OBJECT_ID]
    assert reading.sys_uptime_ticks is not None
    assert int(before[mib.SYS_UP_TIME]) <= reading.sys_uptime_ticks <= int(after[mib.SYS_UP_TIME])


FIELDS = {
    "admin_status": mib.IF_ADMIN_STATUS,
    "oper_status": mib.IF_OPER_STATUS,
    "in_errors": mib.IF_IN_ERRORS,
    "out_errors": mib.IF_OUT_ERRORS,
    "in_discards": mib.IF_IN_DISCARDS,
    "out_discards": mib.IF_OUT_DISCARDS,
}
COUNTERS_32 = {
    "in_octets": mib.IF_IN_OCTETS,
    "out_octets": mib.IF_OUT_OCTETS,
    "in_ucast_packets": mib.IF_IN_UCAST_PKTS,
    "out_ucast_packets": mib.IF_OUT_UCAST_PKTS,
}
COUNTERS_64 = {
    "in_octets": mib.IF_HC_IN_OCTETS,
    "out_octets": mib.IF_HC_OUT_OCTETS,
    "in_ucast_packets": mib.IF_HC_IN_UCAST_PKTS,
    "out_ucast_packets": mib.IF_HC_OUT_UCAST_PKTS,
}


@pytest.mark.parametrize("selector", ["name", "descr", "index"])
def test_an_interface_reading_is_snmpgets(agent: tuple[Target, list[str]], selector: str) -> None:
    """The loopback row: name and states exactly, counters between two readings of snmpget."""
    target, peer = agent
    chosen = InterfaceSelector(Column(selector), "1" if selector == "index" else "lo")

    async def run() -> InterfacesPoll:
        with SnmpClient() as client:
            poller = InterfacePoller("here", client, BatchReader(client, target), [chosen], time.monotonic)
            await poller.poll()
            return await poller.poll()

    counters = COUNTERS_32 if target.auth.version == V1 else COUNTERS_64
    oids = [(*column, 1) for column in {**FIELDS, **counters}.values()]
    before = net_snmp("snmpget", peer, *oids)
    poll = asyncio.run(run())
    after = net_snmp("snmpget", peer, *oids)
    assert poll.problems == {}
    reading = poll.readings[chosen]
    assert (reading.if_index, reading.if_name) == (1, "lo")
    assert reading.octets_bits == reading.packets_bits == (32 if target.auth.version == V1 else 64)
    for field, column in FIELDS.items():
        assert str(getattr(reading, field)) == before[(*column, 1)] == after[(*column, 1)], field
    for field, column in counters.items():
        assert int(before[(*column, 1)]) <= getattr(reading, field) <= int(after[(*column, 1)]), field


def test_objects_that_are_not_there(agent: tuple[Target, list[str]]) -> None:
    """Absent objects among present ones: missing in v2c by their own answer, in v1 by being left out."""
    target, _ = agent

    async def run() -> list[ber.Value]:
        with SnmpClient() as client:
            oids = [(*mib.IF_DESCR, 1), (*mib.IF_DESCR, 99999), (1, 3, 6, 1, 4, 1, 99999, 1, 0), mib.SYS_NAME]
            return await BatchReader(client, target).read(oids)

    descr, *missing, name = asyncio.run(run())
    assert descr == b"lo"
    assert all(isinstance(value, ber.Missing) for value in missing)
    assert name == os.uname().nodename.encode()


def test_a_wrong_community_is_silence(snmpd: Any) -> None:
    """net-snmp drops requests of a wrong community: a timeout, after the deadline."""
    target = Target(("127.0.0.1", snmpd.port), Community(V2C, b"wrong"), timeout_s=0.2, retries=1)

    async def run() -> None:
        with SnmpClient() as client:
            await BatchReader(client, target).read([mib.SYS_UP_TIME])

    with pytest.raises(TimeoutError):
        asyncio.run(run())


def test_a_long_list_in_large_requests(snmpd: Any) -> None:
    """A hundred objects of all types at once equal the walks before and after, where those agree.

    They are of groups whose rows do not come and go between two walks.
    """
    target = Target(("127.0.0.1", snmpd.port), Community(V2C, b"public"))

    def walked() -> dict[ber.Oid, ber.Value]:
        return {oid: value for group in STEADY_GROUPS for oid, value in our_walk(target, group).rows}

    async def read(oids: list[ber.Oid]) -> list[ber.Value]:
        with SnmpClient() as client:
            return await BatchReader(client, target).read(oids)

    before = walked()
    oids = list(before)
    read_at_once = dict(zip(oids, asyncio.run(read(oids)), strict=True))
    after = walked()
    steady = [oid for oid in oids if before[oid] == after.get(oid)]
    assert len(steady) > 80
    assert {type(before[oid]) for oid in steady} == {bytes, int, tuple}
    assert {oid: read_at_once[oid] for oid in steady} == {oid: before[oid] for oid in steady}
