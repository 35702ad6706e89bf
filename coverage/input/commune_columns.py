"""Headers of the columns that say which commune a row is, folded (``editions.folded``), the surest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phusong.coverage.editions import folded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

CODE = (
    "code",
    "commune code",
    "ward code",
    "ma",
    "ma xa",
    "maxa",
    "ma dvhc",
    "madvhc",
    "ma phuong xa",
    "gso code",
)
NAME = (
    "name", "commune", "commune name", "ward", "ward name", "ten", "ten xa", "tenxa", "name 3", "xa",
)  # fmt: skip
KIND = ("type", "kind", "loai", "loai xa", "type 3")
DISTRICT = ("district", "district name", "huyen", "ten huyen", "tenhuyen", "name 2")
PROVINCE = ("province", "province name", "tinh", "ten tinh", "tentinh", "name 1")


def column_of(columns: Iterable[str], headers: Sequence[str]) -> str:
    """Return the column that bears the first of the ``headers``, or ``""``."""
    by_header = {folded(column): column for column in columns}
    return next((by_header[header] for header in headers if header in by_header), "")
