"""``phusong coverage``: from files to figures. The geodata libraries are loaded here, never by the agent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from phusong.agent.coverage_report.write import write_coverage_report
from phusong.coverage.input.layer_list import read_layer_list
from phusong.coverage.input.layer_spec import LayerSpec, parse_layer_spec
from phusong.coverage.measuring.workers import Cluster, Threads, Workers
from phusong.coverage.run import CoverageRequest, compute_coverage
from phusong.coverage.summary import ANY_OPERATOR, CoverageSummary, UnitIndicator
from phusong.coverage.synthetic import write_synthetic_layers

_STEPS_BESIDE_LAYERS = 7
"""Boundaries, people, merging, counting, measuring, writing: about so many lines of progress."""


def layer_specs(layers: Sequence[str], lists: Sequence[Path]) -> tuple[LayerSpec, ...]:
    """Return what ``--layer`` and ``--layers`` describe, in their order.

    Raises
    ------
    LayerSpecError
        A description cannot be understood.
    """
    listed = [spec for path in lists for spec in read_layer_list(path)]
    return (*map(parse_layer_spec, layers), *listed)


def run_coverage(
    request: CoverageRequest,
    jobs: int | None,
    scheduler: str | None,
    console: Console,
    tell: Callable[[str], None],
) -> None:
    """Measure and write everything into ``request.out_dir``; a bar on a terminal, lines elsewhere.

    Raises
    ------
    CoverageError
        A file or a layer's description cannot be used.
    """
    steps = len(request.layers) + _STEPS_BESIDE_LAYERS
    with _workers(jobs, scheduler) as workers, progress_lines(console, steps, tell) as step:
        summary = compute_coverage(request, step, workers)
        step("writing the report")
        write_coverage_report(summary, request.out_dir)
    tell(f"{len(summary.communes)} communes measured: {request.out_dir / 'communes.csv'}")
    for line in _province_lines(summary):
        tell(line)


def run_demo_coverage(folder: Path, tell: Callable[[str], None]) -> None:
    """Write the synthetic layers of the demonstration into ``folder/layers`` and measure them."""
    layers = write_synthetic_layers(folder / "layers")
    sites = folder / "province" / "inventory" / "sites.csv"
    summary = compute_coverage(CoverageRequest(tuple(layers), folder, sites=sites), tell)
    write_coverage_report(summary, folder)


@contextmanager
def progress_lines(console: Console, steps: int, tell: Callable[[str], None]) -> Iterator[Callable[[str], None]]:
    """Show the step that is under way with a bar on a terminal, and a line for each elsewhere."""
    if not console.is_terminal:
        yield tell
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=steps)
        started = False

        def step(line: str) -> None:
            nonlocal started
            progress.update(task, description=line, advance=1 if started else 0)
            started = True

        yield step


def _workers(jobs: int | None, scheduler: str | None) -> AbstractContextManager[Workers]:
    return nullcontext(Threads(jobs)) if scheduler is None else Cluster(scheduler)


def _province_lines(summary: CoverageSummary) -> Iterator[str]:
    """Return a line for each technology: what all operators together reach in the province."""
    province = next(unit for unit in summary.units if unit.level == "province")
    together: dict[str, UnitIndicator] = {}
    for indicator in province.indicators:
        if indicator.operator == ANY_OPERATOR:
            together[indicator.technology] = indicator  # the weakest class comes last
    for technology, indicator in together.items():
        people = ""
        if indicator.population_ratio is not None:
            estimate = ", estimated by area" if summary.population_method == "area" else ""
            people = f", {100 * indicator.population_ratio:.1f} % of the people{estimate}"
        level = "as claimed" if indicator.min_dbm is None else f"at {indicator.min_dbm:g} dBm or better"
        yield (
            f"{technology}, any operator, {level}: {100 * indicator.area_ratio:.1f} % of the land{people}, "
            f"{indicator.centres_covered} of {province.communes} centres"
        )
