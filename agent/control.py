"""``state/control.sock``: how a command on the same machine asks the running agent.

One line of JSON in, ``{"format": 1, "ask": "status"}``, one line out, then the connection is closed. Only the user
of the agent and root are answered. What can be asked is a mapping of functions, which whoever makes the socket
gives; here is how the question comes in and the answer goes out. The other side is ``ask_agent``.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import structlog

log = structlog.get_logger()

SOCKET = "control.sock"
FORMAT = 1
LONGEST_QUESTION = 4096
"""Bytes of the line, with its end."""
PATIENCE_S = 2.0
"""So long a question may take to come, and an answer to be taken."""
MOST_AT_ONCE = 16

Handler: TypeAlias = Callable[[dict[str, Any]], object]
"""Takes the question and returns what JSON can say; runs in the event loop, so it is quick."""


class Refused(ValueError):
    """A question that has no answer, such as one for a link that is not there; the message says why."""


class NoAnswer(Exception):
    """Why a question is not even looked at, as one word."""


class ControlSocket:
    """The socket of one running agent; belongs to the event loop in which it is opened."""

    def __init__(self, folder: Path, handlers: Mapping[str, Handler], patience_s: float = PATIENCE_S) -> None:
        self._folder = folder
        self._handlers = handlers
        self._patience_s = patience_s
        self._allowed = frozenset({0, os.geteuid()})
        self._server: asyncio.Server | None = None
        self._folder_fd = -1
        self._talks: dict[asyncio.Task[None], asyncio.WriteTransport] = {}

    async def open(self) -> None:
        """Listen from now on, in place of whatever a dead agent has left; the folder's lock must be held.

        Raises
        ------
        OSError
            The socket cannot be made.
        """
        self._folder_fd = os.open(self._folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(SOCKET, dir_fd=self._folder_fd)
            os.fchmod(listener.fileno(), 0o600)  # before bind: so nobody else can ever connect
            listener.bind(address_in(self._folder_fd))
            self._server = await asyncio.start_unix_server(self._talk, sock=listener, limit=LONGEST_QUESTION)
        except BaseException:
            listener.close()
            os.close(self._folder_fd)
            raise

    async def close(self) -> None:
        """Remove the socket, and answer nobody any more."""
        if self._server is None:
            return
        with contextlib.suppress(OSError):
            os.unlink(SOCKET, dir_fd=self._folder_fd)
        self._server.close()
        for transport in self._talks.values():
            transport.abort()
        await asyncio.gather(*self._talks, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None
        os.close(self._folder_fd)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection; whatever comes over it ends with it."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # a server's callback runs in one
        self._talks[task] = writer.transport
        try:
            async with asyncio.timeout(2 * self._patience_s):
                writer.write(await self._reply(reader, writer))
                writer.close()
                await writer.wait_closed()
        except OSError:  # gone, or too slow to take the answer
            pass
        finally:
            writer.transport.abort()
            del self._talks[task]

    async def _reply(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        try:
            self._admit(writer)
            return _line(answer=self._answer(await self._question(reader)))
        except NoAnswer as error:
            return _line(error=str(error))
        except Refused as error:
            return _line(error="refused", problem=str(error))
        except Exception:
            log.exception("control_failed")
            return _line(error="failed")

    def _admit(self, writer: asyncio.StreamWriter) -> None:
        uid = peer_uid(writer.get_extra_info("socket"))
        if uid not in self._allowed:
            log.warning("control_refused", uid=uid)
            raise NoAnswer("not_allowed")
        if len(self._talks) > MOST_AT_ONCE:
            raise NoAnswer("busy")

    async def _question(self, reader: asyncio.StreamReader) -> dict[str, Any]:
        try:
            async with asyncio.timeout(self._patience_s):
                line = await reader.readuntil(b"\n")
            question = json.loads(line)
        except TimeoutError:
            raise NoAnswer("too_slow") from None
        except asyncio.LimitOverrunError:
            raise NoAnswer("too_long") from None
        except (asyncio.IncompleteReadError, ValueError, RecursionError):
            raise NoAnswer("malformed") from None
        if not isinstance(question, dict):
            raise NoAnswer("malformed")
        if question.get("format") != FORMAT:
            raise NoAnswer("unknown_format")
        return question

    def _answer(self, question: dict[str, Any]) -> object:
        asked = question.get("ask")
        handler = self._handlers.get(asked) if isinstance(asked, str) else None
        if handler is None:
            raise NoAnswer("unknown_ask")
        return handler(question)


def _line(**reply: object) -> bytes:
    return json.dumps({"format": FORMAT, **reply}).encode() + b"\n"


def address_in(folder_fd: int) -> str:
    """Return the socket's address in an open folder: short, however long the folder's path is."""
    return f"/proc/self/fd/{folder_fd}/{SOCKET}"


def peer_uid(connection: socket.socket) -> int:
    """Return who is at the other end of a Unix socket, as the kernel says."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, uid, _ = struct.unpack("3i", credentials)
    return int(uid)
