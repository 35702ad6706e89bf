"""Reading a text file that people wrote: a limit on its size, UTF-8 and nothing else.

What the text means is for the readers of CSV and YAML.
"""

from __future__ import annotations

import stat
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from pathlib import Path

from .problems import Problem

MAX_FILE_BYTES = 5 * 1024 * 1024
_SAVE_AS_UTF8 = "save it as UTF-8 (in Excel: 'CSV UTF-8 (Comma delimited)')"


def read_text(path: Path) -> tuple[str, Problem | None]:
    """Return the text of a file without its byte-order mark, or an empty text and the problem with it."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return "", Problem(str(path), 0, "", "not a regular file", "name a text file")
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a usable path"
        return "", Problem(str(path), 0, "", f"cannot be read: {reason}", "correct the path or the permissions")
    if len(content) > MAX_FILE_BYTES:
        what = f"larger than {MAX_FILE_BYTES // 1024**2} MiB"
        return "", Problem(str(path), 0, "", what, "is this the right file?")
    return _decode(path, content)


def _decode(path: Path, content: bytes) -> tuple[str, Problem | None]:
    if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return "", Problem(str(path), 1, "", "the file is UTF-16, not UTF-8", _SAVE_AS_UTF8)
    body = content.removeprefix(BOM_UTF8)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        offset = error.start + len(content) - len(body)
        return "", Problem(
            str(path), _line_of(body, error.start), "", f"not UTF-8: byte {offset} of the file", _SAVE_AS_UTF8
        )
    if "\0" in text:
        line = _line_of(body, body.index(b"\0"))
        return "", Problem(str(path), line, "", "a NUL byte", "save the file as plain text in UTF-8")
    return text, None


def _line_of(body: bytes, offset: int) -> int:
    """Return the line, counted from 1, of a byte; CR, LF and CR LF all end lines."""
    before = body[:offset].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return before.count(b"\n") + 1
