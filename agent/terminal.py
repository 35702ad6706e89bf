"""What all commands share on the terminal: both streams, exit codes, and errors that are sentences."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from .input.problems import InputProblems

GOOD, PROBLEM, WRONG_USE = 0, 1, 2
DEFAULT_CONFIG = Path("phusong.yaml")

out = Console(width=None if sys.stdout.isatty() else 200)
err = Console(stderr=True)

ConfigOption = Annotated[Path, typer.Option("--config", help="The configuration file.", metavar="FILE")]


@contextmanager
def input_errors() -> Iterator[None]:
    """Print everything that is wrong in the input, a line each, and exit."""
    try:
        yield
    except InputProblems as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)  # noqa: T201 - one line each, never wrapped: editors jump to the place
        count = len(error.problems)
        fail(f"{count} problem{'s' if count != 1 else ''} found.")


def fail(message: str, code: int = WRONG_USE) -> NoReturn:
    """Print a message and exit."""
    print(message, file=sys.stderr)  # noqa: T201
    raise typer.Exit(code)


def tell(message: str) -> None:
    """Print a line of progress."""
    out.print(message, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def geodata_errors() -> Iterator[None]:
    """Let the absence of the geodata libraries, bad files and full disks end in a message."""
    try:
        yield
    except ModuleNotFoundError as error:
        fail(f"{error.name} is not installed: install phusong with its extra: pip install 'phusong[coverage]'")
    except InputProblems:
        raise
    except OSError as error:
        fail(f"{error.filename or 'a file'}: {error.strerror or error}; choose another place, or make room")
    except (ValueError, RuntimeError) as error:
        fail(str(error))
