"""Which planned interruptions cover a moment, and whom they concern: pure functions over windows and inventory."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from phusong.agent.inventory import Inventory, MaintenanceWindow


class WindowState(StrEnum):
    """Where a window stands in time."""

    ACTIVE = "active"
    PLANNED = "planned"
    OVER = "over"
    CANCELLED = "cancelled"
    """Ended before it began: it covers no moment."""


def covers(window: MaintenanceWindow, unix_time: float) -> bool:
    """Tell whether the window covers the time: the begin belongs to it, the end does not."""
    return window.begin.timestamp() <= unix_time < window.end.timestamp()


def state_of(window: MaintenanceWindow, unix_time: float) -> WindowState:
    """Return where the window stands at a time."""
    if window.end <= window.begin:
        return WindowState.CANCELLED
    if covers(window, unix_time):
        return WindowState.ACTIVE
    return WindowState.PLANNED if unix_time < window.begin.timestamp() else WindowState.OVER


def targets(inventory: Inventory) -> dict[str, Collection[str]]:
    """Return the names that a window may bear, by the kind of thing that bears them."""
    return {
        "link": inventory.links,
        "site": inventory.sites,
        "endpoint": inventory.endpoints,
        "service": inventory.services,
        "carrier": {link.carrier for link in inventory.links.values()},
    }
