"""Writing changes of verdicts into the history: CPU and time per 1,000, as the agent does it once a second.

``make bench`` calls ``run``. The peer is the need: 1,000 changes each second, with a tenth of one core.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from phusong.agent.state.history_tables import write_batch
from phusong.agent.state.outages import Batch, Period, Stretch
from phusong.agent.state.state_store import StateStore
from phusong.exporters.agent_metrics import AgentMetrics

CHANGES = 1_000
SECONDS = 60
ALLOWED_S = 0.1
BEGIN = 1_790_000_000.0


def run() -> dict[str, object]:
    """Return the CPU time of one second's 1,000 changes against a tenth of a core."""
    with tempfile.TemporaryDirectory() as folder:
        store = StateStore(Path(folder), AgentMetrics("bench"), time.time)
        _write(store, 0)
        slowest_s, cpu_began, began = 0.0, time.process_time(), time.perf_counter()
        for second in range(1, SECONDS + 1):
            at = time.perf_counter()
            _write(store, second)
            slowest_s = max(slowest_s, time.perf_counter() - at)
        cpu_s = (time.process_time() - cpu_began) / SECONDS
        wall_s = (time.perf_counter() - began) / SECONDS
        size = store.size()
        store.close()
    return {
        "name": f"{CHANGES:,} changes a second into the store (peer: a tenth of a core)",
        "ours_s": round(cpu_s, 4),
        "peer_s": ALLOWED_S,
        "ratio": cpu_s / ALLOWED_S,
        "target": 1,
        "note": (
            f"{CHANGES / wall_s:,.0f} changes a second without a pause, slowest batch {slowest_s * 1e3:.0f} ms,"
            f" {size / (SECONDS + 1) / CHANGES:.0f} bytes a change"
        ),
    }


def _write(store: StateStore, second: int) -> None:
    """Close 1,000 periods and begin the next, in one transaction."""
    at = BEGIN + second
    periods = []
    for number in range(CHANGES):
        verdicts = ("up", "down") if (second + number) % 2 else ("down", "up")
        periods.append(Period("link", f"line-{number:04}", at - 1, at, verdicts[0], "rule"))
        periods.append(Period("link", f"line-{number:04}", at, None, verdicts[1], "rule"))
    batch = Batch(periods=tuple(periods), stretches=(Stretch(BEGIN, at),))
    if not store.write(lambda connection: write_batch(connection, batch)):
        raise RuntimeError("the store could not write")
