"""``state/phusong.db``: what the agent must still know after a restart, in one SQLite file (WAL).

No file, however broken or foreign, keeps the agent from starting, and no full disk keeps it from polling: a file
that cannot be used is put aside, a write that fails is counted and tried again. One agent per folder: a lock, held
as long as the process lives, sees to that. What the values mean is in ``device_memory``; rows of the tables are in
``state_tables``.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import structlog

from phusong.exporters.agent_metrics import AgentMetrics

from .device_memory import Memory
from .state_tables import MIGRATIONS, read_memory, write_memory

log = structlog.get_logger()

FILE = "phusong.db"
LOCK_FILE = "phusong.lock"
APPLICATION_ID = 0x50485553
"""``PHUS`` in the header of the file: another program's database is not ours to write into."""
BUSY_S = 2.0
"""How long a write waits for somebody who looks into the file with another program."""
_DAMAGE = frozenset(
    {
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_ERROR,  # no such table: we create them all
        sqlite3.SQLITE_FORMAT,
        sqlite3.SQLITE_MISMATCH,
        sqlite3.SQLITE_NOTADB,
    }
)
"""What SQLite says of a file that no second try will read; anything else may be the disk, and pass."""
_FAILURES = (sqlite3.Error, OSError, UnicodeDecodeError)


class StateFolderInUse(RuntimeError):
    """Another agent works with this state folder; the message says which and what to do."""


class _Unusable(Exception):
    """The file is not one of ours that this version can read; the message says why."""


class StateStore:
    """The state file of one running agent. ``load`` and ``save`` may be called from any thread."""

    def __init__(self, folder: Path, metrics: AgentMetrics, unix_time: Callable[[], float]) -> None:
        """Take the folder.

        Raises
        ------
        StateFolderInUse
            Another agent holds it.
        """
        self._file = folder / FILE
        self._metrics = metrics
        self._unix_time = unix_time
        self._connection: sqlite3.Connection | None = None
        self._failed = False
        self._one_at_a_time = threading.Lock()
        self._lock = _take_lock(folder / LOCK_FILE)

    def load(self, now_s: float) -> Memory:
        """Return what was saved, on the clock that shows ``now_s``; nothing of a file that cannot be read."""
        with self._one_at_a_time:
            try:
                return read_memory(self._open(), now_s - self._unix_time())
            except _FAILURES as error:
                self._note_failure(error)
                return Memory()

    def save(self, memory: Memory, now_s: float) -> bool:
        """Write everything in one transaction; tell whether that worked. ``now_s`` is as for ``load``."""
        with self._one_at_a_time:
            try:
                connection = self._open()
                connection.execute("BEGIN IMMEDIATE")
                write_memory(connection, memory, self._unix_time() - now_s)
                connection.execute("COMMIT")
            except _FAILURES as error:
                self._note_failure(error)
                return False
            self._failed = False
            return True

    def close(self) -> None:
        """Close the file and give the folder free."""
        with self._one_at_a_time:
            self._drop_connection()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _note_failure(self, error: Exception) -> None:
        """Count a failure, report the first of a row, and begin with a new connection the next time."""
        self._drop_connection()
        self._metrics.state_write_errors.inc()
        if not self._failed:
            log.error("state_not_written", file=str(self._file), problem=str(error))
        self._failed = True
        if _is_damage(error):
            self._put_aside(str(error))

    def _open(self) -> sqlite3.Connection:
        """Return the open file, made if need be; one that cannot be used is put aside first."""
        if self._connection is None:
            try:
                self._connection = _connect(self._file)
            except (_Unusable, *_FAILURES) as error:
                if not _is_damage(error):
                    raise
                self._put_aside(str(error))
                self._connection = _connect(self._file)
        return self._connection

    def _put_aside(self, problem: str) -> None:
        moment = datetime.fromtimestamp(self._unix_time(), UTC).strftime("%Y%m%dT%H%M%SZ")
        aside = self._file.with_name(f"{FILE}.corrupt-{moment}")
        for suffix in ("", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                Path(f"{self._file}{suffix}").replace(f"{aside}{suffix}")
        self._metrics.state_files_put_aside.inc()
        log.error("state_put_aside", file=str(self._file), moved_to=aside.name, problem=problem)

    def _drop_connection(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None


def _take_lock(path: Path) -> int | None:
    """Lock the folder for this process; ``None`` where no lock can be made (the disk may be full)."""
    try:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        log.error("state_not_written", file=str(path), problem=str(error))
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = os.read(lock, 20).decode("ascii", "replace").strip() or "?"
        os.close(lock)
        raise StateFolderInUse(
            f"{path.parent}: another phusong run (process {holder}) works with this state folder "
            f"({error.strerror}); stop it, or name another folder as 'state'"
        ) from error
    with contextlib.suppress(OSError):
        os.ftruncate(lock, 0)
        os.write(lock, f"{os.getpid()}\n".encode())
    return lock


def _is_damage(error: BaseException) -> bool:
    return (
        isinstance(error, _Unusable | UnicodeDecodeError)
        or getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE
    )


def _connect(path: Path) -> sqlite3.Connection:
    """Open the file and bring its tables up to date; what is not ours is not changed.

    Raises
    ------
    _Unusable, sqlite3.Error
        It is another program's, of a later version, or damaged; or the disk says no.
    """
    connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    try:
        connection.text_factory = lambda octets: octets.decode("utf-8", "replace")
        _check(connection)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        _migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _check(connection: sqlite3.Connection) -> None:
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    (owner,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if tables and owner != APPLICATION_ID:
        raise _Unusable("it is the database of another program")
    if version > len(MIGRATIONS):
        raise _Unusable(f"it was written by a later version of this program (format {version})")
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise _Unusable(f"it is damaged ({verdict})")


def _migrate(connection: sqlite3.Connection) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    for number, statements in enumerate(MIGRATIONS[version:], start=version + 1):
        connection.execute("BEGIN IMMEDIATE")
        for statement in statements:
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {number}")
        connection.execute("COMMIT")
