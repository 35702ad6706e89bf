"""What is true of the simulated rooms: every state that a right agent must find, with every seed."""

from __future__ import annotations

from collections import Counter

import pytest

from phusong.collectors.simulator.equipment import H323, SIP_UDP, DeviceKind
from phusong.collectors.simulator.incidents import Trouble
from phusong.collectors.simulator.province import Province, build_province

T = 5.0


@pytest.fixture(scope="module", params=[22, 1, 2, 3])
def seeded(request, communes) -> Province:
    return build_province(communes, seed=request.param)


def in_call(province):
    return [e for e in province.endpoints if e.device.room.call_at(T)]


def with_verdict(province, verdict):
    verdicts = province.expected(T).endpoints
    return [e for e in province.endpoints if verdicts[e.endpoint_id] == verdict]


def test_the_calls(seeded):
    """30 good calls in HD and one below it, all with a loss below 0.3 %; two poor ones; three makes."""
    calls = [endpoint.device.room.call for endpoint in in_call(seeded)]
    good = [call for call in calls if not call.poor]
    assert Counter(call.lines >= 720 for call in good) == {True: 30, False: 1}
    assert {call.lines for call in good} == {576, 720, 1080}
    assert all(call.loss_ratio * 1.2 < 0.003 for call in good)
    assert len(calls) - len(good) == 2
    assert {endpoint.device.habit.model for endpoint in in_call(seeded)} == {"poly", "hdx", "cts"}
    assert all(call.began_s < 0 for call in calls)


def test_one_poor_call_is_the_lines_fault_and_one_is_the_rooms(seeded):
    """One is behind the poor line. The other's line is clean, and its port at the office's router has errors."""
    lines, rows = seeded.line_by_id, {}
    for device in seeded.devices:
        rows[device.device_id] = [row for row in device.rows if row.bad_cable]
    troubles = {lines[e.parent_link].incident.trouble: e for e in with_verdict(seeded, "poor_call")}
    assert troubles.keys() == {Trouble.POOR, Trouble.NONE}
    room = troubles[Trouble.NONE]
    assert room.device.room.bad_cable
    (row,) = rows[room.lan_device]
    assert (row.oper_status, row.line_id) == (1, "")
    assert room.lan_interface.rpartition(":")[2] in (
        (row.name or b"").decode(), row.descr.decode(), str(row.index),
    )  # fmt: skip
    assert sum(map(len, rows.values())) == 1
    assert not troubles[Trouble.POOR].device.room.bad_cable


def test_what_is_wrong_with_the_others(seeded):
    """One not registered, one with a broken camera, one that says 503, one that is closed: each on a calm line."""
    rooms = [endpoint.device.room for endpoint in seeded.endpoints]
    assert Counter(room.registered for room in rooms)[False] == 1
    assert Counter(room.camera_works for room in rooms)[False] == 1
    assert Counter(room.sip_status for room in rooms) == {200: 238, 503: 1}
    assert [room.services for room in rooms if not room.takes_calls] == [(SIP_UDP, H323)]
    assert [room.services for room in rooms if room.sip_status == 503] == [(SIP_UDP,)]
    (unregistered,) = with_verdict(seeded, "not_registered")
    assert not unregistered.device.room.registered
    odd = {
        e.endpoint_id for e in seeded.endpoints if e.device.room.sip_status == 503 or not e.device.room.takes_calls
    }
    assert {e.endpoint_id for e in with_verdict(seeded, "no_service")} == odd
    for endpoint in with_verdict(seeded, "no_service"):
        assert seeded.line_by_id[endpoint.parent_link].incident.trouble is Trouble.NONE


def test_rooms_without_snmp(seeded):
    """One is there by SIP and so ready; one has no service listed and is snmp_dead; four are silent altogether."""
    mute = [e for e in seeded.endpoints if not e.device.answers_snmp]
    verdicts = seeded.expected(T).endpoints
    assert Counter(verdicts[e.endpoint_id] for e in mute) == {"unreachable": 4, "ready": 1, "snmp_dead": 1}
    for endpoint in mute:
        status = seeded.sip_status(endpoint.device, T)
        assert (status == 200) == (verdicts[endpoint.endpoint_id] == "ready")


def test_a_cut_line_silences_every_service(seeded):
    """Behind it neither SIP nor H.323 answers; elsewhere what is set up does, and nothing else."""
    for endpoint in seeded.endpoints:
        device, room = endpoint.device, endpoint.device.room
        reached = device.answers_echo and seeded.way_to(device, T) is not None and room.takes_calls
        assert (seeded.sip_status(device, T) is not None) == (reached and SIP_UDP in room.services)
        assert seeded.takes_h323(device, T) == (reached and H323 in room.services)
    assert sum(seeded.takes_h323(e.device, T) for e in seeded.endpoints) > 40


def test_only_rooms_take_calls(province):
    """A router has neither SIP nor H.323."""
    router = next(device for device in province.devices if device.kind is DeviceKind.ROUTER)
    assert province.sip_status(router, T) is None
    assert not province.takes_h323(router, T)


def test_a_room_in_a_call_may_be_busy(province):
    """A CTS says 486 while it is in a call and 200 else; the others say 200 always."""
    busy = [e for e in province.endpoints if province.sip_status(e.device, T) == 486]
    assert busy == [e for e in in_call(province) if e.device.habit.model == "cts"]
    assert len(busy) == 2


def test_calls_end_and_begin_again(province):
    """Two rooms, of different makes, leave their call after ten minutes, for a quarter of an hour."""
    verdicts = [province.expected(t).endpoints for t in (590.0, 610.0, 1510.0)]
    left = [e for e in province.endpoints if verdicts[0][e.endpoint_id] != verdicts[1][e.endpoint_id]]
    # The flapping line goes its own way meanwhile.
    rooms = [e for e in left if province.line_by_id[e.parent_link].incident.trouble is Trouble.NONE]
    assert [verdicts[1][e.endpoint_id] for e in rooms] == ["ready", "ready"]
    assert {e.device.habit.model for e in rooms} == {"poly", "hdx"}
    assert [verdicts[2][e.endpoint_id] for e in rooms] == ["in_call", "in_call"]


def test_every_office_with_a_router_has_a_port_for_its_room(province):
    """The port is one of its router's, up, and not the line's; where the box is the carrier's there is none."""
    routers = {d.device_id: d for d in province.devices if d.kind is DeviceKind.ROUTER}
    sites = {device.site_id for device in routers.values()}
    for endpoint in province.endpoints:
        assert bool(endpoint.lan_device) == bool(endpoint.lan_interface) == (endpoint.device.site_id in sites)
        if endpoint.lan_device:
            assert routers[endpoint.lan_device].site_id == endpoint.device.site_id
