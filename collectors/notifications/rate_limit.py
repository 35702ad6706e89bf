"""A token bucket over a clock that is handed in."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class TokenBucket:
    """Lets ``burst`` events pass at once and ``per_s`` a second in the long run."""

    per_s: float
    burst: float
    _tokens: float = field(init=False)
    _filled_at: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self._tokens = self.burst

    def has_token(self, now: float) -> bool:
        """Say whether an event may pass now; nothing is used up."""
        self._tokens = min(self.burst, self._tokens + max(0.0, now - self._filled_at) * self.per_s)
        self._filled_at = now
        return self._tokens >= 1

    def take(self) -> None:
        """Use a token up that ``has_token`` has promised."""
        self._tokens -= 1
