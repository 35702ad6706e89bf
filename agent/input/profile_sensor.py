"""One sensor of a profile file as a value, with every object, unit, scale, state and index of it checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import isclose
from typing import TypeVar

from phusong.collectors.profile import CONVERSIONS, MEASURES, MibObject, RowFilter, Sensor, UnitByRow
from phusong.collectors.readings import Quantity
from phusong.collectors.sensor_index import INDEX_PARTS

from .inventory_cells import CellError
from .mib_objects import KnownObject, KnownObjects
from .problems import name_hint, shown
from .profile_shape import AlternativeShape, SensorShape, WhereShape
from .shape_problems import dotted
from .yaml_text import KeyPath, YamlDocument

T = TypeVar("T")
INHERITED = ("index", "label", "name_from", "good", "bad", "invalid", "range")
"""What an alternative has from the sensor around it; what its numbers mean and which rows count is its own."""
SCALES = (1e-9, 1e9)
OTHERS = ("good", "others")
"""In the list of good states: every one that is not bad."""
ENTITY_SENSOR_UNITS = {"celsius": "celsius", "dBm": "dBm", "watts": "watts"}


def read_sensor(
    document: YamlDocument,
    path: KeyPath,
    shape: SensorShape,
    alternatives: Sequence[tuple[KeyPath, AlternativeShape]],
    objects: KnownObjects,
) -> Sensor | None:
    """Return the sensor at ``path`` of a document, ``None`` when something is wrong with it."""
    sensor = _Reader(document, path, shape.quantity, objects).read(shape)
    others: list[Sensor] = []
    for other_path, other in alternatives:
        inherited = {key: getattr(shape, key) for key in INHERITED if key not in other.model_fields_set}
        found = _Reader(document, other_path, shape.quantity, objects).read(other.model_copy(update=inherited))
        if found is not None:
            others.append(found)
    return replace(sensor, alternatives=tuple(others)) if sensor else None


class _Reader:
    """Reads one sensor or alternative; every finding goes to the document, and the rest is read all the same."""

    def __init__(self, document: YamlDocument, path: KeyPath, quantity: str, objects: KnownObjects) -> None:
        self._document = document
        self._path = path
        self._objects = objects
        self._quantity = quantity
        self._sound = True

    def read(self, shape: AlternativeShape) -> Sensor | None:
        """Return the sensor, ``None`` when anything in it is wrong."""
        quantities = [str(quantity) for quantity in Quantity]
        if self._quantity not in quantities:
            hint = name_hint(self._quantity, quantities, f"write one of {', '.join(quantities)}")
            self._report(("quantity",), f"names an unknown quantity {shown(self._quantity)}", hint)
            return None
        known = self._find(("object",), shape.object)
        if known is None:
            return None
        quantity = Quantity(self._quantity)
        measure = MEASURES[quantity]
        entity_sensor, unit = self._unit(shape, known, measure.unit)
        low, high = self._range(shape, measure.low, measure.high)
        good, good_words = self._states("good", shape.good, known, measure.unit)
        bad, bad_words = self._states("bad", shape.bad, known, measure.unit)
        if good & bad or set(good_words) & set(bad_words):
            self._report(("bad",), "repeats a state that is good", "write each state once")
        sensor = Sensor(
            quantity=quantity,
            object=known.object,
            scale=self._scale(shape, known),
            unit=unit,
            positive_unit=self._one_unit(("positive_unit",), shape.positive_unit, measure.unit),
            unit_by_row=self._unit_by(shape, measure.unit),
            plus=self._all(("plus",), shape.plus),
            minus=self._all(("minus",), shape.minus),
            of=self._object(("of",), shape.of),
            beside=self._all(("beside",), shape.beside),
            entity_sensor=entity_sensor,
            good=good,
            bad=bad,
            others_good=OTHERS[1] in (shape.good or ()),
            good_words=good_words,
            bad_words=bad_words,
            invalid=frozenset(float(number) for number in shape.invalid or ()),
            low=low,
            high=high,
            index=self._index(shape.index),
            label=shape.label or "",
            name_from=self._object(("name_from",), shape.name_from),
            where=self._filter("where", shape.where),
            only_when=self._filter("only_when", shape.only_when),
        )
        return sensor if self._sound else None

    def _report(self, key: KeyPath, what: str, remedy: str) -> None:
        self._sound = False
        path = (*self._path, *key)
        self._document.report(self._document.value_mark(path), f"{dotted(path)} {what}", remedy)

    def _try(self, key: KeyPath, attempt: Callable[[], T]) -> T | None:
        try:
            return attempt()
        except CellError as error:
            self._report(key, error.what, error.remedy)
            return None

    def _find(self, key: KeyPath, text: str) -> KnownObject | None:
        return self._try(key, lambda: self._objects.find(text))

    def _object(self, key: KeyPath, text: str | None) -> MibObject | None:
        known = self._find(key, text) if text else None
        return known.object if known else None

    def _all(self, key: KeyPath, texts: Sequence[str] | None) -> tuple[MibObject, ...]:
        found = (self._object((*key, n), text) for n, text in enumerate(texts or ()))
        return tuple(item for item in found if item is not None)

    def _scale(self, shape: AlternativeShape, known: KnownObject) -> float:
        if shape.scale is None:
            return known.scale or 1.0
        scale = float(shape.scale)
        if not SCALES[0] <= scale <= SCALES[1]:
            self._report(("scale",), "is no usable factor", f"write a number from {SCALES[0]:g} to {SCALES[1]:g}")
        elif known.scale is not None and not isclose(scale, known.scale):
            what = f"is wrong for {known.object.name}, which is sent in steps of {known.scale:g} {known.unit}"
            self._report(("scale",), what.rstrip(), f"write scale: {known.scale:g}")
        return scale

    def _unit(self, shape: AlternativeShape, known: KnownObject, measured: str) -> tuple[int | None, str]:
        """Return the type of an entity sensor, where it is one, and the unit of the numbers."""
        units = CONVERSIONS[measured]
        share = measured == "ratio" and bool(shape.of or shape.beside)
        if shape.entity_sensor:
            unit = ENTITY_SENSOR_UNITS.get(shape.entity_sensor, "")
            types = [row for rows in self._objects.rows.values() for row in rows if _is_type_of(row, known)]
            number = types[0].object.labels.get(shape.entity_sensor) if types else None
            if unit not in units or number is None:
                self._report(
                    ("entity_sensor",), f"cannot be a {self._quantity}", f"write one of {', '.join(units)}"
                )
            return number, unit
        if measured == "state" or share:
            if shape.unit is not None:
                self._report(("unit",), f"has no meaning for this {self._quantity}", "remove it")
            return None, "ratio" if share else ""
        if shape.unit_by is not None and shape.unit is None:
            return None, ""
        unit = shape.unit if shape.unit is not None else known.unit
        if shape.unit is not None and known.unit and shape.unit != known.unit:
            self._report(("unit",), f"is wrong for {known.object.name}", f"write unit: {known.unit}")
            return None, unit
        if not unit:
            self._report(("object",), "has no unit that is known", f"add unit: with one of {', '.join(units)}")
        return None, self._one_unit(("unit",), unit, measured)

    def _one_unit(self, key: KeyPath, unit: str | None, measured: str) -> str:
        units = CONVERSIONS[measured]
        if unit and unit not in units:
            hint = name_hint(unit, list(units), f"write one of {', '.join(units)}" if units else "remove it")
            self._report(key, f"{shown(unit)} is no unit of a {self._quantity}", hint)
        return unit or ""

    def _unit_by(self, shape: AlternativeShape, measured: str) -> UnitByRow | None:
        if shape.unit_by is None:
            return None
        known = self._find(("unit_by", "object"), shape.unit_by.object)
        if known is None:
            return None
        units: dict[int, str] = {}
        for label, unit in shape.unit_by.units.items():
            number = self._label(("unit_by", "units", label), label, known)
            if number is not None:
                units[number] = self._one_unit(("unit_by", "units", label), unit, measured)
        return UnitByRow(known.object, units)

    def _label(self, key: KeyPath, label: str | int, known: KnownObject) -> int | None:
        labels: Mapping[str, int] = known.object.labels
        if isinstance(label, int):
            return label
        if label not in labels:
            hint = name_hint(
                label, list(labels), f"write one of {', '.join(labels)}" if labels else "write numbers"
            )
            self._report(key, f"{shown(label)} is no value of {known.object.name}", hint)
            return None
        return labels[label]

    def _states(
        self, key: str, states: Sequence[str | int] | None, known: KnownObject, measured: str
    ) -> tuple[frozenset[int], tuple[str, ...]]:
        """Return the states of a list as numbers, or as words where the object is a text."""
        if measured != "state":
            if states is not None:
                self._report((key,), f"has no meaning for {self._quantity}, which is a number", "remove it")
            return frozenset(), ()
        if states is None:
            remedy = f"write {key}: with the values of {known.object.name} that are so"
            self._report((), f"has no {key} states", remedy)
            return frozenset(), ()
        if known.kind == "text":
            return frozenset(), tuple(str(state).casefold() for state in states)
        return self._labels((key,), [state for state in states if (key, state) != OTHERS], known), ()

    def _range(self, shape: AlternativeShape, low: float, high: float) -> tuple[float, float]:
        if shape.range is None:
            return low, high
        first, last = map(float, shape.range)
        if not low <= first < last <= high:
            self._report(
                ("range",), "is no range within the quantity's", f"write [low, high] from {low:g} to {high:g}"
            )
        return first, last

    def _index(self, parts: Sequence[str | int] | None) -> tuple[str, ...]:
        texts = tuple(str(part) for part in parts or ("rest",))
        for n, text in enumerate(texts):
            if not text.isdigit() and text.removeprefix("-") not in INDEX_PARTS:
                known = ", ".join(INDEX_PARTS)
                self._report(("index", n), f"{shown(text)} is no part of an index", f"write a number or {known}")
        return texts

    def _filter(self, key: str, shape: WhereShape | None) -> RowFilter | None:
        known = self._find((key, "object"), shape.object) if shape else None
        if shape is None or known is None:
            return None
        if (shape.has is None) == (shape.has_not is None):
            self._report((key,), "needs either has or has_not", "keep one of the two")
            return None
        if known.kind == "text":
            if shape.has is None:
                self._report((key, "has_not"), f"has no meaning for {known.object.name}, a text", "write has")
            return RowFilter(known.object, words=tuple(str(word).casefold() for word in shape.has or ()))
        has = self._labels((key, "has"), shape.has or (), known)
        return RowFilter(known.object, has, self._labels((key, "has_not"), shape.has_not or (), known))

    def _labels(self, key: KeyPath, labels: Sequence[str | int], known: KnownObject) -> frozenset[int]:
        numbers = (self._label((*key, n), label, known) for n, label in enumerate(labels))
        return frozenset(number for number in numbers if number is not None)


def _is_type_of(row: KnownObject, value: KnownObject) -> bool:
    """Tell whether a row is the type column beside ``value`` in a table like entPhySensorTable."""
    oid = value.object.oid
    return oid[-1] == 4 and row.object.oid == (*oid[:-1], 1)
