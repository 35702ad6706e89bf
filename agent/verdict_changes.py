"""When each verdict began, and the changes of verdicts as events: whoever keeps outages reads these.

No judging here, and nothing is written: the events wait until somebody takes them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from phusong.exporters.snapshot import Isolation, Verdict

from .row_facts import RowKey


@dataclass(frozen=True, slots=True)
class VerdictChange:
    """A verdict that differs from the one before; ``what`` is ``link``, ``endpoint`` or ``site``."""

    what: str
    item_id: str
    before: Verdict | Isolation
    after: Verdict | Isolation
    first: bool
    """Whether nothing was known of it before."""
    at: float
    """Unix time at which this agent saw it."""
    since: float
    """Unix time at which it came about: before ``at`` where the device says so."""
    up: bool | None
    """Whether traffic passes, under any maintenance; of a site, whether one of its lines carries any."""
    rule: str
    """A word of ``verdict.Rule``; of a site empty."""
    cause: str
    """What is at fault where it is not the thing itself: ``link hl-07``, ``device hub-1``."""


@dataclass(slots=True)
class VerdictChanges:
    """The changes since they were last taken, and which rows have had a verdict other than unknown."""

    known: set[RowKey] = field(default_factory=set)
    _waiting: list[VerdictChange] = field(default_factory=list)

    def take(self) -> list[VerdictChange]:
        """Return the changes since the last call, in order."""
        taken, self._waiting = self._waiting, []
        return taken

    def note(
        self,
        key: RowKey,
        before: tuple[Verdict | Isolation, float | None] | None,
        after: Verdict | Isolation,
        at: float,
        *,
        up: bool | None,
        rule: str = "",
        cause: str = "",
        first_since_s: float | None = None,
    ) -> float:
        """Return since when a verdict stands, and keep the event when it is another than before.

        ``before`` is the last verdict and since when it stood. A first verdict may have begun before this agent
        did: ``first_since_s`` seconds ago, as the devices say.
        """
        unknown = Isolation.UNKNOWN if isinstance(after, Isolation) else Verdict.UNKNOWN
        old, old_since = before or (unknown, None)
        if after is old:
            return at if old_since is None else old_since
        first = key not in self.known
        self.known.add(key)
        since = at - first_since_s if first and up is False and first_since_s else at
        self._waiting.append(VerdictChange(*key, old, after, first, at, since, up, rule, cause))
        return since
