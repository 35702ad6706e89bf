"""The system group: read whole, whatever is missing."""

from __future__ import annotations

import pytest
from snmp_peers import TableAgent, Typed, client_for, target, virtual

from phusong.collectors import mib
from phusong.collectors.readings import SystemReading
from phusong.collectors.snmp import ber
from phusong.collectors.snmp.batch import BatchReader
from phusong.collectors.snmp.credentials import V1, V2C
from phusong.collectors.snmp.errors import RequestTimeout
from phusong.collectors.system_group import read_system

SYSTEM: dict[ber.Oid, Typed] = {
    mib.SYS_DESCR: (ber.OCTET_STRING, b"Poly Studio X50\r\nVer. 4.2"),
    mib.SYS_OBJECT_ID: (ber.OBJECT_ID, (1, 3, 6, 1, 4, 1, 13885, 101, 1, 9)),
    mib.SYS_UP_TIME: (ber.TIME_TICKS, 8_640_000),
    mib.SYS_NAME: (ber.OCTET_STRING, "Phòng họp Cô Tô".encode()),
    mib.SYS_LOCATION: (ber.OCTET_STRING, b"\xca\xd0"),
}


def read(objects: dict[ber.Oid, Typed], version: int = V2C, charset: str | None = None) -> SystemReading:
    async def test() -> SystemReading:
        client, _ = client_for(TableAgent(dict(objects)))
        with client:
            return await read_system(BatchReader(client, target(version=version)), charset)

    return virtual(test())


@pytest.mark.parametrize("version", [V1, V2C])
def test_the_system_group_is_read(version: int) -> None:
    """Texts are decoded and cleaned, the object identifier is dotted, the ticks are a number."""
    assert read(SYSTEM, version, "gbk") == SystemReading(
        sys_descr="Poly Studio X50  Ver. 4.2",
        sys_object_id="1.3.6.1.4.1.13885.101.1.9",
        sys_uptime_ticks=8_640_000,
        sys_name="Phòng họp Cô Tô",
        sys_location="市",
    )


@pytest.mark.parametrize("version", [V1, V2C])
@pytest.mark.parametrize("missing", SYSTEM)
def test_a_missing_object_leaves_the_others(version: int, missing: ber.Oid) -> None:
    """Meraki has no sysUpTime, others no sysLocation: an empty text or no number, and the rest is read."""
    reading = read({oid: typed for oid, typed in SYSTEM.items() if oid != missing}, version)
    fields = [
        reading.sys_descr,
        reading.sys_object_id,
        reading.sys_uptime_ticks,
        reading.sys_name,
        reading.sys_location,
    ]
    assert [bool(field) for field in fields] == [oid != missing for oid in SYSTEM]


def test_values_of_other_types_do_no_harm() -> None:
    """SysUpTime as INTEGER or text, sysObjectID as text or null, sysDescr as a number: no failure."""
    reading = read(
        {
            mib.SYS_DESCR: (ber.INTEGER, 5),
            mib.SYS_OBJECT_ID: (ber.OBJECT_ID, b""),
            mib.SYS_UP_TIME: (ber.OCTET_STRING, b"4711"),
            mib.SYS_NAME: (ber.NULL, None),
        }
    )
    assert reading == SystemReading("", "0.0", 4711, "", "")


def test_a_silent_endpoint_is_a_timeout() -> None:
    """No answer is the error of the client."""

    async def test() -> None:
        client, _ = client_for(lambda data, source: [])
        with client:
            await read_system(BatchReader(client, target()))

    with pytest.raises(RequestTimeout):
        virtual(test())
