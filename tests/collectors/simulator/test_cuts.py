"""What somebody cuts while the simulation runs: whom it concerns, from when to when, and that the rest stays."""

from __future__ import annotations

from collections import Counter
from math import inf

import pytest

from phusong.collectors.simulator.cuts import CutsFile, read_names, with_cuts
from phusong.collectors.simulator.equipment import DeviceKind
from phusong.collectors.simulator.incidents import Incident, Trouble
from phusong.collectors.simulator.traps import LinkTraps

T = 100.0


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", set()),
        ("qn-l010\n", {"qn-l010"}),
        ("  qn-l010  # the digger\n\n# all of it\nCarrier A\n", {"qn-l010", "Carrier A"}),
        ("qn-l010", {"qn-l010"}),
    ],
)
def test_names_in_a_file(text, names):
    """One per line, with comments."""
    assert read_names(text) == names


def test_a_file_that_comes_changes_and_goes(tmp_path):
    """A name is cut from when it is seen until it is gone; no file cuts nothing."""
    cuts = CutsFile(tmp_path / "cuts.txt")
    assert not cuts.look(1.0)
    cuts.path.write_text("a\nb\n")
    assert cuts.look(2.0)
    assert not cuts.look(3.0)
    cuts.path.write_text("a\n\nc\n\n")
    assert cuts.look(4.0)
    assert (cuts.began_s, cuts.ended) == ({"a": 2.0, "c": 4.0}, {"b": (2.0, 4.0)})
    cuts.path.unlink()
    assert cuts.look(5.0)
    assert (cuts.began_s, cuts.ended) == ({}, {"a": (2.0, 5.0), "b": (2.0, 4.0), "c": (4.0, 5.0)})


def healthy(province, **wanted):
    """Return a line in no trouble whose both ends are in the inventory."""
    return next(
        wired
        for wired in province.lines
        if wired.line.incident.trouble is Trouble.NONE
        and wired.near_device
        and wired.far_device
        and wired.line.role == "primary"
        and len(province.lines_of[wired.line.office.site_id]) == 1
        and not wired.line.far_is_silent
    )


def test_a_cut_line(province):
    """Down at the near end from that moment on, nothing behind it answers; mended, all is as before."""
    wired = healthy(province)
    link = wired.line.link_id
    cut = with_cuts(province, {link: T}, {})
    far = cut.device_at[wired.far_address]
    assert cut.expected(T - 1).links == province.expected(T - 1).links
    before, after = province.expected(T + 1).links, cut.expected(T + 1).links
    assert {name for name in before if before[name] != after[name]} == {link}
    assert after[link] == "down"
    assert not cut.answers_snmp(far, T + 1)
    assert cut.echo_delay(far, 1, T + 1) is None
    mended = with_cuts(province, {}, {link: (T, T + 50)})
    assert mended.expected(T + 49).links[link] == "down"
    assert mended.expected(T + 50).links == province.expected(T + 50).links


def test_a_cut_carrier(province):
    """All its lines and no other."""
    cut = with_cuts(province, {"Carrier A": T}, {}).expected(T).links
    lines = {wired.line.link_id for wired in province.lines if wired.line.carrier == "Carrier A"}
    assert all(cut[link] in ("down", "unreachable", "admin_down") for link in lines)
    others = province.expected(T).links
    assert all(cut[link] == others[link] for link in others.keys() - lines)


def test_a_cut_hub(province):
    """It answers nothing, and nothing behind it does; the other hubs' lines are as they were."""
    cut = with_cuts(province, {"qn-hub2": T}, {})
    hub = next(device for device in cut.devices if device.device_id == "qn-hub2")
    assert not cut.answers_snmp(hub, T)
    assert cut.echo_delay(hub, 1, T) is None
    behind = {wired.line.link_id for wired in province.lines if wired.near_device == "qn-hub2"}
    carried = {wired.line.link_id for wired in cut.lines if wired.line.incident.carries(T)}
    assert not behind & carried
    before = {wired.line.link_id for wired in province.lines if wired.line.incident.carries(T)}
    assert before - behind == carried


def test_a_cut_router_and_an_unknown_name(province):
    """A router alone leaves its line; a name that nobody has changes nothing."""
    wired = healthy(province)
    router = with_cuts(province, {wired.far_device: T}, {}).device_at[wired.far_address]
    assert (router.answers_snmp, router.answers_echo) == (False, False)
    assert with_cuts(province, {"nobody": T}, {}) == province


def test_a_cut_endpoint(province):
    """It is unreachable while its line is up, its services with it; its office's router stays."""
    endpoint = next(e for e in province.endpoints if province.takes_h323(e.device, T) and e.lan_device)
    cut = with_cuts(province, {endpoint.endpoint_id: T}, {})
    device = cut.device_at[endpoint.device.address]
    assert cut.expected(T).endpoints[endpoint.endpoint_id] == "unreachable"
    assert (cut.sip_status(device, T), cut.takes_h323(device, T)) == (None, False)
    assert cut.devices == province.devices
    assert cut.expected(T).links == province.expected(T).links


def test_standing_troubles_stay(province):
    """What flaps, is congested or switched off has its trouble again when all is mended."""
    cut = with_cuts(province, {}, {wired.line.link_id: (T, T + 1) for wired in province.lines})

    def count(whose):
        return Counter(wired.line.incident.trouble for wired in whose.lines)

    for trouble in (Trouble.FLAPPING, Trouble.CONGESTED, Trouble.ADMIN_DOWN, Trouble.POOR):
        assert count(cut)[trouble] == count(province)[trouble]


@pytest.mark.parametrize(
    ("incident", "elapsed", "carried", "last_change"),
    [
        (Incident(Trouble.CUT, 100.0), 50.0, 50.0, 100.0),
        (Incident(Trouble.CUT, 100.0), 150.0, 100.0, 100.0),
        (Incident(Trouble.CUT, 100.0, 130.0), 150.0, 120.0, 130.0),
        (Incident(Trouble.CUT), 150.0, 0.0, -86_000.0),
    ],
)
def test_counters_stand_still_while_a_line_is_cut(incident, elapsed, carried, last_change):
    """They never fall: what was carried before the cut stays counted."""
    assert incident.carried_s(elapsed) == carried
    assert incident.last_change_s(elapsed) == last_change


def test_the_hub_tells_of_a_cut_and_of_the_end_of_it(province):
    """One trap when it is seen, one when it is mended."""
    wired = healthy(province)
    hub = next(device for device in province.devices if device.device_id == wired.near_device)
    assert hub.kind is DeviceKind.HUB
    cut = with_cuts(province, {wired.line.link_id: T}, {})
    traps = LinkTraps(cut, b"demo", T - 0.001)
    assert len(traps.take(T)) == 1
    mended = with_cuts(province, {}, {wired.line.link_id: (T, T + 9)})
    assert len(LinkTraps(mended, b"demo", T + 8.999).take(T + 9)) == 1
    assert Incident(Trouble.CUT, T, inf).next_change_s(T) is None
