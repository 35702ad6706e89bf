"""Growth: ``phusong run`` over 584, 5,840 and 29,200 targets, scraped twice in each interval between polls.

Counted is what the agent's process costs in steady state: share of one core and memory; the verdicts must be those
of the incidents (``Province.expected``). The intervals are the default ones, but for the largest fleet twice as
long: at 30 s one process does not keep up with it. ``make bench`` calls ``run``; as a program it prints JSON.
"""

from __future__ import annotations

import json
import re
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from live_province import build, running_agent, simulated, wait_for

SETTLE_S = 3.0
READY_WITHIN_S = 600.0
"""A minute at least with 29,200 targets, and more where agent and simulated devices have no core of their own."""
SENSORS_WITHIN_S = 300.0
"""The first look for the sensors of the largest fleet, which takes ten minutes, is not waited for."""
FIRST_PAGE_WITHIN_S = 60.0
"""Every label is written then; a Prometheus that gives up after its scrape_timeout comes again."""
POLL_S, SENSORS_S, PING_S = 30, 60, 10
"""The default intervals."""
SCRAPES = 2
"""So many scrapes in one interval between polls, which is what is measured."""
MOST_CPU = 0.25
MOST_MEMORY_MB = 250.0
"""Of 5,840 targets at 30 s (design, section 12)."""
CARRIES = {"congested": "up", "degraded": "up"}
"""What a line is found to be after minutes of watching, or on a busy machine, is no wrong verdict."""
FLAP_SEEN_WITHIN_POLLS = 2
"""So many intervals after a flapping line has changed its verdict may still be the old one."""
_VERDICT = re.compile(
    r'^(?:wan_link|vc_endpoint)_verdict\{(?:link|endpoint)="(.*?)",verdict="(.*?)"\} 1\.0$', re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one fleet cost: ``cpu`` is a share of one core."""

    targets: int
    poll_s: float
    cpu: float
    memory_mb: float
    ready_s: float
    page_mb: float
    page_s: float
    """How long the last scrape of it took."""
    wrong: int
    retries: float
    skipped: float

    @property
    def per_target_us(self) -> float:
        """CPU per target and interval between polls."""
        return self.cpu * self.poll_s / self.targets * 1e6

    def __str__(self) -> str:
        return (
            f"{self.targets} targets at {self.poll_s:g} s: {self.cpu:.1%} of a core, {self.memory_mb:.0f} MB, "
            f"first round {self.ready_s:.1f} s, page of {self.page_mb:.1f} MB in {self.page_s:.2f} s, "
            f"{self.wrong} wrong verdicts, {self.retries:.0f} retries, {self.skipped:.0f} skipped"
        )


def run() -> list[dict[str, Any]]:
    """Return CPU and memory at ten times the province against what is allowed, and how linear the growth is."""
    small, large, huge = _measure(1), _measure(10), _measure(50, slower=2, wait_for_sensors=False)
    note = "; ".join(map(str, (small, large, huge)))
    results = [
        {
            "name": f"{large.targets} targets at 30 s, CPU (peer: allowed)",
            "ours_%": large.cpu * 100,
            "peer_%": MOST_CPU * 100,
            "ratio": large.cpu / MOST_CPU,
            "target": 1,
            "note": note,
        },
        {
            "name": f"{large.targets} targets at 30 s, memory (peer: allowed)",
            "ours_MB": large.memory_mb,
            "peer_MB": MOST_MEMORY_MB,
            "ratio": large.memory_mb / MOST_MEMORY_MB,
            "target": 1,
            "note": "resident, with the page of all series at hand",
        },
        {
            "name": "ten times the targets, CPU per target (peer: once)",
            "ours_us": large.per_target_us,
            "peer_us": small.per_target_us,
            "ratio": large.per_target_us / small.per_target_us,
            "target": 1.1,
            "note": "per target and interval: a poll, three bursts of pings, half a poll of sensors, two scrapes",
        },
        {
            "name": "fifty times the targets, CPU per target (peer: once)",
            "ours_us": huge.per_target_us,
            "peer_us": small.per_target_us,
            "ratio": huge.per_target_us / small.per_target_us,
            "target": 1.1,
            "note": f"the same at twice the intervals: {huge.cpu:.0%} of a core, {huge.memory_mb:.0f} MB; "
            "sensors are still looked for",
        },
    ]
    if small.wrong or large.wrong or huge.wrong:
        raise RuntimeError(f"verdicts that are not those of the incidents: {note}")
    return results


def _measure(scale: int, *, slower: int = 1, wait_for_sensors: bool = True) -> Cost:
    """Measure one fleet at ``slower`` times the default intervals."""
    started, poll_s = time.monotonic(), float(POLL_S * slower)
    intervals = {
        "poll_interval": f"{POLL_S * slower}s",
        "sensors_interval": f"{SENSORS_S * slower}s",
        "ping_interval": f"{PING_S * slower}s",
    }
    with (
        tempfile.TemporaryDirectory() as name,
        simulated(Path(name), scale=scale, **intervals) as province,
        running_agent(province.config, Path(name) / "agent.log", patience_s=READY_WITHIN_S) as agent,
    ):
        if wait_for_sensors:
            agent.wait_for_sensors(SENSORS_WITHIN_S)
        time.sleep(SETTLE_S)
        wait_for(agent.page, "the first page of all series", patience_s=FIRST_PAGE_WITHIN_S)
        retries, skipped = agent.total("phusong_snmp_retries_total"), agent.total("phusong_poll_skipped_total")
        cpu_s, began = agent.spent_s(), time.monotonic()
        for number in range(1, SCRAPES + 1):
            time.sleep(max(0.0, began + number * poll_s / SCRAPES - time.monotonic()))
            asked = time.monotonic()
            page = agent.page()
            page_s = time.monotonic() - asked
        cpu = (agent.spent_s() - cpu_s) / (time.monotonic() - began)
        elapsed_s = time.monotonic() - started
        expected, before = (
            _expected(scale, elapsed_s),
            _expected(scale, elapsed_s - FLAP_SEEN_WITHIN_POLLS * poll_s),
        )
        found = {key: CARRIES.get(verdict, verdict) for key, verdict in _VERDICT.findall(page)}
        return Cost(
            targets=len(expected),
            poll_s=poll_s,
            cpu=cpu,
            memory_mb=agent.memory_mb(),
            ready_s=agent.ready_s,
            page_mb=len(page) / 1e6,
            page_s=page_s,
            wrong=sum(found.get(key) not in (verdict, before[key]) for key, verdict in expected.items()),
            retries=agent.total("phusong_snmp_retries_total") - retries,
            skipped=agent.total("phusong_poll_skipped_total") - skipped,
        )


def _expected(scale: int, elapsed_s: float) -> dict[str, str]:
    """Return the right verdict of every link and endpoint so long after the start of the simulation."""
    expected = build(scale).expected(max(0.0, elapsed_s))
    return {**expected.links, **dict.fromkeys(expected.in_maintenance, "maintenance"), **expected.endpoints}


if __name__ == "__main__":
    print(json.dumps(run(), indent=1))
