"""What the inventory alone says of the rows that are shown: their fixed fields, and what each depends on.

Derived once for an inventory; what was observed comes together with it in ``fleet_state``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from phusong.exporters.snapshot import EndpointInfo, LinkInfo, SiteInfo

from .inventory import Inventory
from .poll_plan import ping_address

BYTES_PER_S_PER_MBPS = 1e6 / 8

RowKey: TypeAlias = tuple[str, str]
"""``link``, ``endpoint`` or ``device``, and the row's id."""


@dataclass(frozen=True, slots=True)
class RowFacts:
    """The fixed part of all rows; everything by id, in the order of the inventory."""

    links: dict[str, LinkInfo]
    endpoints: dict[str, EndpointInfo]
    sites: dict[str, SiteInfo]
    ping_addresses: dict[str, str]
    """By link; empty where there is nothing to ping."""
    links_of_site: dict[str, list[str]]
    users: dict[tuple[str, str], list[RowKey]]
    """The rows that show something of each observation, as (kind, id)."""
    covered_by: dict[str, set[RowKey]]
    """The rows that a maintenance window of this name covers."""


def derive_facts(inventory: Inventory) -> RowFacts:
    """Derive the rows' fixed part from an inventory."""
    links_of_site: dict[str, list[str]] = {site_id: [] for site_id in inventory.sites}
    for link in inventory.links.values():
        links_of_site[link.site_id].append(link.link_id)
    return RowFacts(
        links={link_id: _link_info(inventory, link_id) for link_id in inventory.links},
        endpoints={
            key: EndpointInfo(key, endpoint.site_id, endpoint.name)
            for key, endpoint in inventory.endpoints.items()
        },
        sites={
            key: SiteInfo(key, site.name, site.kind, site.commune_code, site.lat, site.lon)
            for key, site in inventory.sites.items()
        },
        ping_addresses={key: ping_address(link, inventory) for key, link in inventory.links.items()},
        links_of_site=links_of_site,
        users=_users_of_observations(inventory),
        covered_by=rows_covered_by(inventory),
    )


def _link_info(inventory: Inventory, link_id: str) -> LinkInfo:
    link = inventory.links[link_id]
    return LinkInfo(
        link_id=link_id,
        site_id=link.site_id,
        carrier=link.carrier,
        role=link.role,
        contracted_down_bytes_per_s=link.contracted_down_mbps * BYTES_PER_S_PER_MBPS,
        contracted_up_bytes_per_s=link.contracted_up_mbps * BYTES_PER_S_PER_MBPS,
        near_device=link.near.device_id if link.near else "",
        far_device=link.far.device_id if link.far else "",
    )


def _users_of_observations(inventory: Inventory) -> dict[tuple[str, str], list[RowKey]]:
    """Return the rows that show something of each observation, as (kind, id)."""
    users: dict[tuple[str, str], list[RowKey]] = {
        (kind, device_id): [("device", device_id)]
        for kind in ("device", "sensors")
        for device_id in inventory.devices
    }
    for link in inventory.links.values():
        row = ("link", link.link_id)
        for end in (link.near, link.far):
            if end is not None:
                users[("device", end.device_id)].append(row)
        users.setdefault(("ping", ping_address(link, inventory)), []).append(row)
    for endpoint in inventory.endpoints.values():
        row = ("endpoint", endpoint.endpoint_id)
        users.setdefault(("endpoint", endpoint.endpoint_id), []).append(row)
        users.setdefault(("ping", endpoint.address), []).append(row)
    return users


def rows_covered_by(inventory: Inventory) -> dict[str, set[RowKey]]:
    """Return which links and endpoints a window covers, by the name of a link, site, carrier or endpoint."""
    covered: dict[str, set[RowKey]] = {}
    for link in inventory.links.values():
        for name in (link.link_id, link.site_id, link.carrier):
            covered.setdefault(name, set()).add(("link", link.link_id))
    for endpoint in inventory.endpoints.values():
        for name in (endpoint.endpoint_id, endpoint.site_id):
            covered.setdefault(name, set()).add(("endpoint", endpoint.endpoint_id))
    return covered
