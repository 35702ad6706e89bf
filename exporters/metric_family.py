"""What a metric family is: name, kind, help and labels. The families themselves stand in ``metrics``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a metric is. The two text formats name some kinds differently."""

    GAUGE = "gauge"
    COUNTER = "counter"
    HISTOGRAM = "histogram"
    INFO = "info"
    """Always 1; the labels are what it says."""
    MIB_COUNTER = "counter (MIB name)"
    """A device's own counter under its MIB name, so without ``_total``; it wraps at 2^53."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric family. ``labels`` stand in alphabetical order, as they are printed."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()

    @property
    def text_type(self) -> str:
        """The word after ``# TYPE`` in the text format 0.0.4."""
        match self.kind:
            case Kind.INFO:
                return "gauge"
            case Kind.MIB_COUNTER:
                return "counter"
            case _:
                return str(self.kind)

    @property
    def openmetrics_type(self) -> str:
        """The word after ``# TYPE`` in OpenMetrics, where a counter must end in ``_total``."""
        return "unknown" if self.kind is Kind.MIB_COUNTER else str(self.kind)

    @property
    def openmetrics_name(self) -> str:
        """The family's name in OpenMetrics: without the suffix that its samples carry."""
        match self.kind:
            case Kind.INFO:
                return self.name.removesuffix("_info")
            case Kind.COUNTER:
                return self.name.removesuffix("_total")
            case _:
                return self.name


@dataclass(frozen=True, slots=True)
class Section:
    """Metrics about one kind of thing, in the order of the page."""

    title: str
    about: str
    metrics: tuple[Metric, ...]
