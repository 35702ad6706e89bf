"""Other programs that probe services, as peers: blackbox_exporter, sipsak and sipp.

blackbox_exporter knows no SIP, sipsak asks once in a process, sipp asks one address many times.
"""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote

from live_province import fetch, free_port, running, samples, wait_for
from snmp_exporter import Exporter

TIMEOUT_S = 2
TCP, HTTP = "tcp_connect", "http_text"
MODULES = {
    TCP: {"prober": "tcp", "timeout": f"{TIMEOUT_S}s"},
    HTTP: {
        "prober": "http",
        "timeout": f"{TIMEOUT_S}s",
        "http": {"valid_status_codes": [HTTPStatus.OK], "fail_if_body_not_matches_regexp": ["<title>"]},
    },
}
OPTIONS = """<?xml version="1.0"?>
<scenario name="OPTIONS">
 <send retrans="500"><![CDATA[
OPTIONS sip:room@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch];rport
Max-Forwards: 70
From: <sip:probe@[local_ip]:[local_port]>;tag=[call_number]
To: <sip:room@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 OPTIONS
Contact: <sip:probe@[local_ip]:[local_port]>
Accept: application/sdp
Content-Length: 0

]]></send>
 <recv response="200"/>
</scenario>
"""


class BlackboxExporter:
    """A running blackbox_exporter."""

    def __init__(self, pid: int, port: int) -> None:
        self._pid = pid
        self._port = port

    def probe(self, module: str, targets: Sequence[str], at_once: int) -> float:
        """Let it probe the targets; return the CPU seconds that it took for all."""
        paths = [f"/probe?module={module}&target={quote(target)}" for target in targets]
        page = fetch(f"http://127.0.0.1:{self._port}{paths[0]}")
        if samples(page, "probe_success") != {"": 1.0}:
            raise RuntimeError(f"blackbox_exporter finds fault with {targets[0]}")
        with closing(Exporter(self._pid, self._port, paths, len(paths), at_once)) as exporter:
            began = exporter.spent_s()
            exporter.scrape_all(time.monotonic(), 0.0)
            if any(answer.result() != HTTPStatus.OK for answer in exporter.answers):
                raise RuntimeError("blackbox_exporter refuses to probe")
            return exporter.spent_s() - began


@contextmanager
def running_blackbox(folder: Path) -> Iterator[BlackboxExporter | None]:
    """Run blackbox_exporter; ``None`` where it is not installed."""
    program = shutil.which("prometheus-blackbox-exporter")
    if program is None:
        yield None
        return
    config, port = folder / "blackbox.yml", free_port()
    config.write_text(json.dumps({"modules": MODULES}), encoding="utf-8")
    command = [program, f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]
    with running(command, folder / "blackbox.log") as process:
        wait_for(lambda: fetch(f"http://127.0.0.1:{port}/-/healthy"), "blackbox_exporter")
        yield BlackboxExporter(process.pid, port)


def sipsak_s(addresses: Sequence[tuple[str, int]], at_once: int) -> float | None:
    """Return the CPU seconds for OPTIONS to all of these, a process each; ``None`` where it is not installed."""
    program = shutil.which("sipsak")
    if program is None:
        return None
    commands = [[program, "-s", f"sip:room@{host}:{port}"] for host, port in addresses]
    before = _children_s()
    with ThreadPoolExecutor(at_once) as threads:
        failed = sum(map(bool, threads.map(_status, commands)))
    if failed:
        raise RuntimeError(f"{failed} of {len(commands)} times sipsak had no good answer")
    return _children_s() - before


def sipp_s(address: tuple[str, int], times: int, per_s: int, folder: Path) -> float | None:
    """Return the CPU seconds for so many OPTIONS to one address; ``None`` where sipp is not installed."""
    program = shutil.which("sipp")
    if program is None:
        return None
    scenario = folder / "options.xml"
    scenario.write_text(OPTIONS, encoding="ascii")
    host, port = address
    options = ["-sf", scenario, "-m", times, "-r", per_s, "-i", "127.0.0.1", "-nostdin"]
    before = _children_s()
    if _status([program, *map(str, options), f"{host}:{port}"]):
        raise RuntimeError("sipp had no good answers")
    return _children_s() - before


def _status(command: Sequence[str]) -> int:
    return subprocess.run(command, capture_output=True, check=False).returncode


def _children_s() -> float:
    """Return the CPU seconds of all processes that have ended by now."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
