"""How the services of endpoints and those of services.csv are asked."""

from __future__ import annotations

from dataclasses import replace

import pytest
from inventories import make_inventory
from service_peers import authority

from phusong.agent.input.video_config import ServicesConfig, VideoConfig
from phusong.agent.inventory import Endpoint, EndpointService, Service
from phusong.agent.polling.services_asked import endpoint_services, no_such_name, server_name, watched_service
from phusong.collectors.call_readings import ServiceKind, ServiceReading, ServiceState
from phusong.collectors.services.certificates import Trust
from phusong.collectors.services.service_probe import ServiceToProbe

PIN = "ab" * 32
SIP_TLS = EndpointService(ServiceKind.SIP_TLS, 5071)


def endpoint(**changes: object) -> Endpoint:
    made = make_inventory(endpoints={"e1": "room.example."}).endpoints["e1"]
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("room.example", "room.example"),
        ("room.example.", "room.example"),
        ("room", "room"),
        ("room-1.2x", "room-1.2x"),
        ("192.0.2.7", ""),
        ("2001:db8::1", ""),
        ("::ffff:192.0.2.7", ""),
    ],
)
def test_server_names(host: str, name: str) -> None:
    """A certificate must bear the name of the inventory; an address stands for itself."""
    assert server_name(host) == name


def test_the_usual_services() -> None:
    """An endpoint that names none is asked all the usual ones, in their order, at the numeric address."""
    asked = endpoint_services(endpoint(), "192.0.2.7", VideoConfig())
    assert [(service.kind.value, service.port) for service in asked] == [
        ("sip-udp", 5060), ("sip-tcp", 5060), ("sip-tls", 5061), ("h323", 1720), ("https", 443),
    ]  # fmt: skip
    assert {service.address for service in asked} == {"192.0.2.7"}
    assert {service.server_name for service in asked} == {"room.example"}


def test_its_own_services() -> None:
    """What its row names is asked instead, by its SIP address, and verified by its own fingerprint."""
    video = VideoConfig(ca_pem=authority().pem)
    (asked,) = endpoint_services(
        endpoint(services=(SIP_TLS,), sip_uri="sip:room@example", certificate_sha256=PIN), "192.0.2.7", video
    )
    assert asked == ServiceToProbe(
        ServiceKind.SIP_TLS,
        "192.0.2.7",
        5071,
        server_name="room.example",
        sip_uri="sip:room@example",
        trust=Trust(authority().pem, PIN),
        must_be_trusted=False,
    )


@pytest.mark.parametrize(("services", "video"), [((), VideoConfig()), (None, VideoConfig(services=()))])
def test_no_services(services: tuple[EndpointService, ...] | None, video: VideoConfig) -> None:
    """Where none is wanted none is asked."""
    assert endpoint_services(endpoint(services=services), "192.0.2.7", video) == ()


def test_a_certificate_of_an_endpoint_changes_no_answer() -> None:
    """Most endpoints have signed it themselves, and take calls all the same."""
    assert not any(s.must_be_trusted for s in endpoint_services(endpoint(), "192.0.2.7", VideoConfig()))


def test_a_watched_service() -> None:
    """It is asked with what is expected of it, and is not well when its users would be warned."""
    service = Service(
        "p", "P", ServiceKind.HTTPS, "p.example", 8443, "/?token=canary", "s1", (200,), "Trang chủ", 0.5, PIN
    )
    asked = watched_service(service, "192.0.2.7", ServicesConfig(ca_pem=authority().pem))
    assert asked == ServiceToProbe(
        ServiceKind.HTTPS,
        "192.0.2.7",
        8443,
        server_name="p.example",
        path="/?token=canary",
        expect_status=(200,),
        expect_text="Trang chủ",
        trust=Trust(authority().pem, PIN),
        must_be_trusted=True,
    )


def test_a_name_that_leads_nowhere() -> None:
    """That is an answer, too: it cannot be reached, and why."""
    assert no_such_name(ServiceKind.H323, 1720, "no such name") == ServiceReading(
        ServiceKind.H323, 1720, ServiceState.UNREACHABLE, problem="no such name"
    )
