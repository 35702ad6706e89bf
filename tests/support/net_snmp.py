"""net-snmp's own commands, to compare what they read with what our client reads."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence

import pytest

from phusong.collectors.snmp import ber


def net_snmp(command: str, peer: Sequence[str], *oids: ber.Oid) -> dict[ber.Oid, str]:
    """Run a command of net-snmp; its answer with numeric names and bare values, strings in hexadecimal."""
    program = shutil.which(command)
    if program is None:
        pytest.skip(f"{command} is not installed")
    asked = [program, "-OnqtUx", *peer, *(ber.format_oid(oid) for oid in oids)]
    environment = {**os.environ, "MIBS": "", "MIBDIRS": "/nonexistent"}
    ran = subprocess.run(asked, env=environment, capture_output=True, text=True, timeout=20, check=False)
    answers: dict[ber.Oid, str] = {}
    name: ber.Oid = ()
    for line in ran.stdout.splitlines():
        if line.startswith("."):
            dotted, _, value = line.partition(" ")
            name = ber.parse_oid(dotted)
            answers[name] = value
        else:  # a long hexadecimal string goes on
            answers[name] += line
    return answers


def same(theirs: str, ours: ber.Value) -> bool:
    """Compare a value as net-snmp writes it with ours."""
    match ours:
        case bytes() if theirs.count(".") == 3:  # an IpAddress
            return theirs == ".".join(map(str, ours))
        case bytes():
            return bytes.fromhex(theirs.strip('"')) == ours
        case tuple():
            return theirs == "." + ber.format_oid(ours)
        case _:
            return theirs == str(ours)
