"""The MIB objects that vendor profiles may name: ``objects.csv``, with OID, scale, unit and enumeration.

The packaged table was resolved from the MIB texts; a folder of profiles may bring one of its own, whose rows add
to it. Scale and unit are there where UNITS, DISPLAY-HINT, the MIB's text or real devices tell them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from phusong.collectors.profile import CONVERSIONS, MibObject
from phusong.collectors.snmp.ber import Oid, format_oid, parse_oid

from .csv_table import ColumnSpec, TableSpec, read_table
from .inventory_cells import CellError, one_of
from .problems import Problem, name_hint, shown
from .text_files import read_text

KINDS = ("number", "text", "enumeration", "oid", "address")
UNITS = (*(unit for units in CONVERSIONS.values() for unit in units), "bytes", "kilobytes")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
_OID = re.compile(r"1(\.(0|[1-9][0-9]{0,9})){3,60}")
_SCALE = re.compile(r"[0-9]{1,10}(\.[0-9]{1,10})?")
_VALUE = re.compile(r"([A-Za-z][A-Za-z0-9-]*)\((-?[0-9]{1,10})\)")


@dataclass(frozen=True, slots=True)
class KnownObject:
    """A row of the table; ``scale`` and ``unit`` are ``None`` and empty where nothing is known of them."""

    object: MibObject
    kind: str
    scale: float | None
    unit: str


@dataclass(slots=True)
class KnownObjects:
    """The rows by name; one name may have several OIDs, since vendors move their tables."""

    rows: dict[str, list[KnownObject]] = field(default_factory=dict)

    def add(self, rows: Sequence[KnownObject]) -> None:
        """Add rows to those that are known."""
        for row in rows:
            self.rows.setdefault(row.object.name, []).append(row)

    def find(self, text: str) -> KnownObject:
        """Return the object that ``NAME OID`` means.

        Raises
        ------
        CellError
            There is no such object, or it does not have this OID.
        """
        name, _, dotted = text.partition(" ")
        rows = self.rows.get(name)
        if rows is None:
            near = name_hint(name, self.rows, "correct the name, or describe the object in objects.csv beside it")
            raise CellError(f"names an unknown object {shown(name)}", near)
        known = [format_oid(row.object.oid) for row in rows]
        for row, oid in zip(rows, known, strict=True):
            if oid == dotted.strip():
                return row
        what = f"gives {name} a wrong OID" if dotted.strip() else f"names {name} without its OID"
        raise CellError(what, f"write {name} {' or '.join(known)}")


def _parse_name(text: str) -> str:
    if _NAME.fullmatch(text) is None:
        raise CellError(f"{shown(text)} is no name of a MIB object", "write its descriptor, like ifName")
    return text


def _parse_oid(text: str) -> Oid:
    if _OID.fullmatch(text) is None:
        raise CellError(f"{shown(text)} is no OID", "write numbers and dots, like 1.3.6.1.2.1.1.5")
    return parse_oid(text)


def _parse_scale(text: str) -> float:
    if _SCALE.fullmatch(text) is None or not float(text):
        raise CellError(
            f"{shown(text)} is no scale", "write the factor from the number sent to the unit, like 0.1"
        )
    return float(text)


def _parse_values(text: str) -> Mapping[str, int]:
    parts = [_VALUE.fullmatch(part) for part in text.split()]
    if not all(parts):
        raise CellError("this is no enumeration", "write label(number) for each, with blanks between, like up(1)")
    return {part[1]: int(part[2]) for part in parts if part}


OBJECTS = TableSpec(
    "objects.csv",
    (
        ColumnSpec("object", _parse_name, required=True),
        ColumnSpec("oid", _parse_oid, required=True),
        ColumnSpec("type", one_of(*KINDS), required=True),
        ColumnSpec("scale", _parse_scale, default=None),
        ColumnSpec("unit", one_of(*UNITS)),
        ColumnSpec("values", _parse_values, default=None),
        ColumnSpec("module", str),
    ),
    required=False,
)


def read_objects(path: Path) -> tuple[list[KnownObject], list[Problem]]:
    """Read one ``objects.csv``: its sound rows, and what is wrong with the others."""
    text, problem = read_text(path)
    if problem is not None:
        return [], [problem]
    table = read_table(OBJECTS, str(path), text)
    rows = [
        KnownObject(
            MibObject(row.values["object"], row.values["oid"], row.values["values"] or {}),
            row.values["type"],
            row.values["scale"],
            row.values["unit"],
        )
        for row in table.rows
        if len(row.values) == len(OBJECTS.columns)
    ]
    return rows, table.problems
