"""What several benchmarks share: a simulated province and an agent as real processes, and what they cost.

The processes themselves come from ``tests/support``, as in the end-to-end tests.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phusong.collectors.simulator.files import write_config
from phusong.collectors.simulator.offices import CommunePlace
from phusong.collectors.simulator.province import Province, build_province
from phusong.coverage.editions import load_edition

sys.path.append(str(Path(__file__).parents[1] / "support"))
from processes import CLI, fetch, free_port, running, samples, wait_for

__all__ = [
    "AS_PROMETHEUS",
    "LiveAgent",
    "build",
    "fetch",
    "free_port",
    "running",
    "running_agent",
    "samples",
    "simulated",
    "spent_s",
    "wait_for",
]


def build(scale: int = 1) -> Province:
    """Build the province that ``simulated`` serves."""
    communes = load_edition("2020-01").communes.values()
    places = [CommunePlace(c.code, c.name, c.kind, c.district, c.lat, c.lon) for c in communes]
    return build_province(places, scale=scale)


AS_PROMETHEUS = {
    "Accept": "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
    "Accept-Encoding": "gzip",
    "X-Prometheus-Scrape-Timeout-Seconds": "10",
}
"""What Prometheus 2 sends with a scrape. Who compresses its page, as the exporters in Go do, works for that."""


@dataclass(frozen=True, slots=True)
class LiveProvince:
    """A simulated province that answers, and the configuration of an agent over it."""

    config: Path
    snmp_port: int


@contextmanager
def simulated(
    folder: Path, *, scale: int = 1, probes_interval: str = "60s", **settings: Any
) -> Iterator[LiveProvince]:
    """Serve the province from a process of its own.

    Parameters
    ----------
    probes_interval
        How often the agent asks the services of endpoints, such as ``60s``, and those of services.csv.
    settings
        Those of ``write_config``.
    """
    place, log = folder / "province", folder / "simulate.log"
    place.mkdir(parents=True)
    traps = ("--trap-port", settings.get("trap_port", 0))
    with running([*CLI, "simulate", "--out", place, "--scale", scale, *traps], log):
        ports = wait_for(lambda: json.loads(log.read_text() or "null"), "the simulated province")
        config = write_config(place, echo_port=ports["echo"], web_listen=f"127.0.0.1:{free_port()}", **settings)
        text = config.read_text(encoding="utf-8").replace("video: {", f"video: {{interval: {probes_interval}, ")
        config.write_text(f"{text}services: {{interval: {probes_interval}}}\n", encoding="utf-8")
        yield LiveProvince(config, ports["snmp"])


@dataclass(frozen=True, slots=True)
class LiveAgent:
    """A running ``phusong run``."""

    process: subprocess.Popen[str]
    url: str
    ready_s: float
    """From the start of the process until everything had been asked once."""

    def page(self) -> str:
        """Return its page in the text format."""
        return fetch(f"{self.url}/metrics")

    def scrape(self) -> None:
        """Scrape it as Prometheus does."""
        fetch(f"{self.url}/metrics", **AS_PROMETHEUS)

    def total(self, metric: str) -> float:
        """Return the sum of all series of a metric."""
        return sum(samples(self.page(), metric).values())

    def wait_for_sensors(self, patience_s: float) -> None:
        """Wait until every device has been asked for its sensors once: to look for them costs much more."""

        def were_read() -> bool:
            page = self.page()
            asked = samples(page, "phusong_poll_duration_seconds_count").get('{kind="sensors"}', 0.0)
            return asked >= sum(samples(page, "phusong_inventory_devices").values())

        wait_for(were_read, "the first round of sensors", patience_s=patience_s)

    def spent_s(self) -> float:
        """Return its CPU seconds so far."""
        return spent_s(self.process.pid)

    def memory_mb(self) -> float:
        """Return its resident memory now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024


@contextmanager
def running_agent(config: Path, log: Path, *, patience_s: float = 120) -> Iterator[LiveAgent]:
    """Run ``phusong run``; yield it when it has asked everything once."""
    listen = config.read_text(encoding="utf-8").partition('web: {listen: "')[2].partition('"')[0]
    url = f"http://{listen}"
    began = time.monotonic()
    with running([*CLI, "run", "--config", config], log) as process:
        wait_for(lambda: fetch(f"{url}/-/ready"), "the agent's first round", patience_s=patience_s)
        yield LiveAgent(process, url, time.monotonic() - began)


def spent_s(pid: int) -> float:
    """Return the CPU seconds of a process so far, user and system (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
