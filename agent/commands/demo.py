"""``phusong demo``: the whole product on one machine, against a simulated province on loopback addresses.

Everything runs as it would for a user: the province in a process of its own, files written as people write them,
the agent over them, coverage and map as batch commands. Nothing passes between these but files and packets.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from phusong.agent.input.settings import load_all
from phusong.agent.logs import set_up_logs
from phusong.agent.service import Service, StartFailed
from phusong.collectors.simulator.files import COMMUNITY, write_config, write_inventory
from phusong.collectors.simulator.offices import CommunePlace
from phusong.collectors.simulator.province import build_province
from phusong.collectors.simulator.server import Ports, serve
from phusong.coverage.editions import load_edition
from phusong.exporters.exposition import Format
from phusong.exporters.snapshot import Snapshot, Verdict

EDITION = "2020-01"
PROVINCE_READY_S = 30.0
FIRST_ROUND_LIMIT_S = 60.0
MAP_EVERY_S = 60.0
BACKGROUND_NICENESS = 10
PORTS_FOR_TRAPS = range(20_000, 32_000)

Tell = Callable[[str], None]


class DemoFailed(RuntimeError):
    """A part of the demonstration did not work; the message says which and where its output is."""


def serve_province(
    folder: Path,
    *,
    scale: int,
    seed: int,
    port: int,
    echo_port: int,
    trap_port: int,
    listen: str,
    with_parent: bool,
) -> None:
    """Write the province's files into ``folder`` and answer for it; blocks until SIGTERM.

    Prints one line of JSON with the ports as soon as it answers. ``with_parent`` ends it also when standard input
    ends: when whoever started it is gone, however that came. Without a ``trap_port`` no traps are sent.
    """
    if with_parent:
        threading.Thread(target=_end_with_input, daemon=True).start()
    communes = load_edition(EDITION).communes.values()
    places = [CommunePlace(c.code, c.name, c.kind, c.district, c.lat, c.lon) for c in communes]
    province = build_province(places, seed=seed, scale=scale)

    def ready(ports: Ports) -> None:
        start = datetime.now(UTC)
        write_inventory(
            province,
            folder / "inventory",
            port=ports.snmp,
            start=start,
            sip_port=ports.sip,
            h323_port=ports.h323,
            web_port=ports.web,
        )
        write_config(
            folder,
            echo_port=ports.echo,
            web_listen=listen,
            coverage_summary="../coverage.json",
            map_page="../map.html",
            trap_port=trap_port or None,
            start=start,
        )
        print(json.dumps(ports._asdict()), flush=True)  # noqa: T201 - for our parent

    serve(
        province,
        port=port,
        echo_port=echo_port,
        community=COMMUNITY,
        ready=ready,
        trap_port=trap_port or None,
        cuts=folder / "cuts.txt",
    )


def _end_with_input() -> None:
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


def run_demo(folder: Path, *, once: bool, scale: int, listen: str, tell: Tell) -> None:
    """Run the demonstration; returns after one pass with ``once``, else when it is interrupted.

    Raises
    ------
    DemoFailed
        A part did not work.
    """
    logs = folder / "logs"
    _check_place(logs, listen)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that our processes end with us
    began = time.monotonic()
    places = ("--out", folder / "province", "--listen", listen, "--trap-port", _free_udp_port())
    arguments = (*places, "--scale", scale, "--with-parent")
    with (
        (logs / "agent.log").open("w", encoding="utf-8") as log,
        _process("province", folder, "simulate", *arguments) as province,
    ):
        set_up_logs(log)
        _wait_for_province(province, folder)
        tell(f"Simulated province: {345 * scale} lines, {239 * scale} endpoints, on loopback addresses.")
        try:
            finished = asyncio.run(_watch(folder, once=once, tell=tell))
        except StartFailed as error:
            raise DemoFailed(str(error)) from error
    if once and finished:
        tell(f"Done in {time.monotonic() - began:.1f} s. Open {folder / 'map.html'} in a browser.")
    elif once:
        raise DemoFailed("stopped before it was done")


def _free_udp_port() -> int:
    """Return a port where traps can be received, below those that the kernel hands out to others meanwhile."""
    for port in random.sample(PORTS_FOR_TRAPS, k=len(PORTS_FOR_TRAPS)):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
            probe.bind(("0.0.0.0", port))  # noqa: S104 - only to see whether it is free at every address
            return port
    raise DemoFailed("no UDP port is free for traps")


def _check_place(logs: Path, listen: str) -> None:
    """Find out what cannot work before anything is started."""
    try:
        logs.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DemoFailed(f"{logs}: cannot be made ({error.strerror}); choose another place with --out") from error
    host, _, port = listen.rpartition(":")
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        socket.create_server((host.strip("[]"), int(port)), family=family).close()
    except (OSError, ValueError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not HOST:PORT"
        raise DemoFailed(f"cannot listen on {listen} ({reason}); choose another address with --listen") from error


async def _watch(folder: Path, *, once: bool, tell: Tell) -> bool:
    """Run the service and the batch commands beside it; return whether all was done before a signal came."""
    config_path = folder / "province" / "phusong.yaml"
    config, inventory = load_all(config_path)
    service = Service(config_path, config, inventory)
    running = asyncio.create_task(service.run())
    work = asyncio.create_task(_work(service, folder, once=once, tell=tell))
    await asyncio.wait({running, work}, return_when=asyncio.FIRST_COMPLETED)
    if work.done():
        service.stop()
    else:
        work.cancel()
    finished, ended = await asyncio.gather(work, running, return_exceptions=True)
    for outcome in (ended, finished):
        if isinstance(outcome, Exception):
            raise outcome
    return finished is None


async def _work(service: Service, folder: Path, *, once: bool, tell: Tell) -> None:
    """Measure, draw and write once; without ``once`` draw again every minute, until cancelled."""
    began = time.monotonic()
    with _process("coverage", folder, "demo-coverage", folder, background=True) as coverage:
        try:
            await asyncio.wait_for(service.agent.wait_ready(), FIRST_ROUND_LIMIT_S)
        except TimeoutError:
            raise DemoFailed(f"not everything was asked within {FIRST_ROUND_LIMIT_S:g} s") from None
        tell(f"First full cycle: {time.monotonic() - began:.1f} s. {_counts(service.agent.current())}")
        with _process("readiness", folder, *_readiness(folder), background=True) as asking:
            await _finished(asking, "readiness", folder, good=(0, 1))
        await _finished(coverage, "coverage", folder)
        tell("Coverage computed for 177 communes (synthetic layers, schematic boundaries).")
    await service.look_at_coverage()
    await _publish(service, folder)
    names = ("metrics.prom", "communes.csv", "report.html", "map.html", "readiness.html")
    tell(f"Written: {', '.join(str(folder / name) for name in names)}")
    if once:
        return
    tell(f"Watching. Status, metrics and map: {service.url}   (Ctrl-C ends it)")
    while True:
        await asyncio.sleep(MAP_EVERY_S)
        await _publish(service, folder)


async def _publish(service: Service, folder: Path) -> None:
    """Write the metrics, the state and the map as they are now."""
    snapshot = service.agent.current()
    (folder / "metrics.prom").write_bytes(service.page.render(snapshot, Format.TEXT))
    await service.write_feed()
    with _process("map", folder, "map", "--config", folder / "province" / "phusong.yaml") as drawing:
        await _finished(drawing, "map", folder)


def _counts(snapshot: Snapshot) -> str:
    """Return how many links and endpoints have which verdict, as a sentence."""
    texts = []
    for what, rows in (("Lines", snapshot.links), ("endpoints", snapshot.endpoints)):
        counts = Counter(row.verdict for row in rows)
        texts.append(
            f"{what}: " + ", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict if counts[verdict])
        )
    return "; ".join(texts) + "."


@contextmanager
def _process(
    name: str, folder: Path, *arguments: object, background: bool = False
) -> Iterator[subprocess.Popen[str]]:
    """Run one of our commands beside us, its messages in ``folder/logs``; it ends with the block.

    One in the ``background`` gives way to the others where cores are few.
    """
    logs = folder / "logs"
    command = [sys.executable, "-m", "phusong.agent.cli", *map(str, arguments)]
    with (
        (logs / f"{name}.log").open("w", encoding="utf-8") as log,
        subprocess.Popen(  # noqa: S603 - our own
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,  # a Ctrl-C is for us; we end our processes ourselves
        ) as process,
    ):
        if background:
            os.setpriority(os.PRIO_PROCESS, process.pid, BACKGROUND_NICENESS)
        try:
            yield process
        finally:
            process.terminate()


def _wait_for_province(province: subprocess.Popen[str], folder: Path) -> None:
    """Wait for the line that says that the province answers."""
    line = province.stdout.readline() if province.stdout else ""
    if not line.startswith("{"):
        raise DemoFailed(f"the simulated province did not start: see {folder / 'logs' / 'province.log'}")


def _readiness(folder: Path) -> tuple[object, ...]:
    """Return the command that says who is ready for the next meeting, as a page and a workbook."""
    files = ("--html", folder / "readiness.html", "--xlsx", folder / "readiness.xlsx")
    config = folder / "province" / "phusong.yaml"
    return "readiness", "--config", config, "--meeting", "next", "--quiet", *files


async def _finished(process: subprocess.Popen[str], name: str, folder: Path, good: tuple[int, ...] = (0,)) -> None:
    """Wait for a batch command to end well; some do so with another exit code, too."""
    output, _ = await asyncio.to_thread(process.communicate)
    if process.returncode not in good:
        raise DemoFailed(f"{name} failed: see {folder / 'logs' / f'{name}.log'}\n{output}".rstrip())
