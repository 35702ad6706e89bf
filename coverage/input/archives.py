"""An archive that holds one dataset: which of its files that is, and unpacking them within limits.

Only names are taken from an archive, never ways: every file lands in the one folder that is given.
"""

from __future__ import annotations

import lzma
import shutil
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from phusong.coverage.errors import VectorFileError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_NESTED = (".zip", ".kmz", ".7z", ".rar", ".gz", ".tar", ".tgz")
_OF_MACOS = "__MACOSX"
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError, ValueError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limits:
    """What an archive may hold: bytes unpacked, by its own word, and files."""

    unpacked_bytes: int
    members: int


def unpack_dataset(path: Path, parts: Mapping[str, Sequence[str]], folder: Path, limits: Limits) -> Path:
    """Unpack the one dataset of a .zip or .kmz, and return its main file.

    Parameters
    ----------
    path
        The archive.
    parts
        The suffixes that a dataset can have, each with those of the files that belong to it, itself among them.
    folder
        An empty folder to unpack into; the files keep their names, with suffixes in small letters.
    limits
        An archive over them is not touched.

    Raises
    ------
    VectorFileError
        The archive is damaged, encrypted, or too large, has names that lead elsewhere, or has not exactly one
        dataset.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = _members(path, archive, limits)
            main = _main(path, members, tuple(parts))
            unpacked = folder / main.name
            for place, member in members.items():
                suffix = place.suffix.lower()
                if place.with_suffix("") == main.with_suffix("") and suffix in parts[main.suffix.lower()]:
                    with archive.open(member) as source, unpacked.with_suffix(suffix).open("xb") as target:
                        shutil.copyfileobj(source, target)
    except _DAMAGED as error:
        if isinstance(error, VectorFileError):
            raise
        raise VectorFileError(f"{path}: is a damaged or encrypted archive ({error}); copy it again") from error
    except OSError as error:
        raise VectorFileError(f"{path}: cannot be unpacked ({error.strerror}); give the unpacked files") from error
    return unpacked.with_suffix(main.suffix.lower())


def _members(path: Path, archive: zipfile.ZipFile, limits: Limits) -> dict[PurePosixPath, zipfile.ZipInfo]:
    """Return the files of an archive by their names, without what macOS adds."""
    infos = [info for info in archive.infolist() if not info.is_dir()]
    if len(infos) > limits.members:
        raise VectorFileError(f"{path}: holds {len(infos)} files; give an archive of one dataset")
    unpacked = sum(info.file_size for info in infos)
    if unpacked > limits.unpacked_bytes:
        raise VectorFileError(
            f"{path}: unpacks to {unpacked / 1e6:.0f} MB, over the limit of {limits.unpacked_bytes / 1e6:.0f} MB; "
            "give the unpacked files"
        )
    members: dict[PurePosixPath, zipfile.ZipInfo] = {}
    for info in infos:
        place = PurePosixPath(info.filename.replace("\\", "/"))
        if place.is_absolute() or ".." in place.parts or not info.filename.isprintable():
            raise VectorFileError(
                f"{path}: holds {info.filename!r}, a name that leads elsewhere; pack the files again"
            )
        if place in members:
            raise VectorFileError(f"{path}: holds {info.filename!r} twice; pack the files again")
        if place.parts[0] != _OF_MACOS and not place.name.startswith("._"):
            members[place] = info
    return members


def _main(path: Path, members: Mapping[PurePosixPath, object], suffixes: tuple[str, ...]) -> PurePosixPath:
    found = [place for place in members if place.suffix.lower() in suffixes]
    if len(found) == 1:
        return found[0]
    nested = [place.name for place in members if place.suffix.lower() in _NESTED]
    if not found and nested:
        raise VectorFileError(
            f"{path}: holds 0 datasets, but an archive ({nested[0]}); unpack it and give that one"
        )
    kind = "KML files" if suffixes == (".kml",) else "datasets"
    listed = f" ({', '.join(sorted(place.name for place in found)[:5])} are there)" if found else ""
    raise VectorFileError(f"{path}: holds {len(found)} {kind}; give an archive with exactly one{listed}")
