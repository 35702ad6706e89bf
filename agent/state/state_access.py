"""``phusong.db`` for a command that runs beside the agent, or without one: no lock of the folder is taken.

SQLite lets several processes at the file, one writer at a time. What may go wrong is told to the person who typed
the command; a damaged file is left to the agent, which puts it aside.
"""

from __future__ import annotations

import errno
import os
import pwd
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from .state_file import BUSY_S, FILE, Unusable, check, connect, connect_read_only

PAUSE_S = 0.05
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_MAY_NOT = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY})


class StateFileProblem(RuntimeError):
    """The state file cannot be read or written; the message says why and what to do."""


@contextmanager
def writing(folder: Path) -> Iterator[sqlite3.Connection]:
    """Give a connection in a transaction that is written when the block ends well; the file is made if need be.

    Raises
    ------
    StateFileProblem
        The file cannot be written.
    """
    with _told(folder):
        _make_file(folder)
        with closing(_patiently_connected(folder / FILE)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")


@contextmanager
def reading(folder: Path, version: int) -> Iterator[sqlite3.Connection | None]:
    """Give a connection that changes nothing; ``None`` where there is no file of this version of the format yet.

    Raises
    ------
    StateFileProblem
        The file cannot be read.
    """
    path = folder / FILE
    with _told(folder):
        if not _is_there(path):
            yield None
            return
        with closing(connect_read_only(path)) as connection:
            yield connection if check(connection) >= version else None


def _is_there(path: Path) -> bool:
    try:
        path.stat()
    except FileNotFoundError:
        return False
    return True


def _make_file(folder: Path) -> None:
    """Make folder and file where they are missing, the file as that of whoever owns the folder.

    Root may write into it before the agent, which is somebody else, has ever been started.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if _is_there(folder / FILE):
        return
    owner = folder.stat()
    if os.geteuid() not in (0, owner.st_uid):
        raise PermissionError(errno.EACCES, "the folder is another user's")
    with suppress(FileExistsError):
        file = os.open(folder / FILE, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        try:
            if os.geteuid() == 0:
                os.fchown(file, owner.st_uid, owner.st_gid)
        finally:
            os.close(file)


def _patiently_connected(path: Path) -> sqlite3.Connection:
    """Open the file; while another process makes it, SQLite does not wait by itself everywhere."""
    deadline = time.monotonic() + BUSY_S
    while True:
        try:
            return connect(path, thorough=False)
        except sqlite3.OperationalError as error:
            if _code(error) not in _BUSY or time.monotonic() > deadline:
                raise
        time.sleep(PAUSE_S)


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """Say in words what went wrong with the file."""
    path = folder / FILE
    try:
        yield
    except Unusable as error:
        raise StateFileProblem(f"{path}: {error}; nothing was changed") from error
    except sqlite3.Error as error:
        code = _code(error)
        if code in _MAY_NOT:
            raise StateFileProblem(_may_not(path, str(error))) from error
        if code in _BUSY:
            what = f"another program has kept it locked for {BUSY_S:g} s; nothing was changed, try again"
        elif code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            what = f"{error}; nothing was changed. The agent puts such a file aside when it is started"
        else:
            what = f"{error}; nothing was changed"
        raise StateFileProblem(f"{path}: {what}") from error
    except PermissionError as error:
        raise StateFileProblem(_may_not(path, error.strerror or "not allowed")) from error
    except OSError as error:
        raise StateFileProblem(f"{path}: {error.strerror}; nothing was changed") from error


def _may_not(path: Path, problem: str) -> str:
    """Return what to do when the file is somebody else's."""
    return f"{path}: {problem}; {remedy_for(path.parent)}"


def remedy_for(folder: Path) -> str:
    """Return how to get at a state folder that refused us."""
    try:
        owner = folder.stat().st_uid
        name = pwd.getpwuid(owner).pw_name
    except (OSError, KeyError):
        return "run the command as root: sudo phusong ..."
    if owner == os.geteuid():
        return "make folder and file writable for you, the agent needs that too"
    return "run the command as root: sudo phusong ..." if owner == 0 else f"run it as: sudo -u {name} phusong ..."


def _code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
