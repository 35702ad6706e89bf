"""Every word of ours that a map shows, in Vietnamese and English. Text of devices and files is not here.

The keys that begin with ``verdict.``, ``endpoint.``, ``isolation.``, ``kind.`` and ``role.`` follow the values of
the snapshot and of the inventory, those with ``measure.`` and ``class.`` the measures and the palette.
``{technology}`` and the like are filled in by the page.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from phusong.maps.words_en import ENGLISH
from phusong.maps.words_vi import VIETNAMESE

if TYPE_CHECKING:
    from collections.abc import Mapping

WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType({"vi": VIETNAMESE, "en": ENGLISH})
"""Language code to key to text; both languages have the same keys and the same ``{names}``."""
