"""Events from end to end: ``phusong run`` tells a webhook and rsyslog what happens, whatever these do."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hook_server import SECRET, Hook, hook_server, make_certificate
from loopback_agents import serving
from one_line import write_one_line
from processes import CLI, fetch, free_port, run_cli, running, samples, simulated_province, stop_and_wait, wait_for
from snmp_peers import TableAgent, device, free_udp_port, interface_row
from syslog_receivers import RSYSLOGD, Rsyslog, running_rsyslog

from phusong.collectors.snmp import ber

if shutil.which("snmptrap") is None:
    pytest.skip("snmptrap is missing: apt-get install snmp", allow_module_level=True)
if RSYSLOGD is None:
    pytest.skip("rsyslogd is missing: apt-get install rsyslog rsyslog-openssl", allow_module_level=True)

UP, DOWN = 1, 2
COMMUNITY = "canary-community-5521"


def objects(oper_status: int) -> dict[tuple[int, ...], tuple[int, object]]:
    return device(interface_row(7, b"wan", IF_OPER_STATUS=(ber.INTEGER, oper_status)))


@dataclass
class Watch:
    """A running agent with one line, the table of its device, and the two receivers."""

    table: TableAgent
    hook: Hook
    rsyslog: Rsyslog
    url: str
    traps: int
    folder: Path
    process: subprocess.Popen[str]

    def log(self) -> str:
        return (self.folder / "run.log").read_text(encoding="utf-8")

    def told(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.hook.events if event["kind"] == kind]

    def changes(self) -> list[str]:
        return [f"{event['object']['id']} {event['after']}" for event in self.told("verdict_changed")]


def write_config(folder: Path, *, snmp: int, listen: int, traps: int, events: str) -> Path:
    config = write_one_line(
        folder,
        snmp=snmp,
        listen=listen,
        notifications=traps,
        poll="{interval: 500ms, timeout: 400ms}",
        community=COMMUNITY,
        more=events,
    )
    (folder / "hook-key").write_bytes(SECRET)
    return config


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    table = TableAgent(objects(UP))
    listen, traps = free_port(), free_udp_port()
    certificate = make_certificate(tmp_path, "server")
    with (
        serving({"127.0.0.1": table}) as snmp,
        running_rsyslog(tmp_path / "rsyslog", "tls", certificate) as rsyslog,
        hook_server(Hook(), certificate) as hook,
    ):
        events = (
            f"events:\n  webhook: {{url: '{hook.url}', secret_file: hook-key, ca_file: {certificate}, "
            "timeout: 1s}\n"
            f"  syslog: {{address: 'tls://127.0.0.1:{rsyslog.port}', ca_file: {certificate}}}\n"
        )
        config = write_config(tmp_path / "config", snmp=snmp, listen=listen, traps=traps, events=events)
        with running([*CLI, "run", "--config", config], tmp_path / "run.log") as process:
            made = Watch(table, hook, rsyslog, f"http://127.0.0.1:{listen}", traps, tmp_path, process)
            wait_for(lambda: samples(fetch(f"{made.url}/metrics"), "wan_link_up") == {'{link="l"}': 1}, "the line")
            yield made


def test_a_cut_line_is_told(watch: Watch) -> None:
    """Cut and mended, a line is told to both receivers, with where and why; that it was up at the start is not."""
    wait_for(lambda: watch.told("agent_started"), "the start")
    began = time.time()
    watch.table.replace(objects(DOWN))
    wait_for(lambda: "l down" in watch.changes(), "the outage")
    (request,) = [request for request in watch.hook.requests if b'"after":"down"' in request["body"]]
    # Polls come each half second; how fast the agent is, is for the benchmarks: a busy machine takes over 2 s.
    assert request["at"] - began < 10
    watch.table.replace(objects(UP))
    wait_for(lambda: watch.changes() == ["l down", "l up"], "the return")
    down = watch.told("verdict_changed")[0]
    assert (down["severity"], down["before"], down["rule"]) == ("error", "up", "oper_status")
    assert down["object"] == {
        "type": "link",
        "id": "l",
        "name": "",
        "site": "s",
        "site_name": "Sở",
        "carrier": "C",
        "commune": "06649",
        "commune_name": "Phường Hà Khánh",
    }
    messages = watch.rsyslog.wait_for(3)
    assert [message["data"]["phusong@32473"]["id"] for message in messages] == watch.hook.ids()
    page = fetch(f"{watch.url}/metrics")
    assert samples(page, "phusong_events_delivered_total") == {'{sink="syslog"}': 3, '{sink="webhook"}': 3}
    assert samples(page, "phusong_events_total") == {'{kind="agent_started"}': 1, '{kind="verdict_changed"}': 2}


def test_a_stop_tells_what_is_left(watch: Watch) -> None:
    """SIGTERM: the last events arrive before the process ends, and it ends in time."""
    wait_for(lambda: watch.told("agent_started"), "the start")
    code, seconds = stop_and_wait(watch.process)
    assert (code, [event["kind"] for event in watch.hook.events][-1]) == (0, "agent_stopped"), watch.log()
    assert watch.rsyslog.wait_for(2)[-1]["kind"] == "agent_stopped"
    assert seconds < 10
    assert "events_not_delivered" not in watch.log()


def test_a_receiver_that_hangs_does_not_keep_the_agent(watch: Watch) -> None:
    """What it never took is counted in the log at the end, which comes in time."""
    wait_for(lambda: watch.told("agent_started"), "the start")
    watch.hook.then = "hang"
    watch.table.replace(objects(DOWN))
    wait_for(lambda: watch.hook.requests[-1]["answer"] == "hang", "an attempt that hangs")
    code, seconds = stop_and_wait(watch.process)
    assert (code, seconds < 10) == (0, True), watch.log()
    left = [json.loads(line) for line in watch.log().splitlines() if "events_not_delivered" in line]
    assert [(line["sink"], line["count"]) for line in left] == [("webhook", 2)]


def test_a_reload_takes_another_key_for_what_waits(watch: Watch) -> None:
    """A rotated key: what was refused in the meantime is not lost where the receiver says later, not never."""
    wait_for(lambda: watch.told("agent_started"), "the start")
    watch.hook.then = "503"
    watch.table.replace(objects(DOWN))
    wait_for(lambda: watch.hook.requests[-1]["answer"] == "503", "a refusal")
    watch.hook.secret, watch.hook.then = b"canary-another-key-2026", "204"
    (watch.folder / "config" / "hook-key").write_bytes(watch.hook.secret)
    watch.process.send_signal(signal.SIGHUP)
    wait_for(lambda: watch.changes() == ["l down"], "the outage")
    wait_for(lambda: watch.told("config_reloaded"), "the reload")


def test_a_bad_reload_and_security_are_told(watch: Watch) -> None:
    """A refused configuration, a stranger's trap, and a device that somebody asks with a wrong community."""
    config = watch.folder / "config" / "phusong.yaml"
    config.write_text(config.read_text().replace("interval: 500ms", "intervall: 500ms"))
    watch.process.send_signal(signal.SIGHUP)
    wait_for(lambda: watch.told("config_reload_failed"), "the refusal")
    assert "intervall" in watch.told("config_reload_failed")[0]["detail"]
    environment = {**os.environ, "MIBS": "", "MIBDIRS": "/nonexistent", "SNMP_PERSISTENT_DIR": "/nonexistent"}
    for source, trap in (("127.0.0.2", "3"), ("127.0.0.1", "5"), ("127.0.0.1", "5")):
        command = ["snmptrap", "-v2c", "-c", COMMUNITY, f"--clientaddr={source}", f"udp:127.0.0.1:{watch.traps}"]
        subprocess.run([*command, "", f"1.3.6.1.6.3.1.1.5.{trap}"], env=environment, check=True, timeout=30)
    wait_for(lambda: watch.told("authentication_failures_began"), "the device's complaint")
    wait_for(lambda: watch.told("notification_drops_began"), "the stranger")
    (complaint,) = watch.told("authentication_failures_began")
    assert (complaint["object"]["type"], complaint["object"]["id"]) == ("device", "hub")
    (dropped,) = watch.told("notification_drops_began")
    assert (dropped["rule"], "127.0.0.2" in dropped["detail"]) == ("unknown_source", True)


def test_no_secret_is_told(watch: Watch) -> None:
    """Neither key nor community nor the URL's token is in log, pages, requests or messages, after failures too."""
    wait_for(lambda: watch.told("agent_started"), "the start")
    watch.hook.script += ["reset", "500", "400", "junk"]
    watch.table.replace(objects(DOWN))
    wait_for(lambda: len(watch.hook.script) == 1, "what fails until it is rejected")
    watch.table.replace(objects(UP))
    wait_for(lambda: watch.changes() == ["l up"], "what fails once")
    assert watch.log().count("event_delivery_failing") == 4
    seen = watch.log() + (watch.folder / "rsyslog" / "read.jsonl").read_text(encoding="utf-8")
    for path in ("/", "/metrics", "/api/v1/snapshot"):
        seen += fetch(watch.url + path)
    for request in watch.hook.requests:
        seen += request["body"].decode() + str(request["headers"])
    for canary in (SECRET.decode(), COMMUNITY, "canary-url"):
        assert canary not in seen


def test_check_warns_of_plain_http(tmp_path: Path) -> None:
    """``phusong check`` is content, but says that anybody on the way can read the events."""
    events = "events: {webhook: {url: 'http://ops.example/canary-url', secret_file: hook-key}}\n"
    done = run_cli("check", "--config", write_config(tmp_path, snmp=1, listen=2, traps=3, events=events))
    assert done.returncode == 0
    assert "warning: events.webhook.url is not encrypted: use https" in done.stderr
    assert "canary" not in done.stdout + done.stderr


def test_a_whole_province_fails_while_the_receiver_hangs(tmp_path: Path) -> None:
    """Hundreds of outages wait for a receiver that trickles, polls go on, and then all arrive, once."""
    listen, syslog = free_port(), free_udp_port()
    folder = tmp_path / "province"
    with (
        simulated_province(folder, listen=f"127.0.0.1:{listen}") as province,
        hook_server(Hook(then="trickle")) as hook,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as siem,
    ):
        siem.bind(("127.0.0.1", syslog))
        config = folder / "phusong.yaml"
        (folder / "hook-key").write_bytes(SECRET)
        text = config.read_text(encoding="utf-8")
        text = text.replace("interval: 30s", "interval: 3s").replace("interval: 10s", "interval: 2s")
        config.write_text(
            f"{text}events:\n  webhook: {{url: '{hook.url}', secret_file: hook-key, timeout: 1s}}\n"
            f"  syslog: {{address: 'udp://127.0.0.1:{syslog}'}}\n",
            encoding="utf-8",
        )
        url = f"http://127.0.0.1:{listen}"

        def metric(name: str) -> dict[str, float]:
            return samples(fetch(f"{url}/metrics"), name)

        with running([*CLI, "run", "--config", config], tmp_path / "run.log") as agent:
            wait_for(lambda: fetch(f"{url}/-/ready"), "the first full cycle")
            assert metric("phusong_events_total")['{kind="verdict_changed"}'] < 100  # incidents, not what is well
            province.send_signal(signal.SIGSTOP)
            try:
                wait_for(lambda: sum(metric("wan_link_up").values()) == 0, "all lines out", patience_s=60)
            finally:
                province.send_signal(signal.SIGCONT)
            assert metric("phusong_events_queued")['{sink="webhook"}'] > 345
            assert metric("phusong_events_delivered_total")['{sink="webhook"}'] == 0
            assert metric("phusong_events_delivered_total")['{sink="syslog"}'] > 345
            wait_for(lambda: sum(metric("wan_link_up").values()) > 300, "the return", patience_s=60)
            assert (
                metric("phusong_events_delivered_total")['{sink="webhook"}'] == 0
            )  # polled and judged all the same
            hook.then = "204"

            def all_arrived() -> bool:
                return metric("phusong_events_queued")['{sink="webhook"}'] == 0 and bool(hook.events)

            wait_for(all_arrived, "all events", patience_s=90)
            assert metric("phusong_events_dropped_total") == {}
            code, _ = stop_and_wait(agent)
    assert code == 0
    ids = Counter(hook.ids())
    assert (max(ids.values()), hook.forged) == (1, 0)
    assert max(len(json.loads(request["body"])["events"]) for request in hook.requests) == 50
    times = [event["time"] for event in hook.events if event["kind"] == "verdict_changed"]
    assert times == sorted(times)
