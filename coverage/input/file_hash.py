"""The SHA-256 of an input file, by which every output names it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_BLOCK = 1 << 20


def file_sha256(path: Path, *more: Path) -> str:
    """Return the SHA-256 in hex of a file, or of several that belong together, in this order.

    Raises
    ------
    OSError
        A file cannot be read.
    """
    digest = hashlib.sha256()
    for part in (path, *more):
        with part.open("rb") as handle:
            while block := handle.read(_BLOCK):
                digest.update(block)
    return digest.hexdigest()
