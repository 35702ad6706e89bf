"""Who is ready for a meeting, in the whole simulated province: the command, the agent, the alert before a meeting.

First the command is run without an agent, then the agent watches the same province, with a real Prometheus and
Alertmanager behind it. Polls come every 5 s; waiting times of alerts are a twentieth of those shipped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
from alerting import Alerting, Mailbox, alerting, mailbox, much_quicker
from ask_echo import answers_echo
from processes import CLI, fetch, free_port, run_cli, running, samples, simulated_province, wait_for

from phusong.collectors.simulator.incidents import Trouble
from phusong.collectors.simulator.lines import Line
from phusong.collectors.simulator.offices import CommunePlace
from phusong.collectors.simulator.province import Province, build_province
from phusong.coverage.editions import load_edition

ALLOWED_S = 10.0
ENDPOINTS = 239
CUT = 24
"""One endpoint in ten."""
MOMENTS_S = (3.0, 200.0)
"""The one line that flaps is up at the first of them and out at the second; a run is at one of both."""
NEEDED_MBPS = 2.0
CAN_JOIN = {"ready", "in_call", "snmp_dead"}
"""Verdicts on who is ready, but for its line; of one who answers ping alone it is not known."""
DIVISOR = 20
PATIENCE_S = 90.0
"""A message takes some 30 s; a machine with other work may need much longer."""
QUICKER = {
    "poll: {interval: 30s": "poll: {interval: 5s",
    "timeout: 1s": "timeout: 3s",
    "ping: {interval: 10s": "ping: {interval: 2s",
    "video: {timeout: 2s": "video: {interval: 5s, timeout: 3s",
}
"""So quick that two cores with other work can bear it."""

patiently = partial(wait_for, patience_s=PATIENCE_S, pause_s=0.25)


@cache
def province() -> Province:
    """Return what is simulated, as the simulator knows it."""
    communes = load_edition("2020-01").communes.values()
    return build_province([CommunePlace(c.code, c.name, c.kind, c.district, c.lat, c.lon) for c in communes])


@dataclass(frozen=True, slots=True)
class Simulated:
    """The province that answers, and its files."""

    folder: Path
    port: int
    """Where an agent serves."""

    @property
    def config(self) -> Path:
        return self.folder / "phusong.yaml"

    @contextmanager
    def cut(self, *names: str) -> Iterator[None]:
        """Cut endpoints or lines while the block lasts; it begins when the last of these is silent."""
        echo_port = int(re.findall(r"udp-echo, port: (\d+)", self.config.read_text(encoding="utf-8"))[0])
        ends = {endpoint.endpoint_id: endpoint.device.address for endpoint in province().endpoints}
        ends |= {wired.line.link_id: wired.far_address for wired in province().lines}
        try:
            self._write("".join(f"{name}\n" for name in names))
            patiently(lambda: not answers_echo(ends[names[-1]], echo_port), f"{names[-1]} to be cut")
            yield
        finally:
            self._write("")
            patiently(lambda: answers_echo(ends[names[-1]], echo_port), f"{names[-1]} to be mended")

    def _write(self, text: str) -> None:
        new = self.folder / "cuts.new"
        new.write_text(text, encoding="utf-8")
        new.replace(self.folder / "cuts.txt")

    def readiness(self, *words: object) -> Report:
        """Run the command on everybody; some are never ready, so its exit code is 1."""
        done = run_cli("readiness", "--config", self.config, "--json", *words)
        assert done.returncode == 1, done.stderr
        report = json.loads(done.stdout)
        assert len(report["rows"]) == ENDPOINTS
        return Report(report["took_s"], {row["endpoint_id"]: row for row in report["rows"]})

    def explain(self, item_id: str) -> Mapping[str, Any]:
        """Return the explanation of an endpoint, its facts by what they are about."""
        done = run_cli("explain", item_id, "--json", "--config", self.config, timeout_s=30)
        assert done.returncode == 0, done.stderr
        (found,) = json.loads(done.stdout)
        return {**found, "facts": {fact["what"]: fact["says"] for fact in found["facts"]}}


@dataclass(frozen=True, slots=True)
class Report:
    """What one run found, by endpoint."""

    took_s: float
    rows: Mapping[str, Mapping[str, Any]]

    def verdicts(self) -> dict[str, str]:
        return {endpoint_id: row["verdict"] for endpoint_id, row in self.rows.items()}

    def unreachable(self) -> set[str]:
        return {endpoint_id for endpoint_id, verdict in self.verdicts().items() if verdict == "unreachable"}


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    """Serve the province."""
    folder, port = tmp_path_factory.mktemp("readiness") / "province", free_port()
    with simulated_province(folder, listen=f"127.0.0.1:{port}"):
        yield Simulated(folder, port)


# --- the command alone ---------------------------------------------------------------------------------------


def lines_up() -> dict[str, Line]:
    """Return the lines with which nothing is ever wrong."""
    lines = {wired.line.link_id: wired.line for wired in province().lines}
    return {key: line for key, line in lines.items() if line.incident.trouble is Trouble.NONE}


def left_mbps(line: Line, *, swing: float) -> float:
    """Return what a line has left the worse way, at one end (1 or -1) of the swing of its traffic."""
    ways = ((line.down_mbps, line.down), (line.up_mbps, line.up))
    return min(mbps - flow.mean * (1 + swing * flow.swing) * 8e-6 for mbps, flow in ways)


def wrong_rows(report: Report, silent: Sequence[str] = ()) -> dict[str, object]:
    """Return the rows that are not as the simulation has it, where these endpoints were made silent."""
    expected = [province().expected(moment) for moment in MOMENTS_S]
    line_of = {wired.line.link_id: wired.line for wired in province().lines}
    wrong: dict[str, object] = {}
    for endpoint in province().endpoints:
        key, line, room = endpoint.endpoint_id, line_of[endpoint.parent_link], endpoint.device.room
        assert room is not None
        row = report.rows[key]
        right = {"unreachable"} if key in silent else {each.endpoints[key] for each in expected}
        out = not room.camera_works or line.in_maintenance or not right & CAN_JOIN
        may_be_out = out or not right <= CAN_JOIN
        carries = all(line.incident.carries(moment) for moment in MOMENTS_S)
        out |= carries and left_mbps(line, swing=-1) < NEEDED_MBPS
        ways = (line, *province().lines_of[endpoint.device.site_id])
        may_be_out |= any(left_mbps(way, swing=1) < NEEDED_MBPS for way in ways)
        ready: set[bool | None] = {None} if right == {"snmp_dead"} else {not out, not may_be_out}
        if row["verdict"] not in right or row["ready"] not in ready:
            wrong[key] = (row["verdict"], right, row["ready"], ready, row["findings"])
    return wrong


def at_best(simulated: Simulated, good: Callable[[Report], bool]) -> Report:
    """Return the first of three reports that is good, else the last: others may be at work for a moment."""
    for _ in range(2):
        report = simulated.readiness()
        if good(report):
            return report
    return simulated.readiness()


@pytest.fixture(scope="module")
def first(simulated: Simulated) -> Report:
    """Ask everybody, while nothing is cut."""
    return at_best(simulated, lambda report: not wrong_rows(report))


def poor_calls() -> dict[str, str]:
    """Return whether room or line is at fault, by endpoint in a poor call."""
    at_fault = {}
    for endpoint in province().endpoints:
        room, trouble = endpoint.device.room, province().line_by_id[endpoint.parent_link].incident.trouble
        if room is not None and room.call is not None and room.call.poor:
            at_fault[endpoint.endpoint_id] = "line" if trouble is Trouble.POOR else "room"
    assert set(at_fault.values()) == {"line", "room"}
    return at_fault


def test_everybody_is_judged_right(first: Report) -> None:
    """Verdict and readiness of all 239 are those of the simulation, whatever befell room or line."""
    assert not wrong_rows(first)


def test_every_reason_is_there(first: Report) -> None:
    """What befell rooms and lines is told by its name: none is a reason that only tests know."""
    told = {found["reason"] for row in first.rows.values() for found in row["findings"]}
    assert told >= {
        "maintenance", "line_down", "unreachable", "no_service", "not_registered", "fault", "poor_call",
        "headroom_down", "in_call", "snmp_silent", "not_hd",
    }  # fmt: skip


def test_a_tenth_is_silent(simulated: Simulated, first: Report) -> None:
    """The run takes less than 10 s, names exactly those who were made silent, and costs the others nothing."""
    expected, calm = province().expected(MOMENTS_S[0]).endpoints, lines_up()
    sound = [
        endpoint.endpoint_id
        for endpoint in province().endpoints
        if endpoint.parent_link in calm and expected[endpoint.endpoint_id] in ("ready", "in_call")
    ]
    silent = sound[:: len(sound) // CUT][:CUT]
    assert len(silent) == CUT
    with simulated.cut(*silent):
        report = at_best(simulated, lambda report: report.took_s < ALLOWED_S and not wrong_rows(report, silent))
    assert report.took_s < ALLOWED_S
    assert not wrong_rows(report, silent)
    before = {key for key, verdict in expected.items() if verdict == "unreachable"}
    assert report.unreachable() == before | set(silent)


def test_one_look_does_not_tell_of_a_line(first: Report) -> None:
    """The bad cable of a room shows at once; what is wrong with a line takes an agent that watches it."""
    told = {
        endpoint_id: next(
            found["detail"] for found in first.rows[endpoint_id]["findings"] if found["reason"] == "poor_call"
        )
        for endpoint_id in poor_calls()
    }
    for endpoint_id, where in poor_calls().items():
        line = f"link {first.rows[endpoint_id]['link_id']}"
        assert told[endpoint_id] in ({"room"} if where == "room" else {"unknown", line})


# --- beside the agent ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Watch:
    """The agent on the province, and who is told."""

    simulated: Simulated
    box: Mailbox
    alerting: Alerting

    def page(self) -> str:
        return fetch(f"http://127.0.0.1:{self.simulated.port}/metrics")

    def ready(self) -> dict[str, float]:
        """Return 1 or 0 by endpoint, of /metrics."""
        found = samples(self.page(), "vc_endpoint_ready")
        return {labels.split('"')[1]: value for labels, value in found.items()}


@pytest.fixture(scope="module")
def watch(simulated: Simulated) -> Iterator[Watch]:
    """Run the agent, Prometheus and Alertmanager; the meeting of all begins in half an hour.

    The poor line is slow all the time; that the simulator is late, too, on a busy machine, is no line's fault.
    """
    folder, config = simulated.folder.parent, simulated.config
    text = config.read_text(encoding="utf-8")
    for usual, quick in QUICKER.items():
        assert usual in text
        text = text.replace(usual, quick)
    (poor_line,) = {
        wired.line.link_id for wired in province().lines if wired.line.incident.trouble is Trouble.POOR
    }
    text += f"limits: {{loss: 0.9, rtt: 30s, links: {{{poor_line}: {{over: 10s, rtt: 10ms}}}}}}\n"
    config.write_text(text, encoding="utf-8")
    with running([*CLI, "run", "--config", config], folder / "run.log"), mailbox() as box:
        patiently(lambda: fetch(f"http://127.0.0.1:{simulated.port}/-/ready"), "the agent")
        address = f"127.0.0.1:{simulated.port}"
        with alerting(folder, address, box, divisor=DIVISOR, shorten=much_quicker) as pair:
            patiently(lambda: pair.ask("vc_endpoint_meeting_soon == 1"), "the first scrape with a meeting")
            yield Watch(simulated, box, pair)


def alone_in_its_district(watch: Watch, ready: Mapping[str, float]) -> Sequence[str]:
    """Return ready endpoints in districts where all are: of others a message may have been sent already."""
    district = {row["endpoint"]: row["district"] for row in watch.alerting.ask("vc_endpoint_info")}
    disturbed = {district[key] for key, value in ready.items() if value == 0}
    calm = lines_up()
    return [
        endpoint.endpoint_id
        for endpoint in province().endpoints
        if endpoint.parent_link in calm
        and ready.get(endpoint.endpoint_id) == 1
        and district[endpoint.endpoint_id] not in disturbed
    ] or [key for key, value in ready.items() if value == 1]


def test_who_falls_silent_before_a_meeting_is_told(watch: Watch) -> None:
    """0 on /metrics with the reason, then a message; where the line is out, the line is told and not the room."""
    ready = watch.ready()
    assert len(ready) > ENDPOINTS * 0.9
    room, behind = alone_in_its_district(watch, ready)[::-1][:2]
    line = next(endpoint.parent_link for endpoint in province().endpoints if endpoint.endpoint_id == behind)
    with watch.simulated.cut(room, line):
        patiently(lambda: watch.ready()[room] == watch.ready()[behind] == 0, "both to be not ready")
        reasons = samples(watch.page(), "vc_endpoint_not_ready_reason")
        assert reasons[f'{{endpoint="{room}",reason="unreachable"}}'] == 1
        assert reasons[f'{{endpoint="{behind}",reason="line_down"}}'] == 1
        labels = {"alertname": "VcNotReady", "endpoint": room, "reason": "unreachable"}
        told = patiently(lambda: watch.box.about(**labels), "the message")[0]
        patiently(lambda: watch.alerting.held_back(alertname="VcNotReady", endpoint=behind), "the room behind it")
        of_line = patiently(lambda: watch.box.about(alertname="WanLinkDown", link=line), "the line's message")[0]
    assert told.receiver == of_line.receiver == "tickets"
    (alert,) = [alert for alert in told.alerts if labels.items() <= alert["labels"].items()]
    assert alert["labels"]["severity"] == "warning"
    assert "is not ready for the meeting of" in alert["annotations"]["description"]
    assert alert["annotations"]["description"].rstrip().endswith(": unreachable.")
    assert watch.box.about(alertname="VcNotReady", endpoint=behind, reason="line_down") == []
    patiently(lambda: watch.ready()[room] == watch.ready()[behind] == 1, "both to be ready again")


def test_room_or_line(watch: Watch) -> None:
    """Of each poor call it is explained where it goes wrong: at a bad cable, or on a line that is slow."""
    for endpoint_id, where in poor_calls().items():

        def explained(key: str = endpoint_id, where: str = where) -> Mapping[str, str]:
            facts: Mapping[str, str] = watch.simulated.explain(key)["facts"]
            return facts if facts["room or line"].startswith(f"{where}: ") else {}

        facts = patiently(explained, f"{endpoint_id} to be the {where}'s fault", pause_s=1.0)
        assert "limits of a good call" in facts
        scraped = f'max_over_time(vc_call_fault{{endpoint="{endpoint_id}",fault="{where}"}}[5m]) == 1'
        patiently(partial(watch.alerting.ask, scraped), f"the metric of {endpoint_id}")
