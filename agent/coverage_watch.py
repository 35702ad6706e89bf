"""Looks at ``coverage.json``, which ``phusong coverage`` writes, and gives what is new in it to the agent.

A bad file is reported once, and the figures from before stay.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

import structlog

from phusong.coverage.summary import SummaryError, read_summary

from .daemon import Agent
from .input.config import Config

log = structlog.get_logger()

NOT_LOOKED_AT = (-1, -1)
"""Stands for the modification time and size of a coverage.json that nobody has looked for yet."""


class CoverageWatch:
    """What is known of the file by now."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._stamp: tuple[int, int] | None = NOT_LOOKED_AT

    def look_anew(self) -> None:
        """Read the file at the next look whether it is new or not: it is to be joined with another inventory."""
        self._stamp = NOT_LOOKED_AT

    async def look(self, config: Config) -> None:
        """Read the file when it is new."""
        path = config.coverage.summary
        try:
            status = path.stat() if path else None
        except OSError:
            status = None
        stamp = (status.st_mtime_ns, status.st_size) if status else None
        if stamp == self._stamp:
            return
        self._stamp = stamp
        if path is None or stamp is None:
            self._agent.use_coverage(None)
            log.info("coverage_absent", file=str(path or ""))
            return
        try:
            summary = await asyncio.to_thread(read_summary, path)
        except SummaryError as error:
            log.error("coverage_not_read", problem=str(error))
            return
        if summary.edition != config.edition:
            log.error("coverage_of_another_edition", file=str(path), edition=summary.edition)
            self._agent.use_coverage(None)
            return
        if summary.fallback_min_dbm != config.coverage.fallback_min_dbm:
            log.error(
                "coverage_of_another_level",
                file=str(path),
                min_dbm=summary.fallback_min_dbm,
                wanted=config.coverage.fallback_min_dbm,
            )
            summary = replace(summary, sites=())  # its figures hold, but not what it says of a fallback
        self._agent.use_coverage(summary)
        log.info("coverage_read", file=str(path), communes=len(summary.communes))
