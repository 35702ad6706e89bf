"""Which endpoints a readiness run is about, and which part of the inventory they are judged by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from inventories import make_inventory, make_link

from phusong.agent.inventory import Column, InterfaceSelector, Inventory, LinkEnd, MaintenanceWindow, Service, Site
from phusong.agent.meetings import Meeting
from phusong.agent.readiness.scope import endpoints_of, find_meeting, part_for, planned_work
from phusong.collectors.call_readings import ServiceKind

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DISTRICTS = {"06649": "Hạ Long", "07192": "Cô Tô"}


def meeting(meeting_id: str, begins_h: float, lasts_h: float = 1, endpoints: Sequence[str] = ("e1",)) -> Meeting:
    begin = NOW + begins_h * HOUR
    return Meeting(meeting_id, "Giao ban", begin, begin + lasts_h * HOUR, tuple(endpoints))


@pytest.mark.parametrize(
    ("meetings", "wanted", "found"),
    [
        ([], "next", None),
        ([("over", -2, 1)], "next", None),
        ([("just over", -1, 1)], "next", None),
        ([("later", 3, 1), ("sooner", 2, 1)], "next", "sooner"),
        ([("to come", 1, 1), ("runs", -0.5, 1)], "next", "runs"),
        ([("over", -2, 1), ("to come", 1, 1)], "next", "to come"),
        ([("b", 1, 1), ("a", 1, 2)], "next", "a"),
        ([("begins now", 0, 1), ("to come", 0.1, 1)], "next", "begins now"),
        ([("sooner", 1, 1), ("later", 2, 1)], "later", "later"),
        ([("runs", -0.5, 1)], "runs", "runs"),
        ([("over", -2, 1)], "over", None),
        ([("m", 1, 1)], "M", None),
        ([("m", 1, 1)], "", None),
    ],
)
def test_which_meeting(meetings: list[tuple[str, float, float]], wanted: str, found: str | None) -> None:
    """By its id as long as it is not over; ``next`` is the one that runs, else the first to come."""
    known = [meeting(*each) for each in meetings]
    assert find_meeting(known, wanted, NOW) == next((each for each in known if each.meeting_id == found), None)


# --- endpoints -----------------------------------------------------------------------------------------------


def province() -> Inventory:
    """Return five rooms: two at the centre with two lines, two behind a chain of lines, one of no line at all.

    hub-2 hangs on hub-3; switches are at rooms and before these, sw-idle is at none.
    """
    links = [
        make_link("ttdl-a", near=("hub-1", "1"), far=("r-ttdl", "1"), site="ttdl"),
        make_link("ttdl-b", near=("hub-2", "1"), far=None, site="ttdl", carrier="Carrier B"),
        make_link("vd", near=("hub-2", "2"), far=("r-vd", "1"), site="vd", carrier="Carrier B"),
        make_link("coto", near=("r-vd", "2"), far=("r-coto", "1"), site="coto", carrier="Carrier C"),
        make_link("thanhlan", near=None, far=("r-thanhlan", "1"), site="thanhlan", carrier="Carrier C"),
        make_link("other", near=("hub-9", "1"), far=("r-other", "1"), site="other"),
    ]
    addresses = {
        "hall": "10.0.0.1",
        "hall-2": "10.0.0.2",
        "r-coto": "10.0.0.3",
        "r-tl": "10.0.0.4",
        "no": "10.0.0.5",
    }
    inventory = make_inventory(
        *links, endpoints=addresses, idle_devices=["hub-3", "sw-1", "sw-2", "sw-core", "sw-idle"]
    )
    changes: dict[str, dict[str, Any]] = {
        "hall": {"site_id": "ttdl", "lan": port_of("sw-1")},
        "hall-2": {"site_id": "ttdl", "parent_link": "ttdl-b"},
        "r-coto": {"site_id": "coto", "parent_link": "coto", "lan": port_of("r-coto")},
        "r-tl": {"site_id": "thanhlan", "parent_link": "thanhlan", "lan": port_of("sw-2")},
        "no": {"site_id": "s1"},
    }
    above = {"hub-2": "hub-3", "sw-2": "sw-core"}
    links_above = {"coto": "vd", "thanhlan": "coto"}
    communes = {"coto": "07192", "thanhlan": "07192", "s1": "00000"}
    return replace(
        inventory,
        sites={
            key: replace(site, commune_code=communes.get(key, "06649")) for key, site in inventory.sites.items()
        }
        | {"empty": Site("empty", "UBND", "school", "07192", None, None)},
        devices={
            key: replace(row, parent_device=above.get(key, "")) for key, row in inventory.devices.items()
        },
        links={key: replace(row, parent_link=links_above.get(key, "")) for key, row in inventory.links.items()},
        endpoints={key: replace(row, **changes[key]) for key, row in inventory.endpoints.items()},
        services={"portal": Service("portal", "Cổng", ServiceKind.HTTPS, "10.9.0.1", 443, "/")},
    )  # fmt: skip


def port_of(device_id: str) -> LinkEnd:
    return LinkEnd(device_id, InterfaceSelector(Column.NAME, "7"))


PROVINCE = province()


@pytest.mark.parametrize(
    ("invited", "district", "found"),
    [
        (None, "", ["hall", "hall-2", "r-coto", "r-tl", "no"]),
        (None, "Cô Tô", ["r-coto", "r-tl"]),
        (None, "Hạ Long", ["hall", "hall-2"]),
        (None, "Ba Chẽ", []),
        (["r-tl", "hall"], "", ["hall", "r-tl"]),
        (["r-tl", "hall"], "Cô Tô", ["r-tl"]),
        (["hall"], "Cô Tô", []),
        (["gone"], "", []),
    ],
)
def test_which_endpoints(invited: list[str] | None, district: str, found: list[str]) -> None:
    """Of the meeting, of the district, of both or all, as the inventory has them."""
    asked = None if invited is None else meeting("m", 1, endpoints=invited)
    assert list(endpoints_of(PROVINCE, DISTRICTS, meeting=asked, district=district)) == found


@pytest.mark.parametrize(
    ("endpoint_ids", "links", "devices"),
    [
        ([], [], []),
        (["hall"], ["ttdl-a", "ttdl-b"], ["hub-1", "hub-2", "hub-3", "r-ttdl", "sw-1"]),
        (["hall-2"], ["ttdl-a", "ttdl-b"], ["hub-1", "hub-2", "hub-3", "r-ttdl"]),
        (["r-coto"], ["vd", "coto"], ["hub-2", "hub-3", "r-coto", "r-vd"]),
        (
            ["r-tl"],
            ["vd", "coto", "thanhlan"],
            ["hub-2", "hub-3", "r-coto", "r-thanhlan", "r-vd", "sw-2", "sw-core"],
        ),
        (["no"], [], []),
    ],
)
def test_by_what_they_are_judged(endpoint_ids: list[str], links: list[str], devices: list[str]) -> None:
    """Their lines and the lines before these, the devices at both ends, at the rooms and above: nothing else."""
    part = part_for(PROVINCE, endpoint_ids)
    assert list(part.endpoints) == endpoint_ids
    assert list(part.links) == links
    assert sorted(part.devices) == devices
    assert part.services == {}
    assert part.sites == PROVINCE.sites
    assert part.maintenance is PROVINCE.maintenance
    for key, row in (*part.links.items(), *part.devices.items(), *part.endpoints.items()):
        assert row in (PROVINCE.links.get(key), PROVINCE.devices.get(key), PROVINCE.endpoints.get(key))


def test_all_together_are_the_parts_joined() -> None:
    """Who is asked beside somebody changes nothing for either, and the order of the files is kept."""
    part = part_for(PROVINCE, list(PROVINCE.endpoints))
    alone = [part_for(PROVINCE, [endpoint_id]) for endpoint_id in PROVINCE.endpoints]
    for table in ("devices", "links", "endpoints"):
        joined = set().union(*(getattr(each, table) for each in alone))
        assert list(getattr(part, table)) == [key for key in getattr(PROVINCE, table) if key in joined]
    assert "other" not in part.links
    assert not part.devices.keys() & {"hub-9", "r-other", "sw-idle"}


# --- planned work --------------------------------------------------------------------------------------------


def window(what: str, begins_h: float, ends_h: float) -> MaintenanceWindow:
    return MaintenanceWindow(what, NOW + begins_h * HOUR, NOW + ends_h * HOUR, "thay cáp")


@pytest.mark.parametrize(
    ("windows", "touched"),
    [
        ([], {}),
        ([("hall", 0.5, 1.5)], {"hall": 0}),
        ([("hall", 0, 1)], {}),
        ([("hall", 0, 1.001)], {"hall": 0}),
        ([("hall", 2, 3)], {}),
        ([("hall", 1.999, 3)], {"hall": 0}),
        ([("hall", -5, 9)], {"hall": 0}),
        ([("hall", 1.2, 1.2)], {}),
        ([("hall", 1.5, 9), ("ttdl", 1.2, 9)], {"hall": 1, "hall-2": 1}),
        ([("hall", 0, 9), ("hall", 0.5, 9)], {"hall": 0}),
        ([("coto", 1, 2)], {"r-coto": 0, "r-tl": 0}),
        ([("thanhlan", 1, 2)], {"r-tl": 0}),
        ([("vd", 1, 2)], {"r-coto": 0, "r-tl": 0}),
        ([("Carrier C", 1, 2)], {"r-coto": 0, "r-tl": 0}),
        ([("ttdl-b", 1, 2)], {}),
        ([("ttdl-b", 1, 2), ("ttdl-a", 1.5, 3)], {"hall": 1, "hall-2": 1}),
        ([("ttdl-b", 1, 1.4), ("ttdl-a", 1.5, 3)], {}),
        ([("ttdl-b", 0, 1.5), ("ttdl-a", 0.5, 3)], {"hall": 0, "hall-2": 0}),
        ([("ttdl-b", 0, 1), ("ttdl-a", 0.5, 3)], {}),
        ([("other", 0.1, 9), ("Carrier A", 0.2, 9), ("ttdl-b", 0.3, 9)], {"hall": 1, "hall-2": 1}),
        ([("portal", 1, 2), ("other", 1, 2), ("nowhere", 1, 2)], {}),
    ],
)  # fmt: skip
def test_planned_work(windows: list[tuple[str, float, float]], touched: dict[str, int]) -> None:
    """What covers an endpoint in the meeting's time, or all its lines at once, or what these hang on."""
    known = [window(*each) for each in windows]
    found = planned_work(PROVINCE, known, NOW + HOUR, NOW + 2 * HOUR)
    assert found == {endpoint_id: known[number] for endpoint_id, number in touched.items()}
