"""``phusong maintenance``: adds, lists and ends windows in ``phusong.db``, beside a running agent or without one.

The agent notices by itself. What was typed is checked in ``typed_window``, the table is in ``maintenance_table``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text

from phusong.agent.input.config import load_paths
from phusong.agent.input.inventory_columns import MAINTENANCE_FILE
from phusong.agent.input.problems import shown
from phusong.agent.input.settings import LOCAL_TIME, load_inventory
from phusong.agent.input.typed_window import NotAWindow, WindowWords, read_end, read_window
from phusong.agent.inventory import Inventory, MaintenanceWindow
from phusong.agent.judging.maintenance import WindowState, state_of, targets
from phusong.agent.judging.row_facts import rows_covered_by
from phusong.agent.state.maintenance_table import add_window, find_window, read_windows, shorten_window
from phusong.agent.state.state_access import reading, writing
from phusong.agent.state.state_tables import MAINTENANCE_VERSION
from phusong.collectors.device_text import clean_text

_NUMBER = re.compile(r"[1-9][0-9]{0,17}")
_CSV_ID = re.compile(rf"{re.escape(MAINTENANCE_FILE)}:([0-9]{{1,9}})")


@dataclass(frozen=True, slots=True)
class ListedWindow:
    """A window with what is to be said of it."""

    window: MaintenanceWindow
    state: WindowState
    kind: str
    """``link``, ``site``, ``carrier``, ``endpoint`` or ``service``; empty where the inventory has it no more."""
    links: int
    endpoints: int
    services: int


def run_add(config: Path, words: WindowWords, now: datetime, tell: Callable[[str], None]) -> None:
    """Add a window and say what it covers.

    Raises
    ------
    InputProblems, NotAWindow, StateFileProblem
        The configuration or inventory, what was typed, or the state file is wrong.
    """
    paths, inventory = load_inventory(config)
    window = read_window(words, inventory, now, LOCAL_TIME)
    with writing(paths.state) as connection:
        number = add_window(connection, window, int(now.timestamp()))
    (listed,) = describe([window], inventory, now)
    begin, end = _local(window.begin), _local(window.end)
    tell(
        f"Window {number} ({listed.state}): {listed.kind} {clean_text(window.what)}, {begin} to {end} "
        f"{LOCAL_TIME}, covers {_covers(listed)}."
    )
    if window.begin < now.replace(microsecond=0):
        tell("It begins in the past: what was recorded until now stays as it is.")


def run_list(config: Path, now: datetime, *, over_too: bool) -> list[ListedWindow]:
    """Return the windows of file and table by their begin: those to come and active, or all of them.

    Raises
    ------
    InputProblems, StateFileProblem
        The configuration, the inventory or the state file is wrong.
    """
    paths, inventory = load_inventory(config)
    with reading(paths.state, MAINTENANCE_VERSION) as connection:
        entered = read_windows(connection) if connection else []
    windows = sorted((*inventory.maintenance, *entered), key=lambda window: window.begin)
    shown_states = set(WindowState) if over_too else {WindowState.ACTIVE, WindowState.PLANNED}
    return [listed for listed in describe(windows, inventory, now) if listed.state in shown_states]


def run_end(config: Path, window_id: str, at: str | None, now: datetime, tell: Callable[[str], None]) -> None:
    """End a window now or at a time that is to come.

    Raises
    ------
    InputProblems, NotAWindow, StateFileProblem
        The configuration, what was typed, or the state file is wrong.
    """
    paths = load_paths(config)
    if in_file := _CSV_ID.fullmatch(window_id):
        raise NotAWindow(
            f"{paths.inventory / MAINTENANCE_FILE}:{in_file[1]}: this window stands in the file; change its 'to', "
            "or remove the line, then let the agent read it: systemctl reload phusong, or SIGHUP"
        )
    if not _NUMBER.fullmatch(window_id):
        raise NotAWindow(f"{shown(window_id)} is no window; write an id of 'phusong maintenance list'")
    with writing(paths.state) as connection:
        window = find_window(connection, int(window_id))
        if window is None:
            raise NotAWindow(f"there is no window {window_id}; 'phusong maintenance list --all' shows them all")
        end = read_end(at, window, now, LOCAL_TIME)
        shorten_window(connection, int(window_id), int(end.timestamp()), int(now.timestamp()))
    name = f"Window {window_id} of {clean_text(window.what)}"
    if end <= window.begin:
        tell(f"{name} is cancelled: it would have begun at {_local(window.begin)} {LOCAL_TIME}.")
    else:
        tell(f"{name} ends at {_local(end)} {LOCAL_TIME}, instead of {_local(window.end)}.")


def describe(windows: list[MaintenanceWindow], inventory: Inventory, now: datetime) -> Iterator[ListedWindow]:
    """Yield each window with its state and what it covers."""
    covered_by, by_kind = rows_covered_by(inventory), targets(inventory)
    for window in windows:
        counts = Counter(kind for kind, _ in covered_by.get(window.what, ()))
        kind = next((kind for kind, names in by_kind.items() if window.what in names), "")
        state = state_of(window, now.timestamp())
        yield ListedWindow(window, state, kind, counts["link"], counts["endpoint"], counts["service"])


def as_json(windows: list[ListedWindow]) -> list[dict[str, Any]]:
    """Return one object per window, for other programs."""
    return [
        {
            "id": listed.window.window_id,
            "source": _source(listed.window),
            "state": listed.state,
            "kind": listed.kind,
            "what": clean_text(listed.window.what),
            "from": listed.window.begin.astimezone(LOCAL_TIME).isoformat(),
            "to": listed.window.end.astimezone(LOCAL_TIME).isoformat(),
            "reason": clean_text(listed.window.reason),
            "links": listed.links,
            "endpoints": listed.endpoints,
            "services": listed.services,
        }
        for listed in windows
    ]


def as_table(windows: list[ListedWindow]) -> Table:
    """Return the windows for a terminal, which takes nothing in them for markup or a command."""
    table = Table(box=SIMPLE, padding=0, pad_edge=False)
    for heading in ("Id", "State", "What", "From", "To", "Covers", "Reason"):
        table.add_column(heading, no_wrap=heading == "Id", overflow="fold")
    for listed in windows:
        window = listed.window
        name = f"{listed.kind or 'unknown'} {clean_text(window.what)}"
        times = (_local(window.begin), _local(window.end))
        cells = (listed.state, name, *times, _covers(listed), clean_text(window.reason))
        table.add_row(*map(Text, (window.window_id, *cells)))
    return table


def _source(window: MaintenanceWindow) -> str:
    return MAINTENANCE_FILE if _CSV_ID.fullmatch(window.window_id) else "command"


def _local(time: datetime) -> str:
    return f"{time.astimezone(LOCAL_TIME):%Y-%m-%d %H:%M}"


def _covers(listed: ListedWindow) -> str:
    counts = [
        f"{count} {name}{'s' if count != 1 else ''}"
        for count, name in (
            (listed.links, "link"),
            (listed.endpoints, "endpoint"),
            (listed.services, "service"),
        )
        if count
    ]
    return " and ".join(counts) or "nothing"
