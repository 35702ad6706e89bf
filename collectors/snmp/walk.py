"""Walks columns or subtrees by GETBULK, or by GETNEXT where the agent knows no GETBULK.

Agents repeat, go backwards, skip rows and never end. So every name must be greater than the one before; the first
answer of each size is checked against one GETNEXT for all of its rows; and rows, requests and time are capped.
What was read stays; why the walk stopped early is said. Sizes that went wrong are remembered in ``learned``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import TypeAlias

from .ber import Missing, Oid
from .client import Binding, SnmpClient, Target
from .credentials import V1
from .errors import ErrorStatus, NoSuchName, RequestTimeout, SnmpError, TooBig
from .learned import FEW_OBJECTS, GET_NEXT, LearnedSize, LearnedSizes, octets_fit

NOT_INCREASING = "names do not increase"
ROWS_LEFT_OUT = "rows are left out"
EMPTY_ANSWER = "empty answer"

Found: TypeAlias = list[tuple[list[Binding], str | None]]
"""For each column of an answer its sound rows, and why the column ends there."""


@dataclass(frozen=True, slots=True)
class WalkLimits:
    """Where a walk stops in any case; ``rows`` is per column."""

    rows: int = 5000
    requests: int = 1000
    time_s: float = 30.0


@dataclass(frozen=True, slots=True)
class WalkResult:
    """The rows in the order of their names; ``partial`` says why the walk stopped early, empty when it did not."""

    rows: tuple[Binding, ...]
    partial: str = ""


DEFAULT_LIMITS = WalkLimits()


async def walk(
    client: SnmpClient,
    target: Target,
    root: Oid,
    limits: WalkLimits = DEFAULT_LIMITS,
    sizes: LearnedSizes | None = None,
) -> WalkResult:
    """Read everything below ``root``; see ``walk_columns``."""
    return (await walk_columns(client, target, [root], limits, sizes))[0]


async def walk_columns(
    client: SnmpClient,
    target: Target,
    roots: Sequence[Oid],
    limits: WalkLimits = DEFAULT_LIMITS,
    sizes: LearnedSizes | None = None,
) -> list[WalkResult]:
    """Read everything below each of ``roots``, side by side; the results stand in the order of the roots.

    Asks for as many rows as ``sizes`` knows this device to answer well, fewer where an answer is refused, lost or
    out of order, and comes down to GETNEXT for all columns in one request.

    Raises
    ------
    SnmpError
        Nothing could be read at all. Otherwise failures make partial results.
    """
    walked = _Walk(client, target, [_Column(root, root) for root in roots], limits, sizes or LearnedSizes())
    await walked.run()
    return [WalkResult(tuple(column.rows), column.end or "") for column in walked.columns]


@dataclass(slots=True)
class _Column:
    """One column on its way: the rows so far, and why it ended; ``None`` while it goes on."""

    root: Oid
    last: Oid
    rows: list[Binding] = field(default_factory=list)
    end: str | None = None


class _Walk:
    """One walk over some columns of one device."""

    def __init__(
        self, client: SnmpClient, target: Target, columns: list[_Column], limits: WalkLimits, sizes: LearnedSizes
    ) -> None:
        self.columns = columns
        self._client = client
        self._target = target
        self._limits = limits
        self._sizes = sizes
        self._bulk = target.auth.version != V1
        self._together = len(columns)
        """So many columns are asked for in one request."""
        self._requests = 0
        self._checked = 1
        """Answers of up to so many rows are known to skip none."""
        self._error: SnmpError | None = None
        self._before_trouble: LearnedSize | None = None
        """What was known before the failures since the latest good answer."""
        self._doubtful: tuple[list[_Column], Found] | None = None
        """The first answer out of order since the latest good one: kept for want of a better."""

    async def run(self) -> None:
        """Walk until every column has ended."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._limits.time_s
        while going := self._going():
            if self._requests >= self._limits.requests:
                self._end("request limit")
            elif loop.time() > deadline:
                self._end("time limit")
            else:
                await self._step(going[: self._together])
        if self._error and not any(column.rows for column in self.columns):
            raise self._error

    def _going(self) -> list[_Column]:
        return [column for column in self.columns if column.end is None]

    def _end(self, why: str) -> None:
        for column in self._going():
            column.end = why

    async def _step(self, asked: list[_Column]) -> None:
        """Ask once; take what came, or learn from what went wrong."""
        rows = self._rows_to_ask(len(asked))
        try:
            bindings = await self._ask([column.last for column in asked], rows)
        except SnmpError as error:
            self._learn_from(error, asked, rows)
            return
        reply_octets = self._client.reply_octets
        parts = [bindings[place :: len(asked)] for place in range(len(asked))]
        found = [rows_until_end(part, column.root, column.last) for part, column in zip(parts, asked, strict=True)]
        in_order = all(stop != NOT_INCREASING for _, stop in found)
        most = max(len(fresh) for fresh, _ in found)
        whole = in_order and not (most > self._checked and await self._skips(asked, found))
        if not whole and rows != GET_NEXT:
            self._remember_failure(rows, rows // 2)
            if self._doubtful is None:
                self._doubtful = asked, [(fresh, stop or ROWS_LEFT_OUT) for fresh, stop in found]
            return
        if not whole:  # row by row it is no better
            known_better = self._doubtful is not None
            self._take_back()
            if known_better:
                return
        self._before_trouble = self._doubtful = None
        self._checked = max(self._checked, most)
        self._take(asked, found)
        if most >= rows:
            sizes = self._sizes.repetitions
            fits = octets_fit(most, reply_octets) if len(bindings) >= FEW_OBJECTS else sizes.most
            sizes.succeeded(rows, fits)

    def _rows_to_ask(self, columns: int) -> int:
        """Return how many rows of so many columns to ask for, or ``GET_NEXT``; all must fit into one answer."""
        repetitions = self._sizes.repetitions.value
        if not self._bulk or repetitions == GET_NEXT:
            return GET_NEXT
        return max(1, min(repetitions, self._sizes.objects.most // columns))

    async def _ask(self, names: list[Oid], rows: int) -> list[Binding]:
        self._requests += 1
        if rows == GET_NEXT:
            return await self._client.get_next(self._target, names)
        return await self._client.get_bulk(self._target, names, repetitions=rows)

    async def _skips(self, asked: list[_Column], found: Found) -> bool:
        """Tell whether GETBULK left out rows: a GETNEXT after each name would then find one in between.

        An agent that cannot answer so long a GETNEXT is believed.
        """
        names: list[Oid] = []
        followers: list[Oid] = []
        for column, (fresh, _) in zip(asked, found, strict=True):
            in_order = [column.last, *(oid for oid, _ in fresh)]
            names += in_order[:-1]
            followers += in_order[1:]
        try:
            answer = await self._ask(names, GET_NEXT)
        except SnmpError:
            return False
        return any(
            name < between < follower
            for name, (between, _), follower in zip(names, answer, followers, strict=False)
        )

    def _take(self, asked: list[_Column], found: Found) -> None:
        """Keep the rows of an answer, and end the columns that it ends."""
        advanced = any(fresh for fresh, _ in found)
        for column, (fresh, stop) in zip(asked, found, strict=True):
            room = self._limits.rows - len(column.rows)
            column.rows += fresh[:room]
            if len(fresh) > room or (stop is None and len(fresh) == room):
                column.end = "row limit"
            elif stop != EMPTY_ANSWER or not advanced:  # an answer may be cut off in the middle of a row
                column.end = stop
            if fresh:
                column.last = fresh[-1][0]

    def _learn_from(self, error: SnmpError, asked: list[_Column], rows: int) -> None:
        """Ask for less the next time, or end a column or the walk when there is nothing less to ask for."""
        at_fault = error.index if isinstance(error, ErrorStatus) and len(asked) > 1 else 1
        if isinstance(error, NoSuchName) and 1 <= at_fault <= len(asked):
            asked[at_fault - 1].end = ""  # the end of an SNMPv1 MIB
        elif rows != GET_NEXT and isinstance(error, ErrorStatus | RequestTimeout):
            self._remember_failure(rows, fewer_repetitions(rows, error))
        elif len(asked) > 1 and isinstance(error, ErrorStatus | RequestTimeout):
            self._together = len(asked) // 2
        else:
            self._error = self._error or error
            self._take_back()
            if isinstance(error, ErrorStatus):
                asked[0].end = error.reason
            else:
                self._end(error.reason)

    def _remember_failure(self, rows: int, fewer: int) -> None:
        if self._before_trouble is None:
            self._before_trouble = copy(self._sizes.repetitions)
        self._sizes.repetitions.failed(rows, fewer)

    def _take_back(self) -> None:
        """Forget the failures since the latest good answer: the size was not to blame. Make do with what came."""
        if self._before_trouble is not None:
            self._sizes.repetitions = self._before_trouble
        if self._doubtful is not None:
            self._take(*self._doubtful)
        self._before_trouble = self._doubtful = None


def fewer_repetitions(repetitions: int, error: SnmpError) -> int:
    """Return how many rows to ask for after a GETBULK failed; 0 means GETNEXT.

    ``tooBig`` halves. A lost answer costs a whole deadline to notice, so it takes bigger steps: 10, 2, GETNEXT.
    Any other refusal means that the agent knows no GETBULK.
    """
    if isinstance(error, TooBig):
        return repetitions // 2
    if isinstance(error, RequestTimeout):
        return repetitions // 4
    return GET_NEXT


def rows_until_end(bindings: Sequence[Binding], root: Oid, last: Oid) -> tuple[list[Binding], str | None]:
    """Split one column of an answer into the rows below ``root`` and why the walk ends there.

    The second value is ``None`` while the walk goes on, empty at the proper end, else what is wrong: names must
    increase, compared arc by arc.
    """
    rows: list[Binding] = []
    for oid, value in bindings:
        if value is Missing.END_OF_MIB_VIEW:
            return rows, ""
        if oid <= last:
            return rows, NOT_INCREASING
        if oid[: len(root)] != root:
            return rows, ""
        rows.append((oid, value))
        last = oid
    return rows, None if rows else EMPTY_ANSWER
