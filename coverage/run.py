"""One coverage run from files to files: read, merge, measure, write. The steps live in their own modules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phusong.coverage.editions import load_edition
from phusong.coverage.errors import CoverageError
from phusong.coverage.input.boundaries import read_boundaries
from phusong.coverage.input.layers import check_layers, read_layer
from phusong.coverage.input.schematic import draw_schematic
from phusong.coverage.measuring.fallback import DEFAULT_MIN_DBM, cover_sites, read_site_points
from phusong.coverage.measuring.indicators import measure_communes
from phusong.coverage.measuring.unions import unite_layers
from phusong.coverage.output.files import write_report
from phusong.coverage.summary import CoverageSummary

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from phusong.coverage.input.layers import LayerSpec


def compute_coverage(
    boundaries: Path | None,
    layers: Sequence[LayerSpec],
    sites: Path | None,
    edition: str,
    out_dir: Path,
    progress: Callable[[str], None],
    fallback_min_dbm: float | None = DEFAULT_MIN_DBM,
) -> CoverageSummary:
    """Compute coverage of every commune and write the files of ``report``.

    Parameters
    ----------
    boundaries
        A file with the communes' polygons; ``None`` draws schematic ones.
    layers
        What each coverage file means, see ``parse_layer_spec``.
    sites
        ``sites.csv`` for the fallback of each site, or ``None``.
    edition
        Which communes: ``2020-01`` or ``2025-07``.
    out_dir
        Where the files go; made when missing.
    progress
        Called with a line of text before each step.
    fallback_min_dbm
        The weakest level that counts at a site; ``None`` counts every level.

    Raises
    ------
    CoverageError
        Something given cannot be used; the message names it and the remedy. Nothing has been written then.
    """
    communes = load_edition(edition)
    check_layers(layers)
    if out_dir.exists() and not out_dir.is_dir():
        raise CoverageError(f"{out_dir}: is no folder; choose another --out")
    site_points = () if sites is None else read_site_points(sites)
    progress("drawing schematic boundaries" if boundaries is None else f"reading boundaries {boundaries.name}")
    drawn = draw_schematic(communes) if boundaries is None else read_boundaries(boundaries, communes)
    read = []
    for number, spec in enumerate(layers, start=1):
        progress(f"reading layer {number} of {len(layers)}: {spec.path.name}")
        read.append(read_layer(spec))
    progress("merging layers")
    unions = unite_layers(read)
    progress(f"measuring {len(communes.communes)} communes")
    summary = CoverageSummary(
        edition=edition,
        boundaries_file=drawn.file,
        boundaries_sha256=drawn.sha256,
        schematic=drawn.schematic,
        synthetic=any(layer.synthetic for layer in read),
        layers=tuple(layer.source for layer in read),
        communes=measure_communes(drawn, unions),
        sites=cover_sites(site_points, unions, fallback_min_dbm) if site_points else (),
        fallback_min_dbm=fallback_min_dbm,
    )
    repairs = [*drawn.repairs, *(repair for layer in read for repair in layer.repairs)]
    progress(f"writing {out_dir}")
    try:
        write_report(summary, drawn, unions, repairs, out_dir)
    except OSError as error:
        raise CoverageError(f"{out_dir}: cannot be written ({error.strerror}); choose another --out") from error
    return summary
