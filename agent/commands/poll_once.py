"""One cycle for ``phusong poll``: asks everything once, without a schedule, and shows what was read."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text

from phusong.agent.daemon import make_pinger, state_settings
from phusong.agent.input.config import Config
from phusong.agent.inventory import Inventory
from phusong.agent.judging.fleet_state import FleetState
from phusong.agent.polling.observations import Observations
from phusong.agent.polling.poll_plan import Job, make_plan
from phusong.agent.polling.pollers import Pollers, Tools
from phusong.agent.polling.snmp_security import EngineWatch
from phusong.collectors.host_address import HostAddresses
from phusong.collectors.readings import InterfaceReading, PingReading
from phusong.collectors.snmp.client import SnmpClient
from phusong.exporters.snapshot import GOOD_VERDICTS, EndpointRow, LinkRow, Snapshot, Verdict
from phusong.exporters.status_words import ENGLISH, difference_of_ends

AT_ONCE = 200
"""So many devices are asked at the same time."""
GOOD = GOOD_VERDICTS | {Verdict.MAINTENANCE}
WIDE_TERMINAL = 120
LONGEST_DEVICE_TEXT = 32
OPER_STATUS = {1: "up", 2: "down", 3: "testing", 4: "unknown", 5: "dormant", 6: "notPresent", 7: "lowerLayerDown"}
"""ifOperStatus (IF-MIB)."""


def part_of(inventory: Inventory, *, device: str | None, link: str | None) -> Inventory:
    """Return the inventory with the links of one device, or one link, only; all of it when neither is given.

    Raises
    ------
    LookupError
        There is no such device or link.
    """
    if device is not None and device not in inventory.devices:
        raise LookupError(f"no device {device!r} in devices.csv")
    if link is not None and link not in inventory.links:
        raise LookupError(f"no link {link!r} in links.csv")
    if device is None and link is None:
        return inventory
    links = {
        key: row
        for key, row in inventory.links.items()
        if (link is None or key == link)
        and (device is None or device in (end.device_id for end in (row.near, row.far) if end))
    }
    if not links:
        raise LookupError(f"no link uses device {device!r}" if link is None else f"link {link!r} does not use it")
    return replace(inventory, links=links, endpoints={})


async def poll_once(config: Config, inventory: Inventory, progress: Callable[[int, int], None]) -> Snapshot:
    """Ask every device, endpoint and address once; ``progress`` hears how many of how many are done."""
    observations = Observations(time.monotonic, time.time)
    pinger = make_pinger(config.ping)
    plan = make_plan(inventory, config.video.services)
    jobs: tuple[Job, ...] = (*plan.devices, *plan.endpoints, *plan.pings, *plan.probes)
    room = asyncio.Semaphore(AT_ONCE)
    done = 0
    with SnmpClient() as client:
        client.limit_requests(config.poll.requests_per_second)
        engines = EngineWatch(client.engines, lambda _asked_id, _changes: None)
        tools = Tools(client, pinger, HostAddresses(time.monotonic), engines)
        pollers = Pollers(config, inventory, tools, observations, lambda _: None)

        async def run(job: Job) -> None:
            nonlocal done
            async with room:
                await pollers.run(job)
            done += 1
            progress(done, len(jobs))

        await asyncio.gather(*map(run, jobs))
    pinger.close()
    settings = replace(
        state_settings(config), parent_wait_s=0.0
    )  # all have been asked: there is nothing to wait for
    return FleetState(inventory, observations, settings).snapshot()


def as_json(snapshot: Snapshot) -> list[dict[str, Any]]:
    """Return one object per link, then one per endpoint, for other programs."""
    return [*map(_link_object, snapshot.links), *map(_endpoint_object, snapshot.endpoints)]


def _link_object(row: LinkRow) -> dict[str, Any]:
    """Return a link: the fields of the end that answered (the office's first), and both ends beside it."""
    ends = {"near": _end_object(row.near), "far": _end_object(row.far)}
    shown = ends["far"] or ends["near"] or dict.fromkeys(_END_FIELDS)
    return {
        "link_id": row.info.link_id,
        "verdict": row.verdict,
        "up": row.up,
        "ends_differ": row.ends_differ,
        **shown,
        **ends,
        "ping": _ping_object(row.ping),
        "problem": row.problem,
    }


_END_FIELDS = ("device", *(field.name for field in fields(InterfaceReading) if field.name != "device_id"))


def _end_object(reading: InterfaceReading | None) -> dict[str, Any] | None:
    if reading is None:
        return None
    return {field: getattr(reading, "device_id" if field == "device" else field) for field in _END_FIELDS}


def _endpoint_object(row: EndpointRow) -> dict[str, Any]:
    system = row.system
    return {
        "endpoint_id": row.info.endpoint_id,
        "verdict": row.verdict,
        "up": row.up,
        "sys_name": system.sys_name if system else None,
        "sys_descr": system.sys_descr if system else None,
        "sys_object_id": system.sys_object_id if system else None,
        "sys_uptime_ticks": system.sys_uptime_ticks if system else None,
        "ping": _ping_object(row.ping),
        "problem": row.problem,
    }


def _ping_object(ping: PingReading | None) -> dict[str, Any] | None:
    if ping is None:
        return None
    return {"sent": ping.sent, "received": ping.received, "rtt_avg_s": ping.rtt_avg_s}


def as_tables(snapshot: Snapshot, width: int) -> list[Table]:
    """Return the links and the endpoints as tables for a terminal of ``width`` columns.

    Narrow ones go without the counters, so that ids and verdicts stay whole. Device text is never taken as markup.
    """
    counters = width >= WIDE_TERMINAL
    octets = ("In octets", "Out octets") if counters else ()
    links = _table("Link", "Verdict", "Device", "Interface", "State", *octets, "Ping", "Problem")
    for row in snapshot.links:
        reading = row.far or row.near
        numbers = (_number(reading.in_octets), _number(reading.out_octets)) if reading else ("", "")
        state = OPER_STATUS.get(reading.oper_status or 0, "?") if reading else ""
        interface = (reading.device_id, reading.if_name) if reading else ("", "")
        shown = (*interface, state, *(numbers if counters else ()), _ping_text(row.ping), _problem(row))
        links.add_row(*map(Text, (row.info.link_id, row.verdict, *shown)))
    endpoints = _table("Endpoint", "Verdict", "Name", "System", "Ping", "Problem")
    for room in snapshot.endpoints:
        system = room.system
        described = (system.sys_name, system.sys_descr) if system else ("", "")
        shown = (room.info.endpoint_id, room.verdict, *described, _ping_text(room.ping), room.problem)
        endpoints.add_row(*map(Text, shown))
    return [table for table in (links, endpoints) if table.row_count]


def _problem(row: LinkRow) -> str:
    return " ".join(filter(None, (difference_of_ends(row, ENGLISH), row.problem)))


def _table(*headings: str) -> Table:
    table = Table(box=SIMPLE, padding=0, pad_edge=False)
    for heading in headings:
        kept_whole = heading not in ("Interface", "Name", "System", "Ping", "Problem")
        table.add_column(
            heading,
            no_wrap=kept_whole,
            justify="right" if "octets" in heading else "left",
            max_width=None if kept_whole or heading == "Problem" else LONGEST_DEVICE_TEXT,
        )
    return table


def _number(value: int | None) -> str:
    return f"{value:,}" if value is not None else ""


def _ping_text(ping: PingReading | None) -> str:
    if ping is None:
        return ""
    if ping.rtt_avg_s is None:
        return "no answer"
    return f"{ping.rtt_avg_s * 1000:.1f} ms" + (f", {ping.loss_ratio:.0%} lost" if ping.loss_ratio else "")
