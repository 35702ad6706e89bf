"""The command line: what users type, which function does it, and the exit codes.

0 is good, 1 a problem was found, 2 wrong use or wrong input. Nothing is decided here. Modules that only some
commands need are imported by them, so that ``phusong run`` never loads the geodata libraries. What is not here
is in ``commands``.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from .commands import asking, figures, geodata, planning
from .logs import set_up_logs
from .terminal import (
    DEFAULT_CONFIG,
    GOOD,
    PROBLEM,
    ConfigOption,
    fail,
    geodata_errors,
    input_errors,
    tell,
)

app = typer.Typer(
    name="phusong",
    help="Polls a province's lines and video endpoints, exports metrics, measures and draws 4G coverage.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


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
    with input_errors():
        settings, inventory = load_all(config)
    try:
        asyncio.run(run_service(config, settings, inventory))
    except StartFailed as error:
        fail(str(error))


@app.command()
def check(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Say everything that is wrong in the configuration and inventory."""
    from .input.event_receivers import unencrypted
    from .input.settings import load_all, load_meetings
    from .polling.snmp_security import weak_choices

    with input_errors():
        settings, inventory = load_all(config)
        meetings, left_out = load_meetings(settings, inventory, datetime.now(UTC))
    for name, weakness in weak_choices(settings.auths):
        print(f"{config}: warning: snmp.auths.{name} has {weakness}", file=sys.stderr)  # noqa: T201
    if unencrypted(settings.events):
        print(f"{config}: warning: events.webhook.url is not encrypted: use https", file=sys.stderr)  # noqa: T201
    for problem in left_out:
        print(problem, file=sys.stderr)  # noqa: T201
    if left_out:
        count = f"{len(left_out)} problem{'s' if len(left_out) != 1 else ''}"
        fail(f"{count} found; these events are left out, {len(meetings)} meetings to come are known.", PROBLEM)
    tell(
        f"{config}: good. {len(inventory.links)} links, {len(inventory.sites)} sites, "
        f"{len(inventory.devices)} devices, {len(inventory.endpoints)} endpoints, "
        f"{len(inventory.services)} services, {len(inventory.maintenance)} maintenance windows"
        + (f", {len(meetings)} meetings to come." if settings.video.meetings else ".")
    )


for command in (asking.poll, asking.status, asking.explain, asking.discover, asking.readiness):
    app.command()(command)
app.add_typer(planning.maintenance, name="maintenance")
app.add_typer(geodata.coverage, name="coverage")
app.add_typer(geodata.boundaries_group, name="boundaries")
app.command(name="map")(figures.map_command)
app.add_typer(figures.report, name="report")


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
        with input_errors():
            run_demo(output, once=once, scale=scale, listen=listen, tell=tell)
    except DemoFailed as error:
        fail(str(error), PROBLEM)


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
    with geodata_errors():
        from .commands.coverage_command import run_demo_coverage

        run_demo_coverage(folder, tell)


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
