"""What the readings mean: verdicts on links, endpoints and sites. Pure functions: no clock, no network, no files.

Only what is fresh enough comes in here; ``None`` means that there is no fresh value. The order of the rules is
the order of the code.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from phusong.collectors.readings import InterfaceReading, PingReading
from phusong.exporters.snapshot import Isolation, Verdict

ADMIN_DOWN = 2
OPER_UP = 1
OPER_NOT_UP = frozenset({2, 3, 5, 6, 7})
"""down, testing, dormant, notPresent, lowerLayerDown; unknown(4) and numbers outside of the MIB prove nothing."""


@dataclass(frozen=True, slots=True)
class EndEvidence:
    """One end of a link: its fresh reading, and whether the device was asked lately and gave no answer."""

    reading: InterfaceReading | None
    silent: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict before maintenance is taken into account, and whether traffic can pass; ``None``: not known."""

    verdict: Verdict
    up: bool | None


UP = Finding(Verdict.UP, up=True)
SNMP_DEAD = Finding(Verdict.SNMP_DEAD, up=True)
ADMINISTRATIVELY_DOWN = Finding(Verdict.ADMIN_DOWN, up=False)
DOWN = Finding(Verdict.DOWN, up=False)
UNREACHABLE = Finding(Verdict.UNREACHABLE, up=False)
UNKNOWN = Finding(Verdict.UNKNOWN, up=None)


def judge_link(
    near: EndEvidence | None, far: EndEvidence | None, ping: PingReading | None, *, pinged: bool
) -> Finding:
    """Judge a link from what its ends and the echo requests to its far side say.

    ``pinged`` tells whether the link has an address to ping at all; an end that the inventory does not name is
    ``None``. A hub's interface often stays up while the office is gone, so a far side that answers neither
    SNMP (where it is asked at all) nor ping is unreachable whatever the hub's interface says.
    """
    ends = [end for end in (near, far) if end is not None]
    readings = [end.reading for end in ends if end.reading is not None]
    echo = ping is not None and ping.received > 0
    no_echo = not echo if ping is not None else not pinged
    if any(reading.admin_status == ADMIN_DOWN for reading in readings):
        return ADMINISTRATIVELY_DOWN
    if any(reading.oper_status in OPER_NOT_UP for reading in readings):
        return DOWN
    if (far is None or far.silent) and pinged and ping is not None and not echo:
        return UNREACHABLE
    if any(reading.oper_status == OPER_UP for reading in readings):
        return UP
    if readings:
        return UP if echo else UNKNOWN
    return _judge_silence(all(end.silent for end in ends), echo=echo, no_echo=no_echo)


def down_for_s(readings: Iterable[InterfaceReading]) -> float | None:
    """Return for how many seconds an interface has not been up, by its own clock (sysUpTime - ifLastChange).

    ``None`` when all are up or none says; a last change later than sysUpTime is nonsense and says nothing.
    """
    ages = [
        (reading.sys_uptime_ticks - reading.last_change_ticks) / 100
        for reading in readings
        if (reading.oper_status in OPER_NOT_UP or reading.admin_status == ADMIN_DOWN)
        and reading.sys_uptime_ticks is not None
        and reading.last_change_ticks is not None
        and reading.sys_uptime_ticks >= reading.last_change_ticks
    ]
    return max(ages, default=None)


def judge_endpoint(*, answers: bool, silent: bool, ping: PingReading | None) -> Finding:
    """Judge an endpoint from whether it answers SNMP and echo requests."""
    if answers:
        return UP
    echo = ping is not None and ping.received > 0
    return _judge_silence(silent, echo=echo, no_echo=ping is not None and not echo)


def _judge_silence(silent: bool, *, echo: bool, no_echo: bool) -> Finding:
    if silent and echo:
        return SNMP_DEAD
    if silent and no_echo:
        return UNREACHABLE
    return UNKNOWN


def judge_site(lines_up: Iterable[bool | None], fallback: bool | None) -> Isolation:
    """Join the states of a site's lines with the fallback coverage of its point.

    A line whose state is not known may be up, so the site is not called cut off because of it.
    """
    states = list(lines_up)
    if any(states):
        return {True: Isolation.CONNECTED, False: Isolation.AT_RISK, None: Isolation.UNKNOWN}[fallback]
    if not states or None in states:
        return Isolation.UNKNOWN
    return {True: Isolation.ON_FALLBACK, False: Isolation.ISOLATED, None: Isolation.UNKNOWN}[fallback]
