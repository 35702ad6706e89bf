"""Log set-up: one line per event, as text on a terminal and as JSON elsewhere."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from typing import Any, TextIO

import structlog

_PRIORITIES = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}
"""Of syslog, as journald reads them in front of a line (sd-daemon(3))."""


class _Lines:
    """Writes lines to a stream; where that fails (nobody reads it, the disk is full) the agent goes on without."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def msg(self, message: str) -> None:
        """Write one line."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(message + "\n")
            self._stream.flush()

    debug = info = warning = error = critical = exception = log = msg


def set_up_logs(stream: TextIO | None = None) -> None:
    """Send structlog's events and the libraries' warnings to a stream, standard error unless told."""
    stream = stream or sys.stderr
    lines = _Lines(stream)
    terminal = stream.isatty()
    priority: list[structlog.typing.Processor] = [_with_priority] if "JOURNAL_STREAM" in os.environ else []
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if terminal
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([] if terminal else [structlog.processors.format_exc_info]),
            renderer,
            *priority,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: lines,
    )
    logging.basicConfig(level=logging.WARNING, stream=stream, format="%(levelname)s %(name)s: %(message)s")
    logging.raiseExceptions = False


def _with_priority(_logger: object, method: str, line: Any) -> str:
    """Put the priority in front of a rendered line, for journald."""
    return f"<{_PRIORITIES.get(method, 6)}>{line}"
