"""The merged layers of one run, read anew or taken from a cache that goes by the content of their files.

Reading, repairing and merging is most of a run's work and depends on the coverage files only, so that a run with
other boundaries, people or places starts from what the run before has merged. A cache file is a hash of its own
name and of all that follows, a line of JSON, and the shapes as WKB; one that does not fit is done again, never
trusted.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import shapely

from phusong.coverage.input.dataset_file import dataset_sha256
from phusong.coverage.input.layers import read_layers
from phusong.coverage.measuring.unions import CoverageUnion, unite_layers
from phusong.coverage.repairs import Repair
from phusong.coverage.summary import LayerSource

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from phusong.coverage.input.layer_spec import LayerSpec
    from phusong.coverage.input.layers import Layer
    from phusong.coverage.measuring.workers import Workers

_FORMAT = 3
"""Counted up whenever reading, repairing or merging gives other results for the same files."""
_KEPT = 8
_SUFFIX = ".merged"
_SEAL_BYTES = hashlib.sha256().digest_size


@dataclass(frozen=True, slots=True)
class MergedLayers:
    """What all layers of a run have become."""

    unions: tuple[CoverageUnion, ...]
    sources: tuple[LayerSource, ...]
    repairs: tuple[Repair, ...]
    synthetic: bool


def merge_layers(
    specs: Sequence[LayerSpec],
    cache: Path | None,
    progress: Callable[[str], None],
    workers: Workers | None = None,
) -> MergedLayers:
    """Read and merge layers, or take them from the cache when their files have been merged before.

    Raises
    ------
    CoverageError
        A layer cannot be used.
    """
    place = None if cache is None else _cache_place(cache, specs)
    if place is not None:
        kept = _read(place)
        if kept is not None:
            progress(f"{len(specs)} layers are unchanged: taken from {cache}")
            return kept
    layers: list[Layer] = []
    for number, spec in enumerate(specs, start=1):
        progress(f"reading layer {number} of {len(specs)}: {spec.path.name}")
        layers += read_layers(spec)
    progress("merging layers")
    merged = MergedLayers(
        unions=unite_layers(layers, workers),
        sources=tuple(layer.source for layer in layers),
        repairs=tuple(dict.fromkeys(repair for layer in layers for repair in layer.repairs)),
        synthetic=any(layer.synthetic for layer in layers),
    )
    if place is not None:
        try:
            _write(place, merged)
        except OSError as error:
            progress(f"merged layers cannot be kept in {cache} ({error.strerror}): the next run merges them again")
    return merged


def _cache_place(cache: Path, specs: Sequence[LayerSpec]) -> Path | None:
    """Return the file for exactly these layers; ``None`` when a layer cannot be read, which reading then tells."""
    digest = hashlib.sha256(f"{_FORMAT} {shapely.__version__} {shapely.geos_version_string}".encode())
    for spec in specs:
        try:
            digest.update(dataset_sha256(spec.path).encode())
        except OSError:
            return None
        digest.update(repr(spec).encode())
    return cache / f"{digest.hexdigest()}{_SUFFIX}"


def _write(place: Path, merged: MergedLayers) -> None:
    shapes: list[bytes] = [shapely.to_wkb(union.shape) for union in merged.unions]
    head = {
        "unions": [
            [union.technology, union.operator, union.min_dbm, len(shape)]
            for union, shape in zip(merged.unions, shapes, strict=True)
        ],
        "sources": [asdict(source) for source in merged.sources],
        "repairs": [asdict(repair) for repair in merged.repairs],
        "synthetic": merged.synthetic,
    }
    place.parent.mkdir(parents=True, exist_ok=True)
    scratch = place.with_name(place.name + ".new")
    content = b"".join([json.dumps(head, ensure_ascii=True).encode(), b"\n", *shapes])
    scratch.write_bytes(_seal(place, content) + content)
    scratch.replace(place)
    kept = sorted(place.parent.glob("*" + _SUFFIX), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in kept[_KEPT:]:
        old.unlink(missing_ok=True)


def _seal(place: Path, content: bytes) -> bytes:
    """Return the hash by which a cache file shows that it is whole and the answer to the question in its name."""
    return hashlib.sha256(place.name.encode() + content).digest()


def _read(place: Path) -> MergedLayers | None:
    try:
        sealed = place.read_bytes()
        content = sealed[_SEAL_BYTES:]
        if sealed[:_SEAL_BYTES] != _seal(place, content):
            return None
        line, _, body = content.partition(b"\n")
        head: dict[str, Any] = json.loads(line)
        unions: list[CoverageUnion] = []
        start = 0
        for technology, operator, min_dbm, length in head["unions"]:
            shape = shapely.from_wkb(body[start : start + length])
            unions.append(CoverageUnion(technology, operator, min_dbm, shape))
            start += length
        return MergedLayers(
            tuple(unions),
            tuple(LayerSource(**source) for source in head["sources"]),
            tuple(Repair(**repair) for repair in head["repairs"]),
            bool(head["synthetic"]),
        )
    except (OSError, ValueError, KeyError, TypeError, shapely.errors.GEOSException):
        return None
