"""The plots: nothing that matters is too short to be seen, and any name can be drawn."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from histories import DAY, OCTOBER, period, report_of, write_inventory, write_record

from phusong.agent.report.availability import Level, Report
from phusong.agent.report.plots import TIMELINE_STEPS, _bars, draw_plots
from phusong.agent.report.time_classes import Piece, TimeClass
from phusong.agent.state.outages import Stretch
from phusong.agent.state.state_file import FILE


def test_the_worst_of_a_step_gives_its_colour() -> None:
    """A fault of a second in a month is a step wide; what is up has none; a hole is no bar."""
    month = 31 * 86_400_000
    pieces = [
        Piece(0, month // 2, TimeClass.UP),
        Piece(month // 2, month // 2 + 1000, TimeClass.MAINTENANCE),
        Piece(month // 2 + 1000, month // 2 + 2000, TimeClass.FAULT),
        Piece(month // 2 + 2000, month, TimeClass.NOT_RECORDED),
    ]
    half = TIMELINE_STEPS // 2
    assert _bars(pieces, 0, month) == {
        TimeClass.FAULT: [(half, 1)],
        TimeClass.GAP: [(half + 1, half - 1)],
    }


@pytest.mark.parametrize("name", ["漢字 😀 \u0301", "$x^{$", r"\\%_&#", "ế" * 200])
def test_any_name_is_drawn(report: Report, name: str) -> None:
    """Without a warning and without an error, in every plot."""
    links = tuple(replace(link, link_id=name, carrier=name) for link in report.links)
    carriers = tuple(replace(group, name=name, links=links) for group in report.groups[Level.CARRIER])
    odd = replace(report, total=replace(report.total, links=links), groups={Level.CARRIER: carriers})
    assert len(list(draw_plots(odd, "vi"))) == 4


def test_a_month_of_which_little_is_known(tmp_path: Path) -> None:
    """Half an hour, no outage, no traffic, one line: what has nothing to show is left out."""
    config = write_inventory(tmp_path)
    write_record(
        tmp_path / "state" / FILE,
        [period("good", OCTOBER + DAY, None, "up")],
        [Stretch(OCTOBER + DAY, OCTOBER + DAY + 1800)],
    )
    titles = [title for title, _ in draw_plots(report_of(config), "en")]
    assert [title.partition(" ")[0] for title in titles] == ["Carrier", "Outages", "What"]
