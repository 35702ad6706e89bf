"""Which planned interruptions cover a moment, and whom they concern: pure functions over their windows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from .inventory import MaintenanceWindow


def in_maintenance(windows: Iterable[MaintenanceWindow], unix_time: float) -> bool:
    """Tell whether one of the windows covers the time: the begin belongs to a window, the end does not."""
    return any(window.begin.timestamp() <= unix_time < window.end.timestamp() for window in windows)


def windows_on(windows: Iterable[MaintenanceWindow]) -> Mapping[str, Sequence[MaintenanceWindow]]:
    """Return the windows by what they concern: a link, site, carrier or endpoint."""
    found: dict[str, list[MaintenanceWindow]] = {}
    for window in windows:
        found.setdefault(window.what, []).append(window)
    return found
