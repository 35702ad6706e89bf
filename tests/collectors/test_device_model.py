"""The model of a device, from the texts in which each vendor hides it."""

from __future__ import annotations

import pytest

from phusong.collectors.device_model import Chassis, find_model


@pytest.mark.parametrize(
    ("own", "sys_descr", "chassis", "model"),
    [
        ("RB5009UG+S+", "RouterOS RB5009", Chassis(model="x"), "RB5009UG+S+"),
        ("", "DrayTek Corporation, Router Model: Vigor2927 Series, Version: 4.4", Chassis(), "Vigor2927 Series"),
        (
            "",
            "Cisco Codec SoftW: TC7 MCU: Cisco TelePresence SX20 Date: 2016",
            Chassis(),
            "Cisco TelePresence SX20",
        ),
        ("", "HP A5500-24G EI Switch with 2 Slots", Chassis(model="JD377A"), "A5500-24G EI"),
        ("", "Huawei AR169F Huawei Versatile Routing Platform Software", Chassis(), "AR169F"),
        ("", "", Chassis(descr="Fortinet FGT_60F, HW Serial#: FGT60FTK"), "FGT_60F"),
        ("", "router", Chassis(descr="RouterOS 6.40.5 (stable) on RB952Ui", name="MIPS"), "RB952Ui"),
        ("", "RouterOS RBLHGR", Chassis(), "RBLHGR"),
        ("", "Juniper Networks, Inc. srx345 internet router, kernel", Chassis(), "srx345"),
        ("", "Cisco IOS Software, C3560 Software (C3560-X)", Chassis(model="WS-C3560"), "WS-C3560"),
        ("", "Cisco IOS Software, C3560 Software (C3560-X)", Chassis(name="Switch 1"), "C3560"),
        ("", "Linux vm 6.1", Chassis(name="Chassis", descr="Some Box 9000"), "Some Box 9000"),
        ("", "Linux vm 6.1", Chassis(name="Switch 1", descr="chassis-0"), ""),
        ("", "", Chassis(), ""),
    ],
)
def test_the_model_stands_somewhere_else_at_every_vendor(
    own: str, sys_descr: str, chassis: Chassis, model: str
) -> None:
    """The vendor's own object first, then sysDescr, then ENTITY-MIB; words that name nothing are no model."""
    assert find_model(own, sys_descr, chassis) == model


@pytest.mark.parametrize("text", ["Cisco IOS Software" + ", " * 200, "Router Model: " + "\t" * 255, "on " * 85])
def test_hostile_text_costs_nothing(text: str) -> None:
    """Whatever 255 characters a device sends, the answer comes at once and is text."""
    assert isinstance(find_model("", text, Chassis(descr=text, name=text)), str)
