"""The province at a glance: what is wrong now, where, since when, and which lines are full, lossy or slow."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders import table
from grafana_foundation_sdk.models.dashboard import Dashboard

from phusong.exporters.grafana import states
from phusong.exporters.grafana.board import Board
from phusong.exporters.grafana.panels import (
    ANY_IS_BAD,
    LOSS,
    PLAIN,
    SHARE_UP,
    SHARE_USED,
    address,
    bars,
    counts_by_state,
    figures,
    graph,
    graph_by_state,
    timeline,
)
from phusong.exporters.grafana.queries import (
    CHOSEN_LINES,
    CHOSEN_SITES,
    SITE_NAME,
    now,
    of_lines,
    or_zero,
    over_time,
    rows,
    with_line,
)
from phusong.exporters.grafana.sites_map import STATES, sites_map
from phusong.exporters.grafana.tables import Column, grid
from phusong.exporters.grafana.words import Words
from phusong.exporters.snapshot import LINK_VERDICTS

NAME: Final = "province"
TROUBLED: Final = 'wan_link_verdict{verdict!~"up|maintenance"}'
NOT_UP: Final = f"{TROUBLED} == 1"
PLANNED: Final = 'wan_link_verdict{verdict="maintenance"} == 1'
CARRYING: Final = "and on (link) (wan_link_up == 1)"
ROW: Final = "link, verdict, carrier, district, site, name"


def province_overview(words: Words) -> Dashboard:
    """Return the dashboard."""
    say = words.say
    board = Board(
        words,
        NAME,
        "Province overview",
        "Which lines and offices are in trouble now, where and since when.",
    )
    board.choose("district", "District", "label_values(wan_link_info, district)")
    board.choose("carrier", "Carrier", "label_values(wan_link_info, carrier)")
    _now(board, words)
    board.row("Where")
    board.add(
        sites_map(words, width=12, height=18),
        timeline(
            say("Lines out of service by district, maintenance left out"),
            [
                over_time(
                    "sum by (district) ("
                    + with_line(
                        '((1 - wan_link_up) * on (link) (1 - wan_link_verdict{verdict="maintenance"}))', "district"
                    )
                    + ")",
                    "{{district}}",
                )
            ],
            steps=((None, "semi-dark-green"), (1, "semi-dark-yellow"), (5, "semi-dark-red")),
            width=12,
            height=18,
        ),
    )
    board.row("Lines")
    board.add(_lines_not_up(words))
    _worst(board, words)
    board.row("Over time")
    board.add(
        graph_by_state(
            words,
            say("Lines that are not up, by verdict"),
            over_time(f"sum by (verdict) ({of_lines(TROUBLED)})", "{{verdict}}"),
            LINK_VERDICTS,
        ),
        graph(
            say("Intervals without a trusted counter, by reason"),
            [
                over_time(
                    or_zero(
                        "sum by (reason) (increase(wan_link_traffic_anomalies_total[$__rate_interval]) "
                        f"and on (link) {CHOSEN_LINES})"
                    ),
                    "{{reason}}",
                )
            ],
            about=say(
                "Restarts, replaced devices, renumbered interfaces and impossible figures: they add no traffic."
            ),
        ),
    )
    board.row("Planned work")
    board.add(_in_maintenance(words))
    return board.build()


def _now(board: Board, words: Words) -> None:
    say = words.say
    board.add(
        counts_by_state(
            words,
            say("Lines by verdict"),
            now(f"sum by (verdict) ({of_lines('wan_link_verdict')})", "{{verdict}}"),
            LINK_VERDICTS,
        ),
        counts_by_state(
            words,
            say("Offices by state"),
            now(f"sum by (state) (site_state and on (site) {CHOSEN_SITES})", "{{state}}"),
            STATES,
            about=say("The state of an office's lines joined with the mobile coverage of its point."),
            width=12,
        ),
        figures(
            say("Lines that carry traffic"),
            [now(f"avg({of_lines('wan_link_up')})")],
            unit="percentunit",
            steps=SHARE_UP,
            decimals=1,
            width=3,
        ),
        figures(say("Isolated communes"), [now("sum(commune_isolated)")], steps=ANY_IS_BAD, width=3),
        figures(
            say("Lines whose ends differ"),
            [now(f"sum({of_lines('wan_link_end_mismatch')})")],
            about=say("One end says up and the other says not up."),
            steps=((None, "semi-dark-green"), (1, "semi-dark-yellow")),
            width=3,
        ),
        figures(
            say("Age of the figures"),
            [now("time() - max(phusong_snapshot_timestamp_seconds)")],
            about=say(
                "How old the agent's state is. Above two minutes something is wrong with it or with the scrape."
            ),
            unit="s",
            steps=((None, PLAIN), (120, "semi-dark-red")),
            width=3,
        ),
    )


def _lines_not_up(words: Words) -> table.Panel:
    return _state_table(
        words,
        words.say("Lines that are not up"),
        NOT_UP,
        words.say("Maintenance is not here but below. A click on a line opens it."),
        height=12,
    )


def _in_maintenance(words: Words) -> table.Panel:
    return _state_table(words, words.say("Lines in maintenance now"), PLANNED, "", height=6)


def _state_table(words: Words, title: str, which: str, about: str, *, height: int) -> table.Panel:
    say = words.say
    kept = f"and on (link) (({which}) and on (link) {CHOSEN_LINES})"
    return grid(
        title,
        [
            rows(f"max by ({ROW}) ({with_line(f'({which})', 'carrier, district, site')} {SITE_NAME})"),
            rows(f"1000 * max by (link) (wan_link_verdict_change_timestamp_seconds {kept})"),
            rows(f"1000 * max by (link) (wan_link_last_success_timestamp_seconds {kept})"),
        ],
        [
            Column("link", say("Line"), opens=address(words, "link", {"link": "${__value.raw:percentencode}"})),
            Column("verdict", say("Verdict"), mapping=states.by_word(words, LINK_VERDICTS)),
            Column("name", say("Office")),
            Column("carrier", say("Carrier")),
            Column("district", say("District")),
            Column("Value #B", say("Since"), unit="dateTimeAsIso"),
            Column("Value #C", say("Last SNMP answer"), unit="dateTimeAsIso"),
            Column("site", say("Site")),
        ],
        about=about,
        sort_by=say("Since"),
        descending=True,
        height=height,
    )


def _worst(board: Board, words: Words) -> None:
    say = words.say
    opens = address(words, "link", {"link": "${__field.labels.link:percentencode}"})
    legend = "{{link}} {{name}}"
    for title, direction in (
        ("Fullest lines, towards the office", "down"),
        ("Fullest lines, from the office", "up"),
    ):
        use = f'wan_link_utilisation_ratio{{direction="{direction}"}}'
        board.add(
            bars(
                say(title),
                [now(f"topk(10, {with_line(use, 'site')} {SITE_NAME})", legend)],
                about=say("Share of the contracted rate in use between the last two polls."),
                steps=SHARE_USED,
                height=10,
                opens=opens,
            )
        )
    lossy = with_line(f"(wan_link_ping_loss_ratio {CARRYING})", "site")
    slow = with_line(f"(wan_link_ping_rtt_seconds {CARRYING})", "site")
    board.add(
        bars(
            say("Most loss among lines that carry traffic"),
            [now(f"topk(10, {lossy} {SITE_NAME})", legend)],
            steps=LOSS,
            height=10,
            opens=opens,
        ),
        bars(
            say("Slowest lines"),
            [now(f"topk(10, {slow} {SITE_NAME})", legend)],
            about=say("Mean round-trip time of the last burst of echo requests."),
            unit="s",
            height=10,
            opens=opens,
        ),
    )
