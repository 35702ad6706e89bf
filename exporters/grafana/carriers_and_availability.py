"""Carriers compared: who is up now, who was over the range, the worst lines, and the last 30 days."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders import bargauge, table
from grafana_foundation_sdk.models.dashboard import Dashboard

from phusong.exporters.grafana.board import Board
from phusong.exporters.grafana.panels import SHARE_UP, address, bars, graph
from phusong.exporters.grafana.queries import (
    CHOSEN_LINES,
    hours_with,
    now,
    of_lines,
    over_time,
    rows,
    share_of_time_up,
    with_line,
)
from phusong.exporters.grafana.tables import Column, grid
from phusong.exporters.grafana.words import Words

NAME: Final = "carriers"
OUT: Final = "down|unreachable|parent_down|admin_down"
"""The verdicts on a line that carries no traffic, maintenance apart."""
MONTH: Final = "30d"


def carriers_and_availability(words: Words) -> Dashboard:
    """Return the dashboard; its figures are over hours and days, so it is asked for less often than the others."""
    say = words.say
    board = Board(
        words,
        NAME,
        "Carriers and availability",
        "Which carrier and which lines were available how long, maintenance left out.",
        since="now-24h",
        refresh="5m",
    )
    board.choose("district", "District", "label_values(wan_link_info, district)")
    board.choose("carrier", "Carrier", "label_values(wan_link_info, carrier)")
    board.row("Now")
    for title, label in (("Lines up now, by carrier", "carrier"), ("Lines up now, by district", "district")):
        board.add(
            bars(
                say(title),
                [now(f"sort_desc(avg by ({label}) ({with_line('wan_link_up', label)}))", f"{{{{{label}}}}}")],
                steps=SHARE_UP,
                width=12,
                top=1,
            )
        )
    board.add(
        graph(
            say("Lines up, by carrier"),
            [over_time(f"avg by (carrier) ({with_line('wan_link_up', 'carrier')})", "{{carrier}}")],
            unit="percentunit",
            top=1,
        ),
        graph(
            say("Lines that carry no traffic, by carrier"),
            [
                over_time(
                    "sum by (carrier) (" + with_line(f'wan_link_verdict{{verdict=~"{OUT}"}}', "carrier") + ")",
                    "{{carrier}}",
                )
            ],
            about=say("Maintenance is left out."),
            stacked=True,
        ),
    )
    board.row("In this range")
    board.add(
        _availability(words, "Availability by carrier", "carrier", "$__range"),
        _availability(words, "Availability by district", "district", "$__range"),
        _lines(words),
    )
    board.folded("The last 30 days", [_month(words)])
    return board.build()


def _availability(words: Words, title: str, label: str, window: str) -> bargauge.Panel:
    say = words.say
    mean = f"avg by ({label}) ({with_line(f'({share_of_time_up(window)})', label)})"
    return bars(
        say(title),
        [now(f"sort({mean})", f"{{{{{label}}}}}")],
        about=say("The mean of the lines' availability. Maintenance and time without a known state do not count."),
        steps=SHARE_UP,
        width=12,
        top=1,
    )


def _lines(words: Words) -> table.Panel:
    say = words.say
    return grid(
        say("Lines, the worst first"),
        [
            rows(f"max by (link, site, carrier, district) ({CHOSEN_LINES})"),
            rows(_kept(share_of_time_up("$__range"))),
            rows(_kept("resets(wan_link_up[$__range])")),
            rows(_kept(hours_with(OUT, "$__range", "$__range_s"))),
            rows(_kept(hours_with("congested", "$__range", "$__range_s"))),
        ],
        [
            Column("link", say("Line"), opens=address(words, "link", {"link": "${__value.raw:percentencode}"})),
            Column("carrier", say("Carrier")),
            Column("district", say("District")),
            Column("site", say("Site")),
            Column("Value #B", say("Availability"), unit="percentunit", decimals=3, steps=SHARE_UP),
            Column("Value #C", say("Outages"), decimals=0),
            Column("Value #D", say("Hours out"), decimals=1),
            Column("Value #E", say("Hours congested"), decimals=1),
        ],
        about=say("Hours are shares of the time that was observed, spread over the range."),
        sort_by=say("Availability"),
        height=14,
    )


def _kept(expression: str) -> str:
    """Keep the chosen lines, by nothing but their name."""
    return f"max by (link) ({of_lines(f'({expression})')})"


def _month(words: Words) -> table.Panel:
    say = words.say

    def each(how: str, expression: str) -> str:
        return f"{how} by (carrier) ({with_line(f'({expression})', 'carrier')})"

    panel = grid(
        say("Carriers: the last 30 days"),
        [
            rows(f"count by (carrier) ({CHOSEN_LINES})"),
            rows(each("avg", share_of_time_up(MONTH))),
            rows(each("sum", f"resets(wan_link_up[{MONTH}])")),
        ],
        [
            Column("carrier", say("Carrier")),
            Column("Value #A", say("Lines")),
            Column("Value #B", say("Availability"), unit="percentunit", decimals=3, steps=SHARE_UP),
            Column("Value #C", say("Outages"), decimals=0),
        ],
        about=say(
            "Always the last 30 days, whatever range is chosen. Prometheus reads some 200 million samples for it."
        ),
        sort_by=say("Availability"),
    )
    return panel.time_from(MONTH)
