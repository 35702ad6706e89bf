"""A YAML file that describes coverage layers, for what is too long for a command line.

layers:
  - file: north.gpkg  # relative to this file
    operator_column: NHA_MANG
    operators: {VTL: Viettel, VNP: VinaPhone}
    technology: 4G
    class_column: LOAI
    values: {strong: -95, weak: -115, none: skip}
    date: 2026-06-30
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.tokens import (
    AliasToken,
    BlockEndToken,
    BlockMappingStartToken,
    BlockSequenceStartToken,
    FlowMappingEndToken,
    FlowMappingStartToken,
    FlowSequenceEndToken,
    FlowSequenceStartToken,
    TagToken,
)

from phusong.coverage.errors import LayerSpecError
from phusong.coverage.input.layer_spec import LayerSpec, make_layer_spec

LARGEST_BYTES = 1_000_000
_DEEPEST = 10
_OPENING = (BlockMappingStartToken, BlockSequenceStartToken, FlowMappingStartToken, FlowSequenceStartToken)
_CLOSING = (BlockEndToken, FlowMappingEndToken, FlowSequenceEndToken)


def read_layer_list(path: Path) -> tuple[LayerSpec, ...]:
    """Read the layers of a list, in its order.

    Raises
    ------
    LayerSpecError
        The file cannot be read, is no such list, or a layer is described wrongly; the message has the line.
    """
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise LayerSpecError(f"{path}: is larger than {LARGEST_BYTES / 1e6:.0f} MB; is it a list of layers?")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise LayerSpecError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    except UnicodeDecodeError as error:
        raise LayerSpecError(f"{path}: is not UTF-8 (byte {error.start + 1}); save it as UTF-8") from error
    data = _load(path, text)
    if not isinstance(data, Mapping) or list(data) != ["layers"] or not isinstance(data["layers"], list):
        raise LayerSpecError(f"{path}:1: must have one key, 'layers', with a list of layers")
    if not data["layers"]:
        raise LayerSpecError(f"{path}:1: the list of layers is empty")
    problems: list[str] = []
    specs: list[LayerSpec] = []
    entries: Any = data["layers"]
    for number, entry in enumerate(entries):
        line = entries.lc.item(number)[0] + 1
        try:
            specs.append(_spec(path, entry))
        except ValueError as error:
            problems.append(f"{path}:{line}: {error}")
    if problems:
        raise LayerSpecError("\n".join(problems))
    return tuple(specs)


def _load(path: Path, text: str) -> Any:
    try:
        depth = 0
        for token in YAML().scan(text):
            depth += isinstance(token, _OPENING) - isinstance(token, _CLOSING)
            if depth > _DEEPEST:
                raise LayerSpecError(
                    f"{path}:{token.start_mark.line + 1}: is nested too deeply; is it a list of layers?"
                )
            if isinstance(token, AliasToken | TagToken):
                what = "an alias (*)" if isinstance(token, AliasToken) else "a tag (!)"
                raise LayerSpecError(f"{path}:{token.start_mark.line + 1}: has {what}; write the values out")
        return YAML().load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise LayerSpecError(f"{path}:{line}: {error.problem or 'is no YAML'}") from error
    except YAMLError as error:
        raise LayerSpecError(f"{path}: is no YAML ({error})") from error


def _spec(path: Path, entry: object) -> LayerSpec:
    if not isinstance(entry, Mapping):
        raise ValueError("a layer must have keys: file, operator, technology")  # noqa: TRY004
    values = {str(key): value for key, value in entry.items()}
    file = values.pop("file", None)
    if not isinstance(file, str) or not file.strip():
        raise ValueError("file is missing")
    empty = [key for key, value in values.items() if value is None]
    if empty:
        raise ValueError(f"{empty[0]} is empty")
    return make_layer_spec(path.parent / file.strip(), values)
