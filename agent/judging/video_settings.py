"""What the judging of endpoints, services and meetings needs to know of the configuration."""

from __future__ import annotations

from dataclasses import dataclass

from phusong.agent.inventory import EndpointService

from .call_limits import DEFAULT_CALL_LIMITS, CallLimits


@dataclass(frozen=True, slots=True)
class VideoSettings:
    """Intervals in seconds, and what a meeting needs."""

    probes_interval_s: float = 60.0
    services_interval_s: float = 60.0
    usual_services: tuple[EndpointService, ...] = ()
    """What endpoints are asked whose rows name no services."""
    call_limits: CallLimits = DEFAULT_CALL_LIMITS
    hd_mbps: float = 2.0
    ready_before_s: float = 3600.0
    """So long before a meeting those who are not ready are told."""


DEFAULT_VIDEO = VideoSettings()
