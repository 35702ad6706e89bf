"""Snapshots of a few rows of lines and endpoints."""

from __future__ import annotations

from collections.abc import Iterable

from phusong.exporters.snapshot import EndpointRow, LinkRow, Snapshot


def snapshot_of(
    taken_at: float, *, links: Iterable[LinkRow] = (), endpoints: Iterable[EndpointRow] = ()
) -> Snapshot:
    """Return a snapshot with these rows and no others."""
    return Snapshot(taken_at, "2020-01", "4G", tuple(links), tuple(endpoints), (), (), None)
