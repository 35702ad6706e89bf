"""Secrets: a value that never shows itself, and the files that hold one.

Which files are read, and what a failure means for the configuration, is decided in ``config``.
"""

from __future__ import annotations

import stat
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from hmac import compare_digest
from pathlib import Path
from typing import NoReturn

MAX_SECRET_BYTES = 1024
_HIDDEN = "***"


class Secret:
    """Bytes that print, format and represent themselves as ``***``, also inside other values."""

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        self._value = value

    def reveal(self) -> bytes:
        """Return the bytes: to be called only where a packet is built."""
        return self._value

    def __repr__(self) -> str:
        return _HIDDEN

    def __str__(self) -> str:
        return _HIDDEN

    def __format__(self, spec: str) -> str:
        return format(_HIDDEN, spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and compare_digest(self._value, other._value)

    def __hash__(self) -> int:
        return hash(self._value)

    def __deepcopy__(self, memo: object) -> Secret:
        return self  # so that dataclasses.asdict keeps it hidden

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not serialised")


class SecretFileError(ValueError):
    """A secret file cannot be used; ``what`` and ``remedy`` say why without showing what is in it."""

    def __init__(self, what: str, remedy: str) -> None:
        self.what = what
        self.remedy = remedy
        super().__init__(f"{what}; {remedy}")


def read_secret(path: Path) -> Secret:
    """Read the one line of a secret file; a newline at its end does not count.

    Raises
    ------
    SecretFileError
        The file is missing, unreadable, empty, too long, or more than one line of plain text.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise SecretFileError(
                f"the secret file {path} is not a regular file", "name a file that holds the secret"
            )
        with path.open("rb") as file:
            content = file.read(MAX_SECRET_BYTES + 2)
    except (OSError, ValueError) as error:
        if isinstance(error, SecretFileError):
            raise
        reason = getattr(error, "strerror", None) or "not a usable path"
        raise SecretFileError(
            f"the secret file {path} cannot be read: {reason}",
            "create it, let the user of the service read it, or correct the name",
        ) from None
    value = content.removesuffix(b"\n").removesuffix(b"\r")
    if content.startswith((BOM_UTF8, BOM_UTF16_LE, BOM_UTF16_BE)):
        raise SecretFileError(
            f"the secret file {path} starts with a byte-order mark", "save it as plain text without one"
        )
    if not value:
        raise SecretFileError(f"the secret file {path} is empty", "write the secret into it, on one line")
    if len(value) > MAX_SECRET_BYTES:
        raise SecretFileError(
            f"the secret file {path} is longer than {MAX_SECRET_BYTES} bytes", "is this the right file?"
        )
    if b"\n" in value or b"\r" in value:
        raise SecretFileError(
            f"the secret file {path} has more than one line", "keep only the line with the secret"
        )
    return Secret(value)
