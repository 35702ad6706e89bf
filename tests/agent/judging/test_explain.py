"""Explanations: every fact with its age, the rule in words, and what would change the verdict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from endpoint_readings import room
from inventories import make_inventory, make_link
from readings_made import end

from phusong.agent.inventory import Column, InterfaceSelector, Inventory, MaintenanceWindow
from phusong.agent.judging.explain import Explanation
from phusong.agent.judging.fleet_state import FleetState, StateSettings
from phusong.agent.judging.rule_words import BECAUSE, ISOLATED_BECAUSE, ISOLATED_UNTIL
from phusong.agent.judging.verdict import Rule
from phusong.agent.polling.observations import Observations
from phusong.collectors.interfaces import InterfacesPoll
from phusong.collectors.readings import PingReading
from phusong.coverage.summary import CoverageSummary, LayerSource, SiteCoverage
from phusong.exporters.snapshot import Isolation

SETTINGS = StateSettings(
    edition="2020-01", poll_interval_s=30, ping_interval_s=10, sensors_interval_s=60, fallback_technology="4G"
)
WAN = InterfaceSelector(Column.NAME, "wan")
ECHO = PingReading(5, 4, 0.01, 0.0123, 0.02)
NO_ECHO = PingReading(5, 0, None, None, None)


class Watch:
    """A hub, a line to an office, a room there; both clocks moved by hand."""

    def __init__(self, **more: object) -> None:
        self.now = 1000.0
        self.unix = datetime(2026, 11, 22, 8, tzinfo=UTC).timestamp()
        inventory: Inventory = make_inventory(
            make_link("l1", near=("hub", "wan"), far=("cpe", "wan")), endpoints={"e1": "addr-e1"}, **more
        )
        self.observations = Observations(lambda: self.now, lambda: self.unix + self.now)
        self.state = FleetState(inventory, self.observations, SETTINGS)

    def interfaces(self, device: str, oper: int = 1) -> None:
        reading = end(oper).reading
        assert reading is not None
        reading = replace(reading, device_id=device, speed_bps=100_000_000)
        self.observations.device_answered(device, InterfacesPoll(1, {WAN: reading}, {}))

    def explain(self, item_id: str) -> Explanation:
        (found,) = self.state.explain(item_id)
        return found


def facts(explanation: Explanation) -> dict[str, tuple[str, float | None]]:
    return {fact.what: (fact.says, fact.age_s) for fact in explanation.facts}


@pytest.fixture
def watch() -> Watch:
    watched = Watch()
    watched.interfaces("hub")
    watched.interfaces("cpe")
    for address in ("addr-hub", "addr-cpe", "addr-e1"):
        watched.observations.pinged(address, ECHO)
    watched.observations.endpoint_answered("e1", room())
    return watched


def test_a_line_that_is_up(watch: Watch) -> None:
    """Both ends, ping, use, changes and parents are there, each with its age."""
    watch.now += 7
    found = watch.explain("l1")
    said = facts(found)
    assert (found.what, found.verdict, found.rule) == ("link", "up", "oper_up")
    assert found.because == BECAUSE[Rule.OPER_UP][0]
    assert said["near end hub, name wan"] == ("row 1: ifAdminStatus up(1), ifOperStatus up(1), 100 Mbit/s", 7.0)
    assert said["ping addr-cpe"] == ("4 of 5 answered, 12.3 ms", 7.0)
    assert said["hangs on device hub"] == ("there", 7.0)
    assert said["use down"][0] == "not known (limit 90% for 5 min)"
    assert said["changes"][0].startswith("0 in the last 30 min (limit 4)")
    assert found.would_change


def test_a_line_that_is_held(watch: Watch) -> None:
    """While the hub is being asked, the explanation says that the verdict waits, and for how long."""
    watch.state.snapshot()
    watch.now += 20
    watch.observations.device_failed("cpe", "no answer within 2 s", unanswered=True)
    watch.observations.pinged("addr-cpe", NO_ECHO)
    watch.state.snapshot()
    watch.now += 1
    held = watch.explain("l1")
    assert held.verdict == "up"
    assert "1.0 s" in facts(held)["held"][0]
    assert facts(held)["far end cpe, name wan"] == ("silent: no answer within 2 s", 1.0)
    watch.observations.device_failed("hub", "no answer within 2 s", unanswered=True)
    watch.observations.pinged("addr-hub", NO_ECHO)
    found = watch.explain("l1")
    assert (found.verdict, found.cause) == ("parent_down", "device hub")
    assert facts(found)["hangs on device hub"][0] == "out"
    assert "held" not in facts(found)


def test_maintenance_says_what_is_beneath(watch: Watch) -> None:
    """The window with its reason, and the state under it."""
    begin = datetime.fromtimestamp(watch.unix + watch.now, UTC)
    windows = [
        MaintenanceWindow("l1", begin, begin + timedelta(hours=1), "fibre work"),
        MaintenanceWindow("Carrier A", begin + timedelta(days=1), begin + timedelta(days=2), "core upgrade"),
    ]
    planned = Watch(maintenance=windows)
    planned.interfaces("cpe", oper=2)
    found = planned.explain("l1")
    said = facts(found)
    assert found.verdict == "maintenance"
    assert "fibre work; beneath it: down" in said["maintenance of l1, active"][0]
    assert "core upgrade" in said["maintenance of Carrier A, planned"][0]


def test_an_endpoint(watch: Watch) -> None:
    """What it says of itself, and the line on which it hangs."""
    found = watch.explain("e1")
    assert (found.what, found.verdict) == ("endpoint", "ready")
    assert facts(found)["SNMP"] == ("answers: Room 500", 0.0)
    assert facts(found)["hangs on site s1"][0] == "there"


@pytest.mark.parametrize(
    ("mobile", "isolation", "said"),
    [
        (SiteCoverage("s1", "4G", ("X",)), "on_fallback", "covered by X"),
        (
            SiteCoverage("s1", "4G", ("X", "Y"), (-95.0, None), 0.0),
            "on_fallback",
            "covered by X (-95 dBm or better), Y",
        ),
        (
            SiteCoverage("s1", "4G", ("Carrier A",)),
            "isolated",
            "covered by Carrier A; Carrier A failed its line and does not count",
        ),
        (SiteCoverage("s1", "4G", ()), "isolated", "no operator covers its point"),
        (
            SiteCoverage("s1", "4G", (), (), 3217.4),
            "isolated",
            "no operator covers its point; the next coverage is 3.2 km away",
        ),
    ],
)
def test_an_office(watch: Watch, mobile: SiteCoverage, isolation: str, said: str) -> None:
    """Its lines and who covers it; the carrier that failed does not count, and it is said."""
    layer = LayerSource("x.gpkg", "0" * 64, "X", "4G", -105.0, "2026-06-30")
    watch.state.use_coverage(CoverageSummary("2020-01", "", "", False, False, (layer,), (), (mobile,)))
    watch.interfaces("cpe", oper=2)
    found = watch.explain("s1")
    assert (found.what, found.verdict) == ("site", isolation)
    assert facts(found)["4G at its point"][0] == said
    assert facts(found)["line l1 (Carrier A)"][0] == "down, carries none"
    assert facts(found)["coverage"][0] == "edition 2020-01, 1 layers, of 2026-06-30"


def test_what_is_not_known_is_said(watch: Watch) -> None:
    """Without coverage nobody knows; an unknown id explains nothing."""
    assert "not known" in facts(watch.explain("s1"))["4G at its point"][0]
    assert watch.state.explain("nobody") == []
    fresh = Watch()
    assert facts(fresh.explain("l1"))["near end hub, name wan"] == ("not asked yet", None)


def test_every_rule_and_state_has_words() -> None:
    """No verdict is explained by silence."""
    assert set(BECAUSE) == set(Rule)
    assert all(because.endswith(".") for because, _ in BECAUSE.values())
    assert set(ISOLATED_BECAUSE) == set(ISOLATED_UNTIL) == set(Isolation)


def test_no_state_is_beyond_words(watch: Watch) -> None:
    """Whatever both ends, ping and time do, there is an explanation of what is shown."""

    def fail(device: str) -> Callable[[], None]:
        return lambda: watch.observations.device_failed(device, "no answer", unanswered=True)

    def refuse(device: str) -> Callable[[], None]:
        return lambda: watch.observations.device_failed(device, "genErr", unanswered=False)

    ends = [
        [
            fail(device),
            refuse(device),
            *(lambda d=device, o=oper: watch.interfaces(d, o) for oper in (1, 2, 4, 99)),
        ]
        for device in ("hub", "cpe")
    ]
    for near, far, ping, wait in product(*ends, (ECHO, NO_ECHO), (0.0, 5.0, 100.0)):
        near()
        far()
        watch.observations.pinged("addr-cpe", ping)
        watch.now += wait
        found = watch.explain("l1")
        assert found.verdict == watch.state.snapshot().links[0].verdict
        assert found.because
