"""axe-core in a page: what WCAG asks for and the page does not give."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

from playwright.sync_api import Page

WCAG_2_1 = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa")
WCAG_2_2 = (*WCAG_2_1, "wcag22aa")
BEST_PRACTICE = ("best-practice",)


def violations(page: Page, *, exclude: Sequence[str] = (), rules: Sequence[str] = WCAG_2_1) -> list[str]:
    """Return a line per element that breaks a rule: the rule, its impact, the selector, what is wrong.

    ``exclude`` are selectors of what is left out; ``rules`` axe-core's names of sets, here A and AA of WCAG 2.0
    and 2.1. What axe-core cannot decide, as the contrast of text over an image or another element, is not told.
    The script is evaluated by the browser's debugger, which a page's policy does not bind.
    """
    page.evaluate(_script())
    found: dict[str, Any] = page.evaluate(
        """([exclude, values]) =>
            axe.run({ exclude }, { runOnly: { type: "tag", values }, resultTypes: ["violations"] })""",
        [[[selector] for selector in exclude], list(rules)],
    )
    return [
        f"{rule['id']} ({rule['impact']}) {' '.join(map(str, node['target']))}: {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


@cache
def _script() -> str:
    return (resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
