"""Windows as they are typed: which words make which window, and what is said of those that make none."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from inventories import make_inventory, make_link

from phusong.agent.input.typed_window import NotAWindow, WindowWords, read_end, read_window
from phusong.agent.inventory import MaintenanceWindow

HERE = timezone(timedelta(hours=7))
NOW = datetime(2026, 10, 31, 15, 0, 0, 999_999, tzinfo=UTC)
"""22:00 in Viet Nam."""
INVENTORY = make_inventory(
    make_link("l1", near=None, far=("a", "wan"), carrier="Viễn thông A"),
    make_link("twice", near=None, far=("b", "wan"), site="twice"),
    endpoints={"e1": "addr"},
)
WORDS = WindowWords("l1", "2026-10-31T22:00", "2026-11-01T04:00", None, "thay cáp")


def read(**words: str | None) -> MaintenanceWindow:
    return read_window(replace(WORDS, **words), INVENTORY, NOW, HERE)  # type: ignore[arg-type]


def local(day: int, hour: int, minute: int = 0, month: int = 10) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=HERE)


@pytest.mark.parametrize(
    ("words", "begin", "end"),
    [
        ({}, local(31, 22), local(1, 4, month=11)),
        ({"begin": None}, local(31, 22), local(1, 4, month=11)),
        ({"end": None, "length": "90m"}, local(31, 22), local(31, 23, 30)),
        ({"end": None, "length": "1.5h"}, local(31, 22), local(31, 23, 30)),
        ({"begin": None, "end": None, "length": "2d"}, local(31, 22), local(2, 22, month=11)),
        ({"begin": "2026-10-31 15:30Z"}, local(31, 22, 30), local(1, 4, month=11)),
        ({"begin": "2026-10-31T10:30:00-05:00"}, local(31, 22, 30), local(1, 4, month=11)),
        ({"begin": "2026-10-25T00:00"}, local(25, 0), local(1, 4, month=11)),
    ],
)
def test_times(words: dict[str, str | None], begin: datetime, end: datetime) -> None:
    """Local time without an offset, from now on without a begin; a begin in the past when the end is to come."""
    window = read(**words)
    assert (window.begin, window.end) == (begin, end)


@pytest.mark.parametrize("what", ["l1", "s1", "e1", "Viễn thông A", " Vie\u0302\u0303n  thông A "])
def test_names(what: str) -> None:
    """A link, a site, an endpoint, a carrier; letters may be composed as the keyboard likes."""
    assert read(what=what).what == ("Viễn thông A" if "thông" in what else what)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"what": "L1"}, "unknown link, site, carrier, endpoint or service 'L1'; did you mean 'l1'?"),
        ({"what": "qqqqqq"}, "unknown .* write one that stands in the inventory .known: .*Viễn thông A"),
        ({"what": "twice"}, "'twice' is the name of a link and a site; rename one"),
        ({"what": "\x1b[31ml1"}, "WHAT: the text has control characters"),
        ({"begin": "31/10/2026"}, "--from: '31/10/2026' is no time; write 2026-"),
        ({"begin": "2026-10-32T00:00"}, "--from: .* is no time"),
        ({"end": "tomorrow"}, "--to: 'tomorrow' is no time"),
        ({"end": "\x1b]0;x\x07"}, r"--to: '\\x1b\]0;x\\x07' is no time"),
        ({"end": None}, "either with --to TIME or with --for 2h"),
        ({"length": "2h"}, "either with --to TIME or with --for 2h"),
        ({"end": None, "length": "2"}, "--for: '2' is no length of time; write a number and its unit"),
        ({"end": None, "length": "-2h"}, "--for: '-2h' is no length"),
        ({"end": None, "length": "0h"}, "does not end after it begins"),
        ({"end": "2026-10-31T22:00"}, "does not end after it begins"),
        ({"begin": "2026-10-31T20:00", "end": "2026-10-31T22:00"}, "the window is past"),
        ({"end": "2027-11-02T00:00"}, "longer than 366 days"),
        ({"begin": "2027-11-02T00:00", "end": "2027-11-03T00:00"}, "begins in more than 366 days"),
        ({"begin": "2026-10-24T21:00"}, "begins more than 7 days ago"),
        ({"reason": "  "}, "--reason is empty"),
        ({"reason": "a\x1b[2Jb"}, "--reason: the text has control characters"),
        ({"reason": "a\x9b2Jb"}, "--reason: the text has control characters"),
        ({"reason": "x" * 201}, "--reason: the text is longer than 200"),
    ],
)
def test_what_is_no_window_is_refused(words: dict[str, str | None], message: str) -> None:
    """Each message names the word and what to write; none repeats what a terminal would obey."""
    with pytest.raises(NotAWindow, match=message) as caught:
        read(**words)
    assert str(caught.value).isprintable()


WINDOW = MaintenanceWindow("l1", local(31, 21), local(31, 23), "thay cáp", "7")


@pytest.mark.parametrize(
    ("at", "end"),
    [(None, local(31, 22)), ("2026-10-31T22:30", local(31, 22, 30)), ("2026-10-31T23:00", local(31, 23))],
)
def test_a_window_ends_now_or_later(at: str | None, end: datetime) -> None:
    """Now without a time; up to its own end with one."""
    assert read_end(at, WINDOW, NOW, HERE) == end


@pytest.mark.parametrize(
    ("at", "end", "message"),
    [
        ("2026-10-31T21:59", WINDOW.end, "--at: the time is past"),
        ("2026-10-31T23:01", WINDOW.end, "'end' only shortens"),
        ("soon", WINDOW.end, "--at: 'soon' is no time"),
        (None, local(31, 22), "window 7 has ended"),
    ],
)
def test_an_end_that_would_change_history_is_refused(at: str | None, end: datetime, message: str) -> None:
    """What was recorded stays, and a window is never made longer."""
    with pytest.raises(NotAWindow, match=message):
        read_end(at, replace(WINDOW, end=end), NOW, HERE)
