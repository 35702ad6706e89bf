"""What a picture's SVG shows, read without our code: texts from glyphs, groups by their id, places in points."""

from __future__ import annotations

import re
import unicodedata
import xml.etree.ElementTree as ET
from functools import cache
from pathlib import Path

import matplotlib as mpl
from matplotlib.ft2font import FT2Font

SVG = "{http://www.w3.org/2000/svg}"
HREF = "{http://www.w3.org/1999/xlink}href"
_LIGATURES = "\ufb00\ufb01\ufb02\ufb03\ufb04"
POINTS = re.compile(r"-?\d+(?:\.\d+)?")

Box = tuple[float, float, float, float]
"""Left, top, right and bottom in points of the sheet."""


class Drawn:
    """One SVG; parsing it proves that it is well-formed."""

    def __init__(self, svg: bytes) -> None:
        self.root = ET.fromstring(svg)

    def group(self, name: str) -> ET.Element:
        """Return the one group with this id."""
        [found] = [each for each in self.root.iter(f"{SVG}g") if each.get("id") == name]
        return found

    def groups(self, begin: str) -> list[str]:
        """Return the ids of all groups that begin so."""
        names = (each.get("id") or "" for each in self.root.iter(f"{SVG}g"))
        return [name for name in names if name.startswith(begin)]

    def styles(self, name: str) -> list[dict[str, str]]:
        """Return the styles of the shapes of a group, as CSS properties."""
        shapes = [each for each in self.group(name).iter() if each.get("style") and each.tag != f"{SVG}g"]
        return [_style(each) for each in shapes]

    def fills(self, name: str) -> set[str]:
        """Return the colours that fill the shapes of a group."""
        return {style["fill"] for style in self.styles(name) if style.get("fill", "none") != "none"}

    def places(self, name: str) -> list[tuple[float, float]]:
        """Return where the marks of a group are."""
        uses = self.group(name).iter(f"{SVG}use")
        return [(float(each.get("x", "nan")), float(each.get("y", "nan"))) for each in uses]

    def lines(self, name: str) -> list[list[tuple[float, float]]]:
        """Return the points of each path of a group."""
        paths = [POINTS.findall(each.get("d", "")) for each in self.group(name).iter(f"{SVG}path")]
        return [[(float(x), float(y)) for x, y in zip(path[::2], path[1::2], strict=True)] for path in paths]

    def box(self, name: str) -> Box:
        """Return what the paths of a group take."""
        points = [point for path in self.lines(name) for point in path]
        xs, ys = [x for x, _ in points], [y for _, y in points]
        return min(xs), min(ys), max(xs), max(ys)

    def texts(self) -> list[str]:
        """Return every text that is drawn as glyphs (all but names with a halo), in its order."""
        found = []
        for group in self.root.iter(f"{SVG}g"):
            if re.fullmatch(r"text_\d+|name-around-\d+", group.get("id") or ""):
                found.append("".join(_letter(use.get(HREF, "")) for use in group.iter(f"{SVG}use")))
        return found


def _style(element: ET.Element) -> dict[str, str]:
    pairs = (part.split(":") for part in element.get("style", "").split(";"))
    return {name.strip(): value.strip() for name, value in pairs}


def _letter(reference: str) -> str:
    font, _, glyph = reference.removeprefix("#").rpartition("-")
    letter = _letters(font)[int(glyph, 16)]
    return unicodedata.normalize("NFKC", letter) if letter in _LIGATURES else letter


@cache
def _letters(font: str) -> dict[int, str]:
    """Return the letter of each glyph of a font; where two have one, the plainer."""
    path = Path(mpl.get_data_path()) / "fonts" / "ttf" / f"{font}.ttf"
    found: dict[int, str] = {}
    for code, glyph in sorted(FT2Font(path).get_charmap().items()):
        found.setdefault(int(glyph), chr(code))
    return found
