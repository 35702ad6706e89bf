"""From a cut in the simulated province to the page: agent, traps, Prometheus and Alertmanager are real.

Rules and routes are those shipped, with waiting times a twentieth as long; polls come every 5 s, pings every 2 s.
Each test has offices of its own and mends what it cut. What is wrong from the start stays wrong all the time.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from statistics import median

import pytest
from alerting import Alerting, Mailbox, Message, alerting, mailbox
from processes import CLI, fetch, free_port, run_cli, running, simulated_province, wait_for

from phusong.collectors.simulator.incidents import Trouble
from phusong.collectors.simulator.offices import CommunePlace
from phusong.collectors.simulator.province import build_province
from phusong.coverage.editions import load_edition

DIVISOR = 20
PATIENCE_S = 90.0
"""A message takes some 10 s; a machine with other work may need much longer."""
POLL_S = 5.0
TOLD_BY_NOW_S = (120 + 2 * 30) / DIVISOR
"""The wait of the lines' and offices' alerts, and two times group_wait."""
QUICKER = {
    "poll: {interval: 30s": "poll: {interval: 5s",
    "timeout: 1s": "timeout: 3s",
    "ping: {interval: 10s, packets: 5": "ping: {interval: 2s, packets: 2",
}
"""So quick that two cores with other work can bear it; the simulator is one process and may be late."""
DEAD_CARRIER, DEAD_HUB = "Carrier C", "qn-hub2"
ISLANDS, CUT_DISTRICT, CENTRE = "Huyện Cô Tô", "Thị xã Đông Triều", "Thành phố Hạ Long"
OF_LINES = {"WanLinkDown", "WanLinkUnreachable"}
OF_OFFICES = {"WanSiteIsolated", "WanSiteOnFallback", "WanCommuneIsolated"}
SHARED_COMMUNE = "on (commune) (count by (commune) (site_info) > 1)"
"""Where one office alone is isolated, its commune is not."""

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Watch:
    """The running whole: a file to cut in, and a mailbox in which the messages arrive."""

    folder: Path
    box: Mailbox
    alerting: Alerting
    healthy: frozenset[str]
    """The lines with which nothing is wrong but what a test cuts."""

    @contextmanager
    def cut(self, *names: str) -> Iterator[float]:
        """Cut lines, hubs or carriers while the block lasts; give the Unix time at which that was written."""
        try:
            yield self._write("".join(f"{name}\n" for name in names))
        finally:
            self._write("")

    def lines(self, *conditions: str) -> list[Labels]:
        """Return the lines of which all of this PromQL is true and with which nothing is wrong, by their id."""
        found = self.alerting.ask(" and ".join(("wan_link_info", "on (link) (wan_link_up == 1)", *conditions)))
        return sorted((line for line in found if line["link"] in self.healthy), key=lambda line: line["link"])

    def single_lines(self, state: str, *conditions: str) -> list[Labels]:
        """Return lines each of which is the only one of an office in this state, none of dead carrier or hub."""
        return self.lines(
            f'on (link) wan_link_info{{carrier!="{DEAD_CARRIER}",near_device!~"|{DEAD_HUB}"}}',
            f'on (site) (site_state{{state="{state}"}} == 1)',
            "on (site) (count by (site) (wan_link_info) == 1)",
            *conditions,
        )

    def down_at(self, link: str) -> float | None:
        """Return when the agent logged first that it judged a line to be down (Unix time)."""
        for text in (self.folder / "run.log").read_text(encoding="utf-8").splitlines():
            event = json.loads(text)
            if (event["event"], event.get("id"), event.get("after")) == ("verdict_changed", link, "down"):
                return datetime.fromisoformat(event["timestamp"]).timestamp()
        return None

    def plan_work(self, what: str) -> None:
        """Enter a maintenance window."""
        words = ("maintenance", "add", what, "--for", "1h", "--reason", "thay cáp")
        done = run_cli(*words, "--config", self.folder / "province/phusong.yaml")
        assert done.returncode == 0, done.stderr

    def message(self, **labels: str) -> Message:
        """Wait for the one message with a firing alert that has these labels."""
        (found,) = patiently(lambda: self.box.about(**labels), f"a message about {labels}")
        return found

    def held_back(self, least: int, **labels: str) -> None:
        """Wait until so many alerts with these labels fire and are held back for what explains them."""
        patiently(lambda: len(self.alerting.held_back(**labels)) >= least, f"{least} times {labels}, held back")

    def _write(self, text: str) -> float:
        new = self.folder / "cuts.new"
        new.write_text(text, encoding="utf-8")
        new.replace(self.folder / "province/cuts.txt")
        return time.time()


patiently = partial(wait_for, patience_s=PATIENCE_S, pause_s=0.25)


def let_pass(seconds: float, what: str) -> None:
    """Let the time pass in which a message would arrive that must not."""
    began = time.monotonic()
    wait_for(lambda: time.monotonic() - began > seconds, what)


def told(messages: Sequence[Message], names: set[str]) -> set[tuple[str, str]]:
    """Return which of these alerts messages say to fire, each with its line, else its office, else its commune."""
    return {
        (labels["alertname"], labels.get("link") or labels.get("site") or labels["commune"])
        for message in messages
        for labels in (alert["labels"] for alert in message.alerts)
        if labels["alertname"] in names
    }


def healthy_lines() -> frozenset[str]:
    """Return the lines of the province with which nothing is wrong, as the simulator knows."""
    communes = load_edition("2020-01").communes.values()
    places = [CommunePlace(c.code, c.name, c.kind, c.district, c.lat, c.lon) for c in communes]
    lines = build_province(places).lines
    return frozenset(wired.line.link_id for wired in lines if wired.line.incident.trouble is Trouble.NONE)


@pytest.fixture(scope="module")
def watch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watch]:
    """Run all of it, with offices of which it is known whether 4G covers them."""
    folder = tmp_path_factory.mktemp("alerting-province")
    port, trap_port = free_port(), free_port(socket.SOCK_DGRAM)
    config = folder / "province/phusong.yaml"
    with simulated_province(folder / "province", listen=f"127.0.0.1:{port}", trap_port=trap_port):
        measured = run_cli("demo-coverage", folder)
        assert measured.returncode == 0, measured.stdout + measured.stderr
        text = config.read_text(encoding="utf-8")
        for usual, quick in QUICKER.items():
            assert usual in text
            text = text.replace(usual, quick)
        config.write_text(text, encoding="utf-8")
        with running([*CLI, "run", "--config", config], folder / "run.log"), mailbox() as box:
            patiently(lambda: fetch(f"http://127.0.0.1:{port}/-/ready"), "the agent")
            with alerting(folder, f"127.0.0.1:{port}", box, divisor=DIVISOR) as pair:
                patiently(lambda: pair.ask("commune_isolated == 1"), "the first scrape with coverage")
                yield Watch(folder, box, pair, healthy_lines())


def test_what_is_wrong_from_the_start_is_told(watch: Watch) -> None:
    """Islands without 4G wake somebody, a district on 4G is one ticket, planned work is told nobody."""
    isolated = {labels["commune"] for labels in watch.alerting.ask("commune_isolated == 1")}
    assert len(isolated) == 3
    for commune in isolated:
        patiently(
            partial(watch.box.about, alertname="WanCommuneIsolated", commune=commune), f"a page about {commune}"
        )
    pages = watch.box.about(alertname="WanCommuneIsolated")
    assert {message.receiver for message in pages} == {"pages"}
    labels = [alert["labels"] for message in pages for alert in message.alerts]
    assert {(found["severity"], found["district"]) for found in labels} == {("critical", ISLANDS)}
    watch.held_back(7, alertname="WanSiteIsolated", district=ISLANDS)
    ticket = watch.message(alertname="WanSiteOnFallback", district=CUT_DISTRICT)
    assert ticket.receiver == "tickets"
    assert len(ticket.alerts) == 12
    planned = 'on (site) (wan_link_info and on (link) (wan_link_verdict{verdict="maintenance"} == 1))'
    (office,) = watch.alerting.ask(f"site_isolated == 1 and {planned}")
    assert watch.alerting.firing(site=office["site"]) == []
    assert watch.box.about(site=office["site"]) == []


def test_a_trap_gives_a_verdict_before_the_next_poll(watch: Watch) -> None:
    """Six lines, one after the other: the hubs tell of each, and half of them are down before polls could say so.

    How soon it is where nobody else is at work (below a second) is measured in tests/benchmarks/bench_alert.py.
    """
    delays = []
    for line in watch.single_lines("connected")[-6:]:
        link = line["link"]
        with watch.cut(link) as cut_at:
            delays.append(patiently(partial(watch.down_at, link), f"{link} to be down") - cut_at)
    assert len(delays) == 6
    assert median(delays) < POLL_S / 2, delays
    counted = 'sum(phusong_notifications_total{kind="linkDown"}) >= 6'
    patiently(partial(watch.alerting.ask, counted), "the count of the traps")
    assert min(delays) > 0


def test_only_who_is_cut_off_wakes_somebody(watch: Watch) -> None:
    """An office without 4G is critical, one on 4G is a warning, as is the line of one that has another line."""
    isolated, covered = watch.single_lines("at_risk", SHARED_COMMUNE)[0], watch.single_lines("connected")[0]
    (spared,) = watch.lines('on (link) wan_link_info{role="primary"}', 'on (site) wan_link_info{role="backup"}')
    with watch.cut(isolated["link"], covered["link"], spared["link"]):
        page = watch.message(alertname="WanSiteIsolated", site=isolated["site"])
        fallback = watch.message(alertname="WanSiteOnFallback", site=covered["site"])
        down = watch.message(alertname="WanLinkDown", link=spared["link"])
        watch.held_back(1, link=isolated["link"])
        watch.held_back(1, link=covered["link"])
    assert [message.receiver for message in (page, fallback, down)] == ["pages", "tickets", "tickets"]
    assert [alert["labels"]["severity"] for alert in page.alerts] == ["critical"]
    assert {alert["labels"]["severity"] for message in (fallback, down) for alert in message.alerts} == {"warning"}
    for line, names in (
        (isolated, {"WanSiteIsolated"}),
        (covered, {"WanSiteOnFallback"}),
        (spared, {"WanLinkDown"}),
    ):
        about = watch.box.about(site=line["site"])
        assert {name for name, _ in told(about, OF_LINES | OF_OFFICES)} == names, about


def test_planned_work_is_silent(watch: Watch) -> None:
    """A line and an office with a window entered by command are cut without a word; another one is told."""
    office = watch.single_lines("at_risk", SHARED_COMMUNE)[1]
    elsewhere = f'on (link) wan_link_info{{carrier="Carrier D",district!="{CENTRE}"}}'
    line, other = watch.single_lines("connected", elsewhere)[:2]  # of whose group nothing was told: it would wait
    watch.plan_work(office["site"])
    watch.plan_work(line["link"])
    with watch.cut(office["link"], line["link"], other["link"]):
        assert watch.message(alertname="WanSiteOnFallback", site=other["site"]).receiver == "tickets"
        out = {found["link"] for found in watch.alerting.ask("wan_link_up == 0")}
        assert {office["link"], line["link"]} <= out
    for planned in (office, line):
        assert watch.alerting.firing(site=planned["site"]) == []
        assert watch.box.about(site=planned["site"]) == []


def test_a_dead_carrier_is_one_page(watch: Watch) -> None:
    """Seventy lines fail and offices are isolated: one message, and no other when all of it is over."""
    of_carrier = f'on (link) wan_link_info{{carrier="{DEAD_CARRIER}"}}'
    lines = watch.lines(of_carrier)
    alone = watch.alerting.ask(
        f'wan_link_info and {of_carrier} and on (site) (site_state{{state="at_risk"}} == 1)'
    )
    assert len(lines) >= 65
    assert len(alone) >= 5
    with watch.cut(DEAD_CARRIER):
        page = watch.message(alertname="WanCarrierOutage", carrier=DEAD_CARRIER)
        watch.held_back(len(alone), alertname="WanSiteIsolated", carrier=DEAD_CARRIER)
        watch.held_back(len(lines) - len(alone) - 1, alertname="WanSiteOnFallback", carrier=DEAD_CARRIER)
        let_pass(TOLD_BY_NOW_S, "what else would be told")
    links = {line["link"] for line in lines}
    sites = {line["site"] for line in lines}

    def is_over() -> bool:
        firing = watch.alerting.firing(carrier=DEAD_CARRIER)
        of_them = [alert["labels"] for alert in firing if alert["labels"]["alertname"] in OF_LINES | OF_OFFICES]
        return not {labels.get("link") or labels.get("site") for labels in of_them} & (links | sites)

    patiently(is_over, "the end of what follows from the outage")
    assert page.receiver == "pages"
    assert page.names() == {"WanCarrierOutage"}
    (alert,) = page.alerts
    assert f" lines of {DEAD_CARRIER} are out by their own fault, " in alert["annotations"]["description"]
    assert f" {len(alone)} offices are isolated." in alert["annotations"]["description"]
    assert watch.box.about(alertname="WanCarrierOutage") == [page]
    about = watch.box.about(carrier=DEAD_CARRIER)
    assert not {item for _, item in told(about, OF_LINES | OF_OFFICES)} & (links | sites), about


def test_a_dead_hub_is_one_page(watch: Watch) -> None:
    """All that hangs on a hub is the hub's matter: no line there is told, and no office is said to be isolated."""
    lines = watch.lines(f'on (link) wan_link_info{{near_device="{DEAD_HUB}"}}')
    assert len(lines) > 50
    began = len(watch.box.messages)
    behind = (
        f'wan_link_verdict{{verdict="parent_down"}} == 1 and on (link) wan_link_info{{near_device="{DEAD_HUB}"}}'
    )
    with watch.cut(DEAD_HUB):
        page = watch.message(alertname="WanHubDown")
        patiently(lambda: len(watch.alerting.ask(behind)) >= len(lines), "the verdicts behind the hub")
        let_pass(TOLD_BY_NOW_S, "what else would be told")
    patiently(lambda: not watch.alerting.ask(behind), "the lines to be back")
    let_pass(TOLD_BY_NOW_S, "what would be told of lines that come back")
    assert page.receiver == "pages"
    assert [alert["labels"]["device"] for alert in page.alerts] == [DEAD_HUB]
    assert watch.box.about(alertname="WanHubDown") == [page]
    since = watch.box.messages[began:]
    ids = {line["link"] for line in lines} | {line["site"] for line in lines}
    assert not {item for _, item in told(since, OF_LINES | OF_OFFICES)} & ids, since
