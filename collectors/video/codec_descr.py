"""What a Cisco codec (TC, CE, RoomOS) says in sysDescr: over SNMP it answers the system group and no more.

Its calls are asked for over HTTPS, which is done elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_FIELDS: Final = re.compile(r"\b(SoftW|MCU|Date|S/N|BootSW|Board):")


@dataclass(frozen=True, slots=True)
class CodecDescr:
    """The parts of sysDescr; empty where they are not in it."""

    model: str = ""
    serial: str = ""
    software: str = ""


def read_codec_descr(sys_descr: str) -> CodecDescr:
    """Read ``Cisco Codec SoftW: ce9.10.0 MCU: Cisco TelePresence SX80 Date: ... S/N: ...``, in one line."""
    _, *parts = _FIELDS.split(sys_descr)
    told = dict(zip(parts[::2], (part.strip(" /,;") for part in parts[1::2]), strict=True))
    return CodecDescr(model=told.get("MCU", ""), serial=told.get("S/N", ""), software=told.get("SoftW", ""))
