"""``phusong discover``: reads what to ask, runs the survey with a progress bar, shows and writes what was found.

What is asked of a device is in ``collectors``, what it means in ``findings``, how it looks in ``discover_report``.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from phusong.agent.daemon import make_pinger
from phusong.agent.input.asked_devices import (
    AskedDevice,
    KnownRows,
    asked_by_words,
    check_auths,
    known_rows,
    read_list,
)
from phusong.agent.input.config import Config
from phusong.agent.input.credentials import credentials_of
from phusong.agent.input.inventory_columns import DEVICES, ENDPOINTS, LINKS
from phusong.agent.input.mib_objects import read_objects
from phusong.agent.input.problems import InputProblems, Problem
from phusong.agent.input.profile_files import packaged_folder
from phusong.agent.input.settings import load_without_inventory
from phusong.agent.input.yaml_text import YamlDocument
from phusong.agent.spreadsheet_csv import csv_text
from phusong.agent.whole_file import write_whole
from phusong.collectors.first_contact import Contact
from phusong.collectors.host_address import HostAddresses
from phusong.collectors.object_names import ObjectNames, UnknownObject, object_names
from phusong.collectors.profile import MibObject
from phusong.collectors.reachability import PingUnavailable
from phusong.collectors.snmp.ber import Oid
from phusong.collectors.snmp.client import SnmpClient

from . import discover_report as report
from .discovered_rows import DISCOVERED_COLUMNS, INTERFACE_COLUMNS, interface_rows, inventory_files
from .findings import Findings, make_findings
from .survey import Outcome, Tools, survey

INTERFACES_FILE: Final = "interfaces.csv"
DISCOVERED_FILE: Final = "discovered.csv"
WRITTEN: Final = (DEVICES.file, LINKS.file, ENDPOINTS.file, INTERFACES_FILE, DISCOVERED_FILE)


class NothingToAsk(ValueError):
    """Neither an address nor a list was given, or a word has no meaning; the message says what to write."""


@dataclass(frozen=True, slots=True)
class Request:
    """What was typed."""

    config: Path
    words: Sequence[str] = ()
    list_file: Path | None = None
    auths: Sequence[str] = ()
    port: int = 161
    output: Path | None = None
    force: bool = False
    walk: str = ""
    as_json: bool = False


def run_discover(request: Request, out: Console, err: Console, tell: Callable[[str], None]) -> bool:
    """Ask, show and write; return whether everybody who was named answered, and nothing is to be corrected.

    Raises
    ------
    InputProblems, NothingToAsk
        Something is wrong with what was typed or with a file; nobody has been asked.
    OSError
        A file cannot be written.
    """
    config, document = load_without_inventory(request.config)
    names = object_names(_known_objects(config))
    root = _walk_root(request, names)
    asked = _whom_to_ask(request, config)
    _check_output(request)
    outcomes, is_cut = asyncio.run(_ask(asked, config, root, err))
    if is_cut:
        tell(f"interrupted: {len(outcomes)} of {len(asked)} devices were asked")
    if root:
        _show_walks(outcomes, names, out, as_json=request.as_json, tell=tell)
        return not is_cut and all(_is_good(outcome) for outcome in outcomes)
    known = known_rows(config.inventory)
    findings = make_findings(outcomes, config.profiles, known)
    _show(findings, names, out, as_json=request.as_json)
    for line in _silent_ranges(outcomes):
        tell(line)
    advice = list(_advice(outcomes, document))
    for line in advice:
        tell(line)
    if request.output:
        _write(request.output, findings, known, tell)
    return not is_cut and not advice and all(_is_good(outcome) for outcome in outcomes)


def _known_objects(config: Config) -> list[MibObject]:
    """Return the objects of the packaged profiles, and of the folder of own ones where it describes any."""
    own = {Path(profile.file).parent for profile in config.profiles if profile.file}
    files = dict.fromkeys(folder / "objects.csv" for folder in (packaged_folder(), *own))
    return [row.object for file in files if file.is_file() for row in read_objects(file)[0]]


def _walk_root(request: Request, names: ObjectNames) -> Oid:
    if not request.walk:
        return ()
    if request.output:
        raise NothingToAsk("--walk shows one subtree and writes nothing: leave --out out")
    try:
        return names.find(request.walk)
    except UnknownObject as error:
        raise NothingToAsk(f"--walk: {error}") from None


def _whom_to_ask(request: Request, config: Config) -> list[AskedDevice]:
    if not request.words and not request.list_file:
        raise NothingToAsk("name an address, as in phusong discover --auth NAME 192.0.2.1, or a list with --list")
    auths = check_auths(request.auths, config.auths) if request.words or request.auths else ()
    if not auths and len(config.auths) == 1:
        auths = tuple(config.auths)
    asked = asked_by_words(request.words, request.port, auths)
    if request.list_file:
        asked += read_list(request.list_file, config.auths, auths)
    return asked


def _check_output(request: Request) -> None:
    """Refuse before anybody is asked to write over what is there."""
    if request.output is None or request.force:
        return
    there = [request.output / name for name in WRITTEN if (request.output / name).exists()]
    if there:
        remedy = "choose another folder, or write over it with --force"
        raise InputProblems(Problem(str(path), 0, "", "exists already", remedy) for path in there)


async def _ask(
    asked: Sequence[AskedDevice], config: Config, root: Oid, err: Console
) -> tuple[list[Outcome], bool]:
    try:
        pinger = make_pinger(config.ping)
    except PingUnavailable:
        pinger = None
    names = {name for device in asked for name in device.auths}
    credentials = {name: credentials_of(config.auths[name]) for name in names}
    bar = Progress(
        TextColumn("Asking"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TextColumn("{task.description}"),
        console=err, transient=True, disable=not err.is_terminal,
    )  # fmt: skip
    done = 0
    try:
        with SnmpClient() as client, bar:
            client.limit_requests(config.poll.requests_per_second)
            task = bar.add_task("", total=len(asked))

            def progress(outcome: Outcome) -> None:
                nonlocal done
                done += 1
                bar.update(task, completed=done, description=report.place_of(outcome))
                if not err.is_terminal and len(asked) > 1:
                    line = f"{done}/{len(asked)} {report.summary_line(outcome)}"
                    err.print(line, markup=False, highlight=False, soft_wrap=True)

            tools = Tools(client, pinger, HostAddresses(time.monotonic), credentials, config.poll, root)
            return await survey(asked, tools, progress)
    finally:
        if pinger:
            pinger.close()


def _is_good(outcome: Outcome) -> bool:
    """Tell whether nothing is wrong: the device was read as a whole, or an address of a range has no agent."""
    if not outcome.asked.is_expected and outcome.reason in ("unreachable", "no_agent"):
        return True
    return outcome.answered and not outcome.problem


def _show(findings: Findings, names: ObjectNames, out: Console, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(report.as_objects(findings, names), ensure_ascii=False, indent=1))  # noqa: T201
    elif len(findings.all) == 1:
        finding = findings.all[0]
        out.print(report.facts_table(finding, names))
        if finding.device and finding.device.discovery.interfaces:
            out.print(report.interfaces_table(finding.device, findings, out.width))
    else:
        if findings.devices:
            out.print(report.devices_table(findings, out.width))
        for line in report.note_lines(findings):
            out.print(line, markup=False, highlight=False, soft_wrap=True)


def _show_walks(
    outcomes: Sequence[Outcome], names: ObjectNames, out: Console, *, as_json: bool, tell: Callable[[str], None]
) -> None:
    if as_json:
        print(json.dumps(report.walk_objects(outcomes, names), ensure_ascii=False, indent=1))  # noqa: T201
        return
    for outcome in outcomes:
        if len(outcomes) > 1:
            out.print(f"# {report.place_of(outcome)}", markup=False, highlight=False, soft_wrap=True)
        for line in report.walk_lines(outcome, names):
            out.print(line, markup=False, highlight=False, soft_wrap=True)
        if outcome.problem:
            tell(f"{report.place_of(outcome)}: {outcome.problem}")
        elif outcome.walked and not outcome.walked.rows:
            tell(f"{report.place_of(outcome)}: there is nothing below that object")


def _silent_ranges(outcomes: Sequence[Outcome]) -> Iterator[str]:
    in_ranges = [outcome for outcome in outcomes if not outcome.asked.is_expected]
    silent = sum(outcome.is_silent for outcome in in_ranges)
    if silent:
        yield f"{silent} of {len(in_ranges)} addresses in ranges gave no answer at all"


def _advice(outcomes: Sequence[Outcome], document: YamlDocument) -> Iterator[str]:
    """Say which lines of phusong.yaml must be changed: where devices make their AES keys the other way."""
    contacts = [outcome.contact for outcome in outcomes if isinstance(outcome.contact, Contact)]
    as_configured = Counter(contact.auth for contact in contacts if contact.works_with is None)
    otherwise = Counter((contact.auth, contact.works_with) for contact in contacts if contact.works_with)
    for (auth, cipher), count in otherwise.items():
        path = ("snmp", "auths", auth)
        line, _ = document.value_mark((*path, "priv"))
        devices = f"{count} device{'s' if count != 1 else ''} answer{'s' if count == 1 else ''} with {cipher}"
        if as_configured[auth]:
            remedy = (
                f"leave it for the {as_configured[auth]} that answer as it is, and add an entry beside it with "
                f"priv: {cipher} for the others"
            )
        else:
            remedy = f"write priv: {cipher} (the other key extension of the same cipher)"
        yield f"{document.file}:{line}: snmp.auths.{auth}.priv: {devices} only; {remedy}"


def _write(folder: Path, findings: Findings, known: KnownRows, tell: Callable[[str], None]) -> None:
    """Write the files and say what is in them."""
    files = inventory_files(findings.devices, findings.lines, known.link_ids)
    reasons = findings.line_reasons
    files[INTERFACES_FILE] = csv_text(INTERFACE_COLUMNS, interface_rows(findings.devices, reasons))
    files[DISCOVERED_FILE] = csv_text(DISCOVERED_COLUMNS, report.report_rows(findings))
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        write_whole(folder / name, text.encode())
        rows = text.count("\r\n") - 1
        tell(f"{folder / name}: {rows} row{'s' if rows != 1 else ''}")
    if any(device.is_new for device in findings.devices):
        tell(
            "fill in what no device knows (site_id, carrier, contracted rates) and put the rows into the "
            "inventory; 'phusong check' names each cell that is missing"
        )
