"""Walks one column or subtree by GETBULK, or by GETNEXT where the agent knows no GETBULK.

Agents repeat, go backwards and never end, so every name must be greater than the one before, and rows, requests
and time are capped. What was read stays; why the walk stopped early is said.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from .ber import Missing, Oid
from .client import Binding, SnmpClient, Target
from .credentials import V1
from .errors import ErrorStatus, NoSuchName, RequestTimeout, SnmpError, TooBig

REPETITIONS = 10
GET_NEXT = 0
"""In place of a number of repetitions: one row at a time."""


@dataclass(frozen=True, slots=True)
class WalkLimits:
    """Where a walk stops in any case."""

    rows: int = 5000
    requests: int = 1000
    time_s: float = 30.0


@dataclass(frozen=True, slots=True)
class WalkResult:
    """The rows in the order of their names; ``partial`` says why the walk stopped early, empty when it did not."""

    rows: tuple[Binding, ...]
    partial: str = ""


DEFAULT_LIMITS = WalkLimits()


async def walk(client: SnmpClient, target: Target, root: Oid, limits: WalkLimits = DEFAULT_LIMITS) -> WalkResult:
    """Read everything below ``root``.

    Starts with GETBULK and comes down to GETNEXT where the agent refuses it or its answers get lost.

    Raises
    ------
    SnmpError
        Nothing could be read at all. Later failures end the walk with a partial result.
    """
    rows: list[Binding] = []
    repetitions = GET_NEXT if target.auth.version == V1 else REPETITIONS
    last = root
    deadline = asyncio.get_running_loop().time() + limits.time_s
    for _ in range(limits.requests):
        if asyncio.get_running_loop().time() > deadline:
            return WalkResult(tuple(rows), "time limit")
        try:
            if repetitions == GET_NEXT:
                bindings = await client.get_next(target, [last])
            else:
                bindings = await client.get_bulk(target, [last], repetitions=repetitions)
        except NoSuchName:
            return WalkResult(tuple(rows))  # the end of an SNMPv1 MIB
        except SnmpError as error:
            if repetitions != GET_NEXT and isinstance(error, ErrorStatus | RequestTimeout):
                repetitions = fewer_repetitions(repetitions, error)
                continue
            if not rows:
                raise
            return WalkResult(tuple(rows), error.reason)
        fresh, stop = rows_until_end(bindings, root, last)
        room = limits.rows - len(rows)
        rows += fresh[:room]
        if len(fresh) > room or (stop is None and len(fresh) == room):
            return WalkResult(tuple(rows), "row limit")
        if stop is not None:
            return WalkResult(tuple(rows), stop)
        last = rows[-1][0]
    return WalkResult(tuple(rows), "request limit")


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
    """Split one answer into the rows below ``root`` and why the walk ends there.

    The second value is ``None`` while the walk goes on, empty at the proper end, else what is wrong: names must
    increase, compared arc by arc.
    """
    rows: list[Binding] = []
    for oid, value in bindings:
        if value is Missing.END_OF_MIB_VIEW:
            return rows, ""
        if oid <= last:
            return rows, "names do not increase"
        if oid[: len(root)] != root:
            return rows, ""
        rows.append((oid, value))
        last = oid
    return rows, None if rows else "empty answer"
