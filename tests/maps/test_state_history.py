"""What a page plays back is at every second what the record says, in few bytes."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phusong.exporters.snapshot import ENDPOINT_VERDICTS, LINK_VERDICTS, Isolation
from phusong.maps.state_history import StateHistory, StatePeriod, history_data
from phusong.maps.text import script_json

T = 1_790_000_000
"""No whole hour: 13 min 20 s after one."""
HOUR = 3600
NEXT_HOUR = T + 2800
KNOWN = {
    "links": frozenset(LINK_VERDICTS),
    "endpoints": frozenset(ENDPOINT_VERDICTS),
    "sites": frozenset(Isolation),
}
Periods = Sequence[StatePeriod]


def history(
    begin: float = T,
    end: float = T + 1000,
    gaps: Iterable[tuple[float, float]] = (),
    *,
    links: Mapping[str, Periods] | None = None,
    endpoints: Mapping[str, Periods] | None = None,
    sites: Mapping[str, Periods] | None = None,
) -> StateHistory:
    kinds = {
        name: {key: tuple(periods) for key, periods in (found or {}).items()}
        for name, found in (("links", links), ("endpoints", endpoints), ("sites", sites))
    }
    return StateHistory(begin, end, gaps=tuple(gaps), **kinds)


def page_data(record: StateHistory, max_changes: int | None = None, **ids: Sequence[str]) -> Any:
    """Return what a page gets, of all ids of the record in the order of the record unless others are named."""
    kinds = {"links": [*record.links], "sites": [*record.sites], "endpoints": [*record.endpoints], **ids}
    more = {} if max_changes is None else {"max_changes": max_changes}
    return history_data(record, **kinds, **more)


def of_one(
    *periods: tuple[float, float | None, str],
    gaps: Iterable[tuple[float, float]] = (),
    begin: float = 0,
    end: float = 1000,
) -> list[tuple[int, str]]:
    """Return the changes of one line with states by name; times are seconds of the test."""
    found = [
        StatePeriod(T + since, None if until is None else T + until, state) for since, until, state in periods
    ]
    record = history(T + begin, T + end, [(T + first, T + last) for first, last in gaps], links={"a": found})
    data = page_data(record)
    (changes,) = data["links"]
    named = [data["states"]["links"][state] if state >= 0 else "?" for state in changes[1::2]]
    return list(zip(changes[::2], named, strict=True))


def decoded(data: Any, kind: str, index: int, at: float) -> str | None:
    """Return a state at a moment as a page reads it: that of the last pair which is not later."""
    changes = data[kind][index]
    state = -1
    for seconds, then in zip(changes[::2], changes[1::2], strict=True):
        if data["begin"] + seconds <= at:
            state = then
    return data["states"][kind][state] if state >= 0 else None


def looked_up(record: StateHistory, kind: str, item_id: str, at: float) -> str | None:
    """Return a state at a moment in the words of the definition: the last period that had begun, if it lasts."""
    if any(first <= at < last for first, last in record.gaps):
        return None
    begun = [period for period in getattr(record, kind).get(item_id, ()) if period.begin <= at]
    last = max(begun, key=lambda period: period.begin, default=None)
    if last is None or (last.end is not None and last.end <= at):
        return None
    return last.state if last.state in KNOWN[kind] else None


@pytest.mark.parametrize(
    ("periods", "expected"),
    [
        ([], [(0, "?")]),
        ([(-500, None, "up")], [(0, "up")]),
        ([(-500, -10, "up"), (-10, 20, "down"), (20, None, "up")], [(0, "down"), (20, "up")]),
        ([(100, None, "up")], [(0, "?"), (100, "up")]),
        ([(0, 100, "up")], [(0, "up"), (100, "?")]),
        ([(0, 100, "up"), (200, 300, "down")], [(0, "up"), (100, "?"), (200, "down"), (300, "?")]),
        ([(-9, -5, "up")], [(0, "?")]),
        ([(1000, None, "up")], [(0, "?")]),
        ([(0, 2000, "up")], [(0, "up")]),
        ([(0, 100, "unknown")], [(0, "unknown"), (100, "?")]),
    ],
    ids=[
        "never there",
        "lasts",
        "changes",
        "new",
        "gone",
        "gone for a while",
        "before",
        "after",
        "beyond",
        "the agent could not tell",
    ],
)
def test_known_answers(periods: list[tuple[float, float | None, str]], expected: list[tuple[int, str]]) -> None:
    """What lasts goes on to the end; what is not recorded is not known, before, after and between."""
    assert of_one(*periods) == expected
    assert of_one(*reversed(periods)) == expected


def test_equal_states_are_one() -> None:
    """Also when another verdict lay between them for less than a second, and when nothing lay between them."""
    assert of_one((0, 50, "up"), (50, 90.1, "up"), (90.1, 90.6, "down"), (90.6, None, "up")) == [(0, "up")]
    assert of_one((0, 50, "what?"), (50, 90, "that?")) == [(0, "?")]


def test_one_that_lasts_ends_where_the_next_begins() -> None:
    """Two states at once cannot be drawn: the later one holds."""
    assert of_one((0, None, "up"), (10, 20, "down")) == [(0, "up"), (10, "down"), (20, "?")]
    assert of_one((0, 500, "up"), (10, None, "down")) == [(0, "up"), (10, "down")]


def test_a_second_shows_what_held_at_its_begin() -> None:
    """A change within a second is seen at the next one, never before it happened."""
    assert of_one((0, 10.2, "up"), (10.2, None, "down")) == [(0, "up"), (11, "down")]
    assert of_one((0, 10.2, "up"), (10.2, 10.7, "down"), (10.7, None, "congested")) == [
        (0, "up"),
        (11, "congested"),
    ]


def test_in_a_gap_nothing_is_known() -> None:
    """Before and after it the same period goes on; a gap within a gap is no other gap."""
    lasting = (-10, None, "down")
    assert of_one(lasting, gaps=[(50, 80)]) == [(0, "down"), (50, "?"), (80, "down")]
    assert of_one(lasting, gaps=[(50, 80), (60, 70), (80, 90)]) == [(0, "down"), (50, "?"), (90, "down")]
    assert of_one(lasting, gaps=[(-5, 30), (990, 2000)]) == [(0, "?"), (30, "down"), (990, "?")]
    assert of_one(lasting, gaps=[(0, 1000)]) == [(0, "?")]
    assert of_one((0, 60, "up"), (60, None, "down"), gaps=[(50, 80)]) == [(0, "up"), (50, "?"), (80, "down")]
    assert of_one(lasting, gaps=[(50.1, 50.9)]) == [(0, "down")]


def test_gaps_are_told_as_moments() -> None:
    """Whole seconds, in order, within the range, joined where they touch."""
    record = history(T, T + 1000, [(T + 70.5, T + 80), (T - 50, T + 10), (T + 80, T + 90), (T + 995, T + 5000)])
    assert page_data(record)["gaps"] == [[T, T + 10], [T + 71, T + 90], [T + 995, T + 1000]]


def test_the_whole_shape() -> None:
    """Each kind has its own names; lists stand in the order that is asked for."""
    record = history(
        T + 0.5,
        T + 99.5,
        [(T + 40, T + 50)],
        links={"b": [StatePeriod(T, None, "up")], "a": [StatePeriod(T, T + 20, "down")]},
        endpoints={"e": [StatePeriod(T, T + 30, "ready"), StatePeriod(T + 30, None, "in_call")]},
        sites={"s": [StatePeriod(T + 5, None, "isolated")]},
    )
    states = {
        "links": [verdict.value for verdict in LINK_VERDICTS],
        "sites": [isolation.value for isolation in Isolation],
        "endpoints": [verdict.value for verdict in ENDPOINT_VERDICTS],
    }
    up, down = states["links"].index("up"), states["links"].index("down")
    ready, in_call = states["endpoints"].index("ready"), states["endpoints"].index("in_call")
    isolated = states["sites"].index("isolated")
    assert history_data(record, links=["b", "new", "a"], sites=["s"], endpoints=["e"]) == {
        "begin": T + 1,
        "end": T + 100,
        "states": states,
        "links": [[0, up, 39, -1, 49, up], [0, -1], [0, down, 19, -1]],
        "sites": [[0, -1, 4, isolated, 39, -1, 49, isolated]],
        "endpoints": [[0, ready, 29, in_call, 39, -1, 49, in_call]],
        "gaps": [[T + 40, T + 50]],
    }


def test_what_the_inventory_no_longer_has_is_left_out() -> None:
    """Neither its name nor its changes are in the page."""
    gone = "<img src=x onerror=alert(1)>"
    record = history(links={"a": [StatePeriod(T, None, "up")], gone: [StatePeriod(T, T + 9, "down")]})
    data = page_data(record, links=["a"])
    assert len(data["links"]) == 1
    assert "img" not in script_json(data)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("links", "</script><script>alert(1)</script>"),
        ("links", "ready"),
        ("links", "isolated"),
        ("links", ""),
        ("links", "UP"),
        ("endpoints", "degraded"),
        ("sites", "up"),
    ],
)
def test_a_name_that_no_object_of_its_kind_can_have(kind: str, name: str) -> None:
    """It is not known, as the page has no colour and no word for it, and it does not get into the page."""
    record = history(**{kind: {"a": [StatePeriod(T, None, name)]}})  # type: ignore[arg-type]
    data = page_data(record)
    assert data[kind] == [[0, -1]]
    assert "alert" not in script_json(data)


def test_a_history_shorter_than_a_second() -> None:
    """There is nothing to be seen, and nothing falls over it."""
    data = page_data(history(T + 0.2, T + 0.6, links={"a": [StatePeriod(T, None, "up")]}))
    assert (data["begin"], data["end"], data["links"]) == (T + 1, T + 1, [[0, -1]])


# Around a whole hour, close together and between the seconds, so that changes, gaps and ends fall on one another.
MOMENTS = st.integers(-280, 280).map(lambda quarters: NEXT_HOUR + quarters / 4)
SPANS = st.tuples(MOMENTS, MOMENTS).map(lambda pair: (min(pair), max(pair)))


def periods_of(names: Iterable[str]) -> st.SearchStrategy[Mapping[str, list[StatePeriod]]]:
    span = st.tuples(SPANS, st.booleans(), st.sampled_from([*names, "a later version's"]))
    one = st.lists(span, max_size=8, unique_by=lambda found: found[0][0]).map(
        lambda found: [StatePeriod(first, None if lasts else last, name) for (first, last), lasts, name in found]
    )
    return st.dictionaries(st.sampled_from("abc"), one, max_size=3)


RECORDS = st.builds(
    lambda span, gaps, links, endpoints, sites: history(
        *span, gaps, links=links, endpoints=endpoints, sites=sites
    ),
    SPANS,
    st.lists(SPANS, max_size=4),
    periods_of(["up", "down", "unknown", "ready"]),
    periods_of(["ready", "in_call", "up"]),
    periods_of(["connected", "isolated"]),
)


@given(RECORDS, st.integers(0, 12) | st.none())
def test_every_second_is_as_it_was(record: StateHistory, max_changes: int | None) -> None:
    """At each second that is shown, of each object, in each kind; also of a history that was cut."""
    data = page_data(record, max_changes, links="abcd", endpoints="abcd", sites="abcd")
    assert record.begin <= data["begin"]
    assert data["end"] - 1 < record.end <= data["end"]
    for kind in KNOWN:
        for index, item_id in enumerate("abcd"):
            changes = data[kind][index]
            assert changes[0] == 0
            assert changes[::2] == sorted(set(changes[::2]))
            assert all(before != after for before, after in pairwise(changes[1::2]))
            for at in range(data["begin"], data["end"]):
                assert decoded(data, kind, index, at) == looked_up(record, kind, item_id, at)
    told = {at for first, last in data["gaps"] for at in range(first, last)}
    seconds = range(data["begin"], data["end"])
    assert told == {at for at in seconds if any(first <= at < last for first, last in record.gaps)}


@given(RECORDS, st.integers(0, 12))
def test_no_more_changes_than_are_allowed_and_as_long_as_they_allow(
    record: StateHistory, max_changes: int
) -> None:
    """What is cut is no shorter than it must be: a second earlier, or an hour, would be too many changes."""

    def changes(data: Any) -> int:
        return sum(len(found) // 2 - 1 for kind in KNOWN for found in data[kind])

    everything, data = page_data(record, 10**6), page_data(record, max_changes)
    assert "cut" not in everything
    if changes(everything) <= max_changes:
        assert data == everything
        return
    assert data["cut"] is True
    assert data["begin"] < data["end"]
    assert changes(data) <= max_changes
    on_the_hour = data["begin"] % HOUR == 0
    earlier = data["begin"] - (HOUR if on_the_hour else 1)
    times = [everything["begin"] + at for kind in KNOWN for found in everything[kind] for at in found[2::2]]
    assert sum(at > earlier for at in times) > max_changes
    if not on_the_hour:  # none was left
        assert -(-data["begin"] // HOUR) * HOUR >= data["end"]


def flapping(count: int, every: float, begin: float = T) -> list[StatePeriod]:
    """Return that many periods of a line one after the other, the last one of which lasts."""
    return [
        StatePeriod(
            begin + n * every, begin + (n + 1) * every if n + 1 < count else None, "down" if n % 2 else "up"
        )
        for n in range(count)
    ]


def test_too_many_changes_are_cut_at_a_whole_hour() -> None:
    """The latest hours are kept, with the state that they began with; gaps go with the time they lie in."""
    record = history(
        T,
        T + 10 * HOUR,
        [
            (T + 100, T + 200),
            (NEXT_HOUR + 5 * HOUR - 60, NEXT_HOUR + 5 * HOUR + 60),
            (T + 9 * HOUR, T + 9.5 * HOUR),
        ],
        links={"flaps": flapping(600, 60), "steady": [StatePeriod(T, None, "degraded")], "new": []},
    )
    data = page_data(record, 250)
    assert (data["begin"], data["end"], data["cut"]) == (NEXT_HOUR + 5 * HOUR, T + 10 * HOUR, True)
    assert data["gaps"] == [
        [NEXT_HOUR + 5 * HOUR, NEXT_HOUR + 5 * HOUR + 60],
        [T + 9 * HOUR, T + 9 * HOUR + HOUR // 2],
    ]
    assert decoded(data, "links", 0, NEXT_HOUR + 5 * HOUR) is None
    assert decoded(data, "links", 1, NEXT_HOUR + 5 * HOUR + 60) == "degraded"
    assert data["links"][2] == [0, -1]


def test_as_many_as_are_allowed_are_not_cut() -> None:
    """One more is."""
    record = history(end=T + 4000, links={"a": flapping(11, 60)})
    assert page_data(record, 10)["begin"] == T
    assert "cut" not in page_data(record, 10)
    assert page_data(record, 9)["begin"] == NEXT_HOUR


def test_more_changes_than_a_page_can_take_within_the_last_hour() -> None:
    """There is no whole hour left, so it begins within it: some minutes are better than nothing."""
    for begin in (NEXT_HOUR, NEXT_HOUR + HOUR - 1000):  # the second history ends with an hour
        data = page_data(history(begin, begin + 1000, links={"a": flapping(500, 2, begin)}), 50)
        assert (data["begin"], data["cut"]) == (begin + 2 * 449, True)
        assert len(data["links"][0]) == 2 * 51


def week(changes: int, gaps: int = 0) -> StateHistory:
    """Return a week of 345 lines, 239 endpoints and 342 offices with that many changes, at random by a seed."""
    chance = random.Random(6)
    end = T + 7 * 24 * HOUR
    kinds: dict[str, dict[str, list[StatePeriod]]] = {"links": {}, "endpoints": {}, "sites": {}}
    items = [
        (kind, f"{kind[0]}{n}")
        for kind, n in (("links", 345), ("endpoints", 239), ("sites", 342))
        for n in range(n)
    ]
    moments: dict[tuple[str, str], list[float]] = {item: [] for item in items}
    for n in range(changes):
        moments[items[n % len(items)]].append(chance.uniform(T, end))
    usual = {"links": "up", "endpoints": "ready", "sites": "connected"}
    for (kind, item_id), found in moments.items():
        times = [T - 9.0, *sorted(found), None]
        others = sorted(KNOWN[kind] - {usual[kind]})
        kinds[kind][item_id] = [
            StatePeriod(since, until, chance.choice(others) if n % 2 else usual[kind])
            for n, (since, until) in enumerate(pairwise(times))
            if since is not None
        ]
    absences = sorted(chance.uniform(T, end) for _ in range(gaps))
    return history(T, end, [(since, since + 10) for since in absences], **kinds)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("record", "most_bytes"),
    [(week(0), 10_000), (week(3 * 926), 45_000), (week(3 * 926, gaps=7), 160_000), (week(40_000), 450_000),
     (week(200_000), 450_000), (week(3 * 926, gaps=500), 450_000)],
    ids=["quiet", "usual", "seven restarts", "wild", "wilder", "five hundred restarts"],
)  # fmt: skip
def test_it_leaves_room_in_the_page(record: StateHistory, most_bytes: int) -> None:
    """A page may have 2 MB in all: however wild the week, its history has less than a quarter of that."""
    assert len(script_json(page_data(record)).encode()) < most_bytes
