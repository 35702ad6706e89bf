"""The words of the map."""

from __future__ import annotations

import re
from pathlib import Path

from phusong.coverage.summary import PLACE_KINDS
from phusong.exporters.snapshot import ENDPOINT_VERDICTS, LINK_VERDICTS, Isolation
from phusong.maps import page
from phusong.maps.palette import COVERAGE_CLASSES, DIFFERENCE_CLASSES
from phusong.maps.wording import WORDS


def test_languages_have_the_same_keys_and_blanks() -> None:
    """What is said in Vietnamese is said in English, with the same figures in it."""
    vietnamese, english = WORDS["vi"], WORDS["en"]
    assert vietnamese.keys() == english.keys()
    for key, text in vietnamese.items():
        assert text
        assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", english[key])), key


def test_every_state_has_a_word() -> None:
    """No verdict and no isolation appears on the map by its English identifier, in any language."""
    for words in WORDS.values():
        assert {f"verdict.{verdict}" for verdict in LINK_VERDICTS} <= words.keys()
        assert {f"endpoint.{verdict}" for verdict in ENDPOINT_VERDICTS} <= words.keys()
        assert {f"isolation.{isolation}" for isolation in Isolation} <= words.keys()


def test_scripts_ask_for_words_that_exist() -> None:
    """A key that a script names is in the table, and every key of the table is used."""
    assets = Path(page.__file__).parent / "assets"
    code = "\n".join(path.read_text(encoding="utf-8") for path in sorted(assets.glob("province_*.js")))
    asked = set(re.findall(r'\bword\(\s*"([^"]+)"\s*[,)]', code))
    assert asked <= WORDS["vi"].keys()
    by_value = (
        *("verdict.", "endpoint.", "isolation.", "kind.", "role.", "operator.", "class.", "layer.", "measure."),
        *("difference.", "cause.", "group.", "theme.", "places."),
    )
    composed = {"compare.none", "compare.beside", "compare.difference"}
    composed |= {"history.isolated", "history.on_fallback", "history.out"}
    unused = {key for key in WORDS["vi"] if f'"{key}"' not in code and not key.startswith(by_value)}
    assert unused - composed == {"no_script", "language_name"}


def test_every_class_and_measure_has_a_word() -> None:
    """No class, difference or measure is shown by its key, in any language."""
    for words in WORDS.values():
        assert {f"class.{each.key}" for each in COVERAGE_CLASSES} <= words.keys()
        assert {f"difference.{each.key}" for each in DIFFERENCE_CLASSES} <= words.keys()
        assert {f"measure.{measure}" for measure in ("area", "population", "centre", *PLACE_KINDS)} <= words.keys()
