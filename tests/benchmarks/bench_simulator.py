"""Requests per second that the simulated province answers on one core: GETs of 20 objects, all offices in turn.

The server runs in a process of its own; this process sends requests that were encoded before and counts replies.
``make bench`` calls ``run``; as a program it prints the result as JSON.
"""

from __future__ import annotations

import csv
import json
import multiprocessing
import os
import socket
import time
from pathlib import Path
from random import Random

from phusong.collectors import mib
from phusong.collectors.simulator.equipment import DeviceKind
from phusong.collectors.simulator.province import CommunePlace, Province, build_province
from phusong.collectors.simulator.server import Ports, serve
from phusong.collectors.snmp.community import wrap
from phusong.collectors.snmp.credentials import V2C, Community
from phusong.collectors.snmp.pdu import get_request

COMMUNITY = "bench"
WINDOW = 64
"""Requests under way at once: enough that the server never waits for us."""
WARM_REQUESTS = 2_000
REQUESTS = 30_000
SILENCE_S = 5.0
NEEDED_PER_S = 2_000
COLUMNS = (
    mib.IF_NAME, mib.IF_ALIAS, mib.IF_DESCR, mib.IF_ADMIN_STATUS, mib.IF_OPER_STATUS, mib.IF_LAST_CHANGE,
    mib.IF_HIGH_SPEED, mib.IF_SPEED, mib.IF_HC_IN_OCTETS, mib.IF_HC_OUT_OCTETS, mib.IF_IN_OCTETS,
    mib.IF_OUT_OCTETS, mib.IF_HC_IN_UCAST_PKTS, mib.IF_HC_OUT_UCAST_PKTS, mib.IF_IN_ERRORS, mib.IF_OUT_ERRORS,
    mib.IF_IN_DISCARDS, mib.IF_OUT_DISCARDS, mib.IF_COUNTER_DISCONTINUITY_TIME,
)  # fmt: skip


def run() -> dict[str, object]:
    """Return the server's CPU time per request against what 2,000 requests a second on one core allow."""
    province = build_province(_communes())
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(
        target=serve,
        args=(province,),
        kwargs={"port": 0, "echo_port": 0, "community": COMMUNITY, "ready": theirs.send},
    )
    server.start()
    try:
        ports: Ports = ours.recv()
        messages = _messages(province, ports.snmp)
        _exchange(messages, WARM_REQUESTS)
        cpu_before, begin = _cpu_s(server.pid), time.perf_counter()
        octets = _exchange(messages, REQUESTS)
        wall_s, cpu_s = time.perf_counter() - begin, _cpu_s(server.pid) - cpu_before
    finally:
        server.terminate()
        server.join()
    cpu_us = cpu_s / REQUESTS * 1e6
    return {
        "name": "simulated agent, one reply (peer: the need)",
        "ours_us": round(cpu_us, 1),
        "peer_us": 1e6 / NEEDED_PER_S,
        "ratio": cpu_us * NEEDED_PER_S / 1e6,
        "target": 1,
        "requests_per_s": round(1e6 / cpu_us),
        "wall_requests_per_s": round(REQUESTS / wall_s),
        "note": (
            f"{1e6 / cpu_us:,.0f} requests per second of one core ({REQUESTS / wall_s:,.0f} by the wall clock with"
            f" the client beside it): GETs of {len(COLUMNS) + 1} objects over {len(messages)} agents,"
            f" {octets // REQUESTS} octets a reply"
        ),
    }


def _communes() -> list[CommunePlace]:
    path = Path(__file__).parents[2] / "coverage" / "data" / "communes_2020-01.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return [
            CommunePlace(r["code"], r["name"], r["type"], r["district_name"], float(r["lat"]), float(r["lon"]))
            for r in csv.DictReader(file)
        ]


def _messages(province: Province, port: int) -> list[tuple[bytes, bytes, tuple[str, int]]]:
    """Return head, tail and address of one request per agent that answers now, hubs and offices mixed."""
    messages = []
    for device in province.devices:
        if device.kind is DeviceKind.CPE or device.habit.only_v1 or not province.answers_snmp(device, 0.0):
            continue
        row = next(row for row in device.rows if row.line_id)
        request = get_request([mib.SYS_UP_TIME, *((*column, row.index) for column in COLUMNS)])
        envelope = wrap(Community(V2C, COMMUNITY.encode()), request)
        messages.append((envelope.head, envelope.tail, (device.address, port)))
    Random(22).shuffle(messages)
    return messages


def _exchange(messages: list[tuple[bytes, bytes, tuple[str, int]]], count: int) -> int:
    """Send ``count`` requests, never more than the window ahead of the replies; return the octets received."""
    sent = received = octets = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(SILENCE_S)
        while received < count:
            while sent < count and sent - received < WINDOW:
                head, tail, address = messages[sent % len(messages)]
                client.sendto(head + (0x01000000 + sent).to_bytes(4, "big") + tail, address)
                sent += 1
            octets += len(client.recv(65_535))
            received += 1
    return octets


def _cpu_s(pid: int | None) -> float:
    """Return the CPU seconds of a process, user and system (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    print(json.dumps(run(), indent=1))
