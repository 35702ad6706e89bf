"""The part of the endpoints' dashboard about calls: how many, how good, and where the poor ones go wrong.

There are up to eight streams per endpoint in a call, so no query here draws them all.
"""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders import table

from phusong.exporters.grafana import states
from phusong.exporters.grafana.board import Board
from phusong.exporters.grafana.panels import ANY_IS_BAD, SHARE_UP, Steps, bars, figures, graph, name_states
from phusong.exporters.grafana.queries import CHOSEN_ENDPOINTS, now, of_endpoints, or_zero, over_time, rows
from phusong.exporters.grafana.tables import Column, grid
from phusong.exporters.grafana.words import Words
from phusong.exporters.snapshot import CallFault

POOR_LOSS: Final = 0.01
POOR_JITTER_S: Final = 0.035
POOR_LATENCY_S: Final = 0.150
"""Above these a call is poor: the defaults of ``video.call_limits``, from POLYCOM-VIDEO-MIB."""
HD_LINES: Final = 720
WORST: Final = 10
POOR_SHOWN: Final = 30
POOR: Final = (
    f"topk({POOR_SHOWN}, max by (endpoint) (vc_endpoint_verdict_change_timestamp_seconds "
    'and on (endpoint) (vc_endpoint_verdict{verdict="poor_call"} == 1) '
    f"and on (endpoint) {CHOSEN_ENDPOINTS}))"
)
"""Who is in a poor call, with the time since when, the latest first where there are too many."""
RECEIVED: Final = '{direction="received"}'


def add_calls(board: Board, words: Words) -> None:
    """Add the row."""
    say = words.say
    board.row("Calls")
    board.add(
        figures(
            say("In a call now"),
            [now(or_zero(f"sum({of_endpoints('vc_endpoint_in_call')})"))],
        ),
        figures(
            say("Of these poor"),
            [now(or_zero(f"count({POOR})"))],
            steps=ANY_IS_BAD,
        ),
        figures(
            say("HD share"),
            [now(f"avg({of_endpoints('vc_call_hd')})")],
            about=say("Of the calls whose picture is measured, those that receive at least 720 lines."),
            unit="percentunit",
            steps=SHARE_UP,
            decimals=0,
        ),
        figures(
            say("All calls"),
            [
                now(f"8 * sum({of_endpoints('vc_call_receive_bytes_per_second')})", say("received")),
                now(f"8 * sum({of_endpoints('vc_call_transmit_bytes_per_second')})", say("sent")),
            ],
            about=say("Of the endpoints that tell the rate of a call."),
            unit="bps",
            width=6,
        ),
        figures(
            say("Longest call"),
            [now(f"max({of_endpoints('vc_call_duration_seconds')})")],
            unit="s",
            width=6,
        ),
        _poor_calls(words),
    )
    _streams(board, words)
    _over_time(board, words)


def _poor_calls(words: Words) -> table.Panel:
    say = words.say

    def worst(metric: str) -> str:
        return f"topk({POOR_SHOWN}, max by (endpoint) ({metric}{RECEIVED} and on (endpoint) ({POOR})))"

    return grid(
        say("Poor calls"),
        [
            rows(
                f"1000 * ({POOR}) * on (endpoint) group_left (name, site, district) "
                f"max by (endpoint, name, site, district) ({CHOSEN_ENDPOINTS})"
            ),
            rows(f"max by (endpoint, fault) ((vc_call_fault == 1) and on (endpoint) ({POOR}))"),
            rows(worst("vc_stream_loss_ratio")),
            rows(worst("vc_stream_jitter_seconds")),
            rows(worst("vc_stream_latency_seconds")),
            rows(worst("vc_stream_height_pixels")),
            rows(f"max by (endpoint) (vc_endpoint_port_error_ratio and on (endpoint) ({POOR}))"),
        ],
        [
            Column("endpoint", say("Endpoint")),
            Column("fault", say("Where it goes wrong"), mapping=states.by_word(words, tuple(CallFault))),
            Column("Value #C", say("Loss"), unit="percentunit", decimals=1, steps=_above(POOR_LOSS)),
            Column("Value #D", say("Jitter"), unit="s", steps=_above(POOR_JITTER_S)),
            Column("Value #E", say("Latency"), unit="s", steps=_above(POOR_LATENCY_S)),
            Column("Value #F", say("Lines of the picture")),
            Column(
                "Value #G", say("Errors at the room's port"), unit="percentunit", decimals=2, steps=_above(0.001)
            ),
            Column("Value #A", say("Since"), unit="dateTimeAsIso"),
            Column("name", say("Name")),
            Column("district", say("District")),
            Column("site", say("Site")),
        ],
        about=say("The worst of what each receives. Red is beyond the limit of a good call."),
        sort_by=say("Since"),
        descending=True,
        height=8,
    )


def _above(limit: float) -> Steps:
    return ((None, "semi-dark-green"), (limit, "semi-dark-red"))


def _streams(board: Board, words: Words) -> None:
    say = words.say
    for title, metric, about, unit, limit in (
        ("Loss: the worst streams", "vc_stream_loss_ratio", "Above 1 % a call is poor.", "percentunit", POOR_LOSS),
        (
            "Jitter: the worst streams",
            "vc_stream_jitter_seconds",
            "Above 35 ms a call is poor.",
            "s",
            POOR_JITTER_S,
        ),
        (
            "Latency: the worst streams",
            "vc_stream_latency_seconds",
            "Above 150 ms a call is poor.",
            "s",
            POOR_LATENCY_S,
        ),
    ):
        board.add(
            graph(
                say(title),
                [over_time(f"topk({WORST}, {of_endpoints(metric + RECEIVED)})", "{{endpoint}} {{media}}")],
                about=say(about),
                unit=unit,
                width=8,
                limit=limit,
            )
        )


def _over_time(board: Board, words: Words) -> None:
    say = words.say
    ends = f"count by (reason) ({of_endpoints('vc_endpoint_last_call_end_info')})"
    number = graph(
        say("Endpoints in a call"),
        [
            over_time(f"sum({of_endpoints('vc_endpoint_in_call')})", say("in a call")),
            over_time(f"sum by (fault) ({of_endpoints('vc_call_fault')})", "{{fault}}"),
        ],
        about=say("All, and the poor ones by where they go wrong."),
        width=8,
    )
    name_states(number, words, tuple(CallFault))
    board.add(
        number,
        graph(
            say("Rate of calls: the ten largest"),
            [
                over_time(
                    f"topk({WORST}, 8 * {of_endpoints('vc_call_receive_bytes_per_second')})",
                    f"{{{{endpoint}}}} {say('received')}",
                ),
                over_time(
                    f"topk({WORST}, 8 * {of_endpoints('vc_call_transmit_bytes_per_second')})",
                    f"{{{{endpoint}}}} {say('sent')}",
                ),
            ],
            unit="bps",
            width=8,
        ),
        bars(
            say("Smallest pictures received"),
            [
                now(
                    f"sort(bottomk({WORST}, "
                    + of_endpoints('vc_stream_height_pixels{direction="received", media="video"}')
                    + "))",
                    "{{endpoint}}",
                )
            ],
            about=say("Lines of the picture; 720 and more is HD."),
            unit="short",
            steps=((None, "semi-dark-red"), (HD_LINES, "semi-dark-green")),
            width=8,
        ),
        bars(
            say("Why the last calls ended"),
            [now(f"sort_desc(topk({WORST}, {ends}))", "{{reason}}")],
            about=say("In the endpoints' own words; how many say it."),
            unit="short",
            width=24,
            height=6,
        ),
    )
