"""Colours, shapes and line patterns of every class and state: one table for page, legend and static picture.

Every state differs by shape, width or dashes as well as by colour, and every class of coverage by lightness and,
where the reader wants it, by a hatch. State colours follow Okabe and Ito's palette for the colour-blind, the
classes of coverage viridis, paled so that marks stand out on them; differences are a brown-to-teal scale. Light
and dark are the two themes of the page; pictures are drawn in the light one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from phusong.exporters.snapshot import Isolation, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phusong.maps.text import Json

HATCHES: TypeAlias = str
"""``none``, ``dots``, ``lines``, ``steep``, ``cross`` or ``dense``: what the page and the picture can draw."""


@dataclass(frozen=True, slots=True)
class Colour:
    """One colour in both themes, as ``#rrggbb``."""

    light: str
    dark: str


@dataclass(frozen=True, slots=True)
class CoverageClass:
    """Shares from ``at_least`` up to the class before; with ``above``, ``at_least`` itself is of the next one."""

    key: str
    at_least: float
    colour: Colour
    hatch: HATCHES
    above: bool = False


@dataclass(frozen=True, slots=True)
class DifferenceClass:
    """Differences in percentage points from ``at_least`` up to the class before it."""

    key: str
    at_least: float
    colour: Colour
    hatch: HATCHES


@dataclass(frozen=True, slots=True)
class LineStyle:
    """How a line is drawn: width in pixels, opacity 0 to 1, and dashes as SVG writes them."""

    colour: Colour
    weight: float
    opacity: float
    dash: str


@dataclass(frozen=True, slots=True)
class MarkStyle:
    """How an office or endpoint is drawn: a shape of the page's and its radius in pixels at zoom 10."""

    colour: Colour
    shape: str
    radius: float


COVERAGE_CLASSES = (
    CoverageClass("full", 1.0, Colour("#f3f0b4", "#b5ab55"), "none"),
    CoverageClass("95", 0.95, Colour("#c6df92", "#86a04b"), "dots"),
    CoverageClass("80", 0.8, Colour("#86c594", "#4c8f60"), "lines"),
    CoverageClass("50", 0.5, Colour("#4a9f9d", "#2c7472"), "steep"),
    CoverageClass("low", 0.0, Colour("#3f6d99", "#2c4f76"), "cross", above=True),
    CoverageClass("zero", 0.0, Colour("#45307a", "#35245f"), "dense"),
)
"""Best first; the first that holds counts. The breaks are fixed: 100, 95, 80, 50 and 0 %."""
NO_DATA = Colour("#f2f2f2", "#2a3138")
NO_DATA_HATCH = Colour("#8a8f94", "#7d868f")
"""Not known is never 0 %: hatched in grey, whatever the other classes look like."""

DIFFERENCE_CLASSES = (
    DifferenceClass("gain_much", 20.0, Colour("#01665e", "#35b8a8"), "cross"),
    DifferenceClass("gain", 5.0, Colour("#5ab4ac", "#2b857c"), "lines"),
    DifferenceClass("gain_little", 0.05, Colour("#c7eae5", "#24524e"), "dots"),
    DifferenceClass("same", -0.05, Colour("#f5f5f5", "#3a4046"), "none"),
    DifferenceClass("loss_little", -5.0, Colour("#f6e8c3", "#59472a"), "dots"),
    DifferenceClass("loss", -20.0, Colour("#d8b365", "#96702f"), "steep"),
    DifferenceClass("loss_much", -100.0, Colour("#8c510a", "#dc9a4a"), "dense"),
)
"""Largest gain first; less than 0.05 points is no difference: it would be shown as 0.0."""

LINES: Mapping[Verdict, LineStyle] = {
    Verdict.UP: LineStyle(Colour("#0b5fa5", "#6fb1ee"), 0.9, 0.34, ""),
    Verdict.UNKNOWN: LineStyle(Colour("#3c4043", "#c3c7cb"), 1.8, 1, "2 4"),
    Verdict.MAINTENANCE: LineStyle(Colour("#1d9bd1", "#5fc3ee"), 2, 1, "7 4"),
    Verdict.ADMIN_DOWN: LineStyle(Colour("#5f6368", "#a3a9b0"), 2, 1, "7 4"),
    Verdict.SNMP_DEAD: LineStyle(Colour("#c98500", "#f0b23c"), 2.2, 1, "2 3"),
    Verdict.DEGRADED: LineStyle(Colour("#8a7a00", "#d6c23a"), 2.2, 1, "5 3"),
    Verdict.CONGESTED: LineStyle(Colour("#7b3fa0", "#b98ae0"), 2.4, 1, "12 3"),
    Verdict.PARENT_DOWN: LineStyle(Colour("#8c5a3c", "#cf9a76"), 2.4, 1, "4 3 1 3"),
    Verdict.UNREACHABLE: LineStyle(Colour("#b0307f", "#f078bd"), 2.6, 1, "9 4 2 4"),
    Verdict.DOWN: LineStyle(Colour("#d03a00", "#ff8350"), 2.8, 1, ""),
}
"""Worst last: what is drawn last lies on top."""
WRONG_LINES = (
    Verdict.DOWN,
    Verdict.UNREACHABLE,
    Verdict.PARENT_DOWN,
    Verdict.CONGESTED,
    Verdict.DEGRADED,
    Verdict.SNMP_DEAD,
)
"""What somebody has to see to, worst first."""


def _screen(colour: Colour, *, wrong: bool, shape: str = "screen") -> MarkStyle:
    return MarkStyle(colour, shape, 5.6 if wrong else 4.0)


ENDPOINTS: Mapping[Verdict, MarkStyle] = {
    Verdict.READY: _screen(LINES[Verdict.UP].colour, wrong=False),
    Verdict.IN_CALL: _screen(Colour("#0b6e4f", "#3fbf8f"), wrong=False),
    Verdict.UNKNOWN: _screen(LINES[Verdict.UNKNOWN].colour, wrong=False, shape="hollow-screen"),
    Verdict.MAINTENANCE: _screen(LINES[Verdict.MAINTENANCE].colour, wrong=False),
    Verdict.SNMP_DEAD: _screen(LINES[Verdict.SNMP_DEAD].colour, wrong=True),
    Verdict.NOT_REGISTERED: _screen(LINES[Verdict.DEGRADED].colour, wrong=True),
    Verdict.POOR_CALL: _screen(LINES[Verdict.CONGESTED].colour, wrong=True),
    Verdict.NO_SERVICE: _screen(Colour("#a0522d", "#e08a5c"), wrong=True),
    Verdict.PARENT_DOWN: _screen(LINES[Verdict.PARENT_DOWN].colour, wrong=True),
    Verdict.UNREACHABLE: _screen(LINES[Verdict.UNREACHABLE].colour, wrong=True),
}
"""Worst last."""
WRONG_ENDPOINTS = (
    Verdict.UNREACHABLE,
    Verdict.PARENT_DOWN,
    Verdict.NO_SERVICE,
    Verdict.POOR_CALL,
    Verdict.NOT_REGISTERED,
    Verdict.SNMP_DEAD,
)

OFFICES: Mapping[Isolation, MarkStyle] = {
    Isolation.CONNECTED: MarkStyle(Colour("#0b6e4f", "#3fbf8f"), "circle", 3.2),
    Isolation.UNKNOWN: MarkStyle(Colour("#5f6368", "#a3a9b0"), "ring", 3.6),
    Isolation.AT_RISK: MarkStyle(Colour("#e0a100", "#f2c230"), "triangle", 5.2),
    Isolation.ON_FALLBACK: MarkStyle(Colour("#7b3fa0", "#b98ae0"), "square", 5.0),
    Isolation.ISOLATED: MarkStyle(Colour("#d03a00", "#ff8350"), "cross", 7.0),
}
"""Worst last."""
WRONG_OFFICES = (Isolation.ISOLATED, Isolation.ON_FALLBACK)
HUB = MarkStyle(OFFICES[Isolation.CONNECTED].colour, "star", 12.0)

BASE: Mapping[str, Colour] = {
    "ink": Colour("#1d2429", "#e6eaee"),
    "muted": Colour("#56616a", "#a9b4bd"),
    "page": Colour("#ffffff", "#171c21"),
    "raised": Colour("#f2f6f8", "#222a31"),
    "rule": Colour("#d3dae0", "#38424b"),
    "accent": Colour("#196d78", "#4fb6c2"),
    "on-accent": Colour("#ffffff", "#0c1216"),
    "link": Colour("#0b5fa5", "#7ab7ff"),
    "focus": Colour("#c25e00", "#ffb454"),
    "sea": Colour("#dbe8f0", "#0f1a23"),
    "land": Colour("#eceae4", "#20262b"),
    "coast": Colour("#9fb2bf", "#46545f"),
    "border": Colour("#4b5660", "#c4ccd3"),
    "halo": Colour("#ffffff", "#11161a"),
    "cover": Colour("#b0307f", "#f078bd"),
    "gap": Colour("#b3001b", "#ff6f7d"),
}
"""Page, basemap and the two overlays: coverage polygons and uncovered land."""


def coverage_class(ratio: float | None) -> CoverageClass | None:
    """Return the class of a share (0 to 1); ``None`` when it is not known."""
    if ratio is None:
        return None
    return next(
        each
        for each in COVERAGE_CLASSES
        if (ratio > each.at_least if each.above else ratio >= each.at_least) or each is COVERAGE_CLASSES[-1]
    )


def palette_css() -> str:
    """Return both themes as CSS custom properties: ``--class-full``, ``--line-down``, ``--office-isolated`` ..."""
    colours = _colours()

    def block(theme: str) -> str:
        return "".join(f"--{name}:{getattr(colour, theme)};" for name, colour in colours.items())

    return (
        f":root{{color-scheme:light;{block('light')}}}\n"
        f"@media screen{{:root[data-theme=dark]{{color-scheme:dark;{block('dark')}}}}}\n"
    )


def palette_data() -> dict[str, Json]:
    """Return what the page needs beside the colours, keyed and ordered as the tables above."""
    return {
        "classes": [
            {"key": each.key, "atLeast": each.at_least, "above": each.above, "hatch": each.hatch}
            for each in COVERAGE_CLASSES
        ],
        "differences": [
            {"key": each.key, "atLeast": each.at_least, "hatch": each.hatch} for each in DIFFERENCE_CLASSES
        ],
        "links": {
            key.value: {"weight": style.weight, "opacity": style.opacity, "dash": style.dash}
            for key, style in LINES.items()
        },
        "sites": {key.value: _mark(style) for key, style in OFFICES.items()},
        "endpoints": {key.value: _mark(style) for key, style in ENDPOINTS.items()},
        "hub": _mark(HUB),
        "wrong": {
            "links": [verdict.value for verdict in WRONG_LINES],
            "sites": [isolation.value for isolation in WRONG_OFFICES],
            "endpoints": [verdict.value for verdict in WRONG_ENDPOINTS],
        },
    }


def _mark(style: MarkStyle) -> dict[str, Json]:
    return {"shape": style.shape, "radius": style.radius}


def _colours() -> dict[str, Colour]:
    return {
        **BASE,
        **{f"class-{each.key}": each.colour for each in COVERAGE_CLASSES},
        "class-none": NO_DATA,
        "class-none-hatch": NO_DATA_HATCH,
        **{f"difference-{each.key}": each.colour for each in DIFFERENCE_CLASSES},
        **{f"link-{key.value}": style.colour for key, style in LINES.items()},
        **{f"site-{key.value}": style.colour for key, style in OFFICES.items()},
        **{f"endpoint-{key.value}": style.colour for key, style in ENDPOINTS.items()},
    }
