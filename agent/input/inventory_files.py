"""The inventory from its CSV files: references between rows, checks of whole rows, and the result.

Single cells are parsed in ``inventory_cells``, the columns stand in ``inventory_columns``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import tzinfo
from pathlib import Path

from phusong.agent.inventory import (
    Device,
    Endpoint,
    Inventory,
    Link,
    LinkEnd,
    MaintenanceWindow,
    Service,
    Site,
)
from phusong.collectors.call_readings import ServiceKind

from .csv_table import ColumnSpec, Row, Table, TableSpec, read_table
from .inventory_columns import (
    DEVICES,
    ENDPOINTS,
    LINKS,
    MAINTENANCE_FILE,
    SERVICES,
    SITES,
    maintenance_spec,
)
from .problems import InputProblems, Problem, listed, name_hint, nearest, shown
from .text_files import read_text

_Names = Mapping[str, Collection[str] | None]
_Finding = tuple[str, str, str]
"""Column, what, remedy."""

MAX_HINTS = 50
"""Near names are looked for that often per column: each look goes through all names."""
_KINDS = {
    "commune": ("commune code", "write a code of the edition that phusong.yaml names"),
    "auth": ("name of credentials", "add it to snmp.auths in phusong.yaml"),
    "account": ("name of an account", "add it to video.accounts in phusong.yaml"),
    "site": ("site", "add it to sites.csv"),
    "device": ("device", "add it to devices.csv"),
    "link": ("link", "add it to links.csv"),
    "profile": ("profile", "write auto, or a profile of docs/profiles.md or of your own"),
    "target": ("link, site, carrier, endpoint or service", "write one that stands in the other files"),
}

_FILES = frozenset({SITES.file, DEVICES.file, LINKS.file, ENDPOINTS.file, SERVICES.file, MAINTENANCE_FILE})


def read_inventory(
    folder: Path, *, auths: Collection[str], communes: Collection[str], timezone: tzinfo
) -> Inventory:
    """Read the inventory of a folder.

    Parameters
    ----------
    folder : Path
        Holds ``sites.csv``, ``devices.csv`` and ``links.csv``, perhaps ``endpoints.csv``, ``services.csv`` and
        ``maintenance.csv``.
    auths : collection of str
        The names of credentials that devices and endpoints may use.
    communes : collection of str
        The commune codes of the edition; a mapping by code will do.
    timezone : tzinfo
        Local time of the province, for maintenance times without an offset.

    Raises
    ------
    InputProblems
        With everything that is wrong in any of the files.
    """
    inventory, problems = examine_inventory(folder, auths=auths, communes=communes, timezone=timezone)
    if inventory is None:
        raise InputProblems(problems)
    return inventory


def examine_inventory(
    folder: Path,
    *,
    auths: Collection[str] | None,
    communes: Collection[str] | None,
    timezone: tzinfo,
    profiles: Collection[str] | None = None,
    accounts: Collection[str] | None = None,
) -> tuple[Inventory | None, tuple[Problem, ...]]:
    """Read the inventory as ``read_inventory`` does, but return the problems instead of raising.

    Where ``auths``, ``communes``, ``profiles`` or ``accounts`` is ``None``, they are not known and references to
    them are not checked.
    """
    if not folder.is_dir():
        remedy = "create the folder, or correct 'inventory' in phusong.yaml"
        return None, (Problem(str(folder), 0, "", "there is no such folder", remedy),)
    specs = (SITES, DEVICES, LINKS, ENDPOINTS, SERVICES, maintenance_spec(timezone))
    present = sorted(path.name for path in folder.iterdir())
    tables = [_read(folder, spec, present) for spec in specs]
    sites, devices, links, endpoints, services, maintenance = tables
    carriers = {row.values["carrier"] for row in links.rows if "carrier" in row.values}
    targets: dict[str, Collection[str]] = {
        "link": links.declared,
        "site": sites.declared,
        "endpoint": endpoints.declared,
        "service": services.declared,
        "carrier": carriers,
    }
    names: _Names = {
        "commune": communes,
        "auth": auths,
        "account": accounts,
        "profile": profiles,
        "site": sites.declared if sites.sound else None,
        "device": devices.declared if devices.sound else None,
        "link": links.declared if links.sound else None,
        "target": set().union(*targets.values())
        if all(table.sound for table in (sites, links, endpoints, services))
        else None,
    }
    for table in tables:
        _check_references(table, names)
        for row in table.rows if table.header_sound else ():
            for column, what, remedy in _ROW_CHECKS.get(table.spec.file, _nothing)(row):
                table.report(row.line_of(column), column, what, remedy)
    _check_targets(maintenance, targets)
    _check_loops(devices, "parent_device")
    _check_loops(links, "parent_link")
    problems = tuple(p for table in tables for p in sorted(table.problems, key=lambda problem: problem.line))
    if problems:
        return None, problems
    return _assemble(sites, devices, links, endpoints, services, maintenance), ()


def _read(folder: Path, spec: TableSpec, present: Collection[str]) -> Table:
    path = folder / spec.file
    if spec.file not in present:
        table = Table(spec, str(path))
        near = nearest(spec.file, [name for name in present if name.endswith((".csv", ".CSV"))])
        if near is not None and near not in _FILES:
            table.report(0, "", "the file is missing", f"is {shown(near)} meant to be this file? Then rename it")
        elif spec.required:
            table.report(0, "", "the file is missing", "create it, with at least the header")
        table.sound = not table.problems
        return table
    text, problem = read_text(path)
    if problem is not None:
        return Table(spec, str(path), problems=[problem], sound=False)
    return read_table(spec, str(path), text)


def _check_references(table: Table, names: _Names) -> None:
    for column in table.spec.columns:
        known = names.get(column.refers_to)
        if known is None:
            continue
        words: dict[str, tuple[str, str]] = {}
        for row in table.rows:
            text = row.values.get(column.name)
            if text and text not in known:
                if text not in words:
                    words[text] = _unknown(column, text, known, search=len(words) < MAX_HINTS)
                table.report(row.line_of(column.name), column.name, *words[text])


def _unknown(column: ColumnSpec, text: str, known: Collection[str], *, search: bool) -> tuple[str, str]:
    """Return what is wrong with a reference, and the remedy: the near name where it is to be searched for."""
    kind, remedy = _KINDS[column.refers_to]
    what = f"unknown {kind}" if column.hidden else f"unknown {kind} {shown(text)}"
    if column.refers_to == "commune" and text.isdigit() and text.zfill(5) in known:
        return what, f"write {text.zfill(5)}: Excel drops leading zeros, format the column as text"
    return what, name_hint(text, known if search else (), remedy + listed(known))


def _nothing(row: Row) -> Iterator[_Finding]:  # noqa: ARG001
    yield from ()


def _check_position(row: Row) -> Iterator[_Finding]:
    """Check that latitude and longitude come together."""
    for one, other in (("lat", "lon"), ("lon", "lat")):
        if row.texts.get(one) and not row.texts.get(other):
            yield other, f"{one} without {other}", "write both or neither"


def _check_ends(row: Row) -> Iterator[_Finding]:
    """Check that an end is a device and an interface, and that a link has one end or two different ones."""
    given = {
        end: [bool(row.texts.get(f"{end}_{part}")) for part in ("device", "interface")] for end in ("near", "far")
    }
    for end, (device, interface) in given.items():
        if device and not interface:
            yield (
                f"{end}_interface",
                f"{end}_device without {end}_interface",
                "name the interface, e.g. by its ifName",
            )
        elif interface and not device:
            yield f"{end}_device", f"{end}_interface without {end}_device", "name the device of devices.csv"
    if not any(device or interface for device, interface in given.values()):
        yield (
            "near_device",
            "the link has no end",
            "name device and interface of the near end, the far end or both",
        )
    near, far = ([row.values.get(f"{end}_{part}") for part in ("device", "interface")] for end in ("near", "far"))
    if near == far and all(near):
        yield "far_interface", "both ends are the same interface", "correct one of them, or leave it empty"


def _check_port(row: Row) -> Iterator[_Finding]:
    """Check that the port to which an endpoint is connected is a device and an interface."""
    if row.texts.get("lan_device") and not row.texts.get("lan_interface"):
        yield "lan_interface", "lan_device without lan_interface", "name the interface, e.g. by its ifName"
    if row.texts.get("lan_interface") and not row.texts.get("lan_device"):
        yield "lan_device", "lan_interface without lan_device", "name the device of devices.csv"


def _check_expectations(row: Row) -> Iterator[_Finding]:
    """Check that nothing is expected of a service that its protocol cannot tell."""
    url = row.values.get("url")
    if url is None:
        return
    pages = url.kind in (ServiceKind.HTTP, ServiceKind.HTTPS)
    tls = url.kind in (ServiceKind.HTTPS, ServiceKind.TLS)
    for column, told, by in (
        ("expect_status", pages, "http or https"),
        ("expect_text", pages, "http or https"),
        ("certificate_sha256", tls, "https or tls"),
    ):
        if row.texts.get(column) and not told:
            yield column, f"{url.kind} knows no {column}", f"leave it empty, or ask by {by}"


def _check_window(row: Row) -> Iterator[_Finding]:
    """Check that a window ends after it begins."""
    begin, end = row.values.get("from"), row.values.get("to")
    if begin is not None and end is not None and end <= begin:
        yield "to", "the window does not end after it begins", "exchange from and to, or correct them"


_ROW_CHECKS: Mapping[str, Callable[[Row], Iterator[_Finding]]] = {
    SITES.file: _check_position,
    LINKS.file: _check_ends,
    ENDPOINTS.file: _check_port,
    SERVICES.file: _check_expectations,
    MAINTENANCE_FILE: _check_window,
}


def _check_targets(maintenance: Table, targets: Mapping[str, Collection[str]]) -> None:
    """Report windows whose target is two things of one name."""
    for row in maintenance.rows:
        kinds = [kind for kind, names in targets.items() if row.values.get("what") in names]
        if len(kinds) > 1:
            what = f"{shown(row.values['what'])} is the name of a {' and a '.join(kinds)}"
            maintenance.report(row.line_of("what"), "what", what, "rename one, so that it is clear which is meant")


def _check_loops(table: Table, column: str) -> None:
    """Report each loop of parents once, at its first row."""
    id_column = table.spec.id_column
    rows = {row.values[id_column]: row for row in table.rows if id_column in row.values}
    parents = {key: str(row.values.get(column, "")) for key, row in rows.items()}
    for loop in find_loops(parents):
        row = rows[loop[0]]
        what = (
            f"a loop of parents: {' > '.join([*loop, loop[0]])}"
            if len(loop) > 1
            else f"{loop[0]} is its own parent"
        )
        table.report(row.line_of(column), column, what, "leave the parent of the topmost one empty")


def find_loops(parents: Mapping[str, str]) -> list[list[str]]:
    """Return the loops among children and their parents, each once, starting with its first child in order."""
    loops = []
    done: set[str] = set()
    for start in parents:
        chain: dict[str, None] = {}
        key = start
        while key in parents and key not in done and key not in chain:
            chain[key] = None
            key = parents[key]
        if key in chain:
            members = list(chain)
            loops.append(members[members.index(key) :])
        done.update(chain)
    return loops


def _assemble(
    sites: Table, devices: Table, links: Table, endpoints: Table, services: Table, maintenance: Table
) -> Inventory:
    return Inventory(
        sites={row.values["site_id"]: Site(**row.values) for row in sites.rows},
        devices={row.values["device_id"]: Device(**row.values) for row in devices.rows},
        links={row.values["link_id"]: _link(row) for row in links.rows},
        endpoints={row.values["endpoint_id"]: _endpoint(row) for row in endpoints.rows},
        maintenance=tuple(
            MaintenanceWindow(
                row.values["what"],
                row.values["from"],
                row.values["to"],
                row.values["reason"],
                f"{maintenance.spec.file}:{row.line}",
            )
            for row in maintenance.rows
        ),
        services={row.values["service_id"]: _service(row) for row in services.rows},
    )


def _link(row: Row) -> Link:
    values = dict(row.values)
    values["contracted_availability_ratio"] = values.pop("contracted_availability_percent")
    ends = {}
    for end in ("near", "far"):
        device, interface = values.pop(f"{end}_device"), values.pop(f"{end}_interface")
        ends[end] = LinkEnd(device, interface) if device else None
    return Link(**values, near=ends["near"], far=ends["far"])


def _endpoint(row: Row) -> Endpoint:
    values = dict(row.values)
    device, interface = values.pop("lan_device"), values.pop("lan_interface")
    return Endpoint(**values, lan=LinkEnd(device, interface) if device else None)


def _service(row: Row) -> Service:
    values = dict(row.values)
    url, slow_s = values.pop("url"), values.pop("slow")
    return Service(**values, kind=url.kind, host=url.host, port=url.port, path=url.path, slow_s=slow_s)
