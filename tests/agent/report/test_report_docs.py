"""docs/reports.md is true: options, columns and classes, the example, and the SQL that a carrier may run."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import typer
from histories import write_province

from phusong.agent.cli import app
from phusong.agent.report.availability import Level, Report
from phusong.agent.report.columns import LINK_COLUMNS, values_of
from phusong.agent.report.tables import columns_of
from phusong.agent.report.time_classes import CLASS_OF, TimeClass

PAGE = "\n" + (Path(__file__).parents[3] / "docs/reports.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[tuple[str, str]]:
    """Return first and second cell of the first table below a heading."""
    section = PAGE.partition(f"\n{heading}\n")[2]
    table = re.search(r"(?:^\|.*\n)+", section, re.MULTILINE)
    assert table
    return re.findall(r"^\| `([^`]+)` \| (.*) \|$", table[0], re.MULTILINE)


def test_options() -> None:
    """Every option is explained, in the order of --help."""
    command = typer.main.get_command(app).commands["report"].commands["availability"]  # type: ignore[attr-defined]
    assert [name for name, _ in rows("# Reports")] == [parameter.opts[-1] for parameter in command.params]


def test_columns() -> None:
    """Those of lines in their order; those of groups as far as they are not the same."""
    assert [name for name, _ in rows("### Lines")] == [name for name, _ in columns_of(Level.LINK)]
    names = [name for name, _ in columns_of(Level.CARRIER)]
    assert [name for name, _ in rows("### Groups")] == names[1 : names.index("availability_ratio")]
    of_lines = [name for name, _ in columns_of(Level.LINK)]
    rest = of_lines[of_lines.index("availability_ratio") : of_lines.index("recorded_ratio") + 1]
    assert [name for name in rest if name != "longest_outage_begin"] == names[names.index("availability_ratio") :]


def test_classes() -> None:
    """Every class, and the verdicts that belong to it."""
    told = dict(rows("## Definitions"))
    assert told.keys() == set(TimeClass)
    for verdict, time_class in CLASS_OF.items():
        assert f"`{verdict}`" in told[time_class]


@pytest.mark.parametrize("link_id", ["bad", "edge", "busy", "good"])
def test_the_sql_gives_the_same(report: Report, tmp_path: Path, link_id: str) -> None:
    """To the millisecond, on the same record."""
    statement = re.search(r"```sql\n(.*?)```", PAGE, re.DOTALL)
    assert statement
    write_province(tmp_path)
    (link,) = (link for link in report.links if link.link_id == link_id)
    values = values_of(LINK_COLUMNS, link)
    with closing(sqlite3.connect(tmp_path / "state/phusong.db")) as connection:
        cursor = connection.execute(statement[1].replace("coto-1", link_id))
        names = [column[0] for column in cursor.description]
        (found,) = cursor.fetchall()
    assert len(names) == 5
    for name, seconds in zip(names, found, strict=True):
        assert (seconds or 0) == pytest.approx(values[name], abs=0.001), name


def test_the_example(report: Report) -> None:
    """It is the line ``bad`` of the tests."""
    (bad,) = (link for link in report.links if link.link_id == "bad")
    assert bad.times.carrier_availability_ratio == 0.94782
    assert bad.times.availability_ratio == 0.91596
    assert bad.missed_ms == 127_116_000
    assert "94.782 %" in PAGE
    assert "91.596 %" in PAGE
    assert "35:18:36" in PAGE
