"""Colours, shapes and hatches: everything that can be told apart is, also without colour."""

from __future__ import annotations

import itertools
import re

import pytest

from phusong.exporters.snapshot import ENDPOINT_VERDICTS, GOOD_VERDICTS, LINK_VERDICTS, Isolation
from phusong.maps.palette import (
    BASE,
    COVERAGE_CLASSES,
    DIFFERENCE_CLASSES,
    ENDPOINTS,
    LINES,
    OFFICES,
    WRONG_ENDPOINTS,
    WRONG_LINES,
    WRONG_OFFICES,
    coverage_class,
    palette_css,
    palette_data,
)

THEMES = ("light", "dark")


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2.1 (0 black, 1 white)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, two: str) -> float:
    """Return the contrast ratio of WCAG 2.1 (1 to 21)."""
    low, high = sorted((luminance(one), luminance(two)))
    return (high + 0.05) / (low + 0.05)


def test_every_state_has_a_style() -> None:
    """No verdict and no isolation is without one, and what is wrong is among them."""
    assert set(LINES) == set(LINK_VERDICTS)
    assert set(ENDPOINTS) == set(ENDPOINT_VERDICTS)
    assert set(OFFICES) == set(Isolation)
    assert set(WRONG_LINES) < set(LINES)
    assert set(WRONG_ENDPOINTS) < set(ENDPOINTS)
    assert not GOOD_VERDICTS & {*WRONG_LINES, *WRONG_ENDPOINTS}
    assert set(WRONG_OFFICES) < set(OFFICES)


def test_states_differ_without_colour() -> None:
    """Two verdicts of lines never share width and dashes with each other, two states of offices never a shape."""
    drawn = [(style.weight, style.dash) for style in LINES.values()]
    assert len(set(drawn)) >= len(drawn) - 1  # maintenance and switched off both: nobody has to act
    assert len({style.shape for style in OFFICES.values()}) == len(OFFICES)


@pytest.mark.parametrize("theme", THEMES)
def test_classes_grow_darker(theme: str) -> None:
    """Less coverage is darker, step by step: the order is read without colour and in a grey print."""
    steps = [luminance(getattr(each.colour, theme)) for each in COVERAGE_CLASSES]
    assert steps == sorted(steps, reverse=True)
    assert all(contrast(getattr(a.colour, theme), getattr(b.colour, theme)) > 1.15 for a, b in
               itertools.pairwise(COVERAGE_CLASSES))  # fmt: skip


@pytest.mark.parametrize("classes", [COVERAGE_CLASSES, DIFFERENCE_CLASSES])
def test_every_hatch_is_drawn(classes: tuple[object, ...]) -> None:
    """A class of coverage has a hatch of its own; a gain and a loss may share one."""
    hatches = [each.hatch for each in classes]  # type: ignore[attr-defined]
    assert set(hatches) <= {"none", "dots", "lines", "steep", "cross", "dense"}
    if classes is COVERAGE_CLASSES:
        assert len(set(hatches)) == len(hatches)


@pytest.mark.parametrize("theme", THEMES)
def test_text_can_be_read(theme: str) -> None:
    """Text has the contrast of WCAG 2.1 AA on the grounds that it stands on."""
    ground = {name: getattr(colour, theme) for name, colour in BASE.items()}
    for text, under in (("ink", "page"), ("ink", "raised"), ("muted", "page"), ("muted", "raised"),
                        ("link", "page"), ("on-accent", "accent"), ("muted", "sea")):  # fmt: skip
        assert contrast(ground[text], ground[under]) >= 4.5, (text, under)
    for warning in ("down", "unreachable"):
        line = next(style for key, style in LINES.items() if key == warning)
        assert contrast(getattr(line.colour, theme), ground["page"]) >= 4.5, warning


@pytest.mark.parametrize(
    ("ratio", "key"),
    [
        (None, None),
        (0.0, "zero"),
        (1e-9, "low"),
        (0.4999, "low"),
        (0.5, "50"),
        (0.7999, "50"),
        (0.8, "80"),
        (0.95, "95"),
        (0.9999, "95"),
        (1.0, "full"),
    ],
)
def test_class_of_a_share(ratio: float | None, key: str | None) -> None:
    """The breaks belong to the class above them, 0 is a class of its own, and not known is none."""
    found = coverage_class(ratio)
    assert (found.key if found else None) == key


def test_page_knows_every_colour() -> None:
    """Each theme sets the same variables, and the dark one is for screens: paper is light."""
    css = palette_css()
    light, dark = css.split("@media screen", 1)
    names = [re.findall(r"--([a-z0-9_-]+):#[0-9a-f]{6};", part) for part in (light, dark)]
    assert names[0] == names[1]
    data = palette_data()
    for family, prefix in (("classes", "class-"), ("differences", "difference-")):
        assert {prefix + each["key"] for each in data[family]} <= set(names[0])  # type: ignore[union-attr,index,call-overload]
    for kind in ("links", "sites", "endpoints"):
        assert {f"{kind[:-1]}-{state}" for state in data[kind]} <= set(names[0])  # type: ignore[union-attr]
