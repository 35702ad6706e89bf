"""Writing a file so that who opens it sees the old one or the new one, never half of one."""

from __future__ import annotations

from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Write ``content`` in place of what is there."""
    scratch = path.with_name(path.name + ".new")
    scratch.write_bytes(content)
    scratch.replace(path)
