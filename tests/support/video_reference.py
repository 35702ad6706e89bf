"""Endpoints, calls, meetings and services of the made-up province, and the plainest way to their metrics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from phusong.collectors.call_readings import (
    CallReading,
    CertificateReading,
    EndpointReading,
    Media,
    ServiceKind,
    ServiceReading,
    ServiceState,
    StreamReading,
    Way,
)
from phusong.collectors.readings import InterfaceReading, PingReading, SystemReading
from phusong.exporters.snapshot import (
    CallFault,
    EndpointInfo,
    EndpointRow,
    EndTraffic,
    MeetingRow,
    MeetingTime,
    ServiceInfo,
    ServiceRow,
    ServiceVerdict,
    Snapshot,
    Verdict,
)

VIDEO_NOW = 1_793_000_000.25
Sample = tuple[str, dict[str, str], float | None]


def endpoint_row(
    n: int, cycle: int, ping: PingReading, port: InterfaceReading, traffic: EndTraffic
) -> EndpointRow:
    """Return the n-th endpoint: every seventh is in a call, every 14th in a poor one."""
    poor, in_call = n % 14 == 7, n % 7 == 0
    system = SystemReading("RealPresence Group 500", "1.3.6.1.4.1.13885.1", 12345 + cycle, f"vc{n}", "Hạ Long")
    reading = EndpointReading(
        "poly",
        "Poly",
        "because",
        system,
        "Group 500",
        f"SN{n}",
        "6.2.2",
        (True, False, None)[n % 3],
        in_call,
        tuple(_call(n, cycle, second) for second in range(1 + n % 2)) if in_call else (),
        ("camera", "microphone")[: n % 3],
        "Normal call clearing" if n % 3 == 0 else "",
    )
    return EndpointRow(
        EndpointInfo(f"vc-{n:04d}", f"site-{n:04d}", f"Phòng họp {n}", "sw", "Gi0/1" if n % 2 else ""),
        Verdict.POOR_CALL if poor else Verdict.READY if n % 10 else Verdict.SNMP_DEAD,
        True,
        VIDEO_NOW - 100.0,
        None if n % 10 == 5 else reading,
        ping,
        VIDEO_NOW - 2.0,
        "",
        services=(_service(ServiceKind.SIP_UDP, n), _service(ServiceKind.HTTPS, n + 1)) if n % 4 else (),
        port=port if n % 2 else None,
        port_traffic=traffic if n % 2 else None,
        port_half_duplex=(True, False, None)[n % 3],
        fault=CallFault.LINE if poor else None,
        ready=(True, False, None)[n % 3],
        not_ready_because=("", "not_registered", "not_known")[n % 3],
        meeting=MeetingTime("weekly", VIDEO_NOW + 600, VIDEO_NOW + 4200, n % 2 == 0) if n % 5 else None,
    )


def _call(n: int, cycle: int, second: int) -> CallReading:
    streams = (
        StreamReading(Media.AUDIO, Way.RECEIVED, 0.0, 0.004, 0.045, 64_000.0, codec="G.722"),
        StreamReading(
            Media.VIDEO, Way.RECEIVED, 0.001 * second, 0.012, 0.05, 1.9e6 + n, 1280, 720, 29.97, "H.264"
        ),
        StreamReading(Media.VIDEO, Way.SENT, 0.0, 0.01, 0.05, 1.8e6 + cycle, 1920, 1080, 30.0, "H.264"),
        StreamReading(Media.CONTENT, Way.RECEIVED, None, None, None, 3e5, None, None, 5.0),
    )
    return CallReading("incoming", "sip", "", 60.0 * second + cycle, 2.1e6, 2.0e6, n % 2 == 0, streams)


def _service(kind: ServiceKind, n: int) -> ServiceReading:
    state = list(ServiceState)[n % len(ServiceState)]
    certificate = CertificateReading(1.7e9, 1.8e9 + n, "0" * 64, n % 3 == 0, "", "CN=room")
    tls = kind is ServiceKind.HTTPS
    return ServiceReading(kind, 5060 + n % 2, state, 200, 0.01 + n / 1e4, certificate if tls else None)


def service_rows() -> tuple[ServiceRow, ...]:
    """Return one service of every verdict, and one of which nothing is known."""
    rows = [
        ServiceRow(
            ServiceInfo(f"svc-{n}", f"Dịch vụ {n}", "https", "site-0001"),
            verdict,
            VIDEO_NOW - n,
            _service(ServiceKind.HTTPS, 9 * n),
            VIDEO_NOW - 5,
        )
        for n, verdict in enumerate(ServiceVerdict)
    ]
    unknown = ServiceRow(ServiceInfo("svc-x", "Chưa biết", "tcp"), ServiceVerdict.UNKNOWN, None, None, None)
    return (*rows, unknown)


def meeting_rows() -> tuple[MeetingRow, ...]:
    """Return two meetings."""
    return (
        MeetingRow("weekly", "Họp giao ban", VIDEO_NOW + 600, VIDEO_NOW + 4200, 239, 12),
        MeetingRow("m2", "Họp huyện", VIDEO_NOW + 90_000, VIDEO_NOW + 99_000, 12, 0),
    )


def video_samples(snapshot: Snapshot) -> Iterator[Sample]:
    """Yield the samples of everything but what lines and endpoints have in common."""
    for endpoint in snapshot.endpoints:
        yield from _endpoint_samples(endpoint, {"endpoint": endpoint.info.endpoint_id})
        yield from _call_samples(endpoint, {"endpoint": endpoint.info.endpoint_id})
    for meeting in snapshot.meetings:
        of = {"meeting": meeting.meeting_id}
        yield "vc_meeting_info", {**of, "title": meeting.title}, 1
        yield "vc_meeting_begin_timestamp_seconds", of, meeting.begin
        yield "vc_meeting_end_timestamp_seconds", of, meeting.end
        yield "vc_meeting_endpoints", of, meeting.endpoints
        yield "vc_meeting_endpoints_not_ready", of, meeting.not_ready
    for service in snapshot.services:
        yield from _service_samples(service, {"service": service.info.service_id})


def _endpoint_samples(row: EndpointRow, of: dict[str, str]) -> Iterator[Sample]:
    said = row.reading
    if said is not None:
        texts = {"profile": said.profile, "vendor": said.vendor, "model": said.model, "software": said.software}
        yield "vc_endpoint_device_info", {**of, **texts}, 1
        yield "vc_endpoint_registered", of, said.registered
        yield "vc_endpoint_in_call", of, said.in_call
        if said.last_end_reason:
            yield "vc_endpoint_last_call_end_info", {**of, "reason": said.last_end_reason}, 1
        for part in sorted(set(said.faults), key=said.faults.index):
            yield "vc_endpoint_fault", {**of, "part": part}, 1
    yield "vc_endpoint_ready", of, row.ready
    if row.not_ready_because:
        yield "vc_endpoint_not_ready_reason", {**of, "reason": row.not_ready_because}, 1
    for service in row.services:
        which = {**of, "service": str(service.kind), "port": str(service.port)}
        good = service.state in (ServiceState.READY, ServiceState.ALIVE)
        yield "vc_endpoint_service_up", which, good
        yield "vc_endpoint_service_response_seconds", which, service.latency_s if good else None
        until = service.certificate.not_after if service.certificate else None
        yield "vc_endpoint_certificate_expiry_timestamp_seconds", which, until
    if row.port is not None:
        yield "vc_endpoint_port_up", of, row.port.oper_status == 1
        speed = row.port.speed_bps
        yield "vc_endpoint_port_speed_bytes_per_second", of, speed / 8 if speed else None
    yield "vc_endpoint_port_half_duplex", of, row.port_half_duplex
    if row.port_traffic is not None:
        yield "vc_endpoint_port_receive_bytes_per_second", of, row.port_traffic.receive_bytes_per_s
        yield "vc_endpoint_port_transmit_bytes_per_second", of, row.port_traffic.transmit_bytes_per_s
        yield "vc_endpoint_port_error_ratio", of, row.port_traffic.error_ratio
    if row.meeting is not None:
        yield "vc_endpoint_meeting_begin_timestamp_seconds", of, row.meeting.begin
        yield "vc_endpoint_meeting_soon", of, row.meeting.soon


def _call_samples(row: EndpointRow, of: dict[str, str]) -> Iterator[Sample]:
    calls = row.reading.calls if row.reading else ()
    if not calls:
        return
    seen: list[dict[str, str]] = []
    for call in calls:
        encrypted = "" if call.encrypted is None else "yes" if call.encrypted else "no"
        labels = {**of, "direction": call.direction, "protocol": call.protocol, "far_end": call.far_end}
        labels["encrypted"] = encrypted
        if labels not in seen:
            seen.append(labels)
            yield "vc_call_info", labels, 1
    yield "vc_call_duration_seconds", of, _max([call.duration_s for call in calls])
    for way, rates in (("receive", [c.receive_bps for c in calls]), ("transmit", [c.transmit_bps for c in calls])):
        known = [rate for rate in rates if rate is not None]
        yield f"vc_call_{way}_bytes_per_second", of, sum(known) / 8 if known else None
    hd = [call.hd for call in calls if call.hd is not None]
    yield "vc_call_hd", of, any(hd) if hd else None
    if row.fault is not None:
        for fault in ("line", "room", "unknown"):
            yield "vc_call_fault", {**of, "fault": fault}, row.fault == fault
    for media in ("audio", "video", "content", "all"):
        for way in ("received", "sent"):
            alike = [s for c in calls for s in c.streams if s.media == media and s.way == way]
            labels = {**of, "media": media, "direction": way}
            yield "vc_stream_loss_ratio", labels, _max([s.loss_ratio for s in alike])
            yield "vc_stream_jitter_seconds", labels, _max([s.jitter_s for s in alike])
            yield "vc_stream_latency_seconds", labels, _max([s.latency_s for s in alike])
            rates = [s.bit_rate_bps / 8 for s in alike if s.bit_rate_bps is not None]
            yield "vc_stream_bytes_per_second", labels, sum(rates) if rates else None
            yield "vc_stream_height_pixels", labels, _max([s.height_px for s in alike])
            yield "vc_stream_width_pixels", labels, _max([s.width_px for s in alike])
            yield "vc_stream_frame_rate_hertz", labels, _max([s.frame_rate_hz for s in alike])


def _service_samples(row: ServiceRow, of: dict[str, str]) -> Iterator[Sample]:
    info, said = row.info, row.reading
    if row.verdict in (ServiceVerdict.UP, ServiceVerdict.SLOW):
        up: bool | None = True
    elif row.verdict is ServiceVerdict.DOWN:
        up = False
    else:
        up = None if said is None else said.state is ServiceState.READY
    yield "wan_service_up", of, up
    for verdict in ServiceVerdict:
        yield "wan_service_verdict", {**of, "verdict": str(verdict)}, verdict is row.verdict
    yield "wan_service_info", {**of, "name": info.name, "protocol": info.protocol, "site": info.site_id}, 1
    if said is not None:
        for state in ServiceState:
            yield "wan_service_state", {**of, "state": str(state)}, state is said.state
        yield "wan_service_http_status_code", of, said.code
        yield "wan_service_response_seconds", of, said.latency_s
        if said.certificate is not None:
            yield "wan_service_certificate_expiry_timestamp_seconds", of, said.certificate.not_after
            yield "wan_service_certificate_trusted", of, said.certificate.trusted
    yield "wan_service_last_success_timestamp_seconds", of, row.last_success
    yield "wan_service_verdict_change_timestamp_seconds", of, row.since


def _max(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return max(known) if known else None
