"""Text on a picture: the font that matplotlib brings along, how wide a text is, and its one way onto the paper.

Outside text is cleaned here and is never a formula. Lengths are millimetres of paper, sizes points.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.font_manager import FontProperties
from matplotlib.patheffects import Normal, Stroke
from matplotlib.textpath import text_to_path

from phusong.maps.palette import BASE
from phusong.maps.text import MAX_LENGTH, clean_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

MM_PER_POINT = 25.4 / 72
_MORE = "…"
_LONGEST_LINE = 2_000


@cache
def font(size: float, *, bold: bool = False) -> FontProperties:
    """Return DejaVu Sans from matplotlib's own folder: every Vietnamese letter, on every machine the same."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return FontProperties(fname=str(Path(mpl.get_data_path()) / "fonts" / "ttf" / name), size=size)


def shown(text: str, max_length: int = MAX_LENGTH) -> str:
    """Return outside text as it may be drawn: nothing that acts, and accents on their letters."""
    return clean_text(unicodedata.normalize("NFC", text), max_length)


def width_mm(text: str, size: float, *, bold: bool = False) -> float:
    """Return how much room a line of text takes."""
    width, _, _ = text_to_path.get_text_width_height_descent(text, font(size, bold=bold), ismath=False)
    return float(width) * MM_PER_POINT


def wrap(text: str, room_mm: float, size: float, *, bold: bool = False, max_lines: int = 4) -> list[str]:
    """Return the lines of a cleaned text that has so much room; a word that is too long is broken.

    What does not fit into ``max_lines`` is cut, and ends in ``…``.
    """
    lines: list[str] = []
    for part in text.split(" "):
        joined = f"{lines[-1]} {part}" if lines else part
        if lines and width_mm(joined, size, bold=bold) <= room_mm:
            lines[-1] = joined
            continue
        lines += _broken(part, room_mm, size, bold=bold)
        if len(lines) > max_lines:
            break
    return _at_most(lines, max_lines, room_mm, size, bold=bold)


def flow(pieces: Sequence[str], between: str, room_mm: float, size: float, max_lines: int = 4) -> list[str]:
    """Return cleaned pieces side by side, broken between two of them; a piece that is too long is wrapped."""
    lines: list[str] = []
    for piece in filter(None, pieces):
        joined = f"{lines[-1]}{between}{piece}" if lines else piece
        if lines and width_mm(joined, size) <= room_mm:
            lines[-1] = joined
        else:
            lines += wrap(piece, room_mm, size, max_lines=max_lines)
    return _at_most(lines, max_lines, room_mm, size, bold=False)


def put(axes: Axes, x: float, y: float, text: str, size: float, *, bold: bool = False, **options: Any) -> None:
    """Draw one line of text; ``halo=True`` sets it off from what lies under it."""
    halo = options.pop("halo", False)
    drawn = axes.text(
        x,
        y,
        shown(text, _LONGEST_LINE),
        fontproperties=font(size, bold=bold),
        parse_math=False,
        **{"color": BASE["ink"].light, "va": "center_baseline", **options},
    )
    if halo:
        drawn.set_path_effects([Stroke(linewidth=size * 0.28, foreground=BASE["halo"].light), Normal()])


def _broken(word: str, room_mm: float, size: float, *, bold: bool) -> list[str]:
    lines = [""]
    for character in word:
        if lines[-1] and width_mm(lines[-1] + character, size, bold=bold) > room_mm:
            lines.append("")
        lines[-1] += character
    return lines


def _at_most(lines: list[str], max_lines: int, room_mm: float, size: float, *, bold: bool) -> list[str]:
    if len(lines) <= max_lines:
        return lines
    last = lines[max_lines - 1]
    while last and width_mm(last + _MORE, size, bold=bold) > room_mm:
        last = last[:-1]
    return [*lines[: max_lines - 1], last + _MORE]
