"""Which profile an endpoint gets: by what it says of itself, by a probe where that says too little, or by name."""

from __future__ import annotations

import pytest

from phusong.collectors.readings import SystemReading
from phusong.collectors.snmp.ber import Oid
from phusong.collectors.video import cts, hdx, poly
from phusong.collectors.video.profiles import choose, probes, vendor_of

POLY_HAS, HDX_HAS, CTS_HAS = poly.IDENTITY_STATUS, hdx.PERCENT_PACKET_LOSS, cts.STAT_TOTAL_CALLS
BOTH = (POLY_HAS, HDX_HAS)


def system(object_id: str, descr: str = "") -> SystemReading:
    return SystemReading(descr, object_id, 100, "", "")


@pytest.mark.parametrize(
    ("object_id", "descr", "asked", "present", "profile", "vendor"),
    [
        ("1.3.6.1.4.1.2684", "Videoconferencing Device", BOTH, (POLY_HAS,), "poly", "Poly"),
        ("1.3.6.1.4.1.2684", "Videoconferencing Device", BOTH, (HDX_HAS,), "hdx", "Polycom"),
        ("1.3.6.1.4.1.2684.1.1", "Videoconferencing Device", BOTH, (HDX_HAS,), "hdx", "Polycom"),
        ("1.3.6.1.4.1.2684.1.1", "Videoconferencing Device", BOTH, BOTH, "poly", "Poly"),
        ("1.3.6.1.4.1.13885.101", "RealPresence Group 500", BOTH, (POLY_HAS,), "poly", "Poly"),
        ("1.3.6.1.4.1.13885.102", "a management server", BOTH, (), "generic", "Poly"),
        ("1.3.6.1.4.1.2684", "", BOTH, (), "generic", "Polycom"),
        ("1.3.6.1.4.1.5596.150.6.4.1", "", (), (), "roomos", "Cisco"),
        ("1.3.6.1.4.1.5596.150.6.4.1", "Cisco Codec SoftW: ce9.10.0", (), (), "roomos", "Cisco"),
        ("1.3.6.1.4.1.9.1.2700", "RoomOS 11.5.2", (), (), "roomos", "Cisco"),
        ("", "Cisco Codec SoftW: TC7.3.5", (), (), "roomos", "Cisco"),
        ("1.3.6.1.4.1.9.1.1145", "Cisco TelePresence", (CTS_HAS,), (CTS_HAS,), "cisco-cts", "Cisco"),
        ("1.3.6.1.4.1.9.1.2066", "Cisco IOS Software, C2960X", (CTS_HAS,), (), "generic", "Cisco"),
        ("1.3.6.1.4.1.2011.2.299", "HUAWEI TE40", (), (), "generic", "Huawei"),
        ("1.3.6.1.4.1.37459.1", "Yealink VC800", (), (), "generic", "Yealink"),
        ("1.3.6.1.4.1.122.8", "Sony PCS-XG80", (), (), "generic", "enterprise 122"),
        ("1.3.6.1.2.1.1", "", (), (), "generic", ""),
        ("0.0", "", (), (), "generic", ""),
        ("", "", (), (), "generic", ""),
    ],
)
def test_the_choice_is_left_to_the_endpoint(
    object_id: str, descr: str, asked: tuple[Oid, ...], present: tuple[Oid, ...], profile: str, vendor: str
) -> None:
    """What it says of itself decides, and a probe between those who say the same; all others are generic."""
    told = system(object_id, descr)
    assert probes(told) == asked
    choice = choose(told, "auto", present)
    assert choice.name == profile
    assert choice.why
    assert vendor_of(profile, told) == vendor


@pytest.mark.parametrize("wanted", ["poly", "hdx", "cisco-cts", "roomos", "generic"])
def test_a_name_in_the_inventory_is_obeyed_without_a_probe(wanted: str) -> None:
    """Whatever the endpoint says of itself."""
    told = system("1.3.6.1.4.1.2684", "Videoconferencing Device")
    assert probes(told, wanted) == ()
    assert choose(told, wanted) == (wanted, "the inventory names it")


def test_an_unknown_name_is_generic_and_told() -> None:
    """A name that no profile has reads the system group, and why says so."""
    assert choose(system("1.3.6.1.4.1.2684"), "tandberg", BOTH) == (
        "generic",
        "the inventory names tandberg, which is not known",
    )


def test_the_reason_names_the_mib() -> None:
    """People read which MIB decided, and not the number of an object."""
    told = system("1.3.6.1.4.1.2684", "Videoconferencing Device")
    assert choose(told, "auto", (POLY_HAS,)).why == "sysObjectID 1.3.6.1.4.1.2684, and it has POLYCOM-ENDPOINT-MIB"
    assert choose(told).why == (
        "sysObjectID 1.3.6.1.4.1.2684, but it has no POLYCOM-ENDPOINT-MIB nor POLYCOM-VIDEO-MIB"
    )
