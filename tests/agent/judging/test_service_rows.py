"""The services of services.csv: up, slow, down, unknown, in maintenance, and since when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from inventories import make_inventory

from phusong.agent.inventory import Inventory, MaintenanceWindow, Service
from phusong.agent.judging.fleet_state import FleetState, StateSettings
from phusong.agent.judging.service_rows import judge_service
from phusong.agent.judging.video_settings import VideoSettings
from phusong.agent.polling.observations import Observations
from phusong.collectors.call_readings import ServiceKind, ServiceReading, ServiceState
from phusong.exporters.snapshot import ServiceRow, ServiceVerdict

SETTINGS = StateSettings("2020-01", 30, 10, 60, "4G", video=VideoSettings(services_interval_s=60.0))
PORTAL = Service(
    "portal", "Portal", ServiceKind.HTTPS, "p.example", 443, "/?token=canary", site_id="s1", slow_s=0.5
)
BEGIN = datetime(2026, 11, 22, 8, tzinfo=UTC)
READY = ServiceReading(ServiceKind.HTTPS, 443, ServiceState.READY, 200, 0.1)


def inventory(**changes: object) -> Inventory:
    return replace(make_inventory(), services={"portal": replace(PORTAL, **changes)})


class Watch:
    """A state of one service whose clock the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.observations = Observations(lambda: self.now, self.unix)
        self.state = FleetState(inventory(), self.observations, SETTINGS)

    def unix(self) -> float:
        return BEGIN.timestamp() + self.now

    def row(self, reading: ServiceReading | None = None, after_s: float = 0.0) -> ServiceRow:
        """Let time pass, hear an answer perhaps, and look."""
        self.now += after_s
        if reading is not None:
            self.observations.service_probed("portal", reading)
        (row,) = self.state.snapshot().services
        return row


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.mark.parametrize(
    ("reading", "verdict"),
    [
        (None, ServiceVerdict.UNKNOWN),
        (READY, ServiceVerdict.UP),
        (replace(READY, latency_s=0.5), ServiceVerdict.UP),
        (replace(READY, latency_s=0.501), ServiceVerdict.SLOW),
        (replace(READY, latency_s=None), ServiceVerdict.UP),
        *(
            (replace(READY, state=state, latency_s=9.0), ServiceVerdict.DOWN)
            for state in ServiceState
            if state is not ServiceState.READY
        ),
    ],
)
def test_verdicts_on_a_service(reading: ServiceReading | None, verdict: ServiceVerdict) -> None:
    """The right answer in time is up, too late slow; any other answer, or none, is down."""
    assert judge_service(PORTAL, reading) is verdict


def test_before_it_was_asked_nothing_is_claimed(watch: Watch) -> None:
    """A fresh agent does not know, and shows the service all the same, without its address."""
    row = watch.row()
    assert (row.verdict, row.reading, row.last_success) == (ServiceVerdict.UNKNOWN, None, None)
    assert (row.info.service_id, row.info.name, row.info.protocol, row.info.site_id) == (
        "portal", "Portal", "https", "s1",
    )  # fmt: skip
    assert "canary" not in repr(watch.state.snapshot())


def test_an_old_answer_is_unknown(watch: Watch) -> None:
    """Three intervals after the last answer nothing is known; when it was right stays."""
    heard = watch.row(READY)
    assert (heard.verdict, heard.last_success) == (ServiceVerdict.UP, watch.unix())
    assert watch.row(after_s=175.0).verdict is ServiceVerdict.UP
    old = watch.row(after_s=10.0)
    assert (old.verdict, old.reading, old.last_success) == (ServiceVerdict.UNKNOWN, None, heard.last_success)


def test_since_is_kept_while_the_verdict_stands(watch: Watch) -> None:
    """It moves with the verdict, not with the answers."""
    began = watch.row(READY).since
    assert watch.row(replace(READY, latency_s=0.2), after_s=60.0).since == began
    down = watch.row(replace(READY, state=ServiceState.SILENT), after_s=60.0)
    assert down.since == watch.unix()
    still = watch.row(replace(READY, state=ServiceState.WRONG_TEXT), after_s=60.0)
    assert (still.verdict, still.since) == (ServiceVerdict.DOWN, down.since)
    assert watch.row(READY, after_s=60.0).since == watch.unix()


def test_only_a_right_answer_is_a_success(watch: Watch) -> None:
    """A page that lacks its text was answered, but the service did not do as it should."""
    right = watch.row(READY).last_success
    assert right == watch.unix()
    wrong = watch.row(replace(READY, state=ServiceState.WRONG_TEXT), after_s=60.0)
    assert (wrong.last_success, wrong.reading and wrong.reading.state) == (right, ServiceState.WRONG_TEXT)
    assert Watch().row(replace(READY, state=ServiceState.REFUSED)).last_success is None


@pytest.mark.parametrize(("what", "excused"), [("portal", True), ("s1", True), ("other", False)])
def test_maintenance(watch: Watch, what: str, excused: bool) -> None:
    """A window of the service or of its site covers it to the second; what it answers is shown all the same."""
    down = replace(READY, state=ServiceState.SILENT)
    before = watch.row(down)
    begin = BEGIN + timedelta(seconds=watch.now + 30)
    watch.state.use_windows([MaintenanceWindow(what, begin, begin + timedelta(seconds=60), "disks")])
    assert watch.row(down, after_s=29.9).verdict is ServiceVerdict.DOWN
    during = watch.row(down, after_s=0.2)
    assert during.verdict is (ServiceVerdict.MAINTENANCE if excused else ServiceVerdict.DOWN)
    assert during.reading == down
    after = watch.row(after_s=60.0)
    assert after.verdict is ServiceVerdict.DOWN
    assert after.since == (watch.unix() if excused else before.since)


def test_a_reload_is_no_change(watch: Watch) -> None:
    """Since when it is down outlives a reload; a service that is gone is shown no more."""
    down = watch.row(replace(READY, state=ServiceState.SILENT))
    watch.now += 30.0
    later = FleetState(inventory(slow_s=9.0), watch.observations, SETTINGS)
    later.adopt(watch.state)
    (row,) = later.snapshot().services
    assert (row.verdict, row.since) == (ServiceVerdict.DOWN, down.since)
    last = FleetState(make_inventory(), watch.observations, SETTINGS)
    last.adopt(later)
    assert last.snapshot().services == ()


def test_another_service_under_the_same_name_is_forgotten(watch: Watch) -> None:
    """After it was forgotten nothing of the old one is shown."""
    watch.row(READY)
    watch.observations.forget((), (), (), ("portal",))
    row = watch.row()
    assert (row.verdict, row.last_success) == (ServiceVerdict.UNKNOWN, None)


def test_an_unchanged_row_is_the_same_object(watch: Watch) -> None:
    """Whoever renders rows may tell by identity that nothing changed."""
    assert watch.row(READY) is watch.row()
