"""A maintenance window as it is typed on the command line: words in, a checked window out, or what is wrong.

Names, times and reason are read as those of ``maintenance.csv``; where it is written is not decided here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import TypeVar

from phusong.agent.inventory import Inventory, MaintenanceWindow
from phusong.agent.judging.maintenance import targets

from .inventory_cells import CellError, parse_text, time_in
from .problems import listed, name_hint, shown

LONGEST = timedelta(days=366)
"""Of a window, and from now until it begins: more is a slip of the pen."""
LONGEST_AGO = timedelta(days=7)
_LENGTH = re.compile(r"([0-9]{1,5}(?:\.[0-9]{1,3})?)(m|h|d)")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}

T = TypeVar("T")


class NotAWindow(ValueError):
    """What was typed is no window; the message says which word is wrong and what to write."""


@dataclass(frozen=True, slots=True)
class WindowWords:
    """What was typed; ``None`` where an option was left out."""

    what: str
    begin: str | None
    end: str | None
    length: str | None
    reason: str


def read_window(words: WindowWords, inventory: Inventory, now: datetime, zone: tzinfo) -> MaintenanceWindow:
    """Read a window; times without an offset are local time of ``zone``, ``now`` is the time it is.

    Raises
    ------
    NotAWindow
        Something in it is wrong.
    """
    now = now.replace(microsecond=0)
    what = _parsed("WHAT", parse_text, words.what)
    _check_name(what, inventory)
    begin = _parsed("--from", time_in(zone), words.begin) if words.begin is not None else now
    if words.end is not None and words.length is None:
        end = _parsed("--to", time_in(zone), words.end)
    elif words.length is not None and words.end is None:
        end = begin + _parsed("--for", parse_length, words.length)
    else:
        raise NotAWindow("say when the window ends, either with --to TIME or with --for 2h")
    _check_times(begin, end, now)
    reason = _parsed("--reason", parse_text, words.reason.strip())
    if not reason:
        raise NotAWindow("--reason is empty; write why, for those who read it later")
    return MaintenanceWindow(what, begin, end, reason)


def read_end(text: str | None, window: MaintenanceWindow, now: datetime, zone: tzinfo) -> datetime:
    """Return when a window is to end, now unless ``text`` says: never in the past, never later than it did.

    Raises
    ------
    NotAWindow
        The time is none of these, or the window is over.
    """
    now = now.replace(microsecond=0)
    if window.end <= now:
        raise NotAWindow(f"window {window.window_id} has ended: there is nothing left to end")
    end = _parsed("--at", time_in(zone), text) if text is not None else now
    if end < now:
        raise NotAWindow("--at: the time is past, and what was recorded does not change; leave it out to end now")
    if end > window.end:
        raise NotAWindow(
            f"--at: window {window.window_id} ends before that; 'end' only shortens, add another window for more"
        )
    return end


def parse_length(text: str) -> timedelta:
    """Read ``90m``, ``2h`` or ``3d``."""
    match = _LENGTH.fullmatch(text)
    if match is None:
        raise CellError(f"{shown(text)} is no length of time", "write a number and its unit: 90m, 2h or 3d")
    return float(match[1]) * _UNITS[match[2]]


def _parsed(option: str, parse: Callable[[str], T], text: str) -> T:
    try:
        return parse(text.strip())
    except CellError as error:
        raise NotAWindow(f"{option}: {error}") from None


def _check_name(what: str, inventory: Inventory) -> None:
    by_kind = targets(inventory)
    kinds = [kind for kind, names in by_kind.items() if what in names]
    if len(kinds) > 1:
        raise NotAWindow(
            f"{shown(what)} is the name of a {' and a '.join(kinds)}; "
            "rename one, so that it is clear which is meant"
        )
    if not kinds:
        known = set().union(*by_kind.values())
        otherwise = f"write one that stands in the inventory{listed(known)}"
        raise NotAWindow(
            f"unknown link, site, carrier, endpoint or service {shown(what)}; {name_hint(what, known, otherwise)}"
        )


def _check_times(begin: datetime, end: datetime, now: datetime) -> None:
    if end <= begin:
        raise NotAWindow("the window does not end after it begins; exchange --from and --to, or correct them")
    if end <= now:
        raise NotAWindow(
            "the window is past, and what was recorded does not change; choose an end that is to come"
        )
    if end - begin > LONGEST:
        raise NotAWindow(f"the window is longer than {LONGEST.days} days; is the year right?")
    if begin - now > LONGEST:
        raise NotAWindow(f"the window begins in more than {LONGEST.days} days; is the year right?")
    if now - begin > LONGEST_AGO:
        raise NotAWindow(
            f"the window begins more than {LONGEST_AGO.days} days ago; what was recorded does not change: "
            "leave --from out to begin now"
        )
