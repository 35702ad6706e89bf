"""Fuzzes the reply path of the SNMP client with atheris, which ``make fuzz`` installs.

    make fuzz                            one minute
    make fuzz ARGS=-max_total_time=600   ten minutes

What it finds new is kept in ``out/fuzz``; what is worth it goes into ``corpus``, which ``make test`` replays.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import atheris

sys.path.append(str(Path(__file__).parents[1] / "support"))
with atheris.instrument_imports(include=["phusong.collectors.snmp"]):
    import reply_attack

if __name__ == "__main__":
    loop = asyncio.new_event_loop()
    atheris.Setup(sys.argv, lambda data: loop.run_until_complete(reply_attack.attack_once(data)))
    atheris.Fuzz()
