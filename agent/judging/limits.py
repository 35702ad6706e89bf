"""What is too much: the limits behind congested and degraded, with their defaults, per role and per link.

Read from ``limits`` of phusong.yaml by ``input.config``; what they do is in ``quality``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from phusong.agent.inventory import Link

CLEAR_SHARE: Final = 0.8
"""What has exceeded its limit counts as too much until it falls to this share of the limit (hysteresis)."""
CLEAR_AFTER_S: Final = 60.0
"""And for congestion and errors until it has stayed there for so long."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one link. Ratios are 0 to 1, times in seconds."""

    use_ratio: float = 0.9
    """Of the contracted rate, in either direction, without a break for ``over_s``: congested."""
    loss_ratio: float = 0.02
    """Lost echo requests among those of the last ``over_s``: degraded."""
    rtt_s: float = 0.15
    """Mean round-trip time of the echo requests of the last ``over_s``: degraded."""
    error_ratio: float = 0.001
    """Packets with errors among all, without a break for ``over_s``: degraded."""
    over_s: float = 300.0
    flap_changes: int = 4
    """So many changes between carrying traffic and not within ``flap_within_s``: degraded, flapping."""
    flap_within_s: float = 1800.0


DEFAULT_LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True)
class LimitsBook:
    """The limits of all links: of the link itself, else of its role, else the general ones."""

    general: Limits = DEFAULT_LIMITS
    roles: Mapping[str, Limits] = field(default_factory=dict)
    links: Mapping[str, Limits] = field(default_factory=dict)

    @property
    def longest_memory_s(self) -> float:
        """How long changes count for flapping, of the line for which they count longest."""
        books = (self.general, *self.roles.values(), *self.links.values())
        return max(limits.flap_within_s for limits in books)

    def of(self, link: Link) -> Limits:
        """Return the limits of a link."""
        return self.links.get(link.link_id) or self.roles.get(link.role) or self.general


DEFAULT_BOOK: Final = LimitsBook()
