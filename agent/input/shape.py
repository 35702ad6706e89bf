"""What the shapes of all YAML files have in common: blocks, texts, durations, and errors in our own words."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)(ms|s|m|h)")
_UNIT_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
OURS = "phusong"


def refuse(what: str, remedy: str) -> PydanticCustomError:
    """Return the error of a value that is not accepted, for validators."""
    return PydanticCustomError(OURS, "{what}", {"what": what, "remedy": remedy})


def duration(low_s: float, high_s: float) -> BeforeValidator:
    """Return a validator that reads ``500ms``, ``30s``, ``5m`` or ``1h`` as seconds within limits."""

    def parse(value: object) -> float:
        match = _DURATION.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            raise refuse("must be a duration", "write a number and its unit: 500ms, 30s, 5m or 1h")
        seconds = float(match[1]) * _UNIT_SECONDS[match[2]]
        if not low_s <= seconds <= high_s:
            raise refuse(f"must be {low_s:.10g}s to {high_s:.10g}s", "choose a duration within these limits")
        return seconds

    return BeforeValidator(parse)


def _parse_printable(value: object) -> object:
    if isinstance(value, str) and not value.isprintable():
        raise refuse("has a line break or another control character", "write it on one line")
    return value


Text = Annotated[str, Field(min_length=1, max_length=1000), BeforeValidator(_parse_printable)]


class Shape(BaseModel):
    """What all blocks have in common: unknown keys refused, no conversion of types, no input in errors."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)
