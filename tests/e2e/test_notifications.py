"""Traps from end to end: ``phusong run`` with polls an hour apart hears of a line by snmptrap."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from notification_messages import trap
from one_line import write_one_line
from processes import CLI, fetch, free_port, run_cli, running, samples, wait_for
from snmp_peers import TableAgent, device, free_udp_port, interface_row, running_snmpd

from phusong.collectors.snmp import ber

if shutil.which("snmptrap") is None or shutil.which("snmpinform") is None:
    pytest.skip("snmptrap is missing: apt-get install snmp", allow_module_level=True)

DEVICE, STRANGER = "127.0.0.1", "127.0.0.2"
UP, DOWN = 1, 2


def objects(oper_status: int) -> dict[tuple[int, ...], tuple[int, object]]:
    return device(interface_row(7, b"wan", IF_OPER_STATUS=(ber.INTEGER, oper_status)))


@contextmanager
def served(table: TableAgent) -> Iterator[int]:
    """Answer polls from a table in a thread; yields the port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as agent:
        agent.bind((DEVICE, 0))

        def answer() -> None:
            while True:
                data, peer = agent.recvfrom(65535)
                if not data:
                    return
                for reply in table(data, peer):
                    agent.sendto(reply, peer)

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield agent.getsockname()[1]
        finally:
            agent.sendto(b"", agent.getsockname())
            thread.join()


@dataclass
class Watch:
    """A running agent, the table of the device that it polls, and where it listens for traps."""

    table: TableAgent
    url: str
    port: int
    folder: Path
    process: subprocess.Popen[str]

    def metric(self, name: str) -> dict[str, float]:
        return samples(fetch(f"{self.url}/metrics"), name)

    def is_up(self) -> float | None:
        return self.metric("wan_link_up").get('{link="l"}')

    def notify(self, command: str, community: str = "public", source: str = DEVICE) -> int:
        what = ("", "1.3.6.1.6.3.1.1.5.3", "1.3.6.1.2.1.2.2.1.1.7", "i", "7")
        options = ("-v2c", "-c", community, f"--clientaddr={source}", f"udp:127.0.0.1:{self.port}")
        environment = {**os.environ, "MIBS": "", "MIBDIRS": "/nonexistent", "SNMP_PERSISTENT_DIR": "/nonexistent"}
        return subprocess.run([command, *options, *what], env=environment, check=False, timeout=30).returncode


def write_config(folder: Path, snmp: int, listen: int, notifications: int) -> Path:
    poll = "{interval: 1h, timeout: 2s}"
    return write_one_line(folder, snmp=snmp, listen=listen, notifications=notifications, poll=poll, device=DEVICE)


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    table = TableAgent(objects(UP))
    listen, notifications = free_port(), free_udp_port()
    with served(table) as snmp:
        config = write_config(tmp_path / "config", snmp, listen, notifications)
        with running([*CLI, "run", "--config", config], tmp_path / "run.log") as process:
            made = Watch(table, f"http://127.0.0.1:{listen}", notifications, tmp_path, process)
            wait_for(lambda: made.is_up() == 1, "the line is up")
            yield made


def test_a_line_that_goes_down_is_seen_by_its_trap(watch: Watch) -> None:
    """The next poll is an hour away; the device's trap brings it now, an inform brings the return."""
    watch.table.replace(objects(DOWN))
    assert watch.notify("snmptrap") == 0
    wait_for(lambda: watch.is_up() == 0, "the line is down")
    assert watch.metric("wan_link_verdict")['{link="l",verdict="down"}'] == 1
    watch.table.replace(objects(UP))
    assert watch.notify("snmpinform") == 0
    wait_for(lambda: watch.is_up() == 1, "the line is up again")
    wait_for(
        lambda: watch.metric("phusong_notifications_total") == {'{kind="linkDown",version="2c"}': 2},
        "both are counted",
    )


def test_a_trap_is_never_a_verdict(watch: Watch) -> None:
    """A linkDown of a line that is up leaves it up; strangers and wrong communities do not even cause a poll."""
    polls = "phusong_poll_duration_seconds_count"
    before = watch.metric(polls)['{kind="device"}']
    watch.notify("snmptrap", source=STRANGER)
    watch.notify("snmptrap", community="wrong")
    dropped = {'{reason="unknown_source"}': 1, '{reason="wrong_credentials"}': 1}
    wait_for(lambda: watch.metric("phusong_notifications_dropped_total") == dropped, "both are counted")
    assert watch.metric(polls)['{kind="device"}'] == before
    watch.notify("snmptrap")
    wait_for(lambda: watch.metric(polls)['{kind="device"}'] == before + 1, "the poll that the trap asked for")
    assert watch.is_up() == 1
    log = (watch.folder / "run.log").read_text(encoding="utf-8")
    drops = [json.loads(line) for line in log.splitlines() if "notification_drops_began" in line]
    assert [(line["reason"], line["source"]) for line in drops] == [
        ("unknown_source", STRANGER),
        ("wrong_credentials", DEVICE),
    ]


def test_polls_go_on_in_a_flood(watch: Watch) -> None:
    """Between 20,000 datagrams of strangers a known device is still heard, polled and judged."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind((STRANGER, 0))

        def flood(count: int) -> None:
            for _ in range(count):
                stranger.sendto(trap(), ("127.0.0.1", watch.port))

        flood(10_000)
        watch.table.replace(objects(DOWN))

        def heard() -> bool:
            flood(500)
            return watch.notify("snmpinform") == 0

        wait_for(heard, "an inform gets through the flood")
        wait_for(lambda: (flood(500), watch.is_up() == 0)[1], "the line is down")
        flood(10_000)
    strangers = '{reason="unknown_source"}'
    wait_for(lambda: watch.metric("phusong_notifications_dropped_total").get(strangers), "strangers are counted")
    assert watch.process.poll() is None


def test_the_engine_is_the_same_after_a_restart(watch: Watch) -> None:
    """Devices that send SNMPv3 informs find the engine that they know, with one more boot."""
    file = watch.folder / "config" / "state" / "snmp-engine.json"
    first = json.loads(file.read_text())
    watch.process.send_signal(signal.SIGTERM)
    assert watch.process.wait(30) == 0
    with running([*CLI, "run", "--config", watch.folder / "config" / "phusong.yaml"], watch.folder / "again.log"):
        wait_for(lambda: watch.is_up() == 1, "the line is up")
        assert json.loads(file.read_text()) == {"engine_id": first["engine_id"], "boots": first["boots"] + 1}


def test_v3_traps_count_from_the_engine_that_is_polled(tmp_path: Path) -> None:
    """The engine that a poll has found at snmpd may send traps, no other one with the same password."""
    known = 'createUser monitor SHA-256 "auth-pass-1" AES "priv-pass-1"\nrouser monitor authpriv\n'
    listen, notifications = free_port(), free_udp_port()
    with running_snmpd(known + "exactEngineID 0x80001f8804c0ffee\n") as agent:
        config = write_config(tmp_path / "config", agent.port, listen, notifications)
        for name in ("auth", "priv"):
            (config.parent / name).write_text(f"{name}-pass-1\n")
        v3 = "{version: 3, user: monitor, auth: sha256, auth_file: auth, priv: aes128, priv_file: priv}"
        text = config.read_text().replace("{version: 2c, community_file: community}", v3)
        config.write_text(text)
        links = config.parent / "inventory" / "links.csv"
        links.write_text(links.read_text().replace("hub,wan", "hub,lo"))
        url = f"http://127.0.0.1:{listen}/metrics"

        def metric(name: str) -> dict[str, float]:
            return samples(fetch(url), name)

        with running([*CLI, "run", "--config", config], tmp_path / "run.log"):
            wait_for(lambda: metric("wan_link_up") == {'{link="l"}': 1}, "the link is up")
            keys = ("-a", "SHA-256", "-A", "auth-pass-1", "-x", "AES", "-X", "priv-pass-1")
            to = (f"udp:127.0.0.1:{notifications}", "", "1.3.6.1.6.3.1.1.5.1")
            for engine in ("0x80001f8804c0ffee", "0x80001f88040badc0de"):
                user = ("-v3", "-u", "monitor", "-l", "authPriv", *keys, "-e", engine, "-Z", "9,99")
                environment = {**os.environ, "SNMP_PERSISTENT_DIR": "/nonexistent"}
                subprocess.run(("snmptrap", *user, *to), env=environment, check=True, timeout=30)
            accepted = {'{kind="coldStart",version="3"}': 1}
            wait_for(lambda: metric("phusong_notifications_total") == accepted, "the trap of the polled engine")
            refused = {'{reason="unknown_engine"}': 1}
            wait_for(lambda: metric("phusong_notifications_dropped_total") == refused, "the other one is refused")


def test_an_address_in_use_is_a_clear_error(watch: Watch, tmp_path: Path) -> None:
    """A second receiver ends at once with exit code 2, says why, and leaves the first one alone."""
    config = write_config(tmp_path / "second", 9, free_port(), watch.port)
    done = run_cli("run", "--config", config, timeout_s=30)
    assert done.returncode == 2
    assert f"cannot listen for notifications on 127.0.0.1:{watch.port}" in done.stderr
    assert "Traceback" not in done.stderr
    assert watch.is_up() == 1


def test_another_address_needs_a_restart(watch: Watch) -> None:
    """A reload that names another address says so and goes on receiving at the old one."""
    config = watch.folder / "config" / "phusong.yaml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace(f"127.0.0.1:{watch.port}", f"127.0.0.1:{free_udp_port()}"), encoding="utf-8")
    watch.process.send_signal(signal.SIGHUP)
    log = watch.folder / "run.log"
    wait_for(lambda: '"reloaded"' in log.read_text(encoding="utf-8"), "the reload")
    (line,) = [line for line in log.read_text(encoding="utf-8").splitlines() if "restart_needed" in line]
    assert json.loads(line)["keys"] == "notifications.listen"
    watch.table.replace(objects(DOWN))
    assert watch.notify("snmpinform") == 0
    wait_for(lambda: watch.is_up() == 0, "the line is down")
