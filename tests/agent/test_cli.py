"""The command line: what it prints, and the exit codes that scripts rely on."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from processes import free_port
from small_province import SmallProvince, write_files
from typer.testing import CliRunner, Result

from phusong.agent import cli, service

INPUT = Path(__file__).parent / "input"
CANARY = "canary-5ecret"
Invoke = Callable[..., Result]


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Run a command in this process; ``run`` would start the service, so reaching it is a failure."""

    async def never(*_: object) -> None:
        raise AssertionError("the service was started")

    monkeypatch.setattr(service, "run_service", never)
    return lambda *arguments: CliRunner().invoke(cli.app, list(map(str, arguments)))


@pytest.mark.parametrize("command", ["check", "run", "poll"])
@pytest.mark.parametrize(
    "case",
    [
        "csv-missing-column",
        "csv-duplicate-id",
        "csv-unknown-device",
        "csv-unknown-commune",
        "csv-wrong-unit",
        "csv-not-utf-8",
        "yaml-typo",
        "secret-is-a-folder",
        "secret-missing",
        "all-at-once",
    ],
)
def test_bad_input_starts_nothing(invoke: Invoke, command: str, case: str) -> None:
    """Every command refuses bad input: each problem on a line of its own, exit code 2, no secret."""
    folder = INPUT / "bad" / case
    result = invoke(command, "--config", folder / "phusong.yaml")
    assert result.exit_code == 2, result.exception
    lines = result.stderr.replace(f"{folder}/", "").splitlines()
    expected = (folder / "expected.txt").read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(expected) + 1
    for line, fragment in zip(lines, expected, strict=False):
        assert fragment in line
    assert CANARY not in result.output


def test_good_input_is_counted(invoke: Invoke) -> None:
    """``check`` says what it found, so that a file that is only half there is noticed."""
    result = invoke("check", "--config", INPUT / "good" / "everything" / "phusong.yaml")
    assert result.exit_code == 0
    assert "good." in result.stdout
    assert "links" in result.stdout


def test_meetings_are_checked(invoke: Invoke, tmp_path: Path) -> None:
    """``check`` counts those to come, and tells what is wrong with their file as with every other."""
    files = SmallProvince(tmp_path)
    write_files(files)
    good = invoke("check", "--config", files.config)
    assert (good.exit_code, good.stderr) == (0, "")
    assert "3 endpoints, 0 services, 0 maintenance windows, 2 meetings to come." in good.stdout
    files.plan(("m1", 1, "hal"), ("m1", 2, "all"))
    bad = invoke("check", "--config", files.config)
    assert bad.exit_code == 2
    assert "meetings.csv:2:endpoints: unknown endpoint 'hal'; did you mean 'hall'?" in bad.stderr
    assert bad.stderr.splitlines()[-1] == "2 problems found."
    files.change("phusong.yaml", "meetings: meetings.csv, ", "")
    without = invoke("check", "--config", files.config)
    assert without.exit_code == 0
    assert "0 maintenance windows." in without.stdout


def test_a_missing_configuration_is_named(invoke: Invoke, tmp_path: Path) -> None:
    """The path that was looked for is in the message."""
    result = invoke("check", "--config", tmp_path / "nowhere.yaml")
    assert result.exit_code == 2
    assert "nowhere.yaml" in result.stderr


@pytest.mark.parametrize(
    ("layer", "message"),
    [("nothing.gpkg", "operator"), ("nothing.gpkg,operator=X,technology=4G", "nothing.gpkg")],
)
def test_a_bad_layer_is_wrong_use(invoke: Invoke, tmp_path: Path, layer: str, message: str) -> None:
    """A layer without its description, or that is not there, ends with a sentence."""
    result = invoke("coverage", "--layer", layer, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.output


def test_the_map_needs_coverage_and_says_so(invoke: Invoke, tmp_path: Path) -> None:
    """Without coverage figures there is nothing to draw on; the message tells which command makes them."""
    text = (INPUT / "good" / "smallest" / "phusong.yaml").read_text(encoding="utf-8")
    (tmp_path / "phusong.yaml").write_text(text, encoding="utf-8")
    result = invoke("map", "--config", tmp_path / "phusong.yaml")
    assert result.exit_code == 2
    assert "phusong coverage" in result.stderr
    assert invoke("map", "--config", tmp_path / "phusong.yaml", "--lang", "fr").exit_code == 2


def test_the_service_hears_of_a_start_that_failed(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that cannot start is exit code 2 with one sentence."""

    async def fails(*_: object) -> None:
        raise service.StartFailed("cannot listen on 127.0.0.1:1")

    monkeypatch.setattr(service, "run_service", fails)
    result = invoke("run", "--config", INPUT / "good" / "smallest" / "phusong.yaml")
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (2, "cannot listen on 127.0.0.1:1")


def test_json_is_json(invoke: Invoke, tmp_path: Path) -> None:
    """``poll --json`` prints one document and nothing else, also when nothing answers."""
    port = free_port(socket.SOCK_DGRAM)
    inventory = tmp_path / "inventory"
    inventory.mkdir()
    (tmp_path / "community").write_text("x\n")
    (tmp_path / "phusong.yaml").write_text(
        'province: {code: "22", edition: "2020-01"}\ninventory: inventory\n'
        "snmp: {auths: {a: {version: 2c, community_file: community}}}\n"
        f"poll: {{timeout: 100ms, retries: 0}}\nping: {{method: udp-echo, port: {port}}}\n"
    )
    (inventory / "sites.csv").write_text("site_id,name,kind,commune_code\ns,Sở,department,06649\n")
    (inventory / "devices.csv").write_text(f"device_id,site_id,address,port,auth\nd,s,127.0.0.1,{port},a\n")
    (inventory / "links.csv").write_text(
        "link_id,site_id,carrier,contracted_down_mbps,contracted_up_mbps,far_device,far_interface\nl,s,C,1,1,d,x\n"
    )
    result = invoke("poll", "--config", tmp_path / "phusong.yaml", "--json")
    assert result.exit_code == 1
    (row,) = json.loads(result.stdout)
    assert (row["link_id"], row["verdict"], row["far"]) == ("l", "unreachable", None)
