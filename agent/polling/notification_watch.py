"""What comes of a notification: its sender is asked at once. It never makes a verdict by itself.

Knows the senders, counts, and tells the log when drops begin and end. Receiving is the work of
``collectors.notifications``; when a poll really starts, of ``schedule``.
"""

from __future__ import annotations

import errno
import time
from collections import Counter
from collections.abc import Callable, Collection
from pathlib import Path

import structlog

from phusong.agent.daemon import Agent
from phusong.agent.input.config import Config, NotificationsConfig
from phusong.agent.input.credentials import credentials_of
from phusong.agent.onsets import Onsets
from phusong.collectors.notifications.gate import Gate
from phusong.collectors.notifications.listener import NotificationListener
from phusong.collectors.notifications.notification import Dropped, Notification, NotificationKind
from phusong.collectors.notifications.own_engine import start_engine
from phusong.collectors.snmp.credentials import Credentials
from phusong.exporters.agent_metrics import AgentMetrics
from phusong.exporters.events import EventKind, Severity

from .senders import Sender

log = structlog.get_logger()

ENGINE_FILE = "snmp-engine.json"
"""Our SNMPv3 engine ID and its boots, in the state folder."""


class NotificationWatch:
    """Receives notifications for an agent. Belongs to the running event loop."""

    def __init__(self, config: Config, agent: Agent, metrics: AgentMetrics) -> None:
        """Make it; nothing is received before ``open``.

        Raises
        ------
        OSError
            The state folder cannot be written.
        """
        auths = _allowed(config)
        own = start_engine(config.state / ENGINE_FILE)
        self._agent = agent
        self._metrics = metrics
        self._senders: dict[str, Sender] = {}
        self._names_seen = -1
        self._gate = Gate(auths, own.engine_id, self._engines_at)
        self._listener = NotificationListener(auths, own, self._gate, self._notified)
        self._counted: Counter[Dropped] = Counter()
        self._reports = 0
        self._series: set[tuple[str, str]] = set()
        """The labels under which something was counted, so that those of removed devices can go."""
        self._drops = DropLog(agent.security.tell)

    def open(self, where: NotificationsConfig) -> None:
        """Begin to receive.

        Raises
        ------
        OSError
            The address cannot be bound.
        """
        self.look()
        self._listener.open(where.host, where.port)

    @property
    def address(self) -> str:
        """Where it receives, while it is open."""
        return _shown(*self._listener.address)

    def close(self) -> None:
        """Stop to receive; may be called twice."""
        self._listener.close()

    def reload(self, config: Config) -> None:
        """Go on with the agent's new inventory and with other credentials; the address stays."""
        self._listener.use_auths(_allowed(config))
        self._names_seen = -1
        self.look()
        ids = {sender_id for sender in self._senders.values() for sender_id in sender.ids}
        for gone in [series for series in self._series if series[0] not in ids]:
            self._series.remove(gone)
            self._metrics.device_notifications.remove(*gone)

    def look(self) -> None:
        """Bring senders, metrics and log up to date; to be called now and then."""
        names = self._agent.names_seen
        if names != self._names_seen:
            self._names_seen = names
            self._senders = self._agent.senders()
            self._gate.use_sources(self._senders.keys())
        counters, metrics = self._listener.counters, self._metrics
        for reason, count in (counters.dropped - self._counted).items():
            metrics.notifications_dropped.labels(reason=reason).inc(count)
        metrics.notification_reports.inc(counters.reports - self._reports)
        self._drops.look(counters.dropped, self._listener.last_dropped, time.monotonic())
        self._counted, self._reports = counters.dropped.copy(), counters.reports

    def _notified(self, address: str, notification: Notification) -> None:
        self._metrics.notifications.labels(version=notification.version, kind=notification.kind).inc()
        sender = self._senders.get(address)
        if sender is None:  # gone by a reload since the gate let it pass
            return
        for sender_id in sender.ids:
            self._series.add((sender_id, notification.kind))
            self._metrics.device_notifications.labels(device=sender_id, kind=notification.kind).inc()
            if notification.kind is NotificationKind.AUTHENTICATION_FAILURE:
                self._agent.security.authentication_failed(sender_id)
        self._agent.poll_now(sender.jobs)

    def _engines_at(self, address: str) -> Collection[bytes]:
        sender = self._senders.get(address)
        return self._agent.engines_at(sender.targets) if sender else ()


class DropLog:
    """Tells once when drops of a kind begin and once when they have ended, never of each."""

    def __init__(self, tell: Callable[..., None]) -> None:
        self._onsets: Onsets[Dropped] = Onsets()
        self._tell = tell

    def look(self, dropped: Counter[Dropped], sources: dict[Dropped, str], now: float) -> None:
        """Compare with what was dropped at the last look; ``now`` in seconds of a clock that only rises."""
        began, ended = self._onsets.look(dropped, now)
        for reason in began:
            log.warning("notification_drops_began", reason=reason, source=sources[reason])
            detail = f"the latest from {sources[reason]}"
            self._tell(EventKind.NOTIFICATION_DROPS_BEGAN, Severity.WARNING, rule=reason, detail=detail)
        for reason, count in ended:
            log.info("notification_drops_ended", reason=reason, count=count)
            self._tell(EventKind.NOTIFICATION_DROPS_ENDED, Severity.NOTICE, rule=reason, detail=f"{count} times")


def _shown(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _allowed(config: Config) -> list[Credentials]:
    names = config.notifications.auths if config.notifications else ()
    return [credentials_of(config.auths[name]) for name in names]


def bind_problem(where: NotificationsConfig, error: OSError) -> str:
    """Say why the address of notifications cannot be bound, and what to do."""
    remedy = "choose an address of this machine as notifications.listen"
    if isinstance(error, PermissionError):
        remedy = (
            "ports below 1024 need CAP_NET_BIND_SERVICE (systemd/phusong-notifications.conf), "
            "or choose another port as notifications.listen"
        )
    elif error.errno == errno.EADDRINUSE:
        remedy = "stop the other receiver, snmptrapd perhaps, or choose another port as notifications.listen"
    shown = _shown(where.host, where.port)
    return f"cannot listen for notifications on {shown} ({error.strerror or error}); {remedy}"


def engine_file_problem(state: Path, error: OSError) -> str:
    """Say why our engine cannot be remembered."""
    return f"{state / ENGINE_FILE}: cannot be read and written ({error.strerror}); make it writable, or remove it"
