"""CSV files for people's spreadsheets: UTF-8 that Excel recognises, and no cell that it would run as a formula.

Whose rows they are is decided elsewhere; reading CSV files is the work of ``input``.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

BYTE_ORDER_MARK: Final = "\ufeff"
"""Excel takes a CSV file for UTF-8 only with one; our own reader does not mind."""
_FORMULA: Final = re.compile(r"(^|[;,\t|])(\s*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")
"""Where a spreadsheet would see the beginning of a formula, also when it splits at another separator."""


def safe_cell(text: object) -> str:
    """Return text that no spreadsheet takes for a formula, on one line."""
    joined = " ".join(str(text).split())
    return _FORMULA.sub(r"\1\2'", joined)


def csv_text(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> str:
    """Return a CSV file with a header; missing cells are empty, all cells are safe in a spreadsheet."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([safe_cell(row.get(column, "")) for column in columns] for row in rows)
    return BYTE_ORDER_MARK + text.getvalue()
