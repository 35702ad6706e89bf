"""A real Prometheus scrapes a running ``phusong run`` that watches the simulated province."""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest
from processes import fetch, wait_for
from watched_province import watched_province


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a Prometheus that scrapes the agent."""
    with watched_province(tmp_path_factory.mktemp("prometheus")) as address:
        yield address


def query(prometheus: str, expression: str) -> float | None:
    """Return the value of an expression that yields one sample, ``None`` when it yields none."""
    answer = json.loads(fetch(f"{prometheus}/api/v1/query?query={urllib.parse.quote(expression)}"))
    assert answer["status"] == "success"
    result = answer["data"]["result"]
    return float(result[0]["value"][1]) if result else None


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ('up{job="phusong"}', 1),
        ("count(wan_link_up)", 345),
        ("count(vc_endpoint_up)", 239),
        ('count(commune_area_covered_ratio{technology="4G",operator="any"})', 177),
        ("count(wan_link_info)", 345),
        ("sum(wan_link_verdict)", 345),
        ("sum(vc_endpoint_verdict)", 239),
        ("phusong_config_last_reload_successful", 1),
        ('count(phusong_icmp_method_info{method="udp-echo"})', 1),
    ],
)
def test_prometheus_sees_the_whole_province(prometheus: str, expression: str, value: float) -> None:
    """Every line, endpoint and commune arrives in Prometheus."""

    def ask() -> bool:
        found = query(prometheus, expression)
        assert found == value, found
        return True

    wait_for(ask, expression)


def test_counters_give_rates(prometheus: str) -> None:
    """The MIB counters rise from poll to poll, so that dashboards have something to draw."""

    def ask() -> bool:
        found = query(prometheus, "count(max_over_time(ifHCInOctets[1m]) - min_over_time(ifHCInOctets[1m]) > 0)")
        assert found is not None
        assert found > 200, found
        return True

    wait_for(ask, "rising counters", patience_s=75)


def test_the_scrape_is_accepted_whole(prometheus: str) -> None:
    """Prometheus reports no error on the target, and takes OpenMetrics or text as it likes."""
    targets = json.loads(fetch(f"{prometheus}/api/v1/targets"))["data"]["activeTargets"]
    assert [(target["health"], target["lastError"]) for target in targets] == [("up", "")]


def test_nothing_is_written_where_it_should_not_be(
    prometheus: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Neither agent nor simulator writes it down."""
    folder = Path(tmp_path_factory.getbasetemp())
    logs = [*folder.glob("prometheus*/run.log"), *folder.glob("prometheus*/*-simulate.log")]
    assert logs
    assert not [log for log in logs if "phusong-demo" in log.read_text(encoding="utf-8")]
