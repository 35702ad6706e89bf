"""What is asked of whom when services are probed, as the inventory and phusong.yaml say. Decisions only."""

from __future__ import annotations

from phusong.agent.input.video_config import ServicesConfig, VideoConfig
from phusong.agent.inventory import Endpoint, Service
from phusong.collectors.call_readings import ServiceKind, ServiceReading, ServiceState
from phusong.collectors.services.certificates import Trust
from phusong.collectors.services.service_probe import ServiceToProbe

from .poll_plan import services_of


def endpoint_services(endpoint: Endpoint, address: str, video: VideoConfig) -> tuple[ServiceToProbe, ...]:
    """Return how the services of an endpoint are asked at its numeric address.

    Endpoints have certificates that they signed themselves: that says nothing of whether they take calls. What is
    wrong with one is told beside the answer.
    """
    trust = Trust(video.ca_pem, endpoint.certificate_sha256)
    return tuple(
        ServiceToProbe(
            kind=service.kind,
            address=address,
            port=service.port,
            server_name=server_name(endpoint.address),
            sip_uri=endpoint.sip_uri,
            trust=trust,
        )
        for service in services_of(endpoint, video.services)
    )


def watched_service(service: Service, address: str, config: ServicesConfig) -> ServiceToProbe:
    """Return how a service of services.csv is asked: its users, too, would refuse a bad certificate."""
    return ServiceToProbe(
        kind=service.kind,
        address=address,
        port=service.port,
        server_name=server_name(service.host),
        path=service.path,
        expect_status=service.expect_status,
        expect_text=service.expect_text,
        trust=Trust(config.ca_pem, service.certificate_sha256),
        must_be_trusted=True,
    )


def no_such_name(kind: ServiceKind, port: int, problem: str) -> ServiceReading:
    """Return what is known of a service whose host has no address."""
    return ServiceReading(kind, port, ServiceState.UNREACHABLE, problem=problem)


def server_name(host: str) -> str:
    """Return the name that a certificate must bear; empty for an address, which stands for itself."""
    is_address = ":" in host or host.rpartition(".")[2].isdigit()
    return "" if is_address else host.removesuffix(".")
