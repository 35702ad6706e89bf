"""The agent at work: runs the schedule, feeds the state, gives out snapshots.

Decides nothing itself: when is in ``schedule``, what is in ``poll_plan``, the meaning in ``verdict``. The service
around it, with its server, signals and files, is in ``service``.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import structlog

from phusong.collectors.host_address import HostAddresses
from phusong.collectors.reachability import IcmpPinger, Pinger, UdpEchoPinger
from phusong.collectors.snmp.client import ClientCounters, SnmpClient
from phusong.collectors.snmp.transport import Address
from phusong.coverage.summary import CoverageSummary
from phusong.exporters.agent_metrics import AgentMetrics
from phusong.exporters.snapshot import GOOD_VERDICTS, Isolation, Snapshot

from .event_feed import EventFeed
from .input.config import Config, PingConfig
from .inventory import Inventory, MaintenanceWindow
from .judging.explain import Explanation
from .judging.fleet_state import FleetState, LeftBehind, StateSettings
from .judging.video_settings import VideoSettings
from .meetings import Meeting
from .polling.job_runner import JobRunner, Work
from .polling.observations import Observations
from .polling.poll_plan import DeviceJob, EndpointJob, Job, PollPlan, ProbeJob, SensorJob, ServiceJob, make_plan
from .polling.pollers import Pollers, Tools
from .polling.senders import Sender, find_senders
from .polling.snmp_security import EngineWatch, WeakChoiceLog
from .security_events import SecurityEvents
from .state.device_memory import AskedKey, DeviceMemory, Memory
from .state.hourly import HourlyUse

log = structlog.get_logger()

SNAPSHOT_AGE_S = 1.0
"""A snapshot younger than this is shown again, and the states are judged this often."""
EXPECTED = frozenset({*GOOD_VERDICTS, Isolation.CONNECTED, Isolation.AT_RISK})
"""A first verdict that is none of these is told at once; of these there are hundreds at every start."""
PARENT_ANSWERS_S = 2.0
"""What a failing line hangs on is waited for so much longer than one poll of it may take."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """What the agent works on until the next reload."""

    config: Config
    inventory: Inventory
    plan: PollPlan
    pollers: Pollers
    state: FleetState


def make_pinger(config: PingConfig) -> Pinger:
    """Return the pinger that the configuration asks for; needs a running event loop.

    Raises
    ------
    PingUnavailable
        This process may not send ICMP.
    """
    return UdpEchoPinger(config.port) if config.method == "udp-echo" else IcmpPinger()


def state_settings(config: Config) -> StateSettings:
    """Pick what the state needs to know out of the configuration."""
    return StateSettings(
        edition=config.edition,
        poll_interval_s=config.poll.interval_s,
        ping_interval_s=config.ping.interval_s,
        sensors_interval_s=config.poll.sensors_interval_s,
        fallback_technology=config.coverage.fallback_technology,
        limits=config.limits,
        video=VideoSettings(
            probes_interval_s=config.video.interval_s,
            services_interval_s=config.services.interval_s,
            usual_services=config.video.services,
            call_limits=config.video.call_limits,
            hd_mbps=config.video.hd_mbps,
            ready_before_s=config.video.ready_before_s,
        ),
        parent_wait_s=config.poll.timeout_s + PARENT_ANSWERS_S,
    )


def _intervals(config: Config) -> tuple[float, ...]:
    poll, ping = config.poll, config.ping
    others = (config.video.interval_s, config.services.interval_s)
    return poll.interval_s, poll.sensors_interval_s, ping.interval_s, *others


class Agent:
    """Polls an inventory and knows its state. Belongs to the event loop in which it is made."""

    def __init__(
        self,
        config: Config,
        inventory: Inventory,
        metrics: AgentMetrics,
        memory: Memory | None = None,
        feed: EventFeed | None = None,
    ) -> None:
        self._metrics = metrics
        self._feed = feed or EventFeed(config, inventory, metrics)
        self.security = SecurityEvents(self._feed)
        client = SnmpClient()
        engines = EngineWatch(client.engines, self._count_engine_change, self._feed.engine_changed)
        self._tools = Tools(client, make_pinger(config.ping), HostAddresses(time.monotonic), engines)
        self._weak_choices = WeakChoiceLog()
        self._observations = Observations(time.monotonic, time.time)
        if memory:
            self._observations.traffic.restore(memory.carried)
        self._entered_windows: tuple[MaintenanceWindow, ...] = ()
        self._meetings: tuple[Meeting, ...] = ()
        self._assignment = self._assign(config, inventory, memory.devices if memory else {})
        self._snapshot: Snapshot | None = None
        self._snapshot_at = 0.0
        self._runner = JobRunner(self._work(), self._observations, metrics, self._judge_anew)
        self._counted = ClientCounters()

    @property
    def ready(self) -> bool:
        """Whether every device, endpoint and address has been asked at least once."""
        return self._runner.ready

    @property
    def alive(self) -> bool:
        """Whether the schedule still starts what is due."""
        return self._runner.alive

    async def wait_ready(self) -> None:
        """Wait until everything has been asked once."""
        await self._runner.wait_ready()

    def start(self) -> None:
        """Begin to poll: everything once, quickly, then each in its own slot of the interval."""
        self._runner.start()

    def poll_now(self, jobs: Collection[Job]) -> None:
        """Run jobs at once, beside their slots; what was silent is asked often again."""
        self._runner.poll_now(jobs)

    @property
    def names_seen(self) -> int:
        """A number that changes when a host name of the inventory has got another address."""
        return self._tools.addresses.changes

    def senders(self) -> dict[str, Sender]:
        """Return who of the inventory is at which numeric address, as far as it is known now."""
        assignment = self._assignment
        return find_senders(assignment.inventory, assignment.plan, self._tools.addresses.known)

    def engines_at(self, targets: Collection[Address]) -> set[bytes]:
        """Return the SNMPv3 engine IDs that polls have authenticated at these addresses."""
        return {engine_id for target in targets if (engine_id := self._tools.client.engines.pinned_at(target))}

    def reload(self, config: Config, inventory: Inventory) -> None:
        """Go on with another configuration; what both know keeps its state and its place in the schedule."""
        before = self._assignment
        if config.ping != before.config.ping:
            pinger = make_pinger(config.ping)
            self._tools.pinger.close()
            self._tools = replace(self._tools, pinger=pinger)
        before.pollers.retire()
        self._assignment = self._assign(config, inventory, before.pollers.memories())
        self._forget_replaced(before)
        self._assignment.state.adopt(before.state)
        self._snapshot = None
        self._runner.reload(self._work(), intervals_differ=_intervals(config) != _intervals(before.config))

    def _forget_replaced(self, before: Assignment) -> None:
        """Drop what is known of devices and endpoints that are others now, and ask them at once."""
        inventory = self._assignment.inventory
        devices = {key for key, row in inventory.devices.items() if before.inventory.devices.get(key, row) != row}
        endpoints = {
            key for key, row in inventory.endpoints.items() if before.inventory.endpoints.get(key, row) != row
        }
        services = {
            key for key, row in inventory.services.items() if before.inventory.services.get(key, row) != row
        }
        usual_differ = before.config.video.services != self._assignment.config.video.services
        probed = endpoints | {
            key for key, row in inventory.endpoints.items() if usual_differ and row.services is None
        }
        self._observations.forget(devices, endpoints, probed, services)
        self._tools.engines.forget(devices | endpoints)
        known = self._runner.schedule.keys()
        for job in known:
            match job:
                case DeviceJob(device_id) | SensorJob(device_id) if device_id in devices:
                    self._runner.schedule.remove(job)
                case EndpointJob(endpoint_id) if endpoint_id in endpoints:
                    self._runner.schedule.remove(job)
                case ProbeJob(endpoint_id) if endpoint_id in probed:
                    self._runner.schedule.remove(job)
                case ServiceJob(service_id) if service_id in services:
                    self._runner.schedule.remove(job)

    async def drain(self) -> None:
        """Start nothing any more, give what is under way a little time, and release the sockets."""
        await self._runner.drain()
        self._tools.client.close()
        self._tools.pinger.close()

    def remember(self, left: Iterable[LeftBehind]) -> None:
        """Go on from how an earlier agent left things."""
        self._assignment.state.remember(left)

    def use_coverage(self, coverage: CoverageSummary | None) -> None:
        """Join the lines' states with this coverage from now on."""
        self._assignment.state.use_coverage(coverage)
        self._snapshot = None

    @property
    def windows(self) -> tuple[MaintenanceWindow, ...]:
        """The maintenance windows, those of the inventory and those entered beside it."""
        return (*self._assignment.inventory.maintenance, *self._entered_windows)

    def use_windows(self, entered: Sequence[MaintenanceWindow]) -> None:
        """Judge by these maintenance windows, beside those of the inventory, from now on."""
        self._entered_windows = tuple(entered)
        self._assignment.state.use_windows(self.windows)
        self._snapshot = None

    def use_meetings(self, meetings: Sequence[Meeting]) -> None:
        """Say who is ready for these meetings from now on."""
        self._meetings = tuple(meetings)
        self._assignment.state.use_meetings(self._meetings)
        self._snapshot = None

    @property
    def inventory(self) -> Inventory:
        """What is polled now."""
        return self._assignment.inventory

    @property
    def device_ids(self) -> Collection[str]:
        """The ids of all devices."""
        return self._assignment.inventory.devices.keys()

    @property
    def known_ids(self) -> set[str]:
        """The ids of all lines, endpoints, services and offices."""
        inventory = self._assignment.inventory
        return {*inventory.links, *inventory.endpoints, *inventory.services, *inventory.sites}

    def explain(self, item_id: str) -> list[Explanation]:
        """Explain the verdicts on the line, the endpoint, the service and the office of this id."""
        return self._assignment.state.explain(item_id)

    def current(self) -> Snapshot:
        """Return the state, at most a second old."""
        now = time.monotonic()
        if self._snapshot is None or now - self._snapshot_at >= SNAPSHOT_AGE_S:
            self._snapshot, self._snapshot_at = self._assignment.state.snapshot(), now
            self._log_changes()
            self._ask_suspects()
        self._count_traffic()
        return self._snapshot

    @property
    def hourly(self) -> HourlyUse:
        """What every line carried in the running hour."""
        return self._observations.hourly

    @property
    def memory_urgent(self) -> bool:
        """Whether something changed since it was taken last that should be written soon."""
        return bool(self._assignment.pollers.urgent)

    def memory(self) -> Memory:
        """Return what is worth keeping over a restart, as it is now."""
        self._assignment.pollers.urgent.clear()
        return Memory(self._assignment.pollers.memories(), self._observations.traffic.carried())

    def urgent_memory(self) -> Memory:
        """Return that of the devices alone which should be written soon."""
        pollers = self._assignment.pollers
        urgent = sorted(pollers.urgent)
        pollers.urgent.clear()
        carried = self._observations.traffic.carried_at(device_id for _, device_id in urgent)
        return Memory(pollers.memories_of(urgent), carried)

    def _judge_anew(self) -> None:
        self._snapshot = None
        self.current()

    def _work(self) -> Work:
        assignment = self._assignment
        return Work(assignment.config, assignment.plan, assignment.pollers)

    def _assign(
        self, config: Config, inventory: Inventory, memories: Mapping[AskedKey, DeviceMemory]
    ) -> Assignment:
        metrics = self._metrics
        self._weak_choices.warn(config.auths)
        self._tools.client.limit_requests(config.poll.requests_per_second)
        metrics.set_icmp_method(self._tools.pinger.method)
        metrics.inventory_sites.set(len(inventory.sites))
        metrics.inventory_devices.set(len(inventory.devices))
        metrics.inventory_links.set(len(inventory.links))
        metrics.inventory_endpoints.set(len(inventory.endpoints))
        metrics.inventory_services.set(len(inventory.services))
        self._observations.traffic.follow(inventory)
        self._observations.hourly.use_inventory(inventory)
        pollers = Pollers(config, inventory, self._tools, self._observations, self._count_error, memories)
        state = FleetState(inventory, self._observations, state_settings(config))
        state.use_windows((*inventory.maintenance, *self._entered_windows))
        state.use_meetings(self._meetings)
        plan = make_plan(inventory, config.video.services)
        return Assignment(config, inventory, plan, pollers, state)

    def _count_engine_change(self, asked_id: str, changes: int) -> None:
        self._metrics.snmp_engine_changes.labels(device=asked_id).inc(changes)

    def _count_error(self, reason: str) -> None:
        self._metrics.poll_errors.labels(reason=reason).inc()
        self.security.poll_failed(reason)

    def _count_traffic(self) -> None:
        """Bring the metrics in line with what the client and the schedule have counted."""
        counters, before, metrics = self._tools.client.counters, self._counted, self._metrics
        metrics.snmp_requests.inc(counters.requests - counters.retries - before.requests + before.retries)
        metrics.snmp_retries.inc(counters.retries - before.retries)
        metrics.snmp_requests_delayed.inc(counters.delayed - before.delayed)
        for reason, count in counters.rejected.items():
            metrics.snmp_replies_rejected.labels(reason=reason).inc(count - before.rejected[reason])
        self.security.look(counters.rejected, time.monotonic())
        metrics.poll_skipped.inc(self._runner.schedule.skipped)
        self._runner.schedule.skipped = 0
        thinned = Counter(type(job) for job in self._runner.schedule.thinned)
        metrics.poll_backed_off.labels(kind="device").set(thinned[DeviceJob])
        metrics.poll_backed_off.labels(kind="endpoint").set(thinned[EndpointJob])
        self._counted = ClientCounters(
            counters.requests, counters.retries, counters.replies, counters.delayed, counters.rejected.copy()
        )

    def _ask_suspects(self) -> None:
        """Ask at once what verdicts wait for."""
        plan = self._assignment.plan
        jobs = [plan.jobs[observed] for observed in self._assignment.state.take_wanted() if observed in plan.jobs]
        if jobs:
            self._runner.poll_now(jobs)

    def _log_changes(self) -> None:
        for change in self._assignment.state.take_changes():
            expected = change.first and change.after in EXPECTED
            (log.debug if expected else log.info)(
                "verdict_changed",
                what=change.what,
                id=change.item_id,
                before=change.before,
                after=change.after,
                rule=change.rule,
                cause=change.cause,
            )
            if not expected:
                self._feed.verdict_changed(change)
