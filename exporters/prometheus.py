"""The metrics page: a snapshot's rows as text, then the agent's own metrics.

The text of a row is kept until the row is another object, and the beginnings of its lines (names and escaped
labels) until the inventory or a learned name changes: a reading that did not change costs nothing at a scrape.
Names and helps stand in ``metrics``, what a row says in the modules ``*_text``, the grammar in ``exposition``.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from threading import Lock
from typing import Generic, NamedTuple, TypeVar

from phusong.collectors.readings import InterfaceReading
from phusong.coverage.summary import CoverageSummary
from phusong.exporters import coverage_text, device_text, fleet_text, video_text
from phusong.exporters.agent_metrics import AgentMetrics
from phusong.exporters.exposition import Format, header, number, series
from phusong.exporters.metric_family import Section
from phusong.exporters.metrics import (
    COMMUNE_STATES,
    DEVICES,
    FLEET_SECTIONS,
    INTERFACES,
    LINKS,
    SENSORS,
    SITES,
    TRAFFIC,
)
from phusong.exporters.snapshot import EndTraffic, LinkRow, Snapshot
from phusong.exporters.video_metrics import CALLS, ENDPOINTS, MEETINGS, SERVICES

NOWHERE = ("", "")
"""The commune and district of a site that the snapshot does not have."""
_BAD_VALUES = (ArithmeticError, AttributeError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class SeriesLimits:
    """How many series a page may have of one device's interfaces, and in total."""

    per_device: int = 20_000
    total: int = 1_000_000


DEFAULT_LIMITS = SeriesLimits()

OnDropped = Callable[[str, int], None]


class _Block(NamedTuple):
    """One subject's text: one entry per metric of its section, each whole lines or empty."""

    texts: tuple[str, ...]
    series: int
    device: str = ""


def _block(texts: list[str], device: str = "") -> _Block:
    return _Block(tuple(texts), "".join(texts).count("\n"), device)


Row = TypeVar("Row")
Starts = TypeVar("Starts")


@dataclass(slots=True)
class _Entry(Generic[Row, Starts]):
    """What is remembered of one subject: its prepared lines, the row seen last and that row's text."""

    labels: tuple[object, ...]
    starts: Starts
    row: Row
    block: _Block


class _Rows(Generic[Row, Starts]):
    """The blocks of one section's rows, made anew only where a row or its labels changed."""

    def __init__(
        self,
        section: Section,
        prepare: Callable[..., Starts],
        fill: Callable[[Starts, Row], list[str]],
        on_dropped: OnDropped,
    ) -> None:
        self._section = section
        self._prepare = prepare
        self._fill = fill
        self._on_dropped = on_dropped
        self._entries: dict[Hashable, _Entry[Row, Starts]] = {}

    def blocks(self, rows: Iterable[tuple[Hashable, tuple[object, ...], str, Row]]) -> list[_Block]:
        """Return a block for every ``(key, arguments of prepare, device, row)``; other keys are forgotten."""
        before = self._entries
        now: dict[Hashable, _Entry[Row, Starts]] = {}
        for key, labels, device, row in rows:
            entry = before.get(key)
            if entry is None or entry.labels != labels:
                starts = self._prepare(*labels)
                entry = _Entry(labels, starts, row, self._make(starts, row, device))
            elif entry.row is not row:
                entry.block = self._make(entry.starts, row, device)
                entry.row = row
            now[key] = entry
        self._entries = now
        return [entry.block for entry in now.values()]

    def _make(self, starts: Starts, row: Row, device: str) -> _Block:
        try:
            return _block(self._fill(starts, row), device)
        except _BAD_VALUES:
            # The border around one row: a value that one device sent must not cost the others their page.
            self._on_dropped("bad_value", len(self._section.metrics))
            return _Block(("",) * len(self._section.metrics), 0)


class FleetRenderer:
    """Renders snapshots as text; keep one per daemon, for what it remembers from page to page.

    Parameters
    ----------
    on_dropped
        Called with a reason (``device_limit``, ``total_limit``, ``bad_value``, ``sensor_limit``) and the number
        of series left out.
    limits
        Above them whole rows are left out, from the end of the page.
    """

    def __init__(self, on_dropped: OnDropped, limits: SeriesLimits = DEFAULT_LIMITS) -> None:
        self._limits = limits
        self._on_dropped = on_dropped
        self._headers = {
            output_format: [
                [header(metric, output_format).encode() for metric in section.metrics]
                for section in FLEET_SECTIONS
            ]
            for output_format in Format
        }
        self._links = _Rows(LINKS, fleet_text.link_starts, fleet_text.link_lines, on_dropped)
        self._traffic = _Rows(TRAFFIC, fleet_text.traffic_starts, fleet_text.traffic_lines, on_dropped)
        self._endpoints = _Rows(ENDPOINTS, video_text.endpoint_starts, video_text.endpoint_lines, on_dropped)
        self._calls = _Rows(CALLS, video_text.call_starts, video_text.call_lines, on_dropped)
        self._meetings = _Rows(MEETINGS, video_text.meeting_starts, video_text.meeting_lines, on_dropped)
        self._services = _Rows(SERVICES, video_text.service_starts, video_text.service_lines, on_dropped)
        self._sites = _Rows(SITES, fleet_text.site_starts, fleet_text.site_lines, on_dropped)
        self._communes = _Rows(
            COMMUNE_STATES, fleet_text.commune_state_starts, fleet_text.commune_state_lines, on_dropped
        )
        self._devices = _Rows(DEVICES, device_text.device_starts, device_text.device_lines, on_dropped)
        self._sensors = _Rows(SENSORS, device_text.sensor_starts, device_text.sensor_lines, on_dropped)
        self._interfaces = _Rows(INTERFACES, device_text.interface_labels, device_text.interface_lines, on_dropped)
        self._coverage: tuple[CoverageSummary | None, list[_Block]] = (None, [])

    def render(self, snapshot: Snapshot, output_format: Format) -> bytes:
        """Return the fleet's part of the page: families in the order of the table, without ``# EOF``."""
        too_many = sum(row.sensors.dropped for row in snapshot.devices if row.sensors)
        if too_many:
            self._on_dropped("sensor_limit", too_many)
        sections = self._within_limits(self._sections(snapshot))
        page = BytesIO()
        for heads, blocks in zip(self._headers[output_format], sections, strict=True):
            # Turned over: from one block per subject with a text per metric to the subjects' texts per metric.
            for head, texts in zip(heads, zip(*(block.texts for block in blocks), strict=True), strict=False):
                body = "".join(texts)
                if body:
                    page.write(head)
                    page.write(body.encode())
        return page.getvalue()

    def _sections(self, snapshot: Snapshot) -> list[list[_Block]]:
        """Return the blocks of every section, in the order of FLEET_SECTIONS."""
        places = {row.info.site_id: (row.info.commune_code, row.info.district) for row in snapshot.sites}
        technology = snapshot.fallback_technology
        taken_at = series("phusong_snapshot_timestamp_seconds", {}) + number(snapshot.taken_at) + "\n"
        return [
            self._links.blocks(
                (row.info.link_id, (row.info, *places.get(row.info.site_id, NOWHERE)), "", row)
                for row in snapshot.links
            ),
            self._traffic.blocks(_traffic_of_ends(snapshot.links)),
            self._endpoints.blocks(
                (row.info.endpoint_id, (row.info, *places.get(row.info.site_id, NOWHERE)), "", row)
                for row in snapshot.endpoints
            ),
            self._calls.blocks(
                (row.info.endpoint_id, (row.info.endpoint_id,), "", row)
                for row in snapshot.endpoints
                if row.reading is not None and row.reading.calls
            ),
            self._meetings.blocks(
                (row.meeting_id, (row.meeting_id, row.title), "", row) for row in snapshot.meetings
            ),
            self._services.blocks((row.info.service_id, (row.info,), "", row) for row in snapshot.services),
            self._sites.blocks((row.info.site_id, (row.info, technology), "", row) for row in snapshot.sites),
            self._communes.blocks((row.code, (row.code,), "", row) for row in snapshot.communes),
            self._coverage_blocks(snapshot.coverage),
            self._devices.blocks(
                (row.device_id, (row.device_id, row.site_id, row.role), "", row) for row in snapshot.devices
            ),
            self._sensors.blocks(
                (row.device_id, (row.device_id,), row.device_id, row.sensors)
                for row in snapshot.devices
                if row.sensors is not None
            ),
            self._interfaces.blocks(_link_ends(snapshot.links)),
            [_block([taken_at])],
        ]

    def _coverage_blocks(self, summary: CoverageSummary | None) -> list[_Block]:
        known, blocks = self._coverage
        if known is not summary:
            blocks = []
            if summary is not None:
                communes = {commune.code: commune for commune in summary.communes}
                blocks = [_block(coverage_text.commune_lines(c, summary.edition)) for c in communes.values()]
                blocks.append(_block(coverage_text.coverage_lines(summary)))
            self._coverage = (summary, blocks)
        return blocks

    def _within_limits(self, sections: list[list[_Block]]) -> list[list[_Block]]:
        room = self._limits.total
        per_device: dict[str, int] = {}
        dropped = {"device_limit": 0, "total_limit": 0}
        result = []
        for blocks in sections:
            kept = []
            for block in blocks:
                if block.series > room:
                    dropped["total_limit"] += block.series
                    continue
                if block.device:
                    count = per_device.get(block.device, 0) + block.series
                    if count > self._limits.per_device:
                        dropped["device_limit"] += block.series
                        continue
                    per_device[block.device] = count
                room -= block.series
                kept.append(block)
            result.append(kept)
        for reason, count in dropped.items():
            if count:
                self._on_dropped(reason, count)
        return result


def _link_ends(
    links: Iterable[LinkRow],
) -> Iterator[tuple[tuple[str, bool], tuple[str, str, str], str, InterfaceReading]]:
    """Yield both ends of every link that were read, once where the inventory names the same one twice."""
    for row in links:
        link_id, near, far = row.info.link_id, row.near, row.far
        if near is not None:
            yield (link_id, True), (link_id, near.device_id, near.if_name), near.device_id, near
        if far is not None and (near is None or (near.device_id, near.if_name) != (far.device_id, far.if_name)):
            yield (link_id, False), (link_id, far.device_id, far.if_name), far.device_id, far


def _traffic_of_ends(
    links: Iterable[LinkRow],
) -> Iterator[tuple[tuple[str, str], tuple[str, str], str, EndTraffic]]:
    """Yield what passed through both ends of every link, as far as it is known."""
    for row in links:
        link_id = row.info.link_id
        for end, traffic in (("near", row.near_traffic), ("far", row.far_traffic)):
            if traffic is not None:
                yield (link_id, end), (link_id, end), "", traffic


class MetricsPage:
    """The whole page. The fleet's part is rendered once per snapshot and format, the agent's at every scrape.

    Rendering a large fleet takes a while and may be done in any thread, by one at a time.
    """

    def __init__(self, agent: AgentMetrics, limits: SeriesLimits = DEFAULT_LIMITS) -> None:
        self._agent = agent
        self._fleet = FleetRenderer(lambda reason, count: agent.series_dropped.labels(reason).inc(count), limits)
        self._rendered: dict[Format, tuple[Snapshot, bytes]] = {}
        self._rendering = Lock()

    def render(self, snapshot: Snapshot | None, output_format: Format) -> bytes:
        """Return the page; before the first snapshot it has only the agent's own metrics."""
        return self.fleet_part(snapshot, output_format) + self.agent_part(output_format)

    def knows(self, snapshot: Snapshot | None, output_format: Format) -> bool:
        """Tell whether the fleet's part of this snapshot is at hand."""
        known = self._rendered.get(output_format)
        return snapshot is None or (known is not None and known[0] is snapshot)

    def fleet_part(self, snapshot: Snapshot | None, output_format: Format) -> bytes:
        """Return the part about the fleet: the same object as long as the snapshot is the same."""
        if snapshot is None:
            return b""
        with self._rendering:
            known = self._rendered.get(output_format)
            if known is None or known[0] is not snapshot:
                self._rendered.pop(output_format, None)  # two pages of a large fleet at once are many megabytes
                known = (snapshot, self._fleet.render(snapshot, output_format))
                self._rendered[output_format] = known
            return known[1]

    def agent_part(self, output_format: Format) -> bytes:
        """Return the part about the agent itself, which ends the page."""
        return self._agent.render(output_format)
