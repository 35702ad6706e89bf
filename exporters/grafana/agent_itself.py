"""The agent itself: is it on time, what does it send and get, what does it refuse, how large has it grown."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.models.dashboard import Dashboard

from phusong.exporters.grafana.board import Board
from phusong.exporters.grafana.panels import PLAIN, figures, graph
from phusong.exporters.grafana.queries import now, or_zero, over_time, rows
from phusong.exporters.grafana.tables import Column, grid
from phusong.exporters.grafana.words import Words

NAME: Final = "agent"
OURS: Final = "and on (job, instance) phusong_build_info"
"""``process_*`` is told by nearly everything that Prometheus scrapes; this keeps the agent's."""


def agent_itself(words: Words) -> Dashboard:
    """Return the dashboard."""
    board = Board(words, NAME, "The agent itself", "Whether the agent is on time, well and up to date.")
    _now(board, words)
    _polling(board, words)
    _replies(board, words)
    _process(board, words)
    return board.build()


def _rate(metric: str, *by: str) -> str:
    return or_zero(f"sum by ({', '.join(by)}) (rate({metric}[$__rate_interval]))")


def _now(board: Board, words: Words) -> None:
    say = words.say
    late = ((None, "semi-dark-green"), (60, "semi-dark-yellow"), (120, "semi-dark-red"))
    board.add(
        figures(
            say("Age of the figures"),
            [now("time() - max(phusong_snapshot_timestamp_seconds)")],
            unit="s",
            steps=late,
        ),
        figures(
            say("Last cycle"),
            [now("max(phusong_poll_cycle_seconds)")],
            about=say("Time in which every target was polled once that is not asked less often."),
            unit="s",
        ),
        figures(
            say("Largest delay"),
            [now("max(phusong_poll_schedule_lag_seconds)")],
            about=say("Of a poll behind its time, in the last cycle."),
            unit="s",
            steps=((None, "semi-dark-green"), (1, "semi-dark-yellow"), (5, "semi-dark-red")),
        ),
        figures(
            say("Last reload"),
            [now("min(phusong_config_last_reload_successful)")],
            about=say("1 when it was taken over; 0 when a mistake kept the old configuration: see the log."),
            steps=((None, "semi-dark-red"), (1, "semi-dark-green")),
        ),
        figures(
            say("Reloaded"),
            [now("1000 * max(phusong_config_last_reload_success_timestamp_seconds)")],
            unit="dateTimeFromNow",
        ),
        figures(
            say("Running for"),
            [now(f"max(time() - (process_start_time_seconds {OURS}))")],
            unit="s",
            steps=((None, PLAIN),),
        ),
        grid(
            say("Version and echo requests"),
            [
                rows("max by (instance, version) (phusong_build_info)"),
                rows("count by (instance, method) (phusong_icmp_method_info)"),
            ],
            [
                Column("instance", say("Agent")),
                Column("version", say("Version")),
                Column("method", say("Echo requests by")),
            ],
            width=8,
            height=5,
        ),
        figures(
            say("In the inventory"),
            [
                now(f"max(phusong_inventory_{what})", say(title))
                for what, title in (
                    ("links", "Lines"),
                    ("devices", "Devices"),
                    ("endpoints", "Endpoints"),
                    ("services", "Services"),
                    ("sites", "Sites"),
                )
            ],
            width=8,
            height=5,
        ),
        figures(
            say("Asked less often"),
            [now("sum by (kind) (phusong_poll_backed_off)", "{{kind}}")],
            about=say("Devices and endpoints that have been silent for long."),
            width=8,
            height=5,
        ),
    )


def _polling(board: Board, words: Words) -> None:
    say = words.say
    board.row("Polling")
    board.add(
        graph(
            say("Time of one poll"),
            [
                over_time(
                    f"histogram_quantile({share}, sum by (kind, le) "
                    "(rate(phusong_poll_duration_seconds_bucket[$__rate_interval])))",
                    f"{{{{kind}}}} {percent}",
                )
                for share, percent in (("0.5", "50 %"), ("0.95", "95 %"), ("0.99", "99 %"))
            ],
            about=say("With its retries: the time that half, 95 % and 99 % of the polls kept."),
            unit="s",
        ),
        graph(
            say("Cycle and delay"),
            [
                over_time("max(phusong_poll_cycle_seconds)", say("cycle")),
                over_time("max(phusong_poll_schedule_lag_seconds)", say("largest delay")),
            ],
            unit="s",
        ),
        graph(
            say("Polls without a usable answer, by reason"),
            [over_time(_rate("phusong_poll_errors_total", "reason"), "{{reason}}")],
            unit="ops",
            width=8,
            stacked=True,
        ),
        graph(
            say("Polls left out"),
            [over_time("sum(increase(phusong_poll_skipped_total[$__rate_interval]))", say("left out"))],
            about=say("The one before was still running, or the machine slept."),
            width=8,
        ),
        graph(
            say("Asked less often"),
            [over_time("sum by (kind) (phusong_poll_backed_off)", "{{kind}}")],
            width=8,
        ),
    )


def _replies(board: Board, words: Words) -> None:
    say = words.say
    board.row("Packets")
    board.add(
        graph(
            say("SNMP requests"),
            [
                over_time("sum(rate(phusong_snmp_requests_total[$__rate_interval]))", say("sent")),
                over_time("sum(rate(phusong_snmp_retries_total[$__rate_interval]))", say("sent again")),
                over_time("sum(rate(phusong_snmp_requests_delayed_total[$__rate_interval]))", say("held back")),
            ],
            about=say("Held back: the device had been sent poll.requests_per_second."),
            unit="ops",
        ),
        graph(
            say("Rejected replies, by reason"),
            [over_time(_rate("phusong_snmp_replies_rejected_total", "reason"), "{{reason}}")],
            about=say("They answered no request or failed a check: late, forged, or of a wrong device."),
            unit="ops",
        ),
        graph(
            say("Notifications"),
            [
                over_time(
                    _rate("phusong_notifications_total", "kind", "version"),
                    f"{say('accepted')} {{{{kind}}}} {{{{version}}}}",
                ),
                over_time("sum(rate(phusong_notification_reports_total[$__rate_interval]))", say("reports")),
            ],
            about=say("Traps and informs from known addresses with allowed credentials."),
            unit="ops",
            width=8,
        ),
        graph(
            say("Notifications that were not accepted, by reason"),
            [over_time(_rate("phusong_notifications_dropped_total", "reason"), "{{reason}}")],
            unit="ops",
            width=8,
        ),
        graph(
            say("Devices that send most"),
            [
                over_time(
                    or_zero(
                        "topk(5, sum by (device) (increase(phusong_device_notifications_total[$__rate_interval])))"
                    ),
                    "{{device}}",
                )
            ],
            about=say("Accepted traps and informs."),
            width=8,
        ),
        graph(
            say("New SNMPv3 engines"),
            [
                over_time(
                    or_zero(
                        "topk(5, sum by (device) (increase(phusong_snmp_engine_changes_total[$__rate_interval])))"
                    ),
                    "{{device}}",
                )
            ],
            about=say(
                "Another engine ID than before was authenticated: a replaced device, or somebody in its place."
            ),
            width=8,
        ),
        graph(
            say("Series left out of the page, by reason"),
            [over_time(_rate("phusong_series_dropped_total", "reason"), "{{reason}}")],
            unit="ops",
            width=8,
        ),
        graph(
            say("Sensors that could not be read"),
            [over_time("topk(5, wan_device_sensor_problems > 0) or vector(0)", "{{device}}")],
            about=say("The five devices with most of them."),
            width=8,
        ),
    )


def _process(board: Board, words: Words) -> None:
    say = words.say
    board.row("Process")
    board.add(
        graph(
            say("Memory"),
            [over_time(f"process_resident_memory_bytes {OURS}", "{{instance}}")],
            unit="bytes",
            width=6,
        ),
        graph(
            say("Processor"),
            [over_time(f"rate(process_cpu_seconds_total[$__rate_interval]) {OURS}", "{{instance}}")],
            about=say("1 is one core."),
            width=6,
        ),
        graph(
            say("Size of the state file"),
            [over_time("phusong_state_file_bytes", "{{instance}}")],
            unit="bytes",
            width=6,
        ),
        graph(
            say("Trouble with the state folder"),
            [
                over_time(
                    "sum(increase(phusong_state_write_errors_total[$__rate_interval]))", say("failed writes")
                ),
                over_time(
                    "sum(increase(phusong_state_files_put_aside_total[$__rate_interval]))", say("files put aside")
                ),
            ],
            width=6,
        ),
    )
