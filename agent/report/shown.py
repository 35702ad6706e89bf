"""How values are written for people: percentages, durations, words, in two languages. Decides no value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from importlib.metadata import version

from .availability import Report
from .columns import Kind, Value
from .wording import WORDS

RATIO_DIGITS = 3
"""Of a percentage: ratios have five digits."""


def shown_value(value: Value, kind: Kind, lang: str) -> str:
    """Return a value as it stands in a table; a missing one as a dash, never as 0 or 100 %."""
    if value is None or value == "":
        return WORDS[lang]["none"]
    if isinstance(value, str):
        return _shown_text(value, kind, lang)
    match kind:
        case Kind.RATIO:
            return with_comma(f"{value * 100:.{RATIO_DIGITS}f}", lang) + " %"
        case Kind.SHARE:
            return with_comma(f"{value * 100:.1f}", lang) + " %"
        case Kind.SECONDS:
            minutes, seconds = divmod(round(value), 60)
            return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
        case Kind.NUMBER:
            return with_comma(f"{value:.2f}", lang)
        case _:
            return str(value)


def _shown_text(value: str, kind: Kind, lang: str) -> str:
    if kind is Kind.TIME:
        return shown_moment(datetime.fromisoformat(value))
    return WORDS[lang][f"word.{value}"] if kind is Kind.WORD else value


def shown_moment(moment: datetime) -> str:
    """Return a moment as people in Viet Nam write it; seconds only where they are not 0."""
    return moment.strftime("%H:%M:%S %d/%m/%Y" if moment.second else "%H:%M %d/%m/%Y")


def heading(name: str, lang: str) -> str:
    """Return the heading of a column."""
    return WORDS[lang][f"column.{name}"]


def range_lines(report: Report, lang: str) -> list[str]:
    """Return what the figures are about, a sentence a line."""
    words = WORDS[lang]
    begin, end = (shown_moment(moment) for moment in (report.range.begin, report.range.end))
    lines = [words["range"].format(begin=begin, end=end)]
    if report.is_cut:
        lines.append(words["cut"].format(end=end))
    if report.only:
        lines.append(words["only"].format(names=", ".join(report.only)))
    return lines


def provenance(report: Report, source: str, lang: str) -> Iterator[tuple[str, str]]:
    """Yield where the figures come from; ``source`` is the name of the file."""
    words: Mapping[str, str] = WORDS[lang]
    begin, end = (moment.isoformat(timespec="seconds") for moment in (report.range.begin, report.range.end))
    yield words["provenance.source"], source
    yield words["provenance.range"], f"[{begin}, {end})"
    yield words["provenance.edition"], report.edition
    yield words["provenance.fingerprint"], report.fingerprint
    yield words["provenance.program"], f"phusong {version('phusong')}"


def with_comma(text: str, lang: str) -> str:
    """Return a number with the decimal sign of the language."""
    return text.replace(".", ",") if lang == "vi" else text
