"""The lines as the running agent saw them: while they are fresh, and never a reason to fail."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from rows_made import endpoint_row, link_row
from snapshot_of_rows import snapshot_of

from phusong.agent.readiness.watched_lines import FEED_FILE, LATELY_S, read_watched_lines
from phusong.agent.service import FEED_EVERY_S
from phusong.agent.service import FEED_FILE as WRITTEN
from phusong.exporters.feed import snapshot_to_json
from phusong.exporters.snapshot import Degradation, Verdict

T = 1_790_000_000.0
LINES = (
    link_row(Verdict.CONGESTED, "l1"),
    link_row(Verdict.DEGRADED, "l2", degradations=(Degradation.LOSS,)),
    link_row(Verdict.UP, "l3"),
)


def write(folder: Path, taken_at: float = T) -> Path:
    """Write what a running agent does."""
    snapshot = snapshot_of(taken_at, links=LINES, endpoints=[endpoint_row()])
    path = folder / FEED_FILE
    path.write_bytes(snapshot_to_json(snapshot))
    return path


@pytest.mark.parametrize(
    ("age_s", "taken"),
    [(0.0, True), (30.0, True), (LATELY_S, True), (LATELY_S + 0.5, False), (86_400.0, False), (-0.5, False)],
)
def test_how_old_it_may_be(tmp_path: Path, age_s: float, taken: bool) -> None:
    """Two minutes and no more; what says to be of the future is not believed."""
    write(tmp_path)
    found = read_watched_lines(tmp_path, T + age_s)
    assert found == ({row.info.link_id: row for row in LINES} if taken else {})


def broken(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def of_another_version(path: Path) -> None:
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "format": 2}))


def with_a_strange_field(path: Path) -> None:
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "more": 1}))


def no_text(path: Path) -> None:
    path.write_bytes(b"\xff\xfe\x00" * 100)


def nested(path: Path) -> None:
    path.write_text("[" * 100_000)


def empty(path: Path) -> None:
    path.write_text("")


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    "spoil", [broken, of_another_version, with_a_strange_field, no_text, nested, empty, a_folder, Path.unlink]
)
def test_what_cannot_be_read_is_nothing(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    """A file of another version, half a file, none: the run goes on without."""
    spoil(write(tmp_path))
    assert read_watched_lines(tmp_path, T) == {}
    assert read_watched_lines(tmp_path / "nowhere", T) == {}


def test_it_is_the_file_that_the_agent_writes() -> None:
    """Both know it by the same name, and the agent writes it more than once in the time for which it counts."""
    assert WRITTEN == FEED_FILE
    assert LATELY_S >= 4 * FEED_EVERY_S
