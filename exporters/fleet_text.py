"""What lines and offices say on the metrics page, and how all modules ``*_text`` do it.

There is a pair of functions per section of the table of metrics. ``*_starts`` (of the interfaces ``*_labels``)
prepares what only the inventory decides: names, escaped labels, whole lines of ``*_info``. ``*_lines`` fills in
one row's values and returns one text per metric, in the order of the section. A value that is not known gives no
line. No memory and no limits here: those are in ``prometheus``.

Devices and interfaces are in ``device_text``, video conferences and services in ``video_text``, coverage in
``coverage_text``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from phusong.collectors.readings import PingReading
from phusong.exporters.exposition import flag, info_line, line, series
from phusong.exporters.snapshot import (
    LINK_VERDICTS,
    CommuneRow,
    Degradation,
    EndpointRow,
    EndTraffic,
    Isolation,
    LinkInfo,
    LinkRow,
    SiteInfo,
    SiteRow,
    Verdict,
)

PROFILES_REMEMBERED = 50_000
"""Lines about the profile of so many devices are kept."""


class PolledStarts(NamedTuple):
    """The beginnings of the lines of a link or an endpoint; ``fixed`` are whole lines."""

    up: str
    verdicts: tuple[tuple[Verdict, str], ...]
    fixed: tuple[str, ...]
    ping_loss: str
    ping_rtt: str
    last_success: str
    verdict_change: str


def link_starts(info: LinkInfo, commune: str, district: str) -> LinkStarts:
    """Prepare a link's lines; ``commune`` is the code of its site's commune."""
    about = {
        "link": info.link_id,
        "site": info.site_id,
        "commune": commune,
        "district": district,
        "carrier": info.carrier,
        "role": info.role,
        "near_device": info.near_device,
        "far_device": info.far_device,
    }
    contracted = "".join(
        line(series("wan_link_contracted_bytes_per_second", {"link": info.link_id, "direction": direction}), rate)
        for direction, rate in (
            ("down", info.contracted_down_bytes_per_s),
            ("up", info.contracted_up_bytes_per_s),
        )
    )
    identity = {"link": info.link_id}
    return LinkStarts(
        polled=polled_starts("wan_link", identity, LINK_VERDICTS, (info_line("wan_link_info", about), contracted)),
        use_down=series("wan_link_utilisation_ratio", {**identity, "direction": "down"}),
        use_up=series("wan_link_utilisation_ratio", {**identity, "direction": "up"}),
        end_mismatch=series("wan_link_end_mismatch", identity),
        degraded=tuple(
            (reason, series("wan_link_degraded", {**identity, "reason": reason.value})) for reason in Degradation
        ),
        state_changes=series("wan_link_state_changes_total", identity),
    )


class LinkStarts(NamedTuple):
    """The beginnings of a link's lines."""

    polled: PolledStarts
    use_down: str
    use_up: str
    end_mismatch: str
    degraded: tuple[tuple[Degradation, str], ...]
    state_changes: str


def link_lines(starts: LinkStarts, row: LinkRow) -> list[str]:
    """Return the lines of a link (section LINKS)."""
    return [
        *polled_lines(starts.polled, row),
        line(starts.use_down, row.use_down_ratio) + line(starts.use_up, row.use_up_ratio),
        flag(starts.end_mismatch, row.ends_differ),
        "".join([flag(start, reason in row.degradations) for reason, start in starts.degraded]) if row.up else "",
        line(starts.state_changes, row.state_changes),
    ]


class TrafficStarts(NamedTuple):
    """The beginnings of the lines of what passed through an end of a link."""

    received: str
    sent: str
    receive_rate: str
    transmit_rate: str
    error_ratio: str
    discard_ratio: str
    identity: dict[str, str]
    """The labels, for the few ends that have anomalies to count."""


def traffic_starts(link_id: str, end: str) -> TrafficStarts:
    """Prepare the lines of one end (``near``, ``far``) of a link."""
    identity = {"link": link_id, "end": end}
    return TrafficStarts(
        received=series("wan_link_receive_bytes_total", identity),
        sent=series("wan_link_transmit_bytes_total", identity),
        receive_rate=series("wan_link_receive_bytes_per_second", identity),
        transmit_rate=series("wan_link_transmit_bytes_per_second", identity),
        error_ratio=series("wan_link_error_ratio", identity),
        discard_ratio=series("wan_link_discard_ratio", identity),
        identity=identity,
    )


def traffic_lines(starts: TrafficStarts, traffic: EndTraffic) -> list[str]:
    """Return the lines of what passed through an end of a link (section TRAFFIC)."""
    return [
        line(starts.received, traffic.received_bytes),
        line(starts.sent, traffic.sent_bytes),
        line(starts.receive_rate, traffic.receive_bytes_per_s),
        line(starts.transmit_rate, traffic.transmit_bytes_per_s),
        line(starts.error_ratio, traffic.error_ratio),
        line(starts.discard_ratio, traffic.discard_ratio),
        "".join(
            line(series("wan_link_traffic_anomalies_total", {**starts.identity, "reason": a.reason}), a.count)
            for a in traffic.anomalies
        ),
    ]


def polled_starts(
    prefix: str, identity: dict[str, str], verdicts: Iterable[Verdict], fixed: tuple[str, ...]
) -> PolledStarts:
    """Prepare what links and endpoints have in common: names that begin with ``prefix``."""
    return PolledStarts(
        up=series(f"{prefix}_up", identity),
        verdicts=tuple((v, series(f"{prefix}_verdict", {**identity, "verdict": v.value})) for v in verdicts),
        fixed=fixed,
        ping_loss=series(f"{prefix}_ping_loss_ratio", identity),
        ping_rtt=series(f"{prefix}_ping_rtt_seconds", identity),
        last_success=series(f"{prefix}_last_success_timestamp_seconds", identity),
        verdict_change=series(f"{prefix}_verdict_change_timestamp_seconds", identity),
    )


def polled_lines(starts: PolledStarts, row: LinkRow | EndpointRow) -> list[str]:
    """Return the lines of a link (section LINKS) or an endpoint (section ENDPOINTS)."""
    ping: PingReading | None = row.ping
    return [
        flag(starts.up, row.up),
        "".join([f"{start}1.0\n" if v is row.verdict else f"{start}0.0\n" for v, start in starts.verdicts]),
        *starts.fixed,
        line(starts.ping_loss, ping.loss_ratio if ping and ping.sent else None),
        line(starts.ping_rtt, ping.rtt_avg_s if ping else None),
        line(starts.last_success, row.last_success),
        line(starts.verdict_change, row.since),
    ]


class SiteStarts(NamedTuple):
    """The beginnings of a site's lines; ``info`` and ``position`` are whole lines."""

    info: str
    states: tuple[tuple[Isolation, str], ...]
    isolated: str
    fallback: str
    change: str
    position: tuple[str, str]


def site_starts(info: SiteInfo, technology: str) -> SiteStarts:
    """Prepare a site's lines; ``technology`` is the fallback technology of the snapshot."""
    identity = {"site": info.site_id}
    about = {
        **identity,
        "name": info.name,
        "kind": info.kind,
        "commune": info.commune_code,
        "district": info.district,
    }
    return SiteStarts(
        info=info_line("site_info", about),
        states=tuple((state, series("site_state", {**identity, "state": state.value})) for state in Isolation),
        isolated=series("site_isolated", identity),
        fallback=series("site_mobile_fallback", {**identity, "technology": technology}),
        change=series("site_state_change_timestamp_seconds", identity),
        position=(
            line(series("site_latitude_degrees", identity), info.lat),
            line(series("site_longitude_degrees", identity), info.lon),
        ),
    )


def site_lines(starts: SiteStarts, row: SiteRow) -> list[str]:
    """Return the lines of a site (section SITES)."""
    isolation = row.isolation
    return [
        starts.info,
        "".join([f"{start}1.0\n" if state is isolation else f"{start}0.0\n" for state, start in starts.states]),
        flag(starts.isolated, None if isolation is Isolation.UNKNOWN else isolation is Isolation.ISOLATED),
        flag(starts.fallback, row.fallback),
        line(starts.change, row.since),
        *starts.position,
    ]


def commune_state_starts(code: str) -> str:
    """Prepare the lines on a commune's offices: there is one that always stands."""
    return series("commune_isolated", {"commune": code})


def commune_state_lines(start: str, row: CommuneRow) -> list[str]:
    """Return the lines on a commune's offices (section COMMUNE_STATES)."""
    return [
        flag(start, row.isolated),
        "".join(
            line(series("commune_sites", {"commune": row.code, "state": count.isolation.value}), count.count)
            for count in row.sites
        ),
    ]
