"""Whether an address answers UDP echo (RFC 862) now: how a test sees that the simulator has made a cut."""

from __future__ import annotations

import socket

ONE_ANSWER_S = 0.5


def answers_echo(address: str, port: int) -> bool:
    """Send one request and wait for its answer."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(ONE_ANSWER_S)
        asking.connect((address, port))
        try:
            asking.send(b"are you there")
            return bool(asking.recv(100))
        except OSError:
            return False
