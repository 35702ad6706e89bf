"""A made-up province and the plainest way to its metrics: prometheus_client's own families, sample by sample.

The oracle for the renderer, written from the table's help texts and not from the modules ``*_text``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from datetime import date

from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric as Family
from prometheus_client.registry import Collector
from video_reference import endpoint_row, meeting_rows, service_rows, video_samples

from phusong.collectors.readings import (
    InterfaceReading,
    PingReading,
    Quantity,
    SensorReading,
    SensorsReading,
    SystemReading,
)
from phusong.coverage.summary import CommuneCoverage, CoverageSummary, Indicator, LayerSource
from phusong.exporters.metrics import FLEET_SECTIONS, Kind
from phusong.exporters.snapshot import (
    ENDPOINT_VERDICTS,
    LINK_VERDICTS,
    AnomalyCount,
    CommuneRow,
    Degradation,
    DeviceRow,
    EndpointRow,
    EndTraffic,
    Isolation,
    LinkInfo,
    LinkRow,
    SiteCount,
    SiteInfo,
    SiteRow,
    Snapshot,
    Verdict,
)

NOW = 1_793_000_000.25
Sample = tuple[str, dict[str, str], float]


def province(links: int = 345, endpoints: int = 239, communes: int = 177, *, cycle: int = 0) -> Snapshot:
    """Return a province; another ``cycle`` has the same inventory with every reading a new object."""
    verdicts = (*([Verdict.UP] * 20), Verdict.DOWN, Verdict.UNREACHABLE, Verdict.ADMIN_DOWN, Verdict.MAINTENANCE)
    link_rows, site_rows, device_rows = [], [], []
    for n in range(links):
        verdict = verdicts[n % len(verdicts)]
        up = verdict is Verdict.UP
        site = SiteInfo(
            f"site-{n:04d}",
            f"UBND xã số {n}",
            "commune",
            f"{6400 + n % max(communes, 1):05d}",
            21.0,
            107.0,
            "Vân Đồn",
        )
        info = LinkInfo(f"link-{n:04d}", site.site_id, "VNPT", "primary", 1.25e6, 1.25e6, "hub-1", f"cpe-{n:04d}")
        near = _interface("hub-1", n, f"Gi0/{n}", cycle, wide=True)
        far = (
            None
            if verdict is Verdict.UNREACHABLE
            else _interface(f"cpe-{n:04d}", 2, "wan0", cycle, wide=n % 5 > 0)
        )
        link_rows.append(
            LinkRow(
                info,
                verdict,
                up,
                NOW - 60.0 * n,
                near,
                far,
                _ping(n),
                NOW - 1.0,
                "" if up else "no answer in 2 s",
                near_traffic=_traffic(n, cycle),
                far_traffic=None if far is None else _traffic(n + 1, cycle),
                use_down_ratio=0.123456 + n / 1e3 + cycle / 7e4,
                use_up_ratio=0.0456 + n / 1e3 + cycle / 7e4,
                ends_differ=None if far is None else n % 50 == 0,
                degradations=(Degradation.LOSS, Degradation.FLAPPING) if n % 7 == 0 else (),
                state_changes=n % 5,
            )
        )
        isolation = (Isolation.AT_RISK, Isolation.CONNECTED)[n % 2] if up else list(Isolation)[2 + n % 3]
        site_rows.append(SiteRow(site, isolation, (True, False, None)[n % 3], NOW - n if n % 2 else None))
        device_rows.append(
            DeviceRow(
                f"cpe-{n:04d}",
                site.site_id,
                8_640_000 + cycle * 3000 + n,
                NOW - 1.0,
                _sensors(n) if n % 3 else None,
                n % 3,
                (True, False, None)[n % 3],
                "hub" if n % 40 == 0 else "office",
            )
        )
    endpoint_rows = tuple(
        endpoint_row(n, cycle, _ping(n), _interface("sw", n, "Gi0/1", cycle, wide=True), _traffic(n, cycle))
        for n in range(endpoints)
    )
    coverage = _coverage(communes) if communes else None
    return Snapshot(
        NOW + cycle,
        "2020-01",
        "4G",
        tuple(link_rows),
        endpoint_rows,
        tuple(site_rows),
        tuple(device_rows),
        coverage,
        tuple(
            CommuneRow(
                f"{6400 + n:05d}",
                "Vân Đồn",
                (True, False, None)[n % 3],
                (SiteCount(Isolation.CONNECTED, 1 + n % 2), SiteCount(Isolation.ISOLATED, 1)),
            )
            for n in range(min(communes, links))
        ),
        service_rows(),
        meeting_rows(),
    )


def _sensors(n: int) -> SensorsReading:
    """Return one sensor of each quantity."""
    system = SystemReading("a router", "1.3.6.1.4.1.14988.1", 12345, f"cpe-{n}", "")
    sensors = tuple(SensorReading(quantity, f"part {n % 4}", n / 7 - 50) for quantity in Quantity)
    return SensorsReading(system, "mikrotik", "MikroTik", "because", sensors, ("cpu x: no answer",) * (n % 2))


SENSOR_METRICS = {
    Quantity.CPU: ("wan_device_cpu_ratio", "component"),
    Quantity.MEMORY: ("wan_device_memory_used_ratio", "component"),
    Quantity.TEMPERATURE: ("wan_device_temperature_celsius", "sensor"),
    Quantity.POWER: ("wan_device_power_ok", "supply"),
    Quantity.FAN: ("wan_device_fan_ok", "fan"),
    Quantity.OPTICAL_RECEIVE: ("wan_optical_receive_power_dbm", "interface"),
    Quantity.OPTICAL_TRANSMIT: ("wan_optical_transmit_power_dbm", "interface"),
    Quantity.SLA_UP: ("wan_sla_up", "operation"),
    Quantity.SLA_RTT: ("wan_sla_rtt_seconds", "operation"),
    Quantity.SLA_JITTER: ("wan_sla_jitter_seconds", "operation"),
    Quantity.SLA_LOSS: ("wan_sla_loss_ratio", "operation"),
    Quantity.MODEM_REGISTERED: ("wan_modem_registered", "modem"),
    Quantity.MODEM_IN_USE: ("wan_modem_in_use", "modem"),
    Quantity.MODEM_RSRP: ("wan_modem_rsrp_dbm", "modem"),
    Quantity.MODEM_RSRQ: ("wan_modem_rsrq_db", "modem"),
    Quantity.MODEM_SINR: ("wan_modem_sinr_db", "modem"),
    Quantity.BGP_PEER: ("wan_bgp_peer_established", "peer"),
    Quantity.OSPF_NEIGHBOR: ("wan_ospf_neighbor_up", "neighbor"),
}


def _interface(device: str, index: int, name: str, cycle: int, *, wide: bool) -> InterfaceReading:
    moved = cycle * 1_234_567 + index
    bits = 64 if wide else 32
    octets = 9_876_543_210_123 + moved if wide else (4_000_000_000 + moved) % 2**32
    return InterfaceReading(
        device, index, name, "Tuyến Vân Đồn", 8_640_000 + cycle * 3000, 1, 1, 100_000_000, 4711, 0,
        octets, octets // 3, bits, octets // 900, octets // 1000, bits, 12, 0, 7 + cycle, 0,
    )  # fmt: skip


def _traffic(n: int, cycle: int) -> EndTraffic:
    octets = 9_876_543_210 + 7919 * n + 1_234_567 * cycle
    anomalies = (AnomalyCount("counter_fell", 3), AnomalyCount("other_row", 1)) if n % 20 == 0 else ()
    return EndTraffic(octets, octets // 3, octets / 8e4, octets / 27e4, 0.0, 0.000123 * n, "", anomalies)


def _ping(n: int) -> PingReading:
    return PingReading(5, 5 - n % 2, 0.0051 + n / 1e5, 0.0072 + n / 1e5, 0.0123 + n / 1e5)


def _coverage(communes: int) -> CoverageSummary:
    indicators = tuple(
        Indicator(
            technology,
            operator,
            None,
            12.5,
            0.8125,
            *((1500.0, 0.5) if operator == "any" else (None, None)),
            operator != "viettel",
        )
        for technology in ("2G", "3G", "4G", "5G")
        for operator in ("viettel", "vnpt", "mobifone", "any", "max")
    )
    return CoverageSummary(
        "2020-01",
        "schematic",
        "0" * 64,
        True,
        True,
        (LayerSource("viettel_4g.gpkg", "1" * 64, "viettel", "4G", -105.0, "2026-09-01"),),
        tuple(
            CommuneCoverage(f"{6400 + n:05d}", f"Xã {n}", "Vân Đồn", 15.4, 3000 + n, indicators)
            for n in range(communes)
        ),
        (),
    )


def reference_registry(snapshot: Snapshot) -> CollectorRegistry:
    """Return a registry of prometheus_client that holds the same samples as the page of ``snapshot``."""
    registry = CollectorRegistry()
    registry.register(_SnapshotCollector(snapshot))
    return registry


class _SnapshotCollector(Collector):
    def __init__(self, snapshot: Snapshot) -> None:
        self._families = list(_families(snapshot))

    def collect(self) -> list[Family]:
        return self._families


def _families(snapshot: Snapshot) -> Iterator[Family]:
    by_name: dict[str, list[Sample]] = {}
    for sample in samples(snapshot):
        by_name.setdefault(sample[0], []).append(sample)
    for section in FLEET_SECTIONS:
        for metric in section.metrics:
            kind = "unknown" if metric.kind is Kind.MIB_COUNTER else str(metric.kind)
            suffix = {"info": "_info", "counter": "_total"}.get(kind, "")
            family = Family(metric.name.removesuffix(suffix), metric.help, kind)
            for name, labels, value in by_name.pop(metric.name, ()):
                assert tuple(sorted(labels)) == metric.labels, name
                family.add_sample(name, labels, value)
            if family.samples:
                yield family
    assert not by_name, f"not in the table: {sorted(by_name)}"


def samples(snapshot: Snapshot) -> Iterator[Sample]:
    """Yield every sample of the fleet, labels cleaned; values that are not known are left out."""
    for name, labels, value in _all_samples(snapshot):
        if value is not None:
            yield name, {label: _cleaned(text) for label, text in labels.items()}, float(value)


def _cleaned(text: str) -> str:
    """Return a label as it may stand on the page: without control characters and halves of characters."""
    bad = {"Cc", "Cs"}
    kept = "".join(
        "\ufffd" if unicodedata.category(c) in bad and c not in "\t\n" and not "\x80" <= c <= "\x9f" else c
        for c in text
    )
    return kept[:256]


def _all_samples(snapshot: Snapshot) -> Iterator[tuple[str, dict[str, str], float | None]]:
    commune_of = {row.info.site_id: (row.info.commune_code, row.info.district) for row in snapshot.sites}
    for link in snapshot.links:
        info = link.info
        yield from _polled_samples("wan_link", {"link": info.link_id}, link)
        yield (
            "wan_link_info",
            {
                "link": info.link_id,
                "site": info.site_id,
                "commune": commune_of.get(info.site_id, ("", ""))[0],
                "district": commune_of.get(info.site_id, ("", ""))[1],
                "carrier": info.carrier,
                "role": info.role,
                "near_device": info.near_device,
                "far_device": info.far_device,
            },
            1,
        )
        rates = {"down": info.contracted_down_bytes_per_s, "up": info.contracted_up_bytes_per_s}
        for direction, rate in rates.items():
            yield "wan_link_contracted_bytes_per_second", {"link": info.link_id, "direction": direction}, rate
        for direction, use in (("down", link.use_down_ratio), ("up", link.use_up_ratio)):
            yield "wan_link_utilisation_ratio", {"link": info.link_id, "direction": direction}, use
        yield "wan_link_end_mismatch", {"link": info.link_id}, link.ends_differ
        for reason in ("loss", "rtt", "errors", "flapping"):
            exceeded = any(found.value == reason for found in link.degradations)
            yield "wan_link_degraded", {"link": info.link_id, "reason": reason}, exceeded if link.up else None
        yield "wan_link_state_changes_total", {"link": info.link_id}, link.state_changes
        for which, traffic in (("near", link.near_traffic), ("far", link.far_traffic)):
            if traffic is not None:
                yield from _traffic_samples({"link": info.link_id, "end": which}, traffic)
        ends = {(end.device_id, end.if_name): end for end in (link.far, link.near) if end is not None}
        for end in (link.near, link.far):
            if end is not None and ends[end.device_id, end.if_name] is end:
                yield from _interface_samples(info.link_id, end)
    for endpoint in snapshot.endpoints:
        what = endpoint.info
        yield from _polled_samples("vc_endpoint", {"endpoint": what.endpoint_id}, endpoint)
        about = {"endpoint": what.endpoint_id, "site": what.site_id, "name": what.name}
        commune, district = commune_of.get(what.site_id, ("", ""))
        yield "vc_endpoint_info", {**about, "commune": commune, "district": district}, 1
    yield from video_samples(snapshot)
    yield from _site_samples(snapshot)
    yield from _coverage_samples(snapshot)
    yield from _device_samples(snapshot)
    yield "phusong_snapshot_timestamp_seconds", {}, snapshot.taken_at


def _device_samples(snapshot: Snapshot) -> Iterator[tuple[str, dict[str, str], float | None]]:
    for device in snapshot.devices:
        of = {"device": device.device_id}
        yield "wan_device_info", {**of, "site": device.site_id, "role": device.role}, 1
        yield "wan_device_up", of, device.up
        yield "wan_device_last_success_timestamp_seconds", of, device.last_success
        yield "sysUpTime", of, device.sys_uptime_ticks
        yield "wan_device_agent_restarts_total", of, device.agent_restarts
        if device.sensors is not None:
            profile = {"profile": device.sensors.profile, "vendor": device.sensors.vendor}
            yield "wan_device_profile_info", {**of, **profile}, 1
            yield "wan_device_sensor_problems", of, len(device.sensors.problems)
            for sensor in device.sensors.sensors:
                name, label = SENSOR_METRICS[sensor.quantity]
                yield name, {**of, label: sensor.name}, sensor.value


def _polled_samples(
    prefix: str, of: dict[str, str], row: LinkRow | EndpointRow
) -> Iterator[tuple[str, dict[str, str], float | None]]:
    yield f"{prefix}_up", of, row.up
    for verdict in LINK_VERDICTS if prefix == "wan_link" else ENDPOINT_VERDICTS:
        yield f"{prefix}_verdict", {**of, "verdict": str(verdict)}, row.verdict == verdict
    if row.ping is not None and row.ping.sent > 0:
        yield f"{prefix}_ping_loss_ratio", of, 1 - row.ping.received / row.ping.sent
    yield f"{prefix}_ping_rtt_seconds", of, row.ping.rtt_avg_s if row.ping else None
    yield f"{prefix}_last_success_timestamp_seconds", of, row.last_success
    yield f"{prefix}_verdict_change_timestamp_seconds", of, row.since


def _traffic_samples(
    of: dict[str, str], traffic: EndTraffic
) -> Iterator[tuple[str, dict[str, str], float | None]]:
    yield "wan_link_receive_bytes_total", of, traffic.received_bytes
    yield "wan_link_transmit_bytes_total", of, traffic.sent_bytes
    yield "wan_link_receive_bytes_per_second", of, traffic.receive_bytes_per_s
    yield "wan_link_transmit_bytes_per_second", of, traffic.transmit_bytes_per_s
    yield "wan_link_error_ratio", of, traffic.error_ratio
    yield "wan_link_discard_ratio", of, traffic.discard_ratio
    for anomaly in traffic.anomalies:
        yield "wan_link_traffic_anomalies_total", {**of, "reason": anomaly.reason}, anomaly.count


def _interface_samples(link_id: str, end: InterfaceReading) -> Iterator[tuple[str, dict[str, str], float | None]]:
    of = {"link": link_id, "device": end.device_id, "ifName": end.if_name}
    yield "ifAdminStatus", of, end.admin_status
    yield "ifOperStatus", of, end.oper_status
    yield "ifHighSpeed", of, None if end.speed_bps is None else end.speed_bps / 1_000_000
    yield "ifLastChange", of, end.last_change_ticks
    yield "ifCounterDiscontinuityTime", of, end.discontinuity_ticks
    counters = {
        "ifInErrors": end.in_errors,
        "ifOutErrors": end.out_errors,
        "ifInDiscards": end.in_discards,
        "ifOutDiscards": end.out_discards,
    }
    if end.octets_bits in (32, 64):
        infix = "HC" if end.octets_bits == 64 else ""
        counters |= {f"if{infix}InOctets": end.in_octets, f"if{infix}OutOctets": end.out_octets}
    if end.packets_bits in (32, 64):
        infix = "HC" if end.packets_bits == 64 else ""
        counters[f"if{infix}InUcastPkts"] = end.in_ucast_packets
        counters[f"if{infix}OutUcastPkts"] = end.out_ucast_packets
    for name, value in counters.items():
        yield name, of, None if value is None else value & (2**53 - 1)


def _site_samples(snapshot: Snapshot) -> Iterator[tuple[str, dict[str, str], float | None]]:
    for commune in snapshot.communes:
        yield "commune_isolated", {"commune": commune.code}, commune.isolated
        for count in commune.sites:
            yield "commune_sites", {"commune": commune.code, "state": str(count.isolation)}, count.count
    for site in snapshot.sites:
        info = site.info
        about = {"site": info.site_id, "name": info.name, "kind": info.kind}
        yield "site_info", {**about, "commune": info.commune_code, "district": info.district}, 1
        for state in Isolation:
            yield "site_state", {"site": info.site_id, "state": str(state)}, state == site.isolation
        yield "site_state_change_timestamp_seconds", {"site": info.site_id}, site.since
        yield "site_latitude_degrees", {"site": info.site_id}, info.lat
        yield "site_longitude_degrees", {"site": info.site_id}, info.lon
        known = site.isolation is not Isolation.UNKNOWN
        yield "site_isolated", {"site": info.site_id}, site.isolation is Isolation.ISOLATED if known else None
        fallback = {"site": info.site_id, "technology": snapshot.fallback_technology}
        yield "site_mobile_fallback", fallback, site.fallback


def _coverage_samples(snapshot: Snapshot) -> Iterator[tuple[str, dict[str, str], float | None]]:
    coverage = snapshot.coverage
    if coverage is None:
        return
    for commune in coverage.communes:
        about = {"commune": commune.code, "name": commune.name, "district": commune.district}
        yield "commune_info", {**about, "edition": coverage.edition}, 1
        yield "commune_population", {"commune": commune.code}, commune.population
        for one in commune.indicators:
            of = {"commune": commune.code, "technology": one.technology, "operator": one.operator}
            yield "commune_area_covered_ratio", of, one.area_ratio
            yield "commune_population_covered_ratio", of, one.population_ratio
            yield "commune_centre_covered", of, one.centre_covered
    about = {"schematic": str(coverage.schematic).lower(), "synthetic": str(coverage.synthetic).lower()}
    about["people"] = coverage.population_method
    edition = {"edition": coverage.edition, "boundaries": coverage.boundaries_file}
    yield "phusong_coverage_info", {**about, **edition}, 1
    for layer in coverage.layers:
        labels = {
            "file": layer.file,
            "operator": layer.operator,
            "technology": layer.technology,
            "date": layer.date,
        }
        min_dbm = "" if layer.min_dbm is None else f"{layer.min_dbm:g}"
        yield "phusong_coverage_layer_info", {**labels, "min_dbm": min_dbm}, 1
        with suppress(ValueError):
            days = date.fromisoformat(labels.pop("date")).toordinal() - date(1970, 1, 1).toordinal()
            yield "phusong_coverage_layer_timestamp_seconds", {**labels, "min_dbm": min_dbm}, 86_400 * days
