"""What endpoints, calls, meetings and services say on the metrics page, as ``fleet_text`` describes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from phusong.collectors.call_readings import (
    CallReading,
    Media,
    ServiceReading,
    ServiceState,
    StreamReading,
    Way,
)
from phusong.exporters.exposition import flag, info_line, line, series
from phusong.exporters.fleet_text import PROFILES_REMEMBERED, PolledStarts, polled_lines, polled_starts
from phusong.exporters.snapshot import (
    ENDPOINT_VERDICTS,
    CallFault,
    EndpointInfo,
    EndpointRow,
    MeetingRow,
    ServiceInfo,
    ServiceRow,
    ServiceVerdict,
)

OPER_UP = 1
BITS_PER_BYTE = 8
CALLS_REMEMBERED = 5_000
"""Lines about so many calls are kept."""


class EndpointStarts(NamedTuple):
    """The beginnings of an endpoint's lines."""

    identity: dict[str, str]
    """The labels, for lines that few endpoints have."""
    polled: PolledStarts
    registered: str
    in_call: str
    ready: str
    port_up: str
    port_speed: str
    port_half_duplex: str
    port_receive: str
    port_transmit: str
    port_errors: str
    meeting_begin: str
    meeting_soon: str
    services: dict[tuple[str, int], tuple[str, str, str]]
    """By kind and port, those of the services that it has shown: up, response, expiry of the certificate."""


def endpoint_starts(info: EndpointInfo, commune: str, district: str) -> EndpointStarts:
    """Prepare an endpoint's lines; ``commune`` is the code of its site's commune."""
    identity = {"endpoint": info.endpoint_id}
    about = {**identity, "site": info.site_id, "commune": commune, "district": district, "name": info.name}
    fixed = (info_line("vc_endpoint_info", about),)
    polled = polled_starts("vc_endpoint", identity, ENDPOINT_VERDICTS, fixed)

    def of(name: str) -> str:
        return series(f"vc_endpoint_{name}", identity)

    return EndpointStarts(
        identity=identity,
        polled=polled,
        registered=of("registered"),
        in_call=of("in_call"),
        ready=of("ready"),
        port_up=of("port_up"),
        port_speed=of("port_speed_bytes_per_second"),
        port_half_duplex=of("port_half_duplex"),
        port_receive=of("port_receive_bytes_per_second"),
        port_transmit=of("port_transmit_bytes_per_second"),
        port_errors=of("port_error_ratio"),
        meeting_begin=of("meeting_begin_timestamp_seconds"),
        meeting_soon=of("meeting_soon"),
        services={},
    )


def endpoint_lines(starts: EndpointStarts, row: EndpointRow) -> list[str]:
    """Return the lines of an endpoint (section ENDPOINTS)."""
    identity, reading, port, traffic = starts.identity, row.reading, row.port, row.port_traffic
    speed = port.speed_bps if port else None
    return [
        *polled_lines(starts.polled, row),
        _device_info(row.info.endpoint_id, reading.profile, reading.vendor, reading.model, reading.software)
        if reading
        else "",
        flag(starts.registered, reading.registered if reading else None),
        flag(starts.in_call, reading.in_call if reading else None),
        _last_end_info(row.info.endpoint_id, reading.last_end_reason)
        if reading and reading.last_end_reason
        else "",
        "".join(
            flag(series("vc_endpoint_fault", {**identity, "part": part}), value=True)
            for part in dict.fromkeys(reading.faults if reading else ())
        ),
        flag(starts.ready, row.ready),
        flag(series("vc_endpoint_not_ready_reason", {**identity, "reason": row.not_ready_because}), value=True)
        if row.not_ready_because
        else "",
        *_of_services(starts, row.services),
        flag(starts.port_up, None if port is None else port.oper_status == OPER_UP),
        line(starts.port_speed, speed / BITS_PER_BYTE if speed else None),
        flag(starts.port_half_duplex, row.port_half_duplex),
        line(starts.port_receive, traffic.receive_bytes_per_s if traffic else None),
        line(starts.port_transmit, traffic.transmit_bytes_per_s if traffic else None),
        line(starts.port_errors, traffic.error_ratio if traffic else None),
        line(starts.meeting_begin, row.meeting.begin if row.meeting else None),
        flag(starts.meeting_soon, row.meeting.soon if row.meeting else None),
    ]


@lru_cache(maxsize=PROFILES_REMEMBERED)
def _device_info(endpoint_id: str, profile: str, vendor: str, model: str, software: str) -> str:
    about = {"profile": profile, "vendor": vendor, "model": model, "software": software}
    return info_line("vc_endpoint_device_info", {"endpoint": endpoint_id, **about})


@lru_cache(maxsize=PROFILES_REMEMBERED)
def _last_end_info(endpoint_id: str, reason: str) -> str:
    return info_line("vc_endpoint_last_call_end_info", {"endpoint": endpoint_id, "reason": reason})


def _of_services(starts: EndpointStarts, services: Iterable[ServiceReading]) -> list[str]:
    """Return the lines about all services of an endpoint: whether they answer, how fast, their certificates."""
    up, response, expiry = "", "", ""
    for service in services:
        of_up, of_response, of_expiry = _starts_of_service(starts, service)
        up += flag(of_up, service.state.answers)
        if service.state.answers:
            response += line(of_response, service.latency_s)
        if service.certificate is not None:
            expiry += line(of_expiry, service.certificate.not_after)
    return [up, response, expiry]


def _starts_of_service(starts: EndpointStarts, service: ServiceReading) -> tuple[str, str, str]:
    key = service.kind.value, service.port
    known = starts.services.get(key)
    if known is None:
        labels = {**starts.identity, "service": service.kind.value, "port": str(service.port)}
        known = starts.services[key] = (
            series("vc_endpoint_service_up", labels),
            series("vc_endpoint_service_response_seconds", labels),
            series("vc_endpoint_certificate_expiry_timestamp_seconds", labels),
        )
    return known


class CallStarts(NamedTuple):
    """The beginnings of the lines of an endpoint's calls."""

    identity: dict[str, str]
    duration: str
    receive: str
    transmit: str
    hd: str
    streams: dict[int, tuple[str, ...]]
    """By place in ``_STREAM_KINDS``, those of the streams that it has shown so far, by metric."""


def call_starts(endpoint_id: str) -> CallStarts:
    """Prepare the lines of an endpoint's calls."""
    identity = {"endpoint": endpoint_id}

    def of(name: str) -> str:
        return series(f"vc_call_{name}", identity)

    return CallStarts(
        identity=identity,
        duration=of("duration_seconds"),
        receive=of("receive_bytes_per_second"),
        transmit=of("transmit_bytes_per_second"),
        hd=of("hd"),
        streams={},
    )


def call_lines(starts: CallStarts, row: EndpointRow) -> list[str]:
    """Return the lines of an endpoint's calls (section CALLS)."""
    calls = row.reading.calls if row.reading else ()
    return [
        "".join(dict.fromkeys(_call_info(row.info.endpoint_id, call) for call in calls)),
        line(starts.duration, _largest([call.duration_s for call in calls])),
        line(starts.receive, _bytes(_total([call.receive_bps for call in calls]))),
        line(starts.transmit, _bytes(_total([call.transmit_bps for call in calls]))),
        flag(starts.hd, _any(call.hd for call in calls)),
        "".join(
            flag(series("vc_call_fault", {**starts.identity, "fault": fault.value}), fault is row.fault)
            for fault in (CallFault if row.fault is not None else ())
        ),
        *_stream_lines(starts, [stream for call in calls for stream in call.streams]),
    ]


def _call_info(endpoint_id: str, call: CallReading) -> str:
    encrypted = "" if call.encrypted is None else "yes" if call.encrypted else "no"
    return _call_info_line(endpoint_id, call.direction, call.protocol, call.far_end, encrypted)


@lru_cache(maxsize=CALLS_REMEMBERED)
def _call_info_line(endpoint_id: str, direction: str, protocol: str, far_end: str, encrypted: str) -> str:
    about = {"direction": direction, "protocol": protocol, "far_end": far_end, "encrypted": encrypted}
    return info_line("vc_call_info", {"endpoint": endpoint_id, **about})


Of = Callable[[StreamReading], float | None]
_STREAM_KINDS = tuple((media, way) for media in Media for way in Way)
_STREAM_METRICS: tuple[tuple[str, Of, bool], ...] = (
    ("loss_ratio", lambda stream: stream.loss_ratio, False),
    ("jitter_seconds", lambda stream: stream.jitter_s, False),
    ("latency_seconds", lambda stream: stream.latency_s, False),
    ("bytes_per_second", lambda stream: _bytes(stream.bit_rate_bps), True),
    ("height_pixels", lambda stream: stream.height_px, False),
    ("width_pixels", lambda stream: stream.width_px, False),
    ("frame_rate_hertz", lambda stream: stream.frame_rate_hz, False),
)
"""Name, value, and whether those of streams alike are summed; else the largest counts."""


def _stream_lines(starts: CallStarts, streams: list[StreamReading]) -> list[str]:
    alike = [
        (_starts_of_stream(starts, place), found)
        for place, (media, way) in enumerate(_STREAM_KINDS)
        if (found := [stream for stream in streams if stream.media is media and stream.way is way])
    ]
    return [
        "".join(
            [line(of[n], (_total if summed else _largest)([value(one) for one in found])) for of, found in alike]
        )
        for n, (_, value, summed) in enumerate(_STREAM_METRICS)
    ]


def _starts_of_stream(starts: CallStarts, place: int) -> tuple[str, ...]:
    known = starts.streams.get(place)
    if known is None:
        media, way = _STREAM_KINDS[place]
        labels = {**starts.identity, "media": media.value, "direction": way.value}
        known = starts.streams[place] = tuple(series(f"vc_stream_{name}", labels) for name, *_ in _STREAM_METRICS)
    return known


def meeting_starts(meeting_id: str, title: str) -> str:
    """Prepare a meeting's lines: the one that always stands."""
    return info_line("vc_meeting_info", {"meeting": meeting_id, "title": title})


def meeting_lines(info: str, row: MeetingRow) -> list[str]:
    """Return the lines of a meeting (section MEETINGS)."""
    identity = {"meeting": row.meeting_id}
    return [
        info,
        line(series("vc_meeting_begin_timestamp_seconds", identity), row.begin),
        line(series("vc_meeting_end_timestamp_seconds", identity), row.end),
        line(series("vc_meeting_endpoints", identity), row.endpoints),
        line(series("vc_meeting_endpoints_not_ready", identity), row.not_ready),
    ]


class ServiceStarts(NamedTuple):
    """The beginnings of a service's lines; ``info`` is a whole line."""

    identity: dict[str, str]
    info: str


def service_starts(info: ServiceInfo) -> ServiceStarts:
    """Prepare a service's lines."""
    identity = {"service": info.service_id}
    about = {**identity, "name": info.name, "protocol": info.protocol, "site": info.site_id}
    return ServiceStarts(identity, info_line("wan_service_info", about))


_UP = {ServiceVerdict.UP: True, ServiceVerdict.SLOW: True, ServiceVerdict.DOWN: False}


def service_lines(starts: ServiceStarts, row: ServiceRow) -> list[str]:
    """Return the lines of a service (section SERVICES)."""
    reading = row.reading
    certificate = reading.certificate if reading else None

    def of(name: str, **labels: str) -> str:
        return series(f"wan_service_{name}", {**starts.identity, **labels})

    up = reading.state is ServiceState.READY if reading and row.verdict not in _UP else _UP.get(row.verdict)
    return [
        flag(of("up"), up),
        "".join(flag(of("verdict", verdict=verdict.value), verdict is row.verdict) for verdict in ServiceVerdict),
        starts.info,
        "".join(flag(of("state", state=state.value), state is reading.state) for state in ServiceState)
        if reading
        else "",
        line(of("http_status_code"), reading.code if reading else None),
        line(of("response_seconds"), reading.latency_s if reading else None),
        line(of("certificate_expiry_timestamp_seconds"), certificate.not_after if certificate else None),
        flag(of("certificate_trusted"), certificate.trusted if certificate else None),
        line(of("last_success_timestamp_seconds"), row.last_success),
        line(of("verdict_change_timestamp_seconds"), row.since),
    ]


def _largest(values: Sequence[float | None]) -> float | None:
    if len(values) == 1:  # as nearly always
        return values[0]
    return max((value for value in values if value is not None), default=None)


def _total(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _any(values: Iterable[bool | None]) -> bool | None:
    known = [value for value in values if value is not None]
    return any(known) if known else None


def _bytes(bits: float | None) -> float | None:
    return None if bits is None else bits / BITS_PER_BYTE
