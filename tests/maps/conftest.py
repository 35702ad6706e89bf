"""Fixtures for map tests."""

from __future__ import annotations

from types import ModuleType

import geopandas as gpd
import map_province
import pytest


@pytest.fixture(scope="session")
def fleet() -> ModuleType:
    """Give the generator of provinces."""
    return map_province


@pytest.fixture(scope="session")
def boxes(fleet: ModuleType) -> gpd.GeoDataFrame:
    """Give twelve square communes in two districts."""
    return fleet.box_communes()


@pytest.fixture(scope="session")
def real_communes(fleet: ModuleType) -> gpd.GeoDataFrame:
    """Give the 177 real communes, where ../shared is at hand."""
    if not fleet.REAL_BOUNDARIES.exists():
        pytest.skip("the real boundaries of ../shared/geo are not here")
    return fleet.real_communes()
