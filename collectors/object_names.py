"""Names of objects and back: ``1.3.6.1.2.1.31.1.1.1.6.17`` is ``ifHCInOctets.17``.

The names come from the MIBs that pysnmp carries with it (the system, IP, SNMP and USM groups) and from the table
of vendors' objects that the profiles use. Nothing is compiled and nothing is fetched. Only ``phusong discover``
asks for names, so pysnmp's MIB support is loaded at the first question.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final

from .device_text import decode_text
from .if_types import if_type_name
from .profile import MibObject
from .snmp.ber import Oid, Value, encode_oid, format_oid

CORE_MIBS: Final = (
    "RFC1213-MIB",
    "SNMP-COMMUNITY-MIB",
    "SNMP-FRAMEWORK-MIB",
    "SNMP-MPD-MIB",
    "SNMP-NOTIFICATION-MIB",
    "SNMP-PROXY-MIB",
    "SNMP-TARGET-MIB",
    "SNMP-USER-BASED-SM-MIB",
    "SNMP-VIEW-BASED-ACM-MIB",
    "SNMPv2-MIB",
    "SNMPv2-SMI",
)
"""In pysnmp's package, which has no IF-MIB; where two name an object the later one counts."""
_MIB_2: Final = (1, 3, 6, 1, 2, 1)
_STRUCTURE: Final[Mapping[Oid, str]] = {
    (*_MIB_2, 2): "interfaces",
    (*_MIB_2, 2, 1): "ifNumber",
    (*_MIB_2, 2, 2): "ifTable",
    (*_MIB_2, 2, 2, 1): "ifEntry",
    (*_MIB_2, 31): "ifMIB",
    (*_MIB_2, 31, 1, 1): "ifXTable",
    (*_MIB_2, 31, 1, 1, 1): "ifXEntry",
    (*_MIB_2, 31, 1, 2, 1, 3): "ifStackStatus",
    (*_MIB_2, 31, 1, 5): "ifTableLastChange",
    (*_MIB_2, 47): "entityMIB",
    (*_MIB_2, 47, 1, 1, 1): "entPhysicalTable",
    (*_MIB_2, 47, 1, 1, 1, 1): "entPhysicalEntry",
    (*_MIB_2, 47, 1, 1, 1, 1, 3): "entPhysicalVendorType",
    (*_MIB_2, 47, 1, 1, 1, 1, 4): "entPhysicalContainedIn",
    (*_MIB_2, 47, 1, 1, 1, 1, 6): "entPhysicalParentRelPos",
    (*_MIB_2, 47, 1, 1, 1, 1, 12): "entPhysicalMfgName",
}
_IF_ENTRY: Final = (
    "ifIndex ifDescr ifType ifMtu ifSpeed ifPhysAddress ifAdminStatus ifOperStatus ifLastChange ifInOctets "
    "ifInUcastPkts ifInNUcastPkts ifInDiscards ifInErrors ifInUnknownProtos ifOutOctets ifOutUcastPkts "
    "ifOutNUcastPkts ifOutDiscards ifOutErrors ifOutQLen ifSpecific"
)
_IF_X_ENTRY: Final = (
    "ifName ifInMulticastPkts ifInBroadcastPkts ifOutMulticastPkts ifOutBroadcastPkts ifHCInOctets "
    "ifHCInUcastPkts ifHCInMulticastPkts ifHCInBroadcastPkts ifHCOutOctets ifHCOutUcastPkts ifHCOutMulticastPkts "
    "ifHCOutBroadcastPkts ifLinkUpDownTrapEnable ifHighSpeed ifPromiscuousMode ifConnectorPresent ifAlias "
    "ifCounterDiscontinuityTime"
)
"""The columns of ifTable and ifXTable in their order (RFC 2863)."""
_IF_TYPE: Final = (*_MIB_2, 2, 2, 1, 3)
ADMIN_STATES: Final = {1: "up", 2: "down", 3: "testing"}
OPER_STATES: Final = {**ADMIN_STATES, 4: "unknown", 5: "dormant", 6: "notPresent", 7: "lowerLayerDown"}
"""ifAdminStatus and ifOperStatus (IF-MIB)."""
_STATES: Final[Mapping[Oid, Mapping[int, str]]] = {
    (*_MIB_2, 2, 2, 1, 7): ADMIN_STATES,
    (*_MIB_2, 2, 2, 1, 8): OPER_STATES,
}
_ARC: Final = re.compile(r"[0-9]{1,10}")


class UnknownObject(LookupError):
    """No object has this name; the message says which comes near."""


@dataclass(frozen=True, slots=True)
class ObjectNames:
    """Names by object identifier; an object below a known one is called by it and the arcs that follow.

    ``values`` has the names of the numbers of an enumeration.
    """

    names: Mapping[Oid, str]
    values: Mapping[Oid, Mapping[int, str]] = field(default_factory=dict)
    _oids: dict[str, Oid] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        for oid, name in self.names.items():
            self._oids.setdefault(name.casefold(), oid)

    def name(self, oid: Oid) -> str:
        """Return ``ifHCInOctets.17``: the longest known name and the rest as numbers."""
        known = self._longest(oid, self.names)
        return ".".join([self.names[known], *map(str, oid[len(known) :])]) if known else format_oid(oid)

    def shown(self, oid: Oid, value: Value) -> str:
        """Return the value of an object for people: text decoded, other octets in hexadecimal, numbers named."""
        match value:
            case bytes():
                return decode_text(value) if _is_text(value) else value.hex(" ")
            case tuple():
                return self.name(value)
            case int():
                return self._number(oid, value)
            case None:
                return ""
            case _:
                return value.name.lower().replace("_", " ")

    def find(self, text: str) -> Oid:
        """Return the object that ``ifTable``, ``IF-MIB::ifHCInOctets.17`` or ``1.3.6.1.2.1.2`` means.

        Raises
        ------
        UnknownObject
            There is none.
        """
        name, _, rest = text.strip().rpartition("::")[2].lstrip(".").partition(".")
        if _ARC.fullmatch(name):
            oid = _arcs(f"{name}.{rest}")
        else:
            known = self._oids.get(name.casefold(), ())
            below = _arcs(rest)
            oid = known + below if known and (below or not rest) else ()
        try:
            encode_oid(oid)
        except (ValueError, IndexError):
            pass
        else:
            return oid
        near = get_close_matches(name.casefold(), self._oids, n=1)
        hint = f"did you mean {self.names[self._oids[near[0]]]}?" if near else "write it in numbers: 1.3.6.1.2.1.2"
        raise UnknownObject(f"no object of this name is known here; {hint}")

    def _number(self, oid: Oid, value: int) -> str:
        if oid[: len(_IF_TYPE)] == _IF_TYPE:
            return f"{if_type_name(value)}({value})"
        known = self._longest(oid, self.values)
        name = self.values[known].get(value) if known else None
        return f"{name}({value})" if name else str(value)

    @staticmethod
    def _longest(oid: Oid, known: Mapping[Oid, object]) -> Oid:
        return next((oid[:length] for length in range(len(oid), 0, -1) if oid[:length] in known), ())


def object_names(objects: Iterable[MibObject] = ()) -> ObjectNames:
    """Return all names that are known: those of the standard MIBs and of these objects."""
    names = {**_from_pysnmp(), **_STRUCTURE}
    for entry, columns in (((*_MIB_2, 2, 2, 1), _IF_ENTRY), ((*_MIB_2, 31, 1, 1, 1), _IF_X_ENTRY)):
        names.update({(*entry, arc): name for arc, name in enumerate(columns.split(), start=1)})
    values = dict(_STATES)
    for known in objects:
        names[known.oid] = known.name
        if known.labels:
            values[known.oid] = {number: label for label, number in known.labels.items()}
    return ObjectNames(names, values)


def _arcs(text: str) -> Oid:
    """Read ``1.3.6``; nothing where it is not such a text."""
    parts = text.split(".")
    return tuple(map(int, parts)) if all(map(_ARC.fullmatch, parts)) else ()


def _is_text(octets: bytes) -> bool:
    """Tell whether octets are text in UTF-8; hardware addresses and the like hardly ever are."""
    try:
        text = octets.rstrip(b"\0").decode("utf-8")
    except UnicodeError:
        return False
    return all(char.isprintable() or char.isspace() for char in text)


def _from_pysnmp() -> dict[Oid, str]:
    from pysnmp.smi.builder import MibBuilder

    builder = MibBuilder()
    builder.load_modules(*CORE_MIBS)
    (node,) = builder.import_symbols("SNMPv2-SMI", "MibNode")
    return {
        tuple(map(int, symbol.getName())): str(symbol.getLabel())
        for module in CORE_MIBS
        for symbol in builder.mibSymbols[module].values()
        if isinstance(symbol, node) and symbol.getName()
    }
