"""What the legend of a picture says: each colour and sign, what it means, how many there are; the page's rows.

Plain data; :mod:`phusong.maps.picture.columns` puts it on paper.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from phusong.maps.palette import COVERAGE_CLASSES, ENDPOINTS, HUB, LINES, OFFICES, LineStyle, MarkStyle
from phusong.maps.picture.drawing import FillStyle, class_fill
from phusong.maps.picture.figures import NO_DATA_KEY, class_counts
from phusong.maps.picture.text import shown
from phusong.maps.picture.wording import number, threshold, word, word_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from phusong.coverage.summary import LayerSource
    from phusong.exporters.snapshot import Snapshot
    from phusong.maps.picture.figures import Series

Sign: TypeAlias = "FillStyle | LineStyle | MarkStyle"

_State = TypeVar("_State", bound=str)
_LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class LegendRow:
    """One sign; ``count`` is how many there are, as the language writes it, empty where nobody counts."""

    sign: Sign
    text: str
    count: str


@dataclass(frozen=True, slots=True)
class LegendBlock:
    """What belongs together; ``notes`` stand below the heading, ``counted`` beside it, above the counts."""

    heading: str
    counted: str
    notes: tuple[str, ...]
    rows: tuple[LegendRow, ...]


def coverage_block(
    shares: Sequence[float | None],
    series: Series | None,
    layers: Sequence[LayerSource],
    measure: str,
    lang: str,
    *,
    hatches: bool,
) -> LegendBlock:
    """Return the classes, each with its number of communes; a centre is covered or not, and nothing between."""
    counts = class_counts(shares)
    keys = [*(each.key for each in COVERAGE_CLASSES), NO_DATA_KEY]
    texts = {key: word(lang, f"class.{key}") for key in keys}
    if measure == "centre":
        texts = {
            "full": word(lang, "centre.yes"),
            "zero": word(lang, "centre.no"),
            NO_DATA_KEY: texts[NO_DATA_KEY],
        }
    rows = [
        LegendRow(class_fill(key, hatches=hatches), text, number(lang, counts[key])) for key, text in texts.items()
    ]
    notes = series_title(series, layers, measure, lang)
    return LegendBlock(word(lang, "coverage"), word(lang, "communes_count"), notes, tuple(rows))


def series_title(series: Series | None, layers: Sequence[LayerSource], measure: str, lang: str) -> tuple[str, ...]:
    """Return what the colours show: measure, technology, operator, threshold and the dates of the layers."""
    if series is None:
        return (word(lang, f"class.{NO_DATA_KEY}"),)
    dates = sorted({shown(layer.date, _LONGEST_NAME) for layer in layers if layer.date})
    parts = (
        word(lang, f"measure.{measure}", technology=shown(series.technology, _LONGEST_NAME)),
        word_for(lang, "operator", shown(series.operator, _LONGEST_NAME)),
        threshold(lang, series.min_dbm),
        word(lang, "dated", date=" – ".join(dict.fromkeys((dates[0], dates[-1])))) if dates else "",
    )
    return tuple(filter(None, parts))


def state_blocks(snapshot: Snapshot | None, lang: str) -> Iterator[LegendBlock]:
    """Yield lines, offices and endpoints: the states that there are, the worst first."""
    if snapshot is None:
        return
    technology = shown(snapshot.fallback_technology, _LONGEST_NAME)

    def rows(styles: Mapping[_State, Sign], group: str, states: Sequence[_State]) -> list[LegendRow]:
        counts = Counter(states)
        return [
            LegendRow(
                styles[state], word(lang, f"{group}.{state}", technology=technology), number(lang, counts[state])
            )
            for state in reversed(list(styles))
            if counts[state]
        ]

    hub = [LegendRow(HUB, word(lang, "hub"), "")] if snapshot.links else []
    links = rows(LINES, "verdict", [row.verdict for row in snapshot.links])
    sites = hub + rows(OFFICES, "isolation", [row.isolation for row in snapshot.sites])
    endpoints = rows(ENDPOINTS, "endpoint", [row.verdict for row in snapshot.endpoints])
    for name, found, total in (
        ("links", links, len(snapshot.links)),
        ("sites", sites, len(snapshot.sites)),
        ("endpoints", endpoints, len(snapshot.endpoints)),
    ):
        if found:
            yield LegendBlock(word(lang, f"layer.{name}"), number(lang, total), (), tuple(found))
