"""Tables: several queries joined into one row per subject, each column named, formatted and linked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import common, table
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.models import dashboard

from phusong.exporters.grafana.panels import Steps, framed

TIME = "Time"
DAY_S = 86_400
DAYS_LEFT: Steps = ((None, "semi-dark-red"), (0, "semi-dark-orange"), (21 * DAY_S, "semi-dark-green"))
"""For the seconds until a certificate runs out: over, to be renewed, fine."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: a label of the queries, or ``Value #A`` for the value of query A."""

    field: str
    title: str
    unit: str = ""
    decimals: int | None = None
    mapping: dashboard.ValueMap | None = None
    steps: Steps = ()
    opens: str = ""
    """Where a click leads."""
    width: int | None = None


def grid(
    title: str,
    queries: Sequence[Dataquery],
    columns: Sequence[Column],
    *,
    about: str = "",
    sort_by: str = "",
    descending: bool = False,
    width: int = 24,
    height: int = 10,
) -> table.Panel:
    """Return a table of the queries' rows, joined where their labels are the same, with these columns only.

    The columns stand in this order. A row of a later query goes to the one row of the first query with the same
    labels, as far as both have them.
    """
    panel = framed(table.Panel(), title, about, queries, width=width, height=height)
    if len(queries) > 1:
        panel.with_transformation(dashboard.DataTransformerConfig("merge", options={}))
    panel.with_transformation(_in_order(queries, columns))
    for column in columns:
        panel.override_by_name(column.title, list(_properties(column)))
    panel.filterable(True)
    if sort_by:
        panel.sort_by([common.TableSortByFieldState().display_name(sort_by).desc(descending)])
    return panel


def _in_order(queries: Sequence[Dataquery], columns: Sequence[Column]) -> dashboard.DataTransformerConfig:
    fields = [column.field for column in columns]
    values = ["Value"] if len(queries) == 1 else [f"Value #{chr(ord('A') + n)}" for n in range(len(queries))]
    return dashboard.DataTransformerConfig(
        "organize",
        options={
            "excludeByName": dict.fromkeys([TIME, *(value for value in values if value not in fields)], True),
            "indexByName": {field: place for place, field in enumerate(fields)},
            "renameByName": {column.field: column.title for column in columns},
        },
    )


def _properties(column: Column) -> list[dashboard.DynamicConfigValue]:
    found = []
    if column.unit:
        found.append(dashboard.DynamicConfigValue("unit", column.unit))
    if column.decimals is not None:
        found.append(dashboard.DynamicConfigValue("decimals", column.decimals))
    if column.mapping is not None:
        found.append(dashboard.DynamicConfigValue("mappings", [column.mapping]))
    if column.steps:
        steps = [dashboard.Threshold(value, colour) for value, colour in column.steps]
        found.append(
            dashboard.DynamicConfigValue(
                "thresholds", dashboard.ThresholdsConfig(dashboard.ThresholdsMode.ABSOLUTE, steps)
            )
        )
    if column.mapping is not None or column.steps:
        found.append(dashboard.DynamicConfigValue("custom.cellOptions", {"type": "color-text"}))
    if column.opens:
        link = {"title": column.title, "url": column.opens}
        found.append(dashboard.DynamicConfigValue("links", [link]))
    if column.width is not None:
        found.append(dashboard.DynamicConfigValue("custom.width", column.width))
    return found
