"""How a plan is shown on the terminal: the ranking, the first gaps, and what they rest on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text

from phusong.collectors.device_text import clean_text
from phusong.coverage.measuring.demand import PEOPLE, Amount
from phusong.coverage.output.planning_tables import Plan
from phusong.coverage.summary import ANY_OPERATOR

_SHOWN_GAPS = 5
_NAMES = {PEOPLE: "people", "site": "offices", "school": "schools", "hospital": "hospitals"}
_WINDS = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")


def ranking_as_table(plan: Plan) -> Table:
    """Return the ranking for the terminal: what each newly reaches, and all together so far."""
    kinds = [amount.kind for amount in plan.ranking.open]
    weighted = len([kind for kind in kinds if plan.weights.get(kind, 0.0) > 0]) > 1
    table = Table(box=SIMPLE, pad_edge=False)
    table.add_column("Rank", justify="right")
    for heading in ("Candidate", "Name", "Commune"):
        table.add_column(heading, overflow="fold")
    gained = [f"+ {_NAMES[kind]}" for kind in kinds] + ["+ weighted"] * weighted
    for heading in (*gained, "Together", "Share"):
        table.add_column(heading, justify="right")
    for choice, candidate, commune in zip(plan.ranking.choices, plan.chosen, plan.communes, strict=True):
        sums = [choice.weighted.gained] * weighted
        shown = choice.weighted if weighted else next(g for g in choice.gains if plan.weights.get(g.kind, 0.0) > 0)
        cells = (
            str(choice.rank),
            clean_text(candidate.candidate_id),
            clean_text(candidate.name),
            "" if commune is None else commune.name,
            *(f"{value:,.0f}" for value in (*(gain.gained for gain in choice.gains), *sums)),
            f"{shown.together:,.0f}",
            "" if shown.share is None else f"{100 * shown.share:.1f} %",
        )
        table.add_row(*map(Text, cells))
    return table


def gaps_as_table(plan: Plan) -> Table:
    """Return the first gaps for the terminal, and where they are."""
    communes = tuple(plan.boundaries.edition.communes.values())
    table = Table(box=SIMPLE, pad_edge=False)
    for heading in ("Gap", "People", "km2"):
        table.add_column(heading, justify="right")
    for heading in ("Commune", "Where"):
        table.add_column(heading, overflow="fold")
    for number, gap in enumerate(plan.gaps.pieces[:_SHOWN_GAPS], start=1):
        more = f" and {len(gap.parts) - 1} more" if len(gap.parts) > 1 else ""
        where = ""
        if gap.nearest is not None:
            wind = _WINDS[round(gap.nearest.bearing_deg / 45) % len(_WINDS)]
            where = f"{gap.nearest.distance_m / 1000:.1f} km {wind} of {clean_text(gap.nearest.name)}"
        name = communes[gap.parts[0].commune].name + more if gap.parts else ""
        table.add_row(*map(Text, (str(number), f"{gap.people:,.0f}", f"{gap.area_km2:,.1f}", name, where)))
    return table


def plan_lines(plan: Plan) -> Iterator[str]:
    """Yield what stands below the tables: what is not covered, how far the ranking gets, what it rests on."""
    ranking, gaps = plan.ranking, plan.gaps
    level = "at any level" if plan.min_dbm is None else f"at {plan.min_dbm:g} dBm or better"
    operator = "any operator" if plan.operator == ANY_OPERATOR else clean_text(plan.operator)
    who = f"{plan.technology} of {operator} {level}" if plan.layers else "what is served"
    estimate = " (people are an estimate by area)" if plan.population_method == "area" else ""
    yield f"Outside {who}: {_listed(ranking.open)}, {gaps.uncovered_km2:,.1f} km2 of land{estimate}."
    small, slivers = gaps.small, gaps.slivers
    yield (
        f"{len(gaps.pieces)} gaps of {plan.min_gap_km2:g} km2 or more; {small.parts} smaller ones "
        f"({small.area_km2:,.1f} km2) and slivers below {plan.sliver_m:g} m ({slivers.area_km2:,.2f} km2)."
    )
    out_of_reach = [
        Amount(whole.kind, whole.number - near.number)
        for whole, near in zip(ranking.open, ranking.reachable, strict=True)
        if round(whole.number - near.number) > 0
    ]
    if out_of_reach:
        yield f"In reach of none of the {plan.candidates:,} candidates: {_listed(out_of_reach)}."
    if ranking.exhausted:
        yield (
            f"{len(ranking.choices)} of {plan.number} wanted: no further candidate brings anything more to those "
            "that are chosen."
        )
    made_up = ["schematic boundaries"] * plan.boundaries.schematic + ["synthetic layers"] * plan.synthetic
    if made_up:
        yield f"Made with {' and '.join(made_up)}: not for decisions."


def _listed(amounts: Sequence[Amount]) -> str:
    return ", ".join(f"{amount.number:,.0f} {_NAMES[amount.kind]}" for amount in amounts)
