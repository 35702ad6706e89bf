"""The kinds of panels, each with the look it has on every dashboard. Texts come in as they are shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeVar

from grafana_foundation_sdk.builders import bargauge, common, geomap, stat, statetimeline, table, timeseries
from grafana_foundation_sdk.builders.dashboard import DashboardLink, FieldColor, ThresholdsConfig
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.models import common as looks
from grafana_foundation_sdk.models.dashboard import (
    DashboardLinkType,
    DynamicConfigValue,
    FieldColorModeId,
    Threshold,
    ThresholdsMode,
    ValueMap,
)

from phusong.exporters.grafana import states
from phusong.exporters.grafana.queries import DATASOURCE, MIN_INTERVAL
from phusong.exporters.grafana.words import Words

Panel = TypeVar(
    "Panel", bargauge.Panel, geomap.Panel, stat.Panel, statetimeline.Panel, table.Panel, timeseries.Panel
)
Steps = Sequence[tuple[float | None, str]]

GOOD, BAD, PLAIN = "semi-dark-green", "semi-dark-red", "semi-dark-blue"
ANY_IS_BAD: Final[Steps] = ((None, GOOD), (1, BAD))
"""For counts of what should be nought."""
SHARE_UP: Final[Steps] = ((None, BAD), (0.95, "semi-dark-yellow"), (0.99, GOOD))
SHARE_USED: Final[Steps] = ((None, GOOD), (0.7, "semi-dark-yellow"), (0.9, BAD))
LOSS: Final[Steps] = ((None, GOOD), (0.005, "semi-dark-yellow"), (0.02, BAD))


def framed(
    panel: Panel, title: str, about: str, queries: Iterable[Dataquery], *, width: int, height: int
) -> Panel:
    """Give a panel what every panel has; its queries are called A, B, C ..."""
    panel.title(title).datasource(DATASOURCE).interval(MIN_INTERVAL).span(width).height(height)
    if about:
        panel.description(about)
    for number, query in enumerate(queries):
        panel.with_target(query.ref_id(chr(ord("A") + number)))
    return panel


def coloured(panel: Panel, steps: Steps) -> Panel:
    """Colour values by thresholds."""
    levels = [Threshold(value, colour) for value, colour in steps]
    panel.thresholds(ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(levels))
    return panel.color_scheme(FieldColor().mode(FieldColorModeId.THRESHOLDS))


def figures(
    title: str,
    queries: Sequence[Dataquery],
    *,
    about: str = "",
    unit: str = "short",
    steps: Steps = ((None, PLAIN),),
    mappings: Sequence[ValueMap] = (),
    width: int = 4,
    height: int = 4,
    decimals: int | None = None,
) -> stat.Panel:
    """Return large figures, one per series, as they are now."""
    panel = framed(stat.Panel(), title, about, queries, width=width, height=height)
    panel.unit(unit).mappings(list(mappings)).graph_mode(looks.BigValueGraphMode.NONE)
    panel.color_mode(looks.BigValueColorMode.BACKGROUND_SOLID if mappings else looks.BigValueColorMode.VALUE)
    panel.reduce_options(_last()).orientation(looks.VizOrientation.AUTO)
    if decimals is not None:
        panel.decimals(decimals)
    return coloured(panel, steps)


def counts_by_state(
    words: Words,
    title: str,
    query: Dataquery,
    shown: Sequence[states.State],
    *,
    about: str = "",
    width: int = 24,
) -> stat.Panel:
    """Return one figure per state, named and coloured; the query's legend is the state itself."""
    panel = framed(stat.Panel(), title, about, [query], width=width, height=4)
    panel.graph_mode(looks.BigValueGraphMode.NONE).color_mode(looks.BigValueColorMode.VALUE)
    panel.text_mode(looks.BigValueTextMode.VALUE_AND_NAME).reduce_options(_last())
    name_states(panel, words, shown)
    return panel


def bars(
    title: str,
    queries: Sequence[Dataquery],
    *,
    about: str = "",
    unit: str = "percentunit",
    steps: Steps = ((None, PLAIN),),
    width: int = 6,
    height: int = 8,
    top: float | None = None,
    opens: str = "",
) -> bargauge.Panel:
    """Return one bar per series, as they are now; ``opens`` is where a click on a bar leads."""
    panel = framed(bargauge.Panel(), title, about, queries, width=width, height=height)
    panel.unit(unit).min(0).orientation(looks.VizOrientation.HORIZONTAL).reduce_options(_last())
    panel.display_mode(looks.BarGaugeDisplayMode.BASIC).value_mode(looks.BarGaugeValueMode.COLOR)
    panel.show_unfilled(True)
    if top is not None:
        panel.max(top)
    if opens:
        panel.data_links([link_to(opens, title)])
    return coloured(panel, steps)


def graph(
    title: str,
    queries: Sequence[Dataquery],
    *,
    about: str = "",
    unit: str = "short",
    width: int = 12,
    height: int = 8,
    stacked: bool = False,
    top: float | None = None,
    limit: float | None = None,
) -> timeseries.Panel:
    """Return lines over time, on an axis that begins at 0 where values are never below; gaps stay gaps.

    ``limit`` is drawn as a dashed line.
    """
    panel = framed(timeseries.Panel(), title, about, queries, width=width, height=height)
    panel.unit(unit).line_width(1).fill_opacity(30 if stacked else 8).show_points(looks.VisibilityMode.AUTO)
    panel.legend(_legend()).tooltip(
        common.VizTooltipOptions().mode(looks.TooltipDisplayMode.MULTI).sort(looks.SortOrder.DESCENDING)
    )
    if stacked:
        panel.stacking(common.StackingConfig().mode(looks.StackingMode.NORMAL).group("A"))
    if top is not None:
        panel.max(top)
    if limit is not None:
        steps = [Threshold(None, "transparent"), Threshold(limit, BAD)]
        panel.thresholds(ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps))
        panel.thresholds_style(common.GraphThresholdsStyleConfig().mode(looks.GraphThresholdsStyleMode.DASHED))
    if unit not in ("dBm", "dB", "celsius"):
        panel.min(0)
    return panel


def graph_by_state(
    words: Words, title: str, query: Dataquery, shown: Sequence[states.State], *, about: str = ""
) -> timeseries.Panel:
    """Return how many are in each state over time, stacked; the query's legend is the state itself."""
    panel = graph(title, [query], about=about, stacked=True)
    name_states(panel, words, shown)
    return panel


def timeline(
    title: str,
    queries: Sequence[Dataquery],
    *,
    about: str = "",
    mappings: Sequence[ValueMap] = (),
    steps: Steps = ((None, PLAIN),),
    width: int = 24,
    height: int = 5,
) -> statetimeline.Panel:
    """Return one strip per series whose colour is its state."""
    panel = framed(statetimeline.Panel(), title, about, queries, width=width, height=height)
    panel.mappings(list(mappings)).merge_values(True).legend(_legend())
    panel.show_value(looks.VisibilityMode.AUTO).fill_opacity(80).line_width(0)
    return coloured(panel, steps)


def name_states(panel: stat.Panel | timeseries.Panel, words: Words, shown: Sequence[states.State]) -> None:
    """Name and colour the series that are called after a state."""
    for state in shown:
        panel.override_by_name(
            str(state),
            [
                DynamicConfigValue("displayName", states.name(words, state)),
                DynamicConfigValue("color", {"mode": "fixed", "fixedColor": states.colour(state)}),
            ],
        )


def link_to(url: str, title: str) -> DashboardLink:
    """Return where a click on a value leads."""
    return DashboardLink(title).type(DashboardLinkType.LINK).url(url)


def address(words: Words, name: str, values: Mapping[str, str]) -> str:
    """Return the address of another dashboard with these variables, the same time and the same data source."""
    variables = "".join(f"&var-{variable}={value}" for variable, value in values.items())
    return f"/d/{words.uid(name)}?${{__url_time_range}}&${{datasource:queryparam}}{variables}"


def _last() -> common.ReduceDataOptions:
    return common.ReduceDataOptions().calcs(["lastNotNull"]).fields("").values(False)


def _legend() -> common.VizLegendOptions:
    return (
        common.VizLegendOptions()
        .display_mode(looks.LegendDisplayMode.LIST)
        .placement(looks.LegendPlacement.BOTTOM)
        .show_legend(True)
    )
