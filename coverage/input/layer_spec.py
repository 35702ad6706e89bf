"""What a user says about one coverage file: the text of a ``--layer`` option, and its meaning.

A layer says where one operator claims one technology at one signal level or better. Nothing is implied: 5G counts
for 4G only if a 4G layer says so. What is the same for the whole file is said as a value, what differs between its
features by the name of the column that has it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from phusong.coverage.errors import LayerSpecError
from phusong.coverage.summary import ANY_OPERATOR, MAX_OPERATOR, TECHNOLOGIES

FORM = "FILE,operator=NAME,technology=4G[,min_dbm=-105][,date=2026-06-30]"
SKIP = "skip"
"""What stands for a value whose features are to be left out."""
_DBM_RANGE = (-150.0, 0.0)
_LARGEST_RADIUS_KM = 100.0
_FIXED_OR_COLUMN = ("operator", "technology", "date")

Words = tuple[tuple[str, str], ...]
Levels = tuple[tuple[str, float | None], ...]


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
    cells = path.name.lower().endswith((".csv", ".csv.gz"))
    for key in _FIXED_OR_COLUMN:
        if key in text and f"{key}_column" in text:
            raise ValueError(f"{key} and {key}_column are both given; keep one")
    if sum(key in values for key in ("min_dbm", "dbm_column", "class_column")) > 1:
        raise ValueError("of min_dbm, dbm_column and class_column one is enough")
    needed = [] if cells else ["operator", "technology"]
    missing = [key for key in needed if key not in text and f"{key}_column" not in text]
    if missing:
        raise ValueError(f"{' and '.join(missing)} missing")
    levels, skipped = _levels(values.get("values", ()))
    if "class_column" in text and not levels:
        raise ValueError("class_column needs values, e.g. values=strong:-95/weak:-115/none:skip")
    return LayerSpec(
        path=path,
        operator=check_operator(text["operator"]) if "operator" in text else "",
        technology=check_technology(text["technology"]) if "technology" in text else "",
        min_dbm=parse_dbm(text["min_dbm"]) if "min_dbm" in text else None,
        date=date.fromisoformat(text["date"]).isoformat() if "date" in text else "",
        layer=text.get("layer", ""),
        crs=text.get("crs", ""),
        columns=Columns(
            text.get("operator_column", ""),
            text.get("technology_column", ""),
            text.get("date_column", ""),
            text.get("dbm_column", ""),
            text.get("class_column", ""),
        ),
        thresholds=_thresholds(values.get("thresholds", ())),
        values=levels,
        skipped=skipped,
        operators=tuple((word, check_operator(own)) for word, own in _pairs("operators", values)),
        technologies=tuple((word, check_technology(own)) for word, own in _pairs("technologies", values)),
        radius_km=_radius(text["radius_km"]) if "radius_km" in text else None,
    )


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


def check_operator(name: str) -> str:
    """Return an operator's name when it can be one.

    Raises
    ------
    ValueError
    """
    if name.casefold() in (ANY_OPERATOR, MAX_OPERATOR):
        raise ValueError(f"the operator cannot be called {name!r}: that name stands for a computed row")
    if any(not c.isprintable() for c in name):
        raise ValueError("the operator's name has a control character")
    return name


def check_technology(name: str) -> str:
    """Return a technology as we write it.

    Raises
    ------
    ValueError
    """
    technology = name.upper()
    if technology not in TECHNOLOGIES:
        raise ValueError(f"technology {name!r} is none of {', '.join(TECHNOLOGIES)}")
    return technology


def parse_dbm(text: str) -> float:
    """Return a received level in dBm.

    Raises
    ------
    ValueError
    """
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"min_dbm {text!r} is no number (levels are in dBm, e.g. -105)") from None
    if not _DBM_RANGE[0] <= value < _DBM_RANGE[1]:
        raise ValueError(f"min_dbm {text} is no received level in dBm: it must be from -150 to below 0, e.g. -105")
    return value


_LISTS = ("thresholds", "values", "operators", "technologies")
_KEYS = (
    "operator", "technology", "min_dbm", "date", "layer", "crs", "operator_column", "technology_column",
    "date_column", "dbm_column", "class_column", "radius_km", *_LISTS,
)  # fmt: skip


def _text(key: str, value: object) -> str:
    text = str(value).strip()
    if isinstance(value, list | dict):
        raise ValueError(f"{key} is a list; give one value")  # noqa: TRY004 - one kind of error for all of it
    if not text:
        raise ValueError(f"{key} is empty")
    return text


def _thresholds(value: object) -> tuple[float, ...]:
    """Return thresholds in dBm, strongest first, from ``-95/-105`` or a list."""
    items = value.split("/") if isinstance(value, str) else value
    if not isinstance(items, list | tuple):
        raise ValueError("thresholds must be a list of levels in dBm, e.g. -95/-105")  # noqa: TRY004
    levels = sorted((parse_dbm(str(item)) for item in items), reverse=True)
    if len(set(levels)) != len(levels):
        raise ValueError("a threshold is given twice")
    return tuple(levels)


def _levels(value: object) -> tuple[Levels, tuple[str, ...]]:
    """Return the level of each class, and the classes that are no coverage."""
    levels: list[tuple[str, float | None]] = []
    skipped: list[str] = []
    for word, told in _items("values", value):
        if told.casefold() == SKIP:
            skipped.append(word)
        else:
            levels.append((word, None if told.casefold() in ("", "none", "null") else parse_dbm(told)))
    return tuple(levels), tuple(skipped)


def _pairs(key: str, values: Mapping[str, object]) -> list[tuple[str, str]]:
    return _items(key, values.get(key, ()))


def _items(key: str, value: object) -> list[tuple[str, str]]:
    """Return pairs of ``word:meaning/word:meaning`` or of a mapping; a word that is there twice is refused."""
    if isinstance(value, str):
        parts = [part.rpartition(":") for part in value.split("/")]
        if not all(colon for _, colon, _ in parts):
            raise ValueError(f"{key} must be pairs, e.g. {key}=1:-95/2:-115")
        pairs = [(word.strip(), told.strip()) for word, _, told in parts]
    elif isinstance(value, Mapping):
        pairs = [(str(word).strip(), "" if told is None else str(told).strip()) for word, told in value.items()]
    elif value == ():
        return []
    else:
        raise ValueError(f"{key} must be pairs of the file's word and its meaning")
    words = [word.casefold() for word, _ in pairs]
    if len(set(words)) != len(words):
        raise ValueError(f"{key}: a word is there twice")
    return pairs


def _radius(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"radius_km {text!r} is no number") from None
    if not 0 < value <= _LARGEST_RADIUS_KM:
        raise ValueError(f"radius_km {text} must be above 0 and at most {_LARGEST_RADIUS_KM:g}")
    return value
