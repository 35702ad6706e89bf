"""Room or line: where a poor call goes wrong, as a table of all that may be known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rows_made import ECHO, LOSSY, NO_ECHO, OUT, link_row, port_reading, port_traffic

from phusong.agent.judging.room_or_line import find_call_fault
from phusong.collectors.readings import InterfaceReading, PingReading
from phusong.exporters.snapshot import LINK_VERDICTS, CallFault, Degradation, EndTraffic, LinkRow, Verdict

LINE, ROOM, UNKNOWN = CallFault.LINE, CallFault.ROOM, CallFault.UNKNOWN
DEGRADED = link_row(Verdict.DEGRADED, degradations=(Degradation.LOSS, Degradation.RTT), rule="loss")
LOSING = link_row(ping=LOSSY)
FAST_ETHERNET, ETHERNET = port_reading(speed_bps=100_000_000), port_reading(speed_bps=10_000_000)


@pytest.mark.parametrize(
    ("link", "ping", "port", "traffic", "fault", "why"),
    [
        (link_row(), ECHO, None, None, ROOM, "link l1 is clean"),
        (link_row(), None, port_reading(), port_traffic(), ROOM, "link l1 is clean"),
        (link_row(Verdict.CONGESTED, rule="use_down"), ECHO, None, None, LINE, "link l1 is congested: use_down"),
        (DEGRADED, ECHO, None, None, LINE, "link l1 is degraded: loss, rtt"),
        (DEGRADED, ECHO, ETHERNET, port_traffic(0.5, 0.5), LINE, "link l1 is degraded: loss, rtt"),
        (link_row(Verdict.MAINTENANCE, degradations=(Degradation.LOSS,)), ECHO, None, None, LINE, "loss"),
        *((link_row(verdict), ECHO, None, None, LINE, f"link l1 is {verdict}") for verdict in sorted(OUT)),
        (link_row(), ECHO, ETHERNET, None, ROOM, "its port runs at 10 Mbit/s"),
        (link_row(), ECHO, FAST_ETHERNET, port_traffic(), ROOM, "link l1 is clean"),
        (link_row(), ECHO, port_reading(oper=2, speed_bps=10_000_000), None, ROOM, "link l1 is clean"),
        (link_row(), ECHO, port_reading(speed_bps=0), None, ROOM, "link l1 is clean"),
        (link_row(), ECHO, port_reading(speed_bps=None), None, ROOM, "link l1 is clean"),
        (link_row(), ECHO, None, port_traffic(errors=0.002), ROOM, "its port has errors: 0.20% of all packets"),
        (link_row(), ECHO, None, port_traffic(drops=0.05), ROOM, "its port has drops: 5.00% of all packets"),
        (link_row(), ECHO, None, port_traffic(0.001, 0.001), ROOM, "link l1 is clean"),
        (link_row(), ECHO, None, port_traffic(None, None), ROOM, "link l1 is clean"),
        (LOSING, LOSSY, None, None, LINE, "echo requests are lost on the way to the office's router"),
        (LOSING, LOSSY, ETHERNET, None, ROOM, "its port runs at 10 Mbit/s"),
        (link_row(), LOSSY, None, None, ROOM, "echo requests are lost behind the office's router only"),
        (link_row(), NO_ECHO, None, None, ROOM, "link l1 is clean"),
        (link_row(ping=None), LOSSY, None, None, ROOM, "behind the office's router only"),
        (None, LOSSY, None, None, ROOM, "behind the office's router only"),
        (None, None, ETHERNET, None, ROOM, "its port runs at 10 Mbit/s"),
        (None, ECHO, port_reading(), port_traffic(), UNKNOWN, "nothing is known of its line"),
        (None, None, None, None, UNKNOWN, "nothing is known of its line"),
        (link_row(Verdict.UNKNOWN), ECHO, None, None, UNKNOWN, "nothing is known of its line"),
        (link_row(Verdict.SNMP_DEAD), ECHO, None, None, UNKNOWN, "it is snmp_dead"),
        (link_row(Verdict.MAINTENANCE), ECHO, None, None, UNKNOWN, "it is maintenance"),
        (link_row(Verdict.MAINTENANCE, up=None), ECHO, None, None, UNKNOWN, "nothing is known of its line"),
    ],
)  # fmt: skip
def test_where_a_call_goes_wrong(
    link: LinkRow | None,
    ping: PingReading | None,
    port: InterfaceReading | None,
    traffic: EndTraffic | None,
    fault: CallFault,
    why: str,
) -> None:
    """What is wrong with the line comes first, then the port, then where echo requests get lost."""
    found = find_call_fault(link, ping, port, traffic)
    assert (found.fault, why in found.seen_by) == (fault, True), found


PINGS = st.sampled_from([ECHO, LOSSY, NO_ECHO, None])


@given(
    st.none() | st.builds(link_row, st.sampled_from(LINK_VERDICTS), ping=PINGS),
    PINGS,
    st.none() | st.builds(port_reading, st.sampled_from([1, 2, None]), st.sampled_from([None, 0, 10**7, 10**9])),
    st.none() | st.builds(port_traffic, *[st.none() | st.floats(0, 1)] * 2),
)  # fmt: skip
def test_the_line_is_never_blamed_without_a_sign(
    link: LinkRow | None, ping: PingReading | None, port: InterfaceReading | None, traffic: EndTraffic | None
) -> None:
    """A carrier hears of it only when its line is out, bad, full or loses echo requests; and always why."""
    found = find_call_fault(link, ping, port, traffic)
    assert found.seen_by
    assert bool(found.cause) is (found.fault is CallFault.LINE)
    if found.fault is CallFault.LINE:
        assert link is not None
        assert link.up is False or link.verdict is not Verdict.UP or link.ping in (LOSSY, NO_ECHO)


def test_a_full_uplink_is_named_itself() -> None:
    """The office's own line is clean: whoever is called must hear of the one before it."""
    uplink = link_row(Verdict.CONGESTED, "hub1", rule="use_down")
    found = find_call_fault(link_row(), ECHO, port_reading(), None, uplinks=(link_row(link_id="x"), uplink))
    assert (found.fault, found.cause) == (LINE, "link hub1")
    assert found.seen_by == "link hub1 is congested: use_down"
