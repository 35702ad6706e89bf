"""A video call as the endpoint in it measures it: pure functions of elapsed seconds.

No vendor's units here: those are in the modules that show a call. Figures swing slowly around a mean of their own;
counters never fall while a call lasts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from .traffic import draw

POOR_ABOVE_LOSS: Final = 0.01
POOR_ABOVE_JITTER_S: Final = 0.035
POOR_ABOVE_LATENCY_S: Final = 0.150
"""The trap thresholds of POLYCOM-VIDEO-MIB: 1 %, 35 ms and 150 ms."""
SWING: Final = 0.15
SWING_PERIOD_S: Final = 600.0
OCTETS_PER_PACKET: Final = 1000
AUDIO_KBPS: Final = 64
AUDIO_PACKETS_PER_S: Final = 50
HD_LINES: Final = 720


@dataclass(frozen=True, slots=True)
class Call:
    """A call that is up, or that comes again and again; it has begun before the simulation did."""

    endpoint_id: str
    far_end: str
    """Number of the other side."""
    lines: int
    """Of the pictures, both ways: 720 in 1280 x 720."""
    kbps: int
    """Of the whole call, in each direction."""
    loss_ratio: float
    """Mean of the received packets that are lost; jitter and latency are means too."""
    jitter_s: float
    latency_s: float
    began_s: float
    outgoing: bool = False
    lasts_s: float = math.inf
    every_s: float = math.inf
    """After so many seconds it begins anew."""

    @property
    def poor(self) -> bool:
        """Whether picture or sound suffer."""
        return (
            self.loss_ratio > POOR_ABOVE_LOSS
            or self.jitter_s > POOR_ABOVE_JITTER_S
            or self.latency_s > POOR_ABOVE_LATENCY_S
        )

    @property
    def columns(self) -> int:
        """Pixels in a line of a wide picture."""
        return self.lines * 16 // 9

    @property
    def frames_per_s(self) -> int:
        """Pictures per second."""
        return 30 if self.lines >= HD_LINES else 25

    def begin_s(self, elapsed: float) -> float:
        """Return when it began last: negative before the start of the simulation."""
        if self.every_s == math.inf:
            return self.began_s
        return self.began_s + (elapsed - self.began_s) // self.every_s * self.every_s

    def is_up(self, elapsed: float) -> bool:
        """Tell whether it is up."""
        return elapsed - self.begin_s(elapsed) < self.lasts_s

    def duration_s(self, elapsed: float) -> float:
        """Return how long it has been up, or was when it is over."""
        return min(elapsed - self.begin_s(elapsed), self.lasts_s)

    def loss(self, elapsed: float) -> float:
        """Return the share of the packets that is lost now, 0 to 1."""
        return self.loss_ratio * self._swing("loss", elapsed)

    def jitter(self, elapsed: float) -> float:
        """Return the jitter now in seconds."""
        return self.jitter_s * self._swing("jitter", elapsed)

    def latency(self, elapsed: float) -> float:
        """Return the latency now in seconds."""
        return self.latency_s * self._swing("latency", elapsed)

    def video_kbps(self, elapsed: float) -> float:
        """Return the rate of the picture now: never more than the call has."""
        return (self.kbps - AUDIO_KBPS) * self._swing("rate", elapsed) / (1 + SWING)

    def video_packets(self, elapsed: float) -> int:
        """Return the packets of the picture since the call began, each way."""
        return int(self.kbps * 125 / OCTETS_PER_PACKET * self.duration_s(elapsed))

    def audio_packets(self, elapsed: float) -> int:
        """Return the packets of the sound since the call began, each way."""
        return int(AUDIO_PACKETS_PER_S * self.duration_s(elapsed))

    def _swing(self, what: str, elapsed: float) -> float:
        phase = draw(self.endpoint_id, what)[0]
        return 1 + SWING * math.sin(math.tau * (elapsed / SWING_PERIOD_S + phase))
