"""Draw the pictures of the README anew: ``.venv/bin/python tests/support/draw_pictures.py``.

They are what a user sees: the output of ``make demo ARGS=--once``, and the map that it wrote, in Chromium.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from chromium import chromium, open_offline
from PIL import Image
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs" / "pictures"
COLUMNS = 100
WINDOW = {"width": 1280, "height": 800}
COLOURS = 256


def main() -> None:
    """Run the demonstration and draw everything."""
    command = ["make", "--no-print-directory", "demo", "ARGS=--once"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    (PICTURES / "demo.svg").write_text(terminal_svg("make demo ARGS=--once", done.stdout), encoding="utf-8")
    with tempfile.TemporaryDirectory() as scratch:
        english = Path(scratch) / "map.html"
        config = ROOT / "out/province/phusong.yaml"
        draw_map = [sys.executable, "-m", "phusong.agent.cli", "map", "--config", config, "--lang", "en"]
        subprocess.run([*draw_map, "--out", english], check=True, stdout=subprocess.DEVNULL)
        with chromium() as browser:
            for page, name in ((english, "map.png"), (ROOT / "out/map.html", "map.vi.png")):
                context = browser.new_context(viewport=WINDOW)
                watched = open_offline(context, page)
                watched.page.wait_for_load_state("networkidle")
                watched.assert_silent()
                shot = Image.open(io.BytesIO(watched.page.screenshot())).convert("RGB")
                shot.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
                    PICTURES / name, optimize=True
                )
    for picture in sorted(PICTURES.iterdir()):
        print(f"{picture.relative_to(ROOT)}: {picture.stat().st_size / 1000:.0f} kB")


def terminal_svg(command: str, output: str) -> str:
    """Return a terminal with a command and its output, in the reader's own fonts: nothing is fetched."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), legacy_windows=False)
    console.print(Text(f"$ {command}", style="bold"))
    console.print(Text(output.rstrip()))
    form = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    form = form.replace("Fira Code, monospace", "monospace")
    drawn = console.export_svg(title=command, code_format=form, unique_id="demo")
    return re.sub(r"<!--.*?-->", "", drawn)


if __name__ == "__main__":
    main()
