"""The errors of this package. Each message names the file (and feature or row), what is wrong and what to do.

    CoverageError (ValueError)
    ├── EditionError        an edition or a commune code that nobody knows
    ├── VectorFileError     a file of polygons that cannot be used as it is
    │   ├── BoundaryError   polygons that are not the communes of the edition
    │   └── LayerError      a coverage layer that covers nothing here or contradicts its description
    ├── LayerSpecError      the text of a --layer option
    └── TableError          a table of places, people, classes or broadband that cannot be used as it is

``SummaryError`` of ``summary.py`` stands apart: it belongs to the contract file, which the daemon reads.
"""

from __future__ import annotations


class CoverageError(ValueError):
    """Coverage cannot be computed from what was given."""


class EditionError(CoverageError):
    """No such edition of the communes."""


class VectorFileError(CoverageError):
    """A vector file is missing, damaged, of an unknown kind or without a trustworthy CRS."""


class BoundaryError(VectorFileError):
    """The polygons are not the communes of the edition."""


class LayerError(VectorFileError):
    """A coverage layer contradicts its description."""


class LayerSpecError(CoverageError):
    """The text of a ``--layer`` option cannot be understood."""


class TableError(CoverageError):
    """A table of places, people, classes or broadband cannot be used."""
