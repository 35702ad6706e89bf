"""The tables of a run: which columns they have, and every value as it is written for programs.

CSV, workbook, page and GeoJSON take their values from here, so that they cannot differ. Numbers were rounded when
they were measured; here they only get their digits. ``None`` is not known, and an empty cell.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

from phusong.coverage.measuring.claims import check_claims, sdg_9c1
from phusong.coverage.measuring.unions import signal_strength
from phusong.coverage.summary import (
    ANY_OPERATOR,
    MAX_OPERATOR,
    PLACE_KINDS,
    CommuneCoverage,
    CoverageSummary,
    Indicator,
    PlaceCount,
    UnitCoverage,
    UnitIndicator,
)

Value: TypeAlias = str | int | float | bool | None

_PLACE_COLUMNS = tuple(column for kind in PLACE_KINDS for column in (f"{kind}s", f"{kind}s_covered"))
_LAYER_COLUMNS = ("layer_dates", "layer_files")
COMMUNE_COLUMNS = (
    "edition", "commune_code", "commune_name", "technology", "operator", "min_dbm", "area_km2", "covered_km2",
    "area_ratio", "population", "population_covered", "population_ratio", "centre_covered", "population_method",
    "district", "classes", *_PLACE_COLUMNS, "broadband_connected", "broadband_units", *_LAYER_COLUMNS,
)  # fmt: skip
UNIT_COLUMNS = (
    "edition", "level", "name", "communes", "technology", "operator", "min_dbm", "area_km2", "covered_km2",
    "area_ratio", "population", "population_covered", "population_ratio", "centres_covered", "population_method",
    *_PLACE_COLUMNS, "broadband_connected", "broadband_units", "broadband_communes", *_LAYER_COLUMNS,
)  # fmt: skip
FALLBACK_COLUMNS = ("site_id", "technology", "covered", "operators", "best_dbm", "distance_m")
SDG_COLUMNS = (
    "edition", "technology", "operator", "min_dbm", "population_covered", "population_ratio", *_LAYER_COLUMNS,
)  # fmt: skip
CLAIM_COLUMNS = (
    "claim",
    "year",
    "claimed",
    "reached",
    "whole",
    "share",
    "holds",
    "technology",
    "min_dbm",
    "estimate",
)
SOURCE_COLUMNS = ("role", "file", "sha256", "crs", "operator", "technology", "min_dbm", "date", "note", "rows")
REPAIR_COLUMNS = ("layer", "feature", "what", "km2")

_DIGITS = {
    "area_km2": ".4f", "covered_km2": ".4f", "area_ratio": ".6f", "population_ratio": ".6f", "share": ".6f",
    "claimed": ".2f", "min_dbm": "g", "distance_m": ".1f",
}  # fmt: skip
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of values under the names of their columns."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]

    def dictionaries(self) -> list[dict[str, Value]]:
        """Return the rows by column."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


def csv_text(column: str, value: Value) -> str:
    """Return a value as it stands in a CSV file; a text that a spreadsheet would compute is made a text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA_STARTS) else value
    if column in _DIGITS:
        return format(value, _DIGITS[column])
    return str(int(value)) if float(value).is_integer() else format(value, ".1f")


def csv_of(table: Table, text_of: Callable[[str, Value], str] = csv_text) -> str:
    """Return a table as CSV; ``text_of`` writes a value of a column."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows(
        [text_of(column, value) for column, value in zip(table.columns, row, strict=True)] for row in table.rows
    )
    return text.getvalue()


def communes_table(summary: CoverageSummary) -> Table:
    """Return a row per commune, technology, operator and level."""
    layers_of = _layers_of(summary)
    rows = [
        (
            summary.edition,
            commune.code,
            commune.name,
            *_measured(commune, indicator),
            indicator.centre_covered,
            summary.population_method,
            commune.district,
            "|".join(commune.classes),
            *_places(commune.places, indicator.places_covered),
            *_broadband(commune),
            *layers_of(indicator.technology, indicator.operator, indicator.min_dbm),
        )
        for commune in summary.communes
        for indicator in commune.indicators
    ]
    return Table("communes", COMMUNE_COLUMNS, tuple(rows))


def units_table(summary: CoverageSummary, *levels: str) -> Table:
    """Return a row per district, class or province (of ``levels``), technology, operator and level."""
    layers_of = _layers_of(summary)
    rows = [
        (
            summary.edition,
            unit.level,
            unit.name,
            unit.communes,
            *_measured(unit, indicator),
            indicator.centres_covered,
            summary.population_method,
            *_places(unit.places, indicator.places_covered),
            *_broadband(unit),
            unit.broadband_communes,
            *layers_of(indicator.technology, indicator.operator, indicator.min_dbm),
        )
        for unit in summary.units
        if unit.level in levels
        for indicator in unit.indicators
    ]
    return Table("units", UNIT_COLUMNS, tuple(rows))


def fallback_table(summary: CoverageSummary) -> Table:
    """Return a row per site and technology: who covers its point, how well, or how far coverage is."""
    rows = [
        (
            site.site_id,
            site.technology,
            bool(site.operators),
            "|".join(site.operators),
            max((level for level in site.best_dbm if level is not None), default=None),
            site.distance_m,
        )
        for site in summary.sites
    ]
    return Table("fallback", FALLBACK_COLUMNS, tuple(rows))


def sdg_table(summary: CoverageSummary) -> Table:
    """Return SDG indicator 9.c.1, a row per technology."""
    layers_of = _layers_of(summary)
    rows = [
        (
            summary.edition,
            f.technology,
            f.operator,
            f.min_dbm,
            f.population_covered,
            f.population_ratio,
            *layers_of(f.technology, f.operator, f.min_dbm),
        )
        for f in sdg_9c1(summary)
    ]
    return Table("sdg_9c1", SDG_COLUMNS, tuple(rows))


def claims_table(summary: CoverageSummary) -> Table:
    """Return the province's claims with our figure beside each."""
    rows = [
        (
            checked.claim.key,
            checked.claim.year or None,
            checked.claim.claimed,
            checked.reached,
            checked.whole,
            None if checked.share is None else round(checked.share, 6),
            checked.holds,
            checked.technology,
            checked.min_dbm,
            checked.estimate,
        )
        for checked in check_claims(summary)
    ]
    return Table("claims", CLAIM_COLUMNS, tuple(rows))


def sources_table(summary: CoverageSummary) -> Table:
    """Return a row per input file: what it is, its hash, its CRS, and what was said about it."""
    boundaries = ("boundaries", summary.boundaries_file, summary.boundaries_sha256, "", "", "", None, "")
    note = "schematic" if summary.schematic else ""
    rows: list[tuple[Value, ...]] = [(*boundaries, note, len(summary.communes))]
    rows += [
        (
            "coverage", layer.file, layer.sha256, layer.crs, layer.operator, layer.technology, layer.min_dbm,
            layer.date, "estimate" if layer.estimate else "", None,
        )
        for layer in summary.layers
    ]  # fmt: skip
    rows += [(s.role, s.file, s.sha256, s.crs, "", "", None, "", "", s.rows) for s in summary.sources]
    return Table("sources", SOURCE_COLUMNS, tuple(rows))


def _layers_of(summary: CoverageSummary) -> Callable[[str, str, float | None], tuple[str, str]]:
    """Return what tells the dates and the files that a technology, operator and level stands on."""

    @cache
    def dates_and_files(technology: str, operator: str, min_dbm: float | None) -> tuple[str, str]:
        own = [
            layer
            for layer in summary.layers
            if layer.technology == technology
            and operator in (layer.operator, ANY_OPERATOR, MAX_OPERATOR)
            and signal_strength(layer.min_dbm) >= signal_strength(min_dbm)
        ]
        dates = sorted({layer.date for layer in own if layer.date})
        return "|".join(dates), "|".join(dict.fromkeys(layer.file for layer in own))

    return dates_and_files


def _measured(area: CommuneCoverage | UnitCoverage, indicator: Indicator | UnitIndicator) -> tuple[Value, ...]:
    return (
        indicator.technology,
        indicator.operator,
        indicator.min_dbm,
        area.area_km2,
        indicator.covered_km2,
        indicator.area_ratio,
        area.population,
        indicator.population_covered,
        indicator.population_ratio,
    )


def _places(all_places: Sequence[PlaceCount], covered: Sequence[PlaceCount]) -> tuple[Value, ...]:
    whole = {count.kind: count.number for count in all_places}
    reached = {count.kind: count.number for count in covered}
    return tuple(counts.get(kind) for kind in PLACE_KINDS for counts in (whole, reached))


def _broadband(area: CommuneCoverage | UnitCoverage) -> tuple[Value, Value]:
    return (None, None) if area.broadband is None else (area.broadband.connected, area.broadband.units)
