"""Pieces of PromQL that several dashboards use, and the ways in which Grafana runs a query.

Values of variables come from the network. They are put in as regular expressions between backticks, where neither
quotes nor backslashes mean anything: ``district=~`${district:regex}` ``.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.models.dashboard import DataSourceRef
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

DATASOURCE: Final = DataSourceRef("prometheus", "${datasource}")
MIN_INTERVAL: Final = "30s"
"""The agent polls this often; a smaller step would ask for the same value again."""


def chosen(label: str) -> str:
    """Return the matcher by which a label is what was chosen for the variable of its name."""
    return f"{label}=~`${{{label}:regex}}`"


CHOSEN_LINES: Final = f"wan_link_info{{{chosen('carrier')}, {chosen('district')}}}"
CHOSEN_SITES: Final = f"site_info{{{chosen('district')}}}"
CHOSEN_ENDPOINTS: Final = f"vc_endpoint_info{{{chosen('district')}, {chosen('endpoint')}}}"
CHOSEN_COMMUNES: Final = f"commune_info{{{chosen('district')}}}"
SITE_NAME: Final = "* on (site) group_left (name) site_info"
CARRIES: Final = "congested|degraded|snmp_dead|up"
"""The verdicts on a line that carries traffic."""
LEFT_OUT: Final = "maintenance|unknown"
"""What does not count for or against availability."""


def of_lines(expression: str) -> str:
    """Keep the series of the chosen lines."""
    return f"{expression} and on (link) {CHOSEN_LINES}"


def of_endpoints(expression: str) -> str:
    """Keep the series of the chosen endpoints."""
    return f"({expression} and on (endpoint) {CHOSEN_ENDPOINTS})"


def of_its_site(expression: str, kept: str) -> str:
    """Give each chosen endpoint what ``expression`` says of its site."""
    return f"max by (endpoint) ({CHOSEN_ENDPOINTS} * on (site) group_left () ({expression})) {kept}"


def with_line(expression: str, labels: str) -> str:
    """Keep the series of the chosen lines and give them labels of the inventory."""
    return f"{expression} * on (link) group_left ({labels}) {CHOSEN_LINES}"


def place(metric: str, label: str, states: Sequence[StrEnum], by: str, matchers: str = "") -> str:
    """Return, by ``by``, the place in ``states`` of the one that holds: all others give 0."""
    more = f", {matchers}" if matchers else ""
    terms = [f'{number} * {metric}{{{label}="{state}"{more}}}' for number, state in enumerate(states)]
    return f"max by ({by}) ({' or '.join(terms)})"


def share_of_time_up(window: str, matchers: str = "") -> str:
    """Return each line's availability: time in which it carried traffic, of the time that counts.

    Shares of time come from the 0 and 1 of every verdict, so that Prometheus reads each sample once and needs no
    subquery. A line that was in maintenance or unknown all the time has none.
    """
    more = f", {matchers}" if matchers else ""
    up = f'sum by (link) (avg_over_time(wan_link_verdict{{verdict=~"{CARRIES}"{more}}}[{window}]))'
    out = f'sum by (link) (avg_over_time(wan_link_verdict{{verdict=~"{LEFT_OUT}"{more}}}[{window}]))'
    return f"{up} / ((1 - {out}) > 0)"


def hours_with(verdicts: str, window: str, seconds: str) -> str:
    """Return for how many hours each line had one of these verdicts; ``seconds`` is the window as a number."""
    return f'sum by (link) (avg_over_time(wan_link_verdict{{verdict=~"{verdicts}"}}[{window}])) * {seconds} / 3600'


def or_zero(expression: str) -> str:
    """Give 0 where nothing was counted yet: series of labelled counters begin with their first event."""
    return f"{expression} or vector(0)"


def over_time(expression: str, legend: str = "") -> Dataquery:
    """Ask for a series of values over the range of the dashboard."""
    return _query(expression).range().legend_format(legend or "__auto")


def now(expression: str, legend: str = "") -> Dataquery:
    """Ask for the values at the end of the range only."""
    return _query(expression).instant().legend_format(legend or "__auto")


def rows(expression: str) -> Dataquery:
    """Ask for the values at the end of the range, as rows of a table with a column per label."""
    return _query(expression).instant().format(PromQueryFormat.TABLE)


def _query(expression: str) -> Dataquery:
    return Dataquery().expr(expression).datasource(DATASOURCE).interval(MIN_INTERVAL)
