"""CPU of a cycle of the 584 targets against snmp_exporter's: states over v2c, sensors, states over v3 authPriv.

``make bench`` calls ``run``; as a program it prints the results as JSON. Counted is the CPU time of one process:
``phusong run`` with one scrape of its page per cycle, and snmp_exporter with one scrape per target, which is how
it is used; either is scraped as Prometheus does. Both ask the same agents for the same objects in the same
seconds, spread evenly over the same cycle: that costs either of them more than asking all in a row. Pings and
probes of services are left out, as the peer has none.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path
from typing import Any

from asked_objects import Asked, find_asked
from live_province import running_agent, simulated
from snmp_exporter import running_exporter
from snmpd_fleet import snmpd_fleet

CYCLE_S = 5.0
CYCLES = 6
NEVER = "3600s"
"""The longest interval that can be set: what comes so rarely is left out."""
V2C_TARGET, V3_TARGET = 1 / 3, 1 / 2


def run() -> list[dict[str, Any]]:
    """Return the CPU per target and cycle against snmp_exporter's."""
    cycle = f"{CYCLE_S:g}s"
    left_out: dict[str, Any] = {"ping_interval": NEVER, "probes_interval": NEVER}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with simulated(folder / "states", poll_interval=cycle, sensors_interval=NEVER, **left_out) as province:
            asked = find_asked(province.config).polls
            results = [_cost("states over v2c", province.config, folder, asked, target=V2C_TARGET)]
        with simulated(folder / "sensors", poll_interval=NEVER, sensors_interval=cycle, **left_out) as province:
            asked = find_asked(province.config).sensors
            results += [_cost("sensors over v2c", province.config, folder, asked)]
        with snmpd_fleet(folder / "v3", poll_interval=cycle, sensors_interval=NEVER) as config:
            asked = find_asked(config).polls
            results += [_cost("states over v3 authPriv", config, folder, asked, target=V3_TARGET)]
    return results


def _cost(
    what: str, config: Path, folder: Path, asked: Sequence[Asked], *, target: float | None = None
) -> dict[str, Any]:
    """Measure both in the same seconds, so that a slow moment of the machine is shared."""
    with ExitStack() as stack:
        agent = stack.enter_context(running_agent(config, folder / "agent.log"))
        agent.wait_for_sensors(120)
        exporter = stack.enter_context(running_exporter(folder, asked))
        page = agent.page()
        requests = agent.total("phusong_snmp_requests_total")
        ours_before, peer_before = agent.spent_s(), exporter.spent_s() if exporter else 0.0
        began = time.monotonic()
        for number in range(CYCLES):
            if exporter:
                exporter.scrape_all(began + number * CYCLE_S, CYCLE_S)
            time.sleep(max(0.0, began + (number + 1) * CYCLE_S - time.monotonic()))
            agent.scrape()
        ours = agent.spent_s() - ours_before
        peer = exporter.spent_s() - peer_before if exporter else None
        requests = agent.total("phusong_snmp_requests_total") - requests
        statuses = Counter(answer.result() for answer in exporter.answers) if exporter else Counter()
    targets, objects = len(asked), sum(one.object_count for one in asked)
    result: dict[str, Any] = {
        "name": f"cycle of {targets} targets and one scrape, {what}, CPU per target",
        "ours_us": ours / CYCLES / targets * 1e6,
        "note": (
            f"{objects:,} objects; ours: phusong run, {requests / CYCLES:.0f} requests a cycle, "
            f"a page of {len(page) / 1e6:.1f} MB"
        ),
    }
    if exporter and peer is not None:
        result |= {"peer_us": peer / CYCLES / targets * 1e6, "ratio": ours / peer, "target": target}
        result["note"] += (
            f"; peer: snmp_exporter, {len(exporter.scrapes)} scrapes in {exporter.requests} requests a cycle, "
            f"{statuses[HTTPStatus.OK] / statuses.total():.0%} of them answered"
        )
    return result


if __name__ == "__main__":
    print(json.dumps(run(), indent=1))
