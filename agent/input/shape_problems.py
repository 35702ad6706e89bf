"""What pydantic finds wrong with a block of ``phusong.yaml``, as problems with a place and a remedy.

No message repeats a value of the file, and an unknown key is repeated only when it resembles a known one: people
paste secrets in odd places.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from .problems import nearest
from .shape import OURS, Shape
from .yaml_text import KeyPath, YamlDocument

ShapeT = TypeVar("ShapeT", bound=Shape)
_Words = tuple[str, str]

_SECRET_KEYS = {
    "community": "community_file",
    "auth_password": "auth_file",
    "auth_key": "auth_file",
    "priv_password": "priv_file",
    "priv_key": "priv_file",
    "secret": "secret_file",
    "password": "password_file",
}
PYDANTICS_KEY = "[key]"
"""Stands in a path for "the key itself, not its value"."""
_WORDS: Mapping[str, Callable[[dict[str, Any]], _Words]] = {
    OURS: lambda c: (c["what"], c["remedy"]),
    "missing": lambda _: ("is missing", "add it"),
    "string_type": lambda _: ("must be text", "put the value in quotes"),
    "int_type": lambda _: ("must be a whole number", "write it without quotes and without a unit"),
    "float_type": lambda _: ("must be a number", "write it without quotes and without a unit"),
    "bool_type": lambda _: ("must be true or false", "write it without quotes"),
    "dict_type": lambda _: ("must be a block of keys", "indent its keys below it, or remove it"),
    "model_type": lambda _: ("must be a block of keys", "indent its keys below it, or remove it"),
    "list_type": lambda _: ("must be a list", "write it as [first, second]"),
    "too_short": lambda _: ("is empty", "name at least one"),
    "too_long": lambda c: (f"has more than {c['max_length']} entries", "name those that are needed most"),
    "string_too_short": lambda _: ("is empty", "fill it in, or remove it where it is optional"),
    "string_too_long": lambda c: (f"is longer than {c['max_length']} characters", "shorten it"),
    "literal_error": lambda c: (f"must be {c['expected']}", "choose one of these, in quotes"),
    "greater_than": lambda c: (f"must be above {c['gt']:g}", "correct the number"),
    "greater_than_equal": lambda c: (f"must be at least {c['ge']:g}", "correct the number"),
    "less_than_equal": lambda c: (f"must be at most {c['le']:g}", "correct the number"),
}
_OTHER_WORDS = ("is not accepted", "see the documentation of phusong.yaml")


def check_shape(model: type[ShapeT], document: YamlDocument, value: object, path: KeyPath) -> ShapeT | None:
    """Check the value at ``path`` of the document against a model; problems go to the document."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
    for detail in found:
        _report(model, document, path, detail)
    return None


def _report(model: type[Shape], document: YamlDocument, path: KeyPath, detail: ErrorDetails) -> None:
    where: KeyPath = (*path, *detail["loc"])
    if detail["type"] == "extra_forbidden":
        known = _keys_of(model, detail["loc"][:-1])
        what, remedy = _unknown_key(str(detail["loc"][-1]), known)
        document.report(document.key_mark(where), what + _inside(where[:-1]), remedy)
        return
    words = _WORDS.get(detail["type"])
    what, remedy = words(detail.get("ctx", {})) if words else _OTHER_WORDS
    name = dotted(where)
    if detail["type"] == "missing":
        document.report(document.key_mark(where), f"the key {name} {what}", remedy)
    else:
        document.report(document.value_mark(where), f"{name} {what}" if name else f"the file {what}", remedy)


def _unknown_key(key: str, known: tuple[str, ...]) -> _Words:
    if _SECRET_KEYS.get(key) in known:
        instead = _SECRET_KEYS[key]
        remedy = f"keep secrets out of this file: write it into a file of its own and name that with {instead}"
        return f"the key {key} is not accepted", remedy
    near = nearest(key, known)
    if near is None:
        return "an unknown key", f"remove it; known here: {', '.join(known)}"
    return f"unknown key {key!r}", f"did you mean {near!r}?"


def _keys_of(model: type[Shape], loc: tuple[str | int, ...]) -> tuple[str, ...]:
    """Return the keys that the block at ``loc`` inside a model may have."""
    steps = iter(loc)
    for step in steps:
        annotation = model.model_fields[str(step)].annotation
        inner = getattr(annotation, "__args__", (annotation,))
        model = next(part for part in inner if isinstance(part, type) and issubclass(part, Shape))
        if get_origin(annotation) is dict:
            next(steps, None)  # a name that people chose
    return tuple(model.model_fields)


def _inside(path: KeyPath) -> str:
    return f" in {dotted(path)}" if path else ""


def dotted(path: KeyPath) -> str:
    """Return a path of keys as people write it: ``snmp.auths.wan-v2``."""
    return ".".join(str(step) for step in path if step != PYDANTICS_KEY)
