"""A readiness report on the terminal: who needs somebody first, within 100 columns, and the sums below.

Who is ready takes two lines; services and device are shown of those who need somebody. All of it is in the files.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rich.box import SIMPLE
from rich.console import Group
from rich.table import Table
from rich.text import Text

from phusong.maps.text import clean_text

from . import shown
from .readiness import ReadinessReport, ReadinessRow
from .sums import Counts, State, by_district, by_reason, count, in_order, state_of
from .wording import WORDS

_STYLES: Final = {
    State.NOT_READY: "bold red",
    State.NOT_KNOWN: "bold magenta",
    State.READY_WITH_WARNINGS: "yellow",
    State.READY: "green",
}
_SHORT: Final = "red"
_WIDTHS: Final = {"state": 11, "endpoint": 26, "findings": 31, "line": 27}
"""In characters; with what stands between them they are 100."""


def as_terminal(report: ReadinessReport, lang: str) -> Group:
    """Return the whole form: the table, the sums, what was asked, and the headline last."""
    parts = [as_table(report, lang)] if report.rows else [Text(WORDS[lang]["no_rows"])]
    return Group(*parts, *sums(report, lang), *map(Text, notes(report, lang)), headline(report, lang))


def as_table(report: ReadinessReport, lang: str) -> Table:
    """Return a row per endpoint. Text of inventory and devices is never taken as markup."""
    words = WORDS[lang]
    table = Table(box=SIMPLE, padding=0, pad_edge=False, collapse_padding=True)
    for name, width in _WIDTHS.items():
        table.add_column(Text(words[f"column.{name}"]), width=width, overflow="fold")
    for row in in_order(report):
        table.add_row(
            _state(row, lang),
            _endpoint(row),
            _why(row, lang),
            _line(row, report, lang),
            end_section=state_of(row) is not State.READY,
        )
    return table


def _state(row: ReadinessRow, lang: str) -> Text:
    state = state_of(row)
    return Text(f"{shown.SIGNS[state]} {shown.state_word(row, lang)}", style=_STYLES[state])


def _endpoint(row: ReadinessRow) -> Text:
    """Return name, id and district: the name of a room tells its office already."""
    endpoint_id = clean_text(row.endpoint_id)
    text = Text(clean_text(row.name) or endpoint_id, style="bold")
    where = " · ".join(filter(None, (endpoint_id, clean_text(row.district))))
    text.append(f"\n{where}", style="not bold")
    return text


def _why(row: ReadinessRow, lang: str) -> Text:
    """Return the reasons with what to do, then when it last had a good call, and what it is."""
    text = Text()
    for finding in shown.shown_findings(row, lang):
        text.append(f"{shown.SIGNS[finding.state]} {finding.sentence}.\n", style=_STYLES[finding.state])
        if finding.keeps_out:
            text.append(f"→ {finding.next_step}\n")
    good_call = WORDS[lang]["good_call"].format(time=shown.last_good_call(row, lang))
    text.append(good_call, style="dim")
    if _needs_somebody(row) and (row.model or row.software):
        text.append(f"\n{shown.device(row, lang)}", style="dim")
    return text


def _needs_somebody(row: ReadinessRow) -> bool:
    return state_of(row) in (State.NOT_READY, State.NOT_KNOWN)


def _line(row: ReadinessRow, report: ReadinessReport, lang: str) -> Text:
    short = any(
        shown.is_short(rate, report.needed_mbps) for rate in (row.headroom_down_mbps, row.headroom_up_mbps)
    )
    text = Text(shown.line(row, lang) + "\n")
    text.append(shown.headroom(row, report.needed_mbps, lang, arrows=True), style=_SHORT if short else "")
    services = shown.services(row, lang)
    if services and _needs_somebody(row):
        text.append("\n" + " · ".join(services))
    return text


def sums(report: ReadinessReport, lang: str) -> Iterator[Table]:
    """Yield the counts by reason and by district; none of an empty report."""
    words = WORDS[lang]
    reasons = by_reason(report)
    if reasons:
        table = _sums_table([words["by_reason"], words["column.keeps_out"], words["column.warns"]])
        for item in reasons:
            table.add_row(Text(words[f"reason.{item.reason}"]), str(item.keeps_out), str(item.warns))
        yield table
    if report.rows:
        heads = [words["by_district"], words["column.endpoints"], *(words[f"state.{state}"] for state in State)]
        table = _sums_table(heads)
        for district in by_district(report):
            table.add_row(Text(shown.district_name(district.district, lang)), *_cells(district.counts))
        table.add_row(Text(words["total"], style="bold"), *_cells(count(report.rows)))
        yield table


def _sums_table(heads: list[str]) -> Table:
    table = Table(box=SIMPLE, padding=(0, 1), pad_edge=False)
    for number, head in enumerate(heads):
        table.add_column(Text(head), justify="right" if number else "left", overflow="fold")
    return table


def _cells(counts: Counts) -> list[str]:
    return [str(counts.endpoints), *(str(counts.by_state[state]) for state in State)]


def notes(report: ReadinessReport, lang: str) -> Iterator[str]:
    """Yield what the report was made for, when it was asked, and whether it is real."""
    yield from (f"{line}." for line in shown.meeting_lines(report, lang))
    yield from (f"{line}." for line in shown.asking_lines(report, lang))
    if report.synthetic:
        yield f"{WORDS[lang]['synthetic']}."


def headline(report: ReadinessReport, lang: str) -> Text:
    """Return the whole report in one line: ``212 of 239 ready``, in the colour of the worst state."""
    states = count(report.rows).by_state
    worst = next((state for state in State if states[state]), State.READY)
    return Text(shown.headline(report, lang), style=_STYLES[worst])
