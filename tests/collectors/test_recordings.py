"""Real devices, replayed: our poller reads from their walks the interface tables that are expected of them.

The walks are not part of the project; they lie in ``../shared/recordings`` where the project is developed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from snmp_peers import TableAgent, Typed, client_for, target, virtual

from phusong.collectors import mib
from phusong.collectors.device_text import clean_text, decode_text
from phusong.collectors.interface_lookup import Column, InterfaceSelector
from phusong.collectors.interfaces import InterfacePoller, InterfacesPoll
from phusong.collectors.readings import InterfaceReading
from phusong.collectors.snmp import ber
from phusong.collectors.snmp.batch import BatchReader

RECORDINGS = Path(__file__).parents[2].parent / "shared" / "recordings"
TABLES = sorted(RECORDINGS.glob("expected/*.iftable.json")) or [RECORDINGS]
COLUMNS = {"ifName": Column.NAME, "ifAlias": Column.ALIAS, "ifDescr": Column.DESCR}

pytestmark = pytest.mark.skipif(not RECORDINGS.is_dir(), reason="../shared/recordings is not there")


def load_walk(path: Path) -> dict[ber.Oid, Typed]:
    """Read a walk in snmprec format."""
    objects: dict[ber.Oid, Typed] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.count("|") < 2:  # an empty line
            continue
        dotted, kind, text = line.split("|", 2)
        tag = int(kind.rstrip("xe"))
        value: Any = bytes.fromhex(text) if kind.endswith("x") else text.encode()
        if tag in (ber.INTEGER, *ber.UNSIGNED):
            value = int(text)
        elif tag == ber.OBJECT_ID:
            value = ber.parse_oid(text)
        elif tag == ber.IP_ADDRESS and not kind.endswith("x"):
            value = bytes(map(int, text.split(".")))
        elif tag == ber.NULL:
            value = None
        objects[ber.parse_oid(dotted)] = (tag, value)
    return objects


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


def test_the_expected_texts_are_those_of_the_walks() -> None:
    """The expected tables are of these very walks: some names are compared octet by octet."""
    walk = load_walk(RECORDINGS / "vrp_ar169sfp.snmprec")
    tag, octets = walk[(*mib.IF_NAME, 1)]
    assert tag == ber.OCTET_STRING
    assert decode_text(octets) == "InLoopBack0"
