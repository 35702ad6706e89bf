"""One line: its verdict over time, traffic against the contract, both ends, quality, and what its devices say."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.models.dashboard import Dashboard

from phusong.exporters.grafana import states
from phusong.exporters.grafana.board import Board
from phusong.exporters.grafana.link_devices import add_counters, add_sensors
from phusong.exporters.grafana.panels import LOSS, SHARE_UP, SHARE_USED, figures, graph, timeline
from phusong.exporters.grafana.queries import chosen, now, over_time, place, rows, share_of_time_up
from phusong.exporters.grafana.sites_map import STATES
from phusong.exporters.grafana.tables import Column, grid
from phusong.exporters.grafana.words import Words
from phusong.exporters.snapshot import LINK_VERDICTS

NAME: Final = "link"
LINK: Final = chosen("link")
HERE: Final = f"wan_link_info{{{LINK}}}"
USE: Final = {way: f'wan_link_utilisation_ratio{{{LINK}, direction="{way}"}}' for way in ("down", "up")}
CONTRACT: Final = {
    way: f'wan_link_contracted_bytes_per_second{{{LINK}, direction="{way}"}}' for way in ("down", "up")
}
"""By direction."""


def one_link(words: Words) -> Dashboard:
    """Return the dashboard."""
    say = words.say
    board = Board(words, NAME, "One line", "Everything that is known of one line.")
    board.choose("link", "Line", "label_values(wan_link_info, link)", several=False)
    for label in ("site", "near_device", "far_device"):
        board.choose(label, "", f"label_values({HERE}, {label})", several=False, hidden=True)
    board.annotate(
        "Verdict other than up",
        f'max by (verdict) (wan_link_verdict{{{LINK}, verdict!="up"}}) == 1',
        "{{verdict}}",
    )
    _summary(board, words)
    board.add(
        timeline(
            say("Verdict"),
            [over_time(place("wan_link_verdict", "verdict", LINK_VERDICTS, "link", LINK), "{{link}}")],
            mappings=[states.by_place(words, LINK_VERDICTS)],
            width=12,
            height=4,
        ),
        timeline(
            say("State of its office"),
            [over_time(place("site_state", "state", STATES, "site", chosen("site")), "{{site}}")],
            about=say("Its lines joined with the mobile coverage of its point."),
            mappings=[states.by_place(words, STATES)],
            width=12,
            height=4,
        ),
    )
    _traffic(board, words)
    _quality(board, words)
    add_counters(board, words, LINK)
    add_sensors(board, words)
    return board.build()


def _summary(board: Board, words: Words) -> None:
    say = words.say
    board.add(
        grid(
            say("The line"),
            [
                rows(
                    "max by (link, name, carrier, role, district, near_device, far_device) "
                    f"({HERE} * on (site) group_left (name) site_info)"
                ),
                rows(f"8 * max by (link) ({CONTRACT['down']})"),
                rows(f"8 * max by (link) ({CONTRACT['up']})"),
                rows(f"1000 * max by (link) (wan_link_verdict_change_timestamp_seconds{{{LINK}}})"),
                rows(f"1000 * max by (link) (wan_link_last_success_timestamp_seconds{{{LINK}}})"),
            ],
            [
                Column("link", say("Line")),
                Column("name", say("Office")),
                Column("carrier", say("Carrier")),
                Column("role", say("Role")),
                Column("district", say("District")),
                Column("near_device", say("Hub device")),
                Column("far_device", say("Office device")),
                Column("Value #B", say("Contract to the office"), unit="bps"),
                Column("Value #C", say("Contract from the office"), unit="bps"),
                Column("Value #D", say("Since"), unit="dateTimeAsIso"),
                Column("Value #E", say("Last SNMP answer"), unit="dateTimeAsIso"),
            ],
            height=4,
        ),
        figures(
            say("Availability in this range"),
            [now(share_of_time_up("$__range", LINK))],
            about=say("Time in which it carried traffic, of the time without maintenance and with a known state."),
            unit="percentunit",
            steps=SHARE_UP,
            decimals=3,
        ),
        figures(
            say("Outages in this range"),
            [now(f"resets(wan_link_up{{{LINK}}}[$__range])")],
            about=say("How often it ceased to carry traffic."),
            steps=((None, "semi-dark-green"), (1, "semi-dark-yellow"), (4, "semi-dark-red")),
        ),
        *(
            figures(
                say(title),
                [now(f"quantile_over_time(0.95, {USE[way]}[$__range])")],
                about=say("The share of the contract that was not exceeded in 95 % of this range."),
                unit="percentunit",
                steps=SHARE_USED,
            )
            for title, way in (
                ("95th percentile, to the office", "down"),
                ("95th percentile, from the office", "up"),
            )
        ),
        figures(
            say("Loss now"),
            [now(f"wan_link_ping_loss_ratio{{{LINK}}}")],
            unit="percentunit",
            steps=LOSS,
            decimals=1,
        ),
        figures(
            say("Ends differ"),
            [now(f"wan_link_end_mismatch{{{LINK}}}")],
            about=say("1 when one end says up and the other says not up."),
            steps=((None, "semi-dark-green"), (1, "semi-dark-yellow")),
        ),
    )


def _traffic(board: Board, words: Words) -> None:
    say = words.say
    board.row("Traffic")
    for title, way in (("Traffic to the office", "down"), ("Traffic from the office", "up")):
        use, contract = USE[way], CONTRACT[way]
        board.add(
            graph(
                say(title),
                [
                    over_time(f"8 * avg_over_time({use}[$__rate_interval]) * {contract}", say("in use")),
                    over_time(f"8 * {contract}", say("contract")),
                    over_time(
                        f"8 * quantile_over_time(0.95, {use}[$__range] @ end()) * {contract}",
                        say("95th percentile"),
                    ),
                ],
                about=say("From the office's end where that gives a rate, else from the hub's."),
                unit="bps",
            )
        )
    for title, sent, received in (
        ("Both ends compared, to the office", "near", "far"),
        ("Both ends compared, from the office", "far", "near"),
    ):
        board.add(
            graph(
                say(title),
                [
                    over_time(
                        f'8 * rate(wan_link_transmit_bytes_total{{{LINK}, end="{sent}"}}[$__rate_interval])',
                        say("sent"),
                    ),
                    over_time(
                        f'8 * rate(wan_link_receive_bytes_total{{{LINK}, end="{received}"}}[$__rate_interval])',
                        say("received"),
                    ),
                ],
                about=say(
                    "What one end sends the other should receive; the difference is lost or not of this line."
                ),
                unit="bps",
            )
        )


def _quality(board: Board, words: Words) -> None:
    say = words.say
    board.row("Quality")
    board.add(
        graph(
            say("Loss"),
            [over_time(f"avg_over_time(wan_link_ping_loss_ratio{{{LINK}}}[$__rate_interval])", say("loss"))],
            about=say("Lost share of echo requests."),
            unit="percentunit",
            width=8,
        ),
        graph(
            say("Round-trip time"),
            [
                over_time(f"avg_over_time(wan_link_ping_rtt_seconds{{{LINK}}}[$__rate_interval])", say("mean")),
                over_time(f"max_over_time(wan_link_ping_rtt_seconds{{{LINK}}}[$__rate_interval])", say("highest")),
            ],
            unit="s",
            width=8,
        ),
        graph(
            say("Errors and discards"),
            [
                over_time(
                    f"max_over_time(wan_link_error_ratio{{{LINK}}}[$__rate_interval])",
                    f"{say('errors')} {{{{end}}}}",
                ),
                over_time(
                    f"max_over_time(wan_link_discard_ratio{{{LINK}}}[$__rate_interval])",
                    f"{say('discards')} {{{{end}}}}",
                ),
            ],
            about=say("Share of the packets between two polls; near is the hub's end, far the office's."),
            unit="percentunit",
            width=8,
        ),
        timeline(
            say("What exceeds its limit"),
            [over_time(f"wan_link_degraded{{{LINK}}}", "{{reason}}")],
            steps=((None, "semi-dark-green"), (1, "semi-dark-red")),
            width=12,
            height=6,
        ),
        graph(
            say("Intervals without a trusted counter, by reason"),
            [
                over_time(
                    "sum by (end, reason) "
                    f"(increase(wan_link_traffic_anomalies_total{{{LINK}}}[$__rate_interval])) or vector(0)",
                    "{{end}} {{reason}}",
                )
            ],
            about=say(
                "Restarts, replaced devices, renumbered interfaces and impossible figures: they add no traffic."
            ),
            height=6,
        ),
    )
