"""What ``phusong map`` was asked to draw as a picture; matplotlib is not needed to know it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class PictureRequest:
    """The options as they were given; those that were not are ``None``. Without a file no picture is wanted."""

    png: Path | None = None
    svg: Path | None = None
    technology: str | None = None
    operator: str | None = None
    min_dbm: str | None = None
    measure: str | None = None
    hatches: bool = False
    width_mm: float | None = None
    dpi: int | None = None

    def given(self) -> tuple[str, ...]:
        """Return the names of the options that only a picture has and that were given."""
        options = {
            "--technology": self.technology,
            "--operator": self.operator,
            "--min-dbm": self.min_dbm,
            "--measure": self.measure,
            "--hatches": self.hatches or None,
            "--width-mm": self.width_mm,
            "--dpi": self.dpi,
        }
        return tuple(name for name, value in options.items() if value is not None)
