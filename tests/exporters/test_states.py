"""The states that a map page refreshes itself with."""

from __future__ import annotations

import dataclasses
import json
import math
import unicodedata
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from phusong.collectors.readings import PingReading
from phusong.exporters.snapshot import Snapshot
from phusong.exporters.states import states_to_json


def strictly(answer: bytes) -> Any:
    """Read JSON as a browser does: NaN and Infinity are no numbers."""
    return json.loads(answer.decode("ascii"), parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))


def test_row_by_row(reference: ModuleType) -> None:
    """Every list goes with the ids beside it, in the snapshot's order, and says what the snapshot says."""
    snapshot = reference.province(30, 20, 3)
    told = json.loads(states_to_json(snapshot))
    assert told["format"] == 1
    for key in ("taken_at", "edition", "fallback_technology"):
        assert told[key] == getattr(snapshot, key)
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
    endpoint = dataclasses.replace(snapshot.endpoints[0], since=-math.inf, ping=None)
    site = dataclasses.replace(snapshot.sites[0], since=math.nan)
    told = strictly(
        states_to_json(dataclasses.replace(snapshot, links=(broken,), endpoints=(endpoint,), sites=(site,)))
    )
    assert [told["links"][key] for key in ("since", "last_success", "rtt")] == [[None]] * 3
    assert [told["endpoints"][key] for key in ("since", "rtt", "loss")] == [[None]] * 3
    assert told["sites"]["since"] == [None]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("</script><img src=x onerror=alert(1)>", "</script><img src=x onerror=alert(1)>"),
        ("hub-1: no\r\nanswer\t", "hub-1: no  answer"),
        ("\u202egnp.exe\u2066 \u200b\x00\x1b[31mred\x9f", "gnp.exe [31mred"),
        ("half \ud800 a character", "half  a character"),
        ("Mất điện ở Móng Cái", "Mất điện ở Móng Cái"),
        ("x" * 1000, "x" * 255),
    ],
)
def test_sentences_are_cleaned(reference: ModuleType, text: str, told: str) -> None:
    """Markup stays text; what turns letters round or moves a cursor is dropped, and nobody sends a book."""
    snapshot = reference.province(3, 2, 1)
    links = (dataclasses.replace(snapshot.links[0], problem=text, cause=text),)
    endpoints = (dataclasses.replace(snapshot.endpoints[0], problem=text, cause=text),)
    answer = strictly(states_to_json(dataclasses.replace(snapshot, links=links, endpoints=endpoints)))
    for kind in ("links", "endpoints"):
        assert (answer[kind]["problem"], answer[kind]["cause"]) == ([told], [told])


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_snapshot(snapshots: SearchStrategy[Any], data: st.DataObject) -> None:
    """Whatever inventory and devices say, the answer is JSON: lists of one length, readable sentences."""
    snapshot: Snapshot = data.draw(snapshots)
    told = strictly(states_to_json(snapshot))
    for kind, rows in (("links", snapshot.links), ("endpoints", snapshot.endpoints), ("sites", snapshot.sites)):
        assert {len(column) for column in told[kind].values()} == {len(rows)}
    for kind in ("links", "endpoints"):
        for text in (*told[kind]["problem"], *told[kind]["cause"]):
            assert not any(unicodedata.category(char).startswith("C") for char in text)


def test_nothing_but_states(reference: ModuleType) -> None:
    """No name, address, carrier, contract or position is in it: those come with the page."""
    snapshot = reference.province(3, 2, 1)
    told = json.loads(states_to_json(snapshot))
    assert set(told) == {"format", "taken_at", "edition", "fallback_technology", "links", "sites", "endpoints"}
    assert set(told["sites"]) == {"id", "isolation", "since", "fallback"}
