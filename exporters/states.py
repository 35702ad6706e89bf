"""The states alone, small enough to be asked for every few seconds: what the map page refreshes itself with.

Parallel lists in the snapshot's order, without geometry, names, addresses or anything that only a reload changes.
Ids stay as they are, the page finds its rows by them; sentences come without control characters and not too long.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping

from phusong.exporters.events import LONGEST_DETAIL, plain
from phusong.exporters.snapshot import EndpointRow, LinkRow, Snapshot

FORMAT = 1
Cell = str | float | bool | None


def states_to_json(snapshot: Snapshot) -> bytes:
    """Return the answer of ``/api/v1/states`` in ASCII JSON.

    Times are Unix seconds, ``rtt`` is seconds, ``loss`` 0 to 1; what is not known, or not finite, is ``null``.
    """
    links, endpoints, sites = snapshot.links, snapshot.endpoints, snapshot.sites
    answer = {
        "format": FORMAT,
        "taken_at": snapshot.taken_at,
        "edition": snapshot.edition,
        "fallback_technology": snapshot.fallback_technology,
        "links": {"id": [row.info.link_id for row in links], **_polled(links)},
        "sites": {
            "id": [row.info.site_id for row in sites],
            "isolation": [row.isolation.value for row in sites],
            "since": _finite(row.since for row in sites),
            "fallback": [row.fallback for row in sites],
        },
        "endpoints": {"id": [row.info.endpoint_id for row in endpoints], **_polled(endpoints)},
    }
    return json.dumps(answer, allow_nan=False, separators=(",", ":")).encode("ascii")


def _polled(rows: tuple[LinkRow, ...] | tuple[EndpointRow, ...]) -> Mapping[str, list[Cell]]:
    """Return the columns that lines and endpoints have in common."""
    return {
        "verdict": [row.verdict.value for row in rows],
        "since": _finite(row.since for row in rows),
        "rtt": _finite(row.ping.rtt_avg_s if row.ping else None for row in rows),
        "loss": _finite(row.ping.loss_ratio if row.ping else None for row in rows),
        "last_success": _finite(row.last_success for row in rows),
        "problem": [plain(row.problem, LONGEST_DETAIL) for row in rows],
        "cause": [plain(row.cause, LONGEST_DETAIL) for row in rows],
    }


def _finite(values: Iterable[float | None]) -> list[Cell]:
    return [value if value is not None and math.isfinite(value) else None for value in values]
