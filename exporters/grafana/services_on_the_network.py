"""The services of services.csv: which are down or slow, what they answer, whose certificates run out."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders import table
from grafana_foundation_sdk.models.dashboard import Dashboard

from phusong.collectors.call_readings import ServiceState
from phusong.exporters.grafana import states
from phusong.exporters.grafana.board import Board
from phusong.exporters.grafana.panels import SHARE_UP, counts_by_state, figures, graph, timeline
from phusong.exporters.grafana.queries import chosen, now, over_time, place, rows
from phusong.exporters.grafana.tables import DAYS_LEFT, Column, grid
from phusong.exporters.grafana.words import Words
from phusong.exporters.snapshot import ServiceVerdict

NAME: Final = "services"
CHOSEN: Final = f"wan_service_info{{{chosen('service')}}}"
VERDICTS: Final = tuple(ServiceVerdict)
STATE_COLOURS: Final = {ServiceState.READY: "semi-dark-green", ServiceState.ALIVE: "semi-dark-yellow"}


def services_on_the_network(words: Words) -> Dashboard:
    """Return the dashboard."""
    say = words.say
    board = Board(
        words,
        NAME,
        "Services on the network",
        "Which services that ride on the network are down or slow, and whose certificates run out.",
    )
    board.choose("service", "Service", "label_values(wan_service_info, service)")
    board.add(
        counts_by_state(
            words,
            say("Services by verdict"),
            now(f"sum by (verdict) ({_of_chosen('wan_service_verdict')})", "{{verdict}}"),
            VERDICTS,
            width=20,
        ),
        figures(
            say("Share that answers"),
            [now(f"avg({_of_chosen('wan_service_up')})")],
            unit="percentunit",
            steps=SHARE_UP,
            decimals=0,
        ),
        _services(words),
        timeline(
            say("Verdicts"),
            [over_time(_of_chosen(place("wan_service_verdict", "verdict", VERDICTS, "service")), "{{service}}")],
            mappings=[states.by_place(words, VERDICTS)],
            height=7,
        ),
        graph(
            say("Response time"),
            [over_time(_of_chosen("wan_service_response_seconds"), "{{service}}")],
            about=say("With the connection. Beyond the limit of services.csv a service is slow."),
            unit="s",
        ),
        graph(
            say("Status over HTTP"),
            [over_time(_of_chosen("wan_service_http_status_code"), "{{service}}")],
        ),
    )
    return board.build()


def _of_chosen(expression: str) -> str:
    return f"({expression} and on (service) {CHOSEN})"


def _services(words: Words) -> table.Panel:
    say = words.say

    def of(expression: str, *by: str) -> str:
        return f"max by ({', '.join(('service', *by))}) ({_of_chosen(expression)})"

    holds = "(wan_service_verdict == 1) * on (service) group_left (name, protocol, site) " + CHOSEN
    return grid(
        say("Services"),
        [
            rows(f"max by (service, verdict, name, protocol, site) ({holds})"),
            rows(of("(wan_service_state == 1)", "state")),
            rows(of("wan_service_http_status_code")),
            rows(of("wan_service_response_seconds")),
            rows(of("1000 * wan_service_verdict_change_timestamp_seconds")),
            rows(of("1000 * wan_service_last_success_timestamp_seconds")),
            rows(of("(wan_service_certificate_expiry_timestamp_seconds - time())")),
            rows(of("wan_service_certificate_trusted")),
        ],
        [
            Column("service", say("Service")),
            Column("verdict", say("Verdict"), mapping=states.by_word(words, VERDICTS)),
            Column("name", say("Name")),
            Column("state", say("Last answer"), mapping=states.by_text(_answers(words))),
            Column("Value #C", say("Status")),
            Column("Value #D", say("Response time"), unit="s"),
            Column("Value #E", say("Since"), unit="dateTimeAsIso"),
            Column("Value #F", say("Last right answer"), unit="dateTimeAsIso"),
            Column("Value #G", say("Certificate left"), unit="s", steps=DAYS_LEFT),
            Column("Value #H", say("Trusted"), steps=((None, "semi-dark-red"), (1, "semi-dark-green"))),
            Column("protocol", say("Protocol")),
            Column("site", say("Site")),
        ],
        sort_by=say("Service"),
        height=9,
    )


def _answers(words: Words) -> dict[str, tuple[str, str]]:
    """Return how a service answered, in words; the status stands in a column of its own."""
    texts = {str(state): text.rstrip(".") for state, text in words.states.service_states.items()}
    texts[ServiceState.ALIVE] = words.say("Another status than expected")
    return {
        state: (text, STATE_COLOURS.get(ServiceState(state), "semi-dark-red")) for state, text in texts.items()
    }
