"""Scripted agents on loopback addresses, in a thread: for commands that run an event loop of their own."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from snmp_peers import Script

VERSION_3 = b"\x02\x01\x03"


@contextlib.contextmanager
def serving(agents: Mapping[str, Script]) -> Iterator[int]:
    """Serve each agent at its own address, all at one free port, which is yielded. They know no SNMPv3."""
    with contextlib.ExitStack() as stack:
        chooser = stack.enter_context(selectors.DefaultSelector())
        wake, woken = socket.socketpair()
        stack.callback(wake.close)
        stack.callback(woken.close)
        chooser.register(woken, selectors.EVENT_READ)
        port = 0
        for address, agent in agents.items():
            served = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            served.bind((address, port))
            port = served.getsockname()[1]
            chooser.register(served, selectors.EVENT_READ, agent)
        thread = threading.Thread(target=_serve, args=(chooser, woken), daemon=True)
        thread.start()
        try:
            yield port
        finally:
            wake.send(b".")
            thread.join(10)


def _serve(chooser: selectors.BaseSelector, woken: socket.socket) -> None:
    while True:
        for key, _ in chooser.select():
            if key.fileobj is woken:
                return
            served: Any = key.fileobj
            data, source = served.recvfrom(65535)
            if VERSION_3 not in data[:8]:
                for reply in key.data(data, source[:2]):
                    served.sendto(reply, source)
