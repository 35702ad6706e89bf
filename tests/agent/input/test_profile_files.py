"""Vendor profiles: the packaged ones are sound, own ones join them, every mistake is named with file and key."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from phusong.agent.input.profile_files import examine_profiles, packaged_folder, packaged_profiles
from phusong.collectors.profile import CONVERSIONS, GENERIC, MEASURES, Profile, Sensor
from phusong.collectors.readings import Quantity
from phusong.collectors.snmp.ber import parse_oid

Q = Quantity
HEAD = "vendor: Maker\nmatch: {sys_object_id: [1.3.6.1.4.1.99999]}\nsensors:\n"
CPU = "{quantity: cpu, object: hrProcessorLoad 1.3.6.1.2.1.25.3.3.1.2, unit: percent"
TEMPERATURE = "{quantity: temperature, object: mtxrHlTemperature 1.3.6.1.4.1.14988.1.1.3.10"


def read_mistakes() -> list[tuple[str, list[str]]]:
    """Read the profiles of profile_mistakes.txt, each with parts of what is to be said of it."""
    cases = []
    for block in (Path(__file__).parent / "profile_mistakes.txt").read_text(encoding="utf-8").split("----\n"):
        text, *expected = re.split(r"^=> ", block, flags=re.MULTILINE)
        cases.append((text, [line.rstrip("\n") for line in expected]))
    return cases


MISTAKES = read_mistakes()


def sensors_of(profile: Profile) -> list[Sensor]:
    return [each for sensor in profile.sensors for each in (sensor, *sensor.alternatives)]


def test_the_packaged_profiles_are_sound() -> None:
    """Each of the vendors has one, without any problem."""
    profiles, problems = examine_profiles(None)
    assert problems == ()
    names = {profile.name for profile in profiles}
    assert names == {path.stem for path in packaged_folder().glob("*.yaml")}
    assert names == {
        "cisco-ios", "cisco-ios-xe", "cisco-ios-xr", "comware", "cradlepoint", "draytek", "fortigate", GENERIC,
        "huawei-vrp", "juniper", "mikrotik", "net-snmp", "teltonika", "zte",
    }  # fmt: skip
    for profile in profiles:
        assert profile.vendor
        assert profile.about
        assert profile.sensors
        assert profile.match.sys_object_ids or profile.name == GENERIC


@pytest.mark.parametrize("profile", packaged_profiles(), ids=lambda profile: profile.name)
def test_every_packaged_sensor_can_give_a_value(profile: Profile) -> None:
    """It has a unit of its quantity, or states; its range lies within the quantity's."""
    for sensor in sensors_of(profile):
        measure = MEASURES[sensor.quantity]
        if measure.unit == "state":
            assert sensor.good or sensor.good_words or sensor.others_good
            assert sensor.bad or sensor.bad_words
        else:
            units = {sensor.unit} if sensor.unit_by_row is None else set(sensor.unit_by_row.units.values())
            assert units <= set(CONVERSIONS[measure.unit])
        assert measure.low <= sensor.low < sensor.high <= measure.high


@pytest.mark.parametrize(
    ("name", "quantities"),
    [
        ("cisco-ios", set(Quantity)),
        ("cisco-ios-xe", set(Quantity)),
        ("cisco-ios-xr", set(Quantity)),
        ("juniper", {q for q in Quantity if not q.startswith("modem")}),
        ("huawei-vrp", {q for q in Quantity if not q.startswith("modem")}),
        ("comware", set(Quantity) - {Q.MODEM_IN_USE}),
        ("mikrotik", {q for q in Quantity if not q.startswith("sla")} - {Q.FAN, Q.MODEM_IN_USE}),
        ("fortigate", {q for q in Quantity if not q.startswith("optical")}),
        ("zte", {Q.CPU, Q.MEMORY, Q.TEMPERATURE, Q.BGP_PEER, Q.OSPF_NEIGHBOR}),
        ("draytek", {Q.CPU, Q.MEMORY, Q.TEMPERATURE, Q.BGP_PEER, Q.OSPF_NEIGHBOR}),
        ("teltonika", {q for q in Quantity if q.startswith("modem")}
         | {Q.CPU, Q.MEMORY, Q.TEMPERATURE, Q.BGP_PEER, Q.OSPF_NEIGHBOR}),
        ("net-snmp", {Q.CPU, Q.MEMORY, Q.TEMPERATURE, Q.BGP_PEER, Q.OSPF_NEIGHBOR}),
    ],
)  # fmt: skip
def test_what_each_vendor_offers(name: str, quantities: set[Quantity]) -> None:
    """The quantities of each profile are those of the documentation."""
    (profile,) = (profile for profile in packaged_profiles() if profile.name == name)
    assert {sensor.quantity for sensor in profile.sensors} == quantities


def test_the_table_of_objects() -> None:
    """Every OID stands there once, and every row is sound: each cell of the packaged table was read."""
    with (packaged_folder() / "objects.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    oids = [parse_oid(row["oid"]) for row in rows]
    assert len(set(oids)) == len(oids) > 400
    assert {row["oid"] for row in rows if row["object"] == "fgLteRsrp"} == {
        "1.3.6.1.4.1.12356.101.19.3.1.13",
        "1.3.6.1.4.1.12356.101.19.3.1.1.13",
    }


def findings(folder: Path) -> list[str]:
    _, problems = examine_profiles(folder)
    return [str(problem).replace(f"{folder}/", "") for problem in problems]


@pytest.mark.parametrize(("text", "expected"), MISTAKES, ids=[expected[0][:70] for _, expected in MISTAKES])
def test_mistakes(tmp_path: Path, text: str, expected: list[str]) -> None:
    """Each is found at its place, with the key and what to write instead; nothing else is said."""
    (tmp_path / "own.yaml").write_text(text, encoding="utf-8")
    found = findings(tmp_path)
    assert len(found) == len(expected), found
    for problem, fragment in zip(sorted(found), sorted(expected), strict=True):
        assert fragment in problem
        assert problem.startswith("own.yaml:")
    assert "own" not in {profile.name for profile in examine_profiles(tmp_path)[0]}


def test_all_mistakes_at_once(tmp_path: Path) -> None:
    """One reading finds every mistake of every file; the sound files are still there."""
    (tmp_path / "one.yaml").write_text(
        f"{HEAD}  - {CPU}, scale: 3}}\n  - {TEMPERATURE}, scale: 7}}\n", encoding="utf-8"
    )
    (tmp_path / "two.yaml").write_text("vendor: 5\nmodel: x\n", encoding="utf-8")
    (tmp_path / "three.yaml").write_text(
        "vendor: Maker\nmatch: {sys_object_id: [1.3.6.1.4.1.99998]}\n", encoding="utf-8"
    )
    found = findings(tmp_path)
    assert [problem.split(":")[0] for problem in found] == ["one.yaml"] * 2 + ["two.yaml"] * 2
    assert "three" in {profile.name for profile in examine_profiles(tmp_path)[0]}


def test_names_of_files(tmp_path: Path) -> None:
    """A profile is called as its file, so that must be a name; ``auto`` is taken."""
    for name in ("auto.yaml", "Big Box.yaml"):
        (tmp_path / name).write_text("vendor: Maker\n", encoding="utf-8")
    assert [problem.split(";")[0] for problem in findings(tmp_path)] == [
        "Big Box.yaml:1: 'Big Box' cannot be the name of a profile",
        "auto.yaml:1: 'auto' cannot be the name of a profile",
    ]


def test_a_missing_folder(tmp_path: Path) -> None:
    """Its name is in the message, and the packaged profiles are there."""
    profiles, problems = examine_profiles(tmp_path / "none")
    assert [problem.what for problem in problems] == ["there is no such folder"]
    assert len(profiles) == len(packaged_profiles())


def test_own_profiles(tmp_path: Path) -> None:
    """They may describe objects of their own, build on packaged profiles and replace them by name."""
    (tmp_path / "objects.csv").write_text(
        "object,oid,type,scale,unit,values\n"
        "boxTemp,1.3.6.1.4.1.99999.1.1,number,0.01,celsius,\n"
        "boxFan,1.3.6.1.4.1.99999.1.2,enumeration,,,spinning(4) stuck(5)\n",
        encoding="utf-8",
    )
    (tmp_path / "box.yaml").write_text(
        "vendor: Box\nbased_on: net-snmp\nmatch: {sys_object_id: [1.3.6.1.4.1.99999]}\nsensors:\n"
        "  - {quantity: temperature, object: boxTemp 1.3.6.1.4.1.99999.1.1}\n"
        "  - {quantity: fan, object: boxFan 1.3.6.1.4.1.99999.1.2, good: [spinning], bad: [stuck]}\n",
        encoding="utf-8",
    )
    (tmp_path / "zte.yaml").write_text(
        "vendor: ours\nmatch: {sys_object_id: [1.3.6.1.4.1.3902]}\n", encoding="utf-8"
    )
    profiles, problems = examine_profiles(tmp_path)
    assert problems == ()
    by_name = {profile.name: profile for profile in profiles}
    temperature, fan, *inherited = by_name["box"].sensors
    assert (temperature.scale, temperature.unit) == (0.01, "celsius")
    assert (fan.good, fan.bad) == ({4}, {5})
    assert {sensor.quantity for sensor in inherited} == {Q.CPU, Q.MEMORY, Q.BGP_PEER, Q.OSPF_NEIGHBOR}
    assert (by_name["zte"].vendor, by_name["zte"].sensors) == ("ours", ())
    assert examine_profiles(None)[1] == ()


def test_a_bad_table_of_own_objects(tmp_path: Path) -> None:
    """Its mistakes are named with line and column; its sound rows count."""
    (tmp_path / "objects.csv").write_text(
        "object,oid,type,scale,unit,values\n"
        "1box,1.3.6.1.4.1.99999.1.1,number,,,\n"
        "boxB,1.2,number,,,\n"
        "boxC,1.3.6.1.4.1.99999.1.3,integer,0,kelvin,up\n"
        "boxD,1.3.6.1.4.1.99999.1.4,number,0.1,celsius,\n",
        encoding="utf-8",
    )
    (tmp_path / "box.yaml").write_text(
        "vendor: Box\nsensors: [{quantity: temperature, object: boxD 1.3.6.1.4.1.99999.1.4}]\n", encoding="utf-8"
    )
    assert [problem.partition(": ")[0] for problem in findings(tmp_path)] == [
        "objects.csv:2:object", "objects.csv:3:oid", "objects.csv:4:type", "objects.csv:4:scale",
        "objects.csv:4:unit", "objects.csv:4:values",
    ]  # fmt: skip
