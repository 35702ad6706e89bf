"""A cycle of the 584 targets: its CPU against snmp_exporter's, and what dead and slow agents do to the others.

``make bench`` calls ``run``; as a program it prints the results as JSON. Counted is the CPU time of one process:
``phusong run`` with one scrape of its page per cycle, and snmp_exporter with one scrape per target, which is how
it is used. Both ask the same simulated agents, spread evenly over the same cycle: that costs either of them more
than asking all in a row. Pings are left out of the comparison, as the peer has none.
"""

from __future__ import annotations

import asyncio
import http.client
import io
import json
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from live_province import (
    LiveProvince,
    build,
    fetch,
    free_port,
    running,
    running_agent,
    simulated,
    spent_s,
    wait_for,
)

from phusong.agent.daemon import Agent
from phusong.agent.input.settings import load_all
from phusong.agent.inventory import Device, Endpoint
from phusong.agent.logs import set_up_logs
from phusong.collectors import mib
from phusong.collectors.simulator.equipment import DeviceKind
from phusong.collectors.simulator.files import COMMUNITY
from phusong.collectors.simulator.province import Province
from phusong.collectors.snmp.ber import Oid, format_oid
from phusong.exporters.agent_metrics import AgentMetrics

TARGETS = 584
CYCLE_S = 5.0
CYCLES = 5
MOST_WAITING = 100
COLUMNS: tuple[Oid, ...] = (
    mib.IF_NAME, mib.IF_ALIAS, mib.IF_DESCR, mib.IF_ADMIN_STATUS, mib.IF_OPER_STATUS, mib.IF_SPEED,
    mib.IF_HIGH_SPEED, mib.IF_LAST_CHANGE, mib.IF_HC_IN_OCTETS, mib.IF_HC_OUT_OCTETS, mib.IF_IN_OCTETS,
    mib.IF_OUT_OCTETS, mib.IF_HC_IN_UCAST_PKTS, mib.IF_HC_OUT_UCAST_PKTS, mib.IF_IN_ERRORS, mib.IF_OUT_ERRORS,
    mib.IF_IN_DISCARDS, mib.IF_OUT_DISCARDS, mib.IF_COUNTER_DISCONTINUITY_TIME,
)  # fmt: skip
TEXTS = frozenset({mib.IF_NAME, mib.IF_ALIAS, mib.IF_DESCR})
HC_COLUMNS = frozenset(
    {mib.IF_HC_IN_OCTETS, mib.IF_HC_OUT_OCTETS, mib.IF_HC_IN_UCAST_PKTS, mib.IF_HC_OUT_UCAST_PKTS}
)
SYSTEM = (mib.SYS_DESCR, mib.SYS_OBJECT_ID, mib.SYS_UP_TIME, mib.SYS_NAME, mib.SYS_LOCATION)

DEAD_SHARE, SLOW_SHARE = 0.20, 0.05
SLOW_S = 1.5
"""How long a slow agent thinks; the time limit is 2 s."""
LIVE_WITHIN_S = 2.0
WATCHED_S = 3.5
ROUNDS = 2

Asked = TypeVar("Asked", Device, Endpoint)


def run() -> list[dict[str, Any]]:
    """Return the CPU per target and cycle against snmp_exporter's, and how late live targets answer."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with simulated(folder / "cpu", poll_interval=f"{CYCLE_S:g}s", ping_interval="3600s") as province:
            results = [_cost(province, folder)]
        with simulated(folder / "time", timeout="2s", retries=3) as province:
            results += _delays(province)
    return results


# --- CPU -----------------------------------------------------------------------------------------------------


def _cost(province: LiveProvince, folder: Path) -> dict[str, Any]:
    """Measure both in the same seconds, so that a slow moment of the machine is shared."""
    scrapes = _same_objects(build())
    with ExitStack() as stack:
        agent = stack.enter_context(running_agent(province.config, folder / "agent.log"))
        exporter = stack.enter_context(_running_exporter(folder, scrapes, province.snmp_port))
        _pause_until(time.monotonic() + CYCLE_S)
        agent.page()
        requests = agent.total("phusong_snmp_requests_total")
        ours_before, peer_before = agent.spent_s(), exporter.spent_s() if exporter else 0.0
        began = time.monotonic()
        for number in range(CYCLES):
            if exporter:
                exporter.scrape_all(began + number * CYCLE_S)
            _pause_until(began + (number + 1) * CYCLE_S)
            page = agent.page()
        ours = agent.spent_s() - ours_before
        peer = exporter.spent_s() - peer_before if exporter else None
        requests = agent.total("phusong_snmp_requests_total") - requests
        statuses = Counter(answer.result() for answer in exporter.answers) if exporter else Counter()
    result: dict[str, Any] = {
        "name": f"cycle of {TARGETS} targets and one scrape, CPU per target",
        "ours_us": ours / CYCLES / TARGETS * 1e6,
        "note": (
            f"ours: phusong run without pings, {requests / CYCLES:.0f} requests a cycle, "
            f"a page of {len(page) / 1e6:.1f} MB"
        ),
    }
    if peer is not None:
        result |= {"peer_us": peer / CYCLES / TARGETS * 1e6, "ratio": ours / peer, "target": 1 / 3}
        result["note"] += (
            f"; peer: snmp_exporter, {len(scrapes)} scrapes a cycle for the same objects of the same agents, "
            f"{statuses[HTTPStatus.OK] / statuses.total():.0%} of them answered"
        )
    return result


def _pause_until(when: float) -> None:
    time.sleep(max(0.0, when - time.monotonic()))


class Exporter:
    """A running snmp_exporter and what it is to be asked."""

    def __init__(self, pid: int, port: int, paths: list[str], threads: ThreadPoolExecutor) -> None:
        self.answers: list[Future[int]] = []
        """The status of each scrape; not 200 where nobody answers or an SNMPv1 agent has room for little."""
        self._pid = pid
        self._port = port
        self._paths = paths
        self._threads = threads
        self._idle: list[http.client.HTTPConnection] = []

    def spent_s(self) -> float:
        """Return its CPU seconds so far."""
        return spent_s(self._pid)

    def scrape_all(self, begin: float) -> None:
        """Scrape everything once, spread over a cycle that begins then; who is silent holds up nobody."""
        for number, path in enumerate(self._paths):
            _pause_until(begin + number * CYCLE_S / len(self._paths))
            self.answers.append(self._threads.submit(self._get, path))

    def _get(self, path: str) -> int:
        """Get a page over a connection that is kept, as Prometheus does."""
        connection = self._idle.pop() if self._idle else http.client.HTTPConnection("127.0.0.1", self._port)
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        self._idle.append(connection)
        return answer.status

    def close(self) -> None:
        """Close the connections."""
        for connection in self._idle:
            connection.close()


@contextmanager
def _running_exporter(folder: Path, scrapes: list[Scrape], snmp_port: int) -> Iterator[Exporter | None]:
    """Run snmp_exporter; ``None`` where it is not installed."""
    program = shutil.which("prometheus-snmp-exporter")
    if program is None:
        yield None
        return
    config, port = folder / "snmp.yml", free_port()
    config.write_text(json.dumps({scrape.module: scrape.definition() for scrape in scrapes}), encoding="utf-8")
    paths = [f"/snmp?target={scrape.address}:{snmp_port}&module={scrape.module}" for scrape in scrapes]
    command = [program, f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}"]
    with (
        running(command, folder / "exporter.log") as process,
        ThreadPoolExecutor(MOST_WAITING) as threads,
        closing(Exporter(process.pid, port, paths, threads)) as exporter,
    ):
        wait_for(lambda: fetch(f"http://127.0.0.1:{port}/"), "snmp_exporter")
        yield exporter


@dataclass(frozen=True, slots=True)
class Scrape:
    """What snmp_exporter is to get of one device: the rows of its lines, or its system group without rows."""

    address: str
    version: int
    rows: tuple[int, ...]

    @property
    def module(self) -> str:
        """The name of the module that has these objects."""
        return f"v{self.version}-" + ("-".join(map(str, self.rows)) or "system")

    def definition(self) -> dict[str, Any]:
        """Return the module, in the format of snmp_exporter 0.21."""
        wanted = [*([mib.SYS_UP_TIME] if self.rows else SYSTEM)]
        metrics = [_metric(oid[:-1], is_text=oid != mib.SYS_UP_TIME) for oid in wanted]
        for column in COLUMNS if self.version > 1 else [c for c in COLUMNS if c not in HC_COLUMNS]:
            if self.rows:
                wanted += [(*column, row) for row in self.rows]
                index = {"labelname": "ifIndex", "type": "gauge"}
                metrics.append({**_metric(column, is_text=column in TEXTS), "indexes": [index]})
        return {
            "get": list(map(format_oid, wanted)),
            "metrics": metrics,
            "version": self.version,
            "timeout": "1s",
            "retries": 1,
            "auth": {"community": COMMUNITY},
        }


def _metric(oid: Oid, *, is_text: bool) -> dict[str, Any]:
    """Return a metric of a module; texts as octets, since one that is not UTF-8 would cost it the scrape."""
    name = f"object_{'_'.join(map(str, oid))}"
    return {
        "name": name,
        "oid": format_oid(oid),
        "type": "OctetString" if is_text else "gauge",
        "help": "An object.",
    }


def _same_objects(province: Province) -> list[Scrape]:
    """Return a scrape for every device and endpoint of the inventory, of what we ask them for."""
    scrapes = []
    for device in (*province.devices, *(endpoint.device for endpoint in province.endpoints)):
        rows = tuple(row.index for row in device.rows if row.line_id)
        if device.kind is not DeviceKind.CPE:
            scrapes.append(Scrape(device.address, 1 if device.habit.only_v1 else 2, rows))
    return scrapes


# --- time ----------------------------------------------------------------------------------------------------


def _delays(province: LiveProvince) -> list[dict[str, Any]]:
    """Compare when the live targets answer, with and without dead and slow ones among them."""
    set_up_logs(io.StringIO())
    without: dict[str, float] = {}
    among: dict[str, float] = {}
    for _ in range(ROUNDS):
        _keep_least(without, asyncio.run(_answers(province, frozenset(), frozenset())))
    names = sorted(without)
    Random(22).shuffle(names)
    dead = frozenset(names[: round(len(names) * DEAD_SHARE)])
    slow = frozenset(names[len(dead) : len(dead) + round(len(names) * SLOW_SHARE)])
    live = [name for name in names if name not in dead | slow]
    for _ in range(ROUNDS):
        _keep_least(among, asyncio.run(_answers(province, dead, slow)))
    last, last_without = max(among[name] for name in live), max(without[name] for name in live)
    later = sorted(among[name] - without[name] for name in live)
    note = (
        f"{len(live)} live, {len(dead)} dead, {len(slow)} slow by {SLOW_S:g} s; first cycle, with look-ups; "
        f"the best of {ROUNDS} rounds for each target"
    )
    return [
        {
            "name": f"{DEAD_SHARE:.0%} dead, {SLOW_SHARE:.0%} slow: last live answer (peer: allowed)",
            "ours_s": last,
            "peer_s": LIVE_WITHIN_S,
            "ratio": last / LIVE_WITHIN_S,
            "target": 1,
            "note": note,
        },
        {
            "name": "last live answer with dead and slow neighbours (peer: without)",
            "ours_s": last,
            "peer_s": last_without,
            "ratio": last / last_without,
            "target": 1.1,
            "note": (
                f"each target against itself: later by {later[len(later) // 2] * 1000:.0f} ms at the median, "
                f"{later[int(len(later) * 0.99)] * 1000:.0f} ms at the 99th percentile, "
                f"{later[-1] * 1000:.0f} ms most"
            ),
        },
    ]


def _keep_least(least: dict[str, float], delays: Mapping[str, float]) -> None:
    for name, delay in delays.items():
        least[name] = min(delay, least.get(name, delay))


async def _answers(province: LiveProvince, dead: frozenset[str], slow: frozenset[str]) -> dict[str, float]:
    """Return after how many seconds each device and endpoint had answered in the first cycle."""
    config, inventory = load_all(province.config)
    relays: list[asyncio.DatagramTransport] = []
    nobody = (f"127.99.{number // 250}.{number % 250 + 1}" for number in count())

    async def place(name: str, asked: Asked) -> Asked:
        if name in dead:
            return replace(asked, address=next(nobody))
        if name in slow:
            return replace(
                asked, address="127.0.0.1", port=await _start_relay((asked.address, asked.port), relays)
            )
        return asked

    inventory = replace(
        inventory,
        devices={name: await place(name, device) for name, device in inventory.devices.items()},
        endpoints={name: await place(name, endpoint) for name, endpoint in inventory.endpoints.items()},
    )
    agent = Agent(config, inventory, AgentMetrics("bench"))
    began = time.time()
    agent.start()
    await asyncio.sleep(WATCHED_S)
    snapshot = agent.current()
    await agent.drain()
    for relay in relays:
        relay.close()
    answered = {
        **{row.device_id: row.last_success for row in snapshot.devices},
        **{row.info.endpoint_id: row.last_success for row in snapshot.endpoints},
    }
    return {name: at - began for name, at in answered.items() if at is not None}


class _Relay(asyncio.DatagramProtocol):
    """Gives what arrives to a function."""

    def __init__(self, take: Callable[[bytes, Any], None]) -> None:
        self.datagram_received = take  # type: ignore[method-assign]


async def _start_relay(real: tuple[str, int], relays: list[asyncio.DatagramTransport]) -> int:
    """Start a slow agent: hands requests on to a real one, and its replies back late; return its port."""
    loop = asyncio.get_running_loop()
    asker: tuple[str, int] | None = None

    def hand_on(data: bytes, source: tuple[str, int]) -> None:
        nonlocal asker
        asker = source
        back.sendto(data)

    def hand_back(data: bytes, _source: tuple[str, int]) -> None:
        loop.call_later(SLOW_S, front.sendto, data, asker)

    front, _ = await loop.create_datagram_endpoint(lambda: _Relay(hand_on), local_addr=("127.0.0.1", 0))
    back, _ = await loop.create_datagram_endpoint(lambda: _Relay(hand_back), remote_addr=real)
    relays += (front, back)
    return int(front.get_extra_info("sockname")[1])


if __name__ == "__main__":
    print(json.dumps(run(), indent=1))
