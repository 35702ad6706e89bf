"""What changed between two runs as files: CSV, GeoPackage and JSON, and figures carried over to another edition.

Every file is written beside its place and moved there. The same input gives the same bytes.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pandas as pd
import pyogrio

from phusong.coverage.output.change_caveats import caveats_of
from phusong.coverage.output.same_bytes import dated_alike, write_text
from phusong.coverage.output.tables import SOURCE_COLUMNS, Table, Value, csv_of, csv_text, sources_table
from phusong.coverage.projection import EQUAL_AREA, WGS84, reproject
from phusong.coverage.summary import MAX_OPERATOR, PLACE_KINDS

if TYPE_CHECKING:
    from pathlib import Path

    from phusong.coverage.measuring.change_facts import AreaChanges, Change, Changes, CoverageRun
    from phusong.coverage.measuring.crosswalk import Carried, Estimate

FORMAT = 1
"""Of ``changes.json``."""
CHANGES_CSV, CHANGES_GPKG, CHANGES_JSON = "changes.csv", "changes.gpkg", "changes.json"
SITES_CSV, CROSSWALK_CSV = "site_changes.csv", "crosswalk.csv"

_PLACE_COLUMNS = tuple(f"{kind}s_{what}" for kind in PLACE_KINDS for what in ("gained", "lost"))
CHANGE_COLUMNS = (
    "edition", "level", "commune_code", "name", "district", "technology", "operator", "min_dbm", "status",
    "area_km2", "old_km2", "new_km2", "net_km2", "gained_km2", "lost_km2", "sliver_gained_km2", "sliver_lost_km2",
    "old_ratio", "new_ratio", "change_pp", "people_old", "people_new", "people_net", "people_gained",
    "people_lost", "people_slivers", "centres_gained", "centres_lost", *_PLACE_COLUMNS,
)  # fmt: skip
SITE_COLUMNS = ("site_id", "technology", "change", "operators")
PIECE_COLUMNS = ("edition", "commune_code", "commune_name", "technology", "operator", "min_dbm", "km2")
CROSSWALK_COLUMNS = (
    "source_edition", "edition", "commune_code", "commune_name", "technology", "operator", "min_dbm", "area_km2",
    "covered_km2", "covered_low_km2", "covered_high_km2", "area_ratio", "area_ratio_low", "area_ratio_high",
    "population", "population_covered", "population_covered_low", "population_covered_high", "population_ratio",
    "population_ratio_low", "population_ratio_high", "sources", "split_sources", "shares", "people_shares",
)  # fmt: skip

_DECIMALS = {
    **dict.fromkeys((c for c in (*CHANGE_COLUMNS, *PIECE_COLUMNS, *CROSSWALK_COLUMNS) if c.endswith("km2")), 4),
    **dict.fromkeys((c for c in (*CHANGE_COLUMNS, *CROSSWALK_COLUMNS) if "ratio" in c), 6),
    "change_pp": 2,
}


def changes_table(changes: Changes) -> Table:
    """Return a row per commune, district, class and the province, technology, operator and level."""
    edition = changes.new.summary.edition
    rows = [(edition, *_row(area, change)) for area in changes.areas for change in area.changes]
    return Table("changes", CHANGE_COLUMNS, tuple(rows))


def sites_table(changes: Changes) -> Table:
    """Return a row per site and technology: fallback gained or lost, or a site that is in one run only."""
    rows: list[tuple[Value, ...]] = [
        (site.site_id, site.technology, "gained" if site.gained else "lost", "|".join(site.operators))
        for site in changes.sites
    ]
    rows += [(site_id, "", "only_old", "") for site_id in changes.sites_only_old]
    rows += [(site_id, "", "only_new", "") for site_id in changes.sites_only_new]
    return Table("site_changes", SITE_COLUMNS, tuple(rows))


def _row(area: AreaChanges, change: Change) -> tuple[Value, ...]:
    old_ratio, new_ratio = (_ratio(km2, area.area_km2) for km2 in (change.old_km2, change.new_km2))
    both = change.is_compared and old_ratio is not None and new_ratio is not None
    by_centre = change.is_compared and change.key.operator != MAX_OPERATOR
    places = {each.kind: (each.gained, each.lost) for each in change.places}
    return (
        area.level,
        area.code,
        area.name,
        area.district,
        *change.key,
        change.status,
        area.area_km2,
        change.old_km2,
        change.new_km2,
        change.net_km2,
        change.gained_km2,
        change.lost_km2,
        change.sliver_gained_km2,
        change.sliver_lost_km2,
        old_ratio,
        new_ratio,
        round(100 * ((new_ratio or 0.0) - (old_ratio or 0.0)), 2) if both else None,
        change.people_old,
        change.people_new,
        change.people_net,
        change.people_gained,
        change.people_lost,
        change.people_slivers,
        len(change.centres_gained) if by_centre else None,
        len(change.centres_lost) if by_centre else None,
        *(value for kind in PLACE_KINDS for value in places.get(kind, (None, None))),
    )


def _ratio(km2: float | None, area_km2: float) -> float | None:
    return None if km2 is None else round(min(1.0, km2 / area_km2), 6)


def crosswalk_table(carried: Carried) -> Table:
    """Return a row per new unit, technology, operator and level: values and the bounds that the truth lies in."""
    rows = [
        (
            carried.source_edition,
            carried.target_edition,
            commune.code,
            commune.name,
            indicator.technology,
            indicator.operator,
            indicator.min_dbm,
            commune.area_km2,
            *_bounds(indicator.covered_km2),
            *_bounds(indicator.area_ratio),
            commune.population,
            *_bounds(indicator.population_covered),
            *_bounds(indicator.population_ratio),
            "|".join(commune.sources),
            "|".join(commune.split_sources),
            carried.area_by,
            carried.people_by,
        )
        for commune in carried.communes
        for indicator in commune.indicators
    ]
    return Table("crosswalk", CROSSWALK_COLUMNS, tuple(rows))


def _bounds(estimate: Estimate | None) -> tuple[float | None, float | None, float | None]:
    return (None, None, None) if estimate is None else (estimate.value, estimate.low, estimate.high)


def write_changes(changes: Changes, out_dir: Path) -> None:
    """Write ``changes.csv``, ``site_changes.csv``, ``changes.gpkg`` and, last, ``changes.json``."""
    out_dir.mkdir(parents=True, exist_ok=True)
    table, sites = changes_table(changes), sites_table(changes)
    write_text(out_dir / CHANGES_CSV, csv_of(table, _cell))
    write_text(out_dir / SITES_CSV, csv_of(sites, _cell))
    _write_geopackage(out_dir / CHANGES_GPKG, changes, sites)
    text = json.dumps(_as_json(changes, table, sites), ensure_ascii=False, indent=1, allow_nan=False)
    write_text(out_dir / CHANGES_JSON, text + "\n")


def write_crosswalk(carried: Carried, out_dir: Path) -> None:
    """Write ``crosswalk.csv``."""
    out_dir.mkdir(parents=True, exist_ok=True)
    write_text(out_dir / CROSSWALK_CSV, csv_of(crosswalk_table(carried), _cell))


def _cell(column: str, value: Value) -> str:
    if column in _DECIMALS and isinstance(value, float):
        return f"{value:.{_DECIMALS[column]}f}"
    return csv_text(column, value)


def _as_json(changes: Changes, table: Table, sites: Table) -> dict[str, Any]:
    names = [
        {
            **({"centres_gained_names": list(change.centres_gained)} if change.centres_gained else {}),
            **({"centres_lost_names": list(change.centres_lost)} if change.centres_lost else {}),
        }
        for area in changes.areas
        for change in area.changes
    ]
    rows = [
        {key: value for key, value in row.items() if value not in (None, "") and key != "edition"} | more
        for row, more in zip(table.dictionaries(), names, strict=True)
    ]
    return {
        "format": FORMAT,
        "edition": changes.new.summary.edition,
        "synthetic": changes.new.summary.synthetic,
        "schematic": (changes.old if changes.boundaries_of == "old" else changes.new).summary.schematic,
        "boundaries_of": changes.boundaries_of,
        "sliver_m": changes.sliver_m,
        "people_by": changes.people_by,
        "runs": {name: _about(run) for name, run in (("old", changes.old), ("new", changes.new))},
        "caveats": [{"code": caveat.code, "text": caveat.text} for caveat in caveats_of(changes)],
        "changes": rows,
        "sites": [{key: value for key, value in row.items() if value != ""} for row in sites.dictionaries()],
    }


def _about(run: CoverageRun) -> dict[str, Any]:
    summary = run.summary
    return {
        "schematic": summary.schematic,
        "population_method": summary.population_method,
        "fallback_min_dbm": summary.fallback_min_dbm,
        "newest_layer": max((layer.date for layer in summary.layers), default=""),
        "sources": [
            {key: value for key, value in row.items() if value not in (None, "")}
            for row in sources_table(summary).dictionaries()
        ],
    }


def _write_geopackage(path: Path, changes: Changes, sites: Table) -> None:
    scratch = path.with_name(".new-" + path.name)
    scratch.unlink(missing_ok=True)
    sources = [
        (name, *row)
        for name, run in (("old", changes.old), ("new", changes.new))
        for row in sources_table(run.summary).rows
    ]
    caveats = [(caveat.code, caveat.text) for caveat in caveats_of(changes)]
    tables = {
        "sources": pd.DataFrame(sources, columns=["run", *SOURCE_COLUMNS]).astype(
            {"rows": "Int64", "min_dbm": float}
        ),
        "caveats": pd.DataFrame(caveats, columns=["code", "text"], dtype=str),
        "site_changes": pd.DataFrame(list(sites.rows), columns=list(sites.columns), dtype=str),
    }
    with dated_alike():
        for mode, gained in (("w", True), ("a", False)):
            _pieces(changes, gained=gained).to_file(
                scratch,
                layer="gained" if gained else "lost",
                driver="GPKG",
                engine="pyogrio",
                mode=mode,
                geometry_type="MultiPolygon",
                promote_to_multi=True,
            )
        for name, table in tables.items():
            pyogrio.write_dataframe(table, scratch, layer=name, driver="GPKG", append=True)
    scratch.replace(path)


def _pieces(changes: Changes, *, gained: bool) -> Any:
    """Return a feature per commune, technology, operator and level, in WGS 84."""
    edition, communes = changes.new.summary.edition, changes.new.summary.communes
    pieces = [piece for piece in changes.pieces if piece.gained is gained]
    rows = [
        (edition, communes[p.commune].code, communes[p.commune].name, p.key.technology, p.key.operator,
         math.nan if p.key.min_dbm is None else p.key.min_dbm, p.km2)
        for p in pieces
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=list(PIECE_COLUMNS)).astype(
        {column: float if column in ("min_dbm", "km2") else str for column in PIECE_COLUMNS}
    )
    shapes = np.array([piece.shape for piece in pieces] + [None], dtype=object)[:-1]
    return geopandas.GeoDataFrame(frame, geometry=reproject(shapes, EQUAL_AREA, WGS84), crs=WGS84)
