"""Which technologies, operators and levels two runs have both, and of which operators ``any`` is compared."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from phusong.coverage.measuring.change_facts import COMMON, COMPARED, ONLY_NEW, ONLY_OLD, OTHERS, Key
from phusong.coverage.measuring.unions import signal_strength
from phusong.coverage.summary import ANY_OPERATOR, MAX_OPERATOR

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet


@dataclass(frozen=True, slots=True)
class Match:
    """What two runs have of a key; ``counted`` are the single operators' keys that are compared."""

    key: Key
    status: str
    counted: tuple[Key, ...] = ()


def match_keys(old: AbstractSet[Key], new: AbstractSet[Key]) -> tuple[Match, ...]:
    """Match single operators and ``any``; by technology, operators by name, then ``any``, strong classes first."""
    keys = sorted(
        (key for key in old | new if key.operator != MAX_OPERATOR),
        key=lambda k: (k.technology, k.operator == ANY_OPERATOR, k.operator, -signal_strength(k.min_dbm)),
    )
    return tuple(_match(key, old, new) for key in keys)


def _match(key: Key, old: AbstractSet[Key], new: AbstractSet[Key]) -> Match:
    if key not in new:
        return Match(key, ONLY_OLD)
    if key not in old:
        return Match(key, ONLY_NEW)
    if key.operator != ANY_OPERATOR:
        return Match(key, COMPARED, (key,))
    before, after = _reaching(key, old), _reaching(key, new)
    common = tuple(sorted(before & after, key=lambda k: (k.operator, signal_strength(k.min_dbm))))
    if not common:
        return Match(key, OTHERS)
    return Match(key, COMPARED if _weakest(before) == _weakest(after) else COMMON, common)


def _reaching(wanted: Key, keys: AbstractSet[Key]) -> set[Key]:
    """Return the single operators' keys of the wanted class or a stronger one."""
    return {
        key
        for key in keys
        if key.operator not in (ANY_OPERATOR, MAX_OPERATOR)
        and key.technology == wanted.technology
        and signal_strength(key.min_dbm) >= signal_strength(wanted.min_dbm)
    }


def _weakest(keys: Iterable[Key]) -> dict[str, float]:
    weakest: dict[str, float] = {}
    for key in keys:
        weakest[key.operator] = min(weakest.get(key.operator, math.inf), signal_strength(key.min_dbm))
    return weakest
