"""The states of a readiness report, their order and their counts."""

from __future__ import annotations

import pytest
from readiness_made import WARNINGS, finding, full_report, made_report, made_row

from phusong.agent.readiness.readiness import Reason
from phusong.agent.readiness.sums import ReasonCount, State, by_district, by_reason, count, in_order, state_of


@pytest.mark.parametrize(
    ("reasons", "state"),
    [
        ((), State.READY),
        ((Reason.NO_GOOD_CALL, Reason.IN_CALL), State.READY_WITH_WARNINGS),
        ((Reason.NOT_KNOWN,), State.NOT_KNOWN),
        ((Reason.NOT_KNOWN, Reason.NO_GOOD_CALL), State.NOT_KNOWN),
        ((Reason.LINE_DOWN, Reason.NOT_KNOWN), State.NOT_READY),
        ((Reason.LINE_DOWN, Reason.NO_GOOD_CALL), State.NOT_READY),
    ],
)
def test_states(reasons: tuple[Reason, ...], state: State) -> None:
    """What keeps out decides; warnings alone do not."""
    assert state_of(made_row("a", *map(finding, reasons))) is state


def test_who_needs_somebody_is_first() -> None:
    """Not ready, not known, ready with warnings, ready; within a state the order of the inventory stays."""
    rows = [
        made_row("r1"),
        made_row("w1", finding(Reason.IN_CALL)),
        made_row("n1", finding(Reason.FAULT)),
        made_row("k1", finding(Reason.NOT_KNOWN)),
        made_row("n0", finding(Reason.LINE_DOWN)),
        made_row("r0"),
    ]
    assert [row.endpoint_id for row in in_order(made_report(*rows))] == ["n1", "n0", "k1", "w1", "r1", "r0"]


def test_counts_add_up() -> None:
    """Every endpoint is in one state and in one district, and the ready ones are those of the report."""
    report = full_report()
    counts = count(report.rows)
    assert counts.endpoints == len(report.rows) == sum(item.counts.endpoints for item in by_district(report))
    assert counts.ready == report.ready_count
    for state in State:
        assert counts.by_state[state] == sum(item.counts.by_state[state] for item in by_district(report))
        assert counts.by_state[state] == sum(state_of(row) is state for row in report.rows) > 0


def test_districts_worst_first() -> None:
    """Most not ready, then most not known, then by name; endpoints without a district are one group."""
    rows = [
        made_row("a", district="B"),
        made_row("b", district="A"),
        made_row("c", finding(Reason.NOT_KNOWN), district="C"),
        made_row("d", finding(Reason.FAULT), district=""),
        made_row("e", district="A"),
    ]
    districts = by_district(made_report(*rows))
    assert [(item.district, item.counts.endpoints) for item in districts] == [
        ("", 1),
        ("C", 1),
        ("A", 2),
        ("B", 1),
    ]


def test_reasons_count_endpoints() -> None:
    """Once an endpoint, heaviest first; one that is kept out by a reason is not warned of it too."""
    fault = finding(Reason.FAULT)
    rows = [
        made_row("a", fault, fault),
        made_row("b", finding(Reason.CERTIFICATE)),
        made_row("c", fault, finding(Reason.CERTIFICATE), finding(Reason.LINE_DOWN)),
    ]
    assert by_reason(made_report(*rows)) == [
        ReasonCount(Reason.LINE_DOWN, 1, 0),
        ReasonCount(Reason.FAULT, 2, 0),
        ReasonCount(Reason.CERTIFICATE, 0, 2),
    ]
    found = by_reason(full_report())
    assert [item.reason for item in found] == list(Reason)
    assert all((item.keeps_out, item.warns) == ((0, 2) if item.reason in WARNINGS else (2, 0)) for item in found)
