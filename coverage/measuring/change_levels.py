"""Changes of districts, classes and the province: the communes' changes added up, and ``max`` of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phusong.coverage.measuring.change_facts import (
    COMMUNE,
    ONLY_NEW,
    ONLY_OLD,
    AreaChanges,
    Change,
    Key,
    PlaceChange,
)
from phusong.coverage.measuring.indicators import AREA_DECIMALS, PEOPLE_DECIMALS
from phusong.coverage.measuring.unions import signal_strength
from phusong.coverage.summary import ANY_OPERATOR, MAX_OPERATOR

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from phusong.coverage.summary import CommuneCoverage

_KM2 = ("old_km2", "new_km2", "gained_km2", "lost_km2", "sliver_gained_km2", "sliver_lost_km2")
_PEOPLE = ("people_old", "people_new", "people_gained", "people_lost", "people_slivers")


def _with_best(changes: Sequence[Change]) -> tuple[Change, ...]:
    """Return the changes with ``max`` at every class of ``any``, after it."""
    done: list[Change] = []
    for technology in dict.fromkeys(change.key.technology for change in changes):
        own = [change for change in changes if change.key.technology == technology]
        done += own
        done += [_best(change, own) for change in own if change.key.operator == ANY_OPERATOR]
    return tuple(done)


def _best(of_any: Change, own: Sequence[Change]) -> Change:
    """Return ``max`` for one class, figure by figure: net only."""
    level, status = of_any.key.min_dbm, of_any.status
    counted = [
        change
        for change in own
        if change.key.operator != ANY_OPERATOR
        and signal_strength(change.key.min_dbm) >= signal_strength(level)
        and (change.is_compared or not of_any.is_compared)
    ]

    def best(values: Iterable[float | None]) -> float | None:
        return max((value for value in values if value is not None), default=None)

    has_old, has_new = status != ONLY_NEW, status != ONLY_OLD
    return Change(
        Key(of_any.key.technology, MAX_OPERATOR, level),
        status,
        best(c.old_km2 for c in counted) if has_old else None,
        best(c.new_km2 for c in counted) if has_new else None,
        people_old=best(c.people_old for c in counted) if has_old else None,
        people_new=best(c.people_new for c in counted) if has_new else None,
    )


def areas_of(communes: Sequence[CommuneCoverage], changes: Sequence[Sequence[Change]]) -> tuple[AreaChanges, ...]:
    """Return every commune, then districts, classes and the province as the sums of their communes."""
    rows = range(len(communes))
    districts = sorted({commune.district for commune in communes} - {""})
    classes = sorted({name for commune in communes for name in commune.classes})
    members: list[tuple[str, str, list[int]]] = [
        *(("district", name, [row for row in rows if communes[row].district == name]) for name in districts),
        *(("class", name, [row for row in rows if name in communes[row].classes]) for name in classes),
        ("province", "", list(rows)),
    ]
    own = [
        AreaChanges(COMMUNE, c.code, c.name, c.district, c.area_km2, _with_best(of_commune))
        for c, of_commune in zip(communes, changes, strict=True)
    ]
    return (*own, *(_unit(*unit, communes, changes) for unit in members))


def _unit(
    level: str,
    name: str,
    members: Sequence[int],
    communes: Sequence[CommuneCoverage],
    changes: Sequence[Sequence[Change]],
) -> AreaChanges:
    area = round(sum(communes[row].area_km2 for row in members), AREA_DECIMALS)
    summed = [_sum(parts) for parts in zip(*(changes[row] for row in members), strict=True)]
    return AreaChanges(level, "", name, "", area, _with_best(summed))


def _sum(parts: Sequence[Change]) -> Change:
    def total(name: str, decimals: int) -> float | None:
        values: list[float | None] = [getattr(part, name) for part in parts]
        known = [value for value in values if value is not None]
        return round(sum(known), decimals) if len(known) == len(values) else None

    kinds = zip(*(part.places for part in parts), strict=True)
    return Change(
        parts[0].key,
        parts[0].status,
        **{name: total(name, AREA_DECIMALS) for name in _KM2},
        **{name: total(name, PEOPLE_DECIMALS) for name in _PEOPLE},
        centres_gained=tuple(name for part in parts for name in part.centres_gained),
        centres_lost=tuple(name for part in parts for name in part.centres_lost),
        places=tuple(
            PlaceChange(
                kind[0].kind,
                sum(each.old for each in kind),
                sum(each.new for each in kind),
                sum(each.gained for each in kind),
                sum(each.lost for each in kind),
            )
            for kind in kinds
        ),
    )
