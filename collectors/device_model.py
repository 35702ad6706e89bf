"""Which model a device is, from what it says of itself: a decision over texts, no network.

Every vendor says it elsewhere: in an object of its own, in ENTITY-MIB, or somewhere in sysDescr.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from .enterprises import ENTERPRISES
from .snmp.ber import Oid

MODEL_OBJECTS: Final[Mapping[int, Oid]] = {
    2636: (*ENTERPRISES, 2636, 3, 1, 2, 0),
    2684: (*ENTERPRISES, 13885, 101, 1, 1, 4, 0),
    13885: (*ENTERPRISES, 13885, 101, 1, 1, 4, 0),
    14988: (*ENTERPRISES, 14988, 1, 1, 7, 9, 0),
}
"""By enterprise number, the vendor's own object: jnxBoxDescr (JUNIPER-MIB), the hardware model of
POLYCOM-ENDPOINT-MIB, mtxrBoardName (MIKROTIK-MIB)."""
_IN_DESCR: Final = (
    re.compile(r"Router Model: ([^,]+)"),  # DrayTek
    re.compile(r"MCU: (Cisco TelePresence \S+)"),
    re.compile(r"\b(?:HPE?|H3C) (\S+(?: \S+)?) (?:Switch|Router)\b"),  # Comware
    re.compile(r"\bHuawei (?!Versatile)(\S+) Huawei Versatile"),
    re.compile(r"\bFortinet (\S+?),"),
    re.compile(r"\bRouterOS (?:\S+ \(\w+\) on )?([A-Z]\S+)"),
    re.compile(r"Juniper Networks, Inc\. (\S+) "),
)
_ONLY_A_FAMILY: Final = re.compile(r"^\W*Cisco IOS Software.*?, (\S+) Software")
_NO_MODEL: Final = re.compile(r"(?i)(chassis|system|stack|switch|unit|device)?[\s#_-]*\d*")
"""What some agents give in place of a name."""


@dataclass(frozen=True, slots=True)
class Chassis:
    """The outermost physical entity (ENTITY-MIB), texts decoded; empty where the device says nothing."""

    descr: str = ""
    name: str = ""
    maker: str = ""
    model: str = ""


def find_model(own_model: str, sys_descr: str, chassis: Chassis) -> str:
    """Return the model as exactly as the device says it, empty when it does not.

    ``own_model`` is what the vendor's own object says.
    """
    if own_model:
        return own_model
    for text in (sys_descr, chassis.descr):
        for pattern in _IN_DESCR:
            if found := pattern.search(text):
                return found[1].strip()
    if chassis.model:
        return chassis.model
    if found := _ONLY_A_FAMILY.search(sys_descr):
        return found[1]
    return next((text for text in (chassis.name, chassis.descr) if not _NO_MODEL.fullmatch(text)), "")
