"""Text from devices: octets of unknown encoding in, clean text out. Never fails."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

LONGEST = 255
LONGEST_LOOKED_AT = 4 * LONGEST
"""Of a longer text no more is looked at: to compose letters with very many marks takes quadratic time."""
LONGEST_REMEMBERED = 2 * LONGEST
TEXTS_REMEMBERED = 50_000
"""Names hardly ever change: the same texts come with every poll. The limits are for devices that send new ones."""


def decode_text(octets: bytes, legacy_charset: str | None = None) -> str:
    """Decode as UTF-8, else as the legacy charset, else as Latin-1, and clean the text."""
    if len(octets) > LONGEST_REMEMBERED:
        return _decode(octets, legacy_charset)
    return _decode_once(octets, legacy_charset)


def _decode(octets: bytes, legacy_charset: str | None) -> str:
    for charset in ("utf-8", legacy_charset):
        try:
            text = octets.decode(charset) if charset else None
        except (UnicodeError, LookupError):
            continue
        if text is not None:
            break
    else:
        text = octets.decode("latin-1")
    return clean_text(text or "")


_decode_once = lru_cache(maxsize=TEXTS_REMEMBERED)(_decode)


def clean_text(text: str) -> str:
    """Make text fit to be seen and compared.

    White space of any kind becomes spaces, control, format and unassigned characters are dropped, letters with
    diacritics are composed (NFC), both ends are trimmed, and nothing is longer than 255 characters (DisplayString,
    RFC 2579).
    """
    text = text.lstrip()[:LONGEST_LOOKED_AT]
    if not (text.isascii() and text.isprintable()):
        spaced = "".join(" " if char.isspace() else char for char in text)
        visible = "".join(char for char in spaced if not unicodedata.category(char).startswith("C"))
        text = unicodedata.normalize("NFC", visible)
    return text.strip()[:LONGEST].rstrip()
