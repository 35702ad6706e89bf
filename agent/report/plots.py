"""The plots of the report page, as SVG without a date, an address or a font to be fetched.

The one module that needs matplotlib (``phusong[report]``). Labels are outlines of letters and never formulas; the
same report gives the same bytes.
"""

from __future__ import annotations

import io
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from .availability import Level, Report, ReportLink
from .columns import LINK_COLUMNS, Kind, values_of
from .shown import shown_value, with_comma
from .time_classes import Piece, TimeClass, as_ms
from .wording import WORDS

MOST_CARRIERS: Final = 20
MOST_FULL_LINES: Final = 15
MOST_WORST_LINES: Final = 20
LONGEST_LABEL: Final = 28
TIMELINE_STEPS: Final = 1200
"""Into so many parts a timeline is divided; each has the colour of the worst that happened in it."""
_STYLE: Final[dict[Any, Any]] = {
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.family": ["DejaVu Sans"],  # matplotlib brings it along, and it has every Vietnamese letter
    "font.size": 8.0,
    "grid.color": "#dddddd",
    "hatch.linewidth": 0.5,
    "svg.fonttype": "path",
    "svg.hashsalt": "phusong",
    "text.parse_math": False,
}
_GOOD, _BAD, _SECOND = "#0072b2", "#d55e00", "#56b4e9"
_CLASS_COLOURS: Final[Mapping[TimeClass, str]] = {
    TimeClass.FAULT: _BAD,
    TimeClass.PARENT: "#cc79a7",
    TimeClass.ADMIN: "#7f7f7f",
    TimeClass.MAINTENANCE: _SECOND,
    TimeClass.UNKNOWN: "#f0e442",
    TimeClass.GAP: "#e8e8e8",
}
"""From what matters most to what matters least; colours that the colour-blind can tell apart."""
_DAY = timedelta(days=1)


def draw_plots(report: Report, lang: str) -> Iterator[tuple[str, bytes]]:
    """Yield each plot that has something to show: its title, and the SVG."""
    words = WORDS[lang]
    worst = [link for link in report.links if link.times.total_ms != link.times.up_ms][:MOST_WORST_LINES]
    full = _fullest(report.links)
    carriers = [group for group in report.groups[Level.CARRIER] if group.times.carrier_ms][:MOST_CARRIERS]
    if carriers:
        yield words["plot.carriers"], _svg(1.0 + 0.3 * len(carriers), lambda axes: _carriers(axes, report, lang))
    yield words["plot.outages"], _svg(2.2, lambda axes: _outages(axes, report))
    if full:
        yield words["plot.use"], _svg(1.0 + 0.3 * len(full), lambda axes: _use(axes, full, lang))
    if worst:
        title = words["plot.timeline"].format(count=len(worst))
        yield title, _svg(1.4 + 0.22 * len(worst), lambda axes: _timeline(axes, report, worst, lang))


def _svg(height_in: float, draw: Callable[[Axes], None]) -> bytes:
    with mpl.rc_context(_STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")  # an odd name is drawn as boxes
        figure = Figure(figsize=(7.4, height_in), layout="constrained")
        draw(figure.add_subplot())
        text = io.BytesIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return text.getvalue()


def _carriers(axes: Axes, report: Report, lang: str) -> None:
    groups = [group for group in report.groups[Level.CARRIER] if group.times.carrier_ms][:MOST_CARRIERS]
    lowest = 100.0
    for row, group in enumerate(groups):
        value = 100 * (group.times.carrier_availability_ratio or 0.0)
        contracts = [100 * ratio for ratio in group.contracts]
        lowest = min(lowest, value, *contracts)
        colour = _BAD if group.below_contract else _GOOD
        axes.plot([value], [row], "o", color=colour, markersize=7)
        axes.plot(contracts, [row] * len(contracts), "|", color="black", markersize=16, markeredgewidth=1.5)
        text = shown_value(group.times.carrier_availability_ratio, Kind.RATIO, lang)
        axes.annotate(text, (value, row), xytext=(-7, 0), textcoords="offset points", ha="right", va="center")
    names = [_label(group.name or WORDS[lang]["not_in_inventory"]) for group in groups]
    margin = max((100 - lowest) * 0.1, 0.01)
    axes.set_xlim(lowest - 2 * margin, 100 + margin)
    axes.set_ylim(len(groups) - 0.4, -0.7)
    axes.set_yticks(range(len(groups)), names)
    _mark_percent(axes, lang)


def _outages(axes: Axes, report: Report) -> None:
    first = report.range.begin.replace(hour=0, minute=0, second=0, microsecond=0)
    days = -((first - report.range.end) // _DAY)
    begins = (outage.begin_ms for link in report.links for outage in link.measured.outages)
    by_day = Counter((begin_ms - as_ms(first.timestamp())) // (86_400 * 1000) for begin_ms in begins)
    axes.bar(range(days), [by_day[day] for day in range(days)], color=_BAD)
    axes.set_ylim(0, 1.1 * max(by_day.values(), default=1))
    _mark_days(axes, [(day, first + day * _DAY) for day in range(days)])
    axes.set_xlim(-0.6, days - 0.4)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))


def _mark_days(axes: Axes, days: Sequence[tuple[float, datetime]]) -> None:
    """Name some of the days on the horizontal axis."""
    some = days[:: -(-len(days) // 12)]
    axes.set_xticks([place for place, _ in some], [day.strftime("%d/%m") for _, day in some])


def _mark_percent(axes: Axes, lang: str) -> None:
    axes.xaxis.set_major_formatter(lambda value, _: with_comma(f"{value:.6g}", lang))
    axes.set_xlabel("%")


def _fullest(links: Sequence[ReportLink]) -> list[tuple[str, float, float]]:
    """Return the lines of which most of the contracted rate is in use: id, down and up in per cent."""
    found = []
    for link in links:
        values = values_of(LINK_COLUMNS, link)
        down, up = values["down_p95_use_ratio"], values["up_p95_use_ratio"]
        if isinstance(down, float) and isinstance(up, float):
            found.append((link.link_id, 100 * down, 100 * up))
    return sorted(found, key=lambda row: (-max(row[1:]), row[0]))[:MOST_FULL_LINES]


def _use(axes: Axes, full: Sequence[tuple[str, float, float]], lang: str) -> None:
    words = WORDS[lang]
    rows = range(len(full))
    axes.barh([row - 0.2 for row in rows], [down for _, down, _ in full], 0.38, color=_GOOD)
    axes.barh([row + 0.2 for row in rows], [up for _, _, up in full], 0.38, color=_SECOND)
    axes.axvline(100, color="black", linewidth=1)
    axes.set_ylim(len(full) - 0.4, -0.6)
    axes.set_yticks(list(rows), [_label(link_id) for link_id, _, _ in full])
    _mark_percent(axes, lang)
    handles = [Patch(color=_GOOD, label=words["plot.use.down"]), Patch(color=_SECOND, label=words["plot.use.up"])]
    axes.legend(handles=handles, loc="lower right", framealpha=1)


def _timeline(axes: Axes, report: Report, worst: Sequence[ReportLink], lang: str) -> None:
    begin_ms, end_ms = (as_ms(moment.timestamp()) for moment in (report.range.begin, report.range.end))
    for row, link in enumerate(worst):
        for time_class, bars in _bars(link.measured.pieces, begin_ms, end_ms).items():
            axes.broken_barh(
                bars,
                (row - 0.4, 0.8),
                facecolor=_CLASS_COLOURS[time_class],
                hatch=_hatch(time_class),
                edgecolor="#bbbbbb",
                linewidth=0,
            )
    midnight = report.range.begin.replace(hour=0, minute=0, second=0, microsecond=0)
    days = [midnight + number * _DAY for number in range(-((midnight - report.range.end) // _DAY))]
    scale = TIMELINE_STEPS / (end_ms - begin_ms)
    _mark_days(axes, [((as_ms(day.timestamp()) - begin_ms) * scale, day) for day in days])
    axes.set_xlim(0, TIMELINE_STEPS)
    axes.set_ylim(len(worst) - 0.4, -0.6)
    axes.set_yticks(range(len(worst)), [_label(link.link_id) for link in worst])
    axes.grid(visible=False)
    axes.figure.legend(handles=list(_legend(lang)), loc="outside lower center", ncols=3, frameon=False)


def _legend(lang: str) -> Iterator[Patch]:
    for time_class, colour in _CLASS_COLOURS.items():
        label = WORDS[lang][f"class.{time_class}"]
        yield Patch(facecolor=colour, label=label, hatch=_hatch(time_class), edgecolor="#bbbbbb", linewidth=0)


def _hatch(time_class: TimeClass) -> str | None:
    return "////" if time_class is TimeClass.GAP else None


def _bars(pieces: Sequence[Piece], begin_ms: int, end_ms: int) -> dict[TimeClass, list[tuple[int, int]]]:
    """Return begin and length of every bar of a timeline, by class, in steps of the whole."""
    order = list(_CLASS_COLOURS)
    worst: list[TimeClass | None] = [None] * TIMELINE_STEPS
    for piece in pieces:
        time_class = TimeClass.GAP if piece.time_class is TimeClass.NOT_RECORDED else piece.time_class
        if time_class is TimeClass.UP:
            continue
        first = (piece.begin_ms - begin_ms) * TIMELINE_STEPS // (end_ms - begin_ms)
        last = -(-(piece.end_ms - begin_ms) * TIMELINE_STEPS // (end_ms - begin_ms))
        for step in range(first, last):
            before = worst[step]
            if before is None or order.index(time_class) < order.index(before):
                worst[step] = time_class
    bars: dict[TimeClass, list[tuple[int, int]]] = {}
    begin = 0
    for step in range(1, TIMELINE_STEPS + 1):
        if step == TIMELINE_STEPS or worst[step] is not worst[begin]:
            found = worst[begin]
            if found is not None:
                bars.setdefault(found, []).append((begin, step - begin))
            begin = step
    return bars


def _label(text: str) -> str:
    return text if len(text) <= LONGEST_LABEL else text[: LONGEST_LABEL - 1] + "…"
