"""Hands out the reference for the metrics page and the strategy for snapshots."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import metrics_reference
import pytest
from hypothesis.strategies import SearchStrategy
from processes import free_port
from snapshot_strategies import SNAPSHOT


@pytest.fixture(scope="session")
def reference() -> ModuleType:
    """Return the module with ``province``, ``samples`` and ``reference_registry``."""
    return metrics_reference


@pytest.fixture(scope="session")
def snapshots() -> SearchStrategy[Any]:
    """Return a strategy of snapshots with hostile texts."""
    strategy: SearchStrategy[Any] = SNAPSHOT
    return strategy


@pytest.fixture
def tcp_port() -> int:
    """Return a port of loopback at which nobody listens."""
    return free_port()
