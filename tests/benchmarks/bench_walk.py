"""A walk of ifName, ifAlias and ifDescr of 1,800 interfaces of one snmpd: ours, net-snmp's and snmp_exporter's.

``make bench`` calls ``run``; as a program it prints the results as JSON. Requests are counted by the agent itself
(snmpInPkts). Time is measured through a relay that delays every datagram by 10 ms each way, as on a line to an
office; CPU without it, the start of snmpbulkwalk's process taken off. All in one run, by turns.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

from live_province import fetch, free_port, running, spent_s, wait_for

from phusong.collectors import mib
from phusong.collectors.snmp.ber import Oid, format_oid
from phusong.collectors.snmp.client import SnmpClient, Target, prepare
from phusong.collectors.snmp.credentials import V2C, Community
from phusong.collectors.snmp.learned import LearnedSizes
from phusong.collectors.snmp.pdu import get_request
from phusong.collectors.snmp.walk import walk_columns

sys.path.append(str(Path(__file__).parents[1] / "support"))
import snmp_peers

ROWS = 1800
FIRST_INDEX = 1001
COLUMNS: dict[str, Oid] = {"ifName": mib.IF_NAME, "ifAlias": mib.IF_ALIAS, "ifDescr": mib.IF_DESCR}
TEXTS = {"ifName": "Gi1/0/{}", "ifAlias": "line {} to the office", "ifDescr": "GigabitEthernet1/0/{}"}
ROUNDS = 5
TARGETS = {"snmpbulkwalk": 1 / 2, "snmp_exporter": 1}
DELAY_S = 0.010
"""One way."""
IN_PACKETS: Oid = (1, 3, 6, 1, 2, 1, 11, 1, 0)
PUBLIC = Community(V2C, b"public")
ENVIRONMENT = {**os.environ, "MIBS": ""}


def run() -> list[dict[str, Any]]:
    """Return requests, time and CPU of a walk, ours against each peer's."""
    names = [
        f'override {format_oid(column)}.{FIRST_INDEX + row} octet_str "{TEXTS[name].format(row)}"'
        for name, column in COLUMNS.items()
        for row in range(ROWS)
    ]
    with ExitStack() as stack:
        port = stack.enter_context(snmp_peers.running_snmpd("\n".join(names) + "\n")).port
        peers: dict[str, Callable[[int], float]] = {"snmpbulkwalk": _their_walk}
        exporter = shutil.which("prometheus-snmp-exporter")
        if exporter:
            peers["snmp_exporter"] = stack.enter_context(_running_exporter(exporter))
        slow_port = stack.enter_context(_delayed(port))
        walkers = {"ours": _our_walk, **peers}
        costs = {name: _Cost() for name in walkers}
        for _ in range(ROUNDS):
            for name, walker in walkers.items():
                costs[name].add(walker, port, slow_port)
    ours = costs.pop("ours")
    return [result for peer, cost in costs.items() for result in _results(peer, ours, cost)]


class _Cost:
    """What the walks of one client cost, the least of the rounds."""

    def __init__(self) -> None:
        self.requests = self.cpu_s = self.time_s = float("inf")

    def add(self, walker: Callable[[int], float], port: int, slow_port: int) -> None:
        before = asyncio.run(_packets(port))
        self.cpu_s = min(self.cpu_s, walker(port))
        self.requests = min(self.requests, asyncio.run(_packets(port)) - before - 1)
        began = time.monotonic()
        walker(slow_port)
        self.time_s = min(self.time_s, time.monotonic() - began)


def _results(peer: str, ours: _Cost, theirs: _Cost) -> list[dict[str, Any]]:
    what = f"walk of {len(COLUMNS)} columns of {ROWS} rows against {peer}"
    note = f"one snmpd, v2c, the least of {ROUNDS} rounds"
    return [
        {
            "name": f"{what}, requests",
            "ours_requests": ours.requests,
            "peer_requests": theirs.requests,
            "ratio": ours.requests / theirs.requests,
            "target": TARGETS[peer],
            "note": f"{note}; as the agent counts them, our checks for rows left out among them",
        },
        {
            "name": f"{what}, time at {2 * DELAY_S * 1000:.0f} ms",
            "ours_s": ours.time_s,
            "peer_s": theirs.time_s,
            "ratio": ours.time_s / theirs.time_s,
            "target": TARGETS[peer],
            "note": f"{note}; round trip through a relay",
        },
        {
            "name": f"{what}, CPU",
            "ours_s": ours.cpu_s,
            "peer_s": theirs.cpu_s,
            "ratio": ours.cpu_s / theirs.cpu_s,
            "note": f"{note}; of the client's process",
        },
    ]


async def _packets(port: int) -> int:
    with SnmpClient() as client:
        (packets,) = await client.get(prepare(Target(("127.0.0.1", port), PUBLIC), get_request([IN_PACKETS])))
    assert isinstance(packets, int)
    return packets


def _our_walk(port: int) -> float:
    """Walk as at the first contact with a device, when nothing is known of it; return the CPU time."""

    async def work() -> float:
        with SnmpClient() as client:
            target = Target(("127.0.0.1", port), PUBLIC)
            begin = time.process_time()
            results = await walk_columns(client, target, list(COLUMNS.values()), sizes=LearnedSizes())
            spent = time.process_time() - begin
        assert all(len(result.rows) >= ROWS and not result.partial for result in results), results
        return spent

    return asyncio.run(work())


def _their_walk(port: int) -> float:
    """Walk each column with snmpbulkwalk as it comes; return the CPU time without that of starting it."""
    agent = ["-v2c", "-c", "public", "-On", f"127.0.0.1:{port}"]
    spent = 0.0
    for column in COLUMNS.values():
        spent += _child_cpu_s(["snmpbulkwalk", *agent, format_oid(column)], ROWS)
        spent -= _child_cpu_s(["snmpget", "-V"], 0)
    return spent


def _child_cpu_s(command: list[str], lines: int) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.stdout.count(b"\n") >= lines, done.stderr
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@contextmanager
def _running_exporter(program: str) -> Iterator[Callable[[int], float]]:
    """Run snmp_exporter; yield what has it walk once and returns the CPU time that it took."""
    metrics = [
        {
            "name": name,
            "oid": format_oid(column),
            "type": "DisplayString",
            "help": name,
            "indexes": [{"labelname": "ifIndex", "type": "gauge"}],
        }
        for name, column in COLUMNS.items()
    ]
    module = {"walk": list(map(format_oid, COLUMNS.values())), "metrics": metrics, "version": 2}
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        (folder / "snmp.yml").write_text(json.dumps({"names": module}), encoding="utf-8")
        command = [program, f"--config.file={folder / 'snmp.yml'}", f"--web.listen-address=127.0.0.1:{port}"]
        with running(command, folder / "log") as process:
            wait_for(lambda: fetch(f"http://127.0.0.1:{port}/"), "snmp_exporter")

            def scrape(snmp_port: int) -> float:
                before = spent_s(process.pid)
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
                connection.request("GET", f"/snmp?target=127.0.0.1:{snmp_port}&module=names")
                page = connection.getresponse().read()
                connection.close()
                assert page.count(b"\nifName{") >= ROWS, page[:500]
                return spent_s(process.pid) - before

            yield scrape


@contextmanager
def _delayed(port: int) -> Iterator[int]:
    """Run a relay to the agent in a thread of its own, late by ``DELAY_S`` each way; yield its port."""
    ready = Event()
    ports: list[int] = []
    loop = asyncio.new_event_loop()
    ended = asyncio.Event()

    async def relay() -> None:
        askers: dict[Any, asyncio.DatagramTransport] = {}

        class Back(asyncio.DatagramProtocol):
            def __init__(self, asker: Any) -> None:
                self._asker = asker

            def datagram_received(self, data: bytes, addr: Any) -> None:
                loop.call_later(DELAY_S, front.sendto, data, self._asker)

        class Front(asyncio.DatagramProtocol):
            def datagram_received(self, data: bytes, addr: Any) -> None:
                loop.call_later(DELAY_S, lambda: loop.create_task(hand_on(data, addr)))

        async def hand_on(data: bytes, asker: Any) -> None:
            if asker not in askers:
                askers[asker], _ = await loop.create_datagram_endpoint(
                    lambda: Back(asker), remote_addr=("127.0.0.1", port)
                )
            askers[asker].sendto(data)

        front, _ = await loop.create_datagram_endpoint(Front, local_addr=("127.0.0.1", 0))
        ports.append(front.get_extra_info("sockname")[1])
        ready.set()
        await ended.wait()
        for transport in (front, *askers.values()):
            transport.close()

    thread = Thread(target=loop.run_until_complete, args=(relay(),))
    thread.start()
    ready.wait(10)
    try:
        yield ports[0]
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        loop.close()


if __name__ == "__main__":
    print(json.dumps(run(), indent=1))
