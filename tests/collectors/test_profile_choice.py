"""Each device gets the profile of its vendor, and is told why."""

from __future__ import annotations

import pytest

from phusong.agent.input.profile_files import packaged_profiles
from phusong.collectors.profile import GENERIC, Match, Profile
from phusong.collectors.profile_choice import choose_profile
from phusong.collectors.snmp.ber import parse_oid

CISCO = "1.3.6.1.4.1.9.1"
C9300 = "Cisco IOS Software [Everest], Catalyst L3 Switch Software (CAT9K_IOSXE), Version 16.6.7"
ISR4321 = "Cisco IOS Software [Bengaluru], ISR Software (X86_64_LINUX_IOSD-UNIVERSALK9-M), Version 17.6.3"
C3560 = "Cisco IOS Software, C3560 Software (C3560-IPSERVICESK9-M), Version 15.0(2)SE11"
ASR9010 = "Cisco IOS XR Software (ASR9K), Version 6.5.3"


@pytest.mark.parametrize(
    ("sys_object_id", "sys_descr", "expected"),
    [
        (f"{CISCO}.2494", C9300, "cisco-ios-xe"),
        (f"{CISCO}.2093", ISR4321, "cisco-ios-xe"),
        (f"{CISCO}.1639", ASR9010, "cisco-ios-xr"),
        (f"{CISCO}.615", C3560, "cisco-ios"),
        (f"{CISCO}.615", "", "cisco-ios"),
        ("1.3.6.1.4.1.2636.1.1.1.2.108", "Juniper Networks, Inc. vmx internet router", "juniper"),
        ("1.3.6.1.4.1.2011.2.224.62", "Huawei AR169F Huawei Versatile Routing Platform Software", "huawei-vrp"),
        ("1.3.6.1.4.1.25506.11.1.24", "HP Comware Platform Software, Software Version 5.20.99", "comware"),
        ("1.3.6.1.4.1.14988.1", "RouterOS RBLHGR", "mikrotik"),
        ("1.3.6.1.4.1.12356.101.1.644", "", "fortigate"),
        ("1.3.6.1.4.1.12356.103.1.1", "FortiManager", GENERIC),
        ("1.3.6.1.4.1.3902.3.100.27", "ZTE ZXR10 2852S", "zte"),
        ("1.3.6.1.4.1.7367", "DrayTek Corporation, Router Model: Vigor2920 Series", "draytek"),
        ("1.3.6.1.4.1.48690", "Teltonika RUTX11", "teltonika"),
        ("1.3.6.1.4.1.8072.3.2.10", "Linux office 6.1.0", "net-snmp"),
        ("1.3.6.1.4.1.99999.1", "Cisco IOS XE look-alike", GENERIC),
        ("1.3.6.1.4.1.9", "a Cisco that is cut off", GENERIC),
        ("1.3.6.1.4.1.90.1.1", "a vendor whose number begins with the digits of another", GENERIC),
    ],
)
def test_vendors(sys_object_id: str, sys_descr: str, expected: str) -> None:
    """The packaged profiles sort out the vendors, and IOS from IOS XE and XR by sysDescr."""
    choice = choose_profile(packaged_profiles(), parse_oid(sys_object_id), sys_descr)
    assert choice.profile.name == expected
    assert sys_object_id in choice.why


def test_why() -> None:
    """The reason names what was compared."""
    choice = choose_profile(packaged_profiles(), parse_oid(f"{CISCO}.2494"), C9300)
    assert choice.why == f"sysObjectID {CISCO}.2494 begins with {CISCO} and sysDescr has 'IOSXE'"


def test_the_longest_beginning_wins() -> None:
    """Whatever the order, and also over one that has a text of sysDescr."""
    vendor = Profile("vendor", "V", Match(((1, 3, 6, 1, 4, 1, 5),), ("box",)))
    model = Profile("model", "V", Match(((1, 3, 6, 1, 4, 1, 5, 7), (1, 3, 6, 1, 4, 1, 6))))
    for profiles in ([vendor, model], [model, vendor]):
        assert choose_profile(profiles, (1, 3, 6, 1, 4, 1, 5, 7, 1), "a Box").profile is model
        assert choose_profile(profiles, (1, 3, 6, 1, 4, 1, 5, 8), "a Box").profile is vendor
        assert choose_profile(profiles, (1, 3, 6, 1, 4, 1, 6, 1), "").profile is model
        assert choose_profile(profiles, (1, 3, 6, 1, 4, 1, 5, 8), "a tin").profile.name == GENERIC


def test_the_inventory_decides() -> None:
    """What devices.csv names is taken, whatever the device says of itself."""
    choice = choose_profile(packaged_profiles(), parse_oid(f"{CISCO}.615"), C3560, wanted="mikrotik")
    assert (choice.profile.name, choice.why) == ("mikrotik", "the inventory names it")


@pytest.mark.parametrize("sys_object_id", [None, ()])
def test_a_device_without_sys_object_id(sys_object_id: tuple[int, ...] | None) -> None:
    """It is read by the standard MIBs, with the reason; and without any profile by nothing."""
    choice = choose_profile(packaged_profiles(), sys_object_id, "")
    assert (choice.profile.name, choice.why) == (GENERIC, "the device gives no sysObjectID")
    assert choice.profile.sensors
    assert choose_profile((), sys_object_id, "").profile.sensors == ()
