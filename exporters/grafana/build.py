"""Writes the dashboards as JSON: English beside this file, Vietnamese in ``vi/`` (``make dashboards``).

Run as ``python -m phusong.exporters.grafana.build [FOLDER]``; the same code gives the same bytes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from phusong.exporters.grafana.agent_itself import agent_itself
from phusong.exporters.grafana.carriers_and_availability import carriers_and_availability
from phusong.exporters.grafana.coverage_and_isolation import coverage_and_isolation
from phusong.exporters.grafana.one_link import one_link
from phusong.exporters.grafana.province_overview import province_overview
from phusong.exporters.grafana.services_on_the_network import services_on_the_network
from phusong.exporters.grafana.video_endpoints import video_endpoints
from phusong.exporters.grafana.words import ENGLISH, VIETNAMESE, Words

DASHBOARDS: Final[Mapping[str, Callable[[Words], Dashboard]]] = {
    "province-overview": province_overview,
    "one-link": one_link,
    "carriers-and-availability": carriers_and_availability,
    "video-endpoints": video_endpoints,
    "services-on-the-network": services_on_the_network,
    "coverage-and-isolation": coverage_and_isolation,
    "agent-itself": agent_itself,
}
"""By the name of the file."""
FOLDERS: Final[Mapping[str, Words]] = {"": ENGLISH, "vi/": VIETNAMESE}


def dashboard_files() -> dict[str, str]:
    """Return the text of every file by its path."""
    return {
        f"{folder}{name}.json": _text(build(words))
        for folder, words in FOLDERS.items()
        for name, build in DASHBOARDS.items()
    }


def _text(dashboard: Dashboard) -> str:
    encoded = json.dumps(dashboard, cls=JSONEncoder, ensure_ascii=False, indent=1, sort_keys=True)
    return encoded + "\n"


def main(folder: Path) -> None:
    """Write every file below ``folder``."""
    for name, text in dashboard_files().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
