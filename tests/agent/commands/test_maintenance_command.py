"""``phusong maintenance`` and ``phusong status`` as they are typed: what they print, write and refuse."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from phusong.agent import cli
from phusong.agent.input.settings import LOCAL_TIME
from phusong.agent.state.state_file import FILE

CONFIG = """\
province: {code: "22", edition: "2020-01"}
inventory: inventory
state: state
snmp: {auths: {wan: {version: 2c, community_file: not-there}}}
"""
FILES = {
    "sites.csv": "site_id,name,kind,commune_code\nvd,UBND Vân Đồn,district,07192\nct,UBND Cô Tô,district,07192\n",
    "devices.csv": "device_id,site_id,address,auth\nr1,vd,127.0.0.1,wan\n",
    "links.csv": "link_id,site_id,carrier,contracted_down_mbps,contracted_up_mbps,far_device,far_interface\n"
    "vd-1,vd,Viễn thông A,1,1,r1,a\nvd-2,vd,B,1,1,r1,b\nct-1,ct,Viễn thông A,1,1,r1,c\n",
    "endpoints.csv": "endpoint_id,site_id,name,address,auth\nvd-hop,vd,Phòng họp,127.0.0.1,wan\n",
    "maintenance.csv": 'what,from,to,reason\nct-1,2026-01-01T00:00,2026-01-02T00:00,"hai\ndòng"\n'
    "B,2090-01-01T00:00,2090-01-02T00:00,kế hoạch\n",
}
Invoke = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make an inventory, and a configuration whose secret nobody but the agent can read."""
    (tmp_path / "inventory").mkdir()
    (tmp_path / "phusong.yaml").write_text(CONFIG, encoding="utf-8")
    for name, text in FILES.items():
        (tmp_path / "inventory" / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def invoke(folder: Path) -> Invoke:
    return lambda *words: CliRunner().invoke(cli.app, [*map(str, words), "--config", str(folder / "phusong.yaml")])


def add(invoke: Invoke, what: str, *options: str) -> Result:
    return invoke("maintenance", "add", what, "--reason", "thay cáp", *(options or ("--for", "2h")))


def listed(invoke: Invoke, *options: str) -> dict[str, dict[str, object]]:
    result = invoke("maintenance", "list", "--json", *options)
    assert result.exit_code == 0, result.output
    return {row["id"]: row for row in json.loads(result.stdout)}


@pytest.mark.parametrize(
    ("what", "covers"),
    [
        ("vd-1", "link vd-1, .* covers 1 link."),
        ("vd", "site vd, .* covers 2 links and 1 endpoint."),
        ("Viễn thông A", "carrier Viễn thông A, .* covers 2 links."),
        ("vd-hop", "endpoint vd-hop, .* covers 1 endpoint."),
    ],
)
def test_a_window_is_added_and_told(invoke: Invoke, what: str, covers: str) -> None:
    """Its number, what it is of, and how much it covers; without an agent and without a file before."""
    result = add(invoke, what)
    assert result.exit_code == 0, result.output
    assert re.search(covers, result.stdout)
    assert result.stdout.startswith("Window 1 (active): ")
    assert listed(invoke)["1"]["what"] == what


def test_the_list_shows_file_and_table(invoke: Invoke) -> None:
    """Both, in the order of time, with where each stands; those that are over only with ``--all``."""
    begin = (datetime.now(LOCAL_TIME) + timedelta(days=1)).replace(second=0, microsecond=0)
    add(invoke, "vd")
    add(invoke, "ct", "--from", begin.isoformat(), "--for", "1d")
    assert [(row["id"], row["source"], row["state"]) for row in listed(invoke).values()] == [
        ("1", "command", "active"),
        ("2", "command", "planned"),
        ("maintenance.csv:4", "maintenance.csv", "planned"),
    ]
    everything = listed(invoke, "--all")
    assert (everything["maintenance.csv:2"]["state"], everything["maintenance.csv:2"]["reason"]) == (
        "over",
        "hai dòng",
    )
    assert everything["2"] == {
        "id": "2",
        "source": "command",
        "state": "planned",
        "kind": "site",
        "what": "ct",
        "from": begin.isoformat(),
        "to": (begin + timedelta(days=1)).isoformat(),
        "reason": "thay cáp",
        "links": 1,
        "endpoints": 0,
        "services": 0,
    }
    table = invoke("maintenance", "list").stdout
    assert all(word in table for word in ("maintenance.csv:4", "site vd", "2 links and 1 endpoint", "thay cáp"))
    assert "hai dòng" not in table


def test_no_window_is_said(invoke: Invoke, folder: Path) -> None:
    """An empty list is a sentence, or an empty list for programs; and asking makes no file."""
    (folder / "inventory/maintenance.csv").unlink()
    assert invoke("maintenance", "list").stdout == "No maintenance window is active or planned.\n"
    assert listed(invoke, "--all") == {}
    assert not (folder / "state").exists()


def test_a_window_ends_and_stays_known(invoke: Invoke) -> None:
    """Now, or at a time to come; one that had not begun is cancelled; none ends twice."""
    now = datetime.now(LOCAL_TIME)
    sooner, tomorrow = now + timedelta(hours=1), now + timedelta(days=1)
    for what, begin in (("vd", now - timedelta(hours=1)), ("vd", now), ("ct", tomorrow)):
        add(invoke, what, "--from", f"{begin:%Y-%m-%dT%H:%M}", "--for", "3h")
    assert "Window 1 of vd ends at" in invoke("maintenance", "end", "1").stdout
    assert "Window 2 of vd ends at" in invoke("maintenance", "end", "2", "--at", f"{sooner:%Y-%m-%dT%H:%M}").stdout
    assert "Window 3 of ct is cancelled" in invoke("maintenance", "end", "3").stdout
    everything = listed(invoke, "--all")
    assert [everything[key]["state"] for key in "123"] == ["over", "active", "cancelled"]
    result = invoke("maintenance", "end", "1")
    assert (result.exit_code, result.stderr) == (2, "window 1 has ended: there is nothing left to end\n")


@pytest.mark.parametrize(
    ("window_id", "message"),
    [
        ("9", "there is no window 9; 'phusong maintenance list --all'"),
        ("0", "'0' is no window"),
        ("vd", "'vd' is no window"),
        ("1; DROP TABLE maintenance", "is no window"),
        ("\x1b[2J", r"'\x1b[2J' is no window"),
        ("9" * 30, "is no window"),
        ("maintenance.csv:4", "inventory/maintenance.csv:4: this window stands in the file; change its 'to'"),
    ],
)
def test_what_cannot_be_ended_is_refused(invoke: Invoke, window_id: str, message: str) -> None:
    """One of the file is changed there: file, line and what to do then."""
    result = invoke("maintenance", "end", window_id)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("vd-9", "--reason", "x", "--for", "1h"), "did you mean 'vd-2'?"),
        (("vd", "--reason", "x"), "--to TIME or with --for 2h"),
        (("vd", "--reason", "a\x1b]0;owned\x07", "--for", "1h"), "control characters"),
        (("vd", "--for", "1h"), "--reason"),
    ],
)
def test_wrong_words_write_nothing(invoke: Invoke, folder: Path, words: tuple[str, ...], message: str) -> None:
    """Exit code 2, one message, and no file."""
    result = invoke("maintenance", "add", *words)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not (folder / "state").exists()
    assert "\x1b]0" not in result.output


def test_a_begin_in_the_past_is_told(invoke: Invoke) -> None:
    """What was recorded is not rewritten, and whoever enters the window late hears that."""
    begin = datetime.now(UTC) - timedelta(hours=3)
    result = add(invoke, "vd", "--from", begin.isoformat(timespec="seconds"), "--for", "5h")
    assert "what was recorded until now stays as it is" in result.stdout
    assert "in the past" not in add(invoke, "vd").stdout


def test_nothing_in_the_file_reaches_the_terminal_as_a_command(invoke: Invoke, folder: Path) -> None:
    """Whatever somebody wrote into the table by hand: no escape, no markup, in table and JSON alike."""
    add(invoke, "vd")
    with closing(sqlite3.connect(folder / "state" / FILE)) as other:
        hostile = "\x1b]0;owned\x07 \x9b2J [bold]x[/bold] \u202ecba"
        other.execute("UPDATE maintenance SET reason = ?, what = ?", (hostile, "gone\x1b[31m"))
        other.commit()
    for options in ((), ("--json",)):
        text = invoke("maintenance", "list", *options).stdout
        assert "[bold]x[/bold]" in text
        assert not set(text) & set("\x1b\x07\x9b\u202e")
    row = listed(invoke)["1"]
    assert (row["kind"], row["links"], row["what"]) == ("", 0, "gone[31m")
    assert "unknown gone[31m" in invoke("maintenance", "list").stdout
    ended = invoke("maintenance", "end", "1").stdout
    assert "\x1b" not in ended


def test_bad_input_is_named_with_its_place(invoke: Invoke, folder: Path) -> None:
    """An inventory that is being written stops ``add``, but not ``end``: that one needs only the file."""
    add(invoke, "vd")
    (folder / "inventory/links.csv").write_text("link_id\nx\n", encoding="utf-8")
    result = add(invoke, "vd")
    assert result.exit_code == 2
    assert "links.csv:1" in result.stderr
    assert invoke("maintenance", "end", "1").exit_code == 0


def test_a_state_file_that_refuses_is_told(invoke: Invoke, folder: Path) -> None:
    """One sentence with the file in it, exit code 2."""
    (folder / "state").mkdir()
    (folder / "state" / FILE).write_bytes(b"no database" * 1000)
    for words in (("list",), ("end", "1"), ("add", "vd", "--reason", "x", "--for", "1h")):
        result = invoke("maintenance", *words)
        assert result.exit_code == 2
        assert "phusong.db: file is not a database; nothing was changed" in result.stderr


def test_status_says_that_no_agent_runs(invoke: Invoke) -> None:
    """Exit code 1, for scripts, and what to do."""
    result = invoke("status")
    assert result.exit_code == 1
    assert "no agent runs with this state folder" in result.stderr
