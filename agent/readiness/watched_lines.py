"""The lines as the running agent saw them lately, from ``state/snapshot.json``, which it writes now and then."""

from __future__ import annotations

from pathlib import Path

from phusong.exporters.feed import FeedError, snapshot_from_json
from phusong.exporters.snapshot import LinkRow

FEED_FILE = "snapshot.json"
LATELY_S = 120.0
"""Four times as long as the agent takes from one file to the next."""


def read_watched_lines(state_folder: Path, now: float) -> dict[str, LinkRow]:
    """Return the lines by id; nothing when no agent has written lately, or one of another version."""
    try:
        snapshot = snapshot_from_json((state_folder / FEED_FILE).read_bytes())
    except (OSError, FeedError):
        return {}
    if not 0 <= now - snapshot.taken_at <= LATELY_S:
        return {}
    return {row.info.link_id: row for row in snapshot.links}
