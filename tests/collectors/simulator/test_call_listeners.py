"""Open and closed ports of H.323 on real loopback addresses."""

from __future__ import annotations

import selectors
import socket
from contextlib import closing

import pytest

from phusong.collectors.simulator.call_listeners import CallListeners

HERE, THERE = "127.120.77.1", "127.120.77.2"


@pytest.fixture
def listeners():
    with closing(CallListeners(0)) as made:
        yield made


def accepts(address, port):
    try:
        socket.create_connection((address, port), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True


def test_only_the_rooms_that_are_told_listen(listeners):
    """One port number for all: open at some addresses, refused at the others, as it is told from time to time."""
    for open_at in ([], [HERE], [HERE, THERE], [THERE], []):
        listeners.keep(open_at)
        assert [a for a in (HERE, THERE) if accepts(a, listeners.port)] == open_at


def test_connections_are_taken_and_closed(listeners):
    """More of them than the backlog has room for, by sockets that came before and after the selector."""
    with selectors.DefaultSelector() as selector:
        listeners.keep([HERE])
        listeners.serve_with(selector)
        listeners.keep([HERE, THERE])
        for n in range(100):
            with socket.create_connection(((HERE, THERE)[n % 2], listeners.port), timeout=5) as connection:
                for key, _ in selector.select(5):
                    key.data()
                assert connection.recv(1) == b""
        listeners.keep([THERE])
        assert len(selector.get_map()) == 1


def test_the_number_is_its_own(listeners):
    """A second set of listeners gets another number, and nobody else can have this one."""
    with closing(CallListeners(0)) as others:
        assert others.port != listeners.port
        others.keep([HERE])
        listeners.keep([HERE])
    with pytest.raises(OSError, match="in use"):
        CallListeners(listeners.port)


def test_closing_gives_the_number_back():
    """It can be had again, and nothing listens in between; the selector may be closed before."""
    with closing(CallListeners(0)) as made:
        with selectors.DefaultSelector() as selector:
            made.serve_with(selector)
            made.keep([HERE])
        port = made.port
    assert not accepts(HERE, port)
    with closing(CallListeners(port)) as again:
        again.keep([HERE])
        assert accepts(HERE, port)
