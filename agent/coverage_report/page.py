"""A coverage run as one HTML file in Vietnamese, to be read or printed: no script, no request, every text escaped.

The values are those of the CSV files; percentages stand with edition, date, threshold and source.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from phusong.coverage.output.tables import (
    Table,
    Value,
    claims_table,
    communes_table,
    fallback_table,
    sdg_table,
    sources_table,
    units_table,
)
from phusong.coverage.summary import ANY_OPERATOR, MAX_OPERATOR, CommuneCoverage, CoverageSummary, Indicator
from phusong.maps.text import escape_html

from .pictures import draw_bars, draw_legend, draw_map, percent
from .wording import DEFINITIONS, HEADINGS, OPERATORS, SHEETS, TITLE, basis, notices
from .workbook import shown

if TYPE_CHECKING:
    from phusong.maps.display_geometry import DisplayGeometry

_LOWEST = 20
_LISTED = 60
_PERCENT: Final = {"area_ratio", "population_ratio", "share", "claimed"}
_WHOLE: Final = {"population", "population_covered", "reached", "whole", "distance_m"}
_UNIT_COLUMNS: Final = (
    "name", "communes", "technology", "operator", "min_dbm", "area_ratio", "population_ratio",
    "population_covered", "centres_covered", "sites_covered", "schools_covered", "hospitals_covered",
)  # fmt: skip
_LOWEST_COLUMNS: Final = (
    "commune_code", "commune_name", "district", "min_dbm", "area_ratio", "population", "population_covered",
    "population_ratio", "centre_covered",
)  # fmt: skip
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


def as_page(summary: CoverageSummary, geometry: DisplayGeometry, repairs: Sequence[Mapping[str, str]]) -> str:
    """Return the page; ``geometry`` has the communes of the summary in their order."""
    style = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'"
    head = (
        '<!DOCTYPE html>\n<html lang="vi">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{TITLE}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{TITLE}</h1>"
    )
    notes = "".join(f"<li>{escape_html(text, 500)}</li>" for text in DEFINITIONS)
    parts = [
        head,
        f"<p>{escape_html(basis(summary), 2000)}</p>",
        *(f'<p class="notice">{escape_html(line, 500)}</p>' for line in notices(summary)),
        _section(SHEETS["province"], [_table(units_table(summary, "province"), _UNIT_COLUMNS[2:])]),
        _section(SHEETS["claims"], [_table(claims_table(summary), claims_table(summary).columns)]),
        _section(SHEETS["sdg_9c1"], [_table(sdg_table(summary), sdg_table(summary).columns[1:])]),
        *_maps(summary, geometry),
        *_levels(summary),
        *_without_centre(summary),
        *_lowest(summary),
        *_fallback(summary),
        _section(SHEETS["sources"], [_table(sources_table(summary), sources_table(summary).columns)]),
        _repairs(repairs),
        _section(SHEETS["notes"], [f"<ul>{notes}</ul>"]),
        "</body>\n</html>\n",
    ]
    return "\n".join(parts)


def _section(title: str, contents: Iterable[str]) -> str:
    return f"<section>\n<h2>{escape_html(title)}</h2>\n{chr(10).join(contents)}\n</section>"


def _table(table: Table, columns: Sequence[str], rows: Sequence[Mapping[str, Value]] | None = None) -> str:
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
        if column in _PERCENT:
            return percent(float(value))
        if column in _WHOLE:
            return f"{value:,.0f}".replace(",", ".")
        return f"{value:g}".replace(".", ",")
    words = shown(column, value)
    return "" if words is None else str(words)


def _weakest(commune: CommuneCoverage, technology: str, operator: str) -> Indicator | None:
    """Return the indicator of the weakest class: classes come strong ones first."""
    own = [i for i in commune.indicators if (i.technology, i.operator) == (technology, operator)]
    return own[-1] if own else None


def _name(commune: CommuneCoverage) -> str:
    return f"{commune.name} ({commune.district})" if commune.district else commune.name


def _shown_technology(summary: CoverageSummary) -> str:
    technologies = sorted({layer.technology for layer in summary.layers})
    return "4G" if "4G" in technologies else technologies[-1]


def _maps(summary: CoverageSummary, geometry: DisplayGeometry) -> list[str]:
    technology = _shown_technology(summary)
    own = sorted({layer.operator for layer in summary.layers if layer.technology == technology})
    names = [_name(commune) for commune in summary.communes]
    figures = []
    for operator in (ANY_OPERATOR, *own):
        found = [_weakest(commune, technology, operator) for commune in summary.communes]
        levels = {i.min_dbm for i in found if i is not None and i.min_dbm is not None}
        level = f", từ {min(levels):g} dBm" if levels else ""
        picture = draw_map(geometry, [None if i is None else i.area_ratio for i in found], names)
        title = escape_html(f"{technology}, {OPERATORS.get(operator, operator)}{level}")
        figures.append(f"<figure><figcaption>{title}</figcaption>{picture}</figure>")
    note = f"<p>Tỷ lệ diện tích xã có sóng {technology}, ấn bản {escape_html(summary.edition)}.</p>"
    return [_section("Bản đồ", [note, draw_legend(), f'<div class="maps">{"".join(figures)}</div>'])]


def _levels(summary: CoverageSummary) -> list[str]:
    technology = _shown_technology(summary)
    sections = []
    for level in ("district", "class"):
        rows = [
            row
            for row in units_table(summary, level).dictionaries()
            if row["technology"] == technology and row["operator"] in (ANY_OPERATOR, MAX_OPERATOR)
        ]
        rows = list({(row["name"], row["operator"]): row for row in rows}.values())  # the weakest class comes last
        if not rows:
            continue
        bars: dict[str, Sequence[float | None]] = {}
        for unit in summary.units:
            best = [i for i in unit.indicators if (i.technology, i.operator) == (technology, ANY_OPERATOR)]
            if unit.level == level and best:
                bars[unit.name] = (best[-1].area_ratio, best[-1].population_ratio)
        picture = draw_bars(bars, (HEADINGS["area_ratio"], HEADINGS["population_ratio"]))
        caption = f"{technology}, {OPERATORS[ANY_OPERATOR]}"
        figure = f"<figure><figcaption>{escape_html(caption)}</figcaption>{picture}</figure>".replace(
            "<svg ", '<svg class="bars" ', 1
        )
        sections.append(
            _section(SHEETS[level], [figure, _table(units_table(summary, level), _UNIT_COLUMNS, rows)])
        )
    return sections


def _without_centre(summary: CoverageSummary) -> list[str]:
    technology = _shown_technology(summary)
    dark = [
        commune
        for commune in summary.communes
        if (found := _weakest(commune, technology, ANY_OPERATOR)) is not None and not found.centre_covered
    ]
    title = f"Trung tâm xã chưa có sóng {technology}: {len(dark)} trên {len(summary.communes)}"
    names = ", ".join(escape_html(_name(commune)) for commune in dark)
    return [_section(title, [f"<p>{names or 'Không có.'}</p>"])]


def _lowest(summary: CoverageSummary) -> list[str]:
    technology = _shown_technology(summary)
    rows = [
        row
        for row in communes_table(summary).dictionaries()
        if (row["technology"], row["operator"]) == (technology, ANY_OPERATOR)
    ]
    weakest = {row["commune_code"]: row for row in rows}
    known = [row for row in weakest.values() if isinstance(row["population_ratio"], float | int)]
    known.sort(key=lambda row: (float(row["population_ratio"] or 0), str(row["commune_code"])))
    title = f"{min(_LOWEST, len(known))} xã có tỷ lệ dân số được phủ sóng {technology} thấp nhất"
    return [_section(title, [_table(communes_table(summary), _LOWEST_COLUMNS, known[:_LOWEST])])] if known else []


def _fallback(summary: CoverageSummary) -> list[str]:
    technology = _shown_technology(summary)
    rows = [row for row in fallback_table(summary).dictionaries() if row["technology"] == technology]
    if not rows:
        return []
    without = [row for row in rows if not row["covered"]]
    without.sort(key=lambda row: (-float(row["distance_m"] or 0), str(row["site_id"])))
    title = f"Trụ sở chưa có sóng {technology} dự phòng: {len(without)} trên {len(rows)}"
    level = summary.fallback_min_dbm
    need = "mọi mức" if level is None else f"từ {level:g} dBm"
    more = f"<p>và {len(without) - _LISTED} trụ sở khác (xem fallback.csv)</p>" if len(without) > _LISTED else ""
    table = _table(fallback_table(summary), ("site_id", "distance_m"), without[:_LISTED]) if without else ""
    return [_section(title, [f"<p>Ngưỡng dự phòng: {need}.</p>", table, more])]


def _repairs(repairs: Sequence[Mapping[str, str]]) -> str:
    """Return how much was repaired in each file; every repair stands in repairs.csv."""
    counts: dict[str, tuple[int, float]] = {}
    for row in repairs:
        count, km2 = counts.get(row["layer"], (0, 0.0))
        counts[row["layer"]] = count + 1, km2 + float(row["km2"])
    rows = tuple((layer, count, round(km2, 3)) for layer, (count, km2) in counts.items())
    table = Table("repairs", ("layer", "rows", "km2"), rows)
    shown_rows = _table(table, table.columns) if rows else "<p>Không có.</p>"
    return _section(SHEETS["repairs"], ["<p>Từng chỗ sửa: repairs.csv.</p>", shown_rows])
