"""Run every ``bench_*.py`` of this folder, each in a process of its own: ``make bench``, or ARGS=scrape for one.

A benchmark has ``run()``, which returns one result or a list of them. A result is a mapping with ``name``,
``ratio`` (ours divided by the peer's, both measured in this run, so that the machine does not matter), and where
they apply ``target`` (the largest ratio allowed), ``ours_*`` and ``peer_*`` with their unit as the last part of
the key (``ours_s``), ``note``. All of it goes to out/bench.json; the table and out/bench.png show the ratios.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

HERE = Path(__file__).parent
OUT = HERE.parents[1] / "out"
TIMEOUT_S = 1800

Result = dict[str, Any]


def main() -> int:
    """Measure, then print the table and write both files; 1 when a benchmark failed or missed its target."""
    arguments = argparse.ArgumentParser(description="Measure against the peers.")
    arguments.add_argument("words", nargs="*", help="run only the benchmarks whose file name has one of these")
    words = arguments.parse_args().words
    results: list[Result] = []
    for file in sorted(HERE.glob("bench_*.py")):
        if not words or any(word in file.stem for word in words):
            print(f"{file.stem} ...", flush=True)
            results += run_apart(file)
    if not results:
        print(f"no benchmark is called like {' or '.join(words) or 'bench_*.py'}", file=sys.stderr)
        return 2
    OUT.mkdir(exist_ok=True)
    machine = {"python": platform.python_version(), "machine": platform.machine(), "cpus": os.cpu_count()}
    report = {"machine": machine, "results": results}
    (OUT / "bench.json").write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    Console(width=None if sys.stdout.isatty() else 160).print(table(results))
    if any(isinstance(result.get("ratio"), float | int) for result in results):
        draw(results, OUT / "bench.png")
    return int(any(verdict(result) in {"failed", "missed"} for result in results))


def run_apart(file: Path) -> list[Result]:
    """Run one benchmark in a fresh interpreter; one that fails becomes a result that says why."""
    with tempfile.TemporaryDirectory() as scratch:
        answer = Path(scratch) / "result.json"
        command = [sys.executable, __file__, "--measure", str(file), str(answer)]
        try:
            done = subprocess.run(command, stderr=subprocess.PIPE, text=True, timeout=TIMEOUT_S, check=False)
        except subprocess.TimeoutExpired:
            return [{"name": file.stem, "error": f"not finished after {TIMEOUT_S} s"}]
        if done.returncode:
            sys.stderr.write(done.stderr)
            last = done.stderr.strip().rpartition("\n")[2] or f"exit status {done.returncode}"
            return [{"name": file.stem, "error": last}]
        found = json.loads(answer.read_text(encoding="utf-8"))
    return found if isinstance(found, list) else [found]


def measure(file: Path, answer: Path) -> None:
    """Do the work of the fresh interpreter: load the benchmark, run it, write what it returns."""
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    answer.write_text(json.dumps(module.run(), ensure_ascii=False), encoding="utf-8")


def verdict(result: Result) -> str:
    """Return ``failed``, ``missed``, ``met``, or nothing where no target is set or nothing was measured."""
    if "error" in result:
        return "failed"
    if result.get("ratio") is None or result.get("target") is None:
        return ""
    return "met" if result["ratio"] <= result["target"] else "missed"


def table(results: list[Result]) -> Table:
    """Lay out one line for each result."""
    lines = Table(title="ours / peer (below 1 is better)")
    for head in ("what", "ours", "peer", "ratio", "target", ""):
        lines.add_column(head, justify="left" if head in {"what", ""} else "right")
    lines.add_column("note", overflow="fold")
    for result in results:
        note = result.get("error") or result.get("note") or ""
        figures = (_figure(result, "ours"), _figure(result, "peer"), _short(result.get("ratio")))
        lines.add_row(str(result["name"]), *figures, _short(result.get("target")), verdict(result), str(note))
    return lines


def _figure(result: Result, side: str) -> str:
    """Return the first ``ours_*`` or ``peer_*`` with its unit."""
    for key, value in result.items():
        if key.startswith(side + "_") and isinstance(value, float | int):
            return f"{_short(value)} {key.rpartition('_')[2]}"
    return ""


def _short(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def draw(results: list[Result], file: Path) -> None:
    """Draw the ratios as bars on a logarithmic scale, the peer as a line at 1, targets as marks."""
    measured = [result for result in reversed(results) if isinstance(result.get("ratio"), float | int)]
    places = range(len(measured))
    figure = Figure(figsize=(9, 1.6 + 0.45 * len(measured)), layout="constrained")
    axes = figure.add_subplot()
    axes.barh(places, [result["ratio"] for result in measured], color="#0072b2", height=0.6)
    axes.set_yticks(places, [f"{result['name']}: {_short(result['ratio'])}" for result in measured])
    axes.set_xscale("log")
    axes.margins(x=0.15)
    axes.axvline(1, color="black", linewidth=1)
    aims = [(result["target"], place) for place, result in enumerate(measured) if result.get("target")]
    if aims:
        ratios, rows = zip(*aims, strict=True)
        axes.scatter(ratios, rows, marker="|", s=400, color="#d55e00", zorder=3, label="target")
        figure.legend(loc="outside upper right", frameon=False)
    axes.set_xlabel("ours / peer (left of 1 is better)")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(file, dpi=150)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        sys.exit(main())
