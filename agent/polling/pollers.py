"""Runs one job of the plan: asks, and notes the outcome. The border around one device is here.

Whatever goes wrong with one device, address or endpoint ends in its own outcome and reaches no other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from math import inf
from typing import TypeVar

import structlog

from phusong.agent.input.config import Config
from phusong.agent.input.credentials import credentials_of
from phusong.agent.inventory import Device, Endpoint, InterfaceSelector, Inventory
from phusong.agent.state.device_memory import AskedKey, DeviceMemory
from phusong.collectors.call_readings import EndpointReading, ServiceReading
from phusong.collectors.ethernet_port import read_half_duplex
from phusong.collectors.host_address import HostAddresses
from phusong.collectors.interface_memory import DeviceIdentity
from phusong.collectors.interfaces import InterfacePoller, InterfacesPoll
from phusong.collectors.rates import NO_ANOMALY, NoRate
from phusong.collectors.reachability import Pinger
from phusong.collectors.readings import PingReading, SensorsReading
from phusong.collectors.sensors import SensorPoller
from phusong.collectors.services.service_probe import probe, probe_all
from phusong.collectors.snmp.batch import BatchReader
from phusong.collectors.snmp.client import SnmpClient, Target
from phusong.collectors.snmp.errors import RequestTimeout, SnmpError
from phusong.collectors.snmp.learned import LearnedSizes
from phusong.collectors.snmp.transport import Address
from phusong.collectors.video.endpoint_poller import EndpointPoller

from .endpoint_asking import RoomosReaders, read_endpoint
from .observations import Observations
from .poll_plan import (
    DeviceJob,
    EndpointJob,
    Job,
    PingJob,
    ProbeJob,
    SensorJob,
    ServiceJob,
    services_of,
)
from .services_asked import endpoint_services, no_such_name, watched_service
from .snmp_security import EngineWatch

log = structlog.get_logger()

T = TypeVar("T")
PROBES_AT_ONCE = 60
"""Of so many endpoints the services are asked at the same time: each takes several sockets of the process."""
DUPLEX_HOLDS_S = 900.0
"""How a port runs is settled when it comes up: it is asked again when it did, and after so long."""
SAFE_TO_FORGET = NO_ANOMALY | {NoRate.AMBIGUOUS_WRAP}
"""Outcomes after which a restarted agent may compare with a reading from before them."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What a poller works with: the client, the pinger and the names, shared by all."""

    client: SnmpClient
    pinger: Pinger
    addresses: HostAddresses
    engines: EngineWatch


@dataclass(frozen=True, slots=True)
class _Failure:
    """Why an attempt failed, and whether it was for want of any answer."""

    problem: str
    unanswered: bool


class Pollers:
    """The pollers of one inventory; ``count_error`` is called with the reason of each failed attempt."""

    def __init__(
        self,
        config: Config,
        inventory: Inventory,
        tools: Tools,
        observations: Observations,
        count_error: Callable[[str], None],
        memories: Mapping[AskedKey, DeviceMemory] | None = None,
    ) -> None:
        self._count_error = count_error
        self._config = config
        self._inventory = inventory
        self._tools = tools
        self._observations = observations
        self._credentials = {name: credentials_of(auth) for name, auth in config.auths.items()}
        self._memories = {
            key: memory
            for key, memory in (memories or {}).items()
            if (asked := self._asked(key)) and memory.address == _address(asked)
        }
        """What was known before this began; a device that has another address now is another device."""
        self._contracted_bps = _contracted_bps(inventory)
        self._ports: dict[str, set[InterfaceSelector]] = {}
        """By device: the ports to which endpoints are connected."""
        self._ports_seen: dict[str, tuple[float, tuple[int | None, ...]]] = {}
        """By device: when its ports were asked how they run, and their ifLastChange then."""
        for endpoint in inventory.endpoints.values():
            if endpoint.lan is not None:
                self._ports.setdefault(endpoint.lan.device_id, set()).add(endpoint.lan.interface)
        self._devices: dict[str, InterfacePoller] = {}
        self._sensors: dict[str, SensorPoller] = {}
        self._endpoints: dict[str, EndpointPoller] = {}
        self._roomos = RoomosReaders(config.video, observations.monotonic)
        self._readers: dict[AskedKey, BatchReader] = {}
        self._probing = asyncio.Semaphore(PROBES_AT_ONCE)
        self._retired = False
        self.urgent: set[AskedKey] = set()
        """Devices at which counting began anew: to go on from before that would make up bytes or lose them."""

    def retire(self) -> None:
        """Drop what is still under way: the inventory it was asked for is no longer the one in force."""
        self._retired = True

    async def run(self, job: Job) -> None:
        """Run a job once; the outcome is in the observations, nothing is raised."""
        observations = self._observations
        match job:
            case DeviceJob(device_id):
                poll = await self._guard(self._poll_device(job))
                if self._retired:
                    return
                if isinstance(poll, _Failure):
                    observations.device_failed(device_id, poll.problem, unanswered=poll.unanswered)
                else:
                    self._note_changes(device_id, poll)
                    observations.device_answered(device_id, poll)
            case SensorJob(device_id):
                sensors = await self._guard(self._poll_sensors(device_id))
                if self._retired:
                    return
                if isinstance(sensors, _Failure):
                    observations.sensors_failed(device_id, sensors.problem, unanswered=sensors.unanswered)
                else:
                    observations.sensors_answered(device_id, sensors)
            case EndpointJob(endpoint_id):
                await self._run_endpoint(endpoint_id)
            case ProbeJob(endpoint_id):
                await self._run_probe(endpoint_id)
            case ServiceJob(service_id):
                await self._run_service(service_id)
            case PingJob(address):
                burst = await self._guard(self._ping(job))
                if not isinstance(burst, _Failure):
                    observations.pinged(address, burst)

    async def _run_endpoint(self, endpoint_id: str) -> None:
        reading = await self._guard(self._poll_endpoint(endpoint_id))
        if self._retired:
            return
        if isinstance(reading, _Failure):
            self._observations.endpoint_failed(endpoint_id, reading.problem, unanswered=reading.unanswered)
        else:
            self._observations.endpoint_answered(endpoint_id, reading)

    def _note_changes(self, device_id: str, poll: InterfacesPoll) -> None:
        """Say what is not as it was at the poll before, and whether a restart of ours must not undo it."""
        before = self._observations.devices.get(device_id)
        if poll.replaced is not None:
            log.warning(
                "device_replaced", device=device_id, before=_named(poll.replaced), after=_named(poll.identity)
            )
        elif before and before.value and poll.agent_restarts > before.value.agent_restarts:
            log.info("device_agent_restarted", device=device_id)
        if poll.moved_rows:
            log.info("interfaces_moved", device=device_id, rows=poll.moved_rows)
        lost = poll.problems and before and before.value and poll.problems.keys() & before.value.readings.keys()
        if lost or any(
            isinstance(outcome, NoRate) and outcome not in SAFE_TO_FORGET for outcome in poll.traffic.values()
        ):
            self.urgent.add(("device", device_id))

    async def _guard(self, attempt: Coroutine[object, object, T]) -> T | _Failure:
        """Await an attempt; return what it gave, or why it failed."""
        try:
            return await attempt
        except SnmpError as error:
            self._count_error(error.reason)
            problem = "; ".join([str(error) or error.reason, *getattr(error, "__notes__", ())])
            return _Failure(problem, isinstance(error, RequestTimeout))
        except OSError as error:
            self._count_error("address")
            return _Failure(str(error), unanswered=False)
        except Exception as error:
            self._count_error("bug")
            log.exception("poll_failed_unexpectedly")
            return _Failure(f"internal error: {type(error).__name__}", unanswered=False)

    async def _poll_device(self, job: DeviceJob) -> InterfacesPoll:
        device = self._inventory.devices[job.device_id]
        key = ("device", job.device_id)
        reader = await self._reader(key, device)
        poller = self._devices.get(job.device_id)
        if poller is None or poller.reader is not reader:
            memory = self._memories.get(key)
            poller = self._devices[job.device_id] = InterfacePoller(
                job.device_id,
                self._tools.client,
                reader,
                job.selectors,
                self._observations.monotonic,
                contracted_bps=self._contracted_bps.get(job.device_id),
                memory=memory.interfaces if memory and poller is None else None,
            )
        poll = await poller.poll()
        await self._look_at_ports(job.device_id, reader, poll)
        return poll

    async def _look_at_ports(self, device_id: str, reader: BatchReader, poll: InterfacesPoll) -> None:
        """Find out how the ports run to which endpoints are connected."""
        ports = {
            selector: poll.readings[selector].if_index
            for selector in self._ports.get(device_id, ())
            if selector in poll.readings
        }
        seen = tuple(poll.readings[selector].last_change_ticks for selector in ports)
        looked_at, before = self._ports_seen.get(device_id, (-inf, ()))
        now = self._observations.monotonic()
        if not ports or (seen == before and now - looked_at < DUPLEX_HOLDS_S):
            return
        self._ports_seen[device_id] = now, seen
        told = await read_half_duplex(reader, [*ports.values()])
        self._observations.half_duplex[device_id] = {
            selector: told[index] for selector, index in ports.items() if index in told
        }

    async def _poll_sensors(self, device_id: str) -> SensorsReading:
        device = self._inventory.devices[device_id]
        shared = await self._reader(("device", device_id), device)
        poller = self._sensors.get(device_id)
        if poller is None or poller.target != shared.target:
            # A reader of its own: which objects are absent here says nothing of the interfaces. Sizes are shared.
            reader = BatchReader(self._tools.client, shared.target, shared.sizes)
            poller = self._sensors[device_id] = SensorPoller(
                self._tools.client, reader, self._config.profiles, self._observations.monotonic, device.profile
            )
        return await poller.poll()

    async def _poll_endpoint(self, endpoint_id: str) -> EndpointReading:
        endpoint = self._inventory.endpoints[endpoint_id]
        reader = await self._reader(("endpoint", endpoint_id), endpoint)
        poller = self._endpoints.get(endpoint_id)
        if poller is None or poller.target is not reader.target:
            poller = self._endpoints[endpoint_id] = EndpointPoller(
                self._tools.client,
                reader,
                endpoint.profile,
                self._observations.monotonic,
                show_far_end=self._config.video.show_far_end,
            )
        return await read_endpoint(poller, self._roomos.of(endpoint, reader.target.address[0]))

    async def _run_probe(self, endpoint_id: str) -> None:
        found = await self._guard(self._probe_endpoint(endpoint_id))
        if not self._retired and not isinstance(found, _Failure):
            self._observations.probed(endpoint_id, found)

    async def _probe_endpoint(self, endpoint_id: str) -> tuple[ServiceReading, ...]:
        """Ask the services of an endpoint; that its name leads nowhere is an answer, too."""
        endpoint, video = self._inventory.endpoints[endpoint_id], self._config.video
        try:
            address = await self._tools.addresses.numeric(endpoint.address)
        except OSError as error:
            wanted = services_of(endpoint, video.services)
            return tuple(no_such_name(service.kind, service.port, str(error)) for service in wanted)
        async with self._probing:
            return await probe_all(endpoint_services(endpoint, address, video), video.timeout_s)

    async def _run_service(self, service_id: str) -> None:
        found = await self._guard(self._probe_service(service_id))
        if not self._retired and not isinstance(found, _Failure):
            self._observations.service_probed(service_id, found)

    async def _probe_service(self, service_id: str) -> ServiceReading:
        service, config = self._inventory.services[service_id], self._config.services
        try:
            address = await self._tools.addresses.numeric(service.host)
        except OSError as error:
            return no_such_name(service.kind, service.port, str(error))
        return await probe(watched_service(service, address, config), config.timeout_s)

    async def _reader(self, key: AskedKey, asked: Device | Endpoint) -> BatchReader:
        """Return the reader of a device or endpoint: a new one when its name leads to another address now."""
        address = (await self._tools.addresses.numeric(asked.address), asked.port)
        self._tools.engines.expect(address, key[1])
        reader = self._readers.get(key)
        if reader is None or reader.target.address != address:
            target = self._target(asked, address)
            memory = self._memories.get(key) if reader is None else None
            sizes = LearnedSizes()
            if memory is not None:
                sizes.recall(memory.objects_per_request, memory.bulk_repetitions)
                self._tools.client.engines.restore(target.address, memory.engine_id)
            reader = self._readers[key] = BatchReader(self._tools.client, target, sizes)
        return reader

    def memories(self) -> dict[AskedKey, DeviceMemory]:
        """Return what is known of every device and endpoint by now, in values that do not change any more."""
        return {**self._memories, **self.memories_of(self._readers)}

    def memories_of(self, keys: Iterable[AskedKey]) -> dict[AskedKey, DeviceMemory]:
        """Return what is known by now of those among these that have been asked."""
        memories = {}
        for key in keys:
            reader, asked = self._readers.get(key), self._asked(key)
            if reader is None or asked is None:
                continue
            kind, asked_id = key
            poller = self._devices.get(asked_id) if kind == "device" else None
            before = self._memories.get(key)
            memories[key] = DeviceMemory(
                address=_address(asked),
                interfaces=poller.memory if poller else before.interfaces if before else None,
                engine_id=self._tools.client.engines.pinned_id(reader.target.address),
                objects_per_request=reader.sizes.objects.proven,
                bulk_repetitions=reader.sizes.repetitions.proven,
            )
        return memories

    def _asked(self, key: AskedKey) -> Device | Endpoint | None:
        kind, asked_id = key
        if kind == "device":
            return self._inventory.devices.get(asked_id)
        return self._inventory.endpoints.get(asked_id)

    async def _ping(self, job: PingJob) -> PingReading:
        address = await self._tools.addresses.numeric(job.address)
        return await self._tools.pinger.burst(address, self._config.ping.packets)

    def _target(self, asked: Device | Endpoint, address: Address) -> Target:
        return Target(
            address=address,
            auth=self._credentials[asked.auth],
            timeout_s=self._config.poll.timeout_s,
            retries=self._config.poll.retries,
            reply_from=frozenset(asked.reply_from if isinstance(asked, Device) else ()),
        )


def _address(asked: Device | Endpoint) -> str:
    return f"{asked.address}:{asked.port}"


def _contracted_bps(inventory: Inventory) -> dict[str, dict[InterfaceSelector, float]]:
    """Return, by device, the contracted bit/s of the line behind each interface, the larger direction."""
    rates: dict[str, dict[InterfaceSelector, float]] = {}
    for link in inventory.links.values():
        contracted = max(link.contracted_down_mbps, link.contracted_up_mbps) * 1e6
        for end in (link.near, link.far):
            if end is not None:
                of_device = rates.setdefault(end.device_id, {})
                of_device[end.interface] = max(contracted, of_device.get(end.interface, 0.0))
    return rates


def _named(identity: DeviceIdentity) -> str:
    return f"{identity.sys_object_id or '?'} {identity.engine_id.hex() or '?'} {identity.sys_name}".rstrip()
