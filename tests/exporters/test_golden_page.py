"""The metrics page of a small province, letter by letter, in both formats: names, helps, labels and order are API.

Who changes them on purpose writes the files anew: ``python tests/exporters/test_golden_page.py`` from the root,
and sees in the difference what users of the metrics will see.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden"
sys.path.append(str(ROOT / "tests" / "support"))

from metrics_reference import province  # noqa: E402  # after the path

from phusong.exporters.exposition import Format  # noqa: E402
from phusong.exporters.metrics import FLEET_SECTIONS  # noqa: E402
from phusong.exporters.prometheus import FleetRenderer  # noqa: E402

FILES = {Format.TEXT: GOLDEN / "page.prom", Format.OPENMETRICS: GOLDEN / "page.openmetrics"}


def page(output_format: Format) -> str:
    dropped: list[tuple[str, int]] = []
    renderer = FleetRenderer(lambda reason, count: dropped.append((reason, count)))
    text = renderer.render(province(links=5, endpoints=8, communes=2), output_format).decode()
    assert not dropped
    return text


@pytest.mark.parametrize("output_format", list(Format), ids=lambda output_format: output_format.name)
def test_the_page_is_as_it_was(output_format: Format) -> None:
    """Every line of the page is the one that was agreed."""
    assert page(output_format) == FILES[output_format].read_text(encoding="utf-8")


def test_every_metric_of_the_fleet_is_in_it() -> None:
    """Nothing can change unseen."""
    text = FILES[Format.TEXT].read_text(encoding="utf-8")
    missing = [
        metric.name
        for section in FLEET_SECTIONS
        for metric in section.metrics
        if f"# TYPE {metric.name} " not in text
    ]
    assert missing == []


if __name__ == "__main__":
    for output_format, file in FILES.items():
        file.write_text(page(output_format), encoding="utf-8")
