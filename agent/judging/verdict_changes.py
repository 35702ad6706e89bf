"""When each verdict began, maintenance over it, and the changes of verdicts as events.

No judging here, and nothing is written: the events wait until somebody takes them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from phusong.exporters.snapshot import Isolation, Verdict

from .row_facts import RowKey
from .verdict import Finding, Rule


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


@dataclass(frozen=True, slots=True)
class Moment:
    """When rows are judged: on the clock that only rises, and as Unix time."""

    now: float
    unix: float


@dataclass(slots=True)
class VerdictChanges:
    """The changes since they were last taken, and which rows have had a verdict other than unknown."""

    known: set[RowKey] = field(default_factory=set)
    excused: set[RowKey] = field(default_factory=set)
    """The rows that a maintenance window covers now."""
    remembered: dict[RowKey, tuple[str, float]] = field(default_factory=dict)
    """What stood when the agent before this one ended, and since when; forgotten row by row."""
    _waiting: list[VerdictChange] = field(default_factory=list)

    def adopt(self, before: VerdictChanges) -> None:
        """Go on from what an earlier state knew, and with the changes that nobody has taken yet."""
        self.known, self.remembered, self._waiting = before.known, before.remembered, before._waiting

    def take(self) -> list[VerdictChange]:
        """Return the changes since the last call, in order."""
        taken, self._waiting = self._waiting, []
        return taken

    def judged(
        self,
        key: RowKey,
        found: Finding,
        before: tuple[Verdict | Isolation, float | None] | None,
        moment: Moment,
        *,
        waited_s: float = 0.0,
        first_since_s: float | None = None,
    ) -> tuple[Finding, float]:
        """Return the finding under maintenance and since when its verdict stands, and note a change.

        ``waited_s`` is for how long the verdict was held: it has stood since then.
        """
        if key in self.excused:
            found = Finding(Verdict.MAINTENANCE, found.up, Rule.WINDOW)
            waited_s, first_since_s = 0.0, None  # planned work is no older than its window
        since = self.note(
            key,
            before,
            found.verdict,
            moment.unix,
            up=found.up,
            rule=found.rule,
            cause=found.cause,
            began_s_ago=waited_s,
            first_since_s=first_since_s,
        )
        return found, since

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
        began_s_ago: float = 0.0,
        first_since_s: float | None = None,
    ) -> float:
        """Return since when a verdict stands, and keep the event when it is another than before.

        ``before`` is the last verdict and since when it stood. The new one came about ``began_s_ago`` seconds ago,
        and a first one may have begun before this agent did: ``first_since_s`` seconds ago, as the devices say.
        One that stood already when the agent before this one ended is no change. None begins before the one that
        it follows, however long it was held.
        """
        unknown = Isolation.UNKNOWN if isinstance(after, Isolation) else Verdict.UNKNOWN
        old, old_since = before or (unknown, None)
        if after is old:
            return at if old_since is None else old_since
        first = key not in self.known
        self.known.add(key)
        stood = self.remembered.pop(key, None)
        if stood is not None and first:
            if stood[0] == after:
                return min(stood[1], at)
            old = type(after)(stood[0])
        since = at - (first_since_s if first and up is False and first_since_s else began_s_ago)
        followed = stood[1] if stood is not None and first else old_since
        if followed is not None and not (first and stood is None):
            since = min(max(since, followed), at)  # the clock may have been set back
        self._waiting.append(VerdictChange(*key, old, after, first and stood is None, at, since, up, rule, cause))
        return since
