"""``phusong coverage`` with what belongs to it: what computes figures from geodata and writes files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from phusong.agent.terminal import err, fail, geodata_errors, out, tell

coverage = typer.Typer(help="Measure which share of each commune the operators' layers cover.")
boundaries_group = typer.Typer(help="Boundaries of the communes.", no_args_is_help=True)

LayerOption = Annotated[
    list[str] | None,
    typer.Option(
        "--layer",
        help="A coverage file and what it shows; may be given several times: "
        "FILE,operator=X,technology=4G[,min_dbm=-105][,date=2026-06-30]",
        metavar="LAYER",
    ),
]
LayersOption = Annotated[
    list[Path] | None,
    typer.Option("--layers", help="A YAML file of layers; may be given several times.", metavar="FILE"),
]
BoundariesOption = Annotated[
    Path | None,
    typer.Option("--boundaries", help="The communes' boundaries; schematic ones without it.", metavar="FILE"),
]
EditionOption = Annotated[str, typer.Option("--edition", help="The edition of the communes: 2020-01 or 2025-07.")]
EditionTableOption = Annotated[
    Path | None,
    typer.Option(
        "--edition-table",
        help="Communes of an edition of your own: a table with code, name, type, district_name.",
        metavar="FILE",
    ),
]
PopulationOption = Annotated[
    Path | None,
    typer.Option(
        "--population",
        help="People: a GeoTIFF of persons per cell, or a table with lat, lon, people.",
        metavar="FILE",
    ),
]

PlacesOption = Annotated[
    Path | None, typer.Option("--sites", help="sites.csv: the offices, those with a position.", metavar="FILE")
]
SchoolsOption = Annotated[
    Path | None, typer.Option("--schools", help="Schools: a table with id, lat, lon.", metavar="FILE")
]
HospitalsOption = Annotated[
    Path | None,
    typer.Option("--hospitals", help="Hospitals and clinics: a table with id, lat, lon.", metavar="FILE"),
]
CacheOption = Annotated[
    Path | None,
    typer.Option("--cache", help="The folder of merged layers; .cache below --out without it.", metavar="DIR"),
]
JobsOption = Annotated[
    int | None, typer.Option("--jobs", help="Threads for the geometry; one per core without it.", min=1, max=256)
]


@coverage.callback(invoke_without_command=True)
def measure(
    context: typer.Context,
    layer: LayerOption = None,
    layers: LayersOption = None,
    output: Annotated[Path | None, typer.Option("--out", help="The folder to write to.", metavar="DIR")] = None,
    boundaries: BoundariesOption = None,
    population: PopulationOption = None,
    sites: PlacesOption = None,
    schools: SchoolsOption = None,
    hospitals: HospitalsOption = None,
    classes: Annotated[
        Path | None, typer.Option(help="A table with commune_code, class: remote, border, island.", metavar="FILE")
    ] = None,
    broadband: Annotated[
        Path | None, typer.Option(help="A table with commune_code, connected, units.", metavar="FILE")
    ] = None,
    edition: EditionOption = "2020-01",
    edition_table: EditionTableOption = None,
    fallback_min_dbm: Annotated[
        float, typer.Option(help="Weaker coverage does not count as a site's fallback.", metavar="DBM")
    ] = -105.0,
    cache: CacheOption = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Keep and use no merged layers.")] = False,
    jobs: JobsOption = None,
    scheduler: Annotated[
        str | None,
        typer.Option(help="A dask scheduler, whose workers do the geometry of a country.", metavar="ADDRESS"),
    ] = None,
) -> None:
    """Measure which share of each commune the operators' layers cover."""
    if context.invoked_subcommand is not None:
        return
    if output is None:
        fail("phusong coverage: --out is missing: name the folder to write to")
    with geodata_errors():
        from phusong.coverage.run import CoverageRequest

        from .coverage_command import layer_specs, run_coverage

        request = CoverageRequest(
            layers=layer_specs(layer or (), layers or ()),
            out_dir=output,
            edition=edition,
            edition_table=edition_table,
            boundaries=boundaries,
            population=population,
            sites=sites,
            schools=schools,
            hospitals=hospitals,
            classes=classes,
            broadband=broadband,
            fallback_min_dbm=fallback_min_dbm,
            cache=None if no_cache else cache or output / ".cache",
        )
        run_coverage(request, jobs, scheduler, err, tell)


@coverage.command()
def plan(
    output: Annotated[Path, typer.Option("--out", help="The folder to write to.", metavar="DIR")],
    layer: LayerOption = None,
    layers: LayersOption = None,
    technology: Annotated[str, typer.Option(help="Whose gaps: 2G, 3G, 4G or 5G.")] = "4G",
    operator: Annotated[str, typer.Option(help="Of which operator; any: of all together.")] = "any",
    min_dbm: Annotated[float | None, typer.Option(help="Weaker coverage counts as none.", metavar="DBM")] = None,
    edition: EditionOption = "2020-01",
    boundaries: BoundariesOption = None,
    population: PopulationOption = None,
    sites: PlacesOption = None,
    schools: SchoolsOption = None,
    hospitals: HospitalsOption = None,
    settlements: Annotated[
        Path | None,
        typer.Option(help="Named places beside gaps: a table with name, lat, lon.", metavar="FILE"),
    ] = None,
    candidates: Annotated[
        Path | None,
        typer.Option(help="Where masts could stand: a table with id, lat, lon, or polygons.", metavar="FILE"),
    ] = None,
    by_commune: Annotated[bool, typer.Option("--by-commune", help="The communes are the candidates.")] = False,
    step_m: Annotated[
        float | None, typer.Option(help="A grid over uncovered land as candidates, this far apart.", metavar="M")
    ] = None,
    served: Annotated[
        Path | None,
        typer.Option(help="What serves already, beside the layers: points or polygons.", metavar="FILE"),
    ] = None,
    lines_of: Annotated[
        Path | None,
        typer.Option("--lines", help="phusong.yaml: rank offices without a line, or isolated.", metavar="FILE"),
    ] = None,
    radius_km: Annotated[float, typer.Option(help="How far a candidate reaches.", metavar="KM")] = 3.0,
    number: Annotated[int, typer.Option(help="How many are ranked.", min=1)] = 10,
    weights: Annotated[
        str, typer.Option(help="What counts how much, e.g. people=1,school=200,hospital=500.", metavar="WEIGHTS")
    ] = "people=1",
    min_gap_km2: Annotated[
        float, typer.Option(help="Smaller uncovered pieces are summed, not listed.", metavar="KM2")
    ] = 1.0,
    sliver_m: Annotated[
        float, typer.Option(help="What is narrower is no gap: neighbours' edges hardly meet.", metavar="M")
    ] = 50.0,
    cache: CacheOption = None,
    jobs: JobsOption = None,
) -> None:
    """Rank where the next masts or lines bring most, and list where nobody covers."""
    with geodata_errors():
        from .coverage_plan import run_coverage_plan

        run_coverage_plan(
            out_dir=output,
            console=out,
            tell=tell,
            layers=layer or (),
            layer_lists=layers or (),
            technology=technology,
            operator=operator,
            min_dbm=min_dbm,
            edition=edition,
            boundaries=boundaries,
            population=population,
            sites=sites,
            schools=schools,
            hospitals=hospitals,
            settlements=settlements,
            candidates=candidates,
            by_commune=by_commune,
            step_m=step_m,
            served=served,
            lines_of=lines_of,
            radius_km=radius_km,
            number=number,
            weights=weights,
            min_gap_km2=min_gap_km2,
            sliver_m=sliver_m,
            cache=cache,
            jobs=jobs,
            progress_console=err,
        )


@coverage.command()
def compare(
    old: Annotated[Path, typer.Argument(help="The folder of the older run.", metavar="OLD")],
    new: Annotated[Path, typer.Argument(help="The folder of the newer run.", metavar="NEW")],
    output: Annotated[Path, typer.Option("--out", help="The folder to write to.", metavar="DIR")],
    population: PopulationOption = None,
    sliver_m: Annotated[
        float, typer.Option(help="Differences narrower than this are noise of digitising.", metavar="M")
    ] = 20.0,
) -> None:
    """Show what two runs of the same edition gained and lost."""
    with geodata_errors():
        from .coverage_compare import run_coverage_compare

        run_coverage_compare(old, new, output, sliver_m=sliver_m, population=population, console=out, tell=tell)


@coverage.command()
def crosswalk(
    run: Annotated[Path, typer.Argument(help="The folder of a run.", metavar="RUN")],
    output: Annotated[Path, typer.Option("--out", help="The folder to write to.", metavar="DIR")],
    edition: Annotated[str, typer.Option("--edition", help="The edition to carry the figures to.")] = "2025-07",
    boundaries: Annotated[
        Path | None,
        typer.Option("--boundaries", help="That edition's boundaries; its table without them.", metavar="FILE"),
    ] = None,
    population: PopulationOption = None,
) -> None:
    """Carry a run's figures to another edition of the communes, with bounds of the error."""
    with geodata_errors():
        from .coverage_compare import run_coverage_crosswalk

        run_coverage_crosswalk(
            run, output, edition=edition, boundaries=boundaries, population=population, console=out, tell=tell
        )


@boundaries_group.command("import")
def import_boundaries(
    file: Annotated[Path, typer.Argument(help="A boundary file of any kind.", metavar="FILE")],
    output: Annotated[Path, typer.Option("--out", help="The GeoPackage to write.", metavar="FILE")],
    edition: Annotated[str, typer.Option("--edition", help="2020-01 or 2025-07; found out without it.")] = "",
    edition_table: EditionTableOption = None,
    code_column: Annotated[str, typer.Option(help="The column of codes.", metavar="NAME")] = "",
    name_column: Annotated[str, typer.Option(help="The column of names.", metavar="NAME")] = "",
    type_column: Annotated[str, typer.Option(help="The column of types (phường, xã).", metavar="NAME")] = "",
    district_column: Annotated[str, typer.Option(help="The column of districts.", metavar="NAME")] = "",
    province_column: Annotated[str, typer.Option(help="The column of provinces.", metavar="NAME")] = "",
    province: Annotated[str, typer.Option(help="Which of them is ours.", metavar="NAME")] = "Quảng Ninh",
    layer_name: Annotated[
        str, typer.Option("--layer", help="Which layer, where the file has several.", metavar="NAME")
    ] = "",
    crs: Annotated[
        str, typer.Option(help="The CRS of a file that names none, e.g. EPSG:5899.", metavar="CRS")
    ] = "",
) -> None:
    """Recognise a boundary file, match its communes, close its seams, write it for phusong coverage."""
    with geodata_errors():
        from phusong.coverage.input.boundary_import import ImportRequest
        from phusong.coverage.input.boundary_kinds import Roles

        from .boundaries_command import run_boundaries_import

        roles = Roles(code_column, name_column, type_column, district_column, province_column)
        request = ImportRequest(file, edition, roles, province, layer_name, crs, edition_table)
        run_boundaries_import(request, output, out, tell)
