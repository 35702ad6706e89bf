"""``state/phusong.db``: what the agent must still know after a restart, in one SQLite file (WAL).

No file, however broken or foreign, keeps the agent from starting, and no full disk keeps it from polling: a file
that cannot be used is put aside, a write that fails is counted and tried again. One agent per folder: a lock, held
as long as the process lives, sees to that. What the values mean is in ``device_memory`` and ``outages``, rows of
the tables are in ``state_tables`` and ``history_tables``, and the file is opened in ``state_file``.
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
from typing import TypeVar

import structlog

from phusong.exporters.agent_metrics import AgentMetrics

from .device_memory import Memory
from .state_file import FILE, Unusable, connect
from .state_tables import read_memory, update_memory, write_memory

log = structlog.get_logger()

T = TypeVar("T")

LOCK_FILE = "phusong.lock"
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
        self.put_aside = 0
        """How often a new file took the place of one that could not be used."""
        self._one_at_a_time = threading.Lock()
        self._lock = _take_lock(folder / LOCK_FILE)

    @property
    def holds_folder(self) -> bool:
        """Whether no other agent can work with the folder: not so where no lock could be made."""
        return self._lock is not None

    def load(self, now_s: float) -> Memory:
        """Return what was saved, on the clock that shows ``now_s``; nothing of a file that cannot be read."""
        return self.read(lambda connection: read_memory(connection, now_s - self._unix_time()), Memory())

    def save(self, memory: Memory, now_s: float) -> bool:
        """Write everything in one transaction; tell whether that worked. ``now_s`` is as for ``load``."""
        return self.write(lambda connection: write_memory(connection, memory, self._unix_time() - now_s))

    def update(self, memory: Memory, now_s: float) -> bool:
        """Write what is in ``memory`` and leave the rest as it was saved last; else as ``save``."""
        return self.write(lambda connection: update_memory(connection, memory, self._unix_time() - now_s))

    def read(self, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """Return what ``work`` reads, or ``otherwise`` where the file cannot be read."""
        with self._one_at_a_time:
            try:
                return work(self._open())
            except _FAILURES as error:
                self._note_failure(error)
                return otherwise

    def write(self, work: Callable[[sqlite3.Connection], object]) -> bool:
        """Do ``work`` in one transaction; tell whether that worked."""
        with self._one_at_a_time:
            try:
                connection = self._open()
                connection.execute("BEGIN IMMEDIATE")
                work(connection)
                connection.execute("COMMIT")
            except _FAILURES as error:
                self._note_failure(error)
                return False
            self._failed = False
            return True

    def size(self) -> int:
        """Return how many bytes the file has, with what SQLite keeps beside it."""
        total = 0
        for suffix in ("", "-wal", "-shm"):
            with contextlib.suppress(OSError):
                total += Path(f"{self._file}{suffix}").stat().st_size
        return total

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
                self._connection = connect(self._file)
            except (Unusable, *_FAILURES) as error:
                if not _is_damage(error):
                    raise
                self._put_aside(str(error))
                self._connection = connect(self._file)
        return self._connection

    def _put_aside(self, problem: str) -> None:
        moment = datetime.fromtimestamp(self._unix_time(), UTC).strftime("%Y%m%dT%H%M%SZ")
        aside = self._file.with_name(f"{FILE}.corrupt-{moment}")
        for suffix in ("", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                Path(f"{self._file}{suffix}").replace(f"{aside}{suffix}")
        self.put_aside += 1
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
        isinstance(error, Unusable | UnicodeDecodeError) or getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE
    )
