"""``phusong readiness`` as it is typed: what it asks, prints and writes, its exit codes, and what it refuses.

Routers, rooms and services are real ones on loopback; the pause between two polls of the lines is shorter.
"""

from __future__ import annotations

import csv
import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from rich.console import Console
from rows_made import link_row
from small_province import IN_USE_MBPS, LINE_MBPS, SECRETS, SmallProvince, at, small_province, write_files
from snapshot_of_rows import snapshot_of
from typer.testing import CliRunner, Result

from phusong.agent import cli
from phusong.agent.commands import readiness_command
from phusong.exporters.feed import snapshot_to_json
from phusong.exporters.snapshot import Verdict

Invoke = Callable[..., Result]
HALL_ALONE = ("--meeting", "hall-alone")


@pytest.fixture(scope="module")
def answering(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallProvince]:
    """Let the rooms answer for all tests of this module."""
    with small_province(tmp_path_factory.mktemp("answering")) as province:
        yield province


@pytest.fixture
def province(answering: SmallProvince, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallProvince:
    """Give files of its own to a test."""
    monkeypatch.setattr(readiness_command, "BETWEEN_POLLS_S", 0.0)
    own = SmallProvince(tmp_path, answering.routers, answering.codec)
    for path in answering.folder.rglob("*"):
        if path.is_file():
            own.write(str(path.relative_to(answering.folder)), path.read_text(encoding="utf-8"))
    own.plan(("giao-ban", 1, "hall codec"), ("hall-alone", 2, "hall"), ("toan-tinh", 24, "all"))
    return own


@pytest.fixture
def unanswered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallProvince:
    """Give files for a run that must end before anybody is asked."""

    async def never(*_: object, **__: object) -> None:
        raise AssertionError("somebody was asked")

    monkeypatch.setattr("phusong.agent.commands.readiness_command.ask_once", never)
    own = SmallProvince(tmp_path)
    write_files(own)
    return own


def readiness(province: SmallProvince, *words: object) -> Result:
    """Run the command in this process; none of its output may hold a secret."""
    result = CliRunner().invoke(cli.app, ["readiness", "--config", str(province.config), *map(str, words)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert not [secret for secret in SECRETS if secret in result.output]
    return result


def report_of(result: Result) -> Any:
    """Return the report that stands on standard output, with its rows by their ids."""
    report = json.loads(result.stdout)
    return report | {"rows": {row["endpoint_id"]: row for row in report["rows"]}}


def reasons(row: dict[str, Any]) -> list[str]:
    return [found["reason"] for found in row["findings"] if found["keeps_out"]]


# --- a run ---------------------------------------------------------------------------------------------------


def test_who_is_ready_and_why_not(
    province: SmallProvince, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Everybody is asked by every way; JSON is alone on standard output, and every file says the same."""
    monkeypatch.setattr(readiness_command, "BETWEEN_POLLS_S", 1.2)
    files = {kind: tmp_path / "new folder" / f"ready.{kind}" for kind in ("csv", "xlsx", "html")}
    words = [word for kind, path in files.items() for word in (f"--{kind}", path)]
    result = readiness(province, "--json", *words)
    report = report_of(result)
    assert result.exit_code == 1
    assert {key: (row["verdict"], row["ready"]) for key, row in report["rows"].items()} == {
        "hall": ("ready", True),
        "codec": ("ready", True),
        "silent": ("unreachable", False),
    }
    assert report["rows"]["hall"]["headroom_down_mbps"] == pytest.approx(LINE_MBPS - IN_USE_MBPS, abs=0.3)
    assert report["rows"]["codec"]["model"] == "Cisco Room Kit"
    states = {each["kind"]: each["state"] for each in report["rows"]["codec"]["services"]}
    assert states == {"sip-udp": "ready", "https": "alive"}
    assert (report["meeting"], report["counts"]["endpoints"], report["counts"]["ready"]) == (None, 3, 2)
    told = [line for line in result.stderr.splitlines() if " written (" in line]
    assert [line.split(" written")[0] for line in told] == [str(path) for path in files.values()]
    with files["csv"].open(encoding="utf-8-sig", newline="") as file:
        rows = {row["endpoint_id"]: row for row in csv.DictReader(file)}
    assert {key: row["verdict"] for key, row in rows.items()} == {
        key: row["verdict"] for key, row in report["rows"].items()
    }
    sheets = openpyxl.load_workbook(files["xlsx"], read_only=True)
    cells = {str(cell) for sheet in sheets for row in sheet.iter_rows(values_only=True) for cell in row}
    sheets.close()
    html = files["html"].read_text(encoding="utf-8")
    for endpoint_id in report["rows"]:
        assert endpoint_id in cells
        assert endpoint_id in html
    assert sorted(path.name for path in files["csv"].parent.iterdir()) == ["ready.csv", "ready.html", "ready.xlsx"]
    with zipfile.ZipFile(files["xlsx"]) as package:
        parts = [package.read(name) for name in package.namelist()]
    written = [*parts, files["csv"].read_bytes(), files["html"].read_bytes()]
    assert not [secret for secret in SECRETS for octets in written if secret.encode() in octets]
    assert province.codec is not None
    assert {authorization for _, _, authorization in province.codec.asked} >= {f"Basic {SECRETS[2]}"}


def test_everybody_is_ready(province: SmallProvince) -> None:
    """Exit code 0; the table is on standard output, and nothing else anywhere."""
    result = readiness(province, *HALL_ALONE, "--lang", "en")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "Hội trường" in result.stdout
    assert "codec" not in result.stdout
    assert result.stdout.rstrip().endswith("1 of 1 ready")


def test_in_vietnamese_unless_it_is_told_otherwise(province: SmallProvince) -> None:
    """The people who read it are Vietnamese."""
    assert "Sẵn sàng" in readiness(province, *HALL_ALONE).stdout


@pytest.mark.parametrize(("lang", "said"), [("vi", "Đang hỏi 1 điểm cầu"), ("en", "Asking endpoints: 1")])
def test_a_terminal_sees_how_far_it_is(province: SmallProvince, lang: str, said: str) -> None:
    """In the report's language, and gone in the end: only the table is left."""
    out, err = Console(file=io.StringIO()), Console(file=io.StringIO(), force_terminal=True, width=100)
    request = readiness_command.Request(province.config, meeting="hall-alone", lang=lang)
    assert readiness_command.run_readiness(request, out, err, print)
    seen = err.file.getvalue()  # type: ignore[attr-defined]
    assert said in seen
    assert "100%" in seen
    assert seen.endswith("\x1b[2K"), "the line of the bar is wiped"


def test_quiet(province: SmallProvince, tmp_path: Path) -> None:
    """No table, but it is told what was written."""
    result = readiness(province, *HALL_ALONE, "--quiet", "--csv", tmp_path / "ready.csv")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [f"{tmp_path / 'ready.csv'} written (1 kB)"]


@pytest.mark.parametrize(
    ("words", "meeting", "rows"),
    [
        (["--meeting", "next"], "giao-ban", {"hall", "codec"}),
        (["--meeting", "hall-alone"], "hall-alone", {"hall"}),
        (["--meeting", "next", "--district", "co to"], "giao-ban", {"codec"}),
        (["--district", "Cô Tô"], None, {"codec"}),
        (["--district", "huyện cô tô"], None, {"codec"}),
    ],
)
def test_whom_it_is_about(province: SmallProvince, words: list[str], meeting: str | None, rows: set[str]) -> None:
    """A meeting, the next one, a district however it is spelled, or both; nobody else is asked."""
    before = {name: len(router.asked) for name, router in province.routers.items()}
    report = report_of(readiness(province, "--json", *words))
    assert report["rows"].keys() == rows
    assert (report["meeting"] or {}).get("meeting_id") == meeting
    assert report["counts"]["ready"] == len(rows)
    asked = {name for name, router in province.routers.items() if len(router.asked) > before[name]}
    assert asked == {{"hall": "r1", "codec": "r2"}[endpoint_id] for endpoint_id in rows}


def test_a_meeting_that_runs_is_the_next_one(province: SmallProvince) -> None:
    """Who prepares it needs it until it is over."""
    province.plan(("over", -3, "all"), ("runs", -1, "hall"), ("later", 1, "codec"))
    assert report_of(readiness(province, "--json", "--meeting", "next"))["meeting"]["meeting_id"] == "runs"


# --- planned work --------------------------------------------------------------------------------------------


def test_maintenance_at_a_time(province: SmallProvince) -> None:
    """Work that is planned for the time that was asked for keeps an endpoint out; at another time it does not."""
    maintenance = f"what,from,to,reason\nl1,{at(24)},{at(26)},thay cáp\n"
    province.write("inventory/maintenance.csv", maintenance)
    for words, code, expected in (
        (("--at", at(24.5)), 1, ["maintenance"]),
        (("--at", at(23.5)), 1, ["maintenance"]),
        (("--at", at(22.5)), 0, []),
        (("--at", at(26.5)), 0, []),
        ((), 0, []),
    ):
        province.plan(("hall-alone", 2, "hall"))
        province.change("inventory/endpoints.csv", "silent,ttdl", "silent,coto")
        result = readiness(province, "--json", "--district", "Hạ Long", *words)
        province.change("inventory/endpoints.csv", "silent,coto", "silent,ttdl")
        assert reasons(report_of(result)["rows"]["hall"]) == expected, words
        assert result.exit_code == code


def test_work_that_was_entered_by_command(province: SmallProvince) -> None:
    """It counts for the time of the meeting, and no more when it was ended."""
    config = ("--config", str(province.config))
    window = ("l1", "--from", at(1.5), "--to", at(2.5), "--reason", "thay cáp")
    added = CliRunner().invoke(cli.app, ["maintenance", "add", *window, *config])
    assert added.exit_code == 0, added.output
    row = report_of(readiness(province, "--json", *HALL_ALONE))["rows"]["hall"]
    (found,) = [each for each in row["findings"] if each["keeps_out"]]
    assert found["reason"] == "maintenance"
    assert "/" in found["detail"]
    ended = CliRunner().invoke(cli.app, ["maintenance", "end", "1", *config])
    assert ended.exit_code == 0, ended.output
    assert reasons(report_of(readiness(province, "--json", *HALL_ALONE))["rows"]["hall"]) == []


# --- what a running agent knows ------------------------------------------------------------------------------


def test_a_line_that_the_agent_saw_to_be_full(province: SmallProvince) -> None:
    """That takes minutes of watching: it is taken from the running agent's file."""
    watched = snapshot_of(time.time(), links=[link_row(Verdict.CONGESTED)])
    (province.folder / "state").mkdir()
    (province.folder / "state" / "snapshot.json").write_bytes(snapshot_to_json(watched))
    result = readiness(province, "--json", *HALL_ALONE)
    row = report_of(result)["rows"]["hall"]
    assert (row["link_verdict"], reasons(row), result.exit_code) == ("congested", ["line_congested"], 1)


def test_a_line_whose_first_answer_is_late(province: SmallProvince, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pause before it is asked again begins with its own answer: how full it is is seen nonetheless."""
    monkeypatch.setattr(readiness_command, "BETWEEN_POLLS_S", 1.2)
    router = province.routers["r1"]
    lost: list[object] = []

    def lose(asked: object) -> bool:
        lost.append(asked)
        return len(lost) == 1

    monkeypatch.setattr(router, "lose", lose)
    row = report_of(readiness(province, "--json", *HALL_ALONE))["rows"]["hall"]
    assert lost
    assert row["headroom_down_mbps"] == pytest.approx(LINE_MBPS - IN_USE_MBPS, abs=0.3)


# --- files ---------------------------------------------------------------------------------------------------


def test_an_old_file_is_replaced_whole(province: SmallProvince, tmp_path: Path) -> None:
    """Who has the old one open goes on to see all of it."""
    path = tmp_path / "ready.html"
    path.write_text("old " * 100_000, encoding="utf-8")
    with path.open(encoding="utf-8") as old:
        assert readiness(province, *HALL_ALONE, "--quiet", "--html", path).exit_code == 0
        assert old.read() == "old " * 100_000
    assert path.read_text(encoding="utf-8").rstrip().endswith("</html>")
    assert not path.with_name("ready.html.new").exists()


def test_a_file_that_cannot_be_written(province: SmallProvince, tmp_path: Path) -> None:
    """The place is named with what to do, exit code 2; nothing of the run is lost: the table was shown."""
    (tmp_path / "file").write_text("")
    result = readiness(province, *HALL_ALONE, "--lang", "en", "--csv", tmp_path / "file" / "ready.csv")
    assert result.exit_code == 2
    assert str(tmp_path / "file") in result.stderr
    assert "choose another place" in result.stderr
    assert "1 of 1 ready" in result.stdout


# --- what is refused -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--meeting", "giao-bam"], "there is no meeting 'giao-bam' to come; did you mean 'giao-ban'?"),
        (["--meeting", "x"], "write next, or the id of one to come (known: giao-ban, toan-tinh)"),
        (["--district", "Cô Tồ Tồ"], "there is no district 'Cô Tồ Tồ'"),
        (["--district", "Hà Nội"], "there is no district 'Hà Nội'"),
        (["--district", "Ba Chẽ"], "no endpoint in what you asked for"),
        (["--meeting", "giao-ban", "--district", "Ba Chẽ"], "no endpoint in what you asked for"),
        (["--at", "tomorrow"], "--at: 'tomorrow' is no time; write 2026-10-31T22:00 (local time)"),
        (["--at", "2026-13-01T08:00"], "--at: '2026-13-01T08:00' is no time"),
        (
            ["--at", "2020-11-28T08:00"],
            "--at: a meeting at '2020-11-28T08:00' is over; write a time to come, or leave",
        ),
        (["--at", "28/11/2020 8:00"], "--at: a meeting at '28/11/2020 8:00' is over"),
        (["--at", "2026-12-01T08:00", "--meeting", "giao-ban"], "a meeting has its own time; leave out --at or"),
        (["--lang", "fr"], "--lang: 'fr' is none of its words; write vi, en"),
        (["--csv", "a.csv", "--html", "./a.csv"], "name one file twice; name different files"),
        (["--csv", "x/../a", "--xlsx", "a"], "name one file twice"),
        (["--lang", "\x1b[31mx"], r"'\x1b[31mx' is none of its words"),
    ],
)
def test_wrong_words(unanswered: SmallProvince, words: list[str], said: str) -> None:
    """A sentence that says what is wrong and what to do, exit code 2, and nobody is asked."""
    result = readiness(unanswered, *words)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.splitlines()[-1] == "1 problem found."
    assert result.stdout == ""


def test_several_wrong_words_are_told_at_once(unanswered: SmallProvince) -> None:
    """Who corrects one does not run into the next."""
    result = readiness(unanswered, "--lang", "fr", "--at", "now", "--meeting", "x", "--csv", "a", "--html", "a")
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (2, "3 problems found.")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("m1,Họp,2026-11-28T10:00,2026-11-28T08:00,all\n", ["meetings.csv:2:to: the meeting does not end after"]),
        (
            "m 1,Họp,2026-11-28T08:00,soon,all\nm2,Họp,2026-11-28T08:00,2026-11-28T10:00,hal\n",
            ["meetings.csv:2:meeting_id", "meetings.csv:2:to", "did you mean 'hall'?"],
        ),
    ],
)
def test_a_bad_file_of_meetings(unanswered: SmallProvince, rows: str, said: list[str]) -> None:
    """All that is wrong with it is told, each with its place; it hinders nobody who asks without a meeting."""
    unanswered.write("meetings.csv", "meeting_id,title,from,to,endpoints\n" + rows)
    result = readiness(unanswered, "--meeting", "next")
    assert (result.exit_code, result.stdout) == (2, "")
    for fragment in said:
        assert fragment in result.stderr
    with pytest.raises(AssertionError, match="somebody was asked"):
        readiness(unanswered)


@pytest.mark.parametrize("meetings", [[], [("over", -3.0, "all")]])
def test_no_meeting_is_to_come(unanswered: SmallProvince, meetings: list[tuple[str, float, str]]) -> None:
    """What is over is none; the file is named."""
    unanswered.plan(*meetings)
    for wanted, said in (
        ("next", "/meetings.csv: no meeting is to come; write it into the file, or leave --meeting out"),
        ("giao-ban", "/meetings.csv: there is no meeting 'giao-ban' to come; none is to come"),
    ):
        result = readiness(unanswered, "--meeting", wanted)
        assert result.exit_code == 2
        assert said in result.stderr


def test_a_time_that_has_begun(unanswered: SmallProvince) -> None:
    """Who is in a meeting may ask for it until its hour is over."""
    with pytest.raises(AssertionError, match="somebody was asked"):
        readiness(unanswered, "--at", at(-0.9))
    over = readiness(unanswered, "--at", at(-1.1))
    assert (over.exit_code, over.stdout) == (2, "")
    assert "is over; write a time to come" in over.stderr


CALENDAR = """BEGIN:VCALENDAR
BEGIN:VEVENT
UID:odd
DTSTART:20200101T080000
DURATION:PT1H
RRULE:FREQ=HOURLY
RESOURCES:hall
END:VEVENT
BEGIN:VEVENT
UID:gb
DTSTART:20200101T080000
DURATION:PT1H
RRULE:FREQ=DAILY
RESOURCES:hall
END:VEVENT
END:VCALENDAR
"""


def test_an_event_that_is_left_out(province: SmallProvince) -> None:
    """It is told on standard error, and the report is about the next one of the others."""
    province.write("meetings.ics", CALENDAR)
    province.change("phusong.yaml", "meetings.csv", "meetings.ics")
    result = readiness(province, "--json", "--meeting", "next")
    (told,) = result.stderr.splitlines()
    assert "meetings.ics:6:RRULE: 'FREQ=HOURLY' repeats by none of DAILY" in told
    assert result.exit_code == 0
    report = report_of(result)
    assert report["meeting"]["meeting_id"].startswith("gb@")
    assert report["rows"].keys() == {"hall"}


def test_what_check_says_of_an_event_that_is_left_out(unanswered: SmallProvince) -> None:
    """It is a problem that was found, and the agent would start nonetheless."""
    unanswered.write("meetings.ics", CALENDAR)
    unanswered.change("phusong.yaml", "meetings.csv", "meetings.ics")
    result = CliRunner().invoke(cli.app, ["check", "--config", str(unanswered.config)])
    assert (result.exit_code, result.stdout) == (1, "")
    told, summary = result.stderr.splitlines()
    assert "meetings.ics:6:RRULE: 'FREQ=HOURLY' repeats by none of DAILY" in told
    assert summary.startswith("1 problem found; these events are left out, 3")
    assert summary.endswith(" meetings to come are known.")


def test_no_file_of_meetings(unanswered: SmallProvince) -> None:
    """One that is absent is told by its name, and so is that none is configured."""
    (unanswered.folder / "meetings.csv").unlink()
    absent = readiness(unanswered, "--meeting", "next")
    assert absent.exit_code == 2
    assert "meetings.csv: " in absent.stderr
    unanswered.change("phusong.yaml", "meetings: meetings.csv, ", "")
    without = readiness(unanswered, "--meeting", "next")
    assert without.exit_code == 2
    assert "phusong.yaml: it names no file of meetings; name a file as video.meetings" in without.stderr


def test_an_inventory_without_endpoints(unanswered: SmallProvince) -> None:
    """There is nobody to ask."""
    path = unanswered.folder / "inventory" / "endpoints.csv"
    unanswered.write("inventory/endpoints.csv", path.read_text(encoding="utf-8").splitlines()[0] + "\n")
    result = readiness(unanswered)
    assert result.exit_code == 2
    assert "no endpoint in endpoints.csv" in result.stderr


def test_bad_input(unanswered: SmallProvince) -> None:
    """What is wrong in the inventory is told as by every command."""
    unanswered.change("inventory/endpoints.csv", "hall,ttdl", "hall,nowhere")
    unanswered.change("phusong.yaml", "retries: 1", "retrys: 1")
    result = readiness(unanswered, "--json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "unknown site 'nowhere'" in result.stderr
    assert "retrys" in result.stderr
