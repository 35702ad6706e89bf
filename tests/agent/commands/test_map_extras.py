"""What the configuration and the state folder add to a map page, read from files as other commands write them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import geopandas
import map_province
import pytest
from whole_province import coverage_of, gaps_of, shifted

from phusong.agent.commands.map_extras import read_extras
from phusong.agent.commands.map_input import LAND_SOURCE, read_land
from phusong.agent.input.config import MapSettings, Paths, TilesConfig
from phusong.coverage.summary import CoverageSummary, write_summary
from phusong.maps.metric_shapes import ShapeError
from phusong.maps.province_data import TileServer

NOTHING = MapSettings(0.0, None, None, None, None)


@pytest.fixture
def communes() -> geopandas.GeoDataFrame:
    """Give twelve communes."""
    return map_province.box_communes(12)


@pytest.fixture
def summary(communes: geopandas.GeoDataFrame) -> CoverageSummary:
    """Give their figures."""
    return map_province.summary_of(communes)


def write_run(folder: Path, communes: geopandas.GeoDataFrame, summary: CoverageSummary) -> Path:
    """Write the files of a run that maps read, and return its coverage.json."""
    folder.mkdir(parents=True, exist_ok=True)
    write_summary(summary, folder / "coverage.json")
    communes.to_file(folder / "coverage.gpkg", layer="communes", driver="GPKG")
    coverage_of(communes).to_file(folder / "coverage.gpkg", layer="coverage", driver="GPKG", mode="a")
    return folder / "coverage.json"


def paths_of(folder: Path, settings: MapSettings = NOTHING) -> Paths:
    """Return the paths of a configuration in a folder."""
    return Paths(
        inventory=folder / "inventory",
        edition=map_province.EDITION,
        state=folder / "state",
        summary=folder / "coverage.json",
        map=folder / "map.html",
        map_settings=settings,
    )


def test_nothing_named(tmp_path: Path, communes: geopandas.GeoDataFrame, summary: CoverageSummary) -> None:
    """Land and coverage polygons are there always, the rest only where somebody named it or the agent was."""
    write_run(tmp_path, communes, summary)
    extras = read_extras(paths_of(tmp_path), communes, summary)
    assert extras.land_source == LAND_SOURCE
    assert {part.name for part in extras.land} >= {"Việt Nam"}
    assert extras.coverage is not None
    assert len(extras.coverage.shapes) == 16
    assert (extras.gaps, extras.history, extras.other, extras.tiles) == (None, None, None, None)


def test_an_agent_that_never_ran(
    tmp_path: Path, communes: geopandas.GeoDataFrame, summary: CoverageSummary
) -> None:
    """History that is wanted and not recorded is none, and no state folder is made for it."""
    write_run(tmp_path, communes, summary)
    settings = dataclasses.replace(NOTHING, history_s=3_600.0)
    assert read_extras(paths_of(tmp_path, settings), communes, summary).history is None
    assert not (tmp_path / "state").exists()


def test_everything_named(tmp_path: Path, communes: geopandas.GeoDataFrame, summary: CoverageSummary) -> None:
    """A plan's gaps, another run of the same communes and a tile server arrive as they were written."""
    write_run(tmp_path, communes, summary)
    (tmp_path / "plan").mkdir()
    gaps_of(communes).to_file(tmp_path / "plan" / "plan.gpkg", layer="gaps", driver="GPKG")
    other = shifted(summary, 0.1)
    url = "https://tiles.example/{z}/{x}/{y}.png"
    settings = MapSettings(
        history_s=0.0,
        compare=write_run(tmp_path / "last", communes, other),
        plan=tmp_path / "plan",
        neighbours=None,
        tiles=TilesConfig(url, "Sở", 12),
    )
    extras = read_extras(paths_of(tmp_path, settings), communes, summary)
    assert extras.gaps is not None
    assert [gap.number for gap in extras.gaps.gaps] == [1, 2, 3]
    assert extras.other is not None
    assert (extras.other.summary, extras.other.file, extras.other.names) == (other, "coverage.json", None)
    assert extras.tiles == TileServer(url, "Sở", 12)


def test_another_edition_brings_its_communes(
    tmp_path: Path, communes: geopandas.GeoDataFrame, summary: CoverageSummary
) -> None:
    """A run of other communes is drawn on its own; the same codes in another edition are other communes too."""
    write_run(tmp_path, communes, summary)
    later = dataclasses.replace(summary, edition="2025-07")
    settings = dataclasses.replace(NOTHING, compare=write_run(tmp_path / "later", communes, later))
    extras = read_extras(paths_of(tmp_path, settings), communes, summary)
    assert extras.other is not None
    assert extras.other.names is not None
    assert [name.code for name in extras.other.names] == list(communes.code)
    assert extras.other.geometry is not None
    assert len(extras.other.geometry.communes) == 12


def test_neighbours_of_ones_own(tmp_path: Path, communes: geopandas.GeoDataFrame) -> None:
    """A file that is named is what is drawn around, and the page says where it is from."""
    communes[:3].assign(name="Hải Phòng").to_file(tmp_path / "around.gpkg", driver="GPKG")
    land, source = read_land(dataclasses.replace(NOTHING, neighbours=tmp_path / "around.gpkg"))
    assert source == "around.gpkg"
    assert list(land["name"]) == ["Hải Phòng"] * 3


@pytest.mark.parametrize("field", ["plan", "compare", "neighbours"])
def test_what_is_named_must_be_there(
    tmp_path: Path, communes: geopandas.GeoDataFrame, summary: CoverageSummary, field: str
) -> None:
    """A name that leads nowhere is an error with the path, not a map without it."""
    write_run(tmp_path, communes, summary)
    settings = dataclasses.replace(NOTHING, **{field: tmp_path / "nowhere"})
    with pytest.raises(ValueError, match="nowhere"):
        read_extras(paths_of(tmp_path, settings), communes, summary)


@pytest.mark.parametrize("content", [b"", b"no geodata"])
def test_damaged_files(
    tmp_path: Path, communes: geopandas.GeoDataFrame, summary: CoverageSummary, content: bytes
) -> None:
    """A plan, or neighbours, that cannot be read are named."""
    write_run(tmp_path, communes, summary)
    (tmp_path / "plan").mkdir()
    for path in (tmp_path / "plan" / "plan.gpkg", tmp_path / "around.gpkg"):
        path.write_bytes(content)
    for settings, name in (
        (dataclasses.replace(NOTHING, plan=tmp_path / "plan"), r"plan\.gpkg"),
        (dataclasses.replace(NOTHING, neighbours=tmp_path / "around.gpkg"), r"around\.gpkg"),
    ):
        with pytest.raises(ValueError, match=name):
            read_extras(paths_of(tmp_path, settings), communes, summary)


def test_a_plan_of_something_else(
    tmp_path: Path, communes: geopandas.GeoDataFrame, summary: CoverageSummary
) -> None:
    """A layer of that name without its columns is refused with what is missing."""
    write_run(tmp_path, communes, summary)
    (tmp_path / "plan").mkdir()
    communes[["geometry"]].to_file(tmp_path / "plan" / "plan.gpkg", layer="gaps", driver="GPKG")
    with pytest.raises(ShapeError, match="gap"):
        read_extras(paths_of(tmp_path, dataclasses.replace(NOTHING, plan=tmp_path / "plan")), communes, summary)
