"""CPU of the whole agent that probes the endpoints' services (SIP by UDP, H.323) against one that does not.

``make bench`` calls ``run``; as a program it prints the result as JSON. Two agents watch one simulated province in
the same seconds, at twice the usual pace of everything, and both are scraped; one inventory has no services.
"""

from __future__ import annotations

import csv
import json
import shutil
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from live_province import LiveAgent, free_port, running_agent, samples, simulated

POLL_S, PING_S, SENSORS_S, PROBES_S = 15.0, 5.0, 30.0, 30.0
"""Half of what is usual."""
MEASURED_S = 2 * PROBES_S
MOST = 1.25
PROBES_DURATION = "phusong_poll_duration_seconds_count"


def run() -> dict[str, Any]:
    """Return the CPU of a poll cycle, with and without probes."""
    intervals: dict[str, Any] = {
        "poll_interval": f"{POLL_S:g}s",
        "ping_interval": f"{PING_S:g}s",
        "sensors_interval": f"{SENSORS_S:g}s",
        "probes_interval": f"{PROBES_S:g}s",
    }
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        province = stack.enter_context(simulated(folder / "watched", **intervals))
        configs = province.config, _not_probing(province.config)
        agents = [
            stack.enter_context(running_agent(config, folder / f"agent{n}.log"))
            for n, config in enumerate(configs)
        ]
        for agent in agents:
            agent.wait_for_sensors(60)
        before = [agent.spent_s() for agent in agents]
        probes_before = _probes(agents[0])
        began = time.monotonic()
        for cycle in range(1, round(MEASURED_S / POLL_S) + 1):
            time.sleep(max(0.0, began + cycle * POLL_S - time.monotonic()))
            for agent in agents:
                agent.scrape()
        ours, peer = (agent.spent_s() - was for agent, was in zip(agents, before, strict=True))
        probes = _probes(agents[0]) - probes_before
        if not probes or _probes(agents[1]):
            raise RuntimeError("the wrong agent has probed")
    cycles = MEASURED_S / POLL_S
    return {
        "name": "agent that probes SIP and H.323, CPU of a poll cycle (peer: one that does not)",
        "ours_ms": ours / cycles * 1e3,
        "peer_ms": peer / cycles * 1e3,
        "ratio": ours / peer,
        "target": MOST,
        "note": (
            f"phusong run with pings, sensors, scrapes; {probes / cycles:.0f} endpoints probed in a cycle, "
            f"{(ours - peer) / probes * 1e6:,.0f} us each with judging and rendering anew; "
            f"{ours / MEASURED_S:.1%} of a core instead of {peer / MEASURED_S:.1%}, at twice the usual pace"
        ),
    }


def _not_probing(config: Path) -> Path:
    """Write a second configuration beside the first, with an inventory in which no endpoint has a service."""
    inventory = config.parent / "inventory"
    other = inventory.with_name("inventory-without")
    shutil.copytree(inventory, other)
    with (inventory / "endpoints.csv").open(encoding="utf-8", newline="") as file:
        rows = [{**row, "services": "none"} for row in csv.DictReader(file)]
    with (other / "endpoints.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    text = config.read_text(encoding="utf-8")
    listen = text.partition('web: {listen: "')[2].partition('"')[0]
    for before, after in (
        ('inventory: "inventory/"', 'inventory: "inventory-without/"'),
        ('state: "state/"', 'state: "state-without/"'),
        (listen, f"127.0.0.1:{free_port()}"),
    ):
        text = text.replace(before, after)
    without = config.with_name("without.yaml")
    without.write_text(text, encoding="utf-8")
    return without


def _probes(agent: LiveAgent) -> float:
    """Return how many endpoints it has probed."""
    return samples(agent.page(), PROBES_DURATION).get('{kind="probe"}', 0.0)


if __name__ == "__main__":
    print(json.dumps(run(), indent=1))
