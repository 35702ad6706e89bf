"""Writes the inventory and the configuration with which an agent polls the simulated province.

The formats are those that people write by hand. The agent reads these files as it reads everyone's: nothing passes
from the simulator to the agent by another way.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from .equipment import H323, SIP_UDP, DeviceKind, Habit, Room
from .province import Province
from .web_services import ADDRESS, WEB_SERVICES

COMMUNITY: Final = "phusong-demo"
AUTH_V2C: Final = "wan-v2"
AUTH_V1: Final = "wan-v1"
COMMUNITY_FILE: Final = "wan-community"
CONFIG_FILE: Final = "phusong.yaml"
MEETINGS_FILE: Final = "meetings.csv"
FIRST_MEETING_AFTER: Final = timedelta(minutes=30)
SECOND_MEETING_AFTER: Final = timedelta(days=1)
MEETING_LASTS: Final = timedelta(hours=2)
MAINTENANCE_BEFORE: Final = timedelta(minutes=30)
MAINTENANCE_AFTER: Final = timedelta(hours=4)
PROMISED_PERCENT: Final = {"primary": 99.9, "backup": 99.5, "uplink": 99.95}
"""Availability, by the role of a line."""

SITES: Final = ("site_id", "name", "kind", "commune_code", "lat", "lon")
DEVICES: Final = (
    "device_id", "site_id", "address", "port", "auth", "profile", "ssh", "reply_from", "parent_device",
)  # fmt: skip
LINKS: Final = (
    "link_id", "site_id", "carrier", "role", "contracted_down_mbps", "contracted_up_mbps",
    "contracted_availability_percent", "near_device", "near_interface", "far_device", "far_interface",
    "ping_address", "parent_link",
)  # fmt: skip
ENDPOINTS: Final = (
    "endpoint_id", "site_id", "name", "address", "port", "auth", "profile", "sip_uri", "parent_link", "services",
    "lan_device", "lan_interface",
)  # fmt: skip
NO_SERVICES: Final = "none"
"""Of an endpoint that is set up for no service at all; an empty cell means the usual ones."""
SERVICES: Final = ("service_id", "name", "url", "expect_status", "expect_text", "site_id")
MAINTENANCE: Final = ("what", "from", "to", "reason")
MEETINGS: Final = ("meeting_id", "title", "from", "to", "endpoints")


def write_inventory(
    province: Province,
    folder: Path,
    *,
    port: int,
    start: datetime,
    sip_port: int = 0,
    h323_port: int = 0,
    web_port: int = 0,
) -> None:
    """Write the CSV files of the inventory.

    Parameters
    ----------
    folder
        Created where it is missing.
    port
        The UDP port of all simulated agents.
    start
        When the simulation begins, with an offset; the maintenance window lies around it.
    sip_port, h323_port, web_port
        Where the services are; without a port there is no such service.

    Raises
    ------
    ValueError
        ``start`` has no offset.
    """
    _check_offset(start)
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "sites.csv", SITES, _sites(province))
    _write(folder / "devices.csv", DEVICES, _devices(province, port))
    _write(folder / "links.csv", LINKS, _links(province))
    ports = {SIP_UDP: sip_port, H323: h323_port}
    _write(folder / "endpoints.csv", ENDPOINTS, _endpoints(province, port, ports))
    _write(folder / "services.csv", SERVICES, _services(province, web_port) if web_port else ())
    _write(folder / "maintenance.csv", MAINTENANCE, _maintenance(province, start))


def write_config(
    folder: Path,
    *,
    echo_port: int,
    inventory: str = "inventory/",
    state: str = "state/",
    poll_interval: str = "30s",
    timeout: str = "1s",
    retries: int = 1,
    sensors_interval: str = "60s",
    ping_interval: str = "10s",
    web_listen: str = "127.0.0.1:9780",
    coverage_summary: str | None = None,
    map_page: str | None = None,
    trap_port: int | None = None,
    community: str = COMMUNITY,
    start: datetime | None = None,
) -> Path:
    """Write ``phusong.yaml`` and its community file (mode 0600); return the path of the former.

    Relative paths are relative to ``folder``. Durations are texts such as ``30s``. With ``start``, when the
    simulation begins, there is ``meetings.csv`` too.

    Raises
    ------
    ValueError
        ``start`` has no offset.
    """
    folder.mkdir(parents=True, exist_ok=True)
    secret = folder / COMMUNITY_FILE
    secret.unlink(missing_ok=True)
    with os.fdopen(os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(f"{community}\n")
    poll = (
        f"interval: {poll_interval}, sensors_interval: {sensors_interval}, timeout: {timeout}, retries: {retries}"
    )
    lines = [
        "# The simulated province: everything here is synthetic.",
        'province: {code: "22", edition: "2020-01"}',
        f'inventory: "{inventory}"',
        f'state: "{state}"',
        "snmp:",
        "  auths:",
        f"    {AUTH_V2C}: {{version: 2c, community_file: {COMMUNITY_FILE}}}",
        f"    {AUTH_V1}: {{version: 1, community_file: {COMMUNITY_FILE}}}",
        f"poll: {{{poll}}}",
        f"ping: {{interval: {ping_interval}, packets: 5, method: udp-echo, port: {echo_port}}}",
        *([f'notifications: {{listen: "127.0.0.1:{trap_port}", auths: [{AUTH_V2C}]}}'] if trap_port else []),
        "video: {timeout: 2s" + (f", meetings: {MEETINGS_FILE}}}" if start else "}"),
        *([f'coverage: {{summary: "{coverage_summary}"}}'] if coverage_summary else []),
        f'web: {{listen: "{web_listen}"' + (f', map: "{map_page}"}}' if map_page else "}"),
    ]
    path = folder / CONFIG_FILE
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    if start:
        _check_offset(start)
        _write(folder / MEETINGS_FILE, MEETINGS, _meetings(start))
    return path


def _check_offset(start: datetime) -> None:
    if start.utcoffset() is None:
        raise ValueError("start has no offset from UTC: give it a time zone")


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _auth(habit: Habit) -> str:
    return AUTH_V1 if habit.only_v1 else AUTH_V2C


def _sites(province: Province) -> Iterator[Sequence[object]]:
    for office in province.offices:
        yield (
            office.site_id,
            office.name,
            office.kind,
            office.commune_code,
            f"{office.lat:.6f}",
            f"{office.lon:.6f}",
        )


def _devices(province: Province, port: int) -> Iterator[Sequence[object]]:
    """Yield hubs and routers; an office's router hangs on the hub of its first line that ends at one."""
    hub_of: dict[str, str] = {}
    for wired in province.lines:
        if wired.near_device:
            hub_of.setdefault(wired.far_device, wired.near_device)
    for device in province.devices:
        if device.kind is not DeviceKind.CPE:
            parent = hub_of.get(device.device_id, "")
            yield (
                device.device_id,
                device.site_id,
                device.address,
                port,
                _auth(device.habit),
                "auto",
                "",
                "",
                parent,
            )


def _links(province: Province) -> Iterator[Sequence[object]]:
    for wired in province.lines:
        line = wired.line
        yield (
            line.link_id, line.office.site_id, line.carrier, line.role, line.down_mbps, line.up_mbps,
            PROMISED_PERCENT[line.role], wired.near_device, wired.near_interface, wired.far_device,
            wired.far_interface, "" if wired.far_device else wired.far_address, "",
        )  # fmt: skip


def _endpoints(province: Province, port: int, service_ports: Mapping[str, int]) -> Iterator[Sequence[object]]:
    for endpoint in province.endpoints:
        device, room = endpoint.device, endpoint.device.room or Room()
        services = (f"{word}:{service_ports[word]}" for word in room.services if service_ports[word])
        yield (
            endpoint.endpoint_id, device.site_id, endpoint.name, device.address, port, _auth(device.habit), "auto",
            f"sip:{endpoint.endpoint_id}@video.example", endpoint.parent_link, " ".join(services) or NO_SERVICES,
            endpoint.lan_device, endpoint.lan_interface,
        )  # fmt: skip


def _services(province: Province, port: int) -> Iterator[Sequence[object]]:
    """Yield the services that ride on the network; they stand in the data centre."""
    site_id = province.offices[0].site_id
    for service in WEB_SERVICES:
        url = f"http://{ADDRESS}:{port}{service.path}"
        yield service.service_id, service.name, url, 200, service.name, site_id


def _meetings(start: datetime) -> Iterator[Sequence[object]]:
    """Yield a meeting of all endpoints soon, and one of a district tomorrow."""
    for meeting_id, title, after, endpoints in (
        ("hop-tinh", "Họp trực tuyến toàn tỉnh (mô phỏng)", FIRST_MEETING_AFTER, "all"),
        ("giao-ban-van-don", "Giao ban huyện Vân Đồn (mô phỏng)", SECOND_MEETING_AFTER, "district:Vân Đồn"),
    ):
        begin = start + after
        times = (moment.isoformat(timespec="seconds") for moment in (begin, begin + MEETING_LASTS))
        yield meeting_id, title, *times, endpoints


def _maintenance(province: Province, start: datetime) -> Iterator[Sequence[object]]:
    begin, end = (start + delta for delta in (-MAINTENANCE_BEFORE, MAINTENANCE_AFTER))
    for wired in province.lines:
        if wired.line.in_maintenance:
            yield (
                wired.line.link_id,
                begin.isoformat(timespec="seconds"),
                end.isoformat(timespec="seconds"),
                "Nhà mạng thay cáp quang (mô phỏng)",
            )
