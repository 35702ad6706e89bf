"""One coverage run from files to files: read, merge, measure, write. The steps live in their own modules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from phusong.coverage.editions import KNOWN_EDITIONS, load_edition
from phusong.coverage.errors import CoverageError
from phusong.coverage.input.boundaries import read_boundaries, with_facts
from phusong.coverage.input.commune_tables import read_broadband, read_classes
from phusong.coverage.input.edition_table import read_edition_table
from phusong.coverage.input.layers import check_layers
from phusong.coverage.input.places import communes_of, read_places
from phusong.coverage.input.population import read_population
from phusong.coverage.input.schematic import draw_schematic
from phusong.coverage.measuring.fallback import DEFAULT_MIN_DBM, cover_sites
from phusong.coverage.measuring.indicators import About, LocatedPlaces, measure_communes
from phusong.coverage.measuring.inhabitants import inhabitants_of
from phusong.coverage.measuring.levels import add_up
from phusong.coverage.merged import merge_layers
from phusong.coverage.output.files import write_report
from phusong.coverage.repairs import Repair
from phusong.coverage.summary import CoverageSummary, Source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from phusong.coverage.editions import Edition
    from phusong.coverage.input.boundaries import Boundaries
    from phusong.coverage.input.layer_spec import LayerSpec
    from phusong.coverage.input.places import Places
    from phusong.coverage.input.population import People
    from phusong.coverage.measuring.inhabitants import Inhabitants
    from phusong.coverage.measuring.workers import Workers
    from phusong.coverage.summary import Broadband

_CLOSE_ENOUGH = 0.001
"""People outside every commune are mentioned from a thousandth of all on."""


@dataclass(frozen=True, slots=True)
class CoverageRequest:
    """What is to be measured; a file that is ``None`` was not given.

    Attributes
    ----------
    layers
        What each coverage file means, see ``parse_layer_spec``.
    out_dir
        Where the files go; made when missing.
    edition
        Which communes: ``2020-01`` or ``2025-07``, or what those of ``edition_table`` are called.
    edition_table
        The communes of an edition that is not among ours; it needs boundaries.
    boundaries
        The communes' polygons; without it they are drawn schematically.
    population
        A grid (GeoTIFF) or table of people; without it they are estimated from the communes' totals.
    sites, schools, hospitals
        Tables of places; the fallback is told of each site.
    classes, broadband
        Tables by commune code.
    fallback_min_dbm
        The weakest level that counts at a site; ``None`` counts every level.
    cache
        A folder that keeps merged layers by the content of their files; ``None`` keeps nothing.
    """

    layers: tuple[LayerSpec, ...]
    out_dir: Path
    edition: str = "2020-01"
    edition_table: Path | None = None
    boundaries: Path | None = None
    population: Path | None = None
    sites: Path | None = None
    schools: Path | None = None
    hospitals: Path | None = None
    classes: Path | None = None
    broadband: Path | None = None
    fallback_min_dbm: float | None = DEFAULT_MIN_DBM
    cache: Path | None = None


@dataclass(frozen=True, slots=True)
class _Tables:
    """Everything that was given beside boundaries and layers."""

    places: tuple[Places, ...]
    people: People | None
    classes: dict[str, tuple[str, ...]]
    broadband: dict[str, Broadband] | None
    sources: tuple[Source, ...]


def compute_coverage(
    request: CoverageRequest, progress: Callable[[str], None], workers: Workers | None = None
) -> CoverageSummary:
    """Compute coverage of every commune and write the files of ``output``.

    ``progress`` is called with a line of text before each step; ``workers`` do the heavy geometry, threads without
    any.

    Raises
    ------
    CoverageError
        Something given cannot be used; the message names it and the remedy. Nothing has been written then.
    """
    edition = _edition(request)
    out_dir = request.out_dir
    check_layers(request.layers)
    if out_dir.exists() and not out_dir.is_dir():
        raise CoverageError(f"{out_dir}: is no folder; choose another --out")
    tables = _read_tables(request, edition, progress)
    boundaries = _boundaries(request, edition, progress)
    edition = boundaries.edition
    located, odd_places = _locate(tables.places, boundaries)
    merged = merge_layers(request.layers, request.cache, progress, workers)
    progress("counting people")
    inhabitants = inhabitants_of(
        tables.people, [commune.population for commune in edition.communes.values()], boundaries.polygons
    )
    progress(f"measuring {len(edition.communes)} communes")
    about = About(inhabitants, located, tables.classes, tables.broadband or {})
    communes = measure_communes(boundaries, merged.unions, about, workers)
    site_places = next((each.places for each in tables.places if each.kind == "site"), ())
    repairs = (
        *boundaries.repairs,
        *merged.repairs,
        *odd_places,
        *_people_outside(tables.people, inhabitants),
    )
    summary = CoverageSummary(
        edition=edition.name,
        boundaries_file=boundaries.file,
        boundaries_sha256=boundaries.sha256,
        schematic=boundaries.schematic,
        synthetic=merged.synthetic,
        layers=merged.sources,
        communes=communes,
        sites=cover_sites(site_places, merged.unions, request.fallback_min_dbm) if site_places else (),
        fallback_min_dbm=request.fallback_min_dbm,
        units=add_up(communes, broadband_known=tables.broadband is not None),
        population_method=inhabitants.method,
        sources=tables.sources,
        repairs=len(repairs),
    )
    progress(f"writing {out_dir}")
    try:
        write_report(summary, boundaries, merged.unions, repairs, out_dir)
    except OSError as error:
        raise CoverageError(f"{out_dir}: cannot be written ({error.strerror}); choose another --out") from error
    return summary


def _read_tables(request: CoverageRequest, edition: Edition, progress: Callable[[str], None]) -> _Tables:
    """Read the small files first: a mistake in one of them shows before the long work begins."""
    files = (("site", request.sites), ("school", request.schools), ("hospital", request.hospitals))
    places = tuple(read_places(path, kind) for kind, path in files if path is not None)
    sources = [each.source for each in places]
    classes: dict[str, tuple[str, ...]] = {}
    broadband: dict[str, Broadband] | None = None
    people: People | None = None
    if request.classes is not None:
        classes, source = read_classes(request.classes, edition)
        sources.append(source)
    if request.broadband is not None:
        broadband, source = read_broadband(request.broadband, edition)
        sources.append(source)
    if request.population is not None:
        progress(f"reading people {request.population.name}")
        people = read_population(request.population)
        sources.append(people.source)
    return _Tables(places, people, classes, broadband, tuple(sources))


def _boundaries(request: CoverageRequest, edition: Edition, progress: Callable[[str], None]) -> Boundaries:
    if request.boundaries is None:
        progress("drawing schematic boundaries")
        return draw_schematic(edition)
    progress(f"reading boundaries {request.boundaries.name}")
    return with_facts(read_boundaries(request.boundaries, edition))


def _edition(request: CoverageRequest) -> Edition:
    if request.edition_table is None:
        return load_edition(request.edition)
    if request.boundaries is None:
        raise CoverageError(
            f"{request.edition_table}: an edition of your own needs --boundaries: nothing is drawn"
        )
    name = request.edition_table.stem if request.edition in KNOWN_EDITIONS else request.edition
    return read_edition_table(request.edition_table, name)


def _locate(
    places: tuple[Places, ...], boundaries: Boundaries
) -> tuple[tuple[LocatedPlaces, ...], tuple[Repair, ...]]:
    located: list[LocatedPlaces] = []
    odd: list[Repair] = []
    for each in places:
        rows, repairs = communes_of(each, boundaries)
        located.append(LocatedPlaces(each.kind, each.points, rows))
        # The drawing is no evidence against a site's position.
        odd += () if boundaries.schematic else repairs
    return tuple(located), tuple(odd)


def _people_outside(people: People | None, inhabitants: Inhabitants) -> tuple[Repair, ...]:
    """Say how many people live in no commune: in the window around the province there are its neighbours too."""
    if people is None:
        return ()
    everybody, counted = float(people.weights.sum()), float(inhabitants.total.sum())
    if everybody - counted <= _CLOSE_ENOUGH * everybody:
        return ()
    what = f"{everybody - counted:.0f} of {everybody:.0f} people lie in no commune, not counted"
    return (Repair(people.source.file, "", what, 0.0),)
