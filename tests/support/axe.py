"""axe-core in a page: what WCAG asks for and the page does not give."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

from playwright.sync_api import Page

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa")


def violations(page: Page) -> list[str]:
    """Return a line per element that breaks a rule of WCAG 2.1 A or AA: rule, impact, selector, what is wrong.

    The script is evaluated by the browser's debugger, which a page's policy does not bind.
    """
    page.evaluate(_script())
    found: dict[str, Any] = page.evaluate(
        "(rules) => axe.run(document, { runOnly: { type: 'tag', values: rules }, resultTypes: ['violations'] })",
        list(RULES),
    )
    return [
        f"{rule['id']} ({rule['impact']}) {' '.join(map(str, node['target']))}: {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


@cache
def _script() -> str:
    return (resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
