"""What devices, their sensors and the interfaces of lines say on the metrics page, as ``fleet_text`` describes."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from phusong.collectors.readings import InterfaceReading, Quantity, SensorsReading
from phusong.exporters.exposition import counter_value, flag, info_line, line, number, series
from phusong.exporters.fleet_text import PROFILES_REMEMBERED
from phusong.exporters.metrics import DEVICES, INTERFACES, SENSORS
from phusong.exporters.snapshot import DeviceRow


class DeviceStarts(NamedTuple):
    """The beginnings of a device's lines; ``info`` is a whole line."""

    device_id: str
    info: str
    problems: str
    last_success: str
    uptime: str
    restarts: str
    up: str


def device_starts(device_id: str, site_id: str, role: str) -> DeviceStarts:
    """Prepare a device's lines."""
    info, _, problems, last_success, uptime, restarts, up = (metric.name for metric in DEVICES.metrics)
    identity = {"device": device_id}
    return DeviceStarts(
        device_id,
        info_line(info, {**identity, "site": site_id, "role": role}),
        series(problems, identity),
        series(last_success, identity),
        series(uptime, identity),
        series(restarts, identity),
        series(up, identity),
    )


def device_lines(starts: DeviceStarts, row: DeviceRow) -> list[str]:
    """Return the lines of a device (section DEVICES)."""
    sensors = row.sensors
    return [
        starts.info,
        _profile_info(starts.device_id, sensors.profile, sensors.vendor) if sensors else "",
        line(starts.problems, len(sensors.problems) if sensors else None),
        line(starts.last_success, row.last_success),
        line(starts.uptime, row.sys_uptime_ticks),
        line(starts.restarts, row.agent_restarts),
        flag(starts.up, row.up),
    ]


@lru_cache(maxsize=PROFILES_REMEMBERED)
def _profile_info(device_id: str, profile: str, vendor: str) -> str:
    return info_line(DEVICES.metrics[1].name, {"device": device_id, "profile": profile, "vendor": vendor})


_SENSOR_METRICS = {
    quantity: (n, metric.name, next(label for label in metric.labels if label != "device"))
    for n, (quantity, metric) in enumerate(zip(Quantity, SENSORS.metrics, strict=True))
}
"""By quantity, its place in the section, its name and the label of the part; both stand in the same order."""


@dataclass(slots=True)
class SensorStarts:
    """The beginnings of the lines of a device's sensors: of those it showed last, by place and name."""

    device_id: str
    known: dict[tuple[int, str], str] = field(default_factory=dict)


def sensor_starts(device_id: str) -> SensorStarts:
    """Prepare a device's sensors: their names are not known before."""
    return SensorStarts(device_id)


def sensor_lines(starts: SensorStarts, row: SensorsReading) -> list[str]:
    """Return the lines of a device's sensors (section SENSORS)."""
    texts: list[dict[str, str]] = [{} for _ in SENSORS.metrics]
    known, starts.known = starts.known, {}
    for sensor in row.sensors:
        place, name, label = _SENSOR_METRICS[sensor.quantity]
        key = place, sensor.name
        start = known.get(key) or series(name, {"device": starts.device_id, label: sensor.name})
        starts.known[key] = start
        texts[place].setdefault(start, number(sensor.value))  # one series twice would cost the whole page
    return ["".join([f"{start}{value}\n" for start, value in lines.items()]) for lines in texts]


_INTERFACE_NAMES = tuple(metric.name for metric in INTERFACES.metrics)
_ABSENT = (None, None)


def interface_labels(link_id: str, device_id: str, if_name: str) -> str:
    """Prepare what the lines of one end of a link have in common: everything between name and value.

    Whole beginnings, as for the other rows, would take twice the memory of the page: these are most of it.
    """
    return series("", {"link": link_id, "device": device_id, "ifName": if_name})


def interface_lines(labels: str, reading: InterfaceReading) -> list[str]:
    """Return the lines of one end of a link (section INTERFACES)."""
    octets = _counter(reading.in_octets), _counter(reading.out_octets)
    packets = _counter(reading.in_ucast_packets), _counter(reading.out_ucast_packets)
    values = (
        reading.admin_status,
        reading.oper_status,
        _megabits(reading.speed_bps),
        reading.last_change_ticks,
        *(octets if reading.octets_bits == 64 else _ABSENT),
        *(octets if reading.octets_bits == 32 else _ABSENT),
        *(packets if reading.packets_bits == 64 else _ABSENT),
        *(packets if reading.packets_bits == 32 else _ABSENT),
        _counter(reading.in_errors),
        _counter(reading.out_errors),
        _counter(reading.in_discards),
        _counter(reading.out_discards),
        reading.discontinuity_ticks,
    )
    return [
        "" if value is None else f"{name}{labels}{number(value)}\n"
        for name, value in zip(_INTERFACE_NAMES, values, strict=True)
    ]


def _counter(raw: int | None) -> int | None:
    return None if raw is None else counter_value(raw)


def _megabits(bits_per_s: int | None) -> float | None:
    if bits_per_s is None:
        return None
    whole, rest = divmod(bits_per_s, 1_000_000)
    return bits_per_s / 1_000_000 if rest else whole
