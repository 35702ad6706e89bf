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
from .snmp.walk import DEFAULT_LIMITS, WalkLimits, WalkResult, walk
from .video_endpoint import read_system

CHASSIS, STACK = 3, 11
"""entPhysicalClass."""
ENTITY_LIMITS: Final = WalkLimits(rows=200, requests=40, time_s=10.0)
"""The chassis stands at the front; large devices have thousands of sensors behind it, read at a snail's pace."""
ROWS_SEEN_MOVING: Final = 64
"""Of so many rows that are up the counters are read twice."""
ROWS_AT_ONCE: Final = 32
IF_OPER_UP = 1
_ENTITY_COLUMNS: Final = (
    mib.ENT_PHYSICAL_DESCR,
    mib.ENT_PHYSICAL_NAME,
    mib.ENT_PHYSICAL_MFG_NAME,
    mib.ENT_PHYSICAL_MODEL_NAME,
)
_PLAIN_COLUMNS: Final = (
    mib.IF_TYPE,
    mib.IF_SPEED,
    mib.IF_ADMIN_STATUS,
    mib.IF_OPER_STATUS,
    mib.IF_IN_OCTETS,
    mib.IF_OUT_OCTETS,
)
_X_COLUMNS: Final = (mib.IF_ALIAS, mib.IF_HIGH_SPEED)
_HC_COLUMNS: Final = (mib.IF_HC_IN_OCTETS, mib.IF_HC_OUT_OCTETS)


_Row: TypeAlias = tuple[Value, ...]
_Rows: TypeAlias = Mapping[int, _Row]


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
        classes = await self._walk(mib.ENT_PHYSICAL_CLASS, ENTITY_LIMITS, cut_is_noted=False)
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
        descrs = await self._walk(mib.IF_DESCR)
        names = await self._walk(mib.IF_NAME)
        types = {} if descrs or names else await self._walk(mib.IF_TYPE)
        indexes = sorted({*descrs, *names, *types})
        plain = await self._rows(_PLAIN_COLUMNS, indexes)
        extended = await self._rows(_X_COLUMNS, sorted(names))
        wide = {} if self._target.auth.version == V1 else await self._rows(_HC_COLUMNS, sorted(names))
        addresses = await self._addresses()
        rows = [
            _interface(
                index,
                _text(names.get(index)),
                _text(descrs.get(index)),
                (plain.get(index, _NOTHING), extended.get(index, _NOTHING), wide.get(index, _NOTHING)),
                addresses.get(index, ()),
            )
            for index in indexes
        ]
        return await self._seen_moving(rows, plain, wide)

    async def _seen_moving(
        self, rows: Sequence[FoundInterface], plain: _Rows, wide: _Rows
    ) -> tuple[FoundInterface, ...]:
        """Read the octets of rows that are up once more, and tell 64-bit counters that stand still."""
        asked = [row.index for row in rows if row.counters is OctetCounters.WIDE and row.oper_status == IF_OPER_UP]
        columns = (*_HC_COLUMNS, mib.IF_IN_OCTETS, mib.IF_OUT_OCTETS)
        again = await self._rows(columns, asked[:ROWS_SEEN_MOVING])
        return tuple(
            replace(row, counters=judge_movement(row.counters, wide[row.index], plain[row.index][4:6], values))
            if (values := again.get(row.index))
            else row
            for row in rows
        )

    async def _addresses(self) -> dict[int, tuple[IPv4Interface, ...]]:
        """Read the IPv4 addresses with their prefixes, by ifIndex."""
        indexes = await self._walk_addresses(mib.IP_AD_ENT_IF_INDEX)
        masks = await self._walk_addresses(mib.IP_AD_ENT_NET_MASK) if indexes else {}
        found: dict[int, list[IPv4Interface]] = {}
        for address, value in indexes.items():
            index, mask = as_int(value), masks.get(address)
            if index is None or not isinstance(mask, bytes) or len(mask) != len(address):
                continue
            try:
                text = f"{'.'.join(map(str, address))}/{'.'.join(map(str, mask))}"
                found.setdefault(index, []).append(IPv4Interface(text))
            except (AddressValueError, NetmaskValueError):
                continue  # arcs above 255, or a mask with holes
        return {index: tuple(addresses) for index, addresses in found.items()}

    async def _walk_addresses(self, column: Oid) -> dict[Oid, Value]:
        result = await self._walk_all(column)
        return {oid[len(column) :]: value for oid, value in result.rows if len(oid) == len(column) + 4}

    async def _walk(
        self, column: Oid, limits: WalkLimits = DEFAULT_LIMITS, *, cut_is_noted: bool = True
    ) -> dict[int, Value]:
        result = await self._walk_all(column, limits, cut_is_noted=cut_is_noted)
        width = len(column) + 1
        return {oid[-1]: value for oid, value in result.rows if len(oid) == width and 0 < oid[-1] < 2**31}

    async def _walk_all(
        self, column: Oid, limits: WalkLimits = DEFAULT_LIMITS, *, cut_is_noted: bool = True
    ) -> WalkResult:
        try:
            result = await walk(self._client, self._target, column, limits)
        except SnmpError as error:
            result = WalkResult((), error.reason)
        if result.partial and (cut_is_noted or not result.partial.endswith("limit")):
            self._partial.append(f"{_COLUMN_NAMES[column]}: {result.partial}")
        return result

    async def _rows(self, columns: Sequence[Oid], indexes: Sequence[int]) -> _Rows:
        """Read these columns of these rows, some rows at a time: what came before a failure is kept."""
        rows: dict[int, tuple[Value, ...]] = {}
        for start in range(0, len(indexes), ROWS_AT_ONCE):
            group = indexes[start : start + ROWS_AT_ONCE]
            values = await self._read(
                [(*column, index) for index in group for column in columns], f"interface rows from {group[0]} on"
            )
            if values is None:
                break
            for place, index in enumerate(group):
                rows[index] = tuple(values[place * len(columns) : (place + 1) * len(columns)])
        return rows

    async def _read(self, oids: Sequence[Oid], what: str) -> list[Value] | None:
        try:
            return await self._reader.read(oids)
        except SnmpError as error:
            self._partial.append(f"{what}: {error.reason}")
            return None


def _interface(
    index: int, name: str, descr: str, columns: tuple[_Row, _Row, _Row], addresses: tuple[IPv4Interface, ...]
) -> FoundInterface:
    """Make a row of its values in the plain, the extended and the 64-bit columns."""
    (kind, speed, admin, oper, low_in, low_out, *_), (alias, high_speed, *_), (hc_in, hc_out, *_) = columns
    bits, _, _ = choose_counters(as_int(hc_in), as_int(hc_out), as_int(low_in), as_int(low_out))
    has_wide = as_int(hc_in) is not None or as_int(hc_out) is not None
    narrow = OctetCounters.DEAD_WIDE if has_wide else OctetCounters.NARROW
    return FoundInterface(
        index=index,
        name=name,
        descr=descr,
        alias=_text(alias),
        if_type=as_int(kind),
        speed_bps=choose_speed(as_int(high_speed), as_int(speed)),
        admin_status=as_int(admin),
        oper_status=as_int(oper),
        counters={64: OctetCounters.WIDE, 32: narrow, None: OctetCounters.NONE}[bits],
        addresses=addresses,
    )


def judge_movement(
    before: OctetCounters, wide: Sequence[Value], narrow: Sequence[Value], again: _Row
) -> OctetCounters:
    """Judge the 64-bit counters of a row by two readings; ``again`` is the later one, 64-bit first."""
    if before is not OctetCounters.WIDE:
        return before
    if list(map(as_int, wide)) != list(map(as_int, again[:2])):
        return OctetCounters.WIDE
    moved = list(map(as_int, narrow)) != list(map(as_int, again[2:]))
    return OctetCounters.DEAD_WIDE if moved else OctetCounters.WIDE_STILL


def _text(value: Value) -> str:
    return decode_text(value) if isinstance(value, bytes) else ""


_NOTHING: Final[_Row] = (None,) * len(_PLAIN_COLUMNS)
_COLUMN_NAMES: Final = {
    mib.IF_DESCR: "ifDescr",
    mib.IF_NAME: "ifName",
    mib.IF_TYPE: "ifType",
    mib.IP_AD_ENT_IF_INDEX: "ipAdEntIfIndex",
    mib.IP_AD_ENT_NET_MASK: "ipAdEntNetMask",
    mib.ENT_PHYSICAL_CLASS: "entPhysicalClass",
}
