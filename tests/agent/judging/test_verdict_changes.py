"""Changes of verdicts as events: what whoever keeps outages can rely on."""

from __future__ import annotations

from phusong.agent.judging.verdict import DOWN
from phusong.agent.judging.verdict_changes import Moment, VerdictChange, VerdictChanges
from phusong.exporters.snapshot import Isolation, Verdict

KEY = ("link", "l1")


def test_a_change_carries_all_that_an_outage_needs() -> None:
    """From what to what, when seen, when begun, whether traffic passes, by which rule, through whose fault."""
    changes = VerdictChanges()
    since = changes.note(
        KEY, (Verdict.UP, 50.0), Verdict.PARENT_DOWN, 100.0, up=False, rule="parent_link", cause="link l0"
    )
    assert since == 100.0
    assert changes.take() == [
        VerdictChange(*KEY, Verdict.UP, Verdict.PARENT_DOWN, True, 100.0, 100.0, False, "parent_link", "link l0")
    ]
    assert changes.take() == []


def test_only_a_first_verdict_is_dated_back() -> None:
    """An outage that began before the agent did keeps its begin; a later one is dated by the agent."""
    changes = VerdictChanges()
    assert changes.note(KEY, None, Verdict.DOWN, 100.0, up=False, first_since_s=60.0) == 40.0
    assert changes.note(KEY, (Verdict.DOWN, 40.0), Verdict.UP, 110.0, up=True, first_since_s=60.0) == 110.0
    assert changes.note(KEY, (Verdict.UP, 110.0), Verdict.DOWN, 120.0, up=False, first_since_s=60.0) == 120.0
    assert [(change.first, change.at, change.since) for change in changes.take()] == [
        (True, 100.0, 40.0),
        (False, 110.0, 110.0),
        (False, 120.0, 120.0),
    ]


def test_no_verdict_begins_before_the_one_that_it_follows() -> None:
    """Not when it was held meanwhile, not when the device says so after a restart; nor after now."""
    changes = VerdictChanges(remembered={("link", "l2"): ("up", 90.0)})
    changes.known.add(KEY)
    held = changes.note(KEY, (Verdict.DEGRADED, 98.0), Verdict.UNREACHABLE, 100.0, up=False, began_s_ago=4.0)
    assert held == 98.0
    assert changes.note(KEY, (Verdict.UP, 500.0), Verdict.DOWN, 100.0, up=False) == 100.0
    assert changes.note(("link", "l2"), None, Verdict.DOWN, 100.0, up=False, first_since_s=60.0) == 90.0


def test_planned_work_is_no_older_than_its_window() -> None:
    """A line that was out for a day when the agent first saw it, in a window, is not excused for that day."""
    changes = VerdictChanges(excused={KEY})
    _, since = changes.judged(KEY, DOWN, None, Moment(5.0, 100_000.0), first_since_s=86_400.0)
    assert since == 100_000.0


def test_what_does_not_change_is_no_event() -> None:
    """The same verdict again keeps its begin; nothing known, twice, is no change."""
    changes = VerdictChanges()
    assert changes.note(KEY, (Verdict.UP, 7.0), Verdict.UP, 100.0, up=True) == 7.0
    assert changes.note(KEY, None, Verdict.UNKNOWN, 100.0, up=None) == 100.0
    assert changes.note(("site", "s1"), None, Isolation.UNKNOWN, 100.0, up=None) == 100.0
    assert changes.take() == []


def test_what_stood_before_the_restart_is_no_change() -> None:
    """The agent before this one left it so: no event, its begin stays; another verdict is a change from that."""
    changes = VerdictChanges(remembered={KEY: ("down", 40.0), ("link", "l2"): ("up", 40.0)})
    assert changes.note(KEY, None, Verdict.DOWN, 100.0, up=False, first_since_s=10.0) == 40.0
    assert changes.take() == []
    assert changes.note(("link", "l2"), None, Verdict.DOWN, 100.0, up=False, first_since_s=30.0) == 70.0
    (change,) = changes.take()
    assert (change.before, change.after, change.first, change.since) == (Verdict.UP, Verdict.DOWN, False, 70.0)
    assert changes.note(KEY, (Verdict.DOWN, 40.0), Verdict.UP, 110.0, up=True) == 110.0
    assert not changes.remembered
