"""The report from what was asked and what is known beside it: who is ready, by which line, and since when not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from endpoint_readings import answered, call, room
from inventories import make_inventory, make_link
from rows_made import ECHO, LOSSY, endpoint_row, link_row, port_reading, port_traffic
from snapshot_of_rows import snapshot_of

from phusong.agent.inventory import Inventory, MaintenanceWindow
from phusong.agent.meetings import Meeting
from phusong.agent.readiness.make_report import RECORD_TELLS_AFTER_S, Beside, make_report
from phusong.agent.readiness.readiness import Finding, ReadinessReport, Reason
from phusong.collectors.call_readings import ServiceKind
from phusong.coverage.editions import load_edition
from phusong.exporters.snapshot import CallFault, Degradation, EndpointInfo, EndpointRow, LinkRow, Verdict

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
T = NOW.timestamp()
HOUR = timedelta(hours=1)
DAY_S = 86_400.0
BESIDE = Beside(load_edition("2020-01").communes, needed_mbps=2.0)
IN_CALL = room("e1", in_call=True, calls=(call(),))
POOR = room("e1", in_call=True, calls=(call(loss=0.1),))
CONGESTED = link_row(Verdict.CONGESTED, rule="use")
DEGRADED = link_row(Verdict.DEGRADED, rule="loss", degradations=(Degradation.LOSS,))
SLOW_PORT = port_reading(speed_bps=10_000_000)
WINDOW = MaintenanceWindow("l1", NOW + HOUR, NOW + 3 * HOUR, "thay cáp")


def inventory_of(*link_ids: str, address: str = "192.0.2.1", **changes: Any) -> Inventory:
    """Return the room e1 in the office of these lines."""
    links = [make_link(link_id, near=None, far=("cpe", link_id)) for link_id in link_ids]
    inventory = make_inventory(*links, endpoints={"e1": address})
    return replace(inventory, endpoints={"e1": replace(inventory.endpoints["e1"], **changes)})


def report_on(
    endpoint: EndpointRow,
    *links: LinkRow,
    beside: Beside = BESIDE,
    inventory: Inventory | None = None,
) -> ReadinessReport:
    known = inventory or inventory_of(*(link.info.link_id for link in links))
    return make_report(snapshot_of(T, links=links, endpoints=[endpoint]), known, {"e1"}, beside, took_s=4.5)


def found(report: ReadinessReport) -> list[tuple[str, bool, str]]:
    """Return reason, whether it keeps out, and detail of the findings on the one endpoint."""
    (row,) = report.rows
    return [(each.reason.value, each.keeps_out, each.detail) for each in row.findings]


def test_everything_that_is_known_is_in_a_row() -> None:
    """Of the endpoint, its office and its line; the report says when, for whom, and how long it took."""
    services = (answered(ServiceKind.SIP_UDP),)
    reading = room("e1", model="Studio X50", software="4.1.0")
    meeting = Meeting("m1", "Giao ban", NOW + HOUR, NOW + 2 * HOUR, ("e1",))
    beside = replace(BESIDE, meeting=meeting, district="Thành phố Hạ Long", last_good_calls={"e1": T - DAY_S})
    report = report_on(endpoint_row(reading=reading, services=services), link_row(), beside=beside)
    (row,) = report.rows
    assert (report.checked_at, report.took_s, report.needed_mbps) == (NOW, 4.5, 2.0)
    assert (report.meeting, report.district, report.synthetic) == (meeting, "Thành phố Hạ Long", False)
    assert (row.endpoint_id, row.name, row.site_id, row.site_name) == ("e1", "Room e1", "s1", "Office s1")
    assert (row.commune, row.district) == ("Phường Hà Khánh", "Thành phố Hạ Long")
    assert (row.verdict, row.ready, row.findings) == (Verdict.READY, True, ())
    assert (row.link_id, row.carrier, row.link_verdict) == ("l1", "Carrier A", Verdict.UP)
    assert (row.headroom_down_mbps, row.headroom_up_mbps) == (9.0, 9.0)
    assert (row.services, row.model, row.software) == (services, "Studio X50", "4.1.0")
    assert row.last_good_call == NOW - timedelta(days=1)


def test_an_office_of_which_nothing_is_known() -> None:
    """No line, no commune of the edition, no reading: empty fields, and the headroom is not known."""
    inventory = inventory_of()
    site = replace(inventory.sites["s1"], commune_code="00000")
    report = report_on(endpoint_row(), inventory=replace(inventory, sites={"s1": site}))
    (row,) = report.rows
    assert (row.commune, row.district, row.link_id, row.carrier, row.link_verdict) == ("", "", "", "", None)
    assert (row.headroom_down_mbps, row.headroom_up_mbps, row.model, row.software) == (None, None, "", "")
    assert [reason for reason, _, _ in found(report)] == ["snmp_silent", "headroom_not_known"]


def test_only_who_was_asked_for() -> None:
    """Rows come in the order of the snapshot; of others there is none."""
    rows = [endpoint_row(info=EndpointInfo(key, "s1", f"Room {key}")) for key in ("e3", "e1", "e2")]
    inventory = make_inventory(endpoints=dict.fromkeys(("e1", "e2", "e3"), "192.0.2.1"))
    report = make_report(snapshot_of(T, endpoints=rows), inventory, {"e1", "e3"}, BESIDE, 1.0)
    assert [row.endpoint_id for row in report.rows] == ["e3", "e1"]


# --- the line ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "watched", "shown", "reasons"),
    [
        (link_row(), None, Verdict.UP, []),
        (link_row(), link_row(), Verdict.UP, []),
        (link_row(), CONGESTED, Verdict.CONGESTED, [("line_congested", True, "")]),
        (link_row(), DEGRADED, Verdict.DEGRADED, [("line_degraded", True, "loss")]),
        (link_row(), link_row(Verdict.DOWN), Verdict.UP, []),
        (link_row(), link_row(Verdict.UNKNOWN), Verdict.UP, []),
        (link_row(), link_row(Verdict.MAINTENANCE), Verdict.UP, []),
        (link_row(Verdict.SNMP_DEAD), CONGESTED, Verdict.SNMP_DEAD, [("headroom_not_known", False, "")]),
        (link_row(Verdict.DEGRADED), CONGESTED, Verdict.DEGRADED, [("line_degraded", True, "")]),
    ],
)
def test_a_line_as_the_agent_saw_it(
    asked: LinkRow, watched: LinkRow | None, shown: Verdict, reasons: list[tuple[str, bool, str]]
) -> None:
    """Full or degraded shows after minutes of watching: it counts where one look says only that the line is up."""
    beside = replace(BESIDE, watched={} if watched is None else {"l1": watched})
    report = report_on(endpoint_row(reading=room()), asked, beside=beside)
    assert found(report) == reasons
    assert report.rows[0].link_verdict is shown


def test_how_full_it_is_was_measured_now() -> None:
    """The verdict is the agent's, the headroom is that of the run."""
    watched = replace(CONGESTED, use_down_ratio=0.97, use_up_ratio=0.97)
    asked = link_row(use_down_ratio=0.2, use_up_ratio=0.4)
    (row,) = report_on(endpoint_row(), asked, beside=replace(BESIDE, watched={"l1": watched})).rows
    assert (row.headroom_down_mbps, row.headroom_up_mbps) == (8.0, 6.0)


def test_of_several_lines_the_best_counts() -> None:
    """A line that the agent knows to be full is no more the best one of its office."""
    wide, narrow = link_row(link_id="wide", mbps=100.0), link_row(link_id="narrow", mbps=10.0)
    assert report_on(endpoint_row(), narrow, wide).rows[0].link_id == "wide"
    beside = replace(BESIDE, watched={"wide": CONGESTED})
    assert report_on(endpoint_row(), narrow, wide, beside=beside).rows[0].link_id == "narrow"
    named = inventory_of("narrow", "wide", parent_link="narrow")
    assert report_on(endpoint_row(), narrow, wide, inventory=named).rows[0].link_id == "narrow"


# --- poor calls ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "watched", "endpoint", "detail"),
    [
        (link_row(), None, {}, "unknown"),
        (link_row(), link_row(), {}, "room"),
        (link_row(), link_row(Verdict.UNKNOWN), {}, "room"),
        (link_row(), CONGESTED, {}, "link l1"),
        (link_row(), DEGRADED, {}, "link l1"),
        (link_row(ping=LOSSY), None, {}, "link l1"),
        (link_row(), None, {"ping": LOSSY}, "unknown"),
        (link_row(), link_row(), {"ping": LOSSY}, "room"),
        (link_row(), None, {"port": SLOW_PORT}, "room"),
        (link_row(), None, {"port_traffic": port_traffic(errors=0.01)}, "room"),
        (link_row(), None, {"port_half_duplex": True}, "room"),
        (None, None, {"port": SLOW_PORT}, "room"),
        (link_row(), CONGESTED, {"port": SLOW_PORT}, "link l1"),
        (link_row(Verdict.SNMP_DEAD), CONGESTED, {}, "unknown"),
        (link_row(Verdict.MAINTENANCE), None, {}, "unknown"),
        (None, None, {}, "unknown"),
    ],
)
def test_whose_fault_a_poor_call_is(
    line: LinkRow | None, watched: LinkRow | None, endpoint: dict[str, Any], detail: str
) -> None:
    """With what the agent saw of the line; that a line is clean, or not, one look without an agent cannot tell."""
    facts = {"reading": POOR, "ping": ECHO, "fault": CallFault.ROOM, "cause": "link gone", **endpoint}
    row = endpoint_row(Verdict.POOR_CALL, **facts)
    beside = replace(BESIDE, watched={} if watched is None else {"l1": watched})
    report = report_on(row, *([line] if line else []), beside=beside)
    assert ("poor_call", True, detail) in found(report)
    assert report.rows[0].ready is False


# --- planned work --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdict", "planned", "maintenance"),
    [
        (Verdict.READY, {}, []),
        (Verdict.READY, {"other": WINDOW}, []),
        (Verdict.READY, {"e1": WINDOW}, ["2026-11-20T09:00+07:00/2026-11-20T11:00+07:00"]),
        (Verdict.UNREACHABLE, {"e1": WINDOW}, ["2026-11-20T09:00+07:00/2026-11-20T11:00+07:00"]),
        (Verdict.MAINTENANCE, {"e1": WINDOW}, [""]),
        (Verdict.MAINTENANCE, {}, [""]),
    ],
)
def test_maintenance_at_the_time_of_the_meeting(
    verdict: Verdict, planned: dict[str, MaintenanceWindow], maintenance: list[str]
) -> None:
    """It keeps out and comes first, told once, with its times as the province has them."""
    row = endpoint_row(verdict, reading=room())
    report = report_on(row, link_row(), beside=replace(BESIDE, planned=planned))
    told = [each for each in found(report) if each[0] == "maintenance"]
    assert told == [("maintenance", True, detail) for detail in maintenance]
    assert found(report)[: len(told)] == told
    assert (report.rows[0].ready is False) is bool(told or verdict is Verdict.UNREACHABLE)


# --- the record of calls -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdict", "calls", "since", "last", "told"),
    [
        (Verdict.READY, None, None, None, False),
        (Verdict.READY, {}, T - RECORD_TELLS_AFTER_S, None, True),
        (Verdict.READY, {}, T - RECORD_TELLS_AFTER_S + 1, None, False),
        (Verdict.READY, {}, T - 300 * DAY_S, None, True),
        (Verdict.READY, {"other": T - 60}, T - 300 * DAY_S, None, True),
        (Verdict.READY, {"e1": T - 200 * DAY_S}, T - 300 * DAY_S, T - 200 * DAY_S, False),
        (Verdict.READY, {"e1": T - 60}, T - DAY_S, T - 60, False),
        (Verdict.READY, {"e1": T + 60}, T - DAY_S, T, False),
        (Verdict.IN_CALL, {}, T - 300 * DAY_S, T, False),
        (Verdict.IN_CALL, None, None, T, False),
        (Verdict.IN_CALL, {"e1": T - 60}, T - DAY_S, T, False),
        (Verdict.POOR_CALL, {"e1": T - 60}, T - DAY_S, T - 60, False),
        (Verdict.POOR_CALL, {}, T - 300 * DAY_S, None, True),
    ],
)
def test_the_last_good_call(
    verdict: Verdict, calls: dict[str, float] | None, since: float | None, last: float | None, told: bool
) -> None:
    """Now while it is in one, else what the record says; that there is none is told when the record goes back."""
    beside = replace(BESIDE, last_good_calls=calls, recorded_since=since)
    report = report_on(endpoint_row(verdict, reading=IN_CALL), link_row(), beside=beside)
    (row,) = report.rows
    assert row.last_good_call == (None if last is None else datetime.fromtimestamp(last, UTC))
    assert (Finding(Reason.NO_GOOD_CALL, keeps_out=False) in row.findings) is told


# --- simulated or not ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("addresses", "synthetic"),
    [
        ([], False),
        (["127.0.0.1"], True),
        (["127.9.8.7", "::1"], True),
        (["127.9.8.7", "10.0.0.1"], False),
        (["192.0.2.1"], False),
        (["localhost"], False),
        (["room.example"], False),
    ],
)
def test_whether_it_is_a_simulation(addresses: Sequence[str], synthetic: bool) -> None:
    """Only when every endpoint of the report has an address that can be nothing else."""
    ids = [f"e{number}" for number, _ in enumerate(addresses)]
    rows = [endpoint_row(info=EndpointInfo(key, "s1", "Room")) for key in (*ids, "not asked for")]
    inventory = make_inventory(endpoints={**dict(zip(ids, addresses, strict=True)), "not asked for": "192.0.2.9"})
    report = make_report(snapshot_of(T, endpoints=rows), inventory, set(ids), BESIDE, 1.0)
    assert report.synthetic is synthetic


@pytest.mark.parametrize(("mbps", "detail"), [(3.0, "2.7 / 4 Mbit/s, 2"), (6.0, "")])
def test_rooms_that_share_a_line(mbps: float, detail: str) -> None:
    """A line with room for one of two rooms of a meeting is told to both, as a warning."""
    inventory = inventory_of("l1")
    other = replace(inventory.endpoints["e1"], endpoint_id="e2")
    inventory = replace(inventory, endpoints={"e1": inventory.endpoints["e1"], "e2": other})
    rows = [
        replace(endpoint_row(reading=room(name)), info=EndpointInfo(name, "s1", f"Room {name}"))
        for name in ("e1", "e2")
    ]
    snapshot = snapshot_of(T, links=[link_row(mbps=mbps)], endpoints=rows)
    both = make_report(snapshot, inventory, {"e1", "e2"}, BESIDE, took_s=1.0)
    told = [[(each.reason, each.keeps_out, each.detail) for each in row.findings] for row in both.rows]
    expected = [(Reason.HEADROOM_SHARED, False, detail)] if detail else []
    assert told == [expected, expected]
    alone = make_report(snapshot, inventory, {"e1"}, BESIDE, took_s=1.0)
    assert [row.findings for row in alone.rows] == [()]
