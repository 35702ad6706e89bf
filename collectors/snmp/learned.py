"""What one device has taught about the size of its answers: how many objects, how many rows of a walk.

Sizes shrink at once when an answer was too big, lost or out of order, and double again after long success; a step
up that fails is taken back and not tried again for eight times as long. Bookkeeping only: what is asked is in
``batch`` and ``walk``, which share one ``LearnedSizes`` per device.
"""

from __future__ import annotations

from dataclasses import dataclass, field

LARGEST_REPLY_OCTETS = 1400
"""Replies are kept below this: what one Ethernet frame carries, less the headers and a tunnel around it."""
OBJECTS_PER_REQUEST = 44
"""About 1,200 octets of answer when nothing is known of the device yet, with room for long names."""
REPETITIONS = 10
REPETITIONS_MOST = 25
"""What snmp_exporter asks of every device; from 55 on some switches skip rows."""
GET_NEXT = 0
"""In place of a number of repetitions: one row at a time."""

FEW_OBJECTS = 8
"""An answer of fewer objects is mostly header: it does not show how long objects are."""
GOOD_AFTER_FAILURE = 20
"""After a failure so many answers must be good before a step up is tried: ten minutes of polls."""
PATIENCE_FACTOR = 8
PATIENCE_MOST = 10_000
"""A device that refuses every step up is tried again after so many good answers: some days of polls."""


def octets_fit(size: int, reply_octets: int) -> int:
    """Return how many objects like the ``size`` in a reply of so many octets fit into one of ours, at least 1."""
    return max(1, size * LARGEST_REPLY_OCTETS // max(1, reply_octets))


@dataclass(slots=True)
class LearnedSize:
    """One size: ``value`` is what to ask for now, never above ``most``; what is above ``proven`` is on trial."""

    value: int
    most: int
    patience: int = GOOD_AFTER_FAILURE
    """After so many good answers the next step up is tried."""
    proven: int = field(init=False)
    """The largest size that was answered well, or is taken to be fine until it fails."""
    _good: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.proven = self.value

    def on_trial(self, size: int) -> bool:
        """Tell whether this size is a step up that has not been answered yet."""
        return size > self.proven

    def succeeded(self, size: int, fits: int) -> None:
        """Note a good answer of this size; by its octets, ``fits`` would be the largest to ask for."""
        if fits < size:
            self._shrink(fits, tried=size)
            return
        if size > self.proven:
            self.proven = size
            self.patience = min(self.patience, GOOD_AFTER_FAILURE)
        if self.value < self.most:
            self._good += 1
            step = min(max(1, 2 * self.value), self.most)
            if self._good >= self.patience and step <= fits:
                self.value, self._good = step, 0

    def failed(self, size: int, smaller: int) -> None:
        """Note that this size failed and ``smaller`` comes next, unless it was a trial: that is taken back."""
        self._shrink(self.proven if self.on_trial(size) else smaller, tried=size)

    def _shrink(self, value: int, *, tried: int) -> None:
        if self.on_trial(tried):
            self.patience = min(self.patience * PATIENCE_FACTOR, PATIENCE_MOST)
        else:
            self.patience = max(self.patience, GOOD_AFTER_FAILURE)
        self.value = self.proven = value
        self._good = 0


def _objects() -> LearnedSize:
    return LearnedSize(OBJECTS_PER_REQUEST, OBJECTS_PER_REQUEST)


def _repetitions() -> LearnedSize:
    return LearnedSize(REPETITIONS, REPETITIONS_MOST, patience=1)


@dataclass(slots=True)
class LearnedSizes:
    """The sizes of one device: objects per GET, and rows per GETBULK (``GET_NEXT``: it cannot do GETBULK)."""

    objects: LearnedSize = field(default_factory=_objects)
    repetitions: LearnedSize = field(default_factory=_repetitions)

    def recall(self, objects: int | None, repetitions: int | None) -> None:
        """Begin with what was learned in an earlier life, ``None`` where nothing was."""
        if objects is not None:
            self.objects.value = self.objects.proven = min(max(objects, 1), self.objects.most)
        if repetitions is not None:
            self.repetitions.value = self.repetitions.proven = min(repetitions, self.repetitions.most)
