"""What a vendor profile says, as plain values: for which devices it is, and where their sensors stand.

Profiles are data (``profiles/*.yaml``); reading those files is the work of ``agent.input``, choosing one is
``profile_choice``, asking a device is ``sensors``, and what an answer means is ``sensor_values``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from .readings import Quantity
from .snmp.ber import Oid

GENERIC: Final = "generic"
"""The profile of devices that no other one is for."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What the values of a quantity are: their unit, and the range outside which a number is no measurement."""

    unit: str
    """``ratio``, ``celsius``, ``dBm``, ``dB``, ``seconds``, or ``state`` for 1 (good) and 0 (bad)."""
    low: float = 0.0
    high: float = 1.0


MEASURES: Final[Mapping[Quantity, Measure]] = {
    Quantity.CPU: Measure("ratio"),
    Quantity.MEMORY: Measure("ratio"),
    Quantity.TEMPERATURE: Measure("celsius", -60.0, 200.0),
    Quantity.POWER: Measure("state"),
    Quantity.FAN: Measure("state"),
    Quantity.OPTICAL_RECEIVE: Measure("dBm", -50.0, 20.0),
    Quantity.OPTICAL_TRANSMIT: Measure("dBm", -50.0, 20.0),
    Quantity.SLA_UP: Measure("state"),
    Quantity.SLA_RTT: Measure("seconds", 0.0, 600.0),
    Quantity.SLA_JITTER: Measure("seconds", 0.0, 600.0),
    Quantity.SLA_LOSS: Measure("ratio"),
    Quantity.MODEM_REGISTERED: Measure("state"),
    Quantity.MODEM_IN_USE: Measure("state"),
    Quantity.MODEM_RSRP: Measure("dBm", -160.0, -20.0),
    Quantity.MODEM_RSRQ: Measure("dB", -45.0, 20.0),
    Quantity.MODEM_SINR: Measure("dB", -30.0, 60.0),
    Quantity.BGP_PEER: Measure("state"),
    Quantity.OSPF_NEIGHBOR: Measure("state"),
}
CONVERSIONS: Final[Mapping[str, Mapping[str, float]]] = {
    "ratio": {"ratio": 1.0, "percent": 0.01, "permille": 0.001},
    "celsius": {"celsius": 1.0},
    "dBm": {"dBm": 1.0, "milliwatts": 1.0, "microwatts": 1e-3, "watts": 1e3},
    "dB": {"dB": 1.0},
    "seconds": {"seconds": 1.0, "milliseconds": 1e-3, "microseconds": 1e-6},
    "state": {},
}
"""By the unit of a measure, the units in which devices report it, with their factors; watts become dBm through
milliwatts."""


@dataclass(frozen=True, slots=True)
class MibObject:
    """A MIB object by its name and OID, for a column or scalar without the instance."""

    name: str
    oid: Oid
    labels: Mapping[str, int] = field(default_factory=dict, hash=False)
    """Its enumeration, numbers by label."""


@dataclass(frozen=True, slots=True)
class RowFilter:
    """Only rows in which this object has one of these numbers, another than those, or one of these words in it."""

    object: MibObject
    numbers: frozenset[int] = frozenset()
    others_than: frozenset[int] = frozenset()
    words: tuple[str, ...] = ()
    """In lower case."""


@dataclass(frozen=True, slots=True)
class UnitByRow:
    """The object that names the unit of each row, and the units by its numbers."""

    object: MibObject
    units: Mapping[int, str] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Sensor:
    """Where a quantity stands on a device and how its number is made.

    ``(object + plus - minus) x scale``, in ``unit``; divided by ``of``, or by itself with ``beside`` added.
    """

    quantity: Quantity
    object: MibObject
    scale: float = 1.0
    unit: str = ""
    """The unit of the scaled number; empty for states and for shares made of counts."""
    positive_unit: str = ""
    """The unit of unscaled numbers above 0, on agents that change it there (Huawei's optical power)."""
    unit_by_row: UnitByRow | None = None
    plus: tuple[MibObject, ...] = ()
    minus: tuple[MibObject, ...] = ()
    of: MibObject | None = None
    beside: tuple[MibObject, ...] = ()
    entity_sensor: int | None = None
    """Only rows of this type in a table laid out as entPhySensorTable (RFC 3433), which brings their scale."""
    good: frozenset[int] = frozenset()
    bad: frozenset[int] = frozenset()
    others_good: bool = False
    """Whether every number that is not bad is good."""
    good_words: tuple[str, ...] = ()
    """For states sent as text, in lower case."""
    bad_words: tuple[str, ...] = ()
    invalid: frozenset[float] = frozenset()
    """Numbers, as sent, that mean: no value."""
    low: float = 0.0
    high: float = 1.0
    index: tuple[str, ...] = ("rest",)
    """How the row's index is read; see ``sensor_values.IndexPart``."""
    label: str = ""
    """The name where the device gives none."""
    name_from: MibObject | None = None
    """The object of the same row that names it."""
    where: RowFilter | None = None
    """Which rows are meant, looked at when rows are looked for."""
    only_when: RowFilter | None = None
    """When the number counts, looked at in every poll."""
    alternatives: tuple[Sensor, ...] = ()
    """Where to look, in this order, when the object has no rows."""


@dataclass(frozen=True, slots=True)
class Match:
    """For which devices a profile is."""

    sys_object_ids: tuple[Oid, ...] = ()
    """Beginnings of sysObjectID."""
    sys_descr: tuple[str, ...] = ()
    """Texts one of which must stand in sysDescr, whatever its case; none: any sysDescr will do."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A vendor profile; ``file`` is where it comes from, for messages."""

    name: str
    vendor: str
    match: Match = Match()
    sensors: tuple[Sensor, ...] = ()
    file: str = ""
    about: str = ""
    """The devices in a few words, for people."""
