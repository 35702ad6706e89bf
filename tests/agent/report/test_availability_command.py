"""``phusong report availability`` as it is typed: what it prints and writes, and how it refuses."""

from __future__ import annotations

import builtins
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from histories import FORMULA_CARRIER, write_province
from openpyxl import load_workbook
from typer.testing import CliRunner, Result

from phusong.agent import cli, report

Invoke = Callable[..., Result]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write_province(tmp_path / "province")


@pytest.fixture
def invoke(config: Path) -> Invoke:
    def run(*words: object) -> Result:
        arguments = ["report", "availability", "--config", config, *words]
        return CliRunner().invoke(cli.app, list(map(str, arguments)))

    return run


def test_every_form_at_once(invoke: Invoke, tmp_path: Path) -> None:
    """All files and the table, in Vietnamese; no secret file is needed, and no scratch file is left."""
    folder = tmp_path / "out"
    files = [folder / name for name in ("a.csv", "b.xlsx", "c.html")]
    result = invoke("--month", "2026-10", "--csv", files[0], "--xlsx", files[1], "--html", files[2])
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    assert "Độ sẵn sàng" in result.stdout
    assert "94,782 %" in result.stdout
    assert sorted(folder.iterdir()) == files
    assert files[0].read_text(encoding="utf-8-sig").startswith("link_id,")
    assert load_workbook(files[1]).sheetnames[0] == "Theo nhà mạng"
    assert 'lang="vi"' in files[2].read_text(encoding="utf-8")


def test_quiet(invoke: Invoke, tmp_path: Path) -> None:
    """Only what was written is told."""
    result = invoke(
        "--month", "2026-10", "--quiet", "--csv", tmp_path / "a.csv", "--lang", "en", "--by", "carrier"
    )
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [f"{tmp_path / 'a.csv'} written (1 kB)"]
    assert (tmp_path / "a.csv").read_text(encoding="utf-8-sig").startswith("carrier,links,")


def test_json_is_json(invoke: Invoke, tmp_path: Path) -> None:
    """Standard output is one document, also where files are written beside it."""
    result = invoke("--month", "2026-10", "--json", "--by", "district", "--csv", tmp_path / "a.csv")
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert (document["by"], document["begin"], document["end"]) == (
        "district", "2026-10-01T00:00:00+07:00", "2026-11-01T00:00:00+07:00",
    )  # fmt: skip
    assert [row["district"] for row in document["rows"]] == ["", "Thành phố Hạ Long", "Huyện Cô Tô"]
    assert document["total"]["links"] == 7
    assert "written" in result.stderr


@pytest.mark.parametrize(
    ("words", "links"),
    [
        (["--link", "bad", "--link", "good"], ["bad", "good"]),
        (["--carrier", "VNPT"], ["bad", "edge", "good"]),
        (["--carrier", FORMULA_CARRIER, "--link", "late"], ["late"]),
    ],
)
def test_some_of_the_lines(invoke: Invoke, words: list[str], links: list[str]) -> None:
    """Named lines, the lines of named carriers, or both; the totals are theirs, and the report says so."""
    document: dict[str, Any] = json.loads(invoke("--month", "2026-10", "--json", *words).stdout)
    assert [row["link_id"] for row in document["rows"]] == links
    assert document["total"]["links"] == len(links)
    assert set(document["only"]) == set(words[1::2])


def test_a_range(invoke: Invoke) -> None:
    """Two whole days, the last one included; half of one by times."""
    document = json.loads(invoke("--from", "2026-10-03", "--to", "2026-10-04", "--json", "--link", "bad").stdout)
    assert (document["rows"][0]["fault_seconds"], document["rows"][0]["parent_seconds"]) == (86_400, 86_400)
    words = ("--from", "2026-10-03T06:00", "--to", "2026-10-03T18:00+07:00")
    document = json.loads(invoke(*words, "--json", "--link", "bad").stdout)
    assert (document["rows"][0]["fault_seconds"], document["rows"][0]["up_seconds"]) == (43_200, 0)


@pytest.mark.parametrize(
    ("words", "messages"),
    [
        (["--month", "oct"], ["--month: 'oct' is no month"]),
        (["--month", "2031-01"], ["nothing is recorded of this time"]),
        (["--by", "village"], ["--by: 'village' is none of its words"]),
        (["--lang", "fr", "--month", "x"], ["--month: 'x' is no month", "--lang: 'fr' is none of its words"]),
        (["--link", "godd", "--carrier", "Vnptt"], ["did you mean 'good'?", "did you mean 'VNPT'?"]),
        (["--link", "late", "--carrier", "VNPT"], ["--link: none of them is of these carriers"]),
        (["--csv", "one", "--html", "one"], ["name one file twice"]),
        (["--xlsx", "/proc/none/x.xlsx"], ["choose another place"]),
    ],
)
def test_wrong_use(
    invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], messages: list[str]
) -> None:
    """A line for everything that is wrong, exit code 2, and nothing is written."""
    monkeypatch.chdir(tmp_path)
    month = [] if "--month" in words else ["--month", "2026-10"]
    result = invoke(*words, *month)
    assert result.exit_code == 2, result.output
    for message in messages:
        assert message in result.stderr
    assert "Traceback" not in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["province"]


def test_districts_are_refused_where_there_are_none(tmp_path: Path) -> None:
    """The edition of 2025 has communes only; the message says what to use."""
    config = write_province(tmp_path, "2025-07")
    words = ["report", "availability", "--config", str(config), "--month", "2026-10", "--by"]
    result = CliRunner().invoke(cli.app, [*words, "district"])
    assert result.exit_code == 2
    assert "--by: edition 2025-07 has no districts; use --by commune" in result.stderr
    assert CliRunner().invoke(cli.app, [*words, "commune"]).exit_code == 0


def test_what_is_wrong_in_the_inventory_is_told(config: Path, invoke: Invoke) -> None:
    """As by every command: file, line and column."""
    links = config.parent / "inventory/links.csv"
    links.write_text(links.read_text(encoding="utf-8").replace(",99.9,", ",100.1,"), encoding="utf-8")
    result = invoke("--month", "2026-10")
    assert result.exit_code == 2
    assert "links.csv:2:contracted_availability_percent: 100.1 is no availability in percent" in result.stderr


def test_without_matplotlib(invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the page needs it; without it the message says what to install, and no other file is written either."""
    real = builtins.__import__

    def without(name: str, *more: Any, **others: Any) -> Any:
        if name.split(".")[0] == "matplotlib":
            raise ModuleNotFoundError(f"No module named {name!r}", name="matplotlib")
        return real(name, *more, **others)

    for name in [name for name in sys.modules if name.endswith("report.plots")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr(report, "plots", raising=False)
    monkeypatch.setattr(builtins, "__import__", without)
    result = invoke("--month", "2026-10", "--csv", tmp_path / "a.csv", "--html", tmp_path / "a.html")
    assert result.exit_code == 2
    assert result.stderr == "matplotlib is not installed: --html needs it: pip install 'phusong[report]'\n"
    assert not list(tmp_path.glob("a.*"))
    assert invoke("--month", "2026-10", "--csv", tmp_path / "a.csv").exit_code == 0
