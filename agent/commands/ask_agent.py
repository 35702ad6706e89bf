"""Asking the agent that runs on this machine, over ``state/control.sock``; what is asked is in ``control``.

AskError
  NoAgent          nobody is there
  NotAllowed       it is another user's
  OtherVersion     it does not know the question, or speaks another format
  QuestionRefused  it knows the question and says why there is no answer
  NoGoodAnswer     it did not answer in time or in form
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
from pathlib import Path
from typing import Any

from phusong.agent.control import FORMAT, address_in
from phusong.agent.state.state_access import remedy_for

PATIENCE_S = 5.0
LARGEST_ANSWER = 4 << 20


class AskError(RuntimeError):
    """The agent gave no answer; the message says why and what to do."""


class NoAgent(AskError, ConnectionError):
    """No agent works with this state folder."""


class NotAllowed(AskError, PermissionError):
    """The agent answers its own user and root only."""


class OtherVersion(AskError):
    """The running agent is of another version than this command."""


class QuestionRefused(AskError, ValueError):
    """The agent understood, and says why it cannot answer."""


class NoGoodAnswer(AskError):
    """The agent did not answer in time, or not as it should."""


def ask_agent(folder: Path, question: dict[str, Any], patience_s: float = PATIENCE_S) -> dict[str, Any]:
    """Ask the agent of a state folder, such as ``{"ask": "status"}``, and return its answer.

    Raises
    ------
    AskError
        There is no answer.
    """
    try:
        line = _exchange(folder, json.dumps({"format": FORMAT, **question}).encode() + b"\n", patience_s)
    except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError):
        raise NoAgent(
            f"{folder}: no agent runs with this state folder; start one: systemctl start phusong, or phusong run"
        ) from None
    except PermissionError:
        raise NotAllowed(f"{folder}: the agent is another user's; {remedy_for(folder)}") from None
    except TimeoutError:
        raise NoGoodAnswer(
            f"{folder}: the agent did not answer within {patience_s:g} s; look at its log"
        ) from None
    except OSError as error:
        raise NoGoodAnswer(f"{folder}: the agent closed the connection ({error.strerror}); try again") from None
    return _answer_of(folder, line)


def _exchange(folder: Path, line: bytes, patience_s: float) -> bytes:
    folder_fd = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(patience_s)
            connection.connect(address_in(folder_fd))
            with contextlib.suppress(BrokenPipeError):  # who refuses does not wait for the question
                connection.sendall(line)
            with connection.makefile("rb") as answer:
                return answer.readline(LARGEST_ANSWER)
    finally:
        os.close(folder_fd)


def _answer_of(folder: Path, line: bytes) -> dict[str, Any]:
    try:
        reply = json.loads(line)
    except (ValueError, RecursionError):
        reply = None
    if not isinstance(reply, dict):
        raise NoGoodAnswer(f"{folder}: the agent gave no answer that can be read; try again, or look at its log")
    error = reply.get("error")
    if error == "not_allowed":
        raise NotAllowed(f"{folder}: the agent answers its own user and root only; {remedy_for(folder)}")
    if error in ("unknown_ask", "unknown_format") or reply.get("format") != FORMAT:
        raise OtherVersion(
            f"{folder}: the running agent is of another version than this command; restart it after an upgrade"
        )
    if error == "refused":
        raise QuestionRefused(str(reply.get("problem", "")))
    answer = reply.get("answer")
    if error is not None or not isinstance(answer, dict):
        raise NoGoodAnswer(f"{folder}: the agent gave no answer ({error}); try again, or look at its log")
    return answer
