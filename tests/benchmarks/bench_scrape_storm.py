"""How late polls begin while 200 clients scrape without a pause, against how late they begin without.

The agent and its server run in this process, made of the same parts as in ``phusong run``; the province and the
clients have processes of their own. Polls begin by a timer of the event loop, so the lateness of such timers is
measured, a hundred times a second. ``make bench`` calls ``run``; as a program it prints the results as JSON.
"""

from __future__ import annotations

import asyncio
import gc
import io
import json
import multiprocessing
import tempfile
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from live_province import simulated

from phusong.agent.daemon import Agent
from phusong.agent.input.settings import load_all
from phusong.agent.logs import set_up_logs
from phusong.exporters.agent_metrics import AgentMetrics
from phusong.exporters.http_server import StatusServer
from phusong.exporters.prometheus import MetricsPage
from phusong.exporters.web_app import PageSources, create_app

CLIENTS = 200
SECONDS = 10.0
LOOK_EVERY_S = 0.01
LATE_S = 0.1
"""More than this no poll may be late (design, section 12)."""

Late: TypeAlias = tuple[float, float]
T = TypeVar("T")


def run() -> dict[str, Any]:
    """Return the largest lateness under the storm against what is allowed."""
    with tempfile.TemporaryDirectory() as folder, simulated(Path(folder)) as province:
        calm, storm, pages, octets = asyncio.run(_measure(province.config))
    return {
        "name": f"latest poll while {CLIENTS} clients scrape (peer: allowed)",
        "ours_s": storm[1],
        "peer_s": LATE_S,
        "ratio": storm[1] / LATE_S,
        "target": 1,
        "note": (
            f"late by {_ms(storm)} against {_ms(calm)} without them (99th percentile, most), over {SECONDS:g} s "
            f"each; {pages / SECONDS:.0f} pages, {octets / SECONDS / 1e6:.0f} MB per second"
        ),
    }


def _ms(late: Late) -> str:
    return " and ".join(f"{value * 1000:.1f} ms" for value in late)


async def _measure(config_path: Path) -> tuple[Late, Late, int, int]:
    set_up_logs(io.StringIO())
    config, inventory = load_all(config_path)
    metrics = AgentMetrics("bench")
    agent = Agent(config, inventory, metrics)
    sources = PageSources(agent.current, lambda: agent.ready, lambda: True, MetricsPage(metrics), None, "bench")
    server = StatusServer(create_app(sources), "127.0.0.1", 0)
    await server.start()
    agent.start()
    await agent.wait_ready()
    gc.freeze()
    calm, _ = await _lateness(asyncio.to_thread(time.sleep, SECONDS))
    storm, (pages, octets) = await _lateness(asyncio.to_thread(_storm, server.address))
    await agent.drain()
    await server.close()
    return calm, storm, pages, octets


async def _lateness(work: Awaitable[T]) -> tuple[Late, T]:
    """Await something; also return how late timers fired meanwhile: the 99th percentile and the most."""
    loop = asyncio.get_running_loop()
    running = asyncio.ensure_future(work)
    late = []
    while not running.done():
        due = loop.time() + LOOK_EVERY_S
        await asyncio.sleep(LOOK_EVERY_S)
        late.append(loop.time() - due)
    late.sort()
    return (late[int(len(late) * 0.99)], late[-1]), running.result()


def _storm(address: tuple[str, int]) -> tuple[int, int]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    clients = context.Process(target=scrape_at_once, args=(address, CLIENTS, SECONDS, theirs))
    clients.start()
    theirs.close()  # so that the end of the clients without an answer is no wait for ever
    try:
        counts: tuple[int, int] = ours.recv()
    finally:
        clients.join()
    return counts


def scrape_at_once(address: tuple[str, int], clients: int, seconds: float, answer: Any) -> None:
    """Scrape with so many clients at once, each again as soon as it has its page; send pages and octets."""

    async def client(stop_at: float) -> tuple[int, int]:
        pages = octets = 0
        loop = asyncio.get_running_loop()
        while loop.time() < stop_at:
            reader, writer = await asyncio.open_connection(*address)
            writer.write(b"GET /metrics HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")
            received = 0
            while piece := await reader.read(2**20):
                received += len(piece)
            writer.close()
            pages, octets = pages + (received > 10_000), octets + received
        return pages, octets

    async def storm() -> tuple[int, int]:
        stop_at = asyncio.get_running_loop().time() + seconds
        counts = await asyncio.gather(*(client(stop_at) for _ in range(clients)))
        return sum(pages for pages, _ in counts), sum(octets for _, octets in counts)

    answer.send(asyncio.run(storm()))


if __name__ == "__main__":
    print(json.dumps(run(), indent=1))
