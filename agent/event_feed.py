"""Tells the province's centres what happens: makes events of what the agent sees and hands them to the receivers.

Called by whoever sees something; nothing here waits for a receiver. Queues and attempts are in ``exporters``.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Sequence
from uuid import uuid4

import structlog

from phusong.collectors.host_address import HostAddresses
from phusong.coverage.editions import load_edition
from phusong.exporters.agent_metrics import AgentMetrics
from phusong.exporters.delivery import Delivery, Limits
from phusong.exporters.events import LONGEST_DETAIL, Event, EventKind, EventObject, Severity, plain
from phusong.exporters.receiver import Sender, client_tls
from phusong.exporters.snapshot import Isolation, Verdict
from phusong.exporters.syslog import StreamSyslog, UdpSyslog, stamp_of_this_process
from phusong.exporters.webhook import Webhook

from .input.config import Config
from .input.event_receivers import EventsConfig, SyslogConfig, WebhookConfig, unencrypted
from .inventory import Inventory
from .judging.verdict_changes import VerdictChange

log = structlog.get_logger()

FLUSH_S = 3.0
"""What waits when the agent stops may take this long."""
SEVERITIES = {
    Isolation.ISOLATED: Severity.CRITICAL,
    Verdict.DOWN: Severity.ERROR,
    Verdict.UNREACHABLE: Severity.ERROR,
    Verdict.PARENT_DOWN: Severity.ERROR,
    Isolation.ON_FALLBACK: Severity.WARNING,
    Verdict.SNMP_DEAD: Severity.WARNING,
    Verdict.NO_SERVICE: Severity.WARNING,
    Verdict.NOT_REGISTERED: Severity.WARNING,
    Verdict.POOR_CALL: Severity.WARNING,
    Verdict.CONGESTED: Severity.WARNING,
    Verdict.DEGRADED: Severity.WARNING,
    Verdict.UNKNOWN: Severity.WARNING,
}
"""Of the verdict after a change; those that are not here need nobody."""


class EventFeed:
    """The events of one agent. Belongs to the running event loop."""

    def __init__(
        self,
        config: Config,
        inventory: Inventory,
        metrics: AgentMetrics,
        unix_time: Callable[[], float] = time.time,
        make_id: Callable[[], object] = uuid4,
    ) -> None:
        self._metrics = metrics
        self._unix_time = unix_time
        self._make_id = make_id
        self._agent = EventObject("agent", plain(socket.gethostname()))
        self._addresses = HostAddresses(time.monotonic)
        self._deliveries: dict[str, Delivery] = {}
        self._receivers = EventsConfig()
        self._is_open = False
        self.use(config, inventory)

    def open(self) -> None:
        """Begin to deliver."""
        self._is_open = True
        for delivery in self._deliveries.values():
            delivery.start()

    async def close(self) -> None:
        """Give what waits a little time, and end."""
        await asyncio.gather(*(delivery.close(FLUSH_S) for delivery in self._deliveries.values()))

    def use(self, config: Config, inventory: Inventory) -> None:
        """Go on with another configuration; what waits for a receiver that has moved goes to its new place."""
        self._inventory = inventory
        self._edition = load_edition(config.edition)
        wanted, before = config.events, self._receivers
        self._receivers = wanted
        if unencrypted(wanted) and not unencrypted(before):
            log.warning("events_unencrypted", sink="webhook")
        if wanted.webhook != before.webhook:
            self._deliver("webhook", self._webhook(wanted.webhook) if wanted.webhook else None)
        if wanted.syslog != before.syslog:
            self._deliver("syslog", self._syslog(wanted.syslog) if wanted.syslog else None)

    def agent_started(self) -> None:
        """Tell that the agent polls."""
        self.tell(EventKind.AGENT_STARTED, Severity.NOTICE, self._agent)

    def agent_stopped(self) -> None:
        """Tell that the agent ends as it should."""
        self.tell(EventKind.AGENT_STOPPED, Severity.NOTICE, self._agent)

    def reloaded(self) -> None:
        """Tell that another configuration was taken over."""
        self.tell(EventKind.CONFIG_RELOADED, Severity.NOTICE, self._agent)

    def reload_failed(self, problems: Sequence[str]) -> None:
        """Tell that a configuration was refused; no problem holds a secret."""
        detail = f"{len(problems)} problem(s), the old configuration stays: {'; '.join(problems)}"
        self.tell(EventKind.CONFIG_RELOAD_FAILED, Severity.ERROR, self._agent, detail=detail)

    def verdict_changed(self, change: VerdictChange) -> None:
        """Tell of a verdict."""
        self.tell(
            EventKind.VERDICT_CHANGED,
            SEVERITIES.get(change.after, Severity.NOTICE),
            self.describe(change.what, change.item_id),
            before=change.before,
            after=change.after,
            at=change.at,
            since=change.since,
            rule=change.rule,
            cause=change.cause,
        )

    def engine_changed(self, asked_id: str, before: str, after: str) -> None:
        """Tell that another SNMPv3 engine, in hexadecimal, answers for a device or endpoint."""
        about = self.asked(asked_id)
        self.tell(EventKind.SNMP_ENGINE_CHANGED, Severity.WARNING, about, before=before, after=after)

    def tell(
        self,
        kind: EventKind,
        severity: Severity,
        about: EventObject | None = None,
        *,
        before: str = "",
        after: str = "",
        at: float | None = None,
        since: float | None = None,
        rule: str = "",
        cause: str = "",
        detail: str = "",
    ) -> None:
        """Hand an event to all receivers; it is about the agent and of now, unless told."""
        event = Event(
            id=str(self._make_id()),
            kind=kind,
            severity=severity,
            time=self._unix_time() if at is None else at,
            object=about or self._agent,
            before=plain(before),
            after=plain(after),
            since=since,
            rule=plain(rule),
            cause=plain(cause),
            detail=plain(detail, LONGEST_DETAIL),
        )
        self._metrics.events.labels(kind=kind).inc()
        for delivery in self._deliveries.values():
            delivery.put(event)

    def asked(self, asked_id: str) -> EventObject:
        """Describe the device or endpoint with this id."""
        return self.describe("endpoint" if asked_id in self._inventory.endpoints else "device", asked_id)

    def describe(self, what: str, item_id: str) -> EventObject:
        """Say what the inventory knows of a link, endpoint, site or device; it may be gone since."""
        inventory = self._inventory
        link = inventory.links.get(item_id) if what == "link" else None
        endpoint = inventory.endpoints.get(item_id) if what == "endpoint" else None
        device = inventory.devices.get(item_id) if what == "device" else None
        placed = link or endpoint or device
        site = inventory.sites.get(placed.site_id if placed else item_id if what == "site" else "")
        commune = self._edition.communes.get(site.commune_code) if site else None
        return EventObject(
            type=what,
            id=plain(item_id),
            name=plain(endpoint.name if endpoint else site.name if site and what == "site" else ""),
            site=plain(site.site_id) if site else "",
            site_name=plain(site.name) if site else "",
            carrier=plain(link.carrier) if link else "",
            commune=plain(site.commune_code) if site else "",
            commune_name=plain(commune.name) if commune else "",
        )

    def _deliver(self, sink: str, receiver: tuple[Sender, Limits] | None) -> None:
        """Send what is for ``sink`` there from now on, or to nobody."""
        delivery = self._deliveries.get(sink)
        if receiver is None:
            if delivery:
                self._deliveries.pop(sink).abandon()
        elif delivery:
            delivery.use(*receiver)
        else:
            delivery = self._deliveries[sink] = Delivery(sink, *receiver, self._metrics)
            if self._is_open:
                delivery.start()

    def _webhook(self, config: WebhookConfig) -> tuple[Sender, Limits]:
        sender = Webhook(
            config.url,
            config.secret.reveal(),
            self._addresses.numeric,
            timeout_s=config.timeout_s,
            ca_pem=config.ca_pem,
        )
        return sender, Limits(config.queue, config.retry_for_s)

    def _syslog(self, config: SyslogConfig) -> tuple[Sender, Limits]:
        limits = Limits(config.queue)
        stamp, resolve = stamp_of_this_process(config.facility), self._addresses.numeric
        if config.address.transport == "udp":
            return UdpSyslog(config.address, stamp, resolve), limits
        tls = client_tls(config.ca_pem) if config.address.transport == "tls" else None
        return StreamSyslog(config.address, stamp, resolve, tls), limits
