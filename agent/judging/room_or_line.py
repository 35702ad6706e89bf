"""Where a poor call goes wrong: on the office's line, or in the room. A pure function of what both show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from phusong.collectors.readings import InterfaceReading, PingReading
from phusong.exporters.snapshot import CallFault, EndpointRow, EndTraffic, LinkRow, Verdict

SLOWEST_PORT_BPS: Final = 100_000_000
"""A port that came up slower than this has a bad cable, or half duplex."""
PORT_ERROR_RATIO: Final = 0.001
OPER_UP: Final = 1
HALF_DUPLEX: Final = "half_duplex"
"""What an endpoint that knows how its port runs has among its faults."""


class FoundFault(NamedTuple):
    """Where a poor call goes wrong."""

    fault: CallFault
    seen_by: str
    """By what that is seen, for people."""
    link_id: str = ""
    """The line at fault, where it is one."""

    @property
    def cause(self) -> str:
        """What is at fault, as verdicts name it; empty where that is no line."""
        return f"link {self.link_id}" if self.link_id else ""


def find_call_fault(
    link: LinkRow | None,
    ping: PingReading | None,
    port: InterfaceReading | None,
    traffic: EndTraffic | None,
    *,
    half_duplex: bool = False,
    uplinks: Sequence[LinkRow] = (),
) -> FoundFault:
    """Tell where a poor call goes wrong.

    Parameters
    ----------
    link : LinkRow or None
        The line that the endpoint hangs on.
    ping : PingReading or None
        Echo requests to the endpoint; those to the office's router are with the line.
    port, traffic
        The port of the switch or router to which it is connected, and what passes there.
    half_duplex
        Whether that port, or the endpoint's own, is known to run at half duplex.
    uplinks
        The lines before that line.
    """
    for line in (*([link] if link is not None else []), *uplinks):
        if line.verdict in (Verdict.CONGESTED, Verdict.DEGRADED) or line.degradations:
            why = ", ".join(line.degradations) or line.rule
            return FoundFault(
                CallFault.LINE, f"link {line.info.link_id} is {line.verdict}: {why}", line.info.link_id
            )
    if link is not None and link.up is False:
        return FoundFault(CallFault.LINE, f"link {link.info.link_id} is {link.verdict}", link.info.link_id)
    wrong = "its port runs at half duplex" if half_duplex else _wrong_with_port(port, traffic)
    if wrong:
        return FoundFault(CallFault.ROOM, wrong)
    if link is not None and link.ping is not None and link.ping.received < link.ping.sent:
        lost = "echo requests are lost on the way to the office's router"
        return FoundFault(CallFault.LINE, lost, link.info.link_id)
    if ping is not None and 0 < ping.received < ping.sent:
        return FoundFault(CallFault.ROOM, "echo requests are lost behind the office's router only")
    if link is None or link.up is None:
        return FoundFault(CallFault.UNKNOWN, "nothing is known of its line")
    if link.verdict is not Verdict.UP:
        unknown = f"how full link {link.info.link_id} is, is not known: it is {link.verdict}"
        return FoundFault(CallFault.UNKNOWN, unknown)
    return FoundFault(CallFault.ROOM, f"link {link.info.link_id} is clean")


def fault_of_call(row: EndpointRow, link: LinkRow | None, uplinks: Sequence[LinkRow] = ()) -> FoundFault:
    """Return where the poor call of an endpoint goes wrong, as ``find_call_fault`` does, from its row."""
    faults = row.reading.faults if row.reading else ()
    half_duplex = bool(row.port_half_duplex) or HALF_DUPLEX in faults
    return find_call_fault(link, row.ping, row.port, row.port_traffic, half_duplex=half_duplex, uplinks=uplinks)


def _wrong_with_port(port: InterfaceReading | None, traffic: EndTraffic | None) -> str:
    if port is not None and port.oper_status == OPER_UP and 0 < (port.speed_bps or 0) < SLOWEST_PORT_BPS:
        return f"its port runs at {(port.speed_bps or 0) / 1e6:g} Mbit/s"
    for what, ratio in (
        ("errors", traffic.error_ratio if traffic else None),
        ("drops", traffic.discard_ratio if traffic else None),
    ):
        if ratio is not None and ratio > PORT_ERROR_RATIO:
            return f"its port has {what}: {ratio:.2%} of all packets"
    return ""
