"""How many files a process may have open: raised as far as it may be, never lowered, never a reason to fail."""

from __future__ import annotations

import ast
import resource
import subprocess
import sys

import pytest

from phusong.agent.open_files import allow_more

SCRIPT = """
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))
from phusong.agent.open_files import allow_more
allow_more({wanted})
print(resource.getrlimit(resource.RLIMIT_NOFILE))
{then}
"""
OPEN_THEM = """
files = [open("/dev/null") for _ in range({wanted} - 100)]
print(len(files))
"""


def limits_after(soft: int, hard: int, wanted: int, then: str = "") -> list[object]:
    """Return what a process with lowered limits prints after it asked for more."""
    script = SCRIPT.format(soft=soft, hard=hard, wanted=wanted, then=then.format(wanted=wanted))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [ast.literal_eval(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("soft", "hard", "wanted", "after"),
    [
        (256, 2048, 1024, 1024),
        (256, 512, 1024, 512),
        (1024, 1024, 4096, 1024),
        (1024, 2048, 512, 1024),
        (1024, 2048, 1024, 1024),
    ],
)
def test_how_far_it_is_raised(soft: int, hard: int, wanted: int, after: int) -> None:
    """To what is wanted, else to what may be; what is higher stays, and so does the hard limit."""
    assert limits_after(soft, hard, wanted) == [(after, hard)]


def test_they_can_be_opened() -> None:
    """The system holds itself to the new limit: hundreds more files than before are open at once."""
    assert limits_after(256, 2048, 1024, OPEN_THEM) == [(1024, 2048), 924]


@pytest.mark.parametrize(
    ("limits", "wanted", "given"),
    [
        ((256, resource.RLIM_INFINITY), 4096, [(4096, resource.RLIM_INFINITY)]),
        ((resource.RLIM_INFINITY, resource.RLIM_INFINITY), 4096, []),
        ((8192, resource.RLIM_INFINITY), 4096, []),
    ],
)
def test_without_a_limit(
    monkeypatch: pytest.MonkeyPatch, limits: tuple[int, int], wanted: int, given: list[tuple[int, int]]
) -> None:
    """No hard limit is no obstacle, and no soft one is left alone."""
    set_to: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits)
    monkeypatch.setattr(resource, "setrlimit", lambda _, pair: set_to.append(pair))
    allow_more(wanted)
    assert set_to == given


@pytest.mark.parametrize("error", [OSError("not permitted"), ValueError("current limit exceeds maximum limit")])
def test_where_it_is_refused(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Where the system says no it goes on as it is."""

    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, 1024))
    monkeypatch.setattr(resource, "setrlimit", refuse)
    allow_more(1024)
