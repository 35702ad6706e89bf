"""Archives: one dataset, unpacked within limits, whatever their names say."""

from __future__ import annotations

import zipfile
from pathlib import Path

import geopandas
import pytest
import shapely

from phusong.coverage.errors import VectorFileError
from phusong.coverage.input import dataset_file
from phusong.coverage.input.vector_file import read_vector_file

SQUARES = [shapely.box(107 + 0.02 * n, 21.0, 107.01 + 0.02 * n, 21.01) for n in range(20)]


def pack(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.fixture
def shapefile(write_vectors) -> dict[str, bytes]:
    """Return the parts of a shapefile by their suffixes."""
    path = write_vectors("a.shp", SQUARES, {"ten": ["Hạ Long"] * len(SQUARES)})
    return {part.suffix: part.read_bytes() for part in sorted(path.parent.glob("a.*"))}


@pytest.mark.parametrize(
    "name", ["Vùng phủ 4G", "deep/er/a", "folder\\a", "a.b.c", "-rf", "{a}", "CAPITALS"], ids=repr
)
def test_names_as_operators_write_them(name: str, shapefile: dict[str, bytes], tmp_path: Path) -> None:
    """Diacritics, folders, the backslashes of old Windows programs, capitals, and what macOS adds."""
    suffixes = {part: part.upper() if name.isupper() else part for part in shapefile}
    members = {f"{name}{suffixes[part]}": content for part, content in shapefile.items()}
    members |= {f"__MACOSX/{Path(name).name}.shp": b"x", "more/._a.shp": b"x", "read me.txt": b"x"}
    file = read_vector_file(pack(tmp_path / "a.zip", members))
    assert (len(file.polygons), file.columns) == (20, {"ten": ("Hạ Long",) * 20})
    assert read_vector_file(tmp_path / "a.zip", layer=Path(name.replace("\\", "/")).name).sha256 == file.sha256


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("../a.shp", r"holds '../a.shp', a name that leads elsewhere"),
        ("x/../../a.shp", r"a name that leads elsewhere; pack the files again"),
        ("..\\a.shp", r"a name that leads elsewhere"),
        ("/etc/a.shp", r"holds '/etc/a.shp', a name that leads elsewhere"),
        ("a\x1b[31m.shp", r"holds 'a\\x1b\[31m.shp', a name that leads elsewhere"),
        ("a" * 300 + ".shp", r"cannot be unpacked \(File name too long\); give the unpacked files"),
    ],
)
def test_names_that_lead_elsewhere(name: str, message: str, shapefile: dict[str, bytes], tmp_path: Path) -> None:
    """Nothing is written beside the folder that is given."""
    members = {name.replace(".shp", part): content for part, content in shapefile.items() if part != ".cpg"}
    before = sorted(tmp_path.rglob("*"))
    archive = pack(tmp_path / "a.zip", {name: members.pop(name), **members})
    with pytest.raises(VectorFileError, match=message):
        read_vector_file(archive)
    assert sorted(tmp_path.rglob("*")) == sorted([*before, archive])


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda parts: parts.pop(".shx"), r"a.zip: a.shp: its .shx is missing; copy all parts of the .shp file"),
        (lambda parts: parts.pop(".dbf"), r"a.zip: a.shp: its .dbf is missing"),
        (lambda parts: parts.pop(".prj"), r"a.zip: the CRS is missing"),
        (lambda parts: parts.update({".shp": parts[".shp"][:-200]}), r"a.zip: a.shp: is truncated \(\d+ bytes of"),
        (lambda parts: parts.update({".cpg": b"1258"}), r"a.zip: a.shp: its text is in code page 1258"),
    ],
)
def test_a_shapefile_in_an_archive_is_checked_as_any(
    spoil, message: str, shapefile: dict[str, bytes], tmp_path: Path
) -> None:
    """An archive hides nothing: the parts are looked at as they are without it."""
    spoil(shapefile)
    archive = pack(tmp_path / "a.zip", {f"a{part}": content for part, content in shapefile.items()})
    with pytest.raises(VectorFileError, match=message):
        read_vector_file(archive)


def test_a_parquet_in_an_archive(tmp_path: Path) -> None:
    """GeoParquet is read from archives too."""
    geopandas.GeoDataFrame({"a": [1]}, geometry=SQUARES[:1], crs=4326).to_parquet(tmp_path / "a.parquet")
    archive = pack(tmp_path / "a.zip", {"a.parquet": (tmp_path / "a.parquet").read_bytes()})
    assert len(read_vector_file(archive).polygons) == 1
    with pytest.raises(VectorFileError, match=r"a.zip: a .parquet has one layer without a name; leave out layer="):
        read_vector_file(archive, layer="a")


def test_a_parquet_that_unpacks_to_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the file says of its size is looked at first."""
    frame = geopandas.GeoDataFrame({"a": [str(n) for n in range(20)]}, geometry=SQUARES, crs=4326)
    frame.to_parquet(tmp_path / "a.parquet")
    monkeypatch.setattr("phusong.coverage.input.vector_file.LARGEST_UNPACKED_BYTES", 1000)
    with pytest.raises(VectorFileError, match=r"a.parquet: unpacks to 0 MB, over the limit of 0 MB; keep the"):
        read_vector_file(tmp_path / "a.parquet")


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2, zipfile.ZIP_STORED])
def test_damaged_members(method: int, shapefile: dict[str, bytes], tmp_path: Path) -> None:
    """Bytes that were overwritten inside of a member show, however it is packed."""
    archive = pack(tmp_path / "a.zip", {f"a{part}": content for part, content in shapefile.items()}, method)
    content = bytearray(archive.read_bytes())
    with zipfile.ZipFile(archive) as packed:
        start = packed.getinfo("a.shp").header_offset + 60
    content[start : start + 40] = bytes(40)
    archive.write_bytes(content)
    with pytest.raises(VectorFileError, match=r"a.zip: (is a damaged or encrypted archive|cannot be unpacked)"):
        read_vector_file(archive)


def test_what_an_archive_must_not_be(
    shapefile: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An archive in an archive, the same name twice, and one that is larger than it may be."""
    inner = pack(tmp_path / "inner.zip", {f"a{part}": content for part, content in shapefile.items()})
    with pytest.raises(
        VectorFileError, match=r"holds 0 datasets, but an archive \(inner.zip\); unpack it and give"
    ):
        read_vector_file(pack(tmp_path / "outer.zip", {"inner.zip": inner.read_bytes()}))
    with zipfile.ZipFile(tmp_path / "twice.zip", "w") as archive:
        archive.writestr("x/a.geojson", b"{}")
        archive.writestr("x\\a.geojson", b"{}")
    with pytest.raises(VectorFileError, match=r"twice.zip: holds 'x.*a.geojson' twice; pack the files again"):
        read_vector_file(tmp_path / "twice.zip")
    monkeypatch.setattr(dataset_file, "LARGEST_UNPACKED_BYTES", 1000)
    with pytest.raises(VectorFileError, match=r"inner.zip: unpacks to 0 MB, over the limit of 0 MB; give the"):
        read_vector_file(inner)
