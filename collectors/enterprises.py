"""Whose device it is by its number: the private enterprise numbers of makers met in networks like this one.

The numbers are IANA's; the registry has some 60,000, and one that is not here is shown as the number it is. An
SNMP engine id begins with the same number (RFC 3411, section 5), so that even a device that answers nobody says
who made it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .snmp.ber import Oid

ENTERPRISES: Final[Oid] = (1, 3, 6, 1, 4, 1)
_NEW_STYLE = 0x80

MAKERS: Final[Mapping[int, str]] = {
    9: "Cisco",
    11: "HP",
    43: "3Com",
    94: "Nokia",
    171: "D-Link",
    193: "Ericsson",
    207: "Allied Telesis",
    311: "Microsoft",
    318: "APC",
    637: "Alcatel-Lucent",
    674: "Dell",
    890: "Zyxel",
    1588: "Brocade",
    1916: "Extreme Networks",
    1991: "Foundry",
    2011: "Huawei",
    2021: "UC Davis (net-snmp)",
    2636: "Juniper",
    2684: "Polycom",
    3224: "NetScreen",
    3902: "ZTE",
    4413: "Broadcom",
    4526: "Netgear",
    4881: "Ruijie",
    5596: "Cisco TelePresence (Tandberg)",
    5651: "Maipu",
    6486: "Alcatel-Lucent Enterprise",
    6527: "Nokia (TiMetra)",
    7367: "DrayTek",
    8072: "net-snmp",
    8741: "SonicWall",
    8886: "Raisecom",
    10002: "Ubiquiti (Frogfoot)",
    11863: "TP-Link",
    12356: "Fortinet",
    13885: "Poly",
    14179: "Cisco (Airespace)",
    14823: "Aruba",
    14988: "MikroTik",
    25053: "Ruckus",
    25461: "Palo Alto Networks",
    25506: "H3C",
    30065: "Arista",
    37459: "Yealink",
    41112: "Ubiquiti",
    47196: "HPE Aruba",
    48690: "Teltonika",
}


VIDEO_MAKERS: Final = frozenset({2684, 5596, 13885, 37459})
"""Who makes video-conference endpoints and no routers."""


def enterprise_of(object_id: Oid) -> int:
    """Return the private enterprise number in a sysObjectID, 0 where it has none."""
    if object_id[: len(ENTERPRISES)] != ENTERPRISES or len(object_id) == len(ENTERPRISES):
        return 0
    return object_id[len(ENTERPRISES)]


def maker_of(object_id: Oid) -> str:
    """Return the maker that a sysObjectID names, its number where it is not known, nothing for other objects."""
    return _name(enterprise_of(object_id))


def maker_of_engine(engine_id: bytes) -> str:
    """Return the maker that an SnmpEngineID names, nothing where its form names none."""
    if len(engine_id) < 5 or not engine_id[0] & _NEW_STYLE:
        return ""
    return _name(int.from_bytes(engine_id[:4], "big") & 0x7FFFFFFF)


def _name(number: int) -> str:
    return MAKERS.get(number, f"enterprise {number}") if number else ""
