"""The two text formats of metrics: label values, series, numbers, headers, and which format a scraper wants.

Knows nothing of links or devices. The text format is 0.0.4, OpenMetrics is 1.0; both print a sample alike.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum

from prometheus_client.utils import floatToGoString

from phusong.exporters.metric_family import Metric

LABEL_LENGTH_LIMIT = 256
"""Characters of a label value that are kept: ifName has at most 255 octets, so what is longer is damage."""

_COUNTER_MODULUS = 2**53
_FIRST_WITH_EXPONENT = 1_000_000
_EXPONENTS = tuple(f"e+{digits - 1:02d}" for digits in range(len(str(_COUNTER_MODULUS)) + 1))
"""By the number of digits before the point."""
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


class Format(Enum):
    """A text format and the content type under which it is served."""

    TEXT = "text/plain; version=0.0.4; charset=utf-8"
    OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


def negotiate(accept: str) -> Format:
    """Return the format that an ``Accept`` header (RFC 9110) asks for; text when it asks for neither.

    OpenMetrics is taken in versions 1.x and without a version; of equal weights the first wins.
    """
    best, best_weight = Format.TEXT, 0.0
    for entry in accept.split(","):
        media_type, *parameters = (part.strip().lower() for part in entry.split(";"))
        settings = dict(parameter.split("=", 1) for parameter in parameters if "=" in parameter)
        version = settings.get("version", "")
        if media_type == "application/openmetrics-text" and (not version or version.startswith("1.")):
            wanted = Format.OPENMETRICS
        elif media_type == "text/plain":
            wanted = Format.TEXT
        else:
            continue
        weight = _weight(settings.get("q", "1"))
        if weight > best_weight:
            best, best_weight = wanted, weight
    return best


def _weight(text: str) -> float:
    return float(text) if re.fullmatch(r"[01](\.\d{0,3})?", text) else 0.0


def clean_label(text: str) -> str:
    """Return ``text`` as a label value that every scraper can read.

    Lone surrogates and control characters (a tab and a line break are none here) become U+FFFD: one of them
    in one device's answer would otherwise make the whole page unreadable.
    """
    if not text.isprintable():
        text = _UNPRINTABLE.sub("\ufffd", text)
    return text[:LABEL_LENGTH_LIMIT]


def series(name: str, labels: Mapping[str, str]) -> str:
    """Return everything of a sample's line before its value, with the blank; values are cleaned and escaped."""
    if not labels:
        return f"{name} "
    pairs = ",".join(f'{label}="{_escape(clean_label(labels[label]))}"' for label in sorted(labels))
    return f"{name}{{{pairs}}} "


def _escape(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def number(value: float) -> str:
    """Return a value as prometheus_client prints it (``floatToGoString``), usual ones by a short cut."""
    kind = type(value)
    if kind is int and 0 <= value < _COUNTER_MODULUS:  # from there on, whole numbers are no longer exact
        if value < _FIRST_WITH_EXPONENT:
            return f"{value}.0"
        digits, fraction = str(value), ""
    elif kind is float and -_COUNTER_MODULUS < value < _COUNTER_MODULUS:
        if value < _FIRST_WITH_EXPONENT:
            return repr(value)
        digits, _, fraction = repr(value).partition(".")
    else:
        return str(floatToGoString(value))  # type: ignore[no-untyped-call]  # the library leaves it bare
    return f"{digits[0]}.{digits[1:]}{fraction}".rstrip("0.") + _EXPONENTS[len(digits)]


def line(start: str, value: float | None) -> str:
    """Return a whole line from its beginning and its value; nothing for a value that is not known."""
    return "" if value is None else f"{start}{number(value)}\n"


def flag(start: str, value: bool | None) -> str:
    """Return the line of a gauge that is 1 or 0; nothing where that is not known."""
    return "" if value is None else f"{start}1.0\n" if value else f"{start}0.0\n"


def info_line(name: str, labels: Mapping[str, str]) -> str:
    """Return the line of an ``*_info``: its labels are what it says."""
    return f"{series(name, labels)}1.0\n"


def counter_value(raw: int) -> int:
    """Return a device's counter modulo 2^53: above that, Prometheus' numbers would skip values."""
    return raw % _COUNTER_MODULUS


def header(metric: Metric, output_format: Format) -> str:
    """Return the ``# HELP`` and ``# TYPE`` lines of a family."""
    if output_format is Format.OPENMETRICS:
        name, kind = metric.openmetrics_name, metric.openmetrics_type
        text = _escape(metric.help)
    else:
        name, kind = metric.name, metric.text_type
        text = metric.help.replace("\\", r"\\").replace("\n", r"\n")
    return f"# HELP {name} {text}\n# TYPE {name} {kind}\n"
