"""Settlements by which gaps are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from phusong.coverage.editions import load_edition
from phusong.coverage.errors import TableError
from phusong.coverage.input.settlements import centres_of, read_settlements


def test_a_table(tmp_path: Path) -> None:
    """Vietnamese headers; who lies in another province is left out."""
    path = tmp_path / "thon.csv"
    path.write_text("Tên thôn,Vĩ độ,Kinh độ\nThôn 1,21.0,107.1\nXóm Xa,10.8,106.7\nThôn 2,21.1,107.2\n")
    settlements, source = read_settlements(path)
    assert settlements.names == ("Thôn 1", "Thôn 2")
    assert (settlements.lat.tolist(), settlements.lon.tolist()) == ([21.0, 21.1], [107.1, 107.2])
    assert (source.role, source.file, source.rows) == ("settlements", "thon.csv", 2)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("a,x,107", "t.csv:2: lat and lon must be numbers"),
        (",21,107", "t.csv:2: the name is empty or has a control character"),
        ("a\x07,21,107", "t.csv:2: the name is empty or has a control character"),
        ("a,107,21", "t.csv: no settlement lies in or near the province; are lat and lon swapped"),
        ("a,nan,107", "t.csv:2: lat and lon must be numbers"),
        ("a,2_1,107", "t.csv:2: lat and lon must be numbers"),
    ],
)
def test_bad_tables(rows: str, message: str, tmp_path: Path) -> None:
    """Each fault is named with its place and the remedy."""
    path = tmp_path / "t.csv"
    path.write_text(f"name,lat,lon\n{rows}\n", encoding="utf-8")
    with pytest.raises(TableError, match=message):
        read_settlements(path)


def test_the_centres() -> None:
    """Without a table the communes' centres are those that are named."""
    edition = load_edition("2020-01")
    centres = centres_of(edition)
    assert len(centres.names) == 177
    assert (centres.names[0], centres.lat[0], centres.lon[0]) == (
        "Phường Hà Khánh", edition.communes["06649"].lat, edition.communes["06649"].lon,
    )  # fmt: skip
