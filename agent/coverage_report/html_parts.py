"""What every report page has: one file, no script, no request, every text escaped, fit to be printed."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from phusong.coverage.output.tables import Table, Value
from phusong.maps.text import escape_html

from .headings import HEADINGS, is_share, is_whole
from .pictures import percent
from .wording import shown

_STYLE: Final = """
@page { size: A4; margin: 12mm; }
* { box-sizing: border-box; }
body { font: 14px/1.45 system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif; color: #1b1b1b; background: #fff;
  margin: 0 auto; padding: 24px; max-width: 1100px; }
h1 { font-size: 24px; margin: 0 0 4px; }
h2 { font-size: 18px; margin: 28px 0 6px; break-after: avoid; }
p { margin: 2px 0 6px; color: #444; }
p.notice { color: #7a2e00; font-weight: 600; border-left: 4px solid #d55e00; padding-left: 8px; }
.maps { display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 16px; }
figure { margin: 0; break-inside: avoid; }
figcaption { font-weight: 600; font-size: 13px; }
svg { width: 100%; height: auto; }
svg.legend { max-width: 640px; margin: 6px 0; display: block; }
svg.bars { max-width: 700px; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 12px; font-variant-numeric: tabular-nums; }
th { text-align: left; vertical-align: bottom; background: #dde7f0; }
th, td { padding: 3px 6px; border-bottom: 1px solid #d9d9d9; }
td.t { min-width: 6.5em; overflow-wrap: anywhere; }
td.n, th.n { text-align: right; }
td.n { white-space: nowrap; }
td.good { color: #00664b; font-weight: 600; }
td.bad { color: #a33c00; font-weight: 600; }
@media print {
  body { padding: 0; max-width: none; font-size: 9pt; }
  table { font-size: 7.5pt; }
  thead { display: table-header-group; }
  tr { break-inside: avoid; }
  .wide { overflow: visible; }
}
"""


def html_page(title: str, basis: str, notices: Iterable[str], sections: Iterable[str]) -> str:
    """Return a page of sections in HTML; on what the figures stand, and the notices, come before all of them."""
    style = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'"
    head = (
        '<!DOCTYPE html>\n<html lang="vi">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape_html(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{escape_html(title)}</h1>"
    )
    parts = [
        head,
        f"<p>{escape_html(basis, 2000)}</p>",
        *(f'<p class="notice">{escape_html(line, 500)}</p>' for line in notices),
        *sections,
        "</body>\n</html>\n",
    ]
    return "\n".join(parts)


def html_section(title: str, contents: Iterable[str]) -> str:
    """Return a section with its heading; ``contents`` are HTML."""
    return f"<section>\n<h2>{escape_html(title)}</h2>\n{chr(10).join(contents)}\n</section>"


def html_table(table: Table, columns: Sequence[str], rows: Sequence[Mapping[str, Value]] | None = None) -> str:
    """Return the named columns that have any value."""
    rows = table.dictionaries() if rows is None else rows
    columns = [column for column in columns if any(row[column] not in (None, "") for row in rows)]
    head = "".join(f'<th scope="col" class="{_class(column, rows)}">{HEADINGS[column]}</th>' for column in columns)
    body = "\n".join(
        "<tr>" + "".join(_cell(column, row[column], _class(column, rows)) for column in columns) + "</tr>"
        for row in rows
    )
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>'


def _class(column: str, rows: Sequence[Mapping[str, Value]]) -> str:
    numbers = (isinstance(row[column], int | float) and not isinstance(row[column], bool) for row in rows)
    return "n" if any(numbers) else "t"


def _cell(column: str, value: Value, kind: str) -> str:
    if column == "holds":
        kind = {True: "good", False: "bad"}.get(bool(value), "t") if isinstance(value, bool) else "t"
    raw = "" if value is None else escape_html(str(value))
    return f'<td class="{kind}" data-value="{raw}">{escape_html(_text(column, value))}</td>'


def _text(column: str, value: Value) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        if is_share(column):
            return percent(float(value))
        if is_whole(column):
            return f"{value:,.0f}".replace(",", ".")
        return f"{value:g}".replace(".", ",")
    words = shown(column, value)
    return "" if words is None else str(words)
