"""Lines and groups of the report, on a small province whose October can be worked out by hand."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import astuple
from pathlib import Path

import pytest
from histories import (
    FORMULA_CARRIER,
    HOSTILE_LINK,
    MATHS_CARRIER,
    NOVEMBER,
    SCRIPT_CARRIER,
    report_of,
    write_province,
)

from phusong.agent.report.availability import Level, Report
from phusong.agent.report.figures import Contract

DAY_MS = 86_400_000
GAP = 0.25


def days(report: Report, link_id: str) -> dict[str, float]:
    """Return the days of each class that a line has any of."""
    (link,) = (link for link in report.links if link.link_id == link_id)
    names = link.times.__dataclass_fields__
    return {
        name.removesuffix("_ms"): ms / DAY_MS for name, ms in zip(names, astuple(link.times), strict=True) if ms
    }


@pytest.mark.parametrize(
    ("link_id", "expected"),
    [
        ("good", {"up": 31 - GAP, "gap": GAP}),
        ("bad", {"up": 27.5 - GAP, "fault": 1.5, "parent": 1, "maintenance": 1, "gap": GAP}),
        ("edge", {"up": 30.75 * 0.99, "fault": 30.75 * 0.01, "gap": GAP}),
        ("late", {"up": 15, "unknown": 1, "not_recorded": 15 - GAP, "gap": GAP}),
        ("never", {"not_recorded": 31 - GAP, "gap": GAP}),
        ("busy", {"up": 30 - GAP, "admin": 1, "congested": 1, "degraded": 0.5, "gap": GAP}),
        (HOSTILE_LINK, {"up": 1, "fault": 1, "not_recorded": 29 - GAP, "gap": GAP}),
    ],
    ids=["good", "bad", "edge", "late", "never", "busy", "left the inventory"],
)
def test_the_days_of_a_line(report: Report, link_id: str, expected: dict[str, float]) -> None:
    """What happened before October, and what lasts after it, is cut at its ends."""
    assert days(report, link_id) == pytest.approx(expected)


def test_contracts(report: Report) -> None:
    """Each line against its own; one that is out for exactly what is allowed has met it."""
    assert {link.link_id: link.contract for link in report.links} == {
        "good": Contract.MET,
        "bad": Contract.MISSED,
        "edge": Contract.MET,
        "late": Contract.NOT_STATED,
        "never": Contract.NOT_MEASURED,
        "busy": Contract.MET,
        HOSTILE_LINK: Contract.NOT_STATED,
    }
    bad = next(link for link in report.links if link.link_id == "bad")
    assert bad.missed_ms == pytest.approx((1.5 - 28.75 * 0.001) * DAY_MS, abs=1)
    assert [(outage.fault_ms / DAY_MS) for outage in bad.measured.outages] == [1.0, 0.5]


def test_the_worst_comes_first(report: Report) -> None:
    """By the share of faults; a line of which nothing is known comes last and is no good one."""
    assert [link.link_id for link in report.links] == [
        HOSTILE_LINK,
        "bad",
        "edge",
        "busy",
        "good",
        "late",
        "never",
    ]


def test_groups(report: Report) -> None:
    """Every line is in one group of each level, and the groups add up to the whole."""
    for groups in report.groups.values():
        assert Counter(link.link_id for group in groups for link in group.links) == Counter(
            link.link_id for link in report.links
        )
        assert sum(group.times.total_ms for group in groups) == report.total.times.total_ms == 7 * 31 * DAY_MS
        assert sum(group.outages for group in groups) == report.total.outages == 4
    carriers = {group.name: group for group in report.groups[Level.CARRIER]}
    assert carriers.keys() == {"", "VNPT", FORMULA_CARRIER, SCRIPT_CARRIER, MATHS_CARRIER}
    vnpt = carriers["VNPT"]
    up, fault = 30.75 + 27.25 + 30.75 * 0.99, 1.5 + 30.75 * 0.01
    assert vnpt.times.carrier_availability_ratio == int(up / (up + fault) * 1e5) / 1e5
    assert (vnpt.contracts, vnpt.with_contract, vnpt.below_contract) == ([0.99, 0.999], 3, 1)
    assert vnpt.worst.link_id == "bad"
    assert {group.name for group in report.groups[Level.DISTRICT]} == {"", "Huyện Cô Tô", "Thành phố Hạ Long"}
    assert {group.key for group in report.groups[Level.COMMUNE]} == {"", "07192", "06649"}


def test_an_edition_without_districts_has_no_such_level(tmp_path: Path) -> None:
    """Nothing is made up for it."""
    report = report_of(write_province(tmp_path, "2025-07"))
    assert list(report.groups) == [Level.CARRIER, Level.COMMUNE]


def test_what_happens_later_changes_no_month_that_is_over(tmp_path: Path, report: Report) -> None:
    """The figures and the fingerprint of a closed month stay, whatever is recorded after it."""
    config = write_province(tmp_path)
    with closing(sqlite3.connect(tmp_path / "state/phusong.db")) as connection:
        connection.execute("UPDATE period SET end = ? WHERE end IS NULL", (NOVEMBER + 60,))
        connection.execute("UPDATE stretch SET end = end + 86400 WHERE end > ?", (NOVEMBER,))
        connection.execute("INSERT INTO period VALUES ('link', 'good', ?, NULL, 'down', '')", (NOVEMBER + 60,))
        connection.commit()
    assert report_of(config) == report
    with closing(sqlite3.connect(tmp_path / "state/phusong.db")) as connection:
        connection.execute("UPDATE period SET end = end - 120 WHERE end = ?", (NOVEMBER + 60,))
        connection.commit()
    assert report_of(config).fingerprint != report.fingerprint
