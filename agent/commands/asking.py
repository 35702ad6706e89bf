"""``phusong poll``, ``status``, ``explain``, ``discover``, ``readiness``: what asks and shows the answer."""

from __future__ import annotations

import asyncio
import json
import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from phusong.agent.logs import set_up_logs
from phusong.agent.terminal import (
    DEFAULT_CONFIG,
    PROBLEM,
    WRONG_USE,
    ConfigOption,
    err,
    fail,
    input_errors,
    out,
    tell,
)


def poll(
    config: ConfigOption = DEFAULT_CONFIG,
    device: Annotated[str | None, typer.Option(help="Only the links of this device.", metavar="ID")] = None,
    link: Annotated[str | None, typer.Option(help="Only this link.", metavar="ID")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one object per link or endpoint.")] = False,
) -> None:
    """Ask once and show what was read. Exits with 1 when anything is neither up nor in maintenance."""
    from phusong.agent.ask_once import ask_once
    from phusong.agent.commands import poll_shown
    from phusong.agent.input.settings import load_all

    with input_errors():
        settings, inventory = load_all(config)
    try:
        inventory = poll_shown.part_of(inventory, device=device, link=link)
    except LookupError as error:
        fail(str(error.args[0]))
    with Progress(console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task("Polling", total=None)
        try:
            snapshot = asyncio.run(
                ask_once(
                    settings,
                    inventory,
                    lambda done, total: progress.update(task, completed=done, total=total),
                )
            )
        except OSError as error:
            fail(str(error))
    if as_json:
        print(json.dumps(poll_shown.as_json(snapshot), ensure_ascii=False, indent=1))  # noqa: T201
    else:
        for table in poll_shown.as_tables(snapshot, out.width):
            out.print(table)
    if not poll_shown.all_good(snapshot):
        raise typer.Exit(PROBLEM)


def status(
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Ask the running agent how it is. Exits with 1 when none runs."""
    from .ask_agent import AskError, NoAgent
    from .status_command import ask_status, status_lines

    try:
        with input_errors():
            answer = ask_status(config)
    except AskError as error:
        fail(str(error), PROBLEM if isinstance(error, NoAgent) else WRONG_USE)
    for line in [json.dumps(answer)] if as_json else status_lines(answer):
        print(line)  # noqa: T201


def explain(
    item_id: Annotated[
        str, typer.Argument(help="The id of a line, an endpoint, a service or an office.", metavar="ID")
    ],
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one object per explanation.")] = False,
) -> None:
    """Ask the running agent why something has its verdict: facts and ages, the rule, what would change it."""
    from .ask_agent import AskError, NoAgent
    from .explain_command import ask_explanations, lay_out

    with input_errors():
        try:
            explanations = ask_explanations(config, item_id)
        except AskError as error:
            fail(str(error), PROBLEM if isinstance(error, NoAgent) else WRONG_USE)
    if as_json:
        print(json.dumps(explanations, ensure_ascii=False, indent=1))  # noqa: T201
        return
    for explanation in explanations:
        for part in lay_out(explanation):
            out.print(part)


def readiness(
    config: ConfigOption = DEFAULT_CONFIG,
    meeting: Annotated[
        str | None,
        typer.Option(help="Only who takes part in this meeting; next for the one that comes.", metavar="ID"),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(help="For a meeting that begins then: maintenance at that time counts.", metavar="TIME"),
    ] = None,
    district: Annotated[str | None, typer.Option(help="Only endpoints in this district.", metavar="NAME")] = None,
    csv_file: Annotated[
        Path | None, typer.Option("--csv", help="Write the rows, for programs.", metavar="FILE")
    ] = None,
    xlsx_file: Annotated[
        Path | None, typer.Option("--xlsx", help="Write a workbook with sums.", metavar="FILE")
    ] = None,
    html_file: Annotated[
        Path | None, typer.Option("--html", help="Write a page, for telephones and paper.", metavar="FILE")
    ] = None,
    lang: Annotated[str, typer.Option(help="The language of the report: vi or en.")] = "vi",
    quiet: Annotated[bool, typer.Option("--quiet", help="Print no table.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of the table.")] = False,
) -> None:
    """Ask every video endpoint who is ready for a meeting, and why not. Exits with 1 when somebody is not."""
    from .readiness_command import Request, run_readiness

    request = Request(config, meeting, at, district, lang, quiet, as_json, csv_file, xlsx_file, html_file)
    # With --json standard output belongs to the program that reads it.
    say = partial(print, file=sys.stderr) if as_json else tell
    try:
        with input_errors():
            everybody = run_readiness(request, out, err, say)
    except OSError as error:
        fail(
            f"{error.filename}: {error.strerror}; choose another place, or make room"
            if error.filename
            else str(error)
        )
    if not everybody:
        raise typer.Exit(PROBLEM)


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
    from phusong.agent.discover.discover_command import NothingToAsk, Request, run_discover

    set_up_logs()
    request = Request(config, addresses or (), list_file, auth or (), port, output, force, walk, as_json)
    try:
        with input_errors():
            is_good = run_discover(request, out, err, lambda line: print(line, file=sys.stderr))  # noqa: T201
    except (NothingToAsk, OSError) as error:
        fail(str(error))
    if not is_good:
        raise typer.Exit(PROBLEM)
