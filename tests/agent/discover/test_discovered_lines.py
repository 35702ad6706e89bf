"""Which interfaces are taken for ends of lines, which two for one line, and which end is which: never by guess."""

from __future__ import annotations

import pytest
from devices_found import interface

from phusong.agent.discover.discovered_lines import FoundLine, Interfaces, find_lines, line_reason, line_reasons
from phusong.collectors.discovery import FoundInterface


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (interface(1, "ether1", "192.0.2.1/30"), "in 192.0.2.0/30"),
        (interface(1, "ether1", "192.0.2.1/31"), "in 192.0.2.0/31"),
        (interface(1, "ether1", "192.0.2.1/29"), ""),
        (interface(1, "ether1", "169.254.0.1/30"), ""),
        (interface(1, "wan1"), "called wan1"),
        (interface(1, "", descr="WAN2"), "called WAN2"),
        (interface(1, "swan"), ""),
        (interface(1, "wwan0", if_type=243), ""),
        (interface(1, "Gi0/0", alias="Kênh truyền số liệu"), "ifAlias says Kênh"),
        (interface(1, "Gi0/0", alias="VNPT 20M"), "ifAlias says VNPT"),
        (interface(1, "Gi0/0", alias="LAN tầng 2"), ""),
        (interface(1, "Se0/0/0", if_type=22), "ifType propPointToPointSerial"),
        (interface(1, "pppoe-out1", if_type=23), "ifType ppp"),
        (interface(1, "l2tp-out1", if_type=23), ""),
        (interface(1, "Lo0", "192.0.2.1/30"), ""),
        (interface(1, "ssl.root", "192.0.2.1/30", if_type=131), ""),
        (interface(1, "local", "192.0.2.1/30"), "in 192.0.2.0/30"),
        (interface(1, "", if_type=None), ""),
    ],
)
def test_why_an_interface_looks_like_a_line(found: FoundInterface, reason: str) -> None:
    """Addresses, types and labels of lines; tunnels, loopbacks and modems never."""
    assert line_reason(found) == reason


def test_a_handover_is_five_labelled_sub_interfaces() -> None:
    """A hub takes lines in as VLANs of a port; four of them may be an office's LAN."""
    rows = [interface(n, f"Te0/0/0.110{n}", alias=f"line {n}", if_type=135) for n in range(1, 6)]
    assert set(line_reasons(rows).values()) == {"a labelled sub-interface, as of a handover"}
    assert line_reasons(rows[:4]) == {}


HUB = "hub"


def lines(devices: Interfaces, **names: str) -> set[tuple[str, str]]:
    """Return the ends of the lines found, near and far, as texts."""

    def end(line: FoundLine, side: str) -> str:
        found = getattr(line, side)
        return f"{found[0]}:{found[1]}" if found else ""

    return {(end(line, "near"), end(line, "far")) for line in find_lines(devices, names)}


def test_two_ends_of_one_network_are_one_line() -> None:
    """The device with more partners is the near end, wherever it stands in the list."""
    devices = {
        "coto": [interface(1, "wan1", "192.0.2.2/30")],
        HUB: [interface(7, "Gi0/7", "192.0.2.1/30"), interface(8, "Gi0/8", "192.0.2.5/30")],
        "haiha": [interface(3, "ether3", "192.0.2.6/30")],
    }
    assert lines(devices) == {("hub:7", "coto:1"), ("hub:8", "haiha:3")}


def test_between_equals_the_first_asked_is_near() -> None:
    """Two devices alone: nothing tells the hub, so the order of the asking does."""
    one, other = [interface(1, "a", "192.0.2.1/31")], [interface(1, "b", "192.0.2.0/31")]
    assert lines({"x": one, "y": other}) == {("x:1", "y:1")}
    assert lines({"y": other, "x": one}) == {("y:1", "x:1")}


@pytest.mark.parametrize(
    "other",
    [
        [interface(1, "b", "192.0.2.1/30")],  # the same address twice: another network of the same numbers
        [interface(1, "b", "192.0.2.2/30"), interface(2, "c", "192.0.2.2/30")],
        [interface(1, "b", "192.0.2.2/29")],
    ],
    ids=["one address twice", "three members", "other lengths"],
)
def test_ambiguous_networks_pair_nothing(other: list[FoundInterface]) -> None:
    """Private networks repeat: what is not two different ends of one is left as single ends."""
    assert all("" in pair for pair in lines({"x": [interface(1, "a", "192.0.2.1/30")], "y": other}))


def test_a_device_is_not_the_other_end_of_itself() -> None:
    """A cable between two ports of one router is no line."""
    loop = [interface(1, "a", "192.0.2.1/30"), interface(2, "b", "192.0.2.2/30")]
    assert lines({"x": loop}) == {("", "x:1"), ("", "x:2")}


def test_a_label_that_names_a_device_pairs_it() -> None:
    """The engineers' own words, when they are unambiguous in both directions."""
    hub = [interface(n, f"Gi0/{n}", alias=alias) for n, alias in ((1, "to COTO-R1 (VNPT)"), (2, "to haiha-r1"))]
    offices = {"coto": [interface(5, "wan1")], "haiha": [interface(6, "wan1"), interface(7, "wan2")]}
    found = lines({HUB: hub, **offices}, hub="hub", coto="coto-r1", haiha="haiha-r1")
    assert ("hub:1", "coto:5") in found
    assert {("", "haiha:6"), ("", "haiha:7")} < found  # two candidates: not guessed


@pytest.mark.parametrize(
    ("names", "aliases"),
    [
        ({"coto": "coto-r1", "twin": "coto-r1"}, ["to coto-r1"]),
        ({"coto": "coto-r1"}, ["to coto-r1", "coto-r1 backup"]),
        ({"coto": "r1"}, ["to r1"]),
        ({"coto": "coto-r1"}, ["to coto-r12"]),
    ],
    ids=["two of one name", "named twice", "too short", "only a beginning"],
)
def test_an_ambiguous_label_pairs_nothing(names: dict[str, str], aliases: list[str]) -> None:
    """A name of two devices, a device named twice, and parts of words say nothing."""
    hub = [interface(n, f"Gi0/{n}", alias=alias) for n, alias in enumerate(aliases, start=1)]
    devices = {HUB: hub, "coto": [interface(5, "wan1")], "twin": [interface(5, "lan")]}
    assert lines(devices, **names) == {("", "coto:5")}


def test_the_address_plan_comes_before_labels() -> None:
    """Where the two contradict each other, addresses are what packets follow; no end is in two lines."""
    devices = {
        HUB: [interface(1, "Gi0/1", "192.0.2.1/30", alias="to haiha-r1")],
        "coto": [interface(5, "wan1", "192.0.2.2/30")],
        "haiha": [interface(6, "wan1")],
    }
    found = lines(devices, hub="hub-1", coto="coto-r1", haiha="haiha-r1")
    assert found == {("hub:1", "coto:5"), ("", "haiha:6")}


def test_a_device_of_many_lines_is_the_near_end() -> None:
    """Without any partner: five line ends make a hub, fewer an office."""
    rows = [interface(n, f"wan{n}") for n in range(1, 6)]
    assert lines({"x": rows}) == {(f"x:{n}", "") for n in range(1, 6)}
    assert lines({"x": rows[:4]}) == {("", f"x:{n}") for n in range(1, 5)}
