"""From the metrics page to the message: real Prometheus and Alertmanager, the shipped rules, routes and templates.

The page is rendered by our own renderer from snapshots that the test changes. Waiting times are a thirtieth of
those shipped, nothing else differs; the order in which things happen is that of a real night.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from alerting import Alerting, Mailbox, alerting_on_page
from processes import wait_for

from phusong.exporters.agent_metrics import AgentMetrics
from phusong.exporters.exposition import Format
from phusong.exporters.prometheus import MetricsPage
from phusong.exporters.snapshot import (
    DeviceRow,
    Isolation,
    LinkInfo,
    LinkRow,
    SiteInfo,
    SiteRow,
    Snapshot,
    Verdict,
)

DIVISOR = 30
CUT_AT = 1_793_000_000.0
"""14:33 on 26 October 2026 in Vietnam."""
CONNECTED = frozenset({Verdict.UP, Verdict.DEGRADED})


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the small province; ``covered`` says whether 4G covers its office."""

    link: str
    site: str
    carrier: str
    hub: str
    covered: bool
    role: str = "primary"


LINES = (
    Line("a-00", "s-a00", "Carrier A", "hub1", covered=True),
    Line("a-01", "s-a01", "Carrier A", "hub1", covered=False),
    Line("a-02", "s-a02", "Carrier A", "hub1", covered=True),
    Line("a-02b", "s-a02", "Carrier A", "hub1", covered=True, role="backup"),
    Line("a-03", "s-a03", "Carrier A", "hub1", covered=False),
    *(Line(f"a-{n}", f"s-a{n}", "Carrier A", "hub1", covered=True) for n in range(10, 40)),
    *(Line(f"b-{n}", f"s-b{n}", "Carrier B", "hub1", covered=n % 2 == 0) for n in range(10, 30)),
    *(Line(f"c-{n}", f"s-c{n}", "Carrier C", "hub2", covered=n % 2 == 0) for n in range(10, 30)),
)


@dataclass(slots=True)
class Province:
    """What the page says now; a test changes ``verdicts`` and ``dead_hubs``, then publishes."""

    verdicts: dict[str, Verdict] = field(default_factory=dict)
    dead_hubs: set[str] = field(default_factory=set)
    _page: MetricsPage = field(init=False)
    _snapshot: Snapshot = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        agent = AgentMetrics("test")
        agent.inventory_links.set(len(LINES))
        agent.config_last_reload_successful.set(1)
        self._page = MetricsPage(agent)
        self.publish()

    def publish(self, **verdicts: Verdict) -> float:
        """Show the new verdicts (``a_00`` for line ``a-00``) from now on; return when that was."""
        self.verdicts |= {link.replace("_", "-"): verdict for link, verdict in verdicts.items()}
        with self._lock:
            self._snapshot = self._now()
        return time.monotonic()

    def render(self) -> bytes:
        """Return the metrics page."""
        with self._lock:
            return self._page.render(self._snapshot, Format.TEXT)

    def _now(self) -> Snapshot:
        verdicts = {line.link: self.verdicts.get(line.link, Verdict.UP) for line in LINES}
        rows = [
            LinkRow(
                LinkInfo(line.link, line.site, line.carrier, line.role, 1e6, 1e6, line.hub, f"r-{line.link}"),
                verdicts[line.link],
                verdicts[line.link] in CONNECTED,
                CUT_AT,
                *(None, None, None),
                CUT_AT,
                "",
            )
            for line in LINES
        ]
        up = {row.info.site_id for row in rows if row.up}
        covered = {line.site: line.covered for line in LINES}
        sites = tuple(
            SiteRow(
                SiteInfo(site, f"UBND xã <b>{site}</b>", "commune", site, 21.0, 107.0, f"Huyện {n % 5}"),
                Isolation.CONNECTED
                if site in up
                else Isolation.ON_FALLBACK
                if covered[site]
                else Isolation.ISOLATED,
                covered[site],
                CUT_AT,
            )
            for n, site in enumerate(covered)
        )
        hub_site = SiteInfo("s-00", "Trung tâm dữ liệu", "province", "06649", 21.0, 107.0, "Thành phố Hạ Long")
        hubs = tuple(
            DeviceRow(hub, "s-00", 4711, CUT_AT, None, 0, hub not in self.dead_hubs, "hub")
            for hub in ("hub1", "hub2")
        )
        connected = SiteRow(hub_site, Isolation.CONNECTED, True, CUT_AT)
        return Snapshot(time.time(), "2020-01", "4G", tuple(rows), (), (connected, *sites), hubs, None)


@dataclass(frozen=True, slots=True)
class Night:
    """Everything that a test needs."""

    province: Province
    box: Mailbox
    alerting: Alerting


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """Run all of it over a province in which nothing is wrong yet."""
    province = Province()
    folder = tmp_path_factory.mktemp("alerting")
    with alerting_on_page(province.render, folder, divisor=DIVISOR) as (box, pair):
        yield Night(province, box, pair)


def test_single_lines(night: Night) -> None:
    """A page where people are cut off, tickets where 4G or another line is left, nothing in maintenance."""
    cut = night.province.publish(
        a_00=Verdict.DOWN, a_01=Verdict.UNREACHABLE, a_02=Verdict.DOWN, a_03=Verdict.MAINTENANCE
    )
    (page,) = wait_for(lambda: night.box.about(alertname="WanSiteIsolated"), "the page")[:1]
    assert page.receiver == "pages"
    (alert,) = page.alerts
    assert alert["labels"]["site"] == "s-a01"
    assert alert["labels"]["severity"] == "critical"
    assert alert["annotations"]["since"] == "14:33 26/10/2026"
    assert page.at - cut >= 120 / DIVISOR, "it waits two minutes"

    fallback = wait_for(lambda: night.box.about(alertname="WanSiteOnFallback", site="s-a00"), "the ticket")
    down = wait_for(lambda: night.box.about(alertname="WanLinkDown", link="a-02"), "the other ticket")
    assert {message.receiver for message in fallback + down} == {"tickets"}
    assert wait_for(lambda: night.alerting.held_back(link="a-00"), "the line of an office that is told itself")
    assert night.box.about(link="a-00") == []
    assert night.box.about(site="s-a03") == []
    assert night.alerting.firing(site="s-a03") == []

    (telegram,) = wait_for(
        lambda: [message.body for message in night.box.messages if message.receiver == "telegram"], "Telegram"
    )
    assert telegram.get("parse_mode", "") == ""
    assert telegram["text"].startswith(
        "[KHẨN CẤP] Cơ quan bị cô lập, không có 4G: UBND xã <b>s-a01</b>, Carrier A"
    )
    assert "\nTừ lúc: 14:33 26/10/2026\n" in telegram["text"]


def test_a_carrier(night: Night) -> None:
    """Twenty lines fail at once, ten offices are isolated: one message comes, and it says so."""
    night.province.publish(**{line.link: Verdict.UNREACHABLE for line in LINES if line.carrier == "Carrier B"})
    (page,) = wait_for(lambda: night.box.about(alertname="WanCarrierOutage"), "the page")
    assert page.receiver == "pages"
    assert page.names() == {"WanCarrierOutage"}
    (alert,) = page.alerts
    assert alert["annotations"]["description"].startswith("20 lines of Carrier B are out by their own fault, 100%")

    def all_are_known() -> bool:
        held = night.alerting.held_back(carrier="Carrier B")
        names = [alert["labels"]["alertname"] for alert in held]
        wanted = {"WanLinkUnreachable": 20, "WanSiteIsolated": 10, "WanSiteOnFallback": 10}
        return {name: names.count(name) for name in wanted} == wanted

    wait_for(all_are_known, "forty alerts that are held back")
    known_at = time.monotonic()
    wait_for(lambda: time.monotonic() - known_at > 2 * 30 / DIVISOR, "two times group_wait")
    assert night.box.about(carrier="Carrier B") == [page]


def test_a_hub(night: Night) -> None:
    """A hub is dead: one message; its lines are held back even where no verdict names the parent."""
    night.province.dead_hubs.add("hub2")
    night.province.publish(
        **{
            line.link: Verdict.UNREACHABLE if line.link in {"c-10", "c-11", "c-12"} else Verdict.PARENT_DOWN
            for line in LINES
            if line.hub == "hub2"
        }
    )
    (page,) = wait_for(lambda: night.box.about(alertname="WanHubDown"), "the page")
    assert page.receiver == "pages"
    assert page.alerts[0]["annotations"]["description"].startswith(
        "Hub hub2 at Trung tâm dữ liệu answers neither SNMP nor ping. 20 lines hang on it."
    )
    wait_for(lambda: len(night.alerting.held_back(near_device="hub2")) == 3, "the lines that are held back")
    assert night.alerting.firing(alertname="WanSiteIsolated", carrier="Carrier C") == []
    assert night.alerting.firing(alertname="WanSiteOnFallback", carrier="Carrier C") == []
    assert night.box.about(carrier="Carrier C", alertname="WanLinkUnreachable") == []


def test_the_dead_man_switch_was_told_all_the_time(night: Night) -> None:
    """It heard at least every four repetitions; its silence would have meant something."""
    gaps = [after - before for before, after in zip(night.box.beats, night.box.beats[1:], strict=False)]
    assert gaps
    assert max(gaps) < 4 * 60 / DIVISOR
