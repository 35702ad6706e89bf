"""What a device or an endpoint says of itself: the system group (SNMPv2-MIB, RFC 3418)."""

from __future__ import annotations

from . import mib
from .device_text import decode_text
from .interface_row import as_int
from .readings import SystemReading
from .snmp.batch import BatchReader
from .snmp.ber import format_oid

_OBJECTS = (mib.SYS_DESCR, mib.SYS_OBJECT_ID, mib.SYS_UP_TIME, mib.SYS_NAME, mib.SYS_LOCATION)


async def read_system(reader: BatchReader, legacy_charset: str | None = None) -> SystemReading:
    """Read the system group.

    Raises
    ------
    SnmpError
        The device did not answer, or refused.
    """
    descr, object_id, uptime, name, location = await reader.read(_OBJECTS)

    def text(value: object) -> str:
        return decode_text(value, legacy_charset) if isinstance(value, bytes) else ""

    return SystemReading(
        sys_descr=text(descr),
        sys_object_id=format_oid(object_id) if isinstance(object_id, tuple) else "",
        sys_uptime_ticks=as_int(uptime),
        sys_name=text(name),
        sys_location=text(location),
    )
