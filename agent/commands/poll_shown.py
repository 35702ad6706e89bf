"""What ``phusong poll`` shows of one cycle, as tables and as JSON, and of which part of the inventory."""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from typing import Any

from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text

from phusong.agent.inventory import Inventory
from phusong.collectors.call_readings import ServiceReading
from phusong.collectors.readings import InterfaceReading, PingReading
from phusong.exporters.snapshot import (
    GOOD_VERDICTS,
    EndpointRow,
    LinkRow,
    ServiceRow,
    ServiceVerdict,
    Snapshot,
    Verdict,
)
from phusong.exporters.status_services import call_problem, problem_of
from phusong.exporters.status_words import ENGLISH, difference_of_ends

GOOD = GOOD_VERDICTS | {Verdict.MAINTENANCE}
GOOD_SERVICES = frozenset({ServiceVerdict.UP, ServiceVerdict.MAINTENANCE})
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
    return replace(inventory, links=links, endpoints={}, services={})


def all_good(snapshot: Snapshot) -> bool:
    """Tell whether nothing is wrong with any link, endpoint or service, maintenance apart."""
    verdicts = [*(row.verdict for row in snapshot.links), *(row.verdict for row in snapshot.endpoints)]
    services = [row.verdict for row in snapshot.services]
    return all(verdict in GOOD for verdict in verdicts) and all(verdict in GOOD_SERVICES for verdict in services)


def as_json(snapshot: Snapshot) -> list[dict[str, Any]]:
    """Return one object per link, then one per endpoint, then one per service, for other programs."""
    return [
        *map(_link_object, snapshot.links),
        *map(_endpoint_object, snapshot.endpoints),
        *map(_watched_service_object, snapshot.services),
    ]


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
    system, reading = row.system, row.reading
    return {
        "endpoint_id": row.info.endpoint_id,
        "verdict": row.verdict,
        "up": row.up,
        "sys_name": system.sys_name if system else None,
        "sys_descr": system.sys_descr if system else None,
        "sys_object_id": system.sys_object_id if system else None,
        "sys_uptime_ticks": system.sys_uptime_ticks if system else None,
        "profile": reading.profile if reading else None,
        "model": reading.model if reading else None,
        "software": reading.software if reading else None,
        "registered": reading.registered if reading else None,
        "in_call": reading.in_call if reading else None,
        "calls": [asdict(call) for call in reading.calls] if reading else None,
        "services": [_service_object(service) for service in row.services],
        "ping": _ping_object(row.ping),
        "problem": row.problem,
    }


def _watched_service_object(row: ServiceRow) -> dict[str, Any]:
    answer = _service_object(row.reading) if row.reading else dict.fromkeys(_SERVICE_FIELDS)
    return {"service_id": row.info.service_id, "verdict": row.verdict, **answer}


_SERVICE_FIELDS = ("protocol", "port", "state", "code", "latency_s", "problem")


def _service_object(service: ServiceReading) -> dict[str, Any]:
    values = (service.kind, service.port, service.state, service.code, service.latency_s, service.problem)
    return dict(zip(_SERVICE_FIELDS, values, strict=True))


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
        name = system.sys_name if system else ""
        model = room.reading.model if room.reading else ""
        described = model or (system.sys_descr if system else "")
        problem = " ".join(filter(None, (call_problem(room, ENGLISH), room.problem)))
        shown = (room.info.endpoint_id, room.verdict, name, described, _ping_text(room.ping), problem)
        endpoints.add_row(*map(Text, shown))
    services = _table("Service", "Verdict", "Name", "Answer", "Problem")
    for service in snapshot.services:
        latency_s = service.reading.latency_s if service.reading else None
        answer = "" if latency_s is None else f"{latency_s * 1000:.0f} ms"
        problem = problem_of(service, ENGLISH)
        cells = (service.info.service_id, service.verdict, service.info.name, answer, problem)
        services.add_row(*map(Text, cells))
    return [table for table in (links, endpoints, services) if table.row_count]


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
