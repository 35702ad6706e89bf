"""The small maps and bars of the coverage report, as SVG made by hand: lines and polygons, no font, no script.

Classes and colours are those of the province map; what is not known is hatched, never coloured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from phusong.maps.short_coordinates import line_points
from phusong.maps.text import escape_html

if TYPE_CHECKING:
    from phusong.maps.display_geometry import DisplayGeometry
    from phusong.maps.short_coordinates import ShortLine

CLASSES: Final = (
    ("100 %", "#f3f0b4", 1.0),
    ("95 – < 100 %", "#c6df92", 0.95),
    ("80 – 95 %", "#86c594", 0.8),
    ("50 – 80 %", "#4a9f9d", 0.5),
    ("> 0 – 50 %", "#3f6d99", 1e-9),
    ("0 %", "#45307a", 0.0),
)
"""Word, colour and the least ratio of each, best first."""
NOT_KNOWN: Final = "không biết"
_WIDTH = 460
_HATCH = (
    '<defs><pattern id="h" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="4" height="4" fill="#fff"/><path d="M0 0V4" stroke="#888" stroke-width="1"/></pattern></defs>'
)


def colour_of(ratio: float | None) -> str:
    """Return the fill of a commune."""
    if ratio is None:
        return "url(#h)"
    return next(colour for _, colour, least in CLASSES if ratio >= least)


def draw_map(geometry: DisplayGeometry, ratios: Sequence[float | None], names: Sequence[str]) -> str:
    """Return a map; ``ratios`` and ``names`` are in the order of the geometry's communes."""
    positions = [p for line in geometry.outline for p in line_points(line).tolist()]
    west, east = min(p[0] for p in positions), max(p[0] for p in positions)
    south, north = min(p[1] for p in positions), max(p[1] for p in positions)
    scale = _WIDTH / (east - west)
    # At 21 degrees a degree of longitude is 0.933 of one of latitude.
    tall = scale / 0.933

    def path(lines: Sequence[ShortLine], end: str) -> str:
        return "".join(
            "M"
            + "L".join(f"{(x - west) * scale:.1f} {(north - y) * tall:.1f}" for x, y in line_points(line))
            + end
            for line in lines
        )

    shapes = "".join(
        f'<path fill="{colour_of(ratio)}" d="{"".join(path(rings, "Z") for rings in polygons)}">'
        f"<title>{escape_html(name)}: {percent(ratio)}</title></path>"
        for polygons, ratio, name in zip(geometry.communes, ratios, names, strict=True)
    )
    height = (north - south) * tall
    return (
        f'<svg viewBox="-2 -2 {_WIDTH + 4} {height + 4:.0f}" role="img" xmlns="http://www.w3.org/2000/svg">{_HATCH}'
        f'<g stroke="#fff" stroke-width=".4" fill-rule="evenodd">{shapes}</g>'
        f'<path fill="none" stroke="#333" stroke-width=".7" d="{path(geometry.district_borders, "")}"/>'
        f'<path fill="none" stroke="#333" stroke-width=".9" d="{path(geometry.outline, "")}"/></svg>'
    )


def draw_legend() -> str:
    """Return the classes with their colours."""
    rows = [*((word, colour) for word, colour, _ in CLASSES), (NOT_KNOWN, "url(#h)")]
    cells = "".join(
        f'<rect x="{80 * n}" y="1" width="12" height="12" fill="{colour}" stroke="#333" stroke-width=".5"/>'
        f'<text x="{80 * n + 16}" y="11" font-size="9">{escape_html(word)}</text>'
        for n, (word, colour) in enumerate(rows)
    )
    box = f'viewBox="0 0 {80 * len(rows)} 14" xmlns="http://www.w3.org/2000/svg"'
    return f'<svg class="legend" {box}>{_HATCH}{cells}</svg>'


def draw_bars(shares: Mapping[str, Sequence[float | None]], words: Sequence[str]) -> str:
    """Return bars side by side for each name; ``words`` say what the first, second, ... bar of a name is."""
    colours = ("#0072b2", "#e69f00", "#009e73")
    step = 8 * len(words) + 6
    parts = []
    for n, (name, values) in enumerate(shares.items()):
        top = 16 + n * step
        parts.append(
            f'<text x="168" y="{top + step / 2:.0f}" text-anchor="end" font-size="10">{escape_html(name)}</text>'
        )
        for place, value in enumerate(values):
            y = top + 8 * place
            width = 0 if value is None else 300 * value
            parts.append(
                f'<rect x="174" y="{y}" width="{width:.1f}" height="7" fill="{colours[place]}"/>'
                f'<text x="{178 + width:.1f}" y="{y + 7}" font-size="8">{percent(value)}</text>'
            )
    heads = "".join(
        f'<rect x="{174 + 130 * n}" y="2" width="8" height="8" fill="{colours[n]}"/>'
        f'<text x="{186 + 130 * n}" y="10" font-size="9">{escape_html(word)}</text>'
        for n, word in enumerate(words)
    )
    height = 20 + step * len(shares)
    return f'<svg viewBox="0 0 580 {height}" xmlns="http://www.w3.org/2000/svg">{heads}{"".join(parts)}</svg>'


def percent(ratio: float | None) -> str:
    """Return a ratio for readers: one decimal with a comma; 0 and 100 are said of nothing else."""
    if ratio is None:
        return NOT_KNOWN
    if ratio in (0.0, 1.0):
        return f"{100 * ratio:.0f} %"
    shown = min(99.9, round(100 * ratio, 1))
    return f"{shown:.1f} %".replace(".", ",") if shown else "< 0,1 %"
