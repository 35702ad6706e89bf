"""Who is ready for a meeting: every reason, their order, what is left of a line, and which line is meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from endpoint_readings import answered, call, room
from hypothesis import given
from hypothesis import strategies as st
from rows_made import ECHO, LOSSY, NO_ECHO, endpoint_row, link_row

from phusong.agent.readiness.judge import (
    SERIOUS_FAULTS,
    Headroom,
    best_line,
    headroom_of,
    judge_readiness,
    line_of_meeting,
    ordered,
)
from phusong.agent.readiness.readiness import Finding, Reason, is_ready
from phusong.collectors.call_readings import (
    CallReading,
    CertificateReading,
    ServiceKind,
    ServiceReading,
    ServiceState,
)
from phusong.exporters.snapshot import (
    ENDPOINT_VERDICTS,
    LINK_VERDICTS,
    CallFault,
    Degradation,
    EndpointRow,
    LinkRow,
    Verdict,
)

NOW = 1_795_000_000.0
DAY_S = 86_400.0
OUT, WARNING = True, False


def judged(row: EndpointRow, link: LinkRow | None = None, needed: float = 2.0) -> list[tuple[Reason, bool, str]]:
    found = judge_readiness(row, link or link_row(), needed_mbps=needed, now=NOW)
    return [(finding.reason, finding.keeps_out, finding.detail) for finding in found]


def certified(kind: ServiceKind, days: float) -> ServiceReading:
    certificate = CertificateReading(NOW - 400 * DAY_S, NOW + days * DAY_S, "ab" * 32, trusted=False)
    return replace(answered(kind), certificate=certificate)


def lost(kind: ServiceKind, state: ServiceState, code: int | None = None) -> ServiceReading:
    return answered(kind, state, code)


REFUSING = (
    lost(ServiceKind.SIP_UDP, ServiceState.UNAVAILABLE, 503),
    lost(ServiceKind.H323, ServiceState.REFUSED),
    lost(ServiceKind.HTTPS, ServiceState.SILENT),
)
READING = room()


@pytest.mark.parametrize(
    ("row", "link", "expected"),
    [
        pytest.param(endpoint_row(reading=READING), link_row(), [], id="all is well"),
        (endpoint_row(Verdict.MAINTENANCE, reading=READING), link_row(), [(Reason.MAINTENANCE, OUT, "")]),
        (
            endpoint_row(Verdict.PARENT_DOWN, cause="device hub-1"),
            link_row(Verdict.PARENT_DOWN),
            [(Reason.LINE_DOWN, OUT, "device hub-1")],
        ),
        (endpoint_row(Verdict.UNREACHABLE), link_row(), [(Reason.UNREACHABLE, OUT, "")]),
        (endpoint_row(Verdict.UNREACHABLE), link_row(Verdict.SNMP_DEAD), [(Reason.UNREACHABLE, OUT, "")]),
        (endpoint_row(Verdict.UNREACHABLE), link_row(Verdict.DOWN), [(Reason.LINE_DOWN, OUT, "link l1")]),
        (
            endpoint_row(Verdict.UNKNOWN),
            link_row(Verdict.ADMIN_DOWN),
            [(Reason.LINE_DOWN, OUT, "link l1"), (Reason.HEADROOM_NOT_KNOWN, WARNING, "")],
        ),
        (endpoint_row(Verdict.UNKNOWN), link_row(), [(Reason.NOT_KNOWN, OUT, "")]),
        (endpoint_row(Verdict.SNMP_DEAD), link_row(), [(Reason.NOT_KNOWN, OUT, "ping")]),
        (
            endpoint_row(Verdict.NO_SERVICE, reading=READING, services=REFUSING),
            link_row(),
            [(Reason.NO_SERVICE, OUT, "sip-udp 503, h323 refused")],
        ),
        (endpoint_row(Verdict.NOT_REGISTERED, reading=READING), link_row(), [(Reason.NOT_REGISTERED, OUT, "")]),
        (
            endpoint_row(reading=room(faults=("fan", "camera", "half_duplex", "microphone"))),
            link_row(),
            [(Reason.FAULT, OUT, "camera, microphone"), (Reason.FAULT, WARNING, "fan, half_duplex")],
        ),
        (
            endpoint_row(Verdict.POOR_CALL, reading=READING, cause="link l1", fault=CallFault.LINE),
            link_row(),
            [(Reason.POOR_CALL, OUT, "link l1")],
        ),
        (
            endpoint_row(Verdict.POOR_CALL, reading=READING, fault=CallFault.ROOM),
            link_row(),
            [(Reason.POOR_CALL, OUT, "room")],
        ),
        (endpoint_row(Verdict.POOR_CALL, reading=READING), link_row(), [(Reason.POOR_CALL, OUT, "")]),
        (endpoint_row(reading=READING), link_row(Verdict.CONGESTED), [(Reason.LINE_CONGESTED, OUT, "")]),
        (
            endpoint_row(reading=READING),
            link_row(Verdict.DEGRADED, degradations=(Degradation.LOSS, Degradation.FLAPPING)),
            [(Reason.LINE_DEGRADED, OUT, "loss, flapping")],
        ),
        (
            endpoint_row(reading=READING),
            link_row(use_down_ratio=0.85, use_up_ratio=1.5),
            [(Reason.HEADROOM_DOWN, OUT, "1.5 / 2 Mbit/s"), (Reason.HEADROOM_UP, OUT, "0 / 2 Mbit/s")],
        ),
        (
            endpoint_row(reading=READING),
            link_row(use_down_ratio=0.8004),
            [(Reason.HEADROOM_DOWN, OUT, "1.99 / 2 Mbit/s")],
        ),
        (endpoint_row(reading=READING), link_row(use_down_ratio=0.79, use_up_ratio=0.75), []),
        (
            endpoint_row(reading=READING),
            link_row(use_up_ratio=None),
            [(Reason.HEADROOM_NOT_KNOWN, WARNING, "")],
        ),
        (
            endpoint_row(reading=READING),
            link_row(use_down_ratio=None, use_up_ratio=0.99),
            [(Reason.HEADROOM_UP, OUT, "0.1 / 2 Mbit/s"), (Reason.HEADROOM_NOT_KNOWN, WARNING, "")],
        ),
        (endpoint_row(reading=READING, ping=LOSSY), link_row(), [(Reason.PING_LOSS, WARNING, "4/5")]),
        (endpoint_row(reading=READING, ping=NO_ECHO), link_row(), []),
        (
            endpoint_row(Verdict.IN_CALL, reading=room(calls=(call(),))),
            link_row(),
            [(Reason.IN_CALL, WARNING, "")],
        ),
        (endpoint_row(Verdict.IN_CALL, reading=READING), link_row(), [(Reason.CALL_NOT_MEASURED, WARNING, "")]),
        (
            endpoint_row(reading=READING, services=(answered(ServiceKind.SIP_UDP, ServiceState.ALIVE, 480),)),
            link_row(),
            [(Reason.NOT_FREE, WARNING, "480")],
        ),
        (
            endpoint_row(reading=READING, services=(answered(ServiceKind.SIP_UDP, ServiceState.ALIVE, 401),)),
            link_row(),
            [],
        ),
        (
            endpoint_row(
                reading=READING,
                services=(
                    answered(ServiceKind.SIP_UDP, ServiceState.ALIVE, 603),
                    answered(ServiceKind.H323),
                ),
            ),
            link_row(),
            [],
        ),
        (
            endpoint_row(reading=READING),
            link_row(Verdict.DOWN, up=False),
            [(Reason.LINE_DOWN, WARNING, "link l1"), (Reason.HEADROOM_NOT_KNOWN, WARNING, "")],
        ),
        (endpoint_row(reading=room(faults=("sip", "h323"))), link_row(), [(Reason.FAULT, OUT, "sip, h323")]),
        (endpoint_row(), link_row(), [(Reason.SNMP_SILENT, WARNING, "")]),
        (
            endpoint_row(Verdict.IN_CALL, reading=room(calls=(call(lines=480), call(lines=360), call()))),
            link_row(),
            [(Reason.IN_CALL, WARNING, ""), (Reason.NOT_HD, WARNING, "360p")],
        ),
        (
            endpoint_row(Verdict.IN_CALL, reading=room(calls=(call(lines=720), CallReading()))),
            link_row(),
            [(Reason.IN_CALL, WARNING, "")],
        ),
        (
            endpoint_row(
                reading=READING,
                services=(certified(ServiceKind.HTTPS, 12.9), certified(ServiceKind.SIP_TLS, 20.5)),
            ),
            link_row(),
            [(Reason.CERTIFICATE, WARNING, "https 12 d")],
        ),
        (
            endpoint_row(reading=READING, services=(certified(ServiceKind.SIP_TLS, -0.2),)),
            link_row(),
            [(Reason.CERTIFICATE, WARNING, "sip-tls -1 d")],
        ),
        (endpoint_row(reading=READING, services=(certified(ServiceKind.HTTPS, 21.5),)), link_row(), []),
    ],
)  # fmt: skip
def test_every_reason(row: EndpointRow, link: LinkRow, expected: list[tuple[Reason, bool, str]]) -> None:
    """Each fact gives its reason, its weight and its figures, and nothing else."""
    assert judged(row, link) == expected


def test_every_reason_is_in_the_table() -> None:
    """The reasons that are judged from rows are all shown above; others come from the record, or all rooms."""
    table = next(mark for mark in test_every_reason.pytestmark if mark.name == "parametrize").args[1]  # type: ignore[attr-defined]
    values = [getattr(case, "values", case) for case in table]
    assert {reason for *_, expected in values for reason, *_ in expected} == set(Reason) - {
        Reason.NO_GOOD_CALL,
        Reason.HEADROOM_SHARED,
    }


def test_an_endpoint_without_a_line() -> None:
    """Where nobody knows the line, only its room is not known."""
    found = judge_readiness(endpoint_row(reading=READING), None, needed_mbps=2.0, now=NOW)
    assert found == (Finding(Reason.HEADROOM_NOT_KNOWN, keeps_out=False),)
    assert is_ready(found)
    out = judge_readiness(endpoint_row(Verdict.UNREACHABLE), None, needed_mbps=2.0, now=NOW)
    assert [finding.reason for finding in out] == [Reason.UNREACHABLE]


@pytest.mark.parametrize(
    ("verdict", "found"),
    [
        (Verdict.CONGESTED, [(Reason.LINE_CONGESTED, True, "link up-1")]),
        (Verdict.DEGRADED, [(Reason.LINE_DEGRADED, True, "link up-1")]),
        (Verdict.UP, []),
    ],
)
def test_a_line_before_its_line(verdict: Verdict, found: list[tuple[Reason, bool, str]]) -> None:
    """A full uplink spoils the meeting of every room behind it."""
    uplink = link_row(verdict)
    uplink = replace(uplink, info=replace(uplink.info, link_id="up-1"))
    findings = judge_readiness(
        endpoint_row(reading=READING), link_row(), needed_mbps=2.0, now=NOW, uplinks=(uplink,)
    )
    assert [(item.reason, item.keeps_out, item.detail) for item in findings] == found


def test_the_line_of_a_meeting() -> None:
    """The line of the inventory counts, unless it is out while another one of the office is up."""
    named, out, other = link_row(), link_row(Verdict.DOWN, up=False), link_row(use_down_ratio=0.1)
    assert line_of_meeting(named, [other]) is named
    assert line_of_meeting(out, [out, other]) is other
    assert line_of_meeting(out, [out]) is out
    assert line_of_meeting(None, [out, other]) is other
    assert line_of_meeting(None, []) is None


def test_parts_without_which_nobody_is_seen_and_heard() -> None:
    """Each of these alone keeps an endpoint out; any other is a warning."""
    for part in (*SERIOUS_FAULTS, "fan", "touch_panel", "sip", "a new word"):
        (finding,) = judge_readiness(
            endpoint_row(reading=room(faults=(part,))), link_row(), needed_mbps=2.0, now=NOW
        )
        assert (finding.reason, finding.detail, finding.keeps_out) == (Reason.FAULT, part, part in SERIOUS_FAULTS)


def test_the_order_of_reasons() -> None:
    """What keeps out stands before warnings, each by its weight."""
    findings = [Finding(reason, keeps_out=out) for reason in reversed(Reason) for out in (False, True)]
    assert [(found.keeps_out, found.reason) for found in ordered(findings)] == [
        *((True, reason) for reason in Reason),
        *((False, reason) for reason in Reason),
    ]


@pytest.mark.parametrize(
    ("reasons", "ready"),
    [
        ([], True),
        ([(Reason.IN_CALL, WARNING)], True),
        ([(Reason.FAULT, OUT)], False),
        ([(Reason.NOT_KNOWN, OUT)], None),
        ([(Reason.NOT_KNOWN, OUT), (Reason.HEADROOM_NOT_KNOWN, WARNING)], None),
        ([(Reason.NOT_KNOWN, OUT), (Reason.LINE_CONGESTED, OUT)], False),
    ],
)
def test_ready(reasons: Sequence[tuple[Reason, bool]], ready: bool | None) -> None:
    """Nothing against it is ready; only not knowing is not known; anything else is not ready."""
    assert is_ready([Finding(reason, keeps_out=out) for reason, out in reasons]) is ready


ANY_FINDING = st.builds(Finding, st.sampled_from(Reason), st.booleans())


@given(st.lists(ANY_FINDING), ANY_FINDING)
def test_one_more_reason_makes_nobody_ready(findings: list[Finding], more: Finding) -> None:
    """Whoever is not ready, or not known to be, is not made ready by more that speaks against it."""
    before, after = is_ready(findings), is_ready([*findings, more])
    if before is not True:
        assert after is not True
    if before is False:
        assert after is False


FAULTS = st.lists(st.sampled_from(["camera", "network", "fan", "sip"]), max_size=2, unique=True).map(tuple)
CALLS = st.lists(st.builds(call, lines=st.sampled_from([240, 720, 1080])), max_size=2).map(tuple)
ROWS = st.builds(
    endpoint_row,
    st.sampled_from(ENDPOINT_VERDICTS),
    reading=st.none() | st.builds(room, faults=FAULTS, calls=CALLS),
    ping=st.sampled_from([ECHO, LOSSY, NO_ECHO, None]),
    services=st.sampled_from([(), REFUSING, (certified(ServiceKind.HTTPS, -3.0),)]),
    cause=st.sampled_from(["", "link l1"]),
)
USES = st.none() | st.floats(0, 2)
LINES = st.builds(
    link_row,
    st.sampled_from(LINK_VERDICTS),
    st.sampled_from(["l1", "l2", "l3"]),
    st.floats(0.1, 100),
    use_down_ratio=USES,
    use_up_ratio=USES,
)


@given(ROWS, st.none() | LINES)
def test_a_worse_fact_makes_nobody_ready(row: EndpointRow, link: LinkRow | None) -> None:
    """A failed part, a full line, lost echo requests or a bad picture never makes an unready endpoint ready."""
    needed = {"needed_mbps": 2.0, "now": NOW}
    before = is_ready(judge_readiness(row, link, **needed))
    reading = row.reading or room()
    worse_rows = [
        replace(row, reading=replace(reading, faults=(*reading.faults, "camera"))),
        replace(row, ping=LOSSY),
        replace(row, services=(certified(ServiceKind.SIP_TLS, -1.0),)),
        replace(row, verdict=Verdict.UNREACHABLE, up=False),
    ]
    worse_lines = [link and replace(link, use_down_ratio=3.0), link and replace(link, verdict=Verdict.CONGESTED)]
    for worse, line in (*((one, link) for one in worse_rows), *((row, one) for one in worse_lines)):
        after = is_ready(judge_readiness(worse, line, **needed))
        assert before is True or after is not True


@given(ROWS, st.none() | LINES)
def test_findings_are_ordered_and_each_once(row: EndpointRow, link: LinkRow | None) -> None:
    """Of everything that may be known the heaviest stands first, and nothing is told twice."""
    found = judge_readiness(row, link, needed_mbps=2.0, now=NOW)
    assert found == ordered(found)
    assert len({(finding.reason, finding.keeps_out) for finding in found}) == len(found)


@pytest.mark.parametrize(
    ("link", "calls", "left"),
    [
        (None, (), Headroom(None, None)),
        (link_row(use_down_ratio=0.25, use_up_ratio=0.5), (), Headroom(7.5, 5.0)),
        (link_row(use_down_ratio=0.0, use_up_ratio=1.0), (), Headroom(10.0, 0.0)),
        (link_row(use_down_ratio=None, use_up_ratio=0.5), (), Headroom(None, 5.0)),
        (link_row(use_down_ratio=0.9, use_up_ratio=0.9), (call(),), Headroom(3.0, 3.0)),
        (link_row(use_down_ratio=0.9, use_up_ratio=0.9), (call(), call()), Headroom(5.0, 5.0)),
        (link_row(use_down_ratio=0.0, use_up_ratio=0.1), (call(),), Headroom(10.0, 10.0)),
        (
            link_row(use_down_ratio=0.9, use_up_ratio=0.9),
            (replace(call(), receive_bps=None, transmit_bps=None),),
            Headroom(2.8, 2.9),
        ),
        (link_row(use_down_ratio=1.5, use_up_ratio=1.1), (call(),), Headroom(0.0, 1.0)),
        (link_row(use_down_ratio=0.9, use_up_ratio=0.9), (CallReading(),), Headroom(1.0, 1.0)),
        (link_row(use_down_ratio=None, use_up_ratio=None), (call(),), Headroom(None, None)),
        (link_row(Verdict.DOWN, use_down_ratio=0.0, use_up_ratio=0.0), (), Headroom(None, None)),
        (link_row(Verdict.UNKNOWN, use_down_ratio=0.0, use_up_ratio=0.0), (), Headroom(None, None)),
    ],
)
def test_headroom(link: LinkRow | None, calls: tuple[CallReading, ...], left: Headroom) -> None:
    """What is left of the contract, and what the endpoint's own call takes; never more than the contract."""
    found = headroom_of(link, room(calls=calls))
    assert found.down_mbps == pytest.approx(left.down_mbps)
    assert found.up_mbps == pytest.approx(left.up_mbps)


@pytest.mark.parametrize(
    ("lines", "best"),
    [
        ([], None),
        ([link_row(Verdict.DOWN, "l1")], "l1"),
        ([link_row(Verdict.DOWN, "l1"), link_row(Verdict.SNMP_DEAD, "l2")], "l2"),
        ([link_row(Verdict.DEGRADED, "l1", 100.0), link_row(Verdict.UP, "l2", 4.0)], "l2"),
        ([link_row(Verdict.UP, "l1", 4.0), link_row(Verdict.UP, "l2", 100.0)], "l2"),
        ([link_row(Verdict.UP, "l1", 100.0, use_up_ratio=0.99), link_row(Verdict.UP, "l2", 4.0)], "l2"),
        ([link_row(Verdict.UP, "l1", use_up_ratio=None), link_row(Verdict.UP, "l2", 1.0)], "l2"),
        ([link_row(Verdict.UNKNOWN, "l1"), link_row(Verdict.CONGESTED, "l2")], "l2"),
        ([link_row(Verdict.UP, "l1"), link_row(Verdict.UP, "l2")], "l1"),
    ],
)
def test_the_best_line(lines: list[LinkRow], best: str | None) -> None:
    """One that is up, then one with nothing wrong, then the one with the most room; the first of equals."""
    found = best_line(lines)
    assert (found and found.info.link_id) == best
