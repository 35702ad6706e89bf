"""Video endpoints: which would fail a meeting now, and whether their line or their office is the reason."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders import table
from grafana_foundation_sdk.models.dashboard import Dashboard

from phusong.exporters.grafana import states
from phusong.exporters.grafana.board import Board
from phusong.exporters.grafana.panels import SHARE_UP, bars, counts_by_state, figures, graph, graph_by_state
from phusong.exporters.grafana.queries import chosen, now, over_time, place, rows
from phusong.exporters.grafana.sites_map import STATES
from phusong.exporters.grafana.tables import Column, grid
from phusong.exporters.grafana.words import Words
from phusong.exporters.snapshot import ENDPOINT_VERDICTS

NAME: Final = "endpoints"
CHOSEN: Final = f"vc_endpoint_info{{{chosen('district')}, {chosen('endpoint')}}}"
GOOD: Final = "ready|in_call"
IS_GOOD: Final = f'vc_endpoint_verdict{{verdict=~"{GOOD}"}}'
IS_NOT: Final = f'vc_endpoint_verdict{{verdict!~"{GOOD}"}}'
NOT_READY: Final = f"{IS_NOT} == 1"


def video_endpoints(words: Words) -> Dashboard:
    """Return the dashboard."""
    say = words.say
    board = Board(
        words,
        NAME,
        "Video endpoints",
        "Which endpoints would fail a meeting now, and what state their line is in.",
    )
    board.choose("district", "District", "label_values(vc_endpoint_info, district)")
    board.choose("endpoint", "Endpoint", f"label_values(vc_endpoint_info{{{chosen('district')}}}, endpoint)")
    board.add(
        counts_by_state(
            words,
            say("Endpoints by verdict"),
            now(f"sum by (verdict) ({_of_chosen('vc_endpoint_verdict')})", "{{verdict}}"),
            ENDPOINT_VERDICTS,
            width=20,
        ),
        figures(
            say("Ready or in a call"),
            [now(f"sum({_of_chosen(IS_GOOD)}) / count({CHOSEN})")],
            unit="percentunit",
            steps=SHARE_UP,
            decimals=1,
        ),
        _not_ready(words),
    )
    _by_district(board, words)
    _quality(board, words)
    return board.build()


def _of_chosen(expression: str) -> str:
    return f"{expression} and on (endpoint) {CHOSEN}"


def _not_ready(words: Words) -> table.Panel:
    say = words.say
    labels = "endpoint, name, site, district"
    wrong = f"and on (endpoint) (({NOT_READY}) and on (endpoint) {CHOSEN})"
    lines = "wan_link_up * on (link) group_left (site) wan_link_info"
    return grid(
        say("Endpoints that are not ready"),
        [
            rows(
                f"max by ({labels}, verdict) "
                f"(({NOT_READY}) * on (endpoint) group_left (name, site, district) {CHOSEN})"
            ),
            rows(f"1000 * max by (endpoint) (vc_endpoint_verdict_change_timestamp_seconds {wrong})"),
            rows(_of_its_site(f"sum by (site) ({lines})", wrong)),
            rows(_of_its_site(f"count by (site) ({lines})", wrong)),
            rows(_of_its_site(place("site_state", "state", STATES, "site"), wrong)),
        ],
        [
            Column("endpoint", say("Endpoint")),
            Column("verdict", say("Verdict"), mapping=states.by_word(words, ENDPOINT_VERDICTS)),
            Column("name", say("Name")),
            Column("district", say("District")),
            Column("Value #B", say("Since"), unit="dateTimeAsIso"),
            Column("Value #C", say("Lines up"), steps=((None, "semi-dark-red"), (1, "semi-dark-green"))),
            Column("Value #D", say("Lines with a known state")),
            Column("Value #E", say("State of its office"), mapping=states.by_place(words, STATES)),
            Column("site", say("Site")),
        ],
        about=say(
            "Beside each endpoint: how many lines of its office carry traffic now, and what is left without them."
        ),
        sort_by=say("Since"),
        descending=True,
        height=12,
    )


def _of_its_site(expression: str, kept: str) -> str:
    """Give each endpoint what ``expression`` says of its site."""
    return f"max by (endpoint) ({CHOSEN} * on (site) group_left () ({expression})) {kept}"


def _by_district(board: Board, words: Words) -> None:
    say = words.say
    by_district = f"* on (endpoint) group_left (district) {CHOSEN}"
    good = f"sum by (endpoint) ({IS_GOOD}) {by_district}"
    board.row("By district")
    board.add(
        bars(
            say("Share that is ready or in a call"),
            [now(f"sort(avg by (district) ({good}))", "{{district}}")],
            steps=SHARE_UP,
            width=12,
            top=1,
        ),
        graph_by_state(
            words,
            say("Endpoints that are not ready, by verdict"),
            over_time(f"sum by (verdict) ({_of_chosen(IS_NOT)})", "{{verdict}}"),
            ENDPOINT_VERDICTS,
        ),
    )


def _quality(board: Board, words: Words) -> None:
    say = words.say
    board.row("Quality")
    for title, metric, about, unit in (
        ("Loss: the ten worst", "vc_endpoint_ping_loss_ratio", "Above 1 % a call is poor.", "percentunit"),
        ("Round-trip time: the ten slowest", "vc_endpoint_ping_rtt_seconds", "Above 300 ms a call is poor.", "s"),
    ):
        answering = f"{metric} and on (endpoint) (vc_endpoint_up == 1) and on (endpoint) {CHOSEN}"
        board.add(
            graph(
                say(title),
                [over_time(f"topk(10, {answering})", "{{endpoint}}")],
                about=say(about),
                unit=unit,
            )
        )
