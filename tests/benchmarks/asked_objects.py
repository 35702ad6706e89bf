"""What our agent asks of every device of an inventory in a steady cycle, so that a peer can be asked for the same.

Our own pollers run here as in the agent, over a client that notes what is got and what is walked. Their first
polls, with all that is looked up then, do not count.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from phusong.agent.input.credentials import credentials_of
from phusong.agent.input.settings import load_all
from phusong.agent.inventory import Device, Endpoint
from phusong.agent.polling.poll_plan import make_plan
from phusong.collectors.call_readings import EndpointReading
from phusong.collectors.interfaces import InterfacePoller
from phusong.collectors.sensors import SensorPoller
from phusong.collectors.snmp.batch import BatchReader
from phusong.collectors.snmp.ber import Oid, Value
from phusong.collectors.snmp.client import Binding, Prepared, SnmpClient, Target
from phusong.collectors.snmp.credentials import Credentials
from phusong.collectors.snmp.errors import SnmpError
from phusong.collectors.snmp.transport import Address
from phusong.collectors.video.endpoint_poller import EndpointPoller

TIMEOUT_S = 1.0
AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Asked:
    """One agent, and the objects that are asked of it with what it answered last."""

    address: Address
    auth: Credentials
    values: dict[Oid, Value]
    """Of those that are got."""
    walks: dict[Oid, dict[Oid, Value]] = field(default_factory=dict)
    """By the root of what is walked: the rows."""

    @property
    def object_count(self) -> int:
        """How many objects are answered."""
        return len(self.values) + sum(map(len, self.walks.values()))


@dataclass(frozen=True, slots=True)
class AskedObjects:
    """What the inventory's agents are asked: for the state of lines and endpoints, and for sensors."""

    polls: list[Asked]
    sensors: list[Asked]


@dataclass(frozen=True, slots=True)
class AskedEndpoint:
    """A video endpoint, what is asked of it, and what that tells; ``None`` of one that is silent."""

    endpoint: Endpoint
    asked: Asked
    reading: EndpointReading | None


class NotingClient(SnmpClient):
    """Notes what is asked of each address; of an object that is not answered, no value."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: dict[Address, dict[Oid, Value]] = {}
        self.walked: dict[Address, dict[Oid, dict[Oid, Value]]] = {}

    async def get(self, prepared: Prepared) -> list[Value]:
        """Note the objects, then get them."""
        noted = self.asked.setdefault(prepared.target.address, {})
        noted.update(dict.fromkeys(prepared.request.oids))
        values = await super().get(prepared)
        noted.update(zip(prepared.request.oids, values, strict=True))
        return values

    async def get_next(self, target: Target, oids: Sequence[Oid]) -> list[Binding]:
        """Note where a walk begins or goes on, and the rows."""
        return self._note_walk(target.address, oids, await super().get_next(target, oids))

    async def get_bulk(self, target: Target, oids: Sequence[Oid], *, repetitions: int) -> list[Binding]:
        """Note where a walk begins or goes on, and the rows."""
        return self._note_walk(target.address, oids, await super().get_bulk(target, oids, repetitions=repetitions))

    def _note_walk(self, address: Address, oids: Sequence[Oid], found: list[Binding]) -> list[Binding]:
        walks = self.walked.setdefault(address, {})
        for oid in oids:
            if not any(oid[: len(root)] == root for root in walks):
                walks[oid] = {}
        for root, rows in walks.items():
            rows.update((oid, value) for oid, value in found if oid[: len(root)] == root)
        return found

    def all_asked(self, targets: dict[Address, Credentials]) -> list[Asked]:
        """Return what was noted of those of these agents that were asked for anything."""
        return [
            Asked(address, auth, self.asked[address], self.walked.get(address, {}))
            for address, auth in targets.items()
            if address in self.asked
        ]

    def forget(self) -> None:
        """Forget what was noted."""
        self.asked.clear()
        self.walked.clear()


@dataclass(slots=True)
class _Polls:
    """The polls of one kind, with whom they ask."""

    polls: list[Callable[[], Awaitable[object]]] = field(default_factory=list)
    targets: dict[Address, Credentials] = field(default_factory=dict)

    def add(self, target: Target, poll: Callable[[], Awaitable[object]]) -> None:
        self.polls.append(poll)
        self.targets[target.address] = target.auth


def find_asked(config_path: Path) -> AskedObjects:
    """Poll everything twice; return what the second polls asked."""
    return asyncio.run(_find_asked(config_path))


async def _find_asked(config_path: Path) -> AskedObjects:
    config, inventory = load_all(config_path)
    credentials = {name: credentials_of(auth) for name, auth in config.auths.items()}
    with closing(NotingClient()) as client:

        def reader(asked: Device | Endpoint) -> BatchReader:
            return BatchReader(client, target_of(asked, credentials))

        states, sensors = _Polls(), _Polls()
        for job in make_plan(inventory).devices:
            of_device = reader(inventory.devices[job.device_id])
            interfaces = InterfacePoller(job.device_id, client, of_device, job.selectors, time.monotonic)
            states.add(of_device.target, interfaces.poll)
        for endpoint in inventory.endpoints.values():
            of_endpoint = reader(endpoint)
            poller = EndpointPoller(client, of_endpoint, endpoint.profile, time.monotonic)
            states.add(of_endpoint.target, poller.poll)
        for device in inventory.devices.values():
            of_device = reader(device)
            sensor_poller = SensorPoller(client, of_device, config.profiles, time.monotonic, device.profile)
            sensors.add(of_device.target, sensor_poller.poll)
        return AskedObjects(await _asked_by(states, client), await _asked_by(sensors, client))


async def find_asked_endpoints(config_path: Path) -> list[AskedEndpoint]:
    """Poll every video endpoint twice; return what the second polls asked and found."""
    config, inventory = load_all(config_path)
    credentials = {name: credentials_of(auth) for name, auth in config.auths.items()}
    endpoints = list(inventory.endpoints.values())
    found: dict[str, EndpointReading] = {}
    with closing(NotingClient()) as client:
        polls = _Polls()
        for endpoint in endpoints:
            target = target_of(endpoint, credentials)
            poller = EndpointPoller(client, BatchReader(client, target), endpoint.profile, time.monotonic)
            polls.add(target, partial(_poll_endpoint, poller, endpoint.endpoint_id, found))
        asked = await _asked_by(polls, client)
    return [
        AskedEndpoint(endpoint, of_it, found.get(endpoint.endpoint_id))
        for endpoint, of_it in zip(endpoints, asked, strict=True)
    ]


async def _poll_endpoint(poller: EndpointPoller, endpoint_id: str, found: dict[str, EndpointReading]) -> None:
    found[endpoint_id] = await poller.poll()


def target_of(asked: Device | Endpoint, credentials: Mapping[str, Credentials]) -> Target:
    """Return whom to ask for a device or an endpoint."""
    return Target((asked.address, asked.port), credentials[asked.auth], TIMEOUT_S, retries=1)


async def _asked_by(polls: _Polls, client: NotingClient) -> list[Asked]:
    await run_all(polls.polls)
    client.forget()
    await run_all(polls.polls)
    return client.all_asked(polls.targets)


async def run_all(polls: Iterable[Callable[[], Awaitable[object]]]) -> None:
    """Run polls, some of them at the same time."""
    room = asyncio.Semaphore(AT_ONCE)

    async def run(poll: Callable[[], Awaitable[object]]) -> None:
        async with room:
            with suppress(SnmpError):  # who is silent is asked all the same
                await poll()

    await asyncio.gather(*map(run, polls))
