"""The recording and alerting rules: real promtool runs their cases, and each rule has cases, words and a runbook.

The cases are plain promtool files in ``rules/``; here it is asserted that none is missing.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import pytest
from promql import Uses, tokens, uses
from ruamel.yaml import YAML

from phusong.agent.state.history_tables import HISTORY_TABLES
from phusong.exporters.metrics import BY_NAME

ROOT = Path(__file__).parents[2]
RULES = ROOT / "exporters/rules"
RUNBOOKS = ROOT / "docs/runbooks"
CASES = sorted((Path(__file__).parent / "rules").glob("*.yml"))
RUNBOOK_URL = "https://phusong.example/runbooks/{}.md"

SCRAPED = ("instance", "job")
"""The labels that Prometheus puts on everything."""
OF_PROMETHEUS = {"up": ()}
LONGEST_SCRAPE_S = 60
SHORTEST_RANGE_S = 300
"""Holds four samples of the longest interval when one scrape fails."""
LOOKBACK_S = 300
"""For so long an instant query sees a recorded sample."""


def _load(path: Path) -> Any:
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


GROUPS = [group for file in ("recording", "alerts") for group in _load(RULES / f"phusong-{file}.yml")["groups"]]
RECORDED = {rule["record"]: rule for group in GROUPS for rule in group["rules"] if "record" in rule}
ALERTS = {rule["alert"]: rule for group in GROUPS for rule in group["rules"] if "alert" in rule}
TESTS = [(path.name, test) for path in CASES for test in _load(path)["tests"]]

each_alert = pytest.mark.parametrize("name", ALERTS)
each_rule = pytest.mark.parametrize("rule", [*RECORDED.values(), *ALERTS.values()], ids=lambda rule: _name(rule))


def _name(rule: dict[str, Any]) -> str:
    return str(rule.get("record") or rule["alert"])


def _seconds(duration: str) -> float:
    units = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
    return sum(int(count) * units[unit] for count, unit in re.findall(r"(\d+)([smhd])", duration))


def _promtool(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["promtool", *map(str, arguments)], capture_output=True, text=True, check=False, timeout=120
    )


def test_promtool_accepts_the_rules() -> None:
    """Prometheus would load them."""
    done = _promtool("check", "rules", *sorted(RULES.glob("*.yml")))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_cases(case: Path) -> None:
    """Every case of the file comes out as it says."""
    done = _promtool("test", "rules", case)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_wrong_expectation_is_noticed(tmp_path: Path) -> None:
    """The cases are really compared: one word of a description changed, and promtool fails."""
    text = (CASES[0].parent / "lines.yml").read_text(encoding="utf-8")
    text = text.replace("../../../exporters/rules", str(RULES)).replace("keeps going up and down", "rests")
    (tmp_path / "lines.yml").write_text(text, encoding="utf-8")
    done = _promtool("test", "rules", tmp_path / "lines.yml")
    assert done.returncode == 1
    assert "WanLinkFlapping" in done.stdout + done.stderr


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_cases_evaluate_in_the_order_of_the_files(case: Path) -> None:
    """Groups that are not listed are evaluated by promtool in an order of its own, another one in each run."""
    assert _load(case)["group_eval_order"] == [group["name"] for group in GROUPS]


@each_alert
def test_an_alert_has_cases(name: str) -> None:
    """Each fires in one case at least and is silent in another."""
    expected = [
        bool(check.get("exp_alerts"))
        for _, test in TESTS
        for check in test.get("alert_rule_test", ())
        if check["alertname"] == name
    ]
    if name == "PhusongWatchdog":
        assert set(expected) == {True}
    else:
        assert set(expected) == {True, False}


@pytest.mark.parametrize("name", [name for name, rule in ALERTS.items() if "for" in rule])
def test_an_alert_is_silent_just_before(name: str) -> None:
    """Where an alert waits, a case looks at most a minute before it fires, with the same series."""
    close = []
    for _, test in TESTS:
        checks = [check for check in test.get("alert_rule_test", ()) if check["alertname"] == name]
        fired = [_seconds(check["eval_time"]) for check in checks if check.get("exp_alerts")]
        quiet = [_seconds(check["eval_time"]) for check in checks if not check.get("exp_alerts")]
        close += [fire - calm for fire in fired for calm in quiet if 0 < fire - calm <= LONGEST_SCRAPE_S]
    assert close


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_rule_has_cases(name: str) -> None:
    """Each gives a value in one case at least and nothing in another."""
    expected = {
        bool(check.get("exp_samples"))
        for _, test in TESTS
        for check in test.get("promql_expr_test", ())
        if name in [selected for selected, _ in uses(check["expr"]).selectors]
    }
    assert expected == {True, False}


@each_alert
def test_an_alert_says_what_is_needed(name: str) -> None:
    """A severity for the routes, a sentence for the group, a description, and where to read on."""
    rule = ALERTS[name]
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}
    annotations = rule["annotations"]
    assert re.fullmatch(r"[A-Z][^{}]+\.", annotations["summary"])
    assert annotations["description"]
    assert annotations["runbook_url"] == RUNBOOK_URL.format(name)
    dated = re.search(r"\(\$value \| toTime\)", annotations["description"])
    assert len({"since", "begins", "until"} & annotations.keys()) == bool(dated)


@each_alert
def test_an_alert_has_a_runbook(name: str) -> None:
    """It says what it means, what to type, whom to call, how it ends and when it is wrong."""
    text = (RUNBOOKS / f"{name}.md").read_text(encoding="utf-8")
    assert text.startswith(f"# {name}\n")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings == [
        "What users notice",
        "First three commands",
        "Whom to call",
        "How it ends",
        "When it is wrong",
    ]
    assert text.count("```") == 2
    commands = text.split("```")[1].strip().splitlines()
    assert len(commands) == 3


@each_alert
def test_the_queries_of_a_runbook_can_be_typed(name: str) -> None:
    """What it asks the state file fits the tables that are there."""
    text = (RUNBOOKS / f"{name}.md").read_text(encoding="utf-8")
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        for table in HISTORY_TABLES:
            connection.execute(table)
        for query in re.findall(r'phusong\.db "(SELECT [^"]+)"', text):
            connection.execute(query)


def test_every_runbook_has_an_alert() -> None:
    """Nothing is left over of an alert that is gone."""
    assert {path.stem for path in RUNBOOKS.glob("*.md")} == set(ALERTS)


def test_the_page_lists_every_alert() -> None:
    """docs/alerts.md has name, severity and waiting time as the rules have them."""
    text = (ROOT / "docs/alerts.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[(\w+)\]\(runbooks/(\w+)\.md\) \| (\w+) \| .+ \| (\w+) \|$", text, re.MULTILINE)
    expected = [(name, name, rule["labels"]["severity"], rule.get("for", "0")) for name, rule in ALERTS.items()]
    assert sorted(rows) == sorted(expected)
    assert set(re.findall(r"^\| `([a-z_]+:\w+:\w+)`", text, re.MULTILINE)) == set(RECORDED)


def _labels_of(metric: str) -> set[str]:
    """Return the labels that a metric or a recorded series can have."""
    if metric in RECORDED:
        return _labels_left(uses(RECORDED[metric]["expr"]))
    known = {**OF_PROMETHEUS, **{name: found.labels for name, found in BY_NAME.items()}}
    family = metric.removesuffix("_count")  # of a histogram
    assert metric in known or family in known, f"{metric} is not on the metrics page"
    return {*(known[metric] if metric in known else known[family]), *SCRAPED}


def _labels_left(used: Uses) -> set[str]:
    if used.aggregated_by is not None:
        return {*used.aggregated_by, *used.listed.get("group_left", ())}
    return used.made.union(*(_labels_of(metric) for metric, _ in used.selectors))


def _queries(rule: dict[str, Any]) -> list[str]:
    """Return the expressions that annotations ask for, with something in place of the values."""
    formats = [
        text
        for annotation in rule.get("annotations", {}).values()
        for text in re.findall(r'printf\s+"([^"]*)"', annotation)
    ]
    return [text.replace("%q", '"x"') for text in formats if "{" in text]


@each_rule
def test_a_rule_uses_what_is_there(rule: dict[str, Any]) -> None:
    """Every metric is in the table or recorded, and has the labels by which it is selected or joined."""
    for expression in (rule["expr"], *_queries(rule)):
        used = uses(expression)
        assert used.selectors or used.functions == {"vector"}
        for metric, matched in used.selectors:
            assert set(matched) <= _labels_of(metric) | (used.made if "label_replace" in used.functions else set())
        present = used.made.union(*(_labels_of(metric) for metric, _ in used.selectors))
        for word, labels in used.listed.items():
            assert labels <= present, f"{word} ({', '.join(sorted(labels - present))})"


@each_alert
def test_the_words_use_labels_that_are_there(name: str) -> None:
    """A description with an empty place in it helps nobody at night."""
    rule = ALERTS[name]
    left = _labels_left(uses(rule["expr"]))
    for text in rule["annotations"].values():
        assert set(re.findall(r"\$labels\.(\w+)", text)) <= left


@each_rule
def test_a_rule_can_fire_at_our_intervals(rule: dict[str, Any]) -> None:
    """Scrapes may be a minute apart: no range with too few samples, no wait below a scrape, no count of changes.

    Peers ship rules that want more changes in five minutes than there are samples; ours ask the agent instead.
    """
    used = uses(rule["expr"])
    assert not used.functions & {"changes", "resets", "irate", "idelta", "deriv"}
    assert [duration for duration in used.ranges if _seconds(duration) < SHORTEST_RANGE_S] == []
    waits = [_seconds(rule[key]) for key in ("for", "keep_firing_for") if key in rule]
    assert [wait for wait in waits if wait < LONGEST_SCRAPE_S] == []


def test_recorded_series_leave_no_holes() -> None:
    """An instant query looks back five minutes: what is recorded less often is not there in between."""
    assert all(_seconds(group["interval"]) < LOOKBACK_S for group in GROUPS)


def test_causes_fire_before_what_follows_from_them() -> None:
    """A hub or a carrier is told before its lines and offices, so that these are held back from the start."""
    waits = {name: _seconds(rule.get("for", "0s")) for name, rule in ALERTS.items()}
    followers = ("WanLinkDown", "WanLinkUnreachable", "WanSiteIsolated", "WanSiteOnFallback", "WanCommuneIsolated")
    for cause in ("WanHubDown", "WanCarrierOutage"):
        assert waits[cause] + 2 * 15 <= min(waits[name] for name in followers)
    ready = ALERTS["VcNotReady"]["expr"]
    not_ready_for = max(_seconds(duration) for duration in uses(ready).ranges)
    assert f"vc_endpoint_ready[{not_ready_for / 60:.0f}m]" in ready
    assert max(waits[cause] for cause in ("WanLinkDown", "WanLinkUnreachable", "WanSiteIsolated")) < not_ready_for
    assert not_ready_for < min(waits[name] for name in ("VcEndpointDown", "VcNotRegistered"))


@pytest.mark.parametrize(
    ("expression", "selectors"),
    [
        ('a{b="c{}",d=~"e"} > 1', [("a", ("b", "d"))]),
        ("sum by (x) (rate(a[5m])) / on (x) group_left (y) b", [("a", ()), ("b", ())]),
        ("a unless last_over_time(b:c:d[1h] offset 15m)", [("a", ()), ("b:c:d", ())]),
        ("a > bool 0 and b", [("a", ()), ("b", ())]),
        ('count_values by (x) ("y", a) * on (y) b', [("a", ()), ("b", ())]),
    ],
)
def test_the_reader_of_expressions(expression: str, selectors: list[tuple[str, tuple[str, ...]]]) -> None:
    """Names in strings, lists and functions are not metrics."""
    assert uses(expression).selectors == selectors


@pytest.mark.parametrize(
    ("expression", "made"),
    [
        ('count_values by (x) ("y", a{z="w"})', {"y"}),
        ('label_replace(a, "y", "$1", "z", "(.*)")', {"y", "$1", "z", "(.*)"}),
        ("sum by (x) (a)", set()),
    ],
)
def test_the_reader_knows_labels_that_are_made(expression: str, made: set[str]) -> None:
    """A label that no metric has may be joined by when the expression itself makes it."""
    assert uses(expression).made == made


def test_the_reader_refuses_what_it_does_not_know() -> None:
    """So that nothing in a rule goes unread."""
    with pytest.raises(ValueError, match="not understood"):
        list(tokens("a @ 5"))


def test_causes_are_kept_longer_than_what_follows_from_them() -> None:
    """Lines come back one by one: while one of them still fires, what explains it does too."""
    kept = {name: _seconds(rule.get("keep_firing_for", "0s")) for name, rule in ALERTS.items()}
    last_comes_back_s = LONGEST_SCRAPE_S
    for causes, followers in (
        (("WanHubDown", "WanCarrierOutage"), ("WanCommuneIsolated", "WanUplinkDown")),
        (("WanCommuneIsolated",), ("WanSiteIsolated", "WanSiteOnFallback")),
        (("WanSiteIsolated", "WanSiteOnFallback", "WanUplinkDown"), ("WanLinkDown", "WanLinkUnreachable")),
    ):
        assert min(kept[name] for name in causes) >= max(kept[name] for name in followers) + last_comes_back_s
