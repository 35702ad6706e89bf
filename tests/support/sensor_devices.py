"""Devices with sensors for tests, and polling them with the packaged profiles in virtual time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from snmp_peers import TableAgent, Typed, client_for, target, virtual

from phusong.agent.input.profile_files import packaged_profiles
from phusong.collectors import mib
from phusong.collectors.profile import Profile
from phusong.collectors.readings import Quantity, SensorsReading
from phusong.collectors.sensors import SensorPoller
from phusong.collectors.snmp import ber
from phusong.collectors.snmp.batch import BatchReader


def typed(value: int | str | bytes | Typed | None) -> Typed:
    """Make an INTEGER of a number, an OCTET STRING of a text, NULL of nothing."""
    if isinstance(value, tuple):
        return value
    if isinstance(value, int):
        return (ber.INTEGER, value)
    if value is None:
        return (ber.NULL, None)
    return (ber.OCTET_STRING, value.encode() if isinstance(value, str) else value)


def device_of(
    sys_object_id: str, objects: Mapping[str, int | str | bytes | Typed | None], sys_descr: str = "a device"
) -> dict[ber.Oid, Typed]:
    """Make a device with a system group and these objects, by their dotted names."""
    return {
        mib.SYS_DESCR: typed(sys_descr),
        mib.SYS_OBJECT_ID: (ber.OBJECT_ID, ber.parse_oid(sys_object_id)),
        mib.SYS_UP_TIME: (ber.TIME_TICKS, 12_345_600),
        mib.SYS_NAME: typed("device"),
        **{ber.parse_oid(dotted): typed(value) for dotted, value in objects.items()},
    }


def poll_sensors(
    script: TableAgent | dict[ber.Oid, Typed], profiles: Iterable[Profile] | None = None, version: int = 1
) -> SensorsReading:
    """Poll a device once by a fresh poller."""
    agent = script if isinstance(script, TableAgent) else TableAgent(script)

    async def run() -> SensorsReading:
        client, _ = client_for(agent)
        with client:
            reader = BatchReader(client, target(version=version))
            chosen = packaged_profiles() if profiles is None else tuple(profiles)
            return await SensorPoller(client, reader, chosen, lambda: 0.0).poll()

    return virtual(run())


def as_table(reading: SensorsReading) -> dict[tuple[Quantity, str], float]:
    """Return the sensors by quantity and name; names are there once."""
    table = {(sensor.quantity, sensor.name): sensor.value for sensor in reading.sensors}
    assert len(table) == len(reading.sensors)
    return table
