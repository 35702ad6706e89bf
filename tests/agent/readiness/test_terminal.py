"""The readiness report on the terminal."""

from __future__ import annotations

import io
import re

import pytest
from readiness_made import HOSTILE, finding, full_report, hostile_report, made_report, made_row, province_report
from rich.console import Console

from phusong.agent.readiness import shown, terminal
from phusong.agent.readiness.readiness import ReadinessReport, Reason
from phusong.agent.readiness.sums import State, by_district, by_reason, count
from phusong.agent.readiness.wording import LANGUAGES, WORDS
from phusong.maps.text import clean_text

each_language = pytest.mark.parametrize("lang", LANGUAGES)


def printed(report: ReadinessReport, lang: str, width: int = 100) -> list[str]:
    console = Console(width=width, file=io.StringIO(), record=True, color_system=None)
    console.print(terminal.as_terminal(report, lang))
    return console.export_text().splitlines()


def dense(text: str) -> str:
    return re.sub(r"\s", "", text)


def one_row(report: ReadinessReport, number: int, lang: str) -> str:
    """Return the text of the columns of one row, each column read downwards."""
    table = terminal.as_table(made_report(report.rows[number]), lang)
    return "\n".join("".join(map(str, column.cells)) for column in table.columns)


@each_language
def test_it_has_room(lang: str) -> None:
    """No line is longer than 100 columns, whatever the names, and none of a name is lost."""
    for report in (full_report(), hostile_report(), province_report(40)):
        lines = printed(report, lang)
        assert max(map(len, lines)) <= 100
    table = printed(hostile_report(), lang)
    column = "".join(line[12:39] for line in table)
    assert dense("ă" * 300) in dense(column)


@each_language
def test_every_row_shows_what_is_needed(lang: str) -> None:
    """State, every reason, line, headroom, last good call; of those who need somebody services and device."""
    report = full_report()
    for number, row in enumerate(report.rows):
        text = dense(one_row(report, number, lang))
        told = [
            shown.state_word(row, lang),
            shown.line(row, lang),
            shown.headroom(row, report.needed_mbps, lang, arrows=True),
            shown.last_good_call(row, lang),
            *(item.sentence for item in shown.shown_findings(row, lang)),
            *(item.next_step for item in shown.shown_findings(row, lang) if item.keeps_out),
        ]
        if row.ready is not True:
            told += [*shown.services(row, lang), shown.device(row, lang) if row.model or row.software else ""]
        for part in told:
            assert dense(part) in text


@each_language
def test_signs_tell_states_apart_without_colour(lang: str) -> None:
    """Each row begins with the sign of its state, those that need somebody first."""
    rows = [
        made_row("r"),
        made_row("w", finding(Reason.IN_CALL)),
        made_row("k", finding(Reason.NOT_KNOWN)),
        made_row("n", finding(Reason.FAULT)),
    ]
    starts = [line[1] for line in printed(made_report(*rows), lang) if re.match(r" [✗?!✓] ", line)]
    assert starts == [shown.SIGNS[state] for state in State] == ["✗", "?", "!", "✓"]


@each_language
def test_what_stands_below(lang: str) -> None:
    """Sums by reason and district, the meeting, the moment, whether it is real, and the headline last."""
    report = full_report()
    lines = printed(report, lang)
    text = "\n".join(lines)
    counts = count(report.rows)
    assert lines[-1] == shown.headline(report, lang)
    assert f"{counts.ready}" in lines[-1]
    assert f"{counts.endpoints}" in lines[-1]
    for line in (*shown.meeting_lines(report, lang), *shown.asking_lines(report, lang), WORDS[lang]["synthetic"]):
        assert line in text
    sums = "\n".join(re.sub(r" +", " ", line) for line in lines)
    for item in by_district(report):
        figures = " ".join(str(item.counts.by_state[state]) for state in State)
        assert f" {shown.district_name(item.district, lang)} {item.counts.endpoints} {figures}" in sums
    for found in by_reason(report):
        assert WORDS[lang][f"reason.{found.reason}"][:40] in sums
    real = "\n".join(printed(made_report(made_row("a"), synthetic=False), lang))
    assert WORDS[lang]["synthetic"] not in real


@each_language
def test_hostile_texts_are_only_text(lang: str) -> None:
    """Nothing is markup, nothing steers the terminal or turns the direction of writing."""
    console = Console(width=100, file=(out := io.StringIO()), force_terminal=True, color_system="standard")
    console.print(terminal.as_terminal(hostile_report(), lang))
    raw = out.getvalue()
    assert not re.findall(r"\x1b(?!\[[0-9;]*m)", raw)
    assert "\x1b[31mthree" not in raw
    assert not re.findall("[\u202a-\u202e\u2028\x00\r]", raw)
    lines = printed(hostile_report(), lang)
    names = dense("".join(line[12:39] for line in lines))
    for text in HOSTILE:
        assert dense(clean_text(text)) in names
    assert "[red]markup[/red]" in names
    assert ["[red]markup[/red]", "1", "1", "0", "0", "0"] in [line.split() for line in lines]


@each_language
def test_no_endpoints(lang: str) -> None:
    """An empty report says so."""
    lines = printed(made_report(meeting=None), lang)
    assert lines[0] == WORDS[lang]["no_rows"]
    assert lines[-1].startswith("0 ")
