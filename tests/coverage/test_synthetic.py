"""The synthetic layers: the same every time, dirty, and worth looking at."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from phusong.coverage.input.boundaries import Boundaries
from phusong.coverage.input.layer_spec import LayerSpec
from phusong.coverage.input.layers import Layer, read_layers
from phusong.coverage.measuring.indicators import measure_communes
from phusong.coverage.measuring.unions import unite_layers
from phusong.coverage.summary import TECHNOLOGIES
from phusong.coverage.synthetic import write_synthetic_layers


@pytest.fixture(scope="module")
def specs(tmp_path_factory: pytest.TempPathFactory) -> tuple[LayerSpec, ...]:
    return write_synthetic_layers(tmp_path_factory.mktemp("layers"))


@pytest.fixture(scope="module")
def layers(specs: tuple[LayerSpec, ...]) -> list[Layer]:
    return [layer for spec in specs for layer in read_layers(spec)]


def test_three_operators_and_all_technologies(specs: tuple[LayerSpec, ...]) -> None:
    """Three operators with names that nobody mistakes, 2G to 5G, a level and a date on each layer."""
    assert {spec.operator for spec in specs} == {"Synthetic A", "Synthetic B", "Synthetic C"}
    assert {spec.technology for spec in specs} == set(TECHNOLOGIES)
    assert all(spec.min_dbm is not None and spec.date for spec in specs)
    assert all("synthetic" in spec.path.name for spec in specs)


def test_every_layer_is_marked_dirty_and_repaired(layers: list[Layer]) -> None:
    """Each file carries the mark, and needs repairs that the strict reader can do."""
    assert all(layer.synthetic for layer in layers)
    assert all(layer.repairs for layer in layers)
    what = {repair.what.partition(":")[0].partition(" (")[0] for layer in layers for repair in layer.repairs}
    assert what == {"made valid", "dropped"}
    assert 300 <= sum(len(layer.polygons) for layer in layers) <= 1_600


def test_the_same_seed_gives_the_same_bytes(specs: tuple[LayerSpec, ...], tmp_path: Path) -> None:
    """Written again, every file is byte for byte the same; another seed gives others."""

    def digests(written: tuple[LayerSpec, ...]) -> list[str]:
        return [hashlib.sha256(spec.path.read_bytes()).hexdigest() for spec in written]

    assert digests(write_synthetic_layers(tmp_path / "again")) == digests(specs)
    assert not set(digests(write_synthetic_layers(tmp_path / "other", seed=1))) & set(digests(specs))


def test_the_picture_has_all_kinds_of_communes(layers: list[Layer], schematic: Boundaries) -> None:
    """On 4G some communes are fully covered, some in part, and some, Cô Tô among them, not at all."""
    ratios = {
        commune.code: (commune.district, indicator.area_ratio, indicator.centre_covered)
        for commune in measure_communes(schematic, unite_layers(layers))
        for indicator in commune.indicators
        if (indicator.technology, indicator.operator) == ("4G", "any")
    }
    assert sum(ratio == 1 for _, ratio, _ in ratios.values()) >= 50
    assert sum(0 < ratio < 1 for _, ratio, _ in ratios.values()) >= 30
    assert sum(ratio == 0 for _, ratio, _ in ratios.values()) >= 5
    assert 10 <= sum(not centre for _, _, centre in ratios.values()) <= 30
    assert {ratio for district, ratio, _ in ratios.values() if district == "Huyện Cô Tô"} == {0.0}
