"""Turns observations into rows and rows into snapshots, judging again only what may have changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from phusong.collectors.readings import InterfaceReading
from phusong.coverage.summary import CoverageSummary
from phusong.exporters.snapshot import (
    DeviceRow,
    EndpointRow,
    LinkRow,
    SiteRow,
    Snapshot,
    Verdict,
)

from .inventory import Inventory, LinkEnd, MaintenanceWindow
from .link_traffic import FAR, NEAR, use_of_contract
from .maintenance import covers
from .observations import Observations, Outcome
from .row_facts import RowKey, derive_facts
from .verdict import (
    EndEvidence,
    Finding,
    Rule,
    any_up,
    down_for_s,
    ends_differ,
    judge_endpoint,
    judge_link,
    judge_site,
)
from .verdict_changes import VerdictChange, VerdictChanges

FRESH_INTERVALS = 3
"""No value is shown when it is older than so many intervals."""
LOOK_AGAIN_S = 10.0
"""A row is judged again at least this often: values grow old also when nothing is heard."""


@dataclass(frozen=True, slots=True)
class StateSettings:
    """What the state needs to know of the configuration."""

    edition: str
    poll_interval_s: float
    ping_interval_s: float
    sensors_interval_s: float
    fallback_technology: str


class FleetState:
    """The rows of one inventory over one memory of observations."""

    def __init__(self, inventory: Inventory, observations: Observations, settings: StateSettings) -> None:
        self._changes = VerdictChanges()
        self._inventory = inventory
        self._observations = observations
        self._settings = settings
        self._poll_fresh_s = FRESH_INTERVALS * settings.poll_interval_s
        self._ping_fresh_s = FRESH_INTERVALS * settings.ping_interval_s
        self._sensors_fresh_s = FRESH_INTERVALS * settings.sensors_interval_s
        self._facts = derive_facts(inventory)
        self._links: dict[str, LinkRow] = {}
        self._endpoints: dict[str, EndpointRow] = {}
        self._devices: dict[str, DeviceRow] = {}
        self._sites: dict[str, SiteRow] = {}
        self._judged_at: dict[RowKey, float] = dict.fromkeys(
            (
                *(("link", link_id) for link_id in inventory.links),
                *(("endpoint", endpoint_id) for endpoint_id in inventory.endpoints),
                *(("device", device_id) for device_id in inventory.devices),
            ),
            -inf,
        )
        """When each row was judged, the longest ago first."""
        self._changed_sites = set(inventory.sites)
        """Sites one of whose lines, or whose coverage, is not as it was when the site was judged."""
        self._coverage: CoverageSummary | None = None
        self._fallback_operators: dict[str, tuple[str, ...]] = {}
        self._windows: Sequence[MaintenanceWindow] = inventory.maintenance
        self._excused: set[RowKey] = set()
        """The rows that were in maintenance when the state was judged."""

    def adopt(self, before: FleetState) -> None:
        """Take over the rows that an earlier state knew, so that a reload is no change of verdicts."""
        self._links = {key: row for key, row in before._links.items() if key in self._facts.links}
        self._endpoints = {key: row for key, row in before._endpoints.items() if key in self._facts.endpoints}
        self._sites = {key: row for key, row in before._sites.items() if key in self._facts.sites}
        self._changes.known = before._changes.known
        if before._settings.edition == self._settings.edition:
            self.use_coverage(before._coverage)

    def take_changes(self) -> list[VerdictChange]:
        """Return the changes of verdicts since the last call, in order."""
        return self._changes.take()

    def use_coverage(self, coverage: CoverageSummary | None) -> None:
        """Join the lines' states with this coverage from now on."""
        self._coverage = coverage
        self._fallback_operators = {
            site.site_id: site.operators
            for site in (coverage.sites if coverage else ())
            if site.technology == self._settings.fallback_technology
        }
        self._changed_sites = set(self._facts.sites)

    def use_windows(self, windows: Sequence[MaintenanceWindow]) -> None:
        """Judge by these maintenance windows from now on, in place of those of the inventory."""
        self._windows = windows

    def snapshot(self) -> Snapshot:
        """Return everything as it is now."""
        self._judge()
        observations = self._observations
        return Snapshot(
            taken_at=observations.unix_time(),
            edition=self._settings.edition,
            fallback_technology=self._settings.fallback_technology,
            links=tuple(self._links[link_id] for link_id in self._facts.links),
            endpoints=tuple(self._endpoints[endpoint_id] for endpoint_id in self._facts.endpoints),
            sites=tuple(self._sites[site_id] for site_id in self._facts.sites),
            devices=tuple(self._devices[device_id] for device_id in self._inventory.devices),
            coverage=self._coverage,
        )

    def _judge(self) -> None:
        now = self._observations.monotonic()
        for key in self._rows_to_judge(now) | self._look_at_windows():
            del self._judged_at[key]
            self._judged_at[key] = now
            what, item_id = key
            match what:
                case "link":
                    self._judge_link(item_id, now)
                case "endpoint":
                    self._endpoints[item_id] = self._endpoint_row(item_id, now)
                case "device":
                    self._devices[item_id] = self._device_row(item_id, now)
        for site_id in self._changed_sites:
            self._sites[site_id] = self._site_row(site_id)
        self._changed_sites.clear()

    def _rows_to_judge(self, now: float) -> dict[RowKey, None]:
        """Return the rows of which something was heard, and those that were judged long ago."""
        touched = self._observations.touched
        rows = dict.fromkeys(key for observed in touched for key in self._facts.users.get(observed, ()))
        touched.clear()
        for key, judged_at in self._judged_at.items():
            if now - judged_at < LOOK_AGAIN_S:
                break
            rows[key] = None
        return rows

    def _look_at_windows(self) -> dict[RowKey, None]:
        """Find out which rows are in maintenance now; return those of which that was not so before, or was."""
        unix = self._observations.unix_time()
        active = {window.what for window in self._windows if covers(window, unix)}
        before = self._excused
        self._excused = set().union(*(self._facts.covered_by.get(name, ()) for name in active))
        return dict.fromkeys(sorted(before ^ self._excused))

    def _judge_link(self, link_id: str, now: float) -> None:
        before = self._links.get(link_id)
        row = self._links[link_id] = self._link_row(link_id, before, now)
        if before is None or before.up is not row.up:
            self._changed_sites.add(row.info.site_id)

    def _link_row(self, link_id: str, before: LinkRow | None, now: float) -> LinkRow:
        link, address = self._inventory.links[link_id], self._facts.ping_addresses[link_id]
        near, far = self._end_evidence(link.near, now), self._end_evidence(link.far, now)
        traffic = self._observations.traffic
        ping_outcome = self._observations.pings.get(address)
        ping = ping_outcome.fresh(now, self._ping_fresh_s) if ping_outcome else None
        finding = judge_link(near, far, ping, pinged=bool(address))
        first_since_s = down_for_s([end.reading for end in (near, far) if end and end.reading])
        finding, since = self._verdict(("link", link_id), finding, before, first_since_s)
        outcomes = [
            outcome
            for end in (link.near, link.far)
            if end and (outcome := self._observations.devices.get(end.device_id))
        ]
        info = self._facts.links[link_id]
        near_traffic = traffic.of(link_id, NEAR) if near and near.reading else None
        far_traffic = traffic.of(link_id, FAR) if far and far.reading else None
        use_down, use_up = use_of_contract(info, near_traffic, far_traffic)
        return LinkRow(
            info=info,
            verdict=finding.verdict,
            up=finding.up,
            since=since,
            near=near.reading if near else None,
            far=far.reading if far else None,
            ping=ping,
            last_success=max((o.success_unix for o in outcomes if o.success_unix is not None), default=None),
            problem="; ".join(filter(None, (self._end_problem(link.near), self._end_problem(link.far)))),
            rule=finding.rule,
            cause=finding.cause,
            near_traffic=near_traffic,
            far_traffic=far_traffic,
            use_down_ratio=use_down,
            use_up_ratio=use_up,
            ends_differ=ends_differ(near, far),
        )

    def _end_evidence(self, end: LinkEnd | None, now: float) -> EndEvidence | None:
        if end is None:
            return None
        outcome = self._observations.devices.get(end.device_id)
        if outcome is None:
            return EndEvidence(None, silent=False)
        poll = outcome.fresh(now, self._poll_fresh_s)
        reading: InterfaceReading | None = poll.readings.get(end.interface) if poll else None
        return EndEvidence(reading, outcome.silent(now, self._poll_fresh_s))

    def _end_problem(self, end: LinkEnd | None) -> str:
        outcome = self._observations.devices.get(end.device_id) if end else None
        if end is None or outcome is None:
            return ""
        problem = outcome.problem or (outcome.value.problems.get(end.interface, "") if outcome.value else "")
        return f"{end.device_id}: {problem}" if problem else ""

    def _endpoint_row(self, endpoint_id: str, now: float) -> EndpointRow:
        endpoint = self._inventory.endpoints[endpoint_id]
        outcome = self._observations.endpoints.get(endpoint_id, Outcome())
        ping_outcome = self._observations.pings.get(endpoint.address)
        ping = ping_outcome.fresh(now, self._ping_fresh_s) if ping_outcome else None
        system = outcome.fresh(now, self._poll_fresh_s)
        finding = judge_endpoint(
            answers=system is not None, silent=outcome.silent(now, self._poll_fresh_s), ping=ping
        )
        finding, since = self._verdict(("endpoint", endpoint_id), finding, self._endpoints.get(endpoint_id))
        return EndpointRow(
            info=self._facts.endpoints[endpoint_id],
            verdict=finding.verdict,
            up=finding.up,
            since=since,
            system=system,
            ping=ping,
            last_success=outcome.success_unix,
            problem=outcome.problem,
            rule=finding.rule,
            cause=finding.cause,
        )

    def _verdict(
        self,
        key: RowKey,
        finding: Finding,
        before: LinkRow | EndpointRow | None,
        first_since_s: float | None = None,
    ) -> tuple[Finding, float]:
        """Return the finding under maintenance and since when its verdict stands, and note a change."""
        unix = self._observations.unix_time()
        if key in self._excused:
            finding = Finding(Verdict.MAINTENANCE, finding.up, Rule.WINDOW)
        since = self._changes.note(
            key,
            (before.verdict, before.since) if before else None,
            finding.verdict,
            unix,
            up=finding.up,
            rule=finding.rule,
            cause=finding.cause,
            first_since_s=first_since_s,
        )
        return finding, since

    def _site_row(self, site_id: str) -> SiteRow:
        links = [self._links[link_id] for link_id in self._facts.links_of_site[site_id]]
        fallback = self._fallback(site_id, [link.info.carrier for link in links if link.up is False])
        lines_up = [link.up for link in links]
        isolation = judge_site(lines_up, fallback)
        before = self._sites.get(site_id)
        since = self._changes.note(
            ("site", site_id),
            (before.isolation, before.since) if before else None,
            isolation,
            self._observations.unix_time(),
            up=any_up(lines_up),
        )
        return SiteRow(self._facts.sites[site_id], isolation, fallback, since)

    def _fallback(self, site_id: str, failed_carriers: list[str]) -> bool | None:
        """Tell whether an operator covers the site that is not one of the carriers that failed it."""
        operators = self._fallback_operators.get(site_id)
        if operators is None:
            return None
        return any(operator not in failed_carriers for operator in operators)

    def _device_row(self, device_id: str, now: float) -> DeviceRow:
        outcome = self._observations.devices.get(device_id, Outcome())
        poll = outcome.fresh(now, self._poll_fresh_s)
        sensors_outcome = self._observations.sensors.get(device_id, Outcome())
        sensors = sensors_outcome.fresh(now, self._sensors_fresh_s)
        source = poll or (sensors.system if sensors else None)
        answers = [o.success_unix for o in (outcome, sensors_outcome) if o.success_unix is not None]
        return DeviceRow(
            device_id=device_id,
            site_id=self._inventory.devices[device_id].site_id,
            sys_uptime_ticks=source.sys_uptime_ticks if source else None,
            last_success=max(answers, default=None),
            sensors=sensors,
            agent_restarts=outcome.value.agent_restarts if outcome.value else None,
        )
