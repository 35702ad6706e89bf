"""Whether GDAL guessed the CRS of a GeoJSON: it takes WGS 84 for every one that it does not understand."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pyproj

if TYPE_CHECKING:
    from pathlib import Path

_HEAD_BYTES = 65_536
_TAIL_BYTES = 4_096
_IN_HEAD = re.compile(r'"crs"\s*:\s*')
_IN_TAIL = re.compile(r'\]\s*,\s*"crs"\s*:\s*')
_FEATURES = re.compile(r'"features"\s*:')


def crs_is_guessed(path: Path) -> bool:
    """Tell whether a GeoJSON states a CRS, before or behind its features, that names no CRS known.

    One that states none is in WGS 84 (RFC 7946); one that states ``null`` says that nobody knows.
    """
    with path.open("rb") as handle:
        head = handle.read(_HEAD_BYTES).decode("utf-8", "replace")
        handle.seek(max(0, path.stat().st_size - _TAIL_BYTES))
        tail = handle.read().decode("utf-8", "replace")
    features = _FEATURES.search(head)
    stated = [(head, match.end()) for match in _IN_HEAD.finditer(head, 0, features.start() if features else 0)]
    stated += [(tail, match.end()) for match in _IN_TAIL.finditer(tail)]
    return not all(_is_known(text, start) for text, start in stated)


def _is_known(text: str, start: int) -> bool:
    try:
        value, _ = json.JSONDecoder().raw_decode(text, start)
        properties = value["properties"]
        pyproj.CRS.from_user_input(properties["name"] if value["type"] == "name" else int(properties["code"]))
    except (ValueError, KeyError, TypeError, pyproj.exceptions.CRSError):
        return False
    return True
