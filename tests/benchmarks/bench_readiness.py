"""A readiness run of 239 endpoints, none and a tenth of them silent, as a command: time and CPU.

``make bench`` calls ``run``; as a program it prints the results as JSON. All endpoints and lines are sound but for
those that the simulator is told to cut. The peer is what an administrator would write: ``snmpget`` of sysUpTime
and ``sipsak`` of SIP OPTIONS, a process each and as many at once; nothing is asked of the lines and nobody judged.
"""

from __future__ import annotations

import csv
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sound_rooms import sound_rooms

from phusong.agent.ask_once import AT_ONCE
from phusong.agent.commands.readiness_command import BETWEEN_POLLS_S
from phusong.collectors.simulator.cuts import LOOK_EVERY_S
from phusong.collectors.simulator.files import COMMUNITY

sys.path.append(str(Path(__file__).parents[1] / "support"))
from processes import run_cli

ENDPOINTS = 239
SILENT = ENDPOINTS // 10 + 1
ROUNDS = 3
ALLOWED_S = 10.0
MOST_FOR_SILENCE = 1.5
SYS_UP_TIME = "1.3.6.1.2.1.1.3.0"
ENVIRONMENT = {**os.environ, "MIBS": ""}


def run() -> list[dict[str, Any]]:
    """Return what a run costs against what is allowed, against one without silence, and against the peer."""
    with tempfile.TemporaryDirectory() as name, sound_rooms(Path(name), ENDPOINTS) as (province, endpoint_ids):
        folder = province.config.parent
        runs: dict[int, list[Run]] = {0: [], SILENT: []}
        theirs: list[Run] = []
        for _ in range(ROUNDS):
            for silent, of_silent in runs.items():
                (folder / "cuts.txt").write_text("\n".join(endpoint_ids[:silent]) + "\n", encoding="utf-8")
                time.sleep(5 * LOOK_EVERY_S)  # nothing tells that the simulator, another process, has looked
                of_silent.append(_ours(province.config, silent))
                if not silent and _peer_is_there():
                    theirs.append(_peer(folder / "inventory" / "endpoints.csv"))
    well, cut = min(runs[0]), min(runs[SILENT])
    return [*_results(well, cut), *(_against_peer(well, min(theirs)) if theirs else [])]


@dataclass(frozen=True, slots=True, order=True)
class Run:
    """What one run took, the quickest first; ``asking_s`` is the part in which it waits for answers."""

    wall_s: float
    cpu_s: float
    asking_s: float = 0.0


def _results(well: Run, cut: Run) -> list[dict[str, Any]]:
    what = f"readiness of {ENDPOINTS} endpoints, {SILENT} silent"
    pause = f"{BETWEEN_POLLS_S:g} s of it between two polls of the lines"
    return [
        {
            "name": f"{what}, time (peer: the {ALLOWED_S:g} s that are allowed)",
            "ours_s": cut.wall_s,
            "peer_s": ALLOWED_S,
            "ratio": cut.wall_s / ALLOWED_S,
            "target": 1,
            "note": f"the whole command; {cut.asking_s:.1f} s of asking, {pause}; the quickest of {ROUNDS}",
        },
        {
            "name": f"{what}, time (peer: none silent)",
            "ours_s": cut.wall_s,
            "peer_s": well.wall_s,
            "ratio": cut.wall_s / well.wall_s,
            "target": MOST_FOR_SILENCE,
            "note": f"{cut.asking_s:.1f} s of asking instead of {well.asking_s:.1f} s, {pause}",
        },
        {
            "name": f"{what}, CPU (peer: none silent)",
            "ours_s": cut.cpu_s,
            "peer_s": well.cpu_s,
            "ratio": cut.cpu_s / well.cpu_s,
            "note": "of the command's process, its start and the report as JSON with it",
        },
    ]


def _against_peer(well: Run, theirs: Run) -> list[dict[str, Any]]:
    return [
        {
            "name": f"readiness of {ENDPOINTS} endpoints, CPU (peer: snmpget and sipsak)",
            "ours_s": well.cpu_s,
            "peer_s": theirs.cpu_s,
            "ratio": well.cpu_s / theirs.cpu_s,
            "note": (
                f"none silent; the peer asks each for one object and OPTIONS in {theirs.wall_s:.1f} s, by two "
                f"processes each, {AT_ONCE} at once; ours also for calls, H.323, echoes, and the lines twice"
            ),
        }
    ]


def _ours(config: Path, silent: int) -> Run:
    """Run the command; it must find as many unreachable as are silent, all others ready but for their lines."""
    began, before = time.monotonic(), _children_s()
    done = run_cli("readiness", "--config", config, "--json")
    wall_s, cpu_s = time.monotonic() - began, _children_s() - before
    report = json.loads(done.stdout)
    unreachable = sum(row["verdict"] == "unreachable" for row in report["rows"])
    if (len(report["rows"]), unreachable) != (ENDPOINTS, silent):
        raise RuntimeError(f"{unreachable} of {len(report['rows'])} unreachable, not {silent} of {ENDPOINTS}")
    return Run(wall_s, cpu_s, report["took_s"])


def _peer_is_there() -> bool:
    return all(map(shutil.which, ("snmpget", "sipsak")))


def _peer(endpoints: Path) -> Run:
    """Ask every endpoint by two processes."""
    commands = []
    with endpoints.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            agent = f"{row['address']}:{row['port']}"
            commands.append(["snmpget", "-v2c", f"-c{COMMUNITY}", "-r1", "-t1", agent, SYS_UP_TIME])
            sip_port = next(
                word.partition(":")[2] for word in row["services"].split() if word.startswith("sip-udp:")
            )
            commands.append(["sipsak", "-s", f"sip:room@{row['address']}:{sip_port}"])
    began, before = time.monotonic(), _children_s()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        failed = sum(map(bool, threads.map(_status, commands)))
    if failed > len(commands) // 10:
        raise RuntimeError(f"{failed} of {len(commands)} commands of the peer failed")
    return Run(time.monotonic() - began, _children_s() - before)


def _status(command: Sequence[str]) -> int:
    return subprocess.run(command, capture_output=True, env=ENVIRONMENT, check=False).returncode


def _children_s() -> float:
    """Return the CPU seconds of all processes that have ended by now."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    print(json.dumps(run(), indent=1))
