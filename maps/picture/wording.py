"""How a picture says words, numbers and times; the words are the page's and the few that only a picture needs.

Numbers, times and thresholds are written as ``assets/province_words.js`` writes them.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from phusong.maps.province_data import UTC_OFFSET_S
from phusong.maps.wording import WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping

PICTURE_WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "vi": {
            "picture.undrawn_links": "{count} kênh truyền không vẽ thành đường (hai đầu cùng chỗ hoặc thiếu "
            "toạ độ).",
            "picture.outside": "{count} cơ quan nằm ngoài khung hình.",
            "picture.counted": "{text}: {count}",
        },
        "en": {
            "picture.undrawn_links": "{count} lines are not drawn (both ends in one place, or no position).",
            "picture.outside": "{count} offices lie outside the picture.",
            "picture.counted": "{text}: {count}",
        },
    }
)
"""What the page has no words for, by language and key; both languages have the same keys and ``{names}``."""


def word(lang: str, key: str, **values: object) -> str:
    """Return a word of ours with its ``{names}`` filled in."""
    return (PICTURE_WORDS[lang].get(key) or WORDS[lang][key]).format(**values)


def word_for(lang: str, group: str, value: str, **values: object) -> str:
    """Return the word for a value, or the value itself where we have no word for it (an operator's name)."""
    key = f"{group}.{value}"
    return word(lang, key, **values) if key in WORDS[lang] else value


def number(lang: str, value: float, digits: int = 0) -> str:
    """Return a number with at most ``digits`` decimals, as the language groups and separates them."""
    text = f"{value:,.{digits}f}"
    if digits:
        text = text.rstrip("0").rstrip(".")
    return text.translate(str.maketrans(",.", ".,")) if lang == "vi" else text


def threshold(lang: str, min_dbm: float | None) -> str:
    """Return a signal threshold, or that none is stated."""
    if min_dbm is None:
        return word(lang, "any_threshold")
    return f"≥\u00a0{number(lang, min_dbm, 1)}\u00a0dBm".replace("-", "\u2212")


def local_time(lang: str, unix_s: float) -> str:
    """Return a moment in Viet Nam's time; a number that no calendar has is not known."""
    try:
        moment = datetime.fromtimestamp(unix_s, UTC) + timedelta(seconds=UTC_OFFSET_S)
    except (OverflowError, ValueError, OSError):
        return word(lang, "unknown")
    return f"{moment:%H:%M %d/%m/}{moment.year:04d}"
