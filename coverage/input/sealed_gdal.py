"""GDAL with the drivers that we read, and no network.

What a file is, GDAL finds out from its content: a .kml or .json that is in truth a virtual dataset, a service or a
pipeline of its algorithms would make it open other files and send requests, and a GeoJSON may name its CRS by an
address. No setting of GDAL forbids this, so the drivers are taken from its list, and whatever asks for an address
gets an empty answer and is noted.
"""

from __future__ import annotations

import ctypes
import threading
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING

import pyogrio

from phusong.coverage.errors import VectorFileError

if TYPE_CHECKING:
    from collections.abc import Iterator

DRIVERS = ("ESRI Shapefile", "FlatGeobuf", "GPKG", "GeoJSON", "LIBKML", "MEM", "MapInfo File")
_FETCH = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_char_p, *[ctypes.c_void_p] * 5)
"""``CPLHTTPFetchCallbackFunc``: the address, and what does not matter to us."""
_EMPTY_ANSWER_BYTES = 512
"""More than a ``CPLHTTPResult`` has; zeros are an answer without content, which GDAL frees."""

_lock = threading.Lock()
_kept: list[object] = []
"""What GDAL calls must outlive it."""
_asked = threading.local()


@contextmanager
def sealed_gdal() -> Iterator[list[str]]:
    """Keep GDAL to ``DRIVERS`` and off the network, from now on; yields the addresses asked for meanwhile.

    Raises
    ------
    VectorFileError
        This build of GDAL cannot be kept to that.
    """
    with _lock:
        if not _kept:
            _seal()
    _asked.addresses = []
    try:
        yield _asked.addresses
    finally:
        _asked.addresses = []


def _seal() -> None:
    pyogrio.set_gdal_config_options({"CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none"})
    try:
        gdal = ctypes.CDLL(str(import_module("pyogrio._io").__file__))
        gdal.GDALGetDriver.restype = gdal.VSICalloc.restype = ctypes.c_void_p
        gdal.VSICalloc.argtypes = [ctypes.c_size_t, ctypes.c_size_t]
        gdal.GDALGetDriverShortName.restype = ctypes.c_char_p
        gdal.GDALGetDriverShortName.argtypes = gdal.GDALDeregisterDriver.argtypes = [ctypes.c_void_p]
        for driver in [gdal.GDALGetDriver(number) for number in range(gdal.GDALGetDriverCount())]:
            if gdal.GDALGetDriverShortName(driver).decode() not in DRIVERS:
                gdal.GDALDeregisterDriver(driver)
        answer = _FETCH(lambda address, *_: _note(gdal, address))
        gdal.CPLHTTPSetFetchCallback(answer, None)
    except (OSError, AttributeError) as error:
        raise VectorFileError(
            f"GDAL cannot be kept off the network ({error}); install pyogrio as its own wheel"
        ) from error
    left = [name for name in pyogrio.list_drivers() if name not in DRIVERS]
    if left:
        raise VectorFileError(f"GDAL keeps the drivers {', '.join(left)}; install pyogrio as its own wheel")
    _kept.append(answer)


def _note(gdal: ctypes.CDLL, address: bytes) -> int:
    getattr(_asked, "addresses", []).append(address.decode(errors="replace"))
    return int(gdal.VSICalloc(1, _EMPTY_ANSWER_BYTES))
