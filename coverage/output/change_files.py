"""Runs read back, and what changed between them as files: CSV, GeoPackage and JSON, and figures carried over.

Every file is written beside its place and moved there. The same input gives the same bytes.
"""

from __future__ import annotations

import json
import math
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from phusong.coverage.errors import CoverageError
from phusong.coverage.input.dataset_file import check_dataset
from phusong.coverage.measuring.change_facts import CoverageRun, Key
from phusong.coverage.measuring.changes import fallback_operators, same_land
from phusong.coverage.output.files import COVERAGE_GPKG, COVERAGE_JSON
from phusong.coverage.output.same_bytes import dated_alike, write_text
from phusong.coverage.output.tables import SOURCE_COLUMNS, Table, Value, csv_of, csv_text, sources_table
from phusong.coverage.projection import EQUAL_AREA, WGS84, reproject
from phusong.coverage.summary import MAX_OPERATOR, PLACE_KINDS, read_summary

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from phusong.coverage.measuring.change_facts import AreaChanges, Change, Changes
    from phusong.coverage.measuring.crosswalk import Carried, Estimate
    from phusong.coverage.summary import CoverageSummary

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
_SAME_KM2 = 0.01


@dataclass(frozen=True, slots=True)
class Caveat:
    """Why figures are less than they look: ``code`` for programs, ``text`` for people."""

    code: str
    text: str


def read_run(folder: Path) -> CoverageRun:
    """Read what ``phusong coverage`` left in a folder.

    Raises
    ------
    CoverageError, SummaryError
        ``coverage.json`` or ``coverage.gpkg`` is missing or damaged, or they are of different runs.
    """
    summary = read_summary(folder / COVERAGE_JSON)
    path = folder / COVERAGE_GPKG
    dataset = check_dataset(path)
    try:
        with warnings.catch_warnings():
            # What GDAL warns of in a damaged file shows in what it reads, or fails to.
            warnings.simplefilter("ignore")
            communes = geopandas.read_file(dataset.source, layer="communes", engine="pyogrio")
            coverage = geopandas.read_file(dataset.source, layer="coverage", engine="pyogrio")
            sources = pyogrio.read_dataframe(dataset.source, layer="sources", read_geometry=False)
        codes = [str(code) for code in communes["code"]]
        keys = [
            Key(str(row.technology), str(row.operator), None if math.isnan(row.min_dbm) else float(row.min_dbm))
            for row in coverage.itertuples()
        ]
        hashes = [str(value) for value in sources["sha256"]]
        polygons, shapes = _shapes(communes), _shapes(coverage)
    except (
        DataSourceError, DataLayerError, shapely.errors.GEOSException, OSError, ValueError, KeyError,
        TypeError, AttributeError,
    ) as error:  # fmt: skip
        raise CoverageError(f"{path}: cannot be read ({error}); run 'phusong coverage' again") from error
    run = CoverageRun(folder.name, summary, polygons, dict(zip(keys, shapes, strict=True)))
    _check_same_run(path, run, codes, hashes)
    return run


def _shapes(frame: Any) -> NDArray[np.object_]:
    """Return the geometries of a layer in EPSG:6933; a way there and back may have crossed two edges."""
    shapes = np.asarray(frame.geometry.array, dtype=object)
    if frame.crs is None or frame.crs.to_epsg() != 4326:
        raise ValueError("a layer is not in WGS 84")
    if shapely.is_missing(shapes).any() or not np.isfinite(shapely.get_coordinates(shapes)).all():
        raise ValueError("a geometry is missing or has no numbers as coordinates")
    moved = reproject(shapely.force_2d(shapes), WGS84, EQUAL_AREA)
    broken = ~shapely.is_valid(moved)
    moved[broken] = shapely.make_valid(moved[broken], method="structure", keep_collapsed=False)
    return moved


def _check_same_run(path: Path, run: CoverageRun, codes: Sequence[str], hashes: Sequence[str]) -> None:
    """Refuse a ``coverage.gpkg`` of another run than its ``coverage.json``."""
    summary = run.summary
    of_summary = {
        Key(i.technology, i.operator, i.min_dbm)
        for commune in summary.communes
        for i in commune.indicators
        if i.operator != MAX_OPERATOR
    }
    same = (
        codes == [commune.code for commune in summary.communes]
        and set(run.unions) == of_summary
        and hashes == [str(row["sha256"]) for row in sources_table(summary).dictionaries()]
        and np.allclose(
            shapely.area(run.polygons) / 1e6, [c.area_km2 for c in summary.communes], rtol=0, atol=_SAME_KM2
        )
    )
    if not same:
        raise CoverageError(
            f"{path}: is of another run than the {COVERAGE_JSON} beside it; run 'phusong coverage' again"
        )


def caveats_of(changes: Changes) -> tuple[Caveat, ...]:
    """Return everything that makes the figures less than they look."""
    return tuple(_caveats(changes, changes.old.summary, changes.new.summary))


def _caveats(changes: Changes, old: CoverageSummary, new: CoverageSummary) -> Iterator[Caveat]:
    if old.synthetic and new.synthetic:
        yield Caveat("synthetic", "both runs are of synthetic layers: the figures say nothing of any operator")
    if not same_land(old, new):
        whose = f"the {changes.boundaries_of} run's ({_named(changes)})"
        yield Caveat("boundaries", f"the runs have other boundaries of the edition; both measured on {whose}")
    if old.schematic and new.schematic:
        yield Caveat("schematic", "boundaries are schematic: areas of communes are those of a drawing")
    elif old.schematic != new.schematic:
        drawn = "old" if old.schematic else "new"
        yield Caveat("schematic", f"only the {drawn} run has schematic boundaries; its own figures are of those")
    yield from _layer_caveats(changes, old, new)
    yield from _people_caveats(changes, old, new)
    before, after = _hashes(old), _hashes(new)
    for kind in PLACE_KINDS:
        if (kind in before) != (kind in after):
            yield Caveat("places", f"{kind}: only the {'old' if kind in before else 'new'} run has a list")
        elif before.get(kind) != after.get(kind):
            yield Caveat("places", f"{kind}: the lists differ; a change may be one of the list")
    if old.sites and new.sites and old.fallback_min_dbm != new.fallback_min_dbm:
        yield Caveat(
            "fallback",
            f"fallback counts at {_level(old.fallback_min_dbm)} in the old run and at "
            f"{_level(new.fallback_min_dbm)} in the new one: not compared",
        )
    elif old.sites and new.sites and fallback_operators(old) != fallback_operators(new):
        yield Caveat("fallback", "fallback is compared for operators that count in both runs only")
    if [c.classes for c in old.communes] != [c.classes for c in new.communes]:
        yield Caveat("classes", "classes of communes differ; both runs are added up by the newer classes")


def _layer_caveats(changes: Changes, old: CoverageSummary, new: CoverageSummary) -> Iterator[Caveat]:
    if sorted(layer.sha256 for layer in old.layers) == sorted(layer.sha256 for layer in new.layers):
        yield Caveat("same_layers", "both runs are of the same layer files")
    dates = [max((layer.date for layer in summary.layers), default="") for summary in (old, new)]
    if dates[1] and dates[0] > dates[1]:
        yield Caveat("dates", f"the old run's newest layer ({dates[0]}) is newer than the new run's ({dates[1]})")
    estimates = [{(la.technology, la.operator) for la in summary.layers if la.estimate} for summary in (old, new)]
    for technology, operator in sorted(estimates[0] | estimates[1]):
        runs = [name for name, own in zip(("old", "new"), estimates, strict=True) if (technology, operator) in own]
        yield Caveat(
            "estimate",
            f"{technology} of {operator}: an estimate that no operator claims in the {' and '.join(runs)} run",
        )
    province = changes.areas[-1]
    for change in province.changes:
        if change.status in ("only_old", "only_new") and change.key.operator != MAX_OPERATOR:
            run = change.status.removeprefix("only_")
            yield Caveat(change.status, f"only the {run} run has {key_text(change.key)}: not compared")
    for change in province.changes:
        if change.status in ("common_operators", "other_operators") and change.key.operator != MAX_OPERATOR:
            what = (
                "the operators that both have"
                if change.status == "common_operators"
                else "nothing: none is common"
            )
            yield Caveat(
                change.status, f"{key_text(change.key)} has other operators in each run; compared is {what}"
            )


def _people_caveats(changes: Changes, old: CoverageSummary, new: CoverageSummary) -> Iterator[Caveat]:
    if old.population_method != new.population_method:
        methods = f"{old.population_method or 'not at all'}, then {new.population_method or 'not at all'}"
        yield Caveat("people_method", f"people were counted in other ways ({methods}): not compared")
    elif _hashes(old).get("population") != _hashes(new).get("population"):
        yield Caveat("people_source", "people come from other files: a change may be one of people")
    if changes.people_by == "area":
        yield Caveat(
            "people_estimate", "people gained and lost are an estimate: spread evenly over a commune's land"
        )
    elif not changes.people_by and new.population_method:
        yield Caveat("people_net", "people are known net only; with --population gains and losses are counted")


def key_text(key: Key) -> str:
    """Return a key for people: ``4G of any operator at -105 dBm``."""
    whose = {"any": "any operator", MAX_OPERATOR: "the best operator"}.get(key.operator, key.operator)
    return f"{key.technology} of {whose}, {_level(key.min_dbm)}"


def _level(min_dbm: float | None) -> str:
    return "as claimed" if min_dbm is None else f"{min_dbm:g} dBm or better"


def _named(changes: Changes) -> str:
    base = changes.old if changes.boundaries_of == "old" else changes.new
    return base.summary.boundaries_file


def _hashes(summary: CoverageSummary) -> dict[str, list[str]]:
    hashes: dict[str, list[str]] = {}
    for source in summary.sources:
        hashes.setdefault(source.role, []).append(source.sha256)
    return hashes


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
