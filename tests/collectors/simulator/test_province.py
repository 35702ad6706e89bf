"""The simulated province: its counts, its determinism and its oracle."""

from __future__ import annotations

import ipaddress
import pickle
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from phusong.collectors.simulator.equipment import DeviceKind
from phusong.collectors.simulator.incidents import Trouble
from phusong.collectors.simulator.lines import ISLAND_DISTRICT, Ends
from phusong.collectors.simulator.province import Province, build_province

PROJECT = Path(__file__).parents[3]


def test_counts_are_those_of_the_real_network(province, communes):
    """342 offices, 345 lines (342 primary, two backup, one uplink), 239 endpoints, 13 districts, 177 communes."""
    assert len(province.offices) == 342
    assert Counter(wired.line.role for wired in province.lines) == {"primary": 342, "backup": 2, "uplink": 1}
    assert len(province.endpoints) == 239
    assert len({office.district for office in province.offices}) == 13
    offices = [office.commune_code for office in province.offices if office.kind == "commune"]
    assert sorted(offices) == sorted(place.code for place in communes)
    kinds = Counter(office.kind for office in province.offices)
    assert kinds["province"] == 1
    assert kinds["district"] == 13
    assert kinds.keys() == {"province", "department", "district", "commune", "school", "hospital", "other"}


def test_every_site_has_one_primary_line(province):
    """No office is without a line, and only two have a second one."""
    primary = [wired.line.office.site_id for wired in province.lines if wired.line.role == "primary"]
    assert sorted(primary) == sorted(office.site_id for office in province.offices)
    assert sorted(len(lines) for lines in province.lines_of.values())[-3:] == [1, 2, 2]


def test_hubs_are_of_different_vendors_and_of_real_size(fleet):
    """Several hubs, each of another model, with 60 to 100 rows."""
    hubs = fleet.hubs()
    assert len({hub.habit.model for hub in hubs}) == len(hubs) >= 4
    assert all(60 <= len(hub.rows) <= 100 for hub in hubs)


def test_every_end_of_a_line_is_a_row_of_its_device(province):
    """A line's near and far interface exist exactly once on the devices that links.csv will name."""
    rows = {
        device.device_id: Counter(row.line_id for row in device.rows if row.line_id) for device in province.devices
    }
    for wired in province.lines:
        for device, interface in (
            (wired.near_device, wired.near_interface),
            (wired.far_device, wired.far_interface),
        ):
            assert bool(device) == bool(interface)
            if device:
                assert rows[device][wired.line.link_id] == 1
        assert wired.near_device or wired.far_device
        assert bool(wired.near_device) == (wired.line.ends is not Ends.FAR)


@pytest.mark.parametrize("scale", [1, 3])
def test_ids_and_addresses_are_unique_at_every_scale(communes, scale):
    """The fleet is multiplied; no id and no address occurs twice, all are loopback, none is 127.0.x.y."""
    province = build_province(communes, scale=scale)
    assert len(province.lines) == 345 * scale
    assert len(province.endpoints) == 239 * scale
    assert len(province.offices) == 342 * scale
    devices = [*province.devices, *(endpoint.device for endpoint in province.endpoints)]
    for ids in (
        [device.device_id for device in devices],
        [device.address for device in devices],
        [wired.line.link_id for wired in province.lines],
        [office.site_id for office in province.offices],
    ):
        assert len(set(ids)) == len(ids)
    for device in devices:
        address = ipaddress.ip_address(device.address)
        assert address.is_loopback
        assert address not in ipaddress.ip_network("127.0.0.0/16")


PRINT_DIGEST = """
import csv, hashlib, sys
from phusong.collectors.simulator.province import CommunePlace, build_province
rows = csv.DictReader(open(sys.argv[1], encoding="utf-8"))
names = ("code", "name", "type", "district_name")
places = [CommunePlace(*(r[n] for n in names), float(r["lat"]), float(r["lon"])) for r in rows]
province = build_province(places, seed=int(sys.argv[2]))
expected = province.expected(7.0)
shown = repr((province, sorted(expected.links.items()), sorted(expected.endpoints.items()), province.device_at))
print(hashlib.sha256(shown.encode()).hexdigest())
"""


def digest(hash_seed: str, seed: int) -> str:
    path = PROJECT / "coverage" / "data" / "communes_2020-01.csv"
    command = [sys.executable, "-c", PRINT_DIGEST, str(path), str(seed)]
    return subprocess.run(
        command, env={"PYTHONHASHSEED": hash_seed}, capture_output=True, text=True, check=True
    ).stdout


def test_same_seed_same_province_in_every_process():
    """Neither the process nor Python's hash seed changes anything; another seed does."""
    assert digest("1", 22) == digest("2", 22)
    assert digest("1", 22) != digest("1", 23)


def test_verdicts_of_the_default_province(province):
    """The known counts at the start: what a right agent must find."""
    expected = province.expected(1.0)
    assert Counter(expected.links.values()) == {
        "up": 321, "down": 21, "admin_down": 1, "unreachable": 1, "snmp_dead": 1,
    }  # fmt: skip
    assert Counter(expected.endpoints.values()) == {
        "ready": 183, "in_call": 31, "poor_call": 2, "no_service": 2, "not_registered": 1, "parent_down": 15,
        "unreachable": 4, "snmp_dead": 1,
    }  # fmt: skip
    assert len(expected.links) == 345
    assert len(expected.endpoints) == 239


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_incident_happens_with_every_seed(communes, seed):
    """Carrier fault, island, flapping, congestion, dead agent, switched off, poor call, maintenance: all there."""
    province = build_province(communes, seed=seed)
    expected = province.expected(1.0)
    assert set(expected.links.values()) == {"up", "down", "admin_down", "unreachable", "snmp_dead"}
    assert set(expected.endpoints.values()) == {
        "ready", "in_call", "poor_call", "no_service", "not_registered", "parent_down", "unreachable", "snmp_dead",
    }  # fmt: skip
    troubles = Counter(wired.line.incident.trouble for wired in province.lines)
    assert all(troubles[t] == 1 for t in (Trouble.FLAPPING, Trouble.CONGESTED, Trouble.ADMIN_DOWN, Trouble.POOR))
    (maintained,) = expected.in_maintenance
    assert expected.links[maintained] == "down"
    cut = [wired.line for wired in province.lines if wired.line.incident.trouble is Trouble.CUT]
    assert {line.office.district for line in cut} > {ISLAND_DISTRICT}
    one_began = [line for line in cut if line.incident.began_s == -2_400.0]
    assert len(one_began) >= 3, "a carrier fault of one line is none"
    assert len({(line.carrier, line.office.district) for line in one_began}) == 1


def test_the_island_is_cut_off(province):
    """Every line to an office of Cô Tô is out, and every endpoint there is silent."""
    expected = province.expected(1.0)
    island = {office.site_id for office in province.offices if office.district == ISLAND_DISTRICT}
    links = [wired.line.link_id for wired in province.lines if wired.line.office.site_id in island]
    assert len(links) >= 4
    assert {expected.links[link] for link in links} <= {"down", "unreachable"}
    endpoints = [e.endpoint_id for e in province.endpoints if e.device.site_id in island]
    assert {expected.endpoints[endpoint] for endpoint in endpoints} == {"parent_down"}


def test_a_backup_line_keeps_the_office_reachable(province):
    """Where the primary is cut and the backup is not, router and endpoint answer; the primary is down."""
    (site_id,) = (
        site for site, lines in province.lines_of.items() if len(lines) == 2 and not lines[0].incident.carries(0.0)
    )
    primary, backup = province.lines_of[site_id]
    expected = province.expected(1.0)
    assert expected.links[primary.link_id] == "down"
    assert expected.links[backup.link_id] == "up"
    (room,) = (endpoint for endpoint in province.endpoints if endpoint.device.site_id == site_id)
    assert expected.endpoints[room.endpoint_id] == "ready"


def test_the_flapping_line_goes_down_and_comes_back(province):
    """Only the flapping line and what is behind it changes its verdict, and it changes back."""
    start, down, again = (province.expected(t) for t in (10.0, 200.0, 250.0))
    changed = {link for link in start.links if start.links[link] != down.links[link]}
    (flapping,) = (w.line.link_id for w in province.lines if w.line.incident.trouble is Trouble.FLAPPING)
    assert changed == {flapping}
    assert down.links[flapping] == "down"
    assert again == start


def test_echo_of_a_poor_line_is_lost_three_times_in_a_hundred(province):
    """Loss and jitter are those of the incident, the same every time."""
    (site_id,) = (w.line.office.site_id for w in province.lines if w.line.incident.trouble is Trouble.POOR)
    device = next(d for d in province.devices if d.site_id == site_id)
    delays = [province.echo_delay(device, n, 5.0) for n in range(4000)]
    assert 0.02 < delays.count(None) / len(delays) < 0.04
    answered = [delay for delay in delays if delay is not None]
    assert max(answered) - min(answered) > 0.05
    assert delays == [province.echo_delay(device, n, 9.0) for n in range(4000)]


def test_echo_of_healthy_devices_is_steady_and_of_silent_ones_absent(province):
    """A healthy office answers after its line's round trip, a hub at once, a cut office never."""
    for device in province.device_at.values():
        delay = province.echo_delay(device, 1, 1.0)
        if device.kind is DeviceKind.HUB:
            assert delay == 0.0
        elif province.way_to(device, 1.0) is None or not device.answers_echo:
            assert delay is None
    assert all(0.001 <= wired.line.rtt_s < 0.01 for wired in province.lines)


@pytest.mark.parametrize("scale", [0, -1, 101])
def test_impossible_scales_are_refused(communes, scale):
    """The message names the scale and the limits."""
    with pytest.raises(ValueError, match=f"scale {scale}: must be 1 to 100"):
        build_province(communes, scale=scale)


def test_pickle_keeps_the_province(province):
    """It can be handed to a spawned process."""
    again = pickle.loads(pickle.dumps(province))
    assert isinstance(again, Province)
    assert again == province
