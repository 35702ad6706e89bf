"""Cells of OpenCelliD as circles: an estimate from what phones have seen, never an operator's claim.

Its CSV has no header: radio, mcc, net, area, cell, unit, lon, lat, range, samples, changeable, created, updated,
averageSignal; longitude comes before latitude. It is read line by line: only places near the province are kept.
"""

from __future__ import annotations

import csv
import gzip
import io
from typing import TYPE_CHECKING

import numpy as np
import shapely

from phusong.coverage.errors import LayerError
from phusong.coverage.input.file_hash import file_sha256
from phusong.coverage.input.layers import Layer
from phusong.coverage.projection import EQUAL_AREA, METRIC, PROVINCE, WGS84, reproject
from phusong.coverage.repairs import Repair
from phusong.coverage.summary import LayerSource

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from phusong.coverage.input.layer_spec import LayerSpec

VIET_NAM = "452"
OPERATORS = {"1": "MobiFone", "2": "VinaPhone", "4": "Viettel", "5": "Vietnamobile", "7": "Gmobile"}
"""By mobile network code (ITU E.212)."""
TECHNOLOGIES = {"GSM": "2G", "UMTS": "3G", "CDMA": "3G", "LTE": "4G", "NR": "5G"}
RADII_KM = {"2G": 12.0, "3G": 4.0, "4G": 4.0, "5G": 2.0}
"""As FAO and Collins Bartholomew draw OpenCelliD's cells; 5G is ours."""
_COLUMNS = ("radio", "mcc", "net", "area", "cell", "unit", "lon", "lat")
_LARGEST_BYTES = 2_000_000_000
_LONGEST_LINE = 10_000
_MOST_BAD_SHARE = 0.01
_LISTED_BAD = 1_000
_CRS_NAME = "WGS 84"


def read_cell_layers(spec: LayerSpec) -> tuple[Layer, ...]:
    """Read a layer per operator and technology; ``spec.operator`` and ``technology`` keep those only.

    Raises
    ------
    LayerError
        The file cannot be read, is none of OpenCelliD's, or has no cell of Viet Nam in or near the province.
    """
    names = {**OPERATORS, **{code.lstrip("0"): name for code, name in spec.operators}}
    places: dict[tuple[str, str], set[tuple[float, float]]] = {}
    bad: list[int] = []
    rows = bad_rows = 0
    for line, cells in _rows(spec):
        rows += 1
        found = _place(cells)
        if found is None:
            bad_rows += 1
            bad += [line] if len(bad) < _LISTED_BAD else []
            continue
        technology, lon, lat = found
        near = PROVINCE.west <= lon <= PROVINCE.east and PROVINCE.south <= lat <= PROVINCE.north
        operator = names.get(cells[2].lstrip("0"), f"{cells[1]}-{cells[2]}")
        wanted = spec.operator in ("", operator) and spec.technology in ("", technology)
        if near and wanted and cells[1] == VIET_NAM:
            places.setdefault((operator, technology), set()).add((round(lon, 5), round(lat, 5)))
    if bad_rows > max(1, _MOST_BAD_SHARE * rows):
        lines = ", ".join(map(str, bad[:10]))
        raise LayerError(
            f"{spec.path}: {bad_rows} of {rows} lines are no cells of OpenCelliD (lines {lines}); the columns are "
            f"{','.join(_COLUMNS)},..."
        )
    if not places:
        raise LayerError(
            f"{spec.path}: has no cell of Viet Nam ({VIET_NAM}) in or near the province that is wanted"
        )
    sha256 = file_sha256(spec.path)
    dropped = [(str(line), "dropped: no cell of OpenCelliD") for line in bad]
    if bad_rows > len(bad):
        dropped.append(("", f"dropped: {bad_rows - len(bad)} more lines that are no cells of OpenCelliD"))
    repairs = tuple(Repair(spec.path.name, feature, what, 0.0) for feature, what in dropped)
    layers = []
    for (operator, technology), points in sorted(places.items()):
        radius_m = 1000 * (spec.radius_km or RADII_KM[technology])
        source = LayerSource(
            spec.path.name, sha256, operator, technology, None, spec.date, crs=_CRS_NAME, estimate=True
        )
        array = np.asarray(shapely.points(sorted(points)), dtype=object)
        circles = shapely.buffer(reproject(array, WGS84, METRIC), radius_m, quad_segs=12)
        layers.append(Layer(source, reproject(circles, METRIC, EQUAL_AREA), synthetic=False, repairs=repairs))
    return tuple(layers)


def _place(cells: list[str]) -> tuple[str, float, float] | None:
    """Return technology, longitude and latitude of a line; ``None`` when it is no cell."""
    try:
        technology, lon, lat = TECHNOLOGIES[cells[0].upper()], float(cells[6]), float(cells[7])
    except (KeyError, ValueError, IndexError):
        return None
    return (technology, lon, lat) if abs(lon) <= 180 and abs(lat) <= 90 else None


def _rows(spec: LayerSpec) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines of the file with their numbers; a header is left out."""
    path = spec.path
    if not path.is_file():
        raise LayerError(f"{path}: no such file; check the path (only local files are read)")
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            stream = gzip.GzipFile(fileobj=raw) if packed else raw
            text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
            # No field of OpenCelliD is quoted: a quotation mark must not swallow the lines behind it.
            reader = csv.reader(_lines(path, text), quoting=csv.QUOTE_NONE)
            for cells in reader:
                if stream.tell() > _LARGEST_BYTES:
                    raise LayerError(
                        f"{path}: unpacks to over {_LARGEST_BYTES / 1e9:.0f} GB; give Viet Nam's file alone"
                    )
                if reader.line_num == 1 and len(cells) == 1 and cells[0].strip().isupper():
                    raise LayerError(
                        f"{path}: is OpenCelliD's answer {cells[0][:40]!r}, no cells; download it again"
                    )
                if not cells:
                    continue
                if cells[0].casefold() == "radio":
                    _check_header(path, cells)
                    continue
                yield reader.line_num, cells
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise LayerError(f"{path}: cannot be read ({error}); download or copy it again") from error


def _lines(path: Path, text: io.TextIOWrapper) -> Iterator[str]:
    number = 0
    while line := text.readline(_LONGEST_LINE):
        number += 1
        if len(line) == _LONGEST_LINE:
            raise LayerError(f"{path}: line {number} is too long for a cell; is it OpenCelliD's CSV?")
        yield line


def _check_header(path: Path, cells: list[str]) -> None:
    found = tuple(cell.strip().casefold() for cell in cells[: len(_COLUMNS)])
    if found != _COLUMNS:
        raise LayerError(
            f"{path}: its columns are {','.join(found)}, not {','.join(_COLUMNS)},...; put them in this order"
        )
