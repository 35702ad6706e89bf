"""Meetings and services from the metrics page to the message: real Prometheus and Alertmanager, the shipped files.

The page is rendered by our own renderer from snapshots that the test changes. Waiting times, those in expressions
too, are a thirtieth of those shipped, nothing else differs.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from alerting import Alerting, Mailbox, alerting_on_page, much_quicker
from processes import wait_for

from phusong.collectors.call_readings import ServiceKind, ServiceReading, ServiceState
from phusong.exporters.agent_metrics import AgentMetrics
from phusong.exporters.exposition import Format
from phusong.exporters.prometheus import MetricsPage
from phusong.exporters.snapshot import (
    DeviceRow,
    EndpointInfo,
    EndpointRow,
    Isolation,
    LinkInfo,
    LinkRow,
    MeetingRow,
    MeetingTime,
    ServiceInfo,
    ServiceRow,
    ServiceVerdict,
    SiteInfo,
    SiteRow,
    Snapshot,
    Verdict,
)

DIVISOR = 30
CHANGED_AT = 1_793_000_000.0
"""14:33 on 26 October 2026 in Vietnam."""
BEGINS, ENDS = CHANGED_AT + 1800, CHANGED_AT + 9000
ROOMS = {f"r-{n:02d}": "hub1" if n < 60 else "hub2" for n in range(100)}
"""The hub behind which each room of the meeting is."""


@dataclass(slots=True)
class Province:
    """What the page says now; a test changes it, then publishes."""

    rooms: dict[str, tuple[Verdict, str]] = field(default_factory=dict)
    """Verdict and reason of the rooms that are not ready."""
    cut: dict[str, Verdict] = field(default_factory=dict)
    """The lines that are out, by room; each has a second one."""
    dead_hub: str = ""
    service: ServiceVerdict = ServiceVerdict.UP
    _page: MetricsPage = field(init=False)
    _snapshot: Snapshot = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        agent = AgentMetrics("test")
        agent.config_last_reload_successful.set(1)
        agent.meetings_last_read_successful.set(1)
        self._page = MetricsPage(agent)
        self.publish()

    def publish(self) -> None:
        """Show what holds from now on."""
        with self._lock:
            self._snapshot = self._now()

    def render(self) -> bytes:
        """Return the metrics page."""
        with self._lock:
            return self._page.render(self._snapshot, Format.TEXT)

    def _now(self) -> Snapshot:
        hubs = tuple(
            DeviceRow(hub, "s-00", 4711, CHANGED_AT, None, 0, hub != self.dead_hub, "hub")
            for hub in ("hub1", "hub2")
        )
        place = SiteInfo("s-00", "Trung tâm dữ liệu", "province", "06649", 21.0, 107.0, "Thành phố Hạ Long")
        offices = (
            SiteInfo(f"s-{room}", f"UBND {room}", "commune", room, 21.0, 107.0, f"Huyện {n % 5}")
            for n, room in enumerate(ROOMS)
        )
        return Snapshot(
            time.time(),
            "2020-01",
            "4G",
            tuple(link for room in ROOMS for link in self._lines(room)),
            tuple(self._endpoint(room) for room in ROOMS),
            tuple(SiteRow(info, Isolation.CONNECTED, True, CHANGED_AT) for info in (place, *offices)),
            hubs,
            None,
            services=(self._portal(),),
            meetings=(MeetingRow("giao-ban", "Họp giao ban", BEGINS, ENDS, len(ROOMS), len(self.rooms)),),
        )

    def _lines(self, room: str) -> Iterator[LinkRow]:
        for link, verdict in ((room, self.cut.get(room, Verdict.UP)), (f"{room}-4g", Verdict.UP)):
            info = LinkInfo(link, f"s-{room}", "Carrier A", "primary", 1e6, 1e6, ROOMS[room], f"cpe-{room}")
            yield LinkRow(info, verdict, verdict is Verdict.UP, CHANGED_AT, *(None, None, None), CHANGED_AT, "")

    def _endpoint(self, room: str) -> EndpointRow:
        verdict, reason = self.rooms.get(room, (Verdict.READY, ""))
        return EndpointRow(
            EndpointInfo(room, f"s-{room}", f"Phòng họp {room}"),
            verdict,
            not reason,
            CHANGED_AT,
            *(None, None, CHANGED_AT, ""),
            ready=not reason,
            not_ready_because=reason,
            meeting=MeetingTime("giao-ban", BEGINS, ENDS, soon=True),
        )

    def _portal(self) -> ServiceRow:
        up = self.service is ServiceVerdict.UP
        state, code = (ServiceState.READY, 200) if up else (ServiceState.UNAVAILABLE, 503)
        return ServiceRow(
            ServiceInfo("dvc", "Cổng dịch vụ công", "https", "s-00"),
            self.service,
            CHANGED_AT,
            ServiceReading(ServiceKind.HTTPS, 443, state, code, 0.2),
            CHANGED_AT,
        )


@dataclass(frozen=True, slots=True)
class Morning:
    """Everything that a test needs."""

    province: Province
    box: Mailbox
    alerting: Alerting


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Morning]:
    """Run all of it over a province in which every room is ready."""
    province = Province()
    folder = tmp_path_factory.mktemp("alerting")
    with alerting_on_page(province.render, folder, divisor=DIVISOR, shorten=much_quicker) as (box, pair):
        yield Morning(province, box, pair)


def test_single_rooms(morning: Morning) -> None:
    """A ticket for each room that is not ready, with reason and time; what says the same is held back."""
    morning.province.rooms["r-00"] = (Verdict.NOT_REGISTERED, "not_registered")
    morning.province.rooms["r-01"] = (Verdict.UNREACHABLE, "unreachable")
    morning.province.rooms["r-02"] = (Verdict.MAINTENANCE, "maintenance")
    morning.province.publish()
    tickets = wait_for(lambda: morning.box.about(alertname="VcNotReady", endpoint="r-00"), "the ticket")
    assert {ticket.receiver for ticket in tickets} == {"tickets"}
    (alert,) = (alert for alert in tickets[0].alerts if alert["labels"]["endpoint"] == "r-00")
    assert alert["labels"]["reason"] == "not_registered"
    assert alert["annotations"]["begins"] == "15:03 26/10/2026"
    assert alert["annotations"]["description"] == (
        "Endpoint r-00, Phòng họp r-00 (Huyện 0), is not ready for the meeting of 15:03 26/10/2026: "
        "not registered."
    )
    wait_for(lambda: morning.alerting.held_back(alertname="VcEndpointDown", endpoint="r-01"), "what says the same")
    assert morning.box.about(alertname="VcEndpointDown") == []
    assert morning.alerting.firing(endpoint="r-02") == []
    assert morning.box.about(alertname="VcMeetingManyNotReady") == []


def test_a_line(morning: Morning) -> None:
    """The line is told; the room behind it, whose office has another line, is held back."""
    morning.province.cut["r-10"] = Verdict.DOWN
    morning.province.rooms["r-10"] = (Verdict.PARENT_DOWN, "line_down")
    morning.province.publish()
    wait_for(lambda: morning.box.about(alertname="WanLinkDown", link="r-10"), "the ticket on the line")
    wait_for(lambda: morning.alerting.held_back(alertname="VcNotReady", endpoint="r-10"), "the room held back")
    assert morning.box.about(endpoint="r-10") == []


def test_a_service(morning: Morning) -> None:
    """A service that says 503 wakes somebody, and the message says so."""
    morning.province.service = ServiceVerdict.DOWN
    morning.province.publish()
    (page,) = wait_for(lambda: morning.box.about(alertname="WanServiceDown"), "the page")[:1]
    assert page.receiver in {"pages", "telegram"}
    (alert,) = page.alerts
    assert alert["annotations"]["description"] == (
        "Service dvc, Cổng dịch vụ công, is down since 14:33 26/10/2026: https unavailable, status 503."
    )


def test_forty_rooms_behind_one_hub(morning: Morning) -> None:
    """Two pages: the hub, and the meeting that cannot be held; none of the forty rooms is told by itself."""
    behind = [room for room, hub in ROOMS.items() if hub == "hub2"]
    assert len(behind) == 40
    morning.province.dead_hub = "hub2"
    morning.province.cut |= dict.fromkeys(behind, Verdict.PARENT_DOWN)
    morning.province.rooms |= dict.fromkeys(behind, (Verdict.PARENT_DOWN, "line_down"))
    morning.province.publish()
    wait_for(lambda: morning.box.about(alertname="WanHubDown"), "the page on the hub")
    (page,) = wait_for(lambda: morning.box.about(alertname="VcMeetingManyNotReady"), "the page on the meeting")[:1]
    assert page.receiver in {"pages", "telegram"}
    (alert,) = (found for found in page.alerts if found["labels"]["alertname"] == "VcMeetingManyNotReady")
    assert alert["annotations"]["description"] == (
        "Họp giao ban (giao-ban) of 15:03 26/10/2026: 43% of its endpoints are not ready. "
        "41 line down, 1 not registered, 1 unreachable."
    )
    told_at = time.monotonic()
    wait_for(lambda: time.monotonic() - told_at > (300 + 2 * 30) / DIVISOR, "what would be told of the rooms")
    assert morning.alerting.firing(alertname="VcEndpointDown", site="s-r-60") == []
    assert [
        room for room in behind if morning.box.about(endpoint=room) or morning.alerting.firing(endpoint=room)
    ] == []
