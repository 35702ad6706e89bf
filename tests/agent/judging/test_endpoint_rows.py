"""The rows of endpoints: which verdict follows from which facts, and that none flaps while evidence is renewed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from endpoint_readings import answered, call, room
from hypothesis import given
from hypothesis import strategies as st
from inventories import make_inventory, make_link
from rows_made import ECHO, LOSSY, NO_ECHO, port_reading

from phusong.agent.inventory import Column, InterfaceSelector, Inventory, LinkEnd, MaintenanceWindow
from phusong.agent.judging.fleet_state import FleetState, StateSettings
from phusong.agent.judging.limits import Limits, LimitsBook
from phusong.agent.judging.video_settings import VideoSettings
from phusong.agent.meetings import Meeting
from phusong.agent.polling.observations import Observations
from phusong.collectors.call_readings import CallReading, ServiceKind, ServiceReading, ServiceState
from phusong.collectors.interfaces import InterfacesPoll
from phusong.collectors.rates import Interval
from phusong.collectors.readings import PingReading
from phusong.exporters.snapshot import CallFault, EndpointRow, LinkRow, Verdict

SETTINGS = StateSettings(
    "2020-01", 30, 10, 60, "4G", video=VideoSettings(ready_before_s=3600.0), limits=LimitsBook(Limits(over_s=20.0))
)
BEGIN = datetime(2026, 11, 22, 8, tzinfo=UTC)
WAN, LAN = InterfaceSelector(Column.NAME, "wan"), InterfaceSelector(Column.NAME, "Gi0/7")
SIP, H323, HTTPS = ServiceKind.SIP_UDP, ServiceKind.H323, ServiceKind.HTTPS
READY, SILENT, REFUSED = ServiceState.READY, ServiceState.SILENT, ServiceState.REFUSED
TAKES_CALLS = (answered(SIP), answered(H323, REFUSED), answered(HTTPS, SILENT))
TAKES_NONE = (answered(SIP, SILENT), answered(H323, REFUSED), answered(HTTPS))


def one_room(*, line: bool = True, **changes: Any) -> Inventory:
    """Return an office with one line, the room e1 in it, at port Gi0/7 of the switch sw."""
    links = [make_link("l1", near=None, far=("cpe", "wan"))] if line else []
    inventory = make_inventory(*links, endpoints={"e1": "addr-e1"}, idle_devices=["sw"])
    endpoint = replace(inventory.endpoints["e1"], lan=LinkEnd("sw", LAN), **changes)
    return replace(inventory, endpoints={"e1": endpoint})


class Watch:
    """One office as the agent sees it; the test says what is heard, and moves the clock."""

    def __init__(self, *, line: bool = True, **changes: Any) -> None:
        self.now = 1000.0
        self.inventory = one_room(line=line, **changes)
        self.observations = Observations(lambda: self.now, self.unix)
        self.observations.traffic.follow(self.inventory)
        self.state = FleetState(self.inventory, self.observations, SETTINGS)
        self.seen: list[Verdict] = []

    def unix(self) -> float:
        return BEGIN.timestamp() + self.now

    def snmp(self, answers: bool = True, *, unanswered: bool = True, **reading: Any) -> Watch:
        if answers:
            self.observations.endpoint_answered("e1", room("e1", **reading))
        else:
            self.observations.endpoint_failed("e1", "no answer", unanswered=unanswered)
        return self

    def ping(self, burst: PingReading = ECHO) -> Watch:
        self.observations.pinged("addr-e1", burst)
        return self

    def probe(self, *services: ServiceReading) -> Watch:
        self.observations.probed("e1", services)
        return self

    def line(self, *, up: bool = True, use: float = 0.1, ping: PingReading | None = None) -> Watch:
        """Hear of the office's router: its interface, how full the line is, echo requests to it."""
        if up:
            poll = InterfacesPoll(1, {WAN: port_reading()}, {})
            poll = replace(poll, traffic={WAN: Interval(1.0, int(use * 1.25e6), int(use * 6.25e5), 100, 0, 0)})
            self.observations.device_answered("cpe", poll)
        else:
            self.observations.device_failed("cpe", "no answer", unanswered=True)
        self.observations.pinged("addr-cpe", ping or (ECHO if up else NO_ECHO))
        return self

    def look(self, after_s: float = 0.0) -> EndpointRow:
        self.now += after_s
        (row,) = self.state.snapshot().endpoints
        self.seen.append(row.verdict)
        return row

    def link(self) -> LinkRow:
        (row,) = self.state.snapshot().links
        return row

    @property
    def wanted(self) -> set[tuple[str, str]]:
        return self.state.take_wanted()


@pytest.fixture
def watch() -> Watch:
    return Watch().line()


# --- verdicts by their facts ---------------------------------------------------------------------------------


def test_every_part_of_a_row(watch: Watch) -> None:
    """What was heard of an endpoint, its services and its port stands in its row, with where it is connected."""
    watch.observations.device_answered("sw", InterfacesPoll(1, {LAN: port_reading()}, {}))
    row = watch.snmp().ping().probe(*TAKES_CALLS).look()
    assert (row.verdict, row.up, row.rule) == (Verdict.READY, True, "answers")
    assert row.reading is not None
    assert (row.ping, row.services, row.last_success) == (ECHO, TAKES_CALLS, watch.unix())
    assert (row.info.port_device, row.info.port_interface) == ("sw", "Gi0/7")
    assert row.port == port_reading()
    assert (row.fault, row.meeting) == (None, None)
    assert (row.ready, row.not_ready_because) == (True, "")


def test_the_traffic_of_the_port() -> None:
    """What passes through the port is counted from the polls of its switch, and judged again with them."""
    watch = Watch().line().snmp()
    assert watch.look().port_traffic is None
    interval = Interval(10.0, 500, 400, 6, 2, 0)
    watch.observations.device_answered("sw", InterfacesPoll(1, {LAN: port_reading()}, {}, traffic={LAN: interval}))
    row = watch.look(1.0)
    assert row.port_traffic is not None
    assert (row.port_traffic.received_bytes, row.port_traffic.error_ratio) == (500, 0.25)


@pytest.mark.parametrize(
    ("services", "verdict"),
    [
        ((), Verdict.READY),
        ((answered(SIP),), Verdict.READY),
        ((answered(SIP, SILENT), answered(H323)), Verdict.READY),
        ((answered(SIP, ServiceState.ALIVE, 401),), Verdict.READY),
        ((answered(SIP, ServiceState.ALIVE, 486), answered(H323, REFUSED)), Verdict.READY),
        ((answered(SIP, SILENT), answered(H323, REFUSED)), Verdict.NO_SERVICE),
        ((answered(SIP, SILENT), answered(H323, REFUSED), answered(HTTPS)), Verdict.NO_SERVICE),
        ((answered(SIP, ServiceState.UNAVAILABLE, 503),), Verdict.NO_SERVICE),
        ((answered(SIP, ServiceState.BAD_ANSWER),), Verdict.NO_SERVICE),
        ((answered(SIP, ServiceState.UNREACHABLE),), Verdict.NO_SERVICE),
        ((answered(HTTPS, SILENT),), Verdict.READY),
        ((answered(HTTPS, REFUSED),), Verdict.READY),
    ],
)  # fmt: skip
def test_services(services: tuple[ServiceReading, ...], verdict: Verdict) -> None:
    """One service that takes calls is enough, none of those asked is no service; HTTPS says nothing of calls."""
    assert Watch().line().snmp().ping().probe(*services).look().verdict is verdict


@pytest.mark.parametrize(
    ("snmp", "silent", "ping", "services", "verdict"),
    [
        (False, True, ECHO, TAKES_NONE, Verdict.NO_SERVICE),
        (False, False, ECHO, TAKES_NONE, Verdict.NO_SERVICE),
        (False, True, ECHO, (), Verdict.SNMP_DEAD),
        (False, True, ECHO, (answered(HTTPS),), Verdict.SNMP_DEAD),
        (False, True, ECHO, TAKES_CALLS, Verdict.READY),
        (False, True, NO_ECHO, TAKES_CALLS, Verdict.READY),
        (False, False, NO_ECHO, TAKES_CALLS, Verdict.READY),
        (False, True, None, TAKES_NONE, Verdict.UNKNOWN),
        (False, True, NO_ECHO, TAKES_NONE, Verdict.UNREACHABLE),
        (False, True, NO_ECHO, (), Verdict.UNREACHABLE),
        (False, False, NO_ECHO, TAKES_NONE, Verdict.UNKNOWN),
        (None, True, None, (), Verdict.UNKNOWN),
    ],
)  # fmt: skip
def test_without_snmp(
    snmp: bool | None,
    silent: bool,
    ping: PingReading | None,
    services: tuple[ServiceReading, ...],
    verdict: Verdict,
) -> None:
    """A room that does not answer SNMP is known by its services and by echo, as far as they go."""
    watch = Watch().line()
    if ping is not None:
        watch.ping(ping)
    if services:
        watch.probe(*services)
    if snmp is not None:
        watch.snmp(snmp, unanswered=silent)
    row = watch.look()
    assert row.verdict is verdict
    if verdict is Verdict.READY:
        assert (row.reading, row.up, row.ready) == (None, True, True)


def test_not_registered(watch: Watch) -> None:
    """It says itself that nobody can call it by its number."""
    row = watch.snmp(registered=False).ping().probe(*TAKES_CALLS).look()
    assert (row.verdict, row.up, row.rule) == (Verdict.NOT_REGISTERED, True, "registration")
    assert (row.ready, row.not_ready_because) == (False, "not_registered")
    assert watch.snmp(registered=True).look(1.0).verdict is Verdict.READY
    assert watch.snmp(registered=None).look(1.0).verdict is Verdict.READY


@pytest.mark.parametrize(
    ("reading", "verdict"),
    [
        ({"in_call": False}, Verdict.READY),
        ({"in_call": True}, Verdict.IN_CALL),
        ({"in_call": None, "calls": (call(),)}, Verdict.IN_CALL),
        ({"in_call": True, "calls": (call(),)}, Verdict.IN_CALL),
        ({"in_call": True, "calls": (call(), call(loss=0.02))}, Verdict.POOR_CALL),
        ({"in_call": True, "calls": (call(jitter=0.04),)}, Verdict.POOR_CALL),
        ({"in_call": True, "calls": (call(latency=0.2),)}, Verdict.POOR_CALL),
        ({"in_call": True, "calls": (call(loss=0.02),), "registered": False}, Verdict.NOT_REGISTERED),
    ],
)
def test_calls(reading: dict[str, Any], verdict: Verdict) -> None:
    """In a call, and is it good."""
    row = Watch().line().snmp(**reading).ping().probe(*TAKES_CALLS).look()
    assert row.verdict is verdict
    assert row.ready is (verdict in (Verdict.READY, Verdict.IN_CALL))


def test_a_poor_call_on_a_full_line(watch: Watch) -> None:
    """Where the line is full, it is named; the room is not blamed. It follows the line within the same look."""
    watch.snmp(in_call=True, calls=(call(loss=0.05),)).ping()
    row = watch.look()
    assert (row.verdict, row.fault, row.cause) == (Verdict.POOR_CALL, CallFault.ROOM, "")
    assert row.not_ready_because == "poor_call"
    for _ in range(3):
        watch.now += 15.0
        row = watch.snmp(in_call=True, calls=(call(loss=0.05),)).line(use=0.99).look()
    assert watch.link().verdict is Verdict.CONGESTED
    assert (row.verdict, row.fault, row.cause) == (Verdict.POOR_CALL, CallFault.LINE, "link l1")


def test_a_poor_call_in_a_clean_room_is_noted_once(watch: Watch) -> None:
    """Another figure of the same poor call is no change of verdict."""
    for loss in (0.05, 0.011, 0.3):
        watch.snmp(in_call=True, calls=(call(loss=loss),)).look(30.0)
    changes = [change.after for change in watch.state.take_changes() if change.what == "endpoint"]
    assert changes == [Verdict.POOR_CALL]


def test_a_call_at_the_limit_does_not_flap(watch: Watch) -> None:
    """A poor call is a good one again only when it is well below the limit; a good one may reach it."""
    verdicts = []
    for loss in (0.009, 0.010, 0.011, 0.0099, 0.0101, 0.0085, 0.0079, 0.0099):
        row = watch.snmp(in_call=True, calls=(call(loss=loss),)).ping().line().look(30.0)
        verdicts.append(row.verdict is Verdict.POOR_CALL)
    assert verdicts == [False, False, True, True, True, True, False, False]


def test_a_new_call_is_judged_anew(watch: Watch) -> None:
    """That the call before was poor says nothing of the next one."""
    assert watch.snmp(in_call=True, calls=(call(loss=0.02),)).look().verdict is Verdict.POOR_CALL
    assert watch.snmp(in_call=False).look(30.0).verdict is Verdict.READY
    assert watch.snmp(in_call=True, calls=(call(loss=0.009),)).look(30.0).verdict is Verdict.IN_CALL


@pytest.mark.parametrize(
    ("port", "fault"),
    [(port_reading(speed_bps=10_000_000), CallFault.ROOM), (port_reading(), CallFault.ROOM)],
)
def test_the_port_of_the_room(watch: Watch, port: Any, fault: CallFault) -> None:
    """A slow port speaks for the room though echo requests to the office get lost."""
    watch.observations.device_answered("sw", InterfacesPoll(1, {LAN: port}, {}))
    watch.observations.pinged("addr-cpe", LOSSY)
    slow = port.speed_bps < 100_000_000
    row = watch.snmp(in_call=True, calls=(call(loss=0.05),)).ping(LOSSY).look()
    assert row.fault is (fault if slow else CallFault.LINE)
    assert row.cause == ("" if slow else "link l1")


def test_a_port_that_is_not_heard_any_more(watch: Watch) -> None:
    """A port's last figures are not shown when its switch has fallen silent."""
    watch.observations.device_answered("sw", InterfacesPoll(1, {LAN: port_reading()}, {}))
    assert watch.snmp().look().port is not None
    watch.observations.device_failed("sw", "no answer", unanswered=True)
    assert watch.look(1.0).port is None


# --- evidence from before a cut ------------------------------------------------------------------------------


@pytest.mark.parametrize("line", [True, False])
@pytest.mark.parametrize(("snmp", "echo"), [(True, ECHO), (True, NO_ECHO), (False, ECHO)])
def test_a_sip_answer_from_before_a_cut_keeps_nobody_alive(line: bool, snmp: bool, echo: PingReading) -> None:
    """When SNMP or ping falls silent, SIP is asked again at once, and its silence makes the room unreachable.

    Whichever of the two answered before, and whether or not its line is known.
    """
    watch = Watch(line=line)
    if line:
        watch.line()
    assert watch.snmp(snmp).ping(echo).probe(*TAKES_CALLS).look().verdict is Verdict.READY
    watch.now += 5.0
    watch.snmp(False).ping(NO_ECHO)
    assert watch.look().verdict is Verdict.READY
    assert ("probe", "e1") in watch.wanted
    watch.now += 2.0
    if line:
        watch.line()
    watch.snmp(False).ping(NO_ECHO).probe(*TAKES_NONE)
    row = watch.look()
    assert (row.verdict, row.up) == (Verdict.UNREACHABLE, False)
    assert row.since == watch.unix() - 2.0
    assert set(watch.seen) == {Verdict.READY, Verdict.UNREACHABLE}


@pytest.mark.parametrize("line", [True, False])
def test_a_room_whose_sip_outlives_snmp_and_ping_stays_ready(line: bool) -> None:
    """That something on the way begins to drop ICMP and SNMP is no outage: not for a moment."""
    watch = Watch(line=line)
    if line:
        watch.line()
    watch.snmp().ping().probe(*TAKES_CALLS).look()
    for second in range(300):
        watch.now += 1.0
        if second % 10 == 5:
            watch.ping(NO_ECHO)
            if line:
                watch.line()
        if second % 30 == 7:
            watch.snmp(False)
        wanted = watch.wanted
        if ("endpoint", "e1") in wanted:
            watch.observations.endpoints["e1"].silent_since = watch.now  # so does whoever has it asked at once
        if ("probe", "e1") in wanted or second % 60 == 50:
            watch.now += 3.0
            watch.probe(*TAKES_CALLS)
        watch.look()
    assert set(watch.seen) == {Verdict.READY}


def test_a_cut_that_is_not_probed_again_ends_with_the_answers_age(watch: Watch) -> None:
    """Should nobody ask the services, their last answer holds no longer than any value: three intervals."""
    watch.snmp().ping().probe(*TAKES_CALLS).look()
    for _ in range(26):
        watch.now += 10.0
        watch.snmp(False).ping(NO_ECHO).line()
        watch.look()
    assert watch.seen[-1] is Verdict.UNREACHABLE


def test_a_dead_room_is_told_when_its_line_is_out_too(watch: Watch) -> None:
    """With its line the room is behind a line that is out, whatever SIP said before; nobody asks SIP first."""
    watch.snmp().ping().probe(*TAKES_CALLS).look()
    watch.now += 5.0
    watch.snmp(False).ping(NO_ECHO).line(up=False).look()
    watch.now += 2.0
    watch.snmp(False).ping(NO_ECHO).line(up=False)
    row = watch.look()
    assert (row.verdict, row.cause) == (Verdict.PARENT_DOWN, "link l1")
    assert row.not_ready_because == "line_down"


@pytest.mark.parametrize("order", ["ping probe snmp", "probe ping snmp", "snmp ping probe", "probe snmp ping"])
@pytest.mark.parametrize("line", [True, False])
def test_blocked_icmp_and_no_snmp_is_ready_from_the_first_look(order: str, line: bool) -> None:
    """A room of which SIP is all that ever answers is ready, in whatever order it was asked, and stays so."""
    watch = Watch(line=line)
    hear = {
        "ping": lambda: watch.ping(NO_ECHO),
        "probe": lambda: watch.probe(*TAKES_CALLS),
        "snmp": lambda: watch.snmp(False),
    }
    for name in order.split():
        watch.now += 1.0
        hear[name]()
    watch.look()
    for second in range(400):
        watch.now += 1.0
        for name, every in (("ping", 10), ("snmp", 30), ("probe", 60)):
            if second % every == 3:
                hear[name]()
        if line and second % 30 == 1:
            watch.line()
        watch.look()
    assert set(watch.seen) == {Verdict.READY}


def test_asking_a_silent_room_again_makes_it_no_deader(watch: Watch) -> None:
    """A silence that is counted anew, as when somebody has it asked at once, takes nothing from a SIP answer."""
    watch.snmp(False).ping(NO_ECHO).probe(*TAKES_CALLS).look()
    watch.now += 20.0
    watch.observations.endpoints["e1"].silent_since = watch.now
    watch.snmp(False)
    assert watch.look().verdict is Verdict.READY


def test_a_probe_that_fails_at_a_cut_makes_no_false_no_service(watch: Watch) -> None:
    """SNMP and echo from before the probe do not show that the room is there: it may be gone with its line."""
    watch.snmp().ping().probe(*TAKES_CALLS).look()
    watch.now += 8.0
    watch.probe(*(replace(service, state=SILENT) for service in TAKES_CALLS))
    assert watch.look().verdict is Verdict.READY
    watch.now += 2.0
    watch.ping(NO_ECHO)
    assert watch.look().verdict is Verdict.READY
    watch.now += 10.0
    watch.snmp(False).line()
    watch.look()
    watch.now += 1.0
    watch.line()
    assert watch.look().verdict is Verdict.UNREACHABLE
    assert Verdict.NO_SERVICE not in watch.seen


@pytest.mark.parametrize("sign", ["snmp", "ping"])
def test_a_sign_of_life_after_the_probe_makes_it_no_service(watch: Watch, sign: str) -> None:
    """The next answer to SNMP or ping shows that the room is there, and takes no calls."""
    watch.snmp().ping().probe(*TAKES_CALLS).look()
    watch.now += 5.0
    watch.probe(*TAKES_NONE).look()
    watch.now += 5.0
    (watch.snmp if sign == "snmp" else watch.ping)()
    row = watch.look()
    assert (row.verdict, row.up, row.not_ready_because) == (Verdict.NO_SERVICE, True, "no_service")
    watch.now += 50.0
    watch.snmp().ping().probe(*TAKES_CALLS)
    assert watch.look().verdict is Verdict.READY


def test_no_service_stays_while_it_is_probed_again_and_again(watch: Watch) -> None:
    """Each new probe in vain comes after the last sign of life; that is no reason to waver."""
    for second in range(0, 600, 5):
        watch.now += 5.0
        if second % 30 == 0:
            watch.snmp().line()
        if second % 10 == 0:
            watch.ping()
        if second % 60 == 5:
            watch.probe(*TAKES_NONE)
        if second > 20:
            watch.look()
    assert set(watch.seen) == {Verdict.NO_SERVICE}


def test_services_that_were_asked_too_long_ago(watch: Watch) -> None:
    """After three intervals without a probe their answers are neither shown nor judged by."""
    watch.snmp().ping().probe(*TAKES_NONE)
    assert watch.look().verdict is Verdict.NO_SERVICE
    watch.now += 181.0
    row = watch.snmp().ping().line().look()
    assert (row.verdict, row.services) == (Verdict.READY, ())


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["snmp", "ping", "probe", "line", "look"]),
            st.booleans(),
            st.sampled_from([0.5, 3.0, 10.0, 40.0]),
        ),
        max_size=30,
    )
)
def test_no_verdict_of_being_there_without_a_sign(events: list[tuple[str, bool, float]]) -> None:
    """Whatever is heard in whatever order: who is up has given a sign, and nobody is out who gives one now."""
    watch = Watch().snmp(False)
    signs = {"snmp": False, "ping": False, "probe": False}
    ever = False
    for what, good, seconds in events:
        watch.now += seconds
        match what:
            case "snmp":
                watch.snmp(good)
            case "ping":
                watch.ping(ECHO if good else NO_ECHO)
            case "probe":
                watch.probe(*(TAKES_CALLS if good else TAKES_NONE))
            case "line":
                watch.line(up=good)
        if what in signs:
            signs[what] = good
            ever = ever or good
        row = watch.look()
        assert ever or row.up is not True
        if what in signs and good:
            assert row.up is (True if what != "ping" else row.up or None)
        if row.verdict is Verdict.UNREACHABLE:
            assert not signs["snmp"]
            assert not signs["ping"]
        assert row.ready is not True or row.up


# --- maintenance, meetings, readiness ------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["e1", "s1"])
def test_maintenance(watch: Watch, what: str) -> None:
    """A window hides the verdict and its fault, not the state beneath it, and the room is not ready."""
    begin = BEGIN + timedelta(seconds=watch.now + 10)
    watch.state.use_windows([MaintenanceWindow(what, begin, begin + timedelta(seconds=60), "work")])
    poor = {"in_call": True, "calls": (call(loss=0.05),)}
    assert watch.snmp(**poor).look().fault is CallFault.ROOM
    during = watch.look(10.0)
    assert (during.verdict, during.up, during.fault, during.cause) == (Verdict.MAINTENANCE, True, None, "")
    assert (during.ready, during.not_ready_because) == (False, "maintenance")
    assert during.reading is not None
    assert watch.snmp(**poor).line().look(60.0).verdict is Verdict.POOR_CALL


def test_before_anything_is_known(watch: Watch) -> None:
    """A fresh agent calls nobody ready nor unready."""
    row = Watch().look()
    assert (row.verdict, row.ready, row.not_ready_because) == (Verdict.UNKNOWN, None, "not_known")


def test_a_full_line_makes_a_room_unready_within_the_same_look(watch: Watch) -> None:
    """What a line has left is judged with the line, not seconds later."""
    watch.snmp().ping().probe(*TAKES_CALLS)
    assert watch.look().ready is True
    for _ in range(3):
        watch.now += 15.0
        row = watch.line(use=0.99).snmp().look()
    assert watch.link().verdict is Verdict.CONGESTED
    assert (row.verdict, row.ready, row.not_ready_because) == (Verdict.READY, False, "line_congested")


def test_a_change_of_the_line_alone_is_followed(watch: Watch) -> None:
    """A room is judged again when its line is, though nothing was heard of the room itself."""
    watch.snmp().ping().look()
    watch.now += 1.0
    watch.line(use=0.99)
    watch.look()
    watch.now += 21.0
    watch.look()
    watch.now += 1.0
    watch.line(use=0.99)
    row = watch.look()
    assert (watch.link().verdict, row.not_ready_because) == (Verdict.CONGESTED, "line_congested")


def meeting(name: str, begin_s: float, end_s: float, *endpoints: str) -> Meeting:
    times = (BEGIN + timedelta(seconds=1000.0 + seconds) for seconds in (begin_s, end_s))
    return Meeting(name, name, *times, endpoints or ("e1",))


def test_meetings_come_and_go(watch: Watch) -> None:
    """An endpoint shows its next meeting, soon an hour before, then while it runs, then the one after."""
    first, second = meeting("first", 7200, 9000), meeting("second", 20_000, 21_000)
    watch.state.use_meetings([second, first, meeting("of others", 10, 20, "e2")])
    shown = []
    for at in (0, 3599, 3600, 7200, 8999, 9000, 16_399, 16_400, 20_999, 21_000):
        watch.now = 1000.0 + at
        row = watch.snmp().ping().look()
        shown.append((at, row.meeting and row.meeting.meeting_id, row.meeting and row.meeting.soon))
    assert shown == [
        (0, "first", False),
        (3599, "first", False),
        (3600, "first", True),
        (7200, "first", True),
        (8999, "first", True),
        (9000, "second", False),
        (16_399, "second", False),
        (16_400, "second", True),
        (20_999, "second", True),
        (21_000, None, None),
    ]


def test_a_list_of_meetings_counts_from_the_next_look(watch: Watch) -> None:
    """A meeting that is put in the list is shown at once, though nothing is heard of the endpoint."""
    assert watch.snmp().ping().look().meeting is None
    watch.state.use_meetings([meeting("now", -60, 60)])
    row = watch.look()
    assert row.meeting is not None
    assert (row.meeting.meeting_id, row.meeting.soon) == ("now", True)
    assert watch.look() is row
    watch.state.use_meetings([])
    assert watch.look().meeting is None


def test_a_reload_keeps_verdicts_and_takes_meetings(watch: Watch) -> None:
    """What was found stands after a reload, since when too."""
    watch.snmp(in_call=True, calls=(call(loss=0.02),)).ping()
    before = watch.look()
    watch.now += 5.0
    state = FleetState(watch.inventory, watch.observations, SETTINGS)
    state.use_meetings([meeting("now", -60, 600)])
    state.adopt(watch.state)
    (row,) = state.snapshot().endpoints
    assert (row.verdict, row.since) == (Verdict.POOR_CALL, before.since)
    assert row.meeting is not None
    assert state.take_changes() == watch.state.take_changes()


def test_meeting_rows(watch: Watch) -> None:
    """Meetings that are not over are listed, the next one first, with how many cannot take part as it is."""
    watch.state.use_meetings(
        [meeting("b", 60, 90), meeting("a", 60, 90, "e1", "e9"), meeting("over", -9, 0), meeting("runs", -9, 1)]
    )
    watch.snmp(registered=False).ping()
    rows = watch.state.snapshot().meetings
    assert [(row.meeting_id, row.endpoints, row.not_ready) for row in rows] == [
        ("runs", 1, 1), ("a", 2, 1), ("b", 1, 1),
    ]  # fmt: skip


@given(
    st.lists(
        st.builds(
            meeting,
            st.sampled_from(["a", "b", "c"]),
            st.sampled_from([-50.0, 0.0, 10.0, 50.0]),
            st.sampled_from([60.0, 100.0]),
            st.sampled_from(["e1", "e2"]),
        ),
        max_size=6,
    ),
    st.lists(st.sampled_from([0.0, 10.0, 59.0, 60.0, 99.0, 100.0]), max_size=4),
)
def test_the_meeting_shown_is_the_running_or_next_one(meetings: list[Meeting], times: Iterable[float]) -> None:
    """At any time, whatever overlaps: of those not over that it is in, the one that began first."""
    watch = Watch()
    watch.state.use_meetings(meetings)
    for at in sorted(times):
        watch.now = 1000.0 + at
        row = watch.snmp().look()
        now = BEGIN + timedelta(seconds=watch.now)
        ahead = [each for each in meetings if each.end > now and "e1" in each.endpoint_ids]
        first = min(ahead, key=lambda each: (each.begin, each.end, each.meeting_id), default=None)
        assert (row.meeting and row.meeting.meeting_id) == (first and first.meeting_id)


# --- what comes and goes -------------------------------------------------------------------------------------


def test_a_poor_call_outlives_missing_figures(watch: Watch) -> None:
    """One poll without figures is no better call: the verdict stays for three polls, then nothing is known."""
    watch.probe(*TAKES_CALLS)
    poor, silent = call(loss=0.09), CallReading()
    assert watch.snmp(in_call=True, calls=(poor,)).ping().line().look().verdict is Verdict.POOR_CALL
    for _ in range(4):
        assert watch.snmp(in_call=True, calls=(silent,)).ping().line().look(15.0).verdict is Verdict.POOR_CALL
        assert watch.snmp(in_call=True, calls=(poor,)).ping().line().look(15.0).verdict is Verdict.POOR_CALL
    for _ in range(3):
        assert watch.snmp(in_call=True, calls=(silent,)).ping().line().look(30.0).verdict is Verdict.POOR_CALL
    row = watch.snmp(in_call=True, calls=(silent,)).ping().line().look(30.0)
    assert row.verdict is Verdict.IN_CALL
    assert watch.snmp(in_call=False).ping().line().look(1.0).verdict is Verdict.READY


def test_a_poor_call_ends_with_the_call(watch: Watch) -> None:
    """A call that is over leaves nothing behind, and the next one is judged by its own figures."""
    watch.probe(*TAKES_CALLS)
    assert watch.snmp(in_call=True, calls=(call(loss=0.09),)).ping().look().verdict is Verdict.POOR_CALL
    assert watch.snmp(in_call=False).ping().look(30.0).verdict is Verdict.READY
    assert watch.snmp(in_call=True, calls=(CallReading(),)).ping().look(30.0).verdict is Verdict.IN_CALL


def test_a_room_that_comes_back_is_not_blamed_for_its_outage(watch: Watch) -> None:
    """What its services did not answer while it was out says nothing: they are asked at once, and then count."""
    assert watch.snmp().ping().probe(*TAKES_CALLS).look().verdict is Verdict.READY
    watch.seen.clear()
    for _ in range(3):
        watch.line().snmp(False).ping(NO_ECHO).probe(answered(SIP, SILENT), answered(H323, SILENT)).look(10.0)
    assert watch.seen[-1] is Verdict.UNREACHABLE
    assert ("probe", "e1") in watch.wanted
    assert watch.snmp().ping().look(10.0).verdict is Verdict.READY
    assert ("probe", "e1") in watch.wanted
    assert watch.snmp().ping().probe(*TAKES_CALLS).look(2.0).verdict is Verdict.READY
    assert Verdict.NO_SERVICE not in watch.seen
    assert watch.probe(*TAKES_NONE).snmp().ping().look(2.0).verdict is Verdict.NO_SERVICE
