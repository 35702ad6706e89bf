"""Real processes for tests: our command line, the simulated province and other servers, on loopback only."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

CLI = (sys.executable, "-m", "phusong.agent.cli")
PATIENCE_S = 30.0

T = TypeVar("T")


def run_cli(*arguments: object, timeout_s: float = 120, **more: object) -> subprocess.CompletedProcess[str]:
    """Run a phusong command to its end."""
    command = [*CLI, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=False, **more)


@contextmanager
def running(
    command: Sequence[object], log: Path, *, env: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """Run a server beside the test, its output in ``log``; it is ended, and killed when it does not end."""
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            list(map(str, command)),
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, **(env or {})},
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def simulated_province(folder: Path, *, listen: str, trap_port: int = 0) -> Iterator[subprocess.Popen[str]]:
    """Serve the simulated province, its files in ``folder``; its hubs send traps to the port, if there is one."""
    log = folder.with_name(folder.name + "-simulate.log")
    folder.mkdir(parents=True, exist_ok=True)
    command = [*CLI, "simulate", "--out", folder, "--listen", listen, "--trap-port", trap_port]
    with running(command, log) as process:
        wait_for(lambda: json.loads(log.read_text() or "null"), "the simulated province")
        yield process


def wait_for(
    ask: Callable[[], T | None], what: str, *, patience_s: float = PATIENCE_S, pause_s: float = 0.05
) -> T:
    """Ask again and again until there is an answer; errors count as none."""
    deadline = time.monotonic() + patience_s
    problem: object = "no answer"
    while time.monotonic() < deadline:
        try:
            answer = ask()
        except (OSError, ValueError, KeyError, AssertionError, http.client.HTTPException) as error:
            problem = error
        else:
            if answer:
                return answer
        time.sleep(pause_s)  # between two questions to another process, which has no way to call us
    raise AssertionError(f"waited {patience_s:g} s for {what}: {problem}")


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """Return a port of 127.0.0.1 that nobody uses now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def fetch(url: str, **headers: str) -> str:
    """Return the body of a page; ``AssertionError`` where the status is not 200."""
    parts = urllib.parse.urlsplit(url)
    with contextlib.closing(http.client.HTTPConnection(parts.netloc, timeout=10)) as connection:
        connection.request("GET", url.removeprefix(f"http://{parts.netloc}") or "/", headers=headers)
        answer = connection.getresponse()
        body = answer.read().decode()
    assert answer.status == 200, f"{url}: {answer.status} {body[:200]}"
    return body


def stop_and_wait(process: subprocess.Popen[str], number: int = signal.SIGTERM) -> tuple[int, float]:
    """Send a signal and wait for the end; return the exit code and how many seconds it took."""
    began = time.monotonic()
    process.send_signal(number)
    return process.wait(30), time.monotonic() - began


def samples(page: str, name: str) -> dict[str, float]:
    """Return the samples of one metric of a page, by their labels as they stand there."""
    found = {}
    for line in page.splitlines():
        if line.startswith((name + "{", name + " ")):
            labels, _, value = line[len(name) :].rpartition(" ")
            found[labels] = float(value)
    return found
