"""Reads the XML of a codec's ``/getxml`` into a tree of plain values, and refuses what could harm the reader.

The codec is not trusted: no document type (so no entities and nothing external), and caps on size, depth, number
of elements and length of text. What the elements mean is in ``roomos_status``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from phusong.collectors.device_text import LONGEST, clean_text

from .roomos_errors import BadStatusXml, LocationRefused

MOST_BYTES: Final = 256 * 1024
"""The whole of ``/Status`` has 200 to 400 kB, one location a part of that; nothing longer than this is read."""
MOST_ELEMENTS: Final = 5_000
DEEPEST: Final = 32
ROOTS: Final = ("Status", "EmptyResult")
"""A location without rows, as ``/Status/Call`` outside a call, is answered with the second one."""
ATTRIBUTES: Final = frozenset({"item", "ghost", "status", "product", "version"})
"""All others are dropped."""


@dataclass(frozen=True, slots=True)
class Element:
    """One element: its name without a namespace, its clean text, its known attributes and its children.

    Rows marked ``ghost="True"`` have gone and are not among the children.
    """

    name: str
    text: str = ""
    attributes: tuple[tuple[str, str], ...] = ()
    children: tuple[Element, ...] = ()

    def attribute(self, name: str) -> str:
        """Return an attribute, empty when it is not there."""
        return next((value for key, value in self.attributes if key == name), "")

    def rows(self, *path: str) -> Iterator[Element]:
        """Yield the elements at a path below this one, in the order of the document."""
        found = (child for child in self.children if child.name == path[0])
        for child in found:
            if len(path) == 1:
                yield child
            else:
                yield from child.rows(*path[1:])

    def value(self, *path: str) -> str:
        """Return the text of the first element at a path, empty when there is none."""
        return next((row.text for row in self.rows(*path)), "")


@dataclass(slots=True)
class _Open:
    """An element whose end has not come yet."""

    name: str
    attributes: dict[str, str]
    text: list[str] = field(default_factory=list)
    size: int = 0
    children: list[Element] = field(default_factory=list)

    @property
    def ghost(self) -> bool:
        return self.attributes.get("ghost", "").lower() == "true"

    def closed(self) -> Element:
        return Element(
            self.name,
            clean_text("".join(self.text)),
            tuple((key, clean_text(value[: 4 * LONGEST])) for key, value in self.attributes.items()),
            tuple(self.children),
        )


class _Builder:
    """Takes what expat reports, and builds the tree."""

    def __init__(self) -> None:
        self.root: Element | None = None
        self._open: list[_Open] = []
        self._elements = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > MOST_ELEMENTS:
            raise BadStatusXml(f"more than {MOST_ELEMENTS} elements")
        if len(self._open) >= DEEPEST:
            raise BadStatusXml(f"elements more than {DEEPEST} deep")
        known = {key: value for key, value in attributes.items() if key in ATTRIBUTES}
        self._open.append(_Open(_local(name), known))

    def text(self, text: str) -> None:
        element = self._open[-1]
        if element.size <= 4 * LONGEST:  # cleaning drops characters, so that somewhat more may be needed
            element.text.append(text[: 4 * LONGEST])
            element.size += len(text)

    def end(self, _name: str) -> None:
        done = self._open.pop()
        if not self._open:
            self.root = done.closed()
        elif not done.ghost:
            self._open[-1].children.append(done.closed())

    def document_type(self, *_declaration: object) -> None:
        raise BadStatusXml("a document type is refused")


def parse_status(octets: bytes) -> Element:
    """Read a status document.

    Returns
    -------
    The element ``Status``, without children where the location has no rows.

    Raises
    ------
    BadStatusXml
        The octets are no XML, have a document type or another root, or are more than is read.
    LocationRefused
        The codec answered with an error in place of the rows.
    """
    if len(octets) > MOST_BYTES:
        raise BadStatusXml(f"more than {MOST_BYTES} octets")
    root = _parse(octets)
    if root.name == "XmlDoc":  # older releases put one around
        root = next((child for child in root.children if child.name in ROOTS), root)
    if root.name not in ROOTS:
        raise BadStatusXml("not a status document")
    if root.attribute("status").lower() == "error":
        raise LocationRefused("the codec answered with an error")
    return root


def _parse(octets: bytes) -> Element:
    builder = _Builder()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = builder.document_type
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    try:
        parser.Parse(octets, True)
    except BadStatusXml:
        raise
    except (expat.ExpatError, ValueError, LookupError):  # the last two: encodings that Python cannot read
        raise BadStatusXml("not well-formed XML") from None
    if builder.root is None:
        raise BadStatusXml("no element")
    return builder.root


def _local(name: str) -> str:
    """Return a name without the prefix of its namespace."""
    return name[-LONGEST:].rpartition(":")[2]
