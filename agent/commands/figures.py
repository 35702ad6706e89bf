"""``phusong map`` and ``report``: what draws figures and writes files."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from phusong.agent.terminal import (
    DEFAULT_CONFIG,
    ConfigOption,
    err,
    fail,
    geodata_errors,
    input_errors,
    out,
    tell,
)

from .picture_request import PictureRequest

report = typer.Typer(help="Reports of what the agent has recorded.", no_args_is_help=True)


def map_command(
    config: ConfigOption = DEFAULT_CONFIG,
    output: Annotated[
        Path | None, typer.Option("--out", help="The page to write; the one the agent serves without it.")
    ] = None,
    lang: Annotated[str, typer.Option(help="The language of page or picture: vi or en.")] = "vi",
    png: Annotated[
        Path | None,
        typer.Option("--png", help="Write a picture for documents instead of the page.", metavar="FILE"),
    ] = None,
    svg: Annotated[
        Path | None,
        typer.Option("--svg", help="The same, as drawing that stays sharp in any size.", metavar="FILE"),
    ] = None,
    technology: Annotated[
        str | None,
        typer.Option(help="Of a picture: what is shown, such as 4G; the fallback's without it.", metavar="NAME"),
    ] = None,
    operator: Annotated[
        str | None, typer.Option(help="Of a picture: an operator, any or max; any without it.", metavar="NAME")
    ] = None,
    min_dbm: Annotated[
        str | None,
        typer.Option(help="Of a picture: the threshold; none for layers that state none.", metavar="DBM"),
    ] = None,
    measure: Annotated[
        str | None,
        typer.Option(help="Of a picture: area, population, centre, site, school or hospital.", metavar="NAME"),
    ] = None,
    hatches: Annotated[
        bool, typer.Option("--hatches", help="Of a picture: a hatch on every class, for grey prints.")
    ] = False,
    width_mm: Annotated[
        float | None, typer.Option(help="Of a picture: how wide it is; 250 without it.", min=50, max=1000)
    ] = None,
    dpi: Annotated[
        int | None, typer.Option(help="Of a PNG: dots per inch; 200 without it.", min=50, max=600)
    ] = None,
) -> None:
    """Draw the province as one HTML file that needs no network, or as a picture for documents."""
    request = PictureRequest(png, svg, technology, operator, min_dbm, measure, hatches, width_mm, dpi)
    with input_errors(), geodata_errors():
        if png is None and svg is None:
            if request.given():
                fail(f"{', '.join(request.given())}: this is about a picture; name its file with --png or --svg")
            from .map_command import draw_map

            draw_map(config, output, lang, tell)
            return
        if output is not None:
            fail("--out names a page, --png and --svg pictures: one command writes one or the other")
        try:
            from .map_picture import draw_pictures
        except ModuleNotFoundError as error:
            if error.name != "matplotlib":
                raise
            fail("matplotlib is not installed: --png and --svg need it: pip install 'phusong[coverage,report]'")
        draw_pictures(config, request, lang, tell)


@report.command()
def availability(
    config: ConfigOption = DEFAULT_CONFIG,
    month: Annotated[
        str | None,
        typer.Option(help="A month of the province's time; the last complete one without it.", metavar="YYYY-MM"),
    ] = None,
    first: Annotated[
        str | None,
        typer.Option("--from", help="The first day, or a time, instead of a month.", metavar="DATE|TIME"),
    ] = None,
    last: Annotated[
        str | None,
        typer.Option(
            "--to", help="The last day (it belongs to the range), or a time (it does not).", metavar="DATE|TIME"
        ),
    ] = None,
    by: Annotated[str, typer.Option(help="Sum up by link, carrier, district or commune.")] = "link",
    link: Annotated[
        list[str] | None, typer.Option(help="Only this line; may be given several times.", metavar="ID")
    ] = None,
    carrier: Annotated[
        list[str] | None,
        typer.Option(help="Only this carrier's lines; may be given several times.", metavar="NAME"),
    ] = None,
    csv_file: Annotated[
        Path | None, typer.Option("--csv", help="Write the rows, for programs.", metavar="FILE")
    ] = None,
    xlsx_file: Annotated[
        Path | None, typer.Option("--xlsx", help="Write a workbook with a sheet for every level.", metavar="FILE")
    ] = None,
    html_file: Annotated[
        Path | None, typer.Option("--html", help="Write a page with plots, to be read or printed.", metavar="FILE")
    ] = None,
    lang: Annotated[str, typer.Option(help="The language of the report: vi or en.")] = "vi",
    quiet: Annotated[bool, typer.Option("--quiet", help="Print no table.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of the table.")] = False,
) -> None:
    """Availability of the lines in a month or range, with what the carriers promised beside it."""
    from phusong.agent.report.availability_command import Request, run_availability
    from phusong.agent.report.record import RecordError

    request = Request(
        config,
        month,
        first,
        last,
        by,
        link or (),
        carrier or (),
        lang,
        quiet,
        as_json,
        csv_file,
        xlsx_file,
        html_file,
    )
    # With --json standard output belongs to the program that reads it.
    say = partial(print, file=sys.stderr) if as_json else tell
    try:
        with input_errors():
            run_availability(request, datetime.now(UTC), out, err, say)
    except RecordError as error:
        fail(str(error))
    except ModuleNotFoundError as error:
        fail(f"{error.name} is not installed: --html needs it: pip install 'phusong[report]'")
    except OSError as error:
        fail(f"{error.filename or 'a file'}: {error.strerror or error}; choose another place, or make room")
