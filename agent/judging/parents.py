"""Whose fault it is: whether a thing that fails is out itself or hangs on something that is out. Pure functions.

Nothing is condemned before what it hangs on was asked again: the hub and its lines are asked at different moments,
and the line's failure may be heard before the hub's. Times are of one clock that only rises.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from math import inf

from phusong.exporters.snapshot import Verdict

from .verdict import Finding, Rule


@dataclass(frozen=True, slots=True)
class Parent:
    """What is known of a thing on which another hangs."""

    name: str
    """``device hub-1``, ``link hl-07``."""
    rule: Rule
    """The rule by which it takes the blame."""
    out: bool | None
    """``None``: not known."""
    heard_at: float = -inf
    """When that was last heard."""
    recovered_at: float = -inf
    """When it was last found to be there again after it had been out."""
    cause: str = ""
    """On what it hangs itself, where that is why it is out."""
    held: bool = False
    """Whether the verdict on it is held itself: what it is will be known soon."""

    @property
    def blamed(self) -> str:
        """The first thing to blame: what it hangs on itself, where that is out."""
        return self.cause or self.name


class Word(Enum):
    """Who is to blame."""

    ITS_OWN = "its own"
    PARENT = "parent"
    NOT_YET = "not yet"
    """The parents have not been asked since the suspicion arose, or the thing itself not since they came back."""


@dataclass(frozen=True, slots=True)
class Blame:
    """Who is to blame; ``cause`` names the parent, ``rule`` is the one by which it takes the blame."""

    word: Word
    cause: str = ""
    rule: Rule | None = None


ITS_OWN = Blame(Word.ITS_OWN)
NOT_YET = Blame(Word.NOT_YET)


@dataclass(frozen=True, slots=True)
class Suspicion:
    """What speaks against a thing.

    ``since``: when it was first suspected; ``failed_at``: when it last failed for certain; ``blamed``: what has
    been blamed for it so far, empty for nothing; ``decide``: the time to wait for its parents is over.
    """

    since: float
    failed_at: float
    blamed: str = ""
    decide: bool = False


def find_blame(suspicion: Suspicion, parents: Iterable[Parent]) -> Blame:
    """Decide whether what fails is out itself.

    A parent that is out is to blame if that was heard after the suspicion arose (or it is being blamed already).
    If all of them are there, heard after the suspicion arose, the thing is out itself; but after a parent's
    recovery it has to fail once more: until then it may just not have been asked again. When the time to wait is
    over, what is known of the parents decides, however old, and what is not known speaks for nobody; but a parent
    whose own verdict is held is waited for as long as that takes.
    """
    parents = list(parents)
    waiting = held = False
    for parent in parents:
        known_since = parent.heard_at >= suspicion.since
        if parent.out and (known_since or suspicion.decide or suspicion.blamed == parent.blamed):
            return Blame(Word.PARENT, parent.blamed, parent.rule)
        if not known_since or parent.out is None:
            waiting = True
        held = held or parent.held
        if suspicion.blamed and suspicion.failed_at <= parent.recovered_at:
            waiting = True
    return NOT_YET if held or (waiting and not suspicion.decide) else ITS_OWN


def judge_fault(finding: Finding, blame: Blame) -> Finding:
    """Return the finding on what is out, with the blame laid on what it hangs on where that is out."""
    if blame.rule is None:
        return finding
    return Finding(Verdict.PARENT_DOWN, False, blame.rule, blame.cause)
