"""Logs: what is written, and that the agent does not depend on it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from phusong.agent.logs import set_up_logs


@pytest.fixture(autouse=True)
def defaults() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def test_a_line_is_json_with_a_time_in_utc() -> None:
    """Another program can read the log, and its times need no guess of the zone."""
    stream = io.StringIO()
    set_up_logs(stream)
    structlog.get_logger().info("agent_started", links=345)
    line = json.loads(stream.getvalue())
    assert (line["event"], line["level"], line["links"]) == ("agent_started", "info", 345)
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize(("method", "priority"), [("info", "<6>"), ("warning", "<4>"), ("error", "<3>")])
def test_journald_gets_priorities(method: str, priority: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """``journalctl -p warning`` finds what is worth a look."""
    monkeypatch.setenv("JOURNAL_STREAM", "8:1")
    stream = io.StringIO()
    set_up_logs(stream)
    getattr(structlog.get_logger(), method)("something")
    assert stream.getvalue().startswith(priority)


def test_a_log_that_cannot_be_written_harms_nobody() -> None:
    """A full disk or a reader that went away costs lines of the log and nothing else."""
    with Path("/dev/full").open("wb", buffering=0) as raw:
        full = io.TextIOWrapper(raw, encoding="utf-8", write_through=True)
        set_up_logs(full)
        structlog.get_logger().error("nobody_hears_this")
        structlog.get_logger().error("nor_this")
        full.detach()
    closed = io.StringIO()
    set_up_logs(closed)
    closed.close()
    structlog.get_logger().error("nor_this")
