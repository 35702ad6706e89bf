"""The table of windows: what is written comes back, and no file of before loses anything."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from phusong.agent.inventory import MaintenanceWindow
from phusong.agent.state.history_tables import DAY_S, KEPT_DAYS, prune
from phusong.agent.state.maintenance_table import (
    add_window,
    find_window,
    read_windows,
    restore_windows,
    shorten_window,
)
from phusong.agent.state.state_file import APPLICATION_ID, FILE, connect
from phusong.agent.state.state_tables import MAINTENANCE_VERSION, MIGRATIONS

NOW = 1_790_000_000
BEGIN = datetime.fromtimestamp(NOW, UTC)


def window(what: str = "l1", *, hours: float = 1.0, number: int = 0) -> MaintenanceWindow:
    return MaintenanceWindow(what, BEGIN, BEGIN + timedelta(hours=hours), "thay cáp", str(number or ""))


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    made = connect(tmp_path / FILE)
    yield made
    made.close()


def test_a_window_comes_back_under_its_number(connection: sqlite3.Connection) -> None:
    """Numbers count up and are not given twice, also when the last row is gone."""
    assert [add_window(connection, window(what), NOW) for what in ("l1", "Carrier Á")] == [1, 2]
    assert read_windows(connection) == [window("l1", number=1), window("Carrier Á", number=2)]
    assert find_window(connection, 2) == window("Carrier Á", number=2)
    assert find_window(connection, 3) is None
    connection.execute("DELETE FROM maintenance WHERE id = 2")
    assert add_window(connection, window(), NOW) == 3


def test_only_what_is_not_over_is_read(connection: sqlite3.Connection) -> None:
    """The agent asks for windows that end after now: the end itself is over."""
    add_window(connection, window(hours=1), NOW)
    add_window(connection, window(hours=2), NOW)
    assert [found.window_id for found in read_windows(connection, over_after=NOW + 3600)] == ["2"]


@pytest.mark.parametrize(("end", "kept"), [(NOW + 60, NOW + 60), (NOW - 60, NOW)])
def test_an_ended_window_is_shortened_and_stays(connection: sqlite3.Connection, end: int, kept: int) -> None:
    """Never before its begin; who ended it when is known."""
    number = add_window(connection, window(), NOW - 100)
    shorten_window(connection, number, end, NOW + 5)
    rows = connection.execute("SELECT begin, end, created_at, shortened_at FROM maintenance").fetchall()
    assert rows == [(NOW, kept, NOW - 100, NOW + 5)]


def test_a_row_that_makes_no_sense_is_left_out(connection: sqlite3.Connection) -> None:
    """A row changed by hand costs that row only."""
    add_window(connection, window(), NOW)
    add_window(connection, window(), NOW)
    connection.execute("UPDATE maintenance SET end = 1 << 60 WHERE id = 1")
    assert [found.window_id for found in read_windows(connection)] == ["2"]
    assert find_window(connection, 1) is None


def test_a_new_file_is_given_what_was_known(connection: sqlite3.Connection) -> None:
    """Under the same numbers; a number that is taken is left alone."""
    add_window(connection, window("l9"), NOW)
    restore_windows(connection, [window("l1", number=1), window("l7", number=7)], NOW)
    assert read_windows(connection) == [window("l9", number=1), window("l7", number=7)]
    assert add_window(connection, window(), NOW) == 8


def test_windows_go_with_the_rest_of_the_history(connection: sqlite3.Connection) -> None:
    """After 400 days nothing that is still reported lies under them."""
    add_window(connection, window(hours=1), NOW)
    add_window(connection, window(hours=2), NOW)
    prune(connection, NOW + 3600.0 + KEPT_DAYS * DAY_S)
    assert [found.window_id for found in read_windows(connection)] == ["2"]


def test_a_file_of_the_version_before_keeps_everything(tmp_path: Path) -> None:
    """The migration adds the table and touches no row of the others."""
    path = tmp_path / FILE
    before = sqlite3.connect(path)
    for statements in MIGRATIONS[: MAINTENANCE_VERSION - 1]:
        for statement in statements:
            before.execute(statement)
    before.execute(
        "INSERT INTO asked (kind, id, address, engine_id) VALUES ('device', 'hub', '192.0.2.1:161', x'80')"
    )
    before.execute("INSERT INTO interface VALUES ('hub', 'name', 'Gi0/1', 7, 'Gi0/1', 1.5, 2, 3, 64, '4', '5')")
    before.execute("INSERT INTO carried VALUES ('l1', 'near', '100000000000000000000000', '2')")
    before.execute("INSERT INTO period VALUES ('link', 'l1', 1.25, NULL, 'down', 'Sở Y tế')")
    before.execute("INSERT INTO stretch VALUES (1.0, 2.0)")
    before.execute("INSERT INTO link_hour VALUES (1, 'l1', 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, NULL, 12)")
    before.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    before.execute(f"PRAGMA user_version = {MAINTENANCE_VERSION - 1}")
    before.commit()
    tables = [name for (name,) in before.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    assert len(tables) == 6
    rows = {table: before.execute(f"SELECT * FROM {table}").fetchall() for table in tables}
    assert all(rows.values())
    before.close()
    after = connect(path)
    assert {table: after.execute(f"SELECT * FROM {table}").fetchall() for table in tables} == rows
    assert after.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    assert read_windows(after) == []
    add_window(after, replace(window(), reason="x"), NOW)
    after.close()
