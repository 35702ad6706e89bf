"""What one device says of itself: read from scripted agents and, where they are at hand, from recorded ones."""

from __future__ import annotations

from ipaddress import IPv4Interface
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from snmp_peers import (
    Asked,
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

from phusong.collectors import mib
from phusong.collectors.discovery import Discovery, OctetCounters, discover_device
from phusong.collectors.snmp import ber
from phusong.collectors.snmp.credentials import V1
from phusong.collectors.snmp.errors import RequestTimeout

IF_TYPE = mib.IF_TYPE
ETHERNET = (ber.INTEGER, 6)


def text(value: str) -> Typed:
    return ber.OCTET_STRING, value.encode()


def router(*rows: dict[ber.Oid, Typed], **more: Typed) -> dict[ber.Oid, Typed]:
    """Make the objects of a small router."""
    objects = device(*rows)
    objects.update(
        {
            mib.SYS_DESCR: text("Test router"),
            mib.SYS_OBJECT_ID: (ber.OBJECT_ID, (1, 3, 6, 1, 4, 1, 14988, 1)),
            mib.SYS_NAME: text("coto-r1"),
            mib.SYS_LOCATION: text("Cô Tô"),
        }
    )
    for index in {oid[-1] for row in rows for oid in row}:
        objects[(*IF_TYPE, index)] = ETHERNET
    return objects


def address(dotted: str, index: int, mask: str) -> dict[ber.Oid, Typed]:
    arcs = tuple(map(int, dotted.split(".")))
    octets = bytes(map(int, mask.split(".")))
    return {
        (*mib.IP_AD_ENT_IF_INDEX, *arcs): (ber.INTEGER, index),
        (*mib.IP_AD_ENT_NET_MASK, *arcs): (ber.IP_ADDRESS, octets),
    }


def discover(agent: Any, **changes: Any) -> Discovery:
    async def run() -> Discovery:
        client, _ = client_for(agent)
        with client:
            return await discover_device(client, target(**changes))

    return virtual(run())


def test_a_router_is_read_as_a_whole() -> None:
    """System group, chassis, model, rows with type, speed, states and addresses."""
    objects = router(interface_row(1, b"ether1"), interface_row(7, b"ether7", IF_OPER_STATUS=(ber.INTEGER, 2)))
    objects |= address("192.0.2.1", 1, "255.255.255.252") | address("198.51.100.1", 7, "255.255.255.0")
    objects[(*mib.ENT_PHYSICAL_CLASS, 65536)] = (ber.INTEGER, 3)
    objects[(*mib.ENT_PHYSICAL_DESCR, 65536)] = text("RouterOS on RB952Ui")
    objects[(1, 3, 6, 1, 4, 1, 14988, 1, 1, 7, 9, 0)] = text("RB952Ui-5ac2nD")
    found = discover(TableAgent(objects))
    assert found.partial == ()
    assert (found.system.sys_name, found.system.sys_location) == ("coto-r1", "Cô Tô")
    assert found.object_id == (1, 3, 6, 1, 4, 1, 14988, 1)
    assert (found.chassis.descr, found.own_model) == ("RouterOS on RB952Ui", "RB952Ui-5ac2nD")
    one, seven = found.interfaces
    assert (one.index, one.name, one.alias, one.if_type) == (1, "ether1", "to ether1", 6)
    assert (one.speed_bps, one.admin_status, one.oper_status) == (100_000_000, 1, 1)
    assert one.addresses == (IPv4Interface("192.0.2.1/30"),)
    assert (seven.oper_status, seven.addresses) == (2, (IPv4Interface("198.51.100.1/24"),))


def moving(*columns: ber.Oid) -> TableAgent:
    """Make an agent with one row whose counters in these columns move from answer to answer."""
    agent = TableAgent(router(interface_row(1, b"wan")))

    def move(agent: TableAgent, asked: Asked) -> None:
        for column in columns:
            tag, value = agent.objects[(*column, 1)]
            agent.objects[(*column, 1)] = tag, value + 1

    agent.before = move
    return agent


NO_HC = {"IF_HC_IN_OCTETS": None, "IF_HC_OUT_OCTETS": None}
DEAD_HC = {"IF_HC_IN_OCTETS": (ber.COUNTER64, 0), "IF_HC_OUT_OCTETS": (ber.COUNTER64, 0)}
NO_COUNTERS = {**NO_HC, "IF_IN_OCTETS": None, "IF_OUT_OCTETS": None}


@pytest.mark.parametrize(
    ("agent", "counters"),
    [
        (moving(mib.IF_HC_IN_OCTETS, mib.IF_IN_OCTETS), OctetCounters.WIDE),
        (moving(mib.IF_HC_IN_OCTETS), OctetCounters.WIDE),
        (moving(mib.IF_IN_OCTETS), OctetCounters.DEAD_WIDE),
        (moving(), OctetCounters.WIDE_STILL),
        (TableAgent(router(interface_row(1, b"wan", **DEAD_HC))), OctetCounters.DEAD_WIDE),
        (TableAgent(router(interface_row(1, b"wan", **NO_HC))), OctetCounters.NARROW),
        (TableAgent(router(interface_row(1, b"wan", **NO_COUNTERS))), OctetCounters.NONE),
    ],
    ids=["both move", "wide move", "narrow move", "nothing moves", "zeros", "absent", "none"],
)
def test_which_counters_can_be_trusted(agent: TableAgent, counters: OctetCounters) -> None:
    """64-bit counters that stand still beside 32-bit ones that count are found out, as zeros or as any number."""
    (row,) = discover(agent).interfaces
    assert row.counters is counters


def test_an_agent_of_version_1_is_not_asked_for_64_bits() -> None:
    """Counter64 does not exist there; rows without an ifXTable row are read all the same."""
    plain = interface_row(
        2, b"", IF_NAME=None, IF_ALIAS=None, IF_HIGH_SPEED=None, IF_COUNTER_DISCONTINUITY_TIME=None, **NO_HC
    )
    agent = TableAgent(router(plain))
    (row,) = discover(agent, version=V1).interfaces
    assert (row.index, row.label, row.counters) == (2, "Interface", OctetCounters.NARROW)
    assert not any(oid[: len(mib.IF_HC_IN_OCTETS)] == mib.IF_HC_IN_OCTETS for a in agent.asked for oid in a.oids)


def test_rows_known_to_one_table_only() -> None:
    """A row of ifXTable without one of ifTable, and the other way round, are both there; index 0 is not."""
    lonely = {(*mib.IF_NAME, 5): text("only-x"), (*mib.IF_NAME, 0): text("zero")}
    found = discover(TableAgent(router(interface_row(3, b"", IF_NAME=None)) | lonely))
    assert [(row.index, row.name, row.if_type) for row in found.interfaces] == [(3, "", 6), (5, "only-x", None)]


def test_a_device_that_falls_silent_keeps_what_it_said() -> None:
    """Losses after the system group end in a partial finding that says what is missing."""
    agent = TableAgent(router(*(interface_row(n, b"p%d" % n) for n in range(1, 100))))
    agent.lose = lambda asked: any(oid[:-1] == mib.IF_ADMIN_STATUS and oid[-1] > 40 for oid in asked.oids)
    found = discover(agent)
    assert [(row.name, row.admin_status) for row in found.interfaces[:41]] == [(f"p{n}", 1) for n in range(1, 42)]
    assert found.system.sys_name == "coto-r1"
    assert any("ifAdminStatus" in part and part.endswith(": timeout") for part in found.partial)


def test_a_device_that_says_nothing_at_all() -> None:
    """Without the system group there is no finding but an error."""
    agent = TableAgent(router())
    agent.lose = lambda asked: True
    with pytest.raises(RequestTimeout):
        discover(agent)


def test_tables_without_end_are_cut_and_said_to_be() -> None:
    """An agent that invents a new row for every question is left at the limit of rows."""

    def script(data: bytes, source: Any) -> list[bytes]:
        asked = read_request(data)
        if asked.kind == ber.GET:
            return [response(asked, [(oid, (ber.NO_SUCH_INSTANCE, None)) for oid in asked.oids])]
        rows: list[tuple[ber.Oid, Typed]] = []
        names = list(asked.oids)
        for _ in range(asked.third if asked.kind == ber.GET_BULK else 1):
            names = [following(name) for name in names]
            rows += [(name, text("x")) for name in names]
        return [response(asked, rows)]

    def following(name: ber.Oid) -> ber.Oid:
        return (*name[:-1], name[-1] + 1) if name[-1] > 900 else (*name, 1000)

    found = discover(script)
    assert len(found.interfaces) == 5000
    assert any(part.startswith("ifDescr, ifType") and part.endswith("row limit") for part in found.partial)
    assert not any("entPhysicalClass" in part for part in found.partial)


def test_a_view_without_the_system_group_is_said() -> None:
    """A device that answers and shows nothing is not taken for one that has nothing."""
    found = discover(TableAgent({(1, 3, 6, 1, 9): text("something else")}))
    assert found.interfaces == ()
    assert found.partial == ("system: the device shows none of it, it gives these credentials too small a view",)


ANY_VALUE = st.one_of(
    st.tuples(st.just(ber.OCTET_STRING), st.binary(max_size=40)),
    st.tuples(st.just(ber.INTEGER), st.integers(-(2**31), 2**31 - 1)),
    st.tuples(st.just(ber.COUNTER64), st.integers(0, 2**64 - 1)),
    st.tuples(
        st.just(ber.OBJECT_ID),
        st.lists(st.integers(0, 2**32 - 1), max_size=5).map(lambda arcs: (1, 3, *arcs)),
    ),
    st.just((ber.NULL, None)),
)
ASKED_COLUMNS = [
    mib.IF_DESCR, mib.IF_NAME, mib.IF_ALIAS, mib.IF_TYPE, mib.IF_SPEED, mib.IF_HIGH_SPEED, mib.IF_ADMIN_STATUS,
    mib.IF_OPER_STATUS, mib.IF_IN_OCTETS, mib.IF_HC_IN_OCTETS, mib.ENT_PHYSICAL_CLASS, mib.ENT_PHYSICAL_MODEL_NAME,
    mib.IP_AD_ENT_IF_INDEX, mib.IP_AD_ENT_NET_MASK,
]  # fmt: skip


@given(
    st.dictionaries(
        st.builds(
            lambda column, index: (*column, *index),
            st.sampled_from(ASKED_COLUMNS),
            st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=4),
        ),
        ANY_VALUE,
        max_size=20,
    ),
    st.dictionaries(
        st.sampled_from([mib.SYS_DESCR, mib.SYS_OBJECT_ID, mib.SYS_UP_TIME, mib.SYS_NAME]), ANY_VALUE, max_size=4
    ),
)
def test_whatever_a_device_says_is_a_finding(objects: dict[ber.Oid, Typed], system: dict[ber.Oid, Typed]) -> None:
    """Wrong types, absent columns and odd rows never end in an error, and text is always fit to be seen."""
    found = discover(TableAgent({**objects, **system}))
    for row in found.interfaces:
        assert 0 < row.index < 2**31
        assert all(shown.isprintable() for shown in (row.name, row.descr, row.alias, row.label))
