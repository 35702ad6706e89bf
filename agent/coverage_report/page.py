"""A coverage run as one HTML file in Vietnamese, to be read or printed: no script, no request, every text escaped.

The values are those of the CSV files; percentages stand with edition, date, threshold and source.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from phusong.coverage.output.tables import (
    Table,
    claims_table,
    communes_table,
    fallback_table,
    sdg_table,
    sources_table,
    units_table,
)
from phusong.coverage.summary import ANY_OPERATOR, MAX_OPERATOR, CommuneCoverage, CoverageSummary, Indicator
from phusong.maps.text import escape_html

from .headings import HEADINGS
from .html_parts import html_page, html_section, html_table
from .pictures import draw_bars, draw_legend, draw_map
from .wording import DEFINITIONS, OPERATORS, SHEETS, TITLE, basis, notices

if TYPE_CHECKING:
    from phusong.maps.display_geometry import DisplayGeometry

_LOWEST = 20
_LISTED = 60
_UNIT_COLUMNS: Final = (
    "name", "communes", "technology", "operator", "min_dbm", "area_ratio", "population_ratio",
    "population_covered", "centres_covered", "sites_covered", "schools_covered", "hospitals_covered",
)  # fmt: skip
_LOWEST_COLUMNS: Final = (
    "commune_code", "commune_name", "district", "min_dbm", "area_ratio", "population", "population_covered",
    "population_ratio", "centre_covered",
)  # fmt: skip


def as_page(summary: CoverageSummary, geometry: DisplayGeometry, repairs: Sequence[Mapping[str, str]]) -> str:
    """Return the page; ``geometry`` has the communes of the summary in their order."""
    notes = "".join(f"<li>{escape_html(text, 500)}</li>" for text in DEFINITIONS)
    sections = [
        html_section(SHEETS["province"], [html_table(units_table(summary, "province"), _UNIT_COLUMNS[2:])]),
        html_section(SHEETS["claims"], [html_table(claims_table(summary), claims_table(summary).columns)]),
        html_section(SHEETS["sdg_9c1"], [html_table(sdg_table(summary), sdg_table(summary).columns[1:])]),
        *_maps(summary, geometry),
        *_levels(summary),
        *_without_centre(summary),
        *_lowest(summary),
        *_fallback(summary),
        html_section(SHEETS["sources"], [html_table(sources_table(summary), sources_table(summary).columns)]),
        _repairs(repairs),
        html_section(SHEETS["notes"], [f"<ul>{notes}</ul>"]),
    ]
    return html_page(TITLE, basis(summary), notices(summary), sections)


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
    return [html_section("Bản đồ", [note, draw_legend(), f'<div class="maps">{"".join(figures)}</div>'])]


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
            html_section(SHEETS[level], [figure, html_table(units_table(summary, level), _UNIT_COLUMNS, rows)])
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
    return [html_section(title, [f"<p>{names or 'Không có.'}</p>"])]


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
    return (
        [html_section(title, [html_table(communes_table(summary), _LOWEST_COLUMNS, known[:_LOWEST])])]
        if known
        else []
    )


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
    table = html_table(fallback_table(summary), ("site_id", "distance_m"), without[:_LISTED]) if without else ""
    return [html_section(title, [f"<p>Ngưỡng dự phòng: {need}.</p>", table, more])]


def _repairs(repairs: Sequence[Mapping[str, str]]) -> str:
    """Return how much was repaired in each file; every repair stands in repairs.csv."""
    counts: dict[str, tuple[int, float]] = {}
    for row in repairs:
        count, km2 = counts.get(row["layer"], (0, 0.0))
        counts[row["layer"]] = count + 1, km2 + float(row["km2"])
    rows = tuple((layer, count, round(km2, 3)) for layer, (count, km2) in counts.items())
    table = Table("repairs", ("layer", "rows", "km2"), rows)
    shown_rows = html_table(table, table.columns) if rows else "<p>Không có.</p>"
    return html_section(SHEETS["repairs"], ["<p>Từng chỗ sửa: repairs.csv.</p>", shown_rows])
