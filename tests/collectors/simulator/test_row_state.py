"""What rows say over time: both ends of a line agree, clocks and counters behave as the MIBs say."""

from __future__ import annotations

import pytest

from phusong.collectors.simulator.equipment import DeviceKind
from phusong.collectors.simulator.incidents import Trouble
from phusong.collectors.simulator.lines import Ends
from phusong.collectors.simulator.row_state import RowState


def ends(province, wired):
    """Return the states of the near and the far row of a line."""
    states = []
    for device_id in (wired.near_device, wired.far_device):
        device = next(d for d in province.devices if d.device_id == device_id)
        row = next(r for r in device.rows if r.line_id == wired.line.link_id)
        states.append(RowState(device, row, wired.line, province.seed))
    return states


def struck(province, trouble):
    return next(w for w in province.lines if w.line.incident.trouble is trouble and w.line.ends is Ends.BOTH)


def test_what_one_end_sends_the_other_receives(province):
    """In any interval near out equals far in and near in equals far out, on every line with two ends."""
    for wired in province.lines[::9]:
        if wired.line.ends is not Ends.BOTH:
            continue
        near, far = (state.meter for state in ends(province, wired))
        assert near.out_octets(90.0) - near.out_octets(30.0) == far.in_octets(90.0) - far.in_octets(30.0)
        assert near.in_octets(90.0) - near.in_octets(30.0) == far.out_octets(90.0) - far.out_octets(30.0)


def test_no_line_but_the_congested_one_comes_near_its_contract(province):
    """The congested line runs at 0.97 of the contracted rate at any time; all others stay below 0.7."""
    for wired in province.lines:
        line = wired.line
        for flow, mbps in ((line.down, line.down_mbps), (line.up, line.up_mbps)):
            for begin in (0.0, 30.0, 200.0, 700.0):
                use = (flow.octets(begin + 30) - flow.octets(begin)) / 30 / (mbps * 125_000)
                if line.incident.trouble is Trouble.CONGESTED and flow is line.down:
                    assert 0.955 < use < 0.985
                else:
                    assert use < 0.7


def test_states_of_a_cut_and_of_a_switched_off_line(province):
    """Cut: administratively up, not operating. Switched off: both, at the hub's end only."""
    near, far = ends(province, struck(province, Trouble.CUT))
    assert near.admin_status() == 1
    assert near.oper_status(1.0) in (2, 7)
    near, far = ends(province, struck(province, Trouble.ADMIN_DOWN))
    assert (near.admin_status(), near.oper_status(1.0)) == (2, 2)
    assert (far.admin_status(), far.oper_status(1.0)) == (1, 2)


def test_last_change_of_a_flapping_row_follows_its_state(province):
    """The last change is the sysUpTime of the change, and both are on one clock."""
    near, _ = ends(province, struck(province, Trouble.FLAPPING))
    for elapsed in (10.0, 160.0, 230.0, 245.0):
        age_s = (near.up_time_ticks(elapsed) - near.last_change_ticks(elapsed)) / 100
        assert age_s == pytest.approx(elapsed - near.incident.last_change_s(elapsed), abs=0.02)


def test_one_uptime_wraps_soon_and_the_others_do_not(province):
    """Exactly one device passes 497 days within the first ten minutes: no restart, only a full counter."""
    wrapping = []
    for device in province.devices:
        if device.rows:
            state = RowState(device, device.rows[0], None, province.seed)
            if state.up_time_ticks(600.0) < state.up_time_ticks(0.0):
                wrapping.append(device.kind)
    assert wrapping == [DeviceKind.HUB]


def test_last_changes_are_never_in_the_future(province):
    """ifLastChange, ifTableLastChange and the discontinuity time are at most sysUpTime."""
    for device in province.device_at.values():
        for row in device.rows:
            state = RowState(device, row, province.line_by_id.get(row.line_id), province.seed)
            now = state.up_time_ticks(5.0)
            assert 0 <= state.last_change_ticks(5.0) <= now
            assert 0 <= state.table_change_ticks() <= now
            assert state.discontinuity_ticks() in (0, state.table_change_ticks())


def test_32_bit_counters_of_lines_wrap_in_the_first_minutes(province):
    """On rows without 64-bit counters the octets pass 2^32 once between 20 and 700 s after the start."""
    seen = 0
    for device in province.devices:
        for row in device.rows:
            line = province.line_by_id.get(row.line_id)
            if row.counters_64 or line is None or line.incident.trouble is not Trouble.NONE:
                continue
            meter = RowState(device, row, line, province.seed).meter
            for octets in (meter.in_octets, meter.out_octets):
                assert octets(0.0) < 2**32 <= octets(700.0)
            seen += 1
    assert seen > 20
