"""Merged layers by the content of their files: taken from the cache, or done again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import shapely

from phusong.coverage import merged
from phusong.coverage.input.layer_spec import LayerSpec
from phusong.coverage.merged import merge_layers
from phusong.coverage.run import CoverageRequest, compute_coverage

BOW_TIE = shapely.Polygon([(107, 21), (107.1, 21.1), (107.1, 21), (107, 21.1)])


@pytest.fixture
def specs(write_vectors) -> tuple[LayerSpec, ...]:
    square = shapely.box(107.0, 21.0, 107.1, 21.1)
    path = write_vectors("a.geojson", [square, square, BOW_TIE], {"synthetic": [1, 1, 1]})
    return (LayerSpec(path, "A", "4G", -105.0, "2026-06-30"), LayerSpec(path, "B", "3G", None, ""))


def _told(specs, cache: Path | None) -> tuple[merged.MergedLayers, list[str]]:
    lines: list[str] = []
    return merge_layers(specs, cache, lines.append), lines


def test_the_second_run_reads_nothing(specs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Same files, same meaning: the very same result, repairs and all, and no file is opened."""
    first, _ = _told(specs, tmp_path / "cache")
    monkeypatch.setattr(merged, "read_layers", None)
    second, lines = _told(specs, tmp_path / "cache")
    assert lines == [f"2 layers are unchanged: taken from {tmp_path / 'cache'}"]
    assert [shapely.to_wkb(u.shape) for u in second.unions] == [shapely.to_wkb(u.shape) for u in first.unions]
    assert (second.sources, second.repairs, second.synthetic) == (first.sources, first.repairs, True)
    assert len(first.repairs) == 2


def test_another_byte_or_meaning_is_done_again(specs, tmp_path: Path) -> None:
    """A changed file, threshold, operator or date is another question."""
    _told(specs, tmp_path / "cache")
    a, b = specs
    for other in (
        (LayerSpec(a.path, "A", "4G", -95.0, a.date), b),
        (LayerSpec(a.path, "C", "4G", -105.0, a.date), b),
        (LayerSpec(a.path, "A", "4G", -105.0, ""), b),
        (a,),
    ):
        assert _told(other, tmp_path / "cache")[1][0].startswith("reading layer 1")
    a.path.write_bytes(a.path.read_bytes() + b"\n")
    assert _told(specs, tmp_path / "cache")[1][0].startswith("reading layer 1")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data[:-1],
        lambda data: data[:-9] + bytes(9),
        lambda _: b"",
        lambda _: b"{}\n",
        lambda _: b"[1]\nxx",
        lambda data: b"\xff" + data,
        lambda data: data.replace(b"-105.0", b"-115.0"),
        lambda data: data.replace(b'"A"', b'"B"'),
    ],
)
def test_a_spoilt_cache_is_not_trusted(spoil, specs, tmp_path: Path) -> None:
    """What does not fit its hash is done again, with the same result, and mended."""
    first, _ = _told(specs, tmp_path)
    (file,) = tmp_path.glob("*.merged")
    file.write_bytes(spoil(file.read_bytes()))
    second, lines = _told(specs, tmp_path)
    assert lines[0].startswith("reading layer 1")
    assert second.repairs == first.repairs
    assert _told(specs, tmp_path)[1][0].startswith("2 layers are unchanged")


def test_the_cache_of_another_question_is_not_trusted(specs, tmp_path: Path) -> None:
    """A whole cache file under the name of another one answers nothing."""
    _told(specs[:1], tmp_path)
    (foreign,) = tmp_path.glob("*.merged")
    content = foreign.read_bytes()
    _told(specs, tmp_path)
    (own,) = set(tmp_path.glob("*.merged")) - {foreign}
    own.write_bytes(content)
    again, lines = _told(specs, tmp_path)
    assert lines[0].startswith("reading layer 1")
    assert {union.technology for union in again.unions} == {"3G", "4G"}


def test_a_cache_that_cannot_be_written(specs, tmp_path: Path) -> None:
    """The run goes on without it and says so."""
    (tmp_path / "cache").write_text("in the way")
    found, lines = _told(specs, tmp_path / "cache")
    assert len(found.unions) == 4
    assert lines[-1] == (
        f"merged layers cannot be kept in {tmp_path / 'cache'} (File exists): the next run merges them again"
    )


def test_the_same_files_from_the_cache(specs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file of a run that starts from the cache is, byte for byte, that of a run that read the layers."""

    def run(out: str) -> dict[str, bytes]:
        compute_coverage(CoverageRequest(specs, tmp_path / out, cache=tmp_path / "cache"), [].append)
        return {path.name: path.read_bytes() for path in (tmp_path / out).iterdir()}

    first = run("first")
    monkeypatch.setattr(merged, "read_layers", None)
    assert run("second") == first
    assert len(first) >= 4


def test_eight_are_kept(specs, tmp_path: Path) -> None:
    """The oldest go first."""
    for number in range(10):
        _told((LayerSpec(specs[0].path, "A", "4G", -100.0 - number, ""),), tmp_path)
        for file in tmp_path.glob("*.merged"):
            os.utime(file, (1, file.stat().st_mtime - 100))
    assert len(list(tmp_path.glob("*.merged*"))) == 8
    assert _told((LayerSpec(specs[0].path, "A", "4G", -109.0, ""),), tmp_path)[1][0].startswith("1 layers")
    assert _told((LayerSpec(specs[0].path, "A", "4G", -100.0, ""),), tmp_path)[1][0].startswith("reading")


def test_no_cache_leaves_nothing(specs, tmp_path: Path) -> None:
    """Without a folder nothing is written."""
    before = sorted(tmp_path.rglob("*"))
    _told(specs, None)
    assert sorted(tmp_path.rglob("*")) == before
