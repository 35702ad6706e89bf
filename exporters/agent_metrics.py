"""The agent's metrics about itself, kept by prometheus_client.

The daemon sets the fields; names and helps come from ``metrics``. A page has a few dozen of these samples, so the
library's own rendering is quick enough here.
"""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.openmetrics import exposition as openmetrics

from phusong.exporters.exposition import Format
from phusong.exporters.metrics import BY_NAME

_POLL_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""From a device next door to the end of all retries."""


class AgentMetrics:
    """One registry with one field per metric; every field is a prometheus_client object.

    Use as ``agent.poll_errors.labels(reason="timeout").inc()`` or ``agent.poll_cycle.set(4.2)``.
    """

    def __init__(self, version: str) -> None:
        # A *_created series beside every counter would double the page; Prometheus does not need them.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the library leaves it bare
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._gauge("phusong_build_info").labels(version=version).set(1)
        self.poll_duration = self._histogram("phusong_poll_duration_seconds")
        self.poll_errors = self._counter("phusong_poll_errors_total")
        self.poll_skipped = self._counter("phusong_poll_skipped_total")
        self.poll_backed_off = self._gauge("phusong_poll_backed_off")
        self.poll_cycle = self._gauge("phusong_poll_cycle_seconds")
        self.poll_schedule_lag = self._gauge("phusong_poll_schedule_lag_seconds")
        self.snmp_requests = self._counter("phusong_snmp_requests_total")
        self.snmp_requests_delayed = self._counter("phusong_snmp_requests_delayed_total")
        self.snmp_retries = self._counter("phusong_snmp_retries_total")
        self.snmp_replies_rejected = self._counter("phusong_snmp_replies_rejected_total")
        self.snmp_engine_changes = self._counter("phusong_snmp_engine_changes_total")
        self.notifications = self._counter("phusong_notifications_total")
        self.notifications_dropped = self._counter("phusong_notifications_dropped_total")
        self.notification_reports = self._counter("phusong_notification_reports_total")
        self.device_notifications = self._counter("phusong_device_notifications_total")
        self._icmp_method = self._gauge("phusong_icmp_method_info")
        self.config_last_reload_successful = self._gauge("phusong_config_last_reload_successful")
        self.config_last_reload_success_timestamp = self._gauge(
            "phusong_config_last_reload_success_timestamp_seconds"
        )
        self.inventory_sites = self._gauge("phusong_inventory_sites")
        self.inventory_devices = self._gauge("phusong_inventory_devices")
        self.inventory_links = self._gauge("phusong_inventory_links")
        self.inventory_endpoints = self._gauge("phusong_inventory_endpoints")
        self.inventory_services = self._gauge("phusong_inventory_services")
        self.meetings_last_read_successful = self._gauge("phusong_meetings_last_read_successful")
        self.meetings_last_read_successful.set(1)
        self.maintenance_windows = self._gauge("wan_maintenance_windows")
        self.state_write_errors = self._counter("phusong_state_write_errors_total")
        self.state_files_put_aside = self._counter("phusong_state_files_put_aside_total")
        self.state_file_bytes = self._gauge("phusong_state_file_bytes")
        self.series_dropped = self._counter("phusong_series_dropped_total")
        self.events = self._counter("phusong_events_total")
        self.events_delivered = self._counter("phusong_events_delivered_total")
        self.events_dropped = self._counter("phusong_events_dropped_total")
        self.events_failures = self._counter("phusong_events_failures_total")
        self.events_queued = self._gauge("phusong_events_queued")
        self.events_last_delivery = self._gauge("phusong_events_last_delivery_timestamp_seconds")

    def set_icmp_method(self, method: str) -> None:
        """Say how echo requests are sent: ``unprivileged``, ``raw`` or ``udp-echo``."""
        self._icmp_method.clear()
        self._icmp_method.labels(method=method).set(1)

    def render(self, output_format: Format) -> bytes:
        """Return the agent's part of a page; in OpenMetrics it ends with ``# EOF``."""
        if output_format is Format.OPENMETRICS:
            text = openmetrics.generate_latest(self.registry)  # type: ignore[no-untyped-call]  # as above
            return bytes(text)
        return generate_latest(self.registry)

    def _counter(self, name: str) -> Counter:
        metric = BY_NAME[name]
        return Counter(metric.name, metric.help, metric.labels, registry=self.registry)

    def _gauge(self, name: str) -> Gauge:
        metric = BY_NAME[name]
        return Gauge(metric.name, metric.help, metric.labels, registry=self.registry)

    def _histogram(self, name: str) -> Histogram:
        metric = BY_NAME[name]
        return Histogram(metric.name, metric.help, metric.labels, registry=self.registry, buckets=_POLL_SECONDS)
