"""The values that a description of a layer has: names, technologies, levels, dates, and lists of them.

Whether they come from an option, a YAML file or a column of a layer, they are read here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from phusong.coverage.summary import ANY_OPERATOR, MAX_OPERATOR, TECHNOLOGIES

SKIP = "skip"
"""What stands for a value whose features are to be left out."""
_DBM_RANGE = (-150.0, 0.0)
_LARGEST_RADIUS_KM = 100.0

Levels = tuple[tuple[str, float | None], ...]


def check_operator(name: str) -> str:
    """Return an operator's name when it can be one.

    Raises
    ------
    ValueError
    """
    if not name.strip():
        raise ValueError("the operator is empty")
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


def parse_date(text: str) -> str:
    """Return a date as ISO 8601; a time behind it is left out.

    Raises
    ------
    ValueError
    """
    try:
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        raise ValueError(f"date {text!r} is none that we read; write it as 2026-06-30") from None


def parse_dbm(text: str, name: str = "level") -> float:
    """Return a received level in dBm; ``name`` is what messages call it.

    Raises
    ------
    ValueError
    """
    try:
        value = float(text)
    except ValueError:
        comma = "with a point for the comma, " if "," in text else ""
        raise ValueError(f"{name} {text!r} is no number (write levels in dBm, {comma}e.g. -105)") from None
    if not _DBM_RANGE[0] <= value < _DBM_RANGE[1]:
        raise ValueError(f"{name} {text} is no received level in dBm: it must be from -150 to below 0, e.g. -105")
    return value


def read_thresholds(value: object) -> tuple[float, ...]:
    """Return thresholds in dBm, strongest first, from ``-95/-105`` or a list."""
    items = value.split("/") if isinstance(value, str) else value
    if not isinstance(items, list | tuple):
        raise ValueError("thresholds must be a list of levels in dBm, e.g. -95/-105")  # noqa: TRY004
    levels = sorted((parse_dbm(str(item)) for item in items), reverse=True)
    if len(set(levels)) != len(levels):
        raise ValueError("a threshold is given twice")
    return tuple(levels)


def read_levels(value: object) -> tuple[Levels, tuple[str, ...]]:
    """Return the level of each class, and the classes that are no coverage."""
    levels: list[tuple[str, float | None]] = []
    skipped: list[str] = []
    for word, told in read_pairs("values", value):
        if told.casefold() == SKIP:
            skipped.append(word)
        else:
            levels.append((word, None if told.casefold() in ("", "none", "null") else parse_dbm(told)))
    return tuple(levels), tuple(skipped)


def _word(value: object) -> str:
    """Return what YAML has read as text; ``null`` stands for an empty attribute."""
    return "" if value is None else str(value).strip()


def read_pairs(key: str, value: object) -> list[tuple[str, str]]:
    """Return pairs of ``word:meaning/word:meaning`` or of a mapping; a word that is there twice is refused."""
    if isinstance(value, str):
        parts = [part.rpartition(":") for part in value.split("/")]
        if not all(colon for _, colon, _ in parts):
            raise ValueError(f"{key} must be pairs, e.g. {key}=1:-95/2:-115")
        pairs = [(word.strip(), told.strip()) for word, _, told in parts]
    elif isinstance(value, Mapping):
        pairs = [(_word(word), _word(told)) for word, told in value.items()]
    elif value == ():
        return []
    else:
        raise ValueError(f"{key} must be pairs of the file's word and its meaning")
    words = [word.casefold() for word, _ in pairs]
    if len(set(words)) != len(words):
        raise ValueError(f"{key}: a word is there twice")
    return pairs


def read_radius_km(text: str) -> float:
    """Return a radius in kilometres.

    Raises
    ------
    ValueError
    """
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"radius_km {text!r} is no number") from None
    if not 0 < value <= _LARGEST_RADIUS_KM:
        raise ValueError(f"radius_km {text} must be above 0 and at most {_LARGEST_RADIUS_KM:g}")
    return value
