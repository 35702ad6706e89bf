"""Who does the heavy geometry: threads of this process, or a cluster for a whole country.

The same functions run either way, on the same pieces in the same order, so that the result does not depend on who
computed it. GEOS runs outside Python's lock: threads are enough on one machine.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from phusong.coverage.errors import CoverageError

A = TypeVar("A")
B = TypeVar("B")

_PATIENCE = "10s"


class Workers(Protocol):
    """Applies a function to pieces of work."""

    def map(self, function: Callable[[A], B], pieces: Iterable[A]) -> list[B]:
        """Return the results in the order of the pieces."""


class Threads:
    """Up to ``jobs`` threads; as many as the machine has cores without it."""

    def __init__(self, jobs: int | None = None) -> None:
        self._jobs = jobs or os.cpu_count() or 1

    def map(self, function: Callable[[A], B], pieces: Iterable[A]) -> list[B]:
        """Return the results in the order of the pieces."""
        with ThreadPoolExecutor(self._jobs) as pool:
            return list(pool.map(function, pieces))


class Cluster(AbstractContextManager["Cluster"]):
    """The workers of a dask.distributed scheduler.

    Whatever reaches them is Python's own serialisation, which runs code: use ``tls://`` addresses, or a network
    that nobody else is on.

    Raises
    ------
    CoverageError
        Nobody answers at the address, the scheduler has no workers, or the library is missing.
    """

    def __init__(self, address: str) -> None:
        try:
            from distributed import Client
        except ModuleNotFoundError:
            raise CoverageError(
                "--scheduler needs dask.distributed: install it with pip install 'phusong[cluster]'"
            ) from None
        try:
            # Untyped, all of it: what it does is held to by the tests with two real workers.
            self._client: Any = Client(address, timeout=_PATIENCE, set_as_default=False)  # type: ignore[no-untyped-call]
        except (OSError, ValueError) as error:
            raise CoverageError(
                f"--scheduler {address}: no dask scheduler answers ({error}); start one with 'dask scheduler'"
            ) from error
        if not self._client.scheduler_info()["workers"]:
            self.close()
            raise CoverageError(f"--scheduler {address}: has no workers; start them with 'dask worker {address}'")

    def map(self, function: Callable[[A], B], pieces: Iterable[A]) -> list[B]:
        """Return the results in the order of the pieces."""
        # Straight to the workers: by way of the scheduler each piece would be copied twice more.
        there = self._client.scatter(list(pieces), direct=True, hash=False)
        results: list[Any] = self._client.gather(self._client.map(function, there, pure=False), direct=True)
        return results

    def close(self) -> None:
        """Leave the scheduler."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()
