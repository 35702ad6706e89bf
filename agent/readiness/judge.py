"""Decides who is ready for a meeting, from what is known of an endpoint and of its line. Pure functions.

Whoever could not be seen and heard well for the whole meeting is not ready; what may spoil it, or hides that from
us, is a warning. The verdicts themselves are found in ``judging``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import floor, inf

from phusong.agent.judging.call_limits import CallFacts
from phusong.collectors.call_readings import CallReading, EndpointReading, ServiceReading, Way
from phusong.exporters.snapshot import EndpointRow, LinkRow, Verdict

from .readiness import Finding, Reason

BITS_PER_BYTE = 8
MEGA = 1e6
CERTIFICATE_SOON_S = 21 * 86_400.0
"""A certificate that runs out within so long is told."""
SERIOUS_FAULTS = frozenset(
    {
        *("camera", "microphone", "display", "speaker", "network"),
        *("device", "hardware", "system", "codec", "audio_unit", "media_system"),
    }
)
"""Parts without which nobody can be seen and heard."""
CALL_STACKS = frozenset({"sip", "h323"})
"""Of these one is enough."""
_WEIGHTS = {reason: weight for weight, reason in enumerate(Reason)}
NOT_FREE = frozenset({403, 404, 480, 484, 486, 488, 600, 603, 604, 606})
"""Answers of SIP (RFC 3261, section 11.2: as to a call) of one who is there and would not take a call."""


@dataclass(frozen=True, slots=True)
class Headroom:
    """What is left of a line's contracted rate, in Mbit/s; ``None`` where its use is not known."""

    down_mbps: float | None
    up_mbps: float | None


NOT_KNOWN = Headroom(None, None)


def headroom_of(link: LinkRow | None, reading: EndpointReading | None = None) -> Headroom:
    """Return what a line has left; what the endpoint's own call takes now is at its disposal, too.

    Nothing is known of one that is not up: that no traffic passes leaves no room for a meeting.
    """
    if link is None or link.up is not True:
        return NOT_KNOWN
    calls = reading.calls if reading else ()
    own_down = sum(_rate(call, Way.RECEIVED) for call in calls) / MEGA
    own_up = sum(_rate(call, Way.SENT) for call in calls) / MEGA
    info = link.info
    return Headroom(
        _left(info.contracted_down_bytes_per_s, link.use_down_ratio, own_down),
        _left(info.contracted_up_bytes_per_s, link.use_up_ratio, own_up),
    )


def _rate(call: CallReading, way: Way) -> float:
    """Return the rate of a call one way in bit/s: its own figure, else that of its streams; 0 when not told."""
    whole = call.receive_bps if way is Way.RECEIVED else call.transmit_bps
    if whole is not None:
        return whole
    return sum(stream.bit_rate_bps or 0.0 for stream in call.streams if stream.way is way)


def _left(contracted_bytes_per_s: float, use_ratio: float | None, own_mbps: float) -> float | None:
    if use_ratio is None:
        return None
    contracted = contracted_bytes_per_s * BITS_PER_BYTE / MEGA
    return min(contracted, max(0.0, contracted * (1 - use_ratio) + own_mbps))


def best_line(lines: Iterable[LinkRow]) -> LinkRow | None:
    """Return the line over which a meeting of this office would go: one that is up, with the most room."""

    def rank(line: LinkRow) -> tuple[bool, bool, float]:
        room = headroom_of(line)
        left = min(-inf if v is None else v for v in (room.down_mbps, room.up_mbps))
        return line.up is True, line.verdict is Verdict.UP, left

    return max(lines, key=rank, default=None)


def line_of_meeting(named: LinkRow | None, of_site: Iterable[LinkRow]) -> LinkRow | None:
    """Return the line over which a meeting of an endpoint would go.

    That is the one that the inventory names for it, unless that is out while another one of its office carries
    traffic; without a name it is the best of the office.
    """
    if named is not None and named.up is not False:
        return named
    best = best_line(of_site)
    return best if named is None or (best is not None and best.up) else named


def judge_readiness(
    row: EndpointRow, link: LinkRow | None, *, needed_mbps: float, now: float, uplinks: Sequence[LinkRow] = ()
) -> tuple[Finding, ...]:
    """Return all that speaks against an endpoint, the heaviest first; nothing when all is well.

    Parameters
    ----------
    row : EndpointRow
        The endpoint.
    link : LinkRow or None
        The line that it hangs on.
    needed_mbps : float
        What HD needs each way, Mbit/s.
    now : float
        Unix seconds.
    uplinks : sequence of LinkRow
        The lines before that line.
    """
    findings = [
        *_by_verdict(row, link),
        *_of_parts(row.reading),
        *(_of_line(row, link, needed_mbps) if row.up is not False else ()),
        *(_of_uplinks(uplinks) if row.up is not False else ()),
        *_of_calls(row),
        *_of_answers(row, now),
    ]
    return ordered(findings)


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings with what keeps out before warnings, each in the order of its weight."""
    return tuple(sorted(findings, key=lambda found: (not found.keeps_out, _WEIGHTS[found.reason])))


def _by_verdict(row: EndpointRow, link: LinkRow | None) -> Iterator[Finding]:
    match row.verdict:
        case Verdict.MAINTENANCE:
            yield Finding(Reason.MAINTENANCE, keeps_out=True)
        case Verdict.PARENT_DOWN:
            yield Finding(Reason.LINE_DOWN, keeps_out=True, detail=row.cause)
        case Verdict.UNREACHABLE | Verdict.UNKNOWN if link is not None and link.up is False:
            yield Finding(Reason.LINE_DOWN, keeps_out=True, detail=f"link {link.info.link_id}")
        case Verdict.UNREACHABLE:
            yield Finding(Reason.UNREACHABLE, keeps_out=True)
        case Verdict.NO_SERVICE:
            yield Finding(Reason.NO_SERVICE, keeps_out=True, detail=_said(row.services))
        case Verdict.NOT_REGISTERED:
            yield Finding(Reason.NOT_REGISTERED, keeps_out=True)
        case Verdict.POOR_CALL:
            detail = row.cause or (row.fault.value if row.fault else "")
            yield Finding(Reason.POOR_CALL, keeps_out=True, detail=detail)
        case Verdict.IN_CALL:
            measured = row.reading is not None and CallFacts.of(row.reading.calls).measured
            yield Finding(Reason.IN_CALL if measured else Reason.CALL_NOT_MEASURED, keeps_out=False)
        case Verdict.UNKNOWN:
            yield Finding(Reason.NOT_KNOWN, keeps_out=True)
        case Verdict.SNMP_DEAD:
            yield Finding(Reason.NOT_KNOWN, keeps_out=True, detail="ping")


def _said(services: Iterable[ServiceReading]) -> str:
    return ", ".join(
        f"{service.kind.value} {service.code or service.state.value}"
        for service in services
        if service.kind.takes_calls
    )


def _of_parts(reading: EndpointReading | None) -> Iterator[Finding]:
    if reading is None:
        return
    no_stack = CALL_STACKS.issubset(reading.faults)
    serious = [part for part in reading.faults if part in SERIOUS_FAULTS or (no_stack and part in CALL_STACKS)]
    others = [part for part in reading.faults if part not in serious]
    if serious:
        yield Finding(Reason.FAULT, keeps_out=True, detail=", ".join(serious))
    if others:
        yield Finding(Reason.FAULT, keeps_out=False, detail=", ".join(others))


def _of_line(row: EndpointRow, link: LinkRow | None, needed_mbps: float) -> Iterator[Finding]:
    if link is None:
        yield Finding(Reason.HEADROOM_NOT_KNOWN, keeps_out=False)
        return
    if link.up is False and row.up:
        yield Finding(Reason.LINE_DOWN, keeps_out=False, detail=f"link {link.info.link_id}")
    if link.verdict is Verdict.CONGESTED:
        yield Finding(Reason.LINE_CONGESTED, keeps_out=True)
    elif link.verdict is Verdict.DEGRADED:
        yield Finding(Reason.LINE_DEGRADED, keeps_out=True, detail=", ".join(link.degradations))
    room = headroom_of(link, row.reading)
    for reason, left in ((Reason.HEADROOM_DOWN, room.down_mbps), (Reason.HEADROOM_UP, room.up_mbps)):
        if left is not None and left < needed_mbps:
            yield Finding(reason, keeps_out=True, detail=f"{floor(left * 100) / 100:g} / {needed_mbps:g} Mbit/s")
    if room.down_mbps is None or room.up_mbps is None:
        yield Finding(Reason.HEADROOM_NOT_KNOWN, keeps_out=False)


def _of_uplinks(uplinks: Iterable[LinkRow]) -> Iterator[Finding]:
    for uplink in uplinks:
        if uplink.verdict is Verdict.CONGESTED:
            yield Finding(Reason.LINE_CONGESTED, keeps_out=True, detail=f"link {uplink.info.link_id}")
        elif uplink.verdict is Verdict.DEGRADED:
            yield Finding(Reason.LINE_DEGRADED, keeps_out=True, detail=f"link {uplink.info.link_id}")


def _of_calls(row: EndpointRow) -> Iterator[Finding]:
    calls = row.reading.calls if row.reading else ()
    lines = [call.received_lines for call in calls if call.hd is False]
    if lines:
        yield Finding(Reason.NOT_HD, keeps_out=False, detail=f"{min(filter(None, lines), default=0)}p")


def _of_answers(row: EndpointRow, now: float) -> Iterator[Finding]:
    if row.ping is not None and 0 < row.ping.received < row.ping.sent:
        detail = f"{row.ping.received}/{row.ping.sent}"
        yield Finding(Reason.PING_LOSS, keeps_out=False, detail=detail)
    called = [service for service in row.services if service.kind.takes_calls and service.state.answers]
    codes = [service.code for service in called if service.code in NOT_FREE]
    if codes and len(codes) == len(called) and row.verdict is Verdict.READY:
        yield Finding(Reason.NOT_FREE, keeps_out=False, detail=", ".join(map(str, codes)))
    if row.up and row.reading is None and row.verdict in (Verdict.READY, Verdict.IN_CALL):
        yield Finding(Reason.SNMP_SILENT, keeps_out=False)
    ends = [
        (service.certificate.not_after, service.kind.value)
        for service in row.services
        if service.certificate is not None and service.certificate.not_after - now < CERTIFICATE_SOON_S
    ]
    if ends:
        end, kind = min(ends)
        yield Finding(Reason.CERTIFICATE, keeps_out=False, detail=f"{kind} {floor((end - now) / 86_400)} d")
