"""Something that happens a thousand times is told twice: when it begins and when it has ended."""

from __future__ import annotations

from collections import Counter

from phusong.agent.onsets import QUIET_S, Onsets


def test_begin_and_end() -> None:
    """It begins with the first, ends after ten quiet minutes with the number, and can begin again."""
    onsets: Onsets[str] = Onsets()
    counts: Counter[str] = Counter()
    assert onsets.look(counts, 0) == ([], [])
    for second in range(1, 100):
        counts["a"] += 5
        assert onsets.look(counts, second) == (["a"] if second == 1 else [], [])
    assert onsets.look(counts, 99 + QUIET_S - 1) == ([], [])
    assert onsets.look(counts, 99 + QUIET_S) == ([], [("a", 495)])
    assert onsets.look(counts, 99 + 2 * QUIET_S) == ([], [])
    counts["a"] += 1
    assert onsets.look(counts, 5000) == (["a"], [])
    assert onsets.look(counts, 5000 + QUIET_S) == ([], [("a", 1)])


def test_kinds_do_not_mix() -> None:
    """Each key begins and ends for itself."""
    onsets: Onsets[str] = Onsets()
    counts = Counter({"a": 1})
    assert onsets.look(counts, 0) == (["a"], [])
    counts["b"] = 2
    assert onsets.look(counts, QUIET_S / 2) == (["b"], [])
    assert onsets.look(counts, QUIET_S) == ([], [("a", 1)])
    assert onsets.look(counts, QUIET_S * 1.5) == ([], [("b", 2)])
