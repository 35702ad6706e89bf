"""What our agent asks of every device of an inventory in a steady cycle, so that a peer can be asked for the same.

Our own pollers run here as in the agent, over a client that notes every GET. Their first polls, with all that is
looked up then, do not count.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from phusong.agent.input.credentials import credentials_of
from phusong.agent.input.settings import load_all
from phusong.agent.inventory import Device, Endpoint
from phusong.agent.polling.poll_plan import make_plan
from phusong.collectors.interfaces import InterfacePoller
from phusong.collectors.sensors import SensorPoller
from phusong.collectors.snmp.batch import BatchReader
from phusong.collectors.snmp.ber import Oid, Value
from phusong.collectors.snmp.client import Prepared, SnmpClient, Target
from phusong.collectors.snmp.credentials import Credentials
from phusong.collectors.snmp.errors import SnmpError
from phusong.collectors.snmp.transport import Address
from phusong.collectors.system_group import read_system

TIMEOUT_S = 1.0
AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Asked:
    """One agent, and the objects that are asked of it with what it answered last."""

    address: Address
    auth: Credentials
    values: dict[Oid, Value]


@dataclass(frozen=True, slots=True)
class AskedObjects:
    """What the inventory's agents are asked: for the state of lines and endpoints, and for sensors."""

    polls: list[Asked]
    sensors: list[Asked]


class NotingClient(SnmpClient):
    """Notes what is asked of each address; of an object that is not answered, no value."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: dict[Address, dict[Oid, Value]] = {}

    async def get(self, prepared: Prepared) -> list[Value]:
        """Note the objects, then get them."""
        noted = self.asked.setdefault(prepared.target.address, {})
        noted.update(dict.fromkeys(prepared.request.oids))
        values = await super().get(prepared)
        noted.update(zip(prepared.request.oids, values, strict=True))
        return values


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
    with NotingClient() as client:

        def reader(asked: Device | Endpoint) -> BatchReader:
            target = Target((asked.address, asked.port), credentials[asked.auth], TIMEOUT_S, retries=1)
            return BatchReader(client, target)

        states, sensors = _Polls(), _Polls()
        for job in make_plan(inventory).devices:
            of_device = reader(inventory.devices[job.device_id])
            interfaces = InterfacePoller(job.device_id, client, of_device, job.selectors, time.monotonic)
            states.add(of_device.target, interfaces.poll)
        for endpoint in inventory.endpoints.values():
            of_endpoint = reader(endpoint)
            states.add(of_endpoint.target, lambda of_endpoint=of_endpoint: read_system(of_endpoint))
        for device in inventory.devices.values():
            of_device = reader(device)
            sensor_poller = SensorPoller(client, of_device, config.profiles, time.monotonic, device.profile)
            sensors.add(of_device.target, sensor_poller.poll)
        return AskedObjects(await _asked_by(states, client), await _asked_by(sensors, client))


async def _asked_by(polls: _Polls, client: NotingClient) -> list[Asked]:
    await _run_all(polls.polls)
    client.asked.clear()
    await _run_all(polls.polls)
    return [Asked(address, polls.targets[address], values) for address, values in client.asked.items()]


async def _run_all(polls: Iterable[Callable[[], Awaitable[object]]]) -> None:
    room = asyncio.Semaphore(AT_ONCE)

    async def run(poll: Callable[[], Awaitable[object]]) -> None:
        async with room:
            with suppress(SnmpError):  # who is silent is asked all the same
                await poll()

    await asyncio.gather(*map(run, polls))
