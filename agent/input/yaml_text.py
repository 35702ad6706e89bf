"""Strict YAML 1.2: one document of mappings, lists and plain values, with the place of each.

No anchors, aliases, tags, directives or duplicate keys; size and depth are limited. What the keys mean is not
known here. Messages name places only: neither the text of the file nor the parser's own words, which quote it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from .problems import Problem
from .text_files import read_text

MAX_DEPTH = 16
MAX_VALUES = 2_000

KeyPath: TypeAlias = tuple[str | int, ...]
Value: TypeAlias = "dict[str, Value] | list[Value] | str | int | float | bool | None"

_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(?:[0-9]{1,18}(?:\.[0-9]{0,18})?|\.[0-9]{1,18})(?:[eE][-+]?[0-9]{1,2})?")
_SYNTAX_REMEDIES = (
    ("found character '\\t'", "indent with spaces, not with tabs"),
    ("mapping values are not allowed", "check the indentation, and put text with ': ' in it between quotes"),
    ("found unexpected end of stream", "close the quotes that are opened here"),
    ("could not find expected ':'", "write 'key: value'"),
    ("found character", "put text that starts with a special character between quotes"),
    ("expected ','", "check the commas and the closing bracket of this list or block"),
)
_FORBIDDEN = "write the value out here"


@dataclass(slots=True)
class YamlDocument:
    """What a file says, and where: ``key_marks`` and ``value_marks`` give (line, column), both from 1.

    What it says is not part of its ``repr``: there may be a secret where none belongs.
    """

    file: str
    root: Value = field(default=None, repr=False)
    key_marks: dict[KeyPath, tuple[int, int]] = field(default_factory=dict, repr=False)
    value_marks: dict[KeyPath, tuple[int, int]] = field(default_factory=dict, repr=False)
    problems: list[Problem] = field(default_factory=list)
    complete: bool = False
    """Whether the text could be read to its end, with every value in it."""

    def at(self, path: KeyPath) -> Value:
        """Return what stands at a path of keys, ``None`` when there is nothing."""
        value = self.root
        for key in path:
            value = value.get(str(key)) if isinstance(value, dict) else None
        return value

    def report(self, mark: tuple[int, int], what: str, remedy: str) -> None:
        """Add a problem at a place."""
        self.problems.append(Problem(self.file, mark[0], str(mark[1] or ""), what, remedy))

    def key_mark(self, path: KeyPath) -> tuple[int, int]:
        """Return the place of a key or list item, or of the nearest thing around it."""
        while path and path not in self.key_marks:
            path = path[:-1]
        return self.key_marks.get(path, (1, 0))

    def value_mark(self, path: KeyPath) -> tuple[int, int]:
        """Return the place of a value, or of the nearest thing around it."""
        return self.value_marks.get(path) or self.key_mark(path)


def read_yaml(path: Path) -> YamlDocument:
    """Read a YAML file; what is wrong with it is in ``problems`` of the result."""
    document = YamlDocument(str(path))
    text, problem = read_text(path)
    if problem is not None:
        document.problems.append(problem)
    else:
        parse_yaml(text, document)
    return document


def parse_yaml(text: str, document: YamlDocument) -> None:
    """Parse a text into a document, whose ``file`` is its name in messages."""
    try:
        _Builder(document).build(YAML(typ="safe", pure=True).parse(text))
    except MarkedYAMLError as error:
        words = str(error.problem)
        unclosed = words.startswith("found unexpected end of stream")
        found = error.context_mark if unclosed else error.problem_mark
        mark = (found.line + 1, found.column + 1) if found is not None else (1, 0)
        remedy = next((remedy for start, remedy in _SYNTAX_REMEDIES if words.startswith(start)), None)
        document.report(mark, "this is not valid YAML", remedy or "check indentation, quotes and brackets above")
    except ReaderError as error:
        before = text[: error.position]
        mark = (before.count("\n") + 1, len(before) - before.rfind("\n"))
        document.report(mark, "a character that YAML does not allow", "remove this control character")
    except (YAMLError, RecursionError, ValueError, OverflowError):
        document.report((1, 0), "this is not valid YAML", "start from the example in the documentation")


@dataclass(slots=True)
class _Level:
    """A mapping or a list that is being filled."""

    path: KeyPath
    content: dict[str, Value] | list[Value]
    key: str | None = None
    doubled: bool = False


class _Stop(Exception):
    """The rest of the text is not worth reading."""


class _Builder:
    """Turns parser events into values with a stack of its own, so that depth is ours to limit."""

    def __init__(self, document: YamlDocument) -> None:
        self._document = document
        self._levels: list[_Level] = []
        self._values = 0
        self._documents = 0
        self._aliases = 0

    def build(self, events: Iterator[Any]) -> None:
        """Consume ruamel's events, which it does not type, up to the end or the first hopeless one."""
        try:
            for event in events:
                self._take(event, (event.start_mark.line + 1, event.start_mark.column + 1))
        except _Stop:
            return
        self._document.complete = not self._aliases and self._document.root is not None
        if self._document.root is None and not self._document.problems:
            self._document.report((1, 0), "the file says nothing", "start from the example in the documentation")

    def _take(self, event: Any, mark: tuple[int, int]) -> None:
        match type(event).__name__:
            case "DocumentStartEvent":
                self._start_document(event, mark)
            case "AliasEvent":
                self._document.report(mark, "an alias (*name) is not accepted", _FORBIDDEN)
                self._aliases += 1
                self._add(None, mark)
            case "ScalarEvent":
                self._refuse_decoration(event, mark)
                self._add_scalar(event, mark)
            case "MappingStartEvent":
                self._refuse_decoration(event, mark)
                self._open({}, mark)
            case "SequenceStartEvent":
                self._refuse_decoration(event, mark)
                self._open([], mark)
            case "MappingEndEvent" | "SequenceEndEvent":
                self._levels.pop()

    def _start_document(self, event: Any, mark: tuple[int, int]) -> None:
        self._documents += 1
        if self._documents > 1:
            self._stop(mark, "a second document starts here", "keep one document in the file")
        if event.version or event.tags:
            self._document.report(mark, "a % directive is not accepted", "remove the lines that start with %")

    def _refuse_decoration(self, event: Any, mark: tuple[int, int]) -> None:
        if event.anchor is not None:
            self._document.report(mark, "an anchor (&name) is not accepted", _FORBIDDEN)
        if event.tag is not None:
            self._document.report(mark, "a tag (!name) is not accepted", "write the plain value, text in quotes")

    def _add_scalar(self, event: Any, mark: tuple[int, int]) -> None:
        level = self._levels[-1] if self._levels else None
        if level is not None and isinstance(level.content, dict) and level.key is None:
            self._add_key(level, str(event.value), mark)
        else:
            self._add(_plain(event.value) if event.style is None else str(event.value), mark)

    def _add_key(self, level: _Level, key: str, mark: tuple[int, int]) -> None:
        level.key = key
        level.doubled = key in level.content
        if level.doubled:
            first = self._document.key_marks[(*level.path, key)][0]
            what = f"this key stands here a second time, first on line {first}"
            self._document.report(mark, what, "keep one of the two")
        else:
            self._document.key_marks[(*level.path, key)] = mark

    def _add(self, value: Value, mark: tuple[int, int]) -> KeyPath:
        """Put a value where it belongs and return its path; a doubled key's value is dropped."""
        self._values += 1
        if self._values > MAX_VALUES:
            self._stop(mark, f"more than {MAX_VALUES} values", "is this the right file?")
        if not self._levels:
            self._document.root = value
            return ()
        level = self._levels[-1]
        if isinstance(level.content, list):
            path: KeyPath = (*level.path, len(level.content))
            level.content.append(value)
            self._document.key_marks[path] = mark
        elif level.key is None:
            self._stop(mark, "a key that is no plain text", "write 'key: value'")
        else:
            path = (*level.path, level.key)
            dropped, level.key = level.doubled, None
            if dropped:
                return (*path, "")
            level.content[str(path[-1])] = value
        self._document.value_marks[path] = mark
        return path

    def _open(self, content: dict[str, Value] | list[Value], mark: tuple[int, int]) -> None:
        if len(self._levels) >= MAX_DEPTH:
            self._stop(mark, f"nested more than {MAX_DEPTH} levels deep", "is this the right file?")
        self._levels.append(_Level(self._add(content, mark), content))

    def _stop(self, mark: tuple[int, int], what: str, remedy: str) -> NoReturn:
        self._document.report(mark, what, remedy)
        raise _Stop


def _plain(text: str) -> Value:
    """Resolve an unquoted scalar by YAML 1.2, without its octal and hexadecimal numbers, ``.inf`` and ``.nan``."""
    if text.lower() in _WORDS and text in (text.lower(), text.capitalize(), text.upper()):
        return _WORDS[text.lower()]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
