"""Growth: ``phusong run`` over 584, 5,840 and 29,200 targets at the default intervals, scraped every 15 s.

Counted is what the agent's process costs in steady state: share of one core and memory; the verdicts must be those
of the incidents (``Province.expected``). ``make bench`` calls ``run``; as a program it prints the results as JSON.
"""

from __future__ import annotations

import json
import re
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from live_province import build, running_agent, simulated

SCALES = (1, 10, 50)
SETTLE_S = 3.0
READY_WITHIN_S = 600.0
"""A minute at least with 29,200 targets, and more where agent and simulated devices have no core of their own."""
SENSORS_WITHIN_S = 300.0
"""The first look for the sensors of the largest fleet, which takes ten minutes, is not waited for."""
SCRAPE_EVERY_S = 15.0
SCRAPES = 2
"""So many intervals between scrapes are measured: one whole interval between polls of 30 s."""
MOST_CPU = 0.25
MOST_MEMORY_MB = 250.0
"""Of 5,840 targets at 30 s (design, section 12)."""
CARRIES = {"congested": "up", "degraded": "up"}
"""What a line is found to be after minutes of watching, or on a busy machine, is no wrong verdict."""
FLAP_SEEN_WITHIN_S = 60.0
"""So long after a flapping line has changed its verdict may still be the old one."""
_VERDICT = re.compile(
    r'^(?:wan_link|vc_endpoint)_verdict\{(?:link|endpoint)="(.*?)",verdict="(.*?)"\} 1\.0$', re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one fleet cost: ``cpu`` is a share of one core."""

    targets: int
    cpu: float
    memory_mb: float
    ready_s: float
    wrong: int
    retries: float
    skipped: float


def run() -> list[dict[str, Any]]:
    """Return CPU and memory at ten times the province against what is allowed, and how linear the growth is."""
    small, large, huge = (_measure(scale) for scale in SCALES)
    note = "; ".join(
        f"{cost.targets} targets: {cost.cpu:.1%} of a core, {cost.memory_mb:.0f} MB, first round "
        f"{cost.ready_s:.1f} s, {cost.wrong} wrong verdicts, {cost.retries:.0f} retries, "
        f"{cost.skipped:.0f} skipped"
        for cost in (small, large, huge)
    )
    linear = large.cpu / small.cpu / (large.targets / small.targets)
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
            "ours_us": large.cpu / large.targets * 30e6,
            "peer_us": small.cpu / small.targets * 30e6,
            "ratio": linear,
            "target": 1.1,
            "note": "per target and 30 s: polls, three bursts of pings, half a poll of sensors, two scrapes",
        },
        {
            "name": "fifty times the targets, CPU per target (peer: once)",
            "ours_us": huge.cpu / huge.targets * 30e6,
            "peer_us": small.cpu / small.targets * 30e6,
            "ratio": huge.cpu / small.cpu / (huge.targets / small.targets),
            "note": f"{huge.targets} targets: {huge.cpu:.0%} of a core, {huge.memory_mb:.0f} MB, "
            f"{huge.skipped:.0f} runs skipped for want of time; sensors are still looked for, "
            "and the simulated devices share the machine",
        },
    ]
    if small.wrong or large.wrong or huge.wrong:
        raise RuntimeError(f"verdicts that are not those of the incidents: {note}")
    return results


def _measure(scale: int) -> Cost:
    started = time.monotonic()
    with (
        tempfile.TemporaryDirectory() as name,
        simulated(Path(name), scale=scale) as province,
        running_agent(province.config, Path(name) / "agent.log", patience_s=READY_WITHIN_S) as agent,
    ):
        if scale < SCALES[-1]:
            agent.wait_for_sensors(SENSORS_WITHIN_S)
        time.sleep(SETTLE_S)
        agent.page()
        retries, skipped = agent.total("phusong_snmp_retries_total"), agent.total("phusong_poll_skipped_total")
        cpu_s, began = agent.spent_s(), time.monotonic()
        for number in range(1, SCRAPES + 1):
            time.sleep(max(0.0, began + number * SCRAPE_EVERY_S - time.monotonic()))
            page = agent.page()
        cpu = (agent.spent_s() - cpu_s) / (time.monotonic() - began)
        elapsed_s = time.monotonic() - started
        expected, before = _expected(scale, elapsed_s), _expected(scale, elapsed_s - FLAP_SEEN_WITHIN_S)
        found = {key: CARRIES.get(verdict, verdict) for key, verdict in _VERDICT.findall(page)}
        return Cost(
            targets=len(expected),
            cpu=cpu,
            memory_mb=agent.memory_mb(),
            ready_s=agent.ready_s,
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
