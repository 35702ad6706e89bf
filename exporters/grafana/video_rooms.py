"""The folded parts of the endpoints' dashboard: what each endpoint answers, and its port."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders import table

from phusong.exporters.grafana.board import Board
from phusong.exporters.grafana.panels import ANY_IS_BAD, SHARE_UP, bars, graph
from phusong.exporters.grafana.queries import CHOSEN_ENDPOINTS, now, of_endpoints, over_time, rows
from phusong.exporters.grafana.tables import DAYS_LEFT, Column, grid
from phusong.exporters.grafana.words import Words

WORST: Final = 10
SHOWN: Final = 50
SERVICE: Final = "{{endpoint}} {{service}}"
WITH_NAME: Final = f"* on (endpoint) group_left (name, district) {CHOSEN_ENDPOINTS}"
SLOWEST_GOOD_PORT: Final = 12.5e6
"""100 Mbit/s in bytes: what came up slower has a bad cable, or half duplex."""
PORT_ERRORS: Final = 0.001
BAD_PORT: Final = (
    "and on (endpoint) (vc_endpoint_port_up == 0 "
    f"or vc_endpoint_port_speed_bytes_per_second < {SLOWEST_GOOD_PORT:.0f} or vc_endpoint_port_half_duplex == 1)"
)
CHOSEN_TOO: Final = f"and on (endpoint) vc_endpoint_port_up and on (endpoint) {CHOSEN_ENDPOINTS}"


def add_services_of_endpoints(board: Board, words: Words) -> None:
    """Add what the endpoints' services answer."""
    say = words.say
    up = "vc_endpoint_service_up"
    response = of_endpoints("vc_endpoint_service_response_seconds")
    board.folded(
        "Services of the endpoints",
        [
            bars(
                say("Share that answers, by service"),
                [now(f"sort(avg by (service) ({of_endpoints(up)}))", "{{service}}")],
                steps=SHARE_UP,
                width=8,
                top=1,
            ),
            graph(
                say("Response time: the ten slowest"),
                [over_time(f"topk({WORST}, {response})", SERVICE)],
                unit="s",
                width=16,
            ),
            grid(
                say("Services that do not answer"),
                [
                    rows(
                        f"topk({SHOWN}, max by (endpoint, service, port, name, district) "
                        f"((1 - {up}) {WITH_NAME}) == 1)"
                    )
                ],
                [
                    Column("endpoint", say("Endpoint")),
                    Column("service", say("Service")),
                    Column("port", say("Port")),
                    Column("name", say("Name")),
                    Column("district", say("District")),
                ],
                about=say("Fifty at most. An endpoint of which nothing answers stands here with each service."),
                sort_by=say("Endpoint"),
                width=12,
            ),
            _certificates(words),
            grid(
                say("Parts that failed"),
                [rows(f"topk({SHOWN}, max by (endpoint, part, name, district) (vc_endpoint_fault {WITH_NAME}))")],
                [
                    Column("endpoint", say("Endpoint")),
                    Column("part", say("Part")),
                    Column("name", say("Name")),
                    Column("district", say("District")),
                ],
                about=say("As the endpoints themselves report."),
                sort_by=say("Endpoint"),
                height=6,
            ),
        ],
    )


def _certificates(words: Words) -> table.Panel:
    say = words.say
    expiry = "vc_endpoint_certificate_expiry_timestamp_seconds"
    return grid(
        say("Certificates that run out first"),
        [rows(f"bottomk(20, max by (endpoint, service, port, name, district) (({expiry} - time()) {WITH_NAME}))")],
        [
            Column("endpoint", say("Endpoint")),
            Column("service", say("Service")),
            Column("port", say("Port")),
            Column("Value", say("Left"), unit="s", steps=DAYS_LEFT),
            Column("name", say("Name")),
            Column("district", say("District")),
        ],
        sort_by=say("Left"),
        width=12,
    )


def add_room_ports(board: Board, words: Words) -> None:
    """Add the ports of switches and routers to which the endpoints are connected."""
    say = words.say
    board.folded(
        "Ports of the rooms",
        [
            graph(
                say("Errors: the ten worst ports"),
                [over_time(f"topk({WORST}, {of_endpoints('vc_endpoint_port_error_ratio')})", "{{endpoint}}")],
                about=say("Above 0.1 % a poor call is the room's: cable, socket, or half duplex."),
                unit="percentunit",
                limit=PORT_ERRORS,
            ),
            graph(
                say("Rate: the ten largest"),
                [
                    over_time(
                        f"topk({WORST}, 8 * {of_endpoints('vc_endpoint_port_transmit_bytes_per_second')})",
                        f"{{{{endpoint}}}} {say('received')}",
                    ),
                    over_time(
                        f"topk({WORST}, 8 * {of_endpoints('vc_endpoint_port_receive_bytes_per_second')})",
                        f"{{{{endpoint}}}} {say('sent')}",
                    ),
                ],
                about=say("As the endpoint sees it."),
                unit="bps",
            ),
            grid(
                say("Ports that are down, slow or at half duplex"),
                [
                    rows(
                        f"topk({SHOWN}, max by (endpoint, name, district) "
                        f"(vc_endpoint_port_up {WITH_NAME}) {BAD_PORT})"
                    ),
                    rows(
                        f"8 * max by (endpoint) (vc_endpoint_port_speed_bytes_per_second {BAD_PORT} {CHOSEN_TOO})"
                    ),
                    rows(f"max by (endpoint) (vc_endpoint_port_half_duplex {BAD_PORT} {CHOSEN_TOO})"),
                ],
                [
                    Column("endpoint", say("Endpoint")),
                    Column("Value #A", say("Up"), steps=((None, "semi-dark-red"), (1, "semi-dark-green"))),
                    Column("Value #B", say("Speed"), unit="bps"),
                    Column("Value #C", say("Half duplex"), steps=ANY_IS_BAD),
                    Column("name", say("Name")),
                    Column("district", say("District")),
                ],
                about=say("Where lan_device and lan_interface of endpoints.csv name the port."),
                sort_by=say("Endpoint"),
                height=8,
            ),
        ],
    )
