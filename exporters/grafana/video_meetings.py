"""The part of the endpoints' dashboard about meetings: which come next, and who is not ready for them."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders import table

from phusong.exporters.grafana import states
from phusong.exporters.grafana.board import Board
from phusong.exporters.grafana.not_ready import reasons
from phusong.exporters.grafana.panels import ANY_IS_BAD, figures
from phusong.exporters.grafana.queries import CHOSEN_ENDPOINTS, now, of_its_site, or_zero, place, rows
from phusong.exporters.grafana.tables import Column, grid
from phusong.exporters.grafana.words import Words
from phusong.exporters.snapshot import LINK_VERDICTS, Verdict

BEST_LAST: Final = (Verdict.UNKNOWN, *(verdict for verdict in LINK_VERDICTS if verdict is not Verdict.UNKNOWN))
"""The verdicts on lines in an order in which the best of several lines has the highest place."""
MEETINGS_SHOWN: Final = 10
SOON: Final = f"(vc_endpoint_meeting_soon == 1) and on (endpoint) {CHOSEN_ENDPOINTS}"
NOT_READY: Final = "(vc_endpoint_ready == 0)"
MISSING: Final = (
    "vc_endpoint_meeting_begin_timestamp_seconds and on (endpoint) vc_endpoint_not_ready_reason "
    f"and on (endpoint) {CHOSEN_ENDPOINTS}"
)
"""Who has a meeting now or next, and could not join it now, or nothing is known of it."""


def add_meetings(board: Board, words: Words) -> None:
    """Add the row."""
    say = words.say
    board.row("Meetings")
    board.add(
        figures(
            say("Next meeting"),
            [now("1000 * min(vc_meeting_begin_timestamp_seconds)")],
            about=say("When it begins, or when the one that runs began."),
            unit="dateTimeFromNow",
            width=6,
        ),
        figures(
            say("Endpoints with a meeting soon"),
            [now(or_zero(f"count({SOON})"))],
            about=say("Now, or within the time before a meeting in which who is not ready is told (an hour)."),
            width=6,
        ),
        figures(
            say("Of these not ready"),
            [now(or_zero(f"count({SOON} and on (endpoint) {NOT_READY})"))],
            steps=ANY_IS_BAD,
            width=6,
        ),
        figures(
            say("Meetings read"),
            [now("min(phusong_meetings_last_read_successful)")],
            about=say("1 when the file of meetings could be read; 0 when it has mistakes: see the log."),
            steps=((None, "semi-dark-red"), (1, "semi-dark-green")),
            width=6,
        ),
        _next_meetings(words),
        _not_ready(words),
    )


def _next_meetings(words: Words) -> table.Panel:
    say = words.say
    shown = f"bottomk({MEETINGS_SHOWN}, max by (meeting) (vc_meeting_begin_timestamp_seconds))"

    def of(metric: str) -> str:
        return f"max by (meeting) ({metric}) and on (meeting) {shown}"

    return grid(
        say("Next meetings"),
        [
            rows(f"1000 * {shown} * on (meeting) group_left (title) max by (meeting, title) (vc_meeting_info)"),
            rows(f"1000 * ({of('vc_meeting_end_timestamp_seconds')})"),
            rows(of("vc_meeting_endpoints")),
            rows(of("vc_meeting_endpoints_not_ready")),
        ],
        [
            Column("title", say("Meeting")),
            Column("Value #A", say("Begins"), unit="dateTimeAsIso"),
            Column("Value #B", say("Ends"), unit="dateTimeAsIso"),
            Column("Value #C", say("Endpoints")),
            Column("Value #D", say("Not ready now"), steps=ANY_IS_BAD),
            Column("meeting", say("Code")),
        ],
        about=say("The next ten; those that run stand first."),
        sort_by=say("Begins"),
        width=10,
        height=12,
    )


def _not_ready(words: Words) -> table.Panel:
    say = words.say
    verdicts = (
        f"{place('wan_link_verdict', 'verdict', BEST_LAST, 'link')} * on (link) group_left (site) wan_link_info"
    )
    return grid(
        say("Not ready for their next meeting"),
        [
            rows(
                "1000 * max by (endpoint, name, site, district, reason) ("
                f"({MISSING}) * on (endpoint) group_left (reason) vc_endpoint_not_ready_reason "
                f"* on (endpoint) group_left (name, site, district) {CHOSEN_ENDPOINTS})"
            ),
            rows(of_its_site(f"max by (site) ({verdicts})", f"and on (endpoint) ({MISSING})")),
        ],
        [
            Column("endpoint", say("Endpoint")),
            Column("reason", say("Why"), mapping=reasons(words)),
            Column("Value #A", say("Meeting begins"), unit="dateTimeAsIso"),
            Column("Value #B", say("Line"), mapping=states.by_place(words, BEST_LAST)),
            Column("name", say("Name")),
            Column("district", say("District")),
            Column("site", say("Site")),
        ],
        about=say("The heaviest reason of each. Of several lines of an office the best one counts."),
        sort_by=say("Meeting begins"),
        width=14,
        height=12,
    )
