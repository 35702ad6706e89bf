"""Decisions about rows: which one a name means, and whether the agent restarted."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phusong.collectors.interface_lookup import (
    RESTART_TOLERANCE_TICKS,
    TICKS,
    Column,
    InterfaceNotFound,
    InterfaceSelector,
    agent_restarted,
    find_index,
)

NAMES = {1: "Gi0/1", 2: "Gi0/2", 3: "", 4: "Gi0/2", 70000: "Tuyến Hòa Bình", 6: ""}


def test_one_row_of_the_name_is_found() -> None:
    """The number of the one row of that very name, whatever its size."""
    assert find_index(InterfaceSelector(Column.NAME, "Gi0/1"), NAMES) == 1
    assert find_index(InterfaceSelector(Column.ALIAS, "Tuyến Hòa Bình"), NAMES) == 70000


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
def test_the_form_of_unicode_makes_no_difference(form: str) -> None:
    """A name typed with combining accents finds the row of the composed one."""
    text = unicodedata.normalize(form, "Tuyến Hòa Bình")
    assert find_index(InterfaceSelector(Column.ALIAS, text), NAMES) == 70000


@pytest.mark.parametrize("text", ["gi0/1", "Gi0/", "Gi0/10", "Gi0", "", "1"])
def test_nothing_is_found_by_half_a_name(text: str) -> None:
    """Neither parts nor other cases nor the empty text name a row."""
    with pytest.raises(InterfaceNotFound, match="among 6 rows"):
        find_index(InterfaceSelector(Column.NAME, text), NAMES)


def test_candidates_are_named_but_not_without_end() -> None:
    """The message of an ambiguous name shows the first candidates and how many there are."""
    with pytest.raises(InterfaceNotFound, match=r"2 interfaces are called 'Gi0/2' \(index:2, index:4\)"):
        find_index(InterfaceSelector(Column.NAME, "Gi0/2"), NAMES)
    with pytest.raises(InterfaceNotFound) as error:
        find_index(InterfaceSelector(Column.DESCR, "eth"), dict.fromkeys(range(1829), "eth"))
    assert "1829 interfaces are called 'descr:eth'" in str(error.value)
    assert str(error.value).count("index:") == 5


@pytest.mark.parametrize(
    ("column", "text", "shown"),
    [("name", "Gi0/1", "Gi0/1"), ("alias", "hub", "alias:hub"), ("index", "7", "index:7")],
)
def test_a_selector_is_shown_as_it_is_written(column: str, text: str, shown: str) -> None:
    """The text of a selector is what the inventory says."""
    assert str(InterfaceSelector(Column(column), text)) == shown


@pytest.mark.parametrize(
    ("previous", "now", "elapsed_s", "restarted"),
    [
        pytest.param(1000, 4000, 30, False, id="as expected"),
        pytest.param(500_000, 1500, 30, True, id="fell to 15 s"),
        pytest.param(2**32 - 1000, 2000, 30, False, id="wrapped after 497 days"),
        pytest.param(2**32 - 1000, 1, 30, False, id="wrapped, clock 20 s behind"),
        pytest.param(2**32 - 360_000, 1500, 30, True, id="restarted an hour before it would wrap"),
        pytest.param(500_000, 499_990, 0.5, False, id="a clock that trembles"),
        pytest.param(6_000, 10_000, 300, True, id="restarted, and up for longer than before"),
        pytest.param(500_000, 500_000, 3600, False, id="a clock that stands still"),
        pytest.param(500_000, 4_000_000, 30, False, id="ahead: this machine slept"),
        pytest.param(500_000, 4_790_000, 43_200, False, id="12 h, 30 s behind"),
        pytest.param(500_000, 500_000 + 4_320_000 - 43_000, 43_200, False, id="12 h, a clock 1 % slow"),
        pytest.param(500_000, 300_000, 43_200, True, id="12 h, up for 50 min"),
        pytest.param(0, 0, 0, False, id="at once"),
    ],
)
def test_what_a_restart_looks_like(previous: int, now: int, elapsed_s: float, restarted: bool) -> None:
    """A restart is a sysUpTime behind where the time since the last poll would have brought it."""
    assert agent_restarted(previous, now, elapsed_s) is restarted


ticks = st.integers(0, TICKS - 1)
elapsed = st.floats(0, 86_400)


@given(ticks, elapsed, st.integers(-RESTART_TOLERANCE_TICKS, RESTART_TOLERANCE_TICKS))
def test_no_running_agent_looks_restarted(previous: int, elapsed_s: float, drift: int) -> None:
    """Wherever sysUpTime stands, wrap included, time going by within 30 s of ours is no restart."""
    now = (previous + round(elapsed_s * 100) + drift) % TICKS
    assert not agent_restarted(previous, now, elapsed_s)


@given(st.integers(20_000, TICKS - 1), st.floats(1, 3600), st.data())
def test_every_restart_is_seen(previous: int, elapsed_s: float, data: st.DataObject) -> None:
    """An agent that restarted since the last poll is seen, unless its old clock was about to wrap just then.

    The new clock cannot be ahead of the time since the poll.
    """
    now = data.draw(st.integers(0, round(elapsed_s * 100)))
    expected = previous + round(elapsed_s * 100)
    tolerance = RESTART_TOLERANCE_TICKS + round(elapsed_s)
    near_wrap = min((expected - now) % TICKS, (now - expected) % TICKS) <= tolerance
    assert agent_restarted(previous, now, elapsed_s) is (not near_wrap and now != previous)
