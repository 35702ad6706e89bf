"""CPU per GET of 20 objects over v2c and v3 authPriv, on one real snmpd: ours, pysnmp's and snmp_exporter's.

``make bench`` calls ``run``; as a program it prints the results as JSON. All clients ask the same agent for the
same objects in one run, by turns, so that a slow moment of the machine is shared. Counted is the CPU time of the
client's process only. snmp_exporter answers a scrape for each GET and writes the 20 samples, which is more than we
do here.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from phusong.collectors import mib
from phusong.collectors.interface_lookup import Column, InterfaceSelector
from phusong.collectors.interfaces import InterfacePoller
from phusong.collectors.snmp.batch import BatchReader
from phusong.collectors.snmp.ber import Oid, format_oid
from phusong.collectors.snmp.client import SnmpClient, Target, prepare
from phusong.collectors.snmp.credentials import V2C, Community, Credentials, UsmUser
from phusong.collectors.snmp.pdu import get_request
from phusong.collectors.snmp.usm_keys import AuthProtocol, PrivProtocol

sys.path.append(str(Path(__file__).parents[1] / "support"))
import snmp_peers

ROUNDS = 5
OUR_GETS = 2560
OUR_POLLS = 640
PYSNMP_GETS = 64
EXPORTER_SCRAPES = 400
CONCURRENCY = 64
EXPORTER_CONNECTIONS = 4
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")

COLUMNS: dict[str, Oid] = {
    "IF_NAME": mib.IF_NAME,
    "IF_ALIAS": mib.IF_ALIAS,
    "IF_DESCR": mib.IF_DESCR,
    "IF_ADMIN_STATUS": mib.IF_ADMIN_STATUS,
    "IF_OPER_STATUS": mib.IF_OPER_STATUS,
    "IF_SPEED": mib.IF_SPEED,
    "IF_HIGH_SPEED": mib.IF_HIGH_SPEED,
    "IF_LAST_CHANGE": mib.IF_LAST_CHANGE,
    "IF_HC_IN_OCTETS": mib.IF_HC_IN_OCTETS,
    "IF_HC_OUT_OCTETS": mib.IF_HC_OUT_OCTETS,
    "IF_IN_OCTETS": mib.IF_IN_OCTETS,
    "IF_OUT_OCTETS": mib.IF_OUT_OCTETS,
    "IF_HC_IN_UCAST_PKTS": mib.IF_HC_IN_UCAST_PKTS,
    "IF_HC_OUT_UCAST_PKTS": mib.IF_HC_OUT_UCAST_PKTS,
    "IF_IN_ERRORS": mib.IF_IN_ERRORS,
    "IF_OUT_ERRORS": mib.IF_OUT_ERRORS,
    "IF_IN_DISCARDS": mib.IF_IN_DISCARDS,
    "IF_OUT_DISCARDS": mib.IF_OUT_DISCARDS,
    "IF_COUNTER_DISCONTINUITY_TIME": mib.IF_COUNTER_DISCONTINUITY_TIME,
}
OIDS: list[Oid] = [mib.SYS_UP_TIME, *((*column, 1) for column in COLUMNS.values())]
USER = UsmUser(b"bench", AuthProtocol.SHA, b"auth-password", PrivProtocol.AES128, b"priv-password")
"""SHA-1 and AES-128: what every client here knows."""
USER_CONFIG = "createUser bench SHA auth-password AES priv-password\nrouser bench authpriv\n"
VERSIONS: dict[str, Credentials] = {"v2c": Community(V2C, b"public"), "v3": USER}
TARGETS = {"v2c": 1 / 3, "v3": 1 / 2}
TEXTS = ("IF_NAME", "IF_ALIAS", "IF_DESCR")


def run() -> list[dict[str, object]]:
    """Return the CPU seconds per GET, ours and each peer's, with their ratios."""
    with ExitStack() as stack:
        port = stack.enter_context(snmp_peers.running_snmpd(USER_CONFIG)).port
        return [result for version in VERSIONS for result in _measure(version, port, stack)]


def _measure(version: str, port: int, stack: ExitStack) -> list[dict[str, object]]:
    auth = VERSIONS[version]
    clients: dict[str, tuple[Callable[[], float], int]] = {
        "ours": (lambda: asyncio.run(_our_gets(port, auth)), OUR_GETS),
        "our poll of one row": (lambda: asyncio.run(_our_polls(port, auth)), OUR_POLLS),
        "pysnmp": (lambda: asyncio.run(_pysnmp_gets(port, version)), PYSNMP_GETS),
    }
    exporter = shutil.which("prometheus-snmp-exporter")
    if exporter:
        scrape = stack.enter_context(_running_exporter(exporter, port, version))
        clients["snmp_exporter"] = (scrape, EXPORTER_SCRAPES)
    spent = dict.fromkeys(clients, 0.0)
    for _ in range(ROUNDS):
        for client, (work, _count) in clients.items():
            spent[client] += work()
    per_get = {client: spent[client] / ROUNDS / count for client, (_, count) in clients.items()}
    details = {f"{client.replace(' ', '_')}_us": round(seconds * 1e6, 1) for client, seconds in per_get.items()}
    results = []
    for peer, target in (("snmp_exporter", TARGETS[version]), ("pysnmp", None)):
        if peer in per_get:
            result: dict[str, object] = {
                "name": f"get {version} against {peer}",
                "ours_s": per_get["ours"],
                "peer_s": per_get[peer],
                "ratio": per_get["ours"] / per_get[peer],
                "note": f"CPU of the client per GET of {len(OIDS)} objects, {version}, one snmpd"
                + (", its scrape included" if peer == "snmp_exporter" else ""),
                "details": details,
            }
            results.append(result if target is None else {**result, "target": target})
    return results


async def _our_gets(port: int, auth: Credentials) -> float:
    target = Target(("127.0.0.1", port), auth)
    prepared = prepare(target, get_request(OIDS))
    with SnmpClient() as client:
        assert (await client.get(prepared))[1] == b"lo"

        async def work() -> None:
            for _ in range(OUR_GETS // CONCURRENCY):
                await client.get(prepared)

        begin = time.process_time()
        await asyncio.gather(*(work() for _ in range(CONCURRENCY)))
        spent = time.process_time() - begin
        assert client.counters.replies > OUR_GETS
    return spent


async def _our_polls(port: int, auth: Credentials) -> float:
    """Measure what a device of one link costs: 23 objects, the choice of counters and the reading."""
    target = Target(("127.0.0.1", port), auth)
    selector = InterfaceSelector(Column.NAME, "lo")
    with SnmpClient() as client:
        pollers = [
            InterfacePoller(f"d{n}", client, BatchReader(client, target), [selector], time.monotonic)
            for n in range(CONCURRENCY)
        ]
        await asyncio.gather(*(poller.poll() for poller in pollers))
        begin = time.process_time()
        for _ in range(OUR_POLLS // CONCURRENCY):
            polls = await asyncio.gather(*(poller.poll() for poller in pollers))
            assert all(poll.readings for poll in polls)
        return time.process_time() - begin


async def _pysnmp_gets(port: int, version: str) -> float:
    from pysnmp.hlapi.v3arch import asyncio as pysnmp
    from pysnmp.proto.rfc1902 import Null, ObjectName

    engine, context = pysnmp.SnmpEngine(), pysnmp.ContextData()
    auth: Any = pysnmp.CommunityData("public", mpModel=1)
    if version == "v3":
        auth = pysnmp.UsmUserData(
            "bench",
            "auth-password",
            "priv-password",
            authProtocol=pysnmp.USM_AUTH_HMAC96_SHA,
            privProtocol=pysnmp.USM_PRIV_CFB128_AES,
        )
    transport = await pysnmp.UdpTransportTarget.create(("127.0.0.1", port), timeout=5, retries=1)
    asked = [(ObjectName(oid), Null("")) for oid in OIDS]

    async def get() -> Any:
        return await pysnmp.get_cmd(engine, auth, transport, context, *asked, lookupMib=False)

    error, status, _, bindings = await get()
    assert error is None
    assert not status
    assert bytes(bindings[1][1]) == b"lo"

    async def work() -> None:
        for _ in range(PYSNMP_GETS // 8):
            error, *_ = await get()
            assert error is None

    begin = time.process_time()
    await asyncio.gather(*(work() for _ in range(8)))
    spent = time.process_time() - begin
    engine.close_dispatcher()
    return spent


@contextmanager
def _running_exporter(program: str, snmpd_port: int, version: str) -> Iterator[Callable[[], float]]:
    """Start snmp_exporter; yield what scrapes it and returns the CPU time that it took."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "snmp.yml"
        config.write_text(_exporter_config(version), encoding="utf-8")
        command = [program, f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        path = f"/snmp?target=127.0.0.1:{snmpd_port}&module=row"
        try:
            _wait_for_exporter(port, path)

            def scrape() -> float:
                begin = _cpu_s(process.pid)
                threads = [
                    threading.Thread(target=_scrapes, args=(port, path, EXPORTER_SCRAPES // EXPORTER_CONNECTIONS))
                    for _ in range(EXPORTER_CONNECTIONS)
                ]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
                return _cpu_s(process.pid) - begin

            yield scrape
        finally:
            process.terminate()
            process.wait(timeout=10)


def _exporter_config(version: str) -> str:
    """Write a module with 20 ``get`` objects in the format of snmp_exporter 0.21, which JSON is a part of."""
    metrics: list[dict[str, object]] = [
        {"name": "sysUpTime", "oid": format_oid(mib.SYS_UP_TIME[:-1]), "type": "gauge", "help": "ticks"}
    ]
    for name, column in COLUMNS.items():
        metrics.append(
            {
                "name": name,
                "oid": format_oid(column),
                "type": "DisplayString" if name in TEXTS else "gauge",
                "help": name,
                "indexes": [{"labelname": "ifIndex", "type": "gauge"}],
            }
        )
    module = {
        "get": list(map(format_oid, OIDS)),
        "metrics": metrics,
        "version": 2,
        "auth": {"community": "public"},
    }
    if version == "v3":
        module["version"] = 3
        module["auth"] = {
            "username": "bench",
            "security_level": "authPriv",
            "auth_protocol": "SHA",
            "password": "auth-password",
            "priv_protocol": "AES",
            "priv_password": "priv-password",
        }
    return json.dumps({"row": module})


def _wait_for_exporter(port: int, path: str) -> None:
    for _ in range(100):
        try:
            page = _scrapes(port, path, 1)
        except OSError:
            time.sleep(0.05)
            continue
        samples = [line for line in page.splitlines() if line.startswith((b"sysUpTime", b"IF_"))]
        assert len(samples) == len(OIDS), page.decode()
        return
    raise RuntimeError("snmp_exporter does not answer")


def _scrapes(port: int, path: str, count: int) -> bytes:
    """Scrape so many times over one connection; return the last page."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    page = b""
    for _ in range(count):
        connection.request("GET", path)
        answer = connection.getresponse()
        page = answer.read()
        assert answer.status == 200, page
    connection.close()
    return page


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


if __name__ == "__main__":
    print(json.dumps(run(), indent=1))
