"""``phusong coverage`` with what belongs to it: what computes figures from geodata and writes files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from phusong.agent.terminal import err, fail, geodata_errors, tell

coverage = typer.Typer(help="Measure which share of each commune the operators' layers cover.")

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
PopulationOption = Annotated[
    Path | None,
    typer.Option(
        "--population",
        help="People: a GeoTIFF of persons per cell, or a table with lat, lon, people.",
        metavar="FILE",
    ),
]


@coverage.callback(invoke_without_command=True)
def measure(
    context: typer.Context,
    layer: LayerOption = None,
    layers: LayersOption = None,
    output: Annotated[Path | None, typer.Option("--out", help="The folder to write to.", metavar="DIR")] = None,
    boundaries: BoundariesOption = None,
    population: PopulationOption = None,
    sites: Annotated[
        Path | None, typer.Option(help="sites.csv: also tell which operators cover each site.", metavar="FILE")
    ] = None,
    schools: Annotated[
        Path | None, typer.Option(help="Schools: a table with id, lat, lon.", metavar="FILE")
    ] = None,
    hospitals: Annotated[
        Path | None, typer.Option(help="Hospitals and clinics: a table with id, lat, lon.", metavar="FILE")
    ] = None,
    classes: Annotated[
        Path | None, typer.Option(help="A table with commune_code, class: remote, border, island.", metavar="FILE")
    ] = None,
    broadband: Annotated[
        Path | None, typer.Option(help="A table with commune_code, connected, units.", metavar="FILE")
    ] = None,
    edition: EditionOption = "2020-01",
    fallback_min_dbm: Annotated[
        float, typer.Option(help="Weaker coverage does not count as a site's fallback.", metavar="DBM")
    ] = -105.0,
    cache: Annotated[
        Path | None,
        typer.Option(help="The folder of merged layers; .cache in the folder of --out without it.", metavar="DIR"),
    ] = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Keep and use no merged layers.")] = False,
    jobs: Annotated[
        int | None, typer.Option(help="Threads for the geometry; one per core without it.", min=1, max=256)
    ] = None,
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
