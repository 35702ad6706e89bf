"""Object identifiers of the MIB objects that are polled, under their names in the MIBs."""

from __future__ import annotations

from typing import Final

from .snmp.ber import Oid

_SYSTEM: Final[Oid] = (1, 3, 6, 1, 2, 1, 1)
_IF_ENTRY: Final[Oid] = (1, 3, 6, 1, 2, 1, 2, 2, 1)
_IF_X_ENTRY: Final[Oid] = (1, 3, 6, 1, 2, 1, 31, 1, 1, 1)
_ENT_PHYSICAL_ENTRY: Final[Oid] = (1, 3, 6, 1, 2, 1, 47, 1, 1, 1, 1)

# SNMPv2-MIB (RFC 3418)
SYS_DESCR: Final[Oid] = (*_SYSTEM, 1, 0)
SYS_OBJECT_ID: Final[Oid] = (*_SYSTEM, 2, 0)
SYS_UP_TIME: Final[Oid] = (*_SYSTEM, 3, 0)
SYS_NAME: Final[Oid] = (*_SYSTEM, 5, 0)
SYS_LOCATION: Final[Oid] = (*_SYSTEM, 6, 0)

# IF-MIB (RFC 2863): columns, to be followed by ifIndex
IF_DESCR: Final[Oid] = (*_IF_ENTRY, 2)
IF_TYPE: Final[Oid] = (*_IF_ENTRY, 3)
IF_SPEED: Final[Oid] = (*_IF_ENTRY, 5)
IF_ADMIN_STATUS: Final[Oid] = (*_IF_ENTRY, 7)
IF_OPER_STATUS: Final[Oid] = (*_IF_ENTRY, 8)
IF_LAST_CHANGE: Final[Oid] = (*_IF_ENTRY, 9)
IF_IN_OCTETS: Final[Oid] = (*_IF_ENTRY, 10)
IF_IN_UCAST_PKTS: Final[Oid] = (*_IF_ENTRY, 11)
IF_IN_DISCARDS: Final[Oid] = (*_IF_ENTRY, 13)
IF_IN_ERRORS: Final[Oid] = (*_IF_ENTRY, 14)
IF_OUT_OCTETS: Final[Oid] = (*_IF_ENTRY, 16)
IF_OUT_UCAST_PKTS: Final[Oid] = (*_IF_ENTRY, 17)
IF_OUT_DISCARDS: Final[Oid] = (*_IF_ENTRY, 19)
IF_OUT_ERRORS: Final[Oid] = (*_IF_ENTRY, 20)
IF_NAME: Final[Oid] = (*_IF_X_ENTRY, 1)
IF_HC_IN_OCTETS: Final[Oid] = (*_IF_X_ENTRY, 6)
IF_HC_IN_UCAST_PKTS: Final[Oid] = (*_IF_X_ENTRY, 7)
IF_HC_OUT_OCTETS: Final[Oid] = (*_IF_X_ENTRY, 10)
IF_HC_OUT_UCAST_PKTS: Final[Oid] = (*_IF_X_ENTRY, 11)
IF_HIGH_SPEED: Final[Oid] = (*_IF_X_ENTRY, 15)
IF_ALIAS: Final[Oid] = (*_IF_X_ENTRY, 18)
IF_COUNTER_DISCONTINUITY_TIME: Final[Oid] = (*_IF_X_ENTRY, 19)
IF_TABLE_LAST_CHANGE: Final[Oid] = (1, 3, 6, 1, 2, 1, 31, 1, 5, 0)

# EtherLike-MIB (RFC 3635): column, to be followed by ifIndex
DOT3_STATS_DUPLEX_STATUS: Final[Oid] = (1, 3, 6, 1, 2, 1, 10, 7, 2, 1, 19)

# SNMP-FRAMEWORK-MIB (RFC 3411)
SNMP_ENGINE_ID: Final[Oid] = (1, 3, 6, 1, 6, 3, 10, 2, 1, 1, 0)

# IP-MIB (RFC 4293): columns, to be followed by an IPv4 address
IP_AD_ENT_IF_INDEX: Final[Oid] = (1, 3, 6, 1, 2, 1, 4, 20, 1, 2)
IP_AD_ENT_NET_MASK: Final[Oid] = (1, 3, 6, 1, 2, 1, 4, 20, 1, 3)

# ENTITY-MIB (RFC 6933): columns, to be followed by entPhysicalIndex
ENT_PHYSICAL_DESCR: Final[Oid] = (*_ENT_PHYSICAL_ENTRY, 2)
ENT_PHYSICAL_CLASS: Final[Oid] = (*_ENT_PHYSICAL_ENTRY, 5)
ENT_PHYSICAL_NAME: Final[Oid] = (*_ENT_PHYSICAL_ENTRY, 7)
ENT_PHYSICAL_MFG_NAME: Final[Oid] = (*_ENT_PHYSICAL_ENTRY, 12)
ENT_PHYSICAL_MODEL_NAME: Final[Oid] = (*_ENT_PHYSICAL_ENTRY, 13)
