"""The status page and the map call the same states by the same words."""

from __future__ import annotations

import pytest

from phusong.exporters.snapshot import LINK_VERDICTS, Verdict
from phusong.exporters.status_words import ENGLISH, VIETNAMESE, Words
from phusong.maps.wording import WORDS


@pytest.mark.parametrize("page", [VIETNAMESE, ENGLISH], ids=lambda page: page.language)
@pytest.mark.parametrize("verdict", list(Verdict))
def test_verdicts_have_one_name(page: Words, verdict: Verdict) -> None:
    """Who goes from the page to the map finds the state again."""
    kind = "verdict" if verdict in LINK_VERDICTS else "endpoint"
    assert page.verdicts[verdict].casefold() == WORDS[page.language][f"{kind}.{verdict}"].casefold()
