"""Commands at the state file beside the agent: several at once, other users, files that are not as they should."""

from __future__ import annotations

import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier

import pytest
from other_user import NOBODY, begin_as_nobody, open_folder

from phusong.agent.state import state_access, state_file
from phusong.agent.state.state_access import StateFileProblem, reading, writing
from phusong.agent.state.state_file import FILE, connect
from phusong.agent.state.state_tables import MAINTENANCE_VERSION, MIGRATIONS

ROW = "INSERT INTO maintenance (what, begin, end, reason, created_at) VALUES ('l1', 1, 2, 'x', 1)"


def count(folder: Path) -> int:
    with reading(folder, MAINTENANCE_VERSION) as connection:
        return connection.execute("SELECT count(*) FROM maintenance").fetchone()[0] if connection else -1


def problem_of(folder: Path) -> str:
    """Return what is said when somebody tries to write."""
    try:
        with writing(folder) as connection:
            connection.execute(ROW)
    except StateFileProblem as error:
        return str(error)
    return "written"


def test_a_missing_file_is_made_for_writing_only(tmp_path: Path) -> None:
    """Who only asks leaves nothing behind; who writes gets folder, file and tables."""
    folder = tmp_path / "state"
    assert count(folder) == -1
    assert not folder.exists()
    with writing(folder) as connection:
        connection.execute(ROW)
    assert count(folder) == 1
    with closing(sqlite3.connect(folder / FILE)) as other:
        assert other.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)


def test_a_file_of_an_earlier_version_is_not_changed_by_reading(tmp_path: Path) -> None:
    """It has no table of windows yet, so there are none."""
    with closing(connect(tmp_path / FILE)) as made:
        made.execute("DROP TABLE maintenance")
        made.execute(f"PRAGMA user_version = {MAINTENANCE_VERSION - 1}")
    assert count(tmp_path) == -1


def test_a_block_that_fails_writes_nothing(tmp_path: Path) -> None:
    """All of a change or none of it."""
    assert problem_of(tmp_path) == "written"

    def fail() -> None:
        with writing(tmp_path) as connection:
            connection.execute(ROW)
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert count(tmp_path) == 1


def test_many_writers_at_once(tmp_path: Path) -> None:
    """All find the same file, whoever makes it, and every row is there once."""
    writers = 6
    with ThreadPoolExecutor(writers) as pool:
        for number in range(5):
            folder, start = tmp_path / str(number), Barrier(writers)

            def write(folder: Path = folder, start: Barrier = start) -> str:
                start.wait()
                return problem_of(folder)

            outcomes = [pool.submit(write) for _ in range(writers)]
            assert [outcome.result() for outcome in outcomes] == ["written"] * writers
            assert count(folder) == writers


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for others a twentieth of a second."""
    for module in (state_file, state_access):
        monkeypatch.setattr(module, "BUSY_S", 0.05)


@pytest.mark.usefixtures("impatient")
def test_a_locked_file_is_told_after_a_while(tmp_path: Path) -> None:
    """Somebody else writes for too long: nothing is changed, and it can be tried again."""
    assert problem_of(tmp_path) == "written"
    with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "another program has kept it locked" in problem_of(tmp_path)
        assert count(tmp_path) == 1
        other.execute("ROLLBACK")
        assert problem_of(tmp_path) == "written"


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"no database" * 1000, "is not a database"), (b"SQLite format 3\0" + bytes(5000), "nothing was changed")],
)
def test_a_damaged_file_is_left_to_the_agent(tmp_path: Path, content: bytes, expected: str) -> None:
    """It is named, and stays as it is."""
    (tmp_path / FILE).write_bytes(content)
    assert expected in problem_of(tmp_path)
    with pytest.raises(StateFileProblem, match="nothing was changed"):
        count(tmp_path)
    assert (tmp_path / FILE).read_bytes() == content


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("CREATE TABLE theirs (x)", "it is the database of another program"),
        (
            f"CREATE TABLE t (x); PRAGMA application_id = {state_file.APPLICATION_ID}; PRAGMA user_version = 99",
            "later",
        ),
    ],
)
def test_a_file_of_others_is_left_alone(tmp_path: Path, script: str, expected: str) -> None:
    """Another program's, or a later version's."""
    with closing(sqlite3.connect(tmp_path / FILE)) as other:
        other.executescript(script)
    assert expected in problem_of(tmp_path)
    with pytest.raises(StateFileProblem, match=expected):
        count(tmp_path)


def test_a_state_that_is_no_folder(tmp_path: Path) -> None:
    """The path is in the message."""
    (tmp_path / "state").write_text("", encoding="utf-8")
    assert "state" in problem_of(tmp_path / "state")


def test_the_folder_of_another_user() -> None:
    """Whoever may not write hears as whom to run the command, whether there is a file yet or not."""
    with open_folder() as folder:
        expected = "run the command as root: sudo phusong"
        assert expected in begin_as_nobody(lambda: problem_of(folder))()
        assert problem_of(folder) == "written"
        assert expected in begin_as_nobody(lambda: problem_of(folder))()
        folder.chmod(0o777)
        (folder / FILE).unlink()
        assert expected in begin_as_nobody(lambda: problem_of(folder))()  # the agent could not write his file
        folder.chmod(0o700)
        assert expected in begin_as_nobody(lambda: problem_of(folder))()


def test_a_folder_that_its_owner_cannot_write() -> None:
    """A read-only folder of one's own: the agent needs it writable too."""
    with open_folder(NOBODY) as folder:
        folder.chmod(0o555)
        assert "make folder and file writable" in begin_as_nobody(lambda: problem_of(folder))()


def test_root_writes_for_the_agent() -> None:
    """A file that root makes belongs to whoever owns the folder, who then reads and writes it."""
    with open_folder(NOBODY) as folder:
        begin_as_nobody(lambda: "")()  # skips where we are not root
        assert problem_of(folder) == "written"
        assert {path.stat().st_uid for path in folder.iterdir()} == {NOBODY}
        assert begin_as_nobody(lambda: problem_of(folder))() == "written"
        assert count(folder) == 2
        assert {os.stat(path).st_uid for path in folder.iterdir()} == {NOBODY}  # noqa: PTH116
        assert begin_as_nobody(lambda: problem_of(folder))() == "written"
