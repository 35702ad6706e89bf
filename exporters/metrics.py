"""The one table of metrics: name, type, help and labels of everything on the metrics page.

``docs/metrics.md`` is printed from it (``python -m phusong.exporters.metrics``). Values and text are the work of
``prometheus`` (the fleet) and ``agent_metrics`` (the agent itself). The sections on video conferences and services
stand in ``video_metrics``; no name is written anywhere else.
"""

from __future__ import annotations

import sys

from phusong.exporters.metric_family import Kind, Metric, Section
from phusong.exporters.video_metrics import CALLS, ENDPOINTS, MEETINGS, SERVICES

_LINK = ("link",)
_INDICATOR = ("commune", "operator", "technology")
_WEAKEST = "at the weakest signal class of the layers"


def _mib(name: str, kind: Kind, module: str, oid: str, text: str, labels: tuple[str, ...]) -> Metric:
    return Metric(name, kind, f"{text} ({module}::{name}, {oid})", labels)


def _if(name: str, kind: Kind, oid: str, text: str) -> Metric:
    return _mib(name, kind, "IF-MIB", oid, text, ("device", "ifName", "link"))


_IF_TABLE = "1.3.6.1.2.1.2.2.1"
_IF_X_TABLE = "1.3.6.1.2.1.31.1.1.1"

LINKS = Section(
    "Lines",
    "One series per line of links.csv, or per line and direction or verdict.",
    (
        Metric(
            "wan_link_up", Kind.GAUGE, "1 when the line carries traffic, 0 when not; absent when unknown", _LINK
        ),
        Metric(
            "wan_link_verdict",
            Kind.GAUGE,
            "1 for the verdict that holds for the line now, 0 for every other one",
            ("link", "verdict"),
        ),
        Metric(
            "wan_link_info",
            Kind.INFO,
            "What the inventory says about the line",
            ("carrier", "commune", "district", "far_device", "link", "near_device", "role", "site"),
        ),
        Metric(
            "wan_link_contracted_bytes_per_second",
            Kind.GAUGE,
            "Contracted rate of the line; down is towards the office",
            ("direction", "link"),
        ),
        Metric(
            "wan_link_ping_loss_ratio", Kind.GAUGE, "Lost share of the last burst of echo requests, 0 to 1", _LINK
        ),
        Metric("wan_link_ping_rtt_seconds", Kind.GAUGE, "Mean round-trip time of the last burst", _LINK),
        Metric(
            "wan_link_last_success_timestamp_seconds",
            Kind.GAUGE,
            "Unix time of the last SNMP answer from either end of the line",
            _LINK,
        ),
        Metric(
            "wan_link_verdict_change_timestamp_seconds",
            Kind.GAUGE,
            "Unix time of the last change of the line's verdict",
            _LINK,
        ),
        Metric(
            "wan_link_utilisation_ratio",
            Kind.GAUGE,
            "Share of the contracted rate in use between the last two polls; down is towards the office. From the "
            "office's end where that gives a rate, else from the hub's",
            ("direction", "link"),
        ),
        Metric(
            "wan_link_end_mismatch",
            Kind.GAUGE,
            "1 when one end says up and the other says not up, 0 when they agree; absent unless both say",
            _LINK,
        ),
        Metric(
            "wan_link_degraded",
            Kind.GAUGE,
            "1 while this exceeds its limit (loss, rtt, errors, flapping), else 0; absent when the line is not "
            "known to carry traffic",
            ("link", "reason"),
        ),
        Metric(
            "wan_link_state_changes_total",
            Kind.COUNTER,
            "Times that the line began or ceased to carry traffic since the agent started",
            _LINK,
        ),
    ),
)

_LINK_END = ("end", "link")

TRAFFIC = Section(
    "Traffic of lines",
    "Both ends of every line: `end` is `near` (hub) or `far` (office), receive is into that end's interface. Only "
    "what is beyond doubt is counted here: an interval in which a device restarted, was replaced, renumbered its "
    "interfaces or gave an impossible figure adds nothing and is an anomaly. Use these for rates and volumes.",
    (
        Metric(
            "wan_link_receive_bytes_total",
            Kind.COUNTER,
            "Bytes received; goes on over restarts of device and agent",
            _LINK_END,
        ),
        Metric(
            "wan_link_transmit_bytes_total",
            Kind.COUNTER,
            "Bytes sent; goes on over restarts of device and agent",
            _LINK_END,
        ),
        Metric(
            "wan_link_receive_bytes_per_second",
            Kind.GAUGE,
            "Rate between the last two polls; absent when it is not trusted",
            _LINK_END,
        ),
        Metric(
            "wan_link_transmit_bytes_per_second",
            Kind.GAUGE,
            "Rate between the last two polls; absent when it is not trusted",
            _LINK_END,
        ),
        Metric(
            "wan_link_error_ratio",
            Kind.GAUGE,
            "Packets with errors among these and the unicast packets between the last two polls",
            _LINK_END,
        ),
        Metric(
            "wan_link_discard_ratio",
            Kind.GAUGE,
            "Packets dropped without an error among these and the unicast packets between the last two polls",
            _LINK_END,
        ),
        Metric(
            "wan_link_traffic_anomalies_total",
            Kind.COUNTER,
            "Intervals without a trusted figure since the agent started",
            ("end", "link", "reason"),
        ),
    ),
)

SITES = Section(
    "Sites",
    "The state of a site's lines joined with the mobile coverage of its point.",
    (
        Metric(
            "site_info",
            Kind.INFO,
            "What the inventory says about the site",
            ("commune", "district", "kind", "name", "site"),
        ),
        Metric(
            "site_state",
            Kind.GAUGE,
            "1 for the state of the site now, 0 for every other one: its lines joined with mobile coverage",
            ("site", "state"),
        ),
        Metric(
            "site_isolated",
            Kind.GAUGE,
            "1 when all lines of the site are out and no mobile coverage carries it, else 0; absent when unknown",
            ("site",),
        ),
        Metric(
            "site_mobile_fallback",
            Kind.GAUGE,
            "1 when the fallback technology covers the site's point, 0 when not; absent when unknown",
            ("site", "technology"),
        ),
        Metric(
            "site_state_change_timestamp_seconds",
            Kind.GAUGE,
            "Unix time of the last change of the site's state",
            ("site",),
        ),
        Metric(
            "site_latitude_degrees", Kind.GAUGE, "Position of the site, WGS 84; absent when unknown", ("site",)
        ),
        Metric(
            "site_longitude_degrees", Kind.GAUGE, "Position of the site, WGS 84; absent when unknown", ("site",)
        ),
    ),
)

COMMUNE_STATES = Section(
    "Communes",
    "The state of a commune's offices.",
    (
        Metric(
            "commune_isolated",
            Kind.GAUGE,
            "1 when all offices of the commune with a known state are isolated, else 0; absent without any",
            ("commune",),
        ),
        Metric(
            "commune_sites",
            Kind.GAUGE,
            "Offices of the commune in each state that one of them is in",
            ("commune", "state"),
        ),
    ),
)

COVERAGE = Section(
    "Mobile coverage",
    "From coverage.json, the summary written by `phusong coverage`. Operator `any` is the union of all, `max` the "
    "best single one.",
    (
        Metric(
            "commune_info",
            Kind.INFO,
            "A commune of the edition for which coverage was computed",
            ("commune", "district", "edition", "name"),
        ),
        Metric("commune_population", Kind.GAUGE, "People in the commune; absent when unknown", ("commune",)),
        Metric(
            "commune_area_covered_ratio",
            Kind.GAUGE,
            f"Covered share of the commune's area, 0 to 1, {_WEAKEST}",
            _INDICATOR,
        ),
        Metric(
            "commune_population_covered_ratio",
            Kind.GAUGE,
            f"Covered share of the commune's people, 0 to 1, {_WEAKEST}; absent when unknown; an estimate where "
            'phusong_coverage_info says people="area"',
            _INDICATOR,
        ),
        Metric(
            "commune_centre_covered",
            Kind.GAUGE,
            f"1 when the commune's centre is covered, 0 when not, {_WEAKEST}; absent when unknown",
            _INDICATOR,
        ),
        Metric(
            "phusong_coverage_info",
            Kind.INFO,
            "What the coverage figures were computed from",
            ("boundaries", "edition", "people", "schematic", "synthetic"),
        ),
        Metric(
            "phusong_coverage_layer_info",
            Kind.INFO,
            "A coverage layer that went into the figures",
            ("date", "file", "min_dbm", "operator", "technology"),
        ),
        Metric(
            "phusong_coverage_layer_timestamp_seconds",
            Kind.GAUGE,
            "Unix time at which the day of the layer's date began, UTC; absent when the layer has no date",
            ("file", "min_dbm", "operator", "technology"),
        ),
    ),
)

DEVICES = Section(
    "Devices",
    "One series per device of devices.csv.",
    (
        Metric(
            "wan_device_info",
            Kind.INFO,
            "What the inventory says; role is hub when lines or other devices hang on it, else office",
            ("device", "role", "site"),
        ),
        Metric(
            "wan_device_profile_info",
            Kind.INFO,
            "The vendor profile by which the device's sensors are read",
            ("device", "profile", "vendor"),
        ),
        Metric(
            "wan_device_sensor_problems",
            Kind.GAUGE,
            "Sensors of the profile that could not be read in the last poll, or not in full",
            ("device",),
        ),
        Metric(
            "wan_device_last_success_timestamp_seconds",
            Kind.GAUGE,
            "Unix time of the last SNMP answer of the device",
            ("device",),
        ),
        _mib(
            "sysUpTime",
            Kind.GAUGE,
            "SNMPv2-MIB",
            "1.3.6.1.2.1.1.3",
            "Hundredths of a second since the device's agent started; wraps after 497 days",
            ("device",),
        ),
        Metric(
            "wan_device_agent_restarts_total",
            Kind.COUNTER,
            "Restarts of the device's SNMP agent that were seen in sysUpTime; a wrap after 497 days is none",
            ("device",),
        ),
        Metric(
            "wan_device_up",
            Kind.GAUGE,
            "1 when the device answers SNMP or ping, 0 when neither; absent when unknown",
            ("device",),
        ),
    ),
)


def _sensor(name: str, label: str, text: str) -> Metric:
    return Metric(name, Kind.GAUGE, text, tuple(sorted(("device", label))))


_SLA = "measured by the device itself (IP SLA, NQA, RPM, link monitor)"

SENSORS = Section(
    "Sensors",
    "What devices say of themselves, as their vendor profile tells (see [profiles](profiles.md)); read every "
    "`poll.sensors_interval`. The second label is the device's own name for the part, cleaned and cut.",
    (
        _sensor("wan_device_cpu_ratio", "component", "Share of the processor in use, 0 to 1"),
        _sensor("wan_device_memory_used_ratio", "component", "Share of the memory in use, 0 to 1"),
        _sensor("wan_device_temperature_celsius", "sensor", "Temperature"),
        _sensor(
            "wan_device_power_ok", "supply", "1 when the power supply is well, 0 when not; absent when unknown"
        ),
        _sensor("wan_device_fan_ok", "fan", "1 when the fan is well, 0 when not; absent when unknown"),
        _sensor("wan_optical_receive_power_dbm", "interface", "Optical power received"),
        _sensor("wan_optical_transmit_power_dbm", "interface", "Optical power sent"),
        _sensor("wan_sla_up", "operation", f"1 when the last run succeeded, 0 when not, {_SLA}"),
        _sensor("wan_sla_rtt_seconds", "operation", f"Round-trip time {_SLA}"),
        _sensor("wan_sla_jitter_seconds", "operation", f"Jitter {_SLA}"),
        _sensor("wan_sla_loss_ratio", "operation", f"Lost share of the packets, 0 to 1, {_SLA}"),
        _sensor("wan_modem_registered", "modem", "1 when the mobile modem is registered in a network, else 0"),
        _sensor("wan_modem_in_use", "modem", "1 when a data session runs over the mobile modem, else 0"),
        _sensor("wan_modem_rsrp_dbm", "modem", "Reference signal received power (3GPP TS 36.214)"),
        _sensor("wan_modem_rsrq_db", "modem", "Reference signal received quality (3GPP TS 36.214)"),
        _sensor("wan_modem_sinr_db", "modem", "Signal to interference and noise ratio"),
        _sensor("wan_bgp_peer_established", "peer", "1 when the BGP session is established, else 0 (RFC 4273)"),
        _sensor(
            "wan_ospf_neighbor_up",
            "neighbor",
            "1 when the OSPF adjacency is full, or two-way as between two DROthers, else 0 (RFC 4750)",
        ),
    ),
)

INTERFACES = Section(
    "Interfaces",
    "Both ends of every line under the names of the MIB. Octets and packets come from the 64-bit columns "
    "(`ifHC...`) where the device has them, else from the 32-bit ones, never from both. These are the device's "
    "own counters as they stand: where a device is replaced or renumbers, `rate()` of them may show what never "
    "passed; that of `wan_link_receive_bytes_total` does not.",
    (
        _if("ifAdminStatus", Kind.GAUGE, f"{_IF_TABLE}.7", "Wanted state: 1 up, 2 down, 3 testing"),
        _if(
            "ifOperStatus",
            Kind.GAUGE,
            f"{_IF_TABLE}.8",
            "State: 1 up, 2 down, 3 testing, 4 unknown, 5 dormant, 6 notPresent, 7 lowerLayerDown",
        ),
        _if(
            "ifHighSpeed", Kind.GAUGE, f"{_IF_X_TABLE}.15", "Speed in Mbit/s; from ifSpeed where ifHighSpeed is 0"
        ),
        _if(
            "ifLastChange",
            Kind.GAUGE,
            f"{_IF_TABLE}.9",
            "sysUpTime, in hundredths of a second, when the interface came into its state",
        ),
        _if("ifHCInOctets", Kind.MIB_COUNTER, f"{_IF_X_TABLE}.6", "Octets received, 64-bit column"),
        _if("ifHCOutOctets", Kind.MIB_COUNTER, f"{_IF_X_TABLE}.10", "Octets sent, 64-bit column"),
        _if("ifInOctets", Kind.MIB_COUNTER, f"{_IF_TABLE}.10", "Octets received, 32-bit column"),
        _if("ifOutOctets", Kind.MIB_COUNTER, f"{_IF_TABLE}.16", "Octets sent, 32-bit column"),
        _if("ifHCInUcastPkts", Kind.MIB_COUNTER, f"{_IF_X_TABLE}.7", "Unicast packets received, 64-bit column"),
        _if("ifHCOutUcastPkts", Kind.MIB_COUNTER, f"{_IF_X_TABLE}.11", "Unicast packets sent, 64-bit column"),
        _if("ifInUcastPkts", Kind.MIB_COUNTER, f"{_IF_TABLE}.11", "Unicast packets received, 32-bit column"),
        _if("ifOutUcastPkts", Kind.MIB_COUNTER, f"{_IF_TABLE}.17", "Unicast packets sent, 32-bit column"),
        _if("ifInErrors", Kind.MIB_COUNTER, f"{_IF_TABLE}.14", "Received packets with errors"),
        _if("ifOutErrors", Kind.MIB_COUNTER, f"{_IF_TABLE}.20", "Packets not sent because of errors"),
        _if("ifInDiscards", Kind.MIB_COUNTER, f"{_IF_TABLE}.13", "Received packets dropped without an error"),
        _if("ifOutDiscards", Kind.MIB_COUNTER, f"{_IF_TABLE}.19", "Packets not sent without an error"),
        _if(
            "ifCounterDiscontinuityTime",
            Kind.GAUGE,
            f"{_IF_X_TABLE}.19",
            "sysUpTime, in hundredths of a second, when a counter of the interface last jumped",
        ),
    ),
)

SNAPSHOT = Section(
    "The snapshot",
    "What the series above were taken from.",
    (Metric("phusong_snapshot_timestamp_seconds", Kind.GAUGE, "Unix time of the state that is shown"),),
)

AGENT = Section(
    "The agent itself",
    "Beside these: `process_*` of prometheus_client.",
    (
        Metric("phusong_build_info", Kind.INFO, "Version of the agent", ("version",)),
        Metric("phusong_poll_duration_seconds", Kind.HISTOGRAM, "Time of one poll with its retries", ("kind",)),
        Metric("phusong_poll_errors_total", Kind.COUNTER, "Polls without a usable answer", ("reason",)),
        Metric(
            "phusong_poll_skipped_total",
            Kind.COUNTER,
            "Polls left out: the one before was still running, or the machine slept",
        ),
        Metric(
            "phusong_poll_backed_off",
            Kind.GAUGE,
            "Devices and endpoints asked less often because they have been silent for long",
            ("kind",),
        ),
        Metric(
            "phusong_poll_cycle_seconds",
            Kind.GAUGE,
            "Time in which every target was polled once that is not asked less often, last cycle",
        ),
        Metric(
            "phusong_poll_schedule_lag_seconds", Kind.GAUGE, "Largest delay of a poll behind its time, last cycle"
        ),
        Metric("phusong_snmp_requests_total", Kind.COUNTER, "SNMP requests sent, without repetitions"),
        Metric(
            "phusong_snmp_requests_delayed_total",
            Kind.COUNTER,
            "SNMP requests that waited, as their device had been sent poll.requests_per_second",
        ),
        Metric("phusong_snmp_retries_total", Kind.COUNTER, "SNMP requests sent again"),
        Metric(
            "phusong_snmp_replies_rejected_total",
            Kind.COUNTER,
            "Datagrams that answered no request or failed a check",
            ("reason",),
        ),
        Metric(
            "phusong_snmp_engine_changes_total",
            Kind.COUNTER,
            "Times that another SNMPv3 engine ID than before was authenticated at a device or endpoint",
            ("device",),
        ),
        Metric(
            "phusong_notifications_total",
            Kind.COUNTER,
            "Traps and informs accepted: from a known address, with allowed credentials",
            ("kind", "version"),
        ),
        Metric(
            "phusong_notifications_dropped_total",
            Kind.COUNTER,
            "Datagrams at the address of notifications that were not accepted",
            ("reason",),
        ),
        Metric(
            "phusong_notification_reports_total",
            Kind.COUNTER,
            "SNMPv3 messages answered with a Report: how a device finds our engine before it sends an inform",
        ),
        Metric(
            "phusong_device_notifications_total",
            Kind.COUNTER,
            "Accepted traps and informs of each device and endpoint",
            ("device", "kind"),
        ),
        Metric("phusong_icmp_method_info", Kind.INFO, "How echo requests are sent", ("method",)),
        Metric(
            "phusong_config_last_reload_successful", Kind.GAUGE, "1 when the last reload was taken over, else 0"
        ),
        Metric(
            "phusong_config_last_reload_success_timestamp_seconds",
            Kind.GAUGE,
            "Unix time of the last reload that was taken over",
        ),
        Metric("phusong_inventory_sites", Kind.GAUGE, "Sites in the inventory"),
        Metric("phusong_inventory_devices", Kind.GAUGE, "Devices in the inventory"),
        Metric("phusong_inventory_links", Kind.GAUGE, "Lines in the inventory"),
        Metric("phusong_inventory_endpoints", Kind.GAUGE, "Endpoints in the inventory"),
        Metric("phusong_inventory_services", Kind.GAUGE, "Services in the inventory"),
        Metric(
            "phusong_meetings_last_read_successful",
            Kind.GAUGE,
            "1 when the file of meetings could be read as it is now, or when there is none, else 0",
        ),
        Metric(
            "wan_maintenance_windows",
            Kind.GAUGE,
            "Maintenance windows of maintenance.csv and of phusong maintenance: active or planned",
            ("state",),
        ),
        Metric("phusong_state_write_errors_total", Kind.COUNTER, "Failed writes to the state folder"),
        Metric(
            "phusong_state_files_put_aside_total",
            Kind.COUNTER,
            "State files that could not be used and were renamed to phusong.db.corrupt-*",
        ),
        Metric("phusong_state_file_bytes", Kind.GAUGE, "Size of phusong.db, with what SQLite keeps beside it"),
        Metric(
            "phusong_series_dropped_total",
            Kind.COUNTER,
            "Series left out of a page: device_limit, total_limit, bad_value or, of sensors, sensor_limit",
            ("reason",),
        ),
        Metric("phusong_events_total", Kind.COUNTER, "Events that happened, for webhook and syslog", ("kind",)),
        Metric(
            "phusong_events_delivered_total",
            Kind.COUNTER,
            "Events that a receiver (webhook or syslog) has taken",
            ("sink",),
        ),
        Metric(
            "phusong_events_dropped_total",
            Kind.COUNTER,
            "Events that were not delivered: queue_full, too_old, rejected or stopped",
            ("reason", "sink"),
        ),
        Metric(
            "phusong_events_failures_total",
            Kind.COUNTER,
            "Attempts to deliver events that failed; all but rejected are repeated",
            ("reason", "sink"),
        ),
        Metric("phusong_events_queued", Kind.GAUGE, "Events that wait for a receiver", ("sink",)),
        Metric(
            "phusong_events_last_delivery_timestamp_seconds",
            Kind.GAUGE,
            "Unix time at which a receiver last took events",
            ("sink",),
        ),
    ),
)

FLEET_SECTIONS = (
    LINKS,
    TRAFFIC,
    ENDPOINTS,
    CALLS,
    MEETINGS,
    SERVICES,
    SITES,
    COMMUNE_STATES,
    COVERAGE,
    DEVICES,
    SENSORS,
    INTERFACES,
    SNAPSHOT,
)
"""What the renderer of the fleet prints, in this order; when the page is too long, it is cut from the end."""
SECTIONS = (*FLEET_SECTIONS, AGENT)

BY_NAME = {metric.name: metric for section in SECTIONS for metric in section.metrics}

_DOC_HEAD = """\
# Metrics

Printed by `python -m phusong.exporters.metrics`; change `exporters/metrics.py`, not this file.

The agent polls on its own schedule and a scrape shows the latest state: no sample carries a timestamp, a value
older than three poll intervals disappears, and `*_last_success_timestamp_seconds` stays. Names from a MIB (`if*`,
`sys*`) are kept as they are, so their counters have no `_total` (type `counter` in the text format, `unknown` in
OpenMetrics); they wrap at 2^53, as those of snmp_exporter do. Static attributes stand on `*_info` only: join them
with `* on (link) group_left (carrier) wan_link_info`.
"""


def metrics_document() -> str:
    """Return ``docs/metrics.md``: every section of the table as Markdown."""
    parts = [_DOC_HEAD]
    for section in SECTIONS:
        parts.append(
            f"\n## {section.title}\n\n{section.about}\n\n| metric | type | labels | help |\n|---|---|---|---|\n"
        )
        parts.extend(
            f"| `{metric.name}` | {metric.kind} | {', '.join(f'`{label}`' for label in metric.labels)} "
            f"| {metric.help} |\n"
            for metric in section.metrics
        )
    return "".join(parts)


if __name__ == "__main__":
    sys.stdout.write(metrics_document())
