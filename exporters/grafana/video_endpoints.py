"""Video endpoints: which would fail a meeting now, and whether their line or their office is the reason.

Meetings, calls, and what is known of the rooms have modules of their own.
"""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders import table
from grafana_foundation_sdk.models.dashboard import Dashboard

from phusong.exporters.grafana import states
from phusong.exporters.grafana.board import Board
from phusong.exporters.grafana.panels import SHARE_UP, bars, counts_by_state, figures, graph, graph_by_state
from phusong.exporters.grafana.queries import CHOSEN_ENDPOINTS, chosen, now, of_its_site, over_time, place, rows
from phusong.exporters.grafana.sites_map import STATES
from phusong.exporters.grafana.tables import Column, grid
from phusong.exporters.grafana.video_calls import POOR_LATENCY_S, POOR_LOSS, add_calls
from phusong.exporters.grafana.video_meetings import add_meetings
from phusong.exporters.grafana.video_rooms import add_room_ports, add_services_of_endpoints
from phusong.exporters.grafana.words import Words
from phusong.exporters.snapshot import ENDPOINT_VERDICTS

NAME: Final = "endpoints"
CHOSEN: Final = CHOSEN_ENDPOINTS
GOOD: Final = "ready|in_call"
IS_NOT: Final = f'vc_endpoint_verdict{{verdict!~"{GOOD}"}}'
NOT_READY: Final = f"{IS_NOT} == 1"
READY: Final = (
    f'(vc_endpoint_ready unless on (endpoint) (vc_endpoint_verdict{{verdict="maintenance"}} == 1)) '
    f"* on (endpoint) group_left (district) {CHOSEN}"
)
"""1 or 0 for each chosen endpoint outside maintenance of which that is known."""


def video_endpoints(words: Words) -> Dashboard:
    """Return the dashboard."""
    say = words.say
    board = Board(
        words,
        NAME,
        "Video endpoints",
        "Which endpoints would fail a meeting now, how good calls are, and whether line or room is at fault.",
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
            say("Ready for a meeting"),
            [now(f"avg({READY})")],
            about=say("Of the endpoints outside maintenance of which that is known, their lines included."),
            unit="percentunit",
            steps=SHARE_UP,
            decimals=1,
        ),
        _not_ready(words),
    )
    add_meetings(board, words)
    add_calls(board, words)
    _by_district(board, words)
    _quality(board, words)
    add_services_of_endpoints(board, words)
    add_room_ports(board, words)
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
            rows(of_its_site(f"sum by (site) ({lines})", wrong)),
            rows(of_its_site(f"count by (site) ({lines})", wrong)),
            rows(of_its_site(place("site_state", "state", STATES, "site"), wrong)),
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


def _by_district(board: Board, words: Words) -> None:
    say = words.say
    board.row("By district")
    board.add(
        bars(
            say("Share that is ready for a meeting"),
            [now(f"sort(avg by (district) ({READY}))", "{{district}}")],
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
    board.row("Pings")
    for title, metric, about, unit, limit in (
        (
            "Loss: the ten worst",
            "vc_endpoint_ping_loss_ratio",
            "Above 1 % a call is poor.",
            "percentunit",
            POOR_LOSS,
        ),
        (
            "Round-trip time: the ten slowest",
            "vc_endpoint_ping_rtt_seconds",
            "Above 300 ms a call is poor.",
            "s",
            2 * POOR_LATENCY_S,
        ),
    ):
        answering = f"{metric} and on (endpoint) (vc_endpoint_up == 1) and on (endpoint) {CHOSEN}"
        board.add(
            graph(
                say(title),
                [over_time(f"topk(10, {answering})", "{{endpoint}}")],
                about=say(about),
                unit=unit,
                limit=limit,
            )
        )
