"""When jobs run: quickly at first, then evenly, never overlapping, never in a burst."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from phusong.agent.polling.schedule import EXTRA_GAP_S, JITTER_RATIO, SHORTEST_GAP_RATIO, Schedule, slot_ratio


def run_until(schedule: Schedule[str], start: float, end: float) -> list[tuple[float, str]]:
    """Run every job in no time at its due moment; return when each ran."""
    ran = []
    while (when := schedule.next_time()) is not None and when < end:
        for due in schedule.take_due(max(when, start)):
            ran.append((when, due.key))
            schedule.finish(due.key)
    return ran


def made(count: int, interval_s: float = 30.0, seed: int = 1) -> Schedule[str]:
    schedule: Schedule[str] = Schedule(Random(seed))
    schedule.add((f"job{n}" for n in range(count)), interval_s=interval_s, now=100.0, first_round_s=1.0)
    return schedule


def test_the_first_round_is_quick_and_complete() -> None:
    """Every job has run once when the first round's time is over."""
    ran = run_until(made(500), 100.0, 101.0)
    assert sorted({key for _, key in ran}) == sorted(f"job{n}" for n in range(500))
    assert len(ran) == 500


def test_each_job_runs_once_per_interval() -> None:
    """Between two runs lies one interval, give or take the jitter; the start may stretch it by a quarter."""
    times: dict[str, list[float]] = {}
    for when, key in run_until(made(200), 100.0, 100.0 + 30 * 20):
        times.setdefault(key, []).append(when)
    for runs in times.values():
        gaps = [after - before for before, after in pairwise(runs)]
        assert all(abs(gap - 30) <= 2 * JITTER_RATIO * 30 + 1e-6 for gap in gaps[1:])
        assert 30 * (0.25 - JITTER_RATIO) <= gaps[0] <= 30 * (1.25 + JITTER_RATIO)


def test_the_load_is_even_over_the_interval() -> None:
    """No second of the interval gets more than twice its share of 3,000 jobs."""
    ran = run_until(made(3000), 100.0, 220.0)
    late = [when for when, _ in ran if 190 <= when < 220]
    seconds = [sum(1 for when in late if second <= when < second + 1) for second in range(190, 220)]
    assert max(seconds) <= 2 * 3000 / 30


def test_a_job_that_still_runs_is_skipped_and_counted() -> None:
    """A device that needs longer than its interval is never asked twice at once."""
    schedule = made(1, interval_s=10.0)
    starts = 0
    for second in range(100, 160):
        starts += len(schedule.take_due(float(second)))
    assert starts == 1
    assert schedule.skipped >= 4
    schedule.finish("job0")
    assert sum(len(schedule.take_due(float(second))) for second in range(160, 175)) == 1


def test_after_a_long_sleep_every_job_runs_once_only() -> None:
    """A suspended machine does not make up for the polls it missed."""
    schedule = made(50, interval_s=10.0)
    run_until(schedule, 100.0, 130.0)
    ran = []
    for due in schedule.take_due(5000.0):
        ran.append(due.key)
        schedule.finish(due.key)
    assert sorted(ran) == sorted(set(ran))
    assert schedule.take_due(5000.0) == []
    assert schedule.skipped >= 50 * 400


def test_a_removed_job_never_runs_again_and_comes_back_once() -> None:
    """Left-overs of a removed job in the queue do not double it when it returns."""
    schedule = made(1, interval_s=10.0)
    schedule.remove("job0")
    schedule.add(["job0"], interval_s=10.0, now=100.0, first_round_s=1.0)
    ran = run_until(schedule, 100.0, 200.0)
    assert 9 <= len(ran) <= 11


@given(st.text())
def test_slots_lie_in_the_interval_and_stay(key: str) -> None:
    """The slot of a job is a share of the interval and the same on every start."""
    assert 0 <= slot_ratio(key) < 1
    assert slot_ratio(key) == slot_ratio(key)


def test_what_is_too_much_for_one_turn_stays_due() -> None:
    """After a stall the jobs start in portions, the longest due first, and none is lost or skipped."""
    schedule: Schedule[str] = Schedule(Random(1))
    schedule.add({f"job-{number}" for number in range(100)}, interval_s=30, now=0.0, first_round_s=5.0)
    portions = []
    while portions[-1:] != [[]]:
        portions.append(schedule.take_due(6.0, 30))
    assert [len(portion) for portion in portions] == [30, 30, 30, 10, 0]
    lateness = [due.late_s for portion in portions for due in portion]
    assert lateness == sorted(lateness, reverse=True)
    assert len({due.key for portion in portions for due in portion}) == 100
    assert schedule.skipped == 0


def test_runs_that_are_due_about_the_same_time_start_together() -> None:
    """Starts fall on multiples of the given time, late by less than that, and every job keeps its interval.

    Only the first round does not wait for others.
    """
    schedule: Schedule[str] = Schedule(Random(1))
    jobs = [f"job{n}" for n in range(500)]
    schedule.add(jobs, interval_s=30.0, now=100.0, first_round_s=5.0, together_s=0.5)
    ran = run_until(schedule, 100.0, 400.0)
    assert {when % 0.5 for when, _ in ran if when > 105.0} == {0.0}
    first = [when for when, _ in ran if when <= 105.0]
    assert len(first) == len({when % 0.5 for when in first}) == len(jobs)
    assert schedule.skipped == 0
    for key in jobs:
        gaps = [after - before for before, after in pairwise(when for when, other in ran if other == key)]
        assert all(abs(gap - 30) <= 2 * JITTER_RATIO * 30 + 0.5 for gap in gaps[1:])


def test_a_first_round_may_be_longer_than_the_interval() -> None:
    """Whoever has had its first run keeps its interval from then on, and nothing counts as skipped."""
    schedule: Schedule[str] = Schedule(Random(1))
    jobs = [f"job{n}" for n in range(200)]
    schedule.add(jobs, interval_s=30.0, now=100.0, first_round_s=300.0)
    ran = run_until(schedule, 100.0, 600.0)
    assert schedule.skipped == 0
    firsts = {key: when for when, key in reversed(ran)}
    assert sum(when > 250.0 for when in firsts.values()) > 80
    for key in jobs:
        first, *gaps = [after - before for before, after in pairwise(when for when, other in ran if other == key)]
        assert first >= (SHORTEST_GAP_RATIO - JITTER_RATIO) * 30
        assert all(abs(gap - 30) <= 2 * JITTER_RATIO * 30 + 0.01 for gap in gaps)


def slow(interval_s: float = 30.0) -> Schedule[str]:
    """Return a schedule whose only job has just had its first run."""
    schedule = made(1, interval_s)
    assert [due.key for due in schedule.take_due(101.0)] == ["job0"]
    schedule.finish("job0")
    return schedule


def test_an_extra_run_comes_at_once_and_moves_no_slot() -> None:
    """What a trap asks for runs now; the runs in the job's own slots stay where they are."""
    undisturbed, schedule = slow(), slow()
    schedule.run_now("job0", 102.0)
    assert schedule.next_time() == 102.0
    (due,) = schedule.take_due(102.0)
    assert (due.key, due.wanted, due.late_s) == ("job0", True, 0.0)
    schedule.finish("job0")
    assert run_until(schedule, 102.0, 400.0) == run_until(undisturbed, 102.0, 400.0)
    assert schedule.skipped == undisturbed.skipped == 0


def test_an_extra_run_follows_the_one_under_way() -> None:
    """A job never overlaps itself, and what was asked for during a run is answered by one that began later."""
    schedule = slow()
    schedule.run_now("job0", 102.0)
    assert len(schedule.take_due(102.0)) == 1
    for _ in range(5):
        schedule.run_now("job0", 102.5)
    assert schedule.take_due(110.0) == []
    schedule.finish("job0")
    assert schedule.next_time() == 102.0 + EXTRA_GAP_S
    assert len(schedule.take_due(110.0)) == 1
    schedule.finish("job0")
    assert schedule.take_due(110.0) == []


def test_many_requests_are_one_extra_run_a_second() -> None:
    """A storm of traps from a device costs it one poll a second, not one poll a trap."""
    schedule = slow(interval_s=3600.0)
    runs = 0
    for hundredth in range(1000):
        now = 102.0 + hundredth / 100
        schedule.run_now("job0", now)
        for due in schedule.take_due(now):
            runs += 1
            schedule.finish(due.key)
    assert runs == 10 / EXTRA_GAP_S


def test_a_run_in_the_own_slot_answers_the_request_too() -> None:
    """An extra run that has to wait is not needed any more when the job's own slot comes first."""
    schedule = slow()
    schedule.run_now("job0", 102.0)
    schedule.take_due(102.0)
    schedule.finish("job0")
    own = schedule.next_time()
    assert own is not None
    schedule.run_now("job0", 102.1)
    assert [due.wanted for due in schedule.take_due(own)] == [True]
    schedule.finish("job0")
    assert schedule.take_due(own) == []


def test_extra_runs_keep_to_the_portion_of_a_turn() -> None:
    """A hundred devices that call at once are asked in portions, and none is lost."""
    schedule = made(100, interval_s=3600.0)
    run_until(schedule, 100.0, 102.0)
    for number in range(100):
        schedule.run_now(f"job{number}", 103.0)
    assert [len(schedule.take_due(103.0, 30)) for _ in range(5)] == [30, 30, 30, 10, 0]


def test_an_extra_run_of_an_unknown_job_is_nothing() -> None:
    """A removed job is not revived by a late trap."""
    schedule = slow()
    schedule.run_now("job0", 102.0)
    schedule.remove("job0")
    schedule.run_now("job0", 102.0)
    assert schedule.next_time() is None
    assert schedule.take_due(200.0) == []


def test_a_thinned_job_runs_in_every_so_many_th_of_its_slots() -> None:
    """Ten slots lie between its runs, on the same moments of the interval as before; nothing counts as skipped."""
    schedule, usual = made(1), made(1)
    ordinary = [when for when, _ in run_until(usual, 100.0, 200.0)]
    run_until(schedule, 100.0, 200.0)
    schedule.thin_out("job0", 10, ordinary[-1] + 2.0)
    assert schedule.thinned == {"job0"}
    runs = [when for when, _ in run_until(schedule, 200.0, 2000.0)]
    gaps = [after - before for before, after in pairwise([ordinary[-1], *runs])]
    assert all(abs(gap - 300) <= 2 * JITTER_RATIO * 30 + 1e-6 for gap in gaps)
    assert len(gaps) >= 5
    assert schedule.skipped == 0


def test_a_thinned_job_returns_to_all_its_slots() -> None:
    """When it is back, its next run comes within an interval, and then one in each."""
    schedule = made(1)
    run_until(schedule, 100.0, 200.0)
    schedule.thin_out("job0", 20, 200.0)
    schedule.run_now("job0", 301.0)
    assert [due.key for due in schedule.take_due(301.0)] == ["job0"]
    schedule.finish("job0")
    schedule.thin_out("job0", 1, 301.0)
    assert schedule.thinned == set()
    runs = [when for when, _ in run_until(schedule, 301.0, 500.0)]
    gaps = [after - before for before, after in pairwise([301.0, *runs])]
    assert 15 - 2 <= gaps[0] <= 45 + 2
    assert all(abs(gap - 30) <= 2 * JITTER_RATIO * 30 + 1e-6 for gap in gaps[1:])
    assert schedule.skipped == 0


def test_thinning_again_the_same_way_changes_nothing() -> None:
    """Every silent poll says so anew; that does not push the next one away."""
    schedule = made(1)
    schedule.take_due(101.0)
    schedule.thin_out("job0", 10, 101.0)
    due = schedule.next_time()
    schedule.thin_out("job0", 10, 250.0)
    assert schedule.next_time() == due
    schedule.thin_out("nobody", 10, 250.0)
    schedule.remove("job0")
    assert schedule.thinned == set()
