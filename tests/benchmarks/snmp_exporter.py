"""snmp_exporter as the peer: a module for what is asked of each agent, and scrapes spread over a cycle.

Format of snmp_exporter 0.21, as Debian has it.
"""

from __future__ import annotations

import http.client
import json
import shutil
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from asked_objects import Asked
from live_province import AS_PROMETHEUS, fetch, free_port, running, spent_s, wait_for

from phusong.collectors.snmp.ber import Oid, Value, format_oid
from phusong.collectors.snmp.credentials import V1, V2C, V3, Credentials, UsmUser
from phusong.collectors.snmp.learned import OBJECTS_PER_REQUEST

MOST_WAITING = 100
VERSIONS = {V1: 1, V2C: 2, V3: 3}
AUTH_PROTOCOLS = {"md5": "MD5", "sha": "SHA"}
"""snmp_exporter 0.21 knows more; these two are what the benchmarks use."""
PRIV_PROTOCOLS = {"des": "DES", "aes128": "AES"}


class Exporter:
    """A running exporter that asks others, and what it is to be asked for, so many at the same time at most."""

    def __init__(
        self, pid: int, port: int, scrapes: Sequence[str], requests: int, at_once: int = MOST_WAITING
    ) -> None:
        self.answers: list[Future[int]] = []
        """The status of each scrape; not 200 where nobody answers or an SNMPv1 agent has room for little."""
        self.scrapes = scrapes
        self.requests = requests
        """How many requests the scrapes need, when each is answered at once."""
        self._pid = pid
        self._port = port
        self._threads = ThreadPoolExecutor(at_once)
        self._idle: list[http.client.HTTPConnection] = []

    def spent_s(self) -> float:
        """Return its CPU seconds so far."""
        return spent_s(self._pid)

    def scrape_all(self, begin: float, cycle_s: float) -> None:
        """Scrape everything once, spread over a cycle that begins then; who is silent holds up nobody."""
        for number, path in enumerate(self.scrapes):
            time.sleep(max(0.0, begin + number * cycle_s / len(self.scrapes) - time.monotonic()))
            self.answers.append(self._threads.submit(self._get, path))

    def _get(self, path: str) -> int:
        """Get a page as Prometheus does: over a connection that is kept, compressed where the exporter can."""
        connection = self._idle.pop() if self._idle else http.client.HTTPConnection("127.0.0.1", self._port)
        connection.request("GET", path, headers=AS_PROMETHEUS)
        answer = connection.getresponse()
        answer.read()
        self._idle.append(connection)
        return answer.status

    def close(self) -> None:
        """Wait for what is under way and close the connections."""
        self._threads.shutdown()
        for connection in self._idle:
            connection.close()


@contextmanager
def running_exporter(folder: Path, asked: Sequence[Asked]) -> Iterator[Exporter | None]:
    """Run snmp_exporter, to be asked for these objects; ``None`` where it is not installed."""
    program = shutil.which("prometheus-snmp-exporter")
    if program is None:
        yield None
        return
    modules: dict[str, dict[str, Any]] = {}
    names: dict[str, str] = {}
    """Of modules, by their text: many agents share one."""
    scrapes = []
    for one in asked:
        module = _module(one)
        name = names.setdefault(json.dumps(module), f"module-{len(names)}")
        modules[name] = module
        scrapes.append(f"/snmp?target={one.address[0]}:{one.address[1]}&module={name}")
    requests = sum(_requests(one) for one in asked)
    config, port = folder / "snmp.yml", free_port()
    config.write_text(json.dumps(modules), encoding="utf-8")
    command = [program, f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}"]
    with (
        running(command, folder / "exporter.log") as process,
        closing(Exporter(process.pid, port, scrapes, requests)) as exporter,
    ):
        wait_for(lambda: fetch(f"http://127.0.0.1:{port}/"), "snmp_exporter")
        yield exporter


def _module(asked: Asked) -> dict[str, Any]:
    """Return the module that gets just these objects, as many in a request as we ask for."""
    metrics = {oid[:-1]: _metric(oid, value) for oid, value in reversed(asked.values.items())}
    metrics |= {root: _walked_metric(root, rows) for root, rows in asked.walks.items()}
    return {
        "get": list(map(format_oid, asked.values)),
        "walk": list(map(format_oid, asked.walks)),
        "metrics": list(metrics.values()),
        "max_repetitions": OBJECTS_PER_REQUEST,
        "version": VERSIONS[asked.auth.version],
        "timeout": "1s",
        "retries": 1,
        "auth": _auth(asked.auth),
    }


def _requests(asked: Asked) -> int:
    """Return how many requests snmp_exporter makes of a scrape; under SNMPv1 it gets each object by itself."""
    at_once = 1 if asked.auth.version == V1 else OBJECTS_PER_REQUEST
    return -(-len(asked.values) // at_once) + sum(len(rows) // at_once + 1 for rows in asked.walks.values())


def _metric(oid: Oid, value: Value) -> dict[str, Any]:
    """Return a metric; texts as octets, since one that is not UTF-8 would cost it the scrape."""
    name = f"object_{'_'.join(map(str, oid[:-1]))}"
    metric: dict[str, Any] = {
        "name": name,
        "oid": format_oid(oid[:-1]),
        "type": "OctetString" if isinstance(value, bytes | tuple) else "gauge",
        "help": "An object.",
    }
    return metric if oid[-1] == 0 else {**metric, "indexes": [{"labelname": "index", "type": "gauge"}]}


def _walked_metric(root: Oid, rows: dict[Oid, Value]) -> dict[str, Any]:
    """Return the metric of a column that is walked, with as many indexes as its rows have."""
    row, value = next(iter(rows.items()), ((*root, 1), 1))
    indexes = [{"labelname": f"index{n}", "type": "gauge"} for n in range(len(row) - len(root))]
    return {**_metric((*root, 1), value), "indexes": indexes}


def _auth(auth: Credentials) -> dict[str, str]:
    if not isinstance(auth, UsmUser):
        return {"community": auth.name.decode()}
    assert auth.auth is not None
    assert auth.priv is not None
    return {
        "username": auth.name.decode(),
        "security_level": "authPriv",
        "auth_protocol": AUTH_PROTOCOLS[auth.auth],
        "password": auth.auth_password.decode(),
        "priv_protocol": PRIV_PROTOCOLS[auth.priv],
        "priv_password": auth.priv_password.decode(),
    }
