"""Verdicts and states of offices as Grafana shows them: one number, one word and one colour each.

A time series holds numbers only, so a timeline of verdicts is drawn from their places in these tuples. The colours
are Grafana's own, which it adapts to light and dark themes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

from grafana_foundation_sdk.models.dashboard import Threshold, ValueMap, ValueMappingResult

from phusong.exporters.grafana.words import Words
from phusong.exporters.snapshot import Isolation, Verdict

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
}
"""``Isolation.UNKNOWN`` is the same text as ``Verdict.UNKNOWN``, so the same key."""


def colour(state: Verdict | Isolation) -> str:
    """Return the colour of a state; ``unknown`` is grey whatever it is a state of."""
    return COLOURS[state]


def name(words: Words, state: Verdict | Isolation) -> str:
    """Return what the status page calls a state."""
    return words.states.verdicts[state] if isinstance(state, Verdict) else words.states.isolations[state]


def by_word(words: Words, states: Sequence[Verdict | Isolation]) -> ValueMap:
    """Map the values of a label to names and colours."""
    return _mapping(words, {str(state): state for state in states})


def by_place(words: Words, states: Sequence[Verdict | Isolation]) -> ValueMap:
    """Map the numbers of ``queries.place`` to names and colours."""
    return _mapping(words, {str(place): state for place, state in enumerate(states)})


def thresholds(states: Sequence[Verdict | Isolation]) -> list[Threshold]:
    """Return the colours of ``by_place`` as thresholds, for marks on a map and their legend."""
    return [Threshold(float(place) if place else None, colour(state)) for place, state in enumerate(states)]


def _mapping(words: Words, keys: Mapping[str, Verdict | Isolation]) -> ValueMap:
    return ValueMap(
        {
            key: ValueMappingResult(text=name(words, state), color=colour(state), index=place)
            for place, (key, state) in enumerate(keys.items())
        }
    )
