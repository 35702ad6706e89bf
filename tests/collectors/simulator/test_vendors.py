"""Vendors' interface tables: the lies that they are there to tell."""

from __future__ import annotations

import pytest

from phusong.collectors.simulator import vendors
from phusong.collectors.simulator.vendors import STUCK, clip, hub_rows, lan_row, lan_selector, office_rows

LABELS = [(f"qn-l{n:03}", f"UBND xã số {n}, huyện Vân Đồn") for n in range(60)]
OFFICE_HABITS = [habit for habit, _ in vendors.OFFICE_MODELS] + [vendors.LEGACY_V1]


@pytest.mark.parametrize("habit", OFFICE_HABITS, ids=lambda habit: habit.model)
@pytest.mark.parametrize("lines", [["a"], ["a", "b"]], ids=["one line", "two lines"])
def test_office_selectors_name_one_row(habit, lines):
    """The text for links.csv fits exactly one row of an office's router, the row of its line."""
    rows, selectors = office_rows(habit, lines, "WAN qn-s001")
    assert len({row.index for row in rows}) == len(rows)
    assert {line: named(rows, selectors[line]) for line in lines} == {line: [line] for line in lines}


@pytest.mark.parametrize("habit", vendors.HUB_MODELS, ids=lambda habit: habit.model)
def test_hub_selectors_name_one_row(habit):
    """So does the text for a hub's interface; some hubs are searched by alias, some by description."""
    rows, selectors = hub_rows(habit, LABELS)
    assert len({row.index for row in rows}) == len(rows)
    assert {line: named(rows, text) for line, text in selectors.items()} == {line: [line] for line, _ in LABELS}


def named(rows, selector):
    """Return the line of every row that a selector of links.csv fits."""
    column, colon, text = selector.partition(":")
    if not colon:
        return [row.line_id for row in rows if row.name == selector.encode()]
    values = {
        "alias": lambda row: row.alias,
        "descr": lambda row: row.descr,
        "index": lambda row: str(row.index).encode(),
    }
    return [row.line_id for row in rows if values[column](row) == text.encode()]


def test_all_ways_to_name_an_interface_occur():
    """By name, alias, description and index: the inventory shows each."""
    ways = set()
    for habit in vendors.HUB_MODELS:
        ways |= {text.partition(":")[0] if ":" in text else "name" for text in hub_rows(habit, LABELS)[1].values()}
    for habit in OFFICE_HABITS:
        (text,) = office_rows(habit, ["a"], "WAN")[1].values()
        ways.add(text.partition(":")[0] if ":" in text else "name")
    assert ways == {"name", "alias", "descr", "index"}


@pytest.mark.parametrize("habit", OFFICE_HABITS, ids=lambda habit: habit.model)
@pytest.mark.parametrize("lines", [["a"], ["a", "b"]], ids=["one line", "two lines"])
def test_every_office_router_has_a_port_for_its_rooms(habit, lines):
    """One Ethernet port is up and no line's, and the text for endpoints.csv fits no other row."""
    rows, _ = office_rows(habit, lines, "WAN qn-s001")
    port = lan_row(rows)
    assert (port.if_type, port.oper_status, port.line_id) == (vendors.ETHERNET, vendors.UP, "")
    column, colon, text = lan_selector(habit, rows).partition(":")
    read = {"descr": lambda row: row.descr, "index": lambda row: str(row.index).encode()}
    of = read[column] if colon else lambda row: row.name
    assert [row for row in rows if of(row) == (text if colon else column).encode()] == [port]


def test_without_a_port_there_is_no_text():
    """A box without rows has no port for a room."""
    assert lan_row(()) is None
    assert lan_selector(vendors.CPE, ()) == ""


def test_habits_are_there():
    """Each habit of real agents that the province promises shows on the model that has it."""
    rows = {habit.model: office_rows(habit, ["a"], "WAN")[0] for habit in OFFICE_HABITS}
    rows |= {habit.model: hub_rows(habit, LABELS)[0] for habit in vendors.HUB_MODELS}
    assert all(row.descr == b"" for row in rows["fortigate"])
    assert all(row.name is None and not row.counters_64 for row in rows["draytek"])
    assert {row.counters_64 for row in rows["old_ios"]} == {True, False}
    assert all(row.high_speed == 0 for row in rows["routeros_ccr"])
    assert any(row.index > 65_535 for row in rows["comware"])
    assert any(row.oper_status == 0 and not row.line_id for row in rows["draytek"])
    assert any(row.speed == STUCK and row.high_speed == 10_000 for row in rows["ios_xe"])
    for model in ("vrp", "vrp_ne"):
        line = next(row for row in rows[model] if row.line_id)
        with pytest.raises(UnicodeDecodeError):
            line.alias.decode("utf-8")
        assert line.alias.decode("gbk").endswith("广宁")


def test_aliases_fit_into_the_mib():
    """An ifAlias is at most 64 octets, and no letter is cut in two (RFC 2863)."""
    text = "qn-l001 Ủy ban nhân dân thị trấn Cái Rồng, huyện Vân Đồn, tỉnh Quảng Ninh"
    clipped = clip(text)
    assert len(clipped) <= 64
    assert text.startswith(clipped.decode("utf-8"))
    assert clipped == clipped.rstrip()
    assert clip("short") == b"short"
    for habit in (*vendors.HUB_MODELS,):
        assert all(len(row.alias) <= 64 for row in hub_rows(habit, [("qn99-l345", text)])[0])


def test_a_hub_is_no_office_router():
    """A model without an office table is refused by name."""
    with pytest.raises(ValueError, match="junos is no office router"):
        office_rows(vendors.JUNOS_HUB, ["a"], "WAN")
