"""What the inventory alone says of the rows that are shown: their fixed fields, and what each depends on.

Derived once for an inventory; what was observed comes together with it in ``fleet_state``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from phusong.agent.inventory import Inventory
from phusong.agent.polling.poll_plan import ping_address
from phusong.coverage.editions import load_edition
from phusong.exporters.snapshot import EndpointInfo, LinkInfo, ServiceInfo, SiteInfo

BYTES_PER_S_PER_MBPS = 1e6 / 8

RowKey: TypeAlias = tuple[str, str]
"""``link``, ``endpoint``, ``service`` or ``device``, and the row's id."""


@dataclass(frozen=True, slots=True)
class RowFacts:
    """The fixed part of all rows; everything by id, in the order of the inventory."""

    links: dict[str, LinkInfo]
    endpoints: dict[str, EndpointInfo]
    sites: dict[str, SiteInfo]
    services: dict[str, ServiceInfo]
    ping_addresses: dict[str, str]
    """By link; empty where there is nothing to ping."""
    links_of_site: dict[str, list[str]]
    hubs: frozenset[str]
    """The devices on which lines or other devices hang."""
    users: dict[tuple[str, str], list[RowKey]]
    """The rows that show something of each observation, as (kind, id)."""
    covered_by: dict[str, set[RowKey]]
    """The rows that a maintenance window of this name covers."""
    parent_devices: dict[str, tuple[str, ...]]
    """By link: the devices before it, the topmost first: what its ends hang on, and its near end itself."""
    children: dict[RowKey, list[RowKey]]
    """By link, device or site: the links and endpoints that hang on it."""
    depth: dict[str, int]
    """By link: how many links are before it."""


def derive_facts(inventory: Inventory, edition: str) -> RowFacts:
    """Derive the rows' fixed part from an inventory and the communes of an edition."""
    communes = load_edition(edition).communes
    parent_devices = {link_id: _devices_before(inventory, link_id) for link_id in inventory.links}
    links_of_site: dict[str, list[str]] = {site_id: [] for site_id in inventory.sites}
    for link in inventory.links.values():
        links_of_site[link.site_id].append(link.link_id)
    return RowFacts(
        links={link_id: _link_info(inventory, link_id) for link_id in inventory.links},
        endpoints={
            key: EndpointInfo(
                key,
                endpoint.site_id,
                endpoint.name,
                endpoint.lan.device_id if endpoint.lan else "",
                endpoint.lan.interface.text if endpoint.lan else "",
            )
            for key, endpoint in inventory.endpoints.items()
        },
        sites={
            key: SiteInfo(
                key,
                site.name,
                site.kind,
                site.commune_code,
                site.lat,
                site.lon,
                communes[site.commune_code].district if site.commune_code in communes else "",
            )
            for key, site in inventory.sites.items()
        },
        services={
            key: ServiceInfo(key, service.name, service.kind.value, service.site_id)
            for key, service in inventory.services.items()
        },
        hubs=_hubs(inventory),
        ping_addresses={key: ping_address(link, inventory) for key, link in inventory.links.items()},
        links_of_site=links_of_site,
        users=_users_of_observations(inventory),
        covered_by=rows_covered_by(inventory),
        parent_devices=parent_devices,
        children=_children(inventory, parent_devices),
        depth={link_id: len(links_before(inventory, link_id)) for link_id in inventory.links},
    )


def links_before(inventory: Inventory, link_id: str) -> list[str]:
    """Return the lines on which a line hangs, the nearest first."""
    found: list[str] = []
    parent = inventory.links[link_id].parent_link
    while parent:
        found.append(parent)
        parent = inventory.links[parent].parent_link
    return found


def _devices_before(inventory: Inventory, link_id: str) -> tuple[str, ...]:
    link = inventory.links[link_id]
    found = {link.near.device_id: None} if link.near else {}
    for end in (link.near, link.far):
        parent = inventory.devices[end.device_id].parent_device if end else ""
        while parent:
            found.pop(parent, None)  # what is found again is above what was found meanwhile
            found[parent] = None
            parent = inventory.devices[parent].parent_device
    if link.far:
        found.pop(link.far.device_id, None)
    return tuple(reversed(found))


def _children(inventory: Inventory, parent_devices: dict[str, tuple[str, ...]]) -> dict[RowKey, list[RowKey]]:
    children: dict[RowKey, list[RowKey]] = {}
    for link in inventory.links.values():
        if link.parent_link:
            children.setdefault(("link", link.parent_link), []).append(("link", link.link_id))
        for device_id in parent_devices[link.link_id]:
            children.setdefault(("device", device_id), []).append(("link", link.link_id))
    for endpoint in inventory.endpoints.values():
        parent = ("link", endpoint.parent_link) if endpoint.parent_link else ("site", endpoint.site_id)
        children.setdefault(parent, []).append(("endpoint", endpoint.endpoint_id))
    return children


def _hubs(inventory: Inventory) -> frozenset[str]:
    near = {link.near.device_id for link in inventory.links.values() if link.near}
    return frozenset(
        near | {device.parent_device for device in inventory.devices.values() if device.parent_device}
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
    for device in inventory.devices.values():
        users.setdefault(("ping", device.address), []).append(("device", device.device_id))
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
        users.setdefault(("probe", endpoint.endpoint_id), []).append(row)
        if endpoint.lan is not None:
            users.setdefault(("device", endpoint.lan.device_id), []).append(row)
    for service in inventory.services.values():
        users.setdefault(("service", service.service_id), []).append(("service", service.service_id))
    return users


def rows_covered_by(inventory: Inventory) -> dict[str, set[RowKey]]:
    """Return which rows a window covers, by the name of a link, site, carrier, endpoint or service."""
    covered: dict[str, set[RowKey]] = {}
    for link in inventory.links.values():
        for name in (link.link_id, link.site_id, link.carrier):
            covered.setdefault(name, set()).add(("link", link.link_id))
    for endpoint in inventory.endpoints.values():
        for name in (endpoint.endpoint_id, endpoint.site_id):
            covered.setdefault(name, set()).add(("endpoint", endpoint.endpoint_id))
    for service in inventory.services.values():
        for name in filter(None, (service.service_id, service.site_id)):
            covered.setdefault(name, set()).add(("service", service.service_id))
    return covered
