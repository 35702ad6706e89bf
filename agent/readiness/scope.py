"""Which endpoints a readiness run is about, and what else must be asked to judge them. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from phusong.agent.inventory import Inventory, MaintenanceWindow
from phusong.agent.judging.row_facts import RowKey, rows_covered_by
from phusong.agent.meetings import Meeting

NEXT = "next"
"""In place of a meeting's id: the one that runs, else the one that comes first."""


def find_meeting(meetings: Sequence[Meeting], meeting_id: str, now: datetime) -> Meeting | None:
    """Return the meeting of an id, or the running or next one for ``next``; ``None`` when there is none."""
    ahead = [meeting for meeting in meetings if meeting.end > now]
    if meeting_id == NEXT:
        return min(ahead, key=lambda meeting: (meeting.begin, meeting.meeting_id), default=None)
    return next((meeting for meeting in ahead if meeting.meeting_id == meeting_id), None)


def endpoints_of(
    inventory: Inventory, districts: dict[str, str], *, meeting: Meeting | None, district: str
) -> tuple[str, ...]:
    """Return the endpoints of a meeting, of a district, of both, or all, in the order of the inventory.

    ``districts`` are the names of districts by commune code.
    """
    invited = None if meeting is None else frozenset(meeting.endpoint_ids)
    return tuple(
        endpoint.endpoint_id
        for endpoint in inventory.endpoints.values()
        if (invited is None or endpoint.endpoint_id in invited)
        and (not district or districts.get(inventory.sites[endpoint.site_id].commune_code) == district)
    )


def part_for(inventory: Inventory, endpoint_ids: Collection[str]) -> Inventory:
    """Return the part of an inventory by which these endpoints are judged: their lines, and what those hang on."""
    endpoints = {key: row for key, row in inventory.endpoints.items() if key in endpoint_ids}
    sites = {endpoint.site_id for endpoint in endpoints.values()}
    named = {endpoint.parent_link for endpoint in endpoints.values()} - {""}
    links = {link.link_id for link in inventory.links.values() if link.site_id in sites} | named
    for link_id in tuple(links):
        links.update(_chain(link_id, lambda key: inventory.links[key].parent_link))
    devices = {
        end.device_id
        for link_id in links
        for end in (inventory.links[link_id].near, inventory.links[link_id].far)
        if end is not None
    }
    devices.update(endpoint.lan.device_id for endpoint in endpoints.values() if endpoint.lan is not None)
    for device_id in tuple(devices):
        devices.update(_chain(device_id, lambda key: inventory.devices[key].parent_device))
    return replace(
        inventory,
        devices={key: row for key, row in inventory.devices.items() if key in devices},
        links={key: row for key, row in inventory.links.items() if key in links},
        endpoints=endpoints,
        services={},
    )


def planned_work(
    inventory: Inventory, windows: Iterable[MaintenanceWindow], begin: datetime, end: datetime
) -> dict[str, MaintenanceWindow]:
    """Return, by endpoint, the first maintenance window in a time that covers it or leaves it no line.

    One that was cancelled, and so ends where it begins, covers nothing.
    """
    covered = rows_covered_by(inventory)
    touching = [window for window in windows if max(window.begin, begin) < min(window.end, end)]
    ways = {endpoint_id: _ways_to(inventory, endpoint_id) for endpoint_id in inventory.endpoints}
    found: dict[str, MaintenanceWindow] = {}
    for window in sorted(touching, key=lambda window: window.begin):
        at = max(window.begin, begin)
        at_once = [covered.get(other.what, set()) for other in touching if other.begin <= at < other.end]
        own, rows = covered.get(window.what, set()), set[RowKey]().union(*at_once)
        for endpoint_id, lines in ways.items():
            itself = ("endpoint", endpoint_id) in own
            of_a_line = any(not line.isdisjoint(own) for line in lines)
            if itself or (of_a_line and all(not line.isdisjoint(rows) for line in lines)):
                found.setdefault(endpoint_id, window)
    return found


def _ways_to(inventory: Inventory, endpoint_id: str) -> list[set[RowKey]]:
    """Return the lines by which an endpoint may be reached, each with all that it hangs on."""
    endpoint, links = inventory.endpoints[endpoint_id], inventory.links
    of_site = {link.link_id for link in links.values() if link.site_id == endpoint.site_id}
    return [
        {("link", key) for key in (link_id, *_chain(link_id, lambda key: links[key].parent_link))}
        for link_id in of_site | {endpoint.parent_link} - {""}
    ]


def _chain(key: str, parent_of: Callable[[str], str]) -> Iterable[str]:
    parent = parent_of(key)
    while parent:
        yield parent
        parent = parent_of(parent)
