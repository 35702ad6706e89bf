"""The shape of a vendor profile: its keys and their types, as pydantic models."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, PlainValidator

from .shape import Shape, Text, refuse


def parse_label(value: object) -> str | int:
    """Read a label of an enumeration or a number; YAML takes a bare ``true`` for something else."""
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise refuse("must be a label or a whole number", "write it in quotes where it is true, false or a number")
    return value


Label = Annotated[str | int, PlainValidator(parse_label)]
Labels = Annotated[list[Label], Field(min_length=1, max_length=64)]
Texts = Annotated[list[Text], Field(min_length=1, max_length=64)]


class MatchShape(Shape):
    """For which devices the profile is."""

    sys_object_id: Texts
    sys_descr: Texts | None = None


class WhereShape(Shape):
    """Which rows only."""

    object: Text
    has: Labels | None = None
    has_not: Labels | None = None


class UnitByShape(Shape):
    """Which object names the unit of each row."""

    object: Text
    units: Annotated[dict[str, Text], Field(min_length=1)]


class AlternativeShape(Shape):
    """Where else to look; names, states and limits that are not given are those of the sensor around it."""

    object: Text
    scale: float | None = None
    unit: Text | None = None
    positive_unit: Text | None = None
    unit_by: UnitByShape | None = None
    plus: Texts | None = None
    minus: Texts | None = None
    of: Text | None = None
    beside: Texts | None = None
    entity_sensor: Text | None = None
    good: Labels | None = None
    bad: Labels | None = None
    invalid: Annotated[list[float], Field(max_length=64)] | None = None
    range: Annotated[list[float], Field(min_length=2, max_length=2)] | None = None
    index: Annotated[list[Label], Field(min_length=1, max_length=8)] | None = None
    label: Text | None = None
    name_from: Text | None = None
    where: WhereShape | None = None
    only_when: WhereShape | None = None


class SensorShape(AlternativeShape):
    """One sensor; ``otherwise`` holds blocks of ``AlternativeShape``, each checked on its own."""

    quantity: Text
    otherwise: Annotated[list[dict[str, object]], Field(min_length=1, max_length=8)] | None = None


class ProfileShape(Shape):
    """The whole file; ``sensors`` holds blocks of ``SensorShape``, each checked on its own."""

    vendor: Annotated[Text, Field(max_length=64)]
    about: Text = ""
    match: MatchShape | None = None
    based_on: Text | None = None
    sensors: Annotated[list[dict[str, object]], Field(max_length=256)] = Field(default_factory=list)
