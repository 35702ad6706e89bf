"""Time of one scrape of the whole province: our renderer against prometheus_client on the same samples.

``make bench`` calls ``run``; as a program it prints the result as JSON. The province is that of
``tests/support/metrics_reference.py``: 345 links with both ends read, 239 endpoints, no coverage.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from prometheus_client import generate_latest

from phusong.exporters.exposition import Format
from phusong.exporters.prometheus import FleetRenderer

sys.path.append(str(Path(__file__).parents[1] / "support"))
import metrics_reference as reference

ROUNDS = 7


def run() -> dict[str, object]:
    """Return seconds per page, ours and prometheus_client's, as the least of several rounds."""
    cycles = [reference.province(communes=0, cycle=cycle) for cycle in range(ROUNDS + 1)]
    renderer = FleetRenderer(lambda reason, count: None)
    first_s = _seconds(lambda: renderer.render(cycles[0], Format.TEXT))
    # Every reading is a new object in every cycle: the worst case, in which nothing is remembered but the labels.
    changed_s = min(_seconds(lambda s=s: renderer.render(s, Format.TEXT)) for s in cycles[1:])
    same_s = min(_seconds(lambda: renderer.render(cycles[-1], Format.TEXT)) for _ in range(ROUNDS))
    registry = reference.reference_registry(cycles[-1])
    peer_s = min(_seconds(lambda: generate_latest(registry)) for _ in range(ROUNDS))
    samples = sum(1 for _ in reference.samples(cycles[-1]))
    return {
        "name": "scrape",
        "ours_s": changed_s,
        "peer_s": peer_s,
        "ratio": changed_s / peer_s,
        "note": (
            f"{samples} samples, all readings new, against generate_latest on ready-made families; "
            f"ours with nothing changed {same_s * 1000:.1f} ms, first page with labels {first_s * 1000:.1f} ms"
        ),
    }


def _seconds(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


if __name__ == "__main__":
    print(json.dumps(run(), indent=1))
