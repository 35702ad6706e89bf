"""The one place where outside text is made fit for a page: device names, carriers, commune names, error texts.

Two ways out and no third: :func:`script_json` for data that scripts draw with ``textContent`` (the usual one), and
:func:`escape_html` for text that stands in the HTML itself. Nothing here knows about maps.
"""

from __future__ import annotations

import html
import json
import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import TypeAlias

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"

MAX_LENGTH = 300
"""Characters kept of one text; a device may send 65,535 octets as its name."""

_DROPPED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_SPACES = frozenset("\t\n\v\f\r\x85\u2028\u2029")
_SCRIPT_ESCAPES = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)

# Opens an expression, a statement or a comment of Jinja. Outside strings JSON has no such pair.
_TEMPLATE_OPENER = re.compile(r"\{(?=[{%#])")


def clean_text(text: str, max_length: int = MAX_LENGTH) -> str:
    """Return ``text`` without characters that act instead of being seen, at most ``max_length`` long.

    Dropped: C0 and C1 controls, bidirectional and other format controls (they reorder or hide what follows), lone
    surrogates (they cannot be written as UTF-8), private and unassigned code points. Line ends and tabs become
    one space. A cut text ends in ``…``.
    """
    kept = "".join(
        " " if character in _SPACES else character
        for character in text
        if character in _SPACES or unicodedata.category(character) not in _DROPPED_CATEGORIES
    ).strip()
    return kept if len(kept) <= max_length else kept[: max_length - 1] + "…"


def escape_html(text: str, max_length: int = MAX_LENGTH) -> str:
    """Return outside text as HTML that only shows it, in element content and in quoted attributes.

    Beyond ``html.escape`` this replaces the backtick, ``$`` and ``{``. folium puts popup and tooltip texts into
    JavaScript template literals, where `` ` `` and ``${`` would run (folium issue 1640); and branca 0.8 renders
    what a macro gave as a Jinja template once more, where ``{{ }}`` would run here, in Python.
    """
    escaped = html.escape(clean_text(text, max_length), quote=True)
    return escaped.replace("`", "&#96;").replace("$", "&#36;").replace("{", "&#123;")


def script_json(value: Json) -> str:
    r"""Return ``value`` as JSON that may stand inside a ``<script>`` element.

    Every string in it is cleaned (keys are ours and are not); ``<``, ``>``, ``&``, U+2028 and U+2029 are written
    as ``\uXXXX``, so that no text can end the element, and so is a brace that would open a Jinja expression;
    numbers that JSON cannot say become ``null``.
    """
    text = json.dumps(_speakable(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _TEMPLATE_OPENER.sub(r"\\u007b", text.translate(_SCRIPT_ESCAPES))


def _speakable(value: Json) -> Json:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _speakable(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [_speakable(item) for item in value]
    return value
