"""GeoPackages that are the same whenever they are written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pyogrio

_DATE = "2000-01-01T00:00:00.000Z"


@contextmanager
def dated_alike() -> Iterator[None]:
    """Let the GeoPackages that are written meanwhile bear one date of change."""
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _DATE})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
