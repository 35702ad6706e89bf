"""Asks one device what it is and which interfaces it has: plain, frozen values for ``phusong discover``.

Reads the system group, the chassis (ENTITY-MIB, RFC 6933), the interface tables (IF-MIB, RFC 2863) and the IPv4
addresses (IP-MIB, RFC 4293: the old ipAddrTable, which nearly every agent has). Decides nothing: what an interface
is for is for whoever reads the findings. How a device is reached, and why not, is in ``first_contact``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from ipaddress import AddressValueError, IPv4Interface, NetmaskValueError
from typing import Final, TypeAlias

from . import mib
from .device_model import MODEL_OBJECTS, Chassis
from .device_text import decode_text
from .enterprises import enterprise_of
from .interface_row import as_int, choose_counters, choose_speed
from .readings import SystemReading
from .snmp.batch import BatchReader
from .snmp.ber import Oid, Value
from .snmp.client import SnmpClient, Target
from .snmp.credentials import V1
from .snmp.errors import SnmpError
from .snmp.walk import WalkLimits, WalkResult, walk_columns
from .system_group import read_system

CHASSIS, STACK = 3, 11
"""entPhysicalClass."""
ENTITY_LIMITS: Final = WalkLimits(rows=200, requests=40, time_s=10.0)
"""The chassis stands at the front; large devices have thousands of sensors behind it, read at a snail's pace."""
TABLE_LIMITS: Final = WalkLimits(requests=2000, time_s=60.0)
ROWS_SEEN_MOVING: Final = 64
"""Of so many rows that are up the counters are read twice."""
IF_OPER_UP = 1
_ENTITY_COLUMNS: Final = (
    mib.ENT_PHYSICAL_DESCR,
    mib.ENT_PHYSICAL_NAME,
    mib.ENT_PHYSICAL_MFG_NAME,
    mib.ENT_PHYSICAL_MODEL_NAME,
)
_COLUMNS: Final = (
    mib.IF_DESCR,
    mib.IF_TYPE,
    mib.IF_SPEED,
    mib.IF_ADMIN_STATUS,
    mib.IF_OPER_STATUS,
    mib.IF_IN_OCTETS,
    mib.IF_OUT_OCTETS,
    mib.IF_NAME,
    mib.IF_ALIAS,
    mib.IF_HIGH_SPEED,
)
_HC_COLUMNS: Final = (mib.IF_HC_IN_OCTETS, mib.IF_HC_OUT_OCTETS)
"""Not asked of SNMPv1 agents, which have no Counter64."""
_OCTETS: Final = (*_HC_COLUMNS, mib.IF_IN_OCTETS, mib.IF_OUT_OCTETS)
_Row: TypeAlias = Mapping[Oid, Value]
"""The values of a row by their columns."""
_Columns: TypeAlias = Mapping[Oid, Mapping[Oid, Value]]
"""The values of columns by what follows the column in their names."""


class OctetCounters(StrEnum):
    """Which octet counters a row has, and whether the 64-bit ones can be trusted."""

    WIDE = "64-bit"
    WIDE_STILL = "64-bit, not moving"
    """They were there twice and the same, as where no traffic flows."""
    DEAD_WIDE = "32-bit: the 64-bit ones stand still"
    NARROW = "32-bit"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class FoundInterface:
    """One interface row; texts are decoded and cleaned, a number is ``None`` where there is none."""

    index: int
    name: str
    descr: str
    alias: str
    if_type: int | None
    speed_bps: int | None
    admin_status: int | None
    oper_status: int | None
    counters: OctetCounters
    addresses: tuple[IPv4Interface, ...] = ()

    @property
    def label(self) -> str:
        """What people call it: ifName, else ifDescr, else ifAlias, else ``if<index>``."""
        return self.name or self.descr or self.alias or f"if{self.index}"


@dataclass(frozen=True, slots=True)
class Discovery:
    """What a device says of itself. ``partial`` tells what was read in part only, and why."""

    system: SystemReading
    object_id: Oid
    chassis: Chassis
    own_model: str
    """What the vendor's own object for it says, where one is known."""
    interfaces: tuple[FoundInterface, ...]
    partial: tuple[str, ...]


async def discover_device(client: SnmpClient, target: Target) -> Discovery:
    """Read a device that is known to answer.

    Raises
    ------
    SnmpError
        The system group could not be read. Later failures are told in ``partial``.
    """
    reader = BatchReader(client, target)
    system = await read_system(reader)
    (object_id,) = await reader.read([mib.SYS_OBJECT_ID])
    partial: list[str] = []
    if system.sys_uptime_ticks is None and not system.sys_object_id:
        partial.append("system: the device shows none of it, it gives these credentials too small a view")
    asking = _Asking(client, target, reader, partial)
    named = object_id if isinstance(object_id, tuple) else ()
    return Discovery(
        system=system,
        object_id=named,
        chassis=await asking.chassis(),
        own_model=await asking.own_model(named),
        interfaces=await asking.interfaces(),
        partial=tuple(partial),
    )


class _Asking:
    """One device being asked; what goes wrong after the system group is noted, and the rest still asked for."""

    def __init__(self, client: SnmpClient, target: Target, reader: BatchReader, partial: list[str]) -> None:
        self._client = client
        self._target = target
        self._reader = reader
        self._partial = partial

    async def chassis(self) -> Chassis:
        """Find the outermost entity: a chassis or stack, else the first with a description."""
        tables = await self._walk([mib.ENT_PHYSICAL_CLASS], ENTITY_LIMITS, cut_is_noted=False)
        classes = {index: value for (index, *_), value in tables[mib.ENT_PHYSICAL_CLASS].items()}
        indexes = sorted(classes, key=lambda index: (as_int(classes[index]) not in (CHASSIS, STACK), index))
        candidates = [indexes[0]] if indexes else [1]
        stacked = [index for index in indexes if as_int(classes[index]) == CHASSIS][:1]
        found: list[Chassis] = []
        for index in dict.fromkeys([*stacked, *candidates]):
            values = await self._read([(*column, index) for column in _ENTITY_COLUMNS], "the chassis")
            found.append(Chassis(*map(_text, values or ())))
        return max(found, key=lambda chassis: bool(chassis.model), default=Chassis())

    async def own_model(self, object_id: Oid) -> str:
        """Read the vendor's own object for the model."""
        model = MODEL_OBJECTS.get(enterprise_of(object_id))
        values = await self._read([model], "the model") if model else None
        return _text(values[0]) if values else ""

    async def interfaces(self) -> tuple[FoundInterface, ...]:
        """Read all rows of the interface tables, with their IPv4 addresses."""
        columns = _COLUMNS if self._target.auth.version == V1 else _COLUMNS + _HC_COLUMNS
        tables = await self._walk(columns)
        addresses = await self._addresses()
        indexes = {index for column in tables.values() for (index, *more) in column if not more}
        rows = {
            index: {column: tables[column].get((index,)) for column in columns}
            for index in sorted(indexes)
            if 0 < index < 2**31
        }
        found = [_interface(index, row, addresses.get(index, ())) for index, row in rows.items()]
        return await self._seen_moving(found, rows)

    async def _seen_moving(
        self, found: Sequence[FoundInterface], rows: Mapping[int, _Row]
    ) -> tuple[FoundInterface, ...]:
        """Read the octets of rows that are up once more, and tell 64-bit counters that stand still."""
        asked = [
            row.index for row in found if row.counters is OctetCounters.WIDE and row.oper_status == IF_OPER_UP
        ]
        oids = [(*column, index) for index in asked[:ROWS_SEEN_MOVING] for column in _OCTETS]
        later = dict(zip(oids, await self._read(oids, "the counters again") or (), strict=False))
        return tuple(
            replace(row, counters=_judge_movement(row.index, rows[row.index], later))
            if (*mib.IF_HC_IN_OCTETS, row.index) in later
            else row
            for row in found
        )

    async def _addresses(self) -> dict[int, tuple[IPv4Interface, ...]]:
        """Read the IPv4 addresses with their prefixes, by ifIndex."""
        tables = await self._walk((mib.IP_AD_ENT_IF_INDEX, mib.IP_AD_ENT_NET_MASK))
        masks = tables[mib.IP_AD_ENT_NET_MASK]
        found: dict[int, list[IPv4Interface]] = {}
        for arcs, value in tables[mib.IP_AD_ENT_IF_INDEX].items():
            index, mask = as_int(value), masks.get(arcs)
            if index is None or not isinstance(mask, bytes):
                continue
            try:
                text = f"{'.'.join(map(str, arcs))}/{'.'.join(map(str, mask))}"
                found.setdefault(index, []).append(IPv4Interface(text))
            except (AddressValueError, NetmaskValueError):
                continue  # no four numbers up to 255, or a mask with holes
        return {index: tuple(addresses) for index, addresses in found.items()}

    async def _walk(
        self, columns: Sequence[Oid], limits: WalkLimits = TABLE_LIMITS, *, cut_is_noted: bool = True
    ) -> _Columns:
        """Read columns side by side; what is missing is noted, once for all that lack it for one reason."""
        try:
            results = await walk_columns(self._client, self._target, columns, limits, self._reader.sizes)
        except SnmpError as error:
            results = [WalkResult((), error.reason)] * len(columns)
        noted: dict[str, list[str]] = {}
        for column, result in zip(columns, results, strict=True):
            if result.partial and (cut_is_noted or not result.partial.endswith("limit")):
                noted.setdefault(result.partial, []).append(_COLUMN_NAMES[column])
        self._partial += [f"{', '.join(names)}: {why}" for why, names in noted.items()]
        return {
            column: {oid[len(column) :]: value for oid, value in result.rows}
            for column, result in zip(columns, results, strict=True)
        }

    async def _read(self, oids: Sequence[Oid], what: str) -> list[Value] | None:
        try:
            return await self._reader.read(oids)
        except SnmpError as error:
            self._partial.append(f"{what}: {error.reason}")
            return None


def _interface(index: int, row: _Row, addresses: tuple[IPv4Interface, ...]) -> FoundInterface:
    hc_in, hc_out, low_in, low_out = (as_int(row.get(column)) for column in _OCTETS)
    bits, _, _ = choose_counters(hc_in, hc_out, low_in, low_out)
    narrow = OctetCounters.NARROW if hc_in is None and hc_out is None else OctetCounters.DEAD_WIDE
    return FoundInterface(
        index=index,
        name=_text(row[mib.IF_NAME]),
        descr=_text(row[mib.IF_DESCR]),
        alias=_text(row[mib.IF_ALIAS]),
        if_type=as_int(row[mib.IF_TYPE]),
        speed_bps=choose_speed(as_int(row[mib.IF_HIGH_SPEED]), as_int(row[mib.IF_SPEED])),
        admin_status=as_int(row[mib.IF_ADMIN_STATUS]),
        oper_status=as_int(row[mib.IF_OPER_STATUS]),
        counters={64: OctetCounters.WIDE, 32: narrow, None: OctetCounters.NONE}[bits],
        addresses=addresses,
    )


def _judge_movement(index: int, before: _Row, later: Mapping[Oid, Value]) -> OctetCounters:
    """Judge the 64-bit counters of a row by two readings, each of all its octets at one moment."""
    moved = [as_int(before[column]) != as_int(later.get((*column, index))) for column in _OCTETS]
    if any(moved[:2]):
        return OctetCounters.WIDE
    return OctetCounters.DEAD_WIDE if any(moved[2:]) else OctetCounters.WIDE_STILL


def _text(value: Value) -> str:
    return decode_text(value) if isinstance(value, bytes) else ""


_COLUMN_NAMES: Final = {
    mib.IF_DESCR: "ifDescr",
    mib.IF_TYPE: "ifType",
    mib.IF_SPEED: "ifSpeed",
    mib.IF_ADMIN_STATUS: "ifAdminStatus",
    mib.IF_OPER_STATUS: "ifOperStatus",
    mib.IF_IN_OCTETS: "ifInOctets",
    mib.IF_OUT_OCTETS: "ifOutOctets",
    mib.IF_NAME: "ifName",
    mib.IF_ALIAS: "ifAlias",
    mib.IF_HIGH_SPEED: "ifHighSpeed",
    mib.IF_HC_IN_OCTETS: "ifHCInOctets",
    mib.IF_HC_OUT_OCTETS: "ifHCOutOctets",
    mib.IP_AD_ENT_IF_INDEX: "ipAdEntIfIndex",
    mib.IP_AD_ENT_NET_MASK: "ipAdEntNetMask",
    mib.ENT_PHYSICAL_CLASS: "entPhysicalClass",
}
