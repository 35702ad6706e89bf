"""A report as one HTML file that asks nobody for anything, fit to be printed on A4 or saved as PDF.

No script; the policy in its head allows its one style sheet and pictures that are in it. Every cell carries the
value of the table of columns beside what is shown of it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from phusong.maps.text import escape_html

from .availability import Level, Report
from .columns import Kind, Value
from .shown import heading, provenance, range_lines, shown_value
from .tables import columns_of, levels_of, rows_of, total_of
from .wording import WORDS, definitions

_LINK_COLUMNS: Final = (
    "link_id", "site_name", "carrier", "carrier_availability_ratio",
    "contracted_availability_ratio", "contract", "missed_seconds", "availability_ratio", "outages",
    "longest_outage_seconds", "mean_time_to_repair_seconds", "fault_seconds", "parent_seconds", "admin_seconds",
    "maintenance_seconds", "recorded_ratio", "down_p95_use_ratio", "up_p95_use_ratio", "ping_loss_ratio",
    "rtt_mean_ms",
)  # fmt: skip
_GROUP_COLUMNS: Final = (
    "links", "carrier_availability_ratio", "lowest_contract_ratio", "highest_contract_ratio",
    "links_with_contract", "links_below_contract", "missed_seconds", "worst_link", "worst_link_ratio",
    "availability_ratio", "outages", "longest_outage_seconds", "mean_time_to_repair_seconds", "fault_seconds",
    "parent_seconds", "admin_seconds", "maintenance_seconds", "recorded_ratio",
)  # fmt: skip
_SHOWN: Final[Mapping[Level, tuple[str, ...]]] = {
    Level.LINK: _LINK_COLUMNS,
    Level.CARRIER: ("carrier", *_GROUP_COLUMNS),
    Level.DISTRICT: ("district", *_GROUP_COLUMNS),
    Level.COMMUNE: ("commune_name", *_GROUP_COLUMNS),
}
_CLASSES: Final[Mapping[Kind, str]] = {Kind.TEXT: "t", Kind.WORD: "w"}
_SUMMARY: Final = (
    "carrier_availability_ratio", "availability_ratio", "links", "links_with_contract", "links_below_contract",
    "outages", "longest_outage_seconds", "mean_time_to_repair_seconds", "fault_seconds", "recorded_ratio",
)  # fmt: skip

_STYLE: Final = """
@page { size: A4 landscape; margin: 12mm; }
* { box-sizing: border-box; }
body { font: 14px/1.45 system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif; color: #1b1b1b; background: #fff;
  margin: 0 auto; padding: 24px; max-width: 1500px; }
h1 { font-size: 24px; margin: 0 0 4px; }
h2 { font-size: 18px; margin: 28px 0 8px; }
p { margin: 2px 0; color: #444; }
dl.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(170px, 1fr)); gap: 10px;
  margin: 16px 0; }
dl.figures div { border: 1px solid #cfd8e0; border-radius: 6px; padding: 8px 12px; display: flex;
  flex-direction: column-reverse; justify-content: flex-end; }
dl.figures dt { color: #555; font-size: 12px; }
dl.figures dd { margin: 0; font-size: 20px; font-weight: 600; font-variant-numeric: tabular-nums; }
figure { margin: 16px 0; break-inside: avoid; }
figcaption { font-weight: 600; }
figure img { width: 100%; max-width: 900px; height: auto; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 11.5px; font-variant-numeric: tabular-nums; }
th { text-align: left; vertical-align: bottom; background: #dde7f0; font-weight: 600; }
th, td { padding: 3px 4px; border-bottom: 1px solid #d9d9d9; }
td.t { min-width: 5.5em; overflow-wrap: anywhere; }
#link td:nth-child(2) { min-width: 11em; }
td.n, th.n { text-align: right; }
td.n, td.w { white-space: nowrap; }
td.missed { white-space: nowrap; color: #a33c00; font-weight: 600; }
li { margin: 4px 0; }
table.origin { width: auto; }
@media print {
  body { padding: 0; max-width: none; font-size: 9pt; }
  table { font-size: 6pt; }
  th, td { padding: 1.5pt 2pt; }
  thead { display: table-header-group; }
  tr { break-inside: avoid; }
  h2 { break-after: avoid; }
  .wide { overflow: visible; }
}
"""


def as_page(report: Report, plots: Iterable[tuple[str, bytes]], source: str, lang: str) -> str:
    """Return the page; ``plots`` are titles and SVG pictures, ``source`` is the name of the file of the record."""
    words = WORDS[lang]
    style = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{style}'; img-src data:; base-uri 'none'; form-action 'none'"
    title = escape_html(words["title"])
    head = (
        f'<!DOCTYPE html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>"
    )
    parts = [
        head,
        *(f"<p>{escape_html(line, 2000)}</p>" for line in range_lines(report, lang)),
        f"<h2>{escape_html(words['summary'])}</h2>\n{_summary(report, lang)}",
        *(_figure(title, svg) for title, svg in plots),
        *(_section(report, level, lang) for level in levels_of(report)),
        _definitions(words),
        _provenance(report, source, lang),
        "</body>\n</html>\n",
    ]
    return "\n".join(parts)


def _summary(report: Report, lang: str) -> str:
    kinds = dict(columns_of(Level.CARRIER))
    total = total_of(report)
    cells = []
    for name in _SUMMARY:
        shown = escape_html(shown_value(total[name], kinds[name], lang))
        title = escape_html(heading(name, lang))
        cells.append(f'<div><dt>{title}</dt><dd data-value="{_raw(total[name])}">{shown}</dd></div>')
    return f'<dl class="figures">{"".join(cells)}</dl>'


def _figure(title: str, svg: bytes) -> str:
    picture = base64.b64encode(svg).decode("ascii")
    text = escape_html(title)
    return (
        f'<figure><figcaption>{text}</figcaption><img alt="{text}" src="data:image/svg+xml;base64,{picture}">'
        "</figure>"
    )


def _section(report: Report, level: Level, lang: str) -> str:
    words = WORDS[lang]
    kinds = dict(columns_of(level))
    names = _SHOWN[level]
    head = "".join(
        f'<th scope="col" class="{_class(kinds[name])}">{escape_html(heading(name, lang))}</th>' for name in names
    )
    rows = [_row(row, names, kinds, lang) for row in rows_of(report, level)]
    return (
        f"<section>\n<h2>{escape_html(words[f'level.{level}'])}</h2>\n<p>{escape_html(words['worst_first'])} "
        f'{escape_html(words["columns_in_csv"])}</p>\n<div class="wide"><table id="{level}">'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{chr(10).join(rows)}\n</tbody></table></div>\n</section>"
    )


def _row(row: Mapping[str, Value], names: Sequence[str], kinds: Mapping[str, Kind], lang: str) -> str:
    cells = []
    for number, name in enumerate(names):
        value = row[name]
        shown = shown_value(value, kinds[name], lang)
        if number == 0 and not value:
            shown = WORDS[lang]["not_in_inventory"]
        mark = "missed" if value == "missed" and kinds[name] is Kind.WORD else _class(kinds[name])
        cells.append(f'<td class="{mark}" data-value="{_raw(value)}">{escape_html(shown)}</td>')
    return f"<tr>{''.join(cells)}</tr>"


def _class(kind: Kind) -> str:
    return _CLASSES.get(kind, "n")


def _raw(value: Value) -> str:
    return "" if value is None else escape_html(str(value))


def _definitions(words: Mapping[str, str]) -> str:
    items = "".join(f"<li>{escape_html(text, 2000)}</li>" for text in definitions(words))
    return f"<section>\n<h2>{escape_html(words['definitions'])}</h2>\n<ul>{items}</ul>\n</section>"


def _provenance(report: Report, source: str, lang: str) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape_html(name)}</th><td>{escape_html(text)}</td></tr>'
        for name, text in provenance(report, source, lang)
    )
    title = escape_html(WORDS[lang]["provenance"])
    return f'<section>\n<h2>{title}</h2>\n<table class="origin"><tbody>{rows}</tbody></table>\n</section>'
