"""Small inventories for tests, and a configuration for them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from phusong.agent.input.config import Config, CoverageConfig, PingConfig, PollConfig, WebConfig
from phusong.agent.input.credentials import CommunityAuth
from phusong.agent.input.secret import Secret
from phusong.agent.inventory import (
    Column,
    Device,
    Endpoint,
    InterfaceSelector,
    Inventory,
    Link,
    LinkEnd,
    MaintenanceWindow,
    Site,
)

CONFIG = Config(
    province_code="22",
    edition="2020-01",
    inventory=Path("inventory"),
    state=Path("state"),
    auths={"wan": CommunityAuth(1, Secret(b"public"))},
    poll=PollConfig(interval_s=30, timeout_s=0.05, retries=0),
    ping=PingConfig(interval_s=10, packets=1, method="udp-echo", port=9),
    coverage=CoverageConfig(summary=None, fallback_technology="4G", fallback_min_dbm=-105),
    web=WebConfig(host="127.0.0.1", port=0, config=None, map=Path("map.html")),
)
"""Its one credential is called ``wan``."""


def make_link(
    link_id: str,
    *,
    near: tuple[str, str] | None,
    far: tuple[str, str] | None,
    site: str = "s1",
    carrier: str = "Carrier A",
    ping_address: str = "",
) -> Link:
    """Return a link between (device, ifName) pairs."""

    def end(pair: tuple[str, str] | None) -> LinkEnd | None:
        return LinkEnd(pair[0], InterfaceSelector(Column.NAME, pair[1])) if pair else None

    return Link(link_id, site, carrier, "primary", 10.0, 5.0, end(near), end(far), ping_address, "")


def make_inventory(
    *links: Link,
    endpoints: dict[str, str] | None = None,
    idle_devices: Sequence[str] = (),
    maintenance: Sequence[MaintenanceWindow] = (),
) -> Inventory:
    """Return an inventory of these links, with the devices and sites they name; device x has address addr-x."""
    names = {end.device_id for link in links for end in (link.near, link.far) if end} | set(idle_devices)
    sites = {link.site_id for link in links} | {"s1"}
    return Inventory(
        sites={site: Site(site, f"Office {site}", "commune", "06649", 21.0, 107.1) for site in sorted(sites)},
        devices={
            name: Device(name, "s1", f"addr-{name}", 161, "wan", "auto", "", (), "") for name in sorted(names)
        },
        links={link.link_id: link for link in links},
        endpoints={
            key: Endpoint(key, "s1", f"Room {key}", address, 161, "wan", "auto", "", "")
            for key, address in (endpoints or {}).items()
        },
        maintenance=tuple(maintenance),
    )
