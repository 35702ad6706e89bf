"""Rows of lines and endpoints as a snapshot has them, for tests of what is judged from rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from phusong.collectors.readings import InterfaceReading, PingReading
from phusong.exporters.snapshot import EndpointInfo, EndpointRow, EndTraffic, LinkInfo, LinkRow, Verdict

BYTES_PER_S_PER_MBPS = 125_000.0
ECHO = PingReading(5, 5, 0.01, 0.01, 0.01)
LOSSY = PingReading(5, 4, 0.01, 0.01, 0.01)
NO_ECHO = PingReading(5, 0, None, None, None)
OUT = frozenset({Verdict.DOWN, Verdict.UNREACHABLE, Verdict.ADMIN_DOWN, Verdict.PARENT_DOWN})
QUIET = EndTraffic(0, 0, 0.0, 0.0, 0.0, 0.0, "", ())


def link_row(verdict: Verdict = Verdict.UP, link_id: str = "l1", mbps: float = 10.0, **changes: Any) -> LinkRow:
    """Return a line with the same contracted rate both ways, a tenth of it in use while it is up."""
    rate = mbps * BYTES_PER_S_PER_MBPS
    up = None if verdict is Verdict.UNKNOWN else verdict not in OUT
    use = 0.1 if verdict in (Verdict.UP, Verdict.DEGRADED, Verdict.CONGESTED) else None
    row = LinkRow(
        LinkInfo(link_id, "s1", "Carrier A", "primary", rate, rate, "hub", "cpe"),
        verdict,
        up,
        0.0,
        None,
        None,
        ECHO if up else None,
        None,
        "",
        use_down_ratio=use,
        use_up_ratio=use,
    )
    return replace(row, **changes)


def endpoint_row(verdict: Verdict = Verdict.READY, **changes: Any) -> EndpointRow:
    """Return an endpoint that answers ping, and nothing more is known of it."""
    up = None if verdict is Verdict.UNKNOWN else verdict not in OUT
    row = EndpointRow(EndpointInfo("e1", "s1", "Room 1"), verdict, up, 0.0, None, ECHO if up else None, None, "")
    return replace(row, **changes)


def port_reading(oper: int | None = 1, speed_bps: int | None = 1_000_000_000) -> InterfaceReading:
    """Return the port of a switch."""
    return InterfaceReading(
        "sw", 1, "Gi0/1", "", 1, 1, oper, speed_bps, 0, 0, 0, 0, 64, 0, 0, 64, 0, 0, 0, 0
    )  # fmt: skip


def port_traffic(errors: float | None = 0.0, drops: float | None = 0.0) -> EndTraffic:
    """Return what passes through a port."""
    return replace(QUIET, error_ratio=errors, discard_ratio=drops)
