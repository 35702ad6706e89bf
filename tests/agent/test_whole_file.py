"""Files are whole, and an error names what the user named."""

from __future__ import annotations

from pathlib import Path

import pytest

from phusong.agent.whole_file import write_whole


def test_new_in_place_of_old(tmp_path: Path) -> None:
    """The new content is there, and nothing beside it."""
    path = tmp_path / "report.html"
    for content in (b"old", b"new"):
        write_whole(path, content)
    assert path.read_bytes() == b"new"
    assert [*tmp_path.iterdir()] == [path]


def test_a_folder_in_the_way(tmp_path: Path) -> None:
    """What cannot be replaced is named as it was given, and what was begun is gone."""
    path = tmp_path / "report.html"
    path.mkdir()
    with pytest.raises(OSError, match=r"report\.html") as refused:
        write_whole(path, b"new")
    assert refused.value.filename == str(path)
    assert [*tmp_path.iterdir()] == [path]


def test_no_such_folder(tmp_path: Path) -> None:
    """The same where there is no place at all."""
    path = tmp_path / "nowhere" / "report.html"
    with pytest.raises(FileNotFoundError) as refused:
        write_whole(path, b"new")
    assert refused.value.filename == str(path)
