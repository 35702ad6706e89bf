"""Headers of the columns that say which commune a row is, folded (``editions.folded``), the surest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phusong.coverage.editions import folded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

CODE = (
    "code", "commune code", "ward code", "ma", "ma xa", "maxa", "ma dvhc", "madvhc", "ma phuong xa", "gso code",
)  # fmt: skip
NAME = ("name", "commune", "commune name", "ward", "ward name", "ten", "ten xa", "tenxa", "xa")
KIND = ("type", "kind", "loai", "loai xa")
DISTRICT = ("district", "district name", "huyen", "ten huyen", "tenhuyen")
PROVINCE = ("province", "province name", "tinh", "ten tinh", "tentinh")


def column_of(columns: Iterable[str], headers: Sequence[str]) -> str:
    """Return the column that bears the first of the ``headers``, or ``""``."""
    by_header = {folded(column): column for column in columns}
    return next((by_header[header] for header in headers if header in by_header), "")
