"""Makes the readiness report from what was asked, the record of calls and the meetings. A pure function."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from math import floor

from phusong.agent.input.settings import LOCAL_TIME
from phusong.agent.inventory import Endpoint, Inventory, MaintenanceWindow
from phusong.agent.judging.room_or_line import fault_of_call
from phusong.agent.judging.row_facts import links_before
from phusong.agent.meetings import Meeting
from phusong.coverage.editions import Commune
from phusong.exporters.snapshot import CallFault, EndpointRow, LinkRow, Snapshot, Verdict

from .judge import Headroom, headroom_of, judge_readiness, line_of_meeting, ordered
from .readiness import Finding, ReadinessReport, ReadinessRow, Reason

RECORD_TELLS_AFTER_S = 7 * 86_400.0
"""That no good call is on record says something only when the record goes back so far."""
SEEN_BY_WATCHING = frozenset({Verdict.CONGESTED, Verdict.DEGRADED})


@dataclass(frozen=True, slots=True)
class Beside:
    """What is known beside the answers."""

    communes: Mapping[str, Commune]
    needed_mbps: float
    meeting: Meeting | None = None
    district: str = ""
    planned: Mapping[str, MaintenanceWindow] = field(default_factory=dict)
    """By endpoint: maintenance at the time of the meeting."""
    watched: Mapping[str, LinkRow] = field(default_factory=dict)
    """The lines as the running agent saw them lately: that one is full or degraded shows after minutes only."""
    last_good_calls: Mapping[str, float] | None = None
    """By endpoint: when its last good call ended, Unix seconds; ``None``: there is no record."""
    recorded_since: float | None = None
    """Unix seconds at which the record begins."""


def make_report(
    snapshot: Snapshot, inventory: Inventory, endpoint_ids: Collection[str], beside: Beside, took_s: float
) -> ReadinessReport:
    """Return the report on these endpoints; ``took_s`` is how long the asking took."""
    links = {row.info.link_id: _as_watched(row, beside.watched.get(row.info.link_id)) for row in snapshot.links}
    sharing = Counter(
        link.info.link_id
        for endpoint_id in endpoint_ids
        if (link := _line_of(inventory.endpoints[endpoint_id], links)) is not None
    )
    rows = tuple(
        _row(row, inventory, links, sharing, beside, snapshot.taken_at)
        for row in snapshot.endpoints
        if row.info.endpoint_id in endpoint_ids
    )
    return ReadinessReport(
        checked_at=_moment(snapshot.taken_at),
        took_s=took_s,
        needed_mbps=beside.needed_mbps,
        rows=rows,
        meeting=beside.meeting,
        district=beside.district,
        synthetic=bool(rows) and all(_is_loopback(inventory.endpoints[row.endpoint_id]) for row in rows),
    )


def _row(
    row: EndpointRow,
    inventory: Inventory,
    links: Mapping[str, LinkRow],
    sharing: Mapping[str, int],
    beside: Beside,
    now: float,
) -> ReadinessRow:
    endpoint = inventory.endpoints[row.info.endpoint_id]
    site = inventory.sites[endpoint.site_id]
    commune = beside.communes.get(site.commune_code)
    link = _line_of(endpoint, links)
    uplinks = _uplinks(inventory, link, links)
    if row.verdict is Verdict.POOR_CALL:
        watched = link is not None and link.info.link_id in beside.watched
        row = _with_fault(row, link, uplinks, watched=watched)
    room = headroom_of(link, row.reading)
    findings = list(judge_readiness(row, link, needed_mbps=beside.needed_mbps, now=now, uplinks=uplinks))
    findings += _shared(room, sharing.get(link.info.link_id, 1) if link else 1, beside.needed_mbps)
    window = beside.planned.get(endpoint.endpoint_id)
    if window is not None and not any(found.reason is Reason.MAINTENANCE for found in findings):
        times = [time.astimezone(LOCAL_TIME) for time in (window.begin, window.end)]
        detail = "/".join(time.isoformat(timespec="minutes") for time in times)
        findings.append(Finding(Reason.MAINTENANCE, keeps_out=True, detail=detail))
    last = _last_good_call(row, beside, now)
    recorded_s = 0.0 if beside.recorded_since is None else now - beside.recorded_since
    if last is None and recorded_s >= RECORD_TELLS_AFTER_S:
        findings.append(Finding(Reason.NO_GOOD_CALL, keeps_out=False))
    return ReadinessRow(
        endpoint_id=endpoint.endpoint_id,
        name=endpoint.name,
        site_id=site.site_id,
        site_name=site.name,
        commune=commune.name if commune else "",
        district=commune.district if commune else "",
        verdict=row.verdict,
        findings=ordered(findings),
        link_id=link.info.link_id if link else "",
        carrier=link.info.carrier if link else "",
        link_verdict=link.verdict if link else None,
        headroom_down_mbps=room.down_mbps,
        headroom_up_mbps=room.up_mbps,
        services=row.services,
        model=row.reading.model if row.reading else "",
        software=row.reading.software if row.reading else "",
        last_good_call=last,
    )


def _as_watched(row: LinkRow, watched: LinkRow | None) -> LinkRow:
    """Return a line that is up with what the agent has against it after watching it for minutes."""
    if watched is None or row.verdict is not Verdict.UP or watched.verdict not in SEEN_BY_WATCHING:
        return row
    return replace(row, verdict=watched.verdict, rule=watched.rule, degradations=watched.degradations)


def _with_fault(
    row: EndpointRow, link: LinkRow | None, uplinks: Sequence[LinkRow], *, watched: bool
) -> EndpointRow:
    """Return a poor call with its fault found anew; a line that was not watched cannot be called clean."""
    found = fault_of_call(row, link, uplinks)
    if found.fault is CallFault.ROOM and not watched:
        found = fault_of_call(replace(row, ping=None), None)
    return replace(row, fault=found.fault, cause=found.cause)


def _line_of(endpoint: Endpoint, links: Mapping[str, LinkRow]) -> LinkRow | None:
    of_site = (link for link in links.values() if link.info.site_id == endpoint.site_id)
    return line_of_meeting(links.get(endpoint.parent_link), of_site)


def _uplinks(inventory: Inventory, link: LinkRow | None, links: Mapping[str, LinkRow]) -> list[LinkRow]:
    before = links_before(inventory, link.info.link_id) if link is not None else ()
    return [links[link_id] for link_id in before if link_id in links]


def _shared(room: Headroom, rooms: int, needed_mbps: float) -> Iterator[Finding]:
    """Yield that a line has room for one, but not for all rooms that share it."""
    left = [value for value in (room.down_mbps, room.up_mbps) if value is not None]
    together = rooms * needed_mbps
    if left and needed_mbps <= min(left) < together:
        detail = f"{floor(min(left) * 100) / 100:g} / {together:g} Mbit/s, {rooms}"
        yield Finding(Reason.HEADROOM_SHARED, keeps_out=False, detail=detail)


def _last_good_call(row: EndpointRow, beside: Beside, now: float) -> datetime | None:
    if row.verdict is Verdict.IN_CALL:
        return _moment(now)
    ended = (beside.last_good_calls or {}).get(row.info.endpoint_id)
    return None if ended is None else _moment(min(ended, now))


def _moment(unix: float) -> datetime:
    return datetime.fromtimestamp(unix, UTC)


def _is_loopback(endpoint: Endpoint) -> bool:
    """Tell whether an endpoint can only be a simulated one."""
    try:
        return ipaddress.ip_address(endpoint.address).is_loopback
    except ValueError:
        return False
