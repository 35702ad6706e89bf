"""Just enough PromQL to hold rules to the table of metrics: which names and labels an expression uses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"""\s+ | (?P<string>"(?:[^"\\]|\\.)*") | (?P<duration>(?:\d+(?:ms|[smhdwy]))+) | (?P<number>\d+(?:\.\d+)?)
    | (?P<name>[A-Za-z_:][A-Za-z0-9_:]*) | (?P<sign>=~|!~|!=|==|<=|>=|[-+*/%^<>={}()\[\],])""",
    re.VERBOSE,
)
_WORDS = {"and", "or", "unless", "bool", "offset"}
_LABEL_LISTS = {"by", "without", "on", "ignoring", "group_left", "group_right"}


@dataclass(slots=True)
class Uses:
    """What an expression names. ``selectors`` are metrics with the labels that are matched in braces."""

    selectors: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    listed: dict[str, set[str]] = field(default_factory=dict)
    """Labels by the word before their list: ``by``, ``on``, ``group_left``."""
    functions: set[str] = field(default_factory=set)
    ranges: list[str] = field(default_factory=list)
    made: set[str] = field(default_factory=set)
    """Labels that ``label_replace`` or ``count_values`` makes."""
    aggregated_by: tuple[str, ...] | None = None
    """The labels that are left, where the whole expression is one aggregation ``... by (...)``."""


def tokens(expression: str) -> Iterator[tuple[str, str]]:
    """Yield kind and text of every token.

    Raises
    ------
    ValueError
        There is something that this reader does not know.
    """
    at = 0
    while at < len(expression):
        match = _TOKEN.match(expression, at)
        if match is None:
            raise ValueError(f"not understood from here: {expression[at : at + 40]!r}")
        if match.lastgroup:
            yield match.lastgroup, match[0]
        at = match.end()


def uses(expression: str) -> Uses:
    """Return what an expression uses."""
    found, read = Uses(), [*tokens(expression), ("end", "")]
    at = 0
    while read[at][0] != "end":
        (kind, text), after = read[at], read[at + 1][1]
        at += 1
        if text == "[":
            found.ranges.append(after)
        elif text == "count_values":
            made_at = next(n for n in range(at, len(read)) if read[n][0] == "string")
            found.made.add(read[made_at][1].strip('"'))
        elif text in _LABEL_LISTS and kind == "name":
            close = next(n for n in range(at, len(read)) if read[n][1] == ")")
            labels = tuple(word for what, word in read[at:close] if what == "name")
            found.listed.setdefault(text, set()).update(labels)
            if text == "by" and at == 2:
                found.aggregated_by = labels
            at = close + 1
        elif kind == "name" and after == "(" and text not in _WORDS:
            found.functions.add(text)
        elif kind == "name" and text not in _WORDS and after not in _LABEL_LISTS:
            labels, at = _matched(read, at)
            found.selectors.append((text, labels))
    if "label_replace" in found.functions:
        strings = [text.strip('"') for kind, text in read if kind == "string"]
        found.made.update(strings)
    return found


def _matched(read: list[tuple[str, str]], at: int) -> tuple[tuple[str, ...], int]:
    """Return the labels in the braces that begin at ``at``, if any do, and where the rest begins."""
    if read[at][1] != "{":
        return (), at
    close = next(n for n in range(at, len(read)) if read[n][1] == "}")
    return tuple(text for kind, text in read[at:close] if kind == "name"), close + 1
