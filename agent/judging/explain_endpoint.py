"""``phusong explain`` of endpoints and services: what they say of themselves, their calls, services and ports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from phusong.agent.inventory import MaintenanceWindow
from phusong.agent.polling.poll_plan import services_of
from phusong.agent.readiness.judge import judge_readiness
from phusong.collectors.call_readings import CallReading, EndpointReading, ServiceReading, StreamReading
from phusong.exporters.snapshot import EndpointRow, ServiceVerdict, Verdict

from .endpoint_rows import EndpointRows
from .explain import Explanation, Fact, age, parent_facts, ping_facts, waiting_facts, window_facts
from .room_or_line import fault_of_call
from .rule_words import BECAUSE
from .service_rows import ServiceRows
from .verdict_changes import Moment

SERVICE_BECAUSE = {
    ServiceVerdict.UP: ("It answers as it should, and in time.", "Another answer, a bad certificate, or silence."),
    ServiceVerdict.SLOW: ("It answers as it should, but later than it may.", "An answer in time."),
    ServiceVerdict.DOWN: ("It does not answer as it should.", "The expected status and text."),
    ServiceVerdict.MAINTENANCE: ("A maintenance window covers it.", "The end of the window."),
    ServiceVerdict.UNKNOWN: ("It has not been asked yet, or too long ago.", "An answer, or none."),
}
NOT_ASKED = Fact("services", "not asked yet, or too long ago")


def explain_endpoint(
    endpoints: EndpointRows, windows: Iterable[MaintenanceWindow], endpoint_id: str, moment: Moment
) -> Explanation:
    """Explain the verdict on an endpoint."""
    row = endpoints.rows[endpoint_id]
    endpoint = endpoints.inventory.endpoints[endpoint_id]
    key = ("endpoint", endpoint_id)
    facts = [
        *_answer_facts(endpoints, row, moment),
        *(_call_facts(endpoints, row) if row.reading else ()),
        *_services_facts(endpoints, row, moment),
        *ping_facts(endpoints.links, endpoint.address, moment),
        *_port_facts(row),
        *parent_facts([endpoints.parent(endpoint_id, moment.now)], moment),
        *waiting_facts(endpoints.suspects.waiting_since(key), moment),
        *window_facts(endpoints.facts, windows, key, endpoints.found.get(endpoint_id), moment),
        *_ready_facts(endpoints, row, moment),
    ]
    because, otherwise = BECAUSE[row.rule]
    return Explanation(
        "endpoint", endpoint_id, f"{endpoint.name}, {endpoints.facts.sites[endpoint.site_id].name}",
        row.verdict, row.since, row.rule, row.cause, because, (otherwise,) if otherwise else (), tuple(facts),
    )  # fmt: skip


def explain_service(
    services: ServiceRows, windows: Iterable[MaintenanceWindow], service_id: str, moment: Moment
) -> Explanation:
    """Explain the verdict on a service."""
    row = services.rows[service_id]
    service = services.inventory.services[service_id]
    outcome = services.evidence.service(service_id)
    facts = [
        *(_service_facts(row.reading, outcome.value_at, moment) if row.reading else (NOT_ASKED,)),
        Fact("slow", f"an answer may take {service.slow_s:g} s"),
        *window_facts(services.facts, windows, ("service", service_id), None, moment),
    ]
    because, otherwise = SERVICE_BECAUSE[row.verdict]
    return Explanation(
        "service", service_id, service.name, row.verdict, row.since, "", "", because, (otherwise,), tuple(facts)
    )


def _answer_facts(endpoints: EndpointRows, row: EndpointRow, moment: Moment) -> Iterator[Fact]:
    outcome = endpoints.evidence.endpoint(row.info.endpoint_id)
    heard = age(outcome.heard_at, moment)
    reading = row.reading
    if reading is None:
        problem = outcome.problem
        yield Fact("SNMP", f"no usable answer: {problem}" if problem else "not asked yet, or too long ago", heard)
        return
    system = reading.system
    if system is not None:
        yield Fact("SNMP", f"answers: {system.sys_descr or system.sys_name or system.sys_object_id}", heard)
    yield Fact("profile", f"{reading.profile}: {reading.why}")
    about = ", ".join(filter(None, (reading.vendor, reading.model, reading.serial, reading.software)))
    if about:
        yield Fact("device", about)
    yield Fact("registered", {True: "yes", False: "no", None: "it does not say"}[reading.registered])
    if reading.faults:
        yield Fact("failed parts", ", ".join(reading.faults))
    if reading.last_end_reason:
        yield Fact("last call ended", reading.last_end_reason)
    for problem in reading.problems:
        yield Fact("not read", problem)


def _call_facts(endpoints: EndpointRows, row: EndpointRow) -> Iterator[Fact]:
    reading: EndpointReading | None = row.reading
    if reading is None or not (reading.in_call or reading.calls):
        yield Fact("call", "none" if reading and reading.in_call is False else "it does not say")
        return
    if not reading.calls:
        yield Fact("call", "in one, of which it says nothing")
    limits = endpoints.settings.call_limits
    jitter_ms, latency_ms = limits.jitter_s * 1000, limits.latency_s * 1000
    good = f"loss {limits.loss_ratio:.1%}, jitter {jitter_ms:g} ms, latency {latency_ms:g} ms"
    for call in reading.calls:
        yield Fact("call", _call_words(call))
        for stream in call.streams:
            yield Fact(f"{stream.way} {stream.media}", _stream_words(stream))
    yield Fact("limits of a good call", good)
    if row.verdict is Verdict.POOR_CALL:
        line = endpoints.line(row.info.endpoint_id)
        found = fault_of_call(row, line, endpoints.uplinks(line))
        yield Fact("room or line", f"{found.fault}: {found.seen_by}")


def _call_words(call: CallReading) -> str:
    parts = [part for part in (call.direction, call.protocol, call.far_end) if part]
    if call.duration_s is not None:
        parts.append(f"for {call.duration_s / 60:.0f} min")
    for name, rate in (("received", call.receive_bps), ("sent", call.transmit_bps)):
        if rate is not None:
            parts.append(f"{rate / 1e6:.1f} Mbit/s {name}")
    hd = {True: "HD", False: f"{call.received_lines} lines, not HD", None: ""}[call.hd]
    return ", ".join(filter(None, (*parts, hd))) or "up"


def _stream_words(stream: StreamReading) -> str:
    parts = []
    if stream.width_px and stream.height_px:
        parts.append(f"{stream.width_px} x {stream.height_px}")
    for value, text in (
        (stream.frame_rate_hz, "{:.0f} pictures/s"),
        (stream.loss_ratio, "loss {:.2%}"),
        (None if stream.jitter_s is None else stream.jitter_s * 1000, "jitter {:.0f} ms"),
        (None if stream.latency_s is None else stream.latency_s * 1000, "latency {:.0f} ms"),
        (None if stream.bit_rate_bps is None else stream.bit_rate_bps / 1000, "{:.0f} kbit/s"),
    ):
        if value is not None:
            parts.append(text.format(value))
    return ", ".join(filter(None, (*parts, stream.codec))) or "it does not say"


def _services_facts(endpoints: EndpointRows, row: EndpointRow, moment: Moment) -> Iterator[Fact]:
    """Yield how each service answered; that none was asked is told where some are to be asked."""
    endpoint_id = row.info.endpoint_id
    at = endpoints.evidence.probes(endpoint_id).value_at
    for service in row.services:
        yield from _service_facts(service, at, moment)
    endpoint = endpoints.inventory.endpoints[endpoint_id]
    if not row.services and services_of(endpoint, endpoints.settings.usual_services):
        yield NOT_ASKED


def _service_facts(service: ServiceReading, at: float, moment: Moment) -> Iterator[Fact]:
    said = f"{service.state.value.replace('_', ' ')}"
    if service.code is not None:
        said += f", {service.code}"
    if service.latency_s is not None:
        said += f", {service.latency_s * 1000:.0f} ms"
    if service.problem:
        said += f": {service.problem}"
    yield Fact(f"{service.kind} port {service.port}", said, age(at, moment))
    certificate = service.certificate
    if certificate is not None:
        days = (certificate.not_after - moment.unix) / 86_400
        trust = "trusted" if certificate.trusted else f"not trusted ({certificate.problem})"
        said = f"{trust}, {days:.0f} days left, SHA-256 {certificate.sha256}"
        yield Fact(f"certificate of {service.kind}", said)


def _port_facts(row: EndpointRow) -> Iterator[Fact]:
    if not row.info.port_device:
        return
    name = f"port {row.info.port_device}, {row.info.port_interface}"
    if row.port is None:
        yield Fact(name, "not known")
        return
    parts = ["up" if row.port.oper_status == 1 else "not up"]
    if row.port.speed_bps:
        parts.append(f"{row.port.speed_bps / 1e6:g} Mbit/s")
    if row.port_half_duplex is not None:
        parts.append("half duplex" if row.port_half_duplex else "full duplex")
    traffic = row.port_traffic
    if traffic is not None and traffic.error_ratio is not None:
        parts.append(f"errors {traffic.error_ratio:.2%}")
    if traffic is not None and traffic.transmit_bytes_per_s is not None:
        parts.append(f"{traffic.transmit_bytes_per_s * 8 / 1e6:.1f} Mbit/s to the room")
    yield Fact(name, ", ".join(parts))


def _ready_facts(endpoints: EndpointRows, row: EndpointRow, moment: Moment) -> Iterator[Fact]:
    line = endpoints.line(row.info.endpoint_id)
    findings = judge_readiness(
        row, line, needed_mbps=endpoints.settings.hd_mbps, now=moment.unix, uplinks=endpoints.uplinks(line)
    )
    against = [
        f"{found.reason}"
        + (f" ({found.detail})" if found.detail else "")
        + ("" if found.keeps_out else ", a warning")
        for found in findings
    ]
    said = {True: "yes", False: "no", None: "not known"}[row.ready]
    yield Fact("ready for a meeting", said + (f": {'; '.join(against)}" if against else ""))
    if row.meeting is not None:
        away_min = (row.meeting.begin - moment.unix) / 60
        when = f"begins in {away_min:.0f} min" if away_min > 0 else "runs"
        yield Fact("meeting", f"{row.meeting.meeting_id} {when}")
