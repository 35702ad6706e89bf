"""What is wrong with the files people write: one value per finding, all of them in one error.

No file is read here. Whoever makes a ``Problem`` sees to it that neither text of it can hold a secret: cells and
keys that people might fill with a community string by mistake are named by their place and never repeated.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from difflib import get_close_matches

_SHOWN_LENGTH = 60
_NAMES_LISTED = 12


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding in one file.

    Parameters
    ----------
    file : str
        The path as the user gave it.
    line : int
        Counted from 1; 0 when the finding is about the whole file.
    column : str
        The name of a CSV column, or a number counted from 1; empty when it is about the whole line.
    what : str
        What is wrong.
    remedy : str
        What to do about it.
    """

    file: str
    line: int
    column: str
    what: str
    remedy: str

    def __str__(self) -> str:
        """Return ``file:line:column: what; remedy`` on one line."""
        place = ":".join(part for part in (self.file, str(self.line or ""), self.column) if part)
        return f"{place}: {self.what}; {self.remedy}"


class InputProblems(ValueError):
    """Everything that was found wrong in the input, in the order of the files."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def shown(text: str) -> str:
    """Return ``text`` quoted for a message: control characters escaped, long text cut."""
    return repr(text if len(text) <= _SHOWN_LENGTH else text[: _SHOWN_LENGTH - 1] + "…")


def listed(names: Collection[str]) -> str:
    """Return the names in brackets where they are few enough to be of help, else nothing."""
    return f" (known: {', '.join(sorted(names))})" if 0 < len(names) <= _NAMES_LISTED else ""


def nearest(text: str, names: Iterable[str]) -> str | None:
    """Return the name that ``text`` was probably meant to be, whatever its case, or ``None``."""
    by_folded = {name.casefold(): name for name in names}
    near = get_close_matches(text.casefold()[:_SHOWN_LENGTH], by_folded, n=1, cutoff=0.65)
    return by_folded[near[0]] if near else None


def name_hint(text: str, names: Collection[str], otherwise: str) -> str:
    """Return a remedy for an unknown name: the near name where there is one, else ``otherwise``."""
    near = nearest(text, names)
    return f"did you mean {shown(near)}?" if near is not None else otherwise
