"""The metrics of video conferences, meetings and services: sections of the one table in ``metrics``."""

from __future__ import annotations

from phusong.exporters.metric_family import Kind, Metric, Section

_ENDPOINT = ("endpoint",)
_SERVICE = ("service",)
_MEETING = ("meeting",)
_SERVICE_OF = ("endpoint", "port", "service")
_STREAM = ("direction", "endpoint", "media")

ENDPOINTS = Section(
    "Video-conference endpoints",
    "One series per endpoint of endpoints.csv, or per endpoint and verdict, service or part.",
    (
        Metric(
            "vc_endpoint_up", Kind.GAUGE, "1 when the endpoint answers, 0 when not; absent when unknown", _ENDPOINT
        ),
        Metric(
            "vc_endpoint_verdict",
            Kind.GAUGE,
            "1 for the verdict that holds for the endpoint now, 0 for every other one",
            ("endpoint", "verdict"),
        ),
        Metric(
            "vc_endpoint_info",
            Kind.INFO,
            "What the inventory says about the endpoint",
            ("commune", "district", "endpoint", "name", "site"),
        ),
        Metric(
            "vc_endpoint_ping_loss_ratio",
            Kind.GAUGE,
            "Lost share of the last burst of echo requests, 0 to 1",
            _ENDPOINT,
        ),
        Metric("vc_endpoint_ping_rtt_seconds", Kind.GAUGE, "Mean round-trip time of the last burst", _ENDPOINT),
        Metric(
            "vc_endpoint_last_success_timestamp_seconds",
            Kind.GAUGE,
            "Unix time of the last SNMP answer of the endpoint",
            _ENDPOINT,
        ),
        Metric(
            "vc_endpoint_verdict_change_timestamp_seconds",
            Kind.GAUGE,
            "Unix time of the last change of the endpoint's verdict",
            _ENDPOINT,
        ),
        Metric(
            "vc_endpoint_device_info",
            Kind.INFO,
            "What the endpoint says it is, and the profile by which it is read",
            ("endpoint", "model", "profile", "software", "vendor"),
        ),
        Metric(
            "vc_endpoint_registered",
            Kind.GAUGE,
            "1 when the endpoint says that it is registered with its call server, 0 when not; absent when unknown",
            _ENDPOINT,
        ),
        Metric(
            "vc_endpoint_in_call",
            Kind.GAUGE,
            "1 when the endpoint is in a call, 0 when not; absent when unknown",
            _ENDPOINT,
        ),
        Metric(
            "vc_endpoint_last_call_end_info",
            Kind.INFO,
            "Why the endpoint's last call ended, in its own words; absent when it does not say",
            ("endpoint", "reason"),
        ),
        Metric(
            "vc_endpoint_fault",
            Kind.GAUGE,
            "1 for each part that the endpoint itself calls failed",
            ("endpoint", "part"),
        ),
        Metric(
            "vc_endpoint_ready",
            Kind.GAUGE,
            "1 when the endpoint could join a meeting now, its line included, 0 when not; absent when unknown",
            _ENDPOINT,
        ),
        Metric(
            "vc_endpoint_not_ready_reason",
            Kind.GAUGE,
            "1 for the heaviest reason why the endpoint is not ready; absent when it is",
            ("endpoint", "reason"),
        ),
        Metric(
            "vc_endpoint_service_up",
            Kind.GAUGE,
            "1 when the service answered when it was last asked, 0 when not, or when it said 503",
            _SERVICE_OF,
        ),
        Metric(
            "vc_endpoint_service_response_seconds",
            Kind.GAUGE,
            "How long the answer took, connection included",
            _SERVICE_OF,
        ),
        Metric(
            "vc_endpoint_certificate_expiry_timestamp_seconds",
            Kind.GAUGE,
            "Unix time at which the certificate that the service shows runs out",
            _SERVICE_OF,
        ),
        Metric(
            "vc_endpoint_port_up",
            Kind.GAUGE,
            "1 when the port to which the endpoint is connected (lan_device, lan_interface) is up, 0 when not",
            _ENDPOINT,
        ),
        Metric(
            "vc_endpoint_port_speed_bytes_per_second",
            Kind.GAUGE,
            "Speed of that port",
            _ENDPOINT,
        ),
        Metric(
            "vc_endpoint_port_half_duplex",
            Kind.GAUGE,
            "1 when that port runs at half duplex, 0 at full (EtherLike-MIB::dot3StatsDuplexStatus); absent where "
            "that is not said",
            _ENDPOINT,
        ),
        Metric(
            "vc_endpoint_port_receive_bytes_per_second",
            Kind.GAUGE,
            "Rate into that port, from the endpoint, between the last two polls",
            _ENDPOINT,
        ),
        Metric(
            "vc_endpoint_port_transmit_bytes_per_second",
            Kind.GAUGE,
            "Rate out of that port, to the endpoint, between the last two polls",
            _ENDPOINT,
        ),
        Metric(
            "vc_endpoint_port_error_ratio",
            Kind.GAUGE,
            "Packets with errors at that port among these and the unicast packets between the last two polls",
            _ENDPOINT,
        ),
        Metric(
            "vc_endpoint_meeting_begin_timestamp_seconds",
            Kind.GAUGE,
            "Unix time at which the meeting begins, or began, that the endpoint is to be in now or next",
            _ENDPOINT,
        ),
        Metric(
            "vc_endpoint_meeting_soon",
            Kind.GAUGE,
            "1 from video.ready_before before that meeting until its end, else 0; absent without a meeting",
            _ENDPOINT,
        ),
    ),
)

CALLS = Section(
    "Calls",
    "One series per endpoint that is in a call, or per stream of it: `media` is `audio`, `video`, `content`, or "
    "`all` where the endpoint gives one figure for the whole call; `direction` is `received` or `sent` as the "
    "endpoint sees it. Of several streams alike the worst loss, jitter and latency and the largest picture count, "
    "and rates are summed. Who talks with whom stands in `far_end` only with `video.show_far_end`.",
    (
        Metric(
            "vc_call_info",
            Kind.INFO,
            "A call that is up",
            ("direction", "encrypted", "endpoint", "far_end", "protocol"),
        ),
        Metric("vc_call_duration_seconds", Kind.GAUGE, "For how long the longest call has been up", _ENDPOINT),
        Metric("vc_call_receive_bytes_per_second", Kind.GAUGE, "Rate of all calls, received", _ENDPOINT),
        Metric("vc_call_transmit_bytes_per_second", Kind.GAUGE, "Rate of all calls, sent", _ENDPOINT),
        Metric(
            "vc_call_hd",
            Kind.GAUGE,
            "1 when a picture of at least 720 lines is received, 0 when less; absent when that is not measured",
            _ENDPOINT,
        ),
        Metric(
            "vc_call_fault",
            Kind.GAUGE,
            "Of a poor call: 1 for where it goes wrong (line, room or unknown), 0 for the others",
            ("endpoint", "fault"),
        ),
        Metric("vc_stream_loss_ratio", Kind.GAUGE, "Lost share of the packets, 0 to 1", _STREAM),
        Metric("vc_stream_jitter_seconds", Kind.GAUGE, "Jitter", _STREAM),
        Metric("vc_stream_latency_seconds", Kind.GAUGE, "Latency", _STREAM),
        Metric("vc_stream_bytes_per_second", Kind.GAUGE, "Rate", _STREAM),
        Metric("vc_stream_height_pixels", Kind.GAUGE, "Lines of the picture", _STREAM),
        Metric("vc_stream_width_pixels", Kind.GAUGE, "Width of the picture", _STREAM),
        Metric("vc_stream_frame_rate_hertz", Kind.GAUGE, "Pictures per second", _STREAM),
    ),
)

MEETINGS = Section(
    "Meetings",
    "One series per meeting of `video.meetings` that runs or is to come, the next 50.",
    (
        Metric("vc_meeting_info", Kind.INFO, "A meeting", ("meeting", "title")),
        Metric("vc_meeting_begin_timestamp_seconds", Kind.GAUGE, "Unix time at which it begins", _MEETING),
        Metric("vc_meeting_end_timestamp_seconds", Kind.GAUGE, "Unix time at which it ends", _MEETING),
        Metric("vc_meeting_endpoints", Kind.GAUGE, "Endpoints that take part", _MEETING),
        Metric("vc_meeting_endpoints_not_ready", Kind.GAUGE, "Those among them that are not ready now", _MEETING),
    ),
)

SERVICES = Section(
    "Services on the network",
    "One series per service of services.csv, or per service and verdict or state.",
    (
        Metric(
            "wan_service_up",
            Kind.GAUGE,
            "1 when the service answers as it should, also when slowly, 0 when not; absent when unknown",
            _SERVICE,
        ),
        Metric(
            "wan_service_verdict",
            Kind.GAUGE,
            "1 for the verdict that holds for the service now, 0 for every other one",
            ("service", "verdict"),
        ),
        Metric(
            "wan_service_info",
            Kind.INFO,
            "What the inventory says about the service",
            ("name", "protocol", "service", "site"),
        ),
        Metric(
            "wan_service_state",
            Kind.GAUGE,
            "1 for how the service answered when it was last asked: ready, alive (another status than expected), "
            "unavailable (503), wrong_text, bad_certificate, bad_answer, refused, silent or unreachable",
            ("service", "state"),
        ),
        Metric("wan_service_http_status_code", Kind.GAUGE, "Status of the last answer over HTTP", _SERVICE),
        Metric(
            "wan_service_response_seconds",
            Kind.GAUGE,
            "How long the last answer took, connection included",
            _SERVICE,
        ),
        Metric(
            "wan_service_certificate_expiry_timestamp_seconds",
            Kind.GAUGE,
            "Unix time at which the certificate that the service shows runs out",
            _SERVICE,
        ),
        Metric(
            "wan_service_certificate_trusted",
            Kind.GAUGE,
            "1 when that certificate is valid, of a known issuer and for this name, or the pinned one, else 0",
            _SERVICE,
        ),
        Metric(
            "wan_service_last_success_timestamp_seconds",
            Kind.GAUGE,
            "Unix time at which the service last answered as it should",
            _SERVICE,
        ),
        Metric(
            "wan_service_verdict_change_timestamp_seconds",
            Kind.GAUGE,
            "Unix time of the last change of the service's verdict",
            _SERVICE,
        ),
    ),
)
