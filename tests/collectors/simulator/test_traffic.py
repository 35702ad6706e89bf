"""Flows and meters: smooth rates, exact integrals."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phusong.collectors.simulator.incidents import Incident, Trouble
from phusong.collectors.simulator.traffic import Flow, Meter, draw

FLOWS = st.builds(Flow, st.floats(0, 1e9), st.floats(0, 0.9), st.floats(60, 3600), st.floats(0, math.tau))


@given(FLOWS, st.floats(0, 1e6), st.floats(0, 1e4))
def test_a_flow_never_runs_backwards_and_stays_within_its_swing(flow, begin, step):
    """Octets in any interval lie between the lowest and the highest rate times its length."""
    octets = flow.octets(begin + step) - flow.octets(begin)
    slack = 2 + flow.mean * 1e-6
    assert octets >= flow.mean * (1 - flow.swing) * step - slack
    assert octets <= flow.mean * (1 + flow.swing) * step + slack


def test_a_flow_begins_at_nothing():
    """The integral from 0 to 0 is 0, whatever the phase."""
    assert Flow(1000.0, 0.5, 100.0, 1.0).octets(0.0) == 0


def test_counters_stand_still_while_a_line_is_cut():
    """A cut line's octets and packets do not move."""
    meter = Meter(Flow(1e6), Flow(2e6), 5_000, 7_000, Incident(Trouble.CUT, -60.0))
    assert (meter.in_octets(0.0), meter.out_octets(1e5)) == (5_000, 7_000)
    assert meter.in_packets(0.0) == meter.in_packets(1e5)


def test_errors_and_discards_belong_to_their_troubles():
    """A poor line has errors, a congested one discards, a healthy one practically neither."""
    flows = Flow(5e6), Flow(5e6), 0, 0
    poor, full, healthy = (
        Meter(*flows, Incident(trouble)) for trouble in (Trouble.POOR, Trouble.CONGESTED, Trouble.NONE)
    )
    assert poor.in_errors(3600.0) / poor.in_packets(3600.0) > 0.001
    assert full.out_discards(3600.0) > 0
    assert healthy.in_errors(3600.0) / healthy.in_packets(3600.0) < 0.00001
    assert healthy.out_discards(3600.0) == 0


def test_draws_are_pinned():
    """The numbers are the same in every version: a changed demo is a decision, not an accident."""
    assert draw(22, "x") == draw(22, "x")
    assert draw(22, "x") != draw(22, "y")
    assert draw(22, "qn-hub1", 1)[0] == pytest.approx(0.1857205224, abs=1e-9)
    assert all(0 <= number < 1 for number in draw("anything"))
