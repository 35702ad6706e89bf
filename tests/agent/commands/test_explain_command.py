"""``phusong explain`` on the terminal: laid out, dated, and with no word of a device that acts on it."""

from __future__ import annotations

import io

from rich.console import Console

from phusong.agent.commands.explain_command import lay_out

EXPLANATION = {
    "what": "link",
    "item_id": "l1",
    "name": "primary line of Carrier [red]A\x1b[31m to Cô Tô",
    "verdict": "parent_down",
    "since": 1_795_000_000.0,
    "rule": "parent_device",
    "cause": "device hub-1",
    "because": "It is out.",
    "would_change": ["The return of that device.", "Another thing."],
    "facts": [
        {"what": "far end cpe", "says": "silent: \x1b]0;owned\x07 [link=x]no answer[/link]", "age_s": 3.25},
        {"what": "ping", "says": "0 of 5", "age_s": 600.0},
        {"what": "hangs on device hub-1", "says": "out", "age_s": 20_000.0},
        {"what": "changes", "says": "none", "age_s": None},
    ],
}


def laid_out(explanation: dict[str, object]) -> str:
    console = Console(file=io.StringIO(), width=120, force_terminal=False)
    for part in lay_out(explanation):
        console.print(part)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_all_of_it_is_shown() -> None:
    """Id, verdict with its begin in local time, rule, cause, what would change it, facts and their ages."""
    text = laid_out(EXPLANATION)
    assert "parent_down since 2026-11-18 18:06:40 (rule parent_device)" in text
    for said in ("l1: ", "device hub-1", "It is out.", "The return of that device.", "Another thing."):
        assert said in text
    for age in ("3.2 s ago", "10 min ago", "5.6 h ago"):
        assert age in text


def test_hostile_text_stays_text() -> None:
    """Neither control characters nor markup of a device's words do anything."""
    text = laid_out(EXPLANATION)
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "[red]A" in text
    assert "[link=x]no answer[/link]" in text


def test_a_state_without_rule_or_begin() -> None:
    """An office has no rule; what is not known is left out."""
    text = laid_out({**EXPLANATION, "what": "site", "rule": "", "cause": "", "since": None, "would_change": []})
    assert text.startswith("office      l1")
    assert "rule" not in text
    assert "since" not in text
