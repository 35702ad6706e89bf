"""Our identity for informs: the same after every restart, with more boots each time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from phusong.collectors.notifications.own_engine import HIGHEST_BOOTS, start_engine


def test_the_engine_id_stays_and_boots_rise(tmp_path: Path) -> None:
    """Three starts: one engine ID, boots 1, 2, 3."""
    engines = [start_engine(tmp_path / "engine.json") for _ in range(3)]
    assert [engine.boots for engine in engines] == [1, 2, 3]
    assert len({engine.engine_id for engine in engines}) == 1
    assert 5 <= len(engines[0].engine_id) <= 32
    assert engines[0].engine_id[0] & 0x80
    assert [path.name for path in tmp_path.iterdir()] == ["engine.json"]


def test_two_installations_have_two_engine_ids(tmp_path: Path) -> None:
    """Nobody can tell the next one's from this one's."""
    assert start_engine(tmp_path / "a").engine_id != start_engine(tmp_path / "b").engine_id


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", '{"boots": 3}', '{"engine_id": "zz", "boots": 3}', '{"engine_id": "8000", "boots": 3}',
        '{"engine_id": "80004fb80501", "boots": 0}', '{"engine_id": "80004fb80501", "boots": null}',
        '{"engine_id": 5, "boots": 1}', "\udcff",
    ],
)  # fmt: skip
def test_a_damaged_file_begins_a_new_engine(tmp_path: Path, text: str) -> None:
    """With an unknown count of boots only another engine ID is safe."""
    (tmp_path / "engine.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    engine = start_engine(tmp_path / "engine.json")
    assert engine.boots == 1
    assert start_engine(tmp_path / "engine.json").engine_id == engine.engine_id


def test_boots_never_reach_their_end(tmp_path: Path) -> None:
    """At 2^31 - 1 an engine would accept nothing any more: before that it becomes another one."""
    old = "80004fb80501020304"
    (tmp_path / "engine.json").write_text(json.dumps({"engine_id": old, "boots": HIGHEST_BOOTS}))
    engine = start_engine(tmp_path / "engine.json")
    assert engine.boots == 1
    assert engine.engine_id != bytes.fromhex(old)
