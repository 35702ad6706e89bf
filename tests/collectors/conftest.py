"""Fixtures for the tests of ``collectors``: a real snmpd, shared by all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import snmp_peers


@pytest.fixture(scope="session")
def snmpd() -> Iterator[Any]:
    """Run a real agent, shared by all tests."""
    if snmp_peers.SNMPD is None:
        pytest.skip("snmpd is not installed")
    with snmp_peers.running_snmpd() as running:
        yield running
