"""Discovered devices for tests, as values."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Interface
from typing import Any

from phusong.agent.discover.discovered_rows import FoundDevice
from phusong.collectors.device_model import Chassis
from phusong.collectors.discovery import Discovery, FoundInterface, OctetCounters
from phusong.collectors.readings import SystemReading


def interface(index: int, name: str = "", *addresses: str, **more: Any) -> FoundInterface:
    """Return an Ethernet interface that is up."""
    plain = FoundInterface(
        index=index, name=name, descr="", alias="", if_type=6, speed_bps=10**8, admin_status=1, oper_status=1,
        counters=OctetCounters.WIDE, addresses=tuple(map(IPv4Interface, addresses)),
    )  # fmt: skip
    return replace(plain, **more)


def found_device(device_id: str, *interfaces: FoundInterface, sys_name: str = "", **more: Any) -> FoundDevice:
    """Return a device that answered at 192.0.2.1."""
    system = SystemReading("Test router", "1.3.6.1.4.1.9.1.1", 500_000, sys_name, "")
    plain = FoundDevice(
        device_id=device_id,
        site_id="",
        address="192.0.2.1",
        port=161,
        auth="wan-v2",
        reply_from="",
        discovery=Discovery(system, (1, 3, 6, 1, 4, 1, 9, 1, 1), Chassis(), "", interfaces, ()),
        vendor="Cisco",
        model="ISR4321/K9",
        profile="cisco-ios",
        why_profile="sysObjectID begins so",
    )
    return replace(plain, **more)
