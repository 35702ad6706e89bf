"""Districts, classes of communes and the province: the communes' figures added up.

Pure functions on the communes' figures, no geometry. ``max`` is the best single operator of the whole unit, as SDG
9.c.1 asks for a country; it is not the sum of the communes' best ones, between which the operator would change.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from phusong.coverage.summary import (
    ANY_OPERATOR,
    MAX_OPERATOR,
    Broadband,
    CommuneCoverage,
    Indicator,
    PlaceCount,
    UnitCoverage,
    UnitIndicator,
)

_Key = tuple[str, str, float | None]


def add_up(communes: Sequence[CommuneCoverage], *, broadband_known: bool = False) -> tuple[UnitCoverage, ...]:
    """Return every district, every class and the province, in this order, by name.

    Parameters
    ----------
    communes
        All communes of the edition; all have the same technologies, operators and signal classes.
    broadband_known
        Whether a list of broadband was given: a commune that is not on it then counts as one without.
    """
    districts = sorted({commune.district for commune in communes} - {""})
    classes = sorted({name for commune in communes for name in commune.classes})
    units = [("district", name, [c for c in communes if c.district == name]) for name in districts]
    units += [("class", name, [c for c in communes if name in c.classes]) for name in classes]
    units.append(("province", "", list(communes)))
    return tuple(_unit(level, name, members, broadband_known) for level, name, members in units)


def _unit(level: str, name: str, members: Sequence[CommuneCoverage], broadband_known: bool) -> UnitCoverage:
    area = sum(commune.area_km2 for commune in members)
    population = _sum_known(commune.population for commune in members)
    by_commune = [{_key(indicator): indicator for indicator in commune.indicators} for commune in members]
    keys = [key for key in by_commune[0] if key[1] != MAX_OPERATOR]
    summed = {key: _sum(key, [of[key] for of in by_commune], area, population) for key in keys}
    best = [
        _best(key, [summed[own] for own in keys if own[0] == key[0] and _reaches(own, key)])
        for key in by_commune[0]
        if key[1] == MAX_OPERATOR
    ]
    connected = [commune.broadband for commune in members if commune.broadband is not None]
    return UnitCoverage(
        level=level,
        name=name,
        communes=len(members),
        area_km2=round(area, 4),
        population=None if population is None else round(population, 1),
        indicators=tuple(sorted((*summed.values(), *best), key=lambda i: list(by_commune[0]).index(_key(i)))),
        places=_sum_counts(commune.places for commune in members),
        broadband=_sum_broadband(connected),
        broadband_communes=sum(each.connected > 0 for each in connected) if broadband_known else None,
    )


def _key(indicator: Indicator | UnitIndicator) -> _Key:
    return indicator.technology, indicator.operator, indicator.min_dbm


def _reaches(own: _Key, wanted: _Key) -> bool:
    """Tell whether a single operator's figure is of the wanted class or a stronger one."""
    if own[1] == ANY_OPERATOR:
        return False
    return wanted[2] is None or (own[2] is not None and own[2] >= wanted[2])


def _sum(key: _Key, parts: Sequence[Indicator], area: float, population: float | None) -> UnitIndicator:
    covered = sum(part.covered_km2 for part in parts)
    people = _sum_known(part.population_covered for part in parts)
    return UnitIndicator(
        technology=key[0],
        operator=key[1],
        min_dbm=key[2],
        covered_km2=round(covered, 4),
        area_ratio=round(min(1.0, covered / area), 6),
        population_covered=None if people is None else round(people, 1),
        population_ratio=round(min(1.0, people / population), 6) if population and people is not None else None,
        centres_covered=sum(bool(part.centre_covered) for part in parts),
        places_covered=_sum_counts(part.places_covered for part in parts),
    )


def _best(key: _Key, own: Sequence[UnitIndicator]) -> UnitIndicator:
    """Return, figure by figure, the best of the single operators."""
    people = [each.population_covered for each in own if each.population_covered is not None]
    shares = [each.population_ratio for each in own if each.population_ratio is not None]
    kinds = [count.kind for count in own[0].places_covered]
    return UnitIndicator(
        technology=key[0],
        operator=MAX_OPERATOR,
        min_dbm=key[2],
        covered_km2=max(each.covered_km2 for each in own),
        area_ratio=max(each.area_ratio for each in own),
        population_covered=max(people, default=None),
        population_ratio=max(shares, default=None),
        centres_covered=max(each.centres_covered for each in own),
        places_covered=tuple(
            PlaceCount(kind, max(each.places_covered[place].number for each in own))
            for place, kind in enumerate(kinds)
        ),
    )


def _sum_known(values: Iterable[float | None]) -> float | None:
    """Return the sum, or ``None`` when a part of it is not known."""
    total = 0.0
    for value in values:
        if value is None:
            return None
        total += value
    return total


def _sum_counts(counts: Iterable[tuple[PlaceCount, ...]]) -> tuple[PlaceCount, ...]:
    total: dict[str, int] = {}
    for each in counts:
        for count in each:
            total[count.kind] = total.get(count.kind, 0) + count.number
    return tuple(PlaceCount(kind, number) for kind, number in total.items())


def _sum_broadband(parts: Sequence[Broadband]) -> Broadband | None:
    if not parts:
        return None
    units = [part.units for part in parts if part.units is not None]
    return Broadband(sum(part.connected for part in parts), sum(units) if len(units) == len(parts) else None)
