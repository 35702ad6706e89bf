"""Opening ``phusong.db``: what makes it ours, its settings, its tables brought up to date.

What a running agent reads and writes there is the work of ``state_store``.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from .state_tables import MIGRATIONS

FILE = "phusong.db"
APPLICATION_ID = 0x50485553
"""``PHUS`` in the header of the file: another program's database is not ours to write into."""
BUSY_S = 2.0
"""How long a write waits for somebody who looks into the file with another program."""
JOURNAL_BYTES = 16 << 20
"""What is left of the -wal file after it has once been larger."""


class Unusable(Exception):
    """The file is not one of ours that this version can read; the message says why."""


def connect(path: Path, *, thorough: bool = True) -> sqlite3.Connection:
    """Open the file and bring its tables up to date; what is not ours is not changed.

    A ``thorough`` look reads all of the file for damage: for the agent, which does so once.

    Raises
    ------
    Unusable, sqlite3.Error
        It is another program's, of a later version, or damaged; or the disk says no.
    """
    connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    try:
        connection.text_factory = _decode
        check(connection)
        if thorough:
            _check_pages(connection)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute(f"PRAGMA journal_size_limit={JOURNAL_BYTES}")
        _migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def connect_read_only(path: Path) -> sqlite3.Connection:
    """Open the file of an agent that may be running, to read; it is not changed, and its tables neither.

    Beside a file that somebody writes into lies a -wal file. Where there is none, the file is whole by itself and
    is read as it is: SQLite would else leave files of its own in the folder, which may not be the reader's.

    Raises
    ------
    Unusable, sqlite3.Error
        It is not there, another program's, of a later version, or damaged where that can be seen at once.
    """
    if not path.is_file():
        raise Unusable("there is no such file")
    file = path.resolve()
    whole = "" if Path(f"{file}-wal").exists() else "&immutable=1"
    uri = f"{file.as_uri()}?mode=ro{whole}"
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_S, isolation_level=None)
    try:
        connection.text_factory = _decode
        check(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _decode(octets: bytes) -> str:
    return octets.decode("utf-8", "replace")


def check(connection: sqlite3.Connection) -> int:
    """Return which version of the format the file has.

    Raises
    ------
    Unusable
        It is not ours, or of a later version.
    """
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    (owner,) = connection.execute("PRAGMA application_id").fetchone()
    version = _version(connection)
    if tables and owner != APPLICATION_ID:
        raise Unusable("it is the database of another program")
    if version > len(MIGRATIONS):
        raise Unusable(f"it was written by a later version of this program (format {version})")
    return version


def _check_pages(connection: sqlite3.Connection) -> None:
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise Unusable(f"it is damaged ({verdict})")


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def _migrate(connection: sqlite3.Connection) -> None:
    while _version(connection) < len(MIGRATIONS):
        connection.execute("BEGIN IMMEDIATE")
        version = _version(connection)  # another process may have been quicker
        for statement in MIGRATIONS[version] if version < len(MIGRATIONS) else ():
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {min(version + 1, len(MIGRATIONS))}")
        connection.execute("COMMIT")
