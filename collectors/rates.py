"""From two readings of one interface row to what passed in between, or the reason why that cannot be said.

Pure functions: no clock, no network, no memory. The interval is taken from sysUpTime, since that comes in the same
reply as the counters; this machine's monotonic clock checks it, and stands in where a device has none. Whatever
looks like anything but one row that was counted on in peace gives no figure: a lost interval is better than a
wrong one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .interface_lookup import TICKS, agent_restarted, clock_off_ticks
from .readings import InterfaceReading

LINE_RATE_MARGIN = 1.2
"""A rate above so many times the line rate is no rate: bursts, framing and refresh times explain a fifth."""
WRAP_MARGIN = 1.1
"""A 32-bit counter that fell has wrapped only if the rate that follows is at most so many times the line rate."""
FASTEST_LINE_BPS = 1e12
"""An interface that claims more bit/s than any line has says nothing about its speed (some send 2^31 Mbit/s)."""
SHORTEST_INTERVAL_S = 1.0
"""Readings closer together say little: agents refresh their counters every few seconds."""
WRAP_CLOCK_TOLERANCE_S = 5.0
"""A wrap is believed only while sysUpTime and our clock agree this well: a restart would look the same."""
PACE_RATIO = 2.0
"""sysUpTime may go at up to so many times our pace, or at one so manieth of it, and still be taken for a clock."""
LONGEST_CACHE_S = 60.0
"""So long an agent may go on answering old counters; what it then adds passed since they last moved."""
WRAP = 2**32


class NoRate(StrEnum):
    """Why two readings give no rate. All but the first three count as anomalies."""

    FIRST_READING = "first_reading"
    """There is nothing to compare with."""
    NO_COUNTER = "no_counter"
    """The row has no octet counters."""
    TOO_SOON = "too_soon"
    """The same moment as the reading before, by the device's clock or by ours."""
    OTHER_DEVICE = "other_device"
    """Another device answers at the address."""
    OTHER_ROW = "other_row"
    """The row behind the link has another number or name than before."""
    AGENT_RESTARTED = "agent_restarted"
    """sysUpTime began anew."""
    CLOCK_JUMPED = "clock_jumped"
    """sysUpTime is far ahead of where the time that passed would have brought it."""
    DISCONTINUITY = "discontinuity"
    """ifCounterDiscontinuityTime says that the counters jumped."""
    COUNTERS_SWITCHED = "counters_switched"
    """The reading before was of the other columns, 64-bit or 32-bit."""
    COUNTER_FELL = "counter_fell"
    """A counter is smaller than before and has not wrapped."""
    AMBIGUOUS_WRAP = "ambiguous_wrap"
    """At line rate a 32-bit counter could have wrapped more than once."""
    ABOVE_LINE_RATE = "above_line_rate"
    """More than the line can carry."""


NO_ANOMALY = frozenset({NoRate.FIRST_READING, NoRate.NO_COUNTER, NoRate.TOO_SOON})


@dataclass(frozen=True, slots=True)
class Sample:
    """A reading to compare the next one with."""

    reading: InterfaceReading
    at_s: float
    """When it was read, on a clock that never steps."""
    still_s: float = 0.0
    """How long the octet counters had not moved by then."""


@dataclass(frozen=True, slots=True)
class Interval:
    """What passed through an interface between two readings; ``None`` where the row does not count it."""

    seconds: float
    received_bytes: int | None
    sent_bytes: int | None
    packets: int | None
    """Unicast packets of both directions."""
    errors: int | None
    discards: int | None

    @property
    def receive_bytes_per_s(self) -> float | None:
        """Mean rate towards the interface."""
        return None if self.received_bytes is None else self.received_bytes / self.seconds

    @property
    def transmit_bytes_per_s(self) -> float | None:
        """Mean rate out of the interface."""
        return None if self.sent_bytes is None else self.sent_bytes / self.seconds

    @property
    def error_ratio(self) -> float | None:
        """Packets with errors, of these and the unicast packets together."""
        return _share(self.errors, self.packets)

    @property
    def discard_ratio(self) -> float | None:
        """Packets dropped without an error, of these and the unicast packets together."""
        return _share(self.discards, self.packets)


def line_rate_bps(speed_bps: int | None, contracted_bps: float) -> float:
    """Return the bit/s above which a rate is not believed, before any margin; 0 when nothing is known.

    Devices understate their speed (tunnels and PPPoE say 10 Mbit/s), so the contracted rate counts when it is the
    larger one. Traffic beyond both contradicts the device and the contract.
    """
    return max(speed_bps if speed_bps and speed_bps <= FASTEST_LINE_BPS else 0, contracted_bps)


def compare(
    before: Sample | None, reading: InterfaceReading, at_s: float, contracted_bps: float
) -> Interval | NoRate:
    """Return what passed since ``before``, or why nobody can say.

    ``contracted_bps`` is the larger contracted rate of the line, in bit/s.
    """
    if before is None:
        return NoRate.FIRST_READING
    was = before.reading
    if (was.if_index, was.if_name) != (reading.if_index, reading.if_name):
        return NoRate.OTHER_ROW
    elapsed_s = at_s - before.at_s
    seconds = seconds_between(was, reading, elapsed_s)
    if isinstance(seconds, NoRate):
        return seconds
    if None not in (was.discontinuity_ticks, reading.discontinuity_ticks) and (
        was.discontinuity_ticks != reading.discontinuity_ticks
    ):
        return NoRate.DISCONTINUITY
    if reading.octets_bits is None:
        return NoRate.NO_COUNTER
    if was.octets_bits != reading.octets_bits:
        return NoRate.COUNTERS_SWITCHED
    line_rate = line_rate_bps(reading.speed_bps, contracted_bps) / 8
    gains = _gain(was.in_octets, reading.in_octets), _gain(was.out_octets, reading.out_octets)
    if reading.octets_bits == 32 and line_rate * seconds >= WRAP:
        return NoRate.AMBIGUOUS_WRAP
    if min(gains) < 0:
        one_fell = reading.octets_bits == 32 and max(gains) >= 0 and not _packets_fell(was, reading)
        in_step = was.sys_uptime_ticks is not None and abs(seconds - elapsed_s) <= WRAP_CLOCK_TOLERANCE_S
        gains = gains[0] % WRAP, gains[1] % WRAP
        if not (one_fell and in_step and max(gains) <= WRAP_MARGIN * line_rate * seconds):
            return NoRate.COUNTER_FELL
    return _within_line_rate(before, reading, seconds, gains, line_rate)


def seconds_between(was: InterfaceReading, reading: InterfaceReading, elapsed_s: float) -> float | NoRate:
    """Return how many seconds lie between two readings: by sysUpTime, of which ``elapsed_s`` is the check.

    sysUpTime wraps after 497 days (2^32/100 s); that is no restart. One that stands still while counters move, or
    goes at less than half or more than twice our pace, is no clock: there our own counts, as for a device that
    has none.
    """
    before_ticks, ticks = was.sys_uptime_ticks, reading.sys_uptime_ticks
    seconds = elapsed_s
    if before_ticks is not None and ticks is not None:
        if agent_restarted(before_ticks, ticks, elapsed_s):
            return NoRate.AGENT_RESTARTED
        if ticks == before_ticks and _octets(was) == _octets(reading):
            return NoRate.TOO_SOON
        if ticks != before_ticks and clock_off_ticks(before_ticks, ticks, elapsed_s):
            return NoRate.CLOCK_JUMPED
        by_device_s = (ticks - before_ticks) % TICKS / 100
        if elapsed_s <= PACE_RATIO * by_device_s <= PACE_RATIO**2 * elapsed_s:
            seconds = by_device_s
    return seconds if seconds >= SHORTEST_INTERVAL_S else NoRate.TOO_SOON


def _octets(reading: InterfaceReading) -> tuple[int | None, int | None]:
    return reading.in_octets, reading.out_octets


def next_sample(
    before: Sample | None, reading: InterfaceReading, at_s: float, outcome: Interval | NoRate
) -> Sample:
    """Return what to compare the next reading with: this one, unless it came too soon after the one before.

    After an anomaly counting begins anew from here: a device that once went backwards is not excluded for ever.
    """
    if before is not None and outcome is NoRate.TOO_SOON:
        return before
    still_s = 0.0
    if before is not None and isinstance(outcome, Interval) and not (outcome.received_bytes or outcome.sent_bytes):
        still_s = before.still_s + outcome.seconds
    return Sample(reading, at_s, still_s)


def _within_line_rate(
    before: Sample, reading: InterfaceReading, seconds: float, gains: tuple[int, int], line_rate: float
) -> Interval | NoRate:
    """Make an interval of these bytes, unless no line carries so much in this time.

    An agent that answers old counters for a while adds at once what passed meanwhile: hence a second look over
    the time since they last moved.
    """
    most = LINE_RATE_MARGIN * line_rate
    if line_rate and max(gains) > most * seconds:
        if not 0 < before.still_s <= LONGEST_CACHE_S or max(gains) > most * (seconds + before.still_s):
            return NoRate.ABOVE_LINE_RATE
        seconds += before.still_s
    was = before.reading
    return Interval(
        seconds=seconds,
        received_bytes=None if reading.in_octets is None else gains[0],
        sent_bytes=None if reading.out_octets is None else gains[1],
        packets=_sum_of_gains(
            (was.in_ucast_packets, reading.in_ucast_packets), (was.out_ucast_packets, reading.out_ucast_packets)
        ),
        errors=_sum_of_gains((was.in_errors, reading.in_errors), (was.out_errors, reading.out_errors)),
        discards=_sum_of_gains((was.in_discards, reading.in_discards), (was.out_discards, reading.out_discards)),
    )


def _packets_fell(was: InterfaceReading, reading: InterfaceReading) -> bool:
    """Tell whether a packet counter fell, or may have: those wrap far more rarely than octets, so it was a reset.

    Readings of other columns cannot be compared, nor one kept over our own restart, which has octets only.
    """
    return was.packets_bits != reading.packets_bits or (
        min(
            _gain(was.in_ucast_packets, reading.in_ucast_packets),
            _gain(was.out_ucast_packets, reading.out_ucast_packets),
        )
        < 0
    )


def _gain(before: int | None, now: int | None) -> int:
    return 0 if before is None or now is None else now - before


def _sum_of_gains(*pairs: tuple[int | None, int | None]) -> int | None:
    """Return what counters gained together; ``None`` where one is missing or fell."""
    gains = [now - before for before, now in pairs if before is not None and now is not None]
    return sum(gains) if gains and min(gains) >= 0 else None


def _share(part: int | None, packets: int | None) -> float | None:
    if part is None or packets is None:
        return None
    return part / (part + packets) if part else 0.0
