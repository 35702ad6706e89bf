"""What the agent tells its service manager and hears from it: sd_notify messages and signals."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Callable


def notify(message: str) -> None:
    """Send a message such as ``READY=1`` to systemd; does nothing where no manager listens (sd_notify(3))."""
    path = os.environ.get("NOTIFY_SOCKET")
    if not path:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as manager:
        manager.connect("\0" + path[1:] if path.startswith("@") else path)
        manager.send(message.encode())


def watchdog_interval_s() -> float | None:
    """Return how often the manager wants ``WATCHDOG=1``: half of what it allows; ``None`` when it does not ask."""
    microseconds = os.environ.get("WATCHDOG_USEC")
    if not microseconds or os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    return int(microseconds) / 2e6


def on_signals(*, stop: Callable[[], None], reload: Callable[[], None]) -> None:
    """Call ``stop`` on SIGTERM and SIGINT and ``reload`` on SIGHUP, from now on, in the running loop."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop)
    loop.add_signal_handler(signal.SIGINT, stop)
    loop.add_signal_handler(signal.SIGHUP, reload)
