"""Holds the verdict on what fails until what it hangs on was asked again, and says who is to be asked.

The decision is ``parents.find_blame``; here is the memory between the moments at which it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import inf

from .parents import Parent, Suspicion, Word, find_blame, judge_fault
from .row_facts import RowKey
from .verdict import PARENT_UNHEARD, Finding

ASK_AGAIN_S = 2.0
"""Who is waited for is asked so often."""

Observed = tuple[str, str]
"""``device``, ``sensors``, ``endpoint`` or ``ping``, and the id or address."""


@dataclass(slots=True)
class Suspect:
    """Something that fails."""

    since: float
    """When it was first suspected; minus infinity when it failed before anything else was known of it."""
    blamed: str = ""
    """What has been found to be to blame for it."""
    condemned: bool = False
    """Whether it has been found to be out by itself."""
    waiting_since: float | None = None
    asked_at: float = -inf


class Suspects:
    """All that fails now, by row; ``wait_s`` is the longest time a verdict is held."""

    def __init__(self, wait_s: float) -> None:
        self._wait_s = wait_s
        self._suspects: dict[RowKey, Suspect] = {}
        self._wanted: set[Observed] = set()

    @property
    def waiting(self) -> list[RowKey]:
        """The rows whose verdict is held."""
        return [key for key, suspect in self._suspects.items() if suspect.waiting_since is not None]

    def take_wanted(self) -> set[Observed]:
        """Return what is to be asked at once, once."""
        wanted, self._wanted = self._wanted, set()
        return wanted

    def want(self, observed: Observed) -> None:
        """Have something asked at once."""
        self._wanted.add(observed)

    def waiting_since(self, key: RowKey) -> float | None:
        """Return since when a row's verdict is held, ``None`` when it is not."""
        suspect = self._suspects.get(key)
        return suspect.waiting_since if suspect else None

    def adopt(self, before: Suspects, keys: Iterable[RowKey]) -> None:
        """Take over what an earlier memory knew of these rows."""
        self._suspects = {key: before._suspects[key] for key in keys if key in before._suspects}

    def clear(self, key: RowKey) -> None:
        """Take note that a row does not fail."""
        self._suspects.pop(key, None)

    def judge(
        self,
        key: RowKey,
        finding: Finding,
        kept: Finding | None,
        parents: list[Parent],
        now: float,
        *,
        failed_at: float,
        ask: Callable[[], Iterable[Observed]],
    ) -> Finding:
        """Return the finding on a row that fails.

        ``kept`` is the finding on it so far, ``None`` when nothing was known. While its parents have not been
        heard that one stands, and ``ask`` tells whom to ask.
        """
        suspect = self._suspects.get(key)
        if suspect is None:
            known = kept is not None and kept.up is not None
            suspect = self._suspects[key] = Suspect(since=now if known else -inf)
        blame = find_blame(
            Suspicion(
                since=failed_at if suspect.blamed else suspect.since,
                failed_at=failed_at,
                blamed=suspect.blamed,
                decide=now - (now if suspect.waiting_since is None else suspect.waiting_since) >= self._wait_s,
            ),
            parents,
        )
        if blame.word is Word.NOT_YET and not suspect.condemned:
            if suspect.waiting_since is None:
                suspect.waiting_since = now
            if now - suspect.asked_at >= ASK_AGAIN_S:
                suspect.asked_at = now
                self._wanted.update(ask())
            return PARENT_UNHEARD if kept is None or kept.up is None else kept
        suspect.waiting_since = None
        suspect.blamed = blame.cause
        suspect.condemned = blame.word is not Word.PARENT
        return judge_fault(finding, blame)
