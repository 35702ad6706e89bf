"""Rows for the inventory: unique ids, interfaces that are found again, and nothing a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from devices_found import found_device, interface
from hypothesis import given
from hypothesis import strategies as st

from phusong.agent.discover.discovered_lines import FoundLine, find_lines
from phusong.agent.discover.discovered_rows import (
    FoundDevice,
    inventory_files,
    is_same_device,
    link_rows,
    make_id,
    name_interface,
)
from phusong.agent.input.inventory_cells import parse_interface, parse_slug
from phusong.agent.input.inventory_files import examine_inventory
from phusong.agent.input.settings import LOCAL_TIME
from phusong.agent.spreadsheet_csv import BYTE_ORDER_MARK, csv_text, safe_cell
from phusong.collectors.device_text import clean_text
from phusong.collectors.discovery import FoundInterface
from phusong.collectors.interface_lookup import Column, find_index

TEXTS = st.text(max_size=20).map(clean_text)
HOSTILE = (
    "=cmd|'/c calc'!A1",
    "+1",
    "-1",
    "@SUM(1)",
    "x;=1+1",
    "\uff1d1",
    'a"b',
    "a,b",
    "' =1",
    "alias:x",
    "index:9",
)


@pytest.mark.parametrize(
    ("name", "taken", "made"),
    [
        ("coto-r1", (), "coto-r1"),
        ("coto-r1.quangninh.example", (), "coto-r1"),
        ("coto-r1.quangninh.example", ("coto-r1",), "coto-r1.quangninh.example"),
        ("coto-r1", ("coto-r1",), "coto-r1-2"),
        ("coto-r1", ("coto-r1", "coto-r1-2"), "coto-r1-3"),
        ("Xã Đông Triều (cũ)", (), "Xa-Dong-Trieu-cu"),
        ("192.0.2.7", (), "192.0.2.7"),
        ("", (), "192.0.2.1"),
        ("<script>", (), "script"),
        ("广宁", (), "192.0.2.1"),
        ("x" * 100, (), "x" * 64),
    ],
)
def test_an_id_is_made_of_the_name(name: str, taken: tuple[str, ...], made: str) -> None:
    """Without domain and diacritics, never one that is taken, of the address where there is no name."""
    assert make_id(name, taken, "192.0.2.1") == made


@given(st.lists(st.text(max_size=80), max_size=8))
def test_ids_are_always_unique_and_accepted(names: list[str]) -> None:
    """Whatever devices call themselves, devices.csv takes the ids."""
    taken: set[str] = set()
    for name in names:
        made = make_id(name, taken, "ip6-2001:db8::1")
        assert made not in taken
        taken.add(parse_slug(made))


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        ([interface(1, "wan1"), interface(2, "wan2")], ["wan1", "wan2"]),
        ([interface(1, "p", alias="A"), interface(2, "p", alias="B")], ["alias:A", "alias:B"]),
        ([interface(1, "p", descr="A"), interface(2, "p", descr="B")], ["descr:A", "descr:B"]),
        (
            [interface(1, "p", alias="A", descr="D"), interface(2, "p", alias="A", descr="D")],
            ["index:1", "index:2"],
        ),
        ([interface(1, ""), interface(2, "", alias="x")], ["index:1", "alias:x"]),
        ([interface(1, "=1+1", alias="safe")], ["alias:safe"]),
        ([interface(1, "a;=1+1")], ["index:1"]),
        ([interface(1, "index:2"), interface(2, "x")], ["index:1", "x"]),
        ([interface(1, "alia:2")], ["index:1"]),
        ([interface(1, "alias:", descr="d")], ["descr:d"]),
        ([interface(1, "two  blanks")], ["index:1"]),
    ],
)
def test_how_to_name_an_interface(rows: list[FoundInterface], names: list[str]) -> None:
    """By the first column in which no other row says the same, and which links.csv reads as it is meant."""
    assert [name_interface(row, rows) for row in rows] == names


@given(st.lists(st.tuples(TEXTS | st.sampled_from(HOSTILE), TEXTS, TEXTS), min_size=1, max_size=6))
def test_a_named_interface_is_found_again(texts: list[tuple[str, str, str]]) -> None:
    """The agent that reads the cell finds this row of the device and no other, and the cell is no formula."""
    rows = [interface(n, name, alias=alias, descr=descr) for n, (name, alias, descr) in enumerate(texts, start=3)]
    columns = {
        Column.NAME: {row.index: row.name for row in rows},
        Column.ALIAS: {row.index: row.alias for row in rows},
        Column.DESCR: {row.index: row.descr for row in rows},
    }
    for row in rows:
        cell = name_interface(row, rows)
        assert safe_cell(cell) == cell
        selector = parse_interface(cell)
        if selector.column is Column.INDEX:
            assert int(selector.text) == row.index
        else:
            assert find_index(selector, columns[selector.column]) == row.index


@given(st.text() | st.sampled_from(HOSTILE))
def test_no_cell_is_a_formula(text: str) -> None:
    """Whatever the text, no cell begins as a formula, also in a spreadsheet that splits at semicolons or tabs."""
    (row,) = csv.reader(io.StringIO(csv_text(["a"], [{"a": text}]).removeprefix(BYTE_ORDER_MARK + "a\r\n")))
    for separator in (";", "\t", "|"):
        for part in "".join(row).split(separator):
            assert not part.lstrip().startswith(("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20"))


def devices() -> dict[str, FoundDevice]:
    hub = found_device(
        "hub1",
        interface(1, "Gi0/1", "192.0.2.1/30"),
        interface(2, "Gi0/2", "192.0.2.5/30"),
        interface(3, "wan9", "192.0.2.9/30"),
    )
    coto = found_device("coto-r1", interface(5, "wan1", "192.0.2.2/30"), site_id="coto")
    haiha = found_device("haiha-r1", interface(6, "wan1", "192.0.2.6/30"), is_known=True)
    return {device.device_id: device for device in (hub, coto, haiha)}


def found_lines(found: dict[str, FoundDevice]) -> tuple[FoundLine, ...]:
    return find_lines({key: device.discovery.interfaces for key, device in found.items()}, {})


def test_the_rows_of_links() -> None:
    """The site of the office where it is known; nothing is made up."""
    found = devices()
    rows = {row["link_id"]: row for row in link_rows(found_lines(found), found)}
    assert rows["coto-r1-wan1"] == {
        "link_id": "coto-r1-wan1",
        "site_id": "coto",
        "near_device": "hub1",
        "near_interface": "Gi0/1",
        "far_device": "coto-r1",
        "far_interface": "wan1",
    }
    assert rows["haiha-r1-wan1"]["near_device"] == "hub1"
    (single,) = [row for row in rows.values() if "ping_address" in row or "near_device" not in row]
    assert single["far_device"] == "hub1"


def test_a_near_end_alone_pings_the_other_address() -> None:
    """In a network of two addresses the other one is the line's other end; in a larger one nobody knows."""
    rows = [interface(n, f"wan{n}", f"192.0.2.{4 * n + 1}/30") for n in range(1, 5)]
    found = {"hub1": found_device("hub1", *rows, interface(9, "wan9", "198.51.100.1/24"))}
    pings = {row["near_interface"]: row["ping_address"] for row in link_rows(found_lines(found), found)}
    assert pings == {
        "wan1": "192.0.2.6",
        "wan2": "192.0.2.10",
        "wan3": "192.0.2.14",
        "wan4": "192.0.2.18",
        "wan9": "",
    }


def test_what_the_inventory_has_is_not_written_again() -> None:
    """Known devices get no row; a line gets one when one of its ends is new; ids of links are not repeated."""
    found = devices()
    files = inventory_files(list(found.values()), found_lines(found), {"coto-r1-wan1"})
    assert set(files) == {"devices.csv", "links.csv"}
    read = list(csv.DictReader(io.StringIO(files["devices.csv"].removeprefix(BYTE_ORDER_MARK))))
    assert [row["device_id"] for row in read] == ["hub1", "coto-r1"]
    read = list(csv.DictReader(io.StringIO(files["links.csv"].removeprefix(BYTE_ORDER_MARK))))
    assert {row["link_id"] for row in read} == {"coto-r1-wan1-2", "haiha-r1-wan1", "hub1-wan9"}
    known = {"haiha-r1": found["haiha-r1"]}
    assert link_rows(found_lines(known), known) == []


def test_endpoints_have_a_file_of_their_own() -> None:
    """Video endpoints are no devices; a name that is no text for people stays empty."""
    room = found_device("room", sys_name="Phòng họp", is_endpoint=True)
    odd = found_device("odd", sys_name="=1+1", is_endpoint=True)
    files = inventory_files([room, odd], [])
    read = list(csv.DictReader(io.StringIO(files["endpoints.csv"].removeprefix(BYTE_ORDER_MARK))))
    assert [(row["endpoint_id"], row["name"]) for row in read] == [("room", "Phòng họp"), ("odd", "")]
    assert files["devices.csv"].count("\r\n") == 1


@given(
    st.lists(
        st.tuples(TEXTS | st.sampled_from(HOSTILE), TEXTS | st.sampled_from(HOSTILE), TEXTS),
        min_size=1,
        max_size=4,
    )
)
def test_the_files_lack_only_what_nobody_knows(tmp_path_factory: pytest.TempPathFactory, texts: list) -> None:
    """Read as an inventory, the only problems are the cells that no device can fill, whatever devices say."""
    folder = tmp_path_factory.mktemp("found")
    found: dict[str, FoundDevice] = {}
    for name, alias, descr in texts:
        device_id = make_id(name, found, "192.0.2.1")
        rows = [interface(1, "wan", alias=alias), interface(2, name, "192.0.2.1/30", alias=descr, descr=alias)]
        found[device_id] = found_device(device_id, *rows, sys_name=name)
    for file, text in inventory_files(list(found.values()), found_lines(found)).items():
        (folder / file).write_text(text, encoding="utf-8", newline="")
    (folder / "sites.csv").write_text("site_id,name,kind,commune_code\n", encoding="utf-8")
    _, problems = examine_inventory(folder, auths={"wan-v2"}, communes=None, timezone=LOCAL_TIME)
    expected = {("devices.csv", "site_id")} | {
        ("links.csv", column) for column in ("site_id", "carrier", "contracted_down_mbps", "contracted_up_mbps")
    }
    assert {(Path(problem.file).name, problem.column) for problem in problems} == expected
    assert all(problem.what.endswith("is empty") for problem in problems)


def test_one_device_at_two_addresses() -> None:
    """The same name and a common address: one device. A common name or address alone is none."""
    one = found_device("a", interface(1, "x", "192.0.2.1/24"), sys_name="r1")
    assert is_same_device(one, found_device("b", interface(9, "y", "192.0.2.1/24"), sys_name="r1"))
    assert not is_same_device(one, found_device("b", interface(1, "x", "192.0.2.2/24"), sys_name="r1"))
    assert not is_same_device(one, found_device("b", interface(1, "x", "192.0.2.1/24"), sys_name="r2"))
    lo = interface(1, "lo", "127.0.0.1/8")
    assert not is_same_device(found_device("a", lo, sys_name="r1"), found_device("b", lo, sys_name="r1"))
    assert not is_same_device(found_device("a", lo), found_device("b", lo))
