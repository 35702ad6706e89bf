"""Incidents over time."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phusong.collectors.simulator.incidents import FLAP_PERIOD_S, FLAP_UP_S, Incident, Trouble

TIMES = st.floats(0, 10_000)


@pytest.mark.parametrize(
    ("trouble", "carries"),
    [
        (Trouble.NONE, True),
        (Trouble.CUT, False),
        (Trouble.CONGESTED, True),
        (Trouble.ADMIN_DOWN, False),
        (Trouble.POOR, True),
    ],
)
def test_standing_troubles_never_change(trouble, carries):
    """All but flapping are the same at any time, and began before the simulation did."""
    incident = Incident(trouble, -60.0)
    assert [incident.carries(t) for t in (0.0, 1.0, 5000.0)] == [carries] * 3
    assert incident.last_change_s(1234.0) == -60.0


def test_a_flapping_line_changes_more_than_four_times_in_half_an_hour():
    """It flaps by the definition of the verdict: at least 4 changes in 30 minutes."""
    incident = Incident(Trouble.FLAPPING)
    states = [incident.carries(float(t)) for t in range(1800)]
    changes = sum(one != other for one, other in pairwise(states))
    assert changes >= 4
    assert states[0]


@given(TIMES)
def test_last_change_of_a_flapping_line_is_where_it_changed(elapsed):
    """The state has held since the last change, and was another one just before."""
    incident = Incident(Trouble.FLAPPING)
    changed = incident.last_change_s(elapsed)
    assert changed <= elapsed
    assert incident.carries(changed) == incident.carries(elapsed)
    if changed > 0:
        assert incident.carries(changed - 0.001) != incident.carries(elapsed)
    assert elapsed - changed <= max(FLAP_UP_S, FLAP_PERIOD_S - FLAP_UP_S)


@given(TIMES, st.floats(0, 1000), st.sampled_from(Trouble))
def test_carried_time_grows_no_faster_than_time(elapsed, step, trouble):
    """Traffic time never falls and never outruns the clock; it stands still while nothing is carried."""
    incident = Incident(trouble)
    grown = incident.carried_s(elapsed + step) - incident.carried_s(elapsed)
    assert -1e-9 <= grown <= step + 1e-9
