"""Editions: the facts that everything else is keyed by."""

from __future__ import annotations

import csv
import subprocess
import sys
import unicodedata
from importlib.resources import files

import pytest

from phusong.coverage.editions import KNOWN_EDITIONS, Edition, folded, load_edition
from phusong.coverage.errors import EditionError
from phusong.coverage.projection import PROVINCE


def _rows(name: str) -> list[dict[str, str]]:
    text = (files("phusong.coverage") / "data" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@pytest.mark.parametrize(
    ("name", "count", "population"), [("2020-01", 177, 1_320_324), ("2025-07", 54, 1_485_860)]
)
def test_editions_are_complete(name: str, count: int, population: int) -> None:
    """Each edition has its communes, and their populations add up to the province's published total."""
    communes = load_edition(name).communes
    assert len(communes) == KNOWN_EDITIONS[name] == count
    assert sum(commune.population for commune in communes.values()) == population


@pytest.mark.parametrize("name", KNOWN_EDITIONS)
def test_every_commune_is_plausible(name: str) -> None:
    """Codes have five digits, names are NFC and begin with the type, centres lie in the province."""
    for code, commune in load_edition(name).communes.items():
        assert code == commune.code
        assert len(code) == 5
        assert code.startswith("0")
        assert commune.name == unicodedata.normalize("NFC", f"{commune.kind} {commune.bare_name}")
        assert PROVINCE.west < commune.lon < PROVINCE.east
        assert PROVINCE.south < commune.lat < PROVINCE.north
        assert commune.area_km2 > 0


def test_thirteen_districts_and_three_types(edition: Edition) -> None:
    """Edition 2020-01 has 13 districts, and 98 xã, 72 phường and 7 thị trấn."""
    kinds = [commune.kind for commune in edition.communes.values()]
    assert len({commune.district for commune in edition.communes.values()}) == 13
    assert (kinds.count("Xã"), kinds.count("Phường"), kinds.count("Thị trấn")) == (98, 72, 7)


def test_unknown_edition_names_the_known_ones() -> None:
    """A wrong edition is refused with the ones that exist."""
    with pytest.raises(
        EditionError, match=r"'2024-11' is not known; use one of 2020-01 \(177 communes\), 2025-07"
    ):
        load_edition("2024-11")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Phường Hoà Lạc", "Phường Hòa Lạc"),
        ("Thủy An", "Thuỷ An"),
        ("Vân Đồn", unicodedata.normalize("NFD", "Vân Đồn")),
        ("VÂN ĐỒN", "van don"),
        ("Xã  Đông-Xá ", "xã đông xá"),
    ],
)
def test_spellings_of_one_name_fold_alike(one: str, other: str) -> None:
    """Tone placement, normal form, case, đ and punctuation do not make another name."""
    assert folded(one) == folded(other)


@pytest.mark.parametrize("name", KNOWN_EDITIONS)
def test_folding_keeps_the_communes_apart(name: str) -> None:
    """No two communes of an edition have the same folded name with its type."""
    names = [folded(commune.name) for commune in load_edition(name).communes.values()]
    assert len(set(names)) == len(names)


def test_crosswalks_name_communes_of_their_editions(edition: Edition) -> None:
    """Every commune of 2020-01 is in both crosswalks, under its own name, and leads to units that exist."""
    older = _rows("crosswalk_2019-01_2020-01_2024-11.csv")
    newer = _rows("crosswalk_2020-01_2025-07.csv")
    assert len({row["code_2019_01"] for row in older}) == 186
    assert len({row["code_2024_11"] for row in older}) == 171
    for rows in (older, newer):
        assert {row["code_2020_01"] for row in rows} == set(edition.communes)
        assert all(edition.communes[row["code_2020_01"]].name == row["name_2020_01"] for row in rows)
    assert {row["code_2025_07"] for row in newer} == set(load_edition("2025-07").communes)


def test_old_populations_add_up_to_the_communes_of_2020(edition: Edition) -> None:
    """The nine merges of 2020 lose nobody: populations of the 186 sum to those of the 177."""
    sums: dict[str, int] = {}
    for row in _rows("crosswalk_2019-01_2020-01_2024-11.csv"):
        sums[row["code_2020_01"]] = sums.get(row["code_2020_01"], 0) + int(row["population_2019"])
    assert sums == {code: commune.population for code, commune in edition.communes.items()}


def test_daemon_modules_stay_light() -> None:
    """What the daemon imports of this package loads no geodata library."""
    code = (
        "import sys, phusong.coverage.editions, phusong.coverage.summary\n"
        "print([m for m in ('numpy', 'shapely', 'geopandas', 'pyogrio', 'pyproj', 'pandas') if m in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert answer.stdout.strip() == "[]"
