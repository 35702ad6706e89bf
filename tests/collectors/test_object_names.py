"""Names of objects: what engineers read in a MIB, from numbers and back, without any network."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from phusong.collectors.enterprises import maker_of, maker_of_engine
from phusong.collectors.if_types import if_type_name
from phusong.collectors.object_names import ObjectNames, UnknownObject, object_names
from phusong.collectors.profile import MibObject
from phusong.collectors.snmp import ber

FG_UPTIME = MibObject("fgSysUpTime", ber.parse_oid("1.3.6.1.4.1.12356.101.4.1.20"))
STATE = MibObject("bgpPeerState", ber.parse_oid("1.3.6.1.2.1.15.3.1.2"), {"idle": 1, "established": 6})
FACTS = Path(__file__).parents[2].parent / "shared" / "facts" / "oids.tsv"


@pytest.fixture(scope="module")
def names() -> ObjectNames:
    return object_names([FG_UPTIME, STATE])


@pytest.mark.parametrize(
    ("oid", "name"),
    [
        ("1.3.6.1.2.1.1.1.0", "sysDescr.0"),
        ("1.3.6.1.2.1.2.2.1.10.17", "ifInOctets.17"),
        ("1.3.6.1.2.1.31.1.1.1.6.17", "ifHCInOctets.17"),
        ("1.3.6.1.2.1.31.1.5.0", "ifTableLastChange.0"),
        ("1.3.6.1.2.1.4.20.1.1.192.0.2.1", "ipAdEntAddr.192.0.2.1"),
        ("1.3.6.1.6.3.15.1.1.3.0", "usmStatsUnknownUserNames.0"),
        ("1.3.6.1.2.1.47.1.1.1.1.13.1", "entPhysicalEntry.13.1"),
        ("1.3.6.1.4.1.12356.101.4.1.20.0", "fgSysUpTime.0"),
        ("1.3.6.1.4.1.99999.1", "enterprises.99999.1"),
    ],
)
def test_a_number_has_a_name_and_back(names: ObjectNames, oid: str, name: str) -> None:
    """The longest name that is known, and the rest as numbers; reading it gives the number again."""
    assert names.name(ber.parse_oid(oid)) == name
    assert ber.format_oid(names.find(name)) == oid
    assert ber.format_oid(names.find(f".{oid}")) == oid


def test_names_are_found_as_people_write_them(names: ObjectNames) -> None:
    """With the module, without it, in any case, as a table; an unknown name gets the nearest one."""
    assert names.find("IF-MIB::ifHCInOctets.17") == ber.parse_oid("1.3.6.1.2.1.31.1.1.1.6.17")
    assert names.find("ifhcinoctets") == ber.parse_oid("1.3.6.1.2.1.31.1.1.1.6")
    assert names.find("ifTable") == (1, 3, 6, 1, 2, 1, 2, 2)
    with pytest.raises(UnknownObject, match="did you mean ifXTable"):
        names.find("ifXTabel")
    for nonsense in ("", ".", "1..3", "ifTable.x", "ifTable.99999999999", "::", "1.3." + "9" * 5000, "²"):
        with pytest.raises(UnknownObject):
            names.find(nonsense)


@pytest.mark.parametrize(
    ("oid", "value", "shown"),
    [
        ("1.3.6.1.2.1.1.5.0", "Cô Tô".encode(), "Cô Tô"),
        ("1.3.6.1.2.1.1.5.0", b"", ""),
        ("1.3.6.1.2.1.1.1.0", b"two\r\nlines\0", "two  lines"),
        ("1.3.6.1.2.1.2.2.1.6.1", b"\x00\x50\x7f\xe3\x97\x40", "00 50 7f e3 97 40"),
        ("1.3.6.1.2.1.1.1.0", b"\x1b[31mred", "1b 5b 33 31 6d 72 65 64"),
        ("1.3.6.1.2.1.2.2.1.8.1", 7, "lowerLayerDown(7)"),
        ("1.3.6.1.2.1.2.2.1.8.1", 0, "0"),
        ("1.3.6.1.2.1.2.2.1.3.1", 24, "softwareLoopback(24)"),
        ("1.3.6.1.2.1.15.3.1.2.192.0.2.1", 6, "established(6)"),
        ("1.3.6.1.2.1.2.2.1.10.1", 5, "5"),
        ("1.3.6.1.2.1.1.2.0", (1, 3, 6, 1, 2, 1, 2, 2), "ifTable"),
        ("1.3.6.1.2.1.1.2.0", ber.Missing.NO_SUCH_INSTANCE, "no such instance"),
        ("1.3.6.1.2.1.1.2.0", None, ""),
    ],
)
def test_values_are_shown_for_people(names: ObjectNames, oid: str, value: ber.Value, shown: str) -> None:
    """Text as text, other octets in hexadecimal (so none can steer a terminal), numbers of enumerations named."""
    assert names.shown(ber.parse_oid(oid), value) == shown


@pytest.mark.skipif(not FACTS.is_file(), reason="../shared/facts is not there")
def test_names_are_those_of_the_mib_texts(names: ObjectNames) -> None:
    """Every object of the standard groups that was resolved from the MIB texts has the same name here."""
    with FACTS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    groups = {"system", "engine", "usm", "ifTable", "ifXTable"}
    known = {row["symbol"]: row["oid"] for row in rows if row["group"] in groups}
    assert len(known) > 40
    assert {symbol: names.name(ber.parse_oid(oid.lstrip("."))) for symbol, oid in known.items()} == {
        symbol: symbol for symbol in known
    }


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (1, "other"), (6, "ethernetCsmacd"), (23, "ppp"), (24, "softwareLoopback"), (53, "propVirtual"),
        (117, "gigabitEthernet"), (131, "tunnel"), (135, "l2vlan"), (136, "l3ipvlan"), (161, "ieee8023adLag"),
        (209, "bridge"), (244, "wwanPP2"), (272, "vmwareNicTeam"), (273, "273"), (0, "0"), (None, ""),
    ],
)  # fmt: skip
def test_if_types_are_those_of_the_registry(number: int | None, name: str) -> None:
    """No name has slipped by one, from the first to the last; what the registry has not stays a number."""
    assert if_type_name(number) == name


def test_makers_by_number() -> None:
    """From sysObjectID and from an engine id of the form of RFC 3411; older forms and rubbish name nobody."""
    assert maker_of((1, 3, 6, 1, 4, 1, 14988, 1)) == "MikroTik"
    assert maker_of((1, 3, 6, 1, 4, 1, 63999)) == "enterprise 63999"
    assert maker_of((1, 3, 6, 1, 4, 1)) == maker_of((1, 3)) == maker_of(()) == ""
    assert maker_of_engine(bytes.fromhex("80001f8880a1ac")) == "net-snmp"
    assert maker_of_engine(bytes.fromhex("000000090200")) == maker_of_engine(b"\x80\0\0") == ""
    assert maker_of_engine(bytes.fromhex("8000000001")) == ""
