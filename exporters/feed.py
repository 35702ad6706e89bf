"""The feed: a snapshot as JSON, for ``state/snapshot.json``, ``/api/v1/snapshot`` and ``phusong map``.

Field names are those of the snapshot's classes. Coverage is not in it: that has its own file, ``coverage.json``.
"""

from __future__ import annotations

import dataclasses
import json
import types
from collections.abc import Callable
from enum import StrEnum
from functools import cache
from typing import Any, NoReturn, get_args, get_origin, get_type_hints

from phusong.exporters.snapshot import Snapshot

FORMAT = 1
_LEFT_OUT = "coverage"

Reader = Callable[[object, str], Any]


class FeedError(ValueError):
    """A snapshot cannot be written or read; the message names the field and what is wrong with it."""


def snapshot_to_json(snapshot: Snapshot) -> bytes:
    """Return the feed in ASCII JSON, with ``format`` first and without coverage.

    Raises
    ------
    FeedError
        A number is not finite: JSON has no word for it.
    """
    fields = {
        field.name: getattr(snapshot, field.name)
        for field in dataclasses.fields(snapshot)
        if field.name != _LEFT_OUT
    }
    try:
        text = json.dumps({"format": FORMAT, **fields}, default=_fields, allow_nan=False, separators=(",", ":"))
    except ValueError as error:
        raise FeedError(f"the snapshot holds a number that is not finite ({error})") from error
    return text.encode("ascii")


def _fields(row: Any) -> dict[str, object]:
    kind: Any = type(row)
    return {name: getattr(row, name) for name in _names(kind)}


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


def snapshot_from_json(data: bytes) -> Snapshot:
    """Return the snapshot of a feed, its coverage ``None``.

    Raises
    ------
    FeedError
        Not JSON, of another format, or a field is missing, unknown or of a wrong type.
    """
    try:
        feed = json.loads(data, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise FeedError(f"the snapshot is not JSON ({error}); is the daemon still writing it?") from error
    if not isinstance(feed, dict):
        raise FeedError(f"the snapshot is a JSON {type(feed).__name__}, expected an object")
    if feed.pop("format", None) != FORMAT:
        raise FeedError(
            f"the snapshot is not of format {FORMAT}; let the daemon and this program be of one version"
        )
    if _LEFT_OUT in feed:
        raise FeedError(f"the snapshot has a field {_LEFT_OUT!r}, which is read from coverage.json only")
    snapshot: Snapshot = _reader(Snapshot)({**feed, _LEFT_OUT: None}, "snapshot")
    return snapshot


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a JSON number")


@cache
def _reader(kind: Any) -> Reader:
    """Return the function that checks a JSON value and turns it into ``kind``."""
    if dataclasses.is_dataclass(kind):
        return _row_reader(kind)
    if isinstance(kind, types.UnionType):
        (present,) = (option for option in get_args(kind) if option is not types.NoneType)
        read_present = _reader(present)
        return lambda value, where: None if value is None else read_present(value, where)
    if get_origin(kind) is tuple:
        return _tuple_reader(_reader(get_args(kind)[0]))
    if issubclass(kind, StrEnum):
        return _choice_reader(kind)
    return _scalar_reader(kind)


def _row_reader(kind: Any) -> Reader:
    readers = {name: _reader(annotation) for name, annotation in get_type_hints(kind).items()}

    def read(value: object, where: str) -> Any:
        if not isinstance(value, dict):
            _refuse(value, where, "an object")
        if value.keys() != readers.keys():
            missing, unknown = sorted(readers.keys() - value.keys()), sorted(value.keys() - readers.keys())
            raise FeedError(f"{where}: missing fields {missing}, unknown fields {unknown}")
        return kind(**{name: reader(value[name], f"{where}.{name}") for name, reader in readers.items()})

    return read


def _tuple_reader(read_item: Reader) -> Reader:
    def read(value: object, where: str) -> tuple[Any, ...]:
        if not isinstance(value, list):
            _refuse(value, where, "a list")
        return tuple([read_item(item, f"{where}[{index}]") for index, item in enumerate(value)])

    return read


def _choice_reader(kind: type[StrEnum]) -> Reader:
    def read(value: object, where: str) -> StrEnum:
        if value not in list(kind):
            _refuse(value, where, "one of " + ", ".join(kind))
        return kind(str(value))

    return read


def _scalar_reader(kind: type) -> Reader:
    expected = {str: "a text", bool: "true or false", int: "a whole number", float: "a number"}[kind]
    accepted: tuple[type, ...] = (int, float) if kind is float else (kind,)

    def read(value: object, where: str) -> Any:
        # type() and not isinstance(): true and false are numbers to Python.
        if type(value) not in accepted:
            _refuse(value, where, expected)
        return float(value) if kind is float and isinstance(value, int) else value

    return read


def _refuse(value: object, where: str, expected: str) -> NoReturn:
    raise FeedError(f"{where}: expected {expected}, found {json.dumps(value)[:60]}")
