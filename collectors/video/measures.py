"""Numbers and texts of video endpoints in base units; what cannot be is dropped, and told.

No MIB here and no network. The makers give no units, or each his own, and a value of the wrong object looks like a
value: so each is held against what a call can be at all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from phusong.collectors.device_text import decode_text
from phusong.collectors.snmp.ber import Missing, Value

PROBLEMS_TOLD: Final = 12
"""An endpoint whose every object is wrong is not told of object by object."""
DELAY_MOST_S: Final = 60.0
"""Jitter and latency above it are no measurement."""
BIT_RATE_MOST_BPS: Final = 1e9
FRAME_RATE_MOST_HZ: Final = 300.0
PIXELS_MOST: Final = 16384
"""Twice the width of 8K."""
DURATION_MOST_S: Final = 10 * 365 * 86400.0

_NUMBER: Final = re.compile(r"(\d{1,20}(?:[.,]\d{1,9})?)\s*(?:%|ms|msec|fps|hz|kbps|kbit/s)?", re.IGNORECASE)
_WIDTH_AND_LINES: Final = re.compile(r"(\d{1,6})\s*[x×*]\s*(\d{1,6})(?:\D.*)?", re.IGNORECASE)
_LINES: Final = re.compile(r"(\d{3,5})\s*[pi](?:\s*\d{1,3})?", re.IGNORECASE)
_SIZE_BY_NAME: Final = {
    "sqcif": (128, 96),
    "qcif": (176, 144),
    "cif": (352, 288),
    "4cif": (704, 576),
    "16cif": (1408, 1152),
}
"""The picture formats of ITU-T H.263, table 1."""
_NOTHING: Final = frozenset(
    {"", "-", "--", "---", "n/a", "na", "none", "null", "off", "unknown", "disabled", "inactive"}
)
"""Words with which an endpoint says that there is no such stream, codec or picture."""


class Problems:
    """What is wrong with one poll of an endpoint, for people; each text once, and not too many."""

    def __init__(self) -> None:
        self._told: dict[str, None] = {}
        self._untold = 0

    def tell(self, text: str) -> None:
        """Note a problem."""
        if text in self._told:
            return
        if len(self._told) < PROBLEMS_TOLD:
            self._told[text] = None
        else:
            self._untold += 1

    @property
    def texts(self) -> tuple[str, ...]:
        """All that is told, in the order in which it came up."""
        more = (f"{self._untold} more of the like",) if self._untold else ()
        return (*self._told, *more)


class Measures:
    """Converts the values of one endpoint; ``what`` is the name of the object, for the problems."""

    def __init__(self, problems: Problems, legacy_charset: str | None = None) -> None:
        self._problems = problems
        self._legacy_charset = legacy_charset

    def doubt(self, text: str) -> None:
        """Tell that something was left out."""
        self._problems.tell(text)

    def text(self, value: Value) -> str:
        """Return a text, decoded and cleaned; empty for anything else."""
        return decode_text(value, self._legacy_charset) if isinstance(value, bytes) else ""

    def word(self, value: Value) -> str:
        """Return a text that is a name of something, empty where it says that there is nothing."""
        text = self.text(value)
        return "" if text.casefold() in _NOTHING else text

    def ratio(self, what: str, value: Value, whole: int) -> float | None:
        """Return a share of ``whole``, 0 to 1: 100 where the value is in percent."""
        return self._scaled(what, value, whole, 1.0)

    def delay_s(self, what: str, value: Value) -> float | None:
        """Return a jitter or latency that is given in milliseconds."""
        return self._scaled(what, value, 1000, DELAY_MOST_S)

    def duration_s(self, what: str, value: Value) -> float | None:
        """Return a duration that is given in seconds."""
        return self._scaled(what, value, 1, DURATION_MOST_S)

    def bit_rate_bps(self, what: str, value: Value, unit_bps: int = 1000) -> float | None:
        """Return a bit rate that is given in kbit/s, or another unit of so many bit/s."""
        return self._scaled(what, value, 1 / unit_bps, BIT_RATE_MOST_BPS)

    def frame_rate_hz(self, what: str, value: Value, per: int = 1) -> float | None:
        """Return a frame rate that is given in frames per ``per`` seconds: 1000 for millifps."""
        return self._scaled(what, value, per, FRAME_RATE_MOST_HZ)

    def pixels(self, what: str, value: Value) -> int | None:
        """Return a width or a number of lines; ``None`` for 0, which is no picture."""
        found = self._scaled(what, value, 1, PIXELS_MOST)
        return int(found) if found else None

    def resolution(self, what: str, value: Value) -> tuple[int | None, int | None]:
        """Return width and lines of a picture from a text such as ``1280x720``, ``720p`` or ``4CIF``."""
        text = self.word(value)
        if not text:
            return None, None
        if found := _WIDTH_AND_LINES.fullmatch(text):
            size = int(found[1]), int(found[2])
        elif found := _LINES.fullmatch(text):
            size = 0, int(found[1])
        else:
            size = _SIZE_BY_NAME.get(text.casefold(), (0, -1))
        if size[1] < 0 or max(size) > PIXELS_MOST:
            self._problems.tell(f"{what}: {text[:40]!r} is no size of a picture")
            return None, None
        return size[0] or None, size[1] or None

    def _scaled(self, what: str, value: Value, per: float, most: float) -> float | None:
        found = self._number(what, value)
        if found is None:
            return None
        scaled = found / per
        if not 0 <= scaled <= most:
            self._problems.tell(f"{what}: {found:.12g} cannot be")
            return None
        return scaled

    def _number(self, what: str, value: Value) -> float | None:
        """Return the number in a value; ``None`` where there is none, which an empty string says too."""
        if value is None or isinstance(value, Missing):
            return None
        if isinstance(value, int):
            return float(value)
        if isinstance(value, bytes):
            text = self.word(value)
            if not text:
                return None
            if found := _NUMBER.fullmatch(text):
                return float(found[1].replace(",", "."))
        self._problems.tell(f"{what}: not a number")
        return None


def is_there(value: Value) -> bool:
    """Tell whether the agent has the object."""
    return value is not None and not isinstance(value, Missing)


def first_given(values: Sequence[Value]) -> Value:
    """Return the first value that the agent has, so that the better object may stand first."""
    return next((value for value in values if is_there(value)), Missing.NO_SUCH_INSTANCE)
