"""Which file GDAL is to open: what a name promises, the first bytes must keep.

Only existing local files are opened, and only those that are by their first bytes what their name says, so that
GDAL never follows a virtual file, a link in a file, or an archive to another place.
"""

from __future__ import annotations

import struct
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from phusong.coverage.errors import VectorFileError
from phusong.coverage.input.file_hash import file_sha256

if TYPE_CHECKING:
    from pathlib import Path

_FIRST_BYTES = {
    ".gpkg": (b"SQLite format 3\0",),
    ".shp": (b"\x00\x00\x27\x0a",),
    ".zip": (b"PK\x03\x04",),
    ".kmz": (b"PK\x03\x04",),
    ".fgb": (b"fgb",),
    ".geojson": (b"{",),
    ".json": (b"{",),
    ".kml": (b"<?xml", b"<kml"),
    ".tab": (b"!table",),
    ".mif": (b"version",),
    ".parquet": (b"PAR1",),
}
_PARTS = {
    ".shp": (".shp", ".shx", ".dbf", ".prj", ".cpg"),
    ".tab": (".tab", ".dat", ".map", ".id"),
    ".mif": (".mif", ".mid"),
}
"""Files that make one dataset, in the order of their hash."""
_NEEDED = {".shp": (".shx", ".dbf"), ".tab": (".dat", ".map", ".id"), ".mif": (".mid",)}
_IN_ARCHIVES = (".shp", ".tab", ".mif", ".kml", ".geojson", ".json", ".gpkg", ".fgb")
_NAMES = (
    "GeoPackage (.gpkg), GeoJSON (.geojson), Shapefile (.shp), FlatGeobuf (.fgb), KML (.kml, .kmz), MapInfo "
    "(.tab, .mif), GeoParquet (.parquet) or one of them in a .zip"
)

_CUT_BY_GDAL = b"1258"
"""The code page for Vietnamese: every text that GDAL 3.12 reads in it has lost its last letter."""

LARGEST_UNPACKED_BYTES = 1_000_000_000
"""An archive that says it holds more is not even tested: it may be a trap, and testing it takes its time."""
MOST_MEMBERS = 1_000


@dataclass(frozen=True, slots=True)
class DatasetFile:
    """What GDAL opens, and of which kind it is (the suffix in small letters)."""

    source: str
    kind: str


def check_dataset(path: Path) -> DatasetFile:
    """Return what is to be opened, once the file is what its name says.

    Raises
    ------
    VectorFileError
        The file is missing, truncated, of another kind, or an archive without exactly one dataset.
    """
    suffix = path.suffix.lower()
    if suffix not in _FIRST_BYTES:
        raise VectorFileError(
            f"{path}: files of the kind {suffix or 'without a suffix'!r} are not read; use {_NAMES}"
        )
    if not path.is_file():
        raise VectorFileError(f"{path}: no such file; check the path (only local files are read)")
    try:
        with path.open("rb") as handle:
            head = handle.read(512)
    except OSError as error:
        raise VectorFileError(f"{path}: cannot be read ({error.strerror}); check its permissions") from error
    _check_first_bytes(path, suffix, head)
    if suffix == ".shp":
        _check_shapefile_length(path, head)
        code_page = sibling(path, ".cpg")
        if code_page is not None:
            _check_code_page(path, code_page.read_bytes())
    missing = [part for part in _NEEDED.get(suffix, ()) if sibling(path, part) is None]
    if missing:
        raise VectorFileError(
            f"{path}: its {' or '.join(missing)} is missing; copy all parts of the {suffix} file"
        )
    if suffix in (".zip", ".kmz"):
        member = _member(path, (".kml",) if suffix == ".kmz" else _IN_ARCHIVES)
        return DatasetFile(f"/vsizip/{path.resolve()}/{member}", f".{member.lower().rpartition('.')[2]}")
    return DatasetFile(str(path.resolve()), suffix)


def dataset_sha256(path: Path) -> str:
    """Return the SHA-256 in hex of a file, with the files that belong to it, such as the .dbf of a .shp.

    Raises
    ------
    OSError
        A file cannot be read.
    """
    parts = [sibling(path, part) for part in _PARTS.get(path.suffix.lower(), ())]
    found = [part for part in parts if part is not None] or [path]
    return file_sha256(*found)


def sibling(path: Path, suffix: str) -> Path | None:
    """Return the file of the same name with another suffix, in small or capital letters."""
    candidates = (path.with_suffix(suffix), path.with_suffix(suffix.upper()))
    return next((candidate for candidate in candidates if candidate.is_file()), None)


def _check_first_bytes(path: Path, suffix: str, head: bytes) -> None:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    if not start.lower().startswith(tuple(first.lower() for first in _FIRST_BYTES[suffix])):
        raise VectorFileError(f"{path}: is no {suffix} file by its first bytes; export it again")
    if suffix == ".tab" and b"type native" not in head.lower():
        raise VectorFileError(
            f"{path}: is a view, link or raster table of MapInfo; save a copy of the table itself ('Type NATIVE')"
        )


def _check_shapefile_length(path: Path, head: bytes) -> None:
    """Refuse a truncated .shp: GDAL reads what is cut off as features without geometry."""
    if len(head) < 100:
        raise VectorFileError(f"{path}: is truncated ({len(head)} bytes); copy it again")
    expected = 2 * int(struct.unpack(">i", head[24:28])[0])
    found = path.stat().st_size
    if found < expected:
        raise VectorFileError(f"{path}: is truncated ({found} bytes of {expected}); copy it again")


def _check_code_page(path: Path, content: bytes) -> None:
    if _CUT_BY_GDAL in content[:100]:
        raise VectorFileError(
            f"{path}: its text is in code page 1258, whose last letters GDAL cuts off; export it again in UTF-8"
        )


def _member(path: Path, suffixes: tuple[str, ...]) -> str:
    """Return the name of the one dataset in an archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) > MOST_MEMBERS:
                raise VectorFileError(f"{path}: holds {len(members)} files; give an archive of one dataset")
            unpacked = sum(member.file_size for member in members)
            if unpacked > LARGEST_UNPACKED_BYTES:
                raise VectorFileError(
                    f"{path}: unpacks to {unpacked / 1e6:.0f} MB, over the limit of "
                    f"{LARGEST_UNPACKED_BYTES / 1e6:.0f} MB; give the unpacked files"
                )
            broken = archive.testzip()
            names = [name for name in archive.namelist() if name.lower().endswith(suffixes)]
            if broken is not None:
                raise VectorFileError(f"{path}: {broken} in it is damaged; copy it again")
            if len(names) != 1:
                kinds = "KML files" if suffixes == (".kml",) else "datasets"
                raise VectorFileError(f"{path}: holds {len(names)} {kinds}; give an archive with exactly one")
            suffix = f".{names[0].lower().rpartition('.')[2]}"
            for name in archive.namelist():
                if name.lower().endswith(".cpg"):
                    _check_code_page(path, archive.read(name))
            with archive.open(names[0]) as member_file:
                _check_first_bytes(path, suffix, member_file.read(512))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise VectorFileError(f"{path}: is a damaged or encrypted archive ({error}); copy it again") from error
    return names[0]
