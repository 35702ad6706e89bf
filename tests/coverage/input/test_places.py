"""Places: what is read of them, which commune each belongs to, and what is odd about a position."""

from __future__ import annotations

from pathlib import Path

import pytest

from phusong.coverage.errors import TableError
from phusong.coverage.input.boundaries import Boundaries
from phusong.coverage.input.places import Place, communes_of, read_places


@pytest.fixture
def places(tmp_path: Path):
    """Read places from the text of a table."""

    def read(text: str, kind: str = "school"):
        path = tmp_path / "places.csv"
        path.write_bytes(text.encode())
        return read_places(path, kind)

    return read


@pytest.mark.parametrize(
    "text",
    [
        "site_id,name,lat,lon\na,Trụ sở,21.05,107.05\nb,no position,,\n",
        "\ufeffMã;Kinh độ;Vĩ độ;name\r\na;107.05;21.05;Trụ sở\r\nb;;;x\r\n",
    ],
)
def test_places_are_read(text: str, places) -> None:
    """Those with a position; the others are left out."""
    found = places(text)
    assert found.places == (Place("a", 21.05, 107.05),)
    assert (found.kind, found.source.role, found.source.rows) == ("school", "school", 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,lat\na,21\n", "places.csv:1: column lon missing"),
        ("id,lat,lon\na,21.0,\n", "places.csv:2: only one of lat and lon is given; give both or none"),
        ("id,lat,lon\na,21.0,x\n", "places.csv:2: 'x' is no number; give degrees with a point"),
        ('id,lat,lon\na,"21,0",107\n', "places.csv:2: '21,0' is no number; give degrees with a point"),
        ("id,lat,lon\na,107.1,21.0\n", "places.csv:2: 107.1 is not in degrees of ±90; check lat and lon"),
        ("id,lat,lon\na,21.0,inf\n", "places.csv:2: 'inf' is no number; give degrees with a point"),
        ("id,lat,lon\na,21.0,207.1\n", "places.csv:2: 207.1 is not in degrees of ±180; check lat and lon"),
        ("school_id,code,lat,lon\na,b,21,107\n", "places.csv:1: 'school_id' and 'code' both mean id; remove one"),
        ('id,lat,lon\n"a,21,107\n', "places.csv:2: unexpected end of data; correct the quotes of this line"),
        ("id,lat,lon\na,nan,21.0\n", "places.csv:2: 'nan' is no number"),
        ("id,lat,lon\n,21,107\n", "places.csv:2: the id is empty; give every row one"),
        ("id,lat,lon\na,21,107\na,,\n", "places.csv:3: 'a' is there twice; remove one"),
        ("id,lat,lon\na,x,1\nb,1,\n", "places.csv:2: 'x' is no number.*\n.*places.csv:3: only one of lat and lon"),
    ],
)
def test_bad_places(text: str, message: str, places) -> None:
    """Each fault is named with its line and the remedy, all at once."""
    with pytest.raises(TableError, match=message):
        places(text)


def test_the_commune_of_a_place(places, schematic: Boundaries) -> None:
    """The row's word counts before the point; a point at sea belongs to the nearest commune within 250 m."""
    codes = list(schematic.edition.communes)
    first, second = (schematic.edition.communes[code] for code in codes[:2])
    text = (
        "id,lat,lon,commune_code\n"
        f"named,{first.lat},{first.lon},{first.code}\n"
        f"excel,{first.lat},{first.lon},{int(first.code)}\n"
        f"unnamed,{second.lat},{second.lon},\n"
        f"elsewhere,{second.lat},{second.lon},{first.code}\n"
        "sea,20.6,108.3,\n"
    )
    rows, odd = communes_of(places(text), schematic)
    assert rows.tolist() == [0, 0, 1, 0, -1]
    assert [repair.feature for repair in odd] == ["elsewhere", "sea"]
    assert "km outside its commune, counted there" in odd[0].what
    assert odd[1].what == "school lies in no commune, not counted"


def test_the_other_side_of_the_earth(places, schematic: Boundaries) -> None:
    """Where the projection has no place, a point is far away, without a warning."""
    text = "id,lat,lon,commune_code\na,0,17.75,06649\nb,0,17.75,\nc,-90,180,06649\n"
    rows, odd = communes_of(places(text), schematic)
    assert rows.tolist() == [0, -1, 0]
    assert [repair.what for repair in odd] == [
        "school lies far outside its commune, counted there",
        "school lies in no commune, not counted",
        "school lies far outside its commune, counted there",
    ]


def test_unknown_commune(places, schematic: Boundaries) -> None:
    """A code that is not in the edition is refused: it is another edition."""
    with pytest.raises(TableError, match=r"places.csv: 'b' .*not in edition 2020-01 .'99999'.; is it"):
        communes_of(places("id,lat,lon,commune_code\na,21,107,06649\nb,21,107,99999\n"), schematic)


def test_no_places(places, schematic: Boundaries) -> None:
    """A table without positions has no places."""
    rows, odd = communes_of(places("id,lat,lon\na,,\n"), schematic)
    assert (rows.tolist(), odd) == ([], ())
