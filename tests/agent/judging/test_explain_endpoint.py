"""Explanations of endpoints and services: each thing that is known is a fact, and so is that nothing is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from endpoint_readings import answered, call, room
from inventories import make_inventory, make_link
from rows_made import ECHO, NO_ECHO, port_reading

from phusong.agent.inventory import (
    Column,
    EndpointService,
    InterfaceSelector,
    Inventory,
    LinkEnd,
    MaintenanceWindow,
    Service,
)
from phusong.agent.judging.explain import Explanation
from phusong.agent.judging.explain_endpoint import SERVICE_BECAUSE
from phusong.agent.judging.fleet_state import FleetState, StateSettings
from phusong.agent.judging.limits import Limits, LimitsBook
from phusong.agent.judging.video_settings import VideoSettings
from phusong.agent.meetings import Meeting
from phusong.agent.polling.observations import Observations
from phusong.collectors.call_readings import (
    CallReading,
    CertificateReading,
    EndpointReading,
    Media,
    ServiceKind,
    ServiceReading,
    ServiceState,
    StreamReading,
    Way,
)
from phusong.collectors.interfaces import InterfacesPoll
from phusong.collectors.rates import Interval
from phusong.collectors.readings import SystemReading
from phusong.exporters.snapshot import ServiceVerdict

BEGIN = datetime(2026, 11, 22, 8, tzinfo=UTC)
SETTINGS = StateSettings(
    "2020-01", 30, 10, 60, "4G", video=VideoSettings(ready_before_s=3600.0), limits=LimitsBook(Limits(over_s=20.0))
)
WAN, LAN = InterfaceSelector(Column.NAME, "wan"), InterfaceSelector(Column.NAME, "Gi0/7")
SIP, H323, HTTPS = ServiceKind.SIP_UDP, ServiceKind.H323, ServiceKind.HTTPS
SERVICES = (EndpointService(SIP, 5060), EndpointService(HTTPS, 443))
DAY_S = 86_400.0
PORTAL = Service("portal", "Cổng", HTTPS, "p.example", 443, "/?token=canary", site_id="s1", slow_s=0.5)


def office(**changes: Any) -> Inventory:
    """Return an office with the line l1, the room e1 at a port of its switch, and a service."""
    line = make_link("l1", near=None, far=("cpe", "wan"))
    inventory = make_inventory(line, endpoints={"e1": "addr-e1"}, idle_devices=["sw"])
    endpoint = replace(inventory.endpoints["e1"], lan=LinkEnd("sw", LAN), services=SERVICES)
    return replace(inventory, endpoints={"e1": replace(endpoint, **changes)}, services={"portal": PORTAL})


class Watch:
    """The office as the agent sees it; the test says what is heard, and moves the clock."""

    def __init__(self, **changes: Any) -> None:
        self.now = 1000.0
        inventory = office(**changes)
        self.observations = Observations(lambda: self.now, self.unix)
        self.observations.traffic.follow(inventory)
        self.state = FleetState(inventory, self.observations, SETTINGS)

    def unix(self) -> float:
        return BEGIN.timestamp() + self.now

    def hear(self, reading: EndpointReading | None = None, *services: ServiceReading) -> Watch:
        """Hear of the room all that there is: SNMP, its services, an echo; and of its line that it is up."""
        self.observations.device_answered("cpe", self.poll(WAN))
        self.observations.pinged("addr-cpe", ECHO)
        self.observations.pinged("addr-e1", ECHO)
        self.observations.probed("e1", services or (answered(SIP),))
        self.observations.endpoint_answered("e1", reading or room("e1"))
        return self

    def poll(self, interface: InterfaceSelector, **changes: Any) -> InterfacesPoll:
        interval = Interval(1.0, 125_000, 125_000, 100, 0, 0)
        poll = InterfacesPoll(1, {interface: port_reading()}, {}, traffic={interface: interval})
        return replace(poll, **changes)

    def explain(self, item_id: str = "e1") -> Explanation:
        self.state.snapshot()
        (found,) = self.state.explain(item_id)
        return found

    def facts(self, item_id: str = "e1") -> dict[str, str]:
        """Return what is said, by what it is about; of several of one name, the last."""
        return {fact.what: fact.says for fact in self.explain(item_id).facts}

    def ages(self, item_id: str = "e1") -> dict[str, float | None]:
        return {fact.what: fact.age_s for fact in self.explain(item_id).facts}


@pytest.fixture
def watch() -> Watch:
    return Watch()


# --- what it says of itself ----------------------------------------------------------------------------------


def test_nothing_is_known(watch: Watch) -> None:
    """Each thing that is asked is named, with the words that nobody has yet."""
    found = watch.explain()
    assert (found.what, found.name, found.verdict) == ("endpoint", "Room e1, Office s1", "unknown")
    assert {fact.what: (fact.says, fact.age_s) for fact in found.facts} == {
        "SNMP": ("not asked yet, or too long ago", None),
        "services": ("not asked yet, or too long ago", None),
        "ping addr-e1": ("not asked yet, or too long ago", None),
        "port sw, Gi0/7": ("not known", None),
        "hangs on site s1": ("not known, because of link l1", None),
        "ready for a meeting": ("not known: not_known; headroom_not_known, a warning", None),
    }
    assert found.because
    assert found.would_change


def test_who_has_no_services_is_not_said_to_wait_for_them() -> None:
    """Nothing is missing where nothing is asked."""
    assert "services" not in Watch(services=()).facts()
    assert "services" not in Watch(services=()).hear().facts()


def test_what_was_heard_too_long_ago(watch: Watch) -> None:
    """It counts no more, and that is said with its age."""
    watch.hear()
    watch.now += 3600
    assert watch.facts()["SNMP"] == "not asked yet, or too long ago"
    assert watch.ages()["SNMP"] == 3600.0


@pytest.mark.parametrize(
    ("system", "said"),
    [
        (SystemReading("Studio X50", "1.3.6.1", 1, "phong-hop", ""), "answers: Studio X50"),
        (SystemReading("", "1.3.6.1.4.1", 1, "phong-hop", ""), "answers: phong-hop"),
        (SystemReading("", "1.3.6.1.4.1", 1, "", ""), "answers: 1.3.6.1.4.1"),
    ],
)
def test_that_it_answers(watch: Watch, system: SystemReading, said: str) -> None:
    """By what it calls itself, else by its name or its object id."""
    watch.hear(replace(room(), system=system))
    watch.now += 7
    assert watch.facts()["SNMP"] == said
    assert watch.ages()["SNMP"] == 7.0


def test_that_it_does_not_answer(watch: Watch) -> None:
    """The reason of the last failure, and the echoes that got none."""
    watch.observations.endpoint_failed("e1", "no answer within 2 s", unanswered=True)
    for _ in range(3):
        watch.observations.pinged("addr-e1", NO_ECHO)
    watch.observations.probed("e1", (answered(SIP, ServiceState.SILENT),))
    said = watch.facts()
    assert said["SNMP"] == "no usable answer: no answer within 2 s"
    assert said["ping addr-e1"] == "0 of 5 answered; 3 bursts in a row without an answer"
    assert "call" not in said


def test_what_it_says_of_itself(watch: Watch) -> None:
    """Profile with its reason, device, registration, failed parts, how the last call ended, what was not read."""
    reading = room(
        model="X50", serial="8L21", software="4.1.0", registered=False, faults=("camera", "ntp"),
        last_end_reason="remote hung up", problems=("its calls: genErr", "HTTPS: refused"),
    )  # fmt: skip
    found = watch.hear(reading).explain()
    facts = [(fact.what, fact.says) for fact in found.facts]
    assert ("profile", "generic: a test wants it") in facts
    assert ("device", "Test, X50, 8L21, 4.1.0") in facts
    assert ("registered", "no") in facts
    assert ("failed parts", "camera, ntp") in facts
    assert ("last call ended", "remote hung up") in facts
    assert [says for what, says in facts if what == "not read"] == ["its calls: genErr", "HTTPS: refused"]
    assert (found.verdict, found.rule) == ("not_registered", "registration")


@pytest.mark.parametrize(("registered", "said"), [(True, "yes"), (False, "no"), (None, "it does not say")])
def test_whether_it_is_registered(watch: Watch, registered: bool | None, said: str) -> None:
    """Three answers, none of which is taken for another."""
    assert watch.hear(room(registered=registered)).facts()["registered"] == said


def test_who_is_read_over_https_alone(watch: Watch) -> None:
    """No system group, no claim that SNMP answers; the reason is among what was not read."""
    reading = EndpointReading("roomos", "Cisco", "it answers /getxml", problems=("SNMP: no answer within 2 s",))
    said = watch.hear(reading).facts()
    assert "SNMP" not in said
    assert said["profile"] == "roomos: it answers /getxml"
    assert said["not read"] == "SNMP: no answer within 2 s"


# --- its calls -----------------------------------------------------------------------------------------------

BARE = StreamReading(Media.AUDIO, Way.SENT, None, None, None, None, None, None, None, "")


@pytest.mark.parametrize(
    ("reading", "calls"),
    [
        ({"in_call": False}, ["none"]),
        ({"in_call": None}, ["it does not say"]),
        ({"in_call": True}, ["in one, of which it says nothing"]),
        (
            {"in_call": True, "calls": (call(),)},
            ["incoming, sip, for 10 min, 2.0 Mbit/s received, 2.0 Mbit/s sent, HD"],
        ),
        (
            {"in_call": True, "calls": (call(lines=576),)},
            ["incoming, sip, for 10 min, 2.0 Mbit/s received, 2.0 Mbit/s sent, 576 lines, not HD"],
        ),
        ({"calls": (CallReading("", "", "", None, None, None, None, ()),)}, ["up"]),
        ({"calls": (CallReading("outgoing", "h323", "8800", None, None, 64_000.0, None, ()),)},
         ["outgoing, h323, 8800, 0.1 Mbit/s sent"]),
    ],
)  # fmt: skip
def test_its_calls(watch: Watch, reading: dict[str, Any], calls: list[str]) -> None:
    """Direction, protocol, far end where it is shown, how long, both rates, and whether it is HD."""
    found = watch.hear(room(**reading)).explain()
    assert [fact.says for fact in found.facts if fact.what == "call"] == calls


def test_its_streams(watch: Watch) -> None:
    """Size, pictures, loss, jitter, latency, rate and codec of each; the limits stand beside them."""
    made = call(loss=0.0012, jitter=0.005, latency=0.04)
    said = watch.hear(room(in_call=True, calls=(replace(made, streams=(*made.streams, BARE)),))).facts()
    assert said["received video"] == (
        "1920 x 1080, 30 pictures/s, loss 0.12%, jitter 5 ms, latency 40 ms, 1800 kbit/s, H.264"
    )
    assert said["sent video"].startswith("1920 x 1080, 30 pictures/s, loss 0.00%")
    assert said["sent audio"] == "it does not say"
    assert said["limits of a good call"] == "loss 1.0%, jitter 35 ms, latency 150 ms"
    assert "room or line" not in said


@pytest.mark.parametrize(
    ("lossy_line", "port", "said"),
    [
        (False, {}, "room: link l1 is clean"),
        (True, {}, "line: echo requests are lost on the way to the office's router"),
        (False, {"speed_bps": 10_000_000}, "room: its port runs at 10 Mbit/s"),
        (True, {"speed_bps": 10_000_000}, "room: its port runs at 10 Mbit/s"),
    ],
)
def test_room_or_line(watch: Watch, lossy_line: bool, port: dict[str, int], said: str) -> None:
    """Of a poor call it is told where it goes wrong, and by what that is seen."""
    watch.hear(room(in_call=True, calls=(call(loss=0.05),)))
    if lossy_line:
        watch.observations.pinged("addr-cpe", replace(ECHO, received=4))
    watch.observations.device_answered("sw", watch.poll(LAN, readings={LAN: replace(port_reading(), **port)}))
    found = watch.explain()
    assert found.verdict == "poor_call"
    assert {fact.what: fact.says for fact in found.facts}["room or line"] == said
    assert found.cause == ("link l1" if said.startswith("line") else "")


# --- services ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reading", "said"),
    [
        (answered(SIP), ("sip-udp port 5060", "ready, 12 ms")),
        (answered(SIP, ServiceState.ALIVE, 486), ("sip-udp port 5060", "alive, 486, 12 ms")),
        (
            ServiceReading(SIP, 5060, ServiceState.UNAVAILABLE, 503, 0.002, problem="Service Unavailable"),
            ("sip-udp port 5060", "unavailable, 503, 2 ms: Service Unavailable"),
        ),
        (
            ServiceReading(H323, 1720, ServiceState.REFUSED, problem="connection refused"),
            ("h323 port 1720", "refused: connection refused"),
        ),
        (
            ServiceReading(HTTPS, 8443, ServiceState.BAD_CERTIFICATE, problem="out of date"),
            ("https port 8443", "bad certificate: out of date"),
        ),
    ],
)
def test_its_services(watch: Watch, reading: ServiceReading, said: tuple[str, str]) -> None:
    """Each with its port, state, code, how long it took, what was wrong, and when it was asked."""
    watch.hear(None, reading)
    watch.now += 4
    assert said in watch.facts().items()
    assert "services" not in watch.facts()
    assert watch.ages()[said[0]] == 4.0


@pytest.mark.parametrize(
    ("days", "trusted", "problem", "said"),
    [
        (30, True, "", f"trusted, 30 days left, SHA-256 {'ab' * 32}"),
        (-2, False, "out of date", f"not trusted (out of date), -2 days left, SHA-256 {'ab' * 32}"),
    ],
)
def test_a_certificate(watch: Watch, days: int, trusted: bool, problem: str, said: str) -> None:
    """Whether it is trusted, why not, how long it is valid, and its fingerprint for the inventory."""
    end = watch.unix() + days * DAY_S
    certificate = CertificateReading(0.0, end, "ab" * 32, trusted, problem, "CN=room")
    reading = replace(answered(HTTPS), certificate=certificate)
    assert watch.hear(None, answered(SIP), reading).facts()["certificate of https"] == said


# --- where it is connected -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "interval", "said"),
    [
        ({}, Interval(1.0, 1000, 250_000, 100, 0, 0), "up, 1000 Mbit/s, errors 0.00%, 2.0 Mbit/s to the room"),
        ({"speed_bps": 100_000_000}, Interval(1.0, 0, 0, 98, 2, 0),
         "up, 100 Mbit/s, errors 2.00%, 0.0 Mbit/s to the room"),
        ({"oper_status": 2}, None, "not up, 1000 Mbit/s"),
        ({"oper_status": 2, "speed_bps": None}, None, "not up"),
    ],
)  # fmt: skip
def test_its_port(watch: Watch, changes: dict[str, Any], interval: Interval | None, said: str) -> None:
    """Up or not, its speed, errors, and what passes to the room."""
    watch.hear()
    reading = replace(port_reading(), **changes)
    traffic = {} if interval is None else {LAN: interval}
    watch.observations.device_answered("sw", InterfacesPoll(1, {LAN: reading}, {}, traffic=traffic))
    assert watch.facts()["port sw, Gi0/7"] == said


def test_who_is_at_no_port() -> None:
    """Nothing is said of a port that nobody named."""
    assert not [what for what in Watch(lan=None).hear().facts() if what.startswith("port ")]


def test_on_what_it_hangs(watch: Watch) -> None:
    """The lines of its office, or the one that is named, with how they are."""
    assert watch.hear().facts()["hangs on site s1"] == "there"
    named = Watch(parent_link="l1").hear()
    assert named.facts()["hangs on link l1"] == "there"


# --- meetings and maintenance --------------------------------------------------------------------------------


def test_that_it_is_ready(watch: Watch) -> None:
    """In a word; warnings stand beside it and are called so."""
    assert watch.hear().facts()["ready for a meeting"] == "yes"
    assert watch.hear(room(faults=("ntp",))).facts()["ready for a meeting"] == "yes: fault (ntp), a warning"


def test_that_it_is_not_ready(watch: Watch) -> None:
    """Every reason with its figures, the heaviest first."""
    watch.hear(room(registered=False, faults=("camera",)))
    assert watch.facts()["ready for a meeting"] == "no: not_registered; fault (camera)"


@pytest.mark.parametrize(
    ("begins_min", "said"),
    [(90, "m1 begins in 90 min"), (0.25, "m1 begins in 0 min"), (0, "m1 runs"), (-30, "m1 runs")],
)
def test_its_meeting(watch: Watch, begins_min: float, said: str) -> None:
    """The next one, or the one that it is to be in now."""
    begin = datetime.fromtimestamp(watch.unix(), UTC) + timedelta(minutes=begins_min)
    watch.state.use_meetings((Meeting("m1", "Giao ban", begin, begin + timedelta(hours=1), ("e1",)),))
    assert watch.hear().facts()["meeting"] == said


def test_without_a_meeting(watch: Watch) -> None:
    """Nothing is said of one."""
    assert "meeting" not in watch.hear().facts()


def test_maintenance_says_what_is_beneath(watch: Watch) -> None:
    """The window with its reason, and the state under it."""
    begin = datetime.fromtimestamp(watch.unix(), UTC)
    watch.state.use_windows([MaintenanceWindow("e1", begin, begin + timedelta(hours=1), "new camera")])
    found = watch.hear(room(registered=False)).explain()
    said = {fact.what: fact.says for fact in found.facts}
    assert found.verdict == "maintenance"
    assert said["maintenance of e1, active"].endswith("new camera; beneath it: not_registered")


# --- services of services.csv --------------------------------------------------------------------------------


def test_a_service_of_which_nothing_is_known(watch: Watch) -> None:
    """It is unknown, and that it was not asked is a fact."""
    found = watch.explain("portal")
    assert (found.what, found.name, found.verdict) == ("service", "Cổng", "unknown")
    assert [(fact.what, fact.says) for fact in found.facts] == [
        ("services", "not asked yet, or too long ago"),
        ("slow", "an answer may take 0.5 s"),
    ]


@pytest.mark.parametrize(
    ("reading", "verdict", "said"),
    [
        (ServiceReading(HTTPS, 443, ServiceState.READY, 200, 0.1), "up", "ready, 200, 100 ms"),
        (ServiceReading(HTTPS, 443, ServiceState.READY, 200, 0.7), "slow", "ready, 200, 700 ms"),
        (
            ServiceReading(HTTPS, 443, ServiceState.BAD_ANSWER, 500, 0.1, problem="status 500"),
            "down",
            "bad answer, 500, 100 ms: status 500",
        ),
    ],
)
def test_a_service(watch: Watch, reading: ServiceReading, verdict: str, said: str) -> None:
    """How it answered, when, how late it may be; its address, which may hold a token, is not among it."""
    watch.observations.service_probed("portal", reading)
    watch.now += 5
    found = watch.explain("portal")
    assert found.verdict == verdict
    assert [(fact.what, fact.says, fact.age_s) for fact in found.facts] == [
        ("https port 443", said, 5.0),
        ("slow", "an answer may take 0.5 s", None),
    ]
    assert (found.because, found.would_change) == (
        SERVICE_BECAUSE[ServiceVerdict(verdict)][0],
        (SERVICE_BECAUSE[ServiceVerdict(verdict)][1],),
    )
    assert "canary" not in repr(found)


def test_a_service_in_maintenance(watch: Watch) -> None:
    """The window is told."""
    begin = datetime.fromtimestamp(watch.unix(), UTC)
    watch.state.use_windows([MaintenanceWindow("portal", begin, begin + timedelta(hours=1), "upgrade")])
    found = watch.explain("portal")
    assert found.verdict == "maintenance"
    (window,) = [fact.says for fact in found.facts if fact.what == "maintenance of portal, active"]
    assert window.endswith(": upgrade")


def test_every_verdict_on_a_service_has_words() -> None:
    """None is explained by silence."""
    assert set(SERVICE_BECAUSE) == set(ServiceVerdict)
    assert all(text.endswith(".") for words in SERVICE_BECAUSE.values() for text in words)
