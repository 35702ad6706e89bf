"""How real agents misbehave: one test per behaviour seen in the field, against an agent scripted to do just that.

The rows are those of a table made from recordings of real devices and from the reports of users of other pollers.
Every test drives our own pollers, readers, walks and client from end to end, in virtual time, and shows what a
person sees of such a device: the right reading, or the reason for none.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

import pytest
from sensor_devices import as_table, device_of, poll_sensors
from snmp_peers import (
    AGENT,
    NO_SUCH_NAME,
    TOO_BIG,
    Asked,
    FakeTransport,
    TableAgent,
    Typed,
    client_for,
    device,
    interface_row,
    read_request,
    response,
    target,
    virtual,
)
from usm_peers import USER, UsmEngine, secured

from phusong.agent.input.profile_files import packaged_profiles
from phusong.agent.judging.verdict import EndEvidence, judge_link
from phusong.collectors import mib
from phusong.collectors.interface_lookup import Column, InterfaceSelector
from phusong.collectors.interfaces import InterfacePoller, InterfacesPoll
from phusong.collectors.rates import Interval, NoRate
from phusong.collectors.readings import PingReading, Quantity
from phusong.collectors.snmp import ber
from phusong.collectors.snmp.batch import BatchReader
from phusong.collectors.snmp.client import SnmpClient, Target, prepare
from phusong.collectors.snmp.credentials import V1, V2C
from phusong.collectors.snmp.errors import RequestTimeout
from phusong.collectors.snmp.learned import LearnedSizes
from phusong.collectors.snmp.pdu import get_request
from phusong.collectors.snmp.transport import Address
from phusong.collectors.snmp.walk import WalkResult, walk, walk_columns

GI1 = InterfaceSelector(Column.NAME, "Gi0/1")
GI2 = InterfaceSelector(Column.NAME, "Gi0/2")
C32, C64, GAUGE, TEXT = ber.COUNTER32, ber.COUNTER64, ber.GAUGE32, ber.OCTET_STRING
TICKS = 2**32
ZTE_ROUTER = {mib.SYS_OBJECT_ID: (ber.OBJECT_ID, (1, 3, 6, 1, 4, 1, 3902, 3, 100))}
ONLY_32_BIT = {
    "IF_HC_IN_OCTETS": None,
    "IF_HC_OUT_OCTETS": None,
    "IF_HC_IN_UCAST_PKTS": None,
    "IF_HC_OUT_UCAST_PKTS": None,
}


# --- a device under observation ------------------------------------------------------------------------------


@dataclass
class Watch:
    """A poller of one device; time passes for both of them when it is polled again."""

    agent: TableAgent
    poller: InterfacePoller
    reader: BatchReader
    client: SnmpClient

    async def poll(self, after_s: float = 0.0, *, device_s: float | None = None) -> InterfacesPoll:
        """Poll again after some time, of which the device's own clock may think otherwise."""
        await asyncio.sleep(after_s)
        if mib.SYS_UP_TIME in self.agent.objects:
            tag, ticks = self.agent.objects[mib.SYS_UP_TIME]
            passed = round(100 * (after_s if device_s is None else device_s))
            self.agent.objects[mib.SYS_UP_TIME] = (tag, (ticks + passed) % TICKS)
        return await self.poller.poll()

    def change(self, index: int, name: bytes, **columns: Typed | int | bytes | None) -> None:
        """Let the device show other values of one row."""
        self.agent.objects.update(interface_row(index, name, **columns))


def watch(
    agent: TableAgent,
    selectors: Iterable[InterfaceSelector],
    test: Callable[[Watch], Awaitable[None]],
    *,
    version: int = V2C,
    charset: str | None = None,
    contracted_bps: float = 0.0,
    script: Callable[[bytes, Address], Iterable[bytes]] | None = None,
) -> None:
    """Run a test of a poller of the agent; with ``script``, that stands between them."""

    async def run() -> None:
        client, _ = client_for(script or agent)
        with client:
            reader = BatchReader(client, target(version=version))
            wanted = tuple(selectors)
            poller = InterfacePoller(
                "device",
                client,
                reader,
                wanted,
                asyncio.get_running_loop().time,
                charset,
                contracted_bps=dict.fromkeys(wanted, contracted_bps),
            )
            await test(Watch(agent, poller, reader, client))

    virtual(run())


def table_of(rows: int, **columns: Typed | int | bytes | None) -> TableAgent:
    """Make a device with so many ports, Gi0/1, Gi0/2 ..."""
    return TableAgent(device(*(interface_row(n, b"Gi0/%d" % n, **columns) for n in range(1, rows + 1))))


def names(*numbers: int) -> list[InterfaceSelector]:
    """Name ports of ``table_of``."""
    return [InterfaceSelector(Column.NAME, f"Gi0/{number}") for number in numbers]


def walked(
    script: Callable[..., Iterable[bytes]],
    roots: list[ber.Oid],
    sizes: LearnedSizes | None = None,
    *,
    version: int = V2C,
) -> list[WalkResult]:
    """Walk columns once."""

    async def run() -> list[WalkResult]:
        client, _ = client_for(script)
        with client:
            return await walk_columns(client, target(version=version), roots, sizes=sizes)

    return virtual(run())


def gained(poll: InterfacesPoll, selector: InterfaceSelector = GI1) -> int | None:
    """Return what a line received since the poll before; there must be a figure."""
    traffic = poll.traffic[selector]
    assert isinstance(traffic, Interval), traffic
    return traffic.received_bytes


# --- rows 1 to 3: which interface is which --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("uptime", "table_change"),
    [
        pytest.param(100, 50, id="sysUpTime falls"),
        pytest.param(503_000, 502_000, id="ifTableLastChange moves"),
        pytest.param(503_000, 100, id="only the names are others"),
    ],
)
def test_row_01_ifindex_renumbered_after_reboot(uptime: int, table_change: int) -> None:
    """A port that has another number is followed at once, and its counters are not joined with those of before."""
    agent = TableAgent(device(interface_row(13, b"Gi0/1"), interface_row(29, b"Gi0/2")))

    async def test(seen: Watch) -> None:
        assert (await seen.poll()).readings[GI1].if_index == 13
        rows = interface_row(29, b"Gi0/1"), interface_row(13, b"Gi0/2")
        agent.replace(device(*rows, uptime=uptime - 3000, table_change=table_change))
        poll = await seen.poll(30.0)
        assert {selector: poll.readings[selector].if_index for selector in (GI1, GI2)} == {GI1: 29, GI2: 13}
        assert poll.readings[GI1].in_octets == (1 << 40) + 29_001
        assert all(isinstance(traffic, NoRate) for traffic in poll.traffic.values())
        assert poll.moved_rows == 2
        seen.change(29, b"Gi0/1", IF_HC_IN_OCTETS=(C64, (1 << 40) + 30_001))
        assert gained(await seen.poll(30.0)) == 1000

    watch(agent, [GI1, GI2], test)


def test_row_02_ifdescr_changes_with_the_description() -> None:
    """ZXR10: no ifName, and ifDescr is the port's name with its description behind; a new one moves nothing."""
    port = InterfaceSelector(Column.NAME, "xgei_5/1")
    row = {"IF_NAME": None, "IF_ALIAS": b""}
    agent = TableAgent(
        {
            **device(interface_row(7, b"", IF_DESCR=b"xgei_5/1 old words", **row)),
            **interface_row(8, b"", IF_DESCR=b"xgei_5/2 old words", **row),
            **ZTE_ROUTER,
        }
    )

    async def test(seen: Watch) -> None:
        poll = await seen.poll()
        assert (poll.problems, poll.readings[port].if_name) == ({}, "xgei_5/1")
        agent.asked.clear()
        octets = (C64, (1 << 40) + 8001)
        seen.change(7, b"", IF_DESCR=b"xgei_5/1 to Ha Long", IF_HC_IN_OCTETS=octets, **row)
        poll = await seen.poll(30.0)
        assert (poll.problems, poll.readings[port].if_name, gained(poll, port)) == ({}, "xgei_5/1", 1000)
        assert {asked.kind for asked in agent.asked} == {ber.GET}

    watch(agent, [port], test)


def test_row_03_names_empty_or_repeated() -> None:
    """A row without a name goes by what it has; a name that two rows bear is refused with both of them."""
    agent = TableAgent(
        device(
            interface_row(1, b"Gi0/1"),
            interface_row(7, b"Gi0/1"),
            interface_row(3, b"", IF_DESCR=b"", IF_ALIAS=b"to the hub"),
            interface_row(4, b"", IF_DESCR=b"", IF_ALIAS=b""),
        )
    )
    by_index = [InterfaceSelector(Column.INDEX, text) for text in ("3", "4")]

    async def test(seen: Watch) -> None:
        poll = await seen.poll()
        assert [poll.readings[selector].if_name for selector in by_index] == ["to the hub", "if4"]
        assert "index:1" in poll.problems[GI1]
        assert "index:7" in poll.problems[GI1]

    watch(agent, [GI1, *by_index], test)


# --- rows 4 to 11: counters and clocks ------------------------------------------------------------------------


def test_row_04_32_bit_counters_only() -> None:
    """A gigabit port with 32-bit counters: a wrap is understood at 30 s, and at 60 s nobody guesses how many."""
    fast = {"IF_HIGH_SPEED": (GAUGE, 1000), **ONLY_32_BIT}
    agent = TableAgent(device(interface_row(1, b"Gi0/1", IF_IN_OCTETS=(C32, TICKS - 1000), **fast)))

    async def test(seen: Watch) -> None:
        assert (await seen.poll()).readings[GI1].octets_bits == 32
        seen.change(1, b"Gi0/1", IF_IN_OCTETS=(C32, 3_000_000_000), **fast)
        assert gained(await seen.poll(30.0)) == 3_000_001_000
        seen.change(1, b"Gi0/1", IF_IN_OCTETS=(C32, 3_000_000_500), **fast)
        assert (await seen.poll(60.0)).traffic[GI1] is NoRate.AMBIGUOUS_WRAP

    watch(agent, [GI1], test)


@pytest.mark.parametrize("stuck_at", [0, 777])
def test_row_05_hc_column_present_but_dead(stuck_at: int) -> None:
    """64-bit counters that stand while those of 32 bits count are not believed; octet strings are read."""
    agent = TableAgent(
        device(
            interface_row(1, b"Gi0/1", IF_HC_IN_OCTETS=(C64, stuck_at), IF_IN_OCTETS=(C32, 1000)),
            interface_row(2, b"Gi0/2", IF_HC_IN_OCTETS=(TEXT, (5 << 40).to_bytes(8, "big"))),
        )
    )

    async def test(seen: Watch) -> None:
        poll = await seen.poll()
        assert (poll.readings[GI2].octets_bits, poll.readings[GI2].in_octets) == (64, 5 << 40)
        for octets in (2000, 5000):
            seen.change(1, b"Gi0/1", IF_HC_IN_OCTETS=(C64, stuck_at), IF_IN_OCTETS=(C32, octets))
            poll = await seen.poll(30.0)
            assert (poll.readings[GI1].octets_bits, poll.readings[GI1].in_octets) == (32, octets)
        assert gained(poll) == 3000

    watch(agent, [GI1, GI2], test)


def test_row_06_hc_missing_on_some_rows_only() -> None:
    """Which counters a port has is found out row by row."""
    agent = TableAgent(device(interface_row(1, b"Gi0/1", **ONLY_32_BIT), interface_row(2, b"Gi0/2")))

    async def test(seen: Watch) -> None:
        readings = (await seen.poll()).readings
        assert (readings[GI1].octets_bits, readings[GI1].in_octets) == (32, 1001)
        assert (readings[GI2].octets_bits, readings[GI2].in_octets) == (64, (1 << 40) + 2001)

    watch(agent, [GI1, GI2], test)


def test_row_07_columns_of_different_length() -> None:
    """Columns are joined by index: a row without counters, or counters without a name, shift no other row."""
    nameless = {"IF_NAME": None, "IF_DESCR": None, "IF_ALIAS": None}
    no_counters = {"IF_IN_OCTETS": None, "IF_OUT_OCTETS": None, **ONLY_32_BIT}
    agent = TableAgent(
        device(
            interface_row(1, b"Gi0/1", **no_counters),
            interface_row(2, b"", **nameless),
            interface_row(3, b"Gi0/2"),
        )
    )

    async def test(seen: Watch) -> None:
        readings = (await seen.poll()).readings
        assert (readings[GI1].in_octets, readings[GI1].octets_bits, readings[GI1].oper_status) == (None, None, 1)
        assert (readings[GI2].if_index, readings[GI2].in_octets) == (3, (1 << 40) + 3001)
        found = await walk_columns(seen.client, seen.reader.target, [mib.IF_NAME, mib.IF_IN_OCTETS])
        assert [[oid[-1] for oid, _ in column.rows] for column in found] == [[1, 3], [2, 3]]

    watch(agent, [GI1, GI2], test)


@pytest.mark.parametrize(
    ("column", "counters"),
    [
        pytest.param("IF_HC_IN_OCTETS", ((C64, 1 << 50), (C64, 1 << 49), (C64, (1 << 49) + 4242)), id="64 bits"),
        pytest.param(
            "IF_IN_OCTETS", ((C32, 3_717_616_438), (C32, 3_717_611_343), (C32, 3_717_615_585)), id="32 bits"
        ),
    ],
)
def test_row_08_counters_go_backwards_without_a_reboot(column: str, counters: tuple[Typed, Typed, Typed]) -> None:
    """A counter that falls gives no rate for that interval, no petabits, and is counted from there on."""
    more = ONLY_32_BIT if column == "IF_IN_OCTETS" else {}
    agent = TableAgent(device(interface_row(1, b"Gi0/1", **{**more, column: counters[0]})))

    async def test(seen: Watch) -> None:
        await seen.poll()
        seen.change(1, b"Gi0/1", **{**more, column: counters[1]})
        assert (await seen.poll(30.0)).traffic[GI1] is NoRate.COUNTER_FELL
        seen.change(1, b"Gi0/1", **{**more, column: counters[2]})
        assert gained(await seen.poll(30.0)) == 4242

    watch(agent, [GI1], test)


def test_row_09_stale_counters() -> None:
    """Rates are over the device's own time: a snapshot shown twice is no idle line, nor the next one a peak."""
    agent = table_of(1)

    async def test(seen: Watch) -> None:
        await seen.poll()
        poll = await seen.poll(2.0, device_s=0.0)  # the same snapshot again
        assert poll.traffic[GI1] is NoRate.TOO_SOON
        seen.change(1, b"Gi0/1", IF_HC_IN_OCTETS=(C64, (1 << 40) + 33_001))
        poll = await seen.poll(30.0, device_s=33.0)
        traffic = poll.traffic[GI1]
        assert isinstance(traffic, Interval)
        assert (traffic.seconds, traffic.receive_bytes_per_s) == (33.0, pytest.approx(32_000 / 33))

    watch(agent, [GI1], test)


def test_row_10_sysuptime_wrap_after_497_days() -> None:
    """The wrap of sysUpTime is no reboot: nothing is looked up again, and the interval is what it was."""
    agent = TableAgent(device(interface_row(1, b"Gi0/1"), uptime=TICKS - 1500))

    async def test(seen: Watch) -> None:
        await seen.poll()
        agent.asked.clear()
        seen.change(1, b"Gi0/1", IF_HC_IN_OCTETS=(C64, (1 << 40) + 4001))
        poll = await seen.poll(30.0)
        assert poll.sys_uptime_ticks == 1500
        traffic = poll.traffic[GI1]
        assert isinstance(traffic, Interval)
        assert (traffic.seconds, traffic.received_bytes) == (30.0, 3000)
        assert poll.agent_restarts == 0
        assert {asked.kind for asked in agent.asked} == {ber.GET}

    watch(agent, [GI1], test)


def test_row_11_sysuptime_counts_the_agent() -> None:
    """A restart of the agent is counted as such and costs one interval; a device without sysUpTime is read."""
    agent = table_of(1)

    async def test(seen: Watch) -> None:
        await seen.poll()
        agent.objects[mib.SYS_UP_TIME] = (ber.TIME_TICKS, 0)
        poll = await seen.poll(30.0, device_s=5.0)
        assert (poll.agent_restarts, poll.traffic[GI1]) == (1, NoRate.AGENT_RESTARTED)
        seen.change(1, b"Gi0/1", IF_HC_IN_OCTETS=(C64, (1 << 40) + 3001))
        poll = await seen.poll(30.0)
        assert (poll.agent_restarts, gained(poll)) == (1, 2000)

    watch(agent, [GI1], test)
    agent = table_of(1)
    del agent.objects[mib.SYS_UP_TIME]

    async def without_a_clock(seen: Watch) -> None:
        assert (await seen.poll()).sys_uptime_ticks is None
        seen.change(1, b"Gi0/1", IF_HC_IN_OCTETS=(C64, (1 << 40) + 3001))
        poll = await seen.poll(30.0)
        assert (poll.agent_restarts, gained(poll)) == (0, 2000)

    watch(agent, [GI1], without_a_clock)


# --- rows 12 to 15: answers that are not what they should be ---------------------------------------------------

SYS_NAME = [mib.SYS_NAME]


async def ask(client: SnmpClient, asked: Target) -> ber.Value:
    """Ask for sysName."""
    return (await client.get(prepare(asked, get_request(SYS_NAME))))[0]


@pytest.mark.parametrize("boots", [0, 1])
def test_row_12_engine_boots_0_or_constant(boots: int) -> None:
    """A device that does not count its boots is read, also after a restart; so are two with one engine ID."""

    async def test() -> None:
        first = UsmEngine({mib.SYS_NAME: (TEXT, b"first")}, boots=boots, begun_with_s=90_000)
        second = UsmEngine({mib.SYS_NAME: (TEXT, b"second")}, boots=boots + 4, begun_with_s=77)
        other = ("192.0.2.2", 161)
        client, _ = client_for(lambda data, to: (first if to == AGENT else second)(data, to))
        with client:
            for _ in range(2):
                assert await ask(client, secured()) == b"first"
                assert await ask(client, secured(address=other)) == b"second"
            first.restart(boots=boots)
            await asyncio.sleep(200.0)
            assert await ask(client, secured()) == b"first"
            assert await ask(client, secured(address=other)) == b"second"

    virtual(test())


def test_row_13_v3_report_with_a_foreign_request_id() -> None:
    """Reports whose request-id is not ours (Cisco ASA) are matched by msgID: discovery and the clock work."""

    async def test() -> None:
        engine = UsmEngine({mib.SYS_NAME: (TEXT, b"asa")}, request_id_of_reports=2147483647)
        client, _ = client_for(engine)
        with client:
            assert await ask(client, secured(USER)) == b"asa"
            engine.restart(boots=4)
            assert await ask(client, secured(USER)) == b"asa"
            assert engine.reports
            assert client.counters.rejected == {}

    virtual(test())


def test_row_14_duplicate_or_late_answers() -> None:
    """No answer is taken for that to another question: late ones and copies are dropped, however many come."""
    kept: list[bytes] = []

    def script(data: bytes, source: Address) -> list[bytes]:
        asked = read_request(data)
        kept.append(response(asked, {asked.oids[0]: (ber.INTEGER, asked.oids[0][-1])}))
        return [*kept[:-1], *[kept[-1]] * 3]

    async def test() -> None:
        client, transport = client_for(script)
        with client:
            for number in range(1, 6):
                oid = (*mib.IF_IN_OCTETS, number)
                assert await client.get(prepare(target(), get_request([oid]))) == [number]
            await asyncio.sleep(1.0)
            assert client.counters.rejected == {"unknown_id": 4 + 3 + 2 + 1 + 2 * 5}
            transport._script = None
            slow = asyncio.create_task(client.get(prepare(target(), get_request([(*mib.IF_IN_OCTETS, 9)]))))
            await asyncio.sleep(0.7)  # the second try is under way when the first one is answered
            first_try = read_request(transport.sent[-2])
            transport.receiver(response(first_try, {first_try.oids[0]: (ber.INTEGER, 9)}), AGENT)
            assert await slow == [9]

    virtual(test())


def test_row_15_answer_from_another_source_address() -> None:
    """An answer from an address that was not asked does not count, unless the inventory names it."""
    agent = TableAgent({mib.SYS_NAME: (TEXT, b"vrrp")})
    elsewhere = ("198.51.100.7", 161)

    async def test() -> None:
        transport = FakeTransport()

        def from_elsewhere(data: bytes, source: Address) -> list[bytes]:
            for reply in agent(data, source):
                asyncio.get_running_loop().call_soon(transport.receiver, reply, elsewhere)
            return []

        transport._script = from_elsewhere
        with SnmpClient(transport) as client:
            with pytest.raises(RequestTimeout):
                await ask(client, target())
            assert client.counters.rejected == {"wrong_source": 4}
            assert await ask(client, target(reply_from=frozenset({elsewhere[0]}))) == b"vrrp"

    virtual(test())


# --- rows 16 to 21: GETBULK and walks -------------------------------------------------------------------------


def test_row_16_toobig_with_an_empty_list() -> None:
    """An agent that says tooBig instead of answering less is asked for half, and that is remembered."""
    agent = table_of(60)

    def script(data: bytes, source: Address) -> list[bytes]:
        asked = read_request(data)
        if asked.third > 8 or len(asked.oids) > 12:
            agent.asked.append(asked)
            return [response(asked, {}, status=TOO_BIG)]
        return agent(data, source)

    async def test(seen: Watch) -> None:
        poll = await seen.poll()
        assert (poll.problems, len(poll.readings)) == ({}, 2)
        repetitions = [asked.third for asked in agent.asked if asked.kind == ber.GET_BULK]
        assert repetitions.count(10) == 1
        assert max(repetitions[1:]) == 5
        agent.asked.clear()
        await seen.poll(30.0)
        assert max(len(asked.oids) for asked in agent.asked) <= 12

    watch(agent, names(1, 57), test, script=script)


@pytest.mark.parametrize("spoil", ["skip", "mix"])
def test_row_17_big_bulk_silently_wrong(spoil: str) -> None:
    """A switch that leaves rows out of big answers, or mixes their order, has all its ports found all the same."""

    class Switch(TableAgent):
        def _bulk(self, asked: Asked) -> list[tuple[ber.Oid, Typed]]:
            rows = super()._bulk(asked)
            spoiled = rows[:12] + (rows[15:] if spoil == "skip" else rows[:11:-1])
            return rows if len(rows) <= 12 else spoiled

    agent = Switch(table_of(60).objects)

    async def test(seen: Watch) -> None:
        poll = await seen.poll()
        assert poll.problems == {}
        assert [poll.readings[selector].if_index for selector in names(*range(1, 61))] == list(range(1, 61))
        assert seen.reader.sizes.repetitions.proven <= 13

    watch(agent, names(*range(1, 61)), test)


@pytest.mark.parametrize("trouble", ["refused", "lost"])
def test_row_18_getbulk_unsupported_or_slow(trouble: str) -> None:
    """Where GETBULK does not work, GETNEXT for all columns at once does, and that is remembered."""
    agent = table_of(48)
    agent.refuse_bulk = trouble == "refused"
    if trouble == "lost":
        agent.lose = lambda asked: asked.kind == ber.GET_BULK
    sizes = LearnedSizes()
    columns = [mib.IF_NAME, mib.IF_ALIAS, mib.IF_DESCR, mib.IF_OPER_STATUS]
    assert [len(result.rows) for result in walked(agent, columns, sizes)] == [48] * 4
    first = len(agent.asked)
    agent.asked.clear()
    assert [result.partial for result in walked(agent, columns, sizes)] == [""] * 4
    assert len(agent.asked) <= 49 + 4  # and one try, after long success, that fails
    assert len(agent.asked) <= first


@pytest.mark.parametrize("loop", [(1, 2, 3), (1,)])
def test_row_19_oids_not_increasing(loop: tuple[int, ...]) -> None:
    """A walk that goes round in a circle ends, keeps the rows that it read once, and says that it is not all."""
    turns = 0

    def script(data: bytes, source: object) -> list[bytes]:
        nonlocal turns
        asked = read_request(data)
        rows = []
        for _ in range(max(1, asked.third if asked.kind == ber.GET_BULK else 1)):
            rows.append(((*mib.IF_NAME, 578, loop[turns % len(loop)]), (TEXT, b"x")))
            turns += 1
        return [response(asked, rows)]

    (result,) = walked(script, [mib.IF_NAME])
    assert result.partial == "names do not increase"
    assert [oid[-1] for oid, _ in result.rows] == sorted({oid[-1] for oid, _ in result.rows})
    assert 1 <= len(result.rows) <= len(loop)
    assert turns < 200


def test_row_20_empty_varbind_list() -> None:
    """No varbinds at all are the end of a walk: nothing is asked for ever, and the rows before stay."""
    agent = table_of(60)

    def script(data: bytes, source: Address) -> list[bytes]:
        asked = read_request(data)
        if asked.kind == ber.GET_BULK and len(agent.asked) > 4:
            agent.asked.append(asked)
            return [response(asked, [])]
        return agent(data, source)

    (result,) = walked(script, [mib.IF_NAME])
    assert result.partial == "empty answer"
    assert len(result.rows) == 55
    assert len(agent.asked) == 7  # each new size is checked once


def test_row_21_end_of_mib_as_nosuchname_or_null() -> None:
    """The ends of careless agents are ends: noSuchName in v2c, or the name asked with NULL; NULL is no value."""
    agent = table_of(30)
    last = (*mib.IF_NAME, 30)

    def with_error(data: bytes, source: Address) -> list[bytes]:
        asked = read_request(data)
        if asked.oids[0] >= last:
            return [response(asked, [(asked.oids[0], (ber.NULL, None))], status=NO_SUCH_NAME, index=1)]
        return agent(data, source)

    def with_null(data: bytes, source: Address) -> list[bytes]:
        asked = read_request(data)
        if asked.oids[0] >= last:
            return [response(asked, [(asked.oids[0], (ber.NULL, None))])]
        return agent(data, source)

    only_names = {oid: typed for oid, typed in agent.objects.items() if oid[:-1] == mib.IF_NAME}
    agent.replace(only_names)
    for script, partial in ((with_error, ""), (with_null, "names do not increase")):
        for version in (V1, V2C):
            (result,) = walked(script, [mib.IF_NAME], version=version)
            assert (len(result.rows), result.partial) == (30, partial)
    null = (ber.NULL, None)
    holes = TableAgent(
        device(interface_row(1, b"Gi0/1", IF_ALIAS=null, IF_SPEED=null, IF_IN_ERRORS=null, IF_HC_IN_OCTETS=null))
    )

    async def test(seen: Watch) -> None:
        reading = (await seen.poll()).readings[GI1]
        assert (reading.if_alias, reading.in_errors, reading.speed_bps) == ("", None, 100_000_000)
        assert reading.in_octets is None or reading.octets_bits == 32
        assert reading.oper_status == 1

    watch(holes, [GI1], test)


# --- rows 22 to 25: values that are not what they should be ----------------------------------------------------


def test_row_22_wrong_asn_1_types() -> None:
    """Numbers count whatever type they are sent as."""
    agent = TableAgent(
        device(
            interface_row(
                1,
                b"Gi0/1",
                IF_SPEED=(TEXT, b"100000000"),
                IF_HIGH_SPEED=None,
                IF_LAST_CHANGE=(C32, 4200),
                IF_IN_OCTETS=(ber.INTEGER, -2),
                IF_ADMIN_STATUS=(GAUGE, 1),
                IF_OPER_STATUS=(TEXT, b"2"),
                **ONLY_32_BIT,
            )
        )
    )
    for tag in (ber.INTEGER, C32, GAUGE):
        agent.objects[mib.SYS_UP_TIME] = (tag, 500_000)

        async def test(seen: Watch) -> None:
            poll = await seen.poll()
            reading = poll.readings[GI1]
            assert (poll.sys_uptime_ticks, reading.last_change_ticks, reading.speed_bps) == (500_000, 4200, 10**8)
            assert (reading.in_octets, reading.admin_status, reading.oper_status) == (TICKS - 2, 1, 2)

        watch(agent, [GI1], test)


@pytest.mark.parametrize("status", [0, 4, 8, 2**31 - 1])
def test_row_23_enumeration_outside_its_range(status: int) -> None:
    """An ifOperStatus that means nothing makes no line down: ping decides, else it is unknown."""
    agent = table_of(1, IF_OPER_STATUS=(ber.INTEGER, status))
    echo, no_echo = PingReading(5, 5, 0.01, 0.01, 0.01), PingReading(5, 0, None, None, None)

    async def test(seen: Watch) -> None:
        end = EndEvidence((await seen.poll()).readings[GI1], silent=False)
        verdicts = [judge_link(None, end, ping, pinged=True).verdict for ping in (echo, no_echo, None)]
        assert verdicts == ["up", "unknown", "unknown"]

    watch(agent, [GI1], test)


@pytest.mark.parametrize(
    ("speed", "high_speed", "shown_bps"),
    [
        pytest.param(10_000_000, 0, 10_000_000, id="a tunnel that says 10M"),
        pytest.param(1000, 0, 1000, id="SG350: 1000 bit/s"),
        pytest.param(0, 0, 0, id="nothing"),
        pytest.param(TICKS - 1, 10_000, 10**10, id="10G: ifSpeed at its end"),
    ],
)
def test_row_24_ifhighspeed_0_or_wrong(speed: int, high_speed: int, shown_bps: int) -> None:
    """What a device says of its speed is shown; whether a rate can be believed is for the contract too."""
    columns = {"IF_SPEED": (GAUGE, speed), "IF_HIGH_SPEED": (GAUGE, high_speed)}
    agent = table_of(1, **columns)

    async def test(seen: Watch) -> None:
        assert (await seen.poll()).readings[GI1].speed_bps == shown_bps
        seen.change(1, b"Gi0/1", **columns, IF_HC_IN_OCTETS=(C64, (1 << 40) + 1001 + 150_000_000))  # 40 Mbit/s
        assert gained(await seen.poll(30.0)) == 150_000_000

    watch(agent, [GI1], test, contracted_bps=50e6)


@pytest.mark.parametrize(
    ("octets", "charset", "text"),
    [
        (b"VPN_TO_\xca\xd0\xbd\xcc\xd3\xfd\xbe\xd6", "gbk", "VPN_TO_市教育局"),
        (b"VPN_TO_\xca\xd0\xbd\xcc\xd3\xfd\xbe\xd6", None, "VPN_TO_ÊÐ½ÌÓý¾Ö"),
        ("Notélé".encode(), "gbk", "Notélé"),
        (b"SFP 1000LX   \x00\x00\x00", None, "SFP 1000LX"),
        (b"\xff\xfe\x00\x01\x02", None, "ÿþ"),
    ],
)
def test_row_25_text_that_is_not_utf_8(octets: bytes, charset: str | None, text: str) -> None:
    """No text fails a poll: UTF-8, else the configured charset, else Latin-1; NULs and blanks at the end go."""
    agent = TableAgent(device(interface_row(1, b"Gi0/1", IF_ALIAS=octets), interface_row(2, b"Gi0/2")))

    async def test(seen: Watch) -> None:
        poll = await seen.poll()
        assert (poll.readings[GI1].if_alias, poll.readings[GI2].if_alias) == (text, "to Gi0/2")

    watch(agent, [GI1, GI2], test, charset=charset)


# --- rows 26 to 29 --------------------------------------------------------------------------------------------


def test_row_26_slow_agents() -> None:
    """An agent that takes 0.5 s an answer is walked once and then costs one request a poll, for its rows only."""
    agent = table_of(900)

    async def test() -> None:
        loop = asyncio.get_running_loop()
        transport = FakeTransport()

        def slowly(data: bytes, source: Address) -> list[bytes]:
            for reply in agent(data, source):
                loop.call_later(0.5, transport.receiver, reply, source)
            return []

        transport._script = slowly
        with SnmpClient(transport) as client:
            asked = target(timeout_s=2.0, retries=0)
            poller = InterfacePoller("slow", client, BatchReader(client, asked), names(2, 890), loop.time)
            assert (await poller.poll()).problems == {}
            assert len(transport.sent) <= 45
            transport.sent.clear()
            began = loop.time()
            assert len((await poller.poll()).readings) == 2
            assert (len(transport.sent), loop.time() - began) == (1, 0.5)
            assert {oid[-1] for oid in read_request(transport.sent[0]).oids} == {0, 2, 890}

    virtual(test())


def test_row_27_a_timeout_loses_nothing_that_was_read() -> None:
    """A walk that breaks off keeps its rows, and a line whose row was not reached stays where it was."""
    agent = table_of(200)

    async def test(seen: Watch) -> None:
        assert (await seen.poll()).problems == {}
        agent.objects[mib.IF_TABLE_LAST_CHANGE] = (ber.TIME_TICKS, 501_000)
        agent.lose = lambda asked: asked.kind != ber.GET and asked.oids[0] > (*mib.IF_NAME, 60)
        poll = await seen.poll(30.0)
        assert poll.problems == {}
        assert [poll.readings[selector].if_index for selector in names(1, 190)] == [1, 190]
        result = await walk(seen.client, seen.reader.target, mib.IF_NAME)
        assert (len(result.rows) >= 60, result.partial) == (True, "timeout")
        newcomer = InterfacePoller("device", seen.client, seen.reader, names(1, 190), lambda: 0.0)
        poll = await newcomer.poll()
        assert set(poll.readings) == set(names(1))
        assert "in part only: timeout" in poll.problems[names(190)[0]]

    watch(agent, names(1, 190), test)


def test_row_28_fortigate_npu() -> None:
    """Offloaded tunnels: the interface's counters are taken, those that move; never the phase-2 selectors'."""
    phase2_octets = "1.3.6.1.4.1.12356.101.12.2.2.1.18", "1.3.6.1.4.1.12356.101.12.2.2.1.19"
    (fortigate,) = (profile for profile in packaged_profiles() if profile.name == "fortigate")
    used = {ber.format_oid(sensor.object.oid) for sensor in fortigate.sensors}
    assert used
    assert not used & set(phase2_octets)
    tunnel = InterfaceSelector(Column.NAME, "vpn-hub")
    offloaded = {"IF_HC_IN_OCTETS": (C64, 0), "IF_HC_OUT_OCTETS": (C64, 0)}
    agent = TableAgent(device(interface_row(9, b"vpn-hub", **offloaded)))

    async def test(seen: Watch) -> None:
        await seen.poll()
        seen.change(9, b"vpn-hub", IF_IN_OCTETS=(C32, 21_001), **offloaded)
        poll = await seen.poll(30.0)
        assert (poll.readings[tunnel].octets_bits, gained(poll, tunnel)) == (32, 12_000)

    watch(agent, [tunnel], test)


@pytest.mark.parametrize(
    ("cpu", "shown"), [(35, 0.35), (b"35", 0.35), (400, None), (-1, None), (2**31 - 1, None), (b"n/a", None)]
)
def test_row_29_mib_and_firmware_disagree(cpu: int | bytes, shown: float | None) -> None:
    """A sensor outside of what can be is not shown, whatever the MIB says that it means."""
    reading = poll_sensors(device_of("1.3.6.1.4.1.12356.101.1.1", {"1.3.6.1.4.1.12356.101.4.1.3.0": cpu}))
    assert as_table(reading).get((Quantity.CPU, "system")) == (None if shown is None else pytest.approx(shown))
