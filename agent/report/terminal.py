"""A report on the terminal: one table of a level, worst first, within 100 columns, and what it is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text

from .availability import Level, Report
from .columns import Kind
from .shown import heading, range_lines, shown_value
from .tables import columns_of, rows_of, total_of
from .wording import WORDS

_LINK_COLUMNS: Final = (
    "link_id", "carrier", "carrier_availability_ratio", "contracted_availability_ratio", "contract",
    "missed_seconds", "availability_ratio", "outages", "longest_outage_seconds", "recorded_ratio",
)  # fmt: skip
_GROUP_COLUMNS: Final = (
    "links", "carrier_availability_ratio", "links_below_contract", "missed_seconds", "worst_link",
    "availability_ratio", "outages", "longest_outage_seconds", "recorded_ratio",
)  # fmt: skip
SHOWN: Final[Mapping[Level, tuple[str, ...]]] = {
    Level.LINK: _LINK_COLUMNS,
    Level.CARRIER: ("carrier", *_GROUP_COLUMNS),
    Level.DISTRICT: ("district", *_GROUP_COLUMNS),
    Level.COMMUNE: ("commune_name", *_GROUP_COLUMNS),
}
_TOTAL: Final = (
    "links", "carrier_availability_ratio", "availability_ratio", "outages", "links_with_contract",
    "links_below_contract", "recorded_ratio",
)  # fmt: skip


def as_table(report: Report, level: Level, lang: str) -> Table:
    """Return the rows of a level. Text of the inventory is never taken as markup."""
    words = WORDS[lang]
    kinds = dict(columns_of(level))
    names = SHOWN[level]
    table = Table(box=SIMPLE, padding=0, pad_edge=False, collapse_padding=True)
    for name in names:
        is_text = kinds[name] in (Kind.TEXT, Kind.WORD)
        table.add_column(Text(heading(name, lang)), justify="left" if is_text else "right", overflow="fold")
    for row in rows_of(report, level):
        title = row[names[0]] or words["not_in_inventory"]
        cells = [title, *(shown_value(row[column], kinds[column], lang) for column in names[1:])]
        table.add_row(*(Text(str(cell)) for cell in cells))
    return table


def notes(report: Report, lang: str) -> Iterator[str]:
    """Yield what stands below the table: the range, and all lines together."""
    words = WORDS[lang]
    yield from range_lines(report, lang)
    kinds = dict(columns_of(Level.CARRIER))
    total = total_of(report)
    yield " · ".join(f"{heading(name, lang)}: {shown_value(total[name], kinds[name], lang)}" for name in _TOTAL)
    yield f"{words['worst_first']} {words['columns_in_csv']}"
