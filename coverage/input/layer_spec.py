"""What a user says about one coverage file: the text of a ``--layer`` option, and its meaning.

A layer says where one operator claims one technology at one signal level or better. Nothing is implied: 5G counts
for 4G only if a 4G layer says so. What is the same for the whole file is said as a value, what differs between its
features by the name of the column that has it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from phusong.coverage.errors import LayerSpecError
from phusong.coverage.input.layer_values import (
    Levels,
    check_operator,
    check_technology,
    parse_date,
    parse_dbm,
    read_levels,
    read_pairs,
    read_radius_km,
    read_thresholds,
)

FORM = "FILE,operator=NAME,technology=4G[,min_dbm=-105][,date=2026-06-30]"
_FIXED_OR_COLUMN = ("operator", "technology", "date")
RASTERS = (".tif", ".tiff")
CELLS = (".csv", ".csv.gz")

Words = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns say what differs from feature to feature; empty where none does."""

    operator: str = ""
    technology: str = ""
    date: str = ""
    dbm: str = ""
    """A received level in dBm."""
    signal_class: str = ""
    """A class, whose level ``LayerSpec.values`` says."""


@dataclass(frozen=True, slots=True)
class LayerSpec:
    """What a user says about one file; ``min_dbm`` is its weakest level, ``date`` is ISO 8601 or empty.

    ``thresholds`` turn levels (of a column or a raster) into classes, strongest first: a level belongs to the
    first that it reaches. ``values`` give the level of each class in dBm, ``None`` for "covered, as claimed";
    classes that are in ``skipped`` are no coverage. ``operators`` and ``technologies`` translate the file's words.
    """

    path: Path
    operator: str
    technology: str
    min_dbm: float | None
    date: str
    layer: str = ""
    crs: str = ""
    columns: Columns = Columns()
    thresholds: tuple[float, ...] = ()
    values: Levels = ()
    skipped: tuple[str, ...] = ()
    operators: Words = ()
    technologies: Words = ()
    radius_km: float | None = None
    """Of the circles around cells of OpenCelliD."""


def parse_layer_spec(text: str) -> LayerSpec:
    """Read ``FILE,operator=NAME,technology=4G[,min_dbm=-105][,date=2026-06-30]`` and further keys.

    The file's name may contain commas; it ends at the first ``,key=``. Lists are separated by ``/``.

    Raises
    ------
    LayerSpecError
        A part is missing, unknown, there twice, or has an impossible value.
    """
    name, *parts = re.split(r",(?=\s*[A-Za-z_]+\s*=)", text)
    try:
        return make_layer_spec(_file(name), _values(parts))
    except ValueError as error:
        raise LayerSpecError(f"--layer {text}: {error}; write {FORM}") from error


def make_layer_spec(
    path: Path, values: Mapping[str, str | Sequence[object] | Mapping[object, object]]
) -> LayerSpec:
    """Return what the keys of an option or of a list of layers mean.

    Raises
    ------
    ValueError
        A key is missing, unknown, contradicts another one, or has an impossible value.
    """
    unknown = [key for key in values if key not in _KEYS]
    if unknown:
        raise ValueError(f"{unknown[0]!r} is not known")
    text = {key: _text(key, value) for key, value in values.items() if key not in _LISTS}
    cells = path.name.lower().endswith(CELLS)
    for key in _FIXED_OR_COLUMN:
        if key in text and f"{key}_column" in text:
            raise ValueError(f"{key} and {key}_column are both given; keep one")
    if sum(key in values for key in ("min_dbm", "dbm_column", "class_column")) > 1:
        raise ValueError("of min_dbm, dbm_column and class_column one is enough")
    needed = [] if cells else ["operator", "technology"]
    missing = [key for key in needed if key not in text and f"{key}_column" not in text]
    if missing:
        raise ValueError(f"{' and '.join(missing)} missing")
    levels, skipped = read_levels(values.get("values", ()))
    if "class_column" in text and not levels:
        raise ValueError("class_column needs values, e.g. values=strong:-95/weak:-115/none:skip")
    spec = LayerSpec(
        path=path,
        operator=check_operator(text["operator"]) if "operator" in text else "",
        technology=check_technology(text["technology"]) if "technology" in text else "",
        min_dbm=parse_dbm(text["min_dbm"], "min_dbm") if "min_dbm" in text else None,
        date=parse_date(text["date"]) if "date" in text else "",
        layer=text.get("layer", ""),
        crs=text.get("crs", ""),
        columns=Columns(
            text.get("operator_column", ""),
            text.get("technology_column", ""),
            text.get("date_column", ""),
            text.get("dbm_column", ""),
            text.get("class_column", ""),
        ),
        thresholds=read_thresholds(values.get("thresholds", ())),
        values=levels,
        skipped=skipped,
        operators=tuple((word, check_operator(own)) for word, own in _words("operators", values)),
        technologies=tuple((word, check_technology(own)) for word, own in _words("technologies", values)),
        radius_km=read_radius_km(text["radius_km"]) if "radius_km" in text else None,
    )
    _check_use(path, values)
    return spec


def _words(key: str, values: Mapping[str, object]) -> list[tuple[str, str]]:
    return read_pairs(key, values.get(key, ()))


def _check_use(path: Path, keys: Collection[str]) -> None:
    """Refuse keys that would change nothing: whoever gave them expects that they do."""
    if path.name.lower().endswith(CELLS):
        kind, used = "a file of cells", set(_FOR_CELLS)
    elif path.name.lower().endswith(RASTERS):
        kind, used = "a raster", set(_FOR_RASTERS)
    else:
        kind, used = "a file of polygons", set(_KEYS) - {"radius_km"}
    unused = [key for key in keys if key not in used]
    if unused:
        raise ValueError(f"{kind} makes no use of {unused[0]}; leave it out")
    if kind == "a raster" and ("thresholds" in keys) == ("values" in keys):
        raise ValueError(
            "say what the raster's cells mean, by one of thresholds=-95/-105 for levels in dBm or "
            "values=1:-95/2:-115 for classes"
        )
    if kind == "a file of polygons":
        for key, column in _NEEDS.items():
            if key in keys and column not in keys:
                raise ValueError(f"{key} is of use with {column} only; add that or leave it out")


def _file(name: str) -> Path:
    if not name.strip() or re.match(r"\s*[A-Za-z_]+\s*=", name):
        raise ValueError("the file is missing")
    return Path(name.strip())


def _values(parts: Sequence[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for part in parts:
        key, value = (side.strip() for side in part.split("=", 1))
        if key in values:
            raise ValueError(f"{key} is given twice")
        values[key] = value
    return values


_LISTS = ("thresholds", "values", "operators", "technologies")
_KEYS = (
    "operator", "technology", "min_dbm", "date", "layer", "crs", "operator_column", "technology_column",
    "date_column", "dbm_column", "class_column", "radius_km", *_LISTS,
)  # fmt: skip
_FOR_CELLS = ("operator", "technology", "date", "operators", "radius_km")
_FOR_RASTERS = ("operator", "technology", "date", "layer", "crs", "thresholds", "values")
_NEEDS = {
    "thresholds": "dbm_column", "values": "class_column", "operators": "operator_column",
    "technologies": "technology_column",
}  # fmt: skip


def _text(key: str, value: object) -> str:
    text = str(value).strip()
    if isinstance(value, list | dict):
        raise ValueError(f"{key} is a list; give one value")  # noqa: TRY004 - one kind of error for all of it
    if not text:
        raise ValueError(f"{key} is empty")
    return text
