"""Who does the heavy geometry: threads and two real dask workers give the same bytes."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from processes import free_port, run_cli, running, wait_for

from phusong.coverage.errors import CoverageError
from phusong.coverage.measuring.workers import Cluster, Threads
from phusong.coverage.synthetic import write_synthetic_layers

RESULTS = ("communes.csv", "coverage.gpkg", "coverage.json", "repairs.csv")


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a scheduler with two workers on loopback, and give its address."""
    folder = tmp_path_factory.mktemp("cluster")
    file = folder / "scheduler.json"
    local = ("--host", "127.0.0.1", "--no-dashboard")
    dask = (sys.executable, "-m", "distributed.cli.dask_scheduler")
    worker = (sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", file, *local)
    with ExitStack() as stack:
        stack.enter_context(
            running([*dask, *local, "--port", free_port(), "--scheduler-file", file], folder / "scheduler.log")
        )
        address = wait_for(lambda: json.loads(file.read_text())["address"], "the scheduler")
        for number in (1, 2):
            own = ("--nthreads", 1, "--no-nanny", "--name", number, "--local-directory", folder)
            stack.enter_context(running([*worker, *own], folder / f"worker-{number}.log"))
        wait_for(
            lambda: all("Registered to" in (folder / f"worker-{n}.log").read_text() for n in (1, 2)), "two workers"
        )
        yield str(address)


@pytest.mark.parametrize("jobs", [1, 3, None])
def test_threads_keep_the_order(jobs: int | None) -> None:
    """Results come in the order of the pieces, by any number of threads."""
    assert Threads(jobs).map(lambda piece: piece * piece, range(100)) == [n * n for n in range(100)]


def test_a_cluster_gives_the_same_files(scheduler: str, tmp_path: Path) -> None:
    """A run on two workers writes what a run in one thread writes, byte for byte."""
    specs = write_synthetic_layers(tmp_path / "layers")[:4]
    layers = [
        part
        for spec in specs
        for part in (
            "--layer",
            f"{spec.path},operator={spec.operator},technology={spec.technology},min_dbm={spec.min_dbm:g}",
        )
    ]
    for name, option in (("alone", ("--jobs", 1)), ("together", ("--scheduler", scheduler))):
        done = run_cli("coverage", *layers, "--out", tmp_path / name, "--no-cache", *option)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
    for result in RESULTS:
        assert (tmp_path / "alone" / result).read_bytes() == (tmp_path / "together" / result).read_bytes()


def test_nobody_at_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """The address is named, and what to start there."""
    monkeypatch.setattr("phusong.coverage.measuring.workers._PATIENCE", "500ms")
    with pytest.raises(
        CoverageError, match=r"--scheduler tcp://127.0.0.1:\d+: no dask scheduler answers .*start one"
    ):
        Cluster(f"tcp://127.0.0.1:{free_port()}")
    with pytest.raises(CoverageError, match="--scheduler nonsense://x: no dask scheduler answers"):
        Cluster("nonsense://x")
