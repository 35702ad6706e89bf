"""What lines have carried: totals that only grow, over anything that happens to devices, files and inventories."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inventories import make_inventory, make_link

from phusong.agent.inventory import Column, InterfaceSelector, LinkEnd
from phusong.agent.judging.link_traffic import FAR, NEAR, NOTHING_YET, PORT, TrafficTotals, use_of_contract
from phusong.agent.judging.row_facts import derive_facts
from phusong.agent.state.device_memory import BytesCarried
from phusong.collectors.rates import NO_ANOMALY, Interval, NoRate
from phusong.exporters.snapshot import AnomalyCount, EndTraffic

WAN = InterfaceSelector(Column.NAME, "wan")
LINK = make_inventory(make_link("l1", near=("hub", "wan"), far=("cpe", "wan")))


def interval(received: int = 3000, sent: int = 600, seconds: float = 30.0) -> Interval:
    return Interval(seconds, received, sent, packets=999, errors=1, discards=0)


def totals(**saved: BytesCarried) -> TrafficTotals:
    made = TrafficTotals()
    made.restore({("l1", end): carried for end, carried in saved.items()})
    made.follow(LINK)
    return made


def far(of: TrafficTotals) -> EndTraffic:
    known = of.of("l1", FAR)
    assert known is not None
    return known


def test_intervals_add_up_and_rates_are_of_the_last() -> None:
    """Bytes add up; rates and shares are those of the last interval alone."""
    line = totals()
    assert line.of("l1", FAR) is None
    line.note("cpe", {WAN: NoRate.FIRST_READING})
    line.note("cpe", {WAN: interval()})
    line.note("cpe", {WAN: interval(received=6000, seconds=60.0)})
    assert far(line) == EndTraffic(9000, 1200, 100.0, 10.0, 0.001, 0.0, "", ())
    assert line.of("l1", NEAR) is None


def test_an_anomaly_adds_nothing_and_is_counted() -> None:
    """No rate, the reason beside it, the total as it was; what follows counts again."""
    line = totals()
    for outcome in (interval(), NoRate.COUNTER_FELL, NoRate.OTHER_ROW, NoRate.COUNTER_FELL):
        line.note("cpe", {WAN: outcome})
    assert far(line) == EndTraffic(
        3000,
        600,
        None,
        None,
        None,
        None,
        "counter_fell",
        (AnomalyCount("counter_fell", 2), AnomalyCount("other_row", 1)),
    )
    line.note("cpe", {WAN: interval()})
    assert (far(line).received_bytes, far(line).no_rate, len(far(line).anomalies)) == (6000, "", 2)


@pytest.mark.parametrize("outcome", sorted(NO_ANOMALY - {NoRate.TOO_SOON}))
def test_what_is_no_anomaly_is_not_counted(outcome: NoRate) -> None:
    """A first reading, or an interface without counters, is nobody's fault."""
    line = totals()
    line.note("cpe", {WAN: outcome})
    assert far(line) == replace(NOTHING_YET, no_rate=outcome.value)


def test_a_poll_that_came_too_soon_changes_nothing() -> None:
    """Two polls of one moment: the figures of the interval before stand."""
    line = totals()
    line.note("cpe", {WAN: interval()})
    before = far(line)
    line.note("cpe", {WAN: NoRate.TOO_SOON})
    assert far(line) is before


def test_a_saved_total_goes_on_where_the_counters_join_on() -> None:
    """After a restart the first interval reaches back to the saved reading: the total goes on from there."""
    line = totals(far=BytesCarried(10**15, 7))
    line.note("cpe", {WAN: NoRate.TOO_SOON})
    assert line.of("l1", FAR) is None
    line.note("cpe", {WAN: interval()})
    assert (far(line).received_bytes, far(line).sent_bytes) == (10**15 + 3000, 607)


def test_a_saved_total_begins_anew_where_they_do_not() -> None:
    """Otherwise it may lie below what was shown last, and would be read as a counter that began at zero."""
    line = totals(far=BytesCarried(10**15, 7))
    line.note("cpe", {WAN: NoRate.AGENT_RESTARTED})
    assert (far(line).received_bytes, far(line).sent_bytes) == (0, 0)
    line.note("cpe", {WAN: interval()})
    assert far(line).received_bytes == 3000


def test_what_was_not_heard_of_yet_stays_saved() -> None:
    """A device that is dead since the start keeps its saved total; a line that is gone does not."""
    line = totals(far=BytesCarried(5, 6), near=BytesCarried(7, 8))
    line.note("cpe", {WAN: interval()})
    assert line.carried() == {("l1", FAR): BytesCarried(3005, 606), ("l1", NEAR): BytesCarried(7, 8)}
    assert line.carried_at(["cpe", "hub"]) == {("l1", FAR): BytesCarried(3005, 606)}
    line.follow(make_inventory(make_link("l2", near=None, far=("cpe", "wan"))))
    assert line.carried() == {}


def test_a_line_that_moves_to_another_interface_keeps_its_total() -> None:
    """The inventory names another interface: the total goes on, and nothing of that interface's past is in it."""
    line = totals()
    line.note("cpe", {WAN: interval()})
    line.follow(
        make_inventory(
            make_link("l1", near=None, far=("cpe", "lan")), make_link("l2", near=None, far=("cpe", "wan"))
        )
    )
    lan = InterfaceSelector(Column.NAME, "lan")
    line.note("cpe", {lan: interval(received=1), WAN: interval(received=50)})
    assert far(line).received_bytes == 3001
    other = line.of("l2", FAR)
    assert other is not None
    assert other.received_bytes == 50


@given(
    st.lists(
        st.sampled_from(list(NoRate)) | st.builds(interval, st.integers(0, 2**70), st.integers(0, 2**70)),
        max_size=30,
    )
)
def test_a_total_never_falls(outcomes: list[Interval | NoRate]) -> None:
    """Whatever follows upon what, both totals are the sums of the trusted intervals."""
    line = totals()
    line.note("cpe", {WAN: NoRate.FIRST_READING})
    received = sent = 0
    for outcome in outcomes:
        line.note("cpe", {WAN: outcome})
        if isinstance(outcome, Interval):
            received += outcome.received_bytes or 0
            sent += outcome.sent_bytes or 0
        assert (far(line).received_bytes, far(line).sent_bytes) == (received, sent)


def test_the_port_of_a_room_counts_like_an_end() -> None:
    """It adds up, outlives a restart, and is another thing than a line of the same name at the same interface."""
    inventory = make_inventory(make_link("x", near=None, far=("cpe", "wan")), endpoints={"x": "addr-x"})
    endpoint = replace(inventory.endpoints["x"], lan=LinkEnd("cpe", WAN))
    both = replace(inventory, endpoints={"x": endpoint})
    made = TrafficTotals()
    made.restore({("x", PORT): BytesCarried(100, 10)})
    made.follow(both)
    made.note("cpe", {WAN: interval()})
    port, line = made.of("x", PORT), made.of("x", FAR)
    assert (port and port.received_bytes, line and line.received_bytes) == (3100, 3000)
    assert made.carried() == {("x", PORT): BytesCarried(3100, 610), ("x", FAR): BytesCarried(3000, 600)}
    assert set(made.carried_at(["cpe"])) == {("x", PORT), ("x", FAR)}
    made.follow(inventory)
    assert (made.of("x", PORT), set(made.carried())) == (None, {("x", FAR)})


def test_use_of_the_contract() -> None:
    """10 Mbit/s down and 5 up: the office receives what comes down; the hub's view stands in, turned round."""
    info = derive_facts(LINK, "2020-01").links["l1"]
    half = replace(NOTHING_YET, receive_bytes_per_s=625_000.0, transmit_bytes_per_s=62_500.0)
    assert use_of_contract(info, None, half) == (0.5, 0.1)
    assert use_of_contract(info, half, NOTHING_YET) == (0.05, 1.0)
    assert use_of_contract(info, half, half) == (0.5, 0.1)
    assert use_of_contract(info, None, None) == (None, None)
