"""CPU of polling video endpoints, idle and in a call: ours, snmp_exporter's and pysnmp's, for the same objects.

``make bench`` calls ``run``; as a program it prints the results as JSON. All ask the endpoints of one simulated
province in one run, by turns, so that a slow moment of the machine is shared. Counted is the CPU time of the
client's process: ours to the finished reading, snmp_exporter's with its scrape. What it costs the whole agent to
probe services is in ``bench_video_agent``.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple

from asked_objects import AskedEndpoint, find_asked_endpoints, run_all, target_of
from live_province import simulated
from pysnmp_asking import PysnmpAsker
from snmp_exporter import Exporter, running_exporter

from phusong.agent.input.credentials import credentials_of
from phusong.agent.input.settings import load_all
from phusong.collectors.snmp.batch import BatchReader
from phusong.collectors.snmp.client import SnmpClient
from phusong.collectors.snmp.credentials import Credentials
from phusong.collectors.video.endpoint_poller import EndpointPoller
from phusong.collectors.video.profiles import CTS, HDX, POLY

ROUNDS = 3
POLLS = 300
"""Of each kind of endpoint in each round, at least; pysnmp's in the first round only."""
PYSNMP_POLLS = 30
AT_LEAST = 8
"""Of a kind that the province has fewer of, the same are asked several times at once: none is alone in a fleet."""
MOST = 1 / 2
"""Of snmp_exporter's CPU. Of a cycle of all targets a third is allowed, and measured in ``bench_cycle``; here what
is asked for takes several requests, each after the one before, and one of them is a walk."""


class Kind(NamedTuple):
    """A kind of endpoint, and in which state it is."""

    name: str
    profile: str
    in_call: bool


KINDS = (
    Kind("idle Poly", POLY, in_call=False),
    Kind("Poly in a call", POLY, in_call=True),
    Kind("idle HDX", HDX, in_call=False),
    Kind("HDX in a call", HDX, in_call=True),
    Kind("idle CTS", CTS, in_call=False),
    Kind("CTS in a call", CTS, in_call=True),
)


def run() -> list[dict[str, Any]]:
    """Return the CPU per endpoint and cycle, of all endpoints and of each kind, against each peer's."""
    with tempfile.TemporaryDirectory() as name, simulated(Path(name) / "polls") as province:
        config, _ = load_all(province.config)
        credentials = {name: credentials_of(auth) for name, auth in config.auths.items()}
        found = asyncio.run(find_asked_endpoints(province.config))
        fleet = _Group(f"{len(found)} endpoints", found)
        kinds = [_Group(kind.name, [one for one in found if _is_of(kind, one)]) for kind in KINDS]
        for number in range(ROUNDS):
            for group in (fleet, *kinds):
                asyncio.run(group.measure_ours(credentials))
                group.measure_exporter(Path(name))
                if number == 0:
                    asyncio.run(group.measure_pysnmp())
    results = [fleet.result("snmp_exporter", MOST), fleet.result("pysnmp")]
    results += [group.result("snmp_exporter") for group in kinds]
    return [result for result in results if result is not None]


def _is_of(kind: Kind, one: AskedEndpoint) -> bool:
    said = one.reading
    return said is not None and (said.profile, said.in_call) == (kind.profile, kind.in_call)


@dataclass(slots=True)
class _Group:
    """Endpoints that are asked together, and what that cost."""

    name: str
    endpoints: Sequence[AskedEndpoint]
    spent: dict[str, float] = field(default_factory=dict)
    """CPU seconds by client, of all rounds."""
    polls: dict[str, int] = field(default_factory=dict)
    requests: int = 0
    """Of ours, in the polls that were counted."""

    def __post_init__(self) -> None:
        self.endpoints = [*self.endpoints] * -(-AT_LEAST // len(self.endpoints))

    async def measure_ours(self, credentials: Mapping[str, Credentials]) -> None:
        """Poll all of them again and again; what is looked up in the first polls does not count."""
        with SnmpClient() as client:
            pollers = [
                EndpointPoller(
                    client, BatchReader(client, target_of(one.endpoint, credentials)), "auto", time.monotonic
                )
                for one in self.endpoints
            ]
            polls = [poller.poll for poller in pollers]
            await run_all(polls)
            await run_all(polls)
            cycles = -(-POLLS // len(polls))
            requests, began = client.counters.requests, time.process_time()
            for _ in range(cycles):
                await run_all(polls)
            self._add("ours", time.process_time() - began, cycles * len(polls))
            self.requests += client.counters.requests - requests

    async def measure_pysnmp(self) -> None:
        """Let pysnmp ask all of them; some once more, so that it knows its way."""
        asked = [one.asked for one in self.endpoints]
        asker = PysnmpAsker()
        await asker.ask(asked[:1])
        for _ in range(-(-PYSNMP_POLLS // len(asked))):
            spent, answered = await asker.ask(asked)
            _check("pysnmp", answered, self._answering())
            self._add("pysnmp", spent, len(asked))
        asker.close()

    def measure_exporter(self, folder: Path) -> None:
        """Let snmp_exporter ask all of them, if it is installed; its first scrapes do not count."""
        with running_exporter(folder, [one.asked for one in self.endpoints]) as exporter:
            if exporter is None:
                return
            _scrape(exporter)
            cycles = -(-POLLS // len(self.endpoints))
            before = exporter.spent_s()
            for _ in range(cycles):
                _check("snmp_exporter", _scrape(exporter), self._answering())
            self._add("snmp_exporter", exporter.spent_s() - before, cycles * len(self.endpoints))

    def _answering(self) -> int:
        return sum(one.reading is not None for one in self.endpoints)

    def _add(self, client: str, spent_s: float, polls: int) -> None:
        self.spent[client] = self.spent.get(client, 0.0) + spent_s
        self.polls[client] = self.polls.get(client, 0) + polls

    def result(self, peer: str, target: float | None = None) -> dict[str, Any] | None:
        """Return what it cost against a peer; ``None`` where that is not installed."""
        cost = {client: spent / self.polls[client] for client, spent in self.spent.items()}
        if peer not in cost:
            return None
        silent = len(self.endpoints) - self._answering()
        objects = sum(one.asked.object_count for one in self.endpoints) / len(self.endpoints)
        note = f"{objects:.0f} objects each, in {self.requests / self.polls['ours']:.1f} requests of ours"
        note += f"; {silent} are silent" if silent else ""
        note += f"; pysnmp {cost['pysnmp'] * 1e6:,.0f} us" if peer != "pysnmp" else ""
        return {
            "name": f"poll of {self.name}, CPU per endpoint (peer: {peer})",
            "ours_us": cost["ours"] * 1e6,
            "peer_us": cost[peer] * 1e6,
            "ratio": cost["ours"] / cost[peer],
            "target": target,
            "note": note,
        }


def _scrape(exporter: Exporter) -> int:
    """Scrape everything once, all in a row; return how many scrapes were answered well."""
    exporter.answers.clear()
    exporter.scrape_all(time.monotonic(), 0.0)
    return sum(answer.result() == HTTPStatus.OK for answer in exporter.answers)


def _check(client: str, answered: int, right: int) -> None:
    if answered != right:
        raise RuntimeError(f"{client} had an answer of {answered} endpoints, not of {right}")


if __name__ == "__main__":
    print(json.dumps(run(), indent=1))
