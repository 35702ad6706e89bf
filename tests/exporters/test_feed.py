"""The feed: what is written is what is read, and anything else is refused with its place."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from phusong.exporters.feed import FeedError, snapshot_from_json, snapshot_to_json

Change = Callable[[dict[str, Any]], object]


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], max_examples=60)
@given(data=st.data())
def test_round_trip(snapshots: SearchStrategy[Any], data: st.DataObject) -> None:
    """Every snapshot, hostile texts and all, comes back as it was, without its coverage."""
    snapshot = data.draw(snapshots)
    assert snapshot_from_json(snapshot_to_json(snapshot)) == dataclasses.replace(snapshot, coverage=None)


def test_feed_has_the_fields_by_name(reference: ModuleType) -> None:
    """Other programs read the feed: format first, rows as objects, verdicts as words, no coverage."""
    feed = json.loads(snapshot_to_json(reference.province(2, 1, 1)))
    assert next(iter(feed)) == "format"
    assert "coverage" not in feed
    assert feed["links"][0]["info"]["link_id"] == "link-0000"
    assert feed["links"][0]["verdict"] == "up"
    assert feed["links"][0]["near"]["if_name"] == "Gi0/0"
    assert feed["endpoints"][0]["reading"]["system"]["sys_location"] == "Hạ Long"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda feed: feed.update(format=2), "not of format 1"),
        (lambda feed: feed.pop("format"), "not of format 1"),
        (lambda feed: feed.update(coverage=None), "coverage.json only"),
        (lambda feed: feed.pop("edition"), r"snapshot: missing fields \['edition'\], unknown fields \[\]"),
        (
            lambda feed: feed["links"][1].update(colour="red"),
            r"snapshot.links\[1\]: .* unknown fields \['colour'\]",
        ),
        (
            lambda feed: feed["links"][1]["near"].update(if_index="7"),
            r'snapshot.links\[1\].near.if_index: expected a whole number, found "7"',
        ),
        (lambda feed: feed["links"][0].update(up=1), r"snapshot.links\[0\].up: expected true or false, found 1"),
        (lambda feed: feed["links"][0]["info"].update(role=None), "role: expected a text, found null"),
        (lambda feed: feed.update(taken_at=True), "snapshot.taken_at: expected a number, found true"),
        (lambda feed: feed["links"][0].update(verdict="fine"), "verdict: expected one of maintenance, admin_down"),
        (lambda feed: feed["links"][0].update(verdict=[]), "verdict: expected one of maintenance, admin_down"),
        (lambda feed: feed.update(sites={}), "snapshot.sites: expected a list, found {}"),
        (lambda feed: feed.update(sites=["x"]), r'snapshot.sites\[0\]: expected an object, found "x"'),
    ],
)
def test_wrong_feed_is_refused_with_its_place(reference: ModuleType, change: Change, message: str) -> None:
    """Each kind of damage is named with the path to the field."""
    feed = json.loads(snapshot_to_json(reference.province(2, 1, 0)))
    change(feed)
    with pytest.raises(FeedError, match=message):
        snapshot_from_json(json.dumps(feed).encode())


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe\xfa", b'{"format":1,"x":NaN}', b"[" * 200_000])
def test_what_is_not_json_is_refused(data: bytes) -> None:
    """A half-written or foreign file is an error of ours, not of the JSON library."""
    with pytest.raises(FeedError, match="not JSON"):
        snapshot_from_json(data)


def test_another_json_value_is_refused() -> None:
    """A feed is an object."""
    with pytest.raises(FeedError, match="a JSON list, expected an object"):
        snapshot_from_json(b"[]")


def test_number_that_is_not_finite_is_refused(reference: ModuleType) -> None:
    """JSON cannot say infinity, and a feed that says null instead would lie."""
    with pytest.raises(FeedError, match="not finite"):
        snapshot_to_json(dataclasses.replace(reference.province(1, 0, 0), taken_at=float("inf")))
