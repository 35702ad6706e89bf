"""What makes the figures of a comparison less than they look. Pure functions on two runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from phusong.coverage.measuring.changes import fallback_operators, same_land
from phusong.coverage.summary import MAX_OPERATOR, PLACE_KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from phusong.coverage.measuring.change_facts import Changes, Key
    from phusong.coverage.summary import CoverageSummary


@dataclass(frozen=True, slots=True)
class Caveat:
    """Why figures are less than they look: ``code`` for programs, ``text`` for people."""

    code: str
    text: str


def caveats_of(changes: Changes) -> tuple[Caveat, ...]:
    """Return everything that makes the figures less than they look."""
    return tuple(_caveats(changes, changes.old.summary, changes.new.summary))


def _caveats(changes: Changes, old: CoverageSummary, new: CoverageSummary) -> Iterator[Caveat]:
    if old.synthetic and new.synthetic:
        yield Caveat("synthetic", "both runs are of synthetic layers: the figures say nothing of any operator")
    if not same_land(old, new):
        whose = f"the {changes.boundaries_of} run's ({_named(changes)})"
        yield Caveat("boundaries", f"the runs have other boundaries of the edition; both measured on {whose}")
    if old.schematic and new.schematic:
        yield Caveat("schematic", "boundaries are schematic: areas of communes are those of a drawing")
    elif old.schematic != new.schematic:
        drawn = "old" if old.schematic else "new"
        yield Caveat("schematic", f"only the {drawn} run has schematic boundaries; its own figures are of those")
    yield from _layer_caveats(changes, old, new)
    yield from _people_caveats(changes, old, new)
    before, after = _hashes(old), _hashes(new)
    for kind in PLACE_KINDS:
        if (kind in before) != (kind in after):
            yield Caveat("places", f"{kind}: only the {'old' if kind in before else 'new'} run has a list")
        elif before.get(kind) != after.get(kind):
            yield Caveat("places", f"{kind}: the lists differ; a change may be one of the list")
    if old.sites and new.sites and old.fallback_min_dbm != new.fallback_min_dbm:
        yield Caveat(
            "fallback",
            f"fallback counts at {_level(old.fallback_min_dbm)} in the old run and at "
            f"{_level(new.fallback_min_dbm)} in the new one: not compared",
        )
    elif old.sites and new.sites and fallback_operators(old) != fallback_operators(new):
        yield Caveat("fallback", "fallback is compared for operators that count in both runs only")
    if [c.classes for c in old.communes] != [c.classes for c in new.communes]:
        yield Caveat("classes", "classes of communes differ; both runs are added up by the newer classes")


def _layer_caveats(changes: Changes, old: CoverageSummary, new: CoverageSummary) -> Iterator[Caveat]:
    if sorted(layer.sha256 for layer in old.layers) == sorted(layer.sha256 for layer in new.layers):
        yield Caveat("same_layers", "both runs are of the same layer files")
    dates = [max((layer.date for layer in summary.layers), default="") for summary in (old, new)]
    if dates[1] and dates[0] > dates[1]:
        yield Caveat("dates", f"the old run's newest layer ({dates[0]}) is newer than the new run's ({dates[1]})")
    estimates = [{(la.technology, la.operator) for la in summary.layers if la.estimate} for summary in (old, new)]
    for technology, operator in sorted(estimates[0] | estimates[1]):
        runs = [name for name, own in zip(("old", "new"), estimates, strict=True) if (technology, operator) in own]
        yield Caveat(
            "estimate",
            f"{technology} of {operator}: an estimate that no operator claims in the {' and '.join(runs)} run",
        )
    province = changes.areas[-1]
    for change in province.changes:
        if change.status in ("only_old", "only_new") and change.key.operator != MAX_OPERATOR:
            run = change.status.removeprefix("only_")
            yield Caveat(change.status, f"only the {run} run has {key_text(change.key)}: not compared")
    for change in province.changes:
        if change.status in ("common_operators", "other_operators") and change.key.operator != MAX_OPERATOR:
            what = (
                "the operators that both have"
                if change.status == "common_operators"
                else "nothing: none is common"
            )
            yield Caveat(
                change.status, f"{key_text(change.key)} has other operators in each run; compared is {what}"
            )


def _people_caveats(changes: Changes, old: CoverageSummary, new: CoverageSummary) -> Iterator[Caveat]:
    if old.population_method != new.population_method:
        methods = f"{old.population_method or 'not at all'}, then {new.population_method or 'not at all'}"
        yield Caveat("people_method", f"people were counted in other ways ({methods}): not compared")
    elif _hashes(old).get("population") != _hashes(new).get("population"):
        yield Caveat("people_source", "people come from other files: a change may be one of people")
    if changes.people_by == "area":
        yield Caveat(
            "people_estimate", "people gained and lost are an estimate: spread evenly over a commune's land"
        )
    elif not changes.people_by and new.population_method:
        yield Caveat("people_net", "people are known net only; with --population gains and losses are counted")


def key_text(key: Key) -> str:
    """Return a key for people: ``4G of any operator at -105 dBm``."""
    whose = {"any": "any operator", MAX_OPERATOR: "the best operator"}.get(key.operator, key.operator)
    return f"{key.technology} of {whose}, {_level(key.min_dbm)}"


def _level(min_dbm: float | None) -> str:
    return "as claimed" if min_dbm is None else f"{min_dbm:g} dBm or better"


def _named(changes: Changes) -> str:
    base = changes.old if changes.boundaries_of == "old" else changes.new
    return base.summary.boundaries_file


def _hashes(summary: CoverageSummary) -> dict[str, list[str]]:
    hashes: dict[str, list[str]] = {}
    for source in summary.sources:
        hashes.setdefault(source.role, []).append(source.sha256)
    return hashes
