"""The table of metrics: consistent, documented, and in step with the agent's fields."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from phusong.exporters.agent_metrics import AgentMetrics
from phusong.exporters.exposition import Format
from phusong.exporters.metrics import AGENT, SECTIONS, Kind, Metric, metrics_document

METRICS = [metric for section in SECTIONS for metric in section.metrics]


def test_document_is_the_table() -> None:
    """docs/metrics.md says what the table says; print it anew with ``python -m phusong.exporters.metrics``."""
    path = Path(__file__).parents[2] / "docs" / "metrics.md"
    assert path.read_text(encoding="utf-8") == metrics_document()


def test_names_are_unique() -> None:
    """No name stands in the table twice, not even with another suffix of the same family."""
    families = [metric.openmetrics_name for metric in METRICS]
    assert len(families) == len(set(families))


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_metric_keeps_the_conventions(metric: Metric) -> None:
    """Labels are sorted, suffixes follow the kind, and only names from a MIB are written in mixed case."""
    assert metric.labels == tuple(sorted(metric.labels))
    assert metric.name.endswith("_total") == (metric.kind is Kind.COUNTER)
    assert metric.name.endswith("_info") == (metric.kind is Kind.INFO)
    assert metric.help
    assert "|" not in metric.help
    from_mib = re.match(r"(if|sys)[A-Z]", metric.name)
    if from_mib:
        assert re.search(rf"\((IF|SNMPv2)-MIB::{metric.name}, 1\.3\.6\.1\.2\.1\.[0-9.]+\)$", metric.help)
    else:
        assert re.fullmatch(
            r"(wan_(link|device|maintenance|optical|sla|modem|bgp|ospf|service)|vc_(endpoint|call|stream|meeting)"
            r"|site|commune|phusong)_[a-z_]+",
            metric.name,
        )


def test_agent_registers_its_whole_section() -> None:
    """Every metric of the agent's section is on the page from the start, with the table's help and type."""
    agent = AgentMetrics("1.2.3")
    text = agent.render(Format.TEXT).decode()
    for metric in AGENT.metrics:
        assert f"# HELP {metric.name} {metric.help}\n# TYPE {metric.name} {metric.text_type}\n" in text
    ours = re.findall(r"^# TYPE ((?:phusong|wan)_\w+)", text, re.MULTILINE)
    assert sorted(ours) == sorted(metric.name for metric in AGENT.metrics)
    assert 'phusong_build_info{version="1.2.3"} 1.0\n' in text


def test_icmp_method_names_one_method() -> None:
    """A new way to ping replaces the old one."""
    agent = AgentMetrics("1")
    agent.set_icmp_method("raw")
    agent.set_icmp_method("unprivileged")
    lines = [line for line in agent.render(Format.TEXT).decode().splitlines() if line.startswith("phusong_icmp")]
    assert lines == ['phusong_icmp_method_info{method="unprivileged"} 1.0']
