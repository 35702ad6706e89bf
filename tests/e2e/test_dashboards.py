"""Every query of every Grafana dashboard, variables and annotations too, run by a real Prometheus."""

from __future__ import annotations

import dataclasses
import itertools
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from grafana_queries import (
    ALL,
    Prometheus,
    Query,
    Series,
    label_values,
    load,
    panel_queries,
    panels,
    query_variables,
)
from metrics_reference import province
from processes import wait_for
from watched_province import scraping, watched_province

from phusong.exporters.agent_metrics import AgentMetrics
from phusong.exporters.exposition import Format
from phusong.exporters.metrics import AGENT, Kind
from phusong.exporters.prometheus import MetricsPage
from phusong.exporters.snapshot import Snapshot

DASHBOARDS = load(Path(__file__).parents[2] / "exporters/grafana")
QUERIES = [query for name, dashboard in DASHBOARDS.items() for query in panel_queries(name, dashboard)]
VARIABLES = [
    pytest.param(name, variable, id=f"{name}: {variable['name']}")
    for name, dashboard in DASHBOARDS.items()
    for variable in query_variables(dashboard)
]
TABLES = [
    pytest.param(name, panel, id=f"{name}: {panel['title']}")
    for name, dashboard in DASHBOARDS.items()
    for panel in panels(dashboard)
    if any(step["id"] == "merge" for step in panel.get("transformations") or ())
]
NOT_IN_THE_DEMONSTRATION = [query for query in QUERIES if "_certificate_" in query.expression]
"""Nothing in the simulated province speaks TLS."""
HOSTILE = "A\"b'c\\ ${link:raw} $1 {{x}} <img src=x> (d|e) .* %41 Đông Triều"
PATIENCE_S = 90.0
"""Rates need two polls, which are 30 s apart."""


def first_answer(prometheus: Prometheus, query: Query) -> list[Series]:
    """Return what a query gives for the first choice of a line, or the like, for which it gives anything."""
    for values in prometheus.choices(DASHBOARDS[query.dashboard]):
        if found := prometheus.run(query, values):
            return found
    return []


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Give a Prometheus that scrapes the agent over the simulated province."""
    with watched_province(tmp_path_factory.mktemp("dashboards")) as address:
        yield Prometheus(address)


@pytest.mark.parametrize("query", [query for query in QUERIES if query not in NOT_IN_THE_DEMONSTRATION], ids=str)
def test_every_query_returns_data(demo: Prometheus, query: Query) -> None:
    """All of it is in the demonstration, with every label that the legend names."""
    found = wait_for(lambda: first_answer(demo, query), str(query), patience_s=PATIENCE_S)
    labels = {label for series in found for label in series.labels}
    assert set(re.findall(r"\{\{(\w+)\}\}", query.legend)) <= labels or "or vector(0)" in query.expression


@pytest.mark.parametrize(("name", "variable"), VARIABLES)
def test_every_variable_has_values(demo: Prometheus, name: str, variable: dict[str, Any]) -> None:
    """There is something to choose, and what is stored as the first choice exists."""

    def offered() -> list[str]:
        return next(
            values for choice in demo.choices(DASHBOARDS[name]) if (values := demo.values_of(variable, choice))
        )

    values = wait_for(offered, variable["name"])
    stored = (variable.get("current") or {}).get("value")
    assert stored in (None, [ALL]) or stored in values


@pytest.mark.parametrize(("name", "panel"), TABLES)
def test_rows_of_tables_meet(demo: Prometheus, name: str, panel: dict[str, Any]) -> None:
    """Each row of a later query has exactly one row of the first to stand beside."""
    first, *later = (
        query for query in panel_queries(name, {**DASHBOARDS[name], "panels": [panel], "annotations": {}})
    )

    def matches() -> bool:
        for values in demo.choices(DASHBOARDS[name]):
            rows = [series.labels for series in demo.run(first, values)]
            others = [series.labels for query in later for series in demo.run(query, values)]
            if rows and others:
                break
        assert rows
        assert others
        for other in others:
            same = [row for row in rows if all(row[label] == other[label] for label in row.keys() & other.keys())]
            assert len(same) == 1, (other, same)
        return True

    wait_for(matches, panel["title"], patience_s=PATIENCE_S)


@contextmanager
def served(page: bytes) -> Iterator[int]:
    """Serve one page of metrics on a port of 127.0.0.1."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/plain; version=0.0.4; charset=utf-8")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def hostile_province() -> Snapshot:
    """Return the made-up province covered to every extent, and names in it that mean something to somebody."""
    snapshot = province(24, 12, 12)
    assert snapshot.coverage is not None
    shares = itertools.cycle((0.0, 0.3, 0.6, 0.9, 1.0))
    communes = tuple(
        dataclasses.replace(
            commune,
            name=HOSTILE,
            district=HOSTILE,
            indicators=tuple(
                dataclasses.replace(one, area_ratio=share, population_ratio=share) for one in commune.indicators
            ),
        )
        for commune, share in zip(snapshot.coverage.communes, shares, strict=False)
    )
    return dataclasses.replace(
        snapshot,
        coverage=dataclasses.replace(snapshot.coverage, communes=communes),
        links=tuple(
            dataclasses.replace(row, info=dataclasses.replace(row.info, carrier=HOSTILE)) for row in snapshot.links
        ),
        sites=tuple(
            dataclasses.replace(row, info=dataclasses.replace(row.info, district=HOSTILE, name=HOSTILE))
            for row in snapshot.sites
        ),
    )


@pytest.fixture(scope="module")
def fed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Give a Prometheus that scrapes a made-up province of which every counter has counted something."""
    agent = AgentMetrics("1.2.3")
    agent.set_icmp_method("raw")
    for metric in AGENT.metrics:
        if metric.kind is Kind.COUNTER and metric.labels:
            field = metric.name.removeprefix("phusong_").removesuffix("_total")
            getattr(agent, field).labels(*(HOSTILE for _ in metric.labels)).inc()
    page = MetricsPage(agent).render(hostile_province(), Format.TEXT)
    folder = tmp_path_factory.mktemp("fed")
    with served(page) as port, scraping(folder, port) as address:
        yield Prometheus(address)


@pytest.mark.parametrize("query", NOT_IN_THE_DEMONSTRATION, ids=str)
def test_every_other_query_returns_data(fed: Prometheus, query: Query) -> None:
    """What the demonstration has not is in the made-up province."""
    assert wait_for(lambda: first_answer(fed, query), str(query))


SELDOM = [query for query in QUERIES if "or vector(0)" in query.expression]


@pytest.mark.parametrize("query", SELDOM, ids=str)
def test_what_is_seldom_counted_is_shown(fed: Prometheus, query: Query) -> None:
    """A query that gives 0 in a healthy province, or nothing there, gives the real figure when there is one."""
    bare = dataclasses.replace(query, expression=query.expression.replace(" or vector(0)", ""))
    found = wait_for(lambda: first_answer(fed, bare), str(query))
    labels = {label for series in found for label in series.labels}
    assert set(re.findall(r"\{\{(\w+)\}\}", query.legend)) <= labels


FILTERED = {
    name: labels
    for name, dashboard in DASHBOARDS.items()
    if (labels := {variable["name"] for variable in query_variables(dashboard)} & {"carrier", "district"})
}


@pytest.mark.parametrize("name", FILTERED)
def test_hostile_names_can_be_chosen(fed: Prometheus, name: str) -> None:
    """A carrier or district may be called anything: chosen, it finds exactly itself, and no query breaks."""
    dashboard = DASHBOARDS[name]
    variables = {variable["name"]: variable for variable in query_variables(dashboard)}
    for label in FILTERED[name]:
        wait_for(lambda label=label: HOSTILE in fed.values_of(variables[label], {}), label)
    values = {**next(fed.choices(dashboard)), **{label: [HOSTILE, "other"] for label in FILTERED[name]}}
    answers = [fed.run(query, values) for query in panel_queries(name, dashboard)]
    assert sum(bool(answer) for answer in answers) > len(answers) // 2
    for label in FILTERED[name]:
        selector, _ = label_values(variables[label])
        matched = f"label_values({selector.partition('{')[0]}{{{label}=~`${{{label}:regex}}`}}, {label})"
        only = {"query": {"query": matched}}
        assert fed.values_of(only, values) == [HOSTILE]
        assert fed.values_of(only, {label: "A.*"}) == []
