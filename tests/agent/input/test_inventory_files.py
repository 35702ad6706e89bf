"""The inventory: what its five files may say, and what is said about those that are wrong.

Whole bad configurations with their expected messages are in ``bad/``; ``test_config.py`` loads them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phusong.agent.input.csv_table import MAX_PROBLEMS, read_table
from phusong.agent.input.inventory_cells import (
    CellError,
    parse_address,
    parse_addresses,
    parse_availability,
    parse_interface,
    parse_mbps,
    parse_sip_uri,
    parse_slug,
    parse_text,
)
from phusong.agent.input.inventory_columns import LINKS, SITES
from phusong.agent.input.inventory_files import find_loops, read_inventory
from phusong.agent.input.problems import InputProblems, Problem
from phusong.agent.input.text_files import MAX_FILE_BYTES
from phusong.agent.inventory import Column, InterfaceSelector, Inventory, LinkEnd

GOOD = Path(__file__).parent / "good"
PROVINCE_TIME = timezone(timedelta(hours=7))
COMMUNES = {"06649": "Hà Khánh", "06652": "Hà Phong"}
SITE_HEADER = "site_id,name,kind,commune_code,lat,lon\n"
SITE = "vd,UBND,district,06652,21.07,107.42\n"


def read(folder: Path) -> Inventory:
    return read_inventory(folder, auths={"wan-v1", "wan-v2"}, communes=COMMUNES, timezone=PROVINCE_TIME)


def problems_of(folder: Path) -> tuple[Problem, ...]:
    with pytest.raises(InputProblems) as caught:
        read(folder)
    return caught.value.problems


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    """Make a sound inventory with one site and nothing else."""
    (tmp_path / "sites.csv").write_text(SITE_HEADER + SITE, encoding="utf-8")
    (tmp_path / "devices.csv").write_text("device_id,site_id,address,auth\n", encoding="utf-8")
    (tmp_path / "links.csv").write_text(
        "link_id,site_id,carrier,contracted_down_mbps,contracted_up_mbps\n", encoding="utf-8"
    )
    return tmp_path


def test_everything() -> None:
    """Every column of every file arrives where it belongs, in the order of the files."""
    found = read(GOOD / "everything" / "inventory")
    assert found.sites["ttdl"].name == "Trung tâm dữ liệu"
    assert (found.sites["ttdl"].lat, found.sites["ttdl"].lon) == (20.951, 107.08)
    assert found.sites["vd"].name == 'UBND "Vân Đồn"'
    assert found.sites["vd"].lat is None
    hub = found.devices["hub"]
    assert (hub.port, hub.auth, hub.profile, hub.ssh, hub.parent_device) == (
        1161,
        "wan-v1",
        "cisco-ios",
        "admin",
        "",
    )
    assert hub.reply_from == ("192.0.2.11", "2001:db8::1")
    assert found.devices["vd-r1"].address == "2001:db8::2"
    assert (found.devices["vd-r1"].port, found.devices["vd-r1"].profile) == (161, "auto")
    assert found.devices["vd-r2"].parent_device == "hub"
    assert list(found.links) == ["hub-uplink", "vd-1", "vd-2"]
    uplink, line, backup = found.links.values()
    assert uplink.near == LinkEnd("hub", InterfaceSelector(Column.INDEX, "12"))
    assert (uplink.far, uplink.role, uplink.ping_address) == (None, "uplink", "192.0.2.200")
    assert line.near == LinkEnd("hub", InterfaceSelector(Column.ALIAS, "Vân Đồn"))
    assert line.far == LinkEnd("vd-r1", InterfaceSelector(Column.NAME, "Gi0/0:1"))
    assert (line.role, line.carrier, line.parent_link) == ("primary", "Viettel", "hub-uplink")
    assert (line.contracted_down_mbps, line.contracted_up_mbps) == (100.0, 1.5)
    assert (line.contracted_availability_ratio, backup.contracted_availability_ratio) == (0.999, None)
    assert (backup.near, backup.far) == (None, LinkEnd("vd-r2", InterfaceSelector(Column.DESCR, "Ethernet 1")))
    endpoint = found.endpoints["vd-hop"]
    assert (endpoint.name, endpoint.port, endpoint.profile) == ("Phòng họp", 16100, "hdx")
    assert (endpoint.sip_uri, endpoint.parent_link) == ("sip:vandon@hop.example", "vd-1")


def test_times_of_maintenance() -> None:
    """A time without an offset is local time of the province, one with an offset stays what it is."""
    local, offset, *_ = read(GOOD / "everything" / "inventory").maintenance
    assert local.begin == datetime(2026, 10, 31, 15, 0, tzinfo=UTC)
    assert offset.begin == datetime(2026, 10, 31, 15, 0, tzinfo=UTC)
    assert offset.end == datetime(2026, 10, 31, 19, 0, tzinfo=UTC)
    assert (offset.what, offset.reason) == ("VNPT", "nâng cấp")


def test_excel() -> None:
    """A byte-order mark, semicolons, CR LF, ``sep=;`` and empty rows from Excel change nothing."""
    found = read(GOOD / "excel" / "inventory")
    assert found.sites["vd"].name == "UBND Vân Đồn"
    assert found.links["vd-1"].contracted_up_mbps == 50.0
    assert list(found.endpoints) == ["vd-hop"]


def test_optional_files(inventory: Path) -> None:
    """Endpoints and maintenance may be absent, and a site may have no line."""
    found = read(inventory)
    assert list(found.sites) == ["vd"]
    assert (found.links, found.endpoints, found.maintenance) == ({}, {}, ())


def test_missing_folder(tmp_path: Path) -> None:
    """A folder that is not there is one problem, not three missing files."""
    (problem,) = problems_of(tmp_path / "inventroy")
    assert "there is no such folder" in str(problem)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param((SITE_HEADER + SITE).encode("utf-16"), ":1: the file is UTF-16", id="UTF-16"),
        pytest.param(SITE_HEADER.encode() + b"v\0d,x,other,06652,,\n", ":2: a NUL byte", id="NUL"),
        pytest.param(
            b"\xef\xbb\xbf" + SITE_HEADER.encode() + b"\xe0x", ":2: not UTF-8: byte 42 of the file", id="offset"
        ),
        pytest.param(
            SITE_HEADER.encode() + b"vd,U\x1bB,other,06652,,\n", ":2:name: the text has control", id="ESC"
        ),
        pytest.param(SITE_HEADER.encode() + b'vd,"U"B,other,06652,,\n', ":2: the quotes in this row", id="quote"),
        pytest.param(
            SITE_HEADER.encode() + b"vd," + b"x" * 200_000 + b",other,06652,,\n",
            ":2: a cell is longer than 131072 characters",
            id="long cell",
        ),
        pytest.param(b"x" * (MAX_FILE_BYTES + 1), ": larger than 5 MiB", id="large file"),
    ],
)
def test_bytes_that_are_no_csv(inventory: Path, content: bytes, expected: str) -> None:
    """What no reader of cells can take is refused with its place."""
    (inventory / "sites.csv").write_bytes(content)
    (problem,) = problems_of(inventory)
    assert f"sites.csv{expected}" in str(problem)


def test_a_folder_in_place_of_a_file(inventory: Path) -> None:
    """What is no regular file is not opened."""
    (inventory / "endpoints.csv").mkdir()
    (problem,) = problems_of(inventory)
    assert "endpoints.csv: not a regular file" in str(problem)


def test_lines_after_a_broken_row_are_still_read(inventory: Path) -> None:
    """A quoting error does not hide what is wrong below it, and no reference is called unknown because of it."""
    (inventory / "sites.csv").write_text(SITE_HEADER + '"vd" x,UBND,district,06652,,\nhl,UBND,distrikt,06652,,\n')
    (inventory / "devices.csv").write_text("device_id,site_id,address,auth\nr1,vd,192.0.2.1,wan-v2\n")
    places = [(Path(problem.file).name, problem.line, problem.column) for problem in problems_of(inventory)]
    assert places == [("sites.csv", 2, ""), ("sites.csv", 3, "kind")]


def test_a_bad_row_still_declares_its_id(inventory: Path) -> None:
    """A wrong cell of a site does not make references to that site wrong too."""
    (inventory / "sites.csv").write_text(SITE_HEADER + "vd,UBND,distrikt,06652,,\nhl,UBND\n")
    (inventory / "devices.csv").write_text(
        "device_id,site_id,address,auth\nr1,vd,192.0.2.1,wan-v2\nr2,hl,192.0.2.2,wan-v2\n"
    )
    assert {Path(problem.file).name for problem in problems_of(inventory)} == {"sites.csv"}


def test_problems_are_limited() -> None:
    """A file that is wrong everywhere does not fill the memory with messages."""
    table = read_table(SITES, "sites.csv", SITE_HEADER + ",x,other,06652,,\n" * 3000)
    assert len(table.problems) == MAX_PROBLEMS + 1
    assert "the others are not listed" in table.problems[-1].what


def test_a_fleet_of_unknown_devices(inventory: Path) -> None:
    """Thousands of wrong references are told within seconds: near names are not searched for each of them."""
    ids = [f"r{number}" for number in range(4000)]
    (inventory / "devices.csv").write_text(
        "device_id,site_id,address,auth\n" + "".join(f"{name},vd,192.0.2.1,wan-v2\n" for name in ids)
    )
    (inventory / "links.csv").write_text(
        "link_id,site_id,carrier,contracted_down_mbps,contracted_up_mbps,far_device,far_interface\n"
        + "".join(f"{name},vd,VNPT,1,1,x{name},Gi0\n" for name in ids)
    )
    begin = time.process_time()
    assert len(problems_of(inventory)) == MAX_PROBLEMS + 1
    assert time.process_time() - begin < 5


@given(
    rows=st.lists(
        st.tuples(st.lists(st.sampled_from(["x", "\n", "\r\n", "\r", ",", '"', " "]), min_size=1), st.booleans()),
        min_size=1,
        max_size=8,
    )
)
def test_line_numbers(rows: list[tuple[list[str], bool]]) -> None:
    """The line of a problem is the line of its cell in an editor, whatever line breaks stand in cells above it."""
    text, expected = SITE_HEADER, []
    for number, (parts, wrong) in enumerate(rows):
        name = "".join(["n", *parts]).replace('"', '""')
        text += f's{number},"{name}",'
        if wrong:
            expected.append(text.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1)
        text += ("wrong" if wrong else "other") + ",06652,,\n"
    table = read_table(SITES, "sites.csv", text)
    assert [(problem.line, problem.column) for problem in table.problems] == [(line, "kind") for line in expected]


@given(st.text(alphabet=st.sampled_from(list('link_id,site;"\n\r\t =1.:é\x00\ufeff')), max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Any text gives rows or problems, and each problem is one line of text."""
    table = read_table(LINKS, "links.csv", text)
    assert table.problems
    assert not any("\n" in str(problem) for problem in table.problems)


@pytest.mark.parametrize(
    ("parents", "loops"),
    [
        ({"a": "", "b": "a", "c": "b"}, []),
        ({"a": "a"}, [["a"]]),
        ({"a": "b", "b": "c", "c": "b"}, [["b", "c"]]),
        ({"a": "b", "b": "a", "c": "d", "d": "c", "e": "a"}, [["a", "b"], ["c", "d"]]),
        ({"a": "gone"}, []),
    ],
)
def test_loops(parents: dict[str, str], loops: list[list[str]]) -> None:
    """Each loop is found once; what only hangs on a loop is no part of it."""
    assert find_loops(parents) == loops


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:DB8::0001", "2001:db8::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("r1", "r1"),
        ("r1.vd.example.", "r1.vd.example."),
    ],
)
def test_addresses(text: str, address: str) -> None:
    """IP addresses come in canonical form, names as they are."""
    assert parse_address(text) == address


def test_addresses_of_replies_are_written_as_replies_come() -> None:
    """An IPv4-mapped address means the IPv4 one: datagrams from it bear that form."""
    assert parse_addresses("::FFFF:192.0.2.7, 2001:DB8::0001 192.0.2.8") == (
        "192.0.2.7",
        "2001:db8::1",
        "192.0.2.8",
    )


@pytest.mark.parametrize("text", ["fe80::1", "fe80::1%eth0", "FE80::1%2"])
@pytest.mark.parametrize("parse", [parse_address, parse_addresses])
def test_link_local_addresses_are_refused(parse: Callable[[str], object], text: str) -> None:
    """An address that means another device on every cable would be sent out somewhere: it says what to write."""
    with pytest.raises(CellError, match=r"one cable only; write the device's global"):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        *("0.0.0.0", "255.255.255.255", "224.0.0.1", "::", "192.0.2.256", "192.0.2", "010.0.2.1", "[2001:db8::1]"),
        *("http://r1", "r1:161", "-r1", "r_1", "r1..vd", "a" * 64, "a." * 130 + "a", "r1 r2", "đồn"),
    ],
)
def test_no_addresses(text: str) -> None:
    """What no device can have is refused, also numbers that a resolver would take for something else."""
    with pytest.raises(CellError, match=r"no address|no device"):
        parse_address(text)


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        *((parse_slug, text) for text in ("-a", "a b", "a/b", "a" * 65, "ä", 'a"', "a\n", "../a")),
        *(
            (parse_mbps, text)
            for text in ("1e3", "100 Mbps", "1,5", "1.000,5", "-1", "0", "nan", "inf", "٣", "1_0", "")
        ),
        *((parse_availability, text) for text in ("0", "100.001", "-1", "99,9", "99.9%", "1e2", "nan", "")),
        *((parse_interface, text) for text in ("alias:", "index: x", "index:0", "index:2147483648", "Alias:x")),
        *((parse_sip_uri, text) for text in ("x@y", "sip:", "sip:a b", 'sip:"><x', "tel:1")),
        *((parse_addresses, text) for text in ("r1", "192.0.2.1 x", "192.0.2.1/32")),
        *((parse_text, text) for text in ("x" * 201, "a\x00b", "a\x7fb", "a\ud800", "\u200b")),
    ],
)
def test_cells_that_are_refused(parse: object, text: str) -> None:
    """Near misses are refused instead of being guessed at."""
    assert callable(parse)
    with pytest.raises(CellError):
        parse(text)


def test_availability_is_the_nearest_ratio() -> None:
    """99.9 is 0.999 and no neighbour of it, or a line that was out for exactly what is allowed would miss it."""
    texts = ("99.9", "99.95", "99.5", "100", "0.1")
    assert [parse_availability(text) for text in texts] == [0.999, 0.9995, 0.995, 1.0, 0.001]


def test_text_is_composed() -> None:
    """Two spellings of one name in Unicode are one name."""
    assert parse_text("  Ha\u0323  Long \n City ") == "Hạ Long City"


def test_what_nobody_sees_is_left_out() -> None:
    """A blank without width, a hyphen that is none, a mark that turns text round: names are what is seen."""
    assert parse_text("\ufeffCar\u200brier\u00ad \u202eA\u2066") == "Carrier A"
