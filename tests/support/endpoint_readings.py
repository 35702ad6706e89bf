"""What endpoints answer, in short: for tests that care for little of it."""

from __future__ import annotations

from typing import Any

from phusong.collectors.call_readings import (
    CallReading,
    EndpointReading,
    Media,
    ServiceKind,
    ServiceReading,
    ServiceState,
    StreamReading,
    Way,
)
from phusong.collectors.readings import SystemReading


def room(name: str = "room", descr: str = "Room 500", ticks: int = 1, **more: Any) -> EndpointReading:
    """Return the reading of an endpoint that answers; ``more`` are fields of ``EndpointReading``."""
    system = SystemReading(descr, "1.3.6.1", ticks, name, "")
    return EndpointReading("generic", "Test", "a test wants it", system, **more)


def call(loss: float = 0.0, jitter: float = 0.005, latency: float = 0.04, lines: int = 1080) -> CallReading:
    """Return a call with one picture received and one sent."""
    received = StreamReading(
        Media.VIDEO, Way.RECEIVED, loss, jitter, latency, 1.8e6, lines * 16 // 9, lines, 30.0, "H.264"
    )
    sent = StreamReading(Media.VIDEO, Way.SENT, 0.0, 0.004, 0.04, 1.9e6, 1920, 1080, 30.0, "H.264")
    return CallReading("incoming", "sip", "", 600.0, 2.0e6, 2.0e6, True, (received, sent))


def answered(
    kind: ServiceKind, state: ServiceState = ServiceState.READY, code: int | None = None
) -> ServiceReading:
    """Return how a service answered."""
    latency_s = 0.012 if state.answers else None
    return ServiceReading(kind, 5060, state, code, latency_s, problem="" if state.answers else state.value)
