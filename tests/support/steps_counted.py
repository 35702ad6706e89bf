"""How much a call makes the interpreter do: a number that is the same on a busy machine and on a slow one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any


class StepsCounted:
    """Counts the bytecode instructions that run in the block; the inside of functions written in C is not seen."""

    def __init__(self) -> None:
        self.steps = 0
        self._before: Any = None

    def __enter__(self) -> StepsCounted:
        """Begin to count, in functions called from here."""
        self._before = sys.gettrace()
        sys.settrace(self._enter)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Count no more."""
        sys.settrace(self._before)

    def _enter(self, frame: FrameType, event: str, arg: object) -> Any:
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return self._step

    def _step(self, frame: FrameType, event: str, arg: object) -> Any:
        self.steps += event == "opcode"
        return self._step


def steps_of(work: Callable[[], object]) -> int:
    """Return how many instructions the call takes."""
    with StepsCounted() as counted:
        work()
    return counted.steps
