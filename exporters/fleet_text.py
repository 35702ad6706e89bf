"""What each kind of row says on the metrics page: a pair of functions per section of the table of metrics.

``*_starts`` (of the interfaces ``*_labels``) prepares what only the inventory decides: names, escaped labels,
whole lines of ``*_info``. ``*_lines`` fills in one row's values and returns one text per metric, in the order of
the section. A value that is not known gives no line. No memory and no limits here: those are in ``prometheus``;
video conferences and services are in ``video_text``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import NamedTuple

from phusong.collectors.readings import InterfaceReading, PingReading, Quantity, SensorsReading
from phusong.coverage.summary import CommuneCoverage, CoverageSummary, Indicator
from phusong.exporters.exposition import counter_value, flag, info_line, line, number, series
from phusong.exporters.metrics import DEVICES, INTERFACES, SENSORS
from phusong.exporters.snapshot import (
    LINK_VERDICTS,
    CommuneRow,
    Degradation,
    DeviceRow,
    EndpointRow,
    EndTraffic,
    Isolation,
    LinkInfo,
    LinkRow,
    SiteInfo,
    SiteRow,
    Verdict,
)

PROFILES_REMEMBERED = 50_000
"""Lines about the profile of so many devices are kept."""


class PolledStarts(NamedTuple):
    """The beginnings of the lines of a link or an endpoint; ``fixed`` are whole lines."""

    up: str
    verdicts: tuple[tuple[Verdict, str], ...]
    fixed: tuple[str, ...]
    ping_loss: str
    ping_rtt: str
    last_success: str
    verdict_change: str


def link_starts(info: LinkInfo, commune: str, district: str) -> LinkStarts:
    """Prepare a link's lines; ``commune`` is the code of its site's commune."""
    about = {
        "link": info.link_id,
        "site": info.site_id,
        "commune": commune,
        "district": district,
        "carrier": info.carrier,
        "role": info.role,
        "near_device": info.near_device,
        "far_device": info.far_device,
    }
    contracted = "".join(
        line(series("wan_link_contracted_bytes_per_second", {"link": info.link_id, "direction": direction}), rate)
        for direction, rate in (
            ("down", info.contracted_down_bytes_per_s),
            ("up", info.contracted_up_bytes_per_s),
        )
    )
    identity = {"link": info.link_id}
    return LinkStarts(
        polled=polled_starts("wan_link", identity, LINK_VERDICTS, (info_line("wan_link_info", about), contracted)),
        use_down=series("wan_link_utilisation_ratio", {**identity, "direction": "down"}),
        use_up=series("wan_link_utilisation_ratio", {**identity, "direction": "up"}),
        end_mismatch=series("wan_link_end_mismatch", identity),
        degraded=tuple(
            (reason, series("wan_link_degraded", {**identity, "reason": reason.value})) for reason in Degradation
        ),
        state_changes=series("wan_link_state_changes_total", identity),
    )


class LinkStarts(NamedTuple):
    """The beginnings of a link's lines."""

    polled: PolledStarts
    use_down: str
    use_up: str
    end_mismatch: str
    degraded: tuple[tuple[Degradation, str], ...]
    state_changes: str


def link_lines(starts: LinkStarts, row: LinkRow) -> list[str]:
    """Return the lines of a link (section LINKS)."""
    return [
        *polled_lines(starts.polled, row),
        line(starts.use_down, row.use_down_ratio) + line(starts.use_up, row.use_up_ratio),
        flag(starts.end_mismatch, row.ends_differ),
        "".join([flag(start, reason in row.degradations) for reason, start in starts.degraded]) if row.up else "",
        line(starts.state_changes, row.state_changes),
    ]


class TrafficStarts(NamedTuple):
    """The beginnings of the lines of what passed through an end of a link."""

    received: str
    sent: str
    receive_rate: str
    transmit_rate: str
    error_ratio: str
    discard_ratio: str
    identity: dict[str, str]
    """The labels, for the few ends that have anomalies to count."""


def traffic_starts(link_id: str, end: str) -> TrafficStarts:
    """Prepare the lines of one end (``near``, ``far``) of a link."""
    identity = {"link": link_id, "end": end}
    return TrafficStarts(
        received=series("wan_link_receive_bytes_total", identity),
        sent=series("wan_link_transmit_bytes_total", identity),
        receive_rate=series("wan_link_receive_bytes_per_second", identity),
        transmit_rate=series("wan_link_transmit_bytes_per_second", identity),
        error_ratio=series("wan_link_error_ratio", identity),
        discard_ratio=series("wan_link_discard_ratio", identity),
        identity=identity,
    )


def traffic_lines(starts: TrafficStarts, traffic: EndTraffic) -> list[str]:
    """Return the lines of what passed through an end of a link (section TRAFFIC)."""
    return [
        line(starts.received, traffic.received_bytes),
        line(starts.sent, traffic.sent_bytes),
        line(starts.receive_rate, traffic.receive_bytes_per_s),
        line(starts.transmit_rate, traffic.transmit_bytes_per_s),
        line(starts.error_ratio, traffic.error_ratio),
        line(starts.discard_ratio, traffic.discard_ratio),
        "".join(
            line(series("wan_link_traffic_anomalies_total", {**starts.identity, "reason": a.reason}), a.count)
            for a in traffic.anomalies
        ),
    ]


def polled_starts(
    prefix: str, identity: dict[str, str], verdicts: Iterable[Verdict], fixed: tuple[str, ...]
) -> PolledStarts:
    """Prepare what links and endpoints have in common: names that begin with ``prefix``."""
    return PolledStarts(
        up=series(f"{prefix}_up", identity),
        verdicts=tuple((v, series(f"{prefix}_verdict", {**identity, "verdict": v.value})) for v in verdicts),
        fixed=fixed,
        ping_loss=series(f"{prefix}_ping_loss_ratio", identity),
        ping_rtt=series(f"{prefix}_ping_rtt_seconds", identity),
        last_success=series(f"{prefix}_last_success_timestamp_seconds", identity),
        verdict_change=series(f"{prefix}_verdict_change_timestamp_seconds", identity),
    )


def polled_lines(starts: PolledStarts, row: LinkRow | EndpointRow) -> list[str]:
    """Return the lines of a link (section LINKS) or an endpoint (section ENDPOINTS)."""
    ping: PingReading | None = row.ping
    return [
        flag(starts.up, row.up),
        "".join([f"{start}1.0\n" if v is row.verdict else f"{start}0.0\n" for v, start in starts.verdicts]),
        *starts.fixed,
        line(starts.ping_loss, ping.loss_ratio if ping and ping.sent else None),
        line(starts.ping_rtt, ping.rtt_avg_s if ping else None),
        line(starts.last_success, row.last_success),
        line(starts.verdict_change, row.since),
    ]


class SiteStarts(NamedTuple):
    """The beginnings of a site's lines; ``info`` and ``position`` are whole lines."""

    info: str
    states: tuple[tuple[Isolation, str], ...]
    isolated: str
    fallback: str
    change: str
    position: tuple[str, str]


def site_starts(info: SiteInfo, technology: str) -> SiteStarts:
    """Prepare a site's lines; ``technology`` is the fallback technology of the snapshot."""
    identity = {"site": info.site_id}
    about = {
        **identity,
        "name": info.name,
        "kind": info.kind,
        "commune": info.commune_code,
        "district": info.district,
    }
    return SiteStarts(
        info=info_line("site_info", about),
        states=tuple((state, series("site_state", {**identity, "state": state.value})) for state in Isolation),
        isolated=series("site_isolated", identity),
        fallback=series("site_mobile_fallback", {**identity, "technology": technology}),
        change=series("site_state_change_timestamp_seconds", identity),
        position=(
            line(series("site_latitude_degrees", identity), info.lat),
            line(series("site_longitude_degrees", identity), info.lon),
        ),
    )


def site_lines(starts: SiteStarts, row: SiteRow) -> list[str]:
    """Return the lines of a site (section SITES)."""
    isolation = row.isolation
    return [
        starts.info,
        "".join([f"{start}1.0\n" if state is isolation else f"{start}0.0\n" for state, start in starts.states]),
        flag(starts.isolated, None if isolation is Isolation.UNKNOWN else isolation is Isolation.ISOLATED),
        flag(starts.fallback, row.fallback),
        line(starts.change, row.since),
        *starts.position,
    ]


def commune_state_starts(code: str) -> str:
    """Prepare the lines on a commune's offices: there is one that always stands."""
    return series("commune_isolated", {"commune": code})


def commune_state_lines(start: str, row: CommuneRow) -> list[str]:
    """Return the lines on a commune's offices (section COMMUNE_STATES)."""
    return [
        flag(start, row.isolated),
        "".join(
            line(series("commune_sites", {"commune": row.code, "state": count.isolation.value}), count.count)
            for count in row.sites
        ),
    ]


def commune_lines(commune: CommuneCoverage, edition: str) -> list[str]:
    """Return the lines of a commune (section COVERAGE)."""
    about = {"commune": commune.code, "name": commune.name, "district": commune.district, "edition": edition}
    shown = _weakest_class(commune.indicators)
    labels = [
        {"commune": commune.code, "technology": indicator.technology, "operator": indicator.operator}
        for indicator in shown
    ]
    pairs = list(zip(labels, shown, strict=True))
    return [
        info_line("commune_info", about),
        line(series("commune_population", {"commune": commune.code}), commune.population),
        "".join(line(series("commune_area_covered_ratio", of), i.area_ratio) for of, i in pairs),
        "".join(line(series("commune_population_covered_ratio", of), i.population_ratio) for of, i in pairs),
        "".join(flag(series("commune_centre_covered", of), i.centre_covered) for of, i in pairs),
        "",
        "",
        "",
    ]


def _weakest_class(indicators: Iterable[Indicator]) -> list[Indicator]:
    """Return one indicator per technology and operator: two would be the same series twice."""
    chosen: dict[tuple[str, str], Indicator] = {}
    for indicator in indicators:
        key = (indicator.technology, indicator.operator)
        if key not in chosen or _class_order(indicator) < _class_order(chosen[key]):
            chosen[key] = indicator
    return list(chosen.values())


def _class_order(indicator: Indicator) -> float:
    return float("-inf") if indicator.min_dbm is None else indicator.min_dbm


def coverage_lines(summary: CoverageSummary) -> list[str]:
    """Return the lines on the whole computation (section COVERAGE)."""
    about = {
        "edition": summary.edition,
        "boundaries": summary.boundaries_file,
        "schematic": str(summary.schematic).lower(),
        "synthetic": str(summary.synthetic).lower(),
        "people": summary.population_method,
    }
    infos: dict[str, None] = {}
    dates: dict[str, str] = {}
    for layer in summary.layers:
        of = {
            "file": layer.file,
            "operator": layer.operator,
            "technology": layer.technology,
            "min_dbm": "" if layer.min_dbm is None else f"{layer.min_dbm:g}",
        }
        infos[info_line("phusong_coverage_layer_info", {**of, "date": layer.date})] = None
        start = series("phusong_coverage_layer_timestamp_seconds", of)
        dates.setdefault(start, line(start, _day_began(layer.date)))  # one series twice would cost the whole page
    return [
        *("",) * 5,
        info_line("phusong_coverage_info", about),
        "".join(infos),
        "".join(dates.values()),
    ]


def _day_began(iso_date: str) -> float | None:
    """Return the Unix time at which a day began, UTC; ``None`` for a text that is no date, as an empty one."""
    try:
        return datetime.combine(date.fromisoformat(iso_date), time(), UTC).timestamp()
    except ValueError:
        return None


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
