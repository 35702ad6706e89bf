"""Rates that can be trusted: every way in which two readings of a row give none, and that all others are exact."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phusong.collectors.interface_memory import remembered_reading
from phusong.collectors.rates import (
    LINE_RATE_MARGIN,
    LONGEST_CACHE_S,
    WRAP,
    Interval,
    NoRate,
    Sample,
    compare,
    line_rate_bps,
    next_sample,
)
from phusong.collectors.readings import InterfaceReading

FAST = 100e6
"""The contracted bit/s of the line: 12.5 MB/s."""
TICKS = 2**32


def reading(**fields: Any) -> InterfaceReading:
    plain = remembered_reading(
        "hub",
        if_index=1,
        if_name="Gi0/1",
        sys_uptime_ticks=1_000_000,
        discontinuity_ticks=0,
        octets_bits=64,
        in_octets=10**12,
        out_octets=10**11,
    )
    counters = {"in_ucast_packets": 5000, "out_ucast_packets": 4000, "packets_bits": 64, "in_errors": 1}
    more = {"out_errors": 2, "in_discards": 3, "out_discards": 4, "speed_bps": 100_000_000}
    return replace(plain, **{**counters, **more, **fields})


def after(was: InterfaceReading, seconds: float = 30.0, **fields: Any) -> InterfaceReading:
    """Return the reading that follows: its clock has moved on, and the fields named are others."""
    ticks = was.sys_uptime_ticks
    moved = None if ticks is None else (ticks + round(seconds * 100)) % TICKS
    return replace(was, **{"sys_uptime_ticks": moved, **fields})


def between(
    was: InterfaceReading, now: InterfaceReading, elapsed_s: float = 30.0, contracted: float = FAST
) -> Interval | NoRate:
    return compare(Sample(was, 500.0), now, 500.0 + elapsed_s, contracted)


def octets(was: InterfaceReading, gain: int, sent: int = 0, **fields: Any) -> InterfaceReading:
    assert was.in_octets is not None
    assert was.out_octets is not None
    return after(was, in_octets=was.in_octets + gain, out_octets=was.out_octets + sent, **fields)


OLD = {"octets_bits": 32, "packets_bits": 32}


def test_what_passed_is_the_difference() -> None:
    """Bytes and packets of both directions over the seconds by sysUpTime; shares of errors and discards."""
    was = reading()
    now = octets(
        was,
        300_000_000,
        30_000_000,
        in_ucast_packets=5400,
        out_ucast_packets=4590,
        in_errors=6,
        out_errors=7,
        in_discards=13,
    )
    outcome = between(was, now, elapsed_s=31.0)
    assert outcome == Interval(30.0, 300_000_000, 30_000_000, 990, 10, 10)
    assert isinstance(outcome, Interval)
    assert (outcome.receive_bytes_per_s, outcome.transmit_bytes_per_s) == (10_000_000, 1_000_000)
    assert (outcome.error_ratio, outcome.discard_ratio) == (0.01, 0.01)


def test_a_quiet_line_has_rates_of_zero() -> None:
    """Nothing passed is a fact, and no error of nothing is a share of 0."""
    outcome = between(reading(), after(reading()))
    assert isinstance(outcome, Interval)
    assert (outcome.receive_bytes_per_s, outcome.transmit_bytes_per_s) == (0, 0)
    assert (outcome.error_ratio, outcome.discard_ratio) == (0, 0)


def test_a_direction_that_is_not_counted_has_no_rate() -> None:
    """A row without ifOutOctets still has its other direction."""
    was = reading(out_octets=None)
    outcome = between(was, after(was, in_octets=10**12 + 30))
    assert isinstance(outcome, Interval)
    assert (outcome.receive_bytes_per_s, outcome.transmit_bytes_per_s) == (1, None)


def test_packet_counters_that_fell_cost_the_shares_only() -> None:
    """The bytes of the row are sound; a share of packets that fell would be nonsense."""
    outcome = between(reading(), octets(reading(), 3000, in_ucast_packets=0))
    assert isinstance(outcome, Interval)
    assert (outcome.received_bytes, outcome.packets, outcome.error_ratio) == (3000, None, None)


NO_RATE: dict[str, tuple[InterfaceReading, InterfaceReading, float, NoRate]] = {
    "another number": (reading(), octets(reading(), 1, if_index=2), 30, NoRate.OTHER_ROW),
    "another name": (reading(), octets(reading(), 1, if_name="Gi0/2"), 30, NoRate.OTHER_ROW),
    "agent restarted": (reading(), octets(reading(), 1, sys_uptime_ticks=500), 30, NoRate.AGENT_RESTARTED),
    "restarted long ago": (
        reading(),
        octets(reading(), 1, sys_uptime_ticks=900_000),
        3600,
        NoRate.AGENT_RESTARTED,
    ),
    "another, older device": (
        reading(),
        octets(reading(), 1, sys_uptime_ticks=9_000_000),
        30,
        NoRate.CLOCK_JUMPED,
    ),
    "discontinuity": (reading(), octets(reading(), 1, discontinuity_ticks=1_001_000), 30, NoRate.DISCONTINUITY),
    "no counters": (
        reading(octets_bits=None, in_octets=None, out_octets=None),
        after(reading(octets_bits=None, in_octets=None, out_octets=None)),
        30,
        NoRate.NO_COUNTER,
    ),
    "64 to 32 bit": (reading(), octets(reading(), 1, octets_bits=32), 30, NoRate.COUNTERS_SWITCHED),
    "32 to 64 bit": (reading(**OLD), octets(reading(**OLD), 1, octets_bits=64), 30, NoRate.COUNTERS_SWITCHED),
    "64 bit fell": (reading(), octets(reading(), -1), 30, NoRate.COUNTER_FELL),
    "64 bit fell to nothing": (reading(), octets(reading(), -(10**12)), 30, NoRate.COUNTER_FELL),
    "64 bit near its end fell": (
        reading(in_octets=2**64 - 10),
        octets(reading(in_octets=2**64 - 10), 20 - 2**64),
        30,
        NoRate.COUNTER_FELL,
    ),
    "the other direction fell": (reading(), octets(reading(), 9, -1), 30, NoRate.COUNTER_FELL),
    "above the line rate": (reading(), octets(reading(), 460_000_000), 30, NoRate.ABOVE_LINE_RATE),
    "petabit": (reading(), octets(reading(), 10**18), 30, NoRate.ABOVE_LINE_RATE),
    "sent above the line rate": (reading(), octets(reading(), 0, 460_000_000), 30, NoRate.ABOVE_LINE_RATE),
    "the same moment": (reading(), reading(), 0.0, NoRate.TOO_SOON),
    "the same answer again": (reading(), reading(), 30, NoRate.TOO_SOON),
    "half a second later": (reading(), after(reading(), 0.5, in_octets=10**12 + 1), 0.5, NoRate.TOO_SOON),
    # FRITZ!Box: no wrap, 5,095 octets less
    "32 bit fell a little": (
        reading(in_octets=3717616438, **OLD),
        octets(reading(in_octets=3717616438, **OLD), -5095),
        30,
        NoRate.COUNTER_FELL,
    ),
    "32 bit was cleared": (
        reading(in_octets=WRAP - 100, **OLD),
        octets(reading(in_octets=WRAP - 100, **OLD), 50 - WRAP, in_ucast_packets=0),
        30,
        NoRate.COUNTER_FELL,
    ),
    "32 bit both directions fell": (
        reading(in_octets=WRAP - 100, out_octets=WRAP - 100, **OLD),
        octets(reading(in_octets=WRAP - 100, out_octets=WRAP - 100, **OLD), 200 - WRAP, 200 - WRAP),
        30,
        NoRate.COUNTER_FELL,
    ),
    "32 bit seems wrapped, packets not remembered": (
        reading(in_octets=WRAP - 1000, octets_bits=32, packets_bits=None),
        octets(reading(in_octets=WRAP - 1000, **OLD), 3000 - WRAP),
        30,
        NoRate.COUNTER_FELL,
    ),
    "32 bit wrapped, our clock disagrees": (
        reading(in_octets=WRAP - 100, **OLD),
        octets(reading(in_octets=WRAP - 100, **OLD), 200 - WRAP),
        40,
        NoRate.COUNTER_FELL,
    ),
    "32 bit wrapped, no clock": (
        reading(in_octets=WRAP - 100, sys_uptime_ticks=None, **OLD),
        octets(reading(in_octets=WRAP - 100, sys_uptime_ticks=None, **OLD), 200 - WRAP),
        30,
        NoRate.COUNTER_FELL,
    ),
    "32 bit at 10 Gbit/s": (
        reading(speed_bps=10**10, in_octets=5, **OLD),
        octets(reading(speed_bps=10**10, in_octets=5, **OLD), 9),
        30,
        NoRate.AMBIGUOUS_WRAP,
    ),
    "32 bit at 1 Gbit/s, a minute": (
        reading(speed_bps=10**9, in_octets=5, **OLD),
        after(reading(speed_bps=10**9, in_octets=5, **OLD), 60.0, in_octets=14),
        60,
        NoRate.AMBIGUOUS_WRAP,
    ),
}


@pytest.mark.parametrize(("was", "now", "elapsed_s", "reason"), NO_RATE.values(), ids=NO_RATE)
def test_no_rate_and_why(was: InterfaceReading, now: InterfaceReading, elapsed_s: float, reason: NoRate) -> None:
    """Whatever is not one row counted on in peace gives no figure, but its reason."""
    assert between(was, now, elapsed_s) is reason


def test_every_reason_is_given_somewhere() -> None:
    """The table above has a case for each reason; the device's identity is judged by who asks it."""
    elsewhere = {NoRate.FIRST_READING, NoRate.OTHER_DEVICE}
    assert {reason for *_, reason in NO_RATE.values()} | elsewhere == set(NoRate)
    assert compare(None, reading(), 0.0, FAST) is NoRate.FIRST_READING


RATE: dict[str, tuple[InterfaceReading, InterfaceReading, float, int]] = {
    "sysUpTime wrapped": (
        reading(sys_uptime_ticks=TICKS - 1000),
        octets(reading(sys_uptime_ticks=TICKS - 1000), 3000),
        30,
        3000,
    ),
    "no sysUpTime": (reading(sys_uptime_ticks=None), octets(reading(sys_uptime_ticks=None), 3000), 30, 3000),
    "a clock that stands still": (reading(), octets(reading(), 3000, sys_uptime_ticks=1_000_000), 30, 3000),
    "a clock that counts seconds": (reading(), octets(reading(), 3000, sys_uptime_ticks=1_000_030), 30, 3000),
    "32 bit": (reading(in_octets=5, **OLD), octets(reading(in_octets=5, **OLD), 3000), 30, 3000),
    "32 bit wrapped": (
        reading(in_octets=WRAP - 1000, **OLD),
        octets(reading(in_octets=WRAP - 1000, **OLD), 3000 - WRAP),
        30,
        3000,
    ),
    "32 bit at 1 Gbit/s": (
        reading(speed_bps=10**9, in_octets=WRAP - 1, **OLD),
        octets(reading(speed_bps=10**9, in_octets=WRAP - 1, **OLD), 3_600_000_000 - WRAP),
        30,
        3_600_000_000,
    ),
    "above the interface's word, within the contract": (
        reading(speed_bps=10_000_000),
        octets(reading(speed_bps=10_000_000), 375_000_000),
        30,
        375_000_000,
    ),
    "speed 0": (reading(speed_bps=0), octets(reading(speed_bps=0), 375_000_000), 30, 375_000_000),
    "speed unknown": (reading(speed_bps=None), octets(reading(speed_bps=None), 375_000_000), 30, 375_000_000),
    "a burst of a fifth": (reading(), octets(reading(), 449_000_000), 30, 449_000_000),
    "discontinuity is no longer said": (reading(), octets(reading(), 3000, discontinuity_ticks=None), 30, 3000),
    "above 2^53": (reading(in_octets=2**53), octets(reading(in_octets=2**53), 1), 30, 1),
}


@pytest.mark.parametrize(("was", "now", "elapsed_s", "received"), RATE.values(), ids=RATE)
def test_rates_of_odd_devices(
    was: InterfaceReading, now: InterfaceReading, elapsed_s: float, received: int
) -> None:
    """Wraps, missing and broken clocks, and speeds that lie do not cost a true rate."""
    outcome = between(was, now, elapsed_s)
    assert isinstance(outcome, Interval)
    assert (outcome.seconds, outcome.received_bytes) == (30, received)


@pytest.mark.parametrize(
    ("speed", "contracted", "line_rate"),
    [
        (1e9, 1e7, 1e9),
        (1e7, 5e7, 5e7),  # a tunnel that says 10M (librenms#2377)
        (0, 5e7, 5e7),
        (None, 5e7, 5e7),
        (2**31 * 1_000_000, 5e7, 5e7),  # nonsense says nothing
        (None, 0, 0),
    ],
)
def test_the_line_rate_is_the_larger_word(speed: int | None, contracted: float, line_rate: float) -> None:
    """Of what the interface says and what was agreed, and nothing absurd."""
    assert line_rate_bps(speed, contracted) == line_rate


def test_without_any_line_rate_64_bits_are_believed() -> None:
    """No speed and no contract: there is no limit to compare with."""
    was = reading(speed_bps=None)
    assert isinstance(between(was, octets(was, 10**15), contracted=0.0), Interval)


def test_after_a_fall_counting_goes_on() -> None:
    """A counter that once went backwards is not shut out for ever: the next interval counts from there."""
    was = Sample(reading(), 500.0)
    fell = octets(reading(), -(10**12))
    outcome = compare(was, fell, 530.0, FAST)
    assert outcome is NoRate.COUNTER_FELL
    reseeded = next_sample(was, fell, 530.0, outcome)
    again = compare(reseeded, octets(fell, 3000), 560.0, FAST)
    assert isinstance(again, Interval)
    assert again.received_bytes == 3000


def test_a_reading_of_the_same_moment_moves_nothing() -> None:
    """The next interval still begins at the reading before."""
    was = Sample(reading(), 500.0)
    outcome = compare(was, reading(), 500.2, FAST)
    assert next_sample(was, reading(), 500.2, outcome) is was


def test_an_agent_that_caches_is_measured_over_what_it_cached() -> None:
    """Counters that stood still for an interval and then add two intervals' bytes are no anomaly."""
    first = Sample(reading(), 500.0)
    stale = after(reading())
    outcome = compare(first, stale, 530.0, FAST)
    second = next_sample(first, stale, 530.0, outcome)
    assert second.still_s == 30.0
    fresh = octets(stale, 700_000_000)
    caught_up = compare(second, fresh, 560.0, FAST)
    assert isinstance(caught_up, Interval)
    assert (caught_up.received_bytes, caught_up.seconds) == (700_000_000, 60.0)
    assert next_sample(second, fresh, 560.0, caught_up).still_s == 0.0
    assert compare(replace(second, still_s=LONGEST_CACHE_S + 1), fresh, 560.0, FAST) is NoRate.ABOVE_LINE_RATE


@given(
    gains=st.lists(st.tuples(st.integers(0, 449_000_000), st.integers(0, 449_000_000)), min_size=1, max_size=20),
    start=st.tuples(st.integers(0, WRAP - 1), st.integers(0, WRAP - 1)),
    bits=st.sampled_from((32, 64)),
    ticks=st.integers(0, TICKS - 1),
)
def test_32_bits_are_as_good_as_64(
    gains: list[tuple[int, int]], start: tuple[int, int], bits: int, ticks: int
) -> None:
    """Whatever passes within the line's rate, wraps give exactly that; only both at once are a doubt."""
    modulus = 2**bits
    true = [start[0], start[1]]
    was = reading(
        octets_bits=bits, packets_bits=None, in_octets=true[0], out_octets=true[1], sys_uptime_ticks=ticks
    )
    for gain in gains:
        wraps = [(true[n] % modulus) + gain[n] >= modulus for n in (0, 1)]
        true = [true[0] + gain[0], true[1] + gain[1]]
        now = after(was, in_octets=true[0] % modulus, out_octets=true[1] % modulus)
        outcome = between(was, now)
        if all(wraps):
            assert outcome is NoRate.COUNTER_FELL
        else:
            assert isinstance(outcome, Interval)
            assert (outcome.received_bytes, outcome.sent_bytes) == gain
        was = now


counters = st.none() | st.integers(0, 2**64 - 1)
ticks_said = st.none() | st.integers(0, 2**33)
any_reading = st.builds(
    reading,
    octets_bits=st.sampled_from((None, 32, 64)),
    packets_bits=st.sampled_from((None, 32, 64)),
    in_octets=counters,
    out_octets=counters,
    in_ucast_packets=counters,
    out_ucast_packets=counters,
    in_errors=counters,
    out_errors=counters,
    in_discards=counters,
    out_discards=counters,
    sys_uptime_ticks=ticks_said,
    discontinuity_ticks=ticks_said,
    speed_bps=counters,
)


@given(any_reading, any_reading, st.floats(-1e9, 1e9), st.floats(0, 1e6), st.floats(1.0, 1e10))
def test_no_two_readings_give_a_negative_or_impossible_rate(
    was: InterfaceReading, now: InterfaceReading, elapsed_s: float, still_s: float, contracted: float
) -> None:
    """Whatever a device answers: a reason, or figures from 0 to 1.2 times the line rate, shares from 0 to 1."""
    outcome = compare(Sample(was, 0.0, still_s), now, elapsed_s, contracted)
    if isinstance(outcome, NoRate):
        return
    most = LINE_RATE_MARGIN * line_rate_bps(now.speed_bps, contracted) / 8
    for rate in (outcome.receive_bytes_per_s, outcome.transmit_bytes_per_s):
        assert rate is None or 0 <= rate <= most * 1.000001
    for share in (outcome.error_ratio, outcome.discard_ratio):
        assert share is None or 0 <= share <= 1
