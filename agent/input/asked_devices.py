"""Whom ``phusong discover`` is to ask: addresses and ranges of the command line, a list in CSV, the inventory.

All of it is checked here, strictly and all at once; nothing is asked of anybody.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .csv_table import ColumnSpec, Row, Table, TableSpec, read_table
from .inventory_cells import CellError, parse_address, parse_hidden_slug, parse_port, parse_slug
from .inventory_columns import DEVICES, ENDPOINTS, LINKS, SNMP_PORT
from .problems import InputProblems, Problem, listed, name_hint
from .text_files import read_text

MOST_IN_RANGES = 1024
"""So many addresses of ranges in one run: who asks more asks strangers."""
LIST = TableSpec(
    "the list",
    (
        ColumnSpec("address", parse_address, required=True),
        ColumnSpec("port", parse_port, default=SNMP_PORT),
        ColumnSpec("auth", parse_hidden_slug, hidden=True),
        ColumnSpec("site_id", parse_slug),
        ColumnSpec("device_id", parse_slug),
    ),
    id_column="device_id",
)


@dataclass(frozen=True, slots=True)
class AskedDevice:
    """One device to be asked. ``auths`` are the names of credentials to be tried, in this order."""

    address: str
    port: int
    auths: tuple[str, ...]
    site_id: str = ""
    device_id: str = ""
    is_expected: bool = True
    """Whether it was named itself; that an address of a range is silent is no problem."""


@dataclass(frozen=True, slots=True)
class KnownRows:
    """What the inventory has already, as far as its files can be read: ids, and devices by address and port."""

    ids: frozenset[str] = frozenset()
    link_ids: frozenset[str] = frozenset()
    devices: dict[tuple[str, int], str] = field(default_factory=dict)


def asked_by_words(words: Iterable[str], port: int, auths: Sequence[str]) -> list[AskedDevice]:
    """Read the addresses of the command line: ``192.0.2.1``, a host name, or a range like ``192.0.2.0/28``.

    Raises
    ------
    InputProblems
        With every word that cannot be used.
    """
    asked: dict[str, AskedDevice] = {}
    problems = []
    room = MOST_IN_RANGES
    for number, word in enumerate(words, start=1):
        try:
            addresses = list(_addresses(word, room))
        except CellError as error:
            problems.append(Problem(f"address {number}", 0, "", error.what, error.remedy))
            continue
        if "/" in word:
            room -= len(addresses)
        for address in addresses:
            device = AskedDevice(address, port, tuple(auths), is_expected="/" not in word)
            if address not in asked or device.is_expected:
                asked[address] = device
    if problems:
        raise InputProblems(problems)
    return list(asked.values())


def _addresses(word: str, room: int) -> Iterator[str]:
    if "/" not in word:
        yield parse_address(word)
        return
    try:
        network = ipaddress.ip_network(word, strict=False)
    except ValueError:
        raise CellError("this is no range of addresses", "write it like 192.0.2.0/28") from None
    if network.num_addresses > room + 2:
        what = f"the ranges have more than {MOST_IN_RANGES} addresses together"
        raise CellError(what, "ask smaller ranges one after the other, or write a list and use --list")
    for host in network.hosts():
        yield str(host)


def read_list(path: Path, known_auths: Collection[str], auths: Sequence[str]) -> list[AskedDevice]:
    """Read a list of devices in CSV; rows without ``auth`` try ``auths``.

    Raises
    ------
    InputProblems
        With everything that is wrong in it.
    """
    text, problem = read_text(path)
    if problem is not None:
        raise InputProblems([problem])
    table = read_table(LIST, str(path), text)
    seen: dict[tuple[str, int], int] = {}
    for row in table.rows:
        _check_row(table, row, known_auths, auths, seen)
    if table.problems:
        raise InputProblems(sorted(table.problems, key=lambda found: found.line))
    if not table.rows:
        raise InputProblems([Problem(str(path), 0, "", "the list has no rows", "write one for each device")])
    return [
        AskedDevice(
            address=row.values["address"],
            port=row.values["port"],
            auths=(row.values["auth"],) if row.values["auth"] else tuple(auths),
            site_id=row.values["site_id"],
            device_id=row.values["device_id"],
        )
        for row in table.rows
    ]


def _check_row(
    table: Table, row: Row, known_auths: Collection[str], auths: Sequence[str], seen: dict[tuple[str, int], int]
) -> None:
    auth = row.values.get("auth", "?")
    if not auth and not auths:
        table.report(row.line, "auth", "no credentials for this row", "fill it in, or use --auth NAME")
    elif auth and auth != "?" and auth not in known_auths:
        remedy = name_hint(auth, known_auths, "use a name from snmp.auths in phusong.yaml" + listed(known_auths))
        table.report(row.line_of("auth"), "auth", "unknown name of credentials", remedy)
    place = (str(row.values.get("address", "")), int(row.values.get("port", 0)))
    first = seen.setdefault(place, row.line)
    if place[0] and first != row.line:
        table.report(row.line, "address", f"the same device as on line {first}", "remove one of the two")


def check_auths(names: Sequence[str], known: Collection[str]) -> tuple[str, ...]:
    """Check the names given with ``--auth``; without any, the only one there is.

    Raises
    ------
    InputProblems
        One is unknown, or none is given and there are several: which of them a stranger may hear is not guessed.
    """
    if not names:
        if len(known) == 1:
            return tuple(known)
        raise InputProblems(
            [Problem("--auth", 0, "", "is missing", f"name the credentials to try{listed(known)}")]
        )
    problems = [
        # What was typed is not repeated: it may be the secret itself.
        Problem(f"--auth number {number}", 0, "", "unknown name of credentials", _auth_hint(name, known))
        for number, name in enumerate(names, start=1)
        if name not in known
    ]
    if problems:
        raise InputProblems(problems)
    return tuple(dict.fromkeys(names))


def _auth_hint(name: str, known: Collection[str]) -> str:
    return name_hint(name, known, "use a name from snmp.auths in phusong.yaml" + listed(known))


def known_rows(folder: Path) -> KnownRows:
    """Read which devices and ids the inventory has; a file that is absent or wrong says nothing."""
    devices, endpoints, links = (_read_quietly(folder / spec.file, spec) for spec in (DEVICES, ENDPOINTS, LINKS))
    places = {
        (row.values["address"], row.values["port"]): row.values[table.spec.id_column]
        for table in (devices, endpoints)
        for row in table.rows
        if {"address", "port", table.spec.id_column} <= row.values.keys()
    }
    return KnownRows(
        ids=frozenset([*devices.declared, *endpoints.declared]),
        link_ids=frozenset(links.declared),
        devices=places,
    )


def _read_quietly(path: Path, spec: TableSpec) -> Table:
    text, problem = read_text(path)
    return Table(spec, str(path)) if problem else read_table(spec, str(path), text)
