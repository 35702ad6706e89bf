"""A simulated province of which only rooms without any trouble are in the inventory: what fails, we made fail."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from live_province import LiveProvince, build, simulated

from phusong.collectors.simulator.equipment import Endpoint, Room
from phusong.collectors.simulator.incidents import Trouble
from phusong.collectors.simulator.province import Province

SCALE = 2
"""Of the province: the rooms of one that have no trouble are fewer than one has."""


@contextmanager
def sound_rooms(folder: Path, count: int, **settings: Any) -> Iterator[tuple[LiveProvince, list[str]]]:
    """Serve the province; yield it with the endpoints that its inventory has, the first so many that are sound."""
    province = build(SCALE)
    sound = [endpoint.endpoint_id for endpoint in province.endpoints if _is_sound(province, endpoint)][:count]
    if len(sound) < count:
        raise RuntimeError(f"only {len(sound)} rooms of the province are sound")
    with simulated(folder, scale=SCALE, **settings) as live:
        _keep(live.config.parent / "inventory" / "endpoints.csv", frozenset(sound))
        yield live, sound


def _is_sound(province: Province, endpoint: Endpoint) -> bool:
    device, room = endpoint.device, endpoint.device.room or Room()
    trouble = province.line_by_id[endpoint.parent_link].incident.trouble
    answers = device.answers_snmp and device.answers_echo and room.takes_calls and room.sip_status == 200
    return answers and trouble is Trouble.NONE


def _keep(table: Path, endpoint_ids: frozenset[str]) -> None:
    with table.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    with table.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *(row for row in rows if row[0] in endpoint_ids)])
