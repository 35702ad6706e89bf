"""``phusong coverage``: from files to figures. The geodata libraries are loaded here, never by the agent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from phusong.coverage.input.layers import parse_layer_spec
from phusong.coverage.run import CoverageRequest, compute_coverage
from phusong.coverage.synthetic import write_synthetic_layers


def run_coverage(
    boundaries: Path | None,
    layers: Sequence[str],
    sites: Path | None,
    edition: str,
    output: Path,
    fallback_min_dbm: float,
    tell: Callable[[str], None],
) -> None:
    """Measure and write everything into ``output``.

    Raises
    ------
    CoverageError
        A file or a layer's description cannot be used.
    """
    specs = tuple(parse_layer_spec(text) for text in layers)
    summary = compute_coverage(
        CoverageRequest(specs, output, edition, boundaries, sites=sites, fallback_min_dbm=fallback_min_dbm),
        tell,
    )
    tell(f"{len(summary.communes)} communes measured: {output / 'communes.csv'}")


def run_demo_coverage(folder: Path, tell: Callable[[str], None]) -> None:
    """Write the synthetic layers of the demonstration into ``folder/layers`` and measure them."""
    layers = write_synthetic_layers(folder / "layers")
    sites = folder / "province" / "inventory" / "sites.csv"
    compute_coverage(CoverageRequest(tuple(layers), folder, sites=sites), tell)
