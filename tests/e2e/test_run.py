"""``phusong run`` as a service: start, reload, silence, end."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from processes import CLI, fetch, free_port, run_cli, running, samples, simulated_province, stop_and_wait, wait_for

from phusong.exporters.snapshot import LINK_VERDICTS


@dataclass
class Watch:
    """A running agent and the province that it watches."""

    folder: Path
    url: str
    agent: subprocess.Popen[str]
    province: subprocess.Popen[str]
    notified: socket.socket

    def metric(self, name: str) -> dict[str, float]:
        return samples(fetch(f"{self.url}/metrics"), name)

    def log(self) -> str:
        return (self.folder.parent / "run.log").read_text(encoding="utf-8")


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    """Start the province and the agent, with intervals short enough for a test."""
    port = free_port()
    folder = tmp_path / "province"
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(str(tmp_path / "notify"))
    manager.settimeout(20)
    with simulated_province(folder, listen=f"127.0.0.1:{port}") as province, manager:
        config = folder / "phusong.yaml"
        text = config.read_text(encoding="utf-8")
        config.write_text(text.replace("interval: 30s", "interval: 3s").replace("interval: 10s", "interval: 2s"))
        command = [*CLI, "run", "--config", config]
        env = {"NOTIFY_SOCKET": str(tmp_path / "notify")}
        with running(command, tmp_path / "run.log", env=env) as agent:
            yield Watch(folder, f"http://127.0.0.1:{port}", agent, province, manager)


def ready(watch: Watch) -> None:
    wait_for(lambda: fetch(f"{watch.url}/-/ready"), "the first full cycle")


def test_it_tells_its_manager_and_drains_on_sigterm(watch: Watch) -> None:
    """READY comes when it serves and polls; SIGTERM ends it cleanly within 10 s, with exit code 0."""
    assert watch.notified.recv(100) == b"READY=1"
    assert fetch(f"{watch.url}/-/healthy")
    ready(watch)
    code, seconds = stop_and_wait(watch.agent)
    assert code == 0, watch.log()
    assert seconds < 10
    assert watch.notified.recv(100) == b"STOPPING=1"
    assert "Traceback" not in watch.log()


def test_a_bad_file_is_refused_on_reload_and_a_good_one_taken(watch: Watch) -> None:
    """SIGHUP with a broken inventory changes nothing but the metric that says so; a mended one is taken over."""
    ready(watch)
    links = watch.folder / "inventory" / "links.csv"
    good = links.read_text(encoding="utf-8")
    links.write_text(good.replace(",primary,", ",primray,", 1), encoding="utf-8")
    watch.agent.send_signal(signal.SIGHUP)

    def refused() -> bool:
        return watch.metric("phusong_config_last_reload_successful") == {"": 0}

    wait_for(refused, "the refusal")
    assert len(watch.metric("wan_link_up")) == 345
    assert "links.csv" in watch.log()
    assert "primray" in watch.log() or "role" in watch.log()
    links.write_text("".join(good.splitlines(keepends=True)[:-2]), encoding="utf-8")
    (watch.folder / "inventory" / "maintenance.csv").unlink()
    watch.agent.send_signal(signal.SIGHUP)
    wait_for(lambda: len(watch.metric("wan_link_verdict")) == 343 * len(LINK_VERDICTS), "the smaller inventory")
    assert watch.metric("phusong_config_last_reload_successful") == {"": 1}


def test_a_dead_province_is_seen_and_its_values_go(watch: Watch) -> None:
    """When nothing answers any more, every line is out within an interval and no old value is left."""
    ready(watch)
    assert sum(watch.metric("wan_link_up").values()) > 300
    assert len(watch.metric("ifOperStatus")) > 600
    watch.province.send_signal(signal.SIGSTOP)
    try:
        wait_for(lambda: sum(watch.metric("wan_link_up").values()) == 0, "all lines out", patience_s=20)
        assert watch.metric("ifOperStatus") == {}
        assert len(watch.metric("wan_link_last_success_timestamp_seconds")) > 300
    finally:
        watch.province.send_signal(signal.SIGCONT)
    wait_for(lambda: sum(watch.metric("wan_link_up").values()) > 300, "the return", patience_s=20)


def test_the_pages_are_there(watch: Watch) -> None:
    """The status page links to metrics and map; the feed is JSON; nothing shows the community."""
    ready(watch)
    page = fetch(watch.url + "/")
    for link in ("/metrics", "/map", "/api/v1/snapshot"):
        assert link in page
    pages = page + fetch(watch.url + "/metrics") + fetch(watch.url + "/api/v1/snapshot")
    assert "phusong-demo" not in pages


def test_a_bad_configuration_never_starts(tmp_path: Path) -> None:
    """Exit code 2 and every problem on a line of its own, before any socket is opened."""
    (tmp_path / "phusong.yaml").write_text("province: {code: '22', edtion: '2020-01'}\n", encoding="utf-8")
    done = run_cli("run", "--config", tmp_path / "phusong.yaml", timeout_s=20)
    assert done.returncode == 2
    assert "phusong.yaml:1" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_address_in_use_is_a_clear_error(watch: Watch) -> None:
    """A second agent on the same address, or with the same state, ends at once and says why."""
    ready(watch)
    config = watch.folder / "phusong.yaml"
    done = run_cli("run", "--config", config, timeout_s=20)
    assert done.returncode == 2
    assert "another phusong run" in done.stderr
    assert "Traceback" not in done.stderr
    other = watch.folder / "other.yaml"
    other.write_text(re.sub("(?m)^state:.*", "state: other", config.read_text(encoding="utf-8")), encoding="utf-8")
    done = run_cli("run", "--config", other, timeout_s=20)
    assert done.returncode == 2
    assert "in use" in done.stderr
    assert "Traceback" not in done.stderr


def test_run_never_loads_the_geodata_libraries() -> None:
    """GDAL stays out of the process that holds the credentials."""
    script = (
        "import sys, phusong.agent.service; "
        "print([name for name in ('geopandas', 'shapely', 'folium', 'pyogrio', 'netmiko') if name in sys.modules])"
    )
    done = subprocess.run([CLI[0], "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_phusong_is_a_command() -> None:
    """The installed command knows its version, and wrong use is exit code 2."""
    command = shutil.which("phusong", path=f"{Path(CLI[0]).parent}{os.pathsep}{os.environ['PATH']}")
    assert command
    done = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("phusong ")
    assert subprocess.run([command, "nonsense"], capture_output=True, check=False).returncode == 2
