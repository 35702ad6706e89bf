"""The smallest configuration that receives notifications: one hub, one line at its interface ``wan``."""

from __future__ import annotations

from pathlib import Path


def write_one_line(
    folder: Path,
    *,
    snmp: int,
    listen: int,
    notifications: int,
    poll: str,
    device: str = "127.0.0.1",
    community: str = "public",
    more: str = "",
) -> Path:
    """Write it into ``folder``; ``poll`` is that block, ``more`` stands at the end. Return phusong.yaml."""
    inventory = folder / "inventory"
    inventory.mkdir(parents=True)
    (folder / "community").write_text(f"{community}\n")
    (folder / "phusong.yaml").write_text(
        'province: {code: "22", edition: "2020-01"}\ninventory: inventory/\nstate: state/\n'
        "snmp: {auths: {v2: {version: 2c, community_file: community}}}\n"
        f"poll: {poll}\nping: {{interval: 1h, method: udp-echo, port: 9}}\n"
        f'notifications: {{listen: "127.0.0.1:{notifications}", auths: [v2]}}\n'
        f'web: {{listen: "127.0.0.1:{listen}"}}\n{more}'
    )
    (inventory / "sites.csv").write_text("site_id,name,kind,commune_code\ns,Sở,department,06649\n")
    (inventory / "devices.csv").write_text(f"device_id,site_id,address,port,auth\nhub,s,{device},{snmp},v2\n")
    (inventory / "links.csv").write_text(
        "link_id,site_id,carrier,contracted_down_mbps,contracted_up_mbps,near_device,near_interface\n"
        "l,s,C,10,10,hub,wan\n"
    )
    return folder / "phusong.yaml"
