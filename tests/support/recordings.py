"""Walks of real devices (snmprec), which lie in ``../shared/recordings`` and are no part of the project."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from snmp_peers import Typed

from phusong.collectors.snmp import ber

RECORDINGS = Path(__file__).parents[2].parent / "shared" / "recordings"
WALKS = sorted(RECORDINGS.glob("*.snmprec")) or [RECORDINGS]


def load_walk(path: Path) -> dict[ber.Oid, Typed]:
    """Read a walk, sorted or not."""
    objects: dict[ber.Oid, Typed] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.count("|") < 2:  # an empty line
            continue
        dotted, kind, text = line.split("|", 2)
        tag = int(kind.rstrip("xe"))
        value: Any = bytes.fromhex(text) if kind.endswith("x") else text.encode()
        if tag in (ber.INTEGER, *ber.UNSIGNED):
            value = int(text)
        elif tag == ber.OBJECT_ID:
            value = ber.parse_oid(text)
        elif tag == ber.IP_ADDRESS and not kind.endswith("x"):
            value = bytes(map(int, text.split(".")))
        elif tag == ber.NULL:
            value = None
        objects[ber.parse_oid(dotted)] = (tag, value)
    return objects
