"""What people read is true: links, commands, keys and columns, and nothing of the machine it was written on."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_origin

import pytest
import typer
from readiness_made import full_report

from phusong.agent.cli import app
from phusong.agent.discover.discovered_rows import DISCOVERED_COLUMNS, INTERFACE_COLUMNS
from phusong.agent.input.asked_devices import LIST
from phusong.agent.input.config import Config
from phusong.agent.input.config_shape import CommunityShape, ConfigShape, UsmShape
from phusong.agent.input.csv_table import TableSpec
from phusong.agent.input.inventory_columns import (
    DEVICES,
    ENDPOINTS,
    LINKS,
    SERVICES,
    SITES,
    maintenance_spec,
)
from phusong.agent.input.service_cells import OF_ENDPOINTS
from phusong.agent.input.settings import LOCAL_TIME, load_all
from phusong.agent.input.shape import Shape
from phusong.agent.input.video_shape import AccountShape
from phusong.agent.inventory import Inventory
from phusong.agent.readiness.as_json import report_to_csv, report_to_json
from phusong.agent.readiness.judge import SERIOUS_FAULTS
from phusong.agent.readiness.readiness import Reason
from phusong.agent.security_events import FORGERIES, REFUSALS
from phusong.collectors.call_readings import ServiceKind, ServiceState
from phusong.collectors.first_contact import NO_ENCRYPTION, WRONG_PRIVACY
from phusong.collectors.snmp.errors import SnmpError
from phusong.collectors.video.profiles import NAMES
from phusong.coverage.output import tables
from phusong.coverage.output.tables import REPAIR_COLUMNS
from phusong.exporters.events import Event, EventKind, EventObject, Severity, events_to_json
from phusong.exporters.snapshot import ENDPOINT_VERDICTS, LINK_VERDICTS, Isolation, ServiceVerdict
from phusong.exporters.webhook import signature

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/*.md"),
        *ROOT.glob("docs/runbooks/*.md"),
        ROOT / "coverage/data/SOURCES.md",
    ]
)
FOLDERS = (".ci", "agent", "collectors", "coverage", "docs", "exporters", "maps", "systemd", "tests")
READMES = (ROOT / "README.md", ROOT / "README.vi.md")


def _options(command: Any) -> set[str]:
    """Return the options of a command, and of the commands below it."""
    own = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    return own.union(*map(_options, getattr(command, "commands", {}).values()))


COMMANDS = {
    name: _options(command)
    for name, command in typer.main.get_command(app).commands.items()  # type: ignore[attr-defined]
}

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def _text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def _code(text: str) -> list[str]:
    """Return the lines of all fenced blocks, joined where they go on, and all inline code."""
    fenced = re.findall(r"^ *```\w*\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL))
    return [line for block in fenced for line in block.replace("\\\n", " ").splitlines()] + inline


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", _text(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _section(page: str, heading: str) -> str:
    """Return a section of a page of docs/ up to the next heading of its level or above."""
    level = heading.partition(" ")[0]
    rest = _text(ROOT / "docs" / page).partition(f"\n{heading}\n")[2]
    assert rest, f"{page} has no section {heading!r}"
    return re.split(rf"^#{{1,{len(level)}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def _names(section: str) -> list[str]:
    """Return the code in the first column of the section's tables."""
    return re.findall(r"^\| `([^`]+)`", section, re.MULTILINE)


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link and picture is a file of the project, every anchor a heading."""
    targets = re.findall(r"\]\(([^)\s]+)\)", _text(page))
    broken = []
    for target in targets:
        file, _, anchor = target.partition("#")
        path = (page.parent / file).resolve() if file else page
        if "://" in target:
            continue
        if not path.is_relative_to(ROOT) or not path.exists() or (anchor and anchor not in _anchors(path)):
            broken.append(target)
    assert broken == []


@each_page
def test_commands_and_options_exist(page: Path) -> None:
    """A command line in a document can be typed."""
    wrong = []
    for line in _code(_text(page)):
        for command, rest in re.findall(r"\bphusong ([a-z][a-z-]*)\b([^|;#`]*)", line):
            options = re.findall(r"(?<!\S)--[a-z-]+", rest)
            wrong += [
                f"phusong {command} {option}" for option in options if option not in COMMANDS.get(command, ())
            ]
            wrong += [f"phusong {command}"] * (command not in COMMANDS)
        if line.startswith("--") and line.split("=")[0].split()[0] not in set().union(*COMMANDS.values()):
            wrong.append(line)
    assert wrong == []


def test_every_command_is_in_both_readmes() -> None:
    """A new command is shown to those who look for one; hidden ones are not."""
    hidden = {name for name, command in typer.main.get_command(app).commands.items() if command.hidden}  # type: ignore[attr-defined]
    for readme in READMES:
        listed = {name.removeprefix("phusong ") for name in _names(_text(readme)) if name.startswith("phusong ")}
        assert listed == COMMANDS.keys() - hidden, readme.name


def test_options_of_coverage() -> None:
    """Its pages have tables of them."""
    pages = ("coverage", "planning", "changes")
    names = {name for page in pages for name in re.findall(r"`(--[a-z0-9-]+)`", _text(ROOT / f"docs/{page}.md"))}
    options = {name for name in COMMANDS["coverage"] | COMMANDS["boundaries"] if name.startswith("--")}
    assert names >= options - {"--help"}


def test_the_two_commands() -> None:
    """What the first screen says to type is in the Makefile, as is every other target that is named."""
    targets = set(re.findall(r"^([a-z]+):", _text(ROOT / "Makefile"), re.MULTILINE))
    for readme in READMES:
        named = [re.findall(r"^make ([a-z]+)", line) for line in _code(_text(readme))]
        assert {"demo", "test"} <= {target for line in named for target in line} <= targets
    for page in PAGES:
        named = [re.findall(r"(?:^|; |&& )make ([a-z]+)", line) for line in _code(_text(page))]
        assert {target for line in named for target in line} <= targets, page.name


def _keys(shape: type[Shape], before: str = "") -> Iterator[str]:
    for name, field in shape.model_fields.items():
        parts = getattr(field.annotation, "__args__", (field.annotation,))
        blocks = [part for part in parts if isinstance(part, type) and issubclass(part, Shape)]
        if blocks and get_origin(field.annotation) is not dict:
            yield from _keys(blocks[0], f"{before}{name}.")
        else:
            yield f"{before}{name}"


def test_every_key_of_phusong_yaml() -> None:
    """Documented keys exist, and every key is documented."""
    credentials = {*CommunityShape.model_fields, *UsmShape.model_fields}
    known = {
        *_keys(ConfigShape),
        *(f"snmp.auths.NAME.{key}" for key in credentials),
        *(f"video.accounts.NAME.{key}" for key in AccountShape.model_fields),
    } - {"snmp.auths", "video.accounts"}
    assert sorted(_names(_section("configuration.md", "## phusong.yaml"))) == sorted(known)


@pytest.mark.parametrize(
    "spec",
    [SITES, DEVICES, LINKS, ENDPOINTS, SERVICES, maintenance_spec(LOCAL_TIME)],
    ids=lambda spec: spec.file,
)
def test_every_column_of_the_inventory(spec: TableSpec) -> None:
    """Documented columns exist, in the order of the code, and are called required where they are."""
    section = _section("configuration.md", f"### {spec.file}")
    columns = spec.columns
    assert _names(section) == [column.name for column in columns]
    required = re.findall(r"^\| `([^`]+)` \| required \|", section, re.MULTILINE)
    assert required == [column.name for column in columns if column.required]


def test_options_of_maintenance() -> None:
    """Its page has every option of ``add`` in a table, and each of the three commands."""
    text = _text(ROOT / "docs/maintenance.md")
    group = typer.main.get_command(app).commands["maintenance"]  # type: ignore[attr-defined]
    assert set(_names(_section("maintenance.md", "## By command"))) == _options(group.commands["add"]) - {
        "what",
        "--config",
        "--help",
    }
    assert all(f"phusong maintenance {name}" in text for name in group.commands)


def test_options_and_columns_of_discover() -> None:
    """Its page has every option, every reason, and every column that it reads or writes, in their order."""
    assert set(_names(_text(ROOT / "docs/discover.md"))) >= COMMANDS["discover"] - {"--help", "addresses"}
    assert _names(_section("discover.md", "## The list")) == [column.name for column in LIST.columns]
    assert _names(_section("discover.md", "### interfaces.csv")) == list(INTERFACE_COLUMNS)
    assert _names(_section("discover.md", "### discovered.csv")) == list(DISCOVERED_COLUMNS)


def test_every_reason_of_discover() -> None:
    """Whatever way in which a device does not answer is explained."""

    def reasons(error: type[SnmpError]) -> set[str]:
        return {error.reason}.union(*map(reasons, error.__subclasses__()))

    ours = {"unreachable", "no_agent", "not_accepted", "address", "partial", "too_slow", "bug"}
    known = reasons(SnmpError) - {"error"} | {WRONG_PRIVACY, NO_ENCRYPTION} | ours
    rows = re.findall(r"^\| (`.*?) \|", _section("discover.md", "## When a device does not answer"), re.MULTILINE)
    assert {reason for row in rows for reason in re.findall(r"`([^`]+)`", row)} == known


def test_every_column_of_the_results() -> None:
    """The columns of every table stand in the documentation as they are written, and no others."""
    names = [name for name in _names(_section("coverage.md", "## What comes out")) if "." not in name]
    columns = (
        tables.COMMUNE_COLUMNS, tables.UNIT_COLUMNS, tables.FALLBACK_COLUMNS, tables.SDG_COLUMNS,
        tables.CLAIM_COLUMNS, tables.SOURCE_COLUMNS, REPAIR_COLUMNS,
    )  # fmt: skip
    assert set(names) == {name for of_table in columns for name in of_table}


def test_every_verdict() -> None:
    """Each verdict and each state of an office is explained."""
    assert set(_names(_section("verdicts.md", "## Lines"))) == set(LINK_VERDICTS)
    assert _names(_section("verdicts.md", "## Endpoints")) == list(ENDPOINT_VERDICTS)
    assert _names(_section("verdicts.md", "## Services")) == list(ServiceVerdict)
    assert set(_names(_section("verdicts.md", "## Sites: lines and coverage together"))) == set(Isolation)


def test_options_and_reasons_of_readiness() -> None:
    """Its page has every option, every reason in the order of its weight, and every part that keeps out."""
    assert set(_names(_text(ROOT / "docs/readiness.md"))) >= COMMANDS["readiness"] - {"--help"}
    reasons = _section("readiness.md", "## What keeps an endpoint out")
    assert _names(reasons) == list(Reason)
    parts = re.search(r"^\| `fault` \|.*", reasons, re.MULTILINE)
    assert parts
    whole = {"device", "hardware", "system"}
    assert all(part.replace("_", " ") in parts[0] for part in SERIOUS_FAULTS - whole)


def test_keys_and_columns_of_readiness() -> None:
    """Programs find every key of its JSON explained, in their order, and every column of its CSV."""
    section = _section("readiness.md", "## For programs")
    report = full_report()
    document = json.loads(report_to_json(report))
    row = document["rows"][0]
    assert _names(section) == [*document, *row]
    assert all(f"`{key}`" in section for block in ("meeting", "counts") for key in document[block])
    assert all(f"`{key}`" in section for key in row["findings"][0])
    columns = report_to_csv(report).splitlines()[0].removeprefix("\ufeff").split(",")
    assert all(f"`{column}`" in section for column in columns)


def test_profiles_and_services_of_endpoints() -> None:
    """Whatever an endpoint may be read by or asked by, and every answer of a service, is explained."""
    assert _names(_section("video.md", "## Profiles")) == list(NAMES)
    answers = _section("video.md", "## Services")
    assert {name for name in _names(answers) if name in set(ServiceKind)} == set(OF_ENDPOINTS)
    states = _section("services.md", "## States and verdicts")
    assert set(_names(states)) == {*ServiceState, *ServiceVerdict}
    never_of_endpoints = {ServiceState.WRONG_TEXT, ServiceState.BAD_CERTIFICATE}
    assert {state for state in ServiceState if f"`{state}`" in answers} == {*ServiceState} - never_of_endpoints


def test_every_kind_and_field_of_events() -> None:
    """Who receives events finds each kind, each field and each severity explained."""
    assert set(_names(_section("events.md", "## What becomes an event"))) == set(EventKind)
    about = EventObject("link", "l")
    event = Event("e", EventKind.AGENT_STARTED, Severity.NOTICE, 0.0, about)
    (shown,) = json.loads(events_to_json([event]))["events"]
    inner = [f"object.{key}" for key in shown.pop("object")]
    assert sorted(_names(_section("events.md", "## Fields"))) == sorted([*shown, *inner])
    kinds = _section("events.md", "## What becomes an event")
    assert all(f"`{severity.name.lower()}`" in kinds for severity in Severity)
    assert all(f"`{reason}`" in kinds for reason in REFUSALS | FORGERIES)


def test_the_verification_of_the_documentation(tmp_path: Path) -> None:
    """Who copies the program or the shell line verifies what we sign, and refuses what is changed or old."""
    section = _section("events.md", "## Webhook")
    program = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    shell = re.search(r"```sh\n(.*?)```", section, re.DOTALL)
    assert program
    assert shell
    names: dict[str, Any] = {}
    exec(program[1], names)  # it is ours, and this is its test
    key, body, now = b"key-0123456789abcdef", b'{"format":1}', str(int(time.time()))
    signed = signature(key, now, body)
    is_genuine = names["is_genuine"]
    assert is_genuine(key, now, signed, body)
    old = str(int(now) - 301)
    assert not is_genuine(key, old, signature(key, old, body), body)
    assert not is_genuine(key, now, signed, body + b" ")
    assert not is_genuine(b"another", now, signed, body)
    assert not any(is_genuine(key, stamp, "é", body) for stamp in ("", "-1", "1.5", "²", now))
    (tmp_path / "hook-key").write_bytes(key + b"\n")
    (tmp_path / "body.json").write_bytes(body)
    done = subprocess.run(
        ["sh", "-c", shell[1]],
        cwd=tmp_path,
        env={**os.environ, "TIMESTAMP": now},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split()[-1] == signed.removeprefix("v1=")


def test_every_event() -> None:
    """What the agent logs is explained, and nothing else."""
    logged = {
        event
        for folder in ("agent", "collectors", "exporters")
        for file in (ROOT / folder).rglob("*.py")
        for event in re.findall(r'\.(?:info|warning|error|exception|debug)\)?\(\s*"([a-z_]+)"', _text(file))
    } | {"verdict_changed"}
    rows = re.findall(r"^\| (`.*?`) \|", _section("operating.md", "## Logs"), re.MULTILINE)
    assert {event for row in rows for event in re.findall(r"`([^`]+)`", row)} == logged


def _example_of(page: Path) -> dict[str, str]:
    """Return the files of the first example of a page, by name."""
    shown = r"^\*\*`([\w./-]+)`\*\*[^\n]*\n\n```\w*\n(.*?)^```"
    return dict(re.findall(shown, _text(page), re.MULTILINE | re.DOTALL))


def _load(files: Mapping[str, str], folder: Path) -> tuple[Config, Inventory]:
    for name, content in {**files, "wan-community": "example\n"}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    return load_all(folder / "phusong.yaml", environ={})


@pytest.mark.parametrize("page", [*READMES, ROOT / "docs/configuration.md"], ids=lambda page: page.name)
def test_the_example_is_accepted(page: Path, tmp_path: Path) -> None:
    """Who copies the first example has a configuration without a problem."""
    files = _example_of(page)
    assert {"phusong.yaml", "inventory/links.csv"} <= files.keys()
    _, inventory = _load(files, tmp_path)
    assert list(inventory.links) == ["coto-1"]


def test_the_examples_of_endpoints_and_services_are_accepted(tmp_path: Path) -> None:
    """Their tables fit the first example, with the accounts and credentials that their pages name."""
    files = _example_of(ROOT / "docs/configuration.md")
    video, services = (_text(ROOT / f"docs/{name}.md") for name in ("video", "services"))
    for name, page in (("endpoints", video), ("services", services)):
        table = re.search(r"^```csv\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
        assert table
        files[f"inventory/{name}.csv"] = table[1]
    account = re.search(r"^ *(rooms: .*)", video, re.MULTILINE)
    asked = re.search(r"^services: {(.*), ca_file.*", services, re.MULTILINE)
    assert account
    assert asked
    files["phusong.yaml"] += f"video: {{accounts: {{{account[1]}}}}}\nservices: {{{asked[1]}}}\n"
    config, inventory = _load(files | {"rooms-password": "example\n"}, tmp_path)
    assert list(config.video.accounts) == ["rooms"]
    assert len(inventory.endpoints) == 3
    assert {service.kind for service in inventory.services.values()} == {
        ServiceKind.HTTP, ServiceKind.HTTPS, ServiceKind.TCP, ServiceKind.TLS,
    }  # fmt: skip


def _written_files() -> Iterator[tuple[Path, str]]:
    files = [path for path in ROOT.iterdir() if path.is_file()]
    files += [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()]
    for path in files:
        if "__pycache__" not in path.parts and path.name != ".git":
            try:
                yield path, _text(path)
            except UnicodeDecodeError:
                continue


def test_nothing_of_this_machine() -> None:
    """No path of the machine where it was written, and no address of a package index."""
    index = re.compile(r"https?://[^\s\"'<>]*(?:/simple/|pypi\.|pythonhosted\.|registry\.)")
    here = re.compile(rf"(?<![\w./-]){re.escape(str(ROOT))}(?![\w.-])")
    files = list(_written_files())
    assert len(files) > 100
    assert [str(path.relative_to(ROOT)) for path, text in files if index.search(text) or here.search(text)] == []


def test_pictures_fetch_nothing() -> None:
    """A picture made of text names no address but that of its own language, and all pictures are small."""
    pictures = sorted((ROOT / "docs/pictures").iterdir())
    assert [picture.name for picture in pictures] == ["demo.svg", "map.png", "map.vi.png"]
    assert [picture.name for picture in pictures if picture.stat().st_size > 300_000] == []
    addresses = set(re.findall(r"(?:https?:)?//[^\s\"')]+", _text(ROOT / "docs/pictures/demo.svg")))
    assert addresses == {"http://www.w3.org/2000/svg"}
