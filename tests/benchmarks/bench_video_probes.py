"""Probes of services: a round of 239 endpoints, and the CPU of one probe by kind against other probers.

``make bench`` calls ``run``; as a program it prints the results as JSON. All ask the same peers, those of the
simulated province, in one run and by turns; counted is the CPU time of the prober's process. blackbox_exporter
answers a scrape for each probe, as it is used.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from live_province import simulated
from service_probers import HTTP, TCP, TIMEOUT_S, BlackboxExporter, running_blackbox, sipp_s, sipsak_s

from phusong.agent.daemon import make_pinger
from phusong.agent.input.config import Config
from phusong.agent.input.settings import load_all
from phusong.agent.inventory import Inventory
from phusong.agent.polling.observations import Observations
from phusong.agent.polling.poll_plan import make_plan
from phusong.agent.polling.pollers import PROBES_AT_ONCE, Pollers, Tools
from phusong.agent.polling.services_asked import endpoint_services, watched_service
from phusong.agent.polling.snmp_security import EngineWatch
from phusong.collectors.call_readings import ServiceKind, ServiceReading, ServiceState
from phusong.collectors.host_address import HostAddresses
from phusong.collectors.services.service_probe import ServiceToProbe, probe
from phusong.collectors.snmp.client import SnmpClient

ROUNDS = 3
PROBES = 300
"""Of each kind in each round, at least."""
SIPP_PROBES, SIPP_PER_S = 1000, 500
PAGES_AT_ONCE = 4
"""The simulator's web server has no room for more connections that wait."""
ALLOWED_S = 10.0
"""For a round: what a readiness run may take."""
MOST = 1.0
LOST_AT_MOST = 0.05
"""Of what answered before: a line of the province flaps."""


class Round(NamedTuple):
    """What it took to probe all endpoints once."""

    wall_s: float
    cpu_s: float
    readings: list[ServiceReading]


def run() -> list[dict[str, Any]]:
    """Return time and CPU of a round, and the CPU of a probe of each kind against each peer's."""
    with tempfile.TemporaryDirectory() as name, simulated(Path(name) / "probed") as province:
        config, inventory = load_all(province.config)
        rounds = [asyncio.run(_round(config, inventory)) for _ in range(ROUNDS)]
        kinds = _Kinds(config, inventory)
        spent: dict[str, list[float]] = {}
        with running_blackbox(Path(name)) as blackbox:
            for _ in range(ROUNDS):
                for client, cost in kinds.measure(blackbox, Path(name)).items():
                    spent.setdefault(client, []).append(cost)
    least = {client: min(costs) for client, costs in spent.items()}
    return [_result_of(rounds, len(inventory.endpoints)), *_against_peers(least)]


async def _round(config: Config, inventory: Inventory) -> Round:
    """Probe all endpoints once, as the agent does when all are due at once."""
    observations = Observations(time.monotonic, time.time)
    jobs = make_plan(inventory, config.video.services).probes
    with SnmpClient() as client, closing(make_pinger(config.ping)) as pinger:
        engines = EngineWatch(client.engines, lambda _asked_id, _changes: None)
        tools = Tools(client, pinger, HostAddresses(time.monotonic), engines)
        pollers = Pollers(config, inventory, tools, observations, lambda _reason: None)
        began, cpu_began = time.monotonic(), time.process_time()
        await asyncio.gather(*map(pollers.run, jobs))
        wall_s, cpu_s = time.monotonic() - began, time.process_time() - cpu_began
    readings = [reading for probed in observations.probes.values() for reading in probed.value or ()]
    return Round(wall_s, cpu_s, readings)


def _result_of(rounds: Sequence[Round], endpoints: int) -> dict[str, Any]:
    one = sorted(rounds)[len(rounds) // 2]
    count = len(one.readings)
    silent = sum(reading.state is ServiceState.SILENT for reading in one.readings)
    kinds = " and ".join(
        f"{sum(reading.kind is kind for reading in one.readings)} {kind.value}"
        for kind in dict.fromkeys(reading.kind for reading in one.readings)
    )
    return {
        "name": f"services of {endpoints} endpoints probed once, time (peer: the {ALLOWED_S:g} s allowed)",
        "ours_s": one.wall_s,
        "peer_s": ALLOWED_S,
        "ratio": one.wall_s / ALLOWED_S,
        "target": 1,
        "note": (
            f"{kinds}, {silent} of them silent for {TIMEOUT_S} s, {PROBES_AT_ONCE} endpoints at once; "
            f"CPU {one.cpu_s * 1e3:.0f} ms, {one.cpu_s / count * 1e6:.0f} us a probe"
        ),
    }


class _Kinds:
    """What is probed to compare, by kind: what answers well, again and again until it is enough."""

    def __init__(self, config: Config, inventory: Inventory) -> None:
        of_rooms = [
            service
            for endpoint in inventory.endpoints.values()
            for service in endpoint_services(endpoint, endpoint.address, config.video)
        ]
        ready = _ready(of_rooms)
        pages = [watched_service(one, one.host, config.services) for one in inventory.services.values()]
        self.sip = _enough([service for service in ready if service.kind is ServiceKind.SIP_UDP])
        self.h323 = _enough([service for service in ready if service.kind is ServiceKind.H323])
        self.http = _enough(_ready(pages))

    def measure(self, blackbox: BlackboxExporter | None, folder: Path) -> dict[str, float]:
        """Return the CPU seconds of one probe by ``kind client``, of those clients that are installed."""
        spent = {
            "sip ours": _spent_s(self.sip, PROBES_AT_ONCE) / len(self.sip),
            "h323 ours": _spent_s(self.h323, PROBES_AT_ONCE) / len(self.h323),
            "http ours": _spent_s(self.http, PAGES_AT_ONCE) / len(self.http),
        }
        addresses = [(service.address, service.port) for service in self.sip]
        sipsak = sipsak_s(addresses, PROBES_AT_ONCE)
        if sipsak is not None:
            spent["sip sipsak"] = sipsak / len(addresses)
        sipp = sipp_s(addresses[0], SIPP_PROBES, SIPP_PER_S, folder)
        if sipp is not None:
            spent["sip sipp"] = sipp / SIPP_PROBES
        if blackbox is not None:
            ports = [f"{service.address}:{service.port}" for service in self.h323]
            spent["h323 blackbox_exporter"] = blackbox.probe(TCP, ports, PROBES_AT_ONCE) / len(ports)
            urls = [f"http://{service.address}:{service.port}{service.path}" for service in self.http]
            spent["http blackbox_exporter"] = blackbox.probe(HTTP, urls, PAGES_AT_ONCE) / len(urls)
        return spent


def _enough(services: Sequence[ServiceToProbe]) -> list[ServiceToProbe]:
    """Return them again and again, so many as are to be probed."""
    return list(itertools.islice(itertools.cycle(services), max(PROBES, len(services))))


def _ready(services: Sequence[ServiceToProbe]) -> list[ServiceToProbe]:
    readings = asyncio.run(_probe(services, PROBES_AT_ONCE))
    return [
        service for service, reading in zip(services, readings, strict=True) if reading.state is ServiceState.READY
    ]


def _spent_s(services: Sequence[ServiceToProbe], at_once: int) -> float:
    """Probe them; return the CPU seconds that it took for all."""
    began = time.process_time()
    readings = asyncio.run(_probe(services, at_once))
    spent = time.process_time() - began
    lost = [reading for reading in readings if reading.state is not ServiceState.READY]
    if len(lost) > LOST_AT_MOST * len(readings):
        raise RuntimeError(f"{len(lost)} of {len(readings)} were ready and are not any more: {lost[0]}")
    return spent


async def _probe(services: Sequence[ServiceToProbe], at_once: int) -> list[ServiceReading]:
    room = asyncio.Semaphore(at_once)

    async def one(service: ServiceToProbe) -> ServiceReading:
        async with room:
            return await probe(service, TIMEOUT_S)

    return await asyncio.gather(*map(one, services))


def _against_peers(spent: dict[str, float]) -> list[dict[str, Any]]:
    names = {"sip": "SIP OPTIONS by UDP", "h323": "H.323, a TCP connection", "http": "a web page and its text"}
    notes = {
        "sipsak": "a process for each",
        "sipp": f"one process for {SIPP_PROBES} to one room, its start in it; it waits for nobody else",
        "blackbox_exporter": "its scrape included",
    }
    results = []
    for kind_and_peer, cost in spent.items():
        kind, peer = kind_and_peer.split()
        if peer != "ours":
            ours = spent[f"{kind} ours"]
            results.append(
                {
                    "name": f"probe of {names[kind]}, CPU (peer: {peer})",
                    "ours_us": ours * 1e6,
                    "peer_us": cost * 1e6,
                    "ratio": ours / cost,
                    "target": None if peer == "sipp" else MOST,
                    "note": f"{notes[peer]}; least of {ROUNDS} rounds",
                }
            )
    return results


if __name__ == "__main__":
    print(json.dumps(run(), indent=1))
