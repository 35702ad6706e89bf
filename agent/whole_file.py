"""Writing a file so that who opens it sees the old one or the new one, never half of one."""

from __future__ import annotations

from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Write ``content`` in place of what is there.

    Raises
    ------
    OSError
        It cannot be written; the error names ``path``, and what was begun is gone.
    """
    scratch = path.with_name(path.name + ".new")
    try:
        scratch.write_bytes(content)
        scratch.replace(path)
    except OSError as error:
        if error.errno is not None:
            error.filename, error.filename2 = str(path), None
        scratch.unlink(missing_ok=True)
        raise
