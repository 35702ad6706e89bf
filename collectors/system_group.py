"""What a device or an endpoint says of itself: the system group (SNMPv2-MIB, RFC 3418)."""

from __future__ import annotations

from collections.abc import Sequence

from . import mib
from .device_text import decode_text
from .interface_row import as_int
from .readings import SystemReading
from .snmp.batch import BatchReader
from .snmp.ber import Oid, Value, format_oid

SYSTEM_OBJECTS: tuple[Oid, ...] = (
    mib.SYS_DESCR,
    mib.SYS_OBJECT_ID,
    mib.SYS_UP_TIME,
    mib.SYS_NAME,
    mib.SYS_LOCATION,
)


async def read_system(reader: BatchReader, legacy_charset: str | None = None) -> SystemReading:
    """Read the system group.

    Raises
    ------
    SnmpError
        The device did not answer, or refused.
    """
    return system_of(await reader.read(SYSTEM_OBJECTS), legacy_charset)


def system_of(values: Sequence[Value], legacy_charset: str | None = None) -> SystemReading:
    """Return what the values of ``SYSTEM_OBJECTS`` say, in their order."""
    descr, object_id, uptime, name, location = values

    def text(value: object) -> str:
        return decode_text(value, legacy_charset) if isinstance(value, bytes) else ""

    return SystemReading(
        sys_descr=text(descr),
        sys_object_id=format_oid(object_id) if isinstance(object_id, tuple) else "",
        sys_uptime_ticks=as_int(uptime),
        sys_name=text(name),
        sys_location=text(location),
    )
