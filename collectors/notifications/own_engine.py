"""Who we are to a device that sends an SNMPv3 inform: an engine ID that stays, and boots that only rise.

Informs are signed for the receiver's engine (RFC 3414, section 1.5.1), so devices remember it; a device that saw
higher boots than we now have would take us for a replay.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ENGINE_ID_HEAD: Final = bytes.fromhex("80004fb805")
"""Enterprise 20408, pysnmp, whose engine it is; 5: octets of the administrator follow (RFC 3411, section 5)."""
RANDOM_OCTETS: Final = 12
HIGHEST_BOOTS: Final = 2**31 - 2
"""With 2^31 - 1 an engine accepts nothing any more (RFC 3414, section 2.2.2)."""


@dataclass(frozen=True, slots=True)
class OwnEngine:
    """Our engine ID and how often we have been started with it."""

    engine_id: bytes
    boots: int


def start_engine(path: Path) -> OwnEngine:
    """Return what the file says with one more boot, after writing that back; without a usable file begin anew.

    Raises
    ------
    OSError
        The file cannot be read or written.
    """
    before = _read(path)
    if before is None or before.boots >= HIGHEST_BOOTS:
        engine = OwnEngine(ENGINE_ID_HEAD + secrets.token_bytes(RANDOM_OCTETS), 1)
    else:
        engine = OwnEngine(before.engine_id, before.boots + 1)
    scratch = path.with_name(path.name + ".new")
    with scratch.open("w", encoding="utf-8") as file:
        json.dump({"engine_id": engine.engine_id.hex(), "boots": engine.boots}, file)
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(path)
    return engine


def _read(path: Path) -> OwnEngine | None:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        return None
    try:
        known = json.loads(text)
        engine = OwnEngine(bytes.fromhex(known["engine_id"]), int(known["boots"]))
    except (ValueError, TypeError, KeyError):
        return None
    return engine if 5 <= len(engine.engine_id) <= 32 and engine.boots >= 1 else None
