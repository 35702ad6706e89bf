"""What a picture says in words: title, as of when, of which edition, what is not real, where all is from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from phusong.maps.picture.legend import LegendBlock
from phusong.maps.picture.text import shown
from phusong.maps.picture.wording import local_time, number, threshold, word, word_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from phusong.coverage.summary import CoverageSummary, LayerSource
    from phusong.exporters.snapshot import Snapshot
    from phusong.maps.picture.states import PlacedStates

_LONGEST_FILE, _LONGEST_NAME = 80, 40


@dataclass(frozen=True, slots=True)
class SheetText:
    """What a sheet says: ``notices`` are what is not real, by key and text, ``sources`` where all comes from."""

    title: str
    facts: tuple[str, ...]
    notices: tuple[tuple[str, str], ...]
    blocks: tuple[LegendBlock, ...]
    sources: tuple[str, ...]


def facts(summary: CoverageSummary | None, snapshot: Snapshot | None, communes: int, lang: str) -> tuple[str, ...]:
    """Return as of when the states are, and the edition and number of the communes."""
    as_of = word(lang, "as_of", time=local_time(lang, snapshot.taken_at)) if snapshot else word(lang, "no_state")
    edition = summary.edition if summary else snapshot.edition if snapshot else ""
    if not edition:
        return (as_of,)
    return as_of, word(lang, "edition", edition=shown(edition, _LONGEST_NAME), count=number(lang, communes))


def notices(summary: CoverageSummary | None, lang: str) -> tuple[tuple[str, str], ...]:
    """Return what is not real of what is drawn."""
    found = {"synthetic": summary.synthetic, "schematic": summary.schematic} if summary else {}
    return tuple((key, word(lang, key)) for key, holds in found.items() if holds)


def sources(
    summary: CoverageSummary | None,
    layers: Sequence[LayerSource],
    tolerance_m: float,
    land_source: str,
    states: PlacedStates,
    outside: int,
    lang: str,
) -> tuple[str, ...]:
    """Return where boundaries, land and the layers shown come from, and how much of the states is not drawn."""

    def found() -> Iterator[str]:
        if summary:
            file, tolerance = shown(summary.boundaries_file, _LONGEST_FILE), number(lang, tolerance_m, 1)
            yield word(lang, "sources.boundaries", file=file, tolerance=tolerance)
        if land_source:
            yield word(lang, "sources.land", source=shown(land_source, _LONGEST_FILE))
        if not layers:
            yield word(lang, "sources.no_layers")
        for layer in layers:
            yield _layer(layer, lang)
        if states.unplaced_offices:
            yield word(lang, "sources.undrawn", count=number(lang, states.unplaced_offices))
        if outside:
            yield word(lang, "picture.outside", count=number(lang, outside))
        if states.undrawn_lines:
            yield word(lang, "picture.undrawn_links", count=number(lang, states.undrawn_lines))

    return tuple(found())


def describe(text: SheetText, lang: str) -> str:
    """Return all that a sheet says as one paragraph, for who cannot see it."""
    parts = [*text.facts, *(notice for _, notice in text.notices)]
    for block in text.blocks:
        rows = [word(lang, "picture.counted", text=row.text, count=row.count) for row in block.rows if row.count]
        about = f" ({', '.join(block.notes)})" if block.notes else ""
        parts.append(f"{block.heading}{about}: {'; '.join(rows)}")
    return " ".join(part.rstrip(".") + "." for part in (*parts, *text.sources))


def _layer(layer: LayerSource, lang: str) -> str:
    return word(
        lang,
        "sources.layer",
        technology=shown(layer.technology, _LONGEST_NAME),
        operator=word_for(lang, "operator", shown(layer.operator, _LONGEST_NAME)),
        threshold=threshold(lang, layer.min_dbm),
        date=shown(layer.date, _LONGEST_NAME) or word(lang, "sources.no_date"),
    )
