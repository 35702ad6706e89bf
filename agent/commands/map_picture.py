"""``phusong map --png`` and ``--svg``: the page's map as a picture for documents."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from types import EllipsisType
from typing import Literal

from phusong.agent.whole_file import write_whole
from phusong.maps.picture.province_picture import PictureError, province_picture

from .map_input import read_land, read_map_input
from .picture_request import PictureRequest

_NO_LEVEL = "none"
"""How ``--min-dbm`` says layers that state no level."""


def draw_pictures(config: Path, request: PictureRequest, language: str, tell: Callable[[str], None]) -> None:
    """Write the pictures that were asked for, each whole or not at all.

    Raises
    ------
    InputProblems
        The configuration is wrong.
    ValueError
        Coverage or snapshot cannot be read, or an option asks for what there is not.
    OSError
        A picture cannot be written there.
    """
    if request.png is not None and request.png == request.svg:
        raise PictureError(f"{request.png}: one file cannot be both pictures; name two")
    for wanted in filter(None, (request.png, request.svg)):
        _check_place(wanted)
    min_dbm = _min_dbm(request.min_dbm)
    given = read_map_input(config, language, tell)
    land, land_source = read_land(given.paths.map_settings)
    files: tuple[tuple[Literal["png", "svg"], Path | None], ...] = (("png", request.png), ("svg", request.svg))
    for file_format, path in files:
        if path is None:
            continue
        picture = province_picture(
            communes=given.communes,
            summary=given.summary,
            snapshot=given.snapshot,
            land=land,
            land_source=land_source,
            lang=language,
            technology=request.technology,
            operator=request.operator or "any",
            min_dbm=min_dbm,
            measure=request.measure or "area",
            hatches=request.hatches,
            file_format=file_format,
            width_mm=request.width_mm or 250,
            dpi=request.dpi or 200,
        )
        write_whole(path, picture)
        tell(f"Picture written: {path} ({len(picture) / 1e6:.2f} MB)")


def _check_place(path: Path) -> None:
    """Find out before seconds of drawing whether a picture can be written there; makes its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))


def _min_dbm(text: str | None) -> float | EllipsisType | None:
    if text is None:
        return ...
    if text == _NO_LEVEL:
        return None
    try:
        return float(text)
    except ValueError as error:
        raise PictureError(f"--min-dbm {text!r}: write a level in dBm such as -105, or {_NO_LEVEL}") from error
