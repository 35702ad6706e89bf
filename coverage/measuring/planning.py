"""Where the next masts or lines bring most: candidates ranked by what each adds to those before it.

This is maximal covering: from the candidates, take those that together reach the most weighted demand. The greedy
order (best first, then what adds most to it) reaches at least 1 - 1/e = 63 % of the best possible choice of as
many (Nemhauser, Wolsey, Fisher 1978), and it is an order that can be built from the top. Gains never grow while
others are chosen, so that a gain of an earlier round is an upper bound: only candidates at the top are counted
again (Minoux 1978), and the order is that of counting them all.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from phusong.coverage.measuring.demand import Amount

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from phusong.coverage.measuring.demand import Demand
    from phusong.coverage.measuring.reach import Reach


@dataclass(frozen=True, slots=True)
class Gain:
    """What a candidate newly reaches of one kind; with all before it; and that by what was open at first.

    ``share`` is 0 to 1, ``None`` when nothing was open.
    """

    kind: str
    gained: float
    together: float
    share: float | None


@dataclass(frozen=True, slots=True)
class Choice:
    """A candidate (by its row) at its rank from 1; ``weighted`` is its gain over all kinds by their weights."""

    rank: int
    candidate: int
    weighted: Gain
    gains: tuple[Gain, ...]


@dataclass(frozen=True, slots=True)
class Ranking:
    """The chosen candidates in their order.

    ``open`` is what was not covered before, kind by kind; ``reachable`` what of it any candidate reaches at all.
    ``exhausted`` tells that the ranking is shorter than asked because no further candidate would add anything.
    """

    choices: tuple[Choice, ...]
    open: tuple[Amount, ...]
    reachable: tuple[Amount, ...]
    exhausted: bool


def rank_candidates(ids: Sequence[str], reach: Reach, demands: Sequence[Demand], number: int) -> Ranking:
    """Return up to ``number`` candidates, each with what it adds.

    Parameters
    ----------
    ids
        The candidates' ids: of two that add the same the one with the lower id comes first.
    reach
        Which points each of them reaches; rows count through all ``demands`` one after the other.
    demands
        What is open: demand that is covered already must not be among it.
    number
        How many are wanted.
    """
    amounts = np.concatenate([np.empty(0), *(each.amounts for each in demands)])
    weights = np.concatenate([np.empty(0), *(each.amounts * each.weight for each in demands)])
    ends = np.cumsum([len(each.amounts) for each in demands])
    kinds = [slice(int(end) - len(each.amounts), int(end)) for each, end in zip(demands, ends, strict=True)]
    names = [each.kind for each in demands]
    reached = np.zeros(len(weights), dtype=bool)
    choices: list[Choice] = []
    for rank, candidate in enumerate(_greedy(ids, reach, weights, number), start=1):
        new = np.zeros(len(weights), dtype=bool)
        new[reach.of(candidate)] = True
        new &= ~reached
        reached |= new
        gains = tuple(
            _gain(name, amounts[kind], new[kind], reached[kind]) for name, kind in zip(names, kinds, strict=True)
        )
        choices.append(Choice(rank, candidate, _gain("", weights, new, reached), gains))
    any_reach = np.zeros(len(weights), dtype=bool)
    any_reach[reach.points] = True
    return Ranking(
        choices=tuple(choices),
        open=tuple(Amount(each.kind, each.total) for each in demands),
        reachable=tuple(
            Amount(name, float(amounts[kind][any_reach[kind]].sum()))
            for name, kind in zip(names, kinds, strict=True)
        ),
        exhausted=len(choices) < number,
    )


def _greedy(ids: Sequence[str], reach: Reach, weights: NDArray[np.float64], number: int) -> Iterator[int]:
    """Yield candidates, best first, as long as they add anything.

    A gain is always summed over the same points in the same order, with zeros for those that are reached: so it
    never grows by rounding either, and equal gains are equal to the last bit.
    """
    left = weights.copy()
    places = np.empty(len(ids), dtype=np.intp)
    places[np.array(sorted(range(len(ids)), key=ids.__getitem__), dtype=np.intp)] = np.arange(len(ids))
    # Minus the gain, place by id, row, and how many were chosen when it was counted.
    heap = [(-_sum(left, reach, row), int(places[row]), row, 0) for row in range(len(ids))]
    heapq.heapify(heap)
    chosen = 0
    while heap and chosen < number:
        bound, place, row, counted = heap[0]
        if bound >= 0:
            return
        if counted < chosen:
            heapq.heapreplace(heap, (-_sum(left, reach, row), place, row, chosen))
            continue
        heapq.heappop(heap)
        left[reach.of(row)] = 0.0
        chosen += 1
        yield row


def _sum(left: NDArray[np.float64], reach: Reach, row: int) -> float:
    return float(left[reach.of(row)].sum())


def _gain(kind: str, amounts: NDArray[np.float64], new: NDArray[np.bool_], reached: NDArray[np.bool_]) -> Gain:
    together, whole = float(amounts[reached].sum()), float(amounts.sum())
    return Gain(kind, float(amounts[new].sum()), together, min(1.0, together / whole) if whole > 0 else None)
