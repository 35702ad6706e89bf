"""Discovered devices as rows of the inventory: their ids, the names of interfaces, what stays empty.

Pure: findings in, texts out. What nobody can know from a device (site, carrier, contracted rates) stays empty, so
that ``phusong check`` names each cell that is still to be filled in. Two more files, ``interfaces.csv`` and
``discovered.csv``, are for people.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from phusong.agent.input.csv_table import TableSpec
from phusong.agent.input.inventory_cells import CellError, parse_interface, parse_text
from phusong.agent.input.inventory_columns import DEVICES, ENDPOINTS, LINKS
from phusong.agent.spreadsheet_csv import csv_text, safe_cell
from phusong.collectors.discovery import Discovery, FoundInterface
from phusong.collectors.if_types import if_type_name
from phusong.collectors.interface_lookup import Column, InterfaceNotFound, InterfaceSelector, find_index
from phusong.collectors.object_names import ADMIN_STATES, OPER_STATES

from .discovered_lines import End, FoundLine

LONGEST_ID: Final = 64
INTERFACE_COLUMNS: Final = (
    "device_id", "if_index", "named_as", "if_name", "if_alias", "if_descr", "type", "speed_mbps", "admin", "oper",
    "counters", "addresses", "line",
)  # fmt: skip
DISCOVERED_COLUMNS: Final = (
    "address", "port", "result", "auth", "device_id", "sys_name", "vendor", "model", "profile", "why_profile",
    "sys_object_id", "sys_descr", "interfaces", "lines", "note",
)  # fmt: skip
_NOT_IN_IDS: Final = re.compile(r"[^A-Za-z0-9._:-]+")


@dataclass(frozen=True, slots=True)
class FoundDevice:
    """A device that answered, with all that was decided about it."""

    device_id: str
    site_id: str
    address: str
    """As it was asked for: an address or a host name."""
    port: int
    auth: str
    reply_from: str
    """Another address from which it answers, empty when there is none."""
    discovery: Discovery
    vendor: str
    model: str
    profile: str
    why_profile: str
    is_endpoint: bool = False
    is_known: bool = False
    """Whether the inventory has it already, under this id."""
    same_as: str = ""
    """The id of an earlier device that this one is, found again at another of its addresses."""

    @property
    def is_new(self) -> bool:
        """Whether it is to be written."""
        return not self.is_known and not self.same_as


def make_id(name: str, taken: Container[str], otherwise: str) -> str:
    """Make an id of a device's name, or of ``otherwise`` where it has none; one that is not taken.

    A domain is left out where what comes before it is enough.
    """
    whole = _slug(name) or _slug(otherwise) or "device"
    host = whole.partition(".")[0]
    is_address = name == "" or _is_address(whole)
    for candidate in (whole,) if is_address else (host, whole):
        if candidate not in taken:
            return candidate
    number = 2
    while (numbered := f"{whole[: LONGEST_ID - 6]}-{number}") in taken:
        number += 1
    return numbered


def _slug(text: str) -> str:
    plain = "".join(
        char for char in unicodedata.normalize("NFKD", text.replace("đ", "d").replace("Đ", "D")) if char.isascii()
    )
    return _NOT_IN_IDS.sub("-", plain).strip("._:-")[:LONGEST_ID].rstrip("._:-")


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def name_interface(interface: FoundInterface, all_interfaces: Sequence[FoundInterface]) -> str:
    """Return the text that names this interface, and no other one of its device, in links.csv.

    ifName where it will do, else ``alias:``, ``descr:`` or, in the end, ``index:``. What links.csv would read
    otherwise, or a spreadsheet as a formula, will not do.
    """
    texts: tuple[tuple[Column, Callable[[FoundInterface], str]], ...] = (
        (Column.NAME, lambda row: row.name),
        (Column.ALIAS, lambda row: row.alias),
        (Column.DESCR, lambda row: row.descr),
    )
    for column, text_of in texts:
        selector = InterfaceSelector(column, text_of(interface))
        if not selector.text or safe_cell(str(selector)) != str(selector) or not _reads_back(selector):
            continue
        try:
            if find_index(selector, {row.index: text_of(row) for row in all_interfaces}) == interface.index:
                return str(selector)
        except InterfaceNotFound:
            continue
    return f"index:{interface.index}"


def _reads_back(selector: InterfaceSelector) -> bool:
    try:
        return parse_interface(str(selector).strip()) == selector
    except CellError:
        return False


def device_rows(devices: Iterable[FoundDevice]) -> list[dict[str, str]]:
    """Return the rows of devices.csv: of all that are not endpoints and not in the inventory yet."""
    return [
        {
            "device_id": device.device_id,
            "site_id": device.site_id,
            "address": device.address,
            "port": str(device.port),
            "auth": device.auth,
            "profile": "auto",
            "reply_from": device.reply_from,
        }
        for device in devices
        if not device.is_endpoint and device.is_new
    ]


def endpoint_rows(devices: Iterable[FoundDevice]) -> list[dict[str, str]]:
    """Return the rows of endpoints.csv: of the devices whose maker makes nothing else."""
    return [
        {
            "endpoint_id": device.device_id,
            "site_id": device.site_id,
            "name": _endpoint_name(device),
            "address": device.address,
            "port": str(device.port),
            "auth": device.auth,
            "profile": "auto",
        }
        for device in devices
        if device.is_endpoint and device.is_new
    ]


def _endpoint_name(device: FoundDevice) -> str:
    try:
        name = parse_text(device.discovery.system.sys_name)
    except CellError:
        return ""
    return name if safe_cell(name) == name else ""


def link_rows(
    lines: Iterable[FoundLine], devices: Mapping[str, FoundDevice], taken: Container[str] = ()
) -> list[dict[str, str]]:
    """Return the rows of links.csv; lines of which the inventory knows every device already are left out."""
    rows: list[dict[str, str]] = []
    used: set[str] = set()
    for line in lines:
        ends = [end for end in (line.far, line.near) if end is not None]
        if all(devices[device].is_known for device, _ in ends):
            continue
        shown_end = ends[0]
        interface = _row_of(shown_end, devices)
        name = f"{shown_end[0]}-{_slug(interface.label) or interface.index}"
        link_id = make_id(name.replace(".", "-"), _Either(taken, used), "link")
        used.add(link_id)
        row = {"link_id": link_id, "site_id": devices[line.far[0]].site_id if line.far else ""}
        for end, side in ((line.near, "near"), (line.far, "far")):
            if end is not None:
                row[f"{side}_device"] = end[0]
                row[f"{side}_interface"] = name_interface(
                    _row_of(end, devices), devices[end[0]].discovery.interfaces
                )
        if line.far is None:
            row["ping_address"] = _other_address(interface)
        rows.append(row)
    return rows


def _row_of(end: End, devices: Mapping[str, FoundDevice]) -> FoundInterface:
    return next(row for row in devices[end[0]].discovery.interfaces if row.index == end[1])


def _other_address(interface: FoundInterface) -> str:
    """Return the one other address of a point-to-point network, where the line's other end must be."""
    for address in interface.addresses:
        others = [host for host in address.network.hosts() if host != address.ip]
        if len(others) == 1:
            return str(others[0])
    return ""


@dataclass(frozen=True, slots=True)
class _Either:
    """Two collections as one, for look-ups."""

    one: Container[str]
    other: Container[str]

    def __contains__(self, text: object) -> bool:
        return text in self.one or text in self.other


def is_same_device(one: FoundDevice, other: FoundDevice) -> bool:
    """Tell whether two findings are of one device: one name, and an address that both have on an interface."""
    name = one.discovery.system.sys_name
    return (
        bool(name)
        and name == other.discovery.system.sys_name
        and not _addresses(one).isdisjoint(_addresses(other))
    )


def _addresses(device: FoundDevice) -> set[str]:
    return {
        str(address.ip)
        for row in device.discovery.interfaces
        for address in row.addresses
        if not (address.is_loopback or address.is_link_local)
    }


def interface_rows(devices: Iterable[FoundDevice], reasons: Mapping[End, str]) -> list[dict[str, str]]:
    """Return the rows of interfaces.csv: every interface, and why it is taken for a line's end."""
    return [
        {
            "device_id": device.device_id,
            "if_index": str(row.index),
            "named_as": name_interface(row, device.discovery.interfaces),
            "if_name": row.name,
            "if_alias": row.alias,
            "if_descr": row.descr,
            "type": if_type_name(row.if_type),
            "speed_mbps": f"{row.speed_bps / 1e6:g}" if row.speed_bps is not None else "",
            "admin": state_name(ADMIN_STATES, row.admin_status),
            "oper": state_name(OPER_STATES, row.oper_status),
            "counters": row.counters,
            "addresses": " ".join(map(str, row.addresses)),
            "line": reasons.get((device.device_id, row.index), ""),
        }
        for device in devices
        for row in device.discovery.interfaces
    ]


def state_name(names: Mapping[int, str], number: int | None) -> str:
    """Return the name of an ifAdminStatus or ifOperStatus, the number where it is none."""
    return "" if number is None else names.get(number, str(number))


def columns_of(spec: TableSpec) -> tuple[str, ...]:
    """Return the names of a file's columns in their order."""
    return tuple(column.name for column in spec.columns)


def inventory_files(
    devices: Sequence[FoundDevice], lines: Sequence[FoundLine], taken_links: Container[str] = ()
) -> dict[str, str]:
    """Return the texts of the inventory's files by their names; endpoints.csv only where there are any."""
    by_id = {device.device_id: device for device in devices}
    files = {
        DEVICES.file: csv_text(columns_of(DEVICES), device_rows(devices)),
        LINKS.file: csv_text(columns_of(LINKS), link_rows(lines, by_id, taken_links)),
    }
    endpoints = endpoint_rows(devices)
    if endpoints:
        files[ENDPOINTS.file] = csv_text(columns_of(ENDPOINTS), endpoints)
    return files
