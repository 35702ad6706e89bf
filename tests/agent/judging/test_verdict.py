"""The rules of the verdicts, as tables and as promises that hold for any input."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from readings_made import end

from phusong.agent.judging.parents import ITS_OWN, NOT_YET, Blame, Word, judge_fault
from phusong.agent.judging.quality import Quality
from phusong.agent.judging.verdict import (
    DOWN,
    SNMP_DEAD,
    UNREACHABLE,
    UP,
    CallFacts,
    EndEvidence,
    Finding,
    Rule,
    down_for_s,
    ends_differ,
    judge_commune,
    judge_device,
    judge_endpoint,
    judge_link,
    judge_quality,
    judge_site,
)
from phusong.collectors.readings import PingReading
from phusong.exporters.snapshot import ENDPOINT_VERDICTS, Degradation, Isolation, Verdict

ECHO = PingReading(5, 5, 0.01, 0.01, 0.01)
NO_ECHO = PingReading(5, 0, None, None, None)
SILENT = EndEvidence(None, silent=True)
NOT_ASKED = EndEvidence(None, silent=False)


@pytest.mark.parametrize(
    ("near", "far", "ping", "verdict", "up"),
    [
        (end(), end(), ECHO, Verdict.UP, True),
        (end(), None, None, Verdict.UP, True),
        (None, end(), NO_ECHO, Verdict.UP, True),
        (end(oper=2), end(), ECHO, Verdict.DOWN, False),
        (end(), end(oper=7), ECHO, Verdict.DOWN, False),
        (end(oper=5), SILENT, NO_ECHO, Verdict.DOWN, False),
        (end(oper=2, admin=2), SILENT, NO_ECHO, Verdict.ADMIN_DOWN, False),
        (end(), end(oper=2, admin=2), ECHO, Verdict.ADMIN_DOWN, False),
        (SILENT, SILENT, NO_ECHO, Verdict.UNREACHABLE, False),
        (None, SILENT, NO_ECHO, Verdict.UNREACHABLE, False),
        (end(), SILENT, NO_ECHO, Verdict.UNREACHABLE, False),
        (end(), SILENT, ECHO, Verdict.UP, True),
        (end(), SILENT, None, Verdict.UNKNOWN, None),
        (end(), None, NO_ECHO, Verdict.UNREACHABLE, False),
        (end(), None, ECHO, Verdict.UP, True),
        (end(), NOT_ASKED, NO_ECHO, Verdict.UP, True),
        (SILENT, SILENT, ECHO, Verdict.SNMP_DEAD, True),
        (SILENT, end(), ECHO, Verdict.UP, True),
        (end(oper=0), None, None, Verdict.UNKNOWN, None),
        (end(oper=4), SILENT, ECHO, Verdict.UP, True),
        (end(oper=99), None, ECHO, Verdict.UP, True),
        (end(oper=None), None, None, Verdict.UNKNOWN, None),
        (NOT_ASKED, NOT_ASKED, None, Verdict.UNKNOWN, None),
        (NOT_ASKED, SILENT, NO_ECHO, Verdict.UNKNOWN, None),
        (replace(NOT_ASKED, heard_at=1.0), SILENT, NO_ECHO, Verdict.UNREACHABLE, False),
        (SILENT, None, None, Verdict.UNKNOWN, None),
    ],
)
def test_link_rules(
    near: EndEvidence | None, far: EndEvidence | None, ping: PingReading | None, verdict: Verdict, up: bool | None
) -> None:
    """Each combination of what the ends and the echo say has one verdict."""
    finding = judge_link(near, far, ping, pinged=True, lost_bursts=2 if ping is NO_ECHO else 0)
    assert (finding.verdict, finding.up) == (verdict, up)


def test_a_far_side_that_was_lost_does_not_return_with_the_last_ping() -> None:
    """Pings that cannot be sent any more leave it unknown, not up, whatever the hub's interface says."""
    assert judge_link(end(), None, None, pinged=True, lost_bursts=2).verdict is Verdict.UNKNOWN


def test_a_link_without_a_ping_address_is_unreachable_when_its_ends_are_silent() -> None:
    """Where nothing can be pinged, silence of all ends is all the evidence there is."""
    assert judge_link(SILENT, None, None, pinged=False).verdict is Verdict.UNREACHABLE


ENDS = st.one_of(
    st.none(),
    st.sampled_from([SILENT, NOT_ASKED]),
    st.builds(end, st.one_of(st.none(), st.integers(-1, 9)), st.one_of(st.none(), st.integers(-1, 4))),
)
PINGS = st.sampled_from([None, ECHO, NO_ECHO])


@given(ENDS, ENDS, PINGS, st.booleans())
def test_a_link_that_nothing_fresh_speaks_of_is_unknown(
    near: EndEvidence | None, far: EndEvidence | None, ping: PingReading | None, pinged: bool
) -> None:
    """``up`` agrees with the verdict, and unknown never shows as up or down."""
    finding = judge_link(near, far, ping, pinged=pinged)
    expected = {Verdict.UP: True, Verdict.SNMP_DEAD: True, Verdict.UNKNOWN: None}
    assert finding.up is expected.get(finding.verdict, False)
    heard = any(side is not None and (side.reading or side.silent) for side in (near, far)) or ping is not None
    if near is None and far is None:
        return
    assert heard or finding.verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("answers", "silent", "ping", "verdict"),
    [
        (True, False, None, Verdict.READY),
        (True, False, NO_ECHO, Verdict.READY),
        (False, True, ECHO, Verdict.SNMP_DEAD),
        (False, True, NO_ECHO, Verdict.UNREACHABLE),
        (False, True, None, Verdict.UNKNOWN),
        (False, False, ECHO, Verdict.UNKNOWN),
        (False, False, None, Verdict.UNKNOWN),
    ],
)
def test_endpoint_rules(answers: bool, silent: bool, ping: PingReading | None, verdict: Verdict) -> None:
    """An endpoint is judged by SNMP first and by echo where SNMP is silent."""
    assert judge_endpoint(answers=answers, silent=silent, ping=ping).verdict is verdict


@pytest.mark.parametrize(
    ("lines", "fallback", "isolation"),
    [
        ([True], True, Isolation.CONNECTED),
        ([True], False, Isolation.AT_RISK),
        ([True], None, Isolation.UNKNOWN),
        ([False, True], False, Isolation.AT_RISK),
        ([False], True, Isolation.ON_FALLBACK),
        ([False, False], False, Isolation.ISOLATED),
        ([False], None, Isolation.UNKNOWN),
        ([False, None], False, Isolation.UNKNOWN),
        ([None], True, Isolation.UNKNOWN),
        ([], True, Isolation.UNKNOWN),
    ],
)
def test_site_rules(lines: list[bool | None], fallback: bool | None, isolation: Isolation) -> None:
    """A site is cut off only when all its lines are known to be out and no fallback covers it."""
    assert judge_site(lines, fallback) is isolation


def test_a_site_is_never_isolated_while_a_line_is_up_or_may_be() -> None:
    """Whatever the fallback says, one line that is up or unknown is enough."""
    for lines, fallback in product(product((True, False, None), repeat=3), (True, False, None)):
        cut_off = judge_site(lines, fallback) in (Isolation.ISOLATED, Isolation.ON_FALLBACK)
        assert not (cut_off and any(state is not False for state in lines))


@pytest.mark.parametrize(
    ("oper", "uptime", "change", "seconds"),
    [
        (2, 1000, 400, 6.0),
        (1, 1000, 400, None),
        (2, 400, 1000, None),
        (2, None, 400, None),
        (2, 1000, None, None),
        (4, 1000, 0, None),
    ],
)
def test_how_long_an_interface_has_been_down(
    oper: int, uptime: int | None, change: int | None, seconds: float | None
) -> None:
    """The device's own clock tells, where it makes sense."""
    reading = end(oper).reading
    assert reading is not None
    assert down_for_s([replace(reading, sys_uptime_ticks=uptime, last_change_ticks=change)]) == seconds


@pytest.mark.parametrize(
    ("near", "far", "differ"),
    [
        (end(), end(), False),
        (end(oper=2), end(oper=7), False),
        (end(), end(oper=2), True),
        (end(oper=5), end(), True),
        (end(), end(admin=2), True),
        (end(oper=2), end(admin=2), False),
        (end(), end(oper=4), None),
        (end(oper=0), end(oper=2), None),
        (end(), SILENT, None),
        (end(), NOT_ASKED, None),
        (end(), None, None),
        (None, None, None),
    ],
)
def test_whether_the_ends_contradict_each_other(
    near: EndEvidence | None, far: EndEvidence | None, differ: bool | None
) -> None:
    """Only two ends that both say up or not up can differ; an unclear or missing word contradicts nobody."""
    assert ends_differ(near, far) is differ
    assert ends_differ(far, near) is differ


@pytest.mark.parametrize(
    ("bursts_lost", "near", "verdict"),
    [
        (1, end(), Verdict.UP),
        (2, end(), Verdict.UNREACHABLE),
        (1, NOT_ASKED, Verdict.UNKNOWN),
        (1, SILENT, Verdict.UNREACHABLE),
    ],
)
def test_one_lost_burst_condemns_nothing_where_ping_is_all_there_is(
    bursts_lost: int, near: EndEvidence, verdict: Verdict
) -> None:
    """A line whose office is only pinged: two bursts in a row, or a hub that is silent as well."""
    assert judge_link(near, None, NO_ECHO, pinged=True, lost_bursts=bursts_lost).verdict is verdict


GOOD_CALL = CallFacts(0.0, 0.001, 0.02)


@pytest.mark.parametrize(
    ("facts", "verdict", "up"),
    [
        ({"service": False}, Verdict.NO_SERVICE, True),
        ({"answers": False, "silent": True, "service": False}, Verdict.NO_SERVICE, True),
        ({"answers": False, "silent": True, "ping": NO_ECHO, "service": False}, Verdict.UNREACHABLE, False),
        ({"answers": False, "silent": True, "service": None}, Verdict.SNMP_DEAD, True),
        ({"answers": False, "silent": True, "service": True}, Verdict.READY, True),
        ({"answers": False, "silent": True, "ping": NO_ECHO, "service": True}, Verdict.READY, True),
        ({"service": True, "registered": False}, Verdict.NOT_REGISTERED, True),
        ({"registered": False, "call": GOOD_CALL}, Verdict.NOT_REGISTERED, True),
        ({"service": False, "registered": False}, Verdict.NO_SERVICE, True),
        ({"registered": None}, Verdict.READY, True),
        ({"registered": True, "call": GOOD_CALL}, Verdict.IN_CALL, True),
        ({"call": CallFacts()}, Verdict.IN_CALL, True),
        ({"call": CallFacts(loss_ratio=0.01, jitter_s=0.035, latency_s=0.150)}, Verdict.IN_CALL, True),
        ({"call": CallFacts(loss_ratio=0.0101)}, Verdict.POOR_CALL, True),
        ({"call": CallFacts(jitter_s=0.0351)}, Verdict.POOR_CALL, True),
        ({"call": CallFacts(latency_s=0.1501)}, Verdict.POOR_CALL, True),
        (
            {"call": CallFacts(0.5, None, None), "answers": False, "silent": True, "ping": NO_ECHO},
            Verdict.UNREACHABLE,
            False,
        ),
    ],
)
def test_endpoint_rules_on_services_and_calls(facts: dict[str, object], verdict: Verdict, up: bool) -> None:
    """Can it be called, is it registered, is its call good: in this order; what is not known says nothing."""
    known = {"answers": True, "silent": False, "ping": ECHO, **facts}
    finding = judge_endpoint(**known)  # type: ignore[arg-type]
    assert (finding.verdict, finding.up) == (verdict, up)


TRUTHS = st.sampled_from([True, False, None])


@given(
    st.booleans(), st.booleans(), PINGS, TRUTHS, TRUTHS,
    st.none() | st.builds(CallFacts, *[st.none() | st.floats(0, 1)] * 3),
)  # fmt: skip
def test_every_endpoint_has_one_of_its_verdicts(
    answers: bool,
    silent: bool,
    ping: PingReading | None,
    service: bool | None,
    registered: bool | None,
    call: CallFacts | None,
) -> None:
    """Whatever is known; and without any sign of life it is never ready nor in a call."""
    finding = judge_endpoint(
        answers=answers, silent=silent, ping=ping, service=service, registered=registered, call=call
    )
    assert finding.verdict in ENDPOINT_VERDICTS
    alive = answers or service or (ping is not None and ping.received > 0)
    assert alive or finding.up is not True


@pytest.mark.parametrize(
    ("finding", "quality", "verdict", "rule"),
    [
        (UP, Quality(), Verdict.UP, Rule.OPER_UP),
        (UP, Quality(congested_down=True), Verdict.CONGESTED, Rule.USE_DOWN),
        (UP, Quality(congested_up=True), Verdict.CONGESTED, Rule.USE_UP),
        (UP, Quality(True, True, (Degradation.LOSS,)), Verdict.CONGESTED, Rule.USE_DOWN),
        *((UP, Quality(degradations=(one,)), Verdict.DEGRADED, Rule(one.value)) for one in Degradation),
        (UP, Quality(degradations=(Degradation.RTT, Degradation.FLAPPING)), Verdict.DEGRADED, Rule.RTT),
        (SNMP_DEAD, Quality(congested_down=True), Verdict.SNMP_DEAD, Rule.ECHO_ONLY),
        (DOWN, Quality(degradations=(Degradation.FLAPPING,)), Verdict.DOWN, Rule.OPER_STATUS),
        (UNREACHABLE, Quality(True, True, tuple(Degradation)), Verdict.UNREACHABLE, Rule.NO_ANSWER),
    ],
)
def test_quality_rules(finding: Finding, quality: Quality, verdict: Verdict, rule: Rule) -> None:
    """Only what is up can be congested or degraded, congestion first; traffic passes all the same."""
    judged = judge_quality(finding, quality)
    assert (judged.verdict, judged.rule, judged.up) == (verdict, rule, finding.up)


def test_blame_makes_a_failure_the_parents() -> None:
    """With a parent to blame it is parent_down by that rule and cause; else the failure stays what it is."""
    blamed = judge_fault(DOWN, Blame(Word.PARENT, "link trunk", Rule.PARENT_LINK))
    assert blamed == Finding(Verdict.PARENT_DOWN, False, Rule.PARENT_LINK, "link trunk")
    assert judge_fault(DOWN, ITS_OWN) is DOWN
    assert judge_fault(UNREACHABLE, NOT_YET) is UNREACHABLE


@pytest.mark.parametrize(
    ("sites", "isolated"),
    [
        ([], None),
        ([Isolation.UNKNOWN], None),
        ([Isolation.ISOLATED], True),
        ([Isolation.ISOLATED, Isolation.UNKNOWN], True),
        ([Isolation.ISOLATED, Isolation.ON_FALLBACK], False),
        ([Isolation.AT_RISK, Isolation.ISOLATED], False),
        ([Isolation.CONNECTED], False),
    ],
)
def test_commune_rules(sites: list[Isolation], isolated: bool | None) -> None:
    """A commune is cut off when all its offices with a known state are."""
    assert judge_commune(sites) is isolated


@pytest.mark.parametrize(
    ("answers", "silent", "ping", "up"),
    [
        (True, False, None, True),
        (True, False, NO_ECHO, True),
        (False, True, ECHO, True),
        (False, False, ECHO, True),
        (False, True, NO_ECHO, False),
        (False, True, None, None),
        (False, False, NO_ECHO, None),
        (False, False, None, None),
    ],
)
def test_device_rules(answers: bool, silent: bool, ping: PingReading | None, up: bool | None) -> None:
    """One sign of life is enough; gone is only what is silent on both."""
    assert judge_device(answers=answers, silent=silent, ping=ping) is up
