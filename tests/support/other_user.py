"""What another user of the machine may do: work in a child process that has given up root's rights."""

from __future__ import annotations

import os
import tempfile
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

NOBODY = 65534
"""Of every Debian; needs no entry in passwd."""


def begin_as_nobody(work: Callable[[], str]) -> Callable[[], str]:
    """Begin work as another user than root; return the function that waits for its result."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    result, end = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forks beside threads: the child uses none
        child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            text = work()
        except BaseException:  # noqa: BLE001  # nothing may return into the parent's test
            text = traceback.format_exc()
        os.write(end, text.encode())
        os._exit(0)
    os.close(end)

    def wait() -> str:
        with open(result, "rb") as pipe:  # noqa: PTH123  # a descriptor
            text = pipe.read().decode()
        os.waitpid(child, 0)
        return text

    return wait


@contextmanager
def open_folder(owner: int | None = None) -> Iterator[Path]:
    """Give a folder that every user can reach, unlike those of pytest, perhaps with another owner."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        if owner is not None:
            os.chown(folder, owner, owner)
        yield folder
