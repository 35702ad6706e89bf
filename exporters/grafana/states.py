"""Verdicts, states of offices and faults of calls as Grafana shows them: one number, one word and one colour each.

A time series holds numbers only, so a timeline of verdicts is drawn from their places in these tuples. The colours
are Grafana's own, which it adapts to light and dark themes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

from grafana_foundation_sdk.models.dashboard import Threshold, ValueMap, ValueMappingResult

from phusong.exporters.grafana.words import Words
from phusong.exporters.snapshot import CallFault, Isolation, ServiceVerdict, Verdict

State = Verdict | Isolation | ServiceVerdict | CallFault

COLOURS: Final[Mapping[StrEnum, str]] = {
    Verdict.MAINTENANCE: "light-blue",
    Verdict.ADMIN_DOWN: "#8e8e8e",
    Verdict.PARENT_DOWN: "semi-dark-orange",
    Verdict.DOWN: "semi-dark-red",
    Verdict.UNREACHABLE: "dark-red",
    Verdict.SNMP_DEAD: "light-yellow",
    Verdict.CONGESTED: "semi-dark-purple",
    Verdict.DEGRADED: "semi-dark-yellow",
    Verdict.UP: "semi-dark-green",
    Verdict.NO_SERVICE: "light-red",
    Verdict.NOT_REGISTERED: "light-orange",
    Verdict.POOR_CALL: "semi-dark-purple",
    Verdict.IN_CALL: "semi-dark-blue",
    Verdict.READY: "semi-dark-green",
    Verdict.UNKNOWN: "#6e6e6e",
    Isolation.CONNECTED: "semi-dark-green",
    Isolation.AT_RISK: "semi-dark-yellow",
    Isolation.ON_FALLBACK: "semi-dark-purple",
    Isolation.ISOLATED: "semi-dark-red",
    ServiceVerdict.SLOW: "semi-dark-yellow",
    CallFault.LINE: "semi-dark-orange",
    CallFault.ROOM: "semi-dark-purple",
}
"""What is the same text in several of them (``unknown``, ``down``, ``up``) is the same key."""


def colour(state: State) -> str:
    """Return the colour of a state; ``unknown`` is grey whatever it is a state of."""
    return COLOURS[state]


def name(words: Words, state: State) -> str:
    """Return what the status page calls a state."""
    match state:
        case Verdict():
            return words.states.verdicts[state]
        case Isolation():
            return words.states.isolations[state]
        case ServiceVerdict():
            return words.states.service_verdicts[state]
        case CallFault():
            return words.states.call_faults[state]


def by_word(words: Words, states: Sequence[State]) -> ValueMap:
    """Map the values of a label to names and colours."""
    return _mapping(words, {str(state): state for state in states})


def by_place(words: Words, states: Sequence[State]) -> ValueMap:
    """Map the numbers of ``queries.place`` to names and colours."""
    return _mapping(words, {str(place): state for place, state in enumerate(states)})


def by_text(texts: Mapping[str, tuple[str, str]]) -> ValueMap:
    """Map the values of a label to a text and a colour each."""
    return ValueMap(
        {
            value: ValueMappingResult(text=text, color=colour, index=place)
            for place, (value, (text, colour)) in enumerate(texts.items())
        }
    )


def thresholds(states: Sequence[State]) -> list[Threshold]:
    """Return the colours of ``by_place`` as thresholds, for marks on a map and their legend."""
    return [Threshold(float(place) if place else None, colour(state)) for place, state in enumerate(states)]


def _mapping(words: Words, keys: Mapping[str, State]) -> ValueMap:
    return by_text({key: (name(words, state), colour(state)) for key, state in keys.items()})
