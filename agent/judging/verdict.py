"""What the readings mean: verdicts on links, endpoints and sites. Pure functions: no clock, no network, no files.

Only what is fresh enough comes in here; ``None`` means that there is no fresh value. The order of the rules is
the order of the code.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from math import inf

from phusong.collectors.readings import InterfaceReading, PingReading
from phusong.exporters.snapshot import Isolation, Verdict

from .call_limits import DEFAULT_CALL_LIMITS, CallFacts, CallLimits
from .quality import Quality

ADMIN_DOWN = 2
OPER_UP = 1
FEWEST_LOST_BURSTS = 2
"""Where ping is all the evidence, one burst without an answer condemns nothing."""
OPER_NOT_UP = frozenset({2, 3, 5, 6, 7})
"""down, testing, dormant, notPresent, lowerLayerDown; unknown(4) and numbers outside of the MIB prove nothing."""


@dataclass(frozen=True, slots=True)
class EndEvidence:
    """One end of a link: its fresh reading, and whether the device was asked lately and gave no answer."""

    reading: InterfaceReading | None
    silent: bool
    heard_at: float = -inf
    """When the device last answered or failed to, on a clock that only rises."""

    @property
    def asked(self) -> bool:
        """Whether the device has been asked at all."""
        return self.reading is not None or self.silent or self.heard_at > -inf


class Rule(StrEnum):
    """Why a verdict was reached: each rule belongs to one verdict."""

    WINDOW = "window"
    """maintenance: a window covers now."""
    ADMIN_STATUS = "admin_status"
    """admin_down: an end says ifAdminStatus down."""
    PARENT_LINK = "parent_link"
    """parent_down: the line before it is out."""
    PARENT_DEVICE = "parent_device"
    """parent_down: the hub, or another device before it, is gone."""
    SITE_LINES = "site_lines"
    """parent_down of an endpoint: all lines of its site are out."""
    OPER_STATUS = "oper_status"
    """down: an end that answers says the interface is not up."""
    NO_ANSWER = "no_answer"
    """unreachable: nothing of it answers."""
    FAR_SIDE_SILENT = "far_side_silent"
    """unreachable: the hub's interface is up, but nothing answers behind it."""
    ECHO_ONLY = "echo_only"
    """snmp_dead: ping answers, SNMP does not."""
    USE_DOWN = "use_down"
    """congested: towards the office."""
    USE_UP = "use_up"
    """congested: from the office."""
    LOSS = "loss"
    RTT = "rtt"
    ERRORS = "errors"
    FLAPPING = "flapping"
    """These four: degraded."""
    OPER_UP = "oper_up"
    """up: an end that answers says the interface is up."""
    ECHO_DESPITE_STATUS = "echo_despite_status"
    """up: the interface's status proves nothing, but ping answers."""
    ANSWERS = "answers"
    """ready: the endpoint answers SNMP, or a service by which calls come in."""
    NO_CALL_SERVICE = "no_call_service"
    """no_service: the endpoint is there, but neither SIP nor H.323 answers."""
    REGISTRATION = "registration"
    """not_registered: it says that it is not registered."""
    BAD_CALL = "bad_call"
    """poor_call: loss, jitter or latency of its call is beyond what is good."""
    GOOD_CALL = "good_call"
    """in_call: it is in a call, and nothing is known to be wrong with that."""
    UNCLEAR_STATUS = "unclear_status"
    """unknown: the interface's status proves nothing, and ping does not answer."""
    PARENT_UNHEARD = "parent_unheard"
    """unknown: it is out, but whether by itself is not known before what it hangs on was asked."""
    NO_FRESH_DATA = "no_fresh_data"
    """unknown: not asked yet, values too old, or an answer that says nothing of the interface."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict, whether traffic can pass (``None``: not known) and why.

    ``cause`` names what is at fault where that is not the thing itself: ``link hl-07``, ``device hub-1``.
    """

    verdict: Verdict
    up: bool | None
    rule: Rule
    cause: str = ""


UP = Finding(Verdict.UP, True, Rule.OPER_UP)
UP_BY_ECHO = Finding(Verdict.UP, True, Rule.ECHO_DESPITE_STATUS)
ANSWERS = Finding(Verdict.READY, True, Rule.ANSWERS)
NO_SERVICE = Finding(Verdict.NO_SERVICE, True, Rule.NO_CALL_SERVICE)
NOT_REGISTERED = Finding(Verdict.NOT_REGISTERED, True, Rule.REGISTRATION)
IN_CALL = Finding(Verdict.IN_CALL, True, Rule.GOOD_CALL)
POOR_CALL = Finding(Verdict.POOR_CALL, True, Rule.BAD_CALL)
SNMP_DEAD = Finding(Verdict.SNMP_DEAD, True, Rule.ECHO_ONLY)
ADMINISTRATIVELY_DOWN = Finding(Verdict.ADMIN_DOWN, False, Rule.ADMIN_STATUS)
DOWN = Finding(Verdict.DOWN, False, Rule.OPER_STATUS)
UNREACHABLE = Finding(Verdict.UNREACHABLE, False, Rule.NO_ANSWER)
FAR_SIDE_SILENT = Finding(Verdict.UNREACHABLE, False, Rule.FAR_SIDE_SILENT)
UNCLEAR = Finding(Verdict.UNKNOWN, None, Rule.UNCLEAR_STATUS)
UNKNOWN = Finding(Verdict.UNKNOWN, None, Rule.NO_FRESH_DATA)
PARENT_UNHEARD = Finding(Verdict.UNKNOWN, None, Rule.PARENT_UNHEARD)


def judge_link(
    near: EndEvidence | None,
    far: EndEvidence | None,
    ping: PingReading | None,
    *,
    pinged: bool,
    lost_bursts: int = FEWEST_LOST_BURSTS,
) -> Finding:
    """Judge a link from what its ends and the echo requests to its far side say.

    ``pinged`` tells whether the link has an address to ping at all, ``lost_bursts`` how many bursts in a row had
    no answer; an end that the inventory does not name is ``None``. A hub's interface often stays up while the
    office is gone, so a far side that answers neither SNMP (where it is asked at all) nor ping is unreachable
    whatever the hub's interface says. Nothing is known of one that is silent while no ping can be sent, or while
    the other end has not been asked: it may say down. What it hangs on and how well it does come after this:
    ``parents``, ``judge_quality``.
    """
    ends = [end for end in (near, far) if end is not None]
    readings = [end.reading for end in ends if end.reading is not None]
    echo = ping is not None and ping.received > 0
    no_echo = not echo if ping is not None else not pinged
    if any(reading.admin_status == ADMIN_DOWN for reading in readings):
        return ADMINISTRATIVELY_DOWN
    if any(reading.oper_status in OPER_NOT_UP for reading in readings):
        return DOWN
    far_silent = far.silent if far else lost_bursts >= FEWEST_LOST_BURSTS
    if far_silent and pinged and not echo:
        if ping is None or not all(end.asked for end in ends):
            return UNKNOWN
        return FAR_SIDE_SILENT if readings else UNREACHABLE
    if any(reading.oper_status == OPER_UP for reading in readings):
        return UP
    if readings:
        return UP_BY_ECHO if echo else UNCLEAR
    return _judge_silence(all(end.silent for end in ends), echo=echo, no_echo=no_echo)


def await_echo(finding: Finding, kept: Finding | None, *, silent_at: float, pinged_at: float) -> Finding:
    """Return the finding, or the one before while no ping has been sent since SNMP fell silent.

    An answer to ping from before that does not tell a dead agent from a line that went with it.
    """
    if finding is SNMP_DEAD and kept is not None and kept.up and pinged_at < silent_at:
        return kept
    return finding


def await_sign(finding: Finding, kept: Finding | None, *, probed_at: float, alive_at: float) -> Finding:
    """Return the finding, or the one before while no sign of life has come since the services were asked in vain.

    An answer from before that, to SNMP or ping, does not tell one that takes no calls from one that is gone.
    """
    if finding is NO_SERVICE and kept is not None and kept.up and alive_at < probed_at:
        return kept
    return finding


def ends_differ(near: EndEvidence | None, far: EndEvidence | None) -> bool | None:
    """Tell whether one end of a link says up and the other says not up.

    ``None`` unless both ends say so clearly: a status that proves nothing contradicts nobody.
    """
    said = [_says_up(end.reading) for end in (near, far) if end is not None and end.reading is not None]
    if len(said) < 2 or None in said:
        return None
    return said[0] is not said[1]


def _says_up(reading: InterfaceReading) -> bool | None:
    if reading.admin_status == ADMIN_DOWN or reading.oper_status in OPER_NOT_UP:
        return False
    return True if reading.oper_status == OPER_UP else None


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


def judge_quality(finding: Finding, quality: Quality) -> Finding:
    """Return what a link that is up is besides: too full before anything else that is wrong with it."""
    if finding.verdict is not Verdict.UP:
        return finding
    if quality.congested_down or quality.congested_up:
        return Finding(Verdict.CONGESTED, True, Rule.USE_DOWN if quality.congested_down else Rule.USE_UP)
    if quality.degradations:
        return Finding(Verdict.DEGRADED, True, Rule(quality.degradations[0].value))
    return finding


def judge_endpoint(
    *,
    answers: bool,
    silent: bool,
    ping: PingReading | None,
    service: bool | None = None,
    registered: bool | None = None,
    call: CallFacts | None = None,
    limits: CallLimits = DEFAULT_CALL_LIMITS,
) -> Finding:
    """Judge an endpoint: is it there, can it be called, is its call good.

    ``answers`` and ``silent`` are about SNMP. ``service`` tells whether SIP or H.323 answers, ``registered``
    whether it is registered with its call server, ``call`` is the call it is in; ``None`` where that is not known,
    which speaks neither for nor against it.
    """
    echo = ping is not None and ping.received > 0
    if not answers and not service:
        if echo and service is False:
            return NO_SERVICE
        return _judge_silence(silent, echo=echo, no_echo=ping is not None and not echo)
    if service is False:
        return NO_SERVICE
    if registered is False:
        return NOT_REGISTERED
    if call is not None:
        return POOR_CALL if call.beyond(limits) else IN_CALL
    return ANSWERS


def _judge_silence(silent: bool, *, echo: bool, no_echo: bool) -> Finding:
    if silent and echo:
        return SNMP_DEAD
    if silent and no_echo:
        return UNREACHABLE
    return UNKNOWN


def any_up(lines_up: Iterable[bool | None]) -> bool | None:
    """Tell whether one of the lines is up; ``None`` when none is but one may be, or when there is no line."""
    states = list(lines_up)
    if any(states):
        return True
    return None if not states or None in states else False


def judge_site(lines_up: Iterable[bool | None], fallback: bool | None) -> Isolation:
    """Join the states of a site's lines with the fallback coverage of its point.

    A line whose state is not known may be up, so the site is not called cut off because of it.
    """
    up = any_up(lines_up)
    if up is None or fallback is None:
        return Isolation.UNKNOWN
    if up:
        return Isolation.CONNECTED if fallback else Isolation.AT_RISK
    return Isolation.ON_FALLBACK if fallback else Isolation.ISOLATED


def judge_commune(sites: Iterable[Isolation]) -> bool | None:
    """Tell whether a commune is cut off: all its offices with a known state are isolated; ``None`` without any.

    An office whose state cannot be known (no position, no line) would otherwise hide for ever that all others are
    cut off.
    """
    known = [isolation for isolation in sites if isolation is not Isolation.UNKNOWN]
    return all(isolation is Isolation.ISOLATED for isolation in known) if known else None


def judge_device(*, answers: bool, silent: bool, ping: PingReading | None) -> bool | None:
    """Tell whether a device is there: it answers SNMP or ping; ``None`` while it is not known."""
    if answers or (ping is not None and ping.received > 0):
        return True
    return False if silent and ping is not None else None
