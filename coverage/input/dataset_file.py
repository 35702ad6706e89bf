"""Which file GDAL is to open: what a name promises, the first bytes must keep.

Only existing local files are opened, and only those that are by their first bytes what their name says, so that
GDAL never follows a virtual file, a link in a file, or an archive to another place.
"""

from __future__ import annotations

import struct
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from phusong.coverage.errors import VectorFileError
from phusong.coverage.input.archives import Limits, unpack_dataset
from phusong.coverage.input.file_hash import file_sha256

if TYPE_CHECKING:
    from collections.abc import Iterator

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
_ARCHIVES: dict[str, dict[str, tuple[str, ...]]] = {
    ".zip": {kind: _PARTS.get(kind, (kind,)) for kind in _FIRST_BYTES if kind not in (".zip", ".kmz")},
    ".kmz": {".kml": (".kml",)},
}
"""What the dataset of an archive can be, with the files that belong to it."""
_NAMES = (
    "GeoPackage (.gpkg), GeoJSON (.geojson), Shapefile (.shp), FlatGeobuf (.fgb), KML (.kml, .kmz), MapInfo "
    "(.tab, .mif), GeoParquet (.parquet) or one of them in a .zip"
)
_CUT_BY_GDAL = b"1258"
"""The code page for Vietnamese: every text that GDAL 3.12 reads in it has lost its last letter."""
_ELSEWHERE = (b"<ogrvrtdatasource", b"<ogrwfsdatasource", b"gdal_streamed_alg")
"""What makes GDAL take a file for a virtual dataset, a service or a pipeline, whatever its name is."""
LARGEST_UNPACKED_BYTES = 1_000_000_000
"""An archive that says it holds more is not touched: it may be a trap."""
MOST_MEMBERS = 1_000
_HEAD_BYTES = 4_096
_CODE_PAGE_BYTE = 29
"""Where a .dbf says in which code page its text is; 0 where it does not say."""


@dataclass(frozen=True, slots=True)
class DatasetFile:
    """What GDAL opens, and of which kind it is (the suffix in small letters)."""

    source: str
    kind: str
    code_page_said: bool = True
    """Whether a shapefile says in which code page its text is."""
    records: int = 0
    """How many features a MIF must have by its .mid: GDAL reads a truncated one in silence."""


@contextmanager
def opened_dataset(path: Path) -> Iterator[DatasetFile]:
    """Yield what is to be opened; the dataset of an archive is there unpacked for as long as it is needed.

    Raises
    ------
    VectorFileError
        The file is missing, truncated, of another kind, or an archive without exactly one dataset.
    """
    suffix = path.suffix.lower()
    if suffix not in _ARCHIVES:
        yield check_dataset(path)
        return
    _check_file(path, path)
    with TemporaryDirectory(prefix="phusong-") as folder:
        limits = Limits(LARGEST_UNPACKED_BYTES, MOST_MEMBERS)
        member = unpack_dataset(path, _ARCHIVES[suffix], Path(folder), limits)
        yield check_dataset(member, Path(f"{path}: {member.name}"))


def check_dataset(path: Path, shown: Path | None = None) -> DatasetFile:
    """Return what is to be opened, once a file that is no archive is what its name says.

    ``shown`` is its name in messages. The errors are those of ``opened_dataset``.
    """
    shown = shown or path
    head = _check_file(path, shown)
    suffix = path.suffix.lower()
    missing = [part for part in _NEEDED.get(suffix, ()) if sibling(path, part) is None]
    if missing:
        raise VectorFileError(
            f"{shown}: its {' or '.join(missing)} is missing; copy all parts of the {suffix} file"
        )
    if suffix != ".shp":
        table = sibling(path, ".mid") if suffix == ".mif" else None
        return DatasetFile(str(path.resolve()), suffix, records=0 if table is None else _records(table))
    _check_shapefile_length(path, shown, head)
    return DatasetFile(str(path.resolve()), suffix, _says_code_page(path, shown))


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


def _check_file(path: Path, shown: Path) -> bytes:
    """Return the first bytes of a file that begins as its name says."""
    suffix = path.suffix.lower()
    if suffix not in _FIRST_BYTES:
        raise VectorFileError(
            f"{shown}: files of the kind {suffix or 'without a suffix'!r} are not read; use {_NAMES}"
        )
    if not path.is_file():
        raise VectorFileError(f"{shown}: no such file; check the path (only local files are read)")
    try:
        with path.open("rb") as handle:
            head = handle.read(_HEAD_BYTES)
    except OSError as error:
        raise VectorFileError(f"{shown}: cannot be read ({error.strerror}); check its permissions") from error
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    if not start.lower().startswith(tuple(first.lower() for first in _FIRST_BYTES[suffix])):
        raise VectorFileError(f"{shown}: is no {suffix} file by its first bytes; export it again")
    if any(mark in head.lower() for mark in _ELSEWHERE):
        raise VectorFileError(
            f"{shown}: is a virtual dataset or service of GDAL, which leads elsewhere; give the data itself"
        )
    if suffix == ".tab" and b"type native" not in head.lower():
        raise VectorFileError(
            f"{shown}: is a view, link or raster table of MapInfo; save a copy of the table itself ('Type NATIVE')"
        )
    return head


def _records(table: Path) -> int:
    with table.open("rb") as handle:
        return sum(1 for line in handle if line.strip())


def _check_shapefile_length(path: Path, shown: Path, head: bytes) -> None:
    """Refuse a truncated .shp: GDAL reads what is cut off as features without geometry."""
    if len(head) < 100:
        raise VectorFileError(f"{shown}: is truncated ({len(head)} bytes); copy it again")
    expected = 2 * int(struct.unpack(">i", head[24:28])[0])
    found = path.stat().st_size
    if found < expected:
        raise VectorFileError(f"{shown}: is truncated ({found} bytes of {expected}); copy it again")


def _says_code_page(path: Path, shown: Path) -> bool:
    """Tell whether a shapefile says in which code page its text is; one that GDAL cuts short is refused."""
    code_page = sibling(path, ".cpg")
    if code_page is not None:
        said = code_page.read_bytes()[:100]
        if _CUT_BY_GDAL in said:
            raise VectorFileError(
                f"{shown}: its text is in code page 1258, whose last letters GDAL cuts off; export it again in "
                "UTF-8"
            )
        return bool(said.strip())
    table = sibling(path, ".dbf")
    if table is None:
        return False
    with table.open("rb") as handle:
        return handle.read(_CODE_PAGE_BYTE + 1)[_CODE_PAGE_BYTE:] not in (b"", b"\0")
