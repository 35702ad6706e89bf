"""The metrics page against its oracle, prometheus_client, and against promtool; memory and limits."""

from __future__ import annotations

import dataclasses
import re
import shutil
import subprocess
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from prometheus_client import generate_latest
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from phusong.coverage.summary import Indicator
from phusong.exporters.agent_metrics import AgentMetrics
from phusong.exporters.exposition import Format
from phusong.exporters.metrics import BY_NAME, FLEET_SECTIONS, Kind
from phusong.exporters.prometheus import FleetRenderer, MetricsPage, SeriesLimits
from phusong.exporters.snapshot import Snapshot


class Dropped(dict[str, int]):
    """Counts what a renderer says it left out."""

    def __call__(self, reason: str, count: int) -> None:
        self[reason] = self.get(reason, 0) + count


def oracle(reference: ModuleType, snapshot: Snapshot, output_format: Format) -> str:
    """Return prometheus_client's page, with the type of MIB counters mended in the text format."""
    registry = reference.reference_registry(snapshot)
    if output_format is Format.OPENMETRICS:
        return str(openmetrics.generate_latest(registry).decode().removesuffix("# EOF\n"))
    page = generate_latest(registry).decode()
    return re.sub(r"^(# TYPE (?:if|sys)\w+) untyped$", r"\1 counter", page, flags=re.MULTILINE)


@pytest.mark.parametrize("output_format", Format)
def test_province_equals_the_oracle(reference: ModuleType, output_format: Format) -> None:
    """The page of a whole province is prometheus_client's page byte for byte, also when it is rendered again."""
    renderer = FleetRenderer(Dropped())
    for cycle in (0, 1, 1):
        snapshot = reference.province(links=60, endpoints=40, communes=20, cycle=cycle)
        assert renderer.render(snapshot, output_format).decode() == oracle(reference, snapshot, output_format)


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], max_examples=60)
@given(data=st.data())
def test_hostile_snapshots_equal_the_oracle(
    reference: ModuleType, snapshots: SearchStrategy[Any], data: st.DataObject
) -> None:
    """With quotes, line breaks, halves of characters and any number the page still equals prometheus_client's.

    One renderer sees two unrelated snapshots in a row, so that nothing may be left over from the first.
    """
    renderer = FleetRenderer(Dropped())
    for _ in range(2):
        snapshot = data.draw(snapshots)
        for output_format in Format:
            assert renderer.render(snapshot, output_format).decode() == oracle(reference, snapshot, output_format)


def test_every_fleet_metric_appears(reference: ModuleType) -> None:
    """A province in which everything is known has samples of every metric of the table."""
    snapshot = reference.province(links=30, endpoints=10, communes=5)
    commune = snapshot.coverage.communes[0]
    known = tuple(dataclasses.replace(i, population_ratio=0.5) for i in commune.indicators)
    communes = (dataclasses.replace(commune, indicators=known),)
    snapshot = dataclasses.replace(snapshot, coverage=dataclasses.replace(snapshot.coverage, communes=communes))
    page = FleetRenderer(Dropped()).render(snapshot, Format.TEXT).decode()
    names = [metric.name for section in FLEET_SECTIONS for metric in section.metrics]
    assert re.findall(r"^# TYPE (\w+)", page, re.MULTILINE) == names


def test_openmetrics_page_parses(reference: ModuleType) -> None:
    """The whole OpenMetrics page, agent included, is valid to prometheus_client's strict parser."""
    agent = AgentMetrics("1")
    agent.poll_errors.labels(reason="timeout").inc()
    agent.poll_duration.labels(kind="device").observe(0.02)
    page = MetricsPage(agent).render(reference.province(30, 10, 5), Format.OPENMETRICS).decode()
    kinds = {family.name: family.type for family in text_string_to_metric_families(page)}
    assert kinds["ifHCInOctets"] == "unknown"
    assert kinds["wan_link"] == "info"
    assert kinds["phusong_poll_errors"] == "counter"
    assert page.endswith("\n# EOF\n")


def test_promtool_names_only_mib_names(reference: ModuleType) -> None:
    """``promtool check metrics`` finds no fault but the MIB's own names."""
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed: apt-get install prometheus")
    agent = AgentMetrics("1")
    agent.poll_errors.labels(reason="timeout").inc()
    agent.poll_duration.labels(kind="device").observe(0.02)
    agent.snmp_replies_rejected.labels(reason="source").inc()
    agent.series_dropped.labels(reason="total_limit").inc()
    agent.set_icmp_method("raw")
    page = MetricsPage(agent).render(reference.province(), Format.TEXT)
    done = subprocess.run([promtool, "check", "metrics"], input=page, capture_output=True, check=False, timeout=60)
    findings = [line for line in (done.stdout + done.stderr).decode().splitlines() if line]
    assert [line for line in findings if not re.match(r"(if|sys)[A-Z]", line)] == []
    # It did read the page: the MIB's names are there to be found fault with.
    assert any(line.startswith("ifHCInOctets") for line in findings)


def test_unknown_is_absent(reference: ModuleType) -> None:
    """What is not known has no series: neither 0 nor NaN stands for it."""
    row = dataclasses.replace(
        reference.province(1, 1, 0).links[0],
        up=None,
        near=None,
        far=None,
        ping=None,
        last_success=None,
        since=None,
        near_traffic=dataclasses.replace(
            reference.province(1, 1, 0).links[0].near_traffic,
            receive_bytes_per_s=None,
            transmit_bytes_per_s=None,
            error_ratio=None,
            discard_ratio=None,
            anomalies=(),
        ),
        far_traffic=None,
        use_down_ratio=None,
        use_up_ratio=None,
        ends_differ=None,
    )
    snapshot = Snapshot(1.0, "2020-01", "4G", (row,), (), (), (), None)
    page = FleetRenderer(Dropped()).render(snapshot, Format.TEXT).decode()
    samples = [line.split("{")[0] for line in page.splitlines() if not line.startswith("#")]
    assert sorted(set(samples)) == [
        "phusong_snapshot_timestamp_seconds 1.0",
        "wan_link_contracted_bytes_per_second",
        "wan_link_info",
        "wan_link_receive_bytes_total",
        "wan_link_state_changes_total",
        "wan_link_transmit_bytes_total",
        "wan_link_verdict",
    ]


def test_counters_are_named_by_their_width(reference: ModuleType) -> None:
    """A device with 32-bit counters has no HC series, and the other way round."""
    snapshot = reference.province(6, 0, 0)
    page = FleetRenderer(Dropped()).render(snapshot, Format.TEXT).decode()
    narrow = re.findall(r'^(\w+)\{device="cpe-0000"', page, re.MULTILINE)
    wide = re.findall(r'^(\w+)\{device="cpe-0001"', page, re.MULTILINE)
    assert {"ifInOctets", "ifInUcastPkts"} <= set(narrow)
    assert not any(name.startswith("ifHC") for name in narrow)
    assert {"ifHCInOctets", "ifHCInUcastPkts"} <= set(wide)
    assert not {"ifInOctets", "ifInUcastPkts"} & set(wide)


def test_one_series_per_signal_class(reference: ModuleType) -> None:
    """Of several signal classes the weakest is shown: two would be the same series twice."""
    snapshot = reference.province(0, 0, 1)
    classes = tuple(
        Indicator("4G", "any", dbm, 1.0, ratio, None, None, None) for dbm, ratio in ((-95.0, 0.2), (-105.0, 0.7))
    )
    commune = dataclasses.replace(snapshot.coverage.communes[0], indicators=classes)
    coverage = dataclasses.replace(snapshot.coverage, communes=(commune,))
    page = FleetRenderer(Dropped()).render(dataclasses.replace(snapshot, coverage=coverage), Format.TEXT).decode()
    assert re.findall(r"^commune_area_covered_ratio\{.*", page, re.MULTILINE) == [
        'commune_area_covered_ratio{commune="06400",operator="any",technology="4G"} 0.7'
    ]


def test_a_learned_name_and_a_new_inventory_reach_the_labels(reference: ModuleType) -> None:
    """When an interface gets another name, or a link another carrier, no line keeps the old label."""
    snapshot = reference.province(2, 0, 0)
    renderer = FleetRenderer(Dropped())
    renderer.render(snapshot, Format.TEXT)
    row = snapshot.links[0]
    renamed = dataclasses.replace(
        row,
        info=dataclasses.replace(row.info, carrier="Viettel"),
        near=dataclasses.replace(row.near, if_name="xe-0/0/9"),
    )
    changed = dataclasses.replace(snapshot, links=(renamed, snapshot.links[1]))
    page = renderer.render(changed, Format.TEXT).decode()
    assert page == oracle(reference, changed, Format.TEXT)
    assert 'ifName="Gi0/0"' not in page
    assert 'carrier="Viettel"' in page


def test_a_value_out_of_range_costs_only_its_row(reference: ModuleType) -> None:
    """A value that cannot be printed takes its own end of the link off the page and is counted."""
    snapshot = reference.province(3, 0, 0)
    row = snapshot.links[1]
    broken = dataclasses.replace(row, near=dataclasses.replace(row.near, last_change_ticks=10**400))
    dropped = Dropped()
    page = FleetRenderer(dropped).render(
        dataclasses.replace(snapshot, links=(snapshot.links[0], broken, snapshot.links[2])), Format.TEXT
    )
    without = dataclasses.replace(row, near=None)
    rest = dataclasses.replace(snapshot, links=(snapshot.links[0], without, snapshot.links[2]))
    assert page.decode() == oracle(reference, rest, Format.TEXT)
    assert dropped == {"bad_value": 17}


def test_series_of_one_device_are_limited(reference: ModuleType) -> None:
    """A device above its limit loses the links that are too many; other devices and our own metrics stay."""
    snapshot = reference.province(10, 0, 0)
    dropped = Dropped()
    page = FleetRenderer(dropped, SeriesLimits(per_device=40)).render(snapshot, Format.TEXT).decode()
    assert page.count('ifOperStatus{device="hub-1"') == 3
    assert page.count('ifOperStatus{device="cpe-') == 10
    assert page.count("wan_link_up{") == 10
    assert dropped == {"device_limit": 7 * 13}


def test_series_in_total_are_limited_from_the_end(reference: ModuleType) -> None:
    """With too many series the interfaces go first and the verdicts of the lines last; each is counted."""
    snapshot = reference.province(10, 5, 5)
    total = sum(1 for _ in reference.samples(snapshot))
    dropped = Dropped()
    page = FleetRenderer(dropped, SeriesLimits(total=300)).render(snapshot, Format.TEXT).decode()
    lines = [line for line in page.splitlines() if not line.startswith("#")]
    assert len(lines) <= 300
    assert dropped == {"total_limit": total - len(lines)}
    assert page.count("wan_link_up{") == 10
    assert "ifOperStatus" not in page


def test_dropped_series_are_counted_on_the_page(reference: ModuleType) -> None:
    """phusong_series_dropped_total grows by what a page left out, once per rendered snapshot."""
    page = MetricsPage(AgentMetrics("1"), SeriesLimits(total=100))
    snapshot = reference.province(10, 0, 0)
    first, second = (page.render(snapshot, Format.TEXT).decode() for _ in range(2))
    pattern = r'phusong_series_dropped_total\{reason="total_limit"\} (\S+)'
    assert re.findall(pattern, first) == re.findall(pattern, second)
    assert float(re.findall(pattern, first)[0]) > 0


def test_page_before_the_first_snapshot_has_the_agent_only() -> None:
    """A scrape in the first seconds sees the agent and no fleet."""
    page = MetricsPage(AgentMetrics("9"), SeriesLimits()).render(None, Format.TEXT).decode()
    assert 'phusong_build_info{version="9"} 1.0' in page
    assert "wan_link" not in page


def test_mib_counters_are_the_only_counters_without_total() -> None:
    """The exception to the naming rules is as small as the table says."""
    odd = [
        metric.name for metric in BY_NAME.values() if metric.text_type == "counter" and "_total" not in metric.name
    ]
    assert odd == [metric.name for metric in BY_NAME.values() if metric.kind is Kind.MIB_COUNTER]
    assert all(name.startswith("if") for name in odd)
