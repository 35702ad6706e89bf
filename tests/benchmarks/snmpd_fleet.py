"""A fleet of SNMPv3 targets: one real snmpd at as many loopback addresses as the province has targets.

The simulated agents speak no SNMPv3. Every office here has a line whose far end is snmpd's ``lo``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from live_province import free_port

sys.path.append(str(Path(__file__).parents[1] / "support"))
import snmp_peers

LINES, ENDPOINTS = 345, 239
AUTH_PASSWORD, PRIV_PASSWORD = "auth-password", "priv-password"
USER_CONFIG = f"createUser bench SHA {AUTH_PASSWORD} AES {PRIV_PASSWORD}\nrouser bench authpriv\n"
"""SHA-1 and AES-128: what snmpd and snmp_exporter know in every build."""


@contextmanager
def snmpd_fleet(folder: Path, *, poll_interval: str, sensors_interval: str) -> Iterator[Path]:
    """Run the agent; yield the configuration of a poller of it."""
    addresses = [f"127.96.{n // 250}.{n % 250 + 1}" for n in range(LINES + ENDPOINTS)]
    with snmp_peers.running_snmpd(USER_CONFIG, more_addresses=addresses) as agent:
        inventory = folder / "inventory"
        inventory.mkdir(parents=True)
        (folder / "auth").write_text(f"{AUTH_PASSWORD}\n")
        (folder / "priv").write_text(f"{PRIV_PASSWORD}\n")
        lines = list(enumerate(addresses[:LINES]))
        endpoints = list(enumerate(addresses[LINES:]))
        (inventory / "sites.csv").write_text(
            "site_id,name,kind,commune_code\n" + "".join(f"s{n},Office {n},commune,06649\n" for n, _ in lines)
        )
        (inventory / "devices.csv").write_text(
            "device_id,site_id,address,port,auth\n"
            + "".join(f"d{n},s{n},{address},{agent.port},v3\n" for n, address in lines)
        )
        (inventory / "links.csv").write_text(
            "link_id,site_id,carrier,contracted_down_mbps,contracted_up_mbps,far_device,far_interface\n"
            + "".join(f"l{n},s{n},C,1000,1000,d{n},lo\n" for n, _ in lines)
        )
        (inventory / "endpoints.csv").write_text(
            "endpoint_id,site_id,name,address,port,auth\n"
            + "".join(f"e{n},s{n},Room {n},{address},{agent.port},v3\n" for n, address in endpoints)
        )
        config = folder / "phusong.yaml"
        config.write_text(
            'province: {code: "22", edition: "2020-01"}\ninventory: inventory/\nstate: state/\nsnmp:\n  auths:\n'
            "    v3: {version: 3, user: bench, auth: sha, auth_file: auth, priv: aes128, priv_file: priv}\n"
            f"poll: {{interval: {poll_interval}, sensors_interval: {sensors_interval}, timeout: 1s, retries: 1}}\n"
            "ping: {interval: 3600s, method: udp-echo, port: 9}\n"
            "video: {services: []}\n"
            f'web: {{listen: "127.0.0.1:{free_port()}"}}\n'
        )
        yield config
