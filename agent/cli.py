"""The command line: what users type, which function does it, and the exit codes.

0 is good, 1 a problem was found, 2 wrong use or wrong input. Nothing is decided here. Modules that only some
commands need are imported by them, so that ``phusong run`` never loads the geodata libraries.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import Progress

from .input.problems import InputProblems
from .logs import set_up_logs

GOOD, PROBLEM, WRONG_USE = 0, 1, 2
DEFAULT_CONFIG = Path("phusong.yaml")

app = typer.Typer(
    name="phusong",
    help="Polls a province's lines and video endpoints, exports metrics, measures and draws 4G coverage.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
maintenance = typer.Typer(
    help="Maintenance windows beside those of maintenance.csv: the running agent takes them over at once.",
    no_args_is_help=True,
)
app.add_typer(maintenance, name="maintenance")
report_app = typer.Typer(help="Reports of what the agent has recorded.", no_args_is_help=True)
app.add_typer(report_app, name="report")
out = Console(width=None if sys.stdout.isatty() else 200)
err = Console(stderr=True)

ConfigOption = Annotated[Path, typer.Option("--config", help="The configuration file.", metavar="FILE")]


@contextmanager
def _input_errors() -> Iterator[None]:
    """Print everything that is wrong in the input, a line each, and exit."""
    try:
        yield
    except InputProblems as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)  # noqa: T201 - one line each, never wrapped: editors jump to the place
        count = len(error.problems)
        _fail(f"{count} problem{'s' if count != 1 else ''} found.")


def _fail(message: str, code: int = WRONG_USE) -> NoReturn:
    print(message, file=sys.stderr)  # noqa: T201
    raise typer.Exit(code)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"phusong {version('phusong')}")  # noqa: T201
        raise typer.Exit(GOOD)


@app.callback()
def _options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    set_up_logs()  # events go to standard error, where they are not taken for a command's answer


@app.command()
def run(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Run the agent: poll, judge, serve /metrics, until SIGTERM. SIGHUP reads the files again."""
    from .input.settings import load_all
    from .service import StartFailed, run_service

    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until there is something to reload
    with _input_errors():
        settings, inventory = load_all(config)
    try:
        asyncio.run(run_service(config, settings, inventory))
    except StartFailed as error:
        _fail(str(error))


@app.command()
def check(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Say everything that is wrong in the configuration and inventory."""
    from .input.event_receivers import unencrypted
    from .input.settings import load_all
    from .polling.snmp_security import weak_choices

    with _input_errors():
        settings, inventory = load_all(config)
    for name, weakness in weak_choices(settings.auths):
        print(f"{config}: warning: snmp.auths.{name} has {weakness}", file=sys.stderr)  # noqa: T201
    if unencrypted(settings.events):
        print(f"{config}: warning: events.webhook.url is not encrypted: use https", file=sys.stderr)  # noqa: T201
    _tell(
        f"{config}: good. {len(inventory.links)} links, {len(inventory.sites)} sites, "
        f"{len(inventory.devices)} devices, {len(inventory.endpoints)} endpoints, "
        f"{len(inventory.maintenance)} maintenance windows."
    )


@app.command()
def poll(
    config: ConfigOption = DEFAULT_CONFIG,
    device: Annotated[str | None, typer.Option(help="Only the links of this device.", metavar="ID")] = None,
    link: Annotated[str | None, typer.Option(help="Only this link.", metavar="ID")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one object per link or endpoint.")] = False,
) -> None:
    """Ask once and show what was read. Exits with 1 when anything is neither up nor in maintenance."""
    from phusong.agent.commands import poll_once

    from .input.settings import load_all

    with _input_errors():
        settings, inventory = load_all(config)
    try:
        inventory = poll_once.part_of(inventory, device=device, link=link)
    except LookupError as error:
        _fail(str(error.args[0]))
    with Progress(console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task("Polling", total=None)
        try:
            snapshot = asyncio.run(
                poll_once.poll_once(
                    settings,
                    inventory,
                    lambda done, total: progress.update(task, completed=done, total=total),
                )
            )
        except OSError as error:
            _fail(str(error))
    if as_json:
        print(json.dumps(poll_once.as_json(snapshot), ensure_ascii=False, indent=1))  # noqa: T201
    else:
        for table in poll_once.as_tables(snapshot, out.width):
            out.print(table)
    verdicts = [*(row.verdict for row in snapshot.links), *(row.verdict for row in snapshot.endpoints)]
    if not all(verdict in poll_once.GOOD for verdict in verdicts):
        raise typer.Exit(PROBLEM)


@app.command()
def status(
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Ask the running agent how it is. Exits with 1 when none runs."""
    from .commands.ask_agent import AskError, NoAgent
    from .commands.status_command import ask_status, status_lines

    try:
        with _input_errors():
            answer = ask_status(config)
    except AskError as error:
        _fail(str(error), PROBLEM if isinstance(error, NoAgent) else WRONG_USE)
    for line in [json.dumps(answer)] if as_json else status_lines(answer):
        print(line)  # noqa: T201


@app.command()
def explain(
    item_id: Annotated[str, typer.Argument(help="The id of a line, an endpoint or an office.", metavar="ID")],
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one object per explanation.")] = False,
) -> None:
    """Ask the running agent why something has its verdict: facts and ages, the rule, what would change it."""
    from .commands.ask_agent import AskError, NoAgent
    from .commands.explain_command import ask_explanations, lay_out

    with _input_errors():
        try:
            explanations = ask_explanations(config, item_id)
        except AskError as error:
            _fail(str(error), PROBLEM if isinstance(error, NoAgent) else WRONG_USE)
    if as_json:
        print(json.dumps(explanations, ensure_ascii=False, indent=1))  # noqa: T201
        return
    for explanation in explanations:
        for part in lay_out(explanation):
            out.print(part)


@maintenance.command(name="add")
def maintenance_add(
    what: Annotated[str, typer.Argument(help="A link, site, carrier or endpoint of the inventory.")],
    reason: Annotated[str, typer.Option(help="Why, for those who read it later.", metavar="TEXT")],
    begin: Annotated[
        str | None, typer.Option("--from", help="Begin, now without it: 2026-10-31T22:00.", metavar="TIME")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="End, not part of the window.", metavar="TIME")] = None,
    length: Annotated[str | None, typer.Option("--for", help="How long: 90m, 2h, 3d.", metavar="LENGTH")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Add a window; times without an offset are Vietnamese time."""
    from .commands.maintenance_command import run_add
    from .input.typed_window import WindowWords

    with _maintenance_errors():
        run_add(config, WindowWords(what, begin, end, length, reason), datetime.now(UTC), _tell)


@maintenance.command(name="list")
def maintenance_list(
    over_too: Annotated[bool, typer.Option("--all", help="Those that are over, too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one object per window.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Show the windows that are active or planned, of maintenance.csv and entered by command."""
    from .commands.maintenance_command import as_json as window_objects
    from .commands.maintenance_command import as_table, run_list

    with _maintenance_errors():
        windows = run_list(config, datetime.now(UTC), over_too=over_too)
    if as_json:
        print(json.dumps(window_objects(windows), ensure_ascii=False, indent=1))  # noqa: T201
    elif windows:
        out.print(as_table(windows))
    else:
        _tell("No maintenance windows." if over_too else "No maintenance window is active or planned.")


@maintenance.command(name="end")
def maintenance_end(
    window: Annotated[str, typer.Argument(help="Its id, as 'list' shows it.", metavar="ID")],
    at: Annotated[str | None, typer.Option(help="When, now without it: 2026-10-31T23:30.", metavar="TIME")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """End a window that was entered by command, now or at a time to come."""
    from .commands.maintenance_command import run_end

    with _maintenance_errors():
        run_end(config, window, at, datetime.now(UTC), _tell)


@contextmanager
def _maintenance_errors() -> Iterator[None]:
    """Let wrong words, bad files and a state file that refuses end in a message."""
    from .input.typed_window import NotAWindow
    from .state.state_access import StateFileProblem

    try:
        with _input_errors():
            yield
    except (NotAWindow, StateFileProblem) as error:
        _fail(str(error))


@app.command()
def discover(
    addresses: Annotated[
        list[str] | None, typer.Argument(help="Addresses, host names, or ranges like 192.0.2.0/28.")
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    auth: Annotated[
        list[str] | None,
        typer.Option(help="Credentials of phusong.yaml to try; several are tried in this order.", metavar="NAME"),
    ] = None,
    list_file: Annotated[
        Path | None,
        typer.Option("--list", help="CSV: address, and port, auth, site_id, device_id if wanted.", metavar="FILE"),
    ] = None,
    port: Annotated[int, typer.Option(help="The UDP port of the addresses.", min=1, max=65535)] = 161,
    output: Annotated[
        Path | None, typer.Option("--out", help="Write rows for the inventory into this folder.", metavar="DIR")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over files that are there.")] = False,
    walk: Annotated[
        str, typer.Option(help="Show this subtree instead, named or in numbers.", metavar="OBJECT")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one object per device.")] = False,
) -> None:
    """Ask devices who they are: vendor, model, profile, interfaces, and rows for devices.csv and links.csv."""
    from .discover.discover_command import NothingToAsk, Request, run_discover
    from .logs import set_up_logs

    set_up_logs()
    request = Request(config, addresses or (), list_file, auth or (), port, output, force, walk, as_json)
    try:
        with _input_errors():
            is_good = run_discover(request, out, err, lambda line: print(line, file=sys.stderr))  # noqa: T201
    except (NothingToAsk, OSError) as error:
        _fail(str(error))
    if not is_good:
        raise typer.Exit(PROBLEM)


@app.command()
def coverage(
    layer: Annotated[
        list[str],
        typer.Option(
            help="A coverage file and what it shows; may be given several times: "
            "FILE,operator=X,technology=4G[,min_dbm=-105][,date=2026-06-30]",
            metavar="LAYER",
        ),
    ],
    output: Annotated[Path, typer.Option("--out", help="The folder to write to.", metavar="DIR")],
    boundaries: Annotated[
        Path | None, typer.Option(help="The communes' boundaries; schematic ones without it.", metavar="FILE")
    ] = None,
    sites: Annotated[
        Path | None, typer.Option(help="sites.csv: also tell which operators cover each site.", metavar="FILE")
    ] = None,
    edition: Annotated[str, typer.Option(help="The edition of the communes: 2020-01 or 2025-07.")] = "2020-01",
    fallback_min_dbm: Annotated[
        float, typer.Option(help="Weaker coverage does not count as a site's fallback.", metavar="DBM")
    ] = -105.0,
) -> None:
    """Measure which share of each commune the operators' layers cover."""
    with _geodata_errors():
        from .commands.coverage_command import run_coverage

        run_coverage(boundaries, layer, sites, edition, output, fallback_min_dbm, _tell)


@app.command(name="map")
def map_command(
    config: ConfigOption = DEFAULT_CONFIG,
    output: Annotated[
        Path | None, typer.Option("--out", help="The page to write; the one the agent serves without it.")
    ] = None,
    lang: Annotated[str, typer.Option(help="The language of the page: vi or en.")] = "vi",
) -> None:
    """Draw the province as one HTML file that needs no network."""
    with _input_errors(), _geodata_errors():
        from .commands.map_command import draw_map

        draw_map(config, output, lang, _tell)


@report_app.command()
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
    from .report.availability_command import Request, run_availability
    from .report.record import RecordError

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
    tell = partial(print, file=sys.stderr) if as_json else _tell
    try:
        with _input_errors():
            run_availability(request, datetime.now(UTC), out, err, tell)
    except RecordError as error:
        _fail(str(error))
    except ModuleNotFoundError as error:
        _fail(f"{error.name} is not installed: --html needs it: pip install 'phusong[report]'")
    except OSError as error:
        _fail(f"{error.filename or 'a file'}: {error.strerror or error}; choose another place, or make room")


@app.command()
def demo(
    output: Annotated[Path, typer.Option("--out", help="The folder to write to.", metavar="DIR")] = Path("out"),
    once: Annotated[bool, typer.Option("--once", help="One pass: write everything and exit.")] = False,
    scale: Annotated[int, typer.Option(help="So many times 345 lines and 239 endpoints.", min=1, max=100)] = 1,
    listen: Annotated[str, typer.Option(help="Where to serve; port 0 takes a free one.")] = "127.0.0.1:9780",
) -> None:
    """Simulate a province and watch it: agent, metrics, coverage, map."""
    from .commands.demo import DemoFailed, run_demo

    try:
        with _input_errors():
            run_demo(output, once=once, scale=scale, listen=listen, tell=_tell)
    except DemoFailed as error:
        _fail(str(error), PROBLEM)


@app.command(hidden=True)
def simulate(
    output: Annotated[Path, typer.Option("--out", help="Where to write the inventory and phusong.yaml.")],
    scale: Annotated[int, typer.Option(min=1, max=100)] = 1,
    seed: int = 22,
    port: int = 0,
    echo_port: int = 0,
    trap_port: Annotated[int, typer.Option(help="Where hubs send linkDown and linkUp; none without it.")] = 0,
    listen: str = "127.0.0.1:9780",
    with_parent: Annotated[bool, typer.Option("--with-parent", help="End when standard input ends.")] = False,
) -> None:
    """Serve the simulated province on loopback addresses, until SIGTERM."""
    from .commands.demo import serve_province

    serve_province(
        output,
        scale=scale,
        seed=seed,
        port=port,
        echo_port=echo_port,
        trap_port=trap_port,
        listen=listen,
        with_parent=with_parent,
    )


@app.command(name="demo-coverage", hidden=True)
def demo_coverage(folder: Path) -> None:
    """Measure the demonstration's synthetic layers."""
    with _geodata_errors():
        from .commands.coverage_command import run_demo_coverage

        run_demo_coverage(folder, _tell)


def _tell(message: str) -> None:
    """Print a line of progress."""
    out.print(message, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def _geodata_errors() -> Iterator[None]:
    """Let the absence of the geodata libraries, bad files and full disks end in a message."""
    try:
        yield
    except ModuleNotFoundError as error:
        _fail(f"{error.name} is not installed: install phusong with its extra: pip install 'phusong[coverage]'")
    except InputProblems:
        raise
    except OSError as error:
        _fail(f"{error.filename or 'a file'}: {error.strerror or error}; choose another place, or make room")
    except (ValueError, RuntimeError) as error:
        _fail(str(error))


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
