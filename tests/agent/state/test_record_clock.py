"""The time of the record: it never runs backwards, whatever the clocks of the machine do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phusong.agent.state.record_clock import STEP_S, TAKE_BACK_S, Moment, RecordClock

T = 1_790_000_000.0
DAY = 86_400.0


def run_clock(recorded_until: float | None, *looks: tuple[float, float]) -> list[Moment | None]:
    clock = RecordClock(recorded_until)
    return [clock.look(monotonic, unix) for monotonic, unix in looks]


@pytest.mark.parametrize(
    ("recorded_until", "looks", "last"),
    [
        (None, [(5, T)], Moment(T, begins=True)),
        (T - 60, [(5, T)], Moment(T, begins=True)),
        (None, [(5, T), (6, T + 1)], Moment(T + 1)),
        (None, [(5, T), (6, T + 0.5)], Moment(T + 0.5)),
        (None, [(5, T), (6, T - 0.5)], Moment(T)),
        (None, [(5, T), (6, T + 3601)], Moment(T + 3601, begins=True)),
        (None, [(5, T), (65, T + 60)], Moment(T + 60, begins=True)),
        (None, [(5, T), (6, T - 3599)], Moment(T - 3599, begins=True, take_back=True)),
        (T + 3600, [(5, T)], Moment(T, begins=True, take_back=True)),
        (T, [(5, 0.0)], None),
        (T, [(5, 0.0), (6, 1.0), (7, T + 30)], Moment(T + 30, begins=True)),
        (None, [(5, T), (6, T - 3 * DAY)], None),
        (T, [(5, T + 900 * DAY), (9, T + 60)], Moment(T + 60, begins=True, take_back=True)),
        (T, [(5, T + 900 * DAY), (9, T - 3 * DAY)], None),
    ],
    ids=[
        "first ever", "restart", "a second passes", "slowed by NTP", "a little back", "asleep or set forward",
        "stopped for a minute", "set back an hour", "restart an hour early", "no battery: 1970",
        "1970, then the right time", "set back three days", "began in the future, then set right",
        "began in the future, then set wrong",
    ],
)  # fmt: skip
def test_what_the_clocks_do(
    recorded_until: float | None, looks: list[tuple[float, float]], last: Moment | None
) -> None:
    """Each kind of step has one answer: it goes on, a gap begins, something is taken back, or nobody knows."""
    assert run_clock(recorded_until, *looks)[-1] == last


@given(
    st.lists(st.tuples(st.floats(0, 100), st.floats(-2e6, 2e6) | st.floats(-3, 3)), max_size=40),
    st.none() | st.floats(T - 1e7, T + 1e7),
)
def test_time_only_runs_backwards_where_it_is_said(
    steps: list[tuple[float, float]], recorded_until: float | None
) -> None:
    """Without ``take_back`` no moment lies before the one before; a refused time moves nothing."""
    clock = RecordClock(recorded_until)
    monotonic, unix = 0.0, T
    for passed, step in steps:
        monotonic += passed
        unix += passed + step
        before = clock.at
        moment = clock.look(monotonic, unix)
        if moment is None:
            assert clock.at == before
        elif not moment.take_back:
            assert before is None or moment.at >= before
            assert moment.begins or moment.at - unix <= STEP_S
        else:
            assert before is not None
            assert moment.at == unix < before
        assert moment is None or clock.at == moment.at


def test_a_long_step_forward_is_believed_after_a_day() -> None:
    """Who slept for a week and has run for two days since loses no day of it to a wrong date."""
    clock = RecordClock(T)
    assert clock.look(0, T + 7 * DAY) == Moment(T + 7 * DAY, begins=True)
    for second in range(10, int(2 * DAY), 10):
        clock.look(second, T + 7 * DAY + second)
    assert clock.look(2 * DAY, T + 7 * DAY + 2 * DAY - TAKE_BACK_S - 60) is None
