"""What Grafana does with a dashboard's queries before Prometheus sees them: variables, formats, ranges and steps.

Written from Grafana's documented behaviour (formats of variables, ``$__range``, ``$__rate_interval``), so that
every query can be run without a Grafana.
"""

from __future__ import annotations

import json
import math
import re
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from processes import fetch

ALL = "$__all"
RANGE_S = 3600
"""The range that is chosen at the top of the dashboard."""
STEP_S = 30
BUILT_IN = {
    "__interval": f"{STEP_S}s",
    "__rate_interval": f"{4 * STEP_S}s",  # four scrapes of 30 s: the least that Grafana takes
    "__range": f"{RANGE_S}s",
    "__range_s": str(RANGE_S),
}
Values = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True)
class Query:
    """One expression as it stands in a dashboard."""

    dashboard: str
    where: str
    expression: str
    instant: bool = False
    legend: str = ""

    def __str__(self) -> str:
        return f"{self.dashboard}: {self.where}"


def load(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the dashboards of a folder by the names of their files."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}


def panels(dashboard: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every panel and row, those in folded rows too."""
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels") or ()


def panel_queries(name: str, dashboard: Mapping[str, Any]) -> Iterator[Query]:
    """Yield the queries of all panels and annotations."""
    for panel in panels(dashboard):
        for target in panel.get("targets") or ():
            yield Query(
                name,
                f"{panel['title']} {target['refId']}",
                target["expr"],
                target["instant"],
                target.get("legendFormat", ""),
            )
    for annotation in dashboard["annotations"].get("list") or ():
        yield Query(name, f"annotation {annotation['name']}", annotation["expr"])


def query_variables(dashboard: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the variables whose values Prometheus is asked for, in the order in which Grafana fills them."""
    return [variable for variable in dashboard["templating"]["list"] if variable["type"] == "query"]


def label_values(variable: Mapping[str, Any]) -> tuple[str, str]:
    """Return selector and label of a variable's ``label_values(selector, label)``."""
    found = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"]["query"], re.DOTALL)
    assert found, variable
    return found[1], found[2]


def interpolate(expression: str, values: Values) -> str:
    """Return the expression with every variable replaced, each once, so that values are never looked into."""

    def replaced(match: re.Match[str]) -> str:
        name, form = match[1] or match[3], match[2]
        if name in BUILT_IN:
            return BUILT_IN[name]
        assert form == "regex", f"{match[0]} must be written ${{{name}:regex}}"
        return as_regex(values[name])

    return re.sub(r"\$\{(\w+)(?::(\w+))?\}|\$([a-zA-Z_]\w*)", replaced, expression)


def as_regex(value: str | Sequence[str]) -> str:
    """Return a value or several as Grafana's format ``regex`` has them; All is the variable's own text for it."""
    if value == ALL:
        return ".*"
    if isinstance(value, str):
        return re.sub(r"[\\^$*+?.()|\[\]{}/]", r"\\\g<0>", value)
    escaped = [as_regex(each) for each in value]
    return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"


@dataclass(frozen=True)
class Series:
    """What a query gave: labels, and the values that are numbers."""

    labels: Mapping[str, str]
    values: Sequence[float]


@dataclass(frozen=True)
class Prometheus:
    """A running Prometheus."""

    address: str

    def values_of(self, variable: Mapping[str, Any], values: Values) -> list[str]:
        """Return what a variable offers."""
        selector, label = label_values(variable)
        found = self._get(f"label/{label}/values", {"match[]": interpolate(selector, values)})
        return [value for value in found if value]

    def choices(self, dashboard: Mapping[str, Any]) -> Iterator[dict[str, str]]:
        """Yield the variables as Grafana sets them at first, then again for each value of the first single one.

        Of variables with several values all are chosen; of the others the stored value, else the first.
        """
        variables = query_variables(dashboard)
        free = [v for v in variables if not v["multi"] and not v.get("current")]
        for first in self.values_of(free[0], {}) if free else [""]:
            values: dict[str, str] = {free[0]["name"]: first} if free else {}
            for variable in variables:
                if variable["multi"]:
                    values[variable["name"]] = ALL
                elif variable["name"] not in values:
                    stored = (variable.get("current") or {}).get("value")
                    offered = self.values_of(variable, values)
                    values[variable["name"]] = stored if stored in offered else (offered or [""])[0]
            yield values

    def run(self, query: Query, values: Values) -> list[Series]:
        """Return what the query gives now, or over the range; series without a number are left out."""
        expression = interpolate(query.expression, values)
        if query.instant:
            result = self._get("query", {"query": expression})["result"]
            found = [(series["metric"], [series["value"]]) for series in result]
        else:
            now = float(self._get("query", {"query": "time()"})["result"][1])
            span = {"start": f"{now - RANGE_S}", "end": f"{now}", "step": f"{STEP_S}"}
            result = self._get("query_range", {"query": expression, **span})["result"]
            found = [(series["metric"], series["values"]) for series in result]
        numbers = (
            Series(labels, [float(text) for _, text in points if _finite(text)]) for labels, points in found
        )
        return [series for series in numbers if series.values]

    def _get(self, path: str, parameters: Mapping[str, str]) -> Any:
        answer = json.loads(fetch(f"{self.address}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"))
        assert answer["status"] == "success", answer
        return answer["data"]


def _finite(text: str) -> bool:
    return math.isfinite(float(text))
