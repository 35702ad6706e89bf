"""What each rule of ``verdict`` says, in words for people: why it holds, and what would end that."""

from __future__ import annotations

from phusong.exporters.snapshot import Isolation

from .verdict import Rule

BECAUSE: dict[str, tuple[str, str]] = {
    Rule.WINDOW: (
        "A maintenance window covers now; beneath it the state is judged as always.",
        "The end of the window: phusong maintenance list, phusong maintenance end ID.",
    ),
    Rule.ADMIN_STATUS: (
        "An end that answers says that the interface is switched off (ifAdminStatus down).",
        "Switching the interface on at that device.",
    ),
    Rule.PARENT_LINK: (
        "It is out, and so is the line before it; that was asked again first.",
        "The return of the line before it; then this one is asked at once and judged by its own answer.",
    ),
    Rule.PARENT_DEVICE: (
        "It is out, and so is the hub or another device before it (no SNMP, no ping); that was asked again first.",
        "The return of that device; then this one is asked at once and judged by its own answer.",
    ),
    Rule.SITE_LINES: (
        "It is out, and so are all lines of its office.",
        "The return of one of the lines; then it is asked at once and judged by its own answer.",
    ),
    Rule.OPER_STATUS: (
        "An end that answers says that the interface is not up (ifOperStatus).",
        "The end saying up at the next poll, or at once with a linkUp trap.",
    ),
    Rule.NO_ANSWER: (
        "Nothing of it answers, neither SNMP nor ping, and what it hangs on is there.",
        "An answer to SNMP or to ping.",
    ),
    Rule.FAR_SIDE_SILENT: (
        "The hub's interface is up, but nothing behind it answers, neither SNMP nor ping.",
        "An answer of the far side to SNMP or to ping.",
    ),
    Rule.ECHO_ONLY: (
        "Ping is answered, SNMP is not: it works, its agent does not.",
        "An answer to SNMP: check agent, access list and community.",
    ),
    Rule.USE_DOWN: ("More passes towards the office than the limit allows, for longer than it allows.", ""),
    Rule.USE_UP: ("More passes from the office than the limit allows, for longer than it allows.", ""),
    Rule.LOSS: ("More echo requests get lost than the limit allows.", ""),
    Rule.RTT: ("Echo requests take longer than the limit allows.", ""),
    Rule.ERRORS: ("More packets have errors than the limit allows, for longer than it allows.", ""),
    Rule.FLAPPING: ("It has gone and come back too often.", "Fewer changes within that time."),
    Rule.OPER_UP: ("An end that answers says that the interface is up, and no limit is exceeded.", ""),
    Rule.ECHO_DESPITE_STATUS: (
        "The interface's status proves nothing, but ping is answered.",
        "An unanswered ping.",
    ),
    Rule.ANSWERS: ("It answers, and nothing is known to speak against it.", ""),
    Rule.NO_CALL_SERVICE: ("It is there, but neither SIP nor H.323 answers.", "An answer of one of them."),
    Rule.REGISTRATION: ("It says that it is not registered with its call server.", "Its registration."),
    Rule.BAD_CALL: ("Loss, jitter or latency of its call is beyond what is good.", "A better call, or its end."),
    Rule.GOOD_CALL: ("It is in a call, and nothing is known to be wrong with that.", "The end of the call."),
    Rule.PARENT_UNHEARD: (
        "It is out, but what it hangs on has not been asked yet.",
        "The answer of that, within seconds.",
    ),
    Rule.UNCLEAR_STATUS: (
        "The interface's status proves nothing (unknown, or outside of the MIB), and ping is not answered.",
        "A clear status, or an answered ping.",
    ),
    Rule.NO_FRESH_DATA: (
        "There is no fresh value: not asked yet, too old, or an answer that says nothing of the interface.",
        "A usable answer; see the facts for why there is none.",
    ),
}
ISOLATED_BECAUSE = {
    Isolation.CONNECTED: "One of its lines is up, and mobile coverage would carry it if that failed.",
    Isolation.AT_RISK: "One of its lines is up, but no mobile coverage would carry it if that failed.",
    Isolation.ON_FALLBACK: "All its lines are out; mobile coverage reaches it.",
    Isolation.ISOLATED: "All its lines are out, and no mobile coverage reaches it.",
    Isolation.UNKNOWN: "The state of its lines, its position or the coverage there is not known.",
}
ISOLATED_UNTIL = {
    Isolation.CONNECTED: "The loss of its last line, or of coverage in a new coverage.json.",
    Isolation.AT_RISK: "The loss of its last line, or coverage in a new coverage.json.",
    Isolation.ON_FALLBACK: "The return of one of its lines.",
    Isolation.ISOLATED: "The return of one of its lines.",
    Isolation.UNKNOWN: "What is said above not to be known.",
}
