"""The Grafana dashboards as files: what the generator writes, and what Grafana would refuse or show wrongly."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from grafana_queries import BUILT_IN, interpolate, label_values, load, panel_queries, panels, query_variables
from ruamel.yaml import YAML

from phusong.agent.judging.call_limits import DEFAULT_CALL_LIMITS
from phusong.agent.judging.room_or_line import PORT_ERROR_RATIO, SLOWEST_PORT_BPS
from phusong.agent.readiness.judge import CERTIFICATE_SOON_S
from phusong.agent.readiness.readiness import Reason
from phusong.exporters.grafana import video_calls, video_rooms
from phusong.exporters.grafana.build import DASHBOARDS as BUILDERS
from phusong.exporters.grafana.build import dashboard_files
from phusong.exporters.grafana.not_ready import REASONS
from phusong.exporters.grafana.states import COLOURS
from phusong.exporters.grafana.states import name as name_of
from phusong.exporters.grafana.tables import DAYS_LEFT
from phusong.exporters.grafana.vietnamese import VIETNAMESE_WORDS
from phusong.exporters.grafana.words import ENGLISH, VIETNAMESE, NotTranslated, Words
from phusong.exporters.metrics import BY_NAME
from phusong.exporters.snapshot import CallFault, Isolation, ServiceVerdict, Verdict

FOLDER = Path(__file__).parents[2] / "exporters/grafana"
ENGLISH_FILES, VIETNAMESE_FILES = load(FOLDER), load(FOLDER / "vi")
EVERY = [
    pytest.param(dashboard, id=f"{language}{name}")
    for language, files in (("", ENGLISH_FILES), ("vi/", VIETNAMESE_FILES))
    for name, dashboard in files.items()
]
each_dashboard = pytest.mark.parametrize("dashboard", EVERY)
UNITS = {
    "bps", "bytes", "celsius", "dB", "dBm", "dateTimeAsIso", "dateTimeFromNow", "ops", "percentunit", "pps", "s",
    "short",
}  # fmt: skip
"""Of Grafana's own units, those that are used."""
PANEL_TYPES = {"bargauge", "geomap", "row", "stat", "state-timeline", "table", "timeseries"}
SCRAPED = {"job", "instance"}
"""Labels that Prometheus adds."""
PROCESS = {"process_resident_memory_bytes", "process_cpu_seconds_total", "process_start_time_seconds"}
"""What prometheus_client tells of the agent's process, beside the table of metrics."""


def test_the_files_are_what_the_generator_writes() -> None:
    """After a change of the generator: make dashboards."""
    written = {path.relative_to(FOLDER).as_posix(): path.read_text("utf-8") for path in FOLDER.rglob("*.json")}
    assert written == dashboard_files()


def test_the_generator_is_deterministic() -> None:
    """The same code gives the same bytes, one newline at the end."""
    files = dashboard_files()
    assert files == dashboard_files()
    assert all(text.endswith("}\n") for text in files.values())


def test_every_text_has_a_vietnamese() -> None:
    """No line of the table is left over, and a text without a line is refused by name."""
    used: set[str] = set()

    class Noting(dict[str, str]):
        def __getitem__(self, english: str) -> str:
            used.add(english)
            return VIETNAMESE_WORDS[english]

    words = Words("vi", VIETNAMESE.states, Noting())
    for build in BUILDERS.values():
        build(words)
    assert used == set(VIETNAMESE_WORDS)
    with pytest.raises(NotTranslated, match=r"vietnamese\.py has no line for 'Hello'"):
        VIETNAMESE.say("Hello")


@pytest.mark.parametrize("name", BUILDERS)
def test_both_languages_ask_the_same(name: str) -> None:
    """The queries that are run against Prometheus in English stand for both."""
    english, vietnamese = ENGLISH_FILES[name], VIETNAMESE_FILES[name]
    assert [query.expression for query in panel_queries(name, english)] == [
        query.expression for query in panel_queries(name, vietnamese)
    ]
    assert [label_values(v) for v in query_variables(english)] == [
        label_values(v) for v in query_variables(vietnamese)
    ]


def test_every_dashboard_has_its_own_identity() -> None:
    """Both languages can be loaded into one Grafana; addresses never change."""
    everything = [*ENGLISH_FILES.values(), *VIETNAMESE_FILES.values()]
    assert len({dashboard["uid"] for dashboard in everything}) == len({d["title"] for d in everything}) == 14
    assert {name: dashboard["uid"] for name, dashboard in ENGLISH_FILES.items()} == {
        "agent-itself": "phusong-agent",
        "carriers-and-availability": "phusong-carriers",
        "coverage-and-isolation": "phusong-coverage",
        "one-link": "phusong-link",
        "province-overview": "phusong-province",
        "services-on-the-network": "phusong-services",
        "video-endpoints": "phusong-endpoints",
    }


@each_dashboard
def test_panels_have_a_place_of_their_own(dashboard: dict[str, Any]) -> None:
    """Numbers are unique; nothing overlaps or sticks out of the 24 columns, in folded rows neither."""
    every = list(panels(dashboard))
    assert Counter(panel["id"] for panel in every).most_common(1)[0][1] == 1
    assert [panel["title"] for panel in every if not panel["title"]] == []
    for group in (dashboard["panels"], *(panel["panels"] for panel in every if panel.get("panels"))):
        taken: dict[tuple[int, int], str] = {}
        for panel in group:
            place = panel["gridPos"]
            assert place["x"] >= 0
            assert place["x"] + place["w"] <= 24, panel["title"]
            for x in range(place["x"], place["x"] + place["w"]):
                for y in range(place["y"], place["y"] + place["h"]):
                    assert taken.setdefault((x, y), panel["title"]) == panel["title"], (x, y)


@each_dashboard
def test_panels_are_of_known_kinds_and_units(dashboard: dict[str, Any]) -> None:
    """All ask the chosen data source, at steps of at least a poll, and nothing is drawn from HTML."""
    for panel in panels(dashboard):
        assert panel["type"] in PANEL_TYPES
        if panel["type"] == "row":
            continue
        assert panel["interval"] == "30s"
        settings = panel["fieldConfig"]
        units = [settings["defaults"].get("unit")]
        for override in settings["overrides"]:
            units += [each["value"] for each in override["properties"] if each["id"] == "unit"]
        assert {unit for unit in units if unit} <= UNITS, panel["title"]
        assert panel["targets"], panel["title"]
        for target in panel["targets"]:
            assert target["datasource"] == panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
            assert target["instant"] is not target["range"]
            assert target["interval"] == "30s"
        texts = f"{panel['title']} {panel.get('description', '')}"
        assert "<" not in texts
        assert "$" not in texts


@each_dashboard
def test_frame_of_the_dashboard(dashboard: dict[str, Any]) -> None:
    """Time of the province, refreshed by itself, with links to the others of its language."""
    assert dashboard["timezone"] == "Asia/Ho_Chi_Minh"
    assert dashboard["refresh"] == ("5m" if "carriers" in dashboard["uid"] else "30s")
    (others,) = dashboard["links"]
    assert others["type"] == "dashboards"
    assert set(others["tags"]) < set(dashboard["tags"])
    first, *rest = dashboard["templating"]["list"]
    assert (first["name"], first["type"], first["query"]) == ("datasource", "datasource", "prometheus")
    assert all(variable["type"] == "query" for variable in rest)


@each_dashboard
def test_variables_are_defined_before_they_are_used(dashboard: dict[str, Any]) -> None:
    """Every variable of a query exists, is written as a regular expression and stands between backticks."""
    known: dict[str, str] = {}
    for variable in query_variables(dashboard):
        interpolate(label_values(variable)[0], known)
        assert bool(variable["multi"]) == (variable.get("allValue") == ".*")
        known[variable["name"]] = "x"
    used: set[str] = set()
    texts = [query.expression for query in panel_queries("", dashboard)]
    texts += [label_values(variable)[0] for variable in query_variables(dashboard)]
    for text in texts:
        interpolate(text, known)
        used |= set(re.findall(r"\$\{(\w+):regex\}", text))
        assert re.findall(r"\$\{\w+:", re.sub(r"`[^`]*`", "", text)) == []
        assert set(re.findall(r"\$([a-z_]\w*)", text)) <= BUILT_IN.keys()
    assert used == known.keys(), "a variable that no query uses"


@pytest.mark.parametrize("files", [ENGLISH_FILES, VIETNAMESE_FILES], ids=["en", "vi"])
def test_links_lead_to_a_dashboard_and_its_variables(files: dict[str, dict[str, Any]]) -> None:
    """A click on a line opens the dashboard of that line, in the same language, at the same time."""
    variables = {
        dashboard["uid"]: {variable["name"] for variable in dashboard["templating"]["list"]}
        for dashboard in files.values()
    }
    links = [link for dashboard in files.values() for link in _links(dashboard)]
    assert len(links) > 5
    for link in links:
        match = re.fullmatch(
            r"/d/([\w-]+)\?\$\{__url_time_range\}&\$\{datasource:queryparam\}((?:&var-\w+=.+)*)", link
        )
        assert match, link
        assert set(re.findall(r"&var-(\w+)=", match[2])) <= variables[match[1]]


def _links(found: object) -> list[str]:
    """Return every address in a dashboard, wherever it stands."""
    if isinstance(found, dict):
        own = [found["url"]] if found.get("url") else []
        return own + [link for value in found.values() for link in _links(value)]
    if isinstance(found, list):
        return [link for value in found for link in _links(value)]
    return []


@each_dashboard
def test_metrics_and_labels_are_those_of_the_table(dashboard: dict[str, Any]) -> None:
    """A metric or label that exporters/metrics.py does not have would never be drawn."""
    for query in panel_queries("", dashboard):
        _check(query.expression)
    for variable in query_variables(dashboard):
        selector, label = label_values(variable)
        _check(selector)
        assert label in BY_NAME[selector.partition("{")[0]].labels


def _check(expression: str) -> None:
    """Hold an expression to the table of metrics."""
    bare = re.sub(r"`[^`]*`|\"[^\"]*\"", "``", expression)
    for name, matchers in re.findall(r"([a-zA-Z_]\w*)\s*\{([^}]*)\}", bare):
        assert set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers)) <= _labels(name), (name, matchers)
    every = {label for metric in BY_NAME.values() for label in metric.labels} | SCRAPED | {"le"}
    joins = r"\b(?:by|on|group_left|group_right)\s*\(([^)]*)\)"
    for labels in re.findall(joins, bare):
        assert set(re.findall(r"\w+", labels)) <= every, labels
    bare = re.sub(rf"\{{[^}}]*\}}|\[[^]]*\]|{joins}", " ", bare)
    for name in set(re.findall(r"(?<![\w$.])[a-zA-Z_]\w*\b(?!\s*\()", bare)) - {"and", "or", "unless"}:
        _labels(name)


def _labels(name: str) -> set[str]:
    """Return the labels that a metric may have; ``AssertionError`` where there is no such metric."""
    if name in PROCESS:
        return SCRAPED
    family = name.removesuffix("_bucket")
    assert family in BY_NAME, f"no metric {name}"
    return {*BY_NAME[family].labels} | SCRAPED | ({"le"} if family != name else set())


@pytest.mark.parametrize(
    "expression", ["wan_link_upp", "sum(wan_link_up{site=`a`})", "sum by (lnk) (wan_link_up)"]
)
def test_the_check_of_metrics_can_fail(expression: str) -> None:
    """A mistyped metric, a label that the metric has not, a label that none has."""
    with pytest.raises(AssertionError):
        _check(expression)


def test_limits_are_those_of_the_agent() -> None:
    """What is drawn as a limit is what the agent judges by."""
    limits = DEFAULT_CALL_LIMITS
    assert limits.loss_ratio == video_calls.POOR_LOSS
    assert limits.jitter_s == video_calls.POOR_JITTER_S
    assert limits.latency_s == video_calls.POOR_LATENCY_S
    assert video_rooms.PORT_ERRORS == PORT_ERROR_RATIO
    assert video_rooms.SLOWEST_GOOD_PORT == SLOWEST_PORT_BPS / 8
    assert DAYS_LEFT[-1][0] == CERTIFICATE_SOON_S


@pytest.mark.parametrize(
    ("title", "limit"),
    [
        ("Loss: the worst streams", 0.01),
        ("Jitter: the worst streams", 0.035),
        ("Latency: the worst streams", 0.15),
        ("Loss: the ten worst", 0.01),
        ("Round-trip time: the ten slowest", 0.3),
        ("Errors: the ten worst ports", 0.001),
    ],
)
def test_limits_are_drawn(title: str, limit: float) -> None:
    """A dashed line stands where a call begins to be poor."""
    (panel,) = (panel for panel in panels(ENGLISH_FILES["video-endpoints"]) if panel["title"] == title)
    defaults = panel["fieldConfig"]["defaults"]
    assert defaults["custom"]["thresholdsStyle"]["mode"] == "dashed"
    assert [step["value"] for step in defaults["thresholds"]["steps"]] == [None, limit]


def test_every_reason_has_words() -> None:
    """Each reason that keeps an endpoint out of a meeting, and no other, is shown in words."""
    every = list(Reason)
    assert set(REASONS) == set(every[: every.index(Reason.PING_LOSS)])


@pytest.mark.parametrize("words", [ENGLISH, VIETNAMESE], ids=["en", "vi"])
def test_every_state_has_a_name_and_a_colour(words: Words) -> None:
    """Whatever a label may say, a table shows a word for it."""
    for state in (*Verdict, *Isolation, *ServiceVerdict, *CallFault):
        assert name_of(words, state)
        assert COLOURS[state]


@each_dashboard
def test_streams_are_never_asked_for_all(dashboard: dict[str, Any]) -> None:
    """A province in a meeting has thousands of streams: each query that names them is cut to the worst few."""
    for query in panel_queries("", dashboard):
        if "vc_stream_" in query.expression:
            assert re.match(r"(?:sort\()?(?:top|bottom)k\(", query.expression), query


def test_the_map_needs_no_internet() -> None:
    """Its background is a file of Grafana itself; no dashboard names another host."""
    for path in FOLDER.rglob("*.json"):
        assert "//" not in path.read_text("utf-8"), path
    for dashboard in (ENGLISH_FILES["province-overview"], VIETNAMESE_FILES["province-overview"]):
        (sites,) = (panel for panel in panels(dashboard) if panel["type"] == "geomap")
        assert sites["options"]["basemap"]["type"] == "geojson"
        (layer,) = sites["options"]["layers"]
        names = sites["transformations"][1]["options"]["renameByName"].values()
        assert {layer["location"]["latitude"], layer["location"]["longitude"]} <= set(names)
        assert layer["config"]["style"]["color"]["field"] in names
        assert sites["options"]["view"]["layer"] == layer["name"]


def test_provisioning_files() -> None:
    """They are what Grafana reads; the source's scrape interval is the one that operating.md shows."""
    (source,) = YAML(typ="safe").load(FOLDER / "provisioning/datasources/phusong.yml")["datasources"]
    assert (source["type"], source["url"]) == ("prometheus", "http://127.0.0.1:9090")
    operating = (FOLDER.parents[1] / "docs/operating.md").read_text("utf-8")
    assert f"scrape_interval: {source['jsonData']['timeInterval']}" in operating
    (provider,) = YAML(typ="safe").load(FOLDER / "provisioning/dashboards/phusong.yml")["providers"]
    assert provider["type"] == "file"
    assert provider["options"]["path"] in (FOLDER.parents[1] / "docs/grafana.md").read_text("utf-8")
