"""The states that a map page refreshes itself with."""

from __future__ import annotations

import dataclasses
import json
import math
from types import ModuleType

from phusong.collectors.readings import PingReading
from phusong.exporters.states import states_to_json


def test_row_by_row(reference: ModuleType) -> None:
    """Every list goes with the ids beside it, in the snapshot's order, and says what the snapshot says."""
    snapshot = reference.province(30, 20, 3)
    told = json.loads(states_to_json(snapshot))
    assert told["format"] == 1
    assert (told["taken_at"], told["edition"]) == (snapshot.taken_at, snapshot.edition)
    for kind, rows in (("links", snapshot.links), ("endpoints", snapshot.endpoints)):
        shown = [dict(zip(told[kind], values, strict=True)) for values in zip(*told[kind].values(), strict=True)]
        assert shown == [
            {
                "id": row.info.link_id if kind == "links" else row.info.endpoint_id,
                "verdict": row.verdict,
                "since": row.since,
                "rtt": row.ping.rtt_avg_s if row.ping else None,
                "loss": row.ping.loss_ratio if row.ping else None,
                "last_success": row.last_success,
                "problem": row.problem,
                "cause": row.cause,
            }
            for row in rows
        ]
    sites = told["sites"]
    assert list(zip(*(sites[key] for key in ("id", "isolation", "since", "fallback")), strict=True)) == [
        (row.info.site_id, row.isolation, row.since, row.fallback) for row in snapshot.sites
    ]


def test_numbers_that_are_none(reference: ModuleType) -> None:
    """What is no finite number is null: the answer stays JSON."""
    snapshot = reference.province(3, 2, 1)
    ping = PingReading(5, 5, math.inf, math.nan, math.inf)
    broken = dataclasses.replace(snapshot.links[0], since=math.nan, last_success=math.inf, ping=ping)
    told = json.loads(
        states_to_json(dataclasses.replace(snapshot, links=(broken,))),
        parse_constant=lambda word: (_ for _ in ()).throw(AssertionError(word)),
    )
    assert [told["links"][key] for key in ("since", "last_success", "rtt")] == [[None]] * 3


def test_nothing_but_states(reference: ModuleType) -> None:
    """No name, address, carrier, contract or position is in it: those come with the page."""
    snapshot = reference.province(3, 2, 1)
    told = json.loads(states_to_json(snapshot))
    assert set(told) == {"format", "taken_at", "edition", "fallback_technology", "links", "sites", "endpoints"}
    assert set(told["sites"]) == {"id", "isolation", "since", "fallback"}
