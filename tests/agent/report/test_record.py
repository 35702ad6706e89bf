"""Reading the record beside a running agent: what is there, and what to do where it cannot be used."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from histories import DAY, NOVEMBER, OCTOBER, period, write_record

from phusong.agent.input.settings import LOCAL_TIME
from phusong.agent.report.date_range import DateRange
from phusong.agent.report.record import RecordError, read_record
from phusong.agent.state.history_tables import write_batch
from phusong.agent.state.outages import Batch, Stretch
from phusong.agent.state.state_file import connect


def at(unix_time: float) -> datetime:
    return datetime.fromtimestamp(unix_time, LOCAL_TIME)


MONTH = DateRange(at(OCTOBER), at(NOVEMBER))
LATER = at(NOVEMBER + DAY)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    periods = [period("a", OCTOBER - DAY, OCTOBER + DAY, "up"), period("a", OCTOBER + DAY, None, "down")]
    return write_record(tmp_path / "phusong.db", periods, [Stretch(OCTOBER - DAY, OCTOBER + 9 * DAY)])


def test_a_month_that_is_over_ends_where_it_ends(file: Path) -> None:
    """What the agent did not see of it is a gap, and no reason to leave the days out."""
    record = read_record(file, MONTH, LATER)
    assert (record.range, record.is_cut) == (MONTH, False)
    assert [p.verdict for p in record.periods["a"]] == ["up", "down"]


def test_a_month_that_goes_on_ends_with_the_record(file: Path) -> None:
    """The future is neither up nor down."""
    record = read_record(file, MONTH, at(OCTOBER + 10 * DAY))
    assert (record.range, record.is_cut) == (DateRange(MONTH.begin, at(OCTOBER + 9 * DAY)), True)


@pytest.mark.parametrize("shift", [-60, 60])
def test_a_time_without_a_record_is_refused(file: Path, shift: float) -> None:
    """The message says from when to when there is one."""
    shifted = DateRange(MONTH.begin + timedelta(days=shift), MONTH.end + timedelta(days=shift))
    with pytest.raises(RecordError, match=r"nothing is recorded of this time; the record goes from 2026-09-30"):
        read_record(file, shifted, at(NOVEMBER + 90 * DAY))


def test_nothing_is_changed(file: Path) -> None:
    """The file has the same bytes afterwards, and nothing lies beside it."""
    before = file.read_bytes()
    read_record(file, MONTH, LATER)
    assert file.read_bytes() == before
    assert list(file.parent.iterdir()) == [file]


STRANGER = """
import os, sys
from datetime import datetime
from pathlib import Path
from phusong.agent.report.date_range import DateRange
from phusong.agent.report.record import read_record
begin, end, now = map(datetime.fromisoformat, sys.argv[2:])
if os.geteuid() == 0:
    os.setuid(65534)
print(*read_record(Path(sys.argv[1]), DateRange(begin, end), now).periods)
"""


def test_whoever_may_read_may_report(file: Path) -> None:
    """Also who may not write into the folder, while the agent runs and while it does not."""
    moments = [moment.isoformat() for moment in (MONTH.begin, MONTH.end, LATER)]
    with TemporaryDirectory() as folder:
        copy = Path(shutil.copy(file, folder))

        def ask() -> subprocess.CompletedProcess[str]:
            Path(folder).chmod(0o555)
            command = [sys.executable, "-c", STRANGER, str(copy), *moments]
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
            Path(folder).chmod(0o755)
            return done

        assert ask().stdout == "a\n"
        with closing(connect(copy)) as agent:
            write_batch(agent, Batch(periods=(period("b", OCTOBER, None, "up"),)))
            assert ask().stdout == "a b\n"


def test_the_agent_may_write_meanwhile(file: Path) -> None:
    """Also what is still in the journal is read, and an open transaction of the agent keeps nobody waiting."""
    with closing(connect(file)) as agent:
        agent.execute("BEGIN IMMEDIATE")
        write_batch(agent, Batch(periods=(period("b", OCTOBER, None, "up"),)))
        agent.execute("COMMIT")
        agent.execute("BEGIN IMMEDIATE")
        write_batch(agent, Batch(periods=(period("c", OCTOBER, None, "up"),)))
        assert read_record(file, MONTH, LATER).periods.keys() == {"a", "b"}
        agent.execute("ROLLBACK")


def foreign(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE period (x)")
        connection.commit()


def pragma(text: str) -> Callable[[Path], None]:
    def change(file: Path) -> None:
        with closing(sqlite3.connect(file)) as connection:
            connection.execute(f"PRAGMA {text}")

    return change


def cut_off(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2 // 4096 * 4096 + 100])


def no_stretch(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DELETE FROM stretch")
        connection.commit()


def far_future(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE stretch SET end = 1e18")
        connection.commit()


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (Path.unlink, "there is no such file; is 'state' in phusong.yaml"),
        (lambda file: (file.unlink(), file.mkdir()), "there is no such file"),
        (foreign, "the database of another program"),
        (pragma("user_version = 99"), "a later version of this program"),
        (pragma("user_version = 1"), "it has no history yet"),
        (lambda file: file.write_bytes(b""), "it has no history yet"),
        (lambda file: file.write_text("not a database " * 400), "no SQLite file"),
        (cut_off, "it is damaged"),
        (no_stretch, "nothing is recorded yet"),
        (far_future, "it is damaged"),
    ],
    ids=[
        "missing",
        "a folder",
        "foreign",
        "later",
        "earlier",
        "empty",
        "text",
        "cut off",
        "no agent yet",
        "no date",
    ],
)
def test_a_file_that_cannot_be_used(file: Path, harm: Callable[[Path], object], message: str) -> None:
    """One sentence: which file, what is wrong with it, what to do. It is not touched."""
    harm(file)
    before = file.read_bytes() if file.is_file() else None
    with pytest.raises(RecordError, match=message) as caught:
        read_record(file, MONTH, LATER)
    assert str(caught.value).startswith(f"{file}: ")
    assert before == (file.read_bytes() if file.is_file() else None)
    shutil.rmtree(file, ignore_errors=True)
