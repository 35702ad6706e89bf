"""Real devices, replayed: our poller reads from their walks the interface tables that are expected of them.

The walks are not part of the project; they lie in ``../shared/recordings`` where the project is developed.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from recordings import RECORDINGS, WALKS, load_walk
from sensor_devices import as_table, poll_sensors
from snmp_peers import TableAgent, Typed, client_for, target, virtual

from phusong.collectors import mib
from phusong.collectors.device_text import clean_text, decode_text
from phusong.collectors.interface_lookup import Column, InterfaceSelector
from phusong.collectors.interfaces import InterfacePoller, InterfacesPoll
from phusong.collectors.readings import InterfaceReading, Quantity
from phusong.collectors.snmp import ber
from phusong.collectors.snmp.batch import BatchReader

TABLES = sorted(RECORDINGS.glob("expected/*.iftable.json")) or [RECORDINGS]
COLUMNS = {"ifName": Column.NAME, "ifAlias": Column.ALIAS, "ifDescr": Column.DESCR}

pytestmark = pytest.mark.skipif(not RECORDINGS.is_dir(), reason="../shared/recordings is not there")


def poll(objects: dict[ber.Oid, Typed], selectors: list[InterfaceSelector]) -> InterfacesPoll:
    async def run() -> InterfacesPoll:
        client, _ = client_for(TableAgent(objects))
        with client:
            reader = BatchReader(client, target())
            return await InterfacePoller("recorded", client, reader, selectors, lambda: 0.0).poll()

    return virtual(run())


def number(row: dict[str, str], *names: str) -> int | None:
    """Return the first of the columns that the row has."""
    return next((int(row[name]) for name in names if row.get(name, "").isdigit()), None)


def expected_speed(row: dict[str, str]) -> int | None:
    high, low = number(row, "ifHighSpeed"), number(row, "ifSpeed")
    if high and high < 2**31:
        return high * 1_000_000
    return None if low == 2**32 - 1 else low


def check(reading: InterfaceReading, row: dict[str, str]) -> None:
    text = {name: clean_text(row.get(name, "")) for name in COLUMNS}
    assert reading.if_name == (text["ifName"] or text["ifDescr"] or text["ifAlias"] or f"if{row['_index']}")
    assert reading.if_alias == text["ifAlias"]
    assert reading.admin_status == number(row, "ifAdminStatus")
    assert reading.oper_status == number(row, "ifOperStatus")
    assert reading.speed_bps == expected_speed(row)
    assert reading.last_change_ticks == number(row, "ifLastChange")
    assert reading.discontinuity_ticks == number(row, "ifCounterDiscontinuityTime")
    assert (reading.in_errors, reading.out_errors) == (number(row, "ifInErrors"), number(row, "ifOutErrors"))
    assert (reading.in_discards, reading.out_discards) == (
        number(row, "ifInDiscards"),
        number(row, "ifOutDiscards"),
    )
    for bits, names in ((64, ("ifHCInOctets", "ifHCOutOctets")), (32, ("ifInOctets", "ifOutOctets"))):
        if reading.octets_bits == bits:
            assert (reading.in_octets, reading.out_octets) == tuple(number(row, name) for name in names)
    if reading.octets_bits is None:
        assert not {"ifHCInOctets", "ifHCOutOctets", "ifInOctets", "ifOutOctets"} & row.keys()
    if reading.octets_bits == 32:
        assert not number(row, "ifHCInOctets") or not number(row, "ifHCOutOctets")


@pytest.mark.parametrize("table", TABLES, ids=[path.name.removesuffix(".iftable.json") for path in TABLES])
def test_a_recorded_device_is_read_as_expected(table: Path) -> None:
    """Every row of the device, by its number and by each name that is its own, has the expected values."""
    rows = json.loads(table.read_text(encoding="utf-8"))["interfaces"]
    objects = load_walk(RECORDINGS / table.name.replace(".iftable.json", ".snmprec"))
    by_index = [InterfaceSelector(Column.INDEX, str(row["_index"])) for row in rows]
    found = poll(objects, by_index)
    for selector, row in zip(by_index, rows, strict=True):
        if "ifOperStatus" in row or "ifAdminStatus" in row:
            check(found.readings[selector], row)
        else:
            assert selector in found.problems
    for name, column in COLUMNS.items():
        owners: dict[str, list[int]] = {}
        for row in rows:
            owners.setdefault(clean_text(row.get(name, "")), []).append(row["_index"])
        owners.pop("", None)
        selectors = {text: InterfaceSelector(column, text) for text in owners}
        found = poll(objects, list(selectors.values()))
        for text, indexes in owners.items():
            if len(indexes) > 1:
                assert f"index:{indexes[0]}" in found.problems[selectors[text]]
            elif (*mib.IF_OPER_STATUS, indexes[0]) in objects:
                assert found.readings[selectors[text]].if_index == indexes[0]


def test_every_recording_has_an_expected_table() -> None:
    """None of the recorded devices is left out of the comparison above."""
    assert [path.stem for path in WALKS] == [path.name.removesuffix(".iftable.json") for path in TABLES]
    assert len(WALKS) >= 14


def test_the_expected_texts_are_those_of_the_walks() -> None:
    """The expected tables are of these very walks: some names are compared octet by octet."""
    walk = load_walk(RECORDINGS / "vrp_ar169sfp.snmprec")
    tag, octets = walk[(*mib.IF_NAME, 1)]
    assert tag == ber.OCTET_STRING
    assert decode_text(octets) == "InLoopBack0"


IR809_MODEM = "Modem 0 on Cellular0"
SFP_4321 = "subslot 0/0 transceiver 0"
Q = Quantity
SENSORS: dict[str, tuple[str, dict[tuple[Quantity, str], float]]] = {
    "comware_a5500": (
        "comware",
        {
            (Q.CPU, "Board"): 0.08,
            (Q.MEMORY, "Board"): 0.47,
            (Q.TEMPERATURE, "Board"): 38,
            (Q.TEMPERATURE, "Sensor1"): 38,
            (Q.TEMPERATURE, "SubCard0"): 38,
            (Q.TEMPERATURE, "GigabitEthernet1/0/26"): 44,
            (Q.OPTICAL_RECEIVE, "GigabitEthernet1/0/26"): -10.45,
            (Q.OPTICAL_TRANSMIT, "GigabitEthernet1/0/26"): -5.4,
        },
    ),
    "draytek": ("draytek", {}),
    "fortigate_60f": (
        "fortigate",
        {
            (Q.CPU, "system"): 0.0,
            (Q.MEMORY, "system"): 0.33,
            (Q.TEMPERATURE, "CPU ON-DIE Temperature"): 51.569,
            (Q.TEMPERATURE, "B50182 Temperature"): 46.381199,
            (Q.TEMPERATURE, "B50210_1 Temperature"): 39.636398,
            (Q.TEMPERATURE, "B50210_2 Temperature"): 37.414001,
            (Q.SLA_UP, "Private"): 1.0,
            (Q.SLA_RTT, "Private"): 0.013039,
            (Q.SLA_JITTER, "Private"): 0.000354,
            (Q.SLA_LOSS, "Private"): 0.0,
        },
    ),
    "fortigate_link-monitor": (
        "fortigate",
        {
            (Q.SLA_UP, "lhm-am7"): 1.0,
            (Q.SLA_RTT, "lhm-am7"): 0.004102,
            (Q.SLA_JITTER, "lhm-am7"): 0.000092,
            (Q.SLA_LOSS, "lhm-am7"): 0.0,
        },
    ),
    "ios_c3560-slas": ("cisco-ios", {(Q.SLA_UP, "10"): 1.0, (Q.SLA_RTT, "10"): 0.016}),
    "ios_ir809": (
        "cisco-ios",
        {
            (Q.TEMPERATURE, "Sensor 1"): 43,
            (Q.TEMPERATURE, IR809_MODEM): 38,
            (Q.POWER, "IR800 AC power supply"): 1,
            (Q.POWER, "IR800 DC power supply"): 1,
            (Q.MODEM_REGISTERED, IR809_MODEM): 1,
            (Q.MODEM_RSRP, IR809_MODEM): -90,
            (Q.MODEM_RSRQ, IR809_MODEM): -7.0,
            (Q.MODEM_SINR, IR809_MODEM): 30.0,
        },
    ),
    "iosxe_c9300": (
        "cisco-ios-xe",
        {
            (Q.SLA_UP, "ICMP-JITTER"): 1,
            (Q.SLA_RTT, "ICMP-JITTER"): 0.015,
            (Q.SLA_JITTER, "ICMP-JITTER"): 0.001,
            (Q.SLA_LOSS, "ICMP-JITTER"): 0,
        },
    ),
    "iosxe_isr4321": (
        "cisco-ios-xe",
        {
            (Q.TEMPERATURE, f"{SFP_4321} Temperature Sensor"): 34.558,
            (Q.TEMPERATURE, "Slot 6 - Temp: Internal"): 28,
            (Q.TEMPERATURE, "Slot 6 - Temp: Outlet"): 39,
            (Q.TEMPERATURE, "Slot 6 - Temp: CPU"): 33,
            (Q.POWER, "Power Supply Module 0"): 1,
            (Q.OPTICAL_RECEIVE, f"{SFP_4321} Rx Power Sensor"): -9.1,
            (Q.OPTICAL_TRANSMIT, f"{SFP_4321} Tx Power Sensor"): -5.6,
        },
    ),
    "junos_vmx": (
        "juniper",
        {
            (Q.CPU, "FPC: Virtual FPC @ 0/*/*"): 0.07,
            (Q.CPU, "Routing Engine 0"): 0.26,
            (Q.MEMORY, "Routing Engine 0"): 0.25,
            (Q.SLA_UP, "test-rpm/internet"): 1,
            (Q.SLA_UP, "test-rpm3/timestamp"): 1,
            (Q.SLA_RTT, "test-rpm/internet"): 0.025,
            (Q.SLA_RTT, "test-rpm3/timestamp"): 0.052,
            (Q.SLA_LOSS, "test-rpm/internet"): 0,
            (Q.SLA_LOSS, "test-rpm3/timestamp"): 0,
            (Q.BGP_PEER, "10.1.1.1"): 1,
            (Q.BGP_PEER, "10.1.1.5"): 1,
        },
    ),
    "polycomLens_studioxc50": ("generic", {}),
    "routeros": (
        "mikrotik",
        {
            (Q.TEMPERATURE, "board"): 33.0,
            (Q.TEMPERATURE, "sfp1"): 40,
            (Q.OPTICAL_RECEIVE, "sfp1"): -5.673,
            (Q.OPTICAL_TRANSMIT, "sfp1"): -4.879,
            (Q.CPU, "1"): 0.21,
            (Q.CPU, "2"): 0,
            (Q.CPU, "3"): 0,
            (Q.CPU, "4"): 0,
            (Q.MEMORY, "main memory"): 27196 / 65536,
        },
    ),
    "routeros_rblhgr": (
        "mikrotik",
        {
            (Q.MODEM_RSRP, "lte1"): -97,
            (Q.MODEM_RSRQ, "lte1"): -8,
            (Q.MODEM_SINR, "lte1"): 23,
            (Q.CPU, "1"): 0.06,
            (Q.MEMORY, "main memory"): 23044 / 65536,
        },
    ),
    "vccodec": ("generic", {}),
    "vrp_ar169sfp": (
        "huawei-vrp",
        {
            (Q.CPU, "SRU Board 0"): 0.24,
            (Q.MEMORY, "SRU Board 0"): 0.58,
            (Q.TEMPERATURE, "SRU Board 0"): 44,
            (Q.TEMPERATURE, "GigabitEthernet0/0/4"): 51,
            (Q.OPTICAL_RECEIVE, "GigabitEthernet0/0/4"): -8.49,
            (Q.OPTICAL_TRANSMIT, "GigabitEthernet0/0/4"): -5.75,
        },
    ),
}
"""By recording, the profile that fits and all sensors, worked out by hand from the recorded numbers."""


@pytest.mark.parametrize("walk", WALKS, ids=[path.stem for path in WALKS])
def test_the_sensors_of_a_recorded_device(walk: Path) -> None:
    """The device gets its vendor's profile, and exactly its sensors with sane values: no marker, no empty slot."""
    reading = poll_sensors(load_walk(walk))
    profile, expected = SENSORS[walk.stem]
    assert reading.profile == profile
    assert as_table(reading) == pytest.approx(expected)
    assert (reading.problems, reading.dropped) == ((), 0)
