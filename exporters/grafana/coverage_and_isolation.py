"""Mobile coverage of communes, and the offices that would be cut off without their line or are already."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders import table
from grafana_foundation_sdk.models.dashboard import Dashboard, DataTransformerConfig

from phusong.exporters.grafana import states
from phusong.exporters.grafana.board import Board
from phusong.exporters.grafana.panels import (
    ANY_IS_BAD,
    PLAIN,
    SHARE_UP,
    bars,
    counts_by_state,
    figures,
    graph_by_state,
)
from phusong.exporters.grafana.queries import (
    CHOSEN_COMMUNES,
    CHOSEN_SITES,
    chosen,
    now,
    or_zero,
    over_time,
    rows,
)
from phusong.exporters.grafana.sites_map import STATES
from phusong.exporters.grafana.tables import Column, grid
from phusong.exporters.grafana.words import Words

NAME: Final = "coverage"
MEASURE: Final = f"{{{chosen('technology')}, {chosen('operator')}}}"
COVERED: Final = f"commune_area_covered_ratio{MEASURE}"
PEOPLE: Final = f"commune_population_covered_ratio{MEASURE} * on (commune) group_left () commune_population"
CLASSES: Final = (
    ("none", "== 0"),
    ("below 50 %", "> 0 < 0.5"),
    ("50 to 80 %", ">= 0.5 < 0.8"),
    ("80 to 95 %", ">= 0.8 < 0.95"),
    ("95 % and more", ">= 0.95"),
)


def coverage_and_isolation(words: Words) -> Dashboard:
    """Return the dashboard."""
    board = Board(
        words,
        NAME,
        "Coverage and isolation",
        "Which communes have mobile coverage, which offices are cut off or would be without their line.",
    )
    board.choose("district", "District", "label_values(commune_info, district)")
    board.choose(
        "technology",
        "Technology",
        "label_values(commune_area_covered_ratio, technology)",
        several=False,
        first="4G",
    )
    board.choose(
        "operator", "Operator", "label_values(commune_area_covered_ratio, operator)", several=False, first="any"
    )
    _offices(board, words)
    _communes(board, words)
    _sources(board, words)
    return board.build()


def _of_chosen(expression: str) -> str:
    return f"{expression} and on (commune) {CHOSEN_COMMUNES}"


def _offices(board: Board, words: Words) -> None:
    say = words.say
    state_of_sites = f"sum by (state) (site_state and on (site) {CHOSEN_SITES})"
    board.row("Offices")
    board.add(
        counts_by_state(
            words,
            say("Offices by state"),
            now(state_of_sites, "{{state}}"),
            STATES,
            about=say("Fallback is the technology and signal of the agent's configuration, not the choice above."),
            width=16,
        ),
        figures(
            say("Isolated communes"),
            [now(f"sum({_of_chosen('commune_isolated')})")],
            about=say("All their offices with a known state are cut off."),
            steps=ANY_IS_BAD,
        ),
        figures(
            say("Offices with a mobile fallback"),
            [now(f"avg(site_mobile_fallback and on (site) {CHOSEN_SITES})")],
            unit="percentunit",
            steps=((None, PLAIN),),
            decimals=1,
        ),
        _cut_off(words),
        graph_by_state(
            words,
            say("Offices without their lines or at risk, over time"),
            over_time(
                f'sum by (state) (site_state{{state!="connected"}} and on (site) {CHOSEN_SITES})', "{{state}}"
            ),
            STATES,
        ),
    )


def _cut_off(words: Words) -> table.Panel:
    say = words.say
    which = 'site_state{state=~"isolated|on_fallback"} == 1'
    return grid(
        say("Offices without a line"),
        [
            rows(
                f"max by (site, state, name, district, kind) "
                f"(({which}) * on (site) group_left (name, district, kind) {CHOSEN_SITES})"
            ),
            rows(
                "1000 * max by (site) (site_state_change_timestamp_seconds "
                f"and on (site) (({which}) and on (site) {CHOSEN_SITES}))"
            ),
        ],
        [
            Column("site", say("Site")),
            Column("state", say("State"), mapping=states.by_word(words, STATES)),
            Column("name", say("Office")),
            Column("district", say("District")),
            Column("kind", say("Kind")),
            Column("Value #B", say("Since"), unit="dateTimeAsIso"),
        ],
        about=say("Isolated: no line and no mobile coverage. On mobile network: no line, but coverage."),
        sort_by=say("State"),
        width=12,
        height=8,
    )


def _communes(board: Board, words: Words) -> None:
    say = words.say
    board.row("Communes")
    board.add(
        bars(
            say("Communes by covered share of their area"),
            [
                now(or_zero(f"count({_of_chosen(f'({COVERED} {condition})')})"), say(name))
                for name, condition in CLASSES
            ],
            about=say("For the chosen technology and operator, at the weakest signal class of the layers."),
            unit="short",
            width=8,
        ),
        _by_operator(words, "Covered centres, by operator and technology", "commune_centre_covered"),
        _by_operator(words, "Mean covered area, by operator and technology", "commune_area_covered_ratio"),
        figures(
            say("Covered centres"),
            [now(f"avg({_of_chosen(f'commune_centre_covered{MEASURE}')})")],
            unit="percentunit",
            steps=SHARE_UP,
            decimals=1,
            width=6,
        ),
        figures(
            say("Communes without any coverage"),
            [now(or_zero(f"count({_of_chosen(f'({COVERED} == 0)')})"))],
            steps=ANY_IS_BAD,
            width=6,
        ),
        figures(
            say("People in the communes"),
            [now(f"sum({_of_chosen('commune_population')})")],
            width=6,
        ),
        figures(
            say("People with coverage"),
            [now(f"sum({_of_chosen(f'({PEOPLE})')})")],
            about=say("An estimate by area when coverage was computed without the option --population."),
            width=6,
        ),
        _table(words),
    )


def _by_operator(words: Words, title: str, metric: str) -> table.Panel:
    say = words.say
    panel = grid(
        say(title),
        [rows(f"avg by (operator, technology) ({_of_chosen(metric)})")],
        [Column("operator", "operator"), Column("technology", "technology"), Column("Value", "share")],
        about=say("any: at least one operator. max: the best single operator of each commune."),
        width=8,
        height=8,
    )
    panel.with_transformation(
        DataTransformerConfig(
            "groupingToMatrix",
            options={"columnField": "technology", "rowField": "operator", "valueField": "share"},
        )
    )
    return panel.unit("percentunit").decimals(1)


def _table(words: Words) -> table.Panel:
    say = words.say
    kept = f"and on (commune) ({_of_chosen(COVERED)})"
    return grid(
        say("Communes, the least covered first"),
        [
            rows(
                "max by (commune, name, district) "
                f"({COVERED} * on (commune) group_left (name, district) {CHOSEN_COMMUNES})"
            ),
            rows(f"max by (commune) (commune_centre_covered{MEASURE} {kept})"),
            rows(f"max by (commune) (commune_population {kept})"),
            rows(f"sum by (commune) (commune_sites {kept})"),
            rows(f'sum by (commune) (commune_sites{{state="at_risk"}} {kept})'),
            rows(f'sum by (commune) (commune_sites{{state=~"isolated|on_fallback"}} {kept})'),
            rows(f"max by (commune) (commune_isolated {kept})"),
        ],
        [
            Column("commune", say("Code")),
            Column("name", say("Commune")),
            Column("district", say("District")),
            Column("Value #A", say("Covered area"), unit="percentunit", decimals=1, steps=SHARE_UP),
            Column("Value #B", say("Centre covered")),
            Column("Value #C", say("People")),
            Column("Value #D", say("Offices")),
            Column("Value #E", say("of these at risk")),
            Column("Value #F", say("of these without a line")),
            Column("Value #G", say("Isolated"), steps=ANY_IS_BAD),
        ],
        about=say("For the chosen technology and operator, at the weakest signal class of the layers."),
        sort_by=say("Covered area"),
        height=14,
    )


def _sources(board: Board, words: Words) -> None:
    say = words.say
    board.row("What the figures were computed from")
    board.add(
        grid(
            say("Boundaries"),
            [rows("max by (edition, boundaries, schematic, synthetic) (phusong_coverage_info)")],
            [
                Column("edition", say("Edition")),
                Column("boundaries", say("File")),
                Column("schematic", say("Schematic")),
                Column("synthetic", say("Synthetic")),
            ],
            about=say("Schematic boundaries are not official; synthetic layers are no real coverage."),
            width=8,
            height=8,
        ),
        grid(
            say("Coverage layers"),
            [rows("max by (operator, technology, date, min_dbm, file) (phusong_coverage_layer_info)")],
            [
                Column("operator", say("Operator")),
                Column("technology", say("Technology")),
                Column("date", say("Date")),
                Column("min_dbm", say("At least (dBm)")),
                Column("file", say("File")),
            ],
            sort_by=say("Date"),
            width=16,
            height=8,
        ),
    )
