"""Interface rows: found by name, never mixed up, read whatever the agent makes of the MIB."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from snmp_peers import Asked, TableAgent, Typed, client_for, device, interface_row, target, virtual

from phusong.collectors import mib
from phusong.collectors.interface_lookup import Column, InterfaceSelector
from phusong.collectors.interface_row import as_int, choose_counters, choose_speed
from phusong.collectors.interfaces import (
    LOOKUP_AGAIN_POLLS,
    TABLE_UNSTEADY,
    InterfacePoller,
    InterfacesPoll,
)
from phusong.collectors.snmp import ber
from phusong.collectors.snmp.batch import BatchReader
from phusong.collectors.snmp.credentials import V1, V2C
from phusong.collectors.snmp.errors import RequestTimeout
from phusong.collectors.snmp.learned import OBJECTS_PER_REQUEST, LearnedSize, LearnedSizes

GI1 = InterfaceSelector(Column.NAME, "Gi0/1")
GI2 = InterfaceSelector(Column.NAME, "Gi0/2")


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    now_s: float = 0.0

    def __call__(self) -> float:
        return self.now_s


@dataclass
class Bench:
    """A poller of a table agent, on a clock that the test moves."""

    agent: TableAgent
    poller: InterfacePoller
    reader: BatchReader
    clock: Clock

    async def poll_later(self, seconds: float = 30.0) -> InterfacesPoll:
        """Poll again after some time, which passes for the device too."""
        self.clock.now_s += seconds
        tag, ticks = self.agent.objects[mib.SYS_UP_TIME]
        self.agent.objects[mib.SYS_UP_TIME] = (tag, ticks + round(seconds * 100))
        return await self.poller.poll()

    @property
    def walks(self) -> int:
        """How many walks there were: their requests that begin at a column, without the check that follows."""
        columns = {mib.IF_NAME, mib.IF_ALIAS, mib.IF_DESCR}
        return sum(asked.oids[0] in columns and len(asked.oids) == 1 for asked in self.agent.asked)


def on(
    agent: TableAgent,
    selectors: list[InterfaceSelector],
    test: Callable[[Bench], Awaitable[None]],
    *,
    version: int = V2C,
    charset: str | None = None,
    objects_per_request: int = OBJECTS_PER_REQUEST,
) -> None:
    async def run() -> None:
        client, _ = client_for(agent)
        with client:
            sizes = LearnedSizes(LearnedSize(objects_per_request, objects_per_request))
            reader = BatchReader(client, target(version=version), sizes)
            clock = Clock()
            await test(
                Bench(agent, InterfacePoller("hub-1", client, reader, selectors, clock, charset), reader, clock)
            )

    virtual(run())


def poll_once(
    agent: TableAgent, *selectors: InterfaceSelector, version: int = V2C, **options: object
) -> InterfacesPoll:
    polls: list[InterfacesPoll] = []

    async def test(bench: Bench) -> None:
        polls.append(await bench.poller.poll())

    on(agent, list(selectors), test, version=version, **options)  # type: ignore[arg-type]
    return polls[0]


def test_every_field_comes_from_its_column() -> None:
    """One row, read in one reply: each field has the value of its MIB object, and the ticks of that reply."""
    agent = TableAgent(device(interface_row(1, b"Gi0/1"), interface_row(2, b"Gi0/2"), uptime=123456))
    reading = poll_once(agent, GI2).readings[GI2]
    assert (reading.device_id, reading.if_index, reading.if_name, reading.if_alias) == (
        "hub-1",
        2,
        "Gi0/2",
        "to Gi0/2",
    )
    assert (reading.sys_uptime_ticks, reading.last_change_ticks, reading.discontinuity_ticks) == (123456, 20, 2)
    assert (reading.admin_status, reading.oper_status, reading.speed_bps) == (1, 1, 100_000_000)
    assert (reading.octets_bits, reading.packets_bits) == (64, 64)
    high = 1 << 40
    assert (reading.in_octets, reading.out_octets) == (high + 2001, high + 2002)
    assert (reading.in_ucast_packets, reading.out_ucast_packets) == (high + 2003, high + 2004)
    assert (reading.in_errors, reading.out_errors, reading.in_discards, reading.out_discards) == (
        2005,
        2006,
        2007,
        2008,
    )


@pytest.mark.parametrize(
    ("column", "text"), [("name", "Gi0/2"), ("alias", "to Gi0/2"), ("descr", "Interface Gi0/2"), ("index", "2")]
)
def test_a_row_is_found_by_each_column(column: str, text: str) -> None:
    """ifName, ifAlias, ifDescr and ifIndex all lead to the row."""
    selector = InterfaceSelector(Column(column), text)
    agent = TableAgent(
        device(interface_row(1, b"Gi0/1"), interface_row(2, b"Gi0/2"), interface_row(30, b"Gi0/20"))
    )
    poll = poll_once(agent, selector)
    assert poll.problems == {}
    assert poll.readings[selector].if_index == 2


def test_an_ambiguous_name_is_refused_with_the_candidates() -> None:
    """Two rows of one name: no guess, the candidates are named, and other links of the device are read."""
    twin = interface_row(7, b"Gi0/1", IF_ALIAS=b"spare")
    agent = TableAgent(device(interface_row(1, b"Gi0/1"), twin, interface_row(2, b"Gi0/2")))
    poll = poll_once(agent, GI1, GI2)
    assert set(poll.readings) == {GI2}
    assert poll.problems[GI1] == (
        "2 interfaces are called 'Gi0/1' (index:1 (alias 'to Gi0/1', descr 'Interface Gi0/1'), "
        "index:7 (alias 'spare', descr 'Interface Gi0/1')): name one by index"
    )


def test_an_unknown_name_is_a_problem_and_looked_for_again() -> None:
    """A name that no row has is said so; it is looked for after 1, 2, 4 ... polls, and found when it is there."""

    async def test(bench: Bench) -> None:
        poll = await bench.poller.poll()
        assert poll.problems == {GI2: "no interface 'Gi0/2' among 1 rows"}
        assert set(poll.readings) == {GI1}
        walks = [bench.walks]
        for _ in range(4 * LOOKUP_AGAIN_POLLS):
            assert set((await bench.poll_later()).problems) == {GI2}
            walks.append(bench.walks)
        looked = [n for n in range(1, len(walks)) if walks[n] > walks[n - 1]]
        assert [after - before for before, after in pairwise(looked)] == [2, 4, 8, 16, 16, 16]
        bench.agent.replace(device(interface_row(1, b"Gi0/1"), interface_row(2, b"Gi0/2")))
        polls = [await bench.poll_later() for _ in range(LOOKUP_AGAIN_POLLS)]
        assert set(polls[-1].readings) == {GI1, GI2}

    on(TableAgent(device(interface_row(1, b"Gi0/1"))), [GI1, GI2], test)


def test_one_request_a_poll_while_nothing_changes() -> None:
    """After the first poll two rows cost one request of 44 objects, with their clock and the table's."""

    async def test(bench: Bench) -> None:
        await bench.poller.poll()
        bench.agent.asked.clear()
        for _ in range(3):
            assert len((await bench.poll_later()).readings) == 2
        assert [(asked.kind, len(asked.oids)) for asked in bench.agent.asked] == [(ber.GET, 44)] * 3
        assert {asked.oids[:2] for asked in bench.agent.asked} == {(mib.SYS_UP_TIME, mib.IF_TABLE_LAST_CHANGE)}

    on(TableAgent(device(interface_row(1, b"Gi0/1"), interface_row(2, b"Gi0/2"))), [GI1, GI2], test)


@pytest.mark.parametrize(
    "table_change", [pytest.param(100, id="the table says nothing"), pytest.param(200, id="the table says so")]
)
@pytest.mark.parametrize("objects", [44, 23, 5])
def test_renumbered_rows_are_followed(table_change: int, objects: int) -> None:
    """When two rows change numbers between polls each link goes on with its own counters."""

    async def test(bench: Bench) -> None:
        await bench.poller.poll()
        bench.agent.replace(
            device(interface_row(1, b"Gi0/2"), interface_row(2, b"Gi0/1"), table_change=table_change)
        )
        poll = await bench.poller.poll()
        assert poll.problems == {}
        assert (poll.readings[GI1].if_index, poll.readings[GI2].if_index) == (2, 1)
        assert (poll.readings[GI1].in_errors, poll.readings[GI2].in_errors) == (2005, 1005)
        assert bench.walks == 2

    agent = TableAgent(device(interface_row(1, b"Gi0/1"), interface_row(2, b"Gi0/2")))
    on(agent, [GI1, GI2], test, objects_per_request=objects)


@given(
    st.lists(st.permutations([b"Gi0/1", b"Gi0/2", b"Gi0/3"]), min_size=1, max_size=4),
    st.lists(st.integers(1, 6), min_size=1, max_size=8),
    st.sampled_from((44, 20, 7, 1)),
)
def test_no_row_ever_carries_the_numbers_of_another(
    orders: list[list[bytes]], gaps: list[int], objects: int
) -> None:
    """The table is renumbered over and over, between polls and between the requests of a poll.

    Whatever the moment and however many requests a row takes: a reading has all its numbers from the row of its
    name, and a row that cannot be read in peace is a problem, never a wrong number.
    """
    tables = [
        device(*(interface_row(index, name) for index, name in enumerate(order, start=1))) for order in orders
    ]
    # Each name has error counters of its own, by which a mixed-up row would show.
    for table, order in zip(tables, orders, strict=True):
        for index, name in enumerate(order, start=1):
            for column in (mib.IF_IN_ERRORS, mib.IF_OUT_ERRORS, mib.IF_OUT_DISCARDS, mib.IF_HC_OUT_UCAST_PKTS):
                table[(*column, index)] = (ber.COUNTER32, int(name[-1:]))
    changes = [sum(gaps[: n + 1]) for n in range(len(gaps))]
    count = 0

    def renumber(agent: TableAgent, asked: Asked) -> None:
        nonlocal count
        count += 1
        if count in changes:
            table = {
                **tables[changes.index(count) % len(tables)],
                mib.IF_TABLE_LAST_CHANGE: (ber.TIME_TICKS, count),
            }
            agent.replace(table)

    async def test(bench: Bench) -> None:
        for _ in range(5):
            poll = await bench.poller.poll()
            for selector, reading in poll.readings.items():
                own = int(selector.text[-1])
                assert reading.if_name == selector.text
                assert [reading.in_errors, reading.out_errors, reading.out_discards] == [own] * 3
                assert reading.out_ucast_packets in (own, None)
            assert set(poll.readings) | set(poll.problems) == set(selectors)

    selectors = [GI1, GI2, InterfaceSelector(Column.NAME, "Gi0/3")]
    on(TableAgent(dict(tables[0]), before=renumber), selectors, test, objects_per_request=objects)


def test_a_row_that_is_never_steady_is_a_problem_of_its_own() -> None:
    """A row whose name differs between walk and GET is refused alone, without a walk for every poll."""
    rows = device(interface_row(1, b"Gi0/1"), interface_row(2, b"Gi0/2"))

    def garble(agent: TableAgent, asked: Asked) -> None:
        name = b"Gi0/1" if asked.kind == ber.GET_BULK else b"garbage"
        agent.objects[(*mib.IF_NAME, 1)] = (ber.OCTET_STRING, name)

    async def test(bench: Bench) -> None:
        poll = await bench.poller.poll()
        assert poll.problems == {GI1: TABLE_UNSTEADY}
        assert set(poll.readings) == {GI2}
        walks = bench.walks
        for _ in range(15):
            assert (await bench.poll_later()).problems == {GI1: TABLE_UNSTEADY}
        assert bench.walks == walks + 2 * 4

    on(TableAgent(rows, before=garble), [GI1, GI2], test)


def test_a_restart_of_the_agent_is_followed() -> None:
    """SysUpTime starts over: the rows are looked up again, also where their number did not change."""

    async def test(bench: Bench) -> None:
        await bench.poller.poll()
        bench.agent.objects[mib.SYS_UP_TIME] = (ber.TIME_TICKS, 0)
        poll = await bench.poll_later()
        assert bench.walks == 2
        assert poll.sys_uptime_ticks == 3000
        await bench.poll_later()
        assert bench.walks == 2

    on(TableAgent(device(interface_row(1, b"Gi0/1"))), [GI1], test)


def test_a_wrap_of_sysuptime_is_no_restart() -> None:
    """After 497 days sysUpTime starts over without a restart: nothing is looked up."""

    async def test(bench: Bench) -> None:
        await bench.poller.poll()
        bench.clock.now_s += 30
        bench.agent.objects[mib.SYS_UP_TIME] = (ber.TIME_TICKS, 2000)
        assert set((await bench.poller.poll()).readings) == {GI1}
        assert bench.walks == 1

    on(TableAgent(device(interface_row(1, b"Gi0/1"), uptime=2**32 - 1000)), [GI1], test)


def test_a_row_that_is_gone_is_a_problem_and_returns() -> None:
    """An interface is deleted and made again: it is missing in between, and its neighbour is read all along."""

    async def test(bench: Bench) -> None:
        await bench.poller.poll()
        bench.agent.replace(device(interface_row(1, b"Gi0/1"), table_change=200))
        poll = await bench.poller.poll()
        assert poll.problems == {GI2: "no interface 'Gi0/2' among 1 rows"}
        assert set(poll.readings) == {GI1}
        bench.agent.replace(device(interface_row(1, b"Gi0/1"), interface_row(9, b"Gi0/2"), table_change=300))
        poll = await bench.poller.poll()
        assert poll.readings[GI2].if_index == 9

    on(TableAgent(device(interface_row(1, b"Gi0/1"), interface_row(2, b"Gi0/2"))), [GI1, GI2], test)


def test_a_row_found_by_number_that_is_not_there_is_a_problem() -> None:
    """``index:9`` where there is no row 9 is said so, not a reading without values."""
    selector = InterfaceSelector(Column.INDEX, "9")
    assert poll_once(TableAgent(device(interface_row(1, b"Gi0/1"))), selector).problems == {
        selector: "row 9 has no ifOperStatus"
    }


def test_a_dead_device_is_an_error_and_read_on_its_return() -> None:
    """Silence raises; the first poll after it reads the rows without a new walk."""

    async def test(bench: Bench) -> None:
        await bench.poller.poll()
        bench.agent.lose = lambda asked: True
        with pytest.raises(RequestTimeout):
            await bench.poll_later()
        bench.agent.lose = lambda asked: False
        assert set((await bench.poll_later()).readings) == {GI1}
        assert bench.walks == 1

    on(TableAgent(device(interface_row(1, b"Gi0/1"))), [GI1], test)


def test_an_agent_without_iftablelastchange_is_read() -> None:
    """IfTableLastChange is often absent: that is no change."""

    async def test(bench: Bench) -> None:
        for _ in range(3):
            assert set((await bench.poll_later()).readings) == {GI1}
        assert bench.walks == 1

    on(TableAgent(device(interface_row(1, b"Gi0/1"), table_change=None)), [GI1], test)


HC_OCTETS = {"IF_HC_IN_OCTETS": None, "IF_HC_OUT_OCTETS": None}
HC_PACKETS = {"IF_HC_IN_UCAST_PKTS": None, "IF_HC_OUT_UCAST_PKTS": None}
IF_X = {
    **HC_OCTETS,
    **HC_PACKETS,
    "IF_NAME": None,
    "IF_ALIAS": None,
    "IF_HIGH_SPEED": None,
    "IF_COUNTER_DISCONTINUITY_TIME": None,
}


def test_counters_are_chosen_row_by_row() -> None:
    """HC where a row has them, 32 bits where it does not, on the same device."""
    agent = TableAgent(device(interface_row(1, b"Gi0/1"), interface_row(2, b"Gi0/2", **HC_OCTETS)))
    readings = poll_once(agent, GI1, GI2).readings
    assert (readings[GI1].octets_bits, readings[GI1].in_octets) == (64, (1 << 40) + 1001)
    assert (readings[GI2].octets_bits, readings[GI2].in_octets, readings[GI2].out_octets) == (32, 2001, 2002)
    assert readings[GI2].packets_bits == 64


def test_a_device_with_the_old_table_only_is_read() -> None:
    """No ifXTable at all: found by ifDescr, 32-bit counters, ifSpeed, named by its ifDescr."""
    selector = InterfaceSelector(Column.DESCR, "Interface wan1")
    row = poll_once(TableAgent(device(interface_row(4, b"wan1", **IF_X))), selector).readings[selector]
    assert (row.if_name, row.if_alias, row.speed_bps) == ("Interface wan1", "", 100_000_000)
    assert (row.octets_bits, row.packets_bits, row.in_octets) == (32, 32, 4001)
    assert row.discontinuity_ticks is None


@pytest.mark.parametrize("columns", [{}, IF_X], ids=["with ifXTable", "without"])
def test_a_v1_agent_is_read(columns: dict[str, None]) -> None:
    """SNMPv1 knows no Counter64 and refuses absent objects: the row is read all the same, in 32 bits."""
    selector = InterfaceSelector(Column.DESCR, "Interface wan1")

    async def test(bench: Bench) -> None:
        for _ in range(2):
            bench.agent.asked.clear()
            row = (await bench.poll_later()).readings[selector]
            assert (row.octets_bits, row.in_octets, row.out_octets, row.oper_status) == (32, 4001, 4002, 1)
        assert len(bench.agent.asked) == 1
        assert all(asked.kind != ber.GET_BULK for asked in bench.agent.asked)

    on(TableAgent(device(interface_row(4, b"wan1", **columns))), [selector], test, version=V1)


def test_an_empty_ifdescr_is_no_name() -> None:
    """A FortiGate has an empty ifDescr: the row is named by ifName, then ifAlias, then its number."""
    by_index = InterfaceSelector(Column.INDEX, "5")
    row = interface_row(5, b"wan1", IF_DESCR=b"")
    assert poll_once(TableAgent(device(row)), by_index).readings[by_index].if_name == "wan1"
    row = interface_row(5, b"", IF_DESCR=b"", IF_ALIAS=b"to hub")
    assert poll_once(TableAgent(device(row)), by_index).readings[by_index].if_name == "to hub"
    row = interface_row(5, b"", IF_DESCR=b"", IF_ALIAS=b"")
    assert poll_once(TableAgent(device(row)), by_index).readings[by_index].if_name == "if5"


@pytest.mark.parametrize(
    ("octets", "charset", "text"),
    [
        (b"VPN_TO_\xca\xd0\xbd\xcc\xd3\xfd\xbe\xd6", "gbk", "VPN_TO_市教育局"),
        (b"Gi0/7\0\0\0", None, "Gi0/7"),
        (b"  wan1  ", None, "wan1"),
        ("Tuyến Hạ Long – Cô Tô".encode(), None, "Tuyến Hạ Long – Cô Tô"),
        (b"Not\xe9l\xe9", None, "Notélé"),
    ],
)
def test_a_row_is_found_by_its_readable_name(octets: bytes, charset: str | None, text: str) -> None:
    """GBK, NUL, blanks, UTF-8 and Latin-1: the configured text finds the row, and the reading shows it."""
    selector = InterfaceSelector(Column.NAME, text)
    reading = poll_once(TableAgent(device(interface_row(1, octets))), selector, charset=charset).readings[selector]
    assert reading.if_name == text


def test_numbers_of_careless_agents_are_understood() -> None:
    """Counter64 as eight octets (Nokia), ifSpeed as text (FS), counters as INTEGER (2N), NULL as no value."""
    row = interface_row(
        1,
        b"Gi0/1",
        IF_HC_IN_OCTETS=(1 << 41).to_bytes(8, "big"),
        IF_HIGH_SPEED=(ber.GAUGE32, 0),
        IF_SPEED=b"10000000",
        IF_IN_ERRORS=(ber.INTEGER, 12),
        IF_OUT_ERRORS=(ber.NULL, None),
        IF_OPER_STATUS=(ber.INTEGER, 0),
        IF_LAST_CHANGE=(ber.COUNTER32, 77),
    )
    reading = poll_once(TableAgent(device(row)), GI1).readings[GI1]
    assert (reading.in_octets, reading.octets_bits, reading.speed_bps) == (1 << 41, 64, 10_000_000)
    assert (reading.in_errors, reading.out_errors, reading.oper_status) == (12, None, 0)
    assert reading.last_change_ticks == 77


def test_a_partly_read_table_says_so() -> None:
    """When the walk stopped early, the problem of a missing name says that not all names were read."""
    agent = TableAgent(device(interface_row(1, b"Gi0/1")))
    agent.objects[(*mib.IF_NAME, 1, 5)] = (ber.OCTET_STRING, b"Gi0/2")  # no row of the table: two numbers
    assert poll_once(agent, GI2).problems == {GI2: "no interface 'Gi0/2' among 1 rows"}
    agent = TableAgent({**device(), **{(*mib.IF_NAME, n): (ber.OCTET_STRING, b"p%d" % n) for n in range(1, 5200)}})
    assert "names read in part only: row limit" in poll_once(agent, GI2).problems[GI2]


@pytest.mark.parametrize(
    ("hc_in", "hc_out", "low_in", "low_out", "chosen"),
    [
        (10, 20, 1, 2, (64, 10, 20)),
        (0, 0, 0, 0, (64, 0, 0)),
        (0, 0, 3791568331, 5, (32, 3791568331, 5)),  # Ceragon
        (0, 20, 7, 5, (32, 7, 5)),
        (10, 0, 7, 5, (32, 7, 5)),
        (10, 20, 0, 0, (64, 10, 20)),  # the low ones have just wrapped
        (None, None, 1, 2, (32, 1, 2)),
        (10, None, 1, 2, (32, 1, 2)),
        (10, None, None, None, (64, 10, None)),
        (10, 20, None, None, (64, 10, 20)),
        (None, None, 1, None, (32, 1, None)),
        (None, None, None, None, (None, None, None)),
    ],
)
def test_which_counters_are_chosen(
    hc_in: int | None,
    hc_out: int | None,
    low_in: int | None,
    low_out: int | None,
    chosen: tuple[int | None, int | None, int | None],
) -> None:
    """The 64-bit pair where it is there and alive in both directions, else the 32-bit one, never a mixture."""
    assert choose_counters(hc_in, hc_out, low_in, low_out) == chosen


@pytest.mark.parametrize(
    ("high", "low", "speed"),
    [
        (100, 100_000_000, 100_000_000),
        (10_000, 2**32 - 1, 10_000_000_000),
        (0, 2_048_000, 2_048_000),
        (None, 2_048_000, 2_048_000),
        (0, 2**32 - 1, None),
        (2**31 + 5, 1_000_000_000, 1_000_000_000),  # some Fortinet
        (0, 0, 0),
        (None, None, None),
    ],
)
def test_which_speed_is_chosen(high: int | None, low: int | None, speed: int | None) -> None:
    """IfHighSpeed where it says something sane, else ifSpeed unless it is stuck at its end."""
    assert choose_speed(high, low) == speed


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (5, 5),
        (b"1000", 1000),
        (b" 1000\0", 1000),
        (b"\0\0\0\0\0\0\1\0", 256),
        (b"12345678", 12345678),
        (b"18446744073709551615", 2**64 - 1),
        (b"-5", None),
        (b"", None),
        (b"n/a", None),
        (b"1" * 21, None),
        (None, None),
        (ber.Missing.NO_SUCH_INSTANCE, None),
        ((1, 3), None),
    ],
)
def test_what_counts_as_a_number(value: ber.Value, number: int | None) -> None:
    """Integers, digits as text and the eight octets of a Counter64 are numbers, nothing else is."""
    assert as_int(value) == number


columns = st.sampled_from([name for name in dir(mib) if name.startswith("IF_") and name != "IF_TABLE_LAST_CHANGE"])
odd_values: st.SearchStrategy[Typed | None] = st.one_of(
    st.none(),
    st.tuples(st.just(ber.OCTET_STRING), st.binary(max_size=30)),
    st.tuples(st.sampled_from((ber.INTEGER, ber.COUNTER64)), st.integers(0, 2**31 - 1)),
    st.tuples(st.just(ber.NULL), st.none()),
    st.tuples(st.just(ber.OBJECT_ID), st.just((1, 3))),
)


@given(st.dictionaries(columns, odd_values, max_size=8), st.sampled_from((V1, V2C)))
def test_no_value_of_an_agent_fails_a_poll(row: dict[str, Typed | None], version: int) -> None:
    """Whatever types an agent puts into its columns, the poll ends with a reading or a problem."""
    selector = InterfaceSelector(Column.INDEX, "3")
    poll = poll_once(TableAgent(device(interface_row(3, b"Gi0/3", **row))), selector, version=version)
    assert set(poll.readings) ^ set(poll.problems) == {selector}
