"""What a notification says, and why a datagram that was none is dropped: names and values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from phusong.collectors.snmp.ber import Oid
from phusong.collectors.snmp.credentials import V1, V2C, V3

SNMP_TRAP_OID: Final[Oid] = (1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0)
SNMP_TRAPS: Final[Oid] = (1, 3, 6, 1, 6, 3, 1, 1, 5)
VERSION_NAMES: Final[Mapping[int, str]] = {V1: "1", V2C: "2c", V3: "3"}


class NotificationKind(StrEnum):
    """The notifications that every device knows (SNMPv2-MIB, IF-MIB, RFC 1213); everything else is ``other``."""

    COLD_START = "coldStart"
    WARM_START = "warmStart"
    LINK_DOWN = "linkDown"
    LINK_UP = "linkUp"
    AUTHENTICATION_FAILURE = "authenticationFailure"
    EGP_NEIGHBOR_LOSS = "egpNeighborLoss"
    OTHER = "other"


_KINDS: Mapping[Oid, NotificationKind] = {
    (*SNMP_TRAPS, number): kind
    for number, kind in enumerate(NotificationKind, start=1)
    if kind is not NotificationKind.OTHER
}


def kind_of(trap_oid: Oid) -> NotificationKind:
    """Name the notification with this snmpTrapOID."""
    return _KINDS.get(trap_oid, NotificationKind.OTHER)


@dataclass(frozen=True, slots=True)
class Notification:
    """An accepted trap or inform. ``version`` is ``1``, ``2c`` or ``3``."""

    version: str
    kind: NotificationKind


class Dropped(StrEnum):
    """Why a datagram is not a notification for us."""

    UNKNOWN_SOURCE = "unknown_source"
    """It comes from no address of the inventory."""
    TOO_BIG = "too_big"
    MALFORMED = "malformed"
    WRONG_CREDENTIALS = "wrong_credentials"
    """Community, user, security level or digest are not among those allowed."""
    UNKNOWN_ENGINE = "unknown_engine"
    """SNMPv3, from an engine that is not the one that polls of this device have found."""
    NOT_IN_TIME_WINDOW = "not_in_time_window"
    """SNMPv3, and older than what this engine has sent before: sent again by somebody, or a clock set back."""
    RATE_LIMITED = "rate_limited"
