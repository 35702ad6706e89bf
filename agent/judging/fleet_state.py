"""Turns observations into rows and rows into snapshots, judging again only what may have changed.

Devices are judged first, then the lines that hang on them, the upper ones first, then endpoints, then sites and
communes. How each is judged is in ``device_rows``, ``link_rows``, ``endpoint_rows`` and ``service_rows``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf

from phusong.agent.inventory import Inventory, MaintenanceWindow
from phusong.agent.meetings import Meeting
from phusong.agent.polling.observations import Observations
from phusong.coverage.summary import CoverageSummary, SiteCoverage
from phusong.exporters.snapshot import (
    CommuneRow,
    EndpointRow,
    LinkRow,
    MeetingRow,
    SiteCount,
    SiteRow,
    Snapshot,
)

from .device_rows import DeviceRows
from .endpoint_rows import EndpointRows
from .evidence import Evidence
from .explain import Explanation, coverage_words, explain_link, explain_site
from .explain_endpoint import explain_endpoint, explain_service
from .limits import DEFAULT_BOOK, LimitsBook
from .link_rows import LinkRows
from .maintenance import covers
from .row_facts import RowKey, derive_facts
from .service_rows import ServiceRows
from .suspects import Observed, Suspects
from .verdict import any_up, judge_commune, judge_site
from .verdict_changes import Moment, VerdictChange, VerdictChanges
from .video_settings import DEFAULT_VIDEO, VideoSettings

MEETINGS_SHOWN = 50
LOOK_AGAIN_S = 10.0
"""A row is judged again at least this often: values grow old also when nothing is heard."""


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """How an earlier agent left a line, endpoint or office; times are Unix time."""

    key: RowKey
    verdict: str
    begin: float
    rule: str = ""
    """The rule behind it; empty where something else was at fault."""
    changes: tuple[float, ...] = ()
    """When a line began or ceased to carry traffic, lately."""


@dataclass(frozen=True, slots=True)
class StateSettings:
    """What the state needs to know of the configuration."""

    edition: str
    poll_interval_s: float
    ping_interval_s: float
    sensors_interval_s: float
    fallback_technology: str
    limits: LimitsBook = DEFAULT_BOOK
    parent_wait_s: float = 4.0
    """So long a verdict is held for what the thing hangs on to be asked again; 0: decide by what is known."""
    video: VideoSettings = DEFAULT_VIDEO


class FleetState:
    """The rows of one inventory over one memory of observations."""

    def __init__(self, inventory: Inventory, observations: Observations, settings: StateSettings) -> None:
        self._inventory = inventory
        self._observations = observations
        self._settings = settings
        facts = self._facts = derive_facts(inventory, settings.edition)
        evidence = Evidence(
            inventory,
            observations,
            settings.poll_interval_s,
            settings.ping_interval_s,
            settings.sensors_interval_s,
            settings.video.probes_interval_s,
            settings.video.services_interval_s,
        )
        self._changes = VerdictChanges()
        self._windows: Sequence[MaintenanceWindow] = inventory.maintenance
        self._suspects = Suspects(settings.parent_wait_s)
        self._devices = DeviceRows(inventory, facts, evidence, observations)
        self._links = LinkRows(
            inventory, facts, evidence, observations.traffic, self._suspects, self._changes, settings.limits
        )
        self._endpoints = EndpointRows(
            inventory,
            facts,
            evidence,
            self._links,
            self._suspects,
            self._changes,
            settings.video,
            observations.traffic,
        )
        self._services = ServiceRows(inventory, facts, evidence)
        self._meetings: Sequence[Meeting] = ()
        self._meetings_changed = False
        self._sites: dict[str, SiteRow] = {}
        self._communes: tuple[CommuneRow, ...] = ()
        self._judged_at: dict[RowKey, float] = dict.fromkeys(
            (
                *(("link", link_id) for link_id in inventory.links),
                *(("endpoint", endpoint_id) for endpoint_id in inventory.endpoints),
                *(("service", service_id) for service_id in inventory.services),
                *(("device", device_id) for device_id in inventory.devices),
            ),
            -inf,
        )
        """When each row was judged, the longest ago first."""
        self._changed_sites = set(inventory.sites)
        """Sites one of whose lines, or whose coverage, is not as it was when the site was judged."""
        self._coverage: CoverageSummary | None = None
        self._mobile: dict[str, SiteCoverage] = {}
        """What covers a site's point with the fallback technology."""

    def adopt(self, before: FleetState) -> None:
        """Take over the rows that an earlier state knew, so that a reload is no change of verdicts."""
        self._links.adopt(before._links)
        self._endpoints.adopt(before._endpoints)
        self._services.adopt(before._services)
        self._devices.adopt(before._devices)
        self._suspects.adopt(before._suspects, self._judged_at)
        self._sites = {key: row for key, row in before._sites.items() if key in self._facts.sites}
        self._changes.adopt(before._changes)
        if before._settings.edition == self._settings.edition:
            self.use_coverage(before._coverage)

    def remember(self, left: Iterable[LeftBehind]) -> None:
        """Go on from how an earlier agent left things: what still stands is no change."""
        moment = Moment(self._observations.monotonic(), self._observations.unix_time())
        for item in left:
            self._changes.remembered[item.key] = item.verdict, item.begin
            what, item_id = item.key
            if what == "link" and item_id in self._facts.links:
                changes = [moment.now - (moment.unix - at) for at in item.changes]
                self._links.remember(item_id, item.rule, changes, moment.now)

    def take_changes(self) -> list[VerdictChange]:
        """Return the changes of verdicts since the last call, in order."""
        return self._changes.take()

    def take_wanted(self) -> set[Observed]:
        """Return what is to be asked at once: verdicts wait for it."""
        return self._suspects.take_wanted()

    def use_coverage(self, coverage: CoverageSummary | None) -> None:
        """Join the lines' states with this coverage from now on."""
        self._coverage = coverage
        self._mobile = {
            site.site_id: site
            for site in (coverage.sites if coverage else ())
            if site.technology == self._settings.fallback_technology
        }
        self._changed_sites = set(self._facts.sites)

    def use_windows(self, windows: Sequence[MaintenanceWindow]) -> None:
        """Judge by these maintenance windows from now on, in place of those of the inventory."""
        self._windows = windows

    def use_meetings(self, meetings: Sequence[Meeting]) -> None:
        """Say who is ready for these meetings from now on."""
        self._meetings = meetings
        self._endpoints.use_meetings(tuple(meetings), self._observations.unix_time())
        self._meetings_changed = True

    def explain(self, item_id: str) -> list[Explanation]:
        """Explain the verdicts on line, endpoint, service and office of this id; there may be one of each."""
        moment = Moment(self._observations.monotonic(), self._observations.unix_time())
        self._judge(moment)
        found = []
        if item_id in self._links.rows:
            found.append(explain_link(self._links, self._devices, self._windows, item_id, moment))
        if item_id in self._endpoints.rows:
            found.append(explain_endpoint(self._endpoints, self._windows, item_id, moment))
        if item_id in self._services.rows:
            found.append(explain_service(self._services, self._windows, item_id, moment))
        if item_id in self._sites:
            coverage = self._coverage
            found.append(
                explain_site(
                    self._links,
                    self._sites[item_id],
                    self._settings.fallback_technology,
                    self._mobile.get(item_id),
                    coverage_words(coverage) if coverage else "",
                )
            )
        return found

    def snapshot(self) -> Snapshot:
        """Return everything as it is now."""
        moment = Moment(self._observations.monotonic(), self._observations.unix_time())
        self._judge(moment)
        return Snapshot(
            taken_at=moment.unix,
            edition=self._settings.edition,
            fallback_technology=self._settings.fallback_technology,
            links=tuple(self._links.rows[link_id] for link_id in self._facts.links),
            endpoints=tuple(self._endpoints.rows[endpoint_id] for endpoint_id in self._facts.endpoints),
            sites=tuple(self._sites[site_id] for site_id in self._facts.sites),
            devices=tuple(self._devices.rows[device_id] for device_id in self._inventory.devices),
            coverage=self._coverage,
            communes=self._communes,
            services=tuple(self._services.rows[service_id] for service_id in self._facts.services),
            meetings=meeting_rows(self._meetings, self._endpoints.rows, moment.unix),
        )

    def _judge(self, moment: Moment) -> None:
        rows = self._rows_to_judge(moment.now) | self._look_at_windows(moment.unix)
        for what, item_id in [key for key in rows if key[0] == "device"]:
            if self._devices.judge(item_id, moment.now):
                rows.update(dict.fromkeys(self._facts.children.get((what, item_id), ())))
        links = {item_id for what, item_id in rows if what == "link"}
        while links:
            level = min(self._facts.depth[link_id] for link_id in links)
            now = [link_id for link_id in links if self._facts.depth[link_id] == level]
            links.difference_update(now)
            for link_id in now:
                for key in self._judge_link(link_id, moment):
                    rows[key] = None
                    if key[0] == "link":
                        links.add(key[1])
        self._judge_leaves(rows, moment)
        for key in rows:
            del self._judged_at[key]
            self._judged_at[key] = moment.now
        for site_id in self._changed_sites:
            self._sites[site_id] = self._site_row(site_id, moment)
        if self._changed_sites:
            self._communes = commune_rows(self._sites.values())
        self._changed_sites.clear()

    def _judge_leaves(self, rows: Iterable[RowKey], moment: Moment) -> None:
        """Judge that on which nothing hangs: endpoints and services."""
        for what, item_id in rows:
            if what == "endpoint":
                self._endpoints.judge(item_id, moment)
            elif what == "service":
                excused = (what, item_id) in self._changes.excused
                self._services.judge(item_id, moment, excused=excused)

    def _rows_to_judge(self, now: float) -> dict[RowKey, None]:
        """Return the rows of which something was heard, those that wait, and those that were judged long ago."""
        touched, users = self._observations.touched, self._facts.users
        rows = dict.fromkeys(
            key for observed in touched if observed[0] != "ping" for key in users.get(observed, ())
        )
        pinged = [key for observed in touched if observed[0] == "ping" for key in users.get(observed, ())]
        touched.clear()
        for key in pinged:
            if key not in rows and not (key[0] == "link" and self._links.take_ping(key[1], now)):
                rows[key] = None
        for key in self._suspects.waiting:
            rows[key] = None
        if self._meetings_changed:
            rows.update(dict.fromkeys(("endpoint", endpoint_id) for endpoint_id in self._facts.endpoints))
            self._meetings_changed = False
        for key, judged_at in self._judged_at.items():
            if now - judged_at < LOOK_AGAIN_S:
                break
            rows[key] = None
        return rows

    def _look_at_windows(self, unix: float) -> dict[RowKey, None]:
        """Find out which rows are in maintenance now; return those of which that was not so before, or was."""
        active = {window.what for window in self._windows if covers(window, unix)}
        before = self._changes.excused
        self._changes.excused = set().union(*(self._facts.covered_by.get(name, ()) for name in active))
        return dict.fromkeys(sorted(before ^ self._changes.excused))

    def _judge_link(self, link_id: str, moment: Moment) -> list[RowKey]:
        """Judge a line; return what is to be judged again because of it."""
        before = self._links.rows.get(link_id)
        affected = self._links.judge(link_id, moment, self._devices.parents)
        row: LinkRow = self._links.rows[link_id]
        if before is None or before.up is not row.up:
            self._changed_sites.add(row.info.site_id)
        children = self._facts.children
        below = [*children.get(("link", link_id), ()), *children.get(("site", row.info.site_id), ())]
        if affected:
            return below
        if before is None or (before.verdict, before.degradations) != (row.verdict, row.degradations):
            return [key for key in below if key[0] == "endpoint"]  # how well it does is of use to rooms alone
        return []

    def _site_row(self, site_id: str, moment: Moment) -> SiteRow:
        links = [self._links.rows[link_id] for link_id in self._facts.links_of_site[site_id]]
        fallback = self._fallback(site_id, [link.info.carrier for link in links if link.up is False])
        lines_up = [link.up for link in links]
        isolation = judge_site(lines_up, fallback)
        before = self._sites.get(site_id)
        since = self._changes.note(
            ("site", site_id),
            (before.isolation, before.since) if before else None,
            isolation,
            moment.unix,
            up=any_up(lines_up),
        )
        return SiteRow(self._facts.sites[site_id], isolation, fallback, since)

    def _fallback(self, site_id: str, failed_carriers: list[str]) -> bool | None:
        """Tell whether an operator covers the site that is not one of the carriers that failed it."""
        mobile = self._mobile.get(site_id)
        return None if mobile is None else any(operator not in failed_carriers for operator in mobile.operators)


def commune_rows(sites: Iterable[SiteRow]) -> tuple[CommuneRow, ...]:
    """Return how it stands with the offices of every commune that has any, in the order of the offices."""
    offices: dict[str, list[SiteRow]] = {}
    for site in sites:
        if site.info.commune_code:
            offices.setdefault(site.info.commune_code, []).append(site)
    return tuple(
        CommuneRow(
            code,
            rows[0].info.district,
            judge_commune(row.isolation for row in rows),
            tuple(SiteCount(*count) for count in sorted(Counter(row.isolation for row in rows).items())),
        )
        for code, rows in offices.items()
    )


def meeting_rows(
    meetings: Iterable[Meeting], endpoints: Mapping[str, EndpointRow], unix: float
) -> tuple[MeetingRow, ...]:
    """Return the meetings that run or are to come, the next one first, and how many cannot take part as it is."""
    ahead = sorted(
        (meeting for meeting in meetings if meeting.end.timestamp() > unix),
        key=lambda meeting: (meeting.begin, meeting.meeting_id),
    )
    return tuple(
        MeetingRow(
            meeting.meeting_id,
            meeting.title,
            meeting.begin.timestamp(),
            meeting.end.timestamp(),
            len(meeting.endpoint_ids),
            sum(endpoints[key].ready is False for key in meeting.endpoint_ids if key in endpoints),
        )
        for meeting in ahead[:MEETINGS_SHOWN]
    )
