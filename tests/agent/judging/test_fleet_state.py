"""From observations to rows: freshness, changes, maintenance, isolation."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from endpoint_readings import room
from inventories import make_inventory, make_link
from readings_made import end

from phusong.agent.inventory import Column, InterfaceSelector, Inventory, MaintenanceWindow
from phusong.agent.judging.fleet_state import FleetState, LeftBehind, StateSettings
from phusong.agent.polling.backoff import check_interval_s
from phusong.agent.polling.observations import Observations
from phusong.collectors.interfaces import InterfacesPoll
from phusong.collectors.rates import Interval
from phusong.collectors.readings import InterfaceReading, PingReading
from phusong.coverage.summary import CoverageSummary, SiteCoverage
from phusong.exporters.snapshot import Degradation, Isolation, Verdict

SETTINGS = StateSettings(
    edition="2020-01", poll_interval_s=30, ping_interval_s=10, sensors_interval_s=60, fallback_technology="4G"
)
WAN = InterfaceSelector(Column.NAME, "wan")
ECHO = PingReading(5, 5, 0.01, 0.01, 0.01)
NO_ECHO = PingReading(5, 0, None, None, None)
DAY = datetime(2026, 11, 22, 8, tzinfo=UTC)


class Clock:
    """Both clocks of the agent, moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def unix(self) -> float:
        return DAY.timestamp() + self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def observations(clock: Clock) -> Observations:
    return Observations(lambda: clock.now, clock.unix)


def interfaces(oper: int = 1, device: str = "cpe") -> InterfacesPoll:
    reading = end(oper).reading
    assert isinstance(reading, InterfaceReading)
    return InterfacesPoll(4242, {WAN: replace(reading, device_id=device)}, {})


def one_link(**more: object) -> Inventory:
    return make_inventory(make_link("l1", near=None, far=("cpe", "wan")), endpoints={"e1": "addr-e1"}, **more)


def test_before_anything_is_heard_all_is_unknown(observations: Observations) -> None:
    """A fresh agent claims nothing."""
    snapshot = FleetState(one_link(), observations, SETTINGS).snapshot()
    assert [row.verdict for row in (*snapshot.links, *snapshot.endpoints)] == [Verdict.UNKNOWN] * 2
    assert snapshot.links[0].up is None
    assert snapshot.sites[0].isolation is Isolation.UNKNOWN


def test_a_value_disappears_after_three_intervals(clock: Clock, observations: Observations) -> None:
    """An old value is not shown as if it were new; when it last succeeded stays."""
    state = FleetState(one_link(), observations, SETTINGS)
    observations.device_answered("cpe", interfaces())
    first = state.snapshot()
    assert first.links[0].verdict is Verdict.UP
    assert first.devices[0].sys_uptime_ticks == 4242
    clock.now += 91
    later = state.snapshot()
    assert (later.links[0].verdict, later.links[0].far) == (Verdict.UNKNOWN, None)
    assert later.links[0].last_success == first.links[0].last_success
    assert later.devices[0].sys_uptime_ticks is None


def test_changes_are_noted_once_and_since_stays(clock: Clock, observations: Observations) -> None:
    """A verdict that stands keeps the time at which it began; a change is one event."""
    state = FleetState(one_link(), observations, SETTINGS)
    observations.device_answered("cpe", interfaces())
    began = state.snapshot().links[0].since
    clock.now += 30
    observations.device_answered("cpe", interfaces())
    assert state.snapshot().links[0].since == began
    clock.now += 30
    observations.device_answered("cpe", interfaces(oper=2))
    assert state.snapshot().links[0].since == clock.unix()
    assert [(c.before, c.after, c.first) for c in state.take_changes() if c.what == "link"] == [
        (Verdict.UNKNOWN, Verdict.UP, True),
        (Verdict.UP, Verdict.DOWN, False),
    ]
    assert state.take_changes() == []


def test_an_outage_that_began_before_the_agent_keeps_its_begin(clock: Clock, observations: Observations) -> None:
    """A line that was down already is shown down since its interface went down, not since the agent started."""
    state = FleetState(one_link(), observations, SETTINGS)
    poll = interfaces(oper=2)
    reading = replace(poll.readings[WAN], sys_uptime_ticks=1_000_000, last_change_ticks=640_000)
    observations.device_answered("cpe", replace(poll, readings={WAN: reading}))
    assert state.snapshot().links[0].since == clock.unix() - 3600


def test_coverage_of_another_edition_is_not_taken_over(observations: Observations) -> None:
    """Codes of communes mean other places in another edition: a reload to one forgets the figures."""
    before = FleetState(one_link(), observations, SETTINGS)
    before.use_coverage(coverage(s1=("X",)))
    after = FleetState(one_link(), observations, replace(SETTINGS, edition="2025-07"))
    after.adopt(before)
    assert after.snapshot().coverage is None


def test_silence_and_echo_make_the_verdict(observations: Observations) -> None:
    """A device that does not answer is told from a line that is gone by the echo."""
    state = FleetState(one_link(), observations, SETTINGS)
    observations.device_failed("cpe", "no answer within 2 s", unanswered=True)
    observations.pinged("addr-cpe", ECHO)
    row = state.snapshot().links[0]
    assert (row.verdict, row.up, row.problem) == (Verdict.SNMP_DEAD, True, "cpe: no answer within 2 s")
    observations.pinged("addr-cpe", NO_ECHO)
    assert state.snapshot().links[0].verdict is Verdict.UNREACHABLE


def test_an_echo_from_before_the_silence_proves_no_dead_agent(clock: Clock, observations: Observations) -> None:
    """A line that is cut between a ping and a poll is not called snmp_dead first; nor is the room behind it."""
    state = FleetState(one_link(), observations, SETTINGS)
    observations.device_answered("cpe", interfaces())
    observations.endpoint_answered("e1", room("e1"))
    for address in ("addr-cpe", "addr-e1"):
        observations.pinged(address, ECHO)
    state.snapshot()
    clock.now += 5
    observations.device_failed("cpe", "no answer", unanswered=True)
    observations.endpoint_failed("e1", "no answer", unanswered=True)
    snapshot = state.snapshot()
    assert (snapshot.links[0].verdict, snapshot.endpoints[0].verdict) == (Verdict.UP, Verdict.READY)
    clock.now += 5
    for address in ("addr-cpe", "addr-e1"):
        observations.pinged(address, ECHO)
    snapshot = state.snapshot()
    assert {snapshot.links[0].verdict, snapshot.endpoints[0].verdict} == {Verdict.SNMP_DEAD}


def test_a_refusal_is_no_silence(observations: Observations) -> None:
    """An agent that answers with an error is neither gone nor dead: what the line does is not known."""
    state = FleetState(one_link(), observations, SETTINGS)
    observations.device_failed("cpe", "error-status 5 (genErr) at object 3", unanswered=False)
    observations.pinged("addr-cpe", NO_ECHO)
    row = state.snapshot().links[0]
    assert (row.verdict, row.up) == (Verdict.UNKNOWN, None)
    assert "genErr" in row.problem


def test_endpoints_are_judged_too(observations: Observations) -> None:
    """An endpoint that answers is ready; one that does not, behind a line that is up, is out itself."""
    state = FleetState(one_link(), observations, SETTINGS)
    observations.device_answered("cpe", interfaces())
    reading = room()
    observations.endpoint_answered("e1", reading)
    row = state.snapshot().endpoints[0]
    assert (row.verdict, row.reading) == (Verdict.READY, reading)
    observations.endpoint_failed("e1", "no answer within 2 s", unanswered=True)
    observations.pinged("addr-e1", NO_ECHO)
    assert state.snapshot().endpoints[0].verdict is Verdict.UNREACHABLE


@pytest.mark.parametrize("what", ["l1", "s1", "Carrier A"])
def test_a_window_on_link_site_or_carrier_is_maintenance(
    what: str, clock: Clock, observations: Observations
) -> None:
    """Within the window the verdict is maintenance, and the state beneath it stays visible."""
    begin = datetime.fromtimestamp(clock.unix(), UTC)
    window = MaintenanceWindow(what, begin, begin + timedelta(minutes=5), "fibre work")
    state = FleetState(one_link(maintenance=[window]), observations, SETTINGS)
    observations.device_answered("cpe", interfaces(oper=2))
    row = state.snapshot().links[0]
    assert (row.verdict, row.up) == (Verdict.MAINTENANCE, False)
    clock.now += 300
    observations.device_answered("cpe", interfaces(oper=2))
    assert state.snapshot().links[0].verdict is Verdict.DOWN


def test_maintenance_begins_although_nothing_is_heard(clock: Clock, observations: Observations) -> None:
    """The state is judged again without any new observation."""
    begin = datetime.fromtimestamp(clock.unix() + 60, UTC)
    window = MaintenanceWindow("l1", begin, begin + timedelta(hours=1), "fibre work")
    state = FleetState(one_link(maintenance=[window]), observations, SETTINGS)
    observations.device_answered("cpe", interfaces())
    assert state.snapshot().links[0].verdict is Verdict.UP
    clock.now += 65
    assert state.snapshot().links[0].verdict is Verdict.MAINTENANCE


def test_maintenance_begins_and_ends_to_the_second(clock: Clock, observations: Observations) -> None:
    """The first judgement in a window is under it, the first after it is what it is, though nothing is heard."""
    begin = datetime.fromtimestamp(clock.unix() + 1, UTC)
    window = MaintenanceWindow("l1", begin, begin + timedelta(seconds=1), "fibre work")
    state = FleetState(one_link(maintenance=[window]), observations, SETTINGS)
    observations.device_answered("cpe", interfaces(oper=2))
    verdicts = []
    for _ in range(3):
        verdicts.append(state.snapshot().links[0].verdict)
        clock.now += 1
    assert verdicts == [Verdict.DOWN, Verdict.MAINTENANCE, Verdict.DOWN]


@pytest.mark.parametrize(
    ("what", "links", "endpoints"),
    [
        ("l1", {"l1"}, set()),
        ("s1", {"l1", "l2"}, {"e1"}),
        ("Carrier A", {"l1", "l3"}, set()),
        ("e1", set(), {"e1"}),
        ("nobody", set(), set()),
    ],
)
def test_windows_are_exchanged_at_once(
    what: str, links: set[str], endpoints: set[str], clock: Clock, observations: Observations
) -> None:
    """New windows hold at the next snapshot, for all that they cover; when they are taken away nothing is left."""
    inventory = make_inventory(
        make_link("l1", near=None, far=("cpe", "wan")),
        make_link("l2", near=None, far=("cpe", "wan2"), carrier="Carrier B"),
        make_link("l3", near=None, far=("cpe", "wan3"), site="s2"),
        endpoints={"e1": "addr-e1"},
    )
    state = FleetState(inventory, observations, SETTINGS)
    state.snapshot()
    begin = datetime.fromtimestamp(clock.unix(), UTC)
    for windows, expected in (
        ([MaintenanceWindow(what, begin, begin + timedelta(hours=1), "fibre work")], links | endpoints),
        ([], set()),
    ):
        state.use_windows(windows)
        snapshot = state.snapshot()
        rows = [(row.info.link_id, row.verdict) for row in snapshot.links]
        rows += [(row.info.endpoint_id, row.verdict) for row in snapshot.endpoints]
        assert {key for key, verdict in rows if verdict is Verdict.MAINTENANCE} == expected


def coverage(**operators: tuple[str, ...]) -> CoverageSummary:
    sites = tuple(SiteCoverage(site, "4G", names) for site, names in operators.items())
    return CoverageSummary("2020-01", "", "", False, False, (), (), sites)


@pytest.mark.parametrize(
    ("operators", "isolation"),
    [(("X",), Isolation.ON_FALLBACK), ((), Isolation.ISOLATED), (("Carrier A",), Isolation.ISOLATED)],
)
def test_a_site_whose_line_is_out_is_isolated_or_on_fallback(
    operators: tuple[str, ...], isolation: Isolation, observations: Observations
) -> None:
    """The carrier that failed the line does not count as its fallback."""
    state = FleetState(one_link(), observations, SETTINGS)
    state.use_coverage(coverage(s1=operators))
    observations.device_answered("cpe", interfaces(oper=2))
    assert state.snapshot().sites[0].isolation is isolation


def test_a_reload_keeps_what_is_known(clock: Clock, observations: Observations) -> None:
    """Rows that both inventories know keep their verdict, its begin, and raise no change."""
    before = FleetState(one_link(), observations, SETTINGS)
    observations.device_answered("cpe", interfaces())
    row = before.snapshot().links[0]
    before.take_changes()
    clock.now += 5
    after = FleetState(one_link(), observations, SETTINGS)
    after.adopt(before)
    assert after.snapshot().links[0] == row
    assert after.take_changes() == []


def test_a_reload_loses_no_change_and_no_memory(clock: Clock, observations: Observations) -> None:
    """What nobody has taken yet is still to be taken; what stood before the restart is still no change."""
    links = [make_link(name, near=None, far=(f"cpe-{name}", "wan")) for name in ("l1", "l2")]
    before = FleetState(make_inventory(*links), observations, SETTINGS)
    before.remember([LeftBehind(("link", "l2"), Verdict.DOWN, clock.unix() - 500, "oper_status")])
    observations.device_answered("cpe-l1", interfaces(oper=2, device="cpe-l1"))
    before.explain("l1")
    after = FleetState(make_inventory(*links), observations, SETTINGS)
    after.adopt(before)
    observations.device_answered("cpe-l2", interfaces(oper=2, device="cpe-l2"))
    assert after.snapshot().links[1].since == clock.unix() - 500
    assert [(change.item_id, change.after) for change in after.take_changes()] == [("l1", Verdict.DOWN)]


def test_an_unchanged_row_is_the_same_object(observations: Observations) -> None:
    """Whoever renders rows may tell by identity that nothing changed."""
    state = FleetState(one_link(), observations, SETTINGS)
    observations.device_answered("cpe", interfaces())
    assert state.snapshot().links[0] is state.snapshot().links[0]


@pytest.mark.parametrize(("echo", "verdict"), [(ECHO, Verdict.SNMP_DEAD), (NO_ECHO, Verdict.UNREACHABLE)])
def test_what_is_asked_seldom_stays_silent_until_it_is_asked_again(
    observations: Observations, clock: Clock, echo: PingReading, verdict: Verdict
) -> None:
    """Down the whole ladder a silent device never becomes unknown only because it is asked less often."""
    state = FleetState(one_link(), observations, SETTINGS)
    began = clock.now
    while clock.now < began + 14 * 3600:
        observations.device_failed("cpe", "no answer", unanswered=True)
        observations.endpoint_failed("e1", "no answer", unanswered=True)
        next_check = clock.now + check_interval_s(clock.now - began) + SETTINGS.poll_interval_s
        while clock.now < next_check:
            for address in ("addr-cpe", "addr-e1"):
                observations.pinged(address, echo)
            snapshot = state.snapshot()
            assert snapshot.links[0].verdict is verdict
            behind = Verdict.PARENT_DOWN if verdict is Verdict.UNREACHABLE else verdict
            assert snapshot.endpoints[0].verdict is behind
            clock.now += 30.0
    clock.now += 15 * 60.0  # nobody asks any more: then nothing is known
    for address in ("addr-cpe", "addr-e1"):
        observations.pinged(address, echo)
    assert {row.verdict for row in state.snapshot().links} == {Verdict.UNKNOWN}


def test_a_silence_is_counted_from_its_first_attempt(observations: Observations, clock: Clock) -> None:
    """Further silent attempts do not move it, an answer ends it, and so does a refusal."""
    observations.device_failed("cpe", "no answer", unanswered=True)
    clock.now += 100.0
    observations.device_failed("cpe", "no answer", unanswered=True)
    assert observations.devices["cpe"].silent_since == clock.now - 100.0
    observations.device_failed("cpe", "genErr", unanswered=False)
    assert observations.devices["cpe"].silent_since is None
    observations.device_failed("cpe", "no answer", unanswered=True)
    assert observations.devices["cpe"].silent_since == clock.now
    observations.device_answered("cpe", interfaces())
    assert observations.devices["cpe"].silent_since is None


def test_both_ends_are_compared_and_their_traffic_is_shown(clock: Clock, observations: Observations) -> None:
    """The office says down, the hub says up: the row says so; its use of the contract is the office's word."""
    inventory = make_inventory(make_link("l1", near=("hub", "wan"), far=("cpe", "wan")))
    observations.traffic.follow(inventory)
    state = FleetState(inventory, observations, SETTINGS)
    passed = Interval(30.0, 30 * 625_000, 30 * 62_500, 10, 0, 0)
    for device, oper in (("hub", 1), ("cpe", 2)):
        observations.device_answered(device, replace(interfaces(oper, device), traffic={WAN: passed}))
    row = state.snapshot().links[0]
    assert (row.verdict, row.ends_differ) == (Verdict.DOWN, True)
    assert (row.use_down_ratio, row.use_up_ratio) == (0.5, 0.1)
    assert row.near_traffic is not None
    assert row.near_traffic.received_bytes == 30 * 625_000
    observations.device_failed("cpe", "no answer within 2 s", unanswered=True)
    row = state.snapshot().links[0]
    assert (row.ends_differ, row.far_traffic) == (None, None)
    assert (row.use_down_ratio, row.use_up_ratio) == (0.05, 1.0)
    clock.now += 91
    row = state.snapshot().links[0]
    assert (row.near_traffic, row.use_down_ratio, row.use_up_ratio) == (None, None, None)


@pytest.mark.parametrize(
    ("rule", "verdict"),
    [
        ("use_down", Verdict.CONGESTED),
        ("use_up", Verdict.CONGESTED),
        ("loss", Verdict.DEGRADED),
        ("oper_up", Verdict.UP),
    ],
)
def test_a_congested_line_is_so_after_a_restart_too(
    rule: str, verdict: Verdict, clock: Clock, observations: Observations
) -> None:
    """What took five minutes to find is not lost with the process: it lasts until the line is clearly better."""
    state = FleetState(one_link(), observations, SETTINGS)
    begin = clock.unix() - 500
    state.remember([LeftBehind(("link", "l1"), verdict, begin, rule)])
    observations.device_answered("cpe", interfaces())
    row = state.snapshot().links[0]
    assert (row.verdict, row.rule, row.since) == (verdict, rule, begin)
    assert [change for change in state.take_changes() if change.what == "link"] == []


def test_a_flapping_line_flaps_after_a_restart_too(clock: Clock, observations: Observations) -> None:
    """The changes of the last half hour count, whoever saw them."""
    state = FleetState(one_link(), observations, SETTINGS)
    times = tuple(clock.unix() - age for age in (1900, 1700, 900, 600, 300))
    state.remember([LeftBehind(("link", "l1"), "up", times[-1], "oper_up", times)])
    observations.device_answered("cpe", interfaces())
    row = state.snapshot().links[0]
    assert (row.verdict, row.degradations) == (Verdict.DEGRADED, (Degradation.FLAPPING,))
    clock.now += 200
    observations.device_answered("cpe", interfaces())
    assert state.snapshot().links[0].verdict is Verdict.UP


def test_maintenance_over_a_dead_hub_ends_in_what_is_beneath(clock: Clock, observations: Observations) -> None:
    """Blame is found under maintenance too: when the window ends, the verdict is there at once."""
    begin = datetime.fromtimestamp(clock.unix(), UTC)
    window = MaintenanceWindow("l1", begin, begin + timedelta(minutes=5), "fibre work")
    inventory = make_inventory(make_link("l1", near=("hub", "wan"), far=("cpe", "wan")), maintenance=[window])
    state = FleetState(inventory, observations, SETTINGS)
    for device in ("hub", "cpe"):
        observations.device_answered(device, interfaces(device=device))
        observations.pinged(f"addr-{device}", ECHO)
    assert state.snapshot().links[0].verdict is Verdict.MAINTENANCE
    clock.now += 30
    for device in ("hub", "cpe"):
        observations.device_failed(device, "no answer", unanswered=True)
        observations.pinged(f"addr-{device}", NO_ECHO)
    assert (state.snapshot().links[0].verdict, state.snapshot().links[0].up) == (Verdict.MAINTENANCE, False)
    clock.now += 275
    for device in ("hub", "cpe"):
        observations.device_failed(device, "no answer", unanswered=True)
        observations.pinged(f"addr-{device}", NO_ECHO)
    row = state.snapshot().links[0]
    assert (row.verdict, row.cause, row.rule) == (Verdict.PARENT_DOWN, "device hub", "parent_device")


def test_a_verdict_that_waited_is_dated_when_the_line_failed(clock: Clock, observations: Observations) -> None:
    """The outage begins with the failure, not with the answer of the hub two seconds later."""
    state = FleetState(
        make_inventory(make_link("l1", near=("hub", "wan"), far=("cpe", "wan"))), observations, SETTINGS
    )
    for device in ("hub", "cpe"):
        observations.device_answered(device, interfaces(device=device))
        observations.pinged(f"addr-{device}", ECHO)
    state.snapshot()
    clock.now += 20
    observations.device_failed("cpe", "no answer", unanswered=True)
    observations.pinged("addr-cpe", NO_ECHO)
    assert state.snapshot().links[0].verdict is Verdict.UP
    assert ("device", "hub") in state.take_wanted()
    failed_at = clock.unix()
    clock.now += 2
    observations.device_answered("hub", interfaces(device="hub"))
    row = state.snapshot().links[0]
    assert (row.verdict, row.since) == (Verdict.UNREACHABLE, failed_at)


def test_a_parent_that_cannot_be_heard_holds_a_verdict_for_a_while_only(
    clock: Clock, observations: Observations
) -> None:
    """A hub whose agent answers with errors, and whose ping was never sent, does not hide an outage for ever."""
    state = FleetState(
        make_inventory(make_link("l1", near=("hub", "wan"), far=("cpe", "wan"))), observations, SETTINGS
    )
    for device in ("hub", "cpe"):
        observations.device_answered(device, interfaces(device=device))
    state.snapshot()
    clock.now += 20
    observations.device_failed("hub", "genErr", unanswered=False)
    observations.device_failed("cpe", "no answer", unanswered=True)
    observations.pinged("addr-cpe", NO_ECHO)
    assert state.snapshot().links[0].up is not False
    clock.now += SETTINGS.parent_wait_s
    assert state.snapshot().links[0].verdict is Verdict.UNREACHABLE
