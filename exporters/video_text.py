"""What endpoints, calls, meetings and services say on the metrics page; lines and sites are in ``fleet_text``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
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
from phusong.exporters.fleet_text import PolledStarts, polled_lines, polled_starts
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


class EndpointStarts(NamedTuple):
    """The beginnings of an endpoint's lines; what only some have is made when it is there."""

    endpoint_id: str
    polled: PolledStarts
    ready: str
    identity: dict[str, str]


def endpoint_starts(info: EndpointInfo, commune: str, district: str) -> EndpointStarts:
    """Prepare an endpoint's lines; ``commune`` is the code of its site's commune."""
    identity = {"endpoint": info.endpoint_id}
    about = {**identity, "site": info.site_id, "commune": commune, "district": district, "name": info.name}
    fixed = (info_line("vc_endpoint_info", about),)
    polled = polled_starts("vc_endpoint", identity, ENDPOINT_VERDICTS, fixed)
    return EndpointStarts(info.endpoint_id, polled, series("vc_endpoint_ready", identity), identity)


def endpoint_lines(starts: EndpointStarts, row: EndpointRow) -> list[str]:
    """Return the lines of an endpoint (section ENDPOINTS)."""
    identity, reading, port, traffic = starts.identity, row.reading, row.port, row.port_traffic
    about = {}
    if reading is not None:
        about = {
            **identity,
            "profile": reading.profile,
            "vendor": reading.vendor,
            "model": reading.model,
            "software": reading.software,
        }

    def of(name: str) -> str:
        return series(f"vc_endpoint_{name}", identity)

    speed = port.speed_bps if port else None
    services = _of_services(identity, row.services)
    return [
        *polled_lines(starts.polled, row),
        info_line("vc_endpoint_device_info", about) if about else "",
        flag(of("registered"), reading.registered if reading else None),
        flag(of("in_call"), reading.in_call if reading else None),
        "".join(
            flag(series("vc_endpoint_fault", {**identity, "part": part}), value=True)
            for part in dict.fromkeys(reading.faults if reading else ())
        ),
        flag(starts.ready, row.ready),
        flag(series("vc_endpoint_not_ready_reason", {**identity, "reason": row.not_ready_because}), value=True)
        if row.not_ready_because
        else "",
        *services,
        flag(of("port_up"), None if port is None else port.oper_status == OPER_UP),
        line(of("port_speed_bytes_per_second"), speed / BITS_PER_BYTE if speed else None),
        line(of("port_receive_bytes_per_second"), traffic.receive_bytes_per_s if traffic else None),
        line(of("port_transmit_bytes_per_second"), traffic.transmit_bytes_per_s if traffic else None),
        line(of("port_error_ratio"), traffic.error_ratio if traffic else None),
        line(of("meeting_begin_timestamp_seconds"), row.meeting.begin if row.meeting else None),
        flag(of("meeting_soon"), row.meeting.soon if row.meeting else None),
    ]


def _of_services(identity: dict[str, str], services: Iterable[ServiceReading]) -> list[str]:
    """Return the lines about all services of an endpoint: whether they answer, how fast, their certificates."""
    up, response, expiry = [], [], []
    for service in services:
        labels = {**identity, "service": service.kind.value, "port": str(service.port)}
        up.append(flag(series("vc_endpoint_service_up", labels), service.state.answers))
        if service.state.answers:
            response.append(line(series("vc_endpoint_service_response_seconds", labels), service.latency_s))
        if service.certificate is not None:
            name = "vc_endpoint_certificate_expiry_timestamp_seconds"
            expiry.append(line(series(name, labels), service.certificate.not_after))
    return ["".join(up), "".join(response), "".join(expiry)]


def call_starts(endpoint_id: str) -> dict[str, str]:
    """Prepare the lines of an endpoint's calls: few are in one, so only the label is kept."""
    return {"endpoint": endpoint_id}


def call_lines(identity: dict[str, str], row: EndpointRow) -> list[str]:
    """Return the lines of an endpoint's calls (section CALLS)."""
    calls = row.reading.calls if row.reading else ()

    def of(name: str) -> str:
        return series(f"vc_call_{name}", identity)

    return [
        "".join(dict.fromkeys(_call_info(identity, call) for call in calls)),
        line(of("duration_seconds"), _largest(call.duration_s for call in calls)),
        line(of("receive_bytes_per_second"), _bytes(_total(call.receive_bps for call in calls))),
        line(of("transmit_bytes_per_second"), _bytes(_total(call.transmit_bps for call in calls))),
        flag(of("hd"), _any(call.hd for call in calls)),
        "".join(
            flag(series("vc_call_fault", {**identity, "fault": fault.value}), fault is row.fault)
            for fault in (CallFault if row.fault is not None else ())
        ),
        *_stream_lines(identity, [stream for call in calls for stream in call.streams]),
    ]


def _call_info(identity: dict[str, str], call: CallReading) -> str:
    encrypted = {True: "yes", False: "no", None: ""}[call.encrypted]
    about = {
        **identity,
        "direction": call.direction,
        "protocol": call.protocol,
        "far_end": call.far_end,
        "encrypted": encrypted,
    }
    return info_line("vc_call_info", about)


Of = Callable[[StreamReading], float | None]
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


def _stream_lines(identity: dict[str, str], streams: list[StreamReading]) -> list[str]:
    alike = [
        ({**identity, "media": media.value, "direction": way.value}, found)
        for media in Media
        for way in Way
        if (found := [stream for stream in streams if stream.media is media and stream.way is way])
    ]
    return [
        "".join(
            line(series(f"vc_stream_{name}", labels), (_total if summed else _largest)(map(value, found)))
            for labels, found in alike
        )
        for name, value, summed in _STREAM_METRICS
    ]


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


def _largest(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)


def _total(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _any(values: Iterable[bool | None]) -> bool | None:
    known = [value for value in values if value is not None]
    return any(known) if known else None


def _bytes(bits: float | None) -> float | None:
    return None if bits is None else bits / BITS_PER_BYTE
