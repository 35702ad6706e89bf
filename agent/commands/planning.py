"""``phusong maintenance``: windows added, listed and ended by command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer

from phusong.agent.terminal import (
    DEFAULT_CONFIG,
    ConfigOption,
    fail,
    input_errors,
    out,
    tell,
)

maintenance = typer.Typer(
    help="Maintenance windows beside those of maintenance.csv: the running agent takes them over at once.",
    no_args_is_help=True,
)


@maintenance.command(name="add")
def maintenance_add(
    what: Annotated[str, typer.Argument(help="A link, site, carrier, endpoint or service of the inventory.")],
    reason: Annotated[str, typer.Option(help="Why, for those who read it later.", metavar="TEXT")],
    begin: Annotated[
        str | None, typer.Option("--from", help="Begin, now without it: 2026-10-31T22:00.", metavar="TIME")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="End, not part of the window.", metavar="TIME")] = None,
    length: Annotated[str | None, typer.Option("--for", help="How long: 90m, 2h, 3d.", metavar="LENGTH")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Add a window; times without an offset are Vietnamese time."""
    from phusong.agent.input.typed_window import WindowWords

    from .maintenance_command import run_add

    with _maintenance_errors():
        run_add(config, WindowWords(what, begin, end, length, reason), datetime.now(UTC), tell)


@maintenance.command(name="list")
def maintenance_list(
    over_too: Annotated[bool, typer.Option("--all", help="Those that are over, too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one object per window.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Show the windows that are active or planned, of maintenance.csv and entered by command."""
    from .maintenance_command import as_json as window_objects
    from .maintenance_command import as_table, run_list

    with _maintenance_errors():
        windows = run_list(config, datetime.now(UTC), over_too=over_too)
    if as_json:
        print(json.dumps(window_objects(windows), ensure_ascii=False, indent=1))  # noqa: T201
    elif windows:
        out.print(as_table(windows))
    else:
        tell("No maintenance windows." if over_too else "No maintenance window is active or planned.")


@maintenance.command(name="end")
def maintenance_end(
    window: Annotated[str, typer.Argument(help="Its id, as 'list' shows it.", metavar="ID")],
    at: Annotated[str | None, typer.Option(help="When, now without it: 2026-10-31T23:30.", metavar="TIME")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """End a window that was entered by command, now or at a time to come."""
    from .maintenance_command import run_end

    with _maintenance_errors():
        run_end(config, window, at, datetime.now(UTC), tell)


@contextmanager
def _maintenance_errors() -> Iterator[None]:
    """Let wrong words, bad files and a state file that refuses end in a message."""
    from phusong.agent.input.typed_window import NotAWindow
    from phusong.agent.state.state_access import StateFileProblem

    try:
        with input_errors():
            yield
    except (NotAWindow, StateFileProblem) as error:
        fail(str(error))
